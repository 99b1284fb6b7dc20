/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/judge.h"

#include "unit.h"

static struct test_result result(const char *name, enum test_status status, const char *signature)
{
	return (struct test_result){ .name = name,
				     .status = status,
				     .signature = (char *)signature,
				     .why = (char *)signature };
}

#define PASS(name) result(name, TEST_PASS, "")
#define FAIL(name, signature) result(name, TEST_FAIL, signature)
#define SKIP(name) result(name, TEST_SKIP, "")
#define LATE(name) result(name, TEST_TIMEOUT, "timeout")
#define MISSING(name) result(name, TEST_MISSING, "")

struct arms {
	struct test_result base[8], patched[8];
	struct console_report base_console, patched_console;
};

static size_t length(const struct test_result *results)
{
	size_t n = 0;

	while (n < 8 && results[n].name)
		n++;
	return n;
}

static struct verdict judged(struct arena *arena, struct arms *arms)
{
	struct guest_report base = { .complete = true, .items = arms->base };
	struct guest_report patched = { .complete = true, .items = arms->patched };
	struct verdict verdict;

	base.n = length(arms->base);
	patched.n = length(arms->patched);
	judge(arena, &base, &arms->base_console, &patched, &arms->patched_console, &verdict);
	return verdict;
}

static const struct judged *named(const struct verdict *verdict, const char *name)
{
	for (size_t i = 0; i < verdict->n; i++) {
		if (!strcmp(verdict->items[i].name, name))
			return &verdict->items[i];
	}
	fail_msg("%s is not there", name);
	return NULL;
}

static void is_class(const struct verdict *verdict, const char *name, enum test_class class)
{
	enum test_class got = named(verdict, name)->class;

	if (got != class)
		fail_msg("%s: %s, not %s", name, class_records[got].word,
			 class_records[class].word);
}

static void two_statuses_make_a_class(void **state)
{
	const struct {
		struct test_result base, patched;
		enum test_class class;
		bool red, unknown;
	} cases[] = {
		{ PASS("a"), PASS("a"), CLASS_OK, false, false },
		{ PASS("a"), FAIL("a", "x"), CLASS_CANDIDATE, true, false },
		{ PASS("a"), LATE("a"), CLASS_CANDIDATE, true, false },
		{ PASS("a"), SKIP("a"), CLASS_LOST_COVERAGE, true, false },
		{ PASS("a"), MISSING("a"), CLASS_LOST_COVERAGE, true, false },
		{ FAIL("a", "x"), PASS("a"), CLASS_FIXED, false, false },
		{ FAIL("a", "x"), FAIL("a", "x"), CLASS_PRE_EXISTING, false, false },
		{ FAIL("a", "x"), FAIL("a", "y"), CLASS_CHANGED_FAILURE, true, false },
		{ FAIL("a", "x"), LATE("a"), CLASS_CHANGED_FAILURE, true, false },
		{ FAIL("a", "x"), SKIP("a"), CLASS_LOST_COVERAGE, true, false },
		{ FAIL("a", "x"), MISSING("a"), CLASS_LOST_COVERAGE, true, false },
		{ LATE("a"), LATE("a"), CLASS_PRE_EXISTING, false, false },
		{ LATE("a"), PASS("a"), CLASS_NEW_COVERAGE, false, false },
		{ FAIL("a", "hang"), PASS("a"), CLASS_NEW_COVERAGE, false, false },
		{ SKIP("a"), SKIP("a"), CLASS_SKIPPED, false, false },
		{ SKIP("a"), PASS("a"), CLASS_NEW_COVERAGE, false, false },
		{ SKIP("a"), FAIL("a", "x"), CLASS_NEW_COVERAGE, false, false },
		{ SKIP("a"), MISSING("a"), CLASS_LOST_COVERAGE, true, false },
		{ MISSING("a"), PASS("a"), CLASS_INFRASTRUCTURE, false, true },
		{ MISSING("a"), FAIL("a", "x"), CLASS_INFRASTRUCTURE, false, true },
		{ MISSING("a"), MISSING("a"), CLASS_INFRASTRUCTURE, false, true },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		/* Another one, so that not all are skipped. */
		struct arms arms = { .base = { cases[i].base, PASS("b") },
				     .patched = { cases[i].patched, PASS("b") } };
		struct verdict verdict = judged(*state, &arms);

		assert_int_equal(verdict.n, 2);
		if (verdict.items[0].class != cases[i].class)
			fail_msg("case %zu: %s", i, class_records[verdict.items[0].class].word);
		assert_int_equal(verdict_red(&verdict), cases[i].red);
		assert_int_equal(verdict_unknown(&verdict), cases[i].unknown);
		assert_int_equal(verdict.count[cases[i].class], cases[i].class ? 1 : 2);
	}
}

