/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a stage takes is taken from what it took the last time, where that can be seen: of a build it is the folder of the newest
 * kernel of the same branch (sources and objects) with the newest entries of the build cache, of a test the folder of a task of its
 * kind that ended well. Adding up a kernel's sources takes a second, so what comes of it is noted by the kernel's name.
 *
 * The defaults are measured (MiB, x86-64, tinyconfig with KVM): sources 749 (5.10) to 1019 (7.2) with 55,000 to 74,000 files,
 * objects 147 to 207 with 5,000, both kernels with their self-tests 36 to 44 in the build cache, ccache 49 a kernel, a pack in the store 55
 * (near one that is there) to 231, its archive 116 to 157 beside it; evidence 15 a cell with its image of 6 to 8.
 */
#define _GNU_SOURCE
#include "ci/guard.h"

#include <stdlib.h>

#include "base/fail.h"
#include "base/file.h"
#include "base/jobs.h"
#include "ci/usage.h"
#include "patch/version.h"

/* MiB where nothing was seen. */
#define FETCH_ROOM 600
#define FETCH_MEMORY 700
#define FIRST_BUILD_ROOM 1500
#define BUILT_ROOM 60
#define CCACHE_ROOM 60
#define VERIFY_ROOM 150
#define STATE_ROOM 64
/* Each compiler (measured: 149 at most), and ourselves with make and the linker. */
#define COMPILER_MEMORY 150
#define BUILD_MEMORY 400
/* Beside the guest's own. */
#define EMULATOR_MEMORY 512
#define TREE_FILES 90000
#define STAGE_FILES 2000
/* Never less than this many hundredths of what was seen. */
#define MARGIN 120
/* How many of what was made last are looked at. */
#define LAST_ENTRIES 5
#define LAST_ROUNDS 20

/* ---- what builds took ---- */

/* "v6.1.188", "v6.1.188-rc1+0123456789ab", "6.1.y-rc": the branch; false: neither. */
static bool branch_of(const char *kernel, struct version *branch)
{
	const char *y = strstr(kernel, ".y");
	struct slice name = slice_of(kernel);

	if (y)
		name.n = (size_t)(y - kernel);
	if (!version_parse(name, branch))
		return false;
	branch->patch = -1;
	branch->rc = 0;
	return true;
}

/* Was a kernel built there to its end? Then what is in the folder is what one takes. */
static int room_is_whole(struct arena *arena, const char *room, bool *whole)
{
	struct file_names names = { 0 };

	*whole = false;
	if (file_list(arena, arena_printf(arena, "%s/build", room), &names) < 0)
		return -1;
	for (size_t i = 0; i < names.n; i++)
		*whole |= slice_ends(slice_of(names.items[i]), ".state");
	return 0;
}

/* The newest kernel of the branch that was built here, else the newest of all; NULL: none. */
static int newest_room(struct arena *arena, const char *cache, const char *kernel, char **name)
{
	const char *dir = arena_printf(arena, "%s/kernels", cache);
	struct version branch = { 0 }, best = { 0 };
	bool known = branch_of(kernel, &branch), best_near = false;
	struct file_names names = { 0 };

	*name = NULL;
	if (file_list(arena, dir, &names) < 0)
		return -1;
	for (size_t i = 0; i < names.n; i++) {
		struct version version;
		bool near, whole;

		if (!version_parse(slice_of(names.items[i]), &version))
			continue;
		near = known && version_belongs(&version, &branch);
		if (*name &&
		    (near < best_near || (near == best_near && version_cmp(&version, &best) < 0)))
			continue;
		if (room_is_whole(arena, arena_printf(arena, "%s/%s", dir, names.items[i]), &whole))
			return -1;
		if (!whole)
			continue;
		*name = names.items[i];
		best = version;
		best_near = near;
	}
	return 0;
}

/* What the folder of a kernel takes, MiB: noted, or added up now. */
static int room_size(struct arena *arena, struct results *journal, const char *cache,
		     const char *name, uint64_t *mib, uint64_t *files)
{
	struct usage usage = { 0 };
	struct version branch;
	char *note = NULL, *key;
	unsigned long long m, f;
	int end = 0;

	if (!branch_of(name, &branch))
		return fail("%s is no kernel", name);
	key = arena_printf(arena, "room %s", version_name(arena, &branch));
	if (journal && journal_note_get(journal, arena, key, &note))
		return -1;
	if (note && sscanf(note, "%llu %llu %n", &m, &f, &end) == 2 && !strcmp(note + end, name)) {
		*mib = m;
		*files = f;
		return 0;
	}
	if (usage_add(arena_printf(arena, "%s/kernels/%s", cache, name), &usage))
		return -1;
	*mib = usage.bytes / MIB + 1;
	*files = usage.files;
	return journal ? journal_note_put(journal, key,
					  arena_printf(arena, "%llu %llu %s",
						       (unsigned long long)*mib,
						       (unsigned long long)*files, name)) :
			 0;
}

