/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/results.h"

#include <jansson.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "unit.h"

DEFINE_FREE(json, json_t *, json_decref(_v))

static git_oid id_of(char digit)
{
	char hex[GIT_OID_HEXSZ + 1];
	git_oid id;

	memset(hex, digit, GIT_OID_HEXSZ);
	hex[GIT_OID_HEXSZ] = '\0';
	assert_int_equal(git_oid_fromstr(&id, hex), 0);
	return id;
}

static char *path_in(struct arena *arena, char **dir)
{
	assert_ok(file_temp_dir(arena, "test_results", dir));
	return arena_printf(arena, "%s/results.db", *dir);
}

static int64_t begin(struct results *results)
{
	struct run_record run = { .series = "demo",
				  .command = "series test v6.12",
				  .version = "1" };

	assert_ok(results_run_begin(results, &run));
	assert_true(run.id > 0);
	assert_true(run.started > 1500000000);
	return run.id;
}

static struct arm_record arm_of(const char *arm, const char *key, char tree)
{
	return (struct arm_record){
		.key = key,
		.series = "demo",
		.target = "v6.12.73",
		.cell = "tcg",
		.arm = arm,
		.tree = id_of(tree),
		.attempt = 1,
		.dir = "/evidence/x",
		.emulator = "QEMU 7",
		.flaw = "",
		.complete = true,
		.machine = { .end = MACHINE_PANIC,
			     .why = "it panicked",
			     .wall_seconds = 1.5,
			     .cpu_seconds = 0.5 },
	};
}

static struct test_result seen[] = {
	{ .name = "payload_test",
	  .status = TEST_FAIL,
	  .signature = "cr2 is #",
	  .why = "cr2 is 0",
	  .ms = 12 },
	{ .name = "payload_test/\xff\"x", .status = TEST_PASS, .signature = "", .why = "" },
	{ .name = "state_test", .status = TEST_SKIP, .signature = "", .why = "no VMX" },
};
static struct splat said[] = {
	{ .kind = SPLAT_WARNING, .title = "WARNING: at x", .raw = "[1] WARNING: at x", .line = 7 },
};

static void put_arm(struct results *results, int64_t run, struct arm_record *arm)
{
	struct guest_report report = { .items = seen, .n = ARRAY_SIZE(seen) };
	struct console_report console = { .items = said, .n = ARRAY_SIZE(said) };

	assert_ok(results_arm_put(results, run, arm, &report, &console));
	assert_true(arm->id > 0);
}

static void an_arm_is_found_by_its_key_the_newest_complete_one(void **state)
{
	char *dir, *path = path_in(*state, &dir);
	struct arm_record first = arm_of("base", "k1", 'a'), second = arm_of("base", "k1", 'a'),
			  broken = arm_of("base", "k1", 'a'), found;
	struct results *results;

	assert_ok(results_open(path, &results));
	assert_int_equal(results_arm_find(results, *state, "k1", 1, &found), 0);
	put_arm(results, begin(results), &first);
	second.dir = "/evidence/y";
	put_arm(results, begin(results), &second);
	broken.complete = false;
	put_arm(results, begin(results), &broken);
	results_free(results);

	/* Also by who comes later. */
	assert_ok(results_open(path, &results));
	assert_int_equal(results_arm_find(results, *state, "k1", 1, &found), 1);
	assert_int_equal(found.id, second.id);
	assert_int_equal(found.run, 2);
	assert_string_equal(found.dir, "/evidence/y");
	assert_string_equal(found.arm, "base");
	assert_true(git_oid_equal(&found.tree, &second.tree));
	assert_int_equal(found.machine.end, MACHINE_PANIC);
	assert_string_equal(found.machine.why, "it panicked");
	assert_true(found.machine.wall_seconds > 1.4 && found.machine.wall_seconds < 1.6);
	assert_int_equal(results_arm_find(results, *state, "k1", 2, &found), 0);
	assert_int_equal(results_arm_find(results, *state, "k2", 1, &found), 0);
	results_free(results);
	assert_ok(file_remove_tree(dir));
}

