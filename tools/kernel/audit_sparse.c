/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the compiler (at the warnings that the configuration asks for) and sparse say of the touched objects, and did not
 * say before: by file, function and text, so that lines which move make nothing new.
 */
#include "base/child.h"
#include "kernel/audit_built.h"
#include "kernel/audit_checks.h"

/* A message of a checker that is missing, refused its options or died says nothing of the code. */
static void report(struct arena *arena, const struct audit_built *built, bool sparse,
		   struct findings *findings)
{
	const struct complaints *before = sparse ? &built->base.sparse : &built->base.said;
	const struct complaints *now = sparse ? &built->patched.sparse : &built->patched.said;
	struct complaints fresh = { 0 };

	complaints_new(arena, before, now, &fresh);
	for (size_t i = 0; i < fresh.n; i++) {
		const struct complaint *c = &fresh.items[i];
		bool context = sparse && strstr(c->text, "context imbalance");
		const char *rule = context		      ? "sparse/context" :
				   sparse		      ? "sparse/message" :
				   c->kind == COMPLAINT_ERROR ? "compiler/error" :
								"compiler/warning";
		struct finding *finding = finding_add(
			arena, findings, rule,
			context || c->kind == COMPLAINT_ERROR ? SEVERITY_BAD : SEVERITY_LOOK, "%s",
			c->text);

		finding->path = *c->file ? c->file : NULL;
		finding->line = c->line;
		finding->function = *c->function ? c->function : NULL;
	}
}

/* Objects that base has and the port does not. */
static void report_lost(struct arena *arena, const struct audit_built *built,
			struct findings *findings)
{
	for (size_t i = 0; i < built->base.n; i++) {
		struct finding *finding;

		if (!built->base.items[i].object || built->patched.items[i].object)
			continue;
		finding = finding_add(arena, findings, "compiler/error", SEVERITY_BAD,
				      "does not compile any more");
		finding->path = built->base.items[i].source;
	}
}

int audit_compiler(struct arena *arena, const struct audit_ask *ask, struct audit_answer *answer)
{
	struct audit_built built;
	int go_on;

	go_on = audit_built_for(arena, ask, &built, answer);
	if (go_on <= 0)
		return go_on;
	report(arena, &built, false, &answer->findings);
	report_lost(arena, &built, &answer->findings);
	answer->coverage = arena_printf(arena, "%s; messages on base: %zu", answer->coverage,
					built.base.said.n);
	return 0;
}

int audit_sparse(struct arena *arena, const struct audit_ask *ask, struct audit_answer *answer)
{
	struct audit_built built;
	int go_on;

	if (!child_exists("sparse")) {
		answer->coverage =
			arena_strdup(arena, "sparse is not installed: apt-get install sparse");
		return 0;
	}
	go_on = audit_built_for(arena, ask, &built, answer);
	if (go_on <= 0)
		return go_on;
	report(arena, &built, true, &answer->findings);
	answer->coverage = arena_printf(arena, "%s; messages on base: %zu", answer->coverage,
					built.base.sparse.n);
	return 0;
}
