/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Symbol: the names that a piece of code uses, each checked for being there where the code goes.
 */
#ifndef SERIES_PATCH_SYMBOL_H
#define SERIES_PATCH_SYMBOL_H

#include "patch/source.h"

/* A name, and with how many arguments it is called or defined. */
struct symbol {
	struct slice name;
	unsigned int arities; /* bit n: n arguments; bit 31: more than 30, or "..." */
	unsigned int seen;
	bool removed; /* the patch removes a line that has it: its arguments may be what the patch changes */
};

struct symbols {
	struct arena *arena;
	struct names *names; /* numbers are indexes into items */
	struct symbol *items;
	size_t n, cap;
};

struct symbols *symbols_new(struct arena *arena);
/* All names of a text; comments and strings do not count. */
void symbols_add(struct symbols *symbols, struct slice text);
/* true for C's own words and everybody's types. */
bool symbol_common(struct slice name);
void symbols_add_lines(struct symbols *symbols, const struct slice *lines, size_t n);
/* NULL: it is not there. */
const struct symbol *symbols_find(const struct symbols *symbols, struct slice name);

/* Why code that fits in the base does not fit in the target. */
struct symbol_miss {
	struct slice name;
	bool arity; /* it is there, with other numbers of arguments only */
};
/*
 * Of what `brought` uses: the first name that `base` knows and `target` does not, or that `target` knows with other
 * numbers of arguments only. What neither knows proves nothing. 1 a miss, 0 none.
 */
int symbols_miss(const struct symbols *brought, const struct symbols *base,
		 const struct symbols *target, struct symbol_miss *miss);

#endif
