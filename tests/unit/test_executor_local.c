/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include "unit.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "ci/executor.h"

/* Three tasks: a build, a test that needs it, another line's build. */
struct world {
	struct arena *arena;
	char *temp;
	struct settings settings;
	struct task tasks[3];
	struct executor_ask ask;
	const char *refusal;	   /* of every task */
	unsigned int sent, ended;  /* calls */
	char said[4096];	   /* "1 done; 2 cancelled: ..." in the order they ended */
	unsigned int stop_at_beat; /* progress says stop then; 0: never */
	unsigned int beats;
};

static const char *refuse(void *data, const struct task *task)
{
	(void)task;
	return ((struct world *)data)->refusal;
}

static int sent(void *data, const struct task *task)
{
	struct world *w = data;

	w->sent++;
	assert_int_equal(task->state, TASK_SENT);
	assert_true(task->tries > 0 && task->sent > 0);
	assert_string_equal(task->executor, "local");
	/* What it is to do is there before it is told. */
	assert_int_equal(file_kind(arena_printf(w->arena, "%s/order.json", task->dir)), 2);
	return 0;
}

static int ended(void *data, struct task *task, const struct outcome *outcome)
{
	struct world *w = data;

	w->ended++;
	assert_int_equal(task->state, TASK_ENDED);
	assert_string_equal(task->word, outcome_word(outcome->word));
	snprintf(w->said + strlen(w->said), sizeof(w->said) - strlen(w->said), "%s%d %s%s%s",
		 *w->said ? "; " : "", (int)task->id, task->word, *task->note ? ": " : "",
		 task->note);
	return 0;
}

static bool beat(void *data, const char *what, uint64_t done, uint64_t total, const char *unit)
{
	struct world *w = data;

	(void)what;
	(void)done;
	(void)total;
	(void)unit;
	return !w->stop_at_beat || ++w->beats < w->stop_at_beat;
}

/*
 * `script` is run in the place of `series`, as a shell's, with $dir the task's folder, $n the task's number, and done() to
 * end it well.
 */
static struct world *world_new(struct arena *arena, const char *script)
{
	struct world *w = arena_new_of(arena, struct world);
	struct progress *progress = arena_new_of(arena, struct progress);
	char *program;

	w->arena = arena;
	assert_ok(file_temp_dir(arena, "test_executor", &w->temp));
	program = arena_printf(arena, "%s/series", w->temp);
	assert_ok(file_write(
		program,
		slice_of(arena_printf(
			arena,
			"#!/bin/sh\nfor dir; do :; done\nn=${dir##*/}\n"
			"finish() { printf '{\"outcome\": 1, \"word\": \"%%s\", \"note\": \"%%s\","
			" \"host\": \"h\", \"wall_seconds\": 1, \"cpu_seconds\": 2}'"
			" \"$1\" \"$2\" >\"$dir/o\" && mv \"$dir/o\" \"$dir/outcome.json\"; }\n%s\n",
			script)),
		0777));
	w->settings.task_minutes = 60;
	*progress = (struct progress){ beat, w };
	for (int i = 0; i < 3; i++) {
		struct task *t = &w->tasks[i];

		t->id = i + 1;
		t->round = 1;
		t->kind = i == 1 ? PROOF_TEST : PROOF_BUILD;
		t->series = "exc";
		t->line = i == 2 ? "6.1.y" : "6.12.y";
		t->target = i == 2 ? "v6.1.188" : "v6.12.9";
		t->cell = i == 1 ? "tcg" : "";
		t->needs = i == 1;
		t->why = "not built yet";
		t->executor = t->job = t->word = t->note = "";
		t->dir = arena_printf(arena, "%s/tasks/%d", w->temp, i + 1);
		memset(&t->input.base, 1, sizeof(t->input.base));
		memset(&t->input.patched, 2, sizeof(t->input.patched));
	}
	w->ask = (struct executor_ask){ .settings = &w->settings,
					.program = program,
					.workspace = "/w",
					.store = "/s",
					.name = "series-1-1",
					.tasks = w->tasks,
					.n = 3,
					.refuse = refuse,
					.sent = sent,
					.ended = ended,
					.data = w,
					.progress = progress };
	return w;
}

