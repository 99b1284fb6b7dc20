/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include "unit.h"

#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "ci/plan.h"
#include "kernel/results.h"

#define NOW 1800000000
#define DAY 86400
#define LINES 4

/* Four lines: releases of 6.12 and 6.1, a candidate of 6.1, the queue of 6.1. */
struct world {
	struct arena *arena;
	char *temp;
	struct results *journal;
	struct settings settings;
	struct matrix matrix;
	struct waiver waiver;
	struct target targets[2];
	struct watch watches[3];
	struct watched watched[LINES];
	struct series series;
	struct series_patch patch;
	struct mail mail;
	struct port_patch ported[LINES];
	struct plan_line lines[LINES];
	struct plan_ask ask;
	struct plan plan;
};

static void put(struct world *w, const char *name, const char *text, unsigned int mode)
{
	char *path = arena_printf(w->arena, "%s/%s", w->temp, name), *slash = strrchr(path, '/');

	assert_ok(file_make_dirs(arena_copy(w->arena, path, (size_t)(slash - path))));
	assert_ok(file_write(path, slice_of(text), mode));
	assert_int_equal(chmod(path, mode), 0);
}

static void emulator(struct world *w, const char *version)
{
	put(w, "qemu",
	    arena_printf(w->arena, "#!/bin/sh\necho 'QEMU emulator version %s'\n", version), 0755);
}

static void matrix(struct world *w, const char *more)
{
	put(w, "ci/matrix.conf",
	    arena_printf(w->arena,
			 "[config \"guest\"]\n\tfragment = kvm\n[run]\n\tretries = 2\n"
			 "[machine \"fake\"]\n\tkind = qemu\n\taccel = tcg\n\tprogram = %s/qemu\n"
			 "\tcpu = max\n\tvendor = any\n\tmemory = 64\n\twall = 20\n\tsilence = 3\n"
			 "[tests \"kvm\"]\n\tprove = payload_test\n\tselftest = smm_test\n"
			 "[cell \"tcg\"]\n\tconfig = guest\n\tmachine = fake\n\ttests = kvm\n"
			 "[cell \"other\"]\n\tconfig = guest\n\tmachine = fake\n\ttests = kvm\n"
			 "\tdefault = no\n%s",
			 w->temp, more),
	    0644);
	w->matrix = (struct matrix){ 0 };
	assert_ok(matrix_read(w->arena, w->temp, &w->matrix));
}

static git_oid tree(const char *name)
{
	git_oid id = { { 0 } };

	for (size_t i = 0; name[i] && i < GIT_OID_RAWSZ; i++)
		id.id[i] = (unsigned char)name[i];
	return id;
}

/* Line `i` has this kernel now; the port's tree follows from both. */
static void kernel(struct world *w, size_t i, const char *name, const char *series)
{
	struct plan_line *line = &w->lines[i];
	const char *bare = name;

	w->watched[i].kernel.name = line->port.kernel.name = arena_strdup(w->arena, name);
	/* What stands behind "+" is no part of a tree's identity here: a candidate becomes its release. */
	line->port.kernel.tree = tree(arena_copy(w->arena, bare, strcspn(bare, "-+")));
	line->port.tree =
		tree(arena_printf(w->arena, "%.*s%s", (int)strcspn(bare, "-+"), bare, series));
	w->ported[i].tree = line->port.tree;
}

static struct world *world_new(struct arena *arena)
{
	static const char *const lines[] = { "6.12.y", "6.1.y", "6.1.y-rc", "6.1.y-queue" };
	struct world *w = arena_new_of(arena, struct world);

