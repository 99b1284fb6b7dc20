/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Semantic patches: each rule of the shipped series on its test pairs, what is refused, and the
 * invariants on seeded faults. Real kernels are in test_semantic_kernels.c.
 */
#include "base/file.h"
#include "patch/semantic.h"
#include "semantic_help.h"
#include "unit.h"
#include "world.h"

#define X86 "arch/x86/kvm/x86.c"
#define VMX "arch/x86/kvm/vmx/vmx.c"

struct fixture {
	struct world world;
	struct draft *draft;
	struct ladder_answer answer;
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

	world_release(&f->world);
	free(f);
	return 0;
}

#define unit_world(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

/* A kernel with this one file, as a draft. */
static void kernel_of(struct fixture *f, const char *path, const char *text)
{
	struct world_file file = { path, text };
	struct kernel kernel;

	world_commit(&f->world, "refs/series/kernel/v6.1.1", NULL, "v6.1.1", &file, 1);
	assert_int_equal(repo_kernel(f->world.repo, f->world.arena, "v6.1.1", &kernel), 1);
	f->draft = draft_new(f->world.arena, f->world.repo, &kernel.tree);
}

static char *text_of(struct fixture *f, const char *path)
{
	struct slice text;

	assert_int_equal(draft_read(f->draft, path, &text, NULL), 1);
	return slice_str(f->world.arena, text);
}

static bool yes(void *data, const char *probe)
{
	(void)data;
	return !strcmp(probe, "fred");
}

/* Run the shipped rule of patch `number`. */
static enum mark apply(struct fixture *f, unsigned int number, const char *path)
{
	struct series series;
	struct diff diff = { 0 };
	struct semantic_ask ask = {
		.dir = shipped(f->world.arena, "coccinelle/kvm-exception-payload"),
		.diff = &diff,
		.holds = !strcmp(path, VMX) ? yes : NULL,
	};

	assert_ok(series_read(f->world.arena, top(), "kvm-exception-payload", &series));
	ask.patch = &series.items[number - 1];
	for (size_t i = 0; i < ask.patch->mail.diff.n; i++)
		if (!strcmp(ask.patch->mail.diff.items[i].new_path, path))
			*arena_push(f->world.arena, &diff) = ask.patch->mail.diff.items[i];
	assert_int_equal(diff.n, 1);
	assert_ok(semantic_apply(f->world.arena, &ask, f->draft, &f->answer));
	return f->answer.mark;
}

static void check_pair(struct fixture *f, unsigned int number, const char *path, const char *name)
{
	char *file =
		arena_printf(f->world.arena, "coccinelle/kvm-exception-payload/tests/%s", name);
	char *before = read_shipped(f->world.arena, arena_printf(f->world.arena, "%s.c", file));
	char *after = read_shipped(f->world.arena, arena_printf(f->world.arena, "%s.res", file));

	kernel_of(f, path, before);
	if (apply(f, number, path) != MARK_SEMANTIC)
		fail_msg("%s: %s", name, f->answer.items[0].evidence);
	assert_string_equal(text_of(f, path), after);
}

static void the_quirk_lands_where_two_exceptions_may_be_queued(void **state)
{
	check_pair(*state, 1, X86, "0001-payload-quirk");
}

static void the_quirk_lands_where_one_exception_may_be_queued(void **state)
{
	check_pair(*state, 1, X86, "0001-payload-quirk-v5.10");
}

static void reinjection_is_guarded_by_the_exception_that_is_given(void **state)
{
	check_pair(*state, 2, X86, "0002-reinjected-payload");
}

static void reinjection_is_guarded_by_the_only_exception_there_is(void **state)
{
	check_pair(*state, 2, X86, "0002-reinjected-payload-v5.10");
}

