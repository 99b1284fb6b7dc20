/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names that a patch brings, against all that a small kernel has. */
#include "patch/known.h"
#include "unit.h"
#include "world.h"

#define FILE_C "arch/x86/kvm/x86.c"
#define OLD                                                                                        \
	"#include <linux/kvm_host.h>\n#include \"x86.h\"\n\nstatic int go(struct vcpu *vcpu)\n"    \
	"{\n\treturn vcpu->ready;\n}\n"

struct fixture {
	struct world world;
	struct kernel target, base;
	struct draft *draft, *base_draft;
	bool has_base;
	struct known_miss miss;
};

/* The base has what the target has, and a bit more. */
static const struct world_file base_files[] = {
	{ FILE_C, OLD },
	{ "arch/x86/kvm/x86.h", "#include \"../kvm/deep.h\"\nvoid near(struct vcpu *vcpu);\n" },
	{ "arch/x86/kvm/deep.h",
	  "void deep(struct vcpu *vcpu);\nvoid newer(struct vcpu *vcpu);\n" },
	{ "arch/x86/kvm/Kconfig", "config KVM_XEN\n\tbool\n\nconfig KVM_SMM\n\tbool\n" },
	{ "drivers/far/Kconfig.more", "menuconfig FAR_AWAY\n\tbool\n" },
	{ "include/linux/kvm_host.h", "struct vcpu {\n\tint ready;\n\tint newer_field;\n};\n" },
};
static const struct world_file target_files[] = {
	{ "arch/x86/kvm/deep.h", "void deep(struct vcpu *vcpu);\n" },
	{ "arch/x86/kvm/Kconfig", "config KVM_XEN\n\tbool\n" },
	{ "include/linux/kvm_host.h", "struct vcpu {\n\tint ready;\n};\n" },
};

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct world *w = &f->world;

	world_init(w);
	world_commit(w, "refs/series/kernel/v6.12.1", NULL, "base", base_files,
		     ARRAY_SIZE(base_files));
	world_commit(w, "refs/series/kernel/v6.1.1", "refs/series/kernel/v6.12.1", "target",
		     target_files, ARRAY_SIZE(target_files));
	assert_int_equal(repo_kernel(w->repo, w->arena, "v6.12.1", &f->base), 1);
	assert_int_equal(repo_kernel(w->repo, w->arena, "v6.1.1", &f->target), 1);
	f->draft = draft_new(w->arena, w->repo, &f->target.tree);
	f->base_draft = draft_new(w->arena, w->repo, &f->base.tree);
	f->has_base = true;
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	world_release(&f->world);
	free(f);
	return 0;
}

static int give_base(void *data, struct lookup *base)
{
	struct fixture *f = data;

	*base = (struct lookup){ f->world.repo, f->base.tree, f->base_draft };
	return f->has_base;
}

/* Is `line`, put into go(), all known? The answer of known_check(). */
static int check(struct fixture *f, const char *line)
{
	struct arena *arena = f->world.arena;
	size_t since = draft_point(f->draft);
	const char *at = strstr(OLD, "\treturn");
	struct slice now =
		slice_of(arena_printf(arena, "%.*s%s\n%s", (int)(at - OLD), OLD, line, at));
	struct filediff file = { .old_path = (char *)FILE_C, .new_path = (char *)FILE_C };
	struct diff diff = { &file, 1, 1 };
	struct known_ask ask = {
		.target = { f->world.repo, f->target.tree, f->draft },
		.since = since,
		.diff = &diff,
		.base = give_base,
		.data = f,
	};
	int as_it_is, compared;

	assert_ok(diff_texts(arena, SLICE(OLD), now, 3, &file));
	assert_ok(draft_write(f->draft, FILE_C, now, 0100644));
	compared = known_check(arena, &ask, &f->miss);
	ask.as_it_is = true;
	as_it_is = known_check(arena, &ask, &f->miss);
	assert_int_equal(compared, as_it_is);
	draft_back(f->draft, since);
	return as_it_is;
}

static void names_of_included_headers_are_known(void **state)
{
	assert_int_equal(check(*state, "\tnear(vcpu);"), 0);
	assert_int_equal(check(*state, "\tdeep(vcpu);"), 0);
	assert_int_equal(check(*state, "\tvcpu->ready = 1;"), 0);
}

static void a_function_that_only_the_base_has_is_missed(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(check(f, "\tnewer(vcpu);"), 1);
	assert_slice(f->miss.name, "newer");
	assert_string_equal(f->miss.path, FILE_C);
}

static void a_field_that_only_the_base_has_is_missed(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(check(f, "\tvcpu->newer_field = 1;"), 1);
	assert_slice(f->miss.name, "newer_field");
}

static void a_config_symbol_must_be_declared_even_where_there_is_no_base(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(check(f, "#ifdef CONFIG_KVM_SMM\n#endif"), 1);
	assert_slice(f->miss.name, "CONFIG_KVM_SMM");
	f->has_base = false;
	assert_int_equal(check(f, "#ifdef CONFIG_KVM_SMM\n#endif"), 1);
	assert_int_equal(check(f, "#ifdef CONFIG_KVM_XEN\n#endif"), 0);
	assert_int_equal(check(f, "#if IS_ENABLED(CONFIG_FAR_AWAY_MODULE)\n#endif"), 0);
}

static void what_the_patch_itself_defines_is_known(void **state)
{
	assert_int_equal(check(*state, "\tint newer_field = 1;\n\tnewer_field++;"), 0);
	assert_int_equal(check(*state, "\tgoto newer;\nnewer:"), 0);
}

static void what_no_tree_has_proves_nothing(void **state)
{
	assert_int_equal(check(*state, "\ttrace_generated(vcpu);"), 0);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(names_of_included_headers_are_known),
		CASE(a_function_that_only_the_base_has_is_missed),
		CASE(a_field_that_only_the_base_has_is_missed),
		CASE(a_config_symbol_must_be_declared_even_where_there_is_no_base),
		CASE(what_the_patch_itself_defines_is_known),
		CASE(what_no_tree_has_proves_nothing),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("known", tests, NULL, NULL) ? 1 : 0;
}
