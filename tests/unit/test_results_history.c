/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/results_history.h"

#include "base/file.h"
#include "unit.h"

static git_oid id_of(char digit)
{
	char hex[GIT_OID_HEXSZ + 1];
	git_oid id;

	memset(hex, digit, GIT_OID_HEXSZ);
	hex[GIT_OID_HEXSZ] = '\0';
	assert_int_equal(git_oid_fromstr(&id, hex), 0);
	return id;
}

static int64_t begin(struct results *results, char *command)
{
	struct run_record run = { .series = "demo", .command = command, .version = "1" };

	assert_ok(results_run_begin(results, &run));
	return run.id;
}

static void put_build(struct results *results, int64_t run, const char *arm, char tree,
		      size_t fresh)
{
	struct build_record build = { .series = "demo",
				      .target = "v6.1.5",
				      .config = "guest",
				      .compiler = "gcc 12",
				      .key = "k",
				      .arm = arm,
				      .tree = id_of(tree),
				      .built = true,
				      .wall_seconds = 20,
				      .new_complaints = fresh,
				      .first_error = "" };

	assert_ok(results_build_put(results, run, &build));
}

static int64_t put_arm(struct results *results, int64_t run, const char *arm, char tree,
		       unsigned int ms)
{
	struct test_result test = {
		.name = "a_test", .status = TEST_PASS, .signature = "", .why = "", .ms = ms
	};
	struct guest_report report = { .items = &test, .n = 1, .cap = 1 };
	struct console_report console = { 0 };
	struct arm_record record = { .key = "k",
				     .series = "demo",
				     .target = "v6.1.5",
				     .cell = "tcg",
				     .arm = arm,
				     .tree = id_of(tree),
				     .attempt = 1,
				     .dir = "/evidence/x",
				     .emulator = "QEMU 7",
				     .flaw = "",
				     .complete = true,
				     .machine = { .why = "", .wall_seconds = 9 } };

	assert_ok(results_arm_put(results, run, &record, &report, &console));
	return record.id;
}

static void put_cell(struct results *results, int64_t run, char patched, enum test_class class,
		     int64_t base_arm, int64_t patched_arm)
{
	struct judged judged = { .name = "a_test", .class = class, .why = "so" };
	struct verdict verdict = { .items = &judged, .n = 1, .cap = 1 };
	struct cell_record cell = { .series = "demo",
				    .target = "v6.1.5",
				    .cell = "tcg",
				    .key = "k",
				    .base = id_of('a'),
				    .patched = id_of(patched),
				    .word = class_records[class].word,
				    .red = class_records[class].color == CLASS_RED,
				    .fixed = "",
				    .why = "",
				    .first_bad = "",
				    .base_arm = base_arm,
				    .patched_arm = patched_arm };

	assert_ok(results_cell_put(results, run, &cell, &verdict));
}

static void the_newest_word_on_just_these_trees_counts(void **state)
{
	struct results *results;
	struct history history;
	git_oid base = id_of('a'), patched = id_of('b');
	int64_t first, second, arm;
	char *dir;

	assert_ok(file_temp_dir(*state, "test_history", &dir));
	assert_ok(results_open(arena_printf(*state, "%s/results.db", dir), &results));
	first = begin(results, "series test v6.1");
	put_build(results, first, "base", 'a', 0);
	put_build(results, first, "patched", 'b', 3);
	arm = put_arm(results, first, "base", 'a', 4000);
	put_cell(results, first, 'b', CLASS_REGRESSION, arm,
		 put_arm(results, first, "patched", 'b', 5000));
	second = begin(results, "series test --fresh v6.1");
	put_build(results, second, "patched", 'b', 0);
	put_cell(results, second, 'b', CLASS_OK, arm,
		 put_arm(results, second, "patched", 'b', 2500));
	/* Another port, later: its durations are worth knowing, its verdict is not. */
	put_build(results, second, "patched", 'c', 7);
	put_cell(results, second, 'c', CLASS_REGRESSION, arm,
		 put_arm(results, second, "patched", 'c', 1000));

	assert_ok(results_history(results, *state, "demo", "v6.1.5", &base, &patched, &history));
	assert_int_equal(history.nbuilds, 2);
	assert_true(history.builds[0].base);
	assert_false(history.builds[1].base);
	assert_int_equal(history.builds[1].new_complaints, 0);
	assert_int_equal(history.ncells, 1);
	assert_false(history.cells[0].red);
	assert_int_equal(history.cells[0].run, second);
	assert_int_equal(history.cells[0].n, 1);
	assert_int_equal(history.cells[0].items[0].class, CLASS_OK);
	assert_string_equal(history.cells[0].items[0].base, "missing");
	assert_string_equal(history.cells[0].patched.dir, "/evidence/x");
	assert_true(history.cells[0].patched.test_seconds > 2.4 &&
		    history.cells[0].patched.test_seconds < 2.6);
	assert_int_equal(history.cells[0].nbefore, 3);
	assert_true(history.cells[0].before[0] > 4.9 && history.cells[0].before[2] < 1.1);
	assert_int_equal(history.nruns, 2);
	assert_string_equal(history.runs[1].command, "series test --fresh v6.1");
	results_free(results);
	file_remove_tree(dir);
}

static void what_nobody_built_is_not_known(void **state)
{
	struct results *results;
	struct history history;
	git_oid base = id_of('a'), patched = id_of('b');
	char *dir;

	assert_ok(file_temp_dir(*state, "test_history", &dir));
	assert_ok(results_open(arena_printf(*state, "%s/results.db", dir), &results));
	put_build(results, begin(results, "series build v6.1"), "patched", 'b', 0);
	assert_ok(results_history(results, *state, "demo", "v6.1.9", &base, &patched, &history));
	assert_int_equal(history.nbuilds + history.ncells + history.nruns, 0);
	assert_ok(results_history(results, *state, "other", "v6.1.5", &base, &patched, &history));
	assert_int_equal(history.nbuilds + history.ncells + history.nruns, 0);
	results_free(results);
	file_remove_tree(dir);
}

static void steps_are_those_of_the_last_time(void **state)
{
	struct results *results;
	struct history history;
	git_oid base = id_of('a'), patched = id_of('b');
	char *dir;

	assert_ok(file_temp_dir(*state, "test_history", &dir));
	assert_ok(results_open(arena_printf(*state, "%s/results.db", dir), &results));
	assert_ok(results_step_put(results, "", "v6.1.5", STEP_FETCHED, 16));
	assert_ok(results_step_put(results, "demo", "v6.1.5", STEP_APPLIED, 4));
	assert_ok(results_step_put(results, "demo", "v6.1.5", STEP_APPLIED, 2));
	assert_ok(results_step_put(results, "other", "v6.1.5", STEP_APPLIED, 8));
	assert_ok(results_history(results, *state, "demo", "v6.1.5", &base, &patched, &history));
	assert_true(history.fetch_seconds == 16 && history.apply_seconds == 2);
	assert_ok(results_history(results, *state, "demo", "v6.1.9", &base, &patched, &history));
	assert_true(history.fetch_seconds == 0 && history.apply_seconds == 0);
	results_free(results);
	file_remove_tree(dir);
}

UNIT_MAIN(unit(the_newest_word_on_just_these_trees_counts), unit(what_nobody_built_is_not_known),
	  unit(steps_are_those_of_the_last_time))
