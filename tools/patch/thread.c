/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which replies speak for which patch: what b4 does, for files that no b4 is at hand for.
 *
 * A reply's trailers are the lines "Key: value" of its own text (not quoted, not below the
 * signature) that name a person, and that person must be the sender: the same address, but for
 * "+extension" and one level of domain, or the same name. "Fixes:" and its like need no person.
 * They go to the patch that the reply answers, directly or over other replies; an answer to the
 * cover letter goes to every patch. What is there already is not added again.
 */
#define _GNU_SOURCE /* strcasestr() */
#include "patch/thread.h"

#include <ctype.h>
#include <strings.h>

#include "base/fail.h"
#include "patch/mime.h"
#include "patch/trailer.h"

/* Keys of trailers without a person in them. */
static bool is_utility(struct slice key)
{
	static const char *const keys[] = { "fixes", "obsoleted-by", "change-id", "base-commit" };

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (key.n == strlen(keys[i]) && !strncasecmp(key.p, keys[i], key.n))
			return true;
	return false;
}

static bool is_ignored(struct slice key)
{
	static const char *const keys[] = { "phone", "email", "subject", "date", "from" };

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (key.n == strlen(keys[i]) && !strncasecmp(key.p, keys[i], key.n))
			return true;
	for (size_t i = 0; i < key.n; i++)
		if ((unsigned char)key.p[i] >= 0x80)
			return true;
	return false;
}

/* "\S+@\S+\.\S+" somewhere in it. */
static bool has_address(struct slice value)
{
	struct slice word;

	while (slice_cut(&value, ' ', &word)) {
		const char *at = memchr(word.p, '@', word.n);
		const char *end = word.p + word.n;
		const char *dot = at ? memrchr(at, '.', (size_t)(end - at)) : NULL;

		if (at && at > word.p && dot && dot > at + 1 && dot + 1 < end)
			return true;
	}
	return false;
}

/* The line's first word is a key: "Key:", then a value. */
static bool split_line(struct slice line, struct slice *key, struct slice *value)
{
	size_t n = 0;

	line = slice_trim(line);
	while (n < line.n && !isspace((unsigned char)line.p[n]))
		n++;
	*key = (struct slice){ line.p, n ? n - 1 : 0 };
	*value = slice_trim(slice_skip(line, n));
	return n > 2 && line.p[n - 1] == ':' && value->n &&
	       (isalnum((unsigned char)*line.p) || *line.p == '_');
}

/* What stands before " # remark" in a value. */
static struct slice bare_value(struct slice value)
{
	for (size_t i = value.n; i > 1; i--)
		if (value.p[i - 1] == '#' && isspace((unsigned char)value.p[i - 2]))
			return slice_trim((struct slice){ value.p, i - 1 });
	return value;
}

static bool same_trailer(const struct trailer *a, const struct trailer *b)
{
	struct slice va = bare_value(slice_of(a->value)), vb = bare_value(slice_of(b->value));

	return !strcasecmp(a->key, b->key) && va.n == vb.n && !strncasecmp(va.p, vb.p, va.n);
}

/* The address without "+extension" in its local part, in lower case. */
static char *plain_address(struct arena *arena, const char *email)
{
	char *out = arena_strdup(arena, email);
	char *at = strchr(out, '@'), *plus = strchr(out, '+');

	for (char *p = out; *p; p++)
		*p = (char)tolower((unsigned char)*p);
	if (at && plus && plus < at)
		memmove(plus, at, strlen(at) + 1);
	return out;
}

static size_t count_dots(const char *s)
{
	size_t n = 0;

	for (; *s; s++)
		n += *s == '.';
	return n;
}

/* Is `longer` "x.SHORTER"? */
static bool is_subdomain(const char *longer, const char *shorter)
{
	size_t a = strlen(longer), b = strlen(shorter);

	return a > b + 1 && !strcmp(longer + a - b, shorter) && longer[a - b - 1] == '.' &&
	       count_dots(longer) == count_dots(shorter) + 1;
}

