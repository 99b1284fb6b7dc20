/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <signal.h>
#include <sqlite3.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "kernel/results_part.h"
#include "results_schema_3.h"
#include "unit.h"

/* A folder with our database in it, and the path of a task's. */
struct place {
	char *dir, *ours, *theirs;
	struct results *results;
};

static struct place place_new(struct arena *arena)
{
	struct place p = { 0 };

	assert_ok(file_temp_dir(arena, "test_results_merge", &p.dir));
	p.ours = arena_printf(arena, "%s/results.db", p.dir);
	p.theirs = arena_printf(arena, "%s/task/results.db", p.dir);
	assert_ok(file_make_dirs(arena_printf(arena, "%s/task", p.dir)));
	assert_ok(results_open(p.ours, &p.results));
	return p;
}

static void place_end(struct place *p)
{
	results_free(p->results);
	assert_ok(file_remove_tree(p->dir));
}

static int64_t number(struct results *results, const char *sql)
{
	int64_t value;

	assert_ok(results_number(results, sql, &value));
	return value;
}

static char *words(struct arena *arena, struct results *results, const char *sql)
{
	__free(statement) sqlite3_stmt *row = results_ask(results, sql, "");
	char *all = arena_strdup(arena, "");

	assert_non_null(row);
	while (results_row(results, row) == 1)
		all = arena_printf(arena, "%s%s%s", all, *all ? " " : "",
				   results_column(arena, row, 0));
	return all;
}

static git_oid id_of(int byte)
{
	git_oid id;

	memset(id.id, byte, sizeof(id.id));
	return id;
}

/* One run of `series test`, with everything that a run can leave behind. */
static int64_t work(struct results *results, char *command, const char *dir)
{
	struct test_result seen[] = { { .name = "smm_test",
					.status = TEST_FAIL,
					.signature = "line #",
					.why = "it's \xff",
					.ms = 12 },
				      { .name = "state_test", .status = TEST_PASS, .ms = 3 } };
	struct splat said[] = {
		{ .kind = SPLAT_WARNING, .title = "WARNING: at x", .raw = "[1] x", .line = 7 }
	};
	struct guest_report report = { .items = seen, .n = ARRAY_SIZE(seen) };
	struct console_report console = { .items = said, .n = ARRAY_SIZE(said) };
	struct judged judged[] = {
		{ .name = "smm_test", .class = CLASS_REGRESSION, .patched = &seen[0], .why = "why" }
	};
	struct verdict verdict = { .items = judged, .n = 1 };
	struct run_record run = { .series = "demo", .command = command, .version = "1" };
	struct build_record build = { .series = "demo", .target = "v6.1.188", .arm = "patched" };
	struct audit_record audit = { .series = "demo", .check = "sparse", .coverage = "" };
	struct arm_record arms[2];
	struct cell_record cell = { .series = "demo", .word = "regression", .red = true };

	assert_ok(results_run_begin(results, &run));
	assert_ok(results_build_put(results, run.id, &build));
	for (int i = 0; i < 2; i++) {
		arms[i] = (struct arm_record){ .key = i ? "patched key" : "base key",
					       .series = "demo",
					       .arm = i ? "patched" : "base",
					       .tree = id_of(i),
					       .attempt = 1,
					       .dir = dir,
					       .complete = true,
					       .machine.wall_seconds = 1.5 };
		assert_ok(results_arm_put(results, run.id, &arms[i], &report, &console));
	}
	cell.base_arm = arms[0].id;
	cell.patched_arm = arms[1].id;
	assert_ok(results_cell_put(results, run.id, &cell, &verdict));
	assert_ok(results_audit_put(results, run.id, &audit));
	assert_ok(results_step_put(results, "demo", "v6.1.188", STEP_APPLIED, 0.25));
	return run.id;
}

static const char *const counts =
	"SELECT (SELECT count(*) FROM runs) || '/' || (SELECT count(*) FROM builds) || '/' ||"
	" (SELECT count(*) FROM arms) || '/' || (SELECT count(*) FROM tests) || '/' ||"
	" (SELECT count(*) FROM splats) || '/' || (SELECT count(*) FROM cells) || '/' ||"
	" (SELECT count(*) FROM judged) || '/' || (SELECT count(*) FROM audits) || '/' ||"
	" (SELECT count(*) FROM steps)";
