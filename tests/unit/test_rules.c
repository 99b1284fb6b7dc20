/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What stable asks of a backport: each rule on a message that breaks it, and quiet on one that does not. */
#include "patch/rules.h"
#include "unit.h"
#include "world.h"

#define UPSTREAM "0123456789abcdef0123456789abcdef01234567"
#define BODY "Be ready when asked.\n\nOtherwise nobody is.\n\n"
#define TRAILERS                                                                                   \
	"Fixes: 123456789abc (\"kvm: add it\")\nCc: stable@vger.kernel.org\n"                      \
	"Signed-off-by: A U Thor <author@example.org>\nReviewed-by: R Viewer <r@example.org>\n"
#define SIGNED "Signed-off-by: B Porter <b@example.org>\n"
#define LINE "[ Upstream commit " UPSTREAM " ]\n\n"
#define GOOD "kvm: be ready\n\n" LINE BODY TRAILERS SIGNED
#define DIFF                                                                                       \
	"diff --git a/kvm/x86.c b/kvm/x86.c\n--- a/kvm/x86.c\n+++ b/kvm/x86.c\n"                   \
	"@@ -10,3 +10,3 @@ static int second(void)\n a\n-old\n+new\n b\n"
#define ADAPTED                                                                                    \
	"diff --git a/kvm/x86.c b/kvm/x86.c\n--- a/kvm/x86.c\n+++ b/kvm/x86.c\n"                   \
	"@@ -10,3 +10,3 @@ static int second(void)\n a\n-old\n+newer(here)\n b\n"

struct trial {
	struct series_patch patch;
	struct kernel kernel;
	struct diff diff;
	struct rules_ask ask;
	struct findings findings;
};

static struct trial *trial_new(struct arena *arena, const char *trailers)
{
	struct trial *t = arena_new_of(arena, struct trial);
	char *mail = arena_printf(arena,
				  "From: A U Thor <author@example.org>\n"
				  "Date: Tue, 14 Nov 2023 23:13:20 +0100\n"
				  "Subject: [PATCH] kvm: be ready\n\n" BODY "%s---\n\n" DIFF,
				  trailers);

	assert_ok(mail_parse(arena, slice_of(mail), &t->patch.mail));
	assert_ok(diff_parse(arena, SLICE(DIFF), &t->diff));
	t->patch.upstream = arena_strdup(arena, UPSTREAM);
	t->patch.class = CLASS_STABLE;
	t->kernel.name = arena_strdup(arena, "v6.1.187");
	t->ask = (struct rules_ask){
		.patch = &t->patch,
		.label = "1/1",
		.message = GOOD,
		.diff = &t->diff,
		.committer = { arena_strdup(arena, "B Porter"),
			       arena_strdup(arena, "b@example.org") },
		.kernel = &t->kernel,
	};
	return t;
}

/* What was found above a note, "severity rule: text" a line. */
static const char *found(struct arena *arena, struct trial *t)
{
	struct text out __free_text = TEXT_INIT;

	t->findings = (struct findings){ 0 };
	assert_ok(rules_check(arena, &t->ask, &t->findings));
	for (size_t i = 0; i < t->findings.n; i++) {
		const struct finding *f = &t->findings.items[i];

		assert_string_equal(f->patch, "1/1");
		if (f->severity != SEVERITY_NOTE)
			text_addf(&out, "%s %s: %s\n", severity_word(f->severity), f->rule,
				  f->text);
	}
	return arena_strdup(arena, text_str(&out));
}

/* The note of that rule; "" when there is none. */
static const char *noted(struct trial *t, const char *rule)
{
	for (size_t i = 0; i < t->findings.n; i++)
		if (!strcmp(t->findings.items[i].rule, rule) &&
		    t->findings.items[i].severity == SEVERITY_NOTE)
			return t->findings.items[i].text;
	return "";
}

static const char *found_in(struct arena *arena, const char *message)
{
	struct trial *t = trial_new(arena, TRAILERS);

	t->ask.message = message;
	return found(arena, t);
}

static void a_backport_as_stable_wants_it_has_no_finding(void **state)
{
	struct trial *t = trial_new(*state, TRAILERS);

	assert_string_equal(found(*state, t), "");
	assert_string_equal(noted(t, "rules/class"),
			    "stable-eligible: upstream, tagged Cc: stable, with Fixes:");
}

static void the_other_forms_of_the_upstream_line_are_accepted(void **state)
{
	assert_string_equal(found_in(*state, "kvm: be ready\n\ncommit " UPSTREAM
					     " upstream.\n\n" BODY TRAILERS SIGNED),
			    "");
	assert_string_equal(found_in(*state, "kvm: be ready\n\n" BODY TRAILERS
					     "(cherry picked from commit " UPSTREAM ")\n" SIGNED),
			    "");
}

