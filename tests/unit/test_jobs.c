/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/jobs.h"

#include <dirent.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/child.h"
#include "base/file.h"
#include "unit.h"

/* What the jobs of a test share: a folder to leave marks in, and what came back. */
struct scene {
	struct arena *arena;
	char *dir;
	struct text log;     /* in the parent: "a=0 b=-1 " */
	const char *stop_at; /* `done` fails there */
	struct job more;     /* added when the first one has ended */
	size_t steps;
	char words[200];
	uint64_t done, total;
	size_t stop_after; /* steps; 0: never */
};

struct work {
	struct scene *scene;
	const char *name;
	unsigned int ms;
	int code;
};

static void scene_begin(struct arena *arena, struct scene *scene)
{
	*scene = (struct scene){ .arena = arena };
	assert_ok(file_temp_dir(arena, "test_jobs", &scene->dir));
}

static void scene_end(struct scene *scene)
{
	assert_ok(file_remove_tree(scene->dir));
	text_release(&scene->log);
}

static size_t running_now(const char *dir)
{
	DIR *d = opendir(dir);
	struct dirent *e;
	size_t n = 0;

	while ((e = readdir(d)))
		n += !strncmp(e->d_name, "now.", 4);
	closedir(d);
	return n;
}

/*
 * Leaves "begun.NAME" with how many ran at that time, this one included, and "now.NAME" while it runs.
 */
static int work(void *data, const struct progress *progress)
{
	const struct work *w = data;
	const char *dir = w->scene->dir;
	char now[500], begun[500];
	FILE *f;

	snprintf(now, sizeof(now), "%s/now.%s", dir, w->name);
	snprintf(begun, sizeof(begun), "%s/begun.%s", dir, w->name);
	f = fopen(now, "w");
	fclose(f);
	f = fopen(begun, "w");
	fprintf(f, "%zu", running_now(dir));
	fclose(f);
	for (unsigned int ms = 0; ms < w->ms; ms += 10) {
		usleep(10000);
		if (!progress_step(progress, "at it", ms, w->ms, "ms"))
			return fail_as(FAIL_INTERRUPTED, "stopped");
	}
	unlink(now);
	if (w->code == -2)
		abort();
	return w->code < 0 ? fail_as(FAIL_BUSY, "%s says why", w->name) : w->code;
}

static int ended(void *data, struct jobs *jobs, const struct job *job,
		 const struct job_result *result)
{
	struct scene *scene = data;

	text_addf(&scene->log, "%s=%d ", job->title, result->code);
	if (result->code < 0)
		text_addf(&scene->log, "(%d: %s) ", result->kind, result->message);
	if (scene->more.run) {
		jobs_add(jobs, &scene->more);
		scene->more.run = NULL;
	}
	return scene->stop_at && !strcmp(scene->stop_at, job->title) ?
		       fail_as(FAIL_USAGE, "enough of it") :
		       0;
}

static bool step(void *data, const char *what, uint64_t done, uint64_t total, const char *unit)
{
	struct scene *scene = data;

	(void)unit;
	if (strchr(what, ':')) {
		snprintf(scene->words, sizeof(scene->words), "%s", what);
		scene->done = done;
		scene->total = total;
	}
	return !scene->stop_after || ++scene->steps < scene->stop_after;
}

static struct job job_of(struct scene *scene, const char *name, unsigned int cores, unsigned int ms,
			 int code)
{
	struct work *w = arena_new_of(scene->arena, struct work);

	*w = (struct work){ scene, name, ms, code };
	return (struct job){ .title = name, .run = work, .data = w, .cores = cores, .memory = 1 };
}

static void add(struct jobs *jobs, struct job job)
{
	jobs_add(jobs, &job);
}

static int run(struct jobs *jobs, struct scene *scene, unsigned int cores)
{
	struct progress progress = { step, scene };
	struct jobs_ask ask = {
		.cores = cores, .memory = 100, .done = ended, .data = scene, .progress = &progress
	};

	return jobs_run(jobs, &ask);
}

static unsigned long begun(const struct scene *scene, const char *name)
{
	struct slice text = { 0 };

	assert_int_equal(file_read(scene->arena,
				   arena_printf(scene->arena, "%s/begun.%s", scene->dir, name), 100,
				   &text),
			 1);
	return strtoul(text.p, NULL, 10);
}

static bool has_begun(const struct scene *scene, const char *name)
{
	return file_kind(arena_printf(scene->arena, "%s/begun.%s", scene->dir, name)) != 0;
}

