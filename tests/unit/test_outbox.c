/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ci/outbox.h"

#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "patch/mime.h"
#include "unit.h"

#define NOW 1795444980

/* A place to send from, with a sendmail that does what a test says. */
struct post {
	struct arena *arena;
	char *dir;
	struct settings settings;
	struct results *journal;
	struct outbox_ask ask;
};

static void post_open(struct post *post, struct arena *arena)
{
	*post = (struct post){ .arena = arena };
	assert_ok(file_temp_dir(arena, "test_outbox", &post->dir));
	assert_ok(results_open(arena_printf(arena, "%s/results.db", post->dir), &post->journal));
	post->settings.tell.to = (char *)"root, \"C, D\" <c@d.example>";
	post->settings.tell.from = (char *)"Zo\xc3\xab <zoe@example.org>";
	post->settings.tell.sendmail = arena_printf(arena, "%s/sendmail", post->dir);
	post->ask = (struct outbox_ask){ .settings = &post->settings,
					 .journal = post->journal,
					 .home = arena_printf(arena, "%s/ci", post->dir),
					 .tick = 3,
					 .round = 17,
					 .now = NOW,
					 .deadline_ms = 20000 };
}

static void post_close(struct post *post)
{
	results_free(post->journal);
	assert_ok(file_remove_tree(post->dir));
}

/* `script` sees the arguments; $DIR is the test's folder. */
static void sendmail_does(struct post *post, const char *script)
{
	char *text = arena_printf(post->arena, "#!/bin/sh\nDIR='%s'\n%s\n", post->dir, script);

	assert_ok(file_write(post->settings.tell.sendmail, slice_of(text), 0755));
	assert_int_equal(chmod(post->settings.tell.sendmail, 0755), 0);
}

static char *content(struct post *post, const char *name)
{
	struct slice text = { "", 0 };

	assert_ok(file_read(post->arena, arena_printf(post->arena, "%s/%s", post->dir, name),
			    1 << 20, &text));
	return slice_str(post->arena, text);
}

static void mail_of(struct post *post, const char *name, struct mime *mime)
{
	assert_ok(mime_parse(post->arena, slice_of(content(post, name)), mime));
}

static struct letters letters(struct post *post, bool all)
{
	struct letters l;

	assert_ok(journal_letters(post->journal, post->arena, all, &l));
	return l;
}

static const char *last_event(struct post *post)
{
	struct events events;

	assert_ok(journal_events(post->journal, post->arena, 0, 1, &events));
	return events.n ? events.items[0].text : "";
}

static int put(struct post *post, const char *key, const char *subject)
{
	return outbox_put(post->arena, &post->ask, key, subject, SLICE("Verdict: ok.\n.\n"));
}

static void a_mail_is_complete_and_goes_once(void **state)
{
	struct post post;
	struct mime mime;
	struct letters l;

	post_open(&post, *state);
	post.ask.thread = "demo";
	sendmail_does(&post, "echo \"$*\" >>\"$DIR/args\"; cat >>\"$DIR/out\"");
	assert_int_equal(put(&post, "news 17", "[series demo] 6.1.y ok"), 1);
	assert_int_equal(put(&post, "news 17", "[series demo] something else"), 0);
	assert_int_equal(letters(&post, false).n, 1);
	assert_ok(outbox_send(post.arena, &post.ask));
	assert_string_equal(last_event(&post), "sent");
	assert_ok(outbox_send(post.arena, &post.ask));
	assert_string_equal(content(&post, "args"), "-i -t\n");
	l = letters(&post, true);
	assert_int_equal(l.n, 1);
	assert_int_equal(l.items[0].sent, NOW);
	assert_int_equal(l.items[0].round, 17);
	assert_int_equal(l.items[0].tries, 1);
	/* Said is said, sent or not. */
	assert_int_equal(put(&post, "news 17", "[series demo] 6.1.y ok"), 0);

	mail_of(&post, "out", &mime);
	assert_string_equal(mime_get(&mime, "date"), "Mon, 23 Nov 2026 14:43:00 +0000");
	assert_string_equal(mime_words(*state, mime_get(&mime, "from")),
			    "Zo\xc3\xab <zoe@example.org>");
	assert_string_equal(mime_get(&mime, "to"), "root, \"C, D\" <c@d.example>");
	assert_string_equal(mime_get(&mime, "subject"), "[series demo] 6.1.y ok");
	assert_string_equal(mime_get(&mime, "auto-submitted"), "auto-generated");
	assert_string_equal(mime_get(&mime, "content-type"), "text/plain; charset=utf-8");
	assert_non_null(strstr(mime_get(&mime, "references"), "<series-ci.thread."));
	assert_slice(mime.text, "Verdict: ok.\n.\n");
	post_close(&post);
}