#define NOTHING "0/0/0/0/0/0/0/0/0"
#define ONE "1/1/2/4/2/1/1/1/1"
#define TWO "2/2/4/8/4/2/2/2/2"
#define THREE "3/3/6/12/6/3/3/3/3"

#define assert_counts(results, is) assert_string_equal(words(*state, results, counts), is)

static void all_that_a_task_found_gets_ids_of_ours(void **state)
{
	struct place p = place_new(*state);
	struct arm_record found;
	struct results *task;
	int64_t run;

	work(p.results, "series test v6.1", "/evidence/old");
	assert_ok(results_open(p.theirs, &task));
	work(task, "series ci --task X", "/evidence/new");
	assert_ok(results_run_end(task, 1));
	results_free(task);

	assert_ok(results_merge(p.results, p.theirs, &run));
	assert_int_equal(run, 2);
	assert_counts(p.results, TWO);
	assert_string_equal(words(*state, p.results, "SELECT command FROM runs WHERE id=2"),
			    "series ci --task X");
	assert_true(number(p.results, "SELECT ended FROM runs WHERE id=2") > 1500000000);
	/* Each refers to what it belongs to. */
	assert_string_equal(
		words(*state, p.results,
		      "SELECT run || ':' || base_arm || ',' || patched_arm FROM cells ORDER BY id"),
		"1:1,2 2:3,4");
	assert_string_equal(words(*state, p.results,
				  "SELECT run FROM builds UNION ALL SELECT run FROM audits"
				  " UNION ALL SELECT run FROM arms"),
			    "1 2 1 2 1 1 2 2");
	assert_string_equal(words(*state, p.results,
				  "SELECT arm || ':' || name || ':' || status || ':' || ms || ':'"
				  " || hex(why) FROM tests WHERE arm=4"),
			    "4:smm_test:fail:12:69742773"
			    "20FF 4:state_test:pass:3:");
	assert_string_equal(words(*state, p.results, "SELECT class FROM judged WHERE cell=2"),
			    "regression");
	/* Found by who asks for what is known. */
	assert_int_equal(results_arm_find(p.results, *state, "patched key", 1, &found), 1);
	assert_int_equal(found.run, 2);
	assert_string_equal(found.dir, "/evidence/new");
	assert_true(found.machine.wall_seconds > 1.4 && found.machine.wall_seconds < 1.6);
	/* Nothing is left beside the databases. */
	assert_int_equal(file_kind(arena_printf(*state, "%s.merging", p.ours)), 0);
	place_end(&p);
}

static void a_second_merge_takes_nothing_but_what_is_new(void **state)
{
	struct place p = place_new(*state);
	struct results *task;
	int64_t run, other = work(p.results, "series test", "/x");

	assert_ok(results_open(p.theirs, &task));
	work(task, "first try", "/1");
	assert_ok(results_merge(p.results, p.theirs, &run)); /* it was lost, and tried again */
	assert_counts(p.results, TWO);
	assert_ok(results_merge(p.results, p.theirs, &run));
	assert_counts(p.results, TWO);
	assert_int_equal(run, 2);
	assert_int_equal(number(p.results, "SELECT ended FROM runs WHERE id=2"), 0);

	/* Somebody else was here meanwhile; the second try is judged by the first one's base. */
	work(p.results, "series test", "/x");
	work(task, "second try", "/2");
	assert_ok(results_do(task, "UPDATE cells SET base_arm=1 WHERE id=2", ""));
	assert_ok(results_run_end(task, 1));
	assert_ok(results_run_end(task, 2));
	results_free(task);
	assert_ok(results_merge(p.results, p.theirs, &run));
	assert_int_equal(run, 4);
	assert_string_equal(words(*state, p.results, "SELECT command FROM runs WHERE id IN (2, 4)"),
			    "first try second try");
	assert_int_equal(
		number(p.results, "SELECT min(ended>1500000000) FROM runs WHERE id IN (2, 4)"), 1);
	assert_string_equal(words(*state, p.results,
				  "SELECT base_arm || ',' || patched_arm FROM cells WHERE run=4"),
			    "3,8");
	assert_int_equal(number(p.results, "SELECT ended FROM runs WHERE id=1"), 0);
	assert_int_equal(other, 1);

	/* Another file in the same place is another file. */
	assert_ok(file_remove_tree(arena_printf(*state, "%s/task", p.dir)));
	assert_ok(file_make_dirs(arena_printf(*state, "%s/task", p.dir)));
	assert_ok(results_open(p.theirs, &task));
	work(task, "anew", "/3");
	results_free(task);
	assert_ok(results_merge(p.results, p.theirs, &run));
	assert_int_equal(run, 5);
	/* And the same file in another place is the same. */
	assert_ok(rename(p.theirs, arena_printf(*state, "%s/moved.db", p.dir)));
	assert_ok(results_merge(p.results, arena_printf(*state, "%s/moved.db", p.dir), &run));
	assert_int_equal(run, 5);
	place_end(&p);
}

