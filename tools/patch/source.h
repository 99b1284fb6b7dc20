/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Source: a file's text as numbered lines, each line as numbered words.
 *
 * Sources that are compared share one vocabulary. Lines that differ only in white space have the same number.
 */
#ifndef SERIES_PATCH_SOURCE_H
#define SERIES_PATCH_SOURCE_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/text.h"
#include "patch/names.h"

enum word_kind { WORD_NAME, WORD_NUMBER, WORD_STRING, WORD_SIGN, WORD_COMMENT };

struct word {
	struct slice text;
	size_t space;	     /* bytes of white space right before it */
	unsigned int number; /* in the vocabulary */
	enum word_kind kind;
};

struct words {
	struct word *items;
	size_t n, cap;
	bool comment; /* the line is nothing but comment */
};

struct vocabulary {
	struct arena *arena;
	struct names *lines, *words;
};

/* How much a line says about its place: nothing, hardly anything ("}", "return 0;"), something. */
enum weight { WEIGHT_BLANK = 1, WEIGHT_LOW = 2, WEIGHT_FULL = 6 };

struct source {
	struct vocabulary *vocabulary;
	struct lines lines;
	unsigned int *number;  /* of each line */
	unsigned char *weight; /* enum weight */
	struct words **words;  /* NULL: not asked for yet */
};

struct vocabulary *vocabulary_new(struct arena *arena);
struct source *source_new(struct vocabulary *vocabulary, struct slice text);
/* From lines that somebody has already. */
struct source *source_of_lines(struct vocabulary *vocabulary, struct lines lines);
/* The words of line i, from 0. */
const struct words *source_words(struct source *source, size_t i);
/* The words of any text; line ends count as white space. */
struct words words_of(struct vocabulary *vocabulary, struct slice text);
bool slice_is_comment(struct slice line);
/* How alike two lines are, 0 to 100: twice their common words in order over all their words, names counting double. */
unsigned int words_alike(const struct words *a, const struct words *b);

#endif
