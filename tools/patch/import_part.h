/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Import, its steps: what import.h and renewal.h have in common.
 */
#ifndef SERIES_PATCH_IMPORT_PART_H
#define SERIES_PATCH_IMPORT_PART_H

#include <git2.h>

#include "patch/series.h"

/* One change of a workspace's series at a time: let go by closing `fd`. FAIL_BUSY where another is at work. */
int import_lock(struct arena *arena, const char *workspace, int *fd);
/* Can these be patches of a series? Fails with FAIL_USAGE for one without a subject, or that is not all text. */
int import_check(const struct mail *mails, size_t n);
/* The patch as it lies in a series; what is written must say what the mail said. `upstream` may be NULL. */
int import_put_patch(struct arena *arena, const char *path, const struct mail *mail,
		     const char *upstream);
/*
 * The keys of [patch "FILE"] that the mail gives; those that are for people to decide only where there was no such patch
 * (`replaced` false).
 */
int import_put_keys(struct arena *arena, git_config *config, const char *file,
		    const struct mail *mail, const char *upstream, bool replaced);

/* Where a message is found by its id: "https://lore.kernel.org/all/". */
#define LORE_ALL "https://lore.kernel.org/all/"
/* The class's reason that import gives where it knows of no upstream commit. */
#define WHY_NOT_UPSTREAM "no upstream commit is known"

#endif
