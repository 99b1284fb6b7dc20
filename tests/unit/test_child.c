/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "unit.h"

#include "base/child.h"
#include "base/file.h"

#define SH(script) ((const char *const[]){ "sh", "-c", script, NULL })

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Has the process gone (a zombie counts as gone) within two seconds? */
static bool gone(struct arena *arena, long pid)
{
	for (int i = 0; i < 200; i++) {
		struct slice stat;

		if (file_read(arena, arena_printf(arena, "/proc/%ld/stat", pid), 4096, &stat) != 1)
			return true;
		if (slice_find(stat, SLICE(") Z ")) >= 0)
			return true;
		usleep(10000);
	}
	return false;
}

static size_t open_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	size_t n = 0;

	while (readdir(dir))
		n++;
	closedir(dir);
	return n;
}

static void streams_and_status_come_back(void **state)
{
	struct child_ask ask = { .argv = SH("cat; echo err >&2; exit 7"), .input = SLICE("in") };
	struct child_answer answer;

	assert_ok(child_run(*state, &ask, &answer));
	assert_int_equal(answer.status, 7);
	assert_slice(answer.out, "in");
	assert_slice(answer.err, "err\n");
	assert_false(answer.timed_out);
	assert_false(answer.truncated);
}

static void without_input_it_reads_nothing(void **state)
{
	struct child_ask ask = { .argv = (const char *const[]){ "cat", NULL } };
	struct child_answer answer;

	assert_ok(child_run(*state, &ask, &answer));
	assert_int_equal(answer.status, 0);
	assert_slice(answer.out, "");
}

static void a_signal_is_128_and_its_number(void **state)
{
	struct child_ask ask = { .argv = SH("kill -SEGV $$") };
	struct child_answer answer;

	assert_ok(child_run(*state, &ask, &answer));
	assert_int_equal(answer.status, 128 + SIGSEGV);
}

static void what_cannot_start_is_named(void **state)
{
	struct child_ask ask = { .argv = (const char *const[]){ "no-such-program", NULL } };
	struct child_answer answer;

	assert_fails(child_run(*state, &ask, &answer), FAIL_INFRA,
		     "no-such-program: no such program in PATH");
	ask.argv = (const char *const[]){ "/no/such/program", NULL };
	assert_fails(child_run(*state, &ask, &answer), FAIL_INFRA,
		     "/no/such/program: No such file");
	ask.argv = (const char *const[]){ "true", NULL };
	ask.cwd = "/no/such/folder";
	assert_fails(child_run(*state, &ask, &answer), FAIL_INFRA, "true in /no/such/folder");
	assert_true(child_exists("sh"));
	assert_false(child_exists("no-such-program"));
	assert_false(child_exists(""));
}

static void its_folder_and_environment_are_as_asked(void **state)
{
	setenv("UNIT_OLD", "old", 1);
	setenv("UNIT_KEPT", "kept", 1);

	struct child_ask ask = {
		.argv = SH("pwd; echo $UNIT_OLD $UNIT_NEW $UNIT_KEPT"),
		.cwd = "/",
		.setenv = (const char *const[]){ "UNIT_OLD=replaced", "UNIT_NEW=new", NULL },
	};
	struct child_answer answer;

	assert_ok(child_run(*state, &ask, &answer));
	assert_slice(answer.out, "/\nreplaced new kept\n");
}

static void much_in_and_much_out_at_once_do_not_lock(void **state)
{
	size_t n = 4 * 1024 * 1024;
	char *big = arena_alloc(*state, n);

	for (size_t i = 0; i < n; i++)
		big[i] = (char)('a' + i % 23);

	struct child_ask ask = { .argv = SH("tee /dev/stderr"), .input = { big, n } };
	struct child_answer answer;

	assert_ok(child_run(*state, &ask, &answer));
	assert_int_equal(answer.out.n, n);
	assert_memory_equal(answer.out.p, big, n);
	assert_int_equal(answer.err.n, n);
}

static void a_reader_that_stops_does_not_kill_us(void **state)
{
	size_t n = 1024 * 1024;
	struct child_ask ask = { .argv = SH("exec <&-; sleep 0.1; exit 3"),
				 .input = { arena_alloc(*state, n), n } };
	struct child_answer answer;

	assert_ok(child_run(*state, &ask, &answer));
	assert_int_equal(answer.status, 3);
}

