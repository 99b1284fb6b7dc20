/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Ports of a small series, built by a made-up kernel's own Makefile and booted by tests/fake/qemu, which does what the
 * file of $FAKE_QEMU says.
 */
#include "kernel/proof.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "proof_world.h"
#include "unit.h"

static void a_fix_is_proven_and_known_the_next_time(void **state)
{
	struct proof_world *f = *state;
	struct proof_target *t;

	proof_prepare(f);
	t = proof_prove(f);
	assert_int_equal(proof_verdict(&f->proof), PROOF_GREEN);
	assert_int_equal(t->nbuilds, 2);
	assert_string_equal(t->builds[0].arm, "base");
	assert_string_equal(t->builds[1].arm, "patched");
	assert_ptr_equal(t->builds[1].patch, &f->port.items[2]);
	assert_int_equal(t->nabsent, 1);
	assert_string_equal(t->absent[0], "newer_test");
	assert_int_equal(f->proof.built, 2);
	assert_int_equal(f->proof.booted, 2);

	struct proof_cell *cell = &t->cells[0];

	assert_string_equal(cell->name, "v6.12.3/fake");
	assert_int_equal(cell->planned, 3);
	assert_int_equal(proof_judged(cell, "payload_test")->class, CLASS_FIXED);
	assert_int_equal(proof_judged(cell, "own_test")->class, CLASS_OK);
	assert_true(cell->nshown >= 1);
	assert_string_equal(cell->shown[0]->name, "payload_test");
	assert_int_equal(cell->nsilent, 0);
	assert_false(proof_unproved(cell, "payload_test"));
	assert_true(cell->base.ran && cell->patched.ran);

	struct proof_state known;

	assert_ok(results_state(f->results, "demo", "v6.12.3", &f->port.tree, &known));
	assert_true(known.built && known.tested && !known.red && !known.unknown);

	/* Again: nothing is built, nothing boots; the same is found. */
	proof_prepare(f);
	t = proof_prove(f);
	assert_int_equal(proof_verdict(&f->proof), PROOF_GREEN);
	assert_int_equal(f->proof.built + f->proof.booted, 0);
	assert_int_equal(f->proof.reused, 2);
	assert_int_equal(proof_judged(&t->cells[0], "payload_test")->class, CLASS_FIXED);

	/* Its evidence is gone, or is another run's: it boots again. */
	assert_ok(remove(arena_printf(f->world.arena, "%s/ktap", t->cells[0].base.dir)));
	world_write(&f->world, "evidence/v6.12.3/fake/patched.1/key", "another\n");
	proof_prepare(f);
	proof_prove(f);
	assert_int_equal(f->proof.booted, 2);

	/* The last patch is another one: only what has it is built and booted. */
	proof_series(f, TWICE, THRICE "\n/* and */\n");
	proof_prepare(f);
	proof_prove(f);
	assert_int_equal(f->proof.built, 1);
	assert_int_equal(f->proof.build_reused, 1);
	assert_int_equal(f->proof.booted, 1);
	assert_int_equal(f->proof.reused, 1);

	proof_prepare(f);
	f->ask.fresh = true;
	proof_prove(f);
	assert_int_equal(f->proof.built, 0);
	assert_int_equal(f->proof.booted, 2);
}

static void a_regression_is_confirmed_and_its_patch_is_found(void **state)
{
	struct proof_world *f = *state;
	struct proof_target *t;

	world_write(&f->world, "scenario", "demo_twice smoke_test fail it is wrong\n");
	proof_prepare(f);
	t = proof_prove(f);
	assert_int_equal(proof_verdict(&f->proof), PROOF_RED);
	assert_int_equal(proof_judged(&t->cells[0], "smoke_test")->class, CLASS_REGRESSION);
	assert_int_equal(t->cells[0].attempts, 2);
	assert_ptr_equal(t->cells[0].first_bad, &f->port.items[1]);
	/* Of the other tests nothing was run again. */
	assert_int_equal(proof_judged(&t->cells[0], "payload_test")->class, CLASS_FIXED);

	/* What was run again is known as well. */
	proof_prepare(f);
	t = proof_prove(f);
	assert_int_equal(f->proof.booted, 0);
	assert_ptr_equal(t->cells[0].first_bad, &f->port.items[1]);
}

