/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Guard: is there room for what comes next, and what did a dead tick leave behind?
 */
#ifndef SERIES_CI_GUARD_H
#define SERIES_CI_GUARD_H

#include "ci/journal.h"
#include "ci/settings.h"
#include "patch/repo.h"

/* What a stage takes, in MiB. */
struct estimate {
	uint64_t cache, state, memory;
	const char *from; /* "as v6.1.187 took", or "a guess: nothing was built here yet" */
	uint64_t files;	  /* that are made in the cache */
};
/*
 * From what it took before; else from measured defaults. `kind` PROOF_APPLY: fetching a tree. `kernel`: "v6.1.188", or where that
 * is not known its line, "6.1.y-rc". Cheap but for the first time after a branch's newest kernel was built: then its folders are
 * walked through, and what they take is noted in the journal.
 */
int estimate_make(struct arena *arena, struct results *journal, const char *cache,
		  enum proof_kind kind, const char *kernel, unsigned int machine_memory,
		  struct estimate *estimate);

struct guard_ask {
	const struct settings *settings;
	const char *cache, *state; /* folders; parents are looked at where they are not there yet */
	uint64_t free_cache, free_state, free_memory; /* MiB, for tests; 0: look */
	/*
	 * With a journal, a disk that will not do is made room on first: see prune_hurry(). Only with the lock of the state folder held.
	 */
	struct results *journal;
	const char *home;
	int64_t now;
};
/* NULL: go on. Else what is missing and what to do: "needs 3100 MiB in ~/.cache/series, 800 MiB are free beyond ...". */
char *guard_refusal(struct arena *arena, const struct guard_ask *ask,
		    const struct estimate *estimate);

/* One process or folder that a dead tick left. */
struct leftover {
	char *what; /* "qemu-system-x86_64 (pid 4711) of .../tasks/17-3" */
	bool removed;
};
struct leftovers {
	struct leftover *items;
	size_t n, cap;
};
/*
 * With the lock of this state folder held: end processes whose environment names a task of `home` (ORDER_VARIABLE), unless
 * `keep` says that it is still wanted; remove temporary names in `home` and beside the site, and our temporary folders whose owner
 * is dead.
 */
int leftovers_clear(struct arena *arena, const char *home, const char *site,
		    bool (*keep)(void *data, const char *task_dir), void *data,
		    struct leftovers *leftovers);

/* What pruning took away. */
struct pruned {
	size_t rounds;	/* whose pages or tasks went, or some of them */
	size_t folders; /* of pages and tasks */
	size_t cached;	/* builds */
	uint64_t bytes;
	size_t rooms, tips, letters;
};
struct prune_ask {
	const struct settings *settings;
	struct results *journal;
	const char *home, *cache, *state;
	int64_t now;
	bool dry;
	struct repo *repo; /* the store; NULL: it is left alone */
};
/*
 * Pages and task folders with their evidence of rounds older than keep-days, then the oldest while all takes more than keep-mb; never
 * what is the last good or the last known ruling of a proof, or the last round in which a line was all good, nor the open round, nor
 * the newest. Mails that were sent and drafts of that age. What lies in CACHE/built and has not been used for keep-days; sources and
 * objects of kernels that no line has any more, unused for a week (or for keep-days, where a line has them); tips of branches that
 * nobody refers to any more. What others have locked stays. Rulings stay: history is small.
 */
int prune(struct arena *arena, const struct prune_ask *ask, struct pruned *pruned);
/*
 * What can be made again from the store and ccache, now that the disk is full: sources and objects of kernels that no line has any
 * more, builds that were not used for a week. Nothing of what was found out.
 */
int prune_hurry(struct arena *arena, const struct prune_ask *ask, struct pruned *pruned);
/* "3 runs, 4 builds: 1200 MiB", "nothing". */
char *pruned_text(struct arena *arena, const struct pruned *pruned);

#endif
