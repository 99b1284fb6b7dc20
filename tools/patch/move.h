/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Move: where a file of the base is in a target that has none of that name.
 */
#ifndef SERIES_PATCH_MOVE_H
#define SERIES_PATCH_MOVE_H

#include "patch/draft.h"

struct move {
	const char *path;
	struct slice text;
	unsigned int mode;
	unsigned int kept; /* percent of the base's lines that it has */
};

/* 1 found, and nothing else like it; 0; -1. `base` is the file's text before the patch. */
int move_find(struct arena *arena, struct draft *draft, const char *path, struct slice base,
	      struct move *move);

#endif
