/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Results' boots: which machines a verdict was judged by, and where what they said lies.
 */
#ifndef SERIES_KERNEL_RESULTS_BOOTS_H
#define SERIES_KERNEL_RESULTS_BOOTS_H

#include "kernel/results.h"

struct boot {
	int64_t id;
	const char *arm; /* "base", "patched", "1/3" */
	int64_t attempt; /* from 1 */
	const char *dir; /* evidence; it may be gone */
	const char *end, *why, *flaw;
	double wall_seconds;
};
struct boots {
	struct boot *items;
	size_t n, cap;
};
/* Of the verdict `cell`: base and patched, then what else was booted for it in the run `run`. */
int results_boots(struct results *results, struct arena *arena, int64_t run, int64_t cell,
		  struct boots *boots);

#endif