static void every_class_has_words(void **state)
{
	(void)state;
	for (size_t i = 0; i < CLASSES; i++) {
		assert_true(class_records[i].word && *class_records[i].word);
		assert_true(class_records[i].help && *class_records[i].help);
	}
}

static void subtests_are_judged_like_tests(void **state)
{
	struct arms arms = {
		.base = { FAIL("p", "cr2; dr6"), FAIL("p/cr2", "0"), FAIL("p/dr6", "0"),
			  PASS("p/control"), PASS("s") },
		.patched = { PASS("p"), PASS("p/cr2"), PASS("p/dr6"), PASS("p/control"),
			     PASS("p/more"), PASS("s") },
	};
	struct verdict verdict = judged(*state, &arms);

	assert_int_equal(verdict.n, 6);
	is_class(&verdict, "p", CLASS_FIXED);
	is_class(&verdict, "p/cr2", CLASS_FIXED);
	is_class(&verdict, "p/control", CLASS_OK);
	is_class(&verdict, "p/more", CLASS_NEW_COVERAGE);
	assert_string_equal(verdict.items[4].name, "p/more");
	assert_string_equal(verdict.items[5].name, "s");
	assert_false(verdict_red(&verdict));
	assert_int_equal(verdict.count[CLASS_FIXED], 3);
	assert_string_equal(named(&verdict, "p")->why, "without the change: cr2; dr6");
}

static void a_program_partly_fixed_has_not_changed_its_failure(void **state)
{
	struct arms arms = {
		.base = { FAIL("p", "a; b"), FAIL("p/a", "x"), FAIL("p/b", "y") },
		.patched = { FAIL("p", "b"), PASS("p/a"), FAIL("p/b", "y") },
	};
	struct verdict verdict = judged(*state, &arms);

	is_class(&verdict, "p", CLASS_PRE_EXISTING);
	is_class(&verdict, "p/a", CLASS_FIXED);
	assert_false(verdict_red(&verdict));
}

static void a_program_that_fails_in_another_subtest_is_red(void **state)
{
	struct arms arms = {
		.base = { FAIL("p", "a"), FAIL("p/a", "x"), PASS("p/b") },
		.patched = { FAIL("p", "b"), PASS("p/a"), FAIL("p/b", "y") },
	};
	struct verdict verdict = judged(*state, &arms);

	is_class(&verdict, "p", CLASS_CHANGED_FAILURE);
	is_class(&verdict, "p/b", CLASS_CANDIDATE);
	assert_true(verdict_red(&verdict));
}

static void a_subtest_that_is_gone_is_lost_coverage(void **state)
{
	struct arms arms = {
		.base = { PASS("p"), PASS("p/a"), SKIP("p/b") },
		.patched = { PASS("p") },
	};
	struct verdict verdict = judged(*state, &arms);

	is_class(&verdict, "p/a", CLASS_LOST_COVERAGE);
	is_class(&verdict, "p/b", CLASS_SKIPPED);
	assert_true(verdict_red(&verdict));
}

