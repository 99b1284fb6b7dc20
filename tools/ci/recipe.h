/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Recipe: everything that a ruling depends on beside the two trees, as a hash.
 *
 * Three parts, so that what changed can be told: what the workspace says, the known failures, the tools (for verify with them
 * what the newer branches have). Nothing is
 * built for it and nothing kept from the last time: a program that was replaced in place is noticed.
 */
#ifndef SERIES_CI_RECIPE_H
#define SERIES_CI_RECIPE_H

#include "ci/plan.h"

/* Where the parts of the 64 digits begin. */
enum { RECIPE_WORKSPACE = 0, RECIPE_KNOWN = 28, RECIPE_TOOLS = 36, RECIPE_DIGITS = 64 };

struct recipes; /* what was asked of programs and files already; opaque, owned by the arena */
struct recipes *recipes_new(struct arena *arena, const struct plan_ask *ask);
int recipe_make(struct recipes *recipes, const struct plan_line *line, enum proof_kind kind,
		const struct cell *cell, char hex[65]);

#define RECIPE_TOOLS_CHANGED "tools or series itself changed"
/* Which part differs first: "tests, machines or configuration changed"; NULL: none does. */
const char *recipe_change(const char *before, const char *now);

#endif
