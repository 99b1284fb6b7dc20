/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernels are tried from the newest on, each as it is, and where it has the series already, as
 * newer ones do when an older branch is to get a commit of Linus' tree, with the series taken back,
 * last patch first: what that leaves has to take it again. The newest counts, since it is nearest to
 * what the series was written for; an older one on which the text fits may lack what it relies on.
 */
#include "patch/base.h"

#include "base/fail.h"
#include "patch/ladder.h"
#include "patch/reduce.h"
#include "patch/undo.h"
#include "patch/version.h"

#define OTHERS_MAX 50

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

/* 1 when the patch was there exactly, and is taken back. */
static int take_back(struct arena *arena, struct base *base, const struct series_patch *patch)
{
	struct reduced reduced;
	struct ladder_answer answer;
	struct diff back;
	struct ladder_ask ask = {
		.diff = &back,
		.repo = base->repo,
		.methods = LADDER_ONLY(MARK_EXACT),
	};

	if (reduce(arena, patch, base->draft, &reduced))
		return -1;
	undo_diff(arena, &reduced.diff, &back);
	if (reduced.left && ladder_apply(arena, &ask, base->draft, &answer))
		return -1;
	return !reduced.left || answer.mark == MARK_EXACT;
}

static int base_without(struct arena *arena, struct repo *repo, const struct series *series,
			const struct kernel *kernel, struct base *base)
{
	size_t point;
	int r;

	*base = (struct base){ .kernel = *kernel, .series = series, .repo = repo };
	base->draft = draft_new(arena, repo, &kernel->tree);
	for (size_t i = series->n; i--;) {
		r = take_back(arena, base, &series->items[i]);
		if (r != 1)
			return r;
	}
	point = draft_point(base->draft);
	for (size_t i = 0; i < series->n; i++) {
		r = fits(arena, base, &series->items[i]);
		if (r != 1)
			return r;
	}
	draft_back(base->draft, point);
	return point > 0;
}

/*
 * A clone has thousands of versions. The newest of each branch is worth a try, and the release that
 * the branch began with; the others only where none of those will do, and not all of them.
 */
static bool worth_more(const struct kernels *kernels, size_t i)
{
	struct version version, next;

	if (!version_parse(slice_of(kernels->items[i].name), &version) || i + 1 == kernels->n ||
	    !version_parse(slice_of(kernels->items[i + 1].name), &next))
		return true;
	return version.major != next.major || version.minor != next.minor ||
	       (version.patch <= 0 && !version.rc);
}

static int base_among(struct arena *arena, struct repo *repo, const struct series *series,
		      const struct kernels *kernels, bool others, struct base *base)
{
	size_t tried = 0;

	for (size_t i = kernels->n; i--;) {
		const struct kernel *kernel = &kernels->items[i];
		int r;

		if (worth_more(kernels, i) == others || (others && tried++ >= OTHERS_MAX))
			continue;
		r = base_try(arena, repo, series, kernel, base);
		if (!r)
			r = base_without(arena, repo, series, kernel, base);
		if (r)
			return r;
	}
	return 0;
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
	r = base_among(arena, repo, series, &kernels, false, base);
	return r ? r : base_among(arena, repo, series, &kernels, true, base);
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
