/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/matrix.h"

#include <sys/stat.h>

#include "base/child.h"
#include "base/file.h"
#include "unit.h"

/* A workspace that has what the configurations below name. */
static char *workspace(struct arena *arena, const char *conf)
{
	static const char *const files[] = { "ci/kconfig/guest.config", "ci/kconfig/kvm-x86.config",
					     "ci/guest/payload_test.c", "ci/guest/other_test.c" };
	char *dir;

	assert_ok(file_temp_dir(arena, "test_matrix", &dir));
	assert_ok(file_make_dirs(arena_printf(arena, "%s/ci/kconfig", dir)));
	assert_ok(file_make_dirs(arena_printf(arena, "%s/ci/guest", dir)));
	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		assert_ok(file_write(arena_printf(arena, "%s/%s", dir, files[i]), SLICE("x\n"),
				     0644));
	assert_ok(file_write(arena_printf(arena, "%s/ci/matrix.conf", dir), slice_of(conf), 0644));
	return dir;
}

static int read_conf(struct arena *arena, const char *conf, struct matrix *matrix)
{
	char *dir = workspace(arena, conf);
	int got = matrix_read(arena, dir, matrix);

	assert_ok(file_remove_tree(dir));
	return got;
}

#define GOOD                                                                                       \
	"[config \"guest\"]\nfragment = kvm-x86 guest\nmake = W=1\n"                               \
	"[machine \"tcg\"]\nkind = qemu\naccel = tcg\ncpu = max,-foo\nvendor = kvm_amd\n"          \
	"[tests \"kvm\"]\nprove = payload_test\nselftest = state_test smm_test\n"                  \
	"[cell \"tcg\"]\nconfig = guest\nmachine = tcg\ntests = kvm\n"

static void a_cell_is_a_configuration_a_machine_and_tests(void **state)
{
	struct matrix matrix;

	assert_ok(read_conf(
		*state,
		GOOD "[target \"v5.10\"]\nlacks = KVM_SMM KVM_XEN\nlacks = KVM_HYPERV\n"
		     "cmdline = kvm.ignore_msrs=1\ncompiler = gcc-11\n"
		     "[machine \"bochs\"]\nkind = bochs\ncpu = corei7\nprogram = x/bochs\n"
		     "memory = 512\nwall = 10\nsilence = 5\ncpus = 2\n"
		     "cmdline = kvm_intel.enable_apicv=0\n"
		     "[tests \"more\"]\nprogram = unit/vmexit unit/other\nprogram = /abs/x\n"
		     "guest = other_test\nselftest = state_test\nprove = state_test payload_test\n"
		     "timeout = 7\n"
		     "[test \"vmexit\"]\narguments = -x 3\nspeech = kvm-unit\ntimeout = 9\n"
		     "[cell \"second\"]\nconfig = guest\nmachine = bochs\ntests = more\n"
		     "default = no\ntarget = v6.12 v5.x\n"
		     "[run]\nretries = 5\n",
		&matrix));
	assert_int_equal(matrix.retries, 5);
	assert_int_equal(matrix.ncells, 2);

	const struct cell *first = &matrix.cells[0], *second = &matrix.cells[1];

	assert_string_equal(first->config->name, "guest");
	assert_int_equal(first->config->nfragments, 2);
	assert_string_equal(first->config->fragments[0], "kvm-x86");
	assert_string_equal(first->config->make_flags, "W=1");
	assert_null(first->config->compiler);
	assert_string_equal(first->machine->accel, "tcg");
	assert_string_equal(first->machine->cmdline, "");
	assert_int_equal(first->machine->memory, 2048);
	assert_int_equal(first->machine->cpus, 1);
	assert_null(first->machine->program);
	assert_true(first->by_default);
	assert_int_equal(first->suite->n, 3);
	assert_true(first->suite->items[0].prove);
	assert_int_equal(first->suite->items[0].speech, SPEECH_KTAP);
	assert_int_equal(first->suite->items[1].speech, SPEECH_KSELFTEST);
	assert_int_equal(first->suite->items[1].timeout, 60);
	assert_int_equal(first->suite->items[1].line, 11);

	assert_false(second->by_default);
	assert_int_equal(second->machine->kind, MACHINE_BOCHS);
	assert_int_equal(second->machine->memory, 512);
	assert_int_equal(second->machine->cpus, 2);
	assert_non_null(strstr(second->machine->program, "/x/bochs"));

	/* What proves comes first, in its own order; then the others, each as it stands. */
	const struct suite *suite = second->suite;

	assert_int_equal(suite->n, 6);
	assert_string_equal(suite->items[0].name, "state_test");
	assert_true(suite->items[0].prove && suite->items[0].from == SUITE_SELFTEST);
	assert_string_equal(suite->items[1].name, "payload_test");
	assert_true(suite->items[1].prove && suite->items[1].from == SUITE_GUEST);
	assert_string_equal(suite->items[2].name, "other_test");
	assert_string_equal(suite->items[3].name, "vmexit");
	assert_int_equal(suite->items[3].speech, SPEECH_KVM_UNIT);
	assert_int_equal(suite->items[3].timeout, 9);
	assert_string_equal(suite->items[3].arguments, "-x 3");
	assert_non_null(strstr(suite->items[3].path, "/unit/vmexit"));
	assert_int_equal(suite->items[4].timeout, 7);
	assert_string_equal(suite->items[5].path, "/abs/x");
}

