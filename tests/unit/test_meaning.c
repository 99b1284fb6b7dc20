/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What ported lines rely on, in two small kernels: each kind of drift is found, and what is no drift is not. */
#include "patch/decl.h"
#include "patch/meaning.h"
#include "patch/port.h"
#include "unit.h"
#include "world.h"

#define FILE_C "arch/x86/kvm/x86.c"
#define FILE_H "arch/x86/kvm/x86.h"
#define KCONFIG "arch/x86/kvm/Kconfig"

/* One of the two kernels: a header, and a function before and after the patch. */
struct kernel_text {
	const char *header, *before, *after;
};

struct fixture {
	struct world world;
	struct pack *pack;
	bool exact;
	struct findings findings;
	char *said;
};

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	world_init(&f->world);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	pack_free(f->pack);
	world_release(&f->world);
	free(f);
	return 0;
}

static void commit(struct fixture *f, const char *ref, const char *header, const char *body)
{
	struct world_file files[] = {
		{ FILE_H,
		  arena_printf(f->world.arena,
			       "#ifndef __X86_H\n#define __X86_H\nstruct vcpu {\n\tint ready;\n"
			       "\tstruct { int nr; } inner;\n};\n%s#endif\n",
			       header) },
		{ FILE_C, arena_printf(f->world.arena, "#include \"x86.h\"\n\n%s", body) },
		{ KCONFIG, "config KVM_SMM\n\tbool\n" },
	};
	struct world_file old[] = { files[0], files[1], { KCONFIG, "config KVM\n\tbool\n" } };

	world_commit(&f->world, ref, NULL, ref, strstr(ref, "base") ? files : old,
		     ARRAY_SIZE(files));
}

static struct meaning_side side(struct fixture *f, const char *name, const struct kernel_text *text,
				struct diff *diff)
{
	struct world *w = &f->world;
	struct kernel was, is;
	char *before = arena_printf(w->arena, "refs/heads/%s-before", name);
	char *after = arena_printf(w->arena, "refs/heads/%s-after", name);

	commit(f, before, text->header, text->before);
	commit(f, after, text->header, text->after);
	assert_int_equal(repo_kernel(w->repo, w->arena, before, &was), 1);
	assert_int_equal(repo_kernel(w->repo, w->arena, after, &is), 1);
	pack_free(f->pack);
	f->pack = pack_new(w->repo);
	assert_ok(port_diff(w->arena, f->pack, &was.tree, &is.tree, 3, diff));
	return (struct meaning_side){ { NULL, is.tree, NULL }, strdup(name), diff };
}

/* "severity rule function: text" a line. */
static const char *compare(struct fixture *f, const struct kernel_text *base,
			   const struct kernel_text *target)
{
	struct world *w = &f->world;
	struct diff ported, upstream;
	struct meaning_seen seen = { 0 };
	struct text out __free_text = TEXT_INIT;
	struct meaning_ask ask = { .label = "1/1", .has_base = base, .exact = f->exact };

	if (base)
		ask.base = side(f, "base", base, &upstream);
	ask.target = side(f, "target", target, &ported);
	/* The store was opened anew by the last commit. */
	ask.target.lookup.repo = ask.base.lookup.repo = w->repo;
	ask.target.lookup.draft = draft_new(w->arena, w->repo, &ask.target.lookup.tree);
	if (base)
		ask.base.lookup.draft = draft_new(w->arena, w->repo, &ask.base.lookup.tree);
	f->findings = (struct findings){ 0 };
	assert_ok(meaning_check(w->arena, &ask, &seen, &f->findings));
	assert_true(seen.lines > 0);
	for (size_t i = 0; i < f->findings.n; i++) {
		const struct finding *one = &f->findings.items[i];

		assert_string_equal(one->path, FILE_C);
		assert_true(one->line > 0);
		text_addf(&out, "%s %s %s: %s\n", severity_word(one->severity), one->rule,
			  one->function ? one->function : "-", one->text);
	}
	free((char *)ask.base.name);
	free((char *)ask.target.name);
	return arena_strdup(w->arena, text_str(&out));
}

