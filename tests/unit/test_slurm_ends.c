/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The ways a job of Slurm's can end, and what becomes of its task.
 */
#define _GNU_SOURCE
#include "slurm_world.h"

#include <unistd.h>

#include "base/file.h"

static void builds_badly(struct slurm_world *w, unsigned int look)
{
	if (look == 1)
		queue(w, "3|0|PENDING|Dependency|series-x-17-n\n3|1|PENDING|Dependency");
	if (look == 2) {
		outcome(w, 0, OUTCOME_FAILED);
		outcome(w, 1, OUTCOME_DONE);
	}
}

static void tests_of_a_build_that_failed_are_cancelled(void **state)
{
	struct slurm_world *w = slurm_world(*state);

	w->between = builds_badly;
	w->pace.grace_ms = 5000;
	assert_ok(go(w));
	assert_string_equal(w->tasks[0].word, "failed");
	assert_string_equal(w->tasks[1].word, "done");
	for (size_t i = 2; i < TASKS; i++) {
		assert_string_equal(w->tasks[i].word, "cancelled");
		must_say(w->tasks[i].note, "its build failed: so it was");
	}
	must_say(get(w, "cancelled"), "3_0");
	must_say(get(w, "cancelled"), "3_1");
	slurm_world_end(w);
}

/* Slurm goes by exit codes, and the outcome counts. */
static void never_begins(struct slurm_world *w, unsigned int look)
{
	if (look == 1)
		queue(w, "3|N/A|CANCELLED|DependencyNeverSatisfied");
	if (look == 4)
		outcome(w, 0, OUTCOME_DONE);
	if (count(get(w, "calls"), "\n") == 4)
		all_end_well(w, look);
}

static void what_slurm_would_not_begin_is_sent_anew_when_the_build_is_done(void **state)
{
	struct slurm_world *w = slurm_world(*state);
	const char *calls;

	w->tasks[1].state = TASK_ENDED;
	w->tasks[1].word = "done";
	w->between = never_begins;
	w->pace.grace_ms = 5000;
	/* As if the verify had been one call. */
	put(w, "calls", "-\n");
	assert_ok(go(w));
	calls = get(w, "calls");
	assert_int_equal(count(calls, "--array=0-1"), 2);
	assert_int_equal(count(calls, "--dependency"), 1);
	assert_string_equal(w->tasks[3].word, "done");
	assert_int_equal(w->tasks[3].tries, 2);
	slurm_world_end(w);
}

static void is_cancelled(struct slurm_world *w, unsigned int look)
{
	queue(w, look < 3 ? "1|N/A|RUNNING|None" : "1|N/A|CANCELLED|None");
}

static void who_cancelled_it_is_said_where_it_is_known(void **state)
{
	struct slurm_world *w = slurm_world_small(*state, 1);

	w->between = is_cancelled;
	assert_ok(go(w));
	assert_string_equal(w->tasks[0].word, "cancelled");
	must_say(w->tasks[0].note, "job 1 was cancelled (scancel)");
	put(w, "bin/sacct", "#!/bin/sh\necho 'CANCELLED by 0'\n");
	put(w, "calls", "");
	w->tasks[0].state = TASK_PLANNED;
	assert_ok(go(w));
	must_say(w->tasks[0].note, "job 1 was cancelled by root");
	slurm_world_end(w);
}

static void element_is_taken(struct slurm_world *w, unsigned int look)
{
	w->tasks[0].word = w->tasks[1].word = "done";
	queue(w, look < 3 ? "3|0|RUNNING|None|series-x-17-n\n3|1|PENDING|Resources" :
			    "3|0|RUNNING|None");
	if (look == 6)
		outcome(w, 2, OUTCOME_DONE);
}

static void an_element_that_goes_before_it_began_was_cancelled(void **state)
{
	struct slurm_world *w = slurm_world(*state);

	w->tasks[0].state = w->tasks[1].state = TASK_ENDED;
	w->tasks[0].word = w->tasks[1].word = "done";
	put(w, "calls", "-\n-\n");
	w->between = element_is_taken;
	assert_ok(go(w));
	assert_string_equal(w->tasks[2].word, "done");
	assert_string_equal(w->tasks[3].word, "cancelled");
	assert_int_equal(w->tasks[3].tries, 1);
	slurm_world_end(w);
}

static void node_goes(struct slurm_world *w, unsigned int look)
{
	(void)look;
	put(w, "17/it's 100% 3/log", "one\nmake: vmlinux\n\n");
	queue(w, "1|N/A|NODE_FAIL|NodeDown|series-x-17-n\n2|N/A|NODE_FAIL|NodeDown");
}

static void a_lost_task_is_sent_once_more(void **state)
{
	struct slurm_world *w = slurm_world_small(*state, 1);

	w->between = node_goes;
	assert_ok(go(w));
	assert_int_equal(w->tasks[0].tries, 2);
	assert_string_equal(w->tasks[0].word, "lost");
	must_say(w->tasks[0].note, "NODE_FAIL, NodeDown): make: vmlinux");
	slurm_world_end(w);
}

static void knows_nothing(struct slurm_world *w, unsigned int look)
{
	queue(w, NULL);
	if (w->tasks[0].tries == 2 && look > 2)
		outcome(w, 0, OUTCOME_DONE);
}

