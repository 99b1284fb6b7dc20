/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Standing: where a line stands: its rulings of all kinds as one verdict, which is the worst of them.
 */
#ifndef SERIES_CI_STANDING_H
#define SERIES_CI_STANDING_H

#include "ci/journal.h"

struct standing {
	const char *series, *line;
	const char *target;	     /* the kernel that was applied to last */
	const struct ruling *worst;  /* that decided; the one of `apply` where all are well */
	const struct ruling **items; /* apply, build, verify, tests */
	size_t n, cap;
	bool red, unknown; /* red wins */
	bool none;	   /* it has no kernel any more: `word` is "none", neither well nor red */
	/* "ok", "ok, fixed", "regression", "conflict", "infrastructure"; a part that is not of the newest kernel yet counts not */
	const char *word;
	const char *why;   /* of the worst; "" */
	const char *marks; /* "= U n/a"; "" */
	const char *
		waived; /* known failures, a line each: "smm_test: regression (until 2026-12-31, owner)"; "" */
};
struct standings {
	struct standing *
		items; /* by series, then as the lines are ordered: newest branch first, its -rc and -queue behind it */
	size_t n, cap;
};
/* `rulings` is what journal_standings() gave, or those of one round; it stays the caller's and must live as long. */
void standings_make(struct arena *arena, const struct rulings *rulings,
		    struct standings *standings);
/* The order of lines: as above. */
int line_cmp(const char *a, const char *b);

#endif
