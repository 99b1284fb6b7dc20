/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include "base/fail.h"
#include "cmd/auditing.h"
#include "cmd/commands.h"
#include "cmd/options.h"
#include "cmd/proving.h"

static int only_read(struct context *c, struct audit_choice *choice)
{
	const char **names = arena_alloc(c->arena, (naudit_checks + 1) * sizeof(*names));

	for (size_t i = 0; i < naudit_checks; i++)
		names[i] = audit_checks[i].name;
	choice->nonly = option_values(c, "only", &choice->only);
	for (size_t i = 0; i < choice->nonly; i++) {
		bool known = false;
		const char *near;

		for (size_t k = 0; k < naudit_checks; k++)
			known |= !strcmp(choice->only[i], names[k]);
		if (known)
			continue;
		near = word_near(choice->only[i], names);
		return fail_as(FAIL_USAGE, "there is no check '%s'%s%s%s", choice->only[i],
			       near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
	}
	choice->fresh = option_given(c, "fresh");
	return 0;
}

static int audit_all(struct context *c, const struct audit_choice *choice, struct audited *audited)
{
	struct auditing *auditing = arena_new_of(c->arena, struct auditing);
	unsigned int jobs;

	if (proving_jobs(c, &jobs) || auditing_begin(c, audited->ports.pack, jobs, auditing))
		return -1;
	for (size_t i = 0; i < audited->ports.n; i++)
		if (auditing_port(c, auditing, choice, audited, i))
			return -1;
	return 0;
}

static int verify_run(struct context *c)
{
	struct audited audited = { 0 };
	struct audit_choice choice = { 0 };
	struct text out __free_text = TEXT_INIT;
	int code = -1;

	if (only_read(c, &choice) || ports_make(c, c->words, c->nwords, &audited.ports))
		return -1;
	audited.audits = arena_alloc(c->arena, (audited.ports.n + 1) * sizeof(*audited.audits));
	if (!audit_all(c, &choice, &audited) &&
	    !auditing_keep(c, proving_database(c->arena), "series verify", &audited)) {
		if (c->json) {
			json_t *json __free(json) = audited_json(&audited);

			text_add_json(&out, json);
		} else {
			audited_text(c, &out, &audited);
		}
		if (!context_print(c, &out))
			code = audited_code(&audited);
	}
	pack_free(audited.ports.pack);
	return code;
}

static const struct command_option verify_options[] = {
	{ '\0', "only", "CHECK", "only this check; may be given more than once", NULL },
	{ '\0', "fresh", NULL, "check again what is known already", NULL },
	{ 'j', "jobs", "N", "keep N cores busy, not all of them", NULL },
	{ '\0', "sandbox", "KIND",
	  "compile in bubblewrap or unshare, or in none; without it the best that works",
	  "bubblewrap unshare none" },
};

const struct command command_verify = {
	.name = "verify",
	.summary = "check the series on each target without booting it",
	.args = "TARGET...",
	.description =
		"Ports the series in memory and checks what came of it: the rules of the stable "
		"maintainers, what the ported lines rely on here and in upstream's tree, the "
		"invariants of coccinelle/checks/ and whether text and semantic patch come to the "
		"same, what compiler and sparse say of the touched objects that they did not say "
		"before, which functions have other code, what userspace and modules see, and the "
		"target's checkpatch. docs/checks.md has every rule.\n\n"
		"Only the touched objects are compiled, base first, then patched. What is known "
		"is not checked again: the second time takes no time.\n\n"
		"Exit code 0 when nothing needs eyes (notes do not), 1 for findings, 3 for a "
		"target where a patch conflicts, 125 where a check could not run.",
	.options = verify_options,
	.noptions = ARRAY_SIZE(verify_options),
	.words = WORDS_TARGETS,
	.words_min = 1,
	.run = verify_run,
};
