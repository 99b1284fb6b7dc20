/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Compared lines: two runs of diff lines put side by side; the inner half of patch/compare.h.
 */
#ifndef SERIES_PATCH_COMPARE_LINES_H
#define SERIES_PATCH_COMPARE_LINES_H

#include "patch/compare.h"

/* Append the lines of both to `part`, those that go together in one entry. */
void compare_lines(struct arena *arena, const struct diff_line *const *up, size_t nup,
		   const struct diff_line *const *down, size_t ndown, struct part *part);
/* Take the next word off the front: see compare_words(). */
bool word_next(struct slice *rest, struct slice *word);

#endif