static void what_a_killed_task_left_in_its_log_is_taken_too(void **state)
{
	struct place p = place_new(*state);
	struct results *task;
	int64_t run;
	int ends[2];
	char byte;

	assert_ok(pipe(ends));

	pid_t writer = fork();

	if (!writer) {
		if (results_open(p.theirs, &task))
			_exit(1);
		work(task, "killed", "/1");
		/* In the middle of more. */
		if (results_script(task, "BEGIN IMMEDIATE"))
			_exit(1);
		work(task, "never complete", "/2");
		if (write(ends[1], "x", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	assert_int_equal(read(ends[0], &byte, 1), 1);
	kill(writer, SIGKILL);
	waitpid(writer, NULL, 0);
	close(ends[0]);
	close(ends[1]);

	struct stat log, after;
	char *wal = arena_printf(*state, "%s-wal", p.theirs);

	assert_ok(stat(wal, &log));
	assert_true(log.st_size > 0);
	assert_ok(results_merge(p.results, p.theirs, &run));
	assert_counts(p.results, ONE);
	assert_string_equal(words(*state, p.results, "SELECT command FROM runs"), "killed");
	/* It was read, and nothing else. */
	assert_ok(stat(wal, &after));
	assert_int_equal(after.st_size, log.st_size);
	assert_int_equal(after.st_mtim.tv_nsec, log.st_mtim.tv_nsec);

	/* Tried again in its folder: it goes on behind that. */
	assert_ok(results_open(p.theirs, &task));
	work(task, "again", "/3");
	results_free(task);
	assert_ok(results_merge(p.results, p.theirs, &run));
	assert_counts(p.results, TWO);
	place_end(&p);
}

static void a_merge_that_is_killed_before_it_is_kept_is_made_anew(void **state)
{
	struct place p = place_new(*state);
	struct results *task;
	int64_t run;

	assert_ok(results_open(p.theirs, &task));
	work(task, "task", "/1");
	results_free(task);
	results_free(p.results);

	for (int round = 0; round < 3; round++) {
		int ends[2];
		char byte;

		assert_ok(pipe(ends));

		pid_t merger = fork();

		if (!merger) {
			if (results_open(p.ours, &p.results) ||
			    results_script(p.results, "BEGIN IMMEDIATE") ||
			    results_merge(p.results, p.theirs, &run) || write(ends[1], "x", 1) != 1)
				_exit(1);
			for (;;)
				pause();
		}
		assert_int_equal(read(ends[0], &byte, 1), 1);
		kill(merger, SIGKILL);
		waitpid(merger, NULL, 0);
		close(ends[0]);
		close(ends[1]);
	}
	/* One that was killed while it copied left its copy. */
	assert_ok(file_make_dirs(arena_printf(*state, "%s.merging/results.db-wal", p.ours)));

	assert_ok(results_open(p.ours, &p.results));
	assert_counts(p.results, NOTHING);
	assert_ok(results_merge(p.results, p.theirs, &run));
	assert_counts(p.results, ONE);
	assert_int_equal(run, 1);
	place_end(&p);
}

static void a_merge_is_part_of_the_transaction_that_is_open(void **state)
{
	struct place p = place_new(*state);
	struct results *task;
	bool part;
	int64_t run;

	assert_ok(results_open(p.theirs, &task));
	work(task, "task", "/1");
	results_free(task);
	assert_ok(results_begin(p.results, &part));
	work(p.results, "ours", "/0");
	assert_ok(results_merge(p.results, p.theirs, &run));
	assert_counts(p.results, TWO);
	assert_int_equal(results_end(p.results, part, -1), -1);
	assert_counts(p.results, NOTHING);

	/* One that fails takes back itself alone. */
	assert_ok(file_write(arena_printf(*state, "%s/bad.db", p.dir), SLICE("rubbish"), 0644));
	assert_ok(results_begin(p.results, &part));
	work(p.results, "ours", "/0");
	assert_fails(results_merge(p.results, arena_printf(*state, "%s/bad.db", p.dir), &run),
		     FAIL_INFRA, "damaged");
	assert_ok(results_merge(p.results, p.theirs, &run));
	assert_ok(results_end(p.results, part, 0));
	assert_counts(p.results, TWO);
	place_end(&p);
}

static void scribble(const char *path, long from, long to)
{
	FILE *f = fopen(path, "r+");

	assert_non_null(f);
	fseek(f, from, SEEK_SET);
	for (long i = from; i < to; i++)
		fputc(0x5a, f);
	fclose(f);
}

static void of_a_damaged_file_nothing_is_taken(void **state)
{
	struct place p = place_new(*state);
	struct results *task;
	struct stat status;
	int64_t run = 1;
	struct slice whole;

	assert_ok(results_open(p.theirs, &task));
	for (int i = 0; i < 20; i++)
		work(task, "task", "/1");
	results_free(task);
	assert_ok(stat(p.theirs, &status));
	assert_ok(file_read(*state, p.theirs, 1 << 24, &whole));
	/* Each page in turn: refused, or what is damaged holds nothing (a free page). */
	for (long at = 0; at < status.st_size; at += 4096) {
		assert_ok(file_write(p.theirs, whole, 0644));
		scribble(p.theirs, at, at + 4096);
		fail_clear();
		if (!results_merge(p.results, p.theirs, &run))
			fail_msg("page at %ld: taken", at);
		if (fail_kind() != FAIL_INFRA || !strstr(fail_message(), p.theirs) ||
		    !strstr(fail_message(), "move it away"))
			fail_msg("page at %ld: %d %s", at, fail_kind(), fail_message());
		assert_counts(p.results, NOTHING);
		assert_int_equal(number(p.results, "SELECT count(*) FROM merges"), 0);
		assert_int_equal(run, 0);
	}
	/* Cut off. */
	assert_ok(file_write(p.theirs, (struct slice){ whole.p, whole.n / 2 }, 0644));
	assert_int_equal(results_merge(p.results, p.theirs, &run), -1);
	assert_counts(p.results, NOTHING);
	/* What does not hold together, though each page is whole. */
	assert_ok(file_write(p.theirs, whole, 0644));
	assert_ok(results_open(p.theirs, &task));
	assert_ok(results_script(task, "PRAGMA foreign_keys=OFF; DELETE FROM arms WHERE id=40"));
	results_free(task);
	assert_fails(results_merge(p.results, p.theirs, &run), FAIL_INFRA, "refers to boot 40");
	assert_counts(p.results, NOTHING);
	assert_int_equal(file_kind(arena_printf(*state, "%s.merging", p.ours)), 0);
	place_end(&p);
}

static void a_full_disk_takes_nothing_and_the_next_try_all(void **state)
{
	struct place p = place_new(*state);
	struct rlimit was, small;
	struct results *task;
	struct stat status;
	int64_t run;

	assert_ok(results_open(p.theirs, &task));
	for (int i = 0; i < 50; i++)
		work(task, "task", "/1");
	results_free(task);
	assert_ok(stat(p.theirs, &status));
	signal(SIGXFSZ, SIG_IGN);
	assert_ok(getrlimit(RLIMIT_FSIZE, &was));
	/* Too little for the copy, and for what is made of it in our log. */
	for (int i = 0; i < 4; i++) {
		small = was;
		small.rlim_cur = (rlim_t)status.st_size * (rlim_t)(i + 1) / 4 + 4096;
		assert_ok(setrlimit(RLIMIT_FSIZE, &small));
		fail_clear();
		assert_int_equal(results_merge(p.results, p.theirs, &run), -1);
		assert_int_equal(fail_kind(), FAIL_INFRA);
		assert_ok(setrlimit(RLIMIT_FSIZE, &was));
		assert_counts(p.results, NOTHING);
	}
	assert_ok(results_merge(p.results, p.theirs, &run));
	assert_int_equal(number(p.results, "SELECT count(*) FROM cells"), 50);
	place_end(&p);
}

static void what_is_newer_or_another_programs_is_refused(void **state)
{
	struct place p = place_new(*state);
	struct results *task;
	int64_t run;

	assert_ok(results_open(p.theirs, &task));
	work(task, "task", "/1");
	assert_ok(results_script(task, "PRAGMA user_version=99"));
	results_free(task);
	assert_fails(results_merge(p.results, p.theirs, &run), FAIL_USAGE,
		     "task/results.db: written by a newer series");
	assert_ok(remove(p.theirs));

	sqlite3 *db;

	assert_int_equal(sqlite3_open_v2(p.theirs, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE,
					 NULL),
			 0);
	assert_int_equal(sqlite3_exec(db, "CREATE TABLE bookmarks(x)", NULL, NULL, NULL), 0);
	sqlite3_close(db);
	assert_fails(results_merge(p.results, p.theirs, &run), FAIL_USAGE, "another program's");
	assert_fails(results_merge(p.results, p.ours, &run), FAIL_USAGE, "itself");
	assert_counts(p.results, NOTHING);
	place_end(&p);
}

static void what_is_not_there_or_empty_brings_nothing(void **state)
{
	struct place p = place_new(*state);
	int64_t run = 7;

	assert_ok(results_merge(p.results, p.theirs, &run));
	assert_int_equal(run, 0);
	/* Killed when it had just been made. */
	assert_ok(file_write(p.theirs, SLICE(""), 0644));
	assert_ok(results_merge(p.results, p.theirs, &run));
	assert_int_equal(run, 0);
	assert_fails(results_merge(p.results, p.dir, &run), FAIL_INFRA, "cannot read");
	assert_counts(p.results, NOTHING);
	place_end(&p);
}

static void a_database_of_before_keeps_what_it_knows(void **state)
{
	struct place p = place_new(*state);
	struct results *task;
	struct proof_state known;
	git_oid patched = id_of(0xbb);
	int64_t run;
	sqlite3 *db;

	assert_int_equal(sqlite3_open_v2(p.theirs, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE,
					 NULL),
			 0);
	assert_int_equal(sqlite3_exec(db, results_schema_3, NULL, NULL, NULL), 0);
	sqlite3_close(db);
	/* Merged as it lies there, twice: each copy is brought up to date, and is known again. */
	assert_ok(results_merge(p.results, p.theirs, &run));
	assert_int_equal(run, 1);
	assert_ok(results_merge(p.results, p.theirs, &run));
	assert_counts(p.results, "1/2/2/6/1/1/1/3/1");
	/* And opened. */
	assert_ok(results_open(p.theirs, &task));
	assert_counts(task, "1/2/2/6/1/1/1/3/1");
	assert_int_equal(number(task, "PRAGMA user_version"), RESULTS_SCHEMA);
	assert_int_equal(number(task, "SELECT count(*) FROM rounds"), 0);
	assert_ok(results_state(task, "demo", "v6.12.73", &patched, &known));
	assert_true(known.built && known.tested && known.red);
	work(task, "more", "/1");
	results_free(task);
	assert_ok(results_merge(p.results, p.theirs, &run));
	assert_counts(p.results, "2/3/4/10/3/2/2/4/2");
	place_end(&p);
}

UNIT_MAIN(unit(all_that_a_task_found_gets_ids_of_ours),
	  unit(a_second_merge_takes_nothing_but_what_is_new),
	  unit(what_a_killed_task_left_in_its_log_is_taken_too),
	  unit(a_merge_that_is_killed_before_it_is_kept_is_made_anew),
	  unit(a_merge_is_part_of_the_transaction_that_is_open),
	  unit(of_a_damaged_file_nothing_is_taken),
	  unit(a_full_disk_takes_nothing_and_the_next_try_all),
	  unit(what_is_newer_or_another_programs_is_refused),
	  unit(what_is_not_there_or_empty_brings_nothing),
	  unit(a_database_of_before_keeps_what_it_knows))