static void the_id_of_a_mail_is_that_of_its_key(void **state)
{
	struct post post;
	struct mime a, b, c;
	struct letters l;
	const char *at;

	post_open(&post, *state);
	at = post.dir;
	assert_int_equal(put(&post, "news 1", "one"), 1);
	assert_int_equal(put(&post, "news 2", "two"), 1);
	l = letters(&post, false);
	assert_int_equal(l.n, 2);
	post.dir = (char *)"";
	mail_of(&post, l.items[0].path + 1, &a);
	mail_of(&post, l.items[1].path + 1, &b);
	assert_string_not_equal(mime_get(&a, "message-id"), mime_get(&b, "message-id"));
	assert_null(mime_get(&a, "references"));
	/* Killed before it was entered: written again, as the same mail. */
	results_free(post.journal);
	post.dir = (char *)at;
	assert_ok(remove(arena_printf(*state, "%s/results.db", at)));
	assert_ok(results_open(arena_printf(*state, "%s/results.db", at), &post.journal));
	post.ask.journal = post.journal;
	assert_int_equal(put(&post, "news 1", "one"), 1);
	post.dir = (char *)"";
	mail_of(&post, letters(&post, false).items[0].path + 1, &c);
	assert_string_equal(mime_get(&a, "message-id"), mime_get(&c, "message-id"));
	post.dir = (char *)at;
	post_close(&post);
}

static void what_sendmail_does_not_take_is_kept_and_tried_again(void **state)
{
	struct post post;
	struct letters l;

	post_open(&post, *state);
	assert_int_equal(put(&post, "news 1", "one"), 1);
	assert_int_equal(put(&post, "news 2", "two"), 1);
	/* There is no such program. */
	assert_ok(outbox_send(post.arena, &post.ask));
	assert_non_null(strstr(last_event(&post), "2 mails could not be sent: "));
	sendmail_does(&post,
		      "cat >/dev/null; echo \"$DIR\" >&2; echo 'no \033[1mroute' >&2; exit 75");
	assert_ok(outbox_send(post.arena, &post.ask));
	l = letters(&post, false);
	assert_int_equal(l.n, 2);
	assert_int_equal(l.items[0].tries, 2);
	assert_int_equal(l.items[1].tries, 1);
	assert_non_null(strstr(l.items[0].why, "exit code 75: "));
	assert_non_null(strstr(l.items[0].why, "no \\x1b[1mroute"));
	assert_non_null(strstr(last_event(&post), "no \\x1b[1mroute"));
	/* It does not even read. */
	sendmail_does(&post, "exit 1");
	assert_ok(outbox_send(post.arena, &post.ask));
	assert_int_equal(letters(&post, false).n, 2);
	sendmail_does(&post, "grep ^Subject: >>\"$DIR/out\"");
	assert_ok(outbox_send(post.arena, &post.ask));
	assert_int_equal(letters(&post, false).n, 0);
	assert_string_equal(letters(&post, true).items[0].why, "");
	assert_string_equal(content(&post, "out"), "Subject: one\nSubject: two\n");
	post_close(&post);
}

static void a_sendmail_that_hangs_holds_up_nothing(void **state)
{
	struct post post;
	double began;

	post_open(&post, *state);
	post.ask.deadline_ms = 300;
	sendmail_does(&post, "sleep 60 & sleep 60");
	assert_int_equal(put(&post, "news 1", "one"), 1);
	assert_int_equal(put(&post, "news 2", "two"), 1);
	began = clock_seconds();
	assert_ok(outbox_send(post.arena, &post.ask));
	assert_true(clock_seconds() - began < 20);
	assert_non_null(strstr(last_event(&post), "2 mails could not be sent"));
	assert_non_null(strstr(last_event(&post), "no answer within 1 seconds"));
	assert_int_equal(letters(&post, false).n, 2);
	post_close(&post);
}

