/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Counterpart: where new C text corresponds to the text of a patch.
 */
#ifndef SERIES_PATCH_COUNTERPART_H
#define SERIES_PATCH_COUNTERPART_H

#include "patch/ctoken.h"
#include "patch/diff.h"

/* A token of a patch's text. */
struct patch_token {
	struct slice text;
	struct slice gap; /* white space and comments before it */
	size_t hunk;	  /* from 0 */
	bool marked;	  /* on a '+' line (or '-' line, of the side before) */
	bool first;	  /* of its hunk: what stood before it is not known */
};

struct patch_tokens {
	struct patch_token *items;
	size_t n, cap;
};

/*
 * The tokens of one side of all hunks: after the patch ('+' and context) or before it ('-' and
 * context).
 */
struct patch_tokens patch_tokens_of(struct arena *arena, const struct filediff *file, char side);

/*
 * For tokens [first, end) of `tokens`, which token of `patch` each corresponds to, CTOKEN_NONE
 * where to none: in order, in as few pieces as pay. An array of end - first, owned by the arena.
 */
size_t *counterpart_find(struct arena *arena, const struct ctokens *tokens, size_t first,
			 size_t end, const struct patch_tokens *patch);

#endif