static struct splat splat(const char *title, const char *test)
{
	return (struct splat){ .kind = SPLAT_WARNING,
			       .title = (char *)title,
			       .test = (char *)test };
}

static void a_new_splat_in_a_passing_test_is_red(void **state)
{
	struct splat old = splat("WARNING: old", "a");
	struct splat fresh[] = { splat("WARNING: old", "b"), splat("WARNING: new", "b"),
				 splat("WARNING: new", "b") };
	struct arms arms = {
		.base = { PASS("a"), PASS("b") },
		.patched = { PASS("a"), PASS("b") },
		.base_console = { .items = &old, .n = 1 },
		.patched_console = { .items = fresh, .n = 3 },
	};
	struct verdict verdict;

	arms.base[0].splats = &old;
	arms.base[0].nsplats = 1;
	arms.patched[1].splats = fresh;
	arms.patched[1].nsplats = 3;
	verdict = judged(*state, &arms);
	is_class(&verdict, "a", CLASS_OK);
	is_class(&verdict, "b", CLASS_NEW_SPLAT);
	assert_string_equal(named(&verdict, "b")->why, "the kernel said: WARNING: new");
	assert_int_equal(verdict.splats_before, 1);
	assert_int_equal(verdict.splats_new, 1);
	assert_int_equal(verdict.nnew_splats, 1);
	assert_true(verdict_red(&verdict));
}

static void the_same_splats_are_no_news(void **state)
{
	struct splat old[] = { splat("WARNING: old", "a"), splat("WARNING: boot", NULL) };
	struct arms arms = {
		.base = { PASS("a") },
		.patched = { PASS("a") },
		.base_console = { .items = old, .n = 2 },
		.patched_console = { .items = old, .n = 2 },
	};
	struct verdict verdict;

	arms.patched[0].splats = old;
	arms.patched[0].nsplats = 1;
	verdict = judged(*state, &arms);
	assert_int_equal(verdict.splats_new, 0);
	assert_false(verdict_red(&verdict));
}

static void a_new_splat_outside_of_the_tests_is_red(void **state)
{
	struct splat boot = splat("WARNING: boot", NULL);
	struct arms arms = {
		.base = { PASS("a") },
		.patched = { PASS("a") },
		.patched_console = { .items = &boot, .n = 1 },
	};
	struct verdict verdict = judged(*state, &arms);

	is_class(&verdict, "a", CLASS_OK);
	assert_true(verdict_red(&verdict));
}

static void all_skipped_is_red(void **state)
{
	struct arms arms = {
		.base = { SKIP("a"), SKIP("b") },
		.patched = { SKIP("a"), SKIP("b") },
	};
	struct verdict verdict = judged(*state, &arms);

	assert_string_equal(verdict.flaw, "all tests were skipped (2)");
	assert_true(verdict_red(&verdict));
}

static void fewer_results_than_planned_is_red(void **state)
{
	struct arms arms = {
		.base = { PASS("a"), MISSING("b") },
		.patched = { PASS("a"), MISSING("b") },
		.base_console.ended = true,
	};
	struct verdict verdict = judged(*state, &arms);

	assert_string_equal(verdict.flaw, "1 of 2 planned tests gave no result");
	assert_true(verdict_red(&verdict));
	assert_true(verdict_unknown(&verdict));
}

static void a_machine_that_stops_without_the_change_too_is_not_its_fault(void **state)
{
	struct arms arms = {
		.base = { FAIL("a", "hang"), MISSING("b"), MISSING("c") },
		.patched = { FAIL("a", "hang"), MISSING("b"), MISSING("c") },
	};
	struct verdict verdict = judged(*state, &arms);

	assert_null(verdict.flaw);
	assert_false(verdict_red(&verdict));
	assert_true(verdict_unknown(&verdict));
	/* One that comes less far with it is another matter. */
	arms.base[0] = arms.base[1] = PASS("a");
	arms.base[1].name = "b";
	verdict = judged(*state, &arms);
	assert_string_equal(verdict.flaw, "2 of 3 planned tests gave no result");
	assert_true(verdict_red(&verdict));
}

