/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What Coccinelle can say of a port: the invariants that must hold after the series, and whether a patch's text and its
 * rule come to the same. For the second, each patch is carried by its text alone and by its rule alone onto the
 * target as the port left it before that patch; where both are sure, two ways that know nothing of each other give the
 * same lines, or somebody has to look. spatch passes over what it cannot parse, so what it looked at is counted.
 */
#include <time.h>

#include "base/child.h"
#include "base/fail.h"
#include "base/file.h"
#include "kernel/audit_checks.h"
#include "kernel/audit_port.h"
#include "patch/base.h"
#include "patch/probe.h"
#include "patch/reduce.h"
#include "patch/semantic.h"

struct comparing {
	struct arena *arena;
	const struct audit_ask *ask;
	struct audit_answer *answer;
	struct draft *draft; /* the target with the patches so far */
	struct base base;
	int have_base;
	size_t same, differ, rule_only, text_only, no_rule;
};

/* What the port makes of its files, put into the draft. */
static int advance(struct comparing *c, const struct port_patch *patch)
{
	struct diff diff;

	if (audit_diff(c->arena, c->ask, patch, &diff))
		return -1;
	for (size_t f = 0; f < diff.n; f++) {
		const struct filediff *file = &diff.items[f];
		struct slice text;
		git_oid id;
		int r;

		if (!file->new_path) {
			if (draft_remove(c->draft, file->old_path) < 0)
				return -1;
			continue;
		}
		if (git_oid_fromstr(&id, file->new_id))
			return fail("%s: no id", file->new_path);
		r = audit_read(c->arena, c->ask, &id, &text);
		if (r != 1)
			return r < 0 ? -1 : fail("%s: object is missing", file->new_path);
		if (draft_write(c->draft, file->new_path, text, file->new_mode))
			return -1;
	}
	return 0;
}

static bool probe_by_name(void *data, const char *name)
{
	const struct comparing *c = data;
	const struct series *series = c->ask->series;

	for (size_t i = 0; i < series->n; i++)
		for (size_t k = 0; k < series->items[i].nconditions; k++)
			if (!strcmp(series->items[i].conditions[k].probe->name, name))
				return probe_holds(c->arena, series->items[i].conditions[k].probe,
						   c->draft, NULL) == 1;
	return false;
}

/* A file as one of the two ways left it. */
struct made {
	const char *path;
	struct slice text;
};
struct mades {
	struct made *items;
	size_t n, cap;
};

static int take(struct comparing *c, size_t since, struct mades *mades)
{
	struct draft_paths paths = draft_edited(c->draft, c->arena, since);

	for (size_t i = 0; i < paths.n; i++) {
		struct made *made = arena_push(c->arena, mades);

		made->path = paths.items[i];
		if (draft_read(c->draft, made->path, &made->text, NULL) < 0)
			return -1;
	}
	draft_back(c->draft, since);
	return 0;
}

/* The kernel that the series fits, for the methods that want it: 1, 0 there is none, -1. */
static int use_base(struct comparing *c, const struct port_patch *patch, struct ladder_ask *ask)
{
	if (c->have_base < 0)
		c->have_base = base_find(c->arena, c->ask->site.repo, c->ask->series, &c->base);
	if (c->have_base <= 0)
		return c->have_base;
	if (base_advance(c->arena, &c->base, patch->patch->number - 1))
		return -1;
	ask->base = c->base.draft;
	ask->base_name = c->base.kernel.name;
	return 1;
}

/* As it is, else adapted; as porting goes about it. 1, 0 not sure, -1. */
static int by_text(struct comparing *c, const struct port_patch *patch,
		   const struct reduced *reduced, struct mades *mades)
{
	struct ladder_ask ask = {
		.diff = &reduced->diff,
		.repo = c->ask->site.repo,
		.methods = LADDER_ONLY(MARK_PRESENT) | LADDER_ONLY(MARK_EXACT),
	};
	struct ladder_answer answer;
	size_t since = draft_point(c->draft);

	if (ladder_apply(c->arena, &ask, c->draft, &answer))
		return -1;
	if (answer.mark == MARK_CONFLICT) {
		ask.methods = LADDER_ALL & ~LADDER_ONLY(MARK_WORDS);
		if (use_base(c, patch, &ask) < 0 || ladder_apply(c->arena, &ask, c->draft, &answer))
			return -1;
	}
	if (answer.mark == MARK_CONFLICT)
		return 0;
	return take(c, since, mades) ? -1 : 1;
}

