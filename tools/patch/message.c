/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The order of a backport's message: subject, upstream line, body, trailers, [ note ], sign-off.
 *
 * The trailers are upstream's and stay in upstream's order; nothing is invented (a Stable-dep-of: is a person's
 * to claim). Every addition looks first whether it is there, which makes a second pass change nothing.
 */
#include "patch/message.h"

#include <ctype.h>
#include <strings.h>

#include "patch/trailer.h"

static size_t hex_length(struct slice s)
{
	size_t n = 0;

	while (n < s.n && isxdigit((unsigned char)s.p[n]))
		n++;
	return n;
}

/* Does the line say "<before><id><after>"? `id` gets what it names. */
static bool line_names(struct slice line, const char *before, const char *after, struct slice *id)
{
	size_t n;

	if (line.n < strlen(before) || strncasecmp(line.p, before, strlen(before)) != 0)
		return false;
	line = slice_skip(line, strlen(before));
	n = hex_length(line);
	*id = (struct slice){ line.p, n };
	line = slice_skip(line, n);
	return n >= 12 && line.n >= strlen(after) && !strncasecmp(line.p, after, strlen(after));
}

/* The next upstream commit that `rest` names, in any of the forms. */
static bool next_upstream(struct slice *rest, struct slice *id)
{
	struct slice line;

	while (slice_line(rest, &line)) {
		line = slice_trim(line);
		if (line_names(line, "[ Upstream commit ", " ]", id) ||
		    line_names(line, "[Upstream commit ", "]", id) ||
		    line_names(line, "commit ", " upstream", id) ||
		    line_names(line, "(cherry picked from commit ", ")", id))
			return true;
	}
	return false;
}

bool message_names_upstream(struct slice text, const char *id)
{
	struct slice named;

	while (next_upstream(&text, &named))
		if (named.n <= strlen(id) && !strncasecmp(named.p, id, named.n))
			return true;
	return false;
}

char *message_upstream(struct arena *arena, struct slice text)
{
	struct slice named;

	return next_upstream(&text, &named) ? slice_str(arena, named) : NULL;
}

static bool has_text(struct slice text, const char *wanted)
{
	return slice_find(text, slice_of(wanted)) >= 0;
}

static bool has_key(struct slice block, const char *key)
{
	struct slice line;

	while (slice_line(&block, &line))
		if (trailer_key(line) == strlen(key) && !strncasecmp(line.p, key, strlen(key)))
			return true;
	return false;
}

/* The last line that says something. */
static struct slice last_line(struct slice text)
{
	struct slice line, last = { NULL, 0 };

	while (slice_line(&text, &line))
		if (!slice_blank(line))
			last = slice_trim(line);
	return last;
}

char *message_stable(struct arena *arena, const struct message_ask *ask)
{
	const struct series_patch *patch = ask->patch;
	const struct mail *mail = &patch->mail;
	struct slice body = slice_of(mail->body ? mail->body : "");
	size_t at = trailer_block(body);
	struct slice prose = { body.p, at }, block = slice_skip(body, at);
	struct text out __free_text = TEXT_INIT;
	char *sign_off = NULL;

	text_addf(&out, "%s\n\n", mail->subject);
	if (patch->upstream && !message_names_upstream(body, patch->upstream))
		text_addf(&out, "[ Upstream commit %s ]\n\n", patch->upstream);
	text_add_slice(&out, prose);
	if (prose.n && prose.p[prose.n - 1] != '\n')
		text_addc(&out, '\n');
	if (prose.n && !block.n)
		text_addc(&out, '\n');
	if (!patch->upstream && patch->mainline && !has_key(block, "Patch-mainline"))
		text_addf(&out, "Patch-mainline: %s\n", patch->mainline);
	text_add_slice(&out, block);
	if (block.n && block.p[block.n - 1] != '\n')
		text_addc(&out, '\n');
	if (ask->note && *ask->note) {
		char *note = arena_printf(arena, "[ %s ]", ask->note);

		if (!has_text(body, note))
			text_addf(&out, "%s\n", note);
	}
	if (ask->backporter && ask->backporter->email)
		sign_off = arena_printf(arena, "Signed-off-by: %s <%s>",
					ask->backporter->name ? ask->backporter->name : "",
					ask->backporter->email);
	if (sign_off && !slice_is(last_line(text_slice(&out)), sign_off))
		text_addf(&out, "%s\n", sign_off);
	while (out.len > 1 && out.p[out.len - 1] == '\n' && out.p[out.len - 2] == '\n')
		out.p[--out.len] = '\0';
	return slice_str(arena, text_slice(&out));
}
