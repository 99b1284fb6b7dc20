/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is sent to Slurm, what is read of what it says, and what a tick finds that comes later.
 */
#define _GNU_SOURCE
#include "slurm_world.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/child.h"
#include "base/file.h"

static void tests_of_a_build_are_one_array_behind_it(void **state)
{
	struct slurm_world *w = slurm_world(*state);
	char *options[] = { (char *)"--partition=big" };
	struct slice calls, line;

	w->settings.slurm.options = options;
	w->settings.slurm.noptions = 1;
	w->between = all_end_well;
	assert_ok(go(w));
	calls = slice_of(get(w, "calls"));
	assert_true(slice_line(&calls, &line));
	must_say(slice_str(*state, line), "--parsable --job-name=series-x-17-3.1-");
	must_say(slice_str(*state, line), "--time=60 --partition=big");
	must_say(slice_str(*state, line), "it's 100%% 3/log --open-mode=append");
	assert_null(strstr(slice_str(*state, line), "--dependency"));
	assert_true(slice_line(&calls, &line));
	assert_null(strstr(slice_str(*state, line), "--dependency"));
	assert_true(slice_line(&calls, &line));
	must_say(slice_str(*state, line), "--job-name=series-x-17-5.1-");
	must_say(slice_str(*state, line),
		 "--array=0-1 --dependency=afterok:1 --kill-on-invalid-dep=yes");
	must_say(slice_str(*state, line), "/%a/log");
	assert_false(slice_line(&calls, &line));
	assert_string_equal(w->tasks[0].job, "1");
	assert_string_equal(w->tasks[3].job, "3_1");
	for (size_t i = 0; i < TASKS; i++) {
		assert_string_equal(w->tasks[i].word, "done");
		assert_int_equal(w->tasks[i].tries, 1);
	}
	slurm_world_end(w);
}

/* What its script runs as element N of an array. */
static const char *runs(struct slurm_world *w, const char *script, const char *element)
{
	const char *const argv[] = { "sh", in(w, script), NULL };
	const char *const env[] = { arena_printf(w->arena, "SLURM_ARRAY_TASK_ID=%s", element),
				    NULL };
	struct child_ask ask = { .argv = argv, .setenv = env };
	struct child_answer answer;

	assert_ok(child_run(w->arena, &ask, &answer));
	assert_int_equal(answer.status, 0);
	return slice_str(w->arena, answer.out);
}

static void each_element_does_its_own_task(void **state)
{
	struct slurm_world *w = slurm_world(*state);

	put(w, "program", "#!/bin/sh\necho \"$SERIES_TASK\"; for word; do echo \"$word\"; done\n");
	w->ask.program = in(w, "program");
	w->between = all_end_well;
	assert_ok(go(w));
	for (size_t i = 0; i < 2; i++) {
		const char *said = runs(w, "script.3", i ? "1" : "0");
		const char *dir = w->tasks[2 + i].dir;

		assert_int_equal(strncmp(said, dir, strlen(dir)), 0);
		must_say(
			said,
			arena_printf(*state,
				     "\n-C\n/ws\n--store\n/store\n--series\ndemo\nci\n--task\n%s\n",
				     dir));
	}
	must_say(runs(w, "script.1", "9"), w->tasks[0].dir);
	slurm_world_end(w);
}

static void the_index_of_an_array_leads_to_its_tasks(void **state)
{
	struct slurm_world *w = slurm_world(*state);
	struct file_names names = { 0 };
	size_t links = 0;

	w->between = all_end_well;
	assert_ok(go(w));
	assert_int_equal(file_list(*state, in(w, "17"), &names), 1);
	for (size_t i = 0; i < names.n; i++)
		if (slice_starts(slice_of(names.items[i]), "series-x-17-5.1-")) {
			struct stat a, b;

			links++;
			assert_ok(stat(arena_printf(*state, "%s/17/%s/1", w->dir, names.items[i]),
				       &a));
			assert_ok(stat(w->tasks[3].dir, &b));
			assert_int_equal(a.st_ino, b.st_ino);
		}
	assert_int_equal(links, 1);
	slurm_world_end(w);
}