/* 1, 0 not sure, 2 there is no rule, -1. */
static int by_rule(struct comparing *c, const struct port_patch *patch,
		   const struct reduced *reduced, struct mades *mades)
{
	struct semantic_ask ask = {
		.dir = arena_printf(c->arena, "%s/coccinelle/%s", c->ask->site.workspace,
				    c->ask->series->name),
		.patch = patch->patch,
		.diff = &reduced->diff,
		.trusted = c->ask->series->trusted,
		.holds = probe_by_name,
		.data = c,
	};
	struct ladder_answer answer = { 0 };
	size_t since = draft_point(c->draft);

	if (semantic_apply(c->arena, &ask, c->draft, &answer))
		return -1;
	if (answer.mark == MARK_NONE)
		return 2;
	if (answer.mark != MARK_SEMANTIC)
		return 0;
	return take(c, since, mades) ? -1 : 1;
}

static bool is_c(const char *path)
{
	return slice_ends(slice_of(path), ".c") || slice_ends(slice_of(path), ".h");
}

static const struct made *made_find(const struct mades *mades, const char *path)
{
	for (size_t i = 0; i < mades->n; i++)
		if (!strcmp(mades->items[i].path, path))
			return &mades->items[i];
	return NULL;
}

/* The first line that differs, from 1; 0: none does. */
static size_t first_difference(struct slice a, struct slice b, struct slice *one,
			       struct slice *other)
{
	for (size_t line = 1; a.n || b.n; line++) {
		slice_line(&a, one);
		slice_line(&b, other);
		if (!slice_eq(*one, *other))
			return line;
	}
	return 0;
}

/* Of the files that both have: a rule is about C, and says nothing of documentation. */
static bool compare(struct comparing *c, const struct port_patch *patch, const struct mades *text,
		    const struct mades *rule)
{
	bool same = true;

	for (size_t i = 0; i < rule->n; i++) {
		const struct made *made = &rule->items[i], *other = made_find(text, made->path);
		struct slice by_rule_line = SLICE(""), by_text_line = SLICE("");
		struct finding *finding;
		size_t line;

		line = other ? first_difference(made->text, other->text, &by_rule_line,
						&by_text_line) :
			       1;
		if (!line)
			continue;
		same = false;
		finding = finding_add(c->arena, &c->answer->findings, "cocci/equivalence",
				      SEVERITY_LOOK,
				      "text and semantic patch differ: the text gives '" SLICE_FMT
				      "', the semantic patch '" SLICE_FMT "'",
				      SLICE_ARG(slice_trim(by_text_line)),
				      SLICE_ARG(slice_trim(by_rule_line)));
		finding->path = made->path;
		finding->line = line;
		finding->patch = audit_label(c->arena, c->ask->port, patch);
	}
	for (size_t i = 0; i < text->n; i++) {
		struct finding *finding;

		if (!is_c(text->items[i].path) || made_find(rule, text->items[i].path))
			continue;
		same = false;
		finding = finding_add(c->arena, &c->answer->findings, "cocci/equivalence",
				      SEVERITY_LOOK,
				      "the text changes this file, the semantic patch does not");
		finding->path = text->items[i].path;
		finding->patch = audit_label(c->arena, c->ask->port, patch);
	}
	return same;
}

static int compare_patch(struct comparing *c, const struct port_patch *patch)
{
	struct mades text = { 0 }, rule = { 0 };
	struct reduced reduced;
	int t, r;

	if (reduce(c->arena, patch->patch, c->draft, &reduced))
		return -1;
	if (!reduced.left)
		return 0;
	r = by_rule(c, patch, &reduced, &rule);
	if (r < 0)
		return -1;
	if (r == 2) {
		c->no_rule++;
		return 0;
	}
	t = by_text(c, patch, &reduced, &text);
	if (t < 0)
		return -1;
	if (t && r)
		*(compare(c, patch, &text, &rule) ? &c->same : &c->differ) += 1;
	c->text_only += t && !r;
	c->rule_only += r && !t;
	return 0;
}