static void a_guest_without_its_last_word_is_red(void **state)
{
	struct test_result pass[] = { PASS("a") };
	struct guest_report base = { .complete = true, .items = pass, .n = 1 };
	struct guest_report patched = { .complete = false, .items = pass, .n = 1 };
	struct console_report console = { 0 };
	struct verdict verdict;

	judge(*state, &base, &console, &patched, &console, &verdict);
	assert_non_null(verdict.flaw);
	assert_true(verdict_red(&verdict));
}

static void nothing_planned_is_never_green(void **state)
{
	struct arms arms = { 0 };
	struct verdict verdict = judged(*state, &arms);

	assert_true(verdict_red(&verdict));
	assert_true(verdict_unknown(&verdict));
}

static void a_candidate_that_does_it_again_is_a_regression(void **state)
{
	struct arms arms = { .base = { PASS("a") }, .patched = { FAIL("a", "x") } };
	struct test_result pass[] = { PASS("a"), PASS("a"), PASS("a") };
	struct test_result failed[] = { FAIL("a", "x"), LATE("a"), FAIL("a", "y") };
	struct verdict verdict = judged(*state, &arms);

	judge_again(*state, &verdict.items[0], pass, failed, 3);
	is_class(&verdict, "a", CLASS_REGRESSION);
	assert_string_equal(verdict.items[0].why, "x; run again: the same in 3 of 3");
	assert_true(verdict_red(&verdict));
	verdict_count(&verdict);
	assert_int_equal(verdict.count[CLASS_REGRESSION], 1);
	assert_int_equal(verdict.count[CLASS_CANDIDATE], 0);
}

static void a_candidate_that_does_not_is_flaky(void **state)
{
	struct arms arms = { .base = { PASS("a") }, .patched = { FAIL("a", "x") } };
	struct test_result pass[] = { PASS("a"), PASS("a"), PASS("a") };
	struct test_result some[] = { PASS("a"), PASS("a"), FAIL("a", "x") };
	struct verdict verdict = judged(*state, &arms);

	judge_again(*state, &verdict.items[0], pass, some, 3);
	is_class(&verdict, "a", CLASS_FLAKY);
	assert_string_equal(verdict.items[0].why, "x; run again: the same in 1 of 3");
	assert_false(verdict_red(&verdict));

	/* Without the change it fails too, now and then. */
	verdict = judged(*state, &arms);
	judge_again(*state, &verdict.items[0], some, some, 3);
	is_class(&verdict, "a", CLASS_FLAKY);
}

static void a_candidate_that_mostly_does_and_base_never_is_a_regression(void **state)
{
	struct arms arms = { .base = { PASS("a") }, .patched = { FAIL("a", "x") } };
	struct test_result pass[] = { PASS("a"), PASS("a"), PASS("a") };
	struct test_result most[] = { FAIL("a", "x"), PASS("a"), FAIL("a", "x") };
	struct verdict verdict = judged(*state, &arms);

	judge_again(*state, &verdict.items[0], pass, most, 3);
	is_class(&verdict, "a", CLASS_REGRESSION);
	assert_string_equal(verdict.items[0].why, "x; run again: the same in 2 of 3");
	assert_true(verdict_red(&verdict));
}

static void runs_without_a_result_say_nothing(void **state)
{
	struct arms arms = { .base = { PASS("a") }, .patched = { FAIL("a", "x") } };
	struct test_result pass[] = { PASS("a"), PASS("a") };
	struct test_result gone[] = { MISSING("a"), MISSING("a") };
	struct test_result one[] = { MISSING("a"), FAIL("a", "x") };
	struct verdict verdict = judged(*state, &arms);

	judge_again(*state, &verdict.items[0], pass, gone, 2);
	is_class(&verdict, "a", CLASS_INFRASTRUCTURE);
	assert_true(verdict_unknown(&verdict));

	verdict = judged(*state, &arms);
	judge_again(*state, &verdict.items[0], pass, one, 2);
	is_class(&verdict, "a", CLASS_REGRESSION);
}

