/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Place: where a hunk's text stands in a file.
 *
 * Pure: lines in, positions out.
 */
#ifndef SERIES_PATCH_PLACE_H
#define SERIES_PATCH_PLACE_H

#include "patch/diff.h"

#define PLACE_NONE ((size_t)-1)

struct place {
	size_t at;     /* line, from 0, of the pre-image's first; PLACE_NONE */
	size_t count;  /* how many places it has; counted only where the expected one did not fit */
	bool expected; /* at the line that the patch names, moved like the hunk before */
};

/* Lines of the hunk that stand in the file before it. */
struct lines hunk_lines_before(struct arena *arena, const struct hunk *hunk);

/* Does the hunk's pre-image stand at line `at`, byte for byte? */
bool place_fits(const struct lines *lines, const struct hunk *hunk, size_t at);
/*
 * The hunk's place at or behind line `floor`, `delta` lines behind where it says, or, failing that, wherever it
 * stands: `at` is then the nearest of `count`. A hunk without a pre-image has no place but in an empty file.
 */
struct place place_hunk(const struct lines *lines, const struct hunk *hunk, size_t floor,
			long delta);
/* Every place of a run of lines, white space aside; gives how many, fills at most `max`. */
size_t place_all(const struct lines *lines, const struct slice *run, size_t n, size_t *at,
		 size_t max);

#endif
