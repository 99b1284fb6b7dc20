/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include "unit.h"

#include <unistd.h>

#include "base/file.h"
#include "ci/found.h"
#include "ci/rule.h"
#include "kernel/results.h"

#define NOW 1800000000

struct world {
	char *temp;
	struct results *results;
	struct settings settings;
	struct waiver waivers[8];
	struct task task;
	struct found found;
	struct outcome outcome;
};

static struct world *world_new(struct arena *arena)
{
	struct world *w = arena_new_of(arena, struct world);

	assert_ok(file_temp_dir(arena, "test_rule", &w->temp));
	assert_ok(results_open(arena_printf(arena, "%s/results.db", w->temp), &w->results));
	w->settings.waivers = w->waivers;
	w->task = (struct task){ .id = 1,
				 .kind = PROOF_TEST,
				 .series = "exc",
				 .line = "6.1.y",
				 .target = "v6.1.188",
				 .cell = "tcg",
				 .dir = w->temp };
	w->outcome = (struct outcome){
		.word = OUTCOME_DONE, .note = "", .wall_seconds = 12, .cpu_seconds = 3
	};
	w->found.why = "";
	return w;
}

static void world_end(struct world *w)
{
	results_free(w->results);
	assert_ok(file_remove_tree(w->temp));
}

static void finds(struct arena *arena, struct world *w, enum found_weight weight, const char *name,
		  const char *word)
{
	*arena_push(arena, &w->found) =
		(struct found_item){ .name = name, .word = word, .more = "", .weight = weight };
}

static struct waiver *knows(struct world *w, const char *test, int64_t until)
{
	struct waiver *waiver = &w->waivers[w->settings.nwaivers++];

	*waiver = (struct waiver){ .test = (char *)test,
				   .owner = "Me",
				   .reason = "slow",
				   .until = until,
				   .until_day = "2027-01-31" };
	return waiver;
}

static struct ruling ruled(struct arena *arena, struct world *w)
{
	struct ruling ruling;

	assert_ok(found_write(arena, w->temp, &w->found));
	assert_ok(
		rule_task(arena, w->results, &w->settings, &w->task, &w->outcome, 4, NOW, &ruling));
	return ruling;
}

static void all_is_well(void **state)
{
	struct world *w = world_new(*state);
	struct ruling r;

	finds(*state, w, FOUND_PASSED, "smm_test", "ok");
	finds(*state, w, FOUND_NOTED, "debug_regs", "pre-existing");
	r = ruled(*state, w);
	assert_string_equal(r.word, "ok");
	assert_false(r.red || r.unknown);
	assert_string_equal(r.bad, "");
	assert_string_equal(r.waived, "");
	assert_string_equal(r.line, "6.1.y");
	assert_string_equal(r.cell, "tcg");
	assert_int_equal(r.run, 4);
	assert_true(r.wall_seconds == 12 && r.cpu_seconds == 3);
	w->found.fixed = true;
	assert_string_equal(ruled(*state, w).word, "fixed");
	world_end(w);
}

static void what_is_not_green_is_a_sorted_set_and_the_worst_gives_the_word(void **state)
{
	struct world *w = world_new(*state);
	struct ruling r;

	finds(*state, w, FOUND_RED, "smm_test", "lost coverage");
	finds(*state, w, FOUND_RED, "debug_regs", "regression");
	finds(*state, w, FOUND_RED, "kernel", "WARNING");
	w->found.items[2].more = "WARNING: at\nkvm_arch\x01 vcpu";
	finds(*state, w, FOUND_RED, "debug_regs", "regression");
	finds(*state, w, FOUND_UNKNOWN, "cpuid_test", "infrastructure");
	w->found.why = "first bad patch: 2";
	r = ruled(*state, w);
	assert_true(r.red);
	assert_false(r.unknown);
	assert_string_equal(r.word, "regression");
	assert_string_equal(r.bad, "debug_regs: regression\n"
				   "kernel: WARNING: WARNING: at kvm_arch  vcpu\n"
				   "smm_test: lost coverage");
	assert_string_equal(r.why, "first bad patch: 2");
	world_end(w);
}

static void what_is_bad_in_a_check_is_the_reason(void **state)
{
	struct world *w = world_new(*state);
	struct ruling r;

	w->task.kind = PROOF_VERIFY;
	w->task.cell = "";
	finds(*state, w, FOUND_NOTED, "rules", "look");
	finds(*state, w, FOUND_RED, "rules", "bad");
	w->found.items[1].more = "2/2: no upstream line";
	r = ruled(*state, w);
	assert_true(r.red);
	assert_string_equal(r.why, "rules: bad: 2/2: no upstream line");
	assert_string_equal(r.bad, "rules: bad: 2/2: no upstream line");
	world_end(w);
}

