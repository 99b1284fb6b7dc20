/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tips that nobody asks for any more. Their refs go; a clone of the user's is only ever added to beyond that, so the objects are left to
 * git's own gc.
 */
#include "base/fail.h"
#include "ci/watch_part.h"

#define TIPS "refs/series/tip/"
#define NEWEST_KEPT 3

struct old_tip {
	char *ref, *name;
	struct version version;
	bool queue;
	int64_t date;
	git_oid id;
};
struct old_tips {
	struct old_tip *items;
	size_t n, cap;
};

/* Those of one branch and kind side by side, the newest first. */
static int tip_cmp(const void *pa, const void *pb)
{
	const struct old_tip *a = pa, *b = pb;

	if (a->version.major != b->version.major)
		return a->version.major < b->version.major ? -1 : 1;
	if (a->version.minor != b->version.minor)
		return a->version.minor < b->version.minor ? -1 : 1;
	if (a->queue != b->queue)
		return a->queue - b->queue;
	return a->date != b->date ? (a->date < b->date) - (a->date > b->date) :
				    strcmp(a->name, b->name);
}

static bool same_kind(const struct old_tip *a, const struct old_tip *b)
{
	return a->version.major == b->version.major && a->version.minor == b->version.minor &&
	       a->queue == b->queue;
}

static int list_tips(struct arena *arena, struct repo *repo, struct old_tips *tips)
{
	git_reference_iterator *iterator = NULL;
	const char *name;
	int e;

	if (git_reference_iterator_glob_new(&iterator, repo_git(repo), TIPS "*") < 0)
		return fail_git("cannot list the refs of %s", repo_path(repo));
	while (!(e = git_reference_next_name(&name, iterator))) {
		struct old_tip tip = { .ref = arena_strdup(arena, name) };
		git_commit *commit = NULL;

		tip.name = tip.ref + strlen(TIPS);
		tip.queue = strstr(tip.name, "+queue.") != NULL;
		if (!version_parse(slice_of(tip.name), &tip.version) ||
		    repo_ref(repo, tip.ref, &tip.id) <= 0 ||
		    git_commit_lookup(&commit, repo_git(repo), &tip.id))
			continue;
		tip.date = git_commit_time(commit);
		git_commit_free(commit);
		*arena_push(arena, tips) = tip;
	}
	git_reference_iterator_free(iterator);
	if (e != GIT_ITEROVER)
		return fail_git("cannot list the refs of %s", repo_path(repo));
	if (tips->n)
		qsort(tips->items, tips->n, sizeof(*tips->items), tip_cmp);
	return 0;
}

static bool is_watched(const struct settings *settings, const char *watch)
{
	for (size_t i = 0; i < settings->nwatches; i++)
		if (!strcmp(settings->watches[i].name, watch))
			return true;
	return false;
}

/* Is it where a branch is now, or what somebody may still look up? */
static bool is_wanted(const struct settings *settings, const struct tips *now,
		      const struct rulings *rulings, int64_t since, const char *name)
{
	for (size_t i = 0; i < now->n; i++)
		if (!strcmp(now->items[i].kernel, name) &&
		    is_watched(settings, now->items[i].watch))
			return true;
	for (size_t i = 0; i < rulings->n; i++)
		if (rulings->items[i].at >= since && !strcmp(rulings->items[i].target, name))
			return true;
	return false;
}

int watch_prune(struct arena *arena, const struct watch_ask *ask, bool dry, size_t *dropped)
{
	int64_t since = ask->now - (int64_t)ask->settings->publish.days * 24 * 60 * 60;
	struct old_tips tips = { 0 };
	struct tips now = { 0 };
	struct rulings rulings = { 0 };
	struct {
		struct ref_move *items;
		size_t n, cap;
	} moves = { 0 };
	size_t nth = 0;

	*dropped = 0;
	if (list_tips(arena, ask->repo, &tips))
		return -1;
	if (!tips.n)
		return 0;
	if (journal_tips(ask->journal, arena, NULL, &now) ||
	    journal_history(ask->journal, arena, NULL, NULL, 0, &rulings))
		return -1;
	for (size_t i = 0; i < tips.n; i++) {
		const struct old_tip *tip = &tips.items[i];

		nth = i && same_kind(tip, tip - 1) ? nth + 1 : 0;
		if (nth >= NEWEST_KEPT &&
		    !is_wanted(ask->settings, &now, &rulings, since, tip->name))
			*arena_push(arena, &moves) =
				(struct ref_move){ .name = tip->ref, .was = tip->id };
	}
	*dropped = moves.n;
	return dry ? 0 : repo_move_refs(ask->repo, moves.items, moves.n, "series ci");
}
