/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Runs: what one version of a file took over from the one before it.
 */
#ifndef SERIES_PATCH_RUNS_H
#define SERIES_PATCH_RUNS_H

#include "patch/pack.h"

#define RUNS_MAX 64

/* `new` as runs of `old` with what is new between them. Gives their number; 0: not worth it.
 * O(bytes). */
size_t runs_find(struct slice old, struct slice new, struct pack_run runs[RUNS_MAX]);

#endif
