/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"

#include "patch/mail.h"
#include "patch/mbox.h"
#include "patch/mime.h"

#define DIFF                                                                                       \
	"diff --git a/f b/f\n"                                                                     \
	"index 1111111..2222222 100644\n"                                                          \
	"--- a/f\n"                                                                                \
	"+++ b/f\n"                                                                                \
	"@@ -1,2 +1,2 @@\n"                                                                        \
	" one\n"                                                                                   \
	"-two\n"                                                                                   \
	"+three\n"
#define HEAD                                                                                       \
	"From: A U Thor <a@example.org>\n"                                                         \
	"Date: Tue, 17 Feb 2026 16:54:38 -0800\n"                                                  \
	"Subject: [PATCH] f: three it is\n"

static struct mail parse(void **state, const char *raw)
{
	struct mail mail;

	assert_ok(mail_parse(*state, slice_of(raw), &mail));
	return mail;
}

static void a_plain_patch_gives_author_date_message_and_diff(void **state)
{
	struct mail mail =
		parse(state,
		      HEAD "Message-ID: <1@x>\n\nBecause.\n\n"
			   "Fixes: 1234 (\"f\")\nSigned-off-by: A U Thor <a@example.org>\n"
			   "---\n f | 2 +-\n 1 file changed, 1 insertion(+), 1 deletion(-)\n\n" DIFF
			   "\nbase-commit: 183bb0ce8c77b0fd1fb25874112bc8751a461e49\n-- \n2.5\n");

	assert_string_equal(mail.author.name, "A U Thor");
	assert_string_equal(mail.author.email, "a@example.org");
	assert_int_equal(mail.date, 1771376078);
	assert_int_equal(mail.date_offset, -480);
	assert_string_equal(mail.subject, "f: three it is");
	assert_string_equal(mail.prefix, "PATCH");
	assert_string_equal(mail.body, "Because.\n\nFixes: 1234 (\"f\")\n"
				       "Signed-off-by: A U Thor <a@example.org>\n");
	assert_int_equal(mail.ntrailers, 2);
	assert_string_equal(mail.trailers[0].key, "Fixes");
	assert_string_equal(mail.trailers[1].value, "A U Thor <a@example.org>");
	assert_string_equal(mail.notes, "");
	assert_string_equal(mail.message_id, "1@x");
	assert_string_equal(mail.base_commit, "183bb0ce8c77b0fd1fb25874112bc8751a461e49");
	assert_int_equal(mail.diff.n, 1);
	assert_int_equal(mail.diff.items[0].items[0].n, 3);
	/* The hunk's line in the mail, not in its body. */
	assert_int_equal(mail.diff.items[0].items[0].at, 18);
}

static void prefix_numbers_are_read(void **state)
{
	struct mail mail =
		parse(state, "From: a@b\nSubject: Re: [PATCH 6.1.y v2 03/14] [x86] a:  b\n c\n\n");

	assert_string_equal(mail.subject, "a: b c");
	assert_string_equal(mail.prefix, "PATCH 6.1.y v2 03/14 x86");
	assert_int_equal(mail.number, 3);
	assert_int_equal(mail.total, 14);
	assert_int_equal(mail.version, 2);
	assert_true(mail.reply);
	assert_int_equal(parse(state, "From: a@b\nSubject: [PATCHv3] x\n\n").version, 3);
	assert_int_equal(parse(state, "From: a@b\nSubject: [PATCH for 6.6] x\n\n").version, 1);
}

static void an_in_body_from_is_the_author(void **state)
{
	struct mail mail = parse(state, "From: Sender <s@example.org>\nSubject: [PATCH] outer\n"
					"Date: Thu, 1 Jan 2026 00:00:00 +0000\n\n"
					"From: =?UTF-8?q?J=C3=BCrgen?= <j@example.org>\n"
					"Subject: f: inner\n and folded\n"
					"Date: Fri, 2 Jan 2026 00:00 +0100\n\nBody.\n---\n" DIFF);

	assert_string_equal(mail.author.name, "J\xc3\xbcrgen");
	assert_string_equal(mail.author.email, "j@example.org");
	assert_string_equal(mail.subject, "f: inner and folded");
	assert_int_equal(mail.date, 1767308400);
	assert_int_equal(mail.date_offset, 60);
	assert_string_equal(mail.body, "Body.\n");
}

