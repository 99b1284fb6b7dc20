/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Built: what came of the builds of a proof, for a person.
 */
#ifndef SERIES_CMD_BUILT_H
#define SERIES_CMD_BUILT_H

#include "cmd/proving.h"

/* Of one target. */
struct built_sum {
	bool base_failed;   /* nothing can be said of the series */
	size_t failed;	    /* arms that do not build while base does */
	size_t warnings;    /* new ones, in all arms */
	size_t unmet;	    /* symbols of the configuration that did not stick */
	bool patched_built; /* or there was nothing to build beside base */
};
struct built_sum built_sum(const struct proof_target *target);
/*
 * The build of an arm: "base", "2/3", "patched"; NULL. Where there is more than
 * one configuration, one that failed, if one did.
 */
const struct proof_build *built_arm(const struct proof_target *target, const char *arm);

/* Arms by targets, with how long each took. */
void built_table(struct context *context, struct text *out, const struct proving *proving);
/* What does not build, and the first errors of it; what new warnings there are;
 * what did not stick. */
void built_failures(struct context *context, struct text *out, const struct proving *proving);
void built_warnings(struct context *context, struct text *out, const struct proving *proving);
void built_unmet(struct context *context, struct text *out, const struct proving *proving);
/* "Built in bubblewrap, without network; gcc ..." */
void built_where(struct context *context, struct text *out, const struct proving *proving);
/* "432 s", "7 min 12 s" */
char *seconds_word(struct arena *arena, double seconds);
/* "Title:" above what follows, with an empty line before it. */
void heading_add(struct context *context, struct text *out, const char *title);

#endif
