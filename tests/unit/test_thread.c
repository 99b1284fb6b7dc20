/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include "patch/thread.h"

#include "base/child.h"
#include "base/file.h"
#include "patch/gather.h"
#include "unit.h"

#define DIFF(name)                                                                                 \
	"---\n " name " | 2 +-\n 1 file changed, 1 insertion(+), 1 deletion(-)\n\n"                \
	"diff --git a/" name " b/" name "\nindex 7898192..6178079 100644\n--- a/" name             \
	"\n+++ b/" name "\n@@ -1 +1 @@\n-a\n+b\n-- \n2.43\n\n"
#define FROM_LINE "From mboxrd@z Thu Jan  1 00:00:00 1970\n"
#define HEAD(from, id, subject)                                                                    \
	FROM_LINE "From: " from "\nDate: Tue, 17 Feb 2026 16:54:38 -0800\nMessage-ID: <" id        \
		  "@example.org>\nSubject: " subject "\n"
#define ANSWERS(id) "In-Reply-To: <" id "@example.org>\nReferences: <" id "@example.org>\n"
#define AUTHOR "A U Thor <author@example.org>"

/* A cover letter, two patches, and replies of all kinds. */
static const char discussion[] =
	HEAD(AUTHOR, "0", "[PATCH v2 0/2] demo: two changes") "\nBoth are needed.\n\nA U Thor (2):\n  demo: a\n  demo: b\n\n a | 2 +-\n b | 2 +-\n 2 files changed, 2 insertions(+), 2 deletions(-)\n\n" HEAD(
		AUTHOR, "1", "[PATCH v2 1/2] demo: a")
		ANSWERS("0") "\nWhy a.\n\nFixes: 0123456789ab (\"x\")\nSigned-off-by: " AUTHOR "\n" DIFF(
			"a")
			HEAD(AUTHOR, "2",
			     "[PATCH v2 2/2] demo: b that has a\n subject long enough to be folded")
				ANSWERS("0") "\nWhy b.\n\nSigned-off-by: " AUTHOR
					     "\nReviewed-by: Early Bird <early@example.org>\n" DIFF(
						     "b")
	/* To one patch; not quoted lines, not below the signature. */
	HEAD("Rev Iewer <rev@example.org>", "3", "Re: [PATCH v2 1/2] demo: a") ANSWERS(
		"1") "\nOn Tue, A U Thor wrote:\n> Signed-off-by: " AUTHOR
		     "\n> Acked-by: Rev Iewer <rev@example.org>\n\nFine.\n\n"
		     "Reviewed-by: Rev Iewer <rev@example.org>\n-- \nTested-by: Rev Iewer <rev@example.org>\n\n"
	/* To all, by an answer to the cover letter; a wrapped one, and one with a remark. */
	HEAD("Test Er <test@mail.example.org>", "4", "Re: [PATCH v2 0/2] demo: two changes") ANSWERS(
		"0") "\nTested-by: Test Er <test@example.org> # on a box\nAcked-by: Test Er\n<test@example.org>\n\n"
	/* Of somebody else, and of a name that matches. */
	HEAD("Mal Lory <mal@example.net>", "5", "Re: [PATCH v2 2/2] demo: b") ANSWERS(
		"2") "\nReviewed-by: Big Name <big@example.org>\nAcked-by: Mal Lory <mal@work.example.com>\n\n"
	/* What is there already, in other letters; and what is no trailer. */
	HEAD("Early Bird <early+lists@example.org>", "6", "Re: [PATCH v2 2/2] demo: b") ANSWERS(
		"2") "\nreviewed-by: Early Bird <EARLY@example.org>\nPhone: +1 early@example.org\nLink: https://example.org/early@example.org\n"
		     "Note: this has no address\nFixes: ba9876543210 (\"y\")\n\n"
	/* An answer to an answer. */
	HEAD("Rev Iewer <rev@example.org>", "7", "Re: [PATCH v2 2/2] demo: b")
		ANSWERS("6") "\nReviewed-by: Rev Iewer <rev@example.org>\n[for the part in b]\n\n";

static struct mails read_all(void **state, const char *text)
{
	struct mails mails;

	assert_ok(mail_parse_mbox(*state, slice_of(text), &mails));
	return mails;
}

static void replies_give_their_trailers_to_what_they_answer(void **state)
{
	struct mails mails = read_all(state, discussion);
	struct thread thread;

	assert_int_equal(mails.n, 8);
	assert_ok(thread_collect(*state, &mails, &thread));
	assert_int_equal(thread.n, 2);
	assert_string_equal(thread.cover->subject, "demo: two changes");
	assert_string_equal(thread_body(*state, &thread.items[0]),
			    "Why a.\n\nFixes: 0123456789ab (\"x\")\nSigned-off-by: " AUTHOR "\n"
			    "Reviewed-by: Rev Iewer <rev@example.org>\n"
			    "Tested-by: Test Er <test@example.org> # on a box\n"
			    "Acked-by: Test Er <test@example.org>\n");
	assert_string_equal(
		thread_body(*state, &thread.items[1]),
		"Why b.\n\nSigned-off-by: " AUTHOR "\nReviewed-by: Early Bird <early@example.org>\n"
		"Acked-by: Mal Lory <mal@work.example.com>\nFixes: ba9876543210 (\"y\")\n"
		"Reviewed-by: Rev Iewer <rev@example.org>\n[for the part in b]\n"
		"Tested-by: Test Er <test@example.org> # on a box\n"
		"Acked-by: Test Er <test@example.org>\n");
	assert_int_equal(thread.refused.n, 1);
	assert_string_equal(thread.refused.items[0].value, "Big Name <big@example.org>");
}

