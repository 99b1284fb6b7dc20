/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Compared: what patch/compare.h found, for a person and as JSON.
 */
#ifndef SERIES_CMD_COMPARED_H
#define SERIES_CMD_COMPARED_H

#include <jansson.h>

#include "patch/compare.h"

/* A line of counts, then each part; the map of those that were renamed, the lines of those that differ. */
void compared_write(struct text *out, const struct compare *compare, const struct diff *up,
		    const struct diff *down, unsigned int width, bool color);
/* As docs/json.md says. */
json_t *compared_json(const struct compare *compare, const struct diff *up,
		      const struct diff *down);

#endif
