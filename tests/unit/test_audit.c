/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Ports of a small series checked without booting: how the checks see a port, and what each finds. */
#include "base/child.h"
#include "kernel/audit_checks.h"
#include "patch/port.h"
#include "unit.h"
#include "world.h"

#define UPSTREAM "0123456789abcdef0123456789abcdef01234567"
#define FILE_OF(before, body)                                                                      \
	"#include <linux/kvm.h>\n\n" before                                                        \
	"static int first(struct vcpu *vcpu)\n{\n\treturn vcpu->first;\n}\n\n"                     \
	"static int second(struct vcpu *vcpu)\n{\n" body "\treturn vcpu->second;\n}\n\n"           \
	"static int third(struct vcpu *vcpu)\n{\n\treturn vcpu->third;\n}\n"
#define OLD FILE_OF("", "\tvcpu->ready = 0;\n")
#define NEW FILE_OF("", "\tvcpu->ready = 1;\n\tsend(vcpu, 1); /* TODO */\n")
#define SHIFT "/* some\n * lines\n * more\n */\n"
#define HEADER(send) "struct vcpu {\n\tint ready, first, second, third;\n};\nvoid send(" send ");\n"

static const struct person backporter = { (char *)"B Porter", (char *)"b@example.org" };
static const struct sandbox sandbox = { SANDBOX_NONE, NULL };

struct fixture {
	struct world world;
	struct series series;
	struct targets targets;
	struct pack *pack;
	struct port ports[4];
	size_t nports;
	struct audit_answer answer;
};

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct world *w = &f->world;

	world_init(w);
	world_write(w, "ci/targets.conf",
		    "[target \"v6.1\"]\n\tsource = clone nowhere\n"
		    "[target \"v6.6\"]\n\tsource = clone nowhere\n"
		    "[target \"v6.12\"]\n\tsource = clone nowhere\n");
	world_write(w, "series/demo/series", "0001-ready.patch\n");
	world_write(w, "series/demo/series.conf",
		    "[series]\n\tname = demo\n\ttitle = Demo\n"
		    "[patch \"0001-ready.patch\"]\n\tupstream = " UPSTREAM
		    "\n\tclass = distro-only\n\twhy = fixes\n");
	world_patch(w, "series/demo/0001-ready.patch", "kvm: be ready", "kvm/x86.c", OLD, NEW);
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

static void kernel_of(struct fixture *f, const char *version, const char *text, const char *send,
		      const char *checkpatch)
{
	struct world_file files[] = {
		{ "kvm/x86.c", text },
		{ "include/linux/kvm.h", arena_printf(f->world.arena, "%s", send) },
		{ "scripts/checkpatch.pl", checkpatch },
	};

	world_commit(&f->world, arena_printf(f->world.arena, "refs/series/kernel/%s", version),
		     NULL, version, files, checkpatch ? 3 : 2);
}

static void port(struct fixture *f, const char *name)
{
	struct world *w = &f->world;
	struct kernel kernel;
	struct port_ask ask = {
		.repo = w->repo,
		.workspace = w->dir,
		.series = &f->series,
		.kernel = &kernel,
		.backporter = backporter,
		.no_semantic = true,
	};

	if (!f->pack) {
		assert_ok(series_read(w->arena, w->dir, "demo", &f->series));
		assert_ok(targets_read(w->arena, w->dir, &f->targets));
		f->pack = pack_new(w->repo);
	}
	assert_int_equal(repo_kernel(w->repo, w->arena, name, &kernel), 1);
	assert_ok(port_series(w->arena, &ask, f->pack, &f->ports[f->nports++]));
}

/* What the check says of the first port: "severity rule path:line: text" a line. */
static const char *audit(struct fixture *f, int (*check)(struct arena *, const struct audit_ask *,
							 struct audit_answer *))
{
	struct arena *arena = f->world.arena;
	struct text out __free_text = TEXT_INIT;
	struct audit_ask ask = {
		.site = { .repo = f->world.repo,
			  .pack = f->pack,
			  .workspace = f->world.dir,
			  .sandbox = &sandbox },
		.series = &f->series,
		.port = &f->ports[0],
		.ports = f->ports,
		.nports = f->nports,
		.targets = &f->targets,
	};

	f->answer = (struct audit_answer){ 0 };
	assert_ok(check(arena, &ask, &f->answer));
	for (size_t i = 0; i < f->answer.findings.n; i++) {
		const struct finding *one = &f->answer.findings.items[i];

		text_addf(&out, "%s %s", severity_word(one->severity), one->rule);
		if (one->path)
			text_addf(&out, " %s:%zu", one->path, one->line);
		text_addf(&out, ": %s\n", one->text);
	}
	return arena_strdup(arena, text_str(&out));
}

