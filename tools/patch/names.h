/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Names: strings turned into small numbers, so that equal strings are equal numbers.
 */
#ifndef SERIES_PATCH_NAMES_H
#define SERIES_PATCH_NAMES_H

#include "base/arena.h"
#include "base/text.h"

struct names {
	struct arena *arena;
	struct slice *items; /* by number */
	size_t n, cap;
	unsigned int *slots; /* number + 1; 0: free */
	size_t mask;
};

struct names *names_new(struct arena *arena);
/* The string's number, given to it now where it has none. The string's bytes outlive the table. */
unsigned int names_number(struct names *names, struct slice s);
/* The same without adding: false when it has no number. */
bool names_find(const struct names *names, struct slice s, unsigned int *number);

#endif