static void a_missing_upstream_line_is_found(void **state)
{
	assert_string_equal(
		found_in(*state, "kvm: be ready\n\n" BODY TRAILERS SIGNED),
		"bad rules/upstream-line: the message does not name the upstream commit: "
		"[ Upstream commit " UPSTREAM " ]\n");
}

static void an_id_that_is_cut_is_found(void **state)
{
	assert_string_equal(
		found_in(*state,
			 "kvm: be ready\n\ncommit 0123456789ab upstream.\n\n" BODY TRAILERS SIGNED),
		"bad rules/upstream-line: the upstream commit's id is cut to 12 digits, "
		"it is " UPSTREAM "\n");
}

static void an_invented_id_is_found(void **state)
{
	struct trial *t = trial_new(*state, TRAILERS);

	assert_string_equal(
		found_in(
			*state,
			"kvm: be ready\n\n[ Upstream commit 76543210fedcba9876543210fedcba9876543210 ]\n\n" BODY
				TRAILERS SIGNED),
		"bad rules/upstream-real: the message names 76543210fedc as upstream, the series "
		"0123456789ab\n");
	t->patch.upstream = NULL;
	t->patch.mainline = (char *)"Not yet";
	t->patch.class = CLASS_OUT_OF_TREE;
	assert_string_equal(
		found(*state, t),
		"bad rules/upstream-real: the message names 0123456789ab as upstream, of "
		"which the series knows nothing\n");
}

static void an_id_of_zeros_or_words_is_no_id(void **state)
{
	struct trial *t = trial_new(*state, TRAILERS);

	t->patch.upstream = (char *)"0000000000000000000000000000000000000000";
	assert_non_null(strstr(found(*state, t), "bad rules/upstream-real: 0000000"));
	t->patch.upstream = (char *)"0123456789ab";
	assert_non_null(strstr(found(*state, t), "bad rules/upstream-real: 0123456789ab is no"));
}

static void the_store_knows_the_commit_as_another_change(void **state)
{
	struct trial *t = trial_new(*state, TRAILERS);
	struct world world;
	struct world_file file = { "kvm/x86.c", "x\n" };
	const char *rev[] = { "rev-parse", "refs/heads/up", NULL };

	world_init(&world);
	world_commit(&world, "refs/heads/up", NULL, "kvm: something else", &file, 1);
	t->ask.repo = world.repo;
	t->patch.upstream = world_git(&world, rev);
	t->ask.message = arena_printf(
		*state, "kvm: be ready\n\n[ Upstream commit %s ]\n\n" BODY TRAILERS SIGNED,
		t->patch.upstream);
	assert_non_null(strstr(found(*state, t), "bad rules/upstream-real: commit "));
	assert_non_null(strstr(found(*state, t), "is \"kvm: something else\", which is another"));
	world_commit(&world, "refs/heads/up2", NULL, "kvm: be ready", &file, 1);
	t->ask.repo = world.repo;
	rev[1] = "refs/heads/up2";
	t->patch.upstream = world_git(&world, rev);
	t->ask.message = arena_printf(
		*state, "kvm: be ready\n\n[ Upstream commit %s ]\n\n" BODY TRAILERS SIGNED,
		t->patch.upstream);
	assert_string_equal(found(*state, t), "");
	world_release(&world);
}

static void title_body_and_trailers_are_upstreams(void **state)
{
	assert_non_null(
		strstr(found_in(*state, "kvm: be ready on 6.1\n\n" LINE BODY TRAILERS SIGNED),
		       "bad rules/title: the title is not upstream's, \"kvm: be ready\""));
	assert_string_equal(
		found_in(*state,
			 "kvm: be ready\n\n" LINE "Be ready when asked.\n\n" TRAILERS SIGNED),
		"bad rules/body: upstream's line \"Otherwise nobody is.\" is missing\n");
	assert_string_equal(found_in(*state,
				     "kvm: be ready\n\n" LINE BODY
				     "Fixes: 123456789abc (\"kvm: add it\")\n"
				     "Cc: stable@vger.kernel.org\n"
				     "Signed-off-by: A U Thor <author@example.org>\n" SIGNED),
			    "bad rules/trailers: upstream's line \"Reviewed-by: R Viewer "
			    "<r@example.org>\" is missing\n");
	assert_string_equal(
		found_in(*state, "kvm: be ready\n\n" LINE BODY "Cc: stable@vger.kernel.org\n"
				 "Fixes: 123456789abc (\"kvm: add it\")\n"
				 "Signed-off-by: A U Thor <author@example.org>\n"
				 "Reviewed-by: R Viewer <r@example.org>\n" SIGNED),
		"bad rules/trailers: upstream's line \"Cc: stable@vger.kernel.org\" is not "
		"in upstream's order\n");
	assert_string_equal(
		found_in(*state, "kvm: be ready\n\n" LINE BODY
				 "I left out the second half.\n\n" TRAILERS SIGNED),
		"bad rules/body: \"I left out the second half.\" is not upstream's: what was "
		"adapted goes into a [ note ]\n");
}

