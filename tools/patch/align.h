/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Align: which line of one source is which line of another.
 */
#ifndef SERIES_PATCH_ALIGN_H
#define SERIES_PATCH_ALIGN_H

#include "patch/source.h"

#define ALIGN_NONE (-1L)

struct align {
	struct source *a, *b;
	long *to;   /* for each line of a, its line of b or ALIGN_NONE; increasing */
	long *from; /* the other way round */
	unsigned char *
		alike; /* for each line of a: 0 none, 100 the same (but for white space), else words_alike() */
};

/* The whole of both. */
struct align *align_new(struct arena *arena, struct source *a, struct source *b);
/* Lines [a0, a1) against [b0, b1) only: the others stay without a partner. */
struct align *align_ranges(struct arena *arena, struct source *a, size_t a0, size_t a1,
			   struct source *b, size_t b0, size_t b1);
/* The nearest line of a with a partner at or above `i` (below: at or below); ALIGN_NONE where there is none. */
long align_above(const struct align *align, long i);
long align_below(const struct align *align, long i);

#endif