static void a_grave_complaint_is_red_though_it_does_not_come_again(void **state)
{
	struct splat oops = splat("Oops: general protection fault", "a"), old = oops;
	struct arms arms = {
		.base = { PASS("a") },
		.patched = { PASS("a") },
		.patched_console = { .items = &oops, .n = 1 },
	};
	struct test_result quiet[] = { PASS("a"), PASS("a"), PASS("a") };
	struct test_result loud = PASS("a");
	struct verdict verdict;

	oops.kind = SPLAT_OOPS;
	arms.patched[0].splats = &oops;
	arms.patched[0].nsplats = 1;
	verdict = judged(*state, &arms);
	judge_again(*state, &verdict.items[0], quiet, quiet, 3);
	is_class(&verdict, "a", CLASS_NEW_SPLAT);
	assert_string_equal(verdict.items[0].why,
			    "the kernel said: Oops: general protection fault; run again: the "
			    "same in 0 of 3");
	assert_true(verdict_red(&verdict));

	/* Without the change it came, too. */
	loud.splats = &old;
	loud.nsplats = 1;
	verdict = judged(*state, &arms);
	judge_again(*state, &verdict.items[0], &loud, quiet, 1);
	is_class(&verdict, "a", CLASS_FLAKY);
}

static void changed_failures_and_splats_are_run_again_too(void **state)
{
	struct splat fresh = splat("WARNING: new", "a");
	struct test_result loud = PASS("a"), quiet = PASS("a");
	struct test_result before[] = { FAIL("a", "x") }, after[] = { FAIL("a", "y") };
	struct judged item = { .name = "a", .class = CLASS_NEW_SPLAT, .base = &quiet };

	loud.splats = &fresh;
	loud.nsplats = 1;
	item.patched = &loud;
	item.why = "w";
	judge_again(*state, &item, &quiet, &loud, 1);
	assert_int_equal(item.class, CLASS_REGRESSION);
	item.class = CLASS_NEW_SPLAT;
	judge_again(*state, &item, &quiet, &quiet, 1);
	assert_int_equal(item.class, CLASS_FLAKY);

	item = (struct judged){ .name = "a", .class = CLASS_CHANGED_FAILURE, .why = "w" };
	judge_again(*state, &item, before, after, 1);
	assert_int_equal(item.class, CLASS_REGRESSION);
	item.class = CLASS_CHANGED_FAILURE;
	judge_again(*state, &item, before, before, 1);
	assert_int_equal(item.class, CLASS_FLAKY);

	/* A test that fails now and then without the change has not been fixed. */
	item = (struct judged){ .name = "a", .class = CLASS_FIXED, .why = "w" };
	judge_again(*state, &item, before, &quiet, 1);
	assert_int_equal(item.class, CLASS_FIXED);
	judge_again(*state, &item, &quiet, &quiet, 1);
	assert_int_equal(item.class, CLASS_FLAKY);
}

