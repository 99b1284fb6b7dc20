/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which lines of a message are trailers: the rules of git interpret-trailers.
 *
 * The last paragraph is a block of trailers where each line of it is one (or continues one), or
 * where one is git's own (a sign-off, a cherry-pick line) and at least a quarter of the lines are
 * trailers; that is how "[ note ]" lines can stand among them. One pass over the paragraph.
 */
#include "patch/trailer.h"

#include <ctype.h>

size_t trailer_key(struct slice line)
{
	size_t n = 0, end;

	while (n < line.n && (isalnum((unsigned char)line.p[n]) || line.p[n] == '-'))
		n++;
	end = n;
	while (end < line.n && (line.p[end] == ' ' || line.p[end] == '\t'))
		end++;
	return n && end < line.n && line.p[end] == ':' ? n : 0;
}

static bool is_git_own(struct slice line)
{
	return slice_starts(line, "Signed-off-by: ") ||
	       slice_starts(line, "(cherry picked from commit ");
}

size_t trailer_block(struct slice body)
{
	struct slice rest = body, line;
	size_t begin = 0, trailers = 0, other = 0;
	bool own = false, blank = true, last = false;

	/* `last`: the line above was a trailer, which white space continues. */
	while (slice_line(&rest, &line)) {
		if (slice_blank(line)) {
			blank = true;
			continue;
		}
		if (blank) {
			begin = (size_t)(line.p - body.p);
			trailers = other = 0;
			own = last = false;
		}
		blank = false;
		if (is_git_own(line)) {
			own = last = true;
			trailers++;
		} else if (trailer_key(line)) {
			last = true;
			trailers++;
		} else if (!(isspace((unsigned char)*line.p) && last)) {
			last = false;
			other++;
		}
	}
	if (trailers && (!other || (own && trailers * 3 >= other)))
		return begin;
	return body.n;
}

void mail_trailers(struct arena *arena, struct slice message, struct trailer **trailers, size_t *n)
{
	struct {
		struct trailer *items;
		size_t n, cap;
	} found = { 0 };
	struct slice rest = slice_skip(message, trailer_block(message)), line;
	struct trailer *last = NULL;

	while (slice_line(&rest, &line)) {
		size_t key = trailer_key(line);

		if (key) {
			struct slice value = slice_skip(line, key);

			last = arena_push(arena, &found);
			last->key = arena_copy(arena, line.p, key);
			value = slice_skip(
				value,
				(size_t)((const char *)memchr(value.p, ':', value.n) - value.p) +
					1);
			last->value = slice_str(arena, slice_trim(value));
		} else if (last && line.n && isspace((unsigned char)*line.p)) {
			last->value =
				arena_printf(arena, "%s\n" SLICE_FMT, last->value, SLICE_ARG(line));
		} else {
			last = NULL;
		}
	}
	*trailers = found.items;
	*n = found.n;
}
