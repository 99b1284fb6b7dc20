/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Git scratch: git run with a deadline, and the repository that it fetches into.
 *
 * The history is not taken: a commit in the store has no parents and names the one it came from. So git would have nothing to
 * tell a remote that we have, and each tip would come whole, 250 MB of it. But the store has the trees of those that came before: their commits
 * are kept in the cache folder (commits/HEX, a kilobyte each) and put into the scratch repository, which borrows the store's
 * objects; then only what differs is sent.
 */
#ifndef SERIES_KERNEL_GIT_SCRATCH_H
#define SERIES_KERNEL_GIT_SCRATCH_H

#include "base/child.h"
#include "kernel/git_remote.h"

/* One that cannot be reached must not hold up the sources behind it. */
#define ANSWER_SECONDS 15
#define TIP_REF "refs/fetched/tip"

/* git's output; what it says against it as the message, safe to show. */
int git_run(struct arena *arena, const char *const *argv, unsigned int seconds,
	    struct child_answer *got);
/* Is there a git, and may it be given this address? */
int git_check(const char *url);
bool git_id(struct slice hex, git_oid *id);

/* The scratch repository of a cache folder, of which there is one, made anew. */
struct git_scratch {
	char *path;
	int lock;
	bool told; /* the remote will hear what we have */
};
#define GIT_SCRATCH_INIT ((struct git_scratch){ .lock = -1 })
/*
 * `only`: tell of no other commit (NULL: of all that are kept); `borrow` false: as if the store had nothing. Fails with FAIL_BUSY while
 * somebody else uses it. To be released in any case.
 */
int git_scratch_open(struct arena *arena, const struct remote_ask *ask, const git_oid *only,
		     bool borrow, struct git_scratch *scratch);
void git_scratch_release(struct git_scratch *scratch); /* it is gone then */
#define __free_git_scratch __attribute__((cleanup(git_scratch_release)))
/* The ref that is asked for, as TIP_REF. `filter`: git's; NULL: none. */
int git_scratch_fetch(struct arena *arena, const struct remote_ask *ask,
		      const struct git_scratch *scratch, unsigned int depth, const char *filter);
/* A commit whose tree is in the store now: the next fetch tells of it. */
void git_scratch_keep(struct arena *arena, const char *cache, git_repository *git,
		      const git_oid *commit);
/* None of those kept is to be trusted. */
void git_scratch_forget(struct arena *arena, const char *cache);

#endif
