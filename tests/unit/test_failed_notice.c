/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"

#include "patch/failed_notice.h"
#include "patch/mime.h"
#include "patch/undo.h"

#define ID "d0ad1b05bbe6f8da159a4dfb6692b3b7ce30ccc8"
#define BEHIND "------------------ original commit in Linus's tree ------------------\n\n"
#define DIFF                                                                                       \
	"diff --git a/f b/f\n"                                                                     \
	"--- a/f\n"                                                                                \
	"+++ b/f\n"                                                                                \
	"@@ -1,2 +1,2 @@\n"                                                                        \
	" one\n"                                                                                   \
	"-two\n"                                                                                   \
	"+three\n"
#define MESSAGE                                                                                    \
	"From: =?UTF-8?q?J=C3=BCrgen?= <a@example.org>\n"                                          \
	"Date: Tue, 17 Feb 2026 16:54:38 -0800\n"                                                  \
	"Subject: [PATCH] f: three it is, and\n two it was\n\nBecause.\n\n"                        \
	"Signed-off-by: J\xc3\xbcrgen <a@example.org>\n\n"
#define FROM "From " ID " Mon Sep 17 00:00:00 2001\n"
#define COMMIT FROM MESSAGE DIFF
#define GREG_HEAD                                                                                  \
	"Subject: FAILED: patch \"[PATCH] f: three it is, and\" failed to apply to 6.1-stable\n"   \
	" tree\n"                                                                                  \
	"To: a@example.org,b@example.org\n"                                                        \
	"Cc: <stable@vger.kernel.org>\n"                                                           \
	"From: <greg@example.com>\n"                                                               \
	"Message-ID: <2026012015-plank@gregkh>\n\n"
#define GREG_BODY                                                                                  \
	"\nThe patch below does not apply to the 6.1-stable tree.\n\n"                             \
	"git cherry-pick -x " ID "\n"                                                              \
	"git send-email --to '<stable@vger.kernel.org>' --in-reply-to '2026012015-recipe@gregkh' " \
	"--subject-prefix 'PATCH 6.1.y' 'HEAD^..'\n\n"                                             \
	"Possible dependencies:\n\n"                                                               \
	"d0ad1b05bbe6 (\"f: three it is\")\n"                                                      \
	"0123456789ab (\"f: before (\"it\")\")\n"                                                  \
	"\nthanks,\n\nfedcba987654 (\"no dependency\")\n\n"
#define GREG GREG_HEAD GREG_BODY BEHIND COMMIT

static struct failed_notices read_all(void **state, const char *raw)
{
	struct failed_notices notices;

	assert_ok(failed_notices_read(*state, slice_of(raw), &notices));
	return notices;
}

static struct failed_notice read_one(void **state, const char *raw)
{
	struct failed_notices notices = read_all(state, raw);

	assert_int_equal(notices.n, 1);
	return notices.items[0];
}

/* `raw` with the first `was` made `is`. */
static char *with(void **state, const char *raw, const char *was, const char *is)
{
	const char *at = strstr(raw, was);

	assert_non_null(at);
	return arena_printf(*state, "%.*s%s%s", (int)(at - raw), raw, is, at + strlen(was));
}

static void gregs_form_is_read(void **state)
{
	struct failed_notice notice = read_one(state, GREG);

	assert_null(notice.refused);
	assert_int_equal(notice.form, NOTICE_GREG);
	assert_string_equal(notice.branch, "v6.1");
	assert_string_equal(notice.message_id, "2026012015-plank@gregkh");
	assert_string_equal(notice.upstream, ID);
	assert_string_equal(notice.patch.subject, "f: three it is, and two it was");
	assert_string_equal(notice.patch.author.name, "J\xc3\xbcrgen");
	assert_string_equal(notice.patch.body,
			    "Because.\n\nSigned-off-by: J\xc3\xbcrgen <a@example.org>\n");
	assert_int_equal(notice.patch.diff.n, 1);
	assert_int_equal(notice.all.n, 3);
	assert_string_equal(notice.all.items[0].email, "greg@example.com");
	assert_string_equal(notice.all.items[2].email, "b@example.org");
}

static void dependencies_are_those_of_the_list_without_the_commit_itself(void **state)
{
	struct failed_notice notice = read_one(state, GREG);

	assert_int_equal(notice.needs.n, 1);
	assert_string_equal(notice.needs.items[0].id, "0123456789ab");
	assert_string_equal(notice.needs.items[0].title, "f: before (\"it\")");
}

