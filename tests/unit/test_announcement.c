/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ci/announcement.h"

#include <unistd.h>

#include "base/file.h"
#include "ci/letterhead.h"
#include "patch/mime.h"
#include "unit.h"

#define HEADERS                                                                                    \
	"From: Greg Kroah-Hartman <gregkh@linuxfoundation.org>\n"                                  \
	"To: stable@vger.kernel.org\n"                                                             \
	"Cc: Greg Kroah-Hartman <gregkh@linuxfoundation.org>,\n"                                   \
	"\tpatches@lists.linux.dev,\n"                                                             \
	"\tlinux-kernel@vger.kernel.org,\n"                                                        \
	"\t\"Hunter, Jon\" <jonathanh@nvidia.com>\n"                                               \
	"Date: Sat, 21 Nov 2026 16:42:22 +0200\n"                                                  \
	"Message-ID: <20261121144326.116493600@linuxfoundation.org>\n"
#define TESTED                                                                                     \
	"X-KernelTest-Patch: http://kernel.org/stable-review/patch-6.1.188-rc1.gz\n"               \
	"X-KernelTest-Tree: git://git.kernel.org/linux-stable-rc.git\n"                            \
	"X-KernelTest-Branch: linux-6.1.y\n"                                                       \
	"X-KernelTest-Patches: git://git.kernel.org/stable-queue.git\n"                            \
	"X-KernelTest-Version: 6.1.188-rc1\n"
#define SUBJECT "Subject: [PATCH 6.1 000/262] 6.1.188-rc1 review\n"
#define DEADLINE "X-KernelTest-Deadline: 2026-11-23T14:43+00:00\n"
#define TYPE "Content-Type: text/plain; charset=UTF-8\nContent-Transfer-Encoding: 8bit\n\n"
#define BODY                                                                                       \
	"This is the start of the stable review cycle for the 6.1.188 release.\n\n"                \
	"Responses should be made by %s.\n"                                                        \
	"Anything received after that time might be too late.\n"
#define GREG "Mon, 23 Nov 2026 14:42:41 +0000"
#define SASHA "Mon Nov 23 02:42:41 PM UTC 2026"

#define BY_HEADER 1795444980 /* 2026-11-23 14:43 UTC */
#define BY_WORDS 1795444961

static char *mail_of(struct arena *arena, const char *headers, const char *by)
{
	return arena_printf(arena, "%s" TYPE BODY, headers, by);
}

static int reads(struct arena *arena, const char *mail, struct announcement *a)
{
	return announcement_read(arena, slice_of(mail), a);
}

static void an_announcement_says_what_is_up_for_review_and_until_when(void **state)
{
	struct arena *arena = *state;
	struct announcement a;

	assert_int_equal(reads(arena, mail_of(arena, HEADERS SUBJECT TESTED DEADLINE, GREG), &a),
			 1);
	assert_string_equal(a.name, "v6.1.188-rc1");
	assert_string_equal(a.subject, "[PATCH 6.1 000/262] 6.1.188-rc1 review");
	assert_string_equal(a.message_id, "20261121144326.116493600@linuxfoundation.org");
	assert_string_equal(a.from.email, "gregkh@linuxfoundation.org");
	assert_string_equal(a.branch, "linux-6.1.y");
	assert_string_equal(a.tree, "git://git.kernel.org/linux-stable-rc.git");
	assert_int_equal(a.sent, 1795272142);
	assert_int_equal(a.deadline, BY_HEADER);
	assert_int_equal(a.to.n, 1);
	assert_int_equal(a.cc.n, 4);
	assert_string_equal(a.cc.items[3].name, "Hunter, Jon");
}

