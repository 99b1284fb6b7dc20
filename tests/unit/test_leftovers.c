/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <utime.h>

#include "base/clock.h"
#include "base/file.h"
#include "ci/guard.h"
#include "ci/order.h"
#include "unit.h"

/* A state folder of its own, and what runs in its name. */
struct scene {
	struct arena *arena;
	char *dir, *home, *task;
	pid_t pids[8];
	size_t n;
};

static void scene_begin(struct arena *arena, struct scene *scene)
{
	*scene = (struct scene){ .arena = arena };
	assert_ok(file_temp_dir(arena, "test_leftovers", &scene->dir));
	scene->home = arena_printf(arena, "%s/ci", scene->dir);
	scene->task = arena_printf(arena, "%s/tasks/17/3-test-v6.1.188-tcg", scene->home);
	assert_ok(file_make_dirs(scene->task));
	setenv("TMPDIR", scene->dir, 1);
	/* What outlives its parent becomes ours, so that it can be seen to have ended. */
	prctl(PR_SET_CHILD_SUBREAPER, 1);
}

static void scene_end(struct scene *scene)
{
	while (scene->n) {
		kill(scene->pids[--scene->n], SIGKILL);
		waitpid(scene->pids[scene->n], NULL, 0);
	}
	unsetenv("TMPDIR");
	assert_ok(file_remove_tree(scene->dir));
}

/* A shell with only SERIES_TASK=`task` as its environment. Waits until it has said (by a file) that it runs. */
static pid_t begin(struct scene *scene, const char *task, const char *script)
{
	char *sign = arena_printf(scene->arena, "%s/sign%zu", scene->dir, scene->n);
	char *const argv[] = { "sh", "-c", arena_printf(scene->arena, "%s", script), sign, NULL };
	char *const env[] = { task ? arena_printf(scene->arena, ORDER_VARIABLE "=%s", task) : NULL,
			      NULL };
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (!pid) {
		setpgid(0, 0);
		execve("/bin/sh", argv, env);
		_exit(127);
	}
	scene->pids[scene->n++] = pid;
	for (int i = 0; i < 500 && file_kind(sign) != 2; i++)
		nanosleep(&(struct timespec){ .tv_nsec = 10000000 }, NULL);
	assert_int_equal(file_kind(sign), 2);
	return pid;
}

static bool runs(pid_t pid)
{
	siginfo_t info = { 0 };

	return !waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) && !info.si_pid;
}

/* Of a child's child: its number stands in the file. */
static pid_t pid_in(struct scene *scene, const char *file)
{
	struct slice text = { 0 };

	for (int i = 0; i < 500; i++) {
		if (file_read(scene->arena, arena_printf(scene->arena, "%s/%s", scene->dir, file),
			      100, &text) == 1 &&
		    slice_ends(text, "\n"))
			break;
		nanosleep(&(struct timespec){ .tv_nsec = 10000000 }, NULL);
	}
	return (pid_t)strtol(slice_str(scene->arena, text), NULL, 10);
}

static bool keeps(void *data, const char *task_dir)
{
	return !strcmp(task_dir, data);
}

static bool is_said(const struct leftovers *leftovers, const char *part, bool removed)
{
	for (size_t i = 0; i < leftovers->n; i++)
		if (strstr(leftovers->items[i].what, part) &&
		    leftovers->items[i].removed == removed)
			return true;
	return false;
}

static void a_process_of_a_task_is_ended_and_named(void **state)
{
	struct scene scene;
	struct leftovers leftovers;
	pid_t pid;

	scene_begin(*state, &scene);
	pid = begin(&scene, scene.task, "trap 'exit 0' TERM; : >$0; while :; do sleep 0.05; done");
	assert_ok(leftovers_clear(*state, scene.home, NULL, NULL, NULL, &leftovers));
	assert_false(runs(pid));
	assert_true(is_said(
		&leftovers,
		arena_printf(*state, "sh (pid %d) of tasks/17/3-test-v6.1.188-tcg", pid), true));
	assert_ok(leftovers_clear(*state, scene.home, NULL, NULL, NULL, &leftovers));
	assert_int_equal(leftovers.n, 0);
	scene_end(&scene);
}

static void one_that_does_not_listen_is_killed(void **state)
{
	struct scene scene;
	struct leftovers leftovers;
	pid_t pid;

	scene_begin(*state, &scene);
	pid = begin(&scene, scene.task, "trap '' TERM; : >$0; while :; do sleep 0.05; done");
	assert_ok(leftovers_clear(*state, scene.home, NULL, NULL, NULL, &leftovers));
	assert_false(runs(pid));
	assert_true(is_said(&leftovers, "(pid ", true));
	scene_end(&scene);
}

