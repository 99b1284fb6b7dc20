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
#include "unit.h"
#include "world.h"

#define MAKEFILE                                                                                   \
	"VERSION = 6\nPATCHLEVEL = 12\nSUBLEVEL = 3\nEXTRAVERSION =\nNAME = Demo\n"                \
	"RELEASE := $(VERSION).$(PATCHLEVEL).$(SUBLEVEL)\n"                                        \
	"tinyconfig:\n\t@echo CONFIG_TINY=y >$(O)/.config\n"                                       \
	"olddefconfig:\n\t@grep -v CONFIG_NOWHERE $(O)/.config >$(O)/.config.new && "              \
	"mv $(O)/.config.new $(O)/.config\n"                                                       \
	"headers:\n\t@mkdir -p $(O)/usr/include\n"                                                 \
	"bzImage: $(O)/lib/demo.o\n\t@mkdir -p $(O)/arch/x86/boot $(O)/include/config\n"           \
	"\t@echo $(RELEASE) >$(O)/include/config/kernel.release\n"                                 \
	"\t@{ echo $(RELEASE) $(KBUILD_BUILD_VERSION); cat lib/demo.c; } "                         \
	">$(O)/arch/x86/boot/bzImage\n"                                                            \
	"$(O)/lib/demo.o: lib/demo.c\n\t@mkdir -p $(O)/lib\n\t@echo '  CC      lib/demo.o'\n"      \
	"\t@$(CC) -Wall -c -o $@ lib/demo.c\n"

/* The series: what payload_test looks for, then something else, then something else again. */
#define PLAIN "int demo_add(int a, int b)\n{\n\treturn a + b;\n}\n"
#define CLAMP "int demo_clamp(int a);\n"
#define FIXED CLAMP "int demo_add(int a, int b)\n{\n\treturn demo_clamp(a + b);\n}\n"
#define TWICE "\nint demo_twice(int a)\n{\n\treturn demo_add(a, a);\n}\n"
#define THRICE "\nint demo_thrice(int a)\n{\n\treturn demo_add(a, demo_twice(a));\n}\n"
#define UNUSED "\nstatic int demo_unused(void)\n{\n\treturn 7;\n}\n"
#define BROKEN "\nint demo_twice(int a)\n{\n\treturn demo_add(a, nothing);\n}\n"

#define MATRIX                                                                                     \
	"[config \"demo\"]\nfragment = demo\n[run]\nretries = 2\n"                                 \
	"[machine \"fake\"]\nkind = qemu\naccel = tcg\ncpu = max\nvendor = kvm_amd\n"              \
	"memory = 64\nwall = 20\nsilence = 2\n"                                                    \
	"[machine \"none\"]\nkind = qemu\nprogram = no-such-qemu\naccel = tcg\ncpu = max\n"        \
	"[tests \"demo\"]\nprove = payload_test\nguest = smoke_test\n"                             \
	"selftest = own_test newer_test\n"                                                         \
	"[cell \"fake\"]\nconfig = demo\nmachine = fake\ntests = demo\n"                           \
	"[cell \"none\"]\nconfig = demo\nmachine = none\ntests = demo\ndefault = no\n"

static struct world_file kernel[] = {
	{ "Makefile", MAKEFILE },
	{ "lib/demo.c", PLAIN },
	{ "tools/testing/selftests/kvm/Makefile", "$(OUTPUT)/%: %.c\n\t$(CC) -static -o $@ $<\n" },
	{ "tools/testing/selftests/kvm/own_test.c", "int main(void) { return 0; }\n" },
};

struct fixture {
	struct world world;
	struct series series;
	struct matrix matrix;
	struct sandbox sandbox;
	struct results *results;
	struct pack *pack;
	struct port port;
	struct proof proof;
	struct proof_ask ask;
	char *scenario;
};

