/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Spatch: Coccinelle's program, run on text in a temporary folder of its own.
 *
 * It takes seconds, and the same question has the same answer: answers are kept (base/memo.h) by
 * its version, its arguments, the rule and the text. One that it was too slow for is not.
 */
#ifndef SERIES_PATCH_SPATCH_H
#define SERIES_PATCH_SPATCH_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/text.h"

struct spatch {
	char *dir;     /* temporary; gone after spatch_release() */
	char *version; /* what it says of itself */
	char *memo;    /* folder of the answers kept; NULL: none */
};

/* Fails with FAIL_INFRA where spatch is not installed, naming the package. */
int spatch_open(struct arena *arena, struct spatch *spatch);
void spatch_release(struct spatch *spatch);
#define __free_spatch __attribute__((cleanup(spatch_release)))

struct spatch_ask {
	const char *rule;	    /* path of the semantic patch */
	struct slice text;	    /* of the C file */
	const char *const *defines; /* virtual rules, NULL at the end; may be NULL */
	unsigned int deadline_ms;
};

enum spatch_outcome {
	SPATCH_DONE,
	SPATCH_TIMED_OUT,
	SPATCH_REFUSED /* it did not like the rule or died: see `said` */
};

struct spatch_answer {
	enum spatch_outcome outcome;
	struct slice text; /* the file afterwards; as it was when nothing matched */
	struct slice diff; /* what it printed: matched lines of a rule with "*" */
	struct slice said; /* the first telling line of its messages */
};

/* 0 with the answer, -1 when it could not be run. */
int spatch_run(struct arena *arena, const struct spatch *spatch, const struct spatch_ask *ask,
	       struct spatch_answer *answer);

/*
 * How many lines of `text` it cannot parse, and so would pass over in silence. `where` gets the
 * first of its complaints. Not being done in time is one. 0, -1.
 */
int spatch_parse(struct arena *arena, const struct spatch *spatch, struct slice text,
		 unsigned int deadline_ms, unsigned long *lines_bad, char **where);

#endif