struct entry {
	int64_t at;
	uint64_t bytes;
};

static int newest_first(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	return (x->at < y->at) - (x->at > y->at);
}

/* What the last entries of the build cache take together: base, patched, the self-tests of both. */
static int built_size(struct arena *arena, const char *cache, uint64_t *mib)
{
	const char *dir = arena_printf(arena, "%s/built", cache);
	struct file_names names = { 0 };
	struct entry *entries;
	uint64_t bytes = 0;

	if (file_list(arena, dir, &names) < 0)
		return -1;
	entries = arena_alloc(arena, (names.n + 1) * sizeof(*entries));
	for (size_t i = 0; i < names.n; i++) {
		struct usage usage = { 0 };

		if (usage_add(arena_printf(arena, "%s/%s", dir, names.items[i]), &usage))
			return -1;
		entries[i] = (struct entry){ usage.newest, usage.bytes };
	}
	qsort(entries, names.n, sizeof(*entries), newest_first);
	for (size_t i = 0; i < names.n && i < LAST_ENTRIES; i++)
		bytes += entries[i].bytes;
	*mib = bytes / MIB + 1;
	return names.n >= LAST_ENTRIES;
}

static const char *const guesses[] = {
	[PROOF_APPLY] = "a guess: what a kernel's tree took elsewhere",
	[PROOF_BUILD] = "a guess: nothing was built here yet",
	[PROOF_VERIFY] = "a guess: nothing was built here yet",
	[PROOF_TEST] = "a guess: nothing was tested here yet",
};

static int build_estimate(struct arena *arena, struct results *journal, const char *cache,
			  const char *kernel, struct estimate *estimate)
{
	const char *own = arena_printf(arena, "%s/kernels/%s", cache, kernel);
	uint64_t built = BUILT_ROOM, room = FIRST_BUILD_ROOM, files = TREE_FILES;
	char *newest = NULL;
	bool there = false;
	int seen;

	if (!strchr(kernel, '/') && room_is_whole(arena, own, &there))
		return -1;
	seen = built_size(arena, cache, &built);
	if (seen < 0 || newest_room(arena, cache, kernel, &newest) ||
	    (newest && !there && room_size(arena, journal, cache, newest, &room, &files)))
		return -1;
	if (!seen && built < BUILT_ROOM)
		built = BUILT_ROOM;
	estimate->files = there ? STAGE_FILES : files + STAGE_FILES;
	estimate->cache = (built + CCACHE_ROOM + (there ? 0 : room)) * MARGIN / 100;
	if (newest)
		estimate->from = arena_printf(arena, "as %s took", there ? kernel : newest);
	return 0;
}

/* ---- what tests took ---- */

static bool same_branch(const char *a, const char *b)
{
	struct version x, y;

	return branch_of(a, &x) && branch_of(b, &y) && x.major == y.major && x.minor == y.minor;
}

/* The folder of the last task of this kind and branch that left something, MiB; 0: there is none. */
static int task_size(struct arena *arena, struct results *journal, enum proof_kind kind,
		     const char *kernel, uint64_t *mib, const char **of)
{
	struct rounds rounds = { 0 };

	*mib = 0;
	if (journal_rounds(journal, arena, LAST_ROUNDS, &rounds))
		return -1;
	for (size_t r = 0; r < rounds.n && !*mib; r++) {
		struct tasks tasks = { 0 };

		if (journal_tasks(journal, arena, rounds.items[r].id, &tasks))
			return -1;
		for (size_t i = 0; i < tasks.n; i++) {
			const struct task *task = &tasks.items[i];
			struct usage usage = { 0 };

			if (task->kind != kind || task->state != TASK_ENDED ||
			    !same_branch(task->target, kernel))
				continue;
			if (usage_add(arena_printf(arena, "%s/state", task->dir), &usage))
				return -1;
			if (usage.bytes / MIB <= *mib)
				continue;
			*mib = usage.bytes / MIB;
			*of = task->target;
		}
	}
	return 0;
}

/* ---- the estimate ---- */

static unsigned int build_memory(void)
{
	return BUILD_MEMORY + jobs_cores() * COMPILER_MEMORY;
}

int estimate_make(struct arena *arena, struct results *journal, const char *cache,
		  enum proof_kind kind, const char *kernel, unsigned int machine_memory,
		  struct estimate *estimate)
{
	uint64_t seen = 0;
	const char *of = NULL;