static void a_folder_may_stand_for_sendmail(void **state)
{
	struct post post;
	struct file_names names;
	struct mime mime;

	post_open(&post, *state);
	post.settings.tell.to = NULL;
	post.settings.tell.folder = arena_printf(*state, "%s/told/here", post.dir);
	assert_int_equal(put(&post, "news 1", "one"), 1);
	assert_ok(outbox_send(post.arena, &post.ask));
	assert_int_equal(letters(&post, false).n, 0);
	assert_ok(file_list(*state, post.settings.tell.folder, &names));
	assert_int_equal(names.n, 1);
	mail_of(&post, arena_printf(*state, "told/here/%s", names.items[0]), &mime);
	assert_string_equal(mime_get(&mime, "subject"), "one");
	/* One that cannot be written to. */
	assert_int_equal(put(&post, "news 2", "two"), 1);
	post.settings.tell.folder = arena_printf(*state, "%s/results.db/no", post.dir);
	assert_ok(outbox_send(post.arena, &post.ask));
	assert_int_equal(letters(&post, false).n, 1);
	assert_non_null(strstr(last_event(&post), "1 mail could not be sent"));
	post_close(&post);
}

static void nobody_is_told_until_somebody_is_named(void **state)
{
	struct post post;

	post_open(&post, *state);
	post.settings.tell.to = NULL;
	assert_false(outbox_wanted(&post.settings));
	assert_int_equal(put(&post, "news 1", "one"), 0);
	assert_ok(outbox_send(post.arena, &post.ask));
	assert_int_equal(letters(&post, true).n, 0);
	assert_int_equal(file_kind(arena_printf(*state, "%s/ci", post.dir)), 0);
	post.settings.tell.to = (char *)"not an address";
	assert_fails(put(&post, "news 1", "one"), FAIL_USAGE, "tell.to: 'not an address'");
	post.settings.tell.to = (char *)"a@b.example\nBcc: c@d.example";
	assert_fails(put(&post, "news 1", "one"), FAIL_USAGE, "tell.to");
	post.settings.tell.to = (char *)"a@b.example";
	post.settings.tell.from = (char *)"a@b.example, c@d.example";
	assert_fails(put(&post, "news 1", "one"), FAIL_USAGE, "tell.from");
	assert_int_equal(letters(&post, true).n, 0);
	post_close(&post);
}

static void a_subject_is_one_header(void **state)
{
	struct post post;
	struct mime mime;
	struct slice mail, line;

	post_open(&post, *state);
	sendmail_does(&post, "cat >\"$DIR/out\"");
	assert_int_equal(put(&post, "../../news\n1",
			     "6.1.y\nBcc: c@d.example\r\n\r\n\x1b[0m Zo\xc3\xab and a rather long "
			     "line of text which cannot stand in one line of a header as it is"),
			 1);
	assert_ok(outbox_send(post.arena, &post.ask));
	mail_of(&post, "out", &mime);
	assert_null(mime_get(&mime, "bcc"));
	assert_non_null(strstr(mime_words(*state, mime_get(&mime, "subject")),
			       "6.1.y Bcc: c@d.example \\x1b[0m Zo\xc3\xab and a rather"));
	mail = slice_of(content(&post, "out"));
	while (slice_line(&mail, &line) && line.n)
		assert_true(line.n <= 78);
	assert_null(strstr(letters(&post, true).items[0].path, ".."));
	post_close(&post);
}

static void a_mail_whose_file_is_gone_is_not_waited_for(void **state)
{
	struct post post;

	post_open(&post, *state);
	sendmail_does(&post, "cat >/dev/null");
	assert_int_equal(put(&post, "news 1", "one"), 1);
	assert_ok(remove(letters(&post, false).items[0].path));
	assert_ok(outbox_send(post.arena, &post.ask));
	assert_int_equal(letters(&post, false).n, 0);
	assert_non_null(strstr(last_event(&post), "lost: there is no "));
	post_close(&post);
}

UNIT_MAIN(unit(a_mail_is_complete_and_goes_once), unit(the_id_of_a_mail_is_that_of_its_key),
	  unit(what_sendmail_does_not_take_is_kept_and_tried_again),
	  unit(a_sendmail_that_hangs_holds_up_nothing), unit(a_folder_may_stand_for_sendmail),
	  unit(nobody_is_told_until_somebody_is_named), unit(a_subject_is_one_header),
	  unit(a_mail_whose_file_is_gone_is_not_waited_for))
