/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Probe: whether a kernel has what a patch, or a part of one, is about.
 */
#ifndef SERIES_PATCH_PROBE_H
#define SERIES_PATCH_PROBE_H

#include "patch/draft.h"
#include "patch/series.h"

/*
 * 1: every string stands, as a whole word, in its file; 0: one does not, and `missing` (may be
 * NULL) says which and where in words; -1 failed. A file named "dir/" stands for the files directly
 * in that folder.
 */
int probe_holds(struct arena *arena, const struct probe *probe, struct draft *draft,
		char **missing);

#endif
