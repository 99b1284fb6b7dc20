/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Course: how each line stood after each round: what the history of a line, and since when it stands as it does, are told by.
 *
 * Of complete rounds only. One pass over all rulings, O(rulings): a line's rulings are remembered as they come, and judged as
 * ci/standing.h does whenever a round has brought one.
 */
#ifndef SERIES_CI_COURSE_H
#define SERIES_CI_COURSE_H

#include "ci/journal.h"
#include "ci/standing.h"

/* After a round that ruled something of the line. */
struct course_step {
	int64_t round, at;
	const char *target, *word, *why, *marks;
	bool red, unknown;
	bool changed; /* against the step before: another word, or colour; the first one too */
};
struct course {
	const char *series, *line;
	struct course_step *items; /* oldest first; at least one */
	size_t n, cap;
	struct rulings now; /* of all kinds, the newest of each; `bad` where it is not green */
	const struct course_step *since, *last; /* it has stood so since; the newest */
	const struct course_step *known; /* the newest that is not unknown; NULL: none ever was */
};
/* What a round did, all its lines together. */
struct course_round {
	int64_t round;
	size_t lines, red, unknown; /* lines that it ruled something of, as they stood then */
	size_t rulings, changed;
};
struct courses {
	struct course *items; /* ordered as standings are */
	size_t n, cap;
	struct course_round *rounds; /* oldest first; those that ruled anything */
	size_t nrounds, cap_rounds;
};
int courses_read(struct results *journal, struct arena *arena, struct courses *courses);
/* NULL: it ruled nothing. */
const struct course_round *courses_round(const struct courses *courses, int64_t round);

#endif