static void the_deadline_may_stand_in_words_only(void **state)
{
	struct arena *arena = *state;
	static const struct {
		const char *header, *words;
		int64_t want;
	} cases[] = {
		{ "", GREG, BY_WORDS },
		{ "", SASHA, BY_WORDS },
		{ "", "Mon Nov 23 14:42:41 UTC 2026", BY_WORDS },
		{ "", "Mon Nov 23 12:42:41 AM UTC 2026", BY_WORDS - 14 * 3600 },
		{ "", "the end of the week", 0 },
		{ "", "Mon Nov 23 13:42:41 PM UTC 2026", 0 },
		{ "", "Mon Nov 23 -2:-2:-1 UTC 2026", 0 },
		{ "X-KernelTest-Deadline: 2026-11-23T14:43:00Z\n", GREG, BY_HEADER },
		{ "X-KernelTest-Deadline: 2026-11-23T15:43+0100\n", GREG, BY_HEADER },
		{ "X-KernelTest-Deadline: 2026-11-23T10:13-04:30\n", GREG, BY_HEADER },
		{ "X-KernelTest-Deadline: 2026-11-23T14:43\n", GREG, BY_HEADER },
		{ "X-KernelTest-Deadline: 2026-13-23T14:43+00:00\n", GREG, BY_WORDS },
		{ "X-KernelTest-Deadline: soon\n", SASHA, BY_WORDS },
		{ "X-KernelTest-Deadline: 2026-11-23T14:43+99:00\n", "never", 0 },
		{ "X-KernelTest-Deadline: 9999-11-23T99:99+00:00\n", "never", 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct announcement a;
		char *mail = mail_of(arena,
				     arena_printf(arena, HEADERS SUBJECT "%s", cases[i].header),
				     cases[i].words);

		assert_int_equal(reads(arena, mail, &a), 1);
		if (a.deadline != cases[i].want)
			fail_msg("%s%s: %lld", cases[i].header, cases[i].words,
				 (long long)a.deadline);
	}
}

static void what_is_no_announcement_is_another_mail(void **state)
{
	struct arena *arena = *state;
	static const char *const subjects[] = {
		"Subject: [PATCH 6.1 001/262] KVM: x86: review\n",
		"Subject: [PATCH 6.1 001/262] 6.1.188-rc1 review\n",
		"Subject: Re: [PATCH 6.1 000/262] 6.1.188-rc1 review\n",
		"Subject: [PATCH 6.1 000/262] 6.1.188 review\n",
		"Subject: [PATCH 6.1 000/262] 6.12.88-rc1 review\n",
		"Subject: [PATCH 6.1 000/262] 6.1-rc1 review\n",
		"Subject: [PATCH 6.1 000/262] 6.1.188-rc1 reviewed by me\n",
		"Subject: [PATCH 000/262] 6.1.188-rc1 review\n",
		"Subject: [PATCH 6.1 000/000] 6.1.188-rc1 review\n",
		"Subject: [PATCH 6.1 000/262 6.1.188-rc1 review\n",
		"Subject: 6.1.188-rc1 review\n",
		"Subject: [[[[\n",
		"Subject: []\n",
		"",
	};
	struct announcement a;

	for (size_t i = 0; i < ARRAY_SIZE(subjects); i++)
		if (reads(arena,
			  mail_of(arena, arena_printf(arena, HEADERS "%s" TESTED, subjects[i]),
				  GREG),
			  &a))
			fail_msg("taken: %s", subjects[i]);
	/* Headers that contradict the subject; nobody to answer; no mail at all. */
	assert_int_equal(
		reads(arena,
		      mail_of(arena, HEADERS SUBJECT "X-KernelTest-Version: 6.1.187-rc1\n", GREG),
		      &a),
		0);
	assert_int_equal(reads(arena, "From: a@b.example\n" SUBJECT "\nbody\n", &a), 0);
	assert_int_equal(reads(arena, SUBJECT "Message-ID: <a@b>\n\nbody\n", &a), 0);
	assert_int_equal(reads(arena, "From: nobody\n" SUBJECT "Message-ID: <a@b>\n\n", &a), 0);
	assert_int_equal(reads(arena, "", &a), 0);
	assert_string_equal(fail_message(), "");
}

static void a_folded_and_an_encoded_subject_are_read(void **state)
{
	struct announcement a;

	assert_int_equal(reads(*state,
			       mail_of(*state,
				       HEADERS
				       "Subject: [stable] [PATCH 6.1\n 000/262]\n 6.1.188-rc1\n"
				       "\treview\n",
				       GREG),
			       &a),
			 1);
	assert_string_equal(a.name, "v6.1.188-rc1");
	assert_int_equal(reads(*state,
			       mail_of(*state,
				       HEADERS "Subject: =?UTF-8?q?=5BPATCH_6=2E1_00/55=5D?=\n"
					       " =?UTF-8?q?_6=2E1=2E188-rc3_review?=\n",
				       GREG),
			       &a),
			 1);
	assert_string_equal(a.name, "v6.1.188-rc3");
	assert_string_equal(a.subject, "[PATCH 6.1 00/55] 6.1.188-rc3 review");
}

static void put(struct arena *arena, const char *dir, const char *name, const char *mail)
{
	const char *path = arena_printf(arena, "%s/%s", dir, name);

	assert_ok(file_write(path, slice_of(mail), 0644));
}

static void a_mailbox_of_any_kind_gives_each_version_once_the_newest_last(void **state)
{
	struct arena *arena = *state;
	char *one = mail_of(arena, HEADERS SUBJECT TESTED DEADLINE, GREG);
	char *again = mail_of(arena,
			      "From: Sasha Levin <sashal@kernel.org>\nTo: stable@vger.kernel.org\n"
			      "Date: Sun, 22 Nov 2026 00:00:00 +0000\n"
			      "Message-ID: <cover.2@kernel.org>\n" SUBJECT,
			      SASHA);
	char *older = mail_of(arena,
			      "From: a@b.example\nDate: Fri, 20 Nov 2026 00:00:00 +0000\n"
			      "Subject: [PATCH 6.12 000/9] 6.12.9-rc2 review\nMessage-ID: <3@b>\n",
			      GREG);
	char *patch = mail_of(arena, HEADERS "Subject: [PATCH 6.1 001/262] x: review\n" TESTED, "");
	struct announcements all;
	char *dir, *mbox;

	assert_ok(file_temp_dir(arena, "test_announcement", &dir));
	mbox = arena_printf(
		arena,
		"From a@b Thu Jan  1 00:00:00 2026\n%s>From here on\n\nFrom a@b Thu Jan  1 00:00:01 2026\n"
		"%s\nFrom a@b Thu Jan  1 00:00:02 2026\n%s\nFrom a@b Thu Jan  1 00:00:03 2026\n%s\n",
		again, patch, one, older);
	put(arena, dir, "mbox", mbox);
	assert_ok(announcements_read(arena, arena_printf(arena, "%s/mbox", dir), &all));
	assert_int_equal(all.n, 2);
	assert_string_equal(all.items[0].name, "v6.12.9-rc2");
	assert_string_equal(all.items[1].name, "v6.1.188-rc1");
	assert_string_equal(all.items[1].from.name, "Sasha Levin");
	assert_int_equal(all.items[1].deadline, BY_WORDS);

	/* A folder; a maildir, with what was thrown away in it, and a folder being filled. */
	put(arena, dir, "1.eml", one);
	assert_ok(remove(arena_printf(arena, "%s/mbox", dir)));
	assert_ok(announcements_read(arena, dir, &all));
	assert_int_equal(all.n, 1);
	assert_string_equal(all.items[0].from.name, "Greg Kroah-Hartman");
	assert_ok(file_make_dirs(arena_printf(arena, "%s/cur/.sub", dir)));
	assert_ok(file_make_dirs(arena_printf(arena, "%s/new", dir)));
	assert_ok(file_make_dirs(arena_printf(arena, "%s/tmp", dir)));
	put(arena, dir, "cur/1.x:2,S", older);
	put(arena, dir, "cur/2.x:2,ST", one);
	put(arena, dir, "tmp/3.x", one);
	assert_ok(announcements_read(arena, dir, &all));
	assert_int_equal(all.n, 1);
	assert_string_equal(all.items[0].name, "v6.12.9-rc2");
	put(arena, dir, "new/4.x", again);
	assert_ok(announcements_read(arena, dir, &all));
	assert_int_equal(all.n, 2);
	assert_fails(announcements_read(arena, arena_printf(arena, "%s/none", dir), &all),
		     FAIL_USAGE, "there is no mailbox");
	assert_ok(file_remove_tree(dir));
}

static struct ruling ruling_of(enum proof_kind kind, const char *word, bool red, bool unknown)
{
	return (struct ruling){ .kind = kind,
				.series = "demo",
				.line = "6.1.y-rc",
				.target = "v6.1.188-rc1+0123456789ab",
				.cell = kind == PROOF_TEST ? "tcg" : "",
				.word = word,
				.red = red,
				.unknown = unknown,
				.why = "",
				.bad = red ? "smm_test: regression" : "",
				.waived = "",
				.marks = "" };
}

static struct reply_to_rc reply_of(struct arena *arena, struct announcement *a,
				   struct ruling *rulings, size_t n)
{
	assert_int_equal(reads(arena, mail_of(arena, HEADERS SUBJECT TESTED DEADLINE, GREG), a), 1);
	return (struct reply_to_rc){ .announcement = a,
				     .rulings = { rulings, n, n },
				     .from = "Zo\xc3\xab M <zoe@example.org>",
				     .machine = "QEMU 7.2 (TCG, AMD SVM)",
				     .before = "v6.1.187",
				     .now = BY_HEADER - 3600 };
}

/* The mail taken apart again; each line at most 78 columns, those of the body 72. */
static const char *drafted(struct arena *arena, const struct reply_to_rc *reply, struct mime *mime)
{
	struct text mail __free_text = TEXT_INIT;
	struct slice copy, rest, line;
	bool late;

	assert_ok(announcement_reply(arena, reply, &mail, &late));
	copy = slice_copy(arena, text_slice(&mail));
	assert_ok(mime_parse(arena, copy, mime));
	for (rest = copy; slice_line(&rest, &line);)
		assert_true(line.n <= 78);
	for (rest = mime->text; slice_line(&rest, &line);)
		assert_true(line.n <= 73); /* a name may take bytes more than columns */
	return slice_str(arena, mime->text);
}

static const char *unfilled(struct arena *arena, const char *body)
{
	char *one = arena_strdup(arena, body);

	for (char *p = one; (p = strchr(p, '\n'));)
		*p = ' ';
	return one;
}

static void a_reply_goes_to_all_and_says_tested_by_where_all_is_well(void **state)
{
	struct ruling rulings[] = { ruling_of(PROOF_APPLY, "ok", false, false),
				    ruling_of(PROOF_BUILD, "ok", false, false),
				    ruling_of(PROOF_TEST, "ok", false, false) };
	struct announcement a;
	struct reply_to_rc reply = reply_of(*state, &a, rulings, ARRAY_SIZE(rulings));
	struct mime mime;
	const char *body = drafted(*state, &reply, &mime);

	assert_string_equal(mime_get(&mime, "subject"),
			    "Re: [PATCH 6.1 000/262] 6.1.188-rc1 review");
	assert_string_equal(mime_get(&mime, "to"),
			    "Greg Kroah-Hartman <gregkh@linuxfoundation.org>");
	assert_string_equal(
		mime_get(&mime, "cc"),
		"stable@vger.kernel.org, patches@lists.linux.dev, linux-kernel@vger.kernel.org, "
		"\"Hunter, Jon\" <jonathanh@nvidia.com>");
	assert_string_equal(mime_get(&mime, "in-reply-to"),
			    "<20261121144326.116493600@linuxfoundation.org>");
	assert_string_equal(mime_get(&mime, "references"), mime_get(&mime, "in-reply-to"));
	assert_string_equal(mime_words(*state, mime_get(&mime, "from")),
			    "Zo\xc3\xab M <zoe@example.org>");
	assert_null(mime_get(&mime, "auto-submitted"));
	assert_non_null(strstr(body, "6.1.188-rc1 (0123456789ab) built for x86_64"));
	assert_non_null(strstr(body, "QEMU 7.2"));
	assert_true(slice_find(slice_of(unfilled(*state, body)),
			       SLICE("the series demo. No regressions against v6.1.187.")) > 0);
	assert_non_null(strstr(body, "\nTested-by: Zo\xc3\xab M <zoe@example.org>\n"));
}

static void only_what_is_all_known_and_well_is_tested(void **state)
{
	struct ruling bad[] = { ruling_of(PROOF_BUILD, "ok", false, false),
				ruling_of(PROOF_TEST, "regression", true, false) };
	struct ruling unknown[] = { ruling_of(PROOF_TEST, "ok", false, false),
				    ruling_of(PROOF_TEST, "infrastructure", false, true) };
	struct ruling built[] = { ruling_of(PROOF_APPLY, "ok", false, false),
				  ruling_of(PROOF_BUILD, "ok", false, false) };
	struct ruling well[] = { ruling_of(PROOF_TEST, "ok", false, false) };
	static const char *const broken[] = {
		"smm_test (tcg): passes on v6.1.187, fails on v6.1.188-rc1"
	};
	struct announcement a;
	struct reply_to_rc reply = reply_of(*state, &a, bad, ARRAY_SIZE(bad));
	struct mime mime;
	const char *body = drafted(*state, &reply, &mime);

	assert_null(strstr(body, "Tested-by"));
	assert_null(strstr(body, "No regressions"));
	assert_non_null(strstr(body, "What fails with the series demo on top:\n  tcg: regression\n"
				     "    smm_test: regression\n"));
	reply = reply_of(*state, &a, unknown, ARRAY_SIZE(unknown));
	body = drafted(*state, &reply, &mime);
	assert_null(strstr(body, "Tested-by"));
	assert_non_null(strstr(body, "What could not be found out:\n  tcg: infrastructure\n"));
	reply = reply_of(*state, &a, built, ARRAY_SIZE(built));
	body = drafted(*state, &reply, &mime);
	assert_null(strstr(body, "Tested-by"));
	assert_non_null(strstr(body, "not booted"));
	/* What it breaks by itself the series is not to blame for, and no verdict on the series shows it. */
	reply = reply_of(*state, &a, well, ARRAY_SIZE(well));
	assert_true(reply_clean(&reply));
	reply.broken = broken;
	reply.nbroken = 1;
	assert_false(reply_clean(&reply));
	body = drafted(*state, &reply, &mime);
	assert_null(strstr(body, "Tested-by"));
	assert_non_null(
		strstr(body, "What fails on 6.1.188-rc1 by itself, and not on v6.1.187:\n"));
}

static void the_deadline_is_honoured(void **state)
{
	struct ruling well[] = { ruling_of(PROOF_TEST, "ok", false, false) };
	struct announcement a;
	struct reply_to_rc reply = reply_of(*state, &a, well, 1);
	struct text mail __free_text = TEXT_INIT;
	bool late = true;

	reply.now = BY_HEADER;
	assert_ok(announcement_reply(*state, &reply, &mail, &late));
	assert_false(late);
	reply.now++;
	assert_ok(announcement_reply(*state, &reply, &mail, &late));
	assert_true(late);
	a.deadline = 0;
	assert_ok(announcement_reply(*state, &reply, &mail, &late));
	assert_false(late);
	reply.from = "nobody";
	assert_fails(announcement_reply(*state, &reply, &mail, &late), FAIL_USAGE, "no address");
}

static void no_header_can_be_smuggled_in(void **state)
{
	struct ruling well[] = { ruling_of(PROOF_TEST, "ok", false, false) };
	struct announcement a;
	struct reply_to_rc reply = reply_of(*state, &a, well, 1);
	struct mime mime;

	well[0].series = "demo\nBcc: all@example.org";
	assert_int_equal(
		reads(*state,
		      "From: =?utf-8?q?A=0ABcc=3A_all=40example=2Eorg?= <a@b.example>\n"
		      "To: \"x\r\" <x@y.example>, <q@r\x01.example>, z@w.example\n"
		      "Subject: [=?utf-8?q?PATCH_6=2E1_0/1=5D?= 6.1.188-rc1 =?utf-8?q?review=0D=0ABcc=3A?=\n"
		      "Message-ID: <a@b>\n\n",
		      &a),
		0);
	assert_int_equal(reads(*state,
			       "From: =?utf-8?q?A=0ABcc=3A_all=40example=2Eorg?= <a@b.example>\n"
			       "To: \"x\r\" <x@y.example>, <q@r\x01.example>, z@w.example\n" SUBJECT
			       "Message-ID: <a@b>\n\n",
			       &a),
			 1);
	drafted(*state, &reply, &mime);
	assert_null(mime_get(&mime, "bcc"));
	assert_string_equal(mime_get(&mime, "cc"), "x <x@y.example>, z@w.example");
	assert_int_equal(mime.n, 10);
}

static void addresses_are_read_or_refused(void **state)
{
	struct people people = { 0 };
	char *bad;

	assert_true(addresses_read(
		*state, "root, A B <a@b.example>,\"C, D\" <c@d>, A <A@B.example>,", &people, &bad));
	assert_int_equal(people.n, 3);
	assert_string_equal(people.items[0].email, "root");
	assert_string_equal(people.items[2].name, "C, D");
	assert_false(addresses_read(*state, "a@b, not an address", &people, &bad));
	assert_string_equal(bad, "not an address");
	assert_false(addresses_read(*state, "-oQ/tmp", &people, &bad));
	assert_false(addresses_read(*state, "a@b\nBcc: c@d", &people, &bad));
	assert_null(message_id_read(*state, "<a b@c>"));
	assert_null(message_id_read(*state, "<a@b"));
	assert_string_equal(message_id_read(*state, " <a@b> (x)"), "a@b");
}

UNIT_MAIN(unit(an_announcement_says_what_is_up_for_review_and_until_when),
	  unit(the_deadline_may_stand_in_words_only), unit(what_is_no_announcement_is_another_mail),
	  unit(a_folded_and_an_encoded_subject_are_read),
	  unit(a_mailbox_of_any_kind_gives_each_version_once_the_newest_last),
	  unit(a_reply_goes_to_all_and_says_tested_by_where_all_is_well),
	  unit(only_what_is_all_known_and_well_is_tested), unit(the_deadline_is_honoured),
	  unit(no_header_can_be_smuggled_in), unit(addresses_are_read_or_refused))
