/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Base64, quoted-printable, character sets, and the encoded words and addresses of headers.
 *
 * Decoding never fails: mail is what strangers sent, so what is not understood is kept. Encoding
 * writes Q-encoded UTF-8, at most 75 bytes a word, characters whole.
 */
#define _GNU_SOURCE /* memrchr() */
#include "patch/mime_code.h"

#include <ctype.h>
#include <errno.h>
#include <iconv.h>
#include <stdint.h>
#include <strings.h>

#include "patch/mime.h"

static int base64_value(unsigned char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

struct slice mime_base64(struct arena *arena, struct slice s)
{
	char *out = arena_alloc(arena, s.n / 4 * 3 + 4);
	size_t n = 0;
	uint32_t bits = 0;
	int have = 0;

	for (size_t i = 0; i < s.n; i++) {
		int v = base64_value((unsigned char)s.p[i]);

		if (v < 0)
			continue;
		bits = bits << 6 | (uint32_t)v;
		have += 6;
		if (have >= 8) {
			have -= 8;
			out[n++] = (char)(bits >> have);
		}
	}
	return (struct slice){ out, n };
}

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)tolower((unsigned char)c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The white space from `i` up to and with the newline behind it; 0 where something else follows. */
static size_t blank_to_newline(struct slice s, size_t i)
{
	size_t j = i;

	while (j < s.n && (s.p[j] == ' ' || s.p[j] == '\t' || s.p[j] == '\r'))
		j++;
	return j < s.n && s.p[j] == '\n' ? j + 1 - i : 0;
}

struct slice mime_quoted(struct arena *arena, struct slice s, bool word)
{
	char *out = arena_alloc(arena, s.n + 1);
	size_t n = 0;

	for (size_t i = 0; i < s.n; i++) {
		size_t blank;

		if (s.p[i] == '_' && word) {
			out[n++] = ' ';
		} else if (s.p[i] != '=') {
			out[n++] = s.p[i];
		} else if (i + 2 < s.n && hex_value(s.p[i + 1]) >= 0 &&
			   hex_value(s.p[i + 2]) >= 0) {
			out[n++] = (char)(hex_value(s.p[i + 1]) << 4 | hex_value(s.p[i + 2]));
			i += 2;
		} else if (!word && (blank = blank_to_newline(s, i + 1))) {
			i += blank;
		} else if (i + 1 == s.n && !word) {
			break; /* a soft break at the very end */
		} else {
			out[n++] = '=';
		}
	}
	return (struct slice){ out, n };
}

static bool is_ascii(struct slice s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] >= 0x80)
			return false;
	return true;
}

static size_t utf8_length(unsigned char c)
{
	return c < 0x80 ? 1 : c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : 2;
}

static bool is_utf8(struct slice s)
{
	for (size_t i = 0; i < s.n;) {
		unsigned char c = (unsigned char)s.p[i];
		size_t len = utf8_length(c);

		if ((c >= 0x80 && c < 0xc2) || c > 0xf4 || i + len > s.n)
			return false;
		for (size_t k = 1; k < len; k++)
			if (((unsigned char)s.p[i + k] & 0xc0) != 0x80)
				return false;
		i += len;
	}
	return true;
}

/* iconv() all of it, or NULL. */
static char *convert(struct arena *arena, struct slice s, const char *charset)
{
	iconv_t cd = iconv_open("UTF-8", charset);
	size_t left = s.n, room = s.n * 4 + 8;
	char *out = arena_alloc(arena, room + 1), *to = out;
	char *from = (char *)(uintptr_t)s.p;
	bool ok;

	if (cd == (iconv_t)-1)
		return NULL;
	ok = iconv(cd, &from, &left, &to, &room) != (size_t)-1 && !left;
	iconv_close(cd);
	return ok ? out : NULL;
}

char *mime_utf8(struct arena *arena, struct slice bytes, const char *charset)
{
	char *out = NULL;

	if (is_ascii(bytes) && (!charset || strncasecmp(charset, "utf-16", 6) != 0))
		return slice_str(arena, bytes);
	if (charset && *charset && strcasecmp(charset, "utf-8") != 0)
		out = convert(arena, bytes, charset);
	if (!out && is_utf8(bytes))
		out = slice_str(arena, bytes);
	if (!out)
		out = convert(arena, bytes, "ISO-8859-1");
	return out ? out : slice_str(arena, bytes);
}

/* One "=?charset?Q?text?=" at `p`: its length, and what it says; 0 where there is none. */
static size_t take_word(struct arena *arena, const char *p, char **says)
{
	const char *charset = p + 2, *q1, *q2, *end, *star;
	struct slice body;
	char kind;

	if (strncmp(p, "=?", 2) != 0 || !(q1 = strchr(charset, '?')) || !q1[1] || q1[2] != '?')
		return 0;
	kind = (char)tolower((unsigned char)q1[1]);
	q2 = q1 + 3;
	end = strstr(q2, "?=");
	if (!end || (kind != 'q' && kind != 'b'))
		return 0;
	body = (struct slice){ q2, (size_t)(end - q2) };
	body = kind == 'b' ? mime_base64(arena, body) : mime_quoted(arena, body, true);
	star = memchr(charset, '*', (size_t)(q1 - charset)); /* RFC 2231: a language behind it */
	*says = mime_utf8(arena, body,
			  arena_copy(arena, charset, (size_t)((star ? star : q1) - charset)));
	return (size_t)(end + 2 - p);
}

