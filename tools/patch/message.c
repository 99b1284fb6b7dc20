/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The order of a backport's message: subject, upstream line, body, trailers, [ note ], sign-off.
 *
 * The trailers are upstream's and stay in upstream's order; nothing is invented (a Stable-dep-of:
 * is a person's to claim). Every addition looks first whether it is there, which makes a second
 * pass change nothing.
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

/* White space counts as one space, so that a note is found however it is wrapped. */
static char *squeeze(struct arena *arena, struct slice text)
{
	char *out = arena_alloc(arena, text.n + 1);
	size_t n = 0;

	for (size_t i = 0; i < text.n; i++) {
		bool space = isspace((unsigned char)text.p[i]);

		if (!space)
			out[n++] = text.p[i];
		else if (n && out[n - 1] != ' ')
			out[n++] = ' ';
	}
	return out;
}

/* "[ words ]", wrapped at 72 columns, the next lines set in by two. */
static void add_note(struct text *out, const char *note)
{
	struct slice rest = slice_of(note), word;
	size_t column = 1;

	text_addc(out, '[');
	while (slice_cut(&rest, ' ', &word)) {
		if (!word.n)
			continue;
		/* The last word takes the bracket along. */
		if (column > 2 && column + 1 + word.n + (rest.n ? 0 : 2) > 72) {
			text_adds(out, "\n ");
			column = 1;
		}
		text_addf(out, " " SLICE_FMT, SLICE_ARG(word));
		column += 1 + word.n;
	}
	text_adds(out, " ]\n");
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
		char *note = squeeze(arena, slice_of(ask->note));

		if (!strstr(squeeze(arena, body), arena_printf(arena, "[ %s ]", note)))
			add_note(&out, note);
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
