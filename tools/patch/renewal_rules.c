/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A semantic patch goes by its patch's number, and says the same as that patch. Where the patch changes other lines now, both are
 * carried onto the kernel that the series fits, each alone: if they do not come to the same, the rule would go on doing what the
 * old patch did, so it is set aside under a name that nobody runs.
 */
#include <ctype.h>
#include <stdio.h>

#include "base/fail.h"
#include "base/file.h"
#include "patch/base.h"
#include "patch/probe.h"
#include "patch/reduce.h"
#include "patch/renewal_part.h"
#include "patch/semantic.h"

struct trying {
	struct arena *arena;
	const struct renewal_ask *ask;
	struct renewal *renewal;
	struct base base;
};

/* A file as one of the two ways made it. */
struct made {
	const char *path;
	struct slice text;
	bool there;
};
struct mades {
	struct made *items;
	size_t n, cap;
};

/* What was edited since, taken down and taken back. */
static int take(struct trying *t, size_t since, struct mades *mades)
{
	struct draft_paths paths = draft_edited(t->base.draft, t->arena, since);

	for (size_t i = 0; i < paths.n; i++) {
		struct made *made = arena_push(t->arena, mades);
		int r = draft_read(t->base.draft, paths.items[i], &made->text, NULL);

		if (r < 0)
			return -1;
		made->path = paths.items[i];
		made->there = r;
	}
	draft_back(t->base.draft, since);
	return 0;
}

static bool is_c(const char *path)
{
	return slice_ends(slice_of(path), ".c") || slice_ends(slice_of(path), ".h");
}

/* Does `b` have the file as `a` has it? A rule says nothing of files that are not C. */
static bool agrees(const struct mades *a, const struct mades *b)
{
	for (size_t i = 0; i < a->n; i++) {
		const struct made *one = &a->items[i], *other = NULL;

		for (size_t k = 0; k < b->n; k++)
			if (!strcmp(one->path, b->items[k].path))
				other = &b->items[k];
		if (is_c(one->path) &&
		    (!other || one->there != other->there || !slice_eq(one->text, other->text)))
			return false;
	}
	return true;
}

/* Does the series' probe of that name hold? Unknown names do not. */
static bool probe_by_name(void *data, const char *name)
{
	struct trying *t = data;
	const struct series *series = &t->renewal->series;

	for (size_t i = 0; i < series->n; i++)
		for (size_t c = 0; c < series->items[i].nconditions; c++) {
			const struct probe *probe = series->items[i].conditions[c].probe;

			if (!strcmp(probe->name, name))
				return probe_holds(t->arena, probe, t->base.draft, NULL) == 1;
		}
	return false;
}

/* 1: text and rule come to the same; 0 with `why`; -1. */
static int follows(struct trying *t, const struct series_patch *patch, char **why)
{
	struct mades text = { 0 }, rule = { 0 };
	struct ladder_answer answer;
	struct reduced reduced;
	struct semantic_ask semantic = {
		.dir = arena_printf(t->arena, "%s/coccinelle/%s", t->renewal->dir,
				    t->renewal->series.name),
		.patch = patch,
		.diff = &reduced.diff,
		.trusted = t->renewal->series.trusted,
		.holds = probe_by_name,
		.data = t,
	};
	struct ladder_ask ask = {
		.diff = &reduced.diff,
		.repo = t->ask->scratch,
		.methods = LADDER_ONLY(MARK_EXACT),
	};
	size_t since;
	int r = base_find(t->arena, t->ask->scratch, &t->renewal->series, &t->base);

	*why = "the new version fits exactly on no kernel of the store, so that it cannot be compared";
	if (r <= 0)
		return r;
	if (base_advance(t->arena, &t->base, patch->number - 1))
		return -1;
	since = draft_point(t->base.draft);
	if (reduce(t->arena, patch, t->base.draft, &reduced) ||
	    ladder_apply(t->arena, &ask, t->base.draft, &answer) || take(t, since, &text) ||
	    semantic_apply(t->arena, &semantic, t->base.draft, &answer))
		return -1;
	if (answer.mark != MARK_SEMANTIC) {
		*why = arena_printf(t->arena, "it is not sure of %s any more", t->base.kernel.name);
		return 0;
	}
	if (take(t, since, &rule))
		return -1;
	*why = arena_printf(t->arena, "on %s it does something else than the new patch",
			    t->base.kernel.name);
	return agrees(&text, &rule) && agrees(&rule, &text);
}

