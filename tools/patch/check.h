/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Check: whether text that fits is right where it lands, as far as base and target show.
 */
#ifndef SERIES_PATCH_CHECK_H
#define SERIES_PATCH_CHECK_H

#include "patch/merge.h"
#include "patch/symbol.h"

struct check {
	struct arena *arena;
	struct vocabulary *vocabulary;
	struct source *base, *target;
	struct align *align; /* of the two */
	struct slice base_text;
	struct symbols *in_base, *in_target;
	struct symbols *in_after; /* the base with the patch; NULL: not known */
	struct symbols *
		removed; /* of the patch's removed lines in this file; marked so what they define */
	bool code;	 /* the file is C, or near enough for scopes and names */
	bool fits;	 /* so does the whole patch, hunk by hunk, as far as it was tried */
	bool tree;	 /* it is a device tree */
};

/* Where a check fails, the group is not sure any more, and says why. */
void check_group(struct check *check, struct group *group);
/* What is wrong with the whole file, in words; NULL. */
char *check_result(struct check *check, struct slice result);

#endif
