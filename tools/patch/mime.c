/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is undone here, and by which rules: header folding (RFC 5322), multipart bodies (RFC 2046),
 * base64 and quoted-printable (RFC 2045), format=flowed with DelSp (RFC 3676). Patches must survive
 * byte for byte, so where the RFCs and git's mailinfo differ, git is followed: CRs go only where
 * every line has one, flowed text is unstuffed before the "-- " rule, a broken encoding is kept as
 * it is. One pass over the bytes per level of nesting.
 */
#include "patch/mime.h"

#include <ctype.h>
#include <strings.h>

#include "base/fail.h"
#include "patch/mime_code.h"

#define DEPTH_MAX 8

struct walk {
	struct arena *arena;
	struct mime *mime;
	const char *raw;
	struct text out;
	size_t lines; /* in out */
	bool any;
};

/* The parameter `name` of a header such as Content-Type; NULL. */
static char *parameter(struct arena *arena, const char *value, const char *name)
{
	size_t n = strlen(name);

	for (const char *p = value ? strchr(value, ';') : NULL; p; p = strchr(p, ';')) {
		while (*p == ';' || isspace((unsigned char)*p))
			p++;
		if (strncasecmp(p, name, n) != 0 || p[n] != '=')
			continue;
		p += n + 1;
		if (*p == '"') {
			const char *end = strchr(++p, '"');

			return arena_copy(arena, p, end ? (size_t)(end - p) : strlen(p));
		}
		return arena_copy(arena, p, strcspn(p, "; \t"));
	}
	return NULL;
}

static bool header_name(struct slice line, size_t *colon)
{
	size_t i = 0;

	while (i < line.n && line.p[i] > ' ' && line.p[i] < 127 && line.p[i] != ':')
		i++;
	*colon = i;
	return i && i < line.n && line.p[i] == ':';
}

static struct slice without_cr(struct slice line)
{
	if (line.n && line.p[line.n - 1] == '\r')
		line.n--;
	return line;
}

/* Take the headers off the front of `rest`, up to and with the blank line. */
static void take_headers(struct arena *arena, struct slice *rest, struct mime *mime)
{
	struct slice line, look = *rest;
	size_t colon;

	while (slice_line(&look, &line)) {
		line = without_cr(line);
		if (!line.n) {
			*rest = look;
			return;
		}
		if ((*line.p == ' ' || *line.p == '\t') && mime->n) {
			struct mime_header *last = &mime->items[mime->n - 1];
			struct slice more = slice_trim(line);

			if (strlen(last->value) < HEADER_MAX)
				last->value = arena_printf(arena, "%s%s" SLICE_FMT, last->value,
							   *last->value ? " " : "",
							   SLICE_ARG(more));
		} else if (header_name(line, &colon)) {
			struct mime_header *h = arena_push(arena, mime);

			h->name = (struct slice){ line.p, colon };
			h->value = slice_str(arena, slice_trim(slice_skip(line, colon + 1)));
		} else {
			return;
		}
		*rest = look;
	}
}

const char *mime_get(const struct mime *mime, const char *name)
{
	size_t n = strlen(name);

	for (size_t i = 0; i < mime->n; i++)
		if (mime->items[i].name.n == n && !strncasecmp(mime->items[i].name.p, name, n))
			return mime->items[i].value;
	return NULL;
}

static size_t count_lines(struct slice s)
{
	size_t n = 0;

	for (const char *p = s.p, *end = s.p + s.n; (p = memchr(p, '\n', (size_t)(end - p))); p++)
		n++;
	return n;
}

/* Without the CR of each line, where each line has one. */
static struct slice unify_newlines(struct arena *arena, struct slice s)
{
	struct slice rest = s, line;
	size_t lines = 0, crs = 0;
	struct text out __free_text = TEXT_INIT;

	while (slice_line(&rest, &line)) {
		lines++;
		crs += line.n && line.p[line.n - 1] == '\r';
	}
	if (!crs || (crs != lines && !(crs + 1 == lines && s.p[s.n - 1] != '\n')))
		return s;
	for (rest = s; slice_line(&rest, &line);) {
		text_add_slice(&out, without_cr(line));
		if (line.p + line.n < s.p + s.n)
			text_addc(&out, '\n');
	}
	return slice_copy(arena, text_slice(&out));
}

/* format=flowed as git's mailinfo undoes it. */
static struct slice unflow(struct arena *arena, struct slice s, bool delsp)
{
	struct text out __free_text = TEXT_INIT;
	struct slice line;
	bool open = false;

	while (slice_line(&s, &line)) {
		if (slice_is(line, "-- ")) {
			if (open)
				text_addc(&out, '\n');
			text_adds(&out, "-- \n");
			open = false;
			continue;
		}
		if (line.n && *line.p == ' ')
			line = slice_skip(line, 1);
		open = line.n && line.p[line.n - 1] == ' ';
		if (open && delsp)
			line.n--;
		text_add_slice(&out, line);
		if (!open)
			text_addc(&out, '\n');
	}
	if (open)
		text_addc(&out, '\n');
	return slice_copy(arena, text_slice(&out));
}

