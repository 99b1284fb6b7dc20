/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Results' trend: how each test has fared in the last verdicts of each branch and cell, and how long it took.
 *
 * Of whole tests; what their subtests did is in the verdicts. What was found out again from the same boots counts once.
 */
#ifndef SERIES_KERNEL_RESULTS_TREND_H
#define SERIES_KERNEL_RESULTS_TREND_H

#include "kernel/results.h"

struct trend_point {
	int64_t at, cell;   /* when, and the id of the verdict */
	const char *target; /* the kernel */
	enum test_class class;
	const char *patched; /* "pass", "fail", "missing" */
	double seconds;	     /* with the series; negative: it has no time */
};
struct trend {
	const char *series, *branch, *cell, *name; /* branch: "6.1" */
	struct trend_point *items;		   /* oldest first */
	size_t n, cap;
	size_t flaky,
		flips; /* classed so; changed from pass to fail or back, one verdict to the next */
};
struct trends {
	struct trend *
		items; /* those of one series, cell and branch together, as the tests are ordered */
	size_t n, cap;
};
/* Of the last `most` verdicts of each series, branch and cell. */
int results_trends(struct results *results, struct arena *arena, size_t most,
		   struct trends *trends);
/* The middle of its times but the last; negative: there are none. */
double trend_median(const struct trend *trend);

#endif