static void a_sentence_that_begins_with_from_is_no_header(void **state)
{
	struct mail mail = parse(state, HEAD "\nFrom: the top of the file on.\n---\n" DIFF);

	assert_string_equal(mail.author.email, "a@example.org");
	assert_string_equal(mail.body, "From: the top of the file on.\n");
}

static void crlf_goes_where_each_line_has_it(void **state)
{
	struct text crlf __free_text = TEXT_INIT;
	struct slice rest = SLICE(HEAD "\nWhy.\n---\n" DIFF), line;
	struct mail mail;

	while (slice_line(&rest, &line))
		text_addf(&crlf, SLICE_FMT "\r\n", SLICE_ARG(line));
	mail = parse(state, text_str(&crlf));
	assert_string_equal(mail.body, "Why.\n");
	assert_slice(mail.diff.items[0].items[0].items[2].text, "three");
	/* A patch to a file with CRLF lines keeps them. */
	mail = parse(
		state, HEAD
		"\nWhy.\n---\ndiff --git a/f b/f\n--- a/f\n+++ b/f\n@@ -1 +1 @@\n-a\r\n+b\r\n");
	assert_slice(mail.diff.items[0].items[0].items[1].text, "b\r");
}

static void base64_and_quoted_printable_are_undone(void **state)
{
	struct mail mail = parse(
		state, HEAD
		"Content-Type: text/plain; charset=\"utf-8\"\n"
		"Content-Transfer-Encoding: base64\n\n"
		"R3LDvMOfZS4NCi0tLQ0KZGlmZiAtLWdpdCBhL2YgYi9mDQotLS0gYS9mDQorKysgYi9mDQpAQCAt\n"
		"MSArMSBAQA0KLWENCitiDQo=\n");

	assert_string_equal(mail.body, "Gr\xc3\xbc\xc3\x9f"
				       "e.\n");
	assert_slice(mail.diff.items[0].items[0].items[1].text, "b");
	mail = parse(state,
		     HEAD "Content-Transfer-Encoding: quoted-printable\n\n"
			  "a=3Db, soft=\n break =\n---\n---\ndiff --git a/f b/f\n--- a/f\n+++ b/f\n"
			  "@@ -1 +1 @@\n-x =3D 1;=20\n+x =3D 2;\n");
	assert_string_equal(mail.body, "a=b, soft break ---\n");
	assert_slice(mail.diff.items[0].items[0].items[0].text, "x = 1; ");
}

static void character_sets_come_out_as_utf8(void **state)
{
	assert_string_equal(parse(state,
				  HEAD "Content-Type: text/plain; charset=iso-8859-1\n\nGr\xfc\xdf"
				       "e\n---\n" DIFF)
				    .body,
			    "Gr\xc3\xbc\xc3\x9f"
			    "e\n");
	/* Said to be ASCII, is UTF-8; and is neither. */
	assert_string_equal(parse(state, HEAD
				  "Content-Type: text/plain; charset=ANSI_X3.4-1968\n\nGr\xc3\xbc"
				  "n\n---\n" DIFF)
				    .body,
			    "Gr\xc3\xbc"
			    "n\n");
	assert_string_equal(parse(state,
				  HEAD "Content-Type: text/plain; charset=ANSI_X3.4-1968\n\nGr\xfc"
				       "n\n---\n" DIFF)
				    .body,
			    "Gr\xc3\xbc"
			    "n\n");
	assert_string_equal(
		parse(state,
		      HEAD "Content-Type: text/plain; charset=x-nonsense\n\nplain\n---\n" DIFF)
			.body,
		"plain\n");
}

static void a_patch_keeps_its_bytes_whatever_the_charset(void **state)
{
	struct mail mail = parse(
		state, HEAD "Content-Type: text/plain; charset=iso-8859-1\n\n\xfc\n---\n"
			    "diff --git a/f b/f\n--- a/f\n+++ b/f\n@@ -1 +1 @@\n-\xfc\n+\xe4\n");

	assert_slice(mail.diff.items[0].items[0].items[1].text, "\xe4");
}