static void event_data_is_handed_to_fred_where_there_is_fred(void **state)
{
	struct fixture *f = *state;
	struct world_file files[] = {
		{ X86,
		  read_shipped(f->world.arena,
			       "coccinelle/kvm-exception-payload/tests/0002-reinjected-payload.c") },
		{ VMX,
		  read_shipped(
			  f->world.arena,
			  "coccinelle/kvm-exception-payload/tests/0002-reinjected-payload-fred.c") },
	};
	char *after = read_shipped(
		f->world.arena,
		"coccinelle/kvm-exception-payload/tests/0002-reinjected-payload-fred.res");
	struct kernel kernel;

	world_commit(&f->world, "refs/series/kernel/v7.2.1", NULL, "v7.2.1", files, 2);
	assert_int_equal(repo_kernel(f->world.repo, f->world.arena, "v7.2.1", &kernel), 1);
	f->draft = draft_new(f->world.arena, f->world.repo, &kernel.tree);
	assert_int_equal(apply(f, 2, VMX), MARK_SEMANTIC);
	assert_string_equal(text_of(f, VMX), after);
}

static void an_injected_exception_keeps_its_payload(void **state)
{
	check_pair(*state, 3, X86, "0003-set-vcpu-events");
}

/* `text` with the first `old` in it replaced. */
static char *with(struct fixture *f, const char *text, const char *old, const char *new)
{
	const char *at = strstr(text, old);

	if (!at)
		fail_msg("there is no \"%s\"", old);
	return arena_printf(f->world.arena, "%.*s%s%s", (int)(at - text), text, new,
			    at + strlen(old));
}

static char *quirk_before(struct fixture *f)
{
	return read_shipped(f->world.arena,
			    "coccinelle/kvm-exception-payload/tests/0001-payload-quirk.c");
}

/* The first patch on this file must be refused with these words, and leave the draft as it was. */
static void check_refused(struct fixture *f, const char *text, const char *words)
{
	kernel_of(f, X86, text);
	assert_int_equal(apply(f, 1, X86), MARK_CONFLICT);
	for (size_t i = 0; i < f->answer.n; i++)
		if (!strstr(f->answer.items[i].evidence, words))
			fail_msg("\"%s\" does not say \"%s\"", f->answer.items[i].evidence, words);
	assert_string_equal(text_of(f, X86), text);
	assert_int_equal(draft_edited(f->draft, f->world.arena, 0).n, 0);
}

static void one_place_that_does_not_match_refuses_all(void **state)
{
	struct fixture *f = *state;

	check_refused(
		f,
		with(f, quirk_before(f), "kvm_get_segment(vcpu, &sregs->cs, VCPU_SREG_CS);",
		     "kvm_read_segment(vcpu, &sregs->cs);"),
		"__get_sregs_common() 'kvm_handle_exception_payload_quirk' must stand +1 times");
}

static void a_place_that_is_gone_refuses_all(void **state)
{
	struct fixture *f = *state;

	check_refused(f,
		      with(f, quirk_before(f), "kvm_vcpu_ioctl_x86_get_debugregs", "get_debugregs"),
		      "has no function kvm_vcpu_ioctl_x86_get_debugregs");
}

static void a_function_that_does_not_parse_refuses_all(void **state)
{
	struct fixture *f = *state;

	check_refused(f, with(f, quirk_before(f), "kvm_get_dr(vcpu, 6, &val);", "if (val {"),
		      "cannot parse");
}

static void a_second_delivery_that_is_left_refuses_all(void **state)
{
	struct fixture *f = *state;
	static const char second[] =
		"	if (!is_guest_mode(vcpu))\n"
		"		kvm_deliver_exception_payload(vcpu, &vcpu->arch.exception);";

	check_refused(f, with(f, quirk_before(f), "	/* to check exception */", second),
		      "must stand -1 times against before, and stands -2 times");
}

static void a_kernel_that_has_it_already_is_refused(void **state)
{
	struct fixture *f = *state;

	check_refused(f,
		      read_shipped(f->world.arena,
				   "coccinelle/kvm-exception-payload/tests/0001-payload-quirk.res"),
		      "matched nothing");
}

