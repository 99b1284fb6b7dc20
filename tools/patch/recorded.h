/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Recorded: a backport that a person decided, as it lies under backports/NAME/TARGET/.
 *
 * A format-patch mail with RECORDED_CONTEXT lines of context. Below its "---" stand lines
 * that git am, quilt and b4 pass over:
 *
 *	Series-Kernel: v6.1.187			the kernel it was made for
 *	Series-Patch-Id: <40 hex>		git's patch-id of the patch that it answers
 *	Series-Carried-From: <40 hex>		the same of the older form that a person answered
 *
 * It is used where its pre-image, wide context included, stands byte for byte in the target, and
 *the series' patch still is the one that it answers. TARGET is the branch ("v6.1"), or one exact
 *kernel
 * ("v6.1.187"), which wins. A mail without a diff says that the target needs nothing, and why.
 */
#ifndef SERIES_PATCH_RECORDED_H
#define SERIES_PATCH_RECORDED_H

#include "patch/ladder.h"
#include "patch/repo.h"
#include "patch/series.h"

#define RECORDED_CONTEXT 10

struct recorded {
	char *path; /* of the file */
	struct mail mail;
	char *kernel, *patch_id; /* NULL where the mail does not say */
	bool current;		 /* patch_id is that of the series' patch */
	char *note;		 /* the [ ... ] note of its message, without brackets; NULL */
	char *name;		 /* the file, from the workspace: what reports say */
	char *carried; /* patch-id of the older form that a person answered; `series update` brought it to this one; NULL */
};

/* 1 with the record for this patch and kernel, 0 when there is none, -1 (a malformed one;
 * FAIL_USAGE). */
int recorded_find(struct arena *arena, const char *workspace, const struct series *series,
		  const struct series_patch *patch, const struct kernel *kernel,
		  struct recorded *recorded);
/*
 * Put it on the draft. 0 with the answer: MARK_RECORDED, MARK_SKIPPED (no diff: not needed), or
 * MARK_CONFLICT with the reason in one fate's evidence and nothing written. The fates' indexes are
 * those of recorded->mail.diff.
 */
int recorded_apply(struct arena *arena, struct repo *repo, const struct recorded *recorded,
		   struct draft *draft, struct ladder_answer *answer);
/*
 * Record: `diff` (made with RECORDED_CONTEXT lines; empty: nothing is needed, `note` says why) is
 * what `patch` became on `kernel`. Replaces an earlier record of it in the same folder. `path` gets
 * the file's name.
 */
int recorded_write(struct arena *arena, const char *workspace, const struct series *series,
		   const struct series_patch *patch, const struct kernel *kernel,
		   const char *message, const struct diff *diff, char **path);

/* git's stable patch-id of a diff (40 hex): the same whatever its line numbers and white space. */
int patch_id(const struct diff *diff, char id[41]);

#endif
