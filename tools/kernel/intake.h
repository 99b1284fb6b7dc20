/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Intake: how a kernel tree becomes a version of the store.
 *
 * Whatever brought it, the tree becomes a commit without parents whose id follows from the tree and
 * from where it came, under refs/series/kernel/vX.Y.Z; the ref is the last thing written. A branch's tip has no version
 * of its own: it is called by what its Makefile says and its commit, and lies under refs/series/tip/, where no release is looked for.
 */
#ifndef SERIES_KERNEL_INTAKE_H
#define SERIES_KERNEL_INTAKE_H

#include "patch/packfile.h"
#include "patch/repo.h"
#include "patch/version.h"

/*
 * VERSION, PATCHLEVEL, SUBLEVEL and EXTRAVERSION of the top Makefile; fails with FAIL_USAGE where
 * that is no release.
 */
int intake_version(struct slice makefile, struct version *version);
/*
 * Is `version` what was asked for: that release, or a release of that branch? `want` NULL: anything
 * is.
 */
bool intake_wanted(const struct version *version, const struct version *want);
/*
 * The version in the store: 1 with `kernel` (and where it came from, may be NULL), 0, -1. A user's
 * own tag counts.
 */
int intake_known(struct repo *repo, struct arena *arena, const char *name, struct kernel *kernel,
		 char **from);

/*
 * What the tip of a branch is called: "v6.12.74-rc1+0123456789ab"; with `word` "queue", whose Makefile says the version of
 * the last release: "v6.12.73+queue.0123456789ab".
 */
char *intake_tip_name(struct arena *arena, const struct version *version, const char *word,
		      const git_oid *commit);

struct intake_ask {
	const char *name; /* "v6.12.73", or a tip's */
	git_oid tree;
	int64_t date;	    /* seconds since the epoch */
	const char *from;   /* "orig linux 6.12.73-1" */
	const char *detail; /* further lines ("SHA256: ...\n"), or "" */
};
/* Put the commit into `packfile`, finish that, and make the ref. */
int intake_commit(struct repo *repo, struct arena *arena, struct packfile *packfile,
		  const struct intake_ask *ask, struct kernel *kernel);

#endif
