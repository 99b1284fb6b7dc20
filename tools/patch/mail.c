/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where the message of a patch mail ends and its patch begins.
 *
 * git's rules, so that what we take in is what `git am` would commit: white space is cleaned up the
 * same way, in-body From:, Subject: and Date: count, the message ends at "---" or at the first
 * diff, brackets are dropped from the subject. Two things are done better than by git am, because
 * people do them: what stands above a scissors line is dropped, and a "---" that has no
 * Signed-off-by above it, but a later one has, is part of the message. A broken diff is an error in
 * a patch, but just text in a reply that quotes one. One pass over the lines, and one over the
 * diff.
 */
#include "patch/mail.h"

#include <ctype.h>
#include <stdio.h>
#include <strings.h>

#include "base/fail.h"
#include "patch/mail_date.h"
#include "patch/mbox.h"
#include "patch/mime.h"

/* The text of a mail, and where its pieces are, as line numbers from 0. */
struct letter {
	struct lines lines;
	size_t begin; /* of the message */
	size_t end;   /* of the message: "---", the diff, or all */
	size_t diff;  /* lines.n without one */
};

/* "<id>" without its brackets; the first where there are more. */
static char *parse_id(struct arena *arena, const char *value)
{
	const char *open = value ? strchr(value, '<') : NULL;
	const char *close = open ? strchr(open, '>') : NULL;

	return close && close > open + 1 ? arena_copy(arena, open + 1, (size_t)(close - open - 1)) :
					   NULL;
}

/* "v2 3/4", "PATCHv2" */
static void parse_numbers(struct mail *mail)
{
	struct slice rest = slice_of(mail->prefix), word;

	while (slice_cut(&rest, ' ', &word)) {
		unsigned long a, b;
		struct slice right = word, left;

		if (slice_cut(&right, '/', &left) && right.n && slice_number(left, 9999, &a) &&
		    slice_number(right, 9999, &b)) {
			mail->number = (unsigned int)a;
			mail->total = (unsigned int)b;
		}
		for (size_t i = 0; i < word.n; i++)
			if ((word.p[i] == 'v' || word.p[i] == 'V') &&
			    (!i || !strncasecmp(word.p, "PATCHv", 6)) &&
			    slice_number(slice_skip(word, i + 1), 9999, &a) && a)
				mail->version = (unsigned int)a;
	}
}

/* Subject and prefix; white space squeezed, "Re:" and [brackets] off the front. */
static void parse_subject(struct arena *arena, const char *value, struct mail *mail)
{
	struct text prefix __free_text = TEXT_INIT, out __free_text = TEXT_INIT;
	const char *p = value, *end;

	mail->reply = false;
	for (;;) {
		p += strspn(p, " \t:");
		if (!strncasecmp(p, "re:", 3)) {
			mail->reply = true;
			p += 3;
		} else if (*p == '[' && (end = strchr(p, ']'))) {
			if (prefix.len)
				text_addc(&prefix, ' ');
			text_add(&prefix, p + 1, (size_t)(end - p - 1));
			p = end + 1;
		} else {
			break;
		}
	}
	for (; *p; p++) {
		if (!isspace((unsigned char)*p))
			text_addc(&out, *p);
		else if (p[1] && !isspace((unsigned char)p[1]))
			text_addc(&out, ' ');
	}
	mail->subject = slice_str(arena, text_slice(&out));
	mail->prefix = slice_str(arena, slice_trim(text_slice(&prefix)));
	mail->number = mail->total = 0;
	mail->version = 1;
	parse_numbers(mail);
}

static const char *in_body_value(struct slice line, const char *name)
{
	size_t n = strlen(name);

	return line.n > n && !strncasecmp(line.p, name, n) ? line.p + n : NULL;
}

/* From:, Subject:, Date: at the very top of the body, with their continuation lines. */
static void take_in_body(struct arena *arena, struct letter *letter, const char *charset,
			 struct mail *mail)
{
	static const char *const names[] = { "From: ", "Subject: ", "Date: " };
	struct lines *lines = &letter->lines;
	size_t i = letter->begin;
	bool any = false;

