/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * patch/meaning.h for each patch of a port: against upstream's own tree where the store has the commit, else against
 * the kernel that the series fits exactly, as porting does it.
 */
#include <time.h>

#include "base/fail.h"
#include "kernel/audit_checks.h"
#include "kernel/audit_port.h"
#include "patch/base.h"
#include "patch/meaning.h"

DEFINE_FREE(commit, git_commit *, if (_v) git_commit_free(_v))

struct trees {
	struct arena *arena;
	const struct audit_ask *ask;
	struct draft *target; /* the target with the patches so far */
	struct base base;
	int have_base; /* -1: not looked for yet */
};

/* What the patch makes of its files, put into the draft. */
static int target_advance(struct trees *t, const struct diff *diff)
{
	for (size_t f = 0; f < diff->n; f++) {
		const struct filediff *file = &diff->items[f];
		struct slice text;
		git_oid id;
		int r;

		if (!file->new_path) {
			if (draft_remove(t->target, file->old_path) < 0)
				return -1;
			continue;
		}
		if (git_oid_fromstr(&id, file->new_id))
			return fail("%s: no id", file->new_path);
		r = audit_read(t->arena, t->ask, &id, &text);
		if (r != 1)
			return r < 0 ? -1 :
				       fail("%s: object %s is missing", file->new_path,
					    file->new_id);
		if (draft_write(t->target, file->new_path, text, file->new_mode))
			return -1;
	}
	return 0;
}

/* Upstream's own commit: 1, 0 the store does not have it, -1. */
static int upstream_side(struct trees *t, const struct series_patch *patch, struct diff *diff,
			 struct meaning_side *side)
{
	git_commit *commit __free(commit) = NULL, *parent __free(commit) = NULL;
	struct pack *own __free(pack) = NULL;
	git_repository *git = repo_git(t->ask->site.repo);
	git_oid id;

	if (!patch->upstream || git_oid_fromstr(&id, patch->upstream) ||
	    git_commit_lookup(&commit, git, &id) || git_commit_parent(&parent, commit, 0))
		return 0;
	own = pack_new(t->ask->site.repo);
	*diff = (struct diff){ 0 };
	if (port_diff(t->arena, own, git_commit_tree_id(parent), git_commit_tree_id(commit), 3,
		      diff))
		return -1;
	side->lookup = (struct lookup){ t->ask->site.repo, *git_commit_tree_id(commit),
					draft_new(t->arena, t->ask->site.repo,
						  git_commit_tree_id(commit)) };
	side->name = arena_printf(t->arena, "upstream (%.12s)", patch->upstream);
	side->diff = diff;
	return 1;
}

/* What was edited since `point`, as a diff. */
static int draft_diff(struct arena *arena, struct draft *draft, size_t point, struct diff *diff)
{
	struct draft_paths edited = draft_edited(draft, arena, point);

	*diff = (struct diff){ 0 };
	for (size_t i = 0; i < edited.n; i++) {
		struct filediff *file = arena_push(arena, diff);
		struct slice old = SLICE(""), new = SLICE("");
		int was = draft_read_at(draft, point, edited.items[i], &old);
		int is = draft_read(draft, edited.items[i], &new, NULL);

		if (was < 0 || is < 0)
			return -1;
		file->change = !was ? CHANGE_ADD : !is ? CHANGE_DELETE : CHANGE_MODIFY;
		file->old_path = was ? arena_strdup(arena, edited.items[i]) : NULL;
		file->new_path = is ? arena_strdup(arena, edited.items[i]) : NULL;
		if (diff_texts(arena, old, new, 3, file))
			return -1;
	}
	return 0;
}

/* The kernel that the series fits: 1, 0 there is none, -1. */
static int base_side(struct trees *t, const struct series_patch *patch, struct diff *diff,
		     struct meaning_side *side)
{
	size_t point;

	if (t->have_base < 0)
		t->have_base = base_find(t->arena, t->ask->site.repo, t->ask->series, &t->base);
	if (t->have_base <= 0)
		return t->have_base;
	if (base_advance(t->arena, &t->base, patch->number - 1))
		return -1;
	point = draft_point(t->base.draft);
	if (base_advance(t->arena, &t->base, patch->number) ||
	    draft_diff(t->arena, t->base.draft, point, diff))
		return -1;
	side->lookup = (struct lookup){ t->ask->site.repo, t->base.kernel.tree, t->base.draft };
	side->name = t->base.kernel.name;
	side->diff = diff;
	return 1;
}

