/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Condition: the #if that a token of a C file stands under.
 */
#ifndef SERIES_PATCH_CONDITION_H
#define SERIES_PATCH_CONDITION_H

#include "patch/ctoken.h"

struct condition {
	/* "ifdef CONFIG_X", "else of if A > 1"; what means the same is spelt the same: #else of an #ifdef is "ifndef" */
	char *text;
	const struct condition *outer; /* NULL: the file's top */
};

/* For each token the innermost one, NULL for none. A header's own guard is none. O(bytes). */
const struct condition **conditions_of(struct arena *arena, const struct ctokens *tokens,
				       bool header);
/* Is one of that text among `condition` and those around it? */
bool condition_has(const struct condition *condition, const char *text);

#endif