#define GO(lines)                                                                                  \
	"static int go(struct vcpu *vcpu, int nr)\n{\n\tint r = 0;\n\n" lines "\treturn r;\n}\n"

/* The same lines, added to go() of both kernels, whose headers differ. */
static const char *drift(struct fixture *f, const char *base, const char *target, const char *lines)
{
	char *after = arena_printf(f->world.arena, GO("%s"), lines);
	struct kernel_text b = { base, GO(""), after }, t = { target, GO(""), after };

	return compare(f, &b, &t);
}

/* The same header, and go() before and after in each. */
static const char *places(struct fixture *f, const char *base_before, const char *base_after,
			  const char *before, const char *after)
{
	const char *header = "void use(int nr);\nint take(int nr);\n";
	struct kernel_text b = { header, base_before, base_after }, t = { header, before, after };

	return compare(f, &b, &t);
}

static void lines_that_mean_the_same_have_no_finding(void **state)
{
	struct fixture *f = *state;
	const char *header = "int use(struct vcpu *vcpu, unsigned int nr);\n#define MAX 5\n"
			     "static inline void none(void) { }\n";
	/* Spelt another way, declared twice, with other names of parameters. */
	const char *other =
		"#ifdef CONFIG_X\nextern int use(struct vcpu *, unsigned nr);\n#else\n"
		"static inline int use(struct vcpu *v, unsigned int number)\n{\n\treturn 0;\n}\n"
		"#endif\n#define MAX\t5 /* five */\nstatic inline void none(void) { }\n";

	assert_string_equal(
		drift(f, header, other,
		      "\tif (nr < MAX && vcpu->ready)\n\t\tr = use(vcpu, nr);\n\tnone();\n"
		      "\tvcpu->inner.nr = r;\n"),
		"");
}

static void a_callee_with_another_number_of_arguments_is_found(void **state)
{
	assert_string_equal(
		drift(*state, "void use(struct vcpu *vcpu, int nr);\n",
		      "void use(struct vcpu *vcpu);\n", "\tuse(vcpu,\n\t    nr);\n"),
		"bad meaning/arity go: use() is called with 2 arguments and takes (struct "
		"vcpu *) here\n");
}

static void a_macro_with_another_number_of_arguments_is_found(void **state)
{
	assert_string_equal(drift(*state, "#define use(a, b) ((a) + (b))\n", "#define use(a) (a)\n",
				  "\tr = use(nr, 1);\n"),
			    "bad meaning/arity go: use() is called with 2 arguments and takes (a) "
			    "here\n");
	assert_string_equal(drift(*state, "#define use(a, ...) x(a)\n",
				  "#define use(a, ...) x(a)\n", "\tr = use(nr, 1, 2);\n"),
			    "");
}

static void a_callee_that_takes_other_types_is_found(void **state)
{
	assert_string_equal(
		drift(*state, "void use(struct vcpu *vcpu, int nr);\n",
		      "void use(struct vcpu *vcpu, u64 nr);\n", "\tuse(vcpu, nr);\n"),
		"look meaning/callee go: use() takes (struct vcpu *, u64) here, (struct vcpu "
		"*, int) in base\n");
	assert_string_equal(
		drift(*state, "void use(int from, int to);\n", "void use(int to, int from);\n",
		      "\tuse(1, nr);\n"),
		"look meaning/callee go: use() takes the same types here as in base, in "
		"another order of names\n");
}

static void a_callee_that_gives_another_type_is_found(void **state)
{
	assert_string_equal(drift(*state, "int use(int nr);\n", "bool use(int nr);\n",
				  "\tr = use(nr);\n"),
			    "look meaning/callee go: use() gives bool here, int in base\n");
	assert_string_equal(
		drift(*state, "void use(int nr);\n", "int use(int nr);\n", "\tuse(nr);\n"),
		"look meaning/callee go: use() gives int here, void in base: what it gives "
		"here is not looked at\n");
	assert_string_equal(
		drift(*state, "int use(int nr);\n", "bool use(int nr);\n", "\tuse(nr);\n"), "");
}

