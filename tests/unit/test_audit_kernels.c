/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The shipped series on real kernels, those of the test store: its ports have nothing that wants eyes, and a fault put into
 * one is found by the check that is meant for it. A kernel that is not there skips its tests.
 */
#include "base/child.h"
#include "kernel/audit_checks.h"
#include "patch/port.h"
#include "semantic_help.h"

#define X86 "arch/x86/kvm/x86.c"

static const struct sandbox sandbox = { SANDBOX_NONE, NULL };

struct ported {
	struct arena *arena;
	struct repo *repo;
	struct pack *pack;
	struct series series;
	struct port port, good; /* with a fault, and as it was made */
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
	struct kernel kernel;
	struct port_ask ask = { .workspace = top(), .series = &p->series, .kernel = &kernel };

	*p = (struct ported){ .arena = *state };
	if (repo_open(store(p->arena), &p->repo) ||
	    repo_kernel(p->repo, p->arena, version, &kernel) != 1 || !child_exists("spatch")) {
		print_message("# SKIP no kernel %s in the test store, or no spatch\n", version);
		skip();
	}
	ask.repo = p->repo;
	assert_ok(series_read(p->arena, top(), "kvm-exception-payload", &p->series));
	p->pack = pack_new(p->repo);
	assert_ok(port_series(p->arena, &ask, p->pack, &p->port));
	assert_int_not_equal(p->port.mark, MARK_CONFLICT);
	p->good = p->port;
	p->good.items = arena_alloc(p->arena, p->port.n * sizeof(*p->good.items));
	memcpy(p->good.items, p->port.items, p->port.n * sizeof(*p->good.items));
}

static void end(struct ported *p)
{
	pack_free(p->pack);
	repo_free(p->repo);
}

/* What a check says above a note, "severity rule: text" a line. */
static const char *audit(struct ported *p, int (*check)(struct arena *, const struct audit_ask *,
							struct audit_answer *))
{
	struct audit_answer answer = { 0 };
	struct text out __free_text = TEXT_INIT;
	struct audit_ask ask = {
		.site = { .repo = p->repo,
			  .pack = p->pack,
			  .workspace = top(),
			  .sandbox = &sandbox },
		.series = &p->series,
		.port = &p->port,
		.ports = &p->port,
		.nports = 1,
	};

	assert_ok(check(p->arena, &ask, &answer));
	assert_true(answer.ran);
	for (size_t i = 0; i < answer.findings.n; i++) {
		const struct finding *one = &answer.findings.items[i];

		if (one->severity != SEVERITY_NOTE)
			text_addf(&out, "%s %s: %s\n", severity_word(one->severity), one->rule,
				  one->text);
	}
	return arena_strdup(p->arena, text_str(&out));
}

/* In what patch `number` made of x86.c, `from` becomes `to`; the patches behind it are left out. */
static void seed(struct ported *p, unsigned int number, const char *from, const char *to)
{
	struct port_patch *patch = &p->port.items[number - 1];
	const git_oid *good = &p->good.items[number - 1].tree;
	struct draft *draft = draft_new(p->arena, p->repo, &p->port.kernel.tree);
	struct diff diff;

	p->port.n = number;
	assert_ok(port_diff(p->arena, p->pack, &p->port.kernel.tree, good, 3, &diff));
	for (size_t f = 0; f < diff.n; f++) {
		struct slice text;
		ptrdiff_t at;
		git_oid id;

		assert_int_equal(git_oid_fromstr(&id, diff.items[f].new_id), 0);
		assert_int_equal(pack_read(p->pack, p->arena, &id, &text), 1);
		if (!strcmp(diff.items[f].new_path, X86)) {
			at = slice_find(text, slice_of(from));
			if (at < 0)
				fail_msg("the port has no such text: %s", from);
			text = slice_of(arena_printf(
				p->arena, SLICE_FMT "%s" SLICE_FMT, (int)at, text.p, to,
				SLICE_ARG(slice_skip(text, (size_t)at + strlen(from)))));
		}
		assert_ok(draft_write(draft, diff.items[f].new_path, text, diff.items[f].new_mode));
	}
	assert_ok(draft_tree(draft, p->pack, &patch->tree));
}

#define QUIRK "\tkvm_handle_exception_payload_quirk(vcpu);\n"

