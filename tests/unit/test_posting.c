/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "patch/posting.h"

#include "base/clock.h"
#include "patch/lore.h"
#include "patch/succession.h"
#include "unit.h"

#define AUTHOR "A U Thor <author@example.org>"
#define OTHER "Some Body <some@example.net>"

/* Mails, as they are made up for one test. */
struct letters {
	struct arena *arena;
	struct text mbox;
};

/* `day` counts from 17 Feb 2026; `line` is what the patch adds to `path`; NULL: no patch. */
static void letter(struct letters *l, const char *from, const char *id, const char *answers,
		   int day, const char *subject, const char *path, const char *line)
{
	text_addf(&l->mbox, "From mboxrd@z Thu Jan  1 00:00:00 1970\nFrom: %s\n", from);
	text_addf(&l->mbox, "Date: %d Feb 2026 16:54:38 +0000\nMessage-ID: <%s@x.org>\n", 1 + day,
		  id);
	if (answers)
		text_addf(&l->mbox, "In-Reply-To: <%s@x.org>\n", answers);
	text_addf(&l->mbox, "Subject: %s\n\nWords.\n\nSigned-off-by: " AUTHOR "\n", subject);
	if (line)
		text_addf(
			&l->mbox,
			"---\n %s | 1 +\n\ndiff --git a/%s b/%s\nindex 7898192..6178079 100644\n--- "
			"a/%s\n+++ b/%s\n@@ -1,2 +1,3 @@\n a\n+%s\n b\n-- \n2.43\n",
			path, path, path, path, path, line);
	text_addc(&l->mbox, '\n');
}

static struct pile pile_of(struct letters *l)
{
	struct pile pile = { 0 };

	assert_ok(pile_add(l->arena, text_slice(&l->mbox), "test", true, &pile));
	return pile;
}

/* The series that the workspace has: the patches of these mails. */
static struct series series_of(struct arena *arena, const struct mails *mails)
{
	struct series series = { .name = "demo" };

	for (size_t i = 0; i < mails->n; i++)
		if (mails->items[i].diff.n) {
			struct series_patch *patch = arena_push(arena, &series);

			patch->number = (unsigned int)series.n;
			patch->mail = mails->items[i];
			patch->link = arena_printf(arena, "https://lore.kernel.org/all/%s",
						   mails->items[i].message_id);
		}
	return series;
}

/* Version 1: a cover letter and two patches. */
static void version_one(struct letters *l)
{
	letter(l, AUTHOR, "20260217.1-1-a", NULL, 0, "[PATCH 0/2] demo: two changes", NULL, NULL);
	letter(l, AUTHOR, "20260217.1-2-a", "20260217.1-1-a", 0, "[PATCH 1/2] demo: one", "one",
	       "first");
	letter(l, AUTHOR, "20260217.1-3-a", "20260217.1-1-a", 0, "[PATCH 2/2] demo: two", "two",
	       "second");
}

struct found {
	struct series series;
	struct pile pile;
	struct postings postings;
	struct newer newer;
};

/* Version 1 is what the workspace has; what `l` holds is what the lists have. */
static struct found find(void **state, struct letters *l)
{
	struct letters one = { .arena = *state };
	struct found f = { 0 };
	struct mails mails;

	version_one(&one);
	assert_ok(mail_parse_mbox(*state, slice_copy(*state, text_slice(&one.mbox)), &mails));
	text_release(&one.mbox);
	f.series = series_of(*state, &mails);
	f.pile = pile_of(l);
	postings_find(*state, &f.pile, &f.postings);
	posting_newer(*state, &f.series, &f.pile, &f.postings, &f.newer);
	return f;
}