static void a_macro_or_constant_that_changed_is_a_note(void **state)
{
	assert_string_equal(
		drift(*state, "#define MAX 5\n#define use(a) (a)\n",
		      "#define MAX 6\n#define use(a) (-(a))\n", "\tr = use(MAX);\n"),
		"note meaning/macro go: the macro use() has another body here than in base\n"
		"note meaning/constant go: MAX is \"6\" here, \"5\" in base\n");
}

static void a_symbol_that_no_kconfig_declares_is_found(void **state)
{
	static const char *const found =
		"bad meaning/config go: no Kconfig file here declares CONFIG_KVM_SMM: what depends on "
		"it is never built\n";

	assert_string_equal(drift(*state, "", "", "#ifdef CONFIG_KVM_SMM\n\tr = 1;\n#endif\n"),
			    found);
	assert_string_equal(
		drift(*state, "", "", "\tif (IS_ENABLED(CONFIG_KVM_SMM))\n\t\tr = 1;\n"), found);
}

static void a_name_that_the_kernel_does_not_have_is_found(void **state)
{
	assert_string_equal(drift(*state, "enum { NEWER_FLAG = 1 };\n", "", "\tr |= NEWER_FLAG;\n"),
			    "bad meaning/name go: target has no 'NEWER_FLAG'\n");
}

static void a_member_that_is_missing_or_of_another_type_is_found(void **state)
{
	assert_string_equal(drift(*state,
				  "struct q { int nr; u64 data; };\nstruct q *q_of(int nr);\n",
				  "struct q { int nr; };\nstruct q *q_of(int nr);\nint data;\n",
				  "\tr = q_of(nr)->data;\n"),
			    "bad meaning/field go: struct q has no member data here\n");
	assert_string_equal(
		drift(*state,
		      "struct q { int nr; };\nstruct r { struct q q[2]; };\nextern struct r *all;\n",
		      "struct q { u8 nr; };\nstruct r { struct q q[2]; };\nextern struct r *all;\n",
		      "\tr = all->q[1].nr;\n"),
		"look meaning/field go: nr is of type u8 here, int in base\n");
}

static void a_variable_of_another_type_is_found(void **state)
{
	struct fixture *f = *state;
	const char *old = "static int go(u32 nr)\n{\n\tlong a, *b;\n\n\treturn nr;\n}\n";
	const char *new = "static int go(u32 nr)\n{\n\tlong a, *b;\n\n\ta = *b;\n\treturn nr;\n}\n";
	const char *old2 = "static int go(u32 nr)\n{\n\tlong *b;\n\tint a;\n\n\treturn nr;\n}\n";
	const char *new2 =
		"static int go(u32 nr)\n{\n\tlong *b;\n\tint a;\n\n\ta = *b;\n\treturn nr;\n}\n";
	const char *new3 = "static int go(u32 nr)\n{\n\tlong *b;\n\n\ta = *b;\n\treturn nr;\n}\n";

	assert_string_equal(places(f, old, new, old2, new2),
			    "look meaning/local go: 'a' is of type int here, long in base\n");
	assert_string_equal(places(f, old, new, old2, new3),
			    "bad meaning/local go: its function has no 'a' here\n");
}

static void another_if_around_the_line_is_found(void **state)
{
	struct fixture *f = *state;

	assert_string_equal(
		places(f, GO(""), GO("\tuse(nr);\n"), GO("#ifdef CONFIG_KVM\n#endif\n"),
		       GO("#ifdef CONFIG_KVM\n\tuse(nr);\n#endif\n")),
		"look meaning/condition go: stands under #ifdef CONFIG_KVM here, not so in "
		"base\n");
	assert_string_equal(
		places(f, GO("#ifdef CONFIG_KVM_SMM\n#endif\n"),
		       GO("#ifdef CONFIG_KVM_SMM\n\tuse(nr);\n#endif\n"), GO(""),
		       GO("\tuse(nr);\n")),
		"note meaning/condition go: stands under #ifdef CONFIG_KVM_SMM in base, not "
		"so here, where there is no such symbol\n");
	assert_string_equal(places(f, GO("#ifdef CONFIG_KVM\n#endif\n"),
				   GO("#ifdef CONFIG_KVM\n\tuse(nr);\n#endif\n"),
				   GO("#if defined(CONFIG_KVM) /* x */\n#endif\n"),
				   GO("#if defined(CONFIG_KVM) /* x */\n\tuse(nr);\n#endif\n")),
			    "");
}

