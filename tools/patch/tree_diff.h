/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tree diff: what changed between two trees of the store, as a diff.
 */
#ifndef SERIES_PATCH_TREE_DIFF_H
#define SERIES_PATCH_TREE_DIFF_H

#include "patch/diff.h"
#include "patch/repo.h"

/* With 3 lines of context, full ids, and renames of files that stayed half the same. 0 or -1. */
int tree_diff(struct arena *arena, struct repo *repo, const git_oid *before, const git_oid *after,
	      struct diff *diff);

#endif
