/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include "ci/letterhead.h"

#include <ctype.h>
#include <strings.h>

#include "base/shown.h"
#include "patch/mail_date.h"
#include "patch/mime.h"

#define ADDRESS_MAX 254
#define ID_MAX 250
#define NAME_COLUMNS 80
#define SUBJECT_COLUMNS 200

void letter_filled(struct text *out, size_t indent, const char *s)
{
	struct text safe __free_text = TEXT_INIT;

	text_add_shown(&safe, slice_of(s), false);
	text_add_filled(out, text_slice(&safe), indent, LETTER_COLUMNS);
}

static bool is_ascii(struct slice s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] >= 0x80)
			return false;
	return true;
}

/* As one line: white space of any kind is one blank, what a reader would obey is visible, cut to `columns`. */
static char *one_line(struct arena *arena, const char *value, size_t columns)
{
	struct text out __free_text = TEXT_INIT, cut __free_text = TEXT_INIT;
	struct slice rest = slice_trim(slice_of(value));

	while (rest.n) {
		size_t n = 0;

		while (n < rest.n && !isspace((unsigned char)rest.p[n]))
			n++;
		if (out.len)
			text_addc(&out, ' ');
		text_add_shown(&out, (struct slice){ rest.p, n }, false);
		rest = slice_trim(slice_skip(rest, n));
	}
	text_add_cut(&cut, text_slice(&out), columns);
	return slice_str(arena, text_slice(&cut));
}

static bool atext(const char *s, const char *more)
{
	for (; *s; s++)
		if (!isalnum((unsigned char)*s) && !strchr(more, *s))
			return false;
	return true;
}

bool address_clean(struct arena *arena, const struct person *person, bool local,
		   struct person *clean)
{
	const char *email = person->email, *at = email ? strrchr(email, '@') : NULL;
	static const char special[] = "!#$%&'*+-/=?^_`{|}~.";

	if (!email || !*email || *email == '-' || strlen(email) > ADDRESS_MAX)
		return false;
	if (at && (at == email || !at[1] || !atext(at + 1, ".-") ||
		   !atext(arena_copy(arena, email, (size_t)(at - email)), special)))
		return false;
	if (!at && (!local || !atext(email, "._-")))
		return false;
	clean->email = arena_strdup(arena, email);
	clean->name = person->name && strcmp(person->name, email) != 0 ?
			      one_line(arena, person->name, NAME_COLUMNS) :
			      arena_strdup(arena, "");
	return true;
}

static bool people_have(const struct people *people, const char *email)
{
	for (size_t i = 0; i < people->n; i++)
		if (!strcasecmp(people->items[i].email, email))
			return true;
	return false;
}

bool addresses_read(struct arena *arena, const char *value, struct people *people, char **bad)
{
	struct slice rest = slice_of(value), piece;
	struct text open __free_text = TEXT_INIT;

	*bad = NULL;
	while (slice_cut(&rest, ',', &piece)) {
		struct people one = { 0 };
		struct person local = { 0 };

		/* A comma inside a quoted name: the piece goes on. */
		if (open.len)
			text_addc(&open, ',');
		text_add_slice(&open, piece);
		mime_people(arena, text_str(&open), &one);
		if (!one.n)
			local.email = slice_str(arena, slice_trim(text_slice(&open)));
		if (slice_blank(text_slice(&open))) {
			text_clear(&open);
		} else if (address_clean(arena, one.n ? &one.items[0] : &local, true, &local)) {
			if (!people_have(people, local.email))
				*arena_push(arena, people) = local;
			text_clear(&open);
		}
	}
	if (open.len)
		*bad = one_line(arena, text_str(&open), NAME_COLUMNS);
	return !*bad;
}

char *message_id_read(struct arena *arena, const char *value)
{
	const char *open = value ? strchr(value, '<') : NULL, *close;
	const char *from = open ? open + 1 : value;

	if (!value)
		return NULL;
	close = open ? strchr(from, '>') : from + strlen(from);
	if (!close || close == from || close - from > ID_MAX)
		return NULL;
	for (const char *p = from; p < close; p++)
		if (*p <= ' ' || (unsigned char)*p >= 127 || *p == '<')
			return NULL;
	return arena_copy(arena, from, (size_t)(close - from));
}

static void add_people(struct arena *arena, struct text *out, const char *header,
		       const struct people *people)
{
	bool any = false;

	for (size_t i = 0; i < people->n; i++) {
		struct person person;

		if (!address_clean(arena, &people->items[i], true, &person))
			continue;
		text_adds(out, any ? ",\n\t" : header);
		if (*person.name)
			mime_add_person(out, &person, any ? 8 : strlen(header));
		else
			text_adds(out, person.email);
		any = true;
	}
	if (any)
		text_addc(out, '\n');
}

static void add_id(struct arena *arena, struct text *out, const char *header, const char *value)
{
	const char *id = message_id_read(arena, value);

	if (id)
		text_addf(out, "%s: <%s>\n", header, id);
}

void letterhead_write(struct arena *arena, const struct letterhead *head, struct slice body,
		      struct text *mail)
{
	struct text safe __free_text = TEXT_INIT;
	const struct people from = { (struct person *)&head->from, 1, 1 };
	const char *subject = one_line(arena, head->subject, SUBJECT_COLUMNS);
	const char *references = head->references ? head->references : head->in_reply_to;

	text_add_shown(&safe, body, true);
	mail_date_write(mail, head->date, 0);
	add_people(arena, mail, "From: ", &from);
	add_people(arena, mail, "To: ", &head->to);
	add_people(arena, mail, "Cc: ", &head->cc);
	text_adds(mail, "Subject: ");
	mime_add_words(mail, subject, strlen("Subject: "));
	text_addc(mail, '\n');
	add_id(arena, mail, "Message-ID", head->message_id);
	add_id(arena, mail, "In-Reply-To", head->in_reply_to);
	add_id(arena, mail, "References", references);
	if (head->automatic)
		text_adds(mail, "Auto-Submitted: auto-generated\n");
	text_addf(mail,
		  "MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n"
		  "Content-Transfer-Encoding: %s\n\n",
		  is_ascii(text_slice(&safe)) ? "7bit" : "8bit");
	text_add_slice(mail, text_slice(&safe));
	if (!body.n || body.p[body.n - 1] != '\n')
		text_addc(mail, '\n');
}