static void mails_are_sorted_into_postings(void **state)
{
	struct letters l = { .arena = *state };
	struct pile pile;
	struct postings postings;

	version_one(&l);
	letter(&l, AUTHOR, "v2-0", "20260217.1-1-a", 3, "[PATCH v2 0/2] demo: two changes", NULL,
	       NULL);
	letter(&l, AUTHOR, "v2-2", "v2-0", 3, "[PATCH v2 2/2] demo: two", "two", "second");
	letter(&l, OTHER, "re", "v2-0", 4, "Re: [PATCH v2 0/2] demo: two changes", NULL, NULL);
	letter(&l, OTHER, "alone", NULL, 4, "[PATCH] other: thing", "two", "third");
	/* The head of these is not in the pile. */
	letter(&l, OTHER, "h-1", "gone", 4, "[PATCH 1/2] head: one", "one", "x");
	letter(&l, OTHER, "h-2", "gone", 4, "[PATCH 2/2] head: two", "two", "x");
	letter(&l, OTHER, "d-1", NULL, 4, "[PATCH 1/2] deep: one", "one", "x");
	letter(&l, OTHER, "d-2", "d-1", 4, "[PATCH 2/2] deep: two", "two", "x");
	pile = pile_of(&l);
	postings_find(*state, &pile, &postings);
	assert_int_equal(postings.n, 5);
	assert_int_equal(postings.items[0].n, 2);
	assert_non_null(postings.items[0].cover);
	assert_null(postings.items[0].missing);
	assert_int_equal(postings.items[1].version, 2);
	assert_string_equal(postings.items[1].missing, "patch 1/2 is missing");
	assert_int_equal(postings.items[2].n, 1);
	assert_int_equal(postings.items[3].n, 2);
	assert_null(postings.items[3].missing);
	assert_int_equal(postings.items[4].n, 2);
	assert_string_equal(postings.items[4].items[1]->mail.subject, "deep: two");
	text_release(&l.mbox);
}

static void mails_that_answer_each_other_end(void **state)
{
	struct letters l = { .arena = *state };
	struct text mbox = TEXT_INIT;
	struct pile pile;
	struct postings postings;

	letter(&l, AUTHOR, "a", "b", 0, "[PATCH 1/2] demo: one", "one", "x");
	letter(&l, AUTHOR, "b", "a", 0, "[PATCH 2/2] demo: two", "two", "x");
	letter(&l, OTHER, "r", "s", 0, "Re: x", NULL, NULL);
	letter(&l, OTHER, "s", "r", 0, "Re: x", NULL, NULL);
	pile = pile_of(&l);
	postings_find(*state, &pile, &postings);
	assert_true(postings.n >= 1);
	posting_write(&pile, &postings.items[0], &mbox);
	text_release(&mbox);
	text_release(&l.mbox);
}

/* Each answers the one before: all of the way to the first from each of them would take minutes. */
static void thousands_that_answer_each_other_end_soon(void **state)
{
	struct letters l = { .arena = *state };
	int64_t begun;

	for (int i = 0; i < 15000; i++)
		letter(&l, AUTHOR, arena_printf(*state, "m%d", i),
		       arena_printf(*state, "m%d", i - 1), 0, "[PATCH 1/2] demo: three", "one",
		       "x");
	begun = clock_ms();
	assert_null(find(state, &l).newer.posting);
	assert_in_range(clock_ms() - begun, 0, 2500);
	text_release(&l.mbox);
}

static void a_higher_version_is_newer(void **state)
{
	struct letters l = { .arena = *state };
	struct found f;

	version_one(&l);
	letter(&l, AUTHOR, "v2-0", NULL, 3, "[PATCH v2 0/2] demo: two changes", NULL, NULL);
	letter(&l, AUTHOR, "v2-1", "v2-0", 3, "[PATCH v2 1/2] demo: one", "one", "first");
	letter(&l, AUTHOR, "v2-2", "v2-0", 3, "[PATCH v2 2/2] demo: two", "two", "better");
	f = find(state, &l);
	assert_non_null(f.newer.posting);
	assert_int_equal(f.newer.posting->version, 2);
	assert_int_equal(f.newer.have, 1);
	assert_true(f.newer.replaced[0] && f.newer.replaced[1]);
	assert_string_equal(f.newer.posting->message_id, "v2-0@x.org");
	text_release(&l.mbox);
}