static void series_write(struct fixture *f, const char *second, const char *third)
{
	struct world *w = &f->world;
	char *two = arena_printf(w->arena, "%s%s", FIXED, second);

	world_patch(w, "series/demo/0001-clamp.patch", "demo: clamp", "lib/demo.c", PLAIN, FIXED);
	world_patch(w, "series/demo/0002-twice.patch", "demo: twice", "lib/demo.c", FIXED, two);
	world_patch(w, "series/demo/0003-thrice.patch", "demo: thrice", "lib/demo.c", two,
		    arena_printf(w->arena, "%s%s", two, third));
}

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct world *w = &f->world;
	struct slice emulator = { 0 };

	world_init(w);
	world_write(w, "ci/targets.conf", "");
	world_write(w, "ci/kconfig/demo.config", "CONFIG_DEMO=y\n");
	world_write(w, "ci/matrix.conf", MATRIX);
	for (size_t i = 0; i < 3; i++) {
		static const char *const names[] = { "preflight", "payload_test", "smoke_test" };

		world_write(w, arena_printf(w->arena, "ci/guest/%s.c", names[i]),
			    "int main(void) { return 0; }\n");
	}
	assert_int_equal(file_read(w->arena, "ci/guest/init", 1 << 20, &emulator), 1);
	world_write(w, "ci/guest/init", slice_str(w->arena, emulator));
	assert_int_equal(file_read(w->arena, "tests/fake/qemu", 1 << 20, &emulator), 1);
	world_write(w, "bin/qemu-system-x86_64", slice_str(w->arena, emulator));
	assert_ok(chmod(arena_printf(w->arena, "%s/bin/qemu-system-x86_64", w->dir), 0755));
	setenv("PATH", arena_printf(w->arena, "%s/bin:/usr/local/bin:/usr/bin:/bin", w->dir), 1);
	f->scenario = arena_printf(w->arena, "%s/scenario", w->dir);
	setenv("FAKE_QEMU", f->scenario, 1);
	world_write(w, "scenario", "");
	world_write(w, "series/demo/series",
		    "0001-clamp.patch\n0002-twice.patch\n0003-thrice.patch\n");
	world_write(w, "series/demo/series.conf",
		    "[series]\nname = demo\ntitle = Demo\n"
		    "[patch \"0001-clamp.patch\"]\nclass = out-of-tree\nwhy = ours\n"
		    "[patch \"0002-twice.patch\"]\nclass = out-of-tree\nwhy = ours\n"
		    "[patch \"0003-thrice.patch\"]\nclass = out-of-tree\nwhy = ours\n");
	series_write(f, TWICE, THRICE);
	world_commit(w, "refs/series/kernel/v6.12.3", NULL, "v6.12.3", kernel, ARRAY_SIZE(kernel));
	assert_ok(sandbox_probe(w->arena, NULL, &f->sandbox));
	assert_ok(results_open(arena_printf(w->arena, "%s/results.db", w->dir), &f->results));
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	pack_free(f->pack);
	results_free(f->results);
	world_release(&f->world);
	free(f);
	return 0;
}

/* Port the series, and prepare what is asked. */
static void prepare(struct fixture *f)
{
	struct world *w = &f->world;
	struct run_record run = { .series = "demo", .command = "test", .version = "1" };
	struct kernel k;
	struct port_ask ask = { .repo = w->repo,
				.workspace = w->dir,
				.series = &f->series,
				.kernel = &k,
				.no_semantic = true };

	assert_ok(series_read(w->arena, w->dir, "demo", &f->series));
	assert_ok(matrix_read(w->arena, w->dir, &f->matrix));
	assert_int_equal(repo_kernel(w->repo, w->arena, "v6.12", &k), 1);
	pack_free(f->pack);
	f->pack = pack_new(w->repo);
	assert_ok(port_series(w->arena, &ask, f->pack, &f->port));
	assert_true(f->port.mark != MARK_CONFLICT);
	assert_ok(results_run_begin(f->results, &run));
	f->ask = (struct proof_ask){
		.site = { .repo = w->repo,
			  .pack = f->pack,
			  .cache = arena_printf(w->arena, "%s/cache", w->dir),
			  .workspace = w->dir,
			  .sandbox = &f->sandbox },
		.matrix = &f->matrix,
		.series = &f->series,
		.ports = &f->port,
		.nports = 1,
		.results = f->results,
		.run = run.id,
		.evidence = arena_printf(w->arena, "%s/evidence", w->dir),
		.cores = 2,
	};
}