static void whole_nodes_or_what_the_settings_ask_for(void **state)
{
	struct slurm_world *w = slurm_world_small(*state, 1);
	char *options[] = { (char *)"--cpus-per-task=8", (char *)"--mem-per-cpu=2G" };

	w->between = all_end_well;
	assert_ok(go(w));
	must_say(get(w, "calls"), "--exclusive --mem=0");
	put(w, "calls", "");
	w->settings.slurm.options = options;
	w->settings.slurm.noptions = 2;
	w->tasks[0].state = TASK_PLANNED;
	w->settings.executor = EXECUTOR_SLURM;
	assert_ok(go(w));
	must_say(get(w, "17/it's 100% 3/order.json"), "\"cores\": 8");
	must_say(get(w, "calls"), "--cpus-per-task=8 --mem-per-cpu=2G");
	assert_null(strstr(get(w, "calls"), "--exclusive"));
	assert_null(strstr(get(w, "calls"), "--mem="));
	options[1] = (char *)"--mem=3G";
	put(w, "calls", "");
	w->tasks[0].state = TASK_PLANNED;
	assert_ok(go(w));
	must_say(get(w, "17/it's 100% 3/order.json"), "\"memory\": 3072");
	assert_int_equal(count(get(w, "calls"), "--mem="), 1);
	slurm_world_end(w);
}

static void what_sbatch_refuses_fails_in_its_own_words(void **state)
{
	struct slurm_world *w = slurm_world_small(*state, 1);

	put(w, "refuse",
	    "sbatch: error: invalid partition specified: big\n"
	    "sbatch: error: Batch job submission failed: Invalid partition name specified\n");
	assert_ok(go(w));
	assert_string_equal(w->tasks[0].word, "failed");
	assert_string_equal(w->tasks[0].note, "sbatch: Invalid partition name specified");
	slurm_world_end(w);
}

static void answers_again(struct slurm_world *w, unsigned int look)
{
	if (look == 3)
		assert_ok(unlink(in(w, "refuse")));
	if (look > 3)
		all_end_well(w, look);
}

static void sbatch_that_gets_no_answer_is_called_again(void **state)
{
	struct slurm_world *w = slurm_world_small(*state, 1);

	put(w, "refuse",
	    "sbatch: error: Batch job submission failed: Socket timed out on send/recv operation\n");
	w->between = answers_again;
	assert_ok(go(w));
	assert_string_equal(w->tasks[0].word, "done");
	assert_true(w->tasks[0].tries > 1);
	slurm_world_end(w);
}

static void a_job_of_a_dead_tick_is_found_by_its_name(void **state)
{
	struct slurm_world *w = slurm_world(*state);

	w->tasks[0].state = w->tasks[1].state = TASK_ENDED;
	w->tasks[0].word = w->tasks[1].word = "done";
	for (size_t i = 2; i < TASKS; i++) {
		w->tasks[i].state = TASK_SENT;
		w->tasks[i].executor = "slurm";
		w->tasks[i].tries = 1;
	}
	w->tasks[2].job = "@series-x-17-5.1-6ff_0";
	w->tasks[3].job = "@series-x-17-5.1-6ff_1";
	put(w, "queue",
	    "41|0|RUNNING|None|series-x-17-5.1-6fe\n"
	    "77|0|RUNNING|None|series-x-17-5.1-6ff\n"
	    "77|1|PENDING|Resources|series-x-17-5.1-6ff\n");
	for (size_t i = 2; i < TASKS; i++)
		assert_ok(file_make_dirs(w->tasks[i].dir));
	w->between = all_end_well;
	assert_ok(go(w));
	assert_string_equal(w->tasks[2].job, "77_0");
	assert_string_equal(w->tasks[3].job, "77_1");
	assert_string_equal(get(w, "calls"), "");
	slurm_world_end(w);
}

static void one_that_was_never_sent_is_sent(void **state)
{
	struct slurm_world *w = slurm_world_small(*state, 1);

	w->tasks[0].state = TASK_SENT;
	w->tasks[0].executor = "slurm";
	w->tasks[0].tries = 1;
	w->tasks[0].job = "@series-x-17-3.1-6ff";
	w->between = all_end_well;
	assert_ok(go(w));
	assert_string_equal(w->tasks[0].job, "1");
	assert_int_equal(w->tasks[0].tries, 2);
	slurm_world_end(w);
}