static void infrastructure_is_neither_a_pass_nor_red(void **state)
{
	static const enum outcome_word words[] = { OUTCOME_FAILED, OUTCOME_LOST, OUTCOME_CANCELLED,
						   OUTCOME_SUPERSEDED };
	struct world *w = world_new(*state);
	struct ruling r;

	finds(*state, w, FOUND_PASSED, "smm_test", "ok");
	finds(*state, w, FOUND_UNKNOWN, "cpuid_test", "infrastructure");
	r = ruled(*state, w);
	assert_true(r.unknown);
	assert_false(r.red);
	assert_string_equal(r.word, "infrastructure");
	assert_string_equal(r.why, "cpuid_test: infrastructure");
	assert_string_equal(r.bad, "");
	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		w->outcome.word = words[i];
		w->outcome.note = "the disk is full";
		r = ruled(*state, w);
		assert_true(r.unknown && !r.red);
		assert_string_equal(r.word, "infrastructure");
		assert_string_equal(r.why, "the disk is full");
	}
	/* Done, it says, and what it found is gone or damaged. */
	w->outcome.word = OUTCOME_DONE;
	assert_ok(file_write(arena_printf(*state, "%s/found.json", w->temp), SLICE("{}"), 0666));
	assert_ok(rule_task(*state, w->results, &w->settings, &w->task, &w->outcome, 4, NOW, &r));
	assert_true(r.unknown && !r.red);
	unlink(arena_printf(*state, "%s/found.json", w->temp));
	assert_ok(rule_task(*state, w->results, &w->settings, &w->task, &w->outcome, 4, NOW, &r));
	assert_true(r.unknown && !r.red);
	assert_non_null(strstr(r.why, "what it found is not in"));
	/* It cannot be read: that keeps no run open. */
	assert_ok(file_make_dirs(arena_printf(*state, "%s/found.json", w->temp)));
	assert_ok(rule_task(*state, w->results, &w->settings, &w->task, &w->outcome, 4, NOW, &r));
	assert_true(r.unknown && !r.red);
	assert_non_null(strstr(r.why, "found.json"));
	assert_int_equal(rmdir(arena_printf(*state, "%s/found.json", w->temp)), 0);
	/* It has looked at nothing. */
	w->found.n = 0;
	r = ruled(*state, w);
	assert_true(r.unknown && !r.red);
	world_end(w);
}

static void a_known_failure_is_taken_out_and_said(void **state)
{
	struct world *w = world_new(*state);
	struct ruling r;

	finds(*state, w, FOUND_RED, "smm_test", "regression");
	finds(*state, w, FOUND_RED, "smm_test/smi", "changed failure");
	knows(w, "smm_test", NOW + 1);
	r = ruled(*state, w);
	assert_false(r.red || r.unknown);
	assert_string_equal(r.word, "ok");
	assert_string_equal(r.bad, "");
	assert_string_equal(r.waived, "smm_test/smi: changed failure (until 2027-01-31, Me)\n"
				      "smm_test: regression (until 2027-01-31, Me)");
	assert_string_equal(r.why, "known: smm_test (until 2027-01-31, Me)");
	/* Another red one is not hidden by it. */
	finds(*state, w, FOUND_RED, "smm_test_2", "regression");
	r = ruled(*state, w);
	assert_true(r.red);
	assert_string_equal(r.bad, "smm_test_2: regression");
	world_end(w);
}

static void one_whose_day_has_come_is_red_again(void **state)
{
	struct world *w = world_new(*state);
	struct ruling r;

	finds(*state, w, FOUND_RED, "smm_test", "regression");
	knows(w, "smm_test", NOW);
	r = ruled(*state, w);
	assert_true(r.red);
	assert_string_equal(r.bad, "smm_test: regression");
	assert_string_equal(r.waived, "");
	assert_string_equal(r.why,
			    "known failure smm_test (until 2027-01-31, which has passed, Me)");
	world_end(w);
}

static void one_that_passes_now_can_go(void **state)
{
	struct world *w = world_new(*state);
	struct ruling r;

	finds(*state, w, FOUND_PASSED, "smm_test", "ok");
	knows(w, "smm_test", NOW + 1);
	knows(w, "other_test", NOW + 1); /* it did not run here: nothing is known of it */
	r = ruled(*state, w);
	assert_string_equal(r.waived, "smm_test: passes now, its [known] entry can go");
	assert_string_equal(r.why, "");
	/* One of its subtests does not. */
	finds(*state, w, FOUND_RED, "smm_test/smi", "regression");
	assert_null(strstr(ruled(*state, w).waived, "passes now"));
	world_end(w);
}