static struct proof_target *prove(struct fixture *f)
{
	assert_ok(proof_make(f->world.arena, &f->ask, &f->proof));
	assert_int_equal(f->proof.n, 1);
	if (f->proof.items[0].failed)
		fail_msg("%s", f->proof.items[0].failed);
	return &f->proof.items[0];
}

static const struct judged *judged_of(const struct proof_cell *cell, const char *name)
{
	for (size_t i = 0; i < cell->verdict.n; i++)
		if (!strcmp(cell->verdict.items[i].name, name))
			return &cell->verdict.items[i];
	fail_msg("no test %s", name);
	return NULL;
}

static void a_fix_is_proven_and_known_the_next_time(void **state)
{
	struct fixture *f = *state;
	struct proof_target *t;

	prepare(f);
	t = prove(f);
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
	assert_int_equal(judged_of(cell, "payload_test")->class, CLASS_FIXED);
	assert_int_equal(judged_of(cell, "own_test")->class, CLASS_OK);
	assert_true(cell->nshown >= 1);
	assert_string_equal(cell->shown[0]->name, "payload_test");
	assert_int_equal(cell->nsilent, 0);
	assert_false(proof_unproved(cell, "payload_test"));
	assert_true(cell->base.ran && cell->patched.ran);

	struct proof_state known;

	assert_ok(results_state(f->results, "demo", "v6.12.3", &f->port.tree, &known));
	assert_true(known.built && known.tested && !known.red && !known.unknown);

	/* Again: nothing is built, nothing boots; the same is found. */
	prepare(f);
	t = prove(f);
	assert_int_equal(proof_verdict(&f->proof), PROOF_GREEN);
	assert_int_equal(f->proof.built + f->proof.booted, 0);
	assert_int_equal(f->proof.reused, 2);
	assert_int_equal(judged_of(&t->cells[0], "payload_test")->class, CLASS_FIXED);

	/* Its evidence is gone, or is another run's: it boots again. */
	assert_ok(remove(arena_printf(f->world.arena, "%s/ktap", t->cells[0].base.dir)));
	world_write(&f->world, "evidence/v6.12.3/fake/patched.1/key", "another\n");
	prepare(f);
	prove(f);
	assert_int_equal(f->proof.booted, 2);

	/* The last patch is another one: only what has it is built and booted. */
	series_write(f, TWICE, THRICE "\n/* and */\n");
	prepare(f);
	prove(f);
	assert_int_equal(f->proof.built, 1);
	assert_int_equal(f->proof.build_reused, 1);
	assert_int_equal(f->proof.booted, 1);
	assert_int_equal(f->proof.reused, 1);

	prepare(f);
	f->ask.fresh = true;
	prove(f);
	assert_int_equal(f->proof.built, 0);
	assert_int_equal(f->proof.booted, 2);
}

static void a_regression_is_confirmed_and_its_patch_is_found(void **state)
{
	struct fixture *f = *state;
	struct proof_target *t;

	world_write(&f->world, "scenario", "demo_twice smoke_test fail it is wrong\n");
	prepare(f);
	t = prove(f);
	assert_int_equal(proof_verdict(&f->proof), PROOF_RED);
	assert_int_equal(judged_of(&t->cells[0], "smoke_test")->class, CLASS_REGRESSION);
	assert_int_equal(t->cells[0].attempts, 2);
	assert_ptr_equal(t->cells[0].first_bad, &f->port.items[1]);
	/* Of the other tests nothing was run again. */
	assert_int_equal(judged_of(&t->cells[0], "payload_test")->class, CLASS_FIXED);

	/* What was run again is known as well. */
	prepare(f);
	t = prove(f);
	assert_int_equal(f->proof.booted, 0);
	assert_ptr_equal(t->cells[0].first_bad, &f->port.items[1]);
}

