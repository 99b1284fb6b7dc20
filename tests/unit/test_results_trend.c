/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/results_trend.h"

#include "base/file.h"
#include "kernel/results_boots.h"
#include "unit.h"

static char *temp;
static struct results *results;
static int64_t run;

static int begin(void **state)
{
	struct run_record record = { .series = "demo", .command = "test", .version = "1" };

	unit_begin(state);
	if (file_temp_dir(*state, "test_results_trend", &temp) ||
	    results_open(arena_printf(*state, "%s/results.db", temp), &results) ||
	    results_run_begin(results, &record))
		return -1;
	run = record.id;
	return 0;
}

static int end(void **state)
{
	int ret;

	results_free(results);
	ret = file_remove_tree(temp);
	return unit_end(state) || ret;
}

static int64_t put_arm(const char *target, const char *arm, unsigned int attempt,
		       const struct test_result *tests, size_t n)
{
	struct guest_report report = { .items = (struct test_result *)tests, .n = n, .cap = n };
	struct console_report console = { 0 };
	struct arm_record record = { .key = "k",
				     .series = "demo",
				     .target = target,
				     .cell = "tcg",
				     .arm = arm,
				     .attempt = attempt,
				     .dir = "/evidence/x",
				     .emulator = "QEMU 7",
				     .flaw = "",
				     .complete = true,
				     .machine = { .why = "" } };

	assert_ok(results_arm_put(results, run, &record, &report, &console));
	return record.id;
}

static int64_t put_cell(const char *target, int64_t base, int64_t patched,
			const struct judged *judged, size_t n)
{
	struct verdict verdict = { .items = (struct judged *)judged, .n = n, .cap = n };
	struct cell_record record = { .series = "demo",
				      .target = target,
				      .cell = "tcg",
				      .key = "k",
				      .word = "ok",
				      .fixed = "",
				      .why = "",
				      .first_bad = "",
				      .base_arm = base,
				      .patched_arm = patched };

	assert_ok(results_cell_put(results, run, &record, &verdict));
	return patched;
}

/* One verdict on `target`: a_test with this class and time, and a subtest of it; b_test well. */
static int64_t verdict(const char *target, enum test_class class, enum test_status status,
		       unsigned int ms)
{
	struct test_result tests[] = {
		{ .name = "a_test", .status = status, .signature = "", .why = "", .ms = ms },
		{ .name = "a_test/part", .status = status, .signature = "", .why = "" },
		{ .name = "b_test", .status = TEST_PASS, .signature = "", .why = "", .ms = 10 },
	};
	struct judged judged[] = {
		{ "a_test", class, &tests[0], &tests[0], "" },
		{ "a_test/part", class, &tests[1], &tests[1], "" },
		{ "b_test", CLASS_OK, &tests[2], &tests[2], "" },
	};
	int64_t base = put_arm(target, "base", 1, tests, 3);

	return put_cell(target, base, put_arm(target, "patched", 1, tests, 3), judged, 3);
}

static const struct trend *find(const struct trends *trends, const char *branch, const char *name)
{
	for (size_t i = 0; i < trends->n; i++)
		if (!strcmp(trends->items[i].branch, branch) &&
		    !strcmp(trends->items[i].name, name))
			return &trends->items[i];
	fail_msg("no %s on %s", name, branch);
	return NULL;
}

static void times_stand_oldest_first_by_branch(void **state)
{
	struct trends trends;
	const struct trend *t;

	verdict("v6.1.1", CLASS_OK, TEST_PASS, 100);
	verdict("v6.12.1", CLASS_OK, TEST_PASS, 900);
	verdict("v6.1.2", CLASS_OK, TEST_PASS, 200);
	verdict("v6.1.3-rc1+0123456789ab", CLASS_OK, TEST_PASS, 300);
	assert_ok(results_trends(results, *state, 40, &trends));
	/* Two branches of two tests: the newest branch first, no subtests. */
	assert_int_equal(trends.n, 4);
	assert_string_equal(trends.items[0].branch, "6.12");
	assert_string_equal(trends.items[0].name, "a_test");
	assert_string_equal(trends.items[1].name, "b_test");
	t = find(&trends, "6.1", "a_test");
	assert_int_equal(t->n, 3);
	assert_true(t->items[0].seconds > 0.09 && t->items[0].seconds < 0.11);
	assert_true(t->items[2].seconds > 0.29 && t->items[2].seconds < 0.31);
	assert_string_equal(t->items[2].target, "v6.1.3-rc1+0123456789ab");
	assert_true(trend_median(t) > 0.19 && trend_median(t) < 0.21);
	assert_int_equal(t->flaky + t->flips, 0);
}

