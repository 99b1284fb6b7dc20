/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The rules of patch/rules.h, and how the newer branches stand.
 *
 * A newer branch that was not asked for is ported by its text here and now, which takes milliseconds where it is
 * in the store; what a port that was made before says (its ref) is believed where the text does not fit.
 */
#include <time.h>

#include "base/fail.h"
#include "kernel/audit_checks.h"
#include "kernel/audit_port.h"
#include "patch/rules.h"

DEFINE_FREE(revwalk, git_revwalk *, if (_v) git_revwalk_free(_v))
DEFINE_FREE(commit, git_commit *, if (_v) git_commit_free(_v))

/* How all patches of the series stand in one newer branch. */
struct gate {
	const char *name;
	struct rules_branch *items; /* one for each patch */
};
struct gates {
	struct gate *items;
	size_t n, cap;
};

static struct rules_branch standing(const struct target *target, const struct port_patch *patch)
{
	struct rules_branch branch = { target->name, RULES_PORT, patch->why };

	if (patch->mark == MARK_PRESENT)
		branch.state = RULES_HAS;
	else if (patch->mark == MARK_SKIPPED)
		branch.state = RULES_NOT_NEEDED;
	else if (patch->mark == MARK_CONFLICT)
		branch.state = RULES_WITHOUT;
	else if (!patch->committed)
		branch.state = RULES_UNKNOWN;
	return branch;
}

/* Is there a commit of that subject between the kernel and what was ported onto it before? 1, 0, -1. */
static int ref_has(const struct audit_ask *ask, const struct port *port,
		   const struct series_patch *patch)
{
	git_revwalk *walk __free(revwalk) = NULL;
	git_repository *git = repo_git(ask->site.repo);
	git_oid id;
	int r = 0;

	if (!port->had)
		return 0;
	if (git_revwalk_new(&walk, git) || git_revwalk_push(walk, &port->was) ||
	    git_revwalk_hide(walk, &port->kernel.commit))
		return fail_git("what was ported onto %s before", port->kernel.name);
	while (!(r = git_revwalk_next(&id, walk))) {
		git_commit *commit __free(commit) = NULL;

		if (git_commit_lookup(&commit, git, &id))
			return fail_git("what was ported onto %s before", port->kernel.name);
		if (slice_eq_space(slice_of(git_commit_summary(commit)),
				   slice_of(patch->mail.subject)))
			return 1;
	}
	return r == GIT_ITEROVER ? 0 :
				   fail_git("what was ported onto %s before", port->kernel.name);
}

/* The branch ported by text alone: milliseconds, and nothing is written. */
static int port_quickly(struct arena *arena, const struct audit_ask *ask,
			const struct kernel *kernel, struct port *port)
{
	struct pack *pack __free(pack) = pack_new(ask->site.repo);
	struct port_ask port_ask = {
		.repo = ask->site.repo,
		.workspace = ask->site.workspace,
		.series = ask->series,
		.kernel = kernel,
		.no_semantic = true,
	};

	return port_series(arena, &port_ask, pack, port);
}

/* A branch that nobody asked for. */
static int look_at(struct arena *arena, const struct audit_ask *ask, const struct target *target,
		   struct gate *gate)
{
	struct kernel kernel;
	struct port port;
	int r = repo_kernel(ask->site.repo, arena, target->name, &kernel);

	if (r < 0)
		return -1;
	for (size_t i = 0; !r && i < ask->series->n; i++)
		gate->items[i] =
			(struct rules_branch){ target->name, RULES_UNKNOWN, "not in the store" };
	if (!r)
		return 0;
	if (port_quickly(arena, ask, &kernel, &port))
		return -1;
	for (size_t i = 0; i < port.n; i++) {
		gate->items[i] = standing(target, &port.items[i]);
		if (gate->items[i].state != RULES_WITHOUT && gate->items[i].state != RULES_UNKNOWN)
			continue;
		r = ref_has(ask, &port, port.items[i].patch);
		if (r < 0)
			return -1;
		gate->items[i].state = r ? RULES_PORT : RULES_UNKNOWN;
		gate->items[i].why = arena_printf(
			arena, "its text does not fit; see series apply %s", target->name);
	}
	return 0;
}

