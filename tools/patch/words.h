/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Words: three texts merged word by word, and names that one file calls differently from another.
 */
#ifndef SERIES_PATCH_WORDS_H
#define SERIES_PATCH_WORDS_H

#include "patch/align.h"
#include "patch/symbol.h"

/*
 * What `old` -> `new` changes, done to `mine`, which is `old` changed by somebody else. false when both changed
 * words that overlap or touch, in different ways. White space comes with the word it stands before. O(words x words), bounded.
 */
bool words_merge(struct vocabulary *vocabulary, struct slice old, struct slice new,
		 struct slice mine, struct text *out);

/*
 * Names of a that are other names in b: learned from lines that stand in each other's place. The old name is nowhere in b, the
 * new one nowhere in a, and no line says otherwise.
 */
struct rename {
	struct slice from, to;
	unsigned int number; /* of `from` */
	size_t seen;	     /* lines that say so */
	size_t against;	     /* lines that say otherwise */
};
struct renames {
	struct rename *items;
	size_t n, cap;
};
struct renames renames_learn(struct arena *arena, const struct align *align,
			     const struct symbols *in_a, const struct symbols *in_b);
/* The name's other name; NULL where it has none. */
const struct rename *renames_find(const struct renames *renames, unsigned int number);

#endif