static void what_it_started_goes_too_whatever_its_environment_and_session(void **state)
{
	struct scene scene;
	struct leftovers leftovers;
	pid_t bare, apart;

	scene_begin(*state, &scene);
	begin(&scene, scene.task,
	      "cd ${0%/*}; env -i sh -c 'echo $$ >bare; exec sleep 300' & "
	      "setsid sh -c 'echo $$ >apart; exec sleep 300' & : >$0; wait");
	bare = pid_in(&scene, "bare");
	apart = pid_in(&scene, "apart");
	assert_true(bare > 0 && apart > 0 && !kill(bare, 0) && !kill(apart, 0));
	assert_ok(leftovers_clear(*state, scene.home, NULL, NULL, NULL, &leftovers));
	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
	assert_true(kill(bare, 0) && errno == ESRCH);
	assert_true(kill(apart, 0) && errno == ESRCH);
	scene_end(&scene);
}

static void what_is_wanted_or_not_ours_stays(void **state)
{
	struct scene scene;
	struct leftovers leftovers;
	char *other;
	pid_t kept, foreign, plain;

	scene_begin(*state, &scene);
	other = arena_printf(*state, "%s2/tasks/17/3",
			     scene.home); /* .../ci2 is not below .../ci */
	kept = begin(&scene, scene.task, ": >$0; sleep 300");
	foreign = begin(&scene, other, ": >$0; sleep 300");
	plain = begin(&scene, NULL, ": >$0; sleep 300");
	assert_ok(leftovers_clear(*state, scene.home, NULL, keeps, scene.task, &leftovers));
	assert_int_equal(leftovers.n, 0);
	assert_true(runs(kept) && runs(foreign) && runs(plain));
	for (size_t i = 0; i < scene.n; i++)
		kill(-scene.pids[i], SIGKILL);
	scene_end(&scene);
}

static void we_do_not_end_ourselves_nor_who_called_us(void **state)
{
	struct scene scene;
	struct leftovers leftovers;
	int status;
	pid_t pid;

	scene_begin(*state, &scene);
	pid = fork();
	if (!pid) {
		/* This program once more, in a task's environment: it would find itself. */
		setenv(ORDER_VARIABLE, scene.task, 1);
		setenv("TEST_LEFTOVERS_HOME", scene.home, 1);
		execl("/proc/self/exe", "test_leftovers", NULL);
		_exit(127);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status) && !WEXITSTATUS(status));
	(void)leftovers;
	scene_end(&scene);
}

static void make(struct scene *scene, const char *path, time_t age)
{
	char *full = arena_printf(scene->arena, "%s/%s", scene->dir, path);
	struct utimbuf times = { time(NULL) - age, time(NULL) - age };

	assert_ok(file_make_dirs(full));
	assert_int_equal(utime(full, &times), 0);
}

static bool there(struct scene *scene, const char *path)
{
	return file_kind(arena_printf(scene->arena, "%s/%s", scene->dir, path)) == 1;
}