/* The patch of the old series that a file goes with, by its number; NULL. */
static const struct renewed_patch *item_of(const struct renewal_ask *ask,
					   const struct renewal *renewal, const char *file)
{
	unsigned long number;

	if (strspn(file, "0123456789") != 4 || file[4] != '-' ||
	    !slice_number((struct slice){ file, 4 }, 9999, &number) || !number ||
	    number > ask->series->n)
		return NULL;
	for (size_t i = 0; i < renewal->n; i++)
		if (renewal->items[i].old == &ask->series->items[number - 1])
			return &renewal->items[i];
	return NULL;
}

/* Rules, and their tests, under the numbers that their patches have now. `files` NULL: tests. */
static int rename_all(struct arena *arena, const struct renewal_ask *ask, struct renewal *renewal,
		      const char *sub, struct renewed_files *files)
{
	char *dir = arena_printf(arena, "%s/%s", renewal->dir, sub);
	struct file_names names = { 0 };
	char **now;

	if (file_list(arena, dir, &names) < 0)
		return -1;
	now = arena_alloc(arena, (names.n + 1) * sizeof(*now));
	for (size_t i = 0; i < names.n; i++) {
		const struct renewed_patch *item = item_of(ask, renewal, names.items[i]);

		if (!item)
			continue;
		now[i] = item->number ?
				 arena_printf(arena, "%04u-%s", item->number, names.items[i] + 5) :
				 arena_printf(arena, "%s.dropped", names.items[i]);
		if (files && slice_ends(slice_of(names.items[i]), ".cocci"))
			*arena_push(arena, files) = (struct renewed_file){
				.fate = item->number ? FATE_KEPT : FATE_DROPPED,
				.old_name = arena_printf(arena, "%s/%s", sub, names.items[i]),
				.name = arena_printf(arena, "%s/%s", sub, now[i]),
				.number = item->number,
				.why = item->number ? NULL : "its patch is not in the new version",
			};
		if (rename(arena_printf(arena, "%s/%s", dir, names.items[i]),
			   arena_printf(arena, "%s/.%zu", dir, i)))
			return fail_errno("%s/%s", sub, names.items[i]);
	}
	for (size_t i = 0; i < names.n; i++)
		if (now[i] && rename(arena_printf(arena, "%s/.%zu", dir, i),
				     arena_printf(arena, "%s/%s", dir, now[i])))
			return fail_errno("%s/%s", sub, now[i]);
	return 0;
}

static int try_rule(struct arena *arena, const struct renewal_ask *ask, struct renewal *renewal,
		    struct renewed_file *file)
{
	struct arena *scratch __free(arena) = arena_new();
	struct trying t = { .arena = scratch, .ask = ask, .renewal = renewal };
	char *path = arena_printf(arena, "%s/%s", renewal->dir, file->name);
	char *why = "there is no kernel store to compare them in";
	int r = ask->scratch ? follows(&t, &renewal->series.items[file->number - 1], &why) : 0;

	if (r < 0)
		return fail_in("%s", file->name);
	if (r) {
		file->fate = FATE_CARRIED;
		file->why = arena_printf(arena, "on %s it comes to the same as the new patch",
					 t.base.kernel.name);
		return 0;
	}
	file->fate = FATE_STALE;
	file->why = arena_strdup(arena, why);
	file->name = arena_printf(arena, "%s.old", file->name);
	return rename(path, arena_printf(arena, "%s/%s", renewal->dir, file->name)) ?
		       fail_errno("%s", file->name) :
		       0;
}

int renewal_rules(struct arena *arena, const struct renewal_ask *ask, struct renewal *renewal)
{
	char *sub = arena_printf(arena, "coccinelle/%s", renewal->series.name);
	struct renewed_files files = { 0 };

	if (rename_all(arena, ask, renewal, sub, &files) ||
	    rename_all(arena, ask, renewal, arena_printf(arena, "%s/tests", sub), NULL))
		return -1;
	for (size_t i = 0; i < files.n; i++) {
		struct renewed_file *file = &files.items[i];

		if (file->number && renewal->items[file->number - 1].kind == RENEWAL_CHANGED &&
		    try_rule(arena, ask, renewal, file))
			return -1;
		*arena_push(arena, &renewal->files) = *file;
	}
	return 0;
}