static void the_backporter_signs_last(void **state)
{
	assert_string_equal(found_in(*state, "kvm: be ready\n\n" LINE BODY TRAILERS),
			    "bad rules/sign-off: the last line is not \"Signed-off-by: B Porter "
			    "<b@example.org>\"\n");
}

static void a_deviation_wants_a_note(void **state)
{
	struct trial *t = trial_new(*state, TRAILERS);

	assert_ok(diff_parse(*state, SLICE(ADAPTED), &t->diff));
	assert_string_equal(
		found(*state, t),
		"bad rules/note: 1 hunk differs from upstream's, and no [ note ] in the "
		"message says why\n");
	t->ask.message = "kvm: be ready\n\n" LINE BODY TRAILERS
			 "[ newer() takes an argument here,\n  where it is called ]\n" SIGNED;
	assert_string_equal(found(*state, t), "");
}

static void a_patch_of_more_than_100_lines_is_named(void **state)
{
	struct trial *t = trial_new(*state, TRAILERS);
	struct text diff __free_text = TEXT_INIT;

	text_adds(&diff, "diff --git a/kvm/x86.c b/kvm/x86.c\n--- a/kvm/x86.c\n+++ b/kvm/x86.c\n"
			 "@@ -10,1 +10,101 @@\n a\n");
	for (int i = 0; i < 100; i++)
		text_adds(&diff, "+new\n");
	assert_ok(diff_parse(*state, text_slice(&diff), &t->diff));
	assert_non_null(strstr(found(*state, t),
			       "look rules/size: 101 lines with context, stable takes 100 "
			       "(upstream's has 4)\n"));
	/* Upstream's own is as large, and its maintainer wants it in stable. */
	t->patch.mail.diff = t->diff;
	assert_null(strstr(found(*state, t), "rules/size"));
	assert_non_null(strstr(noted(t, "rules/size"), "so has upstream's (101)"));
}

static const char *tagged(struct arena *arena, const char *target, const char *tag)
{
	char *trailers =
		arena_printf(arena, "Cc: %s\nSigned-off-by: A U Thor <author@example.org>\n", tag);
	struct trial *t = trial_new(arena, trailers);

	t->kernel.name = arena_strdup(arena, target);
	t->ask.message = arena_printf(arena, "kvm: be ready\n\n" LINE BODY "%s" SIGNED, trailers);
	return found(arena, t);
}

static void the_range_of_the_stable_tag_counts(void **state)
{
	assert_string_equal(tagged(*state, "v6.1.187", "stable@vger.kernel.org # 6.1.x"), "");
	assert_string_equal(tagged(*state, "v6.12.73", "stable@vger.kernel.org # v6.1+"), "");
	assert_string_equal(tagged(*state, "v6.1.187", "<stable@vger.kernel.org> # v5.10, v6.1"),
			    "");
	assert_string_equal(tagged(*state, "v6.1.187", "stable@vger.kernel.org # 5.4 - 6.1"), "");
	assert_string_equal(tagged(*state, "v6.1.187", "stable@vger.kernel.org # see the 2 mails"),
			    "");
	assert_string_equal(tagged(*state, "v6.1.187", "stable@vger.kernel.org # v6.6+"),
			    "look rules/stable-tag: upstream asks for it from v6.6 on, and this is "
			    "v6.1.187\n");
	assert_string_equal(
		tagged(*state, "v6.12.73", "stable@vger.kernel.org # 5.4 - 6.1"),
		"look rules/stable-tag: upstream asks for it up to v6.1 only, and this is "
		"v6.12.73\n");
}

static void what_a_tag_names_as_needed_first_is_said(void **state)
{
	const char *tag = "stable@vger.kernel.org # 6.1.x: 7709aba8f716: KVM: x86: Morph";

	assert_string_equal(
		tagged(*state, "v6.1.187", tag),
		"look rules/stable-tag: upstream says that this branch needs 7709aba8f716 "
		"first\n");
	assert_string_equal(tagged(*state, "v6.12.73", tag), "");
}

