/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The commit behind the notice is read by mail_parse(), like any mail of git format-patch; what is
 * read here is what stands around it. A file of mails whose writer escaped no "From " line falls
 * apart at the one that begins the commit: the pieces are put together again.
 */
#define _GNU_SOURCE /* strcasestr() */
#include "patch/failed_notice.h"

#include <ctype.h>
#include <strings.h>

#include "patch/mbox.h"
#include "patch/mime.h"
#include "patch/version.h"

#define SUBJECT_START "FAILED: patch "
#define SUBJECT_APPLY "failed to apply to "
#define BODY_APPLY "The patch below does not apply to the "
#define ADDRESS_MAX 254 /* RFC 5321 */
#define ID_MAX 250
#define NEEDS_MAX 100 /* what is shown is for people */
#define PEOPLE_MAX 300

const char *notice_form_name(enum notice_form form)
{
	return form == NOTICE_GREG ? "Greg's" : "Sasha's";
}

bool person_is_stable(const struct person *person)
{
	static const char *const lists[] = { "stable@vger.kernel.org", "stable@kernel.org" };

	for (size_t i = 0; i < ARRAY_SIZE(lists); i++)
		if (!strcasecmp(person->email, lists[i]))
			return true;
	return !strncasecmp(person->email, "stable+", 7) &&
	       strcasestr(person->email, "@kernel.org") != NULL;
}

/* What a header may carry unquoted, with one @ in it. */
static bool address_ok(const char *email)
{
	const char *at = email ? strchr(email, '@') : NULL;

	if (!at || at == email || !at[1] || strchr(at + 1, '@') || strlen(email) > ADDRESS_MAX)
		return false;
	for (const char *p = email; *p; p++)
		if (*p <= ' ' || *p >= 127 || strchr("<>()[]:;,\\\"", *p))
			return false;
	return true;
}

/* A name without what a terminal or a header would take for something else. */
static char *clean_name(struct arena *arena, const char *name)
{
	char *copy = arena_strdup(arena, name ? name : "");

	for (char *p = copy; *p; p++)
		if (iscntrl((unsigned char)*p))
			*p = ' ';
	return slice_str(arena, slice_trim(slice_of(copy)));
}

void people_add(struct arena *arena, struct people *people, const struct person *person)
{
	if (people->n >= PEOPLE_MAX || !address_ok(person->email))
		return;
	for (size_t i = 0; i < people->n; i++)
		if (!strcasecmp(people->items[i].email, person->email))
			return;
	*arena_push(arena, people) =
		(struct person){ clean_name(arena, person->name), person->email };
}

/* "6.1-stable" or "v6.1-stable", at the front of `text`: "v6.1"; NULL. */
static char *branch_at(struct arena *arena, const char *text)
{
	const char *end = strstr(text, "-stable");
	struct version version;

	if (!end || !version_parse_plain((struct slice){ text, (size_t)(end - text) }, &version) ||
	    version.patch >= 0 || version.rc)
		return NULL;
	return version_name(arena, &version);
}

static char *branch_behind(struct arena *arena, const char *text, const char *words)
{
	const char *at = text ? strcasestr(text, words) : NULL, *last = NULL;

	/* A title may have the same words. */
	for (; at; at = strcasestr(at + 1, words))
		last = at + strlen(words);
	return last ? branch_at(arena, last) : NULL;
}

/* "<id>", or without its brackets; NULL where it is none that a header can carry. */
static char *id_of(struct arena *arena, struct slice id)
{
	const char *open = id.n ? memchr(id.p, '<', id.n) : NULL, *close;

	if (open) {
		id = slice_skip(id, (size_t)(open + 1 - id.p));
		close = id.n ? memchr(id.p, '>', id.n) : NULL;
		if (!close)
			return NULL;
		id.n = (size_t)(close - id.p);
	}
	if (id.n < 3 || id.n > ID_MAX || !memchr(id.p, '@', id.n))
		return NULL;
	for (size_t i = 0; i < id.n; i++)
		if (id.p[i] <= ' ' || id.p[i] >= 127 || id.p[i] == '<' || id.p[i] == '>')
			return NULL;
	return slice_str(arena, id);
}

static size_t hex_of(struct slice s)
{
	size_t n = 0;

	while (n < s.n && isxdigit((unsigned char)s.p[n]))
		n++;
	return n;
}

/* What the body says before the commit begins. */
struct recipe {
	char *branch, *message_id;
	struct slice pick; /* the id that is to be cherry-picked */
};