	while (i < lines->n && slice_blank(lines->items[i]))
		i++;
	while (i < lines->n) {
		struct slice line = lines->items[i];
		struct person person;
		const char *value = NULL;
		char *whole;
		size_t which = 0;

		while (which < ARRAY_SIZE(names) && !(value = in_body_value(line, names[which])))
			which++;
		if (!value)
			break;
		whole = mime_utf8(arena, slice_skip(line, strlen(names[which])), charset);
		while (++i < lines->n && lines->items[i].n > 1 && lines->items[i].p[0] == ' ' &&
		       !slice_blank(lines->items[i]) && strlen(whole) < HEADER_MAX)
			whole = arena_printf(arena, "%s" SLICE_FMT, whole,
					     SLICE_ARG(lines->items[i]));
		if (which == 0 && mime_person(arena, whole, &person))
			mail->author = person;
		else if (which == 0)
			return; /* a sentence: "From: the top" */
		else if (which == 1)
			parse_subject(arena, mime_words(arena, whole), mail);
		else
			mail_date_parse(whole, &mail->date, &mail->date_offset);
		any = true;
	}
	if (any)
		letter->begin = i;
}

/*
 * "-- >8 --", perhaps with words: by git's measure, the cut is more than a third of what is seen,
 * and gaps are less than half of the cut.
 */
static bool is_scissors(struct slice line)
{
	size_t cut = 0, gap = 0, marks = 0;
	struct slice seen = slice_trim(line);
	bool in_cut = false;

	for (size_t i = 0; i < seen.n; i++) {
		const char *p = seen.p + i;

		if (isspace((unsigned char)*p)) {
			cut += in_cut;
			gap += in_cut;
		} else if (*p == '-') {
			in_cut = true;
			cut++;
		} else if (i + 1 < seen.n && (!memcmp(p, ">8", 2) || !memcmp(p, "8<", 2) ||
					      !memcmp(p, ">%", 2) || !memcmp(p, "%<", 2))) {
			in_cut = true;
			cut += 2;
			marks++;
			i++;
		} else {
			in_cut = false;
		}
	}
	return marks && seen.n >= 8 && seen.n < cut * 3 && gap * 2 < cut;
}

static bool is_separator(struct slice line)
{
	return slice_starts(line, "---") && slice_blank(slice_skip(line, 3));
}

static bool is_diff(const struct lines *lines, size_t i)
{
	if (slice_starts(lines->items[i], "diff --git "))
		return true;
	return i + 2 < lines->n && slice_starts(lines->items[i], "--- ") &&
	       slice_starts(lines->items[i + 1], "+++ ") &&
	       slice_starts(lines->items[i + 2], "@@ -");
}

static bool is_sign_off(struct slice line)
{
	return in_body_value(line, "Signed-off-by:") != NULL;
}

static bool any_sign_off(const struct lines *lines, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++)
		if (is_sign_off(lines->items[i]))
			return true;
	return false;
}

/* Find where the message ends; the diff is known. */
static void find_end(struct letter *letter)
{
	struct lines *lines = &letter->lines;
	size_t first = letter->diff;

	letter->end = letter->diff;
	for (size_t i = letter->begin; i < letter->diff; i++) {
		if (!is_separator(lines->items[i]))
			continue;
		if (first == letter->diff)
			first = letter->end = i;
		if (any_sign_off(lines, letter->begin, i)) {
			letter->end = i;
			return;
		}
	}
	letter->end = first;
}

static void find_pieces(struct arena *arena, struct letter *letter, bool made_by_git,
			const char *charset, struct mail *mail)
{
	struct lines *lines = &letter->lines;

	for (letter->diff = 0; letter->diff < lines->n; letter->diff++)
		if (is_diff(lines, letter->diff))
			break;
	take_in_body(arena, letter, charset, mail);
	for (size_t i = letter->begin; !made_by_git && letter->diff < lines->n && i < letter->diff;
	     i++) {
		if (is_separator(lines->items[i]))
			break;
		if (is_scissors(lines->items[i])) {
			letter->begin = i + 1;
			take_in_body(arena, letter, charset, mail);
			break;
		}
	}
	find_end(letter);
}

