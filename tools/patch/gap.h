/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Gap: the white space and comments that stand between two C tokens, at the ends of an edit and in
 * it.
 */
#ifndef SERIES_PATCH_GAP_H
#define SERIES_PATCH_GAP_H

#include <stdbool.h>

#include "base/text.h"

/* What is known of the gap before one token of a result; see patch/layout.c. */
struct gap_sources {
	struct slice out;    /* the result so far, for the column of an open parenthesis */
	struct slice spatch; /* as spatch laid it out */
	struct slice patch;  /* as the patch has it */
	bool has_patch;
	bool beside;	    /* the patch has the same token before it, too */
	bool instead;	    /* the patch has another token behind this gap */
	struct slice moved; /* as it stood where the token was moved from */
	bool has_moved, moved_beside;
	bool statement;	    /* a statement begins behind it */
	bool opens, closes; /* "{" stands before it, "}" behind */
	bool top; /* of the file: what stands there is the file's own, whatever is inserted */
};

/* Between two new tokens. */
void gap_between(struct text *out, const struct gap_sources *s);
/* Before and behind what is inserted into `gap` of the target. True: it takes whole lines. */
bool gap_lead_inserted(struct text *out, const struct gap_sources *s, struct slice gap);
void gap_tail_inserted(struct text *out, const struct gap_sources *s, struct slice gap, bool whole);
/*
 * Before and behind what stands in the place of deleted tokens; the target's gaps on either side of
 * them.
 */
void gap_lead_replaced(struct text *out, const struct gap_sources *s, struct slice gap);
void gap_tail_replaced(struct text *out, const struct gap_sources *s, struct slice gap);
/* What is left of the target's gaps `lead` and `tail` when all between them is deleted. */
void gap_delete(struct text *out, const struct gap_sources *s, struct slice lead,
		struct slice tail);

#endif