static void multipart_gives_its_text_and_attached_patches(void **state)
{
	struct mail mail =
		parse(state,
		      HEAD "Content-Type: multipart/mixed;\n boundary=\"=-=-=\"\n\n"
			   "preamble\n--=-=-=\nContent-Type: multipart/alternative; boundary=in\n\n"
			   "--in\nContent-Type: text/plain\n\nThe why.\n---\n--in\n"
			   "Content-Type: text/html\n\n<p>The why\n--in--\n\n--=-=-=\n"
			   "Content-Type: text/x-patch; name=x.patch\n"
			   "Content-Disposition: attachment; filename=x.patch\n\n" DIFF
			   "--=-=-=--\ntrailing\n");

	assert_string_equal(mail.body, "The why.\n");
	assert_int_equal(mail.diff.n, 1);
	assert_int_equal(mail.diff.items[0].items[0].at, 30);
}

static void flowed_text_is_put_back_together(void **state)
{
	struct mail mail =
		parse(state, HEAD
		      "Content-Type: text/plain; format=flowed; delsp=yes\n\n"
		      "One sentence on \ntwo lines.\n---\ndiff --git a/f b/f\n--- a/f\n+++ b/f\n"
		      "@@ -1,2 +1,2 @@\n  one\n-two\n+three\n-- \nsig\n");

	assert_string_equal(mail.body, "One sentence ontwo lines.\n");
	assert_slice(mail.diff.items[0].items[0].items[0].text, "one");
}

static void what_stands_above_scissors_is_dropped(void **state)
{
	struct mail mail =
		parse(state,
		      "From: S <s@x>\nSubject: Re: a bug\nIn-Reply-To: <0@x>\n\nHow about this?\n\n"
		      "-- >8 --\nFrom: B <b@x>\nSubject: [PATCH] f: fix\n\nWhy.\n---\n" DIFF);

	assert_string_equal(mail.subject, "f: fix");
	assert_string_equal(mail.author.email, "b@x");
	assert_string_equal(mail.body, "Why.\n");
	/* git format-patch writes none: there it is text. */
	mail = parse(state,
		     "From 1234567890123456789012345678901234567890 Mon Sep 17 00:00:00 2001\n" HEAD
		     "\nCut\n-- >8 --\nhere.\n---\n" DIFF);
	assert_string_equal(mail.body, "Cut\n-- >8 --\nhere.\n");
}

static void a_rule_of_dashes_in_the_message_does_not_end_it(void **state)
{
	struct mail mail =
		parse(state, HEAD
		      "\nBefore:\n---\nold\n---\nSo.\n\nSigned-off-by: A <a@x>\n---\nv2: less\n"
		      "---\n f | 2 +-\n\n" DIFF);

	assert_string_equal(mail.body, "Before:\n---\nold\n---\nSo.\n\nSigned-off-by: A <a@x>\n");
	assert_string_equal(mail.notes, "v2: less\n---\n");
	/* Without a sign-off, the first one does. */
	mail = parse(state, HEAD "\nBefore\n---\nafter\n---\n" DIFF);
	assert_string_equal(mail.body, "Before\n");
}

static void an_mbox_is_cut_at_real_from_lines_only(void **state)
{
	static const char raw[] = "From mboxrd@z Thu Jan  1 00:00:00 1970\n" HEAD
				  "\nFrom here on, all is\n>From what I saw\n"
				  ">>From quoted\n\nFrom: not a header\n---\n" DIFF "\n"
				  "From mboxrd@z Thu Jan  1 00:00:00 1970\n" HEAD
				  "\nTwo.\n---\n" DIFF;
	struct mails mails;

	assert_ok(mail_parse_mbox(*state, SLICE(raw), &mails));
	assert_int_equal(mails.n, 2);
	assert_string_equal(
		mails.items[0].body,
		"From here on, all is\nFrom what I saw\n>From quoted\n\nFrom: not a header\n");
	assert_string_equal(mails.items[1].body, "Two.\n");
	assert_int_equal(mails.items[1].diff.items[0].items[0].at, 32);
	/* What format-patch writes is not escaped, so nothing is undone. */
	assert_string_equal(
		parse(state,
		      "From 1234567890123456789012345678901234567890 Mon Sep 17 00:00:00 2001\n" HEAD
		      "\n>From a quote\n---\n" DIFF)
			.body,
		">From a quote\n");
}

