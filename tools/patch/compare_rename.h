/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Compared names: a part that differs in nothing but what things are called; an inner part of patch/compare.h.
 */
#ifndef SERIES_PATCH_COMPARE_RENAME_H
#define SERIES_PATCH_COMPARE_RENAME_H

#include "patch/compare.h"

/*
 * Of the adapted parts, those whose changed lines are the same under one map of identifiers become
 * PART_RENAME, with the map. No name stands for two, in either direction, in the whole patch; a name that
 * is renamed here and kept there is no rename. O(words x names).
 */
void compare_renames(struct arena *arena, struct compare *compare);

#endif
