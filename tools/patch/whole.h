/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whole: the functions that a patch touches, as upstream has them with it, beside the ported ones.
 *
 * A mail shows three lines around a change. What a reviewer of a deviation asks, whether the function is still right
 * as a whole, takes the function: upstream's comes from the series' base in the store.
 */
#ifndef SERIES_PATCH_WHOLE_H
#define SERIES_PATCH_WHOLE_H

#include "patch/compare_port.h"

struct whole {
	const char *name; /* of the function */
	const char *path; /* in the target; in the base where only that has it */
	struct part
		lines; /* both functions with what the patch does to them; its other members are not set */
};
struct wholes {
	const char *
		base; /* the kernel that upstream's functions are of; NULL: none has the patch exactly */
	struct whole *items;
	size_t n, cap;
};

/* Functions of kernel style only ("{" in the first column), in the order of the target's file. 0, -1. */
int whole_functions(struct arena *arena, struct repo *repo, struct pack *pack,
		    const struct series *series, const struct compared_port *compared,
		    struct wholes *wholes);

#endif
