/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Version: a kernel's version, parsed and ordered.
 */
#ifndef SERIES_PATCH_VERSION_H
#define SERIES_PATCH_VERSION_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/text.h"

struct version {
	unsigned int major, minor;
	int patch; /* of 6.12.73; -1: a branch, "6.12" */
	int rc;	   /* of 7.1-rc3, 6.12.74-rc1; 0: released */
};

/*
 * "v6.12.73", "6.12.73", "v6.12", "v7.1-rc3"; false for anything else, "v6.12-dirty" too. The name of a tip, a commit that a
 * branch was seen at ("v6.12.74-rc1+0123456789ab": what its Makefile says, "+", [0-9a-z.-]), counts as its version.
 */
bool version_parse(struct slice text, struct version *version);
/* The same, and the name of a tip is none. */
bool version_parse_plain(struct slice text, struct version *version);
/* Is it the name of a tip? */
bool version_is_tip(struct slice name);
/* What VERSION, PATCHLEVEL and SUBLEVEL of a kernel's top Makefile say; false where it is no kernel's. */
bool version_of_makefile(struct slice makefile, struct version *version);
/*
 * <0, 0, >0; a release candidate stands before its release; v6.12 as 6.12.0 stands before 6.12.1.
 */
int version_cmp(const struct version *a, const struct version *b);
/* Is `v` a release of branch `branch` ("6.12" has 6.12, 6.12.1, 6.12.73)? */
bool version_in(const struct version *v, const struct version *branch);
/* The same, or a candidate for one: "6.12" has 6.12.74-rc1 too. */
bool version_belongs(const struct version *v, const struct version *branch);
/* "v6.12.73" */
char *version_name(struct arena *arena, const struct version *version);
/* "6.12.y", as stable calls the branch. */
char *version_branch(struct arena *arena, const struct version *version);

#endif