static void what_we_have_and_what_is_older_is_not_newer(void **state)
{
	struct letters l = { .arena = *state };

	version_one(&l);
	assert_null(find(state, &l).newer.posting);
	/* Sent again as it is. */
	letter(&l, AUTHOR, "again-1", NULL, 5, "[PATCH RESEND 1/2] demo: one", "one", "first");
	letter(&l, AUTHOR, "again-2", "again-1", 5, "[PATCH RESEND 2/2] demo: two", "two",
	       "second");
	assert_null(find(state, &l).newer.posting);
	text_release(&l.mbox);
}

static void the_same_version_sent_again_with_changes_is_newer(void **state)
{
	struct letters l = { .arena = *state };

	version_one(&l);
	letter(&l, AUTHOR, "again-1", NULL, 5, "[PATCH RESEND 1/2] demo: one", "one", "first");
	letter(&l, AUTHOR, "again-2", "again-1", 5, "[PATCH RESEND 2/2] demo: two", "two",
	       "better");
	assert_non_null(find(state, &l).newer.posting);
	text_release(&l.mbox);
}

static void an_answer_in_the_thread_with_other_titles_is_newer_by_its_author_only(void **state)
{
	struct letters l = { .arena = *state };
	struct found f;

	version_one(&l);
	letter(&l, OTHER, "mine", "20260217.1-2-a", 4, "[PATCH v2] other: do it my way", "one",
	       "me");
	assert_null(find(state, &l).newer.posting);
	letter(&l, AUTHOR, "v2", "20260217.1-2-a", 4, "[PATCH v2] demo: all in one", "one", "all");
	f = find(state, &l);
	assert_non_null(f.newer.posting);
	assert_string_equal(f.newer.posting->subject, "demo: all in one");
	assert_true(f.newer.replaced[0] && f.newer.replaced[1]);
	text_release(&l.mbox);
}

static void submissions_to_stable_are_no_versions(void **state)
{
	static const char *const subjects[] = {
		"[PATCH 6.1.y v2] demo: one",	  "[PATCH v6.6 2/9] demo: one",
		"[PATCH 6.12 113/200] demo: one", "[PATCH AUTOSEL 6.6 2/9] demo: one",
		"[PATCH 5.10/5.15 v3] demo: one", "[PATCH stable v4] demo: one",
	};

	for (size_t i = 0; i < ARRAY_SIZE(subjects); i++) {
		struct letters l = { .arena = *state };

		version_one(&l);
		letter(&l, AUTHOR, "s", NULL, 5, subjects[i], "one", "adapted");
		assert_null(find(state, &l).newer.posting);
		text_release(&l.mbox);
	}
}

static void the_newest_whole_one_is_taken(void **state)
{
	struct letters l = { .arena = *state };
	struct found f;

	version_one(&l);
	letter(&l, AUTHOR, "v3-1", NULL, 6, "[PATCH v3 1/2] demo: one", "one", "third");
	letter(&l, AUTHOR, "v2-1", NULL, 3, "[PATCH v2 1/2] demo: one", "one", "better");
	letter(&l, AUTHOR, "v2-2", "v2-1", 3, "[PATCH v2 2/2] demo: two", "two", "better");
	f = find(state, &l);
	assert_non_null(f.newer.posting);
	assert_int_equal(f.newer.posting->version, 2);
	assert_string_equal(f.newer.passed_over, "v3: patch 2/2 is missing");
	text_release(&l.mbox);
}

