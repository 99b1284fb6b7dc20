/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Kernel style makes scopes cheap to see: a definition begins in the first column with a letter and ends with "}" in the first
 * column. Labels, preprocessor lines and comments are passed over. Device trees indent their nodes, so there the
 * enclosing "name {" is found by indentation instead. No parsing: what it answers is only used to refuse or to confirm.
 */
#include "patch/scope.h"

#include <ctype.h>

#define SCOPE_LINES_MAX 20000 /* looked back over */

static bool name_char(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

static bool is_label(struct slice line)
{
	size_t i = 0;

	while (i < line.n && name_char(line.p[i]))
		i++;
	return i && i < line.n && line.p[i] == ':' && !memchr(line.p, '{', line.n);
}

static bool is_head(struct slice line)
{
	return line.n && (isalpha((unsigned char)line.p[0]) || line.p[0] == '_') && !is_label(line);
}

static bool is_end(struct slice line)
{
	return line.n && line.p[0] == '}';
}

static size_t indent(struct slice line)
{
	size_t n = 0;

	while (n < line.n && (line.p[n] == '\t' || line.p[n] == ' '))
		n++;
	return n < line.n ? n : (size_t)-1;
}

struct slice scope_name(struct slice heading)
{
	const char *end = heading.n ? memchr(heading.p, '(', heading.n) : NULL;
	size_t to, from;

	heading = slice_trim(heading);
	if (!end)
		end = heading.n ? memchr(heading.p, '[', heading.n) : NULL;
	if (!end)
		end = heading.n ? memchr(heading.p, '=', heading.n) : NULL;
	if (!end)
		end = heading.n ? memchr(heading.p, '{', heading.n) : NULL;
	if (!end)
		return heading;
	to = (size_t)(end - heading.p);
	while (to && !name_char(heading.p[to - 1]))
		to--;
	from = to;
	while (from && name_char(heading.p[from - 1]))
		from--;
	return from < to ? (struct slice){ heading.p + from, to - from } : heading;
}

static size_t scope_end(const struct source *source, size_t from)
{
	const struct lines *lines = &source->lines;

	for (size_t i = from; i < lines->n; i++)
		if (is_end(lines->items[i]))
			return i;
	return lines->n ? lines->n - 1 : 0;
}

/* "label: node@1 {" with less indentation, nearest above: how device trees and structures inside structures look. */
static long node_head(const struct source *source, size_t line)
{
	const struct lines *lines = &source->lines;
	size_t own = line < lines->n ? indent(lines->items[line]) : (size_t)-1;
	size_t floor = line > SCOPE_LINES_MAX ? line - SCOPE_LINES_MAX : 0;

	for (size_t i = line; i-- > floor;) {
		size_t in = indent(lines->items[i]);
		struct slice s = slice_trim(lines->items[i]);

		if (in >= own)
			continue;
		if (slice_ends(s, "{"))
			return (long)i;
		own = in;
		if (!in)
			break;
	}
	return SCOPE_NONE;
}

/* Does what begins at line `head` go on to `line`? Not when it is a declaration that ended before. */
static bool holds(const struct source *source, size_t head, size_t line)
{
	for (size_t i = head; i < line && i < source->lines.n; i++) {
		struct slice s = source->lines.items[i];

		if (s.n && memchr(s.p, '{', s.n))
			return true;
		if (slice_ends(slice_trim(s), ";"))
			return false;
		if (s.n && s.p[0] == '#' && i > head) /* a macro's name or a list of them */
			return false;
	}
	return line - head < 12;
}

struct scope scope_at(const struct source *source, size_t line)
{
	const struct lines *lines = &source->lines;
	struct scope scope = { .head = SCOPE_NONE };
	size_t floor = line > SCOPE_LINES_MAX ? line - SCOPE_LINES_MAX : 0;

	for (size_t i = line; i-- > floor;) {
		struct slice s = lines->items[i];

		if (is_end(s))
			return scope;
		if (!is_head(s))
			continue;
		if (holds(source, i, line)) {
			scope.head = (long)i;
			scope.first = i;
			scope.last = scope_end(source, i);
			scope.name = scope_name(s);
			return scope;
		}
		return scope;
	}
	scope.head = node_head(source, line);
	if (scope.head != SCOPE_NONE) {
		scope.first = (size_t)scope.head;
		scope.last = scope_end(source, scope.first);
		scope.name = slice_trim(lines->items[scope.head]);
	}
	return scope;
}

bool scope_find(const struct source *source, struct slice name, struct scope *scope)
{
	const struct lines *lines = &source->lines;
	size_t found = 0;

	for (size_t i = 0; i < lines->n; i++) {
		struct slice s = lines->items[i];
		size_t body;

		if (!is_head(s) || slice_find(s, name) < 0 || !slice_eq(scope_name(s), name))
			continue;
		for (body = i; body < lines->n && body < i + 12; body++)
			if (memchr(lines->items[body].p, '{', lines->items[body].n) ||
			    memchr(lines->items[body].p, ';', lines->items[body].n))
				break;
		if (body == lines->n || body == i + 12 ||
		    !memchr(lines->items[body].p, '{', lines->items[body].n))
			continue;
		found++;
		*scope = (struct scope){ (long)i, i, scope_end(source, i), name };
	}
	return found == 1;
}