static void put_cell(struct results *results, int64_t run, const char *cell, char patched, bool red)
{
	struct judged items[] = { { .name = "payload_test",
				    .class = CLASS_FIXED,
				    .base = &seen[0],
				    .patched = &seen[1],
				    .why = "" },
				  { .name = "gone", .class = CLASS_LOST_COVERAGE, .why = "why" } };
	struct verdict verdict = { .items = items, .n = ARRAY_SIZE(items) };
	struct cell_record record = { .series = "demo",
				      .target = "v6.12.73",
				      .cell = cell,
				      .key = "k1 k2",
				      .base = id_of('a'),
				      .patched = id_of(patched),
				      .word = red ? "regression" : "ok",
				      .red = red,
				      .fixed = "payload_test",
				      .why = "",
				      .first_bad = "",
				      .base_arm = 1 };

	assert_ok(results_cell_put(results, run, &record, &verdict));
}

static void put_build(struct results *results, int64_t run, const char *config, char tree,
		      bool built)
{
	struct build_record build = { .series = "demo",
				      .target = "v6.12.73",
				      .config = config,
				      .compiler = "gcc",
				      .key = "bk",
				      .arm = "patched",
				      .tree = id_of(tree),
				      .built = built,
				      .complaints = 3,
				      .new_complaints = 1,
				      .first_error = built ? "" : "x.c:1: no" };

	assert_ok(results_build_put(results, run, &build));
}

static void the_state_of_a_tree_is_what_was_last_found_of_each_cell(void **state)
{
	char *dir, *path = path_in(*state, &dir);
	git_oid p = id_of('b'), other = id_of('c');
	struct proof_state s;
	struct results *results;
	int64_t run;

	assert_ok(results_open(path, &results));
	run = begin(results);
	assert_ok(results_state(results, "demo", "v6.12.73", &p, &s));
	assert_false(s.built || s.build_failed || s.tested);
	put_build(results, run, "guest", 'b', false);
	assert_ok(results_state(results, "demo", "v6.12.73", &p, &s));
	assert_true(s.build_failed && !s.built);
	put_build(results, run, "guest", 'b', true);
	put_build(results, run, "debug", 'b', false);
	put_build(results, run, "guest", 'b', true);
	assert_ok(results_state(results, "demo", "v6.12.73", &p, &s));
	assert_true(s.build_failed && !s.built);
	put_build(results, run, "debug", 'b', true);
	put_cell(results, run, "tcg", 'b', true);
	assert_ok(results_state(results, "demo", "v6.12.73", &p, &s));
	assert_true(s.built && !s.build_failed && s.tested && s.red);
	put_cell(results, run, "tcg", 'b', false);
	put_cell(results, run, "bochs", 'b', false);
	assert_ok(results_state(results, "demo", "v6.12.73", &p, &s));
	assert_true(s.tested && !s.red && !s.unknown);
	put_cell(results, run, "tcg", 'c', true);
	assert_ok(results_state(results, "demo", "v6.12.73", &p, &s));
	assert_false(s.red);
	assert_ok(results_state(results, "demo", "v6.12.73", &other, &s));
	assert_true(s.red && !s.built);
	assert_ok(results_state(results, "another", "v6.12.73", &p, &s));
	assert_false(s.tested);
	results_free(results);
	assert_ok(file_remove_tree(dir));
}