static void it_counts_only_where_it_was_meant(void **state)
{
	struct world *w = world_new(*state);
	struct waiver *waiver = knows(w, "smm_test", NOW + 1);
	const struct settings *s = &w->settings;

	assert_ptr_equal(waiver_find(s, "exc", "v6.1.188", "tcg", "smm_test"), waiver);
	assert_ptr_equal(waiver_find(s, "exc", "v6.1.188", "tcg", "smm_test/a"), waiver);
	assert_null(waiver_find(s, "exc", "v6.1.188", "tcg", "smm_test2"));
	assert_null(waiver_find(s, "exc", "v6.1.188", "tcg", "smm"));
	waiver->target = "v6.1";
	assert_ptr_equal(waiver_find(s, "exc", "v6.1.188-rc1+0123456789ab", "tcg", "smm_test"),
			 waiver);
	assert_null(waiver_find(s, "exc", "v6.12.9", "tcg", "smm_test"));
	waiver->cell = "bochs";
	assert_null(waiver_find(s, "exc", "v6.1.188", "tcg", "smm_test"));
	waiver->cell = NULL;
	waiver->series = "other";
	assert_null(waiver_find(s, "exc", "v6.1.188", "tcg", "smm_test"));
	waiver->series = NULL;
	/* Of two the one that says more; of equal ones the one that lasts longer. */
	struct waiver *closer = knows(w, "smm_test", NOW - 1);

	closer->target = "v6.1.188";
	closer->cell = "tcg";
	assert_ptr_equal(waiver_find(s, "exc", "v6.1.188", "tcg", "smm_test"), closer);
	*closer = *waiver;
	closer->until++;
	assert_ptr_equal(waiver_find(s, "exc", "v6.1.188", "tcg", "smm_test"), closer);
	world_end(w);
}

static void what_does_not_build_is_no_known_failure(void **state)
{
	struct world *w = world_new(*state);
	struct ruling r;

	w->task.kind = PROOF_BUILD;
	w->task.cell = "";
	knows(w, "guest", NOW + 1);
	finds(*state, w, FOUND_RED, "guest", "new warning");
	r = ruled(*state, w);
	assert_false(r.red);
	w->found.n = 0;
	finds(*state, w, FOUND_RED, "guest", "does not build");
	r = ruled(*state, w);
	assert_true(r.red);
	assert_string_equal(r.word, "does not build");
	world_end(w);
}

static void the_cell_of_its_run_is_named(void **state)
{
	struct world *w = world_new(*state);
	struct run_record run = { .series = "exc", .command = "series ci", .version = "1" };
	struct cell_record cell = {
		.series = "exc", .target = "v6.1.188", .cell = "tcg", .key = "", .word = "ok"
	};
	struct verdict none = { 0 };
	struct ruling r;

	assert_ok(results_run_begin(w->results, &run));
	assert_ok(results_cell_put(w->results, run.id, &cell, &none));
	assert_ok(found_write(*state, w->temp, &w->found));
	assert_ok(rule_task(*state, w->results, &w->settings, &w->task, &w->outcome, run.id, NOW,
			    &r));
	assert_int_equal(r.cell_id, 1);
	assert_ok(rule_task(*state, w->results, &w->settings, &w->task, &w->outcome, run.id + 1,
			    NOW, &r));
	assert_int_equal(r.cell_id, 0);
	world_end(w);
}

static void a_port_is_ruled_by_its_marks(void **state)
{
	struct series_patch one = { .number = 1 }, two = { .number = 2 };
	struct port_patch items[] = { { .patch = &one, .mark = MARK_PRESENT },
				      { .patch = &two, .mark = MARK_SKIPPED } };
	struct port port = { .kernel = { .name = "v6.1.188" }, .items = items, .n = 2 };
	struct ruling r = { 0 };

	rule_apply(*state, &port, &r);
	assert_string_equal(r.word, "already there");
	assert_string_equal(r.marks, "U n/a");
	assert_false(r.red || r.unknown);
	items[1].mark = MARK_EXACT;
	items[1].committed = true;
	rule_apply(*state, &port, &r);
	assert_string_equal(r.word, "ok");
	assert_string_equal(r.marks, "U =");
	items[1].mark = MARK_CONFLICT;
	items[1].committed = false;
	items[1].why = "its text is not in the file";
	rule_apply(*state, &port, &r);
	assert_string_equal(r.word, "conflict");
	assert_true(r.red);
	assert_string_equal(r.why, "patch 2/2: its text is not in the file");
	assert_string_equal(r.bad, "2/2: conflict");
}

UNIT_MAIN(unit(all_is_well), unit(what_is_not_green_is_a_sorted_set_and_the_worst_gives_the_word),
	  unit(what_is_bad_in_a_check_is_the_reason),
	  unit(infrastructure_is_neither_a_pass_nor_red),
	  unit(a_known_failure_is_taken_out_and_said), unit(one_whose_day_has_come_is_red_again),
	  unit(one_that_passes_now_can_go), unit(it_counts_only_where_it_was_meant),
	  unit(what_does_not_build_is_no_known_failure), unit(the_cell_of_its_run_is_named),
	  unit(a_port_is_ruled_by_its_marks))