static void a_kernel_has_what_its_branch_and_it_are_said_to_lack(void **state)
{
	struct matrix matrix;
	struct build_config config;

	assert_ok(read_conf(*state,
			    GOOD
			    "[target \"v5.10\"]\nlacks = A\ncmdline = a=1\n"
			    "[target \"v5.10.262\"]\nlacks = B\ncmdline = b=2\ncompiler = clang\n"
			    "[cell \"old\"]\nconfig = guest\nmachine = tcg\ntests = kvm\n"
			    "target = v5.x v6.12 v6.18.3\n",
			    &matrix));
	config = config_for(*state, &matrix, &matrix.configs[0], "v5.10.262");
	assert_int_equal(config.nlacks, 2);
	assert_string_equal(config.lacks[1], "B");
	assert_string_equal(config.compiler, "clang");
	assert_string_equal(cmdline_for(*state, &matrix, "v5.10.262"), "a=1 b=2");
	config = config_for(*state, &matrix, &matrix.configs[0], "v5.10.1");
	assert_int_equal(config.nlacks, 1);
	assert_null(config.compiler);
	assert_string_equal(cmdline_for(*state, &matrix, "v6.1.5"), "");

	const struct cell *old = &matrix.cells[1];

	assert_true(cell_covers(old, "v5.4.1"));
	assert_true(cell_covers(old, "v6.12.73"));
	assert_true(cell_covers(old, "v6.12"));
	assert_true(cell_covers(old, "v6.18.3"));
	assert_false(cell_covers(old, "v6.18.4"));
	assert_false(cell_covers(old, "v6.1.2"));
	assert_false(cell_covers(old, "master"));
	assert_true(cell_covers(&matrix.cells[0], "master"));
}

static void a_mistake_is_refused_by_file_and_line(void **state)
{
	static const struct {
		const char *conf, *why;
	} cases[] = {
		{ "[config \"a\"]\n\tfragments = x\n", ":2: unknown key" },
		{ "[config \"a\"]\n\tcompiler = gcc\n", ":2: configuration 'a' has no fragment" },
		{ "[config \"a\"]\n\tfragment = guest\n\tfragment = nope\n",
		  ":3: there is no ci/kconfig/nope.config" },
		{ "[config \"a\"]\n\tfragment = ../guest\n", ":2: '../guest' is no name" },
		{ "[config \"a/b\"]\n\tfragment = guest\n", ":2: 'a/b' is no name" },
		{ "[config \"a\"]\n\tfragment = guest\n\tmake = \"W=1; rm\"\n",
		  ":3: make: the character ';'" },
		{ "[config \"a\"]\n\tfragment = guest\n\tcompiler = /bin/sh\n",
		  ":3: '/bin/sh' is no name of a compiler" },
		{ "[target \"6.12\"]\n\tlacks = X\n", ":2: target '6.12' is none such as" },
		{ "[target \"v6.12\"]\n\tlacks = CONFIG_X\n", ":2: 'CONFIG_X' is no symbol" },
		{ "[machine \"m\"]\n\tkind = xen\n", ":2: unknown kind of machine 'xen'" },
		{ "[machine \"m\"]\n\taccel = tcg\n", ":2: machine 'm' has no kind" },
		{ "[machine \"m\"]\n\tkind = qemu\n", ":2: machine 'm' has no accel" },
		{ "[machine \"m\"]\n\tkind = qemu\n\taccel = hax\n", ":3: unknown accelerator" },
		{ "[machine \"m\"]\n\tkind = bochs\n\taccel = tcg\n", ":3: Bochs has no acc" },
		{ "[machine \"m\"]\n\tkind = bochs\n", ":2: machine 'm' has no cpu" },
		{ "[machine \"m\"]\n\tkind = bochs\n\tcpu = a b\n", ":3: 'a b' is no model" },
		{ "[machine \"m\"]\n\tkind = bochs\n\tcpu = a\n\tvendor = via\n",
		  ":4: unknown vendor 'via'" },
		{ "[machine \"m\"]\n\tkind = bochs\n\tcpu = a\n\tmemory = 0\n",
		  ":4: memory is between 1 and" },
		{ "[machine \"m\"]\n\tkind = bochs\n\tcpu = a\n\twall = soon\n", ":4: " },
		{ "[tests \"t\"]\n\ttimeout = 5\n", ":2: [tests \"t\"] has no test" },
		{ "[tests \"t\"]\n\tguest = nope\n", ":2: there is no ci/guest/nope.c" },
		{ "[tests \"t\"]\n\tprove = payload_test nope\n", ":2: there is no ci/guest/nope" },
		{ "[tests \"t\"]\n\tselftest = a\n\tselftest = b a\n",
		  ":3: test 'a' is named twice" },
		{ "[tests \"t\"]\n\tselftest = a\n\tprove = a a\n", ":3: test 'a' is named twice" },
		{ "[tests \"t\"]\n\tselftest = a/b\n", ":2: 'a/b': a name is wanted" },
		{ "[tests \"t\"]\n\tselftest = a$b\n", ":2: 'a$b' is no name of a test" },
		{ "[tests \"t\"]\n\tprogram = word\n", ":2: 'word' is no path, and there is no" },
		{ "[tests \"t\"]\n\tprogram = word\n[test \"word\"]\n\ttimeout = 3\n",
		  ":4: test 'word' has no program" },
		{ "[tests \"t\"]\n\tselftest = a\n[test \"a\"]\n\tprogram = x/y\n",
		  ":4: 'a' is no program" },
		{ "[tests \"t\"]\n\tselftest = a\n[test \"a\"]\n\tspeech = french\n",
		  ":4: unknown speech 'french'" },
		{ "[tests \"t\"]\n\tselftest = a\n[test \"b\"]\n\ttimeout = 3\n",
		  ":4: no [tests] names the test 'b'" },
		{ GOOD "[cell \"c\"]\n\tconfig = guest\n", ":17: cell 'c' has no machine" },
		{ GOOD "[cell \"c\"]\n\tconfig = guest\n\tmachine = kvm\n",
		  ":18: cell 'c': there is no [machine \"kvm\"] (known: tcg)" },
		{ GOOD "[cell \"tcg\"]\n\ttarget = 6.12\n", ":17: target '6.12' is none" },
		{ "[run]\n\tretries = -1\n", ":2: retries is between 0 and 100" },
	};
	struct matrix matrix;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_fails(read_conf(*state, cases[i].conf, &matrix), FAIL_USAGE, cases[i].why);
		assert_non_null(strstr(fail_message(), "ci/matrix.conf:"));
	}
	assert_fails(matrix_read(*state, "/nonexistent", &matrix), FAIL_USAGE, "no such file");
}

