/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Ctoken: C source as tokens, with the white space and comments between them left where they are.
 */
#ifndef SERIES_PATCH_CTOKEN_H
#define SERIES_PATCH_CTOKEN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/text.h"

struct ctoken {
	struct slice
		text; /* in the buffer; a preprocessor directive is one token, to the end of its last line */
};

struct ctokens {
	struct slice buffer;
	struct ctoken *items;
	size_t n, cap;
};

/*
 * Comments and white space separate tokens; an unclosed comment or string ends with the buffer.
 * O(bytes).
 */
struct ctokens ctokens_of(struct arena *arena, struct slice buffer);

/* What stands between token i - 1 and token i; i may be 0 and n. */
struct slice ctokens_gap(const struct ctokens *tokens, size_t i);
/* The line on which token i stands, from 1. */
size_t ctokens_line(const struct ctokens *tokens, size_t i);
static inline bool ctoken_is(const struct ctoken *token, const char *text)
{
	return slice_is(token->text, text);
}
bool ctoken_word(const struct ctoken *token); /* an identifier, keyword or number */
/* Do the same tokens stand in a[i..i + n) and b[j..j + n)? The ranges must lie within. */
bool ctokens_same(const struct ctokens *a, size_t i, const struct ctokens *b, size_t j, size_t n);

/* A function's definition, as kernel style lays it out: "{" and "}" in the first column. */
struct cfunction {
	struct slice name;
	size_t first, body, end; /* tokens: of the header, the "{", behind the "}" */
};

struct cfunctions {
	struct cfunction *items;
	size_t n, cap;
};

struct cfunctions cfunctions_of(struct arena *arena, const struct ctokens *tokens);
const struct cfunction *cfunctions_find(const struct cfunctions *functions, struct slice name);
/* How often `word` stands in tokens [first, end). */
size_t ctokens_count(const struct ctokens *tokens, size_t first, size_t end, struct slice word);

/*
 * Which token of `from` each token of `to` is (NONE: it is new). Longest common subsequence by
 * Myers' O(ND) algorithm; false when more than `most` tokens differ.
 */
#define CTOKEN_NONE ((size_t)-1)
bool ctokens_match(struct arena *arena, const struct ctokens *from, const struct ctokens *to,
		   size_t most, size_t **match);

#endif
