/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "patch/reduce.h"

#include "base/fail.h"
#include "patch/probe.h"

static size_t hunks_of(const struct filediff *file)
{
	return file->n ? file->n : 1;
}

static const struct condition *condition_of(const struct series_patch *patch,
					    const struct filediff *file, size_t hunk)
{
	const char *path = file->new_path ? file->new_path : file->old_path;

	for (size_t i = 0; i < patch->nconditions; i++) {
		const struct condition *c = &patch->conditions[i];

		if (!strcmp(c->path, path) && (!c->hunk || c->hunk == hunk + 1))
			return c;
	}
	return NULL;
}

static void skip(struct arena *arena, struct reduced *reduced, struct reduced_origin at,
		 const struct condition *condition, const char *missing)
{
	struct hunk_fate *fate = arena_push(arena, &reduced->skipped);

	*fate = (struct hunk_fate){
		.file = at.file,
		.hunk = at.hunk,
		.path = condition->path,
		.mark = MARK_SKIPPED,
		.evidence = arena_printf(arena, "%s (%s)", condition->reason, missing),
		.note = arena_printf(arena, "left out of %s: %s", condition->path,
				     condition->reason),
	};
}

/* One file's hunks, kept or skipped. */
static int reduce_file(struct arena *arena, const struct series_patch *patch, size_t f,
		       struct draft *draft, struct reduced *reduced)
{
	const struct filediff *from = &patch->mail.diff.items[f];
	struct filediff to = *from;
	size_t first = reduced->left;

	to.items = NULL;
	to.n = to.cap = 0;
	for (size_t h = 0; h < hunks_of(from); h++) {
		const struct condition *c = condition_of(patch, from, h);
		struct reduced_origin at = { f, h };
		char *missing = NULL;
		int r = c ? probe_holds(arena, c->probe, draft, &missing) : 1;

		if (r < 0)
			return -1;
		if (!r) {
			skip(arena, reduced, at, c, missing);
			continue;
		}
		if (from->n)
			*arena_push(arena, &to) = from->items[h];
		reduced->origin[reduced->left++] = at;
	}
	if (reduced->left > first) {
		reduced->first[reduced->diff.n] = first;
		*arena_push(arena, &reduced->diff) = to;
	}
	return 0;
}

int reduce(struct arena *arena, const struct series_patch *patch, struct draft *draft,
	   struct reduced *reduced)
{
	const struct diff *whole = &patch->mail.diff;
	size_t total = 0;

	for (size_t f = 0; f < whole->n; f++)
		total += hunks_of(&whole->items[f]);
	*reduced = (struct reduced){
		.origin = arena_alloc(arena, (total + 1) * sizeof(*reduced->origin)),
		.first = arena_alloc(arena, (whole->n + 1) * sizeof(*reduced->first)),
	};
	for (size_t f = 0; f < whole->n; f++)
		if (reduce_file(arena, patch, f, draft, reduced))
			return fail_in("%s", patch->file);
	return 0;
}

void reduce_restore(struct arena *arena, const struct reduced *reduced,
		    struct ladder_answer *answer)
{
	struct ladder_answer all = { .mark = answer->mark };
	size_t s = 0;

	if (!reduced->skipped.n)
		return;
	for (size_t i = 0; i < answer->n; i++) {
		struct hunk_fate fate = answer->items[i];
		size_t at = fate.file < reduced->diff.n ? reduced->first[fate.file] + fate.hunk :
							  reduced->left;

		if (at < reduced->left) {
			fate.file = reduced->origin[at].file;
			fate.hunk = reduced->origin[at].hunk;
		}
		for (; s < reduced->skipped.n; s++) {
			const struct hunk_fate *k = &reduced->skipped.items[s];

			if (k->file > fate.file || (k->file == fate.file && k->hunk > fate.hunk))
				break;
			*arena_push(arena, &all) = *k;
		}
		*arena_push(arena, &all) = fate;
	}
	for (; s < reduced->skipped.n; s++)
		*arena_push(arena, &all) = reduced->skipped.items[s];
	*answer = all;
}
