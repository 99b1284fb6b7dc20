/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A mail the way git format-patch writes it.
 *
 * What is read back must be what was written, by `git am` and by patch/mail.c. So a line of the
 * message that either would take for the end of the message, or for a new mail, is set in by one
 * space, and an in-body From: is written where the sender is not the author, or where the message
 * itself begins like an in-body header.
 */
#include "patch/mail.h"

#include <strings.h>

#include "patch/diffstat.h"
#include "patch/mail_date.h"
#include "patch/mbox.h"
#include "patch/mime.h"

static const char signature[] = "-- \nseries\n\n";

static bool is_ascii(struct slice s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] >= 0x80)
			return false;
	return true;
}

/* The message's first paragraph as one line; `body` gets what follows it. */
static void split_message(struct text *subject, const char *message, struct slice *body)
{
	struct slice rest = slice_of(message), line;

	while (slice_line(&rest, &line) && !(subject->len && slice_blank(line))) {
		line = slice_trim(line);
		if (subject->len && line.n)
			text_addc(subject, ' ');
		text_add_slice(subject, line);
	}
	while (rest.n && *rest.p == '\n')
		rest = slice_skip(rest, 1);
	*body = rest;
}

/* Would a reader take this line of a message for something else? */
static bool is_mistakable(struct slice line)
{
	return (slice_starts(line, "---") && (line.n == 3 || line.p[3] == ' ')) ||
	       slice_starts(line, "diff -") || slice_starts(line, "Index: ") ||
	       mbox_from_line(line);
}

static void add_body(struct text *out, struct slice body)
{
	struct slice line;

	while (slice_line(&body, &line)) {
		if (is_mistakable(line))
			text_addc(out, ' ');
		text_add_slice(out, line);
		text_addc(out, '\n');
	}
}

static bool begins_like_header(struct slice body)
{
	static const char *const names[] = { "from:", "subject:", "date:", ">from", "[patch]" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (body.n >= strlen(names[i]) && !strncasecmp(body.p, names[i], strlen(names[i])))
			return true;
	return false;
}

static void add_subject(struct text *out, const struct mail_style *style, const char *subject)
{
	size_t start = out->len;

	text_adds(out, "Subject: ");
	if (style->prefix && *style->prefix) {
		text_addf(out, "[%s", style->prefix);
		if (style->total > 1) {
			size_t width = (size_t)snprintf(NULL, 0, "%u", style->total);

			text_addf(out, " %0*u/%u", (int)width, style->number, style->total);
		}
		text_adds(out, "] ");
	}
	mime_add_words(out, subject, out->len - start);
	text_addc(out, '\n');
}

/* "To: a@b,\n C D <c@d>\n", as git format-patch has it. */
static void add_people(struct text *out, const char *header, const struct people *people)
{
	for (size_t i = 0; i < people->n; i++) {
		const struct person *person = &people->items[i];

		text_adds(out, i ? ",\n\t" : header);
		if (!person->name || !*person->name || !strcmp(person->name, person->email))
			text_adds(out, person->email);
		else
			mime_add_person(out, person, i ? 8 : strlen(header));
	}
	if (people->n)
		text_addc(out, '\n');
}

void mail_write(struct text *out, const struct mail_style *style, const struct person *author,
		int64_t date, int date_offset, const char *message, const struct diff *diff)
{
	struct text subject __free_text = TEXT_INIT, patch __free_text = TEXT_INIT;
	const struct person *sender = style->sender.email ? &style->sender : author;
	bool other = style->sender.email && (strcmp(sender->email, author->email) != 0 ||
					     strcmp(sender->name, author->name) != 0);
	struct slice body;

	split_message(&subject, message, &body);
	diff_write(&patch, diff);
	text_addf(out, "From %s Mon Sep 17 00:00:00 2001\n",
		  style->from_line ? style->from_line : "0000000000000000000000000000000000000000");
	text_adds(out, "From: ");
	mime_add_person(out, sender, strlen("From: "));
	text_addc(out, '\n');
	mail_date_write(out, date, date_offset);
	add_subject(out, style, text_str(&subject));
	add_people(out, "To: ", &style->to);
	add_people(out, "Cc: ", &style->cc);
	if (style->message_id)
		text_addf(out, "Message-ID: <%s>\n", style->message_id);
	if (style->in_reply_to)
		text_addf(out, "In-Reply-To: <%s>\nReferences: ", style->in_reply_to);
	if (style->in_reply_to && style->references)
		text_addf(out, "<%s>\n\t", style->references);
	if (style->in_reply_to)
		text_addf(out, "<%s>\n", style->in_reply_to);
	other = other || begins_like_header(body);
	if (!is_ascii(body) || !is_ascii(text_slice(&patch)) ||
	    (style->notes && !is_ascii(slice_of(style->notes))) ||
	    (other && !is_ascii(slice_of(author->name))))
		text_adds(out, "MIME-Version: 1.0\nContent-Type: text/plain; charset=UTF-8\n"
			       "Content-Transfer-Encoding: 8bit\n");
	text_addc(out, '\n');
	if (other) {
		text_adds(out, "From: ");
		mime_add_person(out, author, strlen("From: "));
		text_adds(out, "\n\n");
	}
	add_body(out, body);
	if (diff->n) {
		text_adds(out, "---\n");
		if (style->notes) {
			add_body(out, slice_of(style->notes));
			text_addc(out, '\n');
		}
		diffstat_write(out, diff, 72);
		text_addc(out, '\n');
		text_add_slice(out, text_slice(&patch));
	}
	if (style->base_commit)
		text_addf(out, "\nbase-commit: %s\n", style->base_commit);
	text_adds(out, signature);
}