static int check_patch(struct trees *t, const struct port_patch *patch, struct meaning_seen *seen,
		       struct text *against, struct findings *findings)
{
	struct diff diff, base;
	struct meaning_ask ask = {
		.label = audit_label(t->arena, t->ask->port, patch),
		.target = { .name = t->ask->port->kernel.name, .diff = &diff },
		.exact = patch->mark == MARK_EXACT,
	};
	int r;

	if (audit_diff(t->arena, t->ask, patch, &diff) || target_advance(t, &diff))
		return -1;
	ask.target.lookup =
		(struct lookup){ t->ask->site.repo, t->ask->port->kernel.tree, t->target };
	r = upstream_side(t, patch->patch, &base, &ask.base);
	if (!r)
		r = base_side(t, patch->patch, &base, &ask.base);
	if (r < 0)
		return -1;
	ask.has_base = r;
	if (r && !strstr(text_str(against), ask.base.name))
		text_addf(against, "%s%s", against->len ? ", " : "", ask.base.name);
	return meaning_check(t->arena, &ask, seen, findings);
}

/* Take over into `arena`: all else that was read goes. */
static void keep(struct arena *arena, const struct findings *from, struct findings *to)
{
	for (size_t i = 0; i < from->n; i++) {
		struct finding *finding = arena_push(arena, to);

		*finding = from->items[i];
		finding->patch = arena_strdup(arena, finding->patch);
		finding->path = arena_strdup(arena, finding->path);
		finding->function = arena_strdup(arena, finding->function);
		finding->text = arena_strdup(arena, finding->text);
	}
}

int audit_meaning(struct arena *arena, const struct audit_ask *ask, struct audit_answer *answer)
{
	struct arena *scratch __free(arena) = arena_new();
	struct text against __free_text = TEXT_INIT;
	clock_t begun = clock();
	struct meaning_seen seen = { 0 };
	struct findings found = { 0 };
	struct trees trees = {
		.arena = scratch,
		.ask = ask,
		.target = draft_new(scratch, ask->site.repo, &ask->port->kernel.tree),
		.have_base = -1,
	};

	for (size_t i = 0; i < ask->port->n; i++)
		if (ask->port->items[i].committed &&
		    check_patch(&trees, &ask->port->items[i], &seen, &against, &found))
			return fail_in("%s", ask->port->items[i].patch->file);
	keep(arena, &found, &answer->findings);
	answer->ran = true;
	answer->coverage = arena_printf(
		arena, "%zu added lines, %zu calls, %zu members, %zu other names, %s%s", seen.lines,
		seen.calls, seen.members, seen.names,
		against.len ? "compared with " : "no base to compare with", text_str(&against));
	answer->cpu_seconds = (double)(clock() - begun) / CLOCKS_PER_SEC;
	return 0;
}

/* The trees that may be the base, and upstream's commits where the store has them. */
char *audit_meaning_key(struct arena *arena, const struct audit_ask *ask)
{
	struct text key __free_text = TEXT_INIT;
	struct kernels kernels = { 0 };

	if (repo_kernels(ask->site.repo, arena, &kernels))
		return arena_strdup(arena, fail_message());
	for (size_t i = 0; i < kernels.n; i++)
		text_addf(&key, "%s %s\n", kernels.items[i].name,
			  git_oid_tostr_s(&kernels.items[i].tree));
	for (size_t i = 0; i < ask->series->n; i++) {
		git_commit *commit __free(commit) = NULL;
		const char *upstream = ask->series->items[i].upstream;
		git_oid id;

		text_addf(&key, "%s %s\n", ask->series->items[i].file, upstream ? upstream : "-");
		if (upstream && !git_oid_fromstr(&id, upstream) &&
		    !git_commit_lookup(&commit, repo_git(ask->site.repo), &id))
			text_adds(&key, "in the store\n");
	}
	text_addf(&key, "base %s\n", ask->series->base ? ask->series->base : "-");
	return slice_str(arena, text_slice(&key));
}
