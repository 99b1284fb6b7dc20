/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What tells an announcement from the hundreds of patches in its thread, which carry the same X-KernelTest-* headers: it is number 0
 * of them, and its subject is the candidate's version and the word "review". Both who send them do it so. The deadline stands in a
 * header, and in words in the body: as RFC 5322 has it, or as date(1) prints it.
 */
#define _GNU_SOURCE
#include "ci/announcement.h"

#include <stdio.h>
#include <strings.h>
#include <time.h>

#include "base/fail.h"
#include "base/file.h"
#include "base/shown.h"
#include "ci/letterhead.h"
#include "patch/mail_date.h"
#include "patch/mbox.h"
#include "patch/mime.h"

#define MBOX_MAX ((size_t)512 << 20)
#define MAIL_MAX ((size_t)16 << 20)
#define FIELD_COLUMNS 200

static char *field(struct arena *arena, const char *value)
{
	struct text safe __free_text = TEXT_INIT, cut __free_text = TEXT_INIT;

	if (!value || !*value)
		return NULL;
	text_add_shown(&safe, slice_of(value), false);
	text_add_cut(&cut, text_slice(&safe), FIELD_COLUMNS);
	return slice_str(arena, text_slice(&cut));
}

/* What stands in the brackets: "PATCH 6.14 000/449", with the branch that it is for and the number 0. */
static bool prefix_parse(struct slice prefix, struct version *branch)
{
	bool zero = false, has_branch = false;
	struct slice word;

	while (slice_cut(&prefix, ' ', &word)) {
		struct slice number;

		if (version_parse(word, branch) && branch->patch < 0 && !branch->rc)
			has_branch = true;
		if (memchr(word.p, '/', word.n)) {
			unsigned long n = 1, total = 0;

			slice_cut(&word, '/', &number);
			zero = slice_number(number, 99999, &n) && !n &&
			       slice_number(word, 99999, &total) && total;
		}
	}
	return zero && has_branch;
}

/* "[PATCH 6.14 000/449] 6.14.3-rc1 review" */
static bool subject_parse(struct slice subject, struct version *version)
{
	struct version branch;
	bool announces = false;
	struct slice word;

	for (subject = slice_trim(subject); subject.n && *subject.p == '[';
	     subject = slice_trim(subject)) {
		subject = slice_skip(subject, 1);
		if (!memchr(subject.p, ']', subject.n))
			return false;
		slice_cut(&subject, ']', &word);
		announces = prefix_parse(word, &branch) || announces;
	}
	slice_cut(&subject, ' ', &word);
	return announces && version_parse(word, version) && version->patch >= 0 && version->rc &&
	       version->major == branch.major && version->minor == branch.minor &&
	       slice_is(slice_trim(subject), "review");
}

static int64_t epoch(struct tm *tm, int minutes_east)
{
	if (tm->tm_mon < 0 || tm->tm_mon > 11 || tm->tm_mday < 1 || tm->tm_mday > 31 ||
	    tm->tm_hour < 0 || tm->tm_hour > 23 || tm->tm_min < 0 || tm->tm_min > 59 ||
	    tm->tm_sec < 0 || tm->tm_sec > 60 || tm->tm_year < 90 || tm->tm_year > 1100)
		return 0;
	return (int64_t)timegm(tm) - (int64_t)minutes_east * 60;
}

/* "2026-03-15T12:00+00:00"; seconds, "Z" and a zone without its colon too; without a zone it is UTC. 0: none of these. */
static int64_t iso_parse(const char *value)
{
	struct tm tm = { 0 };
	unsigned int hours = 0, minutes = 0;
	char sign[2] = "+";
	int at = 0, more = 0;

	if (sscanf(value, "%4d-%2d-%2d%*1[T ]%2d:%2d%n", &tm.tm_year, &tm.tm_mon, &tm.tm_mday,
		   &tm.tm_hour, &tm.tm_min, &at) < 5 ||
	    !at)
		return 0;
	value += at;
	if (sscanf(value, ":%2d%n", &tm.tm_sec, &more) == 1)
		value += more;
	value += strspn(value, " ");
	if (*value && strcmp(value, "Z") != 0 && strcmp(value, "UTC") != 0 &&
	    sscanf(value, "%1[+-]%2u%*1[:]%2u", sign, &hours, &minutes) != 3 &&
	    sscanf(value, "%1[+-]%2u%2u", sign, &hours, &minutes) < 2)
		return 0;
	if (hours > 14 || minutes > 59)
		return 0;
	tm.tm_year -= 1900;
	tm.tm_mon--;
	return epoch(&tm, (*sign == '-' ? -1 : 1) * (int)(hours * 60 + minutes));
}