static void a_malformed_patch_is_refused_with_its_line(void **state)
{
	struct mail mail;
	static const char bad[] = HEAD
		"\nWhy.\n---\ndiff --git a/f b/f\n--- a/f\n+++ b/f\n@@ -1,5 +1,5 @@\n-x\n+y\n";
	static const char two[] =
		"From x Thu Jan  1 00:00:00 1970\nFrom: a@b\n\nok\n\nFrom x Thu Jan  1 00:00:00 1970\n" HEAD
		"\nWhy.\n---\ndiff --git a/f b/f\n--- a/f\n+++ b/f\n@@ -1,5 +1,5 @@\n-x\n+y\n";
	struct mails mails;

	assert_fails(mail_parse(*state, SLICE(bad), &mail), FAIL_USAGE, "line 10:");
	assert_fails(mail_parse_mbox(*state, SLICE(two), &mails), FAIL_USAGE, "line 16:");
	assert_fails(mail_parse(*state,
				SLICE("\x7f"
				      "ELF nonsense\n"),
				&mail),
		     FAIL_USAGE, "no mail");
	assert_fails(
		mail_parse(
			*state,
			SLICE(HEAD
			      "\n---\ndiff --git a/../e b/../e\n--- a/../e\n+++ b/../e\n@@ -1 +1 @@\n-x\n+y\n"),
			&mail),
		FAIL_POLICY, "");
}

static void a_reply_that_quotes_a_broken_diff_is_text(void **state)
{
	struct mail mail = parse(
		state,
		"From: a@b\nSubject: Re: x\nIn-Reply-To: <1@x>\n\nE.g.\n\n---\ndiff --git a/f b/f\n"
		"--- a/f\n+++ b/f\n@@ -1,5 +1,5 @@\n   x\n\nReviewed-by: A <a@b>\n");

	assert_int_equal(mail.diff.n, 0);
	assert_non_null(strstr(mail.body, "Reviewed-by: A"));
}

/* Greg's and Sasha's way to say so; what is imported is the commit, not their mail. */
static void a_failed_notice_gives_the_commit_that_it_is_about(void **state)
{
	static const char id[] = "d0ad1b05bbe6f8da159a4dfb6692b3b7ce30ccc8";
	static const char *const subjects[] = {
		"FAILED: patch \"[PATCH] f: three it is\" failed to apply to 6.1-stable tree",
		"FAILED: Patch \"f: three it is\" failed to apply to 6.1-stable tree",
	};

	for (size_t i = 0; i < ARRAY_SIZE(subjects); i++) {
		struct mail mail = parse(
			state,
			arena_printf(
				*state,
				"Subject: %s\nFrom: <gregkh@linuxfoundation.org>\nMessage-ID: <n@x>\n"
				"Content-Type: text/plain; charset=ANSI_X3.4-1968\n\n"
				"The patch below does not apply to the 6.1-stable tree.\n\n"
				"git cherry-pick -x %s\n\nThanks,\n\n"
				"------------------ original commit in Linus's tree ------------------\n\n"
				"From %s Mon Sep 17 00:00:00 2001\n" HEAD
				"\nBecause.\n\nSigned-off-by: A U Thor <a@example.org>\n\n" DIFF,
				subjects[i], id, id));

		assert_string_equal(mail.upstream, id);
		assert_string_equal(mail.subject, "f: three it is");
		assert_string_equal(mail.author.email, "a@example.org");
		assert_int_equal(mail.date, 1771376078);
		assert_string_equal(mail.body,
				    "Because.\n\nSigned-off-by: A U Thor <a@example.org>\n");
		assert_int_equal(mail.diff.n, 1);
		assert_int_equal(mail.diff.items[0].items[0].at, 27);
		assert_null(mail.message_id);
	}
}