	w->arena = arena;
	assert_ok(file_temp_dir(arena, "test_plan", &w->temp));
	assert_ok(results_open(arena_printf(arena, "%s/results.db", w->temp), &w->journal));
	emulator(w, "9.9");
	put(w, "ci/kconfig/kvm.config", "CONFIG_KVM=y\n", 0644);
	put(w, "ci/guest/payload_test.c", "int main(void) { return 0; }\n", 0644);
	put(w, "ci/guest/init", "#!/bin/sh\n", 0644);
	put(w, "coccinelle/checks/a.cocci", "@@ @@\n", 0644);
	matrix(w, "");
	w->settings.tries = 3;
	w->targets[0].name = "v6.12";
	w->targets[1].name = "v6.1";
	w->watches[WATCH_RELEASE] =
		(struct watch){ .name = "stable", .kind = WATCH_RELEASE, .depth = DEPTH_TEST };
	w->watches[WATCH_CANDIDATE] =
		(struct watch){ .name = "rc", .kind = WATCH_CANDIDATE, .depth = DEPTH_TEST };
	w->watches[WATCH_QUEUE] =
		(struct watch){ .name = "queue", .kind = WATCH_QUEUE, .depth = DEPTH_APPLY };
	w->series.name = "exc";
	w->patch.number = 1;
	w->patch.file = "0001-a.patch";
	for (size_t i = 0; i < LINES; i++) {
		w->watched[i] = (struct watched){ .watch = &w->watches[i < 2 ? 0 : i - 1],
						  .target = &w->targets[i > 0],
						  .line = (char *)lines[i],
						  .there = true };
		w->ported[i] = (struct port_patch){
			.patch = &w->patch, .mark = MARK_EXACT, .committed = true, .message = "a"
		};
		w->lines[i] = (struct plan_line){ .series = &w->series,
						  .watched = &w->watched[i],
						  .ported = true };
		w->lines[i].port.items = &w->ported[i];
		w->lines[i].port.n = 1;
		w->lines[i].port.mark = MARK_EXACT;
	}
	kernel(w, 0, "v6.12.9", "s1");
	kernel(w, 1, "v6.1.187", "s1");
	kernel(w, 2, "v6.1.188-rc1+0123456789ab", "s1");
	kernel(w, 3, "v6.1.189-rc1+abcdef012345", "s1");
	w->ask = (struct plan_ask){ .workspace = w->temp,
				    .settings = &w->settings,
				    .matrix = &w->matrix,
				    .journal = w->journal,
				    .lines = w->lines,
				    .nlines = LINES,
				    .program_version = "1",
				    .now = NOW };
	return w;
}

static void world_end(struct world *w)
{
	results_free(w->journal);
	assert_ok(file_remove_tree(w->temp));
}

/* "6.1.y test: not tested yet", a line for each item with "+" where it is wanted. */
static const char *planned(struct world *w)
{
	struct text all __free_text = TEXT_INIT;

	assert_ok(plan_make(w->arena, &w->ask, &w->plan));
	for (size_t i = 0; i < w->plan.n; i++) {
		const struct plan_item *item = &w->plan.items[i];

		text_addf(&all, "%s%s %s: %s\n", item->wanted ? "+" : "-",
			  item->line->watched->line, proof_kind_word(item->kind), item->why);
	}
	return slice_str(w->arena, text_slice(&all));
}

static const struct plan_item *item_of(struct world *w, const char *line, enum proof_kind kind)
{
	for (size_t i = 0; i < w->plan.n; i++)
		if (w->plan.items[i].kind == kind &&
		    !strcmp(w->plan.items[i].line->watched->line, line))
			return &w->plan.items[i];
	fail_msg("no such item: %s %s", line, proof_kind_word(kind));
	return NULL;
}