static void newer_branches_are_asked_after_without_being_named(void **state)
{
	struct fixture *f = *state;

	world_write(&f->world, "series/demo/series.conf",
		    "[series]\n\tname = demo\n\ttitle = Demo\n"
		    "[patch \"0001-ready.patch\"]\n\tupstream = " UPSTREAM
		    "\n\tclass = stable-eligible\n\twhy = fixes\n");
	kernel_of(f, "v6.1.3", OLD, HEADER("struct vcpu *vcpu, int n"), NULL);
	kernel_of(f, "v6.12.9", NEW, HEADER("struct vcpu *vcpu, int n"), NULL);
	port(f, "v6.1");
	assert_string_equal(audit(f, audit_rules),
			    "look rules/class: the series says stable-eligible, the rules say "
			    "distro-only: upstream, without a Cc: stable tag\n"
			    "look rules/newer-tree: not known of newer branches: v6.6 (not in the "
			    "store)\n"
			    "note rules/newer-tree: newer branches: it is in v6.12\n");
	assert_true(f->answer.ran);
	assert_string_equal(f->answer.coverage, "1 message, 2 newer branches");
}

static void a_newer_branch_with_a_conflict_holds_a_backport_back(void **state)
{
	struct fixture *f = *state;

	world_write(&f->world, "series/demo/series.conf",
		    "[series]\n\tname = demo\n\ttitle = Demo\n"
		    "[patch \"0001-ready.patch\"]\n\tupstream = " UPSTREAM
		    "\n\tclass = stable-eligible\n\twhy = fixes\n");
	kernel_of(f, "v6.1.3", OLD, HEADER("struct vcpu *vcpu, int n"), NULL);
	kernel_of(f, "v6.6.9", FILE_OF("", ""), HEADER("struct vcpu *vcpu, int n"), NULL);
	kernel_of(f, "v6.12.9", NEW, HEADER("struct vcpu *vcpu, int n"), NULL);
	port(f, "v6.1");
	port(f, "v6.6");
	assert_int_equal(f->ports[1].mark, MARK_CONFLICT);
	assert_non_null(
		strstr(audit(f, audit_rules),
		       "bad rules/newer-tree: newer branches lack it and have no port: v6.6"));
}

static void meaning_is_compared_with_the_kernel_that_the_series_fits(void **state)
{
	struct fixture *f = *state;

	kernel_of(f, "v6.1.3", FILE_OF(SHIFT, "\tvcpu->ready = 0;\n"),
		  HEADER("struct vcpu *vcpu, u64 n"), NULL);
	kernel_of(f, "v6.12.9", OLD, HEADER("struct vcpu *vcpu, int n"), NULL);
	port(f, "v6.1");
	assert_string_equal(
		audit(f, audit_meaning),
		"look meaning/callee kvm/x86.c:15: send() takes (struct vcpu *, u64) here, "
		"(struct vcpu *, int) in v6.12.9\n");
	assert_non_null(strstr(f->answer.coverage, "compared with v6.12.9"));
}

static void meaning_is_compared_with_upstreams_own_tree_where_it_is_there(void **state)
{
	struct fixture *f = *state;
	struct world *w = &f->world;
	struct world_file before[] = {
		{ "kvm/x86.c", OLD }, { "include/linux/kvm.h", HEADER("struct vcpu *vcpu, long n") }
	};
	struct world_file after = { "kvm/x86.c", NEW };
	const char *rev[] = { "rev-parse", "refs/heads/up", NULL };
	char *id;

	world_commit(w, "refs/heads/old", NULL, "old", before, 2);
	world_commit(w, "refs/heads/up", "refs/heads/old", "kvm: be ready", &after, 1);
	id = world_git(w, rev);
	world_write(w, "series/demo/series.conf",
		    arena_printf(w->arena,
				 "[series]\n\tname = demo\n\ttitle = Demo\n"
				 "[patch \"0001-ready.patch\"]\n\tupstream = %s"
				 "\n\tclass = distro-only\n\twhy = fixes\n",
				 id));
	kernel_of(f, "v6.1.3", OLD, HEADER("struct vcpu *vcpu, int n"), NULL);
	port(f, "v6.1");
	assert_string_equal(
		audit(f, audit_meaning),
		arena_printf(w->arena,
			     "look meaning/callee kvm/x86.c:11: send() takes (struct vcpu *, "
			     "int) here, (struct vcpu *, long) in upstream (%.12s)\n",
			     id));
}

/* Every added line with the word is remarked on, as checkpatch.pl writes it; none where asked to fail. */
#define CHECKPATCH                                                                                   \
	"foreach my $f (grep { !/^--/ } @ARGV) {\n\tmy $n = 0;\n\topen(F, $f) or die;\n"             \
	"\twhile (<F>) {\n\t\t$n++;\n"                                                               \
	"\t\tprint \"$f:$n: WARNING:TO_DO: found a thing in line $n\\n\" if (/^\\+.*%s/);\n\t}\n}\n" \
	"exit 1;\n"