static void addresses_of_all_kinds_are_read(void **state)
{
	static const struct {
		const char *value, *name, *email;
	} cases[] = {
		{ "A B <a@b>", "A B", "a@b" },
		{ "\"Last, \\\"F\\\" M.\" <a@b>", "Last, \"F\" M.", "a@b" },
		{ "a@b (A B)", "A B", "a@b" },
		{ "a@b", "a@b", "a@b" },
		{ "=?ISO-8859-1?Q?J=FCrgen_M?= =?utf-8?b?w7xsbGVy?= <a@b>",
		  "J\xc3\xbcrgen M\xc3\xbcller", "a@b" },
		{ "<a@b>", "a@b", "a@b" },
	};
	struct person person;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_true(mime_person(*state, cases[i].value, &person));
		assert_string_equal(person.name, cases[i].name);
		assert_string_equal(person.email, cases[i].email);
	}
	assert_false(mime_person(*state, "nobody", &person));
	assert_false(mime_person(*state, "", &person));
	assert_false(mime_person(*state, "<>", &person));
}

static void what_is_written_is_read_back(void **state)
{
	static const struct {
		const char *name, *message;
	} cases[] = {
		{ "A U Thor", "f: short\n\nBody.\n\nSigned-off-by: A U Thor <a@b>\n" },
		{ "J\xc3\xbcrgen, M\xc3\xbcller \"x\"",
		  "f: a subject that goes on for so long that it must be folded, and then \xc3\xa9tendu with more words\n\n\xe2\x86\x92 ok\n" },
		{ "O'Hara, X.", "f: subject only\n" },
		{ "A",
		  "f: a subject in plain ASCII that goes on for so long that its header must be folded twice at least, I am sure\n\n"
		  "From: this looks like a header <x@y>\n\nbut is none.\n" },
		{ "A", "=?UTF-8?q?odd?= subject\n\nx\n" },
	};
	struct mail from = parse(state, HEAD "\n\n---\n" DIFF);

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		for (int sent = 0; sent < 2; sent++) {
			struct person author = { (char *)(uintptr_t)cases[i].name,
						 (char *)(uintptr_t) "a@b" };
			struct mail_style style = {
				.prefix = "PATCH 6.1.y",
				.number = 2,
				.total = 12,
				.base_commit = "183bb0ce8c77b0fd1fb25874112bc8751a461e49"
			};
			struct text out __free_text = TEXT_INIT;
			struct mail back;

			if (sent)
				style.sender = (struct person){ (char *)(uintptr_t) "Sender",
								(char *)(uintptr_t) "s@b" };
			mail_write(&out, &style, &author, 1771376078, -480, cases[i].message,
				   &from.diff);
			assert_ok(mail_parse(*state, text_slice(&out), &back));
			assert_string_equal(back.author.name, cases[i].name);
			assert_string_equal(back.author.email, "a@b");
			assert_string_equal(arena_printf(*state, *back.body ? "%s\n\n%s" : "%s\n",
							 back.subject, back.body),
					    cases[i].message);
			assert_string_equal(back.prefix, "PATCH 6.1.y 02/12");
			assert_string_equal(back.base_commit, style.base_commit);
			assert_int_equal(back.date, 1771376078);
			assert_int_equal(back.date_offset, -480);
			assert_string_equal(back.notes, "");
			assert_slice(back.diff.items[0].items[0].items[2].text, "three");
			assert_non_null(strstr(
				text_str(&out),
				"\n f | 2 +-\n 1 file changed, 1 insertion(+), 1 deletion(-)\n"));
		}
	}
}

static void header_lines_stay_short(void **state)
{
	struct mail from = parse(state, HEAD "\n\n---\n" DIFF);
	struct person author = { (char *)(uintptr_t) "A", (char *)(uintptr_t) "a@b" };
	struct mail_style style = { .prefix = "PATCH" };
	struct text out __free_text = TEXT_INIT;
	struct slice rest, line;

	mail_write(
		&out, &style, &author, 0, 0,
		"\xc3\xa4\xc3\xb6\xc3\xbc \xc3\xa4\xc3\xb6\xc3\xbc \xc3\xa4\xc3\xb6\xc3\xbc \xc3\xa4\xc3\xb6\xc3\xbc "
		"\xc3\xa4\xc3\xb6\xc3\xbc \xc3\xa4\xc3\xb6\xc3\xbc \xc3\xa4\xc3\xb6\xc3\xbc and then some more in ASCII\n",
		&from.diff);
	rest = text_slice(&out);
	while (slice_line(&rest, &line) && line.n)
		assert_true(line.n <= 78);
}