#define OUT(lines, behind) GO(lines "\tif (nr)\n\t\tgoto other;\nother:\n" behind)

static void a_label_that_is_missing_is_found(void **state)
{
	struct fixture *f = *state;
	const char *add = "\tif (take(nr))\n\t\tgoto out;\n";
	char *base = arena_printf(f->world.arena, GO("%sout:\n\tuse(r);\n"), add);
	char *target = arena_printf(f->world.arena, GO("%sdone:\n\tuse(r);\n"), add);

	assert_string_equal(places(f, GO("out:\n\tuse(r);\n"), base, GO("done:\n\tuse(r);\n"),
				   target),
			    "bad meaning/label go: its function has no label 'out'\n");
}

static void a_label_that_cleans_up_other_things_is_found(void **state)
{
	struct fixture *f = *state;
	const char *old = GO("out:\n\tuse(r);\n\tput(vcpu);\n");
	const char *new = GO("\tif (take(nr))\n\t\tgoto out;\nout:\n\tuse(r);\n\tput(vcpu);\n");

	assert_string_equal(
		places(f, old, new, GO("out:\n\tuse(r);\n"),
		       GO("\tif (take(nr))\n\t\tgoto out;\nout:\n\tuse(r);\n")),
		"look meaning/label go: behind 'out' is missing \"put(vcpu)\", which base "
		"has\n");
	/* Another variable's name alone is no other thing. */
	assert_string_equal(
		places(f, old, new, GO("out:\n\tuse(r);\n\tput(nr->vcpu);\n"),
		       GO("\tif (take(nr))\n\t\tgoto out;\nout:\n\tuse(r);\n\tput(nr->vcpu);\n")),
		"");
}

#define LOCKED(lines)                                                                                             \
	GO("\tmutex_lock(&vcpu->lock);\n\tif (!nr) {\n\t\tmutex_unlock(&vcpu->lock);\n\t\treturn 0;\n\t}\n" lines \
	   "\tmutex_unlock(&vcpu->lock);\n")

static void a_lock_that_is_held_in_one_tree_is_found(void **state)
{
	struct fixture *f = *state;

	assert_string_equal(
		places(f, LOCKED(""), LOCKED("\tuse(nr);\n"), GO(""), GO("\tuse(nr);\n")),
		"look meaning/lock go: lock (mutex_lock) is held in base, nothing shows that "
		"it is here\n");
	assert_string_equal(
		places(f, GO(""), GO("\tuse(nr);\n"), LOCKED(""), LOCKED("\tuse(nr);\n")),
		"look meaning/lock go: lock (mutex_lock) is held here, not so in base\n");
	assert_string_equal(
		places(f, LOCKED(""), LOCKED("\tuse(nr);\n"),
		       GO("\tspin_lock_irqsave(&vcpu->lock, r);\n"),
		       GO("\tspin_lock_irqsave(&vcpu->lock, r);\n\tuse(nr);\n")),
		"look meaning/lock go: lock is taken by spin_lock() here, by mutex_lock() in "
		"base\n");
}

static void a_lock_that_is_held_in_another_way_is_none(void **state)
{
	struct fixture *f = *state;
	const char *caller =
		"\nstatic int caller(struct vcpu *vcpu)\n{\n\tmutex_lock(&vcpu->lock);\n"
		"\tgo(vcpu, 1);\n\tmutex_unlock(&vcpu->lock);\n\treturn 0;\n}\n";

	/* By a guard; as the caller's; as something that the function says. */
	assert_string_equal(places(f, LOCKED(""), LOCKED("\tuse(nr);\n"),
				   GO("\tguard(mutex)(&vcpu->lock);\n"),
				   GO("\tguard(mutex)(&vcpu->lock);\n\tuse(nr);\n")),
			    "");
	assert_string_equal(
		places(f, LOCKED(""), LOCKED("\tuse(nr);\n"),
		       arena_printf(f->world.arena, "%s%s", GO(""), caller),
		       arena_printf(f->world.arena, "%s%s", GO("\tuse(nr);\n"), caller)),
		"");
	assert_string_equal(places(f, LOCKED(""), LOCKED("\tuse(nr);\n"),
				   GO("\tlockdep_assert_held(&vcpu->lock);\n"),
				   GO("\tlockdep_assert_held(&vcpu->lock);\n\tuse(nr);\n")),
			    "");
}