static void what_does_not_fail_again_is_flaky(void **state)
{
	struct proof_world *f = *state;
	struct proof_target *t;

	world_write(&f->world, "scenario", "demo_thrice smoke_test once\n");
	proof_prepare(f);
	t = proof_prove(f);
	assert_int_equal(proof_judged(&t->cells[0], "smoke_test")->class, CLASS_FLAKY);
	assert_null(t->cells[0].first_bad);
	assert_int_equal(proof_verdict(&f->proof), PROOF_GREEN);
}

static void a_kernel_that_panics_at_boot_is_red_and_its_patch_is_found(void **state)
{
	struct proof_world *f = *state;
	struct proof_target *t;

	world_write(&f->world, "scenario", "demo_thrice - panic all is lost\n");
	proof_prepare(f);
	t = proof_prove(f);
	assert_int_equal(proof_verdict(&f->proof), PROOF_RED);
	assert_int_equal(t->cells[0].patched.machine.end, MACHINE_PANIC);
	assert_ptr_equal(t->cells[0].first_bad, &f->port.items[2]);
}

static void a_machine_that_is_lost_gets_one_more_and_then_it_counts(void **state)
{
	struct proof_world *f = *state;
	const struct proof_cell *cell;

	world_write(&f->world, "scenario", "demo_thrice smoke_test hang\n");
	proof_prepare(f);
	cell = &proof_prove(f)->cells[0];
	assert_int_equal(proof_verdict(&f->proof), PROOF_RED);
	assert_int_equal(cell->patched.machine.end, MACHINE_SILENT);
	assert_non_null(strstr(cell->patched.lost, "silent"));
	assert_string_equal(cell->patched.lost_in, "smoke_test");
	assert_null(cell->base.lost);
	assert_int_equal(proof_judged(cell, "smoke_test")->class, CLASS_REGRESSION);
	assert_ptr_equal(cell->first_bad, &f->port.items[2]);
	assert_int_equal(
		file_kind(arena_printf(f->world.arena, "%s.lost1/console", cell->patched.dir)), 2);
}

static void a_guest_that_is_not_as_asked_is_no_result(void **state)
{
	static const struct {
		const char *scenario, *why;
	} cases[] = {
		{ "any - no-kvm cannot open", "no /dev/kvm" },
		{ "any - vendor kvm_intel", "kvm_intel, not kvm_amd" },
		{ "any - hypervisor KVMKVMKVM", "runs under 'KVMKVMKVM'" },
		{ "any - release 6.1.1", "runs kernel 6.1.1, not 6.12.3" },
		{ "any - refuse no such machine", "no such machine" },
		{ "any - silent", "" },
		{ "demo_thrice - mark 0123456789ab", "the build of tree 0123456789ab" },
	};
	struct proof_world *f = *state;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct proof_cell *cell;

		world_write(&f->world, "scenario",
			    arena_printf(f->world.arena, "%s\n", cases[i].scenario));
		proof_prepare(f);
		cell = &proof_prove(f)->cells[0];
		assert_int_equal(proof_verdict(&f->proof), PROOF_UNKNOWN);
		assert_false(cell->patched.usable);
		assert_non_null(strstr(cell->patched.flaw, cases[i].why));
		assert_int_equal(proof_judged(cell, "smoke_test")->class, CLASS_INFRASTRUCTURE);
	}
	/* Nothing of it is taken for known but the last one's base, which was as asked. */
	proof_prepare(f);
	proof_prove(f);
	assert_int_equal(f->proof.reused, 1);
	assert_int_equal(f->proof.booted, 1);
}

static void results_that_got_lost_on_the_way_are_asked_for_again(void **state)
{
	struct proof_world *f = *state;

	world_write(&f->world, "scenario", "any smoke_test vanish\n");
	proof_prepare(f);
	assert_int_equal(proof_judged(&proof_prove(f)->cells[0], "smoke_test")->class,
			 CLASS_INFRASTRUCTURE);
	world_write(&f->world, "scenario", "");
	proof_prepare(f);
	assert_int_equal(proof_judged(&proof_prove(f)->cells[0], "smoke_test")->class, CLASS_OK);
	assert_int_equal(f->proof.reused, 0);
	assert_int_equal(proof_verdict(&f->proof), PROOF_GREEN);
}

static void a_patch_that_does_not_build_is_named(void **state)
{
	struct proof_world *f = *state;
	struct proof_target *t;

	proof_series(f, BROKEN, "\n/* more */\n");
	proof_prepare(f);
	t = proof_prove(f);
	assert_int_equal(proof_verdict(&f->proof), PROOF_RED);
	assert_ptr_equal(t->bad_build, &f->port.items[1]);
	assert_non_null(strstr(t->builds[t->nbuilds - 1].error, "'nothing' undeclared"));
	assert_non_null(strstr(t->cells[0].verdict.flaw, "patched does not build"));
}

