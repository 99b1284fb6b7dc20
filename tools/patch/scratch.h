/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Scratch: a store that borrows another's objects, to try things in.
 *
 * Its refs are those of the other as they are now; objects and refs that come into being stay in it, and go with its folder.
 */
#ifndef SERIES_PATCH_SCRATCH_H
#define SERIES_PATCH_SCRATCH_H

#include "patch/repo.h"

/* `dir` gets a folder of its own under $TMPDIR, which the caller removes (file_remove_tree()) when `repo` is freed. */
int scratch_open(struct arena *arena, const struct repo *store, char **dir, struct repo **repo);

#endif
