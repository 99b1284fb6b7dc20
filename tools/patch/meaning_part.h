/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Meaning part: what the files of meaning share: one file of the patch, on both sides.
 */
#ifndef SERIES_PATCH_MEANING_PART_H
#define SERIES_PATCH_MEANING_PART_H

#include "patch/condition.h"
#include "patch/decl.h"
#include "patch/meaning.h"

/* A file as the patch leaves it. */
struct meaning_file {
	const struct meaning_side *side;
	const char *path;
	struct ctokens tokens;
	size_t *line;	  /* of each token, from 1 */
	size_t *function; /* of each token: index into functions; NONE outside */
	struct cfunctions functions;
	size_t nlines;
	bool *added;	    /* by line */
	struct slice *text; /* by line */
	size_t *first;	    /* first token of each line; NONE where none begins on it */
	struct decls *decls;
	const struct condition **under; /* of each token */
};

struct meaning {
	struct arena *arena;
	const struct meaning_ask *ask;
	struct meaning_seen *seen;
	struct findings *findings;
	struct names *said; /* "rule name": each once */
	struct meaning_file target, base;
	bool has_base;
	size_t *partner; /* line of the base that each added line of the target is; 0 none */
	const struct condition *last_here, *last_there; /* compared last */
};

#define MEANING_NONE CTOKEN_NONE

/* A finding about token `i` of the target's file; NULL where the same was said of `what` before. */
struct finding *meaning_say(struct meaning *m, size_t i, const char *rule, enum severity severity,
			    struct slice what, const char *text);
static inline const struct cfunction *meaning_function(const struct meaning_file *file, size_t i)
{
	size_t f = i < file->tokens.n ? file->function[i] : MEANING_NONE;

	return f == MEANING_NONE ? NULL : &file->functions.items[f];
}
/* The token of the base that token `i` of an added line is; NONE. */
size_t meaning_twin(const struct meaning *m, size_t i);
/* The base's function of that name, or the one that `i`'s twin stands in. */
const struct cfunction *meaning_base_function(const struct meaning *m, size_t i);

/* Calls, constants, names, members, locals. */
int meaning_names(struct meaning *m);
/* Conditions, labels, locks, functions. */
int meaning_places(struct meaning *m);

#endif
