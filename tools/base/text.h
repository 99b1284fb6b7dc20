/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Text: slices of somebody's buffer, and a buffer that grows.
 *
 * A slice owns nothing and need not end in NUL; whoever owns the buffer outlives it. A text owns
 * its bytes, which are always followed by a NUL that `len` does not count. Nothing here fails:
 * out of memory ends the program.
 */
#ifndef SERIES_BASE_TEXT_H
#define SERIES_BASE_TEXT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "base/arena.h"
#include "base/cleanup.h"

struct slice {
	const char *p;
	size_t n; /* bytes */
};

#define SLICE(literal) ((struct slice){ (literal), sizeof(literal) - 1 })
#define SLICE_FMT "%.*s" /* with SLICE_ARG() */
#define SLICE_ARG(s) (int)(s).n, (s).p

static inline struct slice slice_of(const char *s)
{
	return (struct slice){ s, s ? strlen(s) : 0 };
}

static inline bool slice_eq(struct slice a, struct slice b)
{
	return a.n == b.n && (!a.n || !memcmp(a.p, b.p, a.n));
}

static inline bool slice_is(struct slice s, const char *str)
{
	return slice_eq(s, slice_of(str));
}

bool slice_starts(struct slice s, const char *prefix);
bool slice_ends(struct slice s, const char *suffix);
struct slice slice_trim(struct slice s);	       /* white space off both ends */
bool slice_blank(struct slice s);		       /* nothing but white space */
struct slice slice_skip(struct slice s, size_t bytes); /* without the first `bytes` (or all) */
int slice_cmp(struct slice a, struct slice b);	       /* as memcmp(), shorter first */
/* Equal when runs of white space count as one space and those at the ends as none. */
bool slice_eq_space(struct slice a, struct slice b);
/* The offset of `needle` in `hay`, or -1. memmem(), O(n). */
ptrdiff_t slice_find(struct slice hay, struct slice needle);
/* Does `word` stand in `text` with no character of an identifier on either side of it? O(n). */
bool slice_has_word(struct slice text, struct slice word);
/*
 * Take the next line off the front of `rest`: `line` gets it without its '\n'; false when rest is
 * empty (and line then too). A last line without '\n' counts as a line.
 */
bool slice_line(struct slice *rest, struct slice *line);
/*
 * Take what stands before `sep` off the front of `rest`; the last piece has no sep behind it.
 * False, with an empty piece, when rest is empty.
 */
bool slice_cut(struct slice *rest, char sep, struct slice *piece);
/* Decimal digits and nothing else, up to `max`; false otherwise. */
bool slice_number(struct slice s, unsigned long max, unsigned long *value);
/* FNV-1a, 64 bits: for tables, not for identity. */
unsigned long slice_hash(struct slice s);
char *slice_str(struct arena *arena, struct slice s);
struct slice slice_copy(struct arena *arena, struct slice s);

/* The lines of a buffer, each without its '\n'. */
struct lines {
	struct slice *items;
	size_t n, cap;
	bool no_newline; /* the last line lacks its '\n' */
};
struct lines lines_of(struct arena *arena, struct slice buffer); /* O(bytes) */

struct text {
	char *p; /* NULL when empty and never grown */
	size_t len, cap;
};
#define TEXT_INIT ((struct text){ 0 })
void text_release(struct text *text);
#define __free_text __attribute__((cleanup(text_release)))

void text_add(struct text *text, const void *p, size_t n);
void text_adds(struct text *text, const char *s);
void text_add_slice(struct text *text, struct slice s);
void text_addc(struct text *text, char c);
void text_addf(struct text *text, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void text_vaddf(struct text *text, const char *fmt, va_list ap);
void text_clear(struct text *text); /* empty, memory kept */
static inline struct slice text_slice(const struct text *text)
{
	return (struct slice){ text->p ? text->p : "", text->len };
}
static inline const char *text_str(const struct text *text)
{
	return text->p ? text->p : "";
}

#endif
