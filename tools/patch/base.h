/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Base: a kernel of the store on which the whole series fits exactly.
 *
 * It stands in for the tree that the series was written on, whose blobs the store need not have:
 * what the methods beyond "exact" compare a target with. The series names one; otherwise it
 * is the newest that fits, or that has all of it, with all of it taken back.
 */
#ifndef SERIES_PATCH_BASE_H
#define SERIES_PATCH_BASE_H

#include "patch/draft.h"
#include "patch/series.h"

struct base {
	struct kernel kernel;
	const struct series *series;
	struct repo *repo;
	struct draft *draft; /* the kernel with the first `done` patches */
	size_t done;
};

/*
 * 1 found, 0 the series fits exactly on no kernel of the store, and none has exactly all of it,
 * -1 failed. A few ms for each kernel tried.
 */
int base_find(struct arena *arena, struct repo *repo, const struct series *series,
	      struct base *base);
/* Bring base->draft to where patch `index` (from 0) starts; indexes only grow. */
int base_advance(struct arena *arena, struct base *base, size_t index);

#endif