/* Which was there first, by the files' times. */
static bool before(const struct scene *scene, const char *a, const char *b)
{
	struct stat sa, sb;

	assert_ok(stat(arena_printf(scene->arena, "%s/begun.%s", scene->dir, a), &sa));
	assert_ok(stat(arena_printf(scene->arena, "%s/begun.%s", scene->dir, b), &sb));
	return sa.st_mtim.tv_sec < sb.st_mtim.tv_sec ||
	       (sa.st_mtim.tv_sec == sb.st_mtim.tv_sec && sa.st_mtim.tv_nsec <= sb.st_mtim.tv_nsec);
}

static void each_gives_its_number_or_its_message(void **state)
{
	struct jobs *jobs = jobs_new(*state);
	struct scene scene;

	scene_begin(*state, &scene);
	add(jobs, job_of(&scene, "a", 1, 0, 7));
	add(jobs, job_of(&scene, "b", 1, 0, -1));
	add(jobs, job_of(&scene, "c", 1, 0, -2));
	add(jobs, job_of(&scene, "d", 1, 0, 255));
	assert_ok(run(jobs, &scene, 1));
	assert_string_equal(text_str(&scene.log),
			    "a=7 b=-1 (3: b says why) c=-1 (0: its process was killed: Aborted) "
			    "d=255 ");
	scene_end(&scene);
}

static void nothing_to_do_is_done(void **state)
{
	struct jobs_ask ask = { 0 };

	assert_ok(jobs_run(jobs_new(*state), &ask));
	assert_true(jobs_cores() >= 1);
	assert_true(jobs_memory() >= 1);
}

static void they_run_side_by_side_as_cores_allow(void **state)
{
	static const char *const names[] = { "a", "b", "c", "d", "e", "f" };
	struct jobs *jobs = jobs_new(*state);
	unsigned long most = 0;
	struct scene scene;

	scene_begin(*state, &scene);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		add(jobs, job_of(&scene, names[i], 1, 150, 0));
	assert_ok(run(jobs, &scene, 3));
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		most = begun(&scene, names[i]) > most ? begun(&scene, names[i]) : most;
	assert_int_equal(most, 3);
	scene_end(&scene);
}

static void memory_bounds_them_too_and_one_always_fits(void **state)
{
	static const char *const names[] = { "a", "b", "c" };
	struct jobs *jobs = jobs_new(*state);
	struct scene scene;

	scene_begin(*state, &scene);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		struct job job = job_of(&scene, names[i], 1, 60, 0);

		job.memory = i == 2 ? 100000 : 60; /* of 100 */
		jobs_add(jobs, &job);
	}
	assert_ok(run(jobs, &scene, 8));
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		assert_int_equal(begun(&scene, names[i]), 1);
	scene_end(&scene);
}

static void of_a_lane_only_one_runs_and_others_pass_it(void **state)
{
	struct jobs *jobs = jobs_new(*state);
	struct scene scene;
	struct job a, b;

	scene_begin(*state, &scene);
	a = job_of(&scene, "a", 1, 200, 0);
	b = job_of(&scene, "b", 1, 10, 0);
	a.lane = b.lane = "v6.12";
	add(jobs, a);
	add(jobs, b);
	add(jobs, job_of(&scene, "c", 1, 100, 0));
	assert_ok(run(jobs, &scene, 4));
	assert_string_equal(text_str(&scene.log), "c=0 a=0 b=0 ");
	assert_int_equal(begun(&scene, "b"), 1);
	scene_end(&scene);
}

static void small_ones_pass_a_large_one_only_where_they_leave_it_room(void **state)
{
	struct jobs *jobs = jobs_new(*state);
	struct scene scene;

	scene_begin(*state, &scene);
	add(jobs, job_of(&scene, "first", 2, 200, 0));
	add(jobs, job_of(&scene, "large", 2, 50, 0)); /* does not fit beside it */
	add(jobs, job_of(&scene, "s1", 1, 1000, 0));  /* does, and will beside large */
	add(jobs, job_of(&scene, "s2", 1, 10, 0));    /* would not leave large its room */
	assert_ok(run(jobs, &scene, 3));
	assert_true(before(&scene, "s1", "large"));
	assert_true(before(&scene, "large", "s2"));
	assert_int_equal(begun(&scene, "large"), 2);
	scene_end(&scene);
}

static void what_is_added_when_one_has_ended_runs_too(void **state)
{
	struct jobs *jobs = jobs_new(*state);
	struct scene scene;

	scene_begin(*state, &scene);
	add(jobs, job_of(&scene, "a", 1, 0, 0));
	scene.more = job_of(&scene, "more", 1, 0, 3);
	assert_ok(run(jobs, &scene, 1));
	assert_string_equal(text_str(&scene.log), "a=0 more=3 ");
	scene_end(&scene);
}

static void their_progress_comes_with_their_title(void **state)
{
	struct jobs *jobs = jobs_new(*state);
	struct scene scene;

	scene_begin(*state, &scene);
	add(jobs, job_of(&scene, "build", 1, 400, 0));
	assert_ok(run(jobs, &scene, 1));
	assert_string_equal(scene.words, "build: at it");
	assert_int_equal(scene.total, 400);
	assert_true(scene.done > 0);
	scene_end(&scene);
}