static const char *checkpatch(struct fixture *f, const char *word)
{
	if (!child_exists("perl"))
		skip();
	kernel_of(f, "v6.1.3", FILE_OF(SHIFT, "\tvcpu->ready = 0;\n\tother();\n"),
		  HEADER("struct vcpu *vcpu, int n"),
		  arena_printf(f->world.arena, CHECKPATCH, word));
	kernel_of(f, "v6.12.9", OLD, HEADER("struct vcpu *vcpu, int n"), NULL);
	port(f, "v6.1");
	assert_int_not_equal(f->ports[0].mark, MARK_CONFLICT);
	return audit(f, audit_checkpatch);
}

static void what_checkpatch_says_of_the_mail_too_is_no_finding(void **state)
{
	struct fixture *f = *state;

	assert_string_equal(checkpatch(f, "TODO"), "");
	assert_true(f->answer.ran);
	assert_string_equal(f->answer.coverage, "1 patch, 2 remarks as mailed and as ported");
}

static void what_checkpatch_says_of_the_port_alone_has_its_place(void **state)
{
	struct fixture *f = *state;
	kernel_of(f, "v6.1.3", FILE_OF(SHIFT, "\tvcpu->ready = 0;\n"),
		  HEADER("struct vcpu *vcpu, int n"),
		  arena_printf(f->world.arena, CHECKPATCH, "TODO"));
	if (!child_exists("perl"))
		skip();
	port(f, "v6.1");
	/* As if the port had been adapted: the mail that it is compared with does not have the word. */
	for (size_t h = 0; h < f->series.items[0].mail.diff.items[0].n; h++) {
		struct hunk *hunk = &f->series.items[0].mail.diff.items[0].items[h];

		for (size_t i = 0; i < hunk->n; i++)
			if (hunk->items[i].kind == '+')
				hunk->items[i].text = SLICE("\tsend(vcpu, 1);");
	}
	assert_string_equal(audit(f, audit_checkpatch),
			    "look checkpatch/to-do kvm/x86.c:15: found a thing in line 24\n");
}

static void a_kernel_without_checkpatch_is_said(void **state)
{
	struct fixture *f = *state;

	kernel_of(f, "v6.1.3", OLD, HEADER("struct vcpu *vcpu, int n"), NULL);
	port(f, "v6.1");
	assert_string_equal(audit(f, audit_checkpatch), "");
	assert_false(f->answer.ran);
	if (child_exists("perl"))
		assert_string_equal(f->answer.coverage, "v6.1.3 has no scripts/checkpatch.pl");
}

static void a_checkpatch_that_fails_did_not_run(void **state)
{
	struct fixture *f = *state;

	kernel_of(f, "v6.1.3", OLD, HEADER("struct vcpu *vcpu, int n"), "die 'out of luck';\n");
	port(f, "v6.1");
	audit(f, audit_checkpatch);
	assert_false(f->answer.ran);
	if (child_exists("perl"))
		assert_non_null(strstr(f->answer.coverage, "checkpatch failed: out of luck"));
}

static void answers_depend_on_what_their_keys_say(void **state)
{
	struct fixture *f = *state;
	struct audit_ask ask = { .series = &f->series, .targets = &f->targets };
	char *rules, *meaning;

	kernel_of(f, "v6.1.3", OLD, HEADER("struct vcpu *vcpu, int n"), NULL);
	port(f, "v6.1");
	ask.site.repo = f->world.repo;
	ask.port = ask.ports = f->ports;
	ask.nports = 1;
	rules = audit_rules_key(f->world.arena, &ask);
	meaning = audit_meaning_key(f->world.arena, &ask);
	assert_string_equal(rules, audit_rules_key(f->world.arena, &ask));
	assert_true(strlen(audit_checkpatch_key(f->world.arena, &ask)) > 80);
	kernel_of(f, "v6.12.9", OLD, HEADER("struct vcpu *vcpu, int n"), NULL);
	ask.site.repo = f->world.repo;
	assert_string_not_equal(rules, audit_rules_key(f->world.arena, &ask));
	assert_string_not_equal(meaning, audit_meaning_key(f->world.arena, &ask));
}

#define world(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
int main(void)
{
	const struct CMUnitTest tests[] = {
		world(newer_branches_are_asked_after_without_being_named),
		world(a_newer_branch_with_a_conflict_holds_a_backport_back),
		world(meaning_is_compared_with_the_kernel_that_the_series_fits),
		world(meaning_is_compared_with_upstreams_own_tree_where_it_is_there),
		world(what_checkpatch_says_of_the_mail_too_is_no_finding),
		world(what_checkpatch_says_of_the_port_alone_has_its_place),
		world(a_kernel_without_checkpatch_is_said),
		world(a_checkpatch_that_fails_did_not_run),
		world(answers_depend_on_what_their_keys_say),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL) ? 1 : 0;
}