static void sashas_form_is_read(void **state)
{
	struct failed_notice notice = read_one(
		state,
		"From: Sasha <sasha@example.com>\n"
		"To: stable@vger.kernel.org,\n\ta@example.org\n"
		"Cc: \"Last, First\" <c@example.org>,\n\tlinux-f@vger.kernel.org\n"
		"Subject: FAILED: Patch \"f: three it is, and two it was\" failed to apply to v6.12-stable tree\n"
		"Message-ID: <20241106021025.180717-1@example.com>\n\n"
		"The patch below does not apply to the v6.12-stable tree.\n\nThanks,\nSasha\n\n" BEHIND
			FROM MESSAGE "---\n f | 2 +-\n\n" DIFF "-- \n2.43.0\n\n\n");

	assert_null(notice.refused);
	assert_int_equal(notice.form, NOTICE_SASHA);
	assert_string_equal(notice.branch, "v6.12");
	assert_int_equal(notice.all.n, 4);
	assert_string_equal(notice.all.items[2].name, "Last, First");
	assert_int_equal(notice.needs.n, 0);
	assert_int_equal(notice.patch.diff.n, 1);
}

static void the_recipe_names_the_notice_where_its_header_does_not(void **state)
{
	struct failed_notice notice =
		read_one(state, with(state, GREG, "Message-ID: <2026012015-plank@gregkh>\n", ""));

	assert_null(notice.refused);
	assert_string_equal(notice.message_id, "2026012015-recipe@gregkh");
}

static void a_title_may_say_what_the_subject_says(void **state)
{
	struct failed_notice notice =
		read_one(state, with(state, GREG, "f: three it is, and\" ",
				     "f: it failed to apply to 5.10-stable\" "));

	assert_null(notice.refused);
	assert_string_equal(notice.branch, "v6.1");
}