static int check_invariants(struct comparing *c, struct invariant_findings *found)
{
	char *dir = arena_printf(c->arena, "%s/coccinelle/checks", c->ask->site.workspace);

	if (semantic_check(c->arena, dir, c->draft, c->ask->series->trusted, found))
		return -1;
	for (size_t i = 0; i < found->n; i++) {
		const struct invariant_finding *one = &found->items[i];
		bool skipped = slice_starts(slice_of(one->what), INVARIANT_SKIPPED);
		struct finding *finding = finding_add(
			c->arena, &c->answer->findings,
			skipped ? "cocci/unchecked" : "cocci/invariant",
			skipped ? SEVERITY_LOOK : SEVERITY_BAD, "%s (%s)", one->what, one->check);

		finding->path = *one->path ? one->path : NULL;
		finding->line = one->line;
	}
	return 0;
}

/* "invariants: 3 checks, 41 functions parsed, 0 skipped; text and semantic patch: 2 the same" */
static char *coverage(const struct comparing *c, const struct invariant_findings *found)
{
	struct text out __free_text = TEXT_INIT;

	text_addf(&out, "%zu invariants on %zu functions, all parsed; %zu skipped",
		  found->checks_run, found->functions, found->skipped);
	if (found->skipped) {
		text_clear(&out);
		text_addf(&out, "%zu invariants on %zu functions; %zu could not be checked",
			  found->checks_run, found->functions, found->skipped);
	}
	text_addf(&out, "; text and semantic patch: %zu the same, %zu not", c->same, c->differ);
	if (c->rule_only)
		text_addf(&out, ", %zu by the semantic patch only", c->rule_only);
	if (c->text_only)
		text_addf(&out, ", %zu by the text only", c->text_only);
	if (c->no_rule)
		text_addf(&out, ", %zu without a semantic patch", c->no_rule);
	return slice_str(c->arena, text_slice(&out));
}

int audit_cocci(struct arena *arena, const struct audit_ask *ask, struct audit_answer *answer)
{
	struct comparing c = {
		.arena = arena,
		.ask = ask,
		.answer = answer,
		.draft = draft_new(arena, ask->site.repo, &ask->port->kernel.tree),
		.have_base = -1,
	};
	struct invariant_findings found = { 0 };
	clock_t begun = clock();

	if (file_kind(arena_printf(arena, "%s/coccinelle/%s", ask->site.workspace,
				   ask->series->name)) != 1) {
		answer->ran = true;
		answer->coverage =
			arena_strdup(arena, "the series has no semantic patches: nothing to check");
		return 0;
	}
	if (!child_exists("spatch")) {
		answer->coverage = arena_strdup(
			arena, "coccinelle is not installed: apt-get install coccinelle");
		return 0;
	}
	for (size_t i = 0; i < ask->port->n; i++) {
		const struct port_patch *patch = &ask->port->items[i];

		if (patch->committed && (compare_patch(&c, patch) || advance(&c, patch)))
			return fail_in("%s", patch->patch->file);
	}
	if (check_invariants(&c, &found))
		return -1;
	answer->ran = true;
	answer->coverage = coverage(&c, &found);
	answer->cpu_seconds = (double)(clock() - begun) / CLOCKS_PER_SEC;
	return 0;
}

/* The rules, the checks and the series' mails. */
char *audit_cocci_key(struct arena *arena, const struct audit_ask *ask)
{
	const char *const folders[] = { "checks", ask->series->name };
	struct text key __free_text = TEXT_INIT;

	for (size_t f = 0; f < ARRAY_SIZE(folders); f++) {
		char *dir =
			arena_printf(arena, "%s/coccinelle/%s", ask->site.workspace, folders[f]);
		struct file_names names = { 0 };

		if (file_list(arena, dir, &names) < 0)
			fail_clear();
		for (size_t i = 0; i < names.n; i++) {
			struct slice text = SLICE("");
			git_oid id;

			if (!slice_ends(slice_of(names.items[i]), ".cocci"))
				continue;
			if (file_read(arena, arena_printf(arena, "%s/%s", dir, names.items[i]),
				      (size_t)1 << 20, &text) < 0)
				fail_clear();
			pack_id(GIT_OBJECT_BLOB, text, &id);
			text_addf(&key, "%s %s\n", names.items[i], git_oid_tostr_s(&id));
		}
	}
	text_addf(&key, "%s%d %d", audit_meaning_key(arena, ask), child_exists("spatch"),
		  ask->series->trusted);
	return slice_str(arena, text_slice(&key));
}