/* All that is wanted is done, in a round of its own; those of `kind` end in infrastructure (-1: none do). */
static void done(struct world *w, int unknown)
{
	struct round round = { .started = w->ask.now, .why = "" };

	planned(w);
	assert_ok(journal_round_begin(w->journal, &round, NULL, 0));
	for (size_t i = 0; i < w->plan.n; i++) {
		const struct plan_item *item = &w->plan.items[i];
		struct ruling r = { .round = round.id,
				    .at = w->ask.now,
				    .kind = item->kind,
				    .series = "exc",
				    .line = item->line->watched->line,
				    .target = item->line->port.kernel.name,
				    .cell = item->cell ? item->cell->name : "",
				    .input = item->input,
				    .word = "ok",
				    .why = "",
				    .bad = "",
				    .waived = "",
				    .marks = "" };

		if ((int)item->kind == unknown) {
			r.unknown = true;
			r.word = "infrastructure";
			r.why = "the disk is full";
		}
		if (item->wanted)
			assert_ok(journal_ruling_put(w->journal, &r));
	}
	round.ended = w->ask.now + 1;
	assert_ok(journal_round_end(w->journal, &round));
}

static void at_first_all_is_wanted_candidates_first_then_releases_newest_first(void **state)
{
	struct world *w = world_new(*state);

	assert_string_equal(planned(w),
			    "+6.1.y-rc apply: not applied yet\n"
			    "+6.1.y-rc build: not built yet\n"
			    "+6.1.y-rc test: not tested yet\n"
			    "+6.12.y apply: not applied yet\n"
			    "+6.12.y build: not built yet\n"
			    "+6.12.y test: not tested yet\n"
			    "+6.1.y apply: not applied yet\n"
			    "+6.1.y build: not built yet\n"
			    "+6.1.y test: not tested yet\n"
			    "+6.1.y-queue apply: not applied yet\n"
			    "-6.1.y-queue build: watch queue goes no further than apply\n");
	assert_int_equal(w->plan.wanted, 10);
	assert_string_equal(w->plan.why,
			    "v6.1.188-rc1+0123456789ab is new here; v6.12.9 is new here; "
			    "v6.1.187 is new here; "
			    "v6.1.189-rc1+abcdef012345 is new here");
	/* A test needs the build before it. */
	assert_int_equal(w->plan.items[2].needs, 2);
	assert_int_equal(w->plan.items[5].needs, 5);
	assert_int_equal(w->plan.items[1].needs, 0);
	w->settings.verify = true;
	assert_non_null(strstr(planned(w), "+6.12.y build: not built yet\n"
					   "+6.12.y verify: not verified yet\n"
					   "+6.12.y test: not tested yet\n"));
	assert_int_equal(item_of(w, "6.12.y", PROOF_VERIFY)->needs, 6);
	world_end(w);
}

static void what_has_a_ruling_for_just_this_input_is_not_done_again(void **state)
{
	struct world *w = world_new(*state);
	const char *text;

	w->settings.verify = true;
	done(w, -1);
	text = planned(w);
	assert_int_equal(w->plan.wanted, 0);
	assert_string_equal(w->plan.why, "");
	assert_non_null(strstr(text, "-6.1.y test: has a ruling: run 1\n"));
	assert_true(item_of(w, "6.1.y", PROOF_TEST)->known);
	world_end(w);
}

