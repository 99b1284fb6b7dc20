/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What can be made again: kernels that were built, the folders that they were built in, and the trees of tips.
 *
 * A kernel's folder takes a gigabyte, and each stable release gets one of its own. Its sources are laid out from the store in
 * seconds and its objects come out of ccache, so it goes a week after no line has that kernel any more.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "base/fail.h"
#include "base/file.h"
#include "ci/prune_part.h"
#include "ci/usage.h"
#include "ci/watch.h"
#include "patch/version.h"

#define ROOM_DAYS 7
/* In a hurry. */
#define BUILT_DAYS 7
#define SERIES_REFS "refs/series/"
#define TIP_REFS SERIES_REFS "tip/"

/* Held, or -1: somebody else has it, or there is none. */
static int lock_try(struct arena *arena, const char *dir, const char *name)
{
	int fd = open(arena_printf(arena, "%s/%s", dir, name), O_RDWR | O_CLOEXEC | O_NOFOLLOW);

	if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB)) {
		close(fd);
		return -1;
	}
	return fd;
}

/* ---- builds ---- */

static int built_prune(struct pruning *p)
{
	const char *dir = arena_printf(p->arena, "%s/built", p->ask->cache);
	int lock __free(fd) = lock_try(p->arena, dir, ".lock");
	unsigned int days = p->ask->settings->publish.days;
	struct file_names names = { 0 };

	if (p->hurry && days > BUILT_DAYS)
		days = BUILT_DAYS;

	/* Whoever puts an entry into place just now comes first; there is another day. */
	if (lock < 0)
		return 0;
	if (prune_sweep(p, dir) || file_list(p->arena, dir, &names) < 0)
		return -1;
	for (size_t i = 0; i < names.n; i++) {
		const char *path = arena_printf(p->arena, "%s/%s", dir, names.items[i]);
		bool unfinished = !strcmp(names.items[i], ".new");
		struct usage usage = { 0 };

		if ((names.items[i][0] == '.' && !unfinished) || file_kind(path) != 1)
			continue;
		if (usage_add(path, &usage))
			return -1;
		/* With the lock held, what has the temporary name is a killed one's. */
		if (!unfinished && !prune_is_old(p, usage.newest, days))
			continue;
		p->pruned->cached++;
		if (prune_take(p, dir, names.items[i], usage.bytes))
			return -1;
	}
	return 0;
}

/* ---- kernels' folders ---- */

struct wanted {
	const char **items;
	size_t n, cap;
};

static void want(struct pruning *p, struct wanted *wanted, const char *kernel)
{
	for (size_t i = 0; i < wanted->n; i++)
		if (!strcmp(wanted->items[i], kernel))
			return;
	*arena_push(p->arena, wanted) = kernel;
}

/* What is no release and no tip is somebody's branch, or serves all kernels. */
static bool is_wanted(const struct wanted *wanted, const char *kernel)
{
	struct version version;

	if (!version_parse(slice_of(kernel), &version))
		return true;
	for (size_t i = 0; i < wanted->n; i++)
		if (!strcmp(wanted->items[i], kernel))
			return true;
	return false;
}

/* The kernels of what stands: each line's newest, and what an older verdict that still counts was on. */
static int wanted_make(struct pruning *p, struct wanted *wanted)
{
	struct rulings rulings = { 0 };

	if (journal_standings(p->ask->journal, p->arena, 0, false, &rulings))
		return -1;
	for (size_t i = 0; i < rulings.n; i++)
		want(p, wanted, rulings.items[i].target);
	return 0;
}

/* When something was last built there: looking through all of the sources would take a second each. */
static int room_used(struct pruning *p, const char *room, int64_t *at)
{
	static const char *const looked[] = { "", "/lock", "/source.tree", "/build" };
	const char *build = arena_printf(p->arena, "%s/build", room);
	struct file_names names = { 0 };
	struct stat st;

	*at = 0;
	if (file_list(p->arena, build, &names) < 0)
		return -1;
	for (size_t i = 0; i < ARRAY_SIZE(looked) + names.n; i++) {
		const char *path = i < ARRAY_SIZE(looked) ?
					   arena_printf(p->arena, "%s%s", room, looked[i]) :
					   arena_printf(p->arena, "%s/%s", build,
							names.items[i - ARRAY_SIZE(looked)]);

		if (!lstat(path, &st) && st.st_mtime > *at)
			*at = st.st_mtime;
	}
	return 0;
}