static void a_file_that_is_not_there_is_refused(void **state)
{
	struct fixture *f = *state;

	kernel_of(f, "arch/x86/kvm/other.c", "int x;\n");
	assert_int_equal(apply(f, 1, X86), MARK_CONFLICT);
	assert_non_null(strstr(f->answer.items[0].evidence, "is not in this kernel"));
}

static void a_hunk_tells_where_it_landed_and_why_we_are_sure(void **state)
{
	struct fixture *f = *state;
	const struct hunk_fate *fate;

	kernel_of(f, X86, quirk_before(f));
	assert_int_equal(apply(f, 1, X86), MARK_SEMANTIC);
	assert_int_equal(f->answer.n, 5);
	for (size_t i = 0; i < f->answer.n; i++) {
		fate = &f->answer.items[i];
		assert_int_equal(fate->mark, MARK_SEMANTIC);
		assert_int_equal(fate->hunk, i);
		assert_true(fate->line > 0);
		assert_non_null(strstr(fate->evidence, "matched all that it declares"));
	}
	assert_non_null(strstr(f->answer.items[0].evidence, "changed kvm_multiple_exception();"));
	assert_non_null(strstr(f->answer.items[4].evidence, "changed __get_sregs_common();"));
}

static void a_note_tells_what_differs_from_upstream(void **state)
{
	struct fixture *f = *state;

	kernel_of(f, X86, quirk_before(f));
	assert_int_equal(apply(f, 1, X86), MARK_SEMANTIC);
	assert_non_null(strstr(f->answer.items[0].note, "no CONFIG_KVM_SMM"));
	assert_null(strstr(f->answer.items[0].note, "one queued exception"));

	/* A word of a directive is one that the file has. */
	kernel_of(f, X86,
		  with(f, quirk_before(f),
		       "\tif (kvm_check_request(KVM_REQ_SMI, vcpu))\n\t\tprocess_smi(vcpu);\n",
		       "#ifdef CONFIG_KVM_SMM\n\tif (kvm_check_request(KVM_REQ_SMI, vcpu))\n"
		       "\t\tprocess_smi(vcpu);\n#endif\n"));
	assert_int_equal(apply(f, 1, X86), MARK_SEMANTIC);
	assert_null(f->answer.items[0].note);
}

/* An own series with one rule, to see what is refused. */
static int apply_rule(struct fixture *f, const char *rule, bool trusted, unsigned int deadline_ms)
{
	struct series_patch patch = { .number = 1 };
	struct diff diff = { 0 };
	struct semantic_ask ask = { .dir = arena_printf(f->world.arena, "%s/coccinelle/demo",
							f->world.dir),
				    .patch = &patch,
				    .diff = &diff,
				    .trusted = trusted,
				    .deadline_ms = deadline_ms };

	world_write(&f->world, "coccinelle/demo/0001-demo.cocci", rule);
	kernel_of(f, "a.c", "int f(void)\n{\n\told(1);\n}\n");
	assert_ok(diff_parse(f->world.arena,
			     SLICE("diff --git a/a.c b/a.c\n--- a/a.c\n+++ b/a.c\n@@ -1,4 +1,4 @@\n"
				   " int f(void)\n {\n-\told(1);\n+\tnew(1);\n }\n"),
			     &diff));
	return semantic_apply(f->world.arena, &ask, f->draft, &f->answer);
}

#define HEAD "//: file a.c\n//: change f: old-1 new+1\n"
#define RULE "@@\n@@\n-old(1);\n+new(1);\n"

static void a_patch_without_a_rule_is_no_outcome(void **state)
{
	struct fixture *f = *state;
	struct series_patch patch = { .number = 7 };
	struct diff diff = { 0 };
	struct semantic_ask ask = { .dir = "/nonexistent", .patch = &patch, .diff = &diff };

	kernel_of(f, "a.c", "int a;\n");
	assert_ok(semantic_apply(f->world.arena, &ask, f->draft, &f->answer));
	assert_int_equal(f->answer.mark, MARK_NONE);
}