static void a_run_is_told_as_json(void **state)
{
	char *dir, *path = path_in(*state, &dir);
	struct arm_record arm = arm_of("base", "k1", 'a');
	struct results *results;
	int64_t run;

	assert_ok(results_open(path, &results));

	json_t *none = NULL;

	assert_fails(results_json(results, 0, &none), FAIL_USAGE, "nothing was tested yet");
	run = begin(results);
	put_arm(results, run, &arm);
	run = begin(results);
	put_build(results, run, "guest", 'b', false);
	put_cell(results, run, "tcg", 'b', true);
	assert_ok(results_run_end(results, run));
	assert_fails(results_json(results, 99, &none), FAIL_USAGE, "there is no run 99");

	__free(json) json_t *json = NULL;

	assert_ok(results_json(results, 0, &json));
	assert_int_equal(json_integer_value(json_object_get(json, "schema")), 1);
	assert_int_equal(json_integer_value(json_object_get(json_object_get(json, "run"), "id")),
			 run);
	assert_true(json_is_integer(json_object_get(json_object_get(json, "run"), "ended")));

	const json_t *build = json_array_get(json_object_get(json, "builds"), 0);

	assert_true(json_is_false(json_object_get(build, "built")));
	assert_string_equal(json_string_value(json_object_get(build, "error")), "x.c:1: no");

	const json_t *cell = json_array_get(json_object_get(json, "cells"), 0);

	assert_true(json_is_true(json_object_get(cell, "red")));
	assert_true(json_is_null(json_object_get(cell, "first_bad")));
	assert_string_equal(json_string_value(json_object_get(cell, "verdict")), "regression");

	const json_t *test = json_array_get(json_object_get(cell, "tests"), 1);

	assert_string_equal(json_string_value(json_object_get(test, "class")), "lost coverage");
	assert_string_equal(json_string_value(json_object_get(test, "patched")), "missing");

	/* The arm ran earlier; this run's cell was judged by it. */
	const json_t *told = json_array_get(json_object_get(json, "arms"), 0);

	assert_int_equal(json_integer_value(json_object_get(told, "run")), 1);
	assert_int_equal(json_array_size(json_object_get(told, "tests")), 3);
	/* No UTF-8: its bytes are replaced, the test is not lost. */
	test = json_array_get(json_object_get(told, "tests"), 1);
	assert_string_equal(json_string_value(json_object_get(test, "name")), "payload_test/?\"x");
	assert_int_equal(json_array_size(json_object_get(told, "splats")), 1);
	results_free(results);
	assert_ok(file_remove_tree(dir));
}

static void who_is_killed_leaves_a_whole_database(void **state)
{
	char *dir, *path = path_in(*state, &dir);
	struct arm_record found;
	struct results *results;
	int ends[2];
	char byte;

	assert_ok(pipe(ends));

	pid_t writer = fork();

	if (!writer) {
		struct arm_record arm = arm_of("base", "k1", 'a');

		if (results_open(path, &results))
			_exit(1);
		put_arm(results, begin(results), &arm);
		if (write(ends[1], "x", 1) != 1)
			_exit(1);
		for (;;) /* in the middle of something, for ever */
			put_arm(results, 1, &arm);
	}
	assert_int_equal(read(ends[0], &byte, 1), 1);
	usleep(20000);

	/* Another reads while it writes. */
	assert_ok(results_open(path, &results));
	assert_int_equal(results_arm_find(results, *state, "k1", 1, &found), 1);
	kill(writer, SIGKILL);
	waitpid(writer, NULL, 0);
	assert_int_equal(results_arm_find(results, *state, "k1", 1, &found), 1);
	put_cell(results, 1, "tcg", 'b', false);
	results_free(results);

	/* Each arm is there with all its tests, or not at all. */
	sqlite3 *db;
	sqlite3_stmt *s;

	assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL), 0);
	assert_int_equal(
		sqlite3_prepare_v2(db,
				   "SELECT (SELECT count(*) FROM arms) * 3 ="
				   " (SELECT count(*) FROM tests), (SELECT count(*) FROM arms) > 0",
				   -1, &s, NULL),
		0);
	assert_int_equal(sqlite3_step(s), SQLITE_ROW);
	assert_int_equal(sqlite3_column_int(s, 0), 1);
	assert_int_equal(sqlite3_column_int(s, 1), 1);
	sqlite3_finalize(s);
	sqlite3_close(db);
	close(ends[0]);
	close(ends[1]);
	assert_ok(file_remove_tree(dir));
}