static void what_was_lost_by_chance_is_flaky(void **state)
{
	struct arms arms = {
		.base = { PASS("a"), PASS("b"), PASS("b/x"), PASS("c") },
		.patched = { FAIL("a", "hang"), MISSING("b"), MISSING("c") },
	};
	struct test_result pass[] = { PASS("b"), PASS("b") },
			   gone[] = { MISSING("b"), MISSING("b") };
	struct test_result failed[] = { FAIL("c", "x"), FAIL("c", "x") };
	struct verdict verdict = judged(*state, &arms);

	assert_string_equal(verdict.flaw, "2 of 3 planned tests gave no result");
	judge_again(*state, &verdict.items[0], pass, pass, 2);
	judge_again(*state, &verdict.items[1], pass, pass, 2);
	judge_again(*state, &verdict.items[2], pass, pass, 2);
	verdict_count(&verdict);
	is_class(&verdict, "b", CLASS_FLAKY);
	is_class(&verdict, "b/x", CLASS_FLAKY);
	assert_true(verdict_red(&verdict));
	assert_non_null(verdict.flaw);

	/* It stays lost while nothing is known, and turns out to be worse. */
	judge_again(*state, &verdict.items[3], gone, gone, 2);
	is_class(&verdict, "c", CLASS_LOST_COVERAGE);
	judge_again(*state, &verdict.items[3], pass, failed, 2);
	is_class(&verdict, "c", CLASS_REGRESSION);
	verdict_count(&verdict);
	assert_null(verdict.flaw);
	assert_true(verdict_red(&verdict));
}

static void what_is_missing_each_time_stays_lost(void **state)
{
	struct arms arms = { .base = { PASS("a"), PASS("b") },
			     .patched = { PASS("a"), MISSING("b") } };
	struct test_result pass[] = { PASS("b"), PASS("b") },
			   gone[] = { MISSING("b"), MISSING("b") };
	struct verdict verdict = judged(*state, &arms);

	judge_again(*state, &verdict.items[1], pass, gone, 2);
	verdict_count(&verdict);
	is_class(&verdict, "b", CLASS_LOST_COVERAGE);
	assert_non_null(verdict.flaw);
	assert_true(verdict_red(&verdict));
}

static void what_base_lost_is_judged_by_further_runs(void **state)
{
	struct arms arms = {
		.base = { PASS("a"), MISSING("b"), MISSING("c") },
		.patched = { PASS("a"), PASS("b"), PASS("c") },
	};
	struct test_result pass[] = { PASS("b"), PASS("b") };
	struct test_result failed[] = { FAIL("c", "x"), FAIL("c", "x") };
	struct verdict verdict = judged(*state, &arms);

	assert_true(verdict_unknown(&verdict));
	judge_again(*state, &verdict.items[1], pass, pass, 2);
	judge_again(*state, &verdict.items[2], failed, pass, 2);
	verdict_count(&verdict);
	is_class(&verdict, "b", CLASS_OK);
	is_class(&verdict, "c", CLASS_FIXED);
	assert_false(verdict_unknown(&verdict));
	assert_false(verdict_red(&verdict));
}

UNIT_MAIN(unit(two_statuses_make_a_class), unit(every_class_has_words),
	  unit(subtests_are_judged_like_tests),
	  unit(a_program_partly_fixed_has_not_changed_its_failure),
	  unit(a_program_that_fails_in_another_subtest_is_red),
	  unit(a_subtest_that_is_gone_is_lost_coverage), unit(a_new_splat_in_a_passing_test_is_red),
	  unit(the_same_splats_are_no_news), unit(a_new_splat_outside_of_the_tests_is_red),
	  unit(all_skipped_is_red), unit(fewer_results_than_planned_is_red),
	  unit(a_machine_that_stops_without_the_change_too_is_not_its_fault),
	  unit(a_guest_without_its_last_word_is_red), unit(nothing_planned_is_never_green),
	  unit(a_candidate_that_does_it_again_is_a_regression),
	  unit(a_candidate_that_does_not_is_flaky),
	  unit(a_candidate_that_mostly_does_and_base_never_is_a_regression),
	  unit(runs_without_a_result_say_nothing),
	  unit(a_grave_complaint_is_red_though_it_does_not_come_again),
	  unit(changed_failures_and_splats_are_run_again_too),
	  unit(what_was_lost_by_chance_is_flaky), unit(what_is_missing_each_time_stays_lost),
	  unit(what_base_lost_is_judged_by_further_runs))