static void scripts_are_refused_where_the_series_is_not_trusted(void **state)
{
	static const char *const rules[] = {
		HEAD "@initialize:python@ @@\nimport os\n" RULE,
		HEAD RULE "@script:ocaml@\n@@\nlet x = 1\n",
		HEAD "@finalize : python@ @@\nx\n" RULE,
		HEAD "@r@\nidentifier x : script:python() { True };\n@@\n-old(x);\n",
		HEAD "#spatch --python\n" RULE,
		HEAD "#include \"/etc/passwd\"\n" RULE,
		HEAD "@r using \"/tmp/x.iso\"@\n@@\n-old(1);\n",
	};

	for (size_t i = 0; i < ARRAY_SIZE(rules); i++)
		assert_fails(apply_rule(*state, rules[i], false, 0), FAIL_POLICY, "not trusted");
}

static void a_rule_lands_what_it_declares(void **state)
{
	struct fixture *f = *state;

	assert_ok(apply_rule(f, HEAD RULE, false, 0));
	assert_int_equal(f->answer.mark, MARK_SEMANTIC);
	assert_string_equal(text_of(f, "a.c"), "int f(void)\n{\n\tnew(1);\n}\n");
}

static void a_rule_that_does_more_than_it_declares_is_not_sure(void **state)
{
	struct fixture *f = *state;

	assert_ok(apply_rule(f, "//: file a.c\n//: add g\n" RULE, false, 0));
	assert_int_equal(f->answer.mark, MARK_CONFLICT);
}

static void a_head_with_an_unknown_word_names_file_and_line(void **state)
{
	assert_fails(apply_rule(*state, "//: file a.c\n//: chanje f: old-1\n" RULE, false, 0),
		     FAIL_USAGE, "0001-demo.cocci:2: unknown word 'chanje'");
	assert_fails(apply_rule(*state, RULE, false, 0), FAIL_USAGE, "declares nothing");
	assert_fails(apply_rule(*state, "//: file a.c\n//: change f: old\n" RULE, false, 0),
		     FAIL_USAGE, "0001-demo.cocci:2:");
	assert_fails(apply_rule(*state, "//: file a.c [when x]\n" RULE, false, 0), FAIL_USAGE,
		     "a condition is");
}

static void a_rule_that_spatch_refuses_is_a_failure(void **state)
{
	assert_fails(apply_rule(*state, HEAD "@@\n@@\n-old(1;\n", false, 0), FAIL_USAGE,
		     "spatch refuses it");
}

static void a_rule_that_takes_too_long_is_not_sure(void **state)
{
	struct fixture *f = *state;

	/* No spatch starts within a millisecond; the parse check before it is bounded as well. */
	if (apply_rule(f, HEAD RULE, false, 1) == 0)
		assert_int_equal(f->answer.mark, MARK_CONFLICT);
	assert_string_equal(text_of(f, "a.c"), "int f(void)\n{\n\told(1);\n}\n");
}

static void without_spatch_the_package_is_named(void **state)
{
	struct fixture *f = *state;
	char *path = arena_strdup(f->world.arena, getenv("PATH"));
	int r;

	/* The kernel is made before, by git. */
	assert_ok(apply_rule(f, HEAD RULE, false, 0));
	setenv("PATH", "/nonexistent", 1);
	fail_clear();
	{
		struct invariant_findings findings;

		r = semantic_check(f->world.arena, shipped(f->world.arena, "coccinelle/checks"),
				   f->draft, false, &findings);
	}
	setenv("PATH", path, 1);
	assert_int_equal(r, -1);
	assert_non_null(strstr(fail_message(), "coccinelle"));
}