/* A tick and a person, both the first ones ever. */
static void who_make_it_at_once_both_get_it(void **state)
{
	enum { WRITERS = 6 };
	char *dir, *path = path_in(*state, &dir);

	for (int round = 0; round < 10; round++) {
		pid_t writers[WRITERS];
		int ends[2], status;
		char byte;

		assert_ok(pipe(ends));
		for (int i = 0; i < WRITERS; i++) {
			writers[i] = fork();
			if (!writers[i]) {
				struct results *results;

				close(ends[1]);
				/* All at once: when the other end is closed. */
				if (read(ends[0], &byte, 1) || results_open(path, &results)) {
					fprintf(stderr, "%s\n", fail_message());
					_exit(1);
				}
				begin(results);
				results_free(results);
				_exit(0);
			}
		}
		close(ends[0]);
		close(ends[1]);
		for (int i = 0; i < WRITERS; i++) {
			assert_int_equal(waitpid(writers[i], &status, 0), writers[i]);
			assert_int_equal(status, 0);
		}
		assert_ok(file_remove_tree(dir));
		assert_ok(file_make_dirs(dir));
	}
	assert_ok(file_remove_tree(dir));
}

static void run_sql(const char *path, const char *sql)
{
	sqlite3 *db;

	assert_int_equal(
		sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL), 0);
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), 0);
	sqlite3_close(db);
}

static void what_is_no_database_of_ours_is_refused(void **state)
{
	char *dir, *path = path_in(*state, &dir);
	struct results *results;

	assert_ok(file_write(
		path, SLICE("this is a text, and no database at all, whatever its name\n"), 0644));
	assert_fails(results_open(path, &results), FAIL_USAGE,
		     "results.db: no database of results");
	assert_null(results);
	assert_ok(remove(path));
	run_sql(path, "CREATE TABLE bookmarks(x)");
	assert_fails(results_open(path, &results), FAIL_USAGE, "another program's");
	assert_ok(remove(path));
	assert_ok(results_open(path, &results));
	results_free(results);
	run_sql(path, "PRAGMA user_version=99");
	assert_fails(results_open(path, &results), FAIL_USAGE, "written by a newer series");
	assert_fails(results_open(arena_printf(*state, "%s/no/such.db", dir), &results), FAIL_INFRA,
		     "cannot open");
	assert_ok(file_remove_tree(dir));
}

static void a_damaged_database_says_what_to_do(void **state)
{
	char *dir, *path = path_in(*state, &dir);
	struct arm_record arm = arm_of("base", "k1", 'a'), found;
	struct results *results;

	assert_ok(results_open(path, &results));
	begin(results);
	for (int i = 0; i < 50; i++)
		put_arm(results, 1, &arm);
	results_free(results);

	FILE *f = fopen(path, "r+");

	assert_non_null(f);
	fseek(f, 0, SEEK_END);

	long end = ftell(f);

	/* All pages but the first one, which has the schema. */
	fseek(f, 4096, SEEK_SET);
	for (long i = 4096; i < end; i++)
		fputc(0x5a, f);
	fclose(f);

	int got = results_open(path, &results);

	if (!got) {
		got = results_arm_find(results, *state, "k1", 1, &found);
		results_free(results);
	}
	assert_int_equal(got, -1);
	assert_int_equal(fail_kind(), FAIL_INFRA);
	assert_non_null(strstr(fail_message(), "move it away"));
	assert_ok(file_remove_tree(dir));
}

UNIT_MAIN(unit(an_arm_is_found_by_its_key_the_newest_complete_one),
	  unit(the_state_of_a_tree_is_what_was_last_found_of_each_cell),
	  unit(a_run_is_told_as_json), unit(who_is_killed_leaves_a_whole_database),
	  unit(who_make_it_at_once_both_get_it), unit(what_is_no_database_of_ours_is_refused),
	  unit(a_damaged_database_says_what_to_do))
