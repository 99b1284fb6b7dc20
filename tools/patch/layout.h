/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Layout: an edit that Coccinelle made, put onto the text it was made for.
 *
 * spatch's output says which tokens the result has. The result's text is the target's own wherever
 * the tokens are, byte for byte; what is new gets the white space and comments it has in the
 * upstream patch, and where it differs from that, kernel style.
 */
#ifndef SERIES_PATCH_LAYOUT_H
#define SERIES_PATCH_LAYOUT_H

#include "patch/ctoken.h"
#include "patch/diff.h"

/* A run of the result that differs from the target. */
struct layout_edit {
	size_t from, from_end; /* tokens of the target that went */
	size_t to, to_end;     /* tokens of the result that came */
	size_t line;	       /* of the result, from 1 */
	size_t hunk;	       /* of the patch, from 0, that says the same; CTOKEN_NONE */
	bool adapted;	       /* its tokens are not all the patch's */
};

struct layout {
	struct slice text;
	struct layout_edit *items;
	size_t n, cap;
};

/*
 * `before` is the target's file, `after` what spatch made of it, `file` the patch's own diff of it
 * (NULL: none). 1 with the layout; 0 when it could not be put right (too much differs, or the
 * result would not have the tokens that spatch's has).
 */
int layout_make(struct arena *arena, struct slice before, struct slice after,
		const struct filediff *file, struct layout *layout);

#endif