char *mime_words(struct arena *arena, const char *value)
{
	struct text out __free_text = TEXT_INIT;
	const char *p = value;
	char *says;

	while (*p) {
		size_t n = take_word(arena, p, &says);

		if (!n) {
			text_addc(&out, *p++);
			continue;
		}
		text_adds(&out, says);
		p += n;
		/* White space between two encoded words is not text. */
		n = strspn(p, " \t");
		if (n && take_word(arena, p + n, &says))
			p += n;
	}
	return mime_utf8(arena, text_slice(&out), NULL);
}

/* Q-encode `s`, folding into words of at most 75 bytes; `at` is the column to begin in. */
static void add_encoded(struct text *out, struct slice s, size_t at)
{
	static const char head[] = "=?UTF-8?q?";
	size_t col = at + sizeof(head) - 1;

	text_adds(out, head);
	for (size_t i = 0; i < s.n;) {
		unsigned char c = (unsigned char)s.p[i];
		size_t len = utf8_length(c);
		bool plain = isalnum(c) && c < 0x80;

		if (len > s.n - i)
			len = s.n - i;
		if (col + (plain || c == ' ' ? 1 : 3 * len) + 2 > 75) {
			text_addf(out, "?=\n %s", head);
			col = sizeof(head);
		}
		if (plain) {
			text_addc(out, (char)c);
			col++;
		} else {
			for (size_t k = 0; k < len; k++)
				text_addf(out, "=%02X", (unsigned char)s.p[i + k]);
			col += 3 * len;
		}
		i += len;
	}
	text_adds(out, "?=");
}

void mime_add_words(struct text *out, const char *value, size_t at)
{
	struct slice rest = slice_of(value), word;

	if (!is_ascii(rest) || strstr(value, "=?")) {
		add_encoded(out, rest, at);
		return;
	}
	for (bool first = true; slice_cut(&rest, ' ', &word); first = false) {
		if (!first && at + 1 + word.n > 78) {
			text_adds(out, "\n ");
			at = 1;
		} else if (!first) {
			text_addc(out, ' ');
			at++;
		}
		text_add_slice(out, word);
		at += word.n;
	}
}

static char *unquote(struct arena *arena, struct slice s)
{
	char *out = arena_alloc(arena, s.n + 1);
	size_t n = 0;

	s = slice_trim(s);
	if (s.n < 2 || s.p[0] != '"' || s.p[s.n - 1] != '"')
		return mime_words(arena, slice_str(arena, s));
	for (size_t i = 1; i + 1 < s.n; i++) {
		if (s.p[i] == '\\' && i + 2 < s.n)
			i++;
		out[n++] = s.p[i];
	}
	return mime_words(arena, out);
}

bool mime_person(struct arena *arena, const char *value, struct person *person)
{
	struct slice all = slice_trim(slice_of(value));
	const char *open = memrchr(all.p, '<', all.n);
	const char *close = open ? strchr(open, '>') : NULL;
	const char *paren;

	*person = (struct person){ 0 };
	if (open && close && close > open + 1) {
		person->name = unquote(arena, (struct slice){ all.p, (size_t)(open - all.p) });
		person->email = slice_str(
			arena, slice_trim((struct slice){ open + 1, (size_t)(close - open - 1) }));
	} else {
		paren = memchr(all.p, '(', all.n);
		person->email =
			slice_str(arena, slice_trim((struct slice){
						 all.p, paren ? (size_t)(paren - all.p) : all.n }));
		if (paren && all.p[all.n - 1] == ')')
			person->name = unquote(
				arena,
				(struct slice){ paren + 1, (size_t)(all.p + all.n - paren - 2) });
	}
	if (!strchr(person->email, '@') || strpbrk(person->email, " \t<>"))
		return false;
	if (!person->name || !*person->name)
		person->name = person->email;
	return true;
}

void mime_people(struct arena *arena, const char *value, struct people *people)
{
	bool quoted = false, angle = false;
	unsigned int depth = 0;
	const char *from = value;

	for (const char *p = value;; p++) {
		struct person person;

		if (*p == '\\' && p[1]) {
			p++;
			continue;
		}
		if (*p == '"' && !depth)
			quoted = !quoted;
		else if (!quoted && *p == '(')
			depth++;
		else if (!quoted && *p == ')' && depth)
			depth--;
		else if (!quoted && !depth && (*p == '<' || *p == '>'))
			angle = *p == '<';
		if (*p && (*p != ',' || quoted || depth || angle))
			continue;
		if (mime_person(arena, arena_copy(arena, from, (size_t)(p - from)), &person))
			*arena_push(arena, people) = person;
		if (!*p)
			return;
		from = p + 1;
	}
}

void mime_add_person(struct text *out, const struct person *person, size_t at)
{
	const char *name = person->name ? person->name : "";
	size_t before = out->len;

	if (!is_ascii(slice_of(name)) || strstr(name, "=?")) {
		add_encoded(out, slice_of(name), at);
	} else if (strpbrk(name, "()<>[]:;@\\,.\"")) {
		text_addc(out, '"');
		for (const char *p = name; *p; p++) {
			if (*p == '"' || *p == '\\')
				text_addc(out, '\\');
			text_addc(out, *p);
		}
		text_addc(out, '"');
	} else {
		text_adds(out, name);
	}
	text_adds(out, out->len > before ? " <" : "<");
	text_addf(out, "%s>", person->email ? person->email : "");
}