static void it_says_which_of_kernel_series_and_recipe_changed(void **state)
{
	struct world *w = world_new(*state);
	const char *text;

	done(w, -1);
	kernel(w, 1, "v6.1.191", "s1");
	text = planned(w);
	assert_non_null(strstr(text, "+6.1.y test: new release v6.1.191, after v6.1.187\n"));
	assert_non_null(strstr(text, "-6.12.y test: has a ruling: run 1\n"));
	done(w, -1);
	kernel(w, 2, "v6.1.189-rc1+ffffffffffff", "s1");
	kernel(w, 3, "v6.1.190-rc1+ffffffffffff", "s1");
	text = planned(w);
	assert_non_null(strstr(text, "+6.1.y-rc build: new candidate v6.1.189-rc1+ffffffffffff, "
				     "after v6.1.188-rc1+0123456789ab\n"));
	assert_non_null(strstr(text,
			       "+6.1.y-queue apply: 6.1.y-queue is v6.1.190-rc1+ffffffffffff now, "
			       "after v6.1.189-rc1+abcdef012345\n"));
	assert_string_equal(w->plan.why, "v6.1.189-rc1+ffffffffffff is up for review; "
					 "6.1.y-queue has moved");
	done(w, -1);
	for (size_t i = 0; i < LINES; i++)
		kernel(w, i, w->watched[i].kernel.name, "s2");
	assert_non_null(
		strstr(planned(w), "+6.12.y test: the series or a backport of it changed\n"));
	assert_string_equal(w->plan.why, "exc changed");
	done(w, -1);
	put(w, "ci/guest/payload_test.c", "int main(void) { return 1; }\n", 0644);
	text = planned(w);
	assert_non_null(strstr(text, "+6.12.y test: tests, machines or configuration changed\n"));
	assert_non_null(strstr(text, "-6.12.y build: has a ruling"));
	done(w, -1);
	emulator(w, "10.0");
	text = planned(w);
	assert_non_null(strstr(text, "+6.12.y test: tools or series itself changed\n"));
	assert_non_null(strstr(text, "-6.12.y build: has a ruling"));
	done(w, -1);
	w->ask.program_version = "2";
	assert_non_null(strstr(planned(w), "+6.12.y build: tools or series itself changed\n"));
	done(w, -1);
	assert_non_null(strstr(planned(w), "-6.12.y build: has a ruling"));
	/* Back to what was known before: nothing is to be done. */
	for (size_t i = 0; i < LINES; i++)
		kernel(w, i, w->watched[i].kernel.name, "s2");
	planned(w);
	assert_int_equal(w->plan.wanted, 0);
	world_end(w);
}

/* Does changing `name` of the workspace to `text` change the recipe of this kind? */
static bool matters(struct world *w, enum proof_kind kind, const char *name, const char *text)
{
	const struct cell *cell = kind == PROOF_TEST ? &w->matrix.cells[0] : NULL;
	char before[65], after[65];

	assert_ok(plan_recipe(w->arena, &w->ask, &w->lines[0], kind, cell, before));
	put(w, name, text, 0644);
	assert_ok(plan_recipe(w->arena, &w->ask, &w->lines[0], kind, cell, after));
	assert_int_equal(strlen(after), 64);
	assert_true(plan_same_workspace(before, after) == !strcmp(before, after));
	return strcmp(before, after) != 0;
}

static void a_recipe_is_of_what_the_proof_depends_on_and_nothing_else(void **state)
{
	struct world *w = world_new(*state);
	char a[65], b[65];

	assert_true(matters(w, PROOF_BUILD, "ci/kconfig/kvm.config", "CONFIG_KVM=m\n"));
	assert_true(matters(w, PROOF_TEST, "ci/kconfig/kvm.config", "CONFIG_KVM=y\n"));
	assert_false(matters(w, PROOF_BUILD, "ci/guest/init", "#!/bin/sh\ntrue\n"));
	assert_true(matters(w, PROOF_TEST, "ci/guest/init", "#!/bin/sh\nfalse\n"));
	assert_true(matters(w, PROOF_VERIFY, "coccinelle/checks/a.cocci", "@@@@\n"));
	assert_true(matters(w, PROOF_VERIFY, "coccinelle/exc/0001.cocci", "@@@@\n"));
	assert_false(matters(w, PROOF_VERIFY, "coccinelle/other/0001.cocci", "@@@@\n"));
	assert_false(matters(w, PROOF_TEST, "coccinelle/checks/a.cocci", "@@ @@\n"));
	assert_false(matters(w, PROOF_TEST, "README", "changed\n"));
	/* By default, and so long. */
	assert_ok(plan_recipe(*state, &w->ask, &w->lines[0], PROOF_BUILD, NULL, a));
	matrix(w, "[target \"v6.12\"]\n\tlacks = KVM_SMM\n");
	assert_ok(plan_recipe(*state, &w->ask, &w->lines[0], PROOF_BUILD, NULL, b));
	assert_string_not_equal(a, b);
	assert_ok(plan_recipe(*state, &w->ask, &w->lines[1], PROOF_BUILD, NULL, a));
	matrix(w, "");
	assert_ok(plan_recipe(*state, &w->ask, &w->lines[1], PROOF_BUILD, NULL, b));
	assert_string_equal(a, b);
	/* A message of the series is what verify looks at; a build does not. */
	assert_ok(plan_recipe(*state, &w->ask, &w->lines[0], PROOF_VERIFY, NULL, a));
	w->ported[0].message = "b";
	assert_ok(plan_recipe(*state, &w->ask, &w->lines[0], PROOF_VERIFY, NULL, b));
	assert_string_not_equal(a, b);
	world_end(w);
}