static void what_a_local_tick_left_is_sent(void **state)
{
	struct slurm_world *w = slurm_world_small(*state, 2);

	for (size_t i = 0; i < 2; i++) {
		w->tasks[i].state = TASK_SENT;
		w->tasks[i].executor = "local";
		assert_ok(file_make_dirs(w->tasks[i].dir));
	}
	outcome(w, 0, OUTCOME_DONE);
	w->between = all_end_well;
	assert_ok(go(w));
	assert_int_equal(w->tasks[0].tries, 0);
	assert_int_equal(w->tasks[1].tries, 1);
	assert_int_equal(count(get(w, "calls"), "\n"), 1);
	slurm_world_end(w);
}

static void what_the_guard_refuses_is_not_sent(void **state)
{
	struct slurm_world *w = slurm_world(*state);

	w->refused = "needs 3100 MiB";
	w->between = all_end_well;
	assert_ok(go(w));
	assert_string_equal(w->tasks[0].word, "done");
	for (size_t i = 2; i < TASKS; i++) {
		assert_string_equal(w->tasks[i].word, "failed");
		assert_string_equal(w->tasks[i].note, "needs 3100 MiB");
		assert_int_equal(w->tasks[i].tries, 0);
	}
	slurm_world_end(w);
}

static void an_interrupted_tick_leaves_its_jobs(void **state)
{
	struct slurm_world *w = slurm_world_small(*state, 1);

	w->looks = LOOKS_MAX;
	assert_fails(go(w), FAIL_INTERRUPTED, "Slurm's jobs go on");
	assert_int_equal(w->tasks[0].state, TASK_SENT);
	assert_string_equal(w->tasks[0].job, "1");
	assert_string_equal(get(w, "cancelled"), "");
	slurm_world_end(w);
}

static void what_squeue_says_is_read_with_care(void **state)
{
	struct slurm_world *w = slurm_world(*state);
	struct slurm_jobs jobs;
	const struct slurm_job *job;

	put(w, "queue",
	    "12|N/A|RUNNING|None|other-17-1\n"
	    "13|N/A|PENDING|Priority|series-x-170-1\n"
	    "14|N/A|CONFIGURING|None|series-x-17-a\n"
	    "15|3|NODE_FAIL|NodeDown|series-x-17-b\n"
	    "15|N/A|CANCELLED|Dependency|series-x-17-b\n"
	    "16|N/A|SOMETHING_NEW|None|series-x-17-c|d\n"
	    "no line of ours\n||||\n");
	assert_ok(slurm_jobs(*state, "series-x-17-", &jobs));
	assert_int_equal(jobs.n, 4);
	assert_null(slurm_find(&jobs, "12"));
	assert_null(slurm_find(&jobs, "13"));
	assert_int_equal(slurm_find(&jobs, "14")->state, SLURM_RUNS);
	job = slurm_find(&jobs, "15_3");
	assert_int_equal(job->state, SLURM_LOST);
	assert_string_equal(job->reason, "NodeDown");
	/* One line for all those that have none of their own. */
	assert_int_equal(slurm_find(&jobs, "15_0")->state, SLURM_CANCELLED);
	assert_int_equal(slurm_find(&jobs, "16")->state, SLURM_RUNS);
	assert_string_equal(slurm_find_name(*state, &jobs, "series-x-17-b_3"), "15_3");
	assert_null(slurm_find_name(*state, &jobs, "series-x-17-x"));
	assert_true(slurm_knows_array(&jobs, "15_9"));
	assert_false(slurm_knows_array(&jobs, "99_9"));
	slurm_world_end(w);
}

static void no_time_is_lost_where_it_cannot_work(void **state)
{
	struct slurm_world *w = slurm_world_small(*state, 1);
	char *options[] = { (char *)"--hold" };

	w->settings.slurm.options = options;
	w->settings.slurm.noptions = 1;
	assert_fails(go(w), FAIL_USAGE, "--hold is set by series");
	w->settings.slurm.noptions = 0;
	setenv("PATH", in(w, "17"), 1);
	assert_fails(go(w), FAIL_USAGE, "sbatch is not installed");
	assert_int_equal(w->tasks[0].state, TASK_PLANNED);
	slurm_world_end(w);
}