static void a_hunk_that_fits_in_another_function_is_found(void **state)
{
	struct fixture *f = *state;
	const char *two = "static int away(int nr)\n{\n\treturn nr;\n}\n";
	const char *two2 = "static int away(int nr)\n{\n\tuse(nr);\n\treturn nr;\n}\n";

	f->exact = true;
	assert_string_equal(places(f, GO(""), GO("\tuse(nr);\n"), two, two2),
			    "look meaning/function away: lands in away(), in base in go()\n");
}

static void what_the_diff_has_as_context_of_a_new_function_counts(void **state)
{
	struct fixture *f = *state;
	const char *old = "static int go(%s nr)\n{\n\tuse(nr);\n\treturn 0;\n}\n";
	const char *new =
		"static int fresh(%s nr)\n{\n\tuse(nr);\n\treturn 0;\n}\n\nstatic int go(int "
		"nr)\n{\n\treturn fresh(nr);\n}\n";
	struct arena *arena = f->world.arena;

	assert_string_equal(places(f, arena_printf(arena, old, "int"),
				   arena_printf(arena, new, "int"), arena_printf(arena, old, "u64"),
				   arena_printf(arena, new, "u64")),
			    "look meaning/local fresh: 'nr' is of type u64 here, int in base\n"
			    "note meaning/callee go: fresh() takes (u64) here, (int) in base\n");
}

static void without_a_base_the_target_alone_is_looked_at(void **state)
{
	struct fixture *f = *state;
	struct kernel_text t = { "void use(int nr);\n", GO(""),
				 GO("#ifdef CONFIG_NOWHERE\n\tuse(nr, 1);\n\tgoto off;\n#endif\n") };

	assert_string_equal(
		compare(f, NULL, &t),
		"bad meaning/arity go: use() is called with 2 arguments and takes (int) "
		"here\n"
		"bad meaning/config go: no Kconfig file here declares CONFIG_NOWHERE: what "
		"depends on it is never built\n"
		"bad meaning/label go: its function has no label 'off'\n");
}

static void a_line_that_was_adapted_asks_for_no_eyes(void **state)
{
	struct fixture *f = *state;
	struct kernel_text b = { "void use(struct vcpu *vcpu, int nr);\n", GO(""),
				 GO("\tuse(vcpu, nr);\n") };
	struct kernel_text t = { "void use(struct vcpu *vcpu);\n", GO(""), GO("\tuse(vcpu);\n") };

	assert_string_equal(
		compare(f, &b, &t),
		"note meaning/callee go: use() takes (struct vcpu *) here, (struct vcpu *, "
		"int) in base\n");
}

#define world(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
int main(void)
{
	const struct CMUnitTest tests[] = {
		world(lines_that_mean_the_same_have_no_finding),
		world(a_callee_with_another_number_of_arguments_is_found),
		world(a_macro_with_another_number_of_arguments_is_found),
		world(a_callee_that_takes_other_types_is_found),
		world(a_callee_that_gives_another_type_is_found),
		world(a_macro_or_constant_that_changed_is_a_note),
		world(a_symbol_that_no_kconfig_declares_is_found),
		world(a_name_that_the_kernel_does_not_have_is_found),
		world(a_member_that_is_missing_or_of_another_type_is_found),
		world(a_variable_of_another_type_is_found),
		world(another_if_around_the_line_is_found),
		world(a_label_that_is_missing_is_found),
		world(a_label_that_cleans_up_other_things_is_found),
		world(a_lock_that_is_held_in_one_tree_is_found),
		world(a_lock_that_is_held_in_another_way_is_none),
		world(a_hunk_that_fits_in_another_function_is_found),
		world(what_the_diff_has_as_context_of_a_new_function_counts),
		world(without_a_base_the_target_alone_is_looked_at),
		world(a_line_that_was_adapted_asks_for_no_eyes),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL) ? 1 : 0;
}