/* "Thu Mar 12 11:04:16 AM UTC 2026", as date(1) says it; without AM and PM where they are not used. */
static int64_t date_parse(const char *value)
{
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	char month[4] = "", half[3] = "";
	struct tm tm = { 0 };
	const char *found;

	if (sscanf(value, "%*3s %3s %2d %2d:%2d:%2d %2[AMP] UTC %4d", month, &tm.tm_mday,
		   &tm.tm_hour, &tm.tm_min, &tm.tm_sec, half, &tm.tm_year) != 7 &&
	    (*half = '\0', sscanf(value, "%*3s %3s %2d %2d:%2d:%2d UTC %4d", month, &tm.tm_mday,
				  &tm.tm_hour, &tm.tm_min, &tm.tm_sec, &tm.tm_year)) != 6)
		return 0;
	found = strlen(month) == 3 ? strstr(months, month) : NULL;
	if (!found || (found - months) % 3 || (*half && (tm.tm_hour < 1 || tm.tm_hour > 12)))
		return 0;
	if (*half)
		tm.tm_hour = tm.tm_hour % 12 + (*half == 'P' ? 12 : 0);
	tm.tm_mon = (int)(found - months) / 3;
	tm.tm_year -= 1900;
	return epoch(&tm, 0);
}

static int64_t deadline_of_text(struct arena *arena, struct slice text)
{
	static const char says[] = "Responses should be made by ";
	ptrdiff_t at = slice_find(text, slice_of(says));
	struct slice line;
	int64_t date = 0;
	int offset = 0;
	char *value;

	if (at < 0)
		return 0;
	text = slice_skip(text, (size_t)at + strlen(says));
	slice_line(&text, &line);
	value = slice_str(arena, slice_trim(line));
	return mail_date_parse(value, &date, &offset) ? date : date_parse(value);
}

static void read_people(struct arena *arena, const struct mime *mime, const char *name,
			struct announcement *announcement, struct people *people)
{
	struct people all = { 0 };

	for (size_t i = 0; i < mime->n; i++)
		if (mime->items[i].name.n == strlen(name) &&
		    !strncasecmp(mime->items[i].name.p, name, strlen(name)))
			mime_people(arena,
				    mime_utf8(arena, slice_of(mime->items[i].value), mime->charset),
				    &all);
	for (size_t i = 0; i < all.n; i++) {
		const struct people *seen[] = { &announcement->to, &announcement->cc };
		struct person person;
		bool again = !address_clean(arena, &all.items[i], false, &person);

		for (size_t s = 0; s < ARRAY_SIZE(seen) && !again; s++)
			for (size_t j = 0; j < seen[s]->n && !again; j++)
				again = !strcasecmp(seen[s]->items[j].email, person.email);
		if (!again)
			*arena_push(arena, people) = person;
	}
}

int announcement_read(struct arena *arena, struct slice mail, struct announcement *announcement)
{
	struct announcement a = { 0 };
	struct version says;
	struct person from;
	struct mime mime;
	const char *value;
	int offset;

	if (mime_parse(arena, mail, &mime)) {
		fail_clear();
		return 0;
	}
	value = mime_get(&mime, "subject");
	if (!value)
		return 0;
	value = mime_words(arena, mime_utf8(arena, slice_of(value), mime.charset));
	if (!subject_parse(slice_of(value), &a.version))
		return 0;
	a.subject = field(arena, value);
	value = mime_get(&mime, "x-kerneltest-version");
	if (value && (!version_parse(slice_trim(slice_of(value)), &says) ||
		      version_cmp(&says, &a.version) != 0))
		return 0;
	value = mime_get(&mime, "from");
	if (!value || !mime_person(arena, mime_utf8(arena, slice_of(value), mime.charset), &from) ||
	    !address_clean(arena, &from, false, &a.from))
		return 0;
	a.message_id = message_id_read(arena, mime_get(&mime, "message-id"));
	if (!a.message_id)
		return 0;
	a.name = version_name(arena, &a.version);
	read_people(arena, &mime, "to", &a, &a.to);
	read_people(arena, &mime, "cc", &a, &a.cc);
	a.tree = field(arena, mime_get(&mime, "x-kerneltest-tree"));
	a.branch = field(arena, mime_get(&mime, "x-kerneltest-branch"));
	a.patches = field(arena, mime_get(&mime, "x-kerneltest-patches"));
	mail_date_parse(mime_get(&mime, "date"), &a.sent, &offset);
	value = mime_get(&mime, "x-kerneltest-deadline");
	a.deadline = value ? iso_parse(value) : 0;
	if (!a.deadline)
		a.deadline = deadline_of_text(arena, mime.text);
	*announcement = a;
	return 1;
}

