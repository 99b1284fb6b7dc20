/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Known: whether the names that ported lines bring are names of the kernel.
 *
 * Text that fits can name a function, a field, a macro or a CONFIG_ symbol that the kernel does not have;
 * #ifdef of such a symbol even compiles, and drops what stands under it. patch/symbol.h sees that as
 * far as two files show it; here the whole tree is asked.
 */
#ifndef SERIES_PATCH_KNOWN_H
#define SERIES_PATCH_KNOWN_H

#include "patch/diff.h"
#include "patch/lookup.h"

struct known_ask {
	struct lookup target;
	size_t since;		 /* draft_point() of target.draft before the patch */
	const struct diff *diff; /* the patch */
	/* Its hunks landed as they are; otherwise each edited file is compared with what it was. */
	bool as_it_is;
	/* The tree that the patch was made for; called when it is needed, once: 1, 0 none, -1. */
	int (*base)(void *data, struct lookup *base);
	void *data;
};

struct known_miss {
	const char *path; /* of the file that brings it */
	struct slice name;
	const char *base; /* path where the base has it; NULL: no base was asked */
};

/*
 * 1 with the first name that the kernel does not have although the base has it (without a base: a CONFIG_
 * symbol that it does not have), 0 when there is none, -1. What the base does not have either is
 * what the patch itself brings in. Costs microseconds when the file itself has all names, see
 * lookup_names() where it has not.
 */
int known_check(struct arena *arena, const struct known_ask *ask, struct known_miss *miss);

#endif