static void the_ports_mean_what_upstream_means(void **state)
{
	static const char *const versions[] = { "v6.12.73", "v6.18.15", "v7.2.8" };

	for (size_t i = 0; i < ARRAY_SIZE(versions); i++) {
		struct ported p;

		begin(&p, state, versions[i]);
		assert_string_equal(audit(&p, audit_meaning), "");
		assert_string_equal(audit(&p, audit_rules), "");
		end(&p);
	}
}

static void so_does_what_the_semantic_patches_make(void **state)
{
	struct ported p;

	begin(&p, state, "v5.10.262");
	assert_string_equal(audit(&p, audit_meaning), "");
	assert_string_equal(audit(&p, audit_rules), "");
	/* As the text has it: with the argument that 5.10 does not have. */
	seed(&p, 1, "\t\tkvm_deliver_exception_payload(vcpu);\n}",
	     "\t\tkvm_deliver_exception_payload(vcpu, &vcpu->arch.exception);\n}");
	assert_string_equal(audit(&p, audit_meaning),
			    "bad meaning/arity: kvm_deliver_exception_payload() is called with 2 "
			    "arguments and takes (struct kvm_vcpu *) here\n");
	end(&p);
}

/* Each fault in a port of its own; made once, since it takes seconds. */
static void a_fault_is_found_by_the_check_that_is_meant_for_it(void **state)
{
	struct ported p;

	begin(&p, state, "v6.1.187");
	assert_string_equal(audit(&p, audit_meaning), "");
	assert_string_equal(audit(&p, audit_rules), "");
	/* It compiles, and drops what is under it: 6.1 has no such symbol. */
	seed(&p, 1, "\tif (kvm_check_request(KVM_REQ_SMI, vcpu))\n\t\tprocess_smi(vcpu);\n",
	     "#ifdef CONFIG_KVM_SMM\n\tif (kvm_check_request(KVM_REQ_SMI, vcpu))\n"
	     "\t\tprocess_smi(vcpu);\n#endif\n");
	assert_string_equal(
		audit(&p, audit_meaning),
		"bad meaning/config: no Kconfig file here declares CONFIG_KVM_SMM: what "
		"depends on it is never built\n");
	seed(&p, 1, QUIRK, "#ifdef CONFIG_X86_64\n" QUIRK "#endif\n");
	assert_string_equal(
		audit(&p, audit_meaning),
		"look meaning/condition: stands under #ifdef CONFIG_X86_64 here, not so in "
		"v6.19.11\n");
	seed(&p, 1, QUIRK, "\tmutex_lock(&vcpu->kvm->lock);\n" QUIRK);
	assert_string_equal(
		audit(&p, audit_meaning),
		"look meaning/lock: lock (mutex_lock) is held here, not so in v6.19.11\n");
	if (child_exists("perl")) {
		seed(&p, 1, QUIRK, "\tkvm_handle_exception_payload_quirk( vcpu);\n");
		assert_string_equal(audit(&p, audit_checkpatch),
				    "look checkpatch/spacing: space prohibited after that open "
				    "parenthesis '('\n");
	}
	end(&p);
}

static void a_label_that_is_not_there_is_found(void **state)
{
	struct ported p;

	begin(&p, state, "v6.12.73");
	seed(&p, 2, "\t\tgoto clear_payload;", "\t\tgoto drop_payload;");
	assert_string_equal(audit(&p, audit_meaning),
			    "bad meaning/label: its function has no label 'drop_payload'\n");
	end(&p);
}

static void a_message_without_its_upstream_line_is_found(void **state)
{
	struct ported p;
	char *line, *next;

	begin(&p, state, "v6.12.73");
	line = strstr(p.port.items[0].message, "[ Upstream commit");
	assert_non_null(line);
	next = strchr(line, '\n') + 1;
	memmove(line, next, strlen(next) + 1);
	assert_string_equal(
		audit(&p, audit_rules),
		"bad rules/upstream-line: the message does not name the upstream commit: "
		"[ Upstream commit d0ad1b05bbe6f8da159a4dfb6692b3b7ce30ccc8 ]\n");
	end(&p);
}

UNIT_MAIN(unit(the_ports_mean_what_upstream_means), unit(so_does_what_the_semantic_patches_make),
	  unit(a_fault_is_found_by_the_check_that_is_meant_for_it),
	  unit(a_label_that_is_not_there_is_found),
	  unit(a_message_without_its_upstream_line_is_found))