static void options_are_looked_at_before_they_are_passed_on(void **state)
{
	static const char *const good[] = { "--partition=big", "--exclusive", "--mem-per-cpu=4G",
					    "--qos=low",       "--time=90",   "--nodelist=n[1-4]" };
	static const char *const bad[] = { "-p",
					   "big",
					   "--",
					   "--a",
					   "--array=0-9",
					   "--wrap=rm",
					   "--partition big",
					   "--comment=a\nb",
					   "--depend=x",
					   "" };

	for (size_t i = 0; i < ARRAY_SIZE(good); i++)
		if (slurm_option_flaw(*state, good[i]))
			fail_msg("%s", slurm_option_flaw(*state, good[i]));
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		if (!slurm_option_flaw(*state, bad[i]))
			fail_msg("'%s' is taken", bad[i]);
}

static void a_cluster_that_cannot_work_says_why(void **state)
{
	struct slurm_world *w = slurm_world(*state);
	char *options[] = { (char *)"--array=1" };
	char *flaw;

	put(w, "bin/sinfo",
	    "#!/bin/sh\nprintf 'localhost|127.0.0.1|idle\\nlocalhost|127.0.0.1|down*\\n'\n");
	assert_null(executor_slurm_flaw(*state, &w->settings));
	put(w, "bin/sinfo",
	    "#!/bin/sh\nprintf 'localhost|127.0.0.1|idle*\\nlocalhost|127.0.0.1|drained\\n'\n");
	must_say(executor_slurm_flaw(*state, &w->settings), "no node of the cluster is up");
	put(w, "bin/sinfo",
	    "#!/bin/sh\necho 'slurm_load_partitions: Unable to contact slurm controller' >&2; exit 1\n");
	must_say(executor_slurm_flaw(*state, &w->settings), "Unable to contact");
	w->settings.slurm.options = options;
	w->settings.slurm.noptions = 1;
	must_say(executor_slurm_flaw(*state, &w->settings),
		 "[slurm] option: --array is set by series");
	w->settings.slurm.noptions = 0;
	/* Where other machines are to see them, they cannot lie in this one's memory. */
	if (!access("/dev/shm", W_OK)) {
		char *old = getenv("XDG_STATE_HOME") ?
				    arena_strdup(*state, getenv("XDG_STATE_HOME")) :
				    NULL;

		put(w, "bin/sinfo", "#!/bin/sh\nprintf 'far|10.9.9.9|idle\\n'\n");
		setenv("XDG_CACHE_HOME", w->dir, 1);
		setenv("XDG_STATE_HOME", "/dev/shm", 1);
		flaw = executor_slurm_flaw(*state, &w->settings);
		assert_non_null(flaw);
		must_say(flaw, "must lie on a file system that all nodes mount");
		if (old)
			setenv("XDG_STATE_HOME", old, 1);
		else
			unsetenv("XDG_STATE_HOME");
		unsetenv("XDG_CACHE_HOME");
	}
	setenv("PATH", in(w, "17"), 1);
	must_say(executor_slurm_flaw(*state, &w->settings), "apt install slurm-client");
	slurm_world_end(w);
}

UNIT_MAIN(unit(tests_of_a_build_are_one_array_behind_it), unit(each_element_does_its_own_task),
	  unit(the_index_of_an_array_leads_to_its_tasks),
	  unit(whole_nodes_or_what_the_settings_ask_for),
	  unit(what_sbatch_refuses_fails_in_its_own_words),
	  unit(sbatch_that_gets_no_answer_is_called_again),
	  unit(a_job_of_a_dead_tick_is_found_by_its_name), unit(one_that_was_never_sent_is_sent),
	  unit(what_a_local_tick_left_is_sent), unit(what_the_guard_refuses_is_not_sent),
	  unit(an_interrupted_tick_leaves_its_jobs), unit(what_squeue_says_is_read_with_care),
	  unit(no_time_is_lost_where_it_cannot_work),
	  unit(options_are_looked_at_before_they_are_passed_on),
	  unit(a_cluster_that_cannot_work_says_why))