static bool same_address(struct arena *arena, const char *one, const char *two)
{
	char *a = plain_address(arena, one), *b = plain_address(arena, two);
	char *da = strchr(a, '@'), *db = strchr(b, '@');

	if (!strcmp(a, b))
		return true;
	if (!da || !db || da - a != db - b || strncmp(a, b, (size_t)(da - a)) != 0)
		return false;
	return is_subdomain(da + 1, db + 1) || is_subdomain(db + 1, da + 1);
}

/* The same name, or "Last, First" against "First Last". */
static bool same_name(const char *sender, const char *named)
{
	struct slice rest = slice_of(sender), part;

	if (!strcasecmp(sender, named))
		return true;
	if (!strchr(sender, ',') || !slice_trim(rest).n)
		return false;
	while (slice_cut(&rest, ',', &part)) {
		char buffer[200];

		part = slice_trim(part);
		if (!part.n || part.n >= sizeof(buffer))
			return false;
		memcpy(buffer, part.p, part.n);
		buffer[part.n] = '\0';
		if (!strcasestr(named, buffer))
			return false;
	}
	return true;
}

static bool is_senders(struct arena *arena, const struct mail *reply, const char *value)
{
	struct slice bare = bare_value(slice_of(value));
	struct person person;

	if (!reply->author.email || !mime_person(arena, slice_str(arena, bare), &person))
		return false;
	return same_address(arena, reply->author.email, person.email) ||
	       same_name(reply->author.name, person.name);
}

/* "Signed-off-by: A Very Long Name" with "<its@address>" in the next line. */
static void join_wrapped(struct arena *arena, struct slice *rest, struct slice *value)
{
	struct slice look = *rest, next;

	if (memchr(value->p, '<', value->n) || !slice_line(&look, &next))
		return;
	next = slice_trim(next);
	if (next.n < 3 || next.p[0] != '<' || memchr(next.p, '>', next.n) != next.p + next.n - 1)
		return;
	*value = slice_of(
		arena_printf(arena, SLICE_FMT " " SLICE_FMT, SLICE_ARG(*value), SLICE_ARG(next)));
	*rest = look;
}

/* A reply's trailers into `given`, those of others into `refused`. */
static void read_reply(struct arena *arena, const struct mail *reply, struct trailers *given,
		       struct trailers *refused)
{
	struct slice rest = slice_of(reply->body), line, key, value;
	struct trailer *last = NULL;

	while (slice_line(&rest, &line) && !slice_is(line, "--")) {
		struct trailer *to = last;

		last = NULL;
		line = slice_trim(line);
		if (to && line.n > 2 && *line.p == '[' && line.p[line.n - 1] == ']') {
			to->value =
				arena_printf(arena, "%s\n" SLICE_FMT, to->value, SLICE_ARG(line));
			continue;
		}
		if (!split_line(line, &key, &value) || is_ignored(key))
			continue;
		join_wrapped(arena, &rest, &value);
		if (slice_find(value, SLICE("http://")) >= 0 ||
		    slice_find(value, SLICE("https://")) >= 0 ||
		    !(is_utility(key) || has_address(value)))
			continue;
		last = arena_push(arena, is_utility(key) || is_senders(arena, reply,
								       slice_str(arena, value)) ?
						 given :
						 refused);
		last->key = slice_str(arena, key);
		last->value = slice_str(arena, value);
	}
}

static const struct mail *mail_with_id(const struct mails *mails, const char *id)
{
	for (size_t i = 0; id && i < mails->n; i++)
		if (mails->items[i].message_id && !strcmp(mails->items[i].message_id, id))
			return &mails->items[i];
	return NULL;
}

static bool is_patch(const struct mail *mail)
{
	return mail->diff.n && !mail->reply;
}

static struct thread_patch *patch_of(struct thread *thread, const struct mail *mail)
{
	for (size_t i = 0; i < thread->n; i++)
		if (thread->items[i].mail == mail)
			return &thread->items[i];
	return NULL;
}

static void give(struct arena *arena, struct thread_patch *patch, const struct trailers *given)
{
	for (size_t i = 0; i < given->n; i++) {
		bool there = false;

		for (size_t k = 0; k < patch->mail->ntrailers; k++)
			there |= same_trailer(&patch->mail->trailers[k], &given->items[i]);
		for (size_t k = 0; k < patch->given.n; k++)
			there |= same_trailer(&patch->given.items[k], &given->items[i]);
		if (!there)
			*arena_push(arena, &patch->given) = given->items[i];
	}
}