/* '0123456789ab ("title")' */
static bool add_need(struct arena *arena, struct failed_notice *notice, struct slice line)
{
	size_t n = hex_of(line);
	struct slice title = slice_trim(slice_skip(line, n));

	if (n < 12 || n > 40 || !slice_starts(title, "(\"") || !slice_ends(title, "\")") ||
	    title.n < 4)
		return false;
	if (notice->needs.n < NEEDS_MAX)
		*arena_push(arena, &notice->needs) = (struct notice_need){
			arena_copy(arena, line.p, n),
			arena_copy(arena, title.p + 2, title.n - 4),
		};
	return true;
}

static void read_recipe(struct arena *arena, struct slice text, struct failed_notice *notice,
			struct recipe *recipe)
{
	bool needs = false;
	struct slice line;

	*recipe = (struct recipe){ 0 };
	while (slice_line(&text, &line) && !mbox_git_line(line)) {
		const char *words = slice_str(arena, slice_trim(line)), *at;

		if (!strncmp(words, BODY_APPLY, strlen(BODY_APPLY)))
			recipe->branch = branch_at(arena, words + strlen(BODY_APPLY));
		if (!strncmp(words, "git cherry-pick -x ", 19)) {
			recipe->pick = slice_of(words + 19);
			recipe->pick.n = hex_of(recipe->pick);
		}
		at = strncmp(words, "git send-email ", 15) ? NULL :
							     strstr(words, "--in-reply-to '");
		if (at)
			recipe->message_id =
				id_of(arena, (struct slice){ at + 15, strcspn(at + 15, "'") });
		if (!strcmp(words, "Possible dependencies:"))
			needs = true;
		else if (needs && *words && !add_need(arena, notice, slice_of(words)))
			needs = false;
	}
}

static void add_header(struct arena *arena, const struct mime *mime, const char *name,
		       struct people *people)
{
	struct people found = { 0 };

	for (size_t i = 0; i < mime->n; i++) {
		const struct mime_header *header = &mime->items[i];

		if (header->name.n == strlen(name) &&
		    !strncasecmp(header->name.p, name, header->name.n))
			mime_people(arena, mime_utf8(arena, slice_of(header->value), mime->charset),
				    &found);
	}
	for (size_t i = 0; i < found.n; i++)
		if (!person_is_stable(&found.items[i]))
			people_add(arena, people, &found.items[i]);
}

static char *subject_of(struct arena *arena, const struct mime *mime)
{
	const char *value = mime_get(mime, "subject");

	return mime_words(arena, mime_utf8(arena, slice_of(value ? value : ""), mime->charset));
}

static bool is_notice(const char *subject)
{
	return !strncasecmp(subject, SUBJECT_START, strlen(SUBJECT_START)) &&
	       strcasestr(subject, SUBJECT_APPLY);
}

static int read_commit(struct arena *arena, struct failed_notice *notice,
		       const struct recipe *recipe)
{
	struct mail *patch = &notice->patch;

	if (mail_parse(arena, notice->raw, patch))
		return -1;
	if (!patch->upstream)
		return fail_as(
			FAIL_USAGE,
			"the upstream commit is not in it: there is no line \"From <id> Mon Sep 17 00:00:00 2001\"");
	if (strlen(patch->upstream) != 40)
		return fail_as(FAIL_USAGE, "its commit id has %zu digits, not 40",
			       strlen(patch->upstream));
	notice->upstream = patch->upstream;
	for (char *p = notice->upstream; *p; p++)
		*p = (char)tolower((unsigned char)*p);
	if (!patch->diff.n)
		return fail_as(FAIL_USAGE, "there is no diff behind the message of commit %.12s",
			       notice->upstream);
	if (!*patch->subject)
		return fail_as(FAIL_USAGE, "commit %.12s has no subject", notice->upstream);
	if (recipe->pick.n && (recipe->pick.n < 12 || recipe->pick.n > 40 ||
			       strncasecmp(recipe->pick.p, notice->upstream, recipe->pick.n) != 0))
		return fail_as(
			FAIL_USAGE,
			"its recipe picks commit %.12s, and the one that it carries is %.12s",
			recipe->pick.p, notice->upstream);
	return 0;
}

/* Those that older notices name: the commit itself comes first. */
static void drop_itself(struct failed_notice *notice)
{
	size_t n = 0;

	for (size_t i = 0; i < notice->needs.n; i++)
		if (strncasecmp(notice->needs.items[i].id, notice->upstream,
				strlen(notice->needs.items[i].id)) != 0)
			notice->needs.items[n++] = notice->needs.items[i];
	notice->needs.n = n;
}