/* Every configured branch above the target's own. */
static int gates_make(struct arena *arena, const struct audit_ask *ask, struct gates *gates)
{
	struct version own;

	if (!ask->targets || !version_parse(slice_of(ask->port->kernel.name), &own))
		return 0;
	for (size_t t = 0; t < ask->targets->n; t++) {
		const struct target *target = &ask->targets->items[t];
		const struct port *port = NULL;
		struct version branch, version;
		struct gate *gate;

		if (!version_parse(slice_of(target->name), &branch) ||
		    version_belongs(&own, &branch) || version_cmp(&branch, &own) < 0)
			continue;
		gate = arena_push(arena, gates);
		gate->name = target->name;
		gate->items = arena_alloc(arena, (ask->series->n + 1) * sizeof(*gate->items));
		for (size_t p = 0; p < ask->nports; p++)
			if (version_parse(slice_of(ask->ports[p].kernel.name), &version) &&
			    version_in(&version, &branch))
				port = &ask->ports[p];
		for (size_t i = 0; port && i < port->n; i++)
			gate->items[i] = standing(target, &port->items[i]);
		if (!port && look_at(arena, ask, target, gate))
			return fail_in("how %s stands", target->name);
	}
	return 0;
}

static int check_patch(struct arena *arena, const struct audit_ask *ask, const struct gates *gates,
		       size_t index, bool *unsigned_off, struct findings *findings)
{
	const struct port_patch *patch = &ask->port->items[index];
	struct diff diff;
	struct rules_branch *newer = arena_alloc(arena, (gates->n + 1) * sizeof(*newer));
	struct rules_ask rules = {
		.repo = ask->site.repo,
		.patch = patch->patch,
		.label = audit_label(arena, ask->port, patch),
		.message = patch->message,
		.diff = &diff,
		.kernel = &ask->port->kernel,
		.newer = newer,
		.nnewer = gates->n,
	};

	for (size_t i = 0; i < gates->n; i++)
		newer[i] = gates->items[i].items[index];
	if (audit_diff(arena, ask, patch, &diff) ||
	    audit_committer(arena, ask, patch, &rules.committer))
		return -1;
	*unsigned_off |= !rules.committer.email;
	return rules_check(arena, &rules, findings);
}

/* Nothing was committed for what is there or not needed: no rule is about it. */
int audit_rules(struct arena *arena, const struct audit_ask *ask, struct audit_answer *answer)
{
	clock_t begun = clock();
	struct gates gates = { 0 };
	size_t patches = 0;
	bool unsigned_off = false;

	if (gates_make(arena, ask, &gates))
		return -1;
	for (size_t i = 0; i < ask->port->n; i++) {
		if (!ask->port->items[i].committed)
			continue;
		patches++;
		if (check_patch(arena, ask, &gates, i, &unsigned_off, &answer->findings))
			return fail_in("%s", ask->port->items[i].patch->file);
	}
	if (unsigned_off)
		finding_add(
			arena, &answer->findings, "rules/sign-off", SEVERITY_NOTE,
			"nobody signed the backport off: git's user.name and user.email say who does");
	answer->ran = true;
	answer->coverage = arena_printf(arena, "%zu message%s, %zu newer branch%s", patches,
					patches == 1 ? "" : "s", gates.n, gates.n == 1 ? "" : "es");
	answer->cpu_seconds = (double)(clock() - begun) / CLOCKS_PER_SEC;
	return 0;
}

/* The other branches, and what the series says of its patches. */
char *audit_rules_key(struct arena *arena, const struct audit_ask *ask)
{
	struct text key __free_text = TEXT_INIT;

	for (size_t i = 0; i < ask->series->n; i++) {
		const struct series_patch *patch = &ask->series->items[i];

		text_addf(&key, "%s %d %s %s\n%s\n%s\n", patch->file, patch->class,
			  patch->upstream ? patch->upstream : "-",
			  patch->mainline ? patch->mainline : "-", patch->mail.subject,
			  patch->mail.body ? patch->mail.body : "");
	}
	for (size_t t = 0; ask->targets && t < ask->targets->n; t++) {
		struct kernel kernel;
		const char *name = ask->targets->items[t].name;
		char hex[GIT_OID_HEXSZ + 1] = "-";

		if (repo_kernel(ask->site.repo, arena, name, &kernel) == 1)
			git_oid_tostr(hex, sizeof(hex), &kernel.commit);
		text_addf(&key, "%s %s\n", name, hex);
	}
	for (size_t p = 0; p < ask->nports; p++)
		text_addf(&key, "%s %s\n", ask->ports[p].kernel.name,
			  git_oid_tostr_s(&ask->ports[p].commit));
	return slice_str(arena, text_slice(&key));
}