static void world_end(struct world *w)
{
	assert_ok(file_remove_tree(w->temp));
}

static struct slice log_of(struct world *w, int task)
{
	struct slice text = SLICE("");

	file_read(w->arena, arena_printf(w->arena, "%s/tasks/%d/log", w->temp, task), 1 << 20,
		  &text);
	return text;
}

static void tasks_are_done_in_order_each_as_a_process_with_its_folder(void **state)
{
	struct world *w = world_new(*state, "echo \"$@\"; echo \"$" ORDER_VARIABLE "\" >&2\n"
					    "echo $n >>\"$dir/../order\"; finish done");
	struct slice text;

	assert_ok(executor_local(*state, &w->ask));
	assert_string_equal(w->said, "1 done; 2 done; 3 done");
	assert_int_equal(w->sent, 3);
	assert_int_equal(w->tasks[0].tries, 1);
	assert_int_equal(
		file_read(*state, arena_printf(*state, "%s/tasks/order", w->temp), 100, &text), 1);
	assert_slice(text, "1\n2\n3\n");
	assert_slice(
		log_of(w, 2),
		arena_printf(*state,
			     "-C /w --store /s --series exc ci --task %s/tasks/2\n%s/tasks/2\n",
			     w->temp, w->temp));
	world_end(w);
}

static void what_needs_a_build_that_failed_is_cancelled_and_says_why(void **state)
{
	struct world *w =
		world_new(*state, "[ $n = 1 ] && finish failed 'the disk is full' || finish done");

	assert_ok(executor_local(*state, &w->ask));
	assert_string_equal(w->said, "1 failed: the disk is full; "
				     "2 cancelled: its build failed: the disk is full; 3 done");
	world_end(w);
	/* The same when it failed in an earlier tick. */
	w = world_new(*state, "finish done");
	w->tasks[0].state = TASK_ENDED;
	w->tasks[0].word = "superseded";
	assert_ok(executor_local(*state, &w->ask));
	assert_string_equal(w->said, "2 cancelled: its build was superseded; 3 done");
	world_end(w);
}

static void a_process_that_dies_is_begun_once_more(void **state)
{
	struct world *w = world_new(*state, "echo try >>\"$dir/tried\"\n"
					    "[ $n != 1 ] || [ $(wc -l <\"$dir/tried\") = 2 ] ||"
					    " kill -9 $$\nfinish done");

	assert_ok(executor_local(*state, &w->ask));
	assert_string_equal(w->said, "1 done; 2 done; 3 done");
	assert_int_equal(w->tasks[0].tries, 2);
	world_end(w);
}

static void one_that_dies_twice_is_lost_and_its_last_words_are_told(void **state)
{
	struct world *w = world_new(*state, "[ $n != 1 ] && finish done && exit\n"
					    "echo 'cannot allocate memory' >&2; echo; exit 3");

	assert_ok(executor_local(*state, &w->ask));
	assert_string_equal(w->said, "1 lost: its process ended without a result (exit code 3): "
				     "cannot allocate memory; "
				     "2 cancelled: its build was lost: its process ended without a "
				     "result (exit code 3): cannot allocate memory; 3 done");
	assert_int_equal(w->tasks[0].tries, 2);
	world_end(w);
}

static void a_broken_outcome_counts_as_none(void **state)
{
	struct world *w = world_new(*state,
				    "[ $n != 1 ] && finish done && exit\n"
				    "[ -e \"$dir/outcome.json.broken\" ] && finish done && exit\n"
				    "echo half >\"$dir/outcome.json\"");

	assert_ok(executor_local(*state, &w->ask));
	assert_string_equal(w->said, "1 done; 2 done; 3 done");
	world_end(w);
}