/* Most of a mailbox is something else: seen without taking a mail apart. */
static bool worth_reading(struct slice mail)
{
	ptrdiff_t end = slice_find(mail, SLICE("\n\n")), crlf = slice_find(mail, SLICE("\r\n\r\n"));

	if (crlf >= 0 && (end < 0 || crlf < end))
		end = crlf;
	if (end >= 0)
		mail.n = (size_t)end;
	return slice_find(mail, SLICE("review")) >= 0 || slice_find(mail, SLICE("=?")) >= 0;
}

static void take(struct arena *arena, struct slice mail, struct announcements *announcements)
{
	struct announcement a;

	if (!worth_reading(mail) || !announcement_read(arena, mail, &a))
		return;
	for (size_t i = 0; i < announcements->n; i++) {
		struct announcement *other = &announcements->items[i];

		if (version_cmp(&other->version, &a.version) != 0)
			continue;
		if (a.sent >= other->sent)
			*other = a;
		return;
	}
	*arena_push(arena, announcements) = a;
}

static int read_folder(struct arena *arena, const char *dir, struct announcements *announcements)
{
	struct file_names names = { 0 };

	if (file_list(arena, dir, &names) < 0)
		return -1;
	for (size_t i = 0; i < names.n; i++) {
		/* One mail after the other: a year of them need not fit into memory. */
		struct arena *mail_arena __free(arena) = arena_new();
		const char *flags = strstr(names.items[i], ":2,");
		char *path = arena_printf(mail_arena, "%s/%s", dir, names.items[i]);
		struct announcement a;
		struct slice mail;
		int got;

		if (names.items[i][0] == '.' || (flags && strchr(flags, 'T')) ||
		    file_kind(path) != 2)
			continue;
		got = file_read(mail_arena, path, MAIL_MAX, &mail);
		if (got < 0) /* another program's mailbox: taken away meanwhile, or none of ours */
			fail_clear();
		if (got > 0 && worth_reading(mail) && announcement_read(mail_arena, mail, &a))
			take(arena, slice_copy(arena, mail), announcements);
	}
	return 0;
}

static int by_date(const void *a, const void *b)
{
	const struct announcement *x = a, *y = b;

	return x->sent != y->sent ? (x->sent > y->sent) - (x->sent < y->sent) :
				    version_cmp(&x->version, &y->version);
}

int announcements_read(struct arena *arena, const char *path, struct announcements *announcements)
{
	static const char *const maildir[] = { "cur", "new" };
	int kind = file_kind(path);
	struct slice raw;
	struct mbox mbox;

	*announcements = (struct announcements){ 0 };
	if (kind < 0)
		return -1;
	if (kind != 1 && kind != 2)
		return fail_as(FAIL_USAGE, "there is no mailbox %s", path);
	if (kind == 2) {
		if (file_read(arena, path, MBOX_MAX, &raw) < 0)
			return -1;
		mbox_split(arena, raw, &mbox);
		for (size_t i = 0; i < mbox.n; i++)
			take(arena, mbox.items[i].raw, announcements);
	} else {
		size_t folders = 0;

		for (size_t i = 0; i < ARRAY_SIZE(maildir); i++) {
			const char *dir = arena_printf(arena, "%s/%s", path, maildir[i]);

			if (file_kind(dir) != 1)
				continue;
			folders++;
			if (read_folder(arena, dir, announcements))
				return -1;
		}
		if (!folders && read_folder(arena, path, announcements))
			return -1;
	}
	if (announcements->n)
		qsort(announcements->items, announcements->n, sizeof(*announcements->items),
		      by_date);
	return 0;
}
