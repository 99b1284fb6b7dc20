/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Port: a whole series carried onto one kernel.
 *
 * Each patch goes up the ladder: H (a recorded backport), the methods of patch/ladder.h, then S
 * (its semantic patch). Commits are made in memory; the caller finishes the pack and moves the
 * refs. The same input gives the same ids.
 */
#ifndef SERIES_PATCH_PORT_H
#define SERIES_PATCH_PORT_H

#include "patch/ladder.h"
#include "patch/mail.h"
#include "patch/pack.h"
#include "patch/series.h"

struct port_ask {
	struct repo *repo;
	const char *workspace; /* NULL: none, so neither records nor semantic patches */
	const struct series *series;
	const struct kernel *kernel;
	struct person backporter; /* committer and Signed-off-by; email NULL: neither name nor
				     sign-off of a person */
	bool no_semantic;	  /* text methods only */
	bool careful; /* text that fits as it is has to stand up to the base, too: some 100 ms */
};

/* A method that was not sure, and what it said. */
struct port_tried {
	const char *
		method; /* "recorded backport", "text as it is", "text adapted", "semantic patch" */
	char *reason;
};

struct port_patch {
	const struct series_patch *patch;
	enum mark mark;
	struct ladder_answer answer; /* a fate per hunk of the patch as mailed, conditional ones
					included */
	char *why;	      /* one line for the reader; NULL when there is nothing to say */
	char *note;	      /* the drafted [ ... ] note, without brackets; NULL */
	char *message;	      /* of the commit; NULL where none was made */
	bool committed;	      /* false for U, n/a, X */
	git_oid before, tree; /* trees before and after it; equal where not committed */
	git_oid commit;
	struct port_tried tried[4]; /* in order; those that came before the method that won */
	size_t ntried;
};

struct port {
	struct kernel kernel;
	char *ref;	  /* refs/series/NAME/v6.12.73 */
	char *branch_ref; /* refs/series/NAME/v6.12 where asked for by branch; NULL */
	git_oid commit;	  /* the last one; the kernel's own where nothing was committed */
	git_oid tree;
	bool had, changed; /* the ref was there; it points elsewhere than `commit` now */
	git_oid was;	   /* where it pointed; zero where it was not */
	bool branch_had;   /* the same of branch_ref */
	git_oid branch_was;
	enum mark mark; /* the worst */
	struct port_patch *items;
	size_t n;
	double seconds; /* that it took; for the record */
};

/*
 * Port all of the series, objects into `pack`. 0 with the port (stops at the first conflict: later
 * patches have MARK_NONE), -1 when we could not find out.
 */
int port_series(struct arena *arena, const struct port_ask *ask, struct pack *pack,
		struct port *port);
/* The ref moves that publish it; none when a patch is in conflict or nothing changed. */
size_t port_moves(const struct port *port, struct ref_move moves[2]);
/*
 * What turns tree `before` into tree `after` (either may still be in `pack` only), with full ids
 * and `context` lines around; a renamed file is one deleted and one added. git's own default is 3
 * lines.
 */
int port_diff(struct arena *arena, struct pack *pack, const git_oid *before, const git_oid *after,
	      unsigned int context, struct diff *diff);

#endif