static void a_line_that_would_end_the_message_is_set_in(void **state)
{
	struct mail from = parse(state, HEAD "\n\n---\n" DIFF), back;
	struct person author = { (char *)(uintptr_t) "A", (char *)(uintptr_t) "a@b" };
	struct mail_style style = { .prefix = "PATCH" };
	struct text out __free_text = TEXT_INIT;

	mail_write(&out, &style, &author, 0, 0, "f: x\n\na\n---\nb\ndiff --git a/f b/f\nIndex: f\n",
		   &from.diff);
	assert_ok(mail_parse(*state, text_slice(&out), &back));
	assert_string_equal(back.body, "a\n ---\nb\n diff --git a/f b/f\n Index: f\n");
}

static void trailers_are_the_last_paragraph_by_git_rules(void **state)
{
	static const struct {
		const char *body;
		size_t n;
	} cases[] = {
		{ "Prose: of a kind\nand more\n\nFixes: x\nCc: a@b\n", 2 },
		{ "Fixes: x\n\nnot a trailer\n", 0 },
		{ "Fixes: x\nnot a trailer\n", 0 },
		{ "[ me: adapted ]\nSigned-off-by: a <a@b>\n", 1 },
		{ "a\nb\nc\nd\nSigned-off-by: a <a@b>\n", 0 },
		{ "Tested-by: a\n  <a@b>\nLink: https://x\n", 2 },
		{ "(cherry picked from commit 123)\nSigned-off-by: a <a@b>\n", 1 },
		{ "", 0 },
	};
	struct trailer *trailers;
	size_t n;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		mail_trailers(*state, slice_of(cases[i].body), &trailers, &n);
		assert_int_equal(n, cases[i].n);
	}
}

static void a_from_line_that_ends_the_file_is_read_to_its_end_only(void **state)
{
	static const char raw[] = "From 0123456789abcdef";
	char *copy =
		malloc(sizeof(raw) - 1); /* nothing behind it: a sanitizer sees a read too far */
	struct mails mails = { 0 };

	memcpy(copy, raw, sizeof(raw) - 1);
	mail_parse_mbox(*state, (struct slice){ copy, sizeof(raw) - 1 }, &mails);
	assert_false(mails.n && mails.items[0].diff.n);
	free(copy);
}

static void a_patch_without_an_address_is_refused(void **state)
{
	static const char *const from[] = { "", "From: nobody\n",
					    "From: A <a@example.org>8<b: c, d\n",
					    "From: A <a @example.org>\n", "From: <>\n" };
	static const char patch[] =
		"Subject: [PATCH] x\n\n---\ndiff --git a/f b/f\n--- a/f\n+++ b/f\n"
		"@@ -1 +1 @@\n-a\n+b\n";
	struct mail mail;

	for (size_t i = 0; i < ARRAY_SIZE(from); i++)
		assert_fails(mail_parse(*state,
					slice_of(arena_printf(*state, "%s%s", from[i], patch)),
					&mail),
			     FAIL_USAGE, "a patch needs an author");
}

UNIT_MAIN(unit(a_plain_patch_gives_author_date_message_and_diff), unit(prefix_numbers_are_read),
	  unit(an_in_body_from_is_the_author), unit(a_sentence_that_begins_with_from_is_no_header),
	  unit(crlf_goes_where_each_line_has_it), unit(base64_and_quoted_printable_are_undone),
	  unit(character_sets_come_out_as_utf8), unit(a_patch_keeps_its_bytes_whatever_the_charset),
	  unit(multipart_gives_its_text_and_attached_patches),
	  unit(flowed_text_is_put_back_together), unit(what_stands_above_scissors_is_dropped),
	  unit(a_rule_of_dashes_in_the_message_does_not_end_it),
	  unit(an_mbox_is_cut_at_real_from_lines_only),
	  unit(a_malformed_patch_is_refused_with_its_line),
	  unit(a_patch_without_an_address_is_refused),
	  unit(a_from_line_that_ends_the_file_is_read_to_its_end_only),
	  unit(a_reply_that_quotes_a_broken_diff_is_text),
	  unit(a_failed_notice_gives_the_commit_that_it_is_about),
	  unit(addresses_of_all_kinds_are_read), unit(what_is_written_is_read_back),
	  unit(header_lines_stay_short), unit(a_line_that_would_end_the_message_is_set_in),
	  unit(trailers_are_the_last_paragraph_by_git_rules))
