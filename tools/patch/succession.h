/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Succession: which patch of a new version takes the place of which patch of the old one, and in what order they stand then.
 *
 * Pure. Patches go by their title, then by the same diff, then by most of their changed lines.
 */
#ifndef SERIES_PATCH_SUCCESSION_H
#define SERIES_PATCH_SUCCESSION_H

#include "patch/series.h"

#define SUCCESSION_NONE ((size_t)-1)

struct successor {
	size_t old; /* index into the series; SUCCESSION_NONE: it is new */
	size_t now; /* index into the new mails; SUCCESSION_NONE: the old patch stays as it is */
};
struct succession {
	struct successor *items; /* the series as it will be, in order */
	size_t n, cap;
	size_t *dropped; /* indexes into the series: no new patch takes their place */
	size_t ndropped;
};

/* `replaced`, by the series' patches: may give way to the new ones. O(patches^2 * lines). */
void succession_find(struct arena *arena, const struct series *series, const bool *replaced,
		     const struct mail *mails, size_t n, struct succession *succession);
/* Do both change the same lines, line numbers and context aside? */
bool succession_same_change(const struct diff *a, const struct diff *b);

#endif
