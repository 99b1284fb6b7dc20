/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Scope: the function, structure, table or node that a line stands in.
 */
#ifndef SERIES_PATCH_SCOPE_H
#define SERIES_PATCH_SCOPE_H

#include "patch/source.h"

#define SCOPE_NONE (-1L)

struct scope {
	long head;	    /* its first line; SCOPE_NONE: the line stands in none */
	size_t first, last; /* its lines, the last one included */
	struct slice name;  /* "kvm_multiple_exception"; the whole line where no name can be told */
};

/* `line` may be one behind the last. O(lines above it in its scope). */
struct scope scope_at(const struct source *source, size_t line);
/* The definition of that name, where there is one and only one that has a body. */
bool scope_find(const struct source *source, struct slice name, struct scope *scope);
/* What a heading (the function that a hunk names) or any first line of a scope calls it. */
struct slice scope_name(struct slice heading);

#endif