static int read_notice(struct arena *arena, const struct mime *mime, struct failed_notice *notice)
{
	struct recipe recipe;
	char *named;

	notice->form = strstr(notice->subject, "\"[PATCH") ? NOTICE_GREG : NOTICE_SASHA;
	read_recipe(arena, mime->text, notice, &recipe);
	named = branch_behind(arena, notice->subject, SUBJECT_APPLY);
	notice->branch = named ? named : recipe.branch;
	if (!notice->branch)
		return fail_as(FAIL_USAGE, "it names no stable branch, such as 6.1-stable");
	if (recipe.branch && strcmp(recipe.branch, notice->branch) != 0)
		return fail_as(FAIL_USAGE, "its subject is about %s, its text about %s",
			       notice->branch, recipe.branch);
	notice->message_id = id_of(arena, slice_of(mime_get(mime, "message-id")));
	if (!notice->message_id)
		notice->message_id = recipe.message_id;
	if (!notice->message_id)
		return fail_as(FAIL_USAGE, "it has no message id that an answer could name");
	if (read_commit(arena, notice, &recipe))
		return -1;
	drop_itself(notice);
	add_header(arena, mime, "from", &notice->all);
	add_header(arena, mime, "to", &notice->all);
	add_header(arena, mime, "cc", &notice->all);
	return 0;
}

/* Without the mbox's own line, and the commit's first line as git writes it. */
static struct slice mail_alone(struct arena *arena, struct slice raw)
{
	struct slice rest = raw, line;
	struct text out __free_text = TEXT_INIT;
	bool first = true, commit = false;

	for (; slice_line(&rest, &line); first = false) {
		if (first && mbox_from_line(line))
			continue;
		if (!commit && slice_starts(line, ">") && mbox_git_line(slice_skip(line, 1)))
			line = slice_skip(line, 1);
		commit |= mbox_git_line(line);
		text_add_slice(&out, line);
		text_addc(&out, '\n');
	}
	return slice_copy(arena, text_slice(&out));
}

static bool begins_commit(const struct mbox_message *message)
{
	struct slice rest = message->raw, line;

	return slice_line(&rest, &line) && mbox_git_line(line);
}

/* Does the text end where the commit should begin, because the file was cut there? */
static bool ends_at_commit(struct slice text)
{
	struct slice line, last = { NULL, 0 };

	while (slice_line(&text, &line))
		if (!slice_blank(line))
			last = line;
	return slice_starts(last, "------------------ original commit in Linus");
}

/* The message, with the next one where that is the commit that was cut off it: how many it took. */
static size_t take_message(struct arena *arena, const struct mbox *mbox, size_t at,
			   struct failed_notices *notices)
{
	struct failed_notice notice = { .line = mbox->items[at].line };
	struct mime mime;
	size_t took = 1;

	notice.raw = mail_alone(arena, mbox->items[at].raw);
	if (mime_parse(arena, notice.raw, &mime)) {
		fail_clear();
		notices->others++;
		return 1;
	}
	notice.subject = subject_of(arena, &mime);
	if (!is_notice(notice.subject)) {
		notices->others++;
		return 1;
	}
	if (ends_at_commit(mime.text) && at + 1 < mbox->n && begins_commit(&mbox->items[at + 1])) {
		struct text both __free_text = TEXT_INIT;

		text_add_slice(&both, notice.raw);
		text_add_slice(&both, mbox->items[at + 1].raw);
		notice.raw = slice_copy(arena, text_slice(&both));
		took = 2;
		/* It was a mail before, and is one with more text. */
		if (mime_parse(arena, notice.raw, &mime))
			fail_clear();
	}
	if (read_notice(arena, &mime, &notice)) {
		notice.refused = arena_strdup(arena, fail_message());
		notice.refused_as = fail_kind();
		fail_clear();
	}
	*arena_push(arena, notices) = notice;
	return took;
}

int failed_notices_read(struct arena *arena, struct slice raw, struct failed_notices *notices)
{
	struct mbox mbox;

	*notices = (struct failed_notices){ 0 };
	mbox_split(arena, raw, &mbox);
	if (!mbox.n)
		return fail_as(FAIL_USAGE, "no mail in it");
	for (size_t i = 0; i < mbox.n;)
		i += take_message(arena, &mbox, i, notices);
	return 0;
}