static void each_commit_is_built_and_its_new_warnings_are_told(void **state)
{
	struct proof_world *f = *state;
	struct proof_target *t;

	proof_series(f, TWICE UNUSED, "\n/* more */\n");
	proof_prepare(f);
	f->ask.each = f->ask.build_only = true;
	t = proof_prove(f);
	assert_int_equal(t->nbuilds, 4);
	assert_int_equal(t->ncells, 0);
	assert_string_equal(t->builds[1].arm, "1/3");
	assert_string_equal(t->builds[2].arm, "2/3");
	assert_int_equal(t->builds[1].fresh.n, 0);
	assert_int_equal(t->builds[2].fresh.n, 1);
	assert_int_equal(t->builds[3].fresh.n, 1);
	assert_non_null(strstr(t->builds[3].fresh.items[0].text, "demo_unused"));
	assert_int_equal(proof_verdict(&f->proof), PROOF_RED);
	assert_int_equal(f->proof.booted, 0);
}

static void a_port_that_leaves_the_fix_out_is_red(void **state)
{
	struct proof_world *f = *state;
	struct proof_target *t;

	/* Nothing regresses: the test fails before and after, in the same words. */
	world_write(&f->world, "scenario", "any payload_test fail the sum is -1\n");
	proof_prepare(f);
	t = proof_prove(f);
	assert_int_equal(proof_judged(&t->cells[0], "payload_test")->class, CLASS_PRE_EXISTING);
	assert_true(proof_unproved(&t->cells[0], "payload_test"));
	assert_int_equal(proof_verdict(&f->proof), PROOF_RED);

	/* It shows nothing when it passes on both; that is a remark. */
	world_write(&f->world, "scenario", "any payload_test pass\n");
	proof_prepare(f);
	f->ask.fresh = true;
	t = proof_prove(f);
	assert_int_equal(t->cells[0].nsilent, 1);
	assert_string_equal(t->cells[0].silent[0].name, "payload_test");
	assert_false(t->cells[0].silent[0].fix_there);
	assert_int_equal(proof_verdict(&f->proof), PROOF_GREEN);
}

static void what_is_there_already_is_judged_against_itself(void **state)
{
	struct proof_world *f = *state;
	struct world_file fixed = { "lib/demo.c", FIXED };
	struct proof_target *t;

	world_write(&f->world, "series/demo/series", "0001-clamp.patch\n");
	world_write(&f->world, "series/demo/series.conf",
		    "[series]\nname = demo\ntitle = Demo\n"
		    "[patch \"0001-clamp.patch\"]\nclass = out-of-tree\nwhy = ours\n");
	world_commit(&f->world, "refs/series/kernel/v6.12.9", "refs/series/kernel/v6.12.3",
		     "v6.12.9", &fixed, 1);
	proof_prepare(f);
	t = proof_prove(f);
	assert_true(t->unchanged);
	assert_int_equal(t->nbuilds, 1);
	assert_int_equal(f->proof.booted, 1);
	assert_int_equal(proof_verdict(&f->proof), PROOF_GREEN);
	assert_int_equal(proof_judged(&t->cells[0], "payload_test")->class, CLASS_OK);
	assert_true(t->cells[0].silent[0].fix_there);
}

static void what_is_asked_for_by_name_must_be_there(void **state)
{
	static const char *const only[] = { "smoke_test/part" }, *const odd[] = { "nope" };
	struct proof_world *f = *state;
	struct proof_target *t;

	proof_prepare(f);
	f->ask.only = only;
	f->ask.nonly = 1;
	t = proof_prove(f);
	assert_int_equal(t->cells[0].planned, 1);
	assert_int_equal(proof_verdict(&f->proof), PROOF_GREEN);
	f->ask.only = odd;
	assert_fails(proof_make(f->world.arena, &f->ask, &f->proof), FAIL_USAGE, "no test 'nope'");
	f->ask.nonly = 0;
	f->ask.cell = "nope";
	assert_fails(proof_make(f->world.arena, &f->ask, &f->proof), FAIL_USAGE,
		     "there is no cell 'nope' (known: fake, none)");
	f->ask.cell = NULL;
	f->ask.machine = "nope";
	assert_fails(proof_make(f->world.arena, &f->ask, &f->proof), FAIL_USAGE,
		     "there is no machine 'nope' (known: fake, none)");

	/* One that cannot be had here is no success. */
	f->ask.machine = "none";
	t = proof_prove(f);
	assert_non_null(t->cells[0].unavailable);
	assert_int_equal(proof_verdict(&f->proof), PROOF_UNKNOWN);
}

