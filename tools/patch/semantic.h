/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Semantic: a patch carried onto a draft by its Coccinelle rule.
 *
 * coccinelle/NAME/NNNN-*.cocci says the same as patch NNNN. Structured comments at the rule's head
 * declare which files it is for and how often each of its rules must match; anything less, an
 * unparsed function, or a time-out, and it is not sure. spatch runs on copies in a temporary
 * folder. Its layout is put right afterwards: what it adds reads as in the upstream patch, comments
 * included.
 */
#ifndef SERIES_PATCH_SEMANTIC_H
#define SERIES_PATCH_SEMANTIC_H

#include "patch/ladder.h"
#include "patch/series.h"

struct semantic_ask {
	const char *dir;		  /* WORKSPACE/coccinelle/NAME */
	const struct series_patch *patch; /* which one */
	const struct diff *
		diff; /* of the patch, conditional hunks taken out: for the layout of what is added */
	bool trusted; /* may rules carry scripts */
	bool (*holds)(void *data,
		      const char *probe); /* of the series' probes, for conditional rules */
	void *data;
	unsigned int deadline_ms; /* per file; 0: 60 s */
};

/*
 * 0 with the answer, as ladder_apply(): MARK_SEMANTIC when sure, else MARK_CONFLICT with the reason
 * in the fates' evidence and nothing written; MARK_NONE when there is no rule for this patch. -1
 * when we could not find out: no spatch (says how to install it).
 */
int semantic_apply(struct arena *arena, const struct semantic_ask *ask, struct draft *draft,
		   struct ladder_answer *answer);

/* What a finding begins with that says of a check only that it could not be made. */
#define INVARIANT_SKIPPED "could not check: "
/* An invariant of coccinelle/checks/ that does not hold. */
struct invariant_finding {
	char *check, *path, *what;
	size_t line;
};
struct invariant_findings {
	struct invariant_finding *items;
	size_t n, cap;
	size_t checks_run;
	size_t functions; /* given to spatch, and parsed by it */
	size_t skipped;	  /* not checked: each is a finding that says "could not check" */
};
/* Run every check of `dir` on the draft. 0 with the findings, -1 when we could not find out. */
int semantic_check(struct arena *arena, const char *dir, struct draft *draft, bool trusted,
		   struct invariant_findings *findings);

#endif