/* Lines from..to as git's stripspace leaves them. */
static char *clean_text(struct arena *arena, const struct lines *lines, size_t from, size_t to,
			const char *charset)
{
	struct text out __free_text = TEXT_INIT;
	bool blank = false;

	for (size_t i = from; i < to; i++) {
		struct slice line = lines->items[i];

		while (line.n && isspace((unsigned char)line.p[line.n - 1]))
			line.n--;
		if (!line.n) {
			blank = out.len > 0;
			continue;
		}
		if (blank)
			text_addc(&out, '\n');
		blank = false;
		text_add_slice(&out, line);
		text_addc(&out, '\n');
	}
	return mime_utf8(arena, text_slice(&out), charset);
}

/* A line of a diffstat: " file | 12 ++--", " 1 file changed, ...", " create mode 100644 x". */
static bool is_diffstat(struct slice line)
{
	static const char *const summaries[] = { " create mode ", " delete mode ", " rename ",
						 " mode change ", " copy ",	   " rewrite " };
	struct slice s = slice_trim(line);
	size_t digits = 0;

	if (!slice_starts(line, " "))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(summaries); i++)
		if (slice_starts(line, summaries[i]))
			return true;
	while (digits < s.n && isdigit((unsigned char)s.p[digits]))
		digits++;
	if (digits && (slice_starts(slice_skip(s, digits), " file changed") ||
		       slice_starts(slice_skip(s, digits), " files changed")))
		return true;
	for (size_t i = s.n; i > 3; i--)
		if (!memcmp(s.p + i - 3, " | ", 3))
			return isdigit((unsigned char)*slice_trim(slice_skip(s, i)).p) ||
			       slice_starts(slice_trim(slice_skip(s, i)), "Bin");
	return false;
}

static char *notes_of(struct arena *arena, const struct letter *letter, const char *charset)
{
	struct lines kept = { 0 };

	for (size_t i = letter->end + 1; i < letter->diff; i++)
		if (!is_diffstat(letter->lines.items[i]))
			*arena_push(arena, &kept) = letter->lines.items[i];
	return clean_text(arena, &kept, 0, kept.n, charset);
}

/* "line 7: ..." of the parsed buffer is what diff_parse() says; it is made the mail's. */
static int fail_shifted(size_t by)
{
	char *message __free(ptr) = strdup(fail_message());
	size_t line;
	int n = 0;

	if (!message || sscanf(message, "line %zu%n", &line, &n) != 1 || !n)
		return -1;
	return fail_as(fail_kind(), "line %zu%s", line + by, message + n);
}

static int parse_patch(struct arena *arena, const struct letter *letter, size_t first_line,
		       struct slice text, struct mail *mail)
{
	size_t before = first_line - 1 + letter->diff;

	mail->patch = slice_skip(text, (size_t)(letter->lines.items[letter->diff].p - text.p));
	if (diff_parse(arena, mail->patch, &mail->diff))
		return fail_shifted(before);
	for (size_t i = 0; i < mail->diff.n; i++)
		for (size_t k = 0; k < mail->diff.items[i].n; k++)
			mail->diff.items[i].items[k].at += before;
	return 0;
}

static void find_base(struct arena *arena, const struct letter *letter, struct mail *mail)
{
	static const char key[] = "base-commit: ";

	for (size_t i = letter->begin; i < letter->lines.n; i++) {
		struct slice line = letter->lines.items[i];
		size_t n = 0;

		if (!slice_starts(line, key))
			continue;
		line = slice_skip(line, sizeof(key) - 1);
		while (n < line.n && isxdigit((unsigned char)line.p[n]))
			n++;
		if (n >= 12)
			mail->base_commit = arena_copy(arena, line.p, n);
	}
}

