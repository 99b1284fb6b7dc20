/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tally: what is said of several places, each thing once with all its places.
 */
#ifndef SERIES_CMD_TALLY_H
#define SERIES_CMD_TALLY_H

#include "base/arena.h"
#include "base/text.h"

struct tally_item {
	const char *what;
	const char *where; /* "v6.1.187, v6.12.73" */
	const char *last;  /* place that was added */
	size_t n;	   /* places */
};

struct tally {
	struct tally_item *items; /* in the order of their first place */
	size_t n, cap;
};

/* Said twice of the same place in a row counts once. The item, until the next
 * call. O(items). */
struct tally_item *tally_add(struct arena *arena, struct tally *tally, const char *what,
			     const char *where);
/* The other way round: `what` a set of places, `where` all that is said of just
 * those, `n` how many places. */
void tally_turn(struct arena *arena, const struct tally *tally, struct tally *turned);
/* "a, b, c and 27 more": the first of `where`, where there are more than eight. */
char *tally_few(struct arena *arena, const struct tally_item *item);
/* "on v6.1.187, v6.12.73", or "on all 5" when it is `all` places and more than
 * two. */
char *tally_on(struct arena *arena, const struct tally_item *item, size_t all);

#endif