static void one_that_slurm_has_forgotten_is_sent_once_more(void **state)
{
	struct slurm_world *w = slurm_world_small(*state, 1);

	w->between = knows_nothing;
	assert_ok(go(w));
	assert_int_equal(w->tasks[0].tries, 2);
	assert_string_equal(w->tasks[0].word, "done");
	slurm_world_end(w);
}

static void outcome_comes_late(struct slurm_world *w, unsigned int look)
{
	queue(w, "1|N/A|COMPLETED|None");
	if (look == 3)
		outcome(w, 0, OUTCOME_DONE);
}

static void an_outcome_may_be_late(void **state)
{
	struct slurm_world *w = slurm_world_small(*state, 1);

	w->pace.grace_ms = 10000;
	w->between = outcome_comes_late;
	assert_ok(go(w));
	assert_int_equal(w->tasks[0].tries, 1);
	assert_string_equal(w->tasks[0].word, "done");
	slurm_world_end(w);
}

static int held = -1;

static void works_on(struct slurm_world *w, unsigned int look)
{
	queue(w, "1|N/A|NODE_FAIL|NodeDown");
	if (look == 1)
		assert_int_equal(order_lock(w->arena, w->tasks[0].dir, &held), 1);
	if (look == 10) {
		assert_int_equal(w->tasks[0].tries, 1);
		outcome(w, 0, OUTCOME_DONE);
		close(held);
	}
}

static void who_holds_the_folder_is_waited_for(void **state)
{
	struct slurm_world *w = slurm_world_small(*state, 1);

	w->between = works_on;
	assert_ok(go(w));
	assert_int_equal(w->tasks[0].tries, 1);
	assert_string_equal(w->tasks[0].word, "done");
	slurm_world_end(w);
}

static const char *ends_as;

static void ends_so(struct slurm_world *w, unsigned int look)
{
	(void)look;
	queue(w, ends_as);
}

static void time_and_memory_that_ran_out_are_infrastructure(void **state)
{
	struct slurm_world *w = slurm_world_small(*state, 1);

	w->between = ends_so;
	ends_as = "1|N/A|TIMEOUT|TimeLimit";
	assert_ok(go(w));
	assert_string_equal(w->tasks[0].word, "failed");
	must_say(w->tasks[0].note, "ended by the clock after 60 minutes");
	put(w, "calls", "");
	w->tasks[0].state = TASK_PLANNED;
	ends_as = "1|N/A|OUT_OF_MEMORY|OutOfMemory";
	assert_ok(go(w));
	assert_string_equal(w->tasks[0].word, "failed");
	must_say(w->tasks[0].note, "--mem");
	slurm_world_end(w);
}

static void one_that_no_node_takes_is_given_up(void **state)
{
	struct slurm_world *w = slurm_world_small(*state, 1);

	w->between = ends_so;
	w->pace.queue_ms = 30;
	ends_as = "1|N/A|PENDING|PartitionConfig";
	assert_ok(go(w));
	assert_string_equal(w->tasks[0].word, "failed");
	must_say(w->tasks[0].note, "PartitionConfig");
	must_say(get(w, "cancelled"), "1");
	slurm_world_end(w);
}

static void comes_back(struct slurm_world *w, unsigned int look)
{
	if (look == 2)
		put(w, "silent", "");
	if (look == 6) {
		assert_ok(unlink(in(w, "silent")));
		queue(w, "1|N/A|RUNNING|None");
	}
	if (look == 8)
		outcome(w, 0, OUTCOME_DONE);
}

static void a_controller_that_is_away_is_waited_for(void **state)
{
	struct slurm_world *w = slurm_world_small(*state, 1);

	w->between = comes_back;
	w->pace.grace_ms = w->pace.patience_ms = 10000;
	assert_ok(go(w));
	assert_string_equal(w->tasks[0].word, "done");
	assert_int_equal(w->tasks[0].tries, 1);
	slurm_world_end(w);
}

static void one_that_stays_away_ends_the_tick_and_no_task(void **state)
{
	struct slurm_world *w = slurm_world_small(*state, 1);

	w->tasks[0].state = TASK_SENT;
	w->tasks[0].executor = "slurm";
	w->tasks[0].job = "1";
	put(w, "silent", "");
	assert_fails(go(w), FAIL_INFRA, "Slurm has not answered");
	must_say(fail_message(), "Unable to contact slurm controller");
	assert_int_equal(w->tasks[0].state, TASK_SENT);
	slurm_world_end(w);
}

UNIT_MAIN(unit(tests_of_a_build_that_failed_are_cancelled),
	  unit(what_slurm_would_not_begin_is_sent_anew_when_the_build_is_done),
	  unit(who_cancelled_it_is_said_where_it_is_known),
	  unit(an_element_that_goes_before_it_began_was_cancelled),
	  unit(a_lost_task_is_sent_once_more), unit(one_that_slurm_has_forgotten_is_sent_once_more),
	  unit(an_outcome_may_be_late), unit(who_holds_the_folder_is_waited_for),
	  unit(time_and_memory_that_ran_out_are_infrastructure),
	  unit(one_that_no_node_takes_is_given_up), unit(a_controller_that_is_away_is_waited_for),
	  unit(one_that_stays_away_ends_the_tick_and_no_task))
