/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Compare: a patch as it was ported against the patch as it was mailed.
 *
 * Both diffs are taken apart into runs of changed lines; runs that say the same are paired, and
 * hunks that share a pair are compared as one part, so that hunks which a diff merged or split
 * still meet. Pure.
 */
#ifndef SERIES_PATCH_COMPARE_H
#define SERIES_PATCH_COMPARE_H

#include "patch/diff.h"

/* From the one that needs least of a reader. */
enum part_state {
	PART_SAME,    /* every line, context too; line numbers may differ */
	PART_MOVED,   /* every line, but in another file, under another function or in another order
		       */
	PART_CONTEXT, /* the changed lines are the same, the lines around them are not */
	PART_RENAME, /* the changed lines are the same but for what things are called, one name for one */
	PART_ADAPTED, /* the changed lines differ */
	PART_ADDED,   /* only in the port */
	PART_DROPPED, /* only in the patch as mailed */
	PART_STATE_COUNT
};

/* A piece of a line: in both, only in the old, or only in the new. */
struct word_piece {
	char kind; /* ' ', '-', '+' */
	struct slice text;
};
struct word_pieces {
	struct word_piece *items;
	size_t n, cap;
};

/* A line of both diffs, or of one. */
struct part_line {
	const struct diff_line *up, *down; /* as mailed, as ported; NULL: not there */
	struct word_pieces words;	   /* where both are there and their text differs */
};

struct hunk_place {
	size_t file, hunk; /* indexes into the diff, from 0 */
};
struct hunk_places {
	struct hunk_place *items;
	size_t n, cap;
};

/* A name as mailed, and what it is called in the port. */
struct part_rename {
	struct slice from, to;
};
struct part_renames {
	struct part_rename *items;
	size_t n, cap;
};

struct part {
	enum part_state state;
	struct hunk_places up, down; /* mostly one each */
	struct part_line *items;
	size_t n, cap;
	size_t changed;		     /* changed lines that differ between the two */
	long offset;		     /* first ported line number against the first as mailed */
	struct part_renames renames; /* of PART_RENAME */
	/* Of PART_DROPPED, where compare_reasons() was asked: why; NULL. */
	const char *why;
	bool left_out; /* on purpose: the series' condition for it does not hold here */
};

struct compare {
	struct part *items; /* in the order of the patch as mailed, what was added behind */
	size_t n, cap;
	size_t counts[PART_STATE_COUNT];
};

/* "context only" */
const char *part_state_name(enum part_state state);
/*
 * Both diffs and their buffers outlive the result. O(runs^2) in each file, and O(lines^2) in each
 * part, which large parts are spared: their lines are not aligned.
 */
void compare_diffs(struct arena *arena, const struct diff *up, const struct diff *down,
		   struct compare *compare);

/* What differs between two lines, by words: identifiers, numbers, runs of white space, single other
 * characters. */
struct word_pieces compare_words(struct arena *arena, struct slice old, struct slice new);

#endif