static void the_version_in_series_conf_counts_where_the_mails_are_not_there(void **state)
{
	struct letters l = { .arena = *state };
	struct found f;

	letter(&l, AUTHOR, "v2-1", NULL, 3, "[PATCH v2 1/2] demo: one", "one", "better");
	letter(&l, AUTHOR, "v2-2", "v2-1", 3, "[PATCH v2 2/2] demo: two", "two", "better");
	f = find(state, &l);
	assert_non_null(f.newer.posting);
	assert_int_equal(f.newer.have, 0);
	f.series.items[0].version = f.series.items[1].version = 2;
	posting_newer(*state, &f.series, &f.pile, &f.postings, &f.newer);
	/* Version 2 again, later and with another content. */
	assert_non_null(f.newer.posting);
	f.series.items[0].version = f.series.items[1].version = 3;
	posting_newer(*state, &f.series, &f.pile, &f.postings, &f.newer);
	assert_null(f.newer.posting);
	text_release(&l.mbox);
}

static void patches_from_elsewhere_are_not_replaced(void **state)
{
	struct letters l = { .arena = *state };
	struct found f;

	version_one(&l);
	letter(&l, AUTHOR, "v2-1", NULL, 3, "[PATCH v2] demo: one", "one", "better");
	f = find(state, &l);
	/* Patch 2 came with patch 1, so a version without it has dropped it. */
	assert_true(f.newer.replaced[0] && f.newer.replaced[1]);
	f.series.items[1].mail.message_id = "elsewhere@x.org";
	posting_newer(*state, &f.series, &f.pile, &f.postings, &f.newer);
	assert_non_null(f.newer.posting);
	assert_true(f.newer.replaced[0] && !f.newer.replaced[1]);
	text_release(&l.mbox);
}

static void a_mail_can_say_which_commit_a_patch_became(void **state)
{
	static const char id[] = "0123456789abcdef0123456789abcdef01234567";
	struct letters l = { .arena = *state };
	struct becames becames;
	struct found f;
	char *mbox;

	letter(&l, AUTHOR, "s", NULL, 5, "[PATCH 6.12 113/200] demo: one", "one", "first");
	mbox = arena_strdup(*state, text_str(&l.mbox));
	text_clear(&l.mbox);
	text_addf(&l.mbox, "%.*scommit %s upstream.\n\n%s", (int)(strstr(mbox, "Words.") - mbox),
		  mbox, id, strstr(mbox, "Words."));
	f = find(state, &l);
	posting_became(*state, &f.series, &f.pile, &becames);
	assert_int_equal(becames.n, 1);
	assert_ptr_equal(becames.items[0].patch, &f.series.items[0]);
	assert_string_equal(becames.items[0].upstream, id);
	assert_null(f.newer.posting);
	f.series.items[0].upstream = (char *)id;
	posting_became(*state, &f.series, &f.pile, &becames);
	assert_int_equal(becames.n, 0);
	text_release(&l.mbox);
}

/* "0=1 -=2 1=- | 2": old=new in order, then what is dropped. */
static char *succession_text(void **state, struct letters *was, const bool *replaced,
			     struct letters *is)
{
	struct arena *arena = *state;
	struct mails old, now;
	struct series series;
	struct succession s;
	struct text out = TEXT_INIT;
	char *words;

	assert_ok(mail_parse_mbox(arena, text_slice(&was->mbox), &old));
	assert_ok(mail_parse_mbox(arena, text_slice(&is->mbox), &now));
	series = series_of(arena, &old);
	succession_find(arena, &series, replaced, now.items, now.n, &s);
	for (size_t i = 0; i < s.n; i++) {
		text_addf(&out, "%s", i ? " " : "");
		if (s.items[i].old == SUCCESSION_NONE)
			text_adds(&out, "-");
		else
			text_addf(&out, "%zu", s.items[i].old);
		if (s.items[i].now == SUCCESSION_NONE)
			text_adds(&out, "=-");
		else
			text_addf(&out, "=%zu", s.items[i].now);
	}
	text_adds(&out, " |");
	for (size_t i = 0; i < s.ndropped; i++)
		text_addf(&out, " %zu", s.dropped[i]);
	words = arena_strdup(arena, text_str(&out));
	text_release(&out);
	text_release(&is->mbox);
	return words;
}