static void output_beyond_the_bound_is_dropped(void **state)
{
	struct child_ask ask = { .argv = SH("head -c 1000000 /dev/zero | tr '\\0' x; echo e >&2"),
				 .output_max = 1000 };
	struct child_answer answer;

	assert_ok(child_run(*state, &ask, &answer));
	assert_int_equal(answer.status, 0);
	assert_int_equal(answer.out.n, 1000);
	assert_true(answer.truncated);
	assert_slice(answer.err, "e\n");
}

static void at_its_deadline_the_whole_group_ends(void **state)
{
	struct child_ask ask = { .argv = SH("sleep 60 & echo $!; trap '' TERM; sleep 60; wait"),
				 .deadline_ms = 200 };
	struct child_answer answer;
	double start = seconds();

	assert_ok(child_run(*state, &ask, &answer));
	assert_true(answer.timed_out);
	assert_int_equal(answer.status, 128 + SIGKILL);
	assert_true(seconds() - start < 10);
	assert_true(gone(*state, strtol(answer.out.p, NULL, 10)));
}

static void what_it_leaves_running_ends_with_it(void **state)
{
	struct child_ask ask = { .argv = SH("sleep 60 & echo $!") };
	struct child_answer answer;
	double start = seconds();

	assert_ok(child_run(*state, &ask, &answer));
	assert_int_equal(answer.status, 0);
	assert_true(seconds() - start < 10);
	assert_true(gone(*state, strtol(answer.out.p, NULL, 10)));
}

static void when_we_are_killed_the_group_ends(void **state)
{
	char *temp;

	assert_ok(file_temp_dir(*state, "test_child", &temp));

	char *script = arena_printf(*state,
				    "sleep 60 & echo $! >%s/t && mv %s/t %s/pid; sleep 60; wait",
				    temp, temp, temp);
	pid_t we = fork();

	if (!we) {
		struct child_ask ask = { .argv = SH(script) };
		struct child_answer answer;

		_exit(child_run(*state, &ask, &answer) != 0);
	}

	struct slice pid = { 0 };

	for (int i = 0; i < 1000 && !pid.n; i++) {
		usleep(10000);
		assert_ok(file_read(*state, arena_printf(*state, "%s/pid", temp), 100, &pid));
	}
	assert_true(pid.n > 0);
	kill(we, SIGKILL);
	waitpid(we, NULL, 0);
	assert_true(gone(*state, strtol(pid.p, NULL, 10)));
	assert_ok(file_remove_tree(temp));
}

static void on_alarm(int signal)
{
	(void)signal;
}

static void a_signal_that_we_catch_ends_it(void **state)
{
	struct child_ask ask = { .argv = SH("sleep 60 & sleep 60; wait") };
	struct child_answer answer;
	double start = seconds();

	signal(SIGALRM, on_alarm);
	ualarm(200000, 0);
	assert_fails(child_run(*state, &ask, &answer), FAIL_INTERRUPTED, "sh was interrupted");
	signal(SIGALRM, SIG_DFL);
	assert_true(seconds() - start < 10);
}

static bool tick_seen(void *data)
{
	return ++*(int *)data < 5;
}

static bool tick_seen_for_ever(void *data)
{
	++*(int *)data;
	return true;
}

static void who_asks_is_called_while_it_runs_and_may_end_it(void **state)
{
	int ticks = 0;
	struct child_ask ask = { .argv = SH("sleep 60 & echo $!; sleep 60; wait"),
				 .on_tick = tick_seen,
				 .tick_ms = 20,
				 .data = &ticks };
	struct child_answer answer;
	double start = seconds();

	assert_ok(child_run(*state, &ask, &answer));
	assert_true(answer.stopped);
	assert_false(answer.timed_out);
	assert_int_equal(ticks, 5);
	assert_true(seconds() - start >= 0.1 && seconds() - start < 10);
	assert_true(gone(*state, strtol(answer.out.p, NULL, 10)));

	/* It ends by itself, and at its deadline, all the same. */
	ticks = 0;
	ask.argv = SH("sleep 0.3; exit 3");
	ask.on_tick = tick_seen_for_ever;
	assert_ok(child_run(*state, &ask, &answer));
	assert_false(answer.stopped);
	assert_int_equal(answer.status, 3);
	assert_true(ticks > 1 && ticks < 50);
	ask.argv = SH("sleep 60");
	ask.deadline_ms = 200;
	assert_ok(child_run(*state, &ask, &answer));
	assert_true(answer.timed_out);
	assert_false(answer.stopped);
}

static void line_seen(void *data, struct slice line)
{
	struct text *seen = data;

	text_addf(seen, "<" SLICE_FMT ">", SLICE_ARG(line));
}

