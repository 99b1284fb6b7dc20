/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Semantic patches on real kernels, those of the test store: where the text fits as well, both give
 * the same bytes; where it does not, all places change and the kernel's own checkpatch has nothing
 * new to say. A kernel that is not there skips its tests.
 */
#include "base/child.h"
#include "patch/ctoken.h"
#include "patch/probe.h"
#include "patch/reduce.h"
#include "patch/semantic.h"
#include "semantic_help.h"

#define X86 "arch/x86/kvm/x86.c"
#define VMX "arch/x86/kvm/vmx/vmx.c"

struct ported {
	struct arena *arena;
	struct repo *repo;
	struct kernel kernel;
	struct series series;
	struct draft *draft;
};

static const char *store(struct arena *arena)
{
	const char *set = getenv("SERIES_TEST_STORE"), *cache = getenv("XDG_CACHE_HOME");

	if (set)
		return set;
	if (cache)
		return arena_printf(arena, "%s/series/test-store.git", cache);
	return arena_printf(arena, "%s/.cache/series/test-store.git", getenv("HOME"));
}

static void begin(struct ported *p, void **state, const char *version)
{
	*p = (struct ported){ .arena = *state };
	if (repo_open(store(p->arena), &p->repo) ||
	    repo_kernel(p->repo, p->arena, version, &p->kernel) != 1) {
		print_message("# SKIP no kernel %s in the test store: see tests/store.sh\n",
			      version);
		skip();
	}
	assert_ok(series_read(p->arena, top(), "kvm-exception-payload", &p->series));
	p->draft = draft_new(p->arena, p->repo, &p->kernel.tree);
}

static void end(struct ported *p)
{
	repo_free(p->repo);
}

static bool probe(void *data, const char *name)
{
	struct ported *p = data;

	for (size_t i = 0; i < p->series.n; i++)
		for (size_t k = 0; k < p->series.items[i].nconditions; k++)
			if (!strcmp(p->series.items[i].conditions[k].probe->name, name))
				return probe_holds(p->arena, p->series.items[i].conditions[k].probe,
						   p->draft, NULL) == 1;
	return false;
}

static void apply(struct ported *p, unsigned int number)
{
	struct reduced reduced;
	struct ladder_answer answer;
	struct semantic_ask ask = {
		.dir = shipped(p->arena, "coccinelle/kvm-exception-payload"),
		.patch = &p->series.items[number - 1],
		.diff = &reduced.diff,
		.holds = probe,
		.data = p,
	};

	assert_ok(reduce(p->arena, ask.patch, p->draft, &reduced));
	assert_ok(semantic_apply(p->arena, &ask, p->draft, &answer));
	if (answer.mark != MARK_SEMANTIC)
		fail_msg("patch %u: %s", number, answer.items[0].evidence);
}

static struct slice text_of(struct draft *draft, const char *path)
{
	struct slice text = { 0 };

	assert_int_equal(draft_read(draft, path, &text, NULL), 1);
	return text;
}

/* As the rule says it, so does the text: white space and comments, too. */
static void check_same_as_text(void **state, const char *version)
{
	struct ported p;
	struct draft *by_text;

	begin(&p, state, version);
	by_text = draft_new(p.arena, p.repo, &p.kernel.tree);
	for (unsigned int number = 1; number <= p.series.n; number++) {
		struct reduced reduced;
		struct ladder_answer answer;
		struct ladder_ask ask = {
			.diff = &reduced.diff,
			.repo = p.repo,
			.methods = LADDER_ONLY(MARK_EXACT),
		};

		assert_ok(reduce(p.arena, &p.series.items[number - 1], by_text, &reduced));
		assert_ok(ladder_apply(p.arena, &ask, by_text, &answer));
		assert_int_equal(answer.mark, MARK_EXACT);
		apply(&p, number);
		if (!slice_eq(text_of(p.draft, X86), text_of(by_text, X86)))
			fail_msg("%s: patch %u differs", version, number);
	}
	assert_false(slice_eq(text_of(p.draft, X86),
			      text_of(draft_new(p.arena, p.repo, &p.kernel.tree), X86)));
	end(&p);
}

static void rule_and_text_give_the_same_bytes_on_v6_12(void **state)
{
	check_same_as_text(state, "v6.12.73");
}

static void rule_and_text_give_the_same_bytes_on_v6_18(void **state)
{
	check_same_as_text(state, "v6.18.15");
}

static void rule_and_text_give_the_same_bytes_on_v6_19(void **state)
{
	check_same_as_text(state, "v6.19.11");
}

