/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Repo: the store of kernel trees, a bare repository of ours or the user's own clone.
 *
 * Read through libgit2; written only as new objects (patch/pack.h) and refs under refs/series/
 * in one transaction. Branches, HEAD, index, worktree and configuration are never touched.
 *
 *	refs/series/kernel/v6.12.73		a kernel tree that `series fetch` took in
 *	refs/tags/v6.12.73			the same in a user's clone
 *	refs/series/tip/v6.12.74-rc1+0123456789ab	a commit that a branch was seen at (kernel/intake.h)
 *	refs/series/NAME/v6.12.73		the series NAME ported onto that kernel
 *	refs/series/NAME/v6.12			the same for who asked for the branch
 *
 * git resolves "series/NAME/v6.12" to the ref, so that is what the user is given to work with.
 */
#ifndef SERIES_PATCH_REPO_H
#define SERIES_PATCH_REPO_H

#include <stdbool.h>

#include <git2.h>

#include "base/arena.h"
#include "base/cleanup.h"
#include "base/text.h"

struct repo; /* opaque */

/*
 * Open the repository at `path` (a bare one, a worktree, or its .git). Fails with FAIL_USAGE when
 * there is none. The caller frees it. Includes git_libgit2_init().
 */
int repo_open(const char *path, struct repo **repo);
/* The same, and makes an empty bare one first when nothing is there. */
int repo_open_or_create(const char *path, struct repo **repo);
void repo_free(struct repo *repo);
DEFINE_FREE(repo, struct repo *, repo_free(_v))
git_repository *repo_git(const struct repo *repo);
const char *repo_path(const struct repo *repo); /* as given */

/* A file or folder of a tree. */
struct repo_entry {
	git_oid id;
	unsigned int mode; /* 0100644, 0100755, 0120000, 040000 */
};

/*
 * These give 1 when it is there, 0 when it is not, -1 when we could not find out. `tree` may name
 * a tree or a commit. Folders stay in memory once read; blobs do not.
 */
int repo_entry(struct repo *repo, const git_oid *tree, const char *path, struct repo_entry *entry);
int repo_read(struct repo *repo, struct arena *arena, const git_oid *tree, const char *path,
	      struct slice *text);
int repo_blob(struct repo *repo, struct arena *arena, const git_oid *id, struct slice *text);
/* By an abbreviated hexadecimal id, of a blob: 0 when none or more than one has it. */
int repo_blob_by_prefix(struct repo *repo, struct arena *arena, const char *hex,
			struct slice *text);

struct repo_name {
	char *name; /* last part only */
	struct repo_entry entry;
};
struct repo_names {
	struct repo_name *items;
	size_t n, cap;
};
/* What stands directly in folder `dir` ("" is the top), in git's order. 1, 0 or -1 as above. */
int repo_list(struct repo *repo, struct arena *arena, const git_oid *tree, const char *dir,
	      struct repo_names *names);

/* A kernel to port to, resolved. */
struct kernel {
	char *name;	/* "v6.12.73"; a branch or commit keeps the name it was asked by */
	char *asked;	/* as the user said it: "v6.12" */
	char *ref;	/* full name of the ref it came from, or NULL for a plain commit */
	git_oid commit; /* what ports are committed on */
	git_oid tree;
};
struct kernels {
	struct kernel *items;
	size_t n, cap;
};

/* Every kernel version in the store (refs/series/kernel/, refs/tags/v*), oldest first. */
int repo_kernels(struct repo *repo, struct arena *arena, struct kernels *kernels);
/*
 * What `name` stands for: "v6.12.73" exactly that, "v6.12" the newest 6.12.y there is (never a tip), the name of a tip that
 * tip, else a ref, branch, tag, or commit (git's own rules). 1 found, 0 not in the store, -1 failed.
 */
int repo_kernel(struct repo *repo, struct arena *arena, const char *name, struct kernel *kernel);

/* One ref to move: from `was` (zero: it must not exist) to `now` (zero: delete). */
struct ref_move {
	const char *name;
	git_oid was, now;
};
/*
 * Move all or none: every ref is locked and checked against `was` before the first moves. A ref
 * that moved meanwhile fails with FAIL_BUSY, naming it. A name outside refs/series/ is a bug:
 * asserts.
 */
int repo_move_refs(struct repo *repo, const struct ref_move *moves, size_t n, const char *message);
/* The ref's commit: 1, 0 (no such ref), -1. */
int repo_ref(struct repo *repo, const char *name, git_oid *id);

#endif