static void lines_of_its_stderr_are_told_as_they_come(void **state)
{
	__free_text struct text seen = TEXT_INIT;
	struct child_ask ask = { .argv = SH("printf 'a\\nb' >&2; sleep 0.1; printf 'c\\n\\nd' >&2"),
				 .on_stderr = line_seen,
				 .data = &seen };
	struct child_answer answer;

	assert_ok(child_run(*state, &ask, &answer));
	assert_string_equal(text_str(&seen), "<a><bc><><d>");
	assert_slice(answer.err, "a\nbc\n\nd");
}

static void its_output_can_go_to_a_file(void **state)
{
	char *temp, *path;
	struct slice text;

	assert_ok(file_temp_dir(*state, "test_child", &temp));
	path = arena_printf(*state, "%s/out", temp);

	struct child_ask ask = { .argv = SH("echo hello"), .stdout_file = path };
	struct child_answer answer;

	assert_ok(child_run(*state, &ask, &answer));
	assert_slice(answer.out, "");
	assert_int_equal(file_read(*state, path, 100, &text), 1);
	assert_slice(text, "hello\n");
	ask.stdout_file = arena_printf(*state, "%s/none/out", temp);
	assert_fails(child_run(*state, &ask, &answer), FAIL_INFRA, "cannot start sh");
	assert_ok(file_remove_tree(temp));
}

static void both_streams_can_be_appended_to_a_file(void **state)
{
	char *temp, *path;
	struct slice text;

	assert_ok(file_temp_dir(*state, "test_child", &temp));
	path = arena_printf(*state, "%s/log", temp);

	struct child_ask ask = { .argv = SH("echo out; echo err >&2"), .log_file = path };
	struct child_answer answer;

	assert_ok(child_run(*state, &ask, &answer));
	assert_ok(child_run(*state, &ask, &answer));
	assert_slice(answer.out, "");
	assert_slice(answer.err, "");
	assert_int_equal(file_read(*state, path, 100, &text), 1);
	assert_slice(text, "out\nerr\nout\nerr\n");
	ask.log_file = arena_printf(*state, "%s/none/log", temp);
	assert_fails(child_run(*state, &ask, &answer), FAIL_INFRA, "cannot start sh");
	assert_ok(file_remove_tree(temp));
}

static void nothing_of_ours_leaks_into_it_or_stays(void **state)
{
	struct child_ask ask = { .argv = SH("ls /proc/self/fd | wc -l; exit 0"),
				 .input = SLICE("x") };
	struct child_answer answer;
	int held = dup(1); /* without O_CLOEXEC */
	size_t before = open_fds();

	for (int i = 0; i < 5; i++) {
		assert_ok(child_run(*state, &ask, &answer));
		/* 0, 1, 2 and the folder that ls reads */
		assert_slice(answer.out, "4\n");
	}
	ask.argv = (const char *const[]){ "/no/such/program", NULL };
	assert_int_equal(child_run(*state, &ask, &answer), -1);
	assert_int_equal(open_fds(), before);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
	close(held);
}

static void its_time_on_the_processor_is_counted(void **state)
{
	struct child_ask ask = { .argv = SH("i=0; while [ $i -lt 50000 ]; do i=$((i+1)); done") };
	struct child_answer answer;

	assert_ok(child_run(*state, &ask, &answer));
	assert_true(answer.cpu_seconds > 0.001 && answer.cpu_seconds < 30);
}

UNIT_MAIN(unit(streams_and_status_come_back), unit(without_input_it_reads_nothing),
	  unit(a_signal_is_128_and_its_number), unit(what_cannot_start_is_named),
	  unit(its_folder_and_environment_are_as_asked),
	  unit(much_in_and_much_out_at_once_do_not_lock),
	  unit(a_reader_that_stops_does_not_kill_us), unit(output_beyond_the_bound_is_dropped),
	  unit(at_its_deadline_the_whole_group_ends), unit(what_it_leaves_running_ends_with_it),
	  unit(when_we_are_killed_the_group_ends), unit(a_signal_that_we_catch_ends_it),
	  unit(who_asks_is_called_while_it_runs_and_may_end_it),
	  unit(lines_of_its_stderr_are_told_as_they_come), unit(its_output_can_go_to_a_file),
	  unit(both_streams_can_be_appended_to_a_file),
	  unit(nothing_of_ours_leaks_into_it_or_stays), unit(its_time_on_the_processor_is_counted))