static bool stop_soon(void *data, const char *what, uint64_t done, uint64_t total, const char *unit)
{
	(void)done;
	(void)total;
	(void)unit;
	*(bool *)data |= strstr(what, "fake base") != NULL;
	return !*(bool *)data;
}

static void who_is_stopped_continues_where_he_was(void **state)
{
	struct proof_world *f = *state;
	bool stopped = false;
	struct progress progress = { stop_soon, &stopped };

	world_write(&f->world, "scenario", "any - hang\n");
	proof_prepare(f);
	f->ask.progress = &progress;
	assert_fails(proof_make(f->world.arena, &f->ask, &f->proof), FAIL_INTERRUPTED, "");
	world_write(&f->world, "scenario", "");
	proof_prepare(f);
	proof_prove(f);
	assert_true(f->proof.build_reused >= 1);
	assert_int_equal(proof_verdict(&f->proof), PROOF_GREEN);
}

struct holding {
	int lock;
	size_t steps; /* of waiting */
};

static bool let_go(void *data, const char *what, uint64_t done, uint64_t total, const char *unit)
{
	struct holding *holding = data;

	(void)done;
	(void)total;
	(void)unit;
	if (strstr(what, "waiting for another run") && ++holding->steps == 3)
		flock(holding->lock, LOCK_UN);
	return true;
}

/* Opened by us and by the run: two owners, as if it were another process. */
static int held(struct proof_world *f, const char *path)
{
	struct arena *arena = f->world.arena;
	int lock;

	world_write(&f->world, path, "");
	lock = open(arena_printf(arena, "%s/%s", f->world.dir, path), O_RDWR | O_CLOEXEC);
	assert_int_equal(flock(lock, LOCK_EX), 0);
	return lock;
}

static void a_kernel_that_another_run_builds_is_waited_for(void **state)
{
	struct proof_world *f = *state;
	struct holding holding = { .lock = held(f, "cache/kernels/v6.12.3/lock") };
	struct progress progress = { let_go, &holding };

	proof_prepare(f);
	f->ask.progress = &progress;
	proof_prove(f);
	assert_int_equal(proof_verdict(&f->proof), PROOF_GREEN);
	assert_true(holding.steps >= 3);
	close(holding.lock);
}

static void a_target_that_another_run_tests_is_busy(void **state)
{
	struct proof_world *f = *state;
	int lock = held(f, "evidence/v6.12.3/lock");

	proof_prepare(f);
	assert_ok(proof_make(f->world.arena, &f->ask, &f->proof));
	assert_non_null(strstr(f->proof.items[0].failed, "another run tests v6.12.3"));
	assert_int_equal(f->proof.items[0].failed_kind, FAIL_BUSY);
	assert_int_equal(proof_verdict(&f->proof), PROOF_UNKNOWN);
	assert_int_equal(f->proof.built + f->proof.booted, 0);

	/* Who only builds does not need its evidence. */
	f->ask.build_only = true;
	proof_prove(f);
	assert_int_equal(f->proof.built, 2);
	close(lock);
}

#define proof_unit(test) cmocka_unit_test_setup_teardown(test, proof_set_up, proof_tear_down)

UNIT_MAIN(proof_unit(a_fix_is_proven_and_known_the_next_time),
	  proof_unit(a_regression_is_confirmed_and_its_patch_is_found),
	  proof_unit(what_does_not_fail_again_is_flaky),
	  proof_unit(a_kernel_that_panics_at_boot_is_red_and_its_patch_is_found),
	  proof_unit(a_machine_that_is_lost_gets_one_more_and_then_it_counts),
	  proof_unit(a_guest_that_is_not_as_asked_is_no_result),
	  proof_unit(results_that_got_lost_on_the_way_are_asked_for_again),
	  proof_unit(a_patch_that_does_not_build_is_named),
	  proof_unit(each_commit_is_built_and_its_new_warnings_are_told),
	  proof_unit(a_port_that_leaves_the_fix_out_is_red),
	  proof_unit(what_is_there_already_is_judged_against_itself),
	  proof_unit(what_is_asked_for_by_name_must_be_there),
	  proof_unit(a_kernel_that_another_run_builds_is_waited_for),
	  proof_unit(a_target_that_another_run_tests_is_busy),
	  proof_unit(who_is_stopped_continues_where_he_was))