static struct slice function_of(struct arena *arena, struct slice text, const char *name)
{
	struct ctokens tokens = ctokens_of(arena, text);
	struct cfunctions functions = cfunctions_of(arena, &tokens);
	const struct cfunction *f = cfunctions_find(&functions, slice_of(name));
	const char *from;

	if (!f)
		fail_msg("there is no function %s", name);
	from = tokens.items[f->first].text.p;
	return (struct slice){ from, (size_t)(tokens.items[f->end - 1].text.p - from) + 1 };
}

static void the_six_functions_become_those_of_stables_own_backport(void **state)
{
	static const char *const names[] = {
		"kvm_multiple_exception",
		"kvm_get_exception_to_save",
		"kvm_handle_exception_payload_quirk",
		"kvm_vcpu_ioctl_x86_get_vcpu_events",
		"kvm_vcpu_ioctl_x86_get_debugregs",
		"__get_sregs_common",
	};
	struct ported p, stable;

	begin(&p, state, "v6.12.73");
	begin(&stable, state, "v6.12.107");
	apply(&p, 1);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (!slice_eq(function_of(p.arena, text_of(p.draft, X86), names[i]),
			      function_of(p.arena, text_of(stable.draft, X86), names[i])))
			fail_msg("%s() differs", names[i]);
	end(&p);
	end(&stable);
}

/* The kernel's own checkpatch on the change as a patch: what it complains of is new. */
static void check_checkpatch(struct ported *p, struct slice before, struct slice after)
{
	static const char *const needed[] = { "scripts/checkpatch.pl", "scripts/spelling.txt",
					      "scripts/const_structs.checkpatch" };
	static const char *const argv[] = {
		"perl", "scripts/checkpatch.pl", "--no-tree", "--no-signoff", "--show-types", "-",
		NULL
	};
	struct filediff file = { .old_path = (char *)X86, .new_path = (char *)X86 };
	struct diff diff = { .items = &file, .n = 1 };
	struct text text __free_text = TEXT_INIT;
	struct child_ask ask = { .argv = argv, .deadline_ms = 120000 };
	struct child_answer answer;
	char *dir;

	assert_ok(file_temp_dir(p->arena, "series-test", &dir));
	assert_ok(file_make_dirs(arena_printf(p->arena, "%s/scripts", dir)));
	for (size_t i = 0; i < ARRAY_SIZE(needed); i++) {
		struct slice script;

		if (draft_read(p->draft, needed[i], &script, NULL) == 1)
			assert_ok(file_write(arena_printf(p->arena, "%s/%s", dir, needed[i]),
					     script, 0755));
	}
	assert_ok(diff_texts(p->arena, before, after, 3, &file));
	assert_true(file.n >= 5);
	text_adds(&text, "Subject: a change\n\nIts text.\n---\n");
	diff_write(&text, &diff);
	ask.cwd = dir;
	ask.input = text_slice(&text);
	assert_ok(child_run(p->arena, &ask, &answer));
	file_remove_tree(dir);
	assert_false(answer.timed_out);
	if (slice_find(answer.out, SLICE("total: 0 errors, 0 warnings")) < 0)
		fail_msg(SLICE_FMT SLICE_FMT, SLICE_ARG(answer.out), SLICE_ARG(answer.err));
}

static void show(const struct invariant_findings *findings)
{
	for (size_t i = 0; i < findings->n; i++)
		print_error("%s %s:%zu: %s\n", findings->items[i].check, findings->items[i].path,
			    findings->items[i].line, findings->items[i].what);
}

static struct invariant_findings check(struct ported *p)
{
	struct invariant_findings findings;

	assert_ok(semantic_check(p->arena, shipped(p->arena, "coccinelle/checks"), p->draft, false,
				 &findings));
	assert_int_equal(findings.checks_run, 3);
	return findings;
}

static bool found(const struct invariant_findings *findings, const char *name, const char *words)
{
	for (size_t i = 0; i < findings->n; i++)
		if (!strcmp(findings->items[i].check, name) &&
		    strstr(findings->items[i].what, words))
			return true;
	return false;
}