static void one_that_hangs_is_ended_with_all_it_started(void **state)
{
	struct world *w = world_new(*state, "[ $n != 1 ] && finish done && exit\n"
					    "sleep 300 & echo $! >\"$dir/sleeper\"; wait");
	struct slice text;
	unsigned long pid;
	int64_t began = clock_ms();

	w->settings.task_minutes = 0;
	w->stop_at_beat = 5;
	assert_fails(executor_local(*state, &w->ask), FAIL_INTERRUPTED, "interrupted");
	assert_true(clock_ms() - began < 60000);
	assert_int_equal(w->ended, 0);
	assert_int_equal(w->tasks[0].state, TASK_SENT);
	assert_int_equal(file_read(*state, arena_printf(*state, "%s/tasks/1/sleeper", w->temp), 100,
				   &text),
			 1);
	assert_true(slice_number(slice_trim(text), 1 << 30, &pid));
	for (int i = 0; i < 200 && !kill((pid_t)pid, 0); i++)
		usleep(10000);
	assert_int_equal(kill((pid_t)pid, 0), -1);
	world_end(w);
}

static void what_there_is_no_room_for_has_failed_without_being_begun(void **state)
{
	struct world *w = world_new(*state, "finish done");

	w->refusal = "needs 3100 MiB, 800 MiB are free";
	assert_ok(executor_local(*state, &w->ask));
	assert_string_equal(w->said,
			    "1 failed: needs 3100 MiB, 800 MiB are free; "
			    "2 cancelled: its build failed: needs 3100 MiB, 800 MiB are free; "
			    "3 failed: needs 3100 MiB, 800 MiB are free");
	assert_int_equal(w->sent, 0);
	world_end(w);
}

/* Somebody called series as root there, say. */
static void a_folder_that_cannot_be_used_keeps_no_other_task_waiting(void **state)
{
	struct world *w = world_new(*state, "finish done");

	assert_ok(file_make_dirs(arena_printf(*state, "%s/tasks", w->temp)));
	assert_ok(file_write(w->tasks[0].dir, SLICE("no folder"), 0666));
	assert_ok(executor_local(*state, &w->ask));
	assert_non_null(strstr(w->said, "1 failed: "));
	assert_non_null(strstr(w->said, "tasks/1"));
	assert_non_null(strstr(w->said, "2 cancelled: its build failed: "));
	assert_non_null(strstr(w->said, "3 done"));
	world_end(w);
}

static void a_program_that_cannot_be_started_is_said(void **state)
{
	struct world *w = world_new(*state, "finish done");

	unlink(w->ask.program);
	assert_ok(executor_local(*state, &w->ask));
	assert_non_null(strstr(w->said, "1 failed: "));
	assert_non_null(strstr(w->said, w->ask.program));
	world_end(w);
}

/* As a tick that is dead now has left it. */
static void sent_before(struct world *w, int i)
{
	struct order order = { .workspace = "/w", .store = "/s", .task = w->tasks[i] };

	assert_ok(order_write(w->arena, &order));
	w->tasks[i].state = TASK_SENT;
	w->tasks[i].tries = 1;
	w->tasks[i].sent = time(NULL);
	w->tasks[i].executor = "local";
}

static void what_a_dead_tick_sent_and_has_ended_is_taken_as_it_is(void **state)
{
	struct world *w = world_new(*state, "echo again >\"$dir/again\"; finish done");
	struct outcome outcome = { .word = OUTCOME_DONE, .note = "" };

	sent_before(w, 0);
	assert_ok(outcome_write(*state, w->tasks[0].dir, &outcome));
	sent_before(w, 1); /* killed with its tick: to be done again */
	assert_ok(executor_local(*state, &w->ask));
	assert_string_equal(w->said, "1 done; 2 done; 3 done");
	assert_int_equal(file_kind(arena_printf(*state, "%s/tasks/1/again", w->temp)), 0);
	assert_int_equal(file_kind(arena_printf(*state, "%s/tasks/2/again", w->temp)), 2);
	assert_int_equal(w->tasks[1].tries, 2);
	world_end(w);
}