	*estimate = (struct estimate){ .state = STATE_ROOM,
				       .memory = build_memory(),
				       .files = STAGE_FILES,
				       .from = guesses[kind] };
	if (kind == PROOF_APPLY) {
		estimate->cache = FETCH_ROOM;
		estimate->memory = FETCH_MEMORY;
		return 0;
	}
	if (build_estimate(arena, journal, cache, kernel, estimate))
		return -1;
	if (kind == PROOF_VERIFY)
		estimate->cache += VERIFY_ROOM;
	if (kind == PROOF_TEST && machine_memory + EMULATOR_MEMORY > estimate->memory)
		estimate->memory = machine_memory + EMULATOR_MEMORY;
	if (!journal)
		return 0;
	if (task_size(arena, journal, kind, kernel, &seen, &of))
		return -1;
	if (seen * MARGIN / 100 > estimate->state) {
		estimate->state = seen * MARGIN / 100;
		estimate->from = arena_printf(arena, "as %s took", of);
	}
	return 0;
}

/* ---- is it there? ---- */

struct wanted {
	const char *dir;
	uint64_t mib, files;
	uint64_t given;	      /* free MiB, for tests */
	const char *variable; /* that moves it */
};

static char *space_refusal(struct arena *arena, const struct settings *settings,
			   const struct wanted *wanted, const char *from)
{
	unsigned int reserve = settings->guard.disk_mib;
	struct space space;
	uint64_t left;

	/* What cannot be looked at is found out by who writes there. */
	if (space_find(arena, wanted->dir, &space)) {
		fail_clear();
		return NULL;
	}
	left = wanted->given ? wanted->given : space.bytes / MIB;
	if (left < wanted->mib + reserve)
		return arena_printf(
			arena,
			"not enough disk space: about %llu MiB are needed in %s (%s) and %u MiB are left alone ([guard] disk-mb), %llu MiB are free: "
			"make room (series ci prune takes away what is old), or have %s name a folder on a larger disk",
			(unsigned long long)wanted->mib, wanted->dir, from, reserve,
			(unsigned long long)left, wanted->variable);
	if (space.files < wanted->files)
		return arena_printf(
			arena,
			"not enough inodes: about %llu files are made in %s (%s), %llu can be: remove some there (series ci prune takes away what is old)",
			(unsigned long long)wanted->files, wanted->dir, from,
			(unsigned long long)space.files);
	return NULL;
}

static char *memory_refusal(struct arena *arena, const struct guard_ask *ask,
			    const struct estimate *estimate)
{
	unsigned int reserve = ask->settings->guard.memory_mib;
	uint64_t left = ask->free_memory, whole = 0;
	const char *advice = "wait until others are done, or lower [guard] memory-mb";

	if (!estimate->memory)
		return NULL;
	if ((!left && memory_left(arena, &left)) || memory_whole(arena, &whole)) {
		fail_clear();
		return NULL;
	}
	if (left >= estimate->memory + reserve)
		return NULL;
	if (whole < estimate->memory + reserve)
		advice = arena_printf(
			arena,
			"there are %llu MiB in all: lower [guard] memory-mb, or the memory of the machines in ci/matrix.conf",
			(unsigned long long)whole);
	return arena_printf(
		arena,
		"not enough memory: about %llu MiB are needed and %u MiB are left alone ([guard] memory-mb), %llu MiB are available: %s",
		(unsigned long long)estimate->memory, reserve, (unsigned long long)left, advice);
}

static char *disk_refusal(struct arena *arena, const struct guard_ask *ask,
			  const struct estimate *estimate)
{
	const char *from = estimate->from ? estimate->from : "a guess";
	struct wanted cache = { .dir = ask->cache,
				.mib = estimate->cache,
				.files = estimate->files,
				.given = ask->free_cache,
				.variable = "XDG_CACHE_HOME" };
	struct wanted state = { .dir = ask->state,
				.mib = estimate->state,
				.given = ask->free_state,
				.variable = "XDG_STATE_HOME" };
	struct space one, other;
	char *why;

	if (space_find(arena, cache.dir, &one) || space_find(arena, state.dir, &other))
		fail_clear();
	else if (one.device == other.device && !ask->free_cache && !ask->free_state)
		cache.mib += state.mib; /* one disk has to have room for both */
	why = space_refusal(arena, ask->settings, &cache, from);
	return why ? why : space_refusal(arena, ask->settings, &state, from);
}

/* Something was taken away: it is worth looking again. */
static bool make_room(struct arena *arena, const struct guard_ask *ask)
{
	struct prune_ask prune = { .settings = ask->settings,
				   .journal = ask->journal,
				   .home = ask->home,
				   .cache = ask->cache,
				   .state = ask->state,
				   .now = ask->now };
	struct pruned pruned;

	if (!ask->journal)
		return false;
	if (prune_hurry(arena, &prune, &pruned))
		fail_clear();
	if (pruned.cached || pruned.rooms)
		journal_event(ask->journal, 0, "pruned", "space", pruned_text(arena, &pruned));
	return pruned.cached || pruned.rooms;
}

char *guard_refusal(struct arena *arena, const struct guard_ask *ask,
		    const struct estimate *estimate)
{
	char *why = disk_refusal(arena, ask, estimate);

	if (why && make_room(arena, ask))
		why = disk_refusal(arena, ask, estimate);
	return why ? why : memory_refusal(arena, ask, estimate);
}
