/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Chronicle, between its own files.
 */
#ifndef SERIES_CI_CHRONICLE_PART_H
#define SERIES_CI_CHRONICLE_PART_H

#include "ci/chronicle.h"

/* The one of `like`'s series, line and cell, made where it is not there. */
struct chronicle_line *chronicle_line(struct arena *arena, struct chronicle *chronicle,
				      const struct chronicle_line *like);
/* All sightings, in no order, with repeats and changes counted; 1, 0 (the name is unknown), -1. */
int chronicle_sightings(struct arena *arena, struct results *results,
			const struct chronicle_ask *ask, struct chronicle *chronicle);

#endif