static void what_still_runs_is_waited_for_and_not_done_twice(void **state)
{
	struct world *w = world_new(*state, "echo again >\"$dir/again\"; finish done");
	struct outcome outcome = { .word = OUTCOME_DONE, .note = "" };
	int ready[2];
	char c;
	pid_t pid;

	sent_before(w, 0);
	assert_int_equal(pipe(ready), 0);
	pid = fork();
	if (!pid) {
		int fd;

		if (order_lock(*state, w->tasks[0].dir, &fd) != 1 || write(ready[1], "x", 1) != 1)
			_exit(1);
		usleep(700000);
		_exit(outcome_write(*state, w->tasks[0].dir, &outcome) ? 1 : 0);
	}
	assert_int_equal(read(ready[0], &c, 1), 1);
	assert_ok(executor_local(*state, &w->ask));
	assert_string_equal(w->said, "1 done; 2 done; 3 done");
	assert_int_equal(w->tasks[0].tries, 1);
	assert_int_equal(file_kind(arena_printf(*state, "%s/tasks/1/again", w->temp)), 0);
	waitpid(pid, NULL, 0);
	world_end(w);
}

static void a_holder_past_its_time_is_ended_and_the_task_done_again(void **state)
{
	struct world *w = world_new(*state, "finish done");
	int ready[2];
	char c;
	pid_t pid;

	sent_before(w, 0);
	w->settings.task_minutes = 1;
	w->tasks[0].sent = time(NULL) - 3600;
	assert_int_equal(pipe(ready), 0);
	pid = fork();
	if (!pid) {
		char *argv[] = { "sh", "-c", "echo; exec sleep 60", NULL };
		char *envp[] = { "PATH=/usr/bin:/bin",
				 arena_printf(*state, ORDER_VARIABLE "=%s", w->tasks[0].dir),
				 NULL };
		int fd;

		if (order_lock(*state, w->tasks[0].dir, &fd) != 1 || order_sign(fd) ||
		    fcntl(fd, F_SETFD, 0))
			_exit(1);
		dup2(ready[1], 1);
		execve("/bin/sh", argv, envp);
		_exit(1);
	}
	assert_int_equal(read(ready[0], &c, 1), 1);
	for (int i = 0; i < 200 && !order_holder(*state, w->tasks[0].dir); i++)
		usleep(10000);
	assert_ok(executor_local(*state, &w->ask));
	assert_string_equal(w->said, "1 done; 2 done; 3 done");
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	world_end(w);
}

static void one_that_outlived_too_many_ticks_is_lost(void **state)
{
	struct world *w = world_new(*state, "finish done");

	sent_before(w, 0);
	w->tasks[0].tries = 1000;
	assert_ok(executor_local(*state, &w->ask));
	assert_non_null(strstr(w->said, "1 lost: its process ended without a result (1000 ticks"));
	world_end(w);
}

UNIT_MAIN(unit(tasks_are_done_in_order_each_as_a_process_with_its_folder),
	  unit(what_needs_a_build_that_failed_is_cancelled_and_says_why),
	  unit(a_process_that_dies_is_begun_once_more),
	  unit(one_that_dies_twice_is_lost_and_its_last_words_are_told),
	  unit(a_broken_outcome_counts_as_none), unit(one_that_hangs_is_ended_with_all_it_started),
	  unit(what_there_is_no_room_for_has_failed_without_being_begun),
	  unit(a_folder_that_cannot_be_used_keeps_no_other_task_waiting),
	  unit(a_program_that_cannot_be_started_is_said),
	  unit(what_a_dead_tick_sent_and_has_ended_is_taken_as_it_is),
	  unit(what_still_runs_is_waited_for_and_not_done_twice),
	  unit(a_holder_past_its_time_is_ended_and_the_task_done_again),
	  unit(one_that_outlived_too_many_ticks_is_lost))