static int room_prune(struct pruning *p, const char *dir, const char *name, bool wanted)
{
	unsigned int days = p->ask->settings->publish.days;
	const char *room = arena_printf(p->arena, "%s/%s", dir, name);
	struct usage usage = { 0 };
	int64_t used;

	if (!wanted && days > ROOM_DAYS)
		days = ROOM_DAYS;
	if (room_used(p, room, &used))
		return -1;
	if (!(p->hurry && !wanted) && !prune_is_old(p, used, days))
		return 0;

	int lock __free(fd) = lock_try(p->arena, room, "lock");

	if (lock < 0)
		return 0;
	if (usage_add(room, &usage))
		return -1;
	p->pruned->rooms++;
	return prune_take(p, dir, name, usage.bytes);
}

static int rooms_prune(struct pruning *p, const struct wanted *wanted)
{
	const char *dir = arena_printf(p->arena, "%s/kernels", p->ask->cache);
	struct file_names names = { 0 };

	if (prune_sweep(p, dir) || file_list(p->arena, dir, &names) < 0)
		return -1;
	for (size_t i = 0; i < names.n; i++)
		if (names.items[i][0] != '.' &&
		    room_prune(p, dir, names.items[i], is_wanted(wanted, names.items[i])))
			return -1;
	return 0;
}

/* ---- tips ---- */

struct moves {
	struct ref_move *items;
	size_t n, cap;
};

static void close_iterator(git_reference_iterator *iterator)
{
	git_reference_iterator_free(iterator);
}
DEFINE_FREE(iterator, git_reference_iterator *, close_iterator(_v))

/* refs/series/SERIES/NAME, ported onto a tip that is not there any more. */
static int orphans_find(struct pruning *p, struct moves *moves)
{
	git_reference_iterator *iterator __free(iterator) = NULL;
	git_reference *ref;
	int r;

	if (git_reference_iterator_glob_new(&iterator, repo_git(p->ask->repo), SERIES_REFS "*"))
		return fail_git("cannot list the refs of %s", repo_path(p->ask->repo));
	while (!(r = git_reference_next(&ref, iterator))) {
		const char *full = git_reference_name(ref), *name = strrchr(full, '/') + 1;
		const char *tip = arena_printf(p->arena, TIP_REFS "%s", name);
		git_oid id;
		int there = version_is_tip(slice_of(name)) && git_reference_target(ref) ?
				    repo_ref(p->ask->repo, tip, &id) :
				    1;

		if (!there)
			*arena_push(p->arena, moves) = (struct ref_move){
				.name = arena_strdup(p->arena, full),
				.was = *git_reference_target(ref),
			};
		git_reference_free(ref);
		if (there < 0)
			return -1;
	}
	return r == GIT_ITEROVER ? 0 :
				   fail_git("cannot list the refs of %s", repo_path(p->ask->repo));
}

static int tips_prune(struct pruning *p)
{
	const struct prune_ask *ask = p->ask;
	struct watch_ask watch = { .settings = ask->settings,
				   .repo = ask->repo,
				   .journal = ask->journal,
				   .cache = ask->cache,
				   .now = ask->now };
	struct moves moves = { 0 };

	if (watch_prune(p->arena, &watch, ask->dry, &p->pruned->tips))
		return -1;
	if (ask->dry)
		return 0;
	if (orphans_find(p, &moves))
		return -1;
	return !moves.n ? 0 :
			  repo_move_refs(ask->repo, moves.items, moves.n,
					 "series ci: their tips are gone");
}

int prune_cache(struct pruning *p)
{
	struct wanted wanted = { 0 };

	if (built_prune(p) || wanted_make(p, &wanted) || rooms_prune(p, &wanted))
		return -1;
	return p->ask->repo ? tips_prune(p) : 0;
}
