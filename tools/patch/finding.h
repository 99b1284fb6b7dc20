/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Finding: something about a port that a reader should know, with its place and the rule that found it.
 */
#ifndef SERIES_PATCH_FINDING_H
#define SERIES_PATCH_FINDING_H

#include "base/arena.h"

enum severity {
	SEVERITY_NOTE, /* for the record: no eyes needed */
	SEVERITY_LOOK, /* needs eyes before it is taken */
	SEVERITY_BAD,  /* do not take it like that */
};
const char *severity_word(enum severity severity); /* "note", "look", "bad" */

struct finding {
	const char *rule; /* "rules/upstream-line", "meaning/config": check/rule, stable words */
	enum severity severity;
	const char *patch;    /* "1/3"; NULL: of the port as a whole */
	const char *path;     /* in the target's tree; NULL */
	size_t line;	      /* of the ported file, from 1; 0: none */
	const char *function; /* NULL */
	char *text; /* a line in words, without period: what is wrong, and what would be right */
};
struct findings {
	struct finding *items;
	size_t n, cap;
};

/* The text is formatted into the arena; the finding's other members are the caller's to set. */
struct finding *finding_add(struct arena *arena, struct findings *findings, const char *rule,
			    enum severity severity, const char *fmt, ...)
	__attribute__((format(printf, 5, 6)));

#endif
