/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Diffstat: how much of each file a diff changes, in a picture, as git draws
 * it.
 */
#ifndef SERIES_PATCH_DIFFSTAT_H
#define SERIES_PATCH_DIFFSTAT_H

#include "patch/diff.h"

/* " file | 3 ++-" for each file, the sums, and what came, went, moved or
 * changed its mode. O(lines). */
void diffstat_write(struct text *out, const struct diff *diff, size_t width);

#endif