/* Of a thread in a file: by b4, and by ourselves. */
static void compare_with_b4(void **state, const char *text)
{
	struct gathered ours, theirs;
	char *dir, *path;

	assert_ok(file_temp_dir(*state, "test-thread", &dir));
	path = arena_printf(*state, "%s/mbox", dir);
	assert_ok(file_write(path, slice_of(text), 0600));
	/* Nothing of the caller's git configuration. */
	setenv("GIT_CONFIG_GLOBAL", "/dev/null", 1);
	setenv("HOME", dir, 1);
	assert_ok(gather(*state, &(const char *){ path }, 1, true, &ours));
	assert_ok(gather(*state, &(const char *){ path }, 1, false, &theirs));
	assert_false(ours.by_b4);
	assert_true(theirs.by_b4);
	assert_int_equal(ours.n, theirs.n);
	for (size_t i = 0; i < ours.n; i++) {
		assert_string_equal(ours.items[i].subject, theirs.items[i].subject);
		assert_string_equal(ours.items[i].body, theirs.items[i].body);
		assert_string_equal(ours.items[i].author.email, theirs.items[i].author.email);
		assert_int_equal(ours.items[i].date, theirs.items[i].date);
		assert_int_equal(ours.given[i].n, theirs.given[i].n);
	}
	assert_ok(file_remove_tree(dir));
}

static void b4_finds_the_same(void **state)
{
	if (!child_exists("b4")) {
		print_message("b4 is not installed\n");
		skip();
	}
	compare_with_b4(state, discussion);
}

static void only_the_newest_version_counts(void **state)
{
	struct mails mails =
		read_all(state, HEAD(AUTHOR, "1", "[PATCH] demo: a") "\nOld.\n" DIFF("a")
					HEAD(AUTHOR, "2", "[PATCH v3] demo: a") "\nNew.\n" DIFF("a")
						HEAD(AUTHOR, "3",
						     "[PATCH v2] demo: a") "\nMiddle.\n" DIFF("a"));
	struct thread thread;

	assert_ok(thread_collect(*state, &mails, &thread));
	assert_int_equal(thread.n, 1);
	assert_string_equal(thread.items[0].mail->body, "New.\n");
}

static void patches_come_in_the_order_of_their_numbers(void **state)
{
	struct mails mails = read_all(
		state, HEAD(AUTHOR, "2", "[PATCH 2/2] demo: b") "\nB.\n" DIFF("b")
			       HEAD(AUTHOR, "1", "[PATCH 1/2] demo: a") "\nA.\n" DIFF("a"));
	struct thread thread;

	assert_ok(thread_collect(*state, &mails, &thread));
	assert_string_equal(thread.items[0].mail->subject, "demo: a");
	assert_string_equal(thread.items[1].mail->subject, "demo: b");
}

static void a_thread_without_all_its_patches_is_refused(void **state)
{
	struct mails mails =
		read_all(state, HEAD(AUTHOR, "1", "[PATCH 2/3] demo: b") "\nB.\n" DIFF("b"));
	struct thread thread;

	/* But a mail alone is what was asked for. */
	assert_ok(thread_collect(*state, &mails, &thread));
	assert_int_equal(thread.n, 1);
	mails = read_all(state,
			 HEAD(AUTHOR, "1", "[PATCH 2/3] demo: b") "\nB.\n" DIFF("b")
				 HEAD(AUTHOR, "2", "[PATCH 3/3] demo: c") "\nC.\n" DIFF("c"));
	assert_fails(thread_collect(*state, &mails, &thread), FAIL_USAGE, "1/3 is missing");
	mails = read_all(state,
			 HEAD(AUTHOR, "1", "[PATCH 1/1] demo: a") "\nA.\n" DIFF("a")
				 HEAD(AUTHOR, "2", "[PATCH 1/1] other: b") "\nB.\n" DIFF("b"));
	assert_fails(thread_collect(*state, &mails, &thread), FAIL_USAGE,
		     "'demo: a' and 'other: b'");
	mails = read_all(state, HEAD(AUTHOR, "1", "Re: demo") "\nWords.\n");
	assert_fails(thread_collect(*state, &mails, &thread), FAIL_USAGE, "no patch");
}

static void replies_that_answer_each_other_end(void **state)
{
	struct mails mails =
		read_all(state, HEAD(AUTHOR, "1", "[PATCH] demo: a") "\nA.\n" DIFF("a")
					HEAD(AUTHOR, "2", "Re: demo")
						ANSWERS("3") "\nAcked-by: " AUTHOR "\n\n" HEAD(
							AUTHOR, "3", "Re: demo")
							ANSWERS("2") "\nAcked-by: " AUTHOR "\n");
	struct thread thread;

	assert_ok(thread_collect(*state, &mails, &thread));
	assert_int_equal(thread.items[0].given.n, 0);
}

static void a_file_that_is_not_there_is_named(void **state)
{
	struct gathered gathered;

	assert_fails(gather(*state, &(const char *){ "/nonexistent/x.eml" }, 1, true, &gathered),
		     FAIL_USAGE, "/nonexistent/x.eml");
}

UNIT_MAIN(unit(replies_give_their_trailers_to_what_they_answer), unit(b4_finds_the_same),
	  unit(only_the_newest_version_counts), unit(patches_come_in_the_order_of_their_numbers),
	  unit(a_thread_without_all_its_patches_is_refused),
	  unit(replies_that_answer_each_other_end), unit(a_file_that_is_not_there_is_named))