static void who_does_not_want_it_picked_is_heard(void **state)
{
	assert_non_null(
		strstr(tagged(*state, "v6.1.187", "<stable+noautosel@kernel.org> # needs a flag"),
		       "look rules/stable-tag: upstream does not want it picked by itself"));
}

static void a_fixes_line_has_a_form(void **state)
{
	struct trial *t = trial_new(*state, "Fixes: 1234 (\"kvm\")\nCc: stable@vger.kernel.org\n"
					    "Signed-off-by: A U Thor <author@example.org>\n");

	t->ask.message = "kvm: be ready\n\n" LINE BODY
			 "Fixes: 1234 (\"kvm\")\nCc: stable@vger.kernel.org\n"
			 "Signed-off-by: A U Thor <author@example.org>\n" SIGNED;
	assert_string_equal(
		found(*state, t),
		"look rules/fixes: Fixes: 1234 (\"kvm\") is not of the form 123456789abc "
		"(\"subject\")\n");
}

static void the_rule_that_decides_the_class_is_named(void **state)
{
	struct trial *t = trial_new(*state, "Signed-off-by: A U Thor <author@example.org>\n");

	t->ask.message = "kvm: be ready\n\n" LINE BODY
			 "Signed-off-by: A U Thor <author@example.org>\n" SIGNED;
	assert_string_equal(found(*state, t),
			    "look rules/class: the series says stable-eligible, the rules say "
			    "distro-only: upstream, without a Cc: stable tag\n");
	t->patch.class = CLASS_DISTRO;
	assert_string_equal(found(*state, t), "");
	assert_string_equal(noted(t, "rules/class"),
			    "distro-only: upstream, without a Cc: stable tag");
	t->ask.message = "kvm: be ready\n\n" BODY
			 "Signed-off-by: A U Thor <author@example.org>\n" SIGNED;
	t->patch.upstream = NULL;
	t->patch.mainline = (char *)"Never, ours alone";
	assert_string_equal(
		found(*state, t),
		"look rules/class: the series says distro-only, the rules say out-of-tree: "
		"Patch-mainline: Never, ours alone\n");
	t->patch.mainline = (char *)"Submitted, https://lore.kernel.org/all/x";
	assert_string_equal(found(*state, t), "");
}

static void every_newer_branch_has_the_change_or_a_port(void **state)
{
	struct trial *t = trial_new(*state, TRAILERS);
	struct rules_branch newer[] = {
		{ "v6.6", RULES_PORT, NULL },
		{ "v6.12", RULES_HAS, NULL },
		{ "v6.18", RULES_NOT_NEEDED, "other code" },
	};

	t->ask.newer = newer;
	t->ask.nnewer = ARRAY_SIZE(newer);
	assert_string_equal(found(*state, t), "");
	assert_string_equal(noted(t, "rules/newer-tree"),
			    "newer branches: it is in v6.12; a port is made for v6.6");
	newer[0].state = RULES_UNKNOWN;
	newer[0].why = "not in the store";
	newer[1].state = RULES_WITHOUT;
	newer[1].why = "a conflict";
	assert_string_equal(
		found(*state, t),
		"bad rules/newer-tree: newer branches lack it and have no port: v6.12 (a "
		"conflict)\n"
		"look rules/newer-tree: not known of newer branches: v6.6 (not in the "
		"store)\n");
	/* What stable does not take anyhow has no gate. */
	t->patch.class = CLASS_DISTRO;
	assert_string_equal(found(*state, t), "");
}

UNIT_MAIN(unit(a_backport_as_stable_wants_it_has_no_finding),
	  unit(the_other_forms_of_the_upstream_line_are_accepted),
	  unit(a_missing_upstream_line_is_found), unit(an_id_that_is_cut_is_found),
	  unit(an_invented_id_is_found), unit(an_id_of_zeros_or_words_is_no_id),
	  unit(the_store_knows_the_commit_as_another_change),
	  unit(title_body_and_trailers_are_upstreams), unit(the_backporter_signs_last),
	  unit(a_deviation_wants_a_note), unit(a_patch_of_more_than_100_lines_is_named),
	  unit(the_range_of_the_stable_tag_counts), unit(what_a_tag_names_as_needed_first_is_said),
	  unit(who_does_not_want_it_picked_is_heard), unit(a_fixes_line_has_a_form),
	  unit(the_rule_that_decides_the_class_is_named),
	  unit(every_newer_branch_has_the_change_or_a_port))