static void what_does_not_fail_again_is_flaky(void **state)
{
	struct fixture *f = *state;
	struct proof_target *t;

	world_write(&f->world, "scenario", "demo_thrice smoke_test once\n");
	prepare(f);
	t = prove(f);
	assert_int_equal(judged_of(&t->cells[0], "smoke_test")->class, CLASS_FLAKY);
	assert_null(t->cells[0].first_bad);
	assert_int_equal(proof_verdict(&f->proof), PROOF_GREEN);
}

static void a_kernel_that_panics_at_boot_is_red_and_its_patch_is_found(void **state)
{
	struct fixture *f = *state;
	struct proof_target *t;

	world_write(&f->world, "scenario", "demo_thrice - panic all is lost\n");
	prepare(f);
	t = prove(f);
	assert_int_equal(proof_verdict(&f->proof), PROOF_RED);
	assert_int_equal(t->cells[0].patched.machine.end, MACHINE_PANIC);
	assert_ptr_equal(t->cells[0].first_bad, &f->port.items[2]);
}

static void a_machine_that_is_lost_gets_one_more_and_then_it_counts(void **state)
{
	struct fixture *f = *state;
	const struct proof_cell *cell;

	world_write(&f->world, "scenario", "demo_thrice smoke_test hang\n");
	prepare(f);
	cell = &prove(f)->cells[0];
	assert_int_equal(proof_verdict(&f->proof), PROOF_RED);
	assert_int_equal(cell->patched.machine.end, MACHINE_SILENT);
	assert_non_null(strstr(cell->patched.lost, "silent"));
	assert_string_equal(cell->patched.lost_in, "smoke_test");
	assert_null(cell->base.lost);
	assert_int_equal(judged_of(cell, "smoke_test")->class, CLASS_REGRESSION);
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
	struct fixture *f = *state;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct proof_cell *cell;

		world_write(&f->world, "scenario",
			    arena_printf(f->world.arena, "%s\n", cases[i].scenario));
		prepare(f);
		cell = &prove(f)->cells[0];
		assert_int_equal(proof_verdict(&f->proof), PROOF_UNKNOWN);
		assert_false(cell->patched.usable);
		assert_non_null(strstr(cell->patched.flaw, cases[i].why));
		assert_int_equal(judged_of(cell, "smoke_test")->class, CLASS_INFRASTRUCTURE);
	}
	/* Nothing of it is taken for known but the last one's base, which was as asked. */
	prepare(f);
	prove(f);
	assert_int_equal(f->proof.reused, 1);
	assert_int_equal(f->proof.booted, 1);
}

static void results_that_got_lost_on_the_way_are_asked_for_again(void **state)
{
	struct fixture *f = *state;

	world_write(&f->world, "scenario", "any smoke_test vanish\n");
	prepare(f);
	assert_int_equal(judged_of(&prove(f)->cells[0], "smoke_test")->class, CLASS_INFRASTRUCTURE);
	world_write(&f->world, "scenario", "");
	prepare(f);
	assert_int_equal(judged_of(&prove(f)->cells[0], "smoke_test")->class, CLASS_OK);
	assert_int_equal(f->proof.reused, 0);
	assert_int_equal(proof_verdict(&f->proof), PROOF_GREEN);
}

static void a_patch_that_does_not_build_is_named(void **state)
{
	struct fixture *f = *state;
	struct proof_target *t;

	series_write(f, BROKEN, "\n/* more */\n");
	prepare(f);
	t = prove(f);
	assert_int_equal(proof_verdict(&f->proof), PROOF_RED);
	assert_ptr_equal(t->bad_build, &f->port.items[1]);
	assert_non_null(strstr(t->builds[t->nbuilds - 1].error, "'nothing' undeclared"));
	assert_non_null(strstr(t->cells[0].verdict.flaw, "patched does not build"));
}

