/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Repo's own parts, for what works on objects rather than files: pack and draft.
 */
#ifndef SERIES_PATCH_REPO_PART_H
#define SERIES_PATCH_REPO_PART_H

#include "patch/repo.h"

/* Any object: 1, 0, -1. */
int repo_object(struct repo *repo, struct arena *arena, const git_oid *id, git_object_t *type,
		struct slice *bytes);
/* A folder's bytes (see patch/tree.h): 1, 0, -1. Owned by the repo, or by `arena` once it keeps
 * many. */
int repo_tree(struct repo *repo, struct arena *arena, const git_oid *id, struct slice *bytes);
/* The tree that the id of a tree or commit stands for: 1, 0, -1. */
int repo_root(struct repo *repo, const git_oid *id, git_oid *tree);
/* The commit that an id leads to, through tags, with its tree: 1, 0 (it leads elsewhere), -1. */
int repo_commit(struct repo *repo, const git_oid *id, git_oid *commit, git_oid *tree);
/* Is the object in the store? Does not look again for packs that others wrote meanwhile. */
bool repo_has(struct repo *repo, const git_oid *id);
/* An object as it lies in the store, deflated; false where that cannot be had cheaply. See
 * patch/objects.h. */
bool repo_stream(struct repo *repo, const git_oid *id, git_object_t *type, size_t *size,
		 struct slice *stream);
/* See what was written since it was opened. */
void repo_refresh(struct repo *repo);

#endif
