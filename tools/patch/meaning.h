/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Meaning: what ported lines rely on, compared between the tree that they were written for and the target's.
 *
 * A patch that applies cleanly can still mean something else: a callee takes other arguments, a macro or a member has
 * another type, an #ifdef is never true, a label cleans up less, a lock is not held. Each of these is a rule, the finding's
 * name behind "meaning/":
 *	arity, callee	a call does not fit the function; it takes or gives other types than upstream's
 *	macro, constant	a macro has another body (a note)
 *	name, config	the target has no such name; no such CONFIG_ symbol
 *	field, local	a member or variable is missing, or has another type
 *	condition	the line stands under another #if
 *	label		the label is missing; what stands behind it cleans up other things
 *	lock		a lock is held at the line in one of the trees only
 *	function	a hunk that fits as it is lands in another function
 */
#ifndef SERIES_PATCH_MEANING_H
#define SERIES_PATCH_MEANING_H

#include "patch/diff.h"
#include "patch/finding.h"
#include "patch/lookup.h"

struct meaning_side {
	struct lookup lookup;	 /* with the patch */
	const char *name;	 /* "v6.12.73" */
	const struct diff *diff; /* what the patch does there */
};

struct meaning_ask {
	const char *label; /* "1/3" */
	struct meaning_side target, base;
	bool has_base; /* otherwise only what the target shows by itself is looked at */
	bool exact;    /* the patch landed as it is */
};

struct meaning_seen {
	size_t lines, calls, names, members, locks;
};

/* Add to the findings and to what was seen. 0, -1. Some 0.2 s for each C file. */
int meaning_check(struct arena *arena, const struct meaning_ask *ask, struct meaning_seen *seen,
		  struct findings *findings);

#endif
