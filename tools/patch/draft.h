/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Draft: a tree being edited in memory.
 *
 * Starts as a tree of the store; reads see the edits. Only the folders of touched paths are rebuilt
 * when it becomes a tree again. Nothing is written before draft_tree().
 */
#ifndef SERIES_PATCH_DRAFT_H
#define SERIES_PATCH_DRAFT_H

#include "patch/pack.h"
#include "patch/repo.h"

struct draft; /* opaque, owned by the arena */

/* `tree` may be a commit's id. */
struct draft *draft_new(struct arena *arena, struct repo *repo, const git_oid *tree);

/*
 * 1 there, 0 not there (or not a file), -1 failed. `mode` may be NULL. The text lives as long as
 * the arena.
 */
int draft_read(struct draft *draft, const char *path, struct slice *text, unsigned int *mode);
/*
 * What stands directly in `dir`, edits included; an edited folder has no id yet (zero). 1, 0, -1.
 */
int draft_list(struct draft *draft, struct arena *arena, const char *dir, struct repo_names *names);

/*
 * Create or replace a file; its folders come into being. Refused (FAIL_POLICY) for a path that
 * diff_path_ok() refuses, or that leads through a symlink, a submodule or a file. `text` is kept,
 * not copied: it lives as long as the arena.
 */
int draft_write(struct draft *draft, const char *path, struct slice text, unsigned int mode);
/* Folders left empty go with it. 1 removed, 0 was not there, -1. */
int draft_remove(struct draft *draft, const char *path);

/* A point to go back to: nothing that was edited since counts after draft_back(). O(edits). */
size_t draft_point(const struct draft *draft);
void draft_back(struct draft *draft, size_t point);
/* The file as it was at that point: 1, 0 (it was not there), -1. */
int draft_read_at(struct draft *draft, size_t point, const char *path, struct slice *text);
/* The paths edited since a point, each once, in order of first edit. */
struct draft_paths {
	const char **items;
	size_t n, cap;
};
struct draft_paths draft_edited(struct draft *draft, struct arena *arena, size_t since);

/*
 * Put the edited blobs and rebuilt trees into `pack` and give the tree's id. May be called again
 * after more edits.
 */
int draft_tree(struct draft *draft, struct pack *pack, git_oid *tree);

#endif
