/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Conflict: a patch that did not fit, merged as far as it goes, for a person to finish.
 *
 * Where a pre-image is known (the blob that the index line names, or the series' base) it is a
 * three-way merge with diff3's markers; else each hunk that fits alone is put in, and the others
 * stand between markers where their numbers say.
 */
#ifndef SERIES_PATCH_CONFLICT_H
#define SERIES_PATCH_CONFLICT_H

#include "patch/diff.h"
#include "patch/draft.h"

struct conflict_ask {
	struct repo *repo;
	const struct diff *diff;
	struct draft *target;	 /* the tree that it did not fit on; left as it was */
	const char *target_name; /* "v5.10.262", for the markers */
	const char *patch_name;	 /* "1/3 KVM: x86: ..." */
	struct draft *base;	 /* a tree that it fits exactly; NULL */
	const char *base_name;
};

struct conflict_file {
	const char *path;
	bool in_target;	     /* false: `before` is empty, the target has no such file */
	struct slice before; /* the target's text */
	struct slice merged;
	unsigned int mode;
	size_t places;	 /* between markers */
	const char *how; /* "three-way against v6.19.11" */
};

struct conflict {
	struct conflict_file *items;
	size_t n, cap;
};

/* One entry for each file of the patch. Binary files are left out. */
int conflict_open(struct arena *arena, const struct conflict_ask *ask, struct conflict *conflict);
/* The line of the first marker of `text`, from 1; 0: none is left. */
size_t conflict_marker(struct slice text);

#endif
