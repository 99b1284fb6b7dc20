/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Undo: a diff that takes another one back.
 */
#ifndef SERIES_PATCH_UNDO_H
#define SERIES_PATCH_UNDO_H

#include "patch/diff.h"

/* The hunk turned around: its pre-image is what it left. Texts are shared. */
struct hunk undo_hunk(struct arena *arena, const struct hunk *hunk);
/* The same of a whole diff; a copied file is one to delete. */
void undo_diff(struct arena *arena, const struct diff *diff, struct diff *back);

#endif
