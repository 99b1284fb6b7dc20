/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Git remote: a remote's refs listed, and the kernel at one of them fetched
 * without its history.
 *
 * git itself does it (it has the transports and the user's credentials), into a
 * scratch repository in the cache folder: a shallow fetch into the store would
 * make a user's own clone shallow. Everything has a deadline.
 */
#ifndef SERIES_KERNEL_GIT_REMOTE_H
#define SERIES_KERNEL_GIT_REMOTE_H

#include "base/progress.h"
#include "kernel/fetch.h"
#include "patch/repo.h"
#include "patch/version.h"

struct remote_ref {
	char *name;	/* "refs/tags/v6.1.188" */
	git_oid id;	/* of the tag object, where it is one */
	git_oid commit; /* what that leads to; else the same */
};
struct remote_refs {
	struct remote_ref *items; /* by name */
	size_t n, cap;
};
/*
 * Refs that one of `patterns` fits, as git ls-remote takes them
 * ("refs/tags/v6.1*"); what git would not have as the name of a ref is left
 * out. `url` may be a path. FAIL_POLICY where it would make git start a program
 * of its choice.
 */
int remote_list(struct arena *arena, const char *url, const char *const *patterns, size_t n,
		struct remote_refs *refs);
/* What git ls-remote printed; hostile. */
void remote_refs_read(struct arena *arena, struct slice text, struct remote_refs *refs);
/* NULL: there is none of that name. */
const struct remote_ref *remote_find(const struct remote_refs *refs, const char *name);

struct remote_ask {
	const char *url;
	const char *ref;   /* "refs/heads/linux-6.1.y" */
	struct repo *repo; /* the store: what it has need not come again */
	const char *cache;
	const struct progress *progress;
};
/* What a ref of a remote was when it was fetched; it may have moved since it
 * was listed. */
struct remote_tip {
	git_oid id, commit, tree; /* id: of the tag object, where it is one */
	int64_t date;		  /* of the commit */
	struct version version;	  /* what its Makefile says */
	struct repo *scratch;
	char *path; /* of the scratch repository */
	int lock;
};
/*
 * Fails with FAIL_USAGE where it is no kernel, with FAIL_BUSY while somebody
 * else uses the scratch repository. Released in any case.
 */
int remote_fetch(struct arena *arena, const struct remote_ask *ask, struct remote_tip *tip);
/* Its tree into the store as `name`; all of the answer but `tried` is filled.
 */
int remote_take(struct arena *arena, const struct remote_ask *ask, const struct remote_tip *tip,
		const char *name, const char *from, struct fetch_answer *answer);
void remote_tip_release(struct remote_tip *tip); /* the scratch repository is gone then */
#define __free_remote_tip __attribute__((cleanup(remote_tip_release)))
#define REMOTE_TIP_INIT ((struct remote_tip){ .lock = -1 })

/* How a branch went on from a commit that it was at. */
enum remote_step {
	STEP_AHEAD,	/* the old commit is in its history */
	STEP_REWRITTEN, /* it is not */
	STEP_FAR,	/* it is not among the last `depth` commits, and they do not reach
               back to its time */
};
struct remote_past {
	git_oid commit; /* the old one */
	int64_t date;	/* its committer's; dates are taken to grow, but for a day */
	unsigned int depth;
};
int remote_step(struct arena *arena, const struct remote_ask *ask, const struct remote_past *past,
		enum remote_step *step);

/* A tree of another repository into the store: what remote_take() does, for a
 * clone. */
int kernel_copy(struct arena *arena, struct repo *store, struct repo *other,
		const struct kernel *kernel, const char *from, const struct progress *progress,
		struct fetch_answer *answer);

#endif