static void a_known_failure_that_ends_is_looked_at_again(void **state)
{
	struct world *w = world_new(*state);

	done(w, -1);
	w->waiver = (struct waiver){ .test = "smm_test",
				     .target = "v6.12",
				     .owner = "me",
				     .until = NOW + DAY,
				     .until_day = "2027-01-16" };
	w->settings.waivers = &w->waiver;
	w->settings.nwaivers = 1;
	planned(w);
	assert_int_equal(w->plan.wanted, 1);
	assert_string_equal(item_of(w, "6.12.y", PROOF_TEST)->why,
			    "a known failure was added, changed or is over");
	done(w, -1);
	planned(w);
	assert_int_equal(w->plan.wanted, 0);
	w->ask.now = NOW + DAY;
	planned(w);
	assert_int_equal(w->plan.wanted, 1);
	assert_true(item_of(w, "6.12.y", PROOF_TEST)->wanted);
	/* One about a test that does not run there changes nothing. */
	done(w, -1);
	w->waiver.test = "another_test";
	assert_null(strstr(planned(w), "+6.1.y"));
	world_end(w);
}

static void infrastructure_is_tried_again_so_often_then_once_a_day(void **state)
{
	struct world *w = world_new(*state);

	done(w, PROOF_TEST);
	assert_non_null(strstr(planned(w), "+6.12.y test: infrastructure last time (the disk is "
					   "full): try 2 of 3\n"));
	/* Its build is there: nothing to wait for. */
	assert_int_equal(item_of(w, "6.12.y", PROOF_TEST)->needs, 0);
	assert_string_equal(w->plan.why, "what failed for infrastructure is tried again");
	w->ask.now += 3600;
	done(w, PROOF_TEST);
	w->ask.now += 3600;
	done(w, PROOF_TEST);
	assert_non_null(strstr(planned(w),
			       "-6.12.y test: infrastructure 3 times in a row (the disk "
			       "is full): tried again after 2027-01-16 10:00 UTC\n"));
	assert_int_equal(w->plan.wanted, 0);
	w->ask.now += DAY;
	assert_non_null(strstr(planned(w),
			       "+6.12.y test: infrastructure 3 times in a row (the disk "
			       "is full): tried once a day\n"));
	done(w, PROOF_TEST);
	planned(w);
	assert_int_equal(w->plan.wanted, 0);
	/* A new kernel does not wait. */
	kernel(w, 0, "v6.12.10", "s1");
	assert_non_null(strstr(planned(w), "+6.12.y test: new release v6.12.10, after v6.12.9\n"));
	world_end(w);
}

static void one_that_was_tried_in_the_future_is_tried_again(void **state)
{
	struct world *w = world_new(*state);

	w->settings.tries = 1;
	w->ask.now = NOW + 3650 * (int64_t)DAY;
	done(w, PROOF_TEST);
	/* The clock has been set right since. */
	w->ask.now = NOW;
	planned(w);
	assert_true(item_of(w, "6.12.y", PROOF_TEST)->wanted);
	world_end(w);
}

