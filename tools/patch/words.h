/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Words: three texts merged word by word, and names that one file calls differently from another.
 */
#ifndef SERIES_PATCH_WORDS_H
#define SERIES_PATCH_WORDS_H

#include "patch/align.h"

/*
 * What `old` -> `new` changes, done to `mine`, which is `old` changed by somebody else. false when both changed
 * words that overlap or touch, in different ways. White space comes with the word it stands before. O(words x words), bounded.
 */
bool words_merge(struct vocabulary *vocabulary, struct slice old, struct slice new, struct slice mine, struct text *out);

/* Names of a that are other names in b, each once: learned from lines of both that differ in nothing else. */
struct rename {
	struct slice from, to;
	unsigned int number; /* of `from` */
	size_t seen;	     /* lines that say so */
	size_t against;	     /* lines that say otherwise, or keep the name */
};
struct renames {
	struct rename *items;
	size_t n, cap;
};
struct renames renames_learn(struct arena *arena, const struct align *align);
/* The name's other name, where the lines that say so are unopposed; else NULL. */
const struct rename *renames_find(const struct renames *renames, unsigned int number);

#endif
