/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * History: whether an upstream commit, or stable's backport of it, is among a kernel's commits.
 *
 * Trees taken in from tarballs have no history; a clone has. Stable's backports name the upstream
 * commit in their message, in one of the forms that the stable rules and git cherry-pick -x use.
 */
#ifndef SERIES_PATCH_HISTORY_H
#define SERIES_PATCH_HISTORY_H

#include "patch/repo.h"

/*
 * Look for `upstream` (40 hex) from `commit` back. 1 found, with the commit that has it; 0 not
 * found (or there is no history to look at); -1 failed. Looks at the release's own branch only:
 * commits that the branch point (the vX.Y tag of the kernel's name, where the store has it) does
 * not have, at most HISTORY_MAX of them. About 10 us a commit.
 */
#define HISTORY_MAX 40000
int history_find(struct repo *repo, const struct kernel *kernel, const char *upstream,
		 git_oid *found);
/* 1: the kernel's history is there, so that what history_find() does not find is not in it; 0, -1. */
int history_whole(struct repo *repo, const struct kernel *kernel);

#endif
