/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Compared port: what a patch does to a target, beside what it does as mailed.
 */
#ifndef SERIES_PATCH_COMPARE_PORT_H
#define SERIES_PATCH_COMPARE_PORT_H

#include "patch/compare.h"
#include "patch/port.h"

struct compared_port {
	const struct port_patch *patch;
	struct diff diff; /* as ported; empty where nothing was committed */
	struct compare compare;
	char up_id[41], down_id[41]; /* git's patch-ids; "" where nothing was committed */
	bool same_id;
};

/* Objects of the port may be in `pack` only. 0, -1. */
int compare_port(struct arena *arena, struct pack *pack, const struct port_patch *patch,
		 struct compared_port *compared);
/*
 * Why hunks are not there, into the parts that were dropped: the reason of the hunk's own fate, else the note of the
 * patch.
 */
void compare_reasons(struct compare *compare, const struct port_patch *patch);

#endif