/* The findings of the shipped checks on these two pairs' results, with a fault seeded. */
static struct invariant_findings check(struct fixture *f, const char *old, const char *new)
{
	struct arena *arena = f->world.arena;
	const char *dir = "coccinelle/kvm-exception-payload/tests";
	char *guard =
		read_shipped(arena, arena_printf(arena, "%s/0002-reinjected-payload.res", dir));
	char *quirk = read_shipped(arena, arena_printf(arena, "%s/0001-payload-quirk.res", dir));
	char *text = arena_printf(arena, "%s\n%s", guard, quirk);
	struct world_file files[] = {
		{ X86, old ? with(f, text, old, new) : text },
		{ VMX, "void vmx_inject_exception(struct kvm_vcpu *vcpu)\n{\n"
		       "\tkvm_deliver_exception_payload(vcpu, ex);\n}\n" },
		{ "arch/x86/kvm/svm/svm.c",
		  "static void svm_inject_exception(struct kvm_vcpu *vcpu)\n{\n"
		  "\tkvm_deliver_exception_payload(vcpu, ex);\n}\n" },
	};
	struct invariant_findings findings;
	struct kernel kernel;

	world_commit(&f->world, "refs/series/kernel/v6.1.2", NULL, "v6.1.2", files, 3);
	assert_int_equal(repo_kernel(f->world.repo, arena, "v6.1.2", &kernel), 1);
	f->draft = draft_new(arena, f->world.repo, &kernel.tree);
	assert_ok(semantic_check(arena, shipped(arena, "coccinelle/checks"), f->draft, false,
				 &findings));
	assert_int_equal(findings.checks_run, 3);
	return findings;
}

/* One finding of `check_name`, about the line that has `line`, or saying `words`. */
static void check_found(struct fixture *f, const char *old, const char *new, const char *check_name,
			const char *words)
{
	struct invariant_findings findings = check(f, old, new);

	for (size_t i = 0; i < findings.n; i++)
		if (!strcmp(findings.items[i].check, check_name) &&
		    strstr(findings.items[i].what, words))
			return;
	for (size_t i = 0; i < findings.n; i++)
		print_error("%s: %s\n", findings.items[i].check, findings.items[i].what);
	fail_msg("no finding of %s says \"%s\"", check_name, words);
}

static void the_invariants_hold_on_what_the_rules_made(void **state)
{
	struct invariant_findings findings = check(*state, NULL, NULL);

	for (size_t i = 0; i < findings.n; i++)
		print_error("%s: %s\n", findings.items[i].check, findings.items[i].what);
	assert_int_equal(findings.n, 0);
}

#define QUIRK_CALL "\tkvm_handle_exception_payload_quirk(vcpu);\n\n"

static void a_reader_without_the_quirk_is_found(void **state)
{
	check_found(*state, QUIRK_CALL "\tmemset(dbgregs", "\tmemset(dbgregs", "quirk-before-read",
		    "kvm_get_dr(vcpu, 6, &val);");
	check_found(*state, QUIRK_CALL "\tkvm_get_segment", "\tkvm_get_segment",
		    "quirk-before-read", "sregs->cr2 = vcpu->arch.cr2;");
	check_found(*state, QUIRK_CALL "\t/*\n\t * The API", "\t/*\n\t * The API",
		    "quirk-before-read", "has_payload");
}

static void a_quirk_on_some_paths_only_is_found(void **state)
{
	check_found(*state, QUIRK_CALL "\tkvm_get_segment",
		    "\tif (dt.size)\n\t\tkvm_handle_exception_payload_quirk(vcpu);\n\n"
		    "\tkvm_get_segment",
		    "quirk-before-read", "cr2");
}

static void a_quirk_behind_the_read_is_found(void **state)
{
	check_found(*state,
		    QUIRK_CALL "\tmemset(dbgregs, 0, sizeof(*dbgregs));\n"
			       "\tkvm_get_dr(vcpu, 6, &val);\n",
		    "\tkvm_get_dr(vcpu, 6, &val);\n" QUIRK_CALL, "quirk-before-read", "kvm_get_dr");
}

