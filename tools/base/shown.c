/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include "base/shown.h"

#include <stdint.h>

/* One UTF-8 character at the front of `s`: its bytes, 0 when there is none that is right. */
static size_t utf8_take(struct slice s, uint32_t *point)
{
	const unsigned char *p = (const unsigned char *)s.p;
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t n = p[0] < 0x80 ? 1 : p[0] >= 0xf0 && p[0] < 0xf8 ? 4 : p[0] >= 0xe0 ? 3 : 2;

	if (n == 1) {
		*point = p[0];
		return 1;
	}
	if (p[0] < 0xc0 || p[0] >= 0xf8 || s.n < n)
		return 0;
	*point = p[0] & (0xff >> (n + 1));
	for (size_t i = 1; i < n; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		*point = *point << 6 | (p[i] & 0x3f);
	}
	return *point >= least[n] && *point <= 0x10ffff && (*point < 0xd800 || *point > 0xdfff) ?
		       n :
		       0;
}

/* Characters that a terminal or a reader's eye would obey rather than see. */
static bool point_obeyed(uint32_t c)
{
	return (c >= 0x80 && c < 0xa0) || (c >= 0x200b && c <= 0x200f) ||
	       (c >= 0x2028 && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f) || c == 0xfeff ||
	       c == 0xfffe || c == 0xffff; /* no characters: XML cannot have them */
}

void text_add_shown(struct text *text, struct slice s, bool lines)
{
	while (s.n) {
		unsigned char c = (unsigned char)s.p[0];
		uint32_t point = 0;
		size_t n = utf8_take(s, &point);

		if (!n)
			text_addf(text, "\\x%02x", c);
		else if ((point < 0x20 && c != '\t' && !(lines && c == '\n')) || point == 0x7f)
			text_addf(text, "\\x%02x", c);
		else if (point_obeyed(point))
			text_addf(text, "<U+%04X>", point);
		else
			text_add(text, s.p, n);
		s = slice_skip(s, n ? n : 1);
	}
}

static size_t point_columns(uint32_t c)
{
	static const struct {
		uint32_t first, last;
	} wide[] = { { 0x1100, 0x115f }, { 0x2e80, 0xa4cf },   { 0xac00, 0xd7a3 },
		     { 0xf900, 0xfaff }, { 0xfe30, 0xfe6f },   { 0xff00, 0xff60 },
		     { 0xffe0, 0xffe6 }, { 0x1f300, 0x1faff }, { 0x20000, 0x3fffd } };

	if ((c >= 0x300 && c <= 0x36f) || c < 0x20)
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(wide); i++)
		if (c >= wide[i].first && c <= wide[i].last)
			return 2;
	return 1;
}

/* The next thing on the screen: its bytes, and the columns it takes (none for a tint's sequence).
 */
static size_t shown_take(struct slice s, size_t *columns)
{
	uint32_t point = 0;
	size_t n;

	if (s.n > 2 && s.p[0] == '\033' && s.p[1] == '[') {
		const char *m = memchr(s.p, 'm', s.n);

		*columns = 0;
		return m ? (size_t)(m - s.p) + 1 : s.n;
	}
	n = utf8_take(s, &point);
	*columns = n ? point_columns(point) : 1;
	return n ? n : 1;
}

char *text_shown(struct arena *arena, const char *s)
{
	struct text safe __free_text = TEXT_INIT;

	text_add_shown(&safe, slice_of(s), false);
	return slice_str(arena, text_slice(&safe));
}

size_t text_columns(struct slice s)
{
	size_t total = 0, columns;

	for (; s.n; total += columns)
		s = slice_skip(s, shown_take(s, &columns));
	return total;
}

void text_add_cut(struct text *text, struct slice s, size_t columns)
{
	size_t used = 0, at = 0, one;

	if (text_columns(s) <= columns || columns < 4) {
		text_add_slice(text, s);
		return;
	}
	while (at < s.n) {
		size_t n = shown_take(slice_skip(s, at), &one);

		if (used + one > columns - 3)
			break;
		used += one;
		at += n;
	}
	text_add(text, s.p, at);
	text_adds(text, "...");
}

void text_add_filled(struct text *text, struct slice s, size_t indent, size_t width)
{
	size_t used = 0;

	for (s = slice_trim(s); s.n; s = slice_trim(s)) {
		size_t n = 0;

		while (n < s.n && s.p[n] != ' ' && s.p[n] != '\n' && s.p[n] != '\t')
			n++;

		struct slice word = { s.p, n };
		size_t columns = text_columns(word);

		if (used && used + 1 + columns > width) {
			text_addc(text, '\n');
			used = 0;
		}
		if (used)
			text_addc(text, ' ');
		else
			text_addf(text, "%*s", (int)indent, "");
		used += (used ? 1 : indent) + columns;
		text_add_slice(text, word);
		s = slice_skip(s, n);
	}
	text_addc(text, '\n');
}
