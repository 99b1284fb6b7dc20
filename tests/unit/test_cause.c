/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ci/cause.h"

#include "unit.h"
#include "world.h"

#define FIRST "static int first(struct vcpu *vcpu)\n{\n\treturn vcpu->first;\n}\n\n"
#define SECOND(body)                                                                               \
	"static int second(struct vcpu *vcpu)\n{\n" body "\treturn vcpu->second;\n}\n\n"
#define FILLER                                                                                     \
	"static int a(void)\n{\n\treturn 1;\n}\n\nstatic int b(void)\n{\n\treturn 2;\n}\n\n"       \
	"static int c(void)\n{\n\treturn 3;\n}\n\n"
#define THIRD(body) "static int third(struct vcpu *vcpu)\n{\n" body "}\n"
#define WELL FIRST SECOND("\tvcpu->ready = 0;\n") FILLER THIRD("\treturn vcpu->third;\n")
#define PATCHED FIRST SECOND("\tvcpu->ready = 1;\n") FILLER THIRD("\treturn vcpu->third;\n")
#define BROKEN                                                                                     \
	FIRST SECOND("\tif (!vcpu)\n\t\treturn 0;\n\tvcpu_reset(vcpu);\n")                         \
		FILLER THIRD("\treturn vcpu->third;\n")

static const char *cause(struct arena *arena, const char *before, const char *after, size_t line,
			 const char *heading)
{
	struct cause_place place = { slice_of(heading), line, 7 };
	const char *got;

	git_libgit2_init();
	got = cause_of_texts(arena, slice_of(before), slice_of(after), &place);
	git_libgit2_shutdown();
	return got ? got : "nothing";
}

static void a_change_is_named_by_the_function_that_it_stands_in(void **state)
{
	assert_string_equal(cause(*state, WELL, BROKEN, 8, ""), "in second() (1 line gone, 3 new)");
	assert_string_equal(cause(*state, WELL, BROKEN, 0, "static int second(struct vcpu *vcpu)"),
			    "in second() (1 line gone, 3 new)");
	assert_string_equal(cause(*state, WELL, WELL, 8, ""), "nothing");
	assert_string_equal(cause(*state, "", "", 0, ""), "nothing");
}

static void what_changed_elsewhere_is_told_as_that(void **state)
{
	assert_string_equal(
		cause(*state, WELL,
		      FIRST SECOND("\tvcpu->ready = 0;\n") FILLER THIRD("\treturn 3;\n"), 8, ""),
		"in third(), not where the patch goes");
	assert_string_equal(cause(*state, WELL, "", 8, ""), "in line 1 (30 lines gone, 0 new)");
}

static void of_two_ports_it_is_that_of_the_first_conflict(void **state)
{
	const struct world_file well = { "kvm/x86.c", WELL }, broken = { "kvm/x86.c", BROKEN },
				gone = { "kvm/regs.c", WELL };
	const struct person nobody = { NULL, NULL };
	struct port ports[3];
	struct series series;
	struct world w;
	char *what;

	(void)state;
	world_init(&w);
	world_write(&w, "ci/targets.conf", "");
	world_write(&w, "series/demo/series", "0001-ready.patch\n");
	world_write(&w, "series/demo/series.conf",
		    "[series]\n\tname = demo\n\ttitle = Demo\n[patch \"0001-ready.patch\"]\n"
		    "\tclass = out-of-tree\n\twhy = ours\n");
	world_patch(&w, "series/demo/0001-ready.patch", "kvm: be ready", "kvm/x86.c", WELL,
		    PATCHED);
	world_commit(&w, "refs/series/kernel/v6.1.1", NULL, "x", &well, 1);
	world_commit(&w, "refs/series/kernel/v6.1.2", NULL, "x", &broken, 1);
	world_commit(&w, "refs/series/kernel/v6.1.3", NULL, "x", &gone, 1);
	assert_ok(series_read(w.arena, w.dir, "demo", &series));
	for (size_t i = 0; i < ARRAY_SIZE(ports); i++) {
		struct kernel kernel;
		struct port_ask ask = { .repo = w.repo,
					.workspace = w.dir,
					.series = &series,
					.kernel = &kernel,
					.backporter = nobody,
					.no_semantic = true };
		struct pack *pack = pack_new(w.repo);

		assert_int_equal(repo_kernel(w.repo, w.arena,
					     arena_printf(w.arena, "v6.1.%zu", i + 1), &kernel),
				 1);
		assert_ok(port_series(w.arena, &ask, pack, &ports[i]));
		pack_free(pack);
	}
	assert_int_not_equal(ports[0].mark, MARK_CONFLICT);
	assert_int_equal(ports[1].mark, MARK_CONFLICT);
	assert_ok(cause_find(w.arena, w.repo, &ports[0], &ports[1], &what));
	assert_string_equal(what, "kvm/x86.c has changed since v6.1.1 in second() (1 line gone, "
				  "3 new)");
	assert_ok(cause_find(w.arena, w.repo, &ports[0], &ports[0], &what));
	assert_null(what);
	if (ports[2].mark == MARK_CONFLICT) {
		assert_ok(cause_find(w.arena, w.repo, &ports[0], &ports[2], &what));
		assert_string_equal(what, "kvm/x86.c is gone since v6.1.1");
	}
	world_release(&w);
}

UNIT_MAIN(unit(a_change_is_named_by_the_function_that_it_stands_in),
	  unit(what_changed_elsewhere_is_told_as_that),
	  unit(of_two_ports_it_is_that_of_the_first_conflict))