static void who_says_no_stops_everything(void **state)
{
	struct jobs *jobs = jobs_new(*state);
	struct scene scene;

	scene_begin(*state, &scene);
	scene.stop_at = "a";
	add(jobs, job_of(&scene, "a", 1, 0, 0));
	add(jobs, job_of(&scene, "b", 1, 60000, 0));
	add(jobs, job_of(&scene, "c", 1, 0, 0));
	assert_fails(run(jobs, &scene, 2), FAIL_USAGE, "enough of it");
	assert_false(has_begun(&scene, "c"));
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	scene_end(&scene);

	jobs = jobs_new(*state);
	scene_begin(*state, &scene);
	scene.stop_after = 3;
	add(jobs, job_of(&scene, "a", 1, 60000, 0));
	assert_fails(run(jobs, &scene, 2), FAIL_INTERRUPTED, "interrupted");
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	scene_end(&scene);
}

static void on_alarm(int signal)
{
	(void)signal;
}

/* A program under base/child.h that would take a minute, with a child of its own. */
static int sleeper(void *data, const struct progress *progress)
{
	struct scene *scene = data;
	const char *script = arena_printf(scene->arena,
					  "sleep 60 & echo $! >%s/t && mv %s/t %s/pid; wait",
					  scene->dir, scene->dir, scene->dir);
	const char *const argv[] = { "sh", "-c", script, NULL };
	struct child_ask ask = { .argv = argv };
	struct child_answer answer;

	(void)progress;
	return child_run(scene->arena, &ask, &answer);
}

static long sleeper_pid(const struct scene *scene)
{
	struct slice pid = { 0 };

	for (int i = 0; i < 1000 && !pid.n; i++) {
		usleep(10000);
		assert_ok(file_read(scene->arena, arena_printf(scene->arena, "%s/pid", scene->dir),
				    100, &pid));
	}
	assert_true(pid.n > 0);
	return strtol(pid.p, NULL, 10);
}

static bool gone(struct arena *arena, long pid)
{
	for (int i = 0; i < 300; i++) {
		struct slice stat;

		if (file_read(arena, arena_printf(arena, "/proc/%ld/stat", pid), 4096, &stat) !=
			    1 ||
		    slice_find(stat, SLICE(") Z ")) >= 0)
			return true;
		usleep(10000);
	}
	return false;
}

static void a_signal_that_we_catch_ends_what_they_started(void **state)
{
	struct jobs *jobs = jobs_new(*state);
	struct scene scene;

	scene_begin(*state, &scene);
	add(jobs, (struct job){ .title = "s", .run = sleeper, .data = &scene, .cores = 1 });
	/* As a program that catches it; a job inherits that. */
	sigaction(SIGTERM, &(struct sigaction){ .sa_handler = on_alarm }, NULL);

	pid_t we = getpid(), other = fork();

	if (!other) {
		sleeper_pid(&scene);
		kill(we, SIGTERM);
		_exit(0);
	}
	assert_fails(run(jobs, &scene, 1), FAIL_INTERRUPTED, "interrupted");
	signal(SIGTERM, SIG_DFL);
	waitpid(other, NULL, 0);
	assert_true(gone(*state, sleeper_pid(&scene)));
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	scene_end(&scene);
}

static void when_we_are_killed_nothing_is_left_running(void **state)
{
	struct scene scene;

	scene_begin(*state, &scene);

	pid_t we = fork();

	if (!we) {
		struct jobs *jobs = jobs_new(*state);
		struct jobs_ask ask = { .cores = 1 };

		add(jobs, (struct job){ .title = "s", .run = sleeper, .data = &scene, .cores = 1 });
		_exit(jobs_run(jobs, &ask) != 0);
	}

	long pid = sleeper_pid(&scene);

	kill(we, SIGKILL);
	waitpid(we, NULL, 0);
	assert_true(gone(*state, pid));
	scene_end(&scene);
}

UNIT_MAIN(unit(each_gives_its_number_or_its_message), unit(nothing_to_do_is_done),
	  unit(they_run_side_by_side_as_cores_allow),
	  unit(memory_bounds_them_too_and_one_always_fits),
	  unit(of_a_lane_only_one_runs_and_others_pass_it),
	  unit(small_ones_pass_a_large_one_only_where_they_leave_it_room),
	  unit(what_is_added_when_one_has_ended_runs_too),
	  unit(their_progress_comes_with_their_title), unit(who_says_no_stops_everything),
	  unit(a_signal_that_we_catch_ends_what_they_started),
	  unit(when_we_are_killed_nothing_is_left_running))