static void what_is_missing_or_at_odds_is_named(void **state)
{
	static const struct {
		const char *was, *is, *why;
	} cases[] = {
		{ DIFF, "", "there is no diff behind the message of commit d0ad1b05bbe6" },
		{ FROM, "", "the upstream commit is not in it" },
		{ "cherry-pick -x d0ad", "cherry-pick -x d0ae",
		  "its recipe picks commit d0ae1b05bbe6" },
		{ "cherry-pick -x " ID, "cherry-pick -x d0ad", "its recipe picks commit" },
		{ "to the 6.1-stable", "to the 6.6-stable",
		  "its subject is about v6.1, its text about v6.6" },
		{ "apply to 6.1-stable\n tree", "apply to the tree", NULL },
		{ "@@ -1,2 +1,2 @@", "@@ -1,9 +1,9 @@", "hunk has" },
		{ "<a@example.org>\nDate", "<nobody>\nDate", "a patch needs an author" },
		{ "Subject: [PATCH] f: three it is, and\n two it was", "Subject: [PATCH]",
		  "has no subject" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct failed_notice notice =
			read_one(state, with(state, GREG, cases[i].was, cases[i].is));

		if (!cases[i].why) {
			assert_null(notice.refused);
			continue;
		}
		assert_non_null(notice.refused);
		if (!strstr(notice.refused, cases[i].why))
			fail_msg("'%s' does not say '%s'", notice.refused, cases[i].why);
		assert_int_equal(notice.refused_as, FAIL_USAGE);
	}
}

static void no_branch_at_all_is_refused(void **state)
{
	char *raw = with(state, GREG, "apply to 6.1-stable\n tree", "apply to the tree");
	struct failed_notice notice =
		read_one(state, with(state, raw, "to the 6.1-stable", "to it"));

	assert_string_equal(notice.refused, "it names no stable branch, such as 6.1-stable");
	notice = read_one(state,
			  with(state, with(state, raw, "to the 6.1-stable", "to the ../6.1-stable"),
			       "to the tree", "to 6.1.5-stable"));
	assert_string_equal(notice.refused, "it names no stable branch, such as 6.1-stable");
}

static void a_path_that_leads_out_is_refused_as_policy(void **state)
{
	char *raw = with(state, GREG, "+++ b/f", "+++ b/../../f");
	struct failed_notice notice;

	raw = with(state, raw, "--- a/f", "--- a/../../f");
	notice = read_one(state, with(state, raw, "a/f b/f", "a/../../f b/../../f"));
	assert_non_null(notice.refused);
	assert_int_equal(notice.refused_as, FAIL_POLICY);
}

static void answers_patches_and_words_are_no_notices(void **state)
{
	struct failed_notices notices = read_all(
		state,
		"From a@b Thu Jan  1 00:00:00 1970\nSubject: Re: FAILED: patch \"x\" failed to apply to 6.1-stable tree\n\n> x\n\n"
		"From a@b Thu Jan  1 00:00:00 1970\nSubject: FAILED: patch day\n\nx\n\n"
		"From a@b Thu Jan  1 00:00:00 1970\nno mail\n\n" COMMIT);

	assert_int_equal(notices.n, 0);
	assert_int_equal(notices.others, 4);
	assert_int_equal(failed_notices_read(*state, SLICE(""), &notices), -1);
}

/* mboxrd has ">From", other writers leave the line as it is: then the file falls apart there. */
static void an_mbox_is_read_whoever_wrote_it(void **state)
{
	static const char line[] = "From greg Tue Jan 20 14:09:15 2026\n";
	const char *const bodies[] = { GREG, with(state, GREG, "\nFrom d0", "\n>From d0") };

	for (size_t i = 0; i < ARRAY_SIZE(bodies); i++) {
		struct failed_notices notices =
			read_all(state, arena_printf(*state, "%s%s\n%s%s\n%sSubject: x\n\ny\n",
						     line, bodies[i], line, bodies[i], line));

		assert_int_equal(notices.n, 2);
		assert_int_equal(notices.others, 1);
		for (size_t k = 0; k < 2; k++) {
			assert_null(notices.items[k].refused);
			assert_int_equal(notices.items[k].patch.diff.n, 1);
			/* Read again alone, it is the same notice. */
			assert_string_equal(
				read_one(state, slice_str(*state, notices.items[k].raw)).upstream,
				ID);
		}
		assert_true(notices.items[1].line > 20);
	}
}

/* A patch behind a notice that was cut off elsewhere is not its commit. */
static void another_mail_is_not_taken_for_the_commit(void **state)
{
	struct failed_notices notices = read_all(
		state, "From greg Tue Jan 20 14:09:15 2026\n" GREG_HEAD GREG_BODY "\n" COMMIT);

	assert_int_equal(notices.n, 1);
	assert_non_null(strstr(notices.items[0].refused, "the upstream commit is not in it"));
	assert_int_equal(notices.others, 1);
}

static void people_are_those_whom_a_mail_can_reach(void **state)
{
	struct people people = { 0 }, found = { 0 };

	mime_people(
		*state,
		"a@b, \"C, D\" <c@d>,e@f (G, H),,nobody,<A@B>, \"x\\\" y\" <i@j>, =?UTF-8?q?J=C3=BC?= <k@l>, two words@m, n@o@p,\x1b[1mq@r",
		&found);
	for (size_t i = 0; i < found.n; i++)
		people_add(*state, &people, &found.items[i]);
	assert_int_equal(people.n, 5);
	assert_string_equal(people.items[0].email, "a@b");
	assert_string_equal(people.items[1].name, "C, D");
	assert_string_equal(people.items[2].name, "G, H");
	assert_string_equal(people.items[3].name, "x\" y");
	assert_string_equal(people.items[4].name, "J\xc3\xbc");
}

static void stables_own_addresses_are_known(void **state)
{
	static const struct {
		const char *email;
		bool stable;
	} cases[] = {
		{ "stable@vger.kernel.org", true },	 { "Stable@kernel.org", true },
		{ "stable+noautosel@kernel.org", true }, { "stable@example.org", false },
		{ "unstable@vger.kernel.org", false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct person person = { NULL, (char *)cases[i].email };

		assert_int_equal(person_is_stable(&person), cases[i].stable);
	}
}

static void a_diff_undone_twice_is_the_diff(void **state)
{
	static const char text[] =
		"diff --git a/d b/d\ndeleted file mode 100644\n--- a/d\n+++ /dev/null\n@@ -1 +0,0 @@\n-x\n"
		"diff --git a/n b/n\nnew file mode 100755\n--- /dev/null\n+++ b/n\n@@ -0,0 +1 @@\n+y\n" DIFF;
	struct text was __free_text = TEXT_INIT, is __free_text = TEXT_INIT,
			back __free_text = TEXT_INIT;
	struct diff diff, once, twice;

	assert_ok(diff_parse(*state, slice_of(text), &diff));
	undo_diff(*state, &diff, &once);
	undo_diff(*state, &once, &twice);
	diff_write(&was, &diff);
	diff_write(&back, &once);
	diff_write(&is, &twice);
	assert_string_equal(text_str(&was), text_str(&is));
	assert_int_equal(once.items[0].change, CHANGE_ADD);
	assert_int_equal(once.items[1].change, CHANGE_DELETE);
	assert_non_null(strstr(text_str(&back), "+two\n-three\n"));
}

UNIT_MAIN(unit(gregs_form_is_read),
	  unit(dependencies_are_those_of_the_list_without_the_commit_itself),
	  unit(sashas_form_is_read), unit(the_recipe_names_the_notice_where_its_header_does_not),
	  unit(a_title_may_say_what_the_subject_says), unit(what_is_missing_or_at_odds_is_named),
	  unit(no_branch_at_all_is_refused), unit(a_path_that_leads_out_is_refused_as_policy),
	  unit(answers_patches_and_words_are_no_notices), unit(an_mbox_is_read_whoever_wrote_it),
	  unit(another_mail_is_not_taken_for_the_commit),
	  unit(people_are_those_whom_a_mail_can_reach), unit(stables_own_addresses_are_known),
	  unit(a_diff_undone_twice_is_the_diff))