static void a_delivery_at_queue_time_is_found(void **state)
{
	check_found(*state, "\t\tvcpu->arch.exception.payload = payload;\n",
		    "\t\tvcpu->arch.exception.payload = payload;\n"
		    "\t\tkvm_deliver_exception_payload(vcpu, &vcpu->arch.exception);\n",
		    "no-delivery-at-queue-time", "kvm_deliver_exception_payload");
	check_found(*state, "\t\tvcpu->arch.exception.payload = payload;\n",
		    "\t\tvcpu->arch.exception.payload = payload;\n"
		    "\t\tkvm_handle_exception_payload_quirk(vcpu);\n",
		    "no-delivery-at-queue-time", "kvm_handle_exception_payload_quirk");
}

static void a_quirk_for_userspace_that_knows_payloads_is_found(void **state)
{
	check_found(*state, "!vcpu->kvm->arch.exception_payload_enabled &&\n\t    ", "",
		    "no-delivery-at-queue-time", "could not check");
}

static void a_delivery_of_an_injected_exception_is_found(void **state)
{
	check_found(*state, "\tif (ex->injected)\n\t\tgoto clear_payload;\n", "",
		    "no-delivery-when-injected", "dr6");
	check_found(*state, "\t\tgoto clear_payload;\n", "\t\tpr_debug(\"again\");\n",
		    "no-delivery-when-injected", "if (ex->injected)");
	check_found(*state, "if (ex->injected)", "if (other->injected)",
		    "no-delivery-when-injected", "dr6");
}

static void a_check_that_could_not_look_says_so(void **state)
{
	check_found(*state, "kvm_vcpu_ioctl_x86_get_debugregs(", "kvm_get_debugregs(",
		    "quirk-before-read", "could not check: no function");
	check_found(*state, "\tunsigned long val;\n", "\tif (val {\n", "quirk-before-read",
		    "could not check: spatch cannot parse");
	check_found(*state, "EXPORT_SYMBOL_GPL(",
		    "#define deliver(v) kvm_deliver_exception_payload(v, &(v)->arch.exception)\n"
		    "EXPORT_SYMBOL_GPL(",
		    "no-delivery-at-queue-time", "could not check: a macro has");
}

UNIT_MAIN(unit_world(the_quirk_lands_where_two_exceptions_may_be_queued),
	  unit_world(the_quirk_lands_where_one_exception_may_be_queued),
	  unit_world(reinjection_is_guarded_by_the_exception_that_is_given),
	  unit_world(reinjection_is_guarded_by_the_only_exception_there_is),
	  unit_world(event_data_is_handed_to_fred_where_there_is_fred),
	  unit_world(an_injected_exception_keeps_its_payload),
	  unit_world(one_place_that_does_not_match_refuses_all),
	  unit_world(a_place_that_is_gone_refuses_all),
	  unit_world(a_function_that_does_not_parse_refuses_all),
	  unit_world(a_second_delivery_that_is_left_refuses_all),
	  unit_world(a_kernel_that_has_it_already_is_refused),
	  unit_world(a_file_that_is_not_there_is_refused),
	  unit_world(a_hunk_tells_where_it_landed_and_why_we_are_sure),
	  unit_world(a_note_tells_what_differs_from_upstream),
	  unit_world(a_patch_without_a_rule_is_no_outcome),
	  unit_world(scripts_are_refused_where_the_series_is_not_trusted),
	  unit_world(a_rule_lands_what_it_declares),
	  unit_world(a_rule_that_does_more_than_it_declares_is_not_sure),
	  unit_world(a_head_with_an_unknown_word_names_file_and_line),
	  unit_world(a_rule_that_spatch_refuses_is_a_failure),
	  unit_world(a_rule_that_takes_too_long_is_not_sure),
	  unit_world(without_spatch_the_package_is_named),
	  unit_world(the_invariants_hold_on_what_the_rules_made),
	  unit_world(a_reader_without_the_quirk_is_found),
	  unit_world(a_quirk_on_some_paths_only_is_found),
	  unit_world(a_quirk_behind_the_read_is_found),
	  unit_world(a_delivery_at_queue_time_is_found),
	  unit_world(a_quirk_for_userspace_that_knows_payloads_is_found),
	  unit_world(a_delivery_of_an_injected_exception_is_found),
	  unit_world(a_check_that_could_not_look_says_so))