static void patches_follow_by_title_by_diff_and_by_lines(void **state)
{
	static const bool all[] = { true, true, true }, first[] = { true, false, false };
	struct letters was = { .arena = *state }, is = { .arena = *state };

	letter(&was, AUTHOR, "1", NULL, 0, "[PATCH 1/3] demo: one", "one", "first");
	letter(&was, AUTHOR, "2", NULL, 0, "[PATCH 2/3] demo: two", "two", "second");
	letter(&was, AUTHOR, "3", NULL, 0, "[PATCH 3/3] demo: three", "three", "third");

	/* The same titles. */
	letter(&is, AUTHOR, "4", NULL, 1, "[PATCH v2 1/3] demo: one", "one", "x");
	letter(&is, AUTHOR, "5", NULL, 1, "[PATCH v2 2/3] demo: two", "two", "y");
	letter(&is, AUTHOR, "6", NULL, 1, "[PATCH v2 3/3] demo: three", "three", "z");
	assert_string_equal(succession_text(state, &was, all, &is), "0=0 1=1 2=2 |");

	/* One in front, one dropped, one with another title and the same lines. */
	letter(&is, AUTHOR, "4", NULL, 1, "[PATCH v2 1/3] demo: zero", "zero", "nothing");
	letter(&is, AUTHOR, "5", NULL, 1, "[PATCH v2 2/3] demo: one", "one", "first");
	letter(&is, AUTHOR, "6", NULL, 1, "[PATCH v2 3/3] demo: renamed", "other", "third");
	assert_string_equal(succession_text(state, &was, all, &is), "-=0 0=1 2=2 | 1");

	/* In another order they stand where the first stood. */
	letter(&is, AUTHOR, "4", NULL, 1, "[PATCH v2 1/2] demo: three", "three", "third");
	letter(&is, AUTHOR, "5", NULL, 1, "[PATCH v2 2/2] demo: one", "one", "first");
	assert_string_equal(succession_text(state, &was, all, &is), "2=0 0=1 | 1");

	/* What came from elsewhere stays. */
	letter(&is, AUTHOR, "4", NULL, 1, "[PATCH v2 1/2] demo: one", "one", "x");
	letter(&is, AUTHOR, "5", NULL, 1, "[PATCH v2 2/2] demo: and more", "more", "more");
	assert_string_equal(succession_text(state, &was, first, &is), "0=0 -=1 1=- 2=- |");
	text_release(&was.mbox);
}

static void message_ids_are_checked_before_b4_sees_them(void **state)
{
	assert_string_equal(lore_clean_id(*state, " <a@b.org> "), "a@b.org");
	assert_string_equal(lore_clean_id(*state, "https://lore.kernel.org/all/a@b.org/T/#u"),
			    "a@b.org");
	assert_true(lore_id_ok("20260218005438.2619063-1-seanjc@google.com"));
	assert_false(lore_id_ok("--config=x@y"));
	assert_false(lore_id_ok("a b@c"));
	assert_false(lore_id_ok("a\x1b@c"));
	assert_false(lore_id_ok("../a@c"));
	assert_false(lore_id_ok("nothing"));
}

UNIT_MAIN(unit(mails_are_sorted_into_postings), unit(mails_that_answer_each_other_end),
	  unit(thousands_that_answer_each_other_end_soon), unit(a_higher_version_is_newer),
	  unit(what_we_have_and_what_is_older_is_not_newer),
	  unit(the_same_version_sent_again_with_changes_is_newer),
	  unit(an_answer_in_the_thread_with_other_titles_is_newer_by_its_author_only),
	  unit(submissions_to_stable_are_no_versions), unit(the_newest_whole_one_is_taken),
	  unit(the_version_in_series_conf_counts_where_the_mails_are_not_there),
	  unit(patches_from_elsewhere_are_not_replaced),
	  unit(a_mail_can_say_which_commit_a_patch_became),
	  unit(patches_follow_by_title_by_diff_and_by_lines),
	  unit(message_ids_are_checked_before_b4_sees_them))
