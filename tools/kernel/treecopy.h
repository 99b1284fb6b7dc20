/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Treecopy: a tree with all that is in it, from one repository into a pack of another.
 */
#ifndef SERIES_KERNEL_TREECOPY_H
#define SERIES_KERNEL_TREECOPY_H

#include "base/progress.h"
#include "patch/packfile.h"

/*
 * What `to` has already is not copied; a folder that it has, it has with all that is in it.
 * Submodules stay names. Fails with FAIL_INTERRUPTED when progress says so. O(what is new).
 */
int treecopy(git_repository *from, git_repository *to, const git_oid *tree,
	     struct packfile *packfile, const struct progress *progress, const char *what);

#endif