static void read_headers(struct arena *arena, const struct mime *mime, struct mail *mail)
{
	const char *value = mime_get(mime, "from");

	if (value &&
	    !mime_person(arena, mime_utf8(arena, slice_of(value), mime->charset), &mail->author))
		mail->author = (struct person){ 0 };
	mail_date_parse(mime_get(mime, "date"), &mail->date, &mail->date_offset);
	value = mime_get(mime, "subject");
	value = mime_utf8(arena, slice_of(value ? value : ""), mime->charset);
	parse_subject(arena, mime_words(arena, value), mail);
	mail->message_id = parse_id(arena, mime_get(mime, "message-id"));
	mail->in_reply_to = parse_id(arena, mime_get(mime, "in-reply-to"));
	value = mime_get(mime, "reply-to");
	mail->reply_to = value ? mime_words(arena, value) : NULL;
}

static int read_patch(struct arena *arena, const struct mime *mime, struct letter *letter,
		      size_t first_line, struct mail *mail)
{
	if (letter->diff < letter->lines.n) {
		if (parse_patch(arena, letter, first_line, mime->text, mail)) {
			if (!mail->reply)
				return -1;
			fail_clear();
			mail->diff.n = 0;
		}
		if (!mail->diff.n)
			mail->patch = (struct slice){ NULL, 0 };
	}
	if (!mail->diff.n)
		letter->end = letter->diff = letter->lines.n;
	else
		mail->notes = notes_of(arena, letter, mime->charset);
	return 0;
}

/*
 * A FAILED notice of stable's holds the upstream commit as git format-patch writes it: where that
 * begins; lines.n in any other mail.
 */
static size_t find_original(const struct letter *letter, const struct mail *mail)
{
	size_t i = 0;

	if (strncasecmp(mail->subject, "FAILED: patch ", 14) != 0)
		return letter->lines.n;
	while (i < letter->lines.n && !mbox_git_line(letter->lines.items[i]))
		i++;
	return i;
}

static int parse_at(struct arena *arena, struct slice raw, size_t first_line, bool notice,
		    struct mail *mail)
{
	struct mime mime;
	struct letter letter = { 0 };
	struct slice rest = raw, line;
	size_t at;

	*mail = (struct mail){ .version = 1, .notes = arena_strdup(arena, "") };
	if (mime_parse(arena, raw, &mime))
		return -1;
	first_line += mime.line - 1;
	read_headers(arena, &mime, mail);
	letter.lines = lines_of(arena, mime.text);
	at = notice ? find_original(&letter, mail) : letter.lines.n;
	if (at < letter.lines.n) {
		struct slice original = letter.lines.items[at];

		original.n = (size_t)(mime.text.p + mime.text.n - original.p);
		if (parse_at(arena, original, first_line + at, false, mail))
			return -1;
		mail->upstream = arena_copy(arena, original.p + strlen("From "),
					    strcspn(original.p + strlen("From "), " "));
		return 0;
	}
	find_pieces(arena, &letter, slice_line(&rest, &line) && mbox_git_line(line), mime.charset,
		    mail);
	if (read_patch(arena, &mime, &letter, first_line, mail))
		return -1;
	if (mail->diff.n && (!mail->author.email || !strchr(mail->author.email, '@')))
		return fail_as(FAIL_USAGE, "line %zu: a patch needs an author: no address in From:",
			       first_line - mime.line + 1);
	mail->body = clean_text(arena, &letter.lines, letter.begin, letter.end, mime.charset);
	mail_trailers(arena, slice_of(mail->body), &mail->trailers, &mail->ntrailers);
	find_base(arena, &letter, mail);
	return 0;
}

int mail_parse(struct arena *arena, struct slice raw, struct mail *mail)
{
	return parse_at(arena, raw, 1, true, mail);
}

int mail_parse_mbox(struct arena *arena, struct slice raw, struct mails *mails)
{
	struct mbox mbox;

	*mails = (struct mails){ 0 };
	mbox_split(arena, raw, &mbox);
	if (!mbox.n)
		return fail_as(FAIL_USAGE, "no mail in it");
	for (size_t i = 0; i < mbox.n; i++)
		if (parse_at(arena, mbox.items[i].raw, mbox.items[i].line, true,
			     arena_push(arena, mails)))
			return -1;
	return 0;
}
