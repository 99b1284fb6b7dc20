/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Present: is a change in the target already, though its text was refactored or moved since?
 */
#ifndef SERIES_PATCH_PRESENT_H
#define SERIES_PATCH_PRESENT_H

#include "patch/diff.h"

/* Where a part of the change stands now. */
struct present_text {
	const char *path;
	struct slice text;
};

struct present_ask {
	const struct filediff *file;
	/* The texts that may hold it, the file itself (or what it became) first: 1, 0 no more, -1. */
	int (*text)(void *data, size_t index, struct present_text *text);
	void *data;
	struct slice base; /* the file that the patch was made for; .p NULL: not known */
};

struct present_hunk {
	bool present;
	const char *path;
	size_t line; /* of the function that holds it, from 1; 0: none in particular */
	char *evidence;
};

struct present {
	struct present_hunk *hunks; /* file->n */
	bool all;		    /* every hunk is there */
	bool strong;		    /* and what is there has a name that only the patch brings */
};

/* 0, or -1 when a text could not be read. */
int present_find(struct arena *arena, const struct present_ask *ask, struct present *present);

#endif
