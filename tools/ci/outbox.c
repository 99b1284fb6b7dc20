/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include "ci/outbox.h"

#include <ctype.h>
#include <nettle/sha2.h>
#include <pwd.h>
#include <unistd.h>

#include "base/child.h"
#include "base/fail.h"
#include "base/file.h"
#include "base/shown.h"
#include "ci/letterhead.h"

#define SENDMAIL_MS 60000
#define SAID_COLUMNS 300
#define MAIL_MAX ((size_t)4 << 20)
#define HASH_BYTES 8

bool outbox_wanted(const struct settings *settings)
{
	return settings->tell.to || settings->tell.folder;
}

/* ---- who and where ---- */

/* This machine's name, as far as it can stand in an address. */
static char *host_name(struct arena *arena)
{
	char host[256] = "";

	if (gethostname(host, sizeof(host) - 1))
		*host = '\0';
	for (const char *p = host; *p; p++)
		if (!isalnum((unsigned char)*p) && !strchr(".-", *p))
			*host = '\0';
	return arena_strdup(arena, *host ? host : "localhost");
}

static int sender_find(struct arena *arena, const struct settings *settings, struct person *sender)
{
	const struct passwd *user = getpwuid(getuid());
	struct people people = { 0 };
	char *bad;

	if (!settings->tell.from) {
		*sender = (struct person){ (char *)"series ci",
					   arena_printf(arena, "%s@%s",
							user ? user->pw_name : "series",
							host_name(arena)) };
		return 0;
	}
	if (!addresses_read(arena, settings->tell.from, &people, &bad) || people.n != 1)
		return fail_as(FAIL_USAGE, "%s: tell.from: '%s' is no address",
			       settings->path ? settings->path : "ci/ci.conf",
			       text_shown(arena, settings->tell.from));
	*sender = people.items[0];
	return 0;
}

static int receivers_find(struct arena *arena, const struct settings *settings,
			  struct people *people)
{
	char *bad = NULL;

	if (settings->tell.to && !addresses_read(arena, settings->tell.to, people, &bad))
		return fail_as(FAIL_USAGE, "%s: tell.to: '%s' is no address",
			       settings->path ? settings->path : "ci/ci.conf", bad);
	return 0;
}

/* ---- names ---- */

/* Of a thing and of the place that says it: two installations with the same round 17 do not meet. */
static char *name_hash(struct arena *arena, const struct outbox_ask *ask, const char *what)
{
	struct sha256_ctx ctx;
	uint8_t digest[HASH_BYTES];
	const char *parts[] = { host_name(arena), ask->home, what };
	struct text hex __free_text = TEXT_INIT;

	sha256_init(&ctx);
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
		sha256_update(&ctx, strlen(parts[i]) + 1, (const uint8_t *)parts[i]);
	sha256_digest(&ctx, sizeof(digest), digest);
	for (size_t i = 0; i < sizeof(digest); i++)
		text_addf(&hex, "%02x", digest[i]);
	return slice_str(arena, text_slice(&hex));
}

/* "news-17-demo.0123456789abcdef": a name that a file and a Message-ID can have. */
static char *letter_name(struct arena *arena, const struct outbox_ask *ask, const char *key)
{
	struct text name __free_text = TEXT_INIT;

	for (const char *p = key; *p && name.len < 60; p++) {
		bool word = isalnum((unsigned char)*p);
		bool behind_word = name.len && isalnum((unsigned char)name.p[name.len - 1]);

		text_addc(&name, word ? *p : behind_word && strchr(".-", *p) ? *p : '_');
	}
	text_addf(&name, ".%s", name_hash(arena, ask, key));
	return slice_str(arena, text_slice(&name));
}

/* ---- put ---- */

static int was_said(struct arena *arena, const struct outbox_ask *ask, const char *key)
{
	struct letters letters = { 0 };

	if (journal_letters(ask->journal, arena, true, &letters))
		return -1;
	for (size_t i = 0; i < letters.n; i++)
		if (!strcmp(letters.items[i].key, key))
			return 1;
	return 0;
}

static int letter_write(struct arena *arena, const struct outbox_ask *ask, const char *key,
			const char *subject, struct slice body, const char *path)
{
	struct letterhead head = { .subject = subject, .date = ask->now, .automatic = true };
	struct text mail __free_text = TEXT_INIT;
	const char *host = host_name(arena);

	if (sender_find(arena, ask->settings, &head.from) ||
	    receivers_find(arena, ask->settings, &head.to))
		return -1;
	head.message_id =
		arena_printf(arena, "series-ci.%s@%s", letter_name(arena, ask, key), host);
	if (ask->thread) /* a mail that never was: readers put its answers together */
		head.references = arena_printf(arena, "series-ci.thread.%s@%s",
					       name_hash(arena, ask, ask->thread), host);
	letterhead_write(arena, &head, body, &mail);
	return file_write(path, text_slice(&mail), 0644);
}

