/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include "base/text.h"

#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

bool slice_starts(struct slice s, const char *prefix)
{
	size_t n = strlen(prefix);

	return s.n >= n && !memcmp(s.p, prefix, n);
}

bool slice_ends(struct slice s, const char *suffix)
{
	size_t n = strlen(suffix);

	return s.n >= n && !memcmp(s.p + s.n - n, suffix, n);
}

struct slice slice_trim(struct slice s)
{
	while (s.n && isspace((unsigned char)s.p[0])) {
		s.p++;
		s.n--;
	}
	while (s.n && isspace((unsigned char)s.p[s.n - 1]))
		s.n--;
	return s;
}

bool slice_blank(struct slice s)
{
	return !slice_trim(s).n;
}

struct slice slice_skip(struct slice s, size_t bytes)
{
	if (bytes > s.n)
		bytes = s.n;
	return (struct slice){ s.p + bytes, s.n - bytes };
}

int slice_cmp(struct slice a, struct slice b)
{
	size_t n = a.n < b.n ? a.n : b.n;
	int c = n ? memcmp(a.p, b.p, n) : 0;

	return c ? c : (a.n > b.n) - (a.n < b.n);
}

bool slice_eq_space(struct slice a, struct slice b)
{
	size_t i = 0, j = 0;

	a = slice_trim(a);
	b = slice_trim(b);
	while (i < a.n && j < b.n) {
		bool sa = isspace((unsigned char)a.p[i]), sb = isspace((unsigned char)b.p[j]);

		if (sa != sb || (!sa && a.p[i] != b.p[j]))
			return false;
		i++;
		j++;
		while (sa && i < a.n && isspace((unsigned char)a.p[i]))
			i++;
		while (sb && j < b.n && isspace((unsigned char)b.p[j]))
			j++;
	}
	return i == a.n && j == b.n;
}

ptrdiff_t slice_find(struct slice hay, struct slice needle)
{
	const char *at = needle.n ? memmem(hay.p, hay.n, needle.p, needle.n) : hay.p;

	return at ? at - hay.p : -1;
}

static bool word_char(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

bool slice_has_word(struct slice text, struct slice word)
{
	struct slice rest = text;
	ptrdiff_t at;

	while (word.n && (at = slice_find(rest, word)) >= 0) {
		const char *p = rest.p + at, *end = p + word.n;
		bool before = p > text.p && word_char(p[-1]) && word_char(word.p[0]);
		bool after = end < text.p + text.n && word_char(*end) && word_char(end[-1]);

		if (!before && !after)
			return true;
		rest = slice_skip(rest, (size_t)at + 1);
	}
	return false;
}

bool slice_line(struct slice *rest, struct slice *line)
{
	return slice_cut(rest, '\n', line);
}

bool slice_cut(struct slice *rest, char sep, struct slice *piece)
{
	*piece = (struct slice){ rest->p, 0 };
	if (!rest->n)
		return false;

	const char *end = memchr(rest->p, sep, rest->n);

	piece->p = rest->p;
	piece->n = end ? (size_t)(end - rest->p) : rest->n;
	*rest = slice_skip(*rest, piece->n + 1);
	return true;
}

bool slice_number(struct slice s, unsigned long max, unsigned long *value)
{
	unsigned long v = 0;

	if (!s.n)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		unsigned long digit = (unsigned long)(s.p[i] - '0');

		if (s.p[i] < '0' || s.p[i] > '9' || digit > max || v > (max - digit) / 10)
			return false;
		v = v * 10 + digit;
	}
	*value = v;
	return true;
}

unsigned long slice_hash(struct slice s)
{
	uint64_t h = 0xcbf29ce484222325u;

	for (size_t i = 0; i < s.n; i++)
		h = (h ^ (unsigned char)s.p[i]) * 0x100000001b3u;
	return h;
}

char *slice_str(struct arena *arena, struct slice s)
{
	return arena_copy(arena, s.p, s.n);
}

struct slice slice_copy(struct arena *arena, struct slice s)
{
	return (struct slice){ arena_copy(arena, s.p, s.n), s.n };
}

/* 0x80 in each byte that is a newline, first byte lowest. */
static uint64_t newlines(const char *p)
{
	const uint64_t ones = 0x0101010101010101u, low = ones * 0x7f;
	uint64_t x;

	memcpy(&x, p, sizeof(x));
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	x = __builtin_bswap64(x);
#endif
	x ^= ones * '\n';
	return ~(((x & low) + low) | x | low);
}

static void lines_push(struct arena *arena, struct lines *lines, const char *p, const char *end)
{
	if (lines->n == lines->cap)
		arena_grow(arena, (void **)&lines->items, &lines->cap, lines->n + 1,
			   sizeof(*lines->items));
	lines->items[lines->n++] = (struct slice){ p, (size_t)(end - p) };
}

struct lines lines_of(struct arena *arena, struct slice buffer)
{
	struct lines lines = { 0 };
	const char *line = buffer.p, *p = buffer.p, *end = buffer.p + buffer.n;

	if (!buffer.n)
		return lines;
	lines.no_newline = end[-1] != '\n';
	/*
	 * What C has on average, so that it seldom grows. Lines are so short that memchr() is no
	 * help.
	 */
	lines.cap = buffer.n / 24 + 8;
	lines.items = arena_bytes(arena, lines.cap * sizeof(*lines.items));
	for (; end - p >= 8; p += 8) {
		for (uint64_t found = newlines(p); found; found &= found - 1) {
			const char *nl = p + __builtin_ctzll(found) / 8;

			lines_push(arena, &lines, line, nl);
			line = nl + 1;
		}
	}
	for (; p < end; p++) {
		if (*p == '\n') {
			lines_push(arena, &lines, line, p);
			line = p + 1;
		}
	}
	if (line < end)
		lines_push(arena, &lines, line, end);
	return lines;
}

void text_release(struct text *text)
{
	free(text->p);
	*text = TEXT_INIT;
}

static void text_room(struct text *text, size_t more)
{
	if (more < text->cap && text->len < text->cap - more)
		return;
	if (more > SIZE_MAX / 4 || text->len > SIZE_MAX / 4)
		abort();

	size_t cap = (text->len + more + 1) * 3 / 2 + 64;
	char *p = realloc(text->p, cap);

	if (!p) {
		fputs("series: out of memory\n", stderr);
		abort();
	}
	text->p = p;
	text->cap = cap;
}

void text_add(struct text *text, const void *p, size_t n)
{
	text_room(text, n);
	if (n)
		memcpy(text->p + text->len, p, n);
	text->len += n;
	text->p[text->len] = '\0';
}

void text_adds(struct text *text, const char *s)
{
	text_add(text, s, strlen(s));
}

void text_add_slice(struct text *text, struct slice s)
{
	text_add(text, s.p, s.n);
}

void text_addc(struct text *text, char c)
{
	text_add(text, &c, 1);
}

void text_vaddf(struct text *text, const char *fmt, va_list ap)
{
	va_list again;

	va_copy(again, ap);

	int n = vsnprintf(NULL, 0, fmt, again);

	va_end(again);
	text_room(text, (size_t)n);
	vsnprintf(text->p + text->len, (size_t)n + 1, fmt, ap);
	text->len += (size_t)n;
}

void text_addf(struct text *text, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	text_vaddf(text, fmt, ap);
	va_end(ap);
}

void text_clear(struct text *text)
{
	text->len = 0;
	if (text->p)
		text->p[0] = '\0';
}