static void each_commit_is_built_and_its_new_warnings_are_told(void **state)
{
	struct fixture *f = *state;
	struct proof_target *t;

	series_write(f, TWICE UNUSED, "\n/* more */\n");
	prepare(f);
	f->ask.each = f->ask.build_only = true;
	t = prove(f);
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
	struct fixture *f = *state;
	struct proof_target *t;

	/* Nothing regresses: the test fails before and after, in the same words. */
	world_write(&f->world, "scenario", "any payload_test fail the sum is -1\n");
	prepare(f);
	t = prove(f);
	assert_int_equal(judged_of(&t->cells[0], "payload_test")->class, CLASS_PRE_EXISTING);
	assert_true(proof_unproved(&t->cells[0], "payload_test"));
	assert_int_equal(proof_verdict(&f->proof), PROOF_RED);

	/* It shows nothing when it passes on both; that is a remark. */
	world_write(&f->world, "scenario", "any payload_test pass\n");
	prepare(f);
	f->ask.fresh = true;
	t = prove(f);
	assert_int_equal(t->cells[0].nsilent, 1);
	assert_string_equal(t->cells[0].silent[0].name, "payload_test");
	assert_false(t->cells[0].silent[0].fix_there);
	assert_int_equal(proof_verdict(&f->proof), PROOF_GREEN);
}

static void what_is_there_already_is_judged_against_itself(void **state)
{
	struct fixture *f = *state;
	struct world_file fixed = { "lib/demo.c", FIXED };
	struct proof_target *t;

	world_write(&f->world, "series/demo/series", "0001-clamp.patch\n");
	world_write(&f->world, "series/demo/series.conf",
		    "[series]\nname = demo\ntitle = Demo\n"
		    "[patch \"0001-clamp.patch\"]\nclass = out-of-tree\nwhy = ours\n");
	world_commit(&f->world, "refs/series/kernel/v6.12.9", "refs/series/kernel/v6.12.3",
		     "v6.12.9", &fixed, 1);
	prepare(f);
	t = prove(f);
	assert_true(t->unchanged);
	assert_int_equal(t->nbuilds, 1);
	assert_int_equal(f->proof.booted, 1);
	assert_int_equal(proof_verdict(&f->proof), PROOF_GREEN);
	assert_int_equal(judged_of(&t->cells[0], "payload_test")->class, CLASS_OK);
	assert_true(t->cells[0].silent[0].fix_there);
}

static void what_is_asked_for_by_name_must_be_there(void **state)
{
	static const char *const only[] = { "smoke_test/part" }, *const odd[] = { "nope" };
	struct fixture *f = *state;
	struct proof_target *t;

	prepare(f);
	f->ask.only = only;
	f->ask.nonly = 1;
	t = prove(f);
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
	t = prove(f);
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
	struct fixture *f = *state;
	bool stopped = false;
	struct progress progress = { stop_soon, &stopped };

	world_write(&f->world, "scenario", "any - hang\n");
	prepare(f);
	f->ask.progress = &progress;
	assert_fails(proof_make(f->world.arena, &f->ask, &f->proof), FAIL_INTERRUPTED, "");
	world_write(&f->world, "scenario", "");
	prepare(f);
	prove(f);
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
static int held(struct fixture *f, const char *path)
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
	struct fixture *f = *state;
	struct holding holding = { .lock = held(f, "cache/kernels/v6.12.3/lock") };
	struct progress progress = { let_go, &holding };

	prepare(f);
	f->ask.progress = &progress;
	prove(f);
	assert_int_equal(proof_verdict(&f->proof), PROOF_GREEN);
	assert_true(holding.steps >= 3);
	close(holding.lock);
}

static void a_target_that_another_run_tests_is_busy(void **state)
{
	struct fixture *f = *state;
	int lock = held(f, "evidence/v6.12.3/lock");

	prepare(f);
	assert_ok(proof_make(f->world.arena, &f->ask, &f->proof));
	assert_non_null(strstr(f->proof.items[0].failed, "another run tests v6.12.3"));
	assert_int_equal(f->proof.items[0].failed_kind, FAIL_BUSY);
	assert_int_equal(proof_verdict(&f->proof), PROOF_UNKNOWN);
	assert_int_equal(f->proof.built + f->proof.booted, 0);

	/* Who only builds does not need its evidence. */
	f->ask.build_only = true;
	prove(f);
	assert_int_equal(f->proof.built, 2);
	close(lock);
}

#define proof_unit(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

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