/* The patch or the cover letter that a reply answers in the end; NULL. */
static const struct mail *answered(const struct mails *mails, const struct mail *reply)
{
	const struct mail *mail = reply;

	/* No more steps than there are mails: replies can be made to answer each other. */
	for (size_t i = 0; mail && i <= mails->n; i++) {
		mail = mail_with_id(mails, mail->in_reply_to);
		if (mail && !mail->reply)
			return mail;
	}
	return NULL;
}

static int check_numbers(const struct thread *thread)
{
	unsigned int total = 0;

	for (size_t i = 0; i < thread->n; i++) {
		const struct mail *mail = thread->items[i].mail;

		total = mail->total > total ? mail->total : total;
		for (size_t k = 0; k < i && mail->number; k++)
			if (thread->items[k].mail->number == mail->number)
				return fail_as(
					FAIL_USAGE,
					"two patches are number %u: '%s' and '%s'; import one series at a time",
					mail->number, thread->items[k].mail->subject,
					mail->subject);
	}
	for (unsigned int n = 1; n <= total; n++) {
		bool there = false;

		for (size_t i = 0; i < thread->n; i++)
			there |= thread->items[i].mail->number == n;
		if (!there)
			return fail_as(FAIL_USAGE, "patch %u/%u is missing", n, total);
	}
	return 0;
}

static void sort_patches(struct thread *thread)
{
	for (size_t i = 1; i < thread->n; i++)
		for (size_t k = i;
		     k && thread->items[k].mail->number < thread->items[k - 1].mail->number; k--) {
			struct thread_patch swap = thread->items[k];

			thread->items[k] = thread->items[k - 1];
			thread->items[k - 1] = swap;
		}
}

int thread_collect(struct arena *arena, const struct mails *mails, struct thread *thread)
{
	struct trailers for_all = { 0 };
	unsigned int version = 0;

	*thread = (struct thread){ 0 };
	for (size_t i = 0; i < mails->n; i++)
		if (is_patch(&mails->items[i]) && mails->items[i].version > version)
			version = mails->items[i].version;
	for (size_t i = 0; i < mails->n; i++) {
		const struct mail *mail = &mails->items[i];
		bool again = mail->message_id && mail_with_id(mails, mail->message_id) != mail;

		if (is_patch(mail) && mail->version == version && !again)
			arena_push(arena, thread)->mail = mail;
		else if (!mail->reply && !mail->diff.n && mail->total && !mail->number &&
			 mail->version == version)
			thread->cover = mail;
	}
	if (!thread->n)
		return fail_as(FAIL_USAGE, "there is no patch in it");
	sort_patches(thread);
	/* Who gives one mail alone wants that one. */
	if (mails->n > 1 && check_numbers(thread))
		return -1;
	for (size_t i = 0; i < mails->n; i++) {
		const struct mail *reply = &mails->items[i], *to;
		struct trailers given = { 0 };

		if (!reply->reply ||
		    (reply->message_id && mail_with_id(mails, reply->message_id) != reply))
			continue;
		to = answered(mails, reply);
		if (!to)
			continue;
		read_reply(arena, reply, &given, &thread->refused);
		if (patch_of(thread, to))
			give(arena, patch_of(thread, to), &given);
		for (size_t k = 0; to == thread->cover && k < given.n; k++)
			*arena_push(arena, &for_all) = given.items[k];
	}
	for (size_t i = 0; i < thread->n; i++)
		give(arena, &thread->items[i], &for_all);
	return 0;
}

char *thread_body(struct arena *arena, const struct thread_patch *patch)
{
	struct slice body = slice_of(patch->mail->body);
	struct text out __free_text = TEXT_INIT;

	text_add_slice(&out, body);
	if (patch->given.n && body.n && trailer_block(body) == body.n)
		text_addc(&out, '\n');
	for (size_t i = 0; i < patch->given.n; i++)
		text_addf(&out, "%s: %s\n", patch->given.items[i].key, patch->given.items[i].value);
	return slice_str(arena, text_slice(&out));
}