/* How a line stands is its newest rulings: older ones are put down anew, and nothing is done again. */
static void a_line_that_goes_back_stands_as_it_did(void **state)
{
	struct world *w = world_new(*state);
	const struct plan_item *item;

	done(w, -1);
	kernel(w, 0, "v6.12.10", "s1");
	done(w, -1);
	/* Its tag has vanished. */
	kernel(w, 0, "v6.12.9", "s1");
	assert_non_null(strstr(planned(w), "+6.12.y test: back at what it was in run 1: taken from "
					   "there\n"));
	assert_string_equal(w->plan.why, "6.12.y is back at what it was");
	assert_int_equal(w->plan.wanted, 3);
	item = item_of(w, "6.12.y", PROOF_TEST);
	assert_non_null(item->same);
	assert_int_equal(item->needs, 0);
	done(w, -1);
	planned(w);
	assert_int_equal(w->plan.wanted, 0);
	world_end(w);
}

/* All of a line is of one name, so that nothing of it seems to be of an older kernel. */
static void the_same_tree_by_another_name_takes_its_rulings_along(void **state)
{
	struct world *w = world_new(*state);

	w->settings.tries = 1;
	done(w, PROOF_TEST);
	kernel(w, 2, "v6.1.188-rc1+fedcba987654", "s1");
	assert_non_null(strstr(planned(w), "+6.1.y-rc build: the same trees by another name as in "
					   "run 1: taken from there\n"));
	/* What is unknown stays so only where it says of which kernel. */
	assert_true(item_of(w, "6.1.y-rc", PROOF_TEST)->wanted);
	assert_false(item_of(w, "6.12.y", PROOF_TEST)->wanted);
	done(w, -1);
	planned(w);
	assert_int_equal(w->plan.wanted, 0);
	world_end(w);
}

/* Stable takes a backport only where every newer branch has it: verify asks them. */
static void checks_are_made_again_when_a_newer_branch_has_lost_the_series(void **state)
{
	struct world *w = world_new(*state);

	w->settings.verify = true;
	done(w, -1);
	kernel(w, 0, "v6.12.10", "s1");
	done(w, -1);
	assert_string_equal(item_of(w, "6.1.y", PROOF_VERIFY)->why, "has a ruling: run 1");
	kernel(w, 0, "v6.12.11", "s1");
	w->lines[0].port.mark = w->ported[0].mark = MARK_CONFLICT;
	assert_non_null(strstr(planned(w), "+6.1.y verify: tools, series itself or what newer "
					   "branches have changed\n"));
	/* The older one says nothing of the newer. */
	kernel(w, 0, "v6.12.10", "s1");
	w->lines[0].port.mark = w->ported[0].mark = MARK_EXACT;
	kernel(w, 1, "v6.1.188", "s1");
	w->lines[1].port.mark = w->ported[1].mark = MARK_CONFLICT;
	planned(w);
	assert_false(item_of(w, "6.12.y", PROOF_VERIFY)->wanted);
	world_end(w);
}

/* As perl does: after an empty line. */
static void a_tool_is_known_by_the_first_words_it_says(void **state)
{
	struct world *w = world_new(*state);
	const char *path = getenv("PATH");

	w->settings.verify = true;
	put(w, "bin/sparse", "#!/bin/sh\necho; echo 'version 1'\n", 0755);
	setenv("PATH", arena_printf(*state, "%s/bin:%s", w->temp, path), 1);
	done(w, -1);
	put(w, "bin/sparse", "#!/bin/sh\necho; echo 'version 2'\n", 0755);
	planned(w);
	assert_true(item_of(w, "6.12.y", PROOF_VERIFY)->wanted);
	/* One that is killed says nothing, and is no third. */
	put(w, "bin/sparse", "#!/bin/sh\nkill -9 $$\n", 0755);
	assert_fails(plan_make(w->arena, &w->ask, &w->plan), FAIL_INFRA,
		     "sparse --version gives no answer");
	setenv("PATH", path, 1);
	world_end(w);
}

