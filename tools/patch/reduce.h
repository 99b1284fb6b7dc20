/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reduced: a patch without the hunks whose condition does not hold in a kernel.
 */
#ifndef SERIES_PATCH_REDUCE_H
#define SERIES_PATCH_REDUCE_H

#include "patch/ladder.h"
#include "patch/series.h"

struct reduced {
	struct diff diff; /* what is left; files without any hunk left are gone */
	size_t left;	  /* hunks (a file without hunks, such as a rename, counts as one) */
	struct reduced_origin {
		size_t file, hunk;    /* indexes into the patch as mailed */
	} * origin;		      /* of each that is left, in order */
	size_t *first;		      /* index into origin of each file's first hunk in `diff` */
	struct ladder_answer skipped; /* MARK_SKIPPED fates of those taken out, with the reason */
};

/* Take out what `draft` has no use for. O(hunks), and a search of the probed files. */
int reduce(struct arena *arena, const struct series_patch *patch, struct draft *draft,
	   struct reduced *reduced);
/* Turn an answer about reduced->diff into one about the whole patch, skipped hunks at their places.
 */
void reduce_restore(struct arena *arena, const struct reduced *reduced,
		    struct ladder_answer *answer);

#endif
