/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A message begins at a "From " line, which a sentence that begins with "From" is not: git's
 * mailsplit asks for a time and a year at its end, and so do we.
 *
 * Writers of mboxes escape such lines in a body with ">": mboxo only "From ", mboxrd ">From " too,
 * and git format-patch none at all. So one ">" is taken off, which undoes mboxrd and all that can
 * be undone of mboxo, except in a message that format-patch wrote, and in a lone .eml. One pass.
 */
#include "patch/mbox.h"

#include <ctype.h>

bool mbox_from_line(struct slice line)
{
	const char *colon, *end = line.p + line.n;
	const char *p = end - 1;

	if (!slice_starts(line, "From ") || line.n < 20)
		return false;
	/* The last colon, and "HH:MM:SS" around it. */
	while (p > line.p && *p != ':')
		p--;
	colon = p;
	if (colon < line.p + 4 || end - colon < 5 || !isdigit((unsigned char)colon[-2]) ||
	    !isdigit((unsigned char)colon[-1]) || !isdigit((unsigned char)colon[1]) ||
	    !isdigit((unsigned char)colon[2]))
		return false;
	/* A year, perhaps behind a zone. */
	for (p = colon + 3; p + 4 < end; p++)
		if (*p == ' ' && isdigit((unsigned char)p[1]) && isdigit((unsigned char)p[2]) &&
		    isdigit((unsigned char)p[3]) && isdigit((unsigned char)p[4]) && p[1] != '0')
			return true;
	return false;
}

bool mbox_git_line(struct slice line)
{
	size_t n = 5;

	if (!slice_starts(line, "From "))
		return false;
	while (n < line.n && isxdigit((unsigned char)line.p[n]))
		n++;
	return (n == 45 || n == 69) &&
	       slice_starts(slice_skip(line, n), " Mon Sep 17 00:00:00 2001");
}

static bool escaped(struct slice line)
{
	size_t n = 0;

	while (n < line.n && line.p[n] == '>')
		n++;
	return n && slice_starts(slice_skip(line, n), "From ");
}

static struct slice unescape(struct arena *arena, struct slice raw)
{
	struct slice rest = raw, line;
	struct text out __free_text = TEXT_INIT;
	bool any = false;

	while (!any && slice_line(&rest, &line))
		any = escaped(line);
	if (!any)
		return raw;
	for (rest = raw; slice_line(&rest, &line);) {
		text_add_slice(&out, slice_skip(line, escaped(line) ? 1 : 0));
		if (line.p + line.n < raw.p + raw.n)
			text_addc(&out, '\n');
	}
	return slice_copy(arena, text_slice(&out));
}

static void add_message(struct arena *arena, struct mbox *mbox, struct slice raw, size_t line)
{
	struct slice rest = raw, first;
	struct mbox_message *message = arena_push(arena, mbox);

	message->line = line;
	message->raw = raw;
	if (slice_line(&rest, &first) && mbox_from_line(first) && !mbox_git_line(first))
		message->raw = unescape(arena, raw);
}

void mbox_split(struct arena *arena, struct slice raw, struct mbox *mbox)
{
	struct slice rest = raw, line;
	size_t at = 0, start_line = 1, number = 1;
	bool many = false;

	*mbox = (struct mbox){ 0 };
	for (; slice_line(&rest, &line); number++) {
		size_t here = (size_t)(line.p - raw.p);

		if (!here)
			many = mbox_from_line(line);
		if (!here || !many || !mbox_from_line(line))
			continue;
		add_message(arena, mbox, (struct slice){ raw.p + at, here - at }, start_line);
		at = here;
		start_line = number;
	}
	if (at < raw.n)
		add_message(arena, mbox, slice_skip(raw, at), start_line);
}
