/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rules: what the stable maintainers ask of a backport, as far as its mail and the store can tell.
 */
#ifndef SERIES_PATCH_RULES_H
#define SERIES_PATCH_RULES_H

#include "patch/finding.h"
#include "patch/port.h"
#include "patch/version.h"

/* How a newer branch stands to a change. */
enum rules_state {
	RULES_HAS,	  /* it is there */
	RULES_PORT,	  /* a port was made */
	RULES_NOT_NEEDED, /* the series says so */
	RULES_WITHOUT,	  /* neither: `why` says what is in the way */
	RULES_UNKNOWN,	  /* nobody looked: `why` says what to do */
};

struct rules_branch {
	const char *name; /* "v6.12" */
	enum rules_state state;
	const char *why; /* NULL */
};

struct rules_ask {
	struct repo *repo; /* looked into for upstream's commits; NULL: nothing is known of them */
	const struct series_patch *patch; /* as mailed */
	const char *label;		  /* "1/3" */
	const char *message;		  /* of the port's commit */
	const struct diff *diff;	  /* what the port does, with 3 lines of context */
	struct person committer; /* of the port's commit; email NULL: nobody, and nothing to say */
	const struct kernel *kernel;	  /* the target */
	const struct rules_branch *newer; /* every configured branch above the target's */
	size_t nnewer;
};

/*
 * Everything below for one patch that was committed. 0, -1. The rules, each the finding's name behind "rules/":
 *	upstream-line	the message names the upstream commit, all 40 digits, once
 *	upstream-real	and the store does not know that commit as another one
 *	title, body, trailers	are upstream's, in upstream's order
 *	note		a deviation is documented in [ ... ]
 *	sign-off	the backporter's stands last, where it is known who that is
 *	size		100 lines with context
 *	stable-tag, fixes	what upstream's tags ask for fits this target
 *	class		stable-eligible, distro-only, out-of-tree: which, and the rule that decided
 *	newer-tree	every newer branch has the change or a port of it
 */
int rules_check(struct arena *arena, const struct rules_ask *ask, struct findings *findings);

/* What rules_check() calls, one group of rules each. */
int rules_message(struct arena *arena, const struct rules_ask *ask, struct findings *findings);
int rules_stable(struct arena *arena, const struct rules_ask *ask, struct findings *findings);

#endif