static void only_the_last_ones_are_looked_at(void **state)
{
	struct trends trends;

	for (unsigned int i = 1; i <= 9; i++)
		verdict("v6.1.1", CLASS_OK, TEST_PASS, 100 * i);
	assert_ok(results_trends(results, *state, 4, &trends));
	assert_int_equal(trends.items[0].n, 4);
	assert_true(trends.items[0].items[0].seconds > 0.59);
	assert_true(trends.items[0].items[3].seconds > 0.89);
}

static void the_same_boots_judged_again_count_once(void **state)
{
	struct judged judged = { "a_test", CLASS_OK, NULL, NULL, "" };
	int64_t patched = verdict("v6.1.1", CLASS_OK, TEST_PASS, 100);
	struct trends trends;

	put_cell("v6.1.1", patched - 1, patched, &judged, 1);
	assert_ok(results_trends(results, *state, 40, &trends));
	assert_int_equal(find(&trends, "6.1", "a_test")->n, 1);
}

static void flaky_is_what_was_judged_so_and_what_goes_back_and_forth(void **state)
{
	const struct trend *t;
	struct trends trends;

	verdict("v6.1.1", CLASS_OK, TEST_PASS, 1);
	verdict("v6.1.2", CLASS_FLAKY, TEST_PASS, 1);
	verdict("v6.1.3", CLASS_REGRESSION, TEST_FAIL, 1);
	verdict("v6.1.4", CLASS_OK, TEST_PASS, 1);
	assert_ok(results_trends(results, *state, 40, &trends));
	t = find(&trends, "6.1", "a_test");
	assert_int_equal(t->flaky, 1);
	assert_int_equal(t->flips, 2);
	assert_string_equal(t->items[2].patched, "fail");
	assert_true(t->items[2].class == CLASS_REGRESSION);
	t = find(&trends, "6.1", "b_test");
	assert_int_equal(t->flaky + t->flips, 0);
}

static void a_candidate_that_breaks_between_releases_that_do_not_is_not_flaky(void **state)
{
	struct trends trends;

	for (int i = 0; i < 3; i++) {
		verdict("v6.1.1", CLASS_OK, TEST_PASS, 1);
		verdict("v6.1.2-rc1+0123456789ab", CLASS_REGRESSION, TEST_FAIL, 1);
	}
	assert_ok(results_trends(results, *state, 40, &trends));
	assert_int_equal(find(&trends, "6.1", "a_test")->n, 6);
	assert_int_equal(find(&trends, "6.1", "a_test")->flips, 0);
}

static void nothing_tested_is_no_trend(void **state)
{
	struct trends trends;

	assert_ok(results_trends(results, *state, 40, &trends));
	assert_int_equal(trends.n, 0);
}

static void a_verdict_names_its_boots_base_first(void **state)
{
	struct test_result test = { .name = "t", .signature = "", .why = "" };
	int64_t patched = verdict("v6.1.1", CLASS_OK, TEST_PASS, 1);
	int64_t again = put_arm("v6.1.1", "patched", 2, &test, 1);
	struct boots boots;

	put_arm("v6.1.2", "patched", 1, &test, 1);
	assert_ok(results_boots(results, *state, run, 1, &boots));
	assert_int_equal(boots.n, 3);
	assert_string_equal(boots.items[0].arm, "base");
	assert_int_equal(boots.items[1].id, patched);
	assert_int_equal(boots.items[2].id, again);
	assert_int_equal(boots.items[2].attempt, 2);
	assert_string_equal(boots.items[0].dir, "/evidence/x");
	assert_ok(results_boots(results, *state, run, 77, &boots));
	assert_int_equal(boots.n, 0);
}

#define test(t) cmocka_unit_test_setup_teardown(t, begin, end)
int main(void)
{
	const struct CMUnitTest tests[] = {
		test(times_stand_oldest_first_by_branch),
		test(only_the_last_ones_are_looked_at),
		test(the_same_boots_judged_again_count_once),
		test(flaky_is_what_was_judged_so_and_what_goes_back_and_forth),
		test(a_candidate_that_breaks_between_releases_that_do_not_is_not_flaky),
		test(nothing_tested_is_no_trend),
		test(a_verdict_names_its_boots_base_first),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL) ? 1 : 0;
}
