/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Merge: what a hunk changes in its base, done to a target that is aligned to that base.
 *
 * Pure: lines in, edits out. Each group of changed lines gets an outcome of its own, with the rule that decided.
 */
#ifndef SERIES_PATCH_MERGE_H
#define SERIES_PATCH_MERGE_H

#include "patch/align.h"
#include "patch/diff.h"
#include "patch/mark.h"
#include "patch/words.h"

/* A run of removed and added lines of a hunk, without context inside. */
struct group {
	size_t hunk;	 /* of the file */
	size_t from, to; /* base lines [from, to) that it removes */
	struct slice *added;
	size_t n_added;
	/* the outcome */
	bool sure;
	bool present;	     /* the target has it already: nothing to do */
	bool moved_in;	     /* stands in the same function, elsewhere in the file */
	enum mark mark;	     /* MARK_CONTEXT, MARK_THREEWAY, MARK_WORDS, MARK_MOVED */
	size_t at, drop;     /* target lines [at, at + drop) go */
	struct slice *lines; /* these come instead */
	size_t n_lines;
	const char *rule; /* short name of what decided, for the evidence and its statistics */
	char *why;	  /* in words */
	char *note;	  /* what was adapted; NULL */
};

struct groups {
	struct group *items;
	size_t n, cap;
};

/* The groups of a hunk whose first pre-image line is base line `at`, appended. */
void groups_of_hunk(struct arena *arena, const struct hunk *hunk, size_t number, size_t at,
		    struct groups *groups);

struct merge_ask {
	struct align *align;	       /* a: the base, b: the target */
	const struct renames *renames; /* NULL: none */
	bool words;		       /* may it look inside lines? */
	enum mark plain;	       /* what a group that fits line by line is */
};
/* Decide one group. The vocabulary's arena owns what is new. */
void merge_group(struct arena *arena, const struct merge_ask *ask, struct group *group);

#endif