static int letter_enter(const struct outbox_ask *ask, const char *now, struct letter *letter)
{
	int taken;

	if (journal_begin(ask->journal))
		return -1;
	taken = journal_letter_add(ask->journal, letter);
	if (taken > 0 && journal_note_put(ask->journal, OUTBOX_TOLD, now))
		taken = -1;
	return journal_finish(ask->journal, taken >= 0) ? -1 : taken;
}

int outbox_put(struct arena *arena, const struct outbox_ask *ask, const char *key,
	       const char *subject, struct slice body)
{
	struct letter letter = { .at = ask->now, .round = ask->round, .key = key, .why = "" };
	char *dir = arena_printf(arena, "%s/mails", ask->home);
	int said;

	if (!outbox_wanted(ask->settings))
		return 0;
	said = was_said(arena, ask, key);
	if (said)
		return said < 0 ? -1 : 0;
	letter.path = arena_printf(arena, "%s/%s.eml", dir, letter_name(arena, ask, key));
	if (file_make_dirs(dir) || letter_write(arena, ask, key, subject, body, letter.path))
		return fail_in("mail '%s'", key);
	return letter_enter(ask, arena_printf(arena, "%lld", (long long)ask->now), &letter);
}

/* ---- send ---- */

/* What a program said, as one line. */
static char *said_line(struct arena *arena, struct slice said)
{
	struct text safe __free_text = TEXT_INIT, cut __free_text = TEXT_INIT;
	struct slice line;

	while (slice_line(&said, &line)) {
		if (slice_blank(line))
			continue;
		if (safe.len)
			text_adds(&safe, " / ");
		text_add_shown(&safe, slice_trim(line), false);
	}
	text_add_cut(&cut, text_slice(&safe), SAID_COLUMNS);
	return slice_str(arena, text_slice(&cut));
}

/* NULL: it went; else why not. `stop`: the next one need not be tried. */
static char *give_to_sendmail(struct arena *arena, const struct outbox_ask *ask, struct slice mail,
			      bool *stop)
{
	const char *program = ask->settings->tell.sendmail;
	const char *const argv[] = { program, "-i", "-t", NULL };
	struct child_ask child = { .argv = argv,
				   .input = mail,
				   .deadline_ms = ask->deadline_ms ? ask->deadline_ms : SENDMAIL_MS,
				   .output_max = 16384 };
	struct child_answer answer = { 0 };
	char *said;

	*stop = true;
	if (child_run(arena, &child, &answer)) {
		said = arena_strdup(arena, fail_message());
		fail_clear();
		return said;
	}
	if (answer.timed_out)
		return arena_printf(arena, "%s: no answer within %u seconds", program,
				    (child.deadline_ms + 999) / 1000);
	*stop = false;
	if (!answer.status)
		return NULL;
	said = said_line(arena, answer.err.n ? answer.err : answer.out);
	return arena_printf(arena, "%s: exit code %d%s%s", program, answer.status,
			    *said ? ": " : "", said);
}

static char *put_into_folder(struct arena *arena, const struct outbox_ask *ask,
			     const struct letter *letter, struct slice mail)
{
	const char *slash = strrchr(letter->path, '/');
	const char *folder = ask->settings->tell.folder;
	char *why;

	if (!file_make_dirs(folder) &&
	    !file_write(arena_printf(arena, "%s/%s", folder, slash ? slash + 1 : letter->path),
			mail, 0644))
		return NULL;
	why = arena_strdup(arena, fail_message());
	fail_clear();
	return why;
}

/* NULL: it is done with, perhaps because it is lost; else why it waits. */
static char *letter_send(struct arena *arena, const struct outbox_ask *ask, struct letter *letter,
			 bool *stop)
{
	struct slice mail;
	char *why;

	if (file_read(arena, letter->path, MAIL_MAX, &mail) <= 0) {
		fail_clear();
		letter->why = arena_printf(arena, "lost: there is no %s", letter->path);
		return NULL;
	}
	why = ask->settings->tell.folder ? put_into_folder(arena, ask, letter, mail) :
					   give_to_sendmail(arena, ask, mail, stop);
	letter->why = why ? why : "";
	return why;
}

int outbox_send(struct arena *arena, const struct outbox_ask *ask)
{
	struct letters waiting = { 0 };
	size_t kept = 0;
	char *why = NULL;
	bool stop = false;

	if (!outbox_wanted(ask->settings))
		return 0;
	if (journal_letters(ask->journal, arena, false, &waiting))
		return -1;
	for (size_t i = 0; i < waiting.n && !stop; i++) {
		struct letter *letter = &waiting.items[i];
		char *failed = letter_send(arena, ask, letter, &stop);

		letter->tries++;
		if (failed) {
			kept++;
			why = failed;
		} else {
			letter->sent = ask->now;
		}
		if (journal_letter_put(ask->journal, letter) ||
		    (!failed && journal_event(ask->journal, ask->tick, "mail", letter->key,
					      *letter->why ? letter->why : "sent")))
			return -1;
		if (stop)
			kept += waiting.n - i - 1;
	}
	if (!kept)
		return 0;
	return journal_event(ask->journal, ask->tick, "mail", "outbox",
			     arena_printf(arena, "%zu mail%s could not be sent: %s", kept,
					  kept == 1 ? "" : "s", why));
}
