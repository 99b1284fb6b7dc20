/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "patch/base.h"

#include "base/fail.h"
#include "patch/ladder.h"
#include "patch/reduce.h"

/* 1 when the patch lands exactly, 0 when it does not. */
static int fits(struct arena *arena, struct base *base, const struct series_patch *patch)
{
	struct reduced reduced;
	struct ladder_answer answer;
	struct ladder_ask ask = {
		.diff = &reduced.diff,
		.repo = base->repo,
		.methods = LADDER_ONLY(MARK_EXACT),
	};

	if (reduce(arena, patch, base->draft, &reduced) ||
	    ladder_apply(arena, &ask, base->draft, &answer))
		return -1;
	return answer.mark == MARK_EXACT || !reduced.left;
}

static int base_try(struct arena *arena, struct repo *repo, const struct series *series,
		    const struct kernel *kernel, struct base *base)
{
	*base = (struct base){ .kernel = *kernel, .series = series, .repo = repo };
	base->draft = draft_new(arena, repo, &kernel->tree);
	for (size_t i = 0; i < series->n; i++) {
		int r = fits(arena, base, &series->items[i]);

		if (r != 1)
			return r;
	}
	base->draft = draft_new(arena, repo, &kernel->tree);
	return 1;
}

int base_find(struct arena *arena, struct repo *repo, const struct series *series,
	      struct base *base)
{
	struct kernels kernels = { 0 };
	struct kernel named;
	int r = series->base ? repo_kernel(repo, arena, series->base, &named) : 0;

	if (r == 1)
		r = base_try(arena, repo, series, &named, base);
	if (r)
		return r;
	if (repo_kernels(repo, arena, &kernels))
		return -1;
	for (size_t i = kernels.n; i--;) {
		r = base_try(arena, repo, series, &kernels.items[i], base);
		if (r)
			return r;
	}
	return 0;
}

int base_advance(struct arena *arena, struct base *base, size_t index)
{
	for (; base->done < index; base->done++) {
		const struct series_patch *patch = &base->series->items[base->done];
		int r = fits(arena, base, patch);

		if (r < 0)
			return -1;
		if (!r)
			return fail("%s no longer fits on %s, where it did", patch->file,
				    base->kernel.name);
	}
	return 0;
}