static void temporary_names_that_nobody_writes_any_more_go(void **state)
{
	struct scene scene;
	struct leftovers leftovers;
	char *site;
	int held;

	scene_begin(*state, &scene);
	site = arena_printf(*state, "%s/www/site", scene.dir);
	make(&scene, "ci/pages/17.new-aB3dE6", 3600);
	make(&scene, "ci/pages/.index.html.aB3dE6", 3600);
	make(&scene, "ci/mails/.news.aB3dE6", 5);
	make(&scene, "ci/mails/.a.hidden.mail", 3600);
	make(&scene, "ci/tasks/17/3-test-v6.1.188-tcg/.order.json.aB3dE6", 5);
	make(&scene, "ci/tasks/17/3-test-v6.1.188-tcg/state/runs/.key.aB3dE6", 5);
	make(&scene, "ci/tasks/17/4-held/.order.json.aB3dE6", 5);
	make(&scene, "ci/tasks/17/5-kept/.order.json.aB3dE6", 5);
	make(&scene, "ci/tasks/9/1-old/.order.json.aB3dE6", 5);
	make(&scene, "ci/tasks/16/1-build", 5);
	make(&scene, "ci/pages/17", 3600);
	make(&scene, "www/site", 3600);
	make(&scene, "www/site.new-aB3dE6", 3600);
	make(&scene, "www/site.old-aB3dE6", 3600);
	make(&scene, "www/site.new-aB3dE7", 5);
	make(&scene, "www/site.new-york", 3600);
	make(&scene, "www/site.new-design", 3600);
	make(&scene, "www/site.new-design/thesis", 3600);
	make(&scene, "www/site.new-design", 3600);
	make(&scene, "www/other.new-aB3dE6", 3600);
	held = open(arena_printf(*state, "%s/tasks/17/4-held/lock", scene.home), O_RDWR | O_CREAT,
		    0600);
	assert_int_equal(flock(held, LOCK_EX), 0);
	assert_ok(leftovers_clear(*state, scene.home, site, keeps,
				  arena_printf(*state, "%s/tasks/17/5-kept", scene.home),
				  &leftovers));
	close(held);
	assert_false(there(&scene, "ci/tasks/17/3-test-v6.1.188-tcg/.order.json.aB3dE6"));
	assert_false(there(&scene, "ci/tasks/17/3-test-v6.1.188-tcg/state/runs/.key.aB3dE6"));
	assert_true(there(&scene, "ci/tasks/17/4-held/.order.json.aB3dE6"));
	assert_true(there(&scene, "ci/tasks/17/5-kept/.order.json.aB3dE6"));
	assert_true(there(&scene, "ci/tasks/9/1-old/.order.json.aB3dE6"));
	assert_false(there(&scene, "ci/pages/17.new-aB3dE6"));
	assert_false(there(&scene, "ci/pages/.index.html.aB3dE6"));
	assert_false(there(&scene, "www/site.new-aB3dE6"));
	assert_true(there(&scene, "www/site.old-aB3dE6"));
	assert_int_equal(leftovers.n, 6);
	assert_false(there(&scene, "ci/mails/.news.aB3dE6"));
	assert_true(there(&scene, "ci/mails/.a.hidden.mail"));
	assert_true(there(&scene, "ci/pages/17"));
	assert_true(there(&scene, "www/site"));
	assert_true(there(&scene, "www/site.new-aB3dE7"));
	assert_true(there(&scene, "www/site.new-york"));
	assert_true(there(&scene, "www/site.new-design/thesis"));
	assert_true(there(&scene, "www/other.new-aB3dE6"));
	scene_end(&scene);
}

static void temporary_folders_go_when_their_owner_is_dead(void **state)
{
	struct scene scene;
	struct leftovers leftovers;
	struct arena *living = arena_new(), *dead = arena_new();
	struct utimbuf times = { time(NULL) - 3600, time(NULL) - 3600 };
	char *held, *left, *new;

	scene_begin(*state, &scene);
	assert_ok(file_temp_dir(living, "series-spatch", &held));
	assert_ok(file_temp_dir(dead, "series-b4", &left));
	assert_ok(file_temp_dir(dead, "series-b4", &new));
	held = arena_strdup(*state, held);
	left = arena_strdup(*state, left);
	new = arena_strdup(*state, new);
	arena_free(dead);
	assert_int_equal(utime(held, &times), 0);
	assert_int_equal(utime(left, &times), 0);
	make(&scene, "series-t.aB3dE6", 3600); /* a test's, say */
	make(&scene, "series-spatch.data", 3600);
	assert_ok(leftovers_clear(*state, scene.home, NULL, NULL, NULL, &leftovers));
	assert_int_equal(file_kind(held), 1);
	assert_int_equal(file_kind(left), 0);
	assert_int_equal(file_kind(new), 1); /* between making it and locking it is a moment */
	assert_true(there(&scene, "series-t.aB3dE6"));
	assert_true(there(&scene, "series-spatch.data"));
	arena_free(living);
	assert_ok(leftovers_clear(*state, scene.home, NULL, NULL, NULL, &leftovers));
	assert_int_equal(file_kind(held), 0);
	scene_end(&scene);
}

/* What we_do_not_end_ourselves_nor_who_called_us() runs. */
static int as_a_leftover(const char *home)
{
	struct arena *arena __free(arena) = arena_new();
	struct leftovers leftovers;

	return leftovers_clear(arena, home, NULL, NULL, NULL, &leftovers) || leftovers.n ? 1 : 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit(a_process_of_a_task_is_ended_and_named),
		unit(one_that_does_not_listen_is_killed),
		unit(what_it_started_goes_too_whatever_its_environment_and_session),
		unit(what_is_wanted_or_not_ours_stays),
		unit(we_do_not_end_ourselves_nor_who_called_us),
		unit(temporary_names_that_nobody_writes_any_more_go),
		unit(temporary_folders_go_when_their_owner_is_dead),
	};

	if (getenv("TEST_LEFTOVERS_HOME"))
		return as_a_leftover(getenv("TEST_LEFTOVERS_HOME"));
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL) ? 1 : 0;
}