static void a_program_for_the_guest_is_static_or_a_script(void **state)
{
	struct arena *arena = *state;
	char *dir = workspace(arena, GOOD "[tests \"p\"]\nprogram = bin/it\n");
	char *bin = arena_printf(arena, "%s/bin/it", dir);
	const char *const compile[] = { "cc", "-static", "-x", "c", "-o", bin, "-", NULL },
			  *const dynamic[] = { "cc", "-x", "c", "-o", bin, "-", NULL };
	struct child_ask cc = { .argv = compile, .input = SLICE("int main(void){return 0;}") };
	struct child_answer answer;
	struct matrix matrix;

	assert_ok(file_make_dirs(arena_printf(arena, "%s/bin", dir)));
	assert_ok(matrix_read(arena, dir, &matrix));

	const struct suite_test *test = &matrix.suites[1].items[0];

	assert_fails(suite_test_check(arena, &matrix, test), FAIL_USAGE,
		     "ci/matrix.conf:17: test 'it': ");
	assert_non_null(strstr(fail_message(), "bin/it is not there"));
	assert_ok(file_write(bin, SLICE("#!/bin/sh\n"), 0755));
	assert_ok(suite_test_check(arena, &matrix, test));
	assert_ok(file_write(bin, SLICE("text\n"), 0755));
	assert_fails(suite_test_check(arena, &matrix, test), FAIL_USAGE, "is neither a static");
	assert_ok(child_run(arena, &cc, &answer));
	assert_int_equal(answer.status, 0);
	assert_ok(suite_test_check(arena, &matrix, test));
	cc.argv = dynamic;
	assert_ok(child_run(arena, &cc, &answer));
	assert_int_equal(answer.status, 0);
	assert_fails(suite_test_check(arena, &matrix, test), FAIL_USAGE, "is not static");
	assert_ok(remove(bin));
	assert_ok(mkdir(bin, 0755));
	assert_fails(suite_test_check(arena, &matrix, test), FAIL_USAGE, "is no file");
	assert_ok(file_remove_tree(dir));
}

UNIT_MAIN(unit(a_cell_is_a_configuration_a_machine_and_tests),
	  unit(a_kernel_has_what_its_branch_and_it_are_said_to_lack),
	  unit(a_mistake_is_refused_by_file_and_line),
	  unit(a_program_for_the_guest_is_static_or_a_script))