static void a_test_waits_as_long_as_its_build_does(void **state)
{
	struct world *w = world_new(*state);

	w->settings.tries = 1;
	w->watches[0].depth = w->watches[1].depth = DEPTH_BUILD;
	done(w, PROOF_BUILD);
	w->watches[0].depth = DEPTH_TEST;
	assert_non_null(strstr(planned(w), "-6.12.y test: waits for its build\n"));
	w->ask.now += DAY;
	planned(w);
	assert_true(item_of(w, "6.12.y", PROOF_TEST)->wanted);
	assert_true(item_of(w, "6.12.y", PROOF_TEST)->needs > 0);
	world_end(w);
}

static void two_lines_with_the_same_trees_share(void **state)
{
	struct world *w = world_new(*state);
	const struct plan_item *item;

	/* The candidate has just become the release. */
	kernel(w, 1, "v6.1.188", "s1");
	assert_non_null(strstr(planned(w), "+6.1.y-rc test: not tested yet\n"));
	assert_non_null(strstr(planned(w),
			       "+6.1.y apply: not applied yet\n"
			       "-6.1.y build: the same as on 6.1.y-rc: taken from there "
			       "once it is known\n"));
	done(w, -1);
	planned(w);
	item = item_of(w, "6.1.y", PROOF_TEST);
	assert_true(item->wanted);
	assert_non_null(item->same);
	assert_string_equal(item->same->line, "6.1.y-rc");
	assert_string_equal(item->why, "the same as on 6.1.y-rc: taken from run 1");
	assert_int_equal(w->plan.wanted, 2);
	done(w, -1);
	planned(w);
	assert_int_equal(w->plan.wanted, 0);
	world_end(w);
}

static void nothing_is_planned_beyond_a_conflict_or_an_empty_port(void **state)
{
	struct world *w = world_new(*state);

	w->lines[0].port.mark = w->ported[0].mark = MARK_CONFLICT;
	w->ported[0].committed = false;
	w->ported[1].mark = MARK_PRESENT;
	w->ported[1].committed = false;
	w->lines[2].ported = false;
	assert_string_equal(planned(w),
			    "+6.12.y apply: not applied yet\n"
			    "+6.1.y apply: not applied yet\n"
			    "-6.1.y build: nothing of the series is to be added there\n"
			    "+6.1.y-queue apply: not applied yet\n"
			    "-6.1.y-queue build: watch queue goes no further than apply\n");
	done(w, -1);
	/* The conflict gets another reason: it is told, although no tree changed. */
	w->ported[0].why = "its text is not in the file";
	assert_string_equal(item_of(w, "6.12.y", PROOF_APPLY)->why, "not applied yet");
	assert_non_null(strstr(planned(w),
			       "+6.12.y apply: how the series applies, or its messages, "
			       "changed\n"));
	assert_int_equal(w->plan.wanted, 1);
	world_end(w);
}

UNIT_MAIN(unit(at_first_all_is_wanted_candidates_first_then_releases_newest_first),
	  unit(what_has_a_ruling_for_just_this_input_is_not_done_again),
	  unit(it_says_which_of_kernel_series_and_recipe_changed),
	  unit(a_recipe_is_of_what_the_proof_depends_on_and_nothing_else),
	  unit(a_known_failure_that_ends_is_looked_at_again),
	  unit(infrastructure_is_tried_again_so_often_then_once_a_day),
	  unit(one_that_was_tried_in_the_future_is_tried_again),
	  unit(a_line_that_goes_back_stands_as_it_did),
	  unit(the_same_tree_by_another_name_takes_its_rulings_along),
	  unit(checks_are_made_again_when_a_newer_branch_has_lost_the_series),
	  unit(a_tool_is_known_by_the_first_words_it_says),
	  unit(a_test_waits_as_long_as_its_build_does), unit(two_lines_with_the_same_trees_share),
	  unit(nothing_is_planned_beyond_a_conflict_or_an_empty_port))