static void add_text(struct walk *walk, struct slice body, const struct mime *part)
{
	struct arena *arena = walk->arena;
	const char *type = mime_get(part, "content-type");
	const char *encoding = mime_get(part, "content-transfer-encoding");
	const char *format = parameter(arena, type, "format");
	const char *delsp = parameter(arena, type, "delsp");
	size_t line = 1 + count_lines((struct slice){ walk->raw, (size_t)(body.p - walk->raw) });
	struct slice text = body;

	if (encoding && !strcasecmp(encoding, "base64"))
		text = mime_base64(arena, body);
	else if (encoding && !strcasecmp(encoding, "quoted-printable"))
		text = mime_quoted(arena, body, false);
	text = unify_newlines(arena, text);
	if (format && !strcasecmp(format, "flowed"))
		text = unflow(arena, text, delsp && !strcasecmp(delsp, "yes"));
	if (!walk->any) {
		walk->mime->line = line;
		walk->mime->charset = parameter(arena, type, "charset");
		walk->any = true;
	}
	while (walk->lines + walk->mime->line < line) {
		text_addc(&walk->out, '\n');
		walk->lines++;
	}
	text_add_slice(&walk->out, text);
	if (text.n && text.p[text.n - 1] != '\n')
		text_addc(&walk->out, '\n');
	walk->lines += count_lines(text);
}

/* Is this part one that people read as text, or a patch by its name? */
static bool is_text(struct arena *arena, const struct mime *part)
{
	const char *type = mime_get(part, "content-type");
	const char *name = parameter(arena, mime_get(part, "content-disposition"), "filename");
	size_t n = name ? strlen(name) : 0;

	if (!type)
		return true;
	if (!strncasecmp(type, "text/html", 9) || !strncasecmp(type, "text/calendar", 13))
		return false;
	if (!strncasecmp(type, "text/", 5))
		return true;
	return n > 6 && (!strcasecmp(name + n - 6, ".patch") || !strcasecmp(name + n - 5, ".diff"));
}

static void walk_body(struct walk *walk, struct slice body, const struct mime *part, int depth);

static void walk_parts(struct walk *walk, struct slice body, const char *boundary, int depth)
{
	size_t n = strlen(boundary);
	struct slice rest = body, line, from = { NULL, 0 };
	bool more = true;

	while (more && (slice_line(&rest, &line))) {
		struct mime part = { 0 };
		struct slice inner;

		if (line.n < n + 2 || memcmp(line.p, "--", 2) != 0 ||
		    memcmp(line.p + 2, boundary, n) != 0)
			continue;
		more = line.n < n + 4 || memcmp(line.p + n + 2, "--", 2) != 0;
		inner = from;
		from = rest;
		if (!inner.p)
			continue;
		inner.n = (size_t)(line.p - inner.p);
		take_headers(walk->arena, &inner, &part);
		/* The newline before a boundary belongs to the boundary. */
		if (inner.n > 1 && inner.p[inner.n - 2] == '\n')
			inner.n--;
		walk_body(walk, inner, &part, depth + 1);
	}
	if (more && from.p && from.n) {
		/* Cut off before its last boundary. */
		struct mime part = { 0 };

		take_headers(walk->arena, &from, &part);
		walk_body(walk, from, &part, depth + 1);
	}
}

static void walk_body(struct walk *walk, struct slice body, const struct mime *part, int depth)
{
	const char *type = mime_get(part, "content-type");
	const char *boundary = NULL;

	if (type && !strncasecmp(type, "multipart/", 10))
		boundary = parameter(walk->arena, type, "boundary");
	if (boundary && *boundary && depth < DEPTH_MAX)
		walk_parts(walk, body, boundary, depth);
	else if (!boundary && is_text(walk->arena, part))
		add_text(walk, body, part);
}

int mime_parse(struct arena *arena, struct slice raw, struct mime *mime)
{
	struct slice rest = raw, line, look = raw;
	struct walk walk = { .arena = arena, .mime = mime, .raw = raw.p };

	*mime = (struct mime){ .line = 1 };
	if (slice_line(&look, &line) &&
	    (slice_starts(line, "From ") || slice_starts(line, ">From ")))
		rest = look;
	take_headers(arena, &rest, mime);
	if (!mime_get(mime, "from") && !mime_get(mime, "subject"))
		return fail_as(FAIL_USAGE, "this is no mail: no From: and no Subject:");
	mime->line = 1 + count_lines((struct slice){ raw.p, (size_t)(rest.p - raw.p) });
	walk_body(&walk, rest, mime, 0);
	mime->text = slice_copy(arena, text_slice(&walk.out));
	text_release(&walk.out);
	return 0;
}