/* All three patches by their rules, on a kernel whose text they do not fit. */
static void check_old_kernel(void **state, const char *version, const char *sregs)
{
	struct invariant_findings findings;
	struct ported p;
	struct slice before;

	begin(&p, state, version);
	before = text_of(p.draft, X86);
	findings = check(&p);
	assert_true(found(&findings, "quirk-before-read", "sregs->cr2 = vcpu->arch.cr2;"));
	assert_true(found(&findings, "quirk-before-read", "kvm_get_dr(vcpu, 6, &val);"));
	assert_true(found(&findings, "quirk-before-read", "has_payload"));
	assert_true(found(&findings, "no-delivery-at-queue-time", "kvm_deliver_exception_payload"));
	assert_true(found(&findings, "no-delivery-when-injected", "vcpu->arch.cr2"));
	for (unsigned int number = 1; number <= 3; number++)
		apply(&p, number);
	findings = check(&p);
	show(&findings);
	assert_int_equal(findings.n, 0);
	assert_true(slice_find(function_of(p.arena, text_of(p.draft, X86), sregs),
			       SLICE("\tkvm_handle_exception_payload_quirk(vcpu);\n\n"
				     "\tkvm_get_segment(vcpu, &sregs->cs, VCPU_SREG_CS);\n")) > 0);
	check_checkpatch(&p, before, text_of(p.draft, X86));
	end(&p);
}

static void all_places_change_on_v5_10(void **state)
{
	check_old_kernel(state, "v5.10", "__get_sregs");
}

static void all_places_change_on_v6_1(void **state)
{
	check_old_kernel(state, "v6.1", "__get_sregs_common");
}

static void smis_are_processed_as_before_on_v6_1(void **state)
{
	struct ported p;
	struct slice events;

	begin(&p, state, "v6.1");
	apply(&p, 1);
	events = function_of(p.arena, text_of(p.draft, X86), "kvm_vcpu_ioctl_x86_get_vcpu_events");
	assert_true(slice_find(events, SLICE("\tif (kvm_check_request(KVM_REQ_SMI, vcpu))\n"
					     "\t\tprocess_smi(vcpu);\n\n"
					     "\tkvm_handle_exception_payload_quirk(vcpu);\n")) > 0);
	assert_true(slice_find(events, SLICE("CONFIG_KVM_SMM")) < 0);
	end(&p);
}

/*
 * Stable's backport, and upstream with the readers in another file, have the quirk but not patch 2.
 */
static void check_new_kernel(void **state, const char *version)
{
	struct invariant_findings findings;
	struct ported p;

	begin(&p, state, version);
	findings = check(&p);
	assert_false(found(&findings, "quirk-before-read", ""));
	assert_false(found(&findings, "no-delivery-at-queue-time", ""));
	assert_true(found(&findings, "no-delivery-when-injected", "vcpu->arch.cr2"));
	apply(&p, 2);
	findings = check(&p);
	show(&findings);
	assert_int_equal(findings.n, 0);
	end(&p);
}

static void the_invariants_hold_on_v6_12_with_stables_backport(void **state)
{
	check_new_kernel(state, "v6.12.107");
}

static void the_invariants_hold_on_v7_2_where_the_readers_moved(void **state)
{
	check_new_kernel(state, "v7.2");
}

static void with_the_names_of_fred_event_data_is_handed_over_on_v7_2(void **state)
{
	struct ported p;
	struct ladder_answer answer;
	struct diff diff;
	struct ladder_ask ask = { .diff = &diff, .methods = LADDER_ALL };
	char *prerequisite;
	struct slice vmx;

	begin(&p, state, "v7.2");
	prerequisite = read_shipped(p.arena, "tests/prereq/kvm-fred.patch");
	assert_ok(diff_parse(p.arena, slice_of(prerequisite), &diff));
	assert_ok(ladder_apply(p.arena, &ask, p.draft, &answer));
	assert_int_not_equal(answer.mark, MARK_CONFLICT);
	apply(&p, 2);
	vmx = function_of(p.arena, text_of(p.draft, VMX), "vmx_inject_exception");
	assert_true(
		slice_find(
			vmx,
			SLICE("\tif (is_fred_enabled(vcpu))\n"
			      "\t\tvmcs_write64(INJECTED_EVENT_DATA, vmx_fred_event_data(ex));\n\n"
			      "\tkvm_deliver_exception_payload(vcpu, ex);\n")) > 0);
	function_of(p.arena, text_of(p.draft, VMX), "vmx_fred_event_data");
	end(&p);
}

UNIT_MAIN(unit(rule_and_text_give_the_same_bytes_on_v6_12),
	  unit(rule_and_text_give_the_same_bytes_on_v6_18),
	  unit(rule_and_text_give_the_same_bytes_on_v6_19),
	  unit(the_six_functions_become_those_of_stables_own_backport),
	  unit(all_places_change_on_v5_10), unit(all_places_change_on_v6_1),
	  unit(smis_are_processed_as_before_on_v6_1),
	  unit(the_invariants_hold_on_v6_12_with_stables_backport),
	  unit(the_invariants_hold_on_v7_2_where_the_readers_moved),
	  unit(with_the_names_of_fred_event_data_is_handed_over_on_v7_2))
