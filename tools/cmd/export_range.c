/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/fail.h"
#include "base/file.h"
#include "cmd/exporting.h"
#include "cmd/rangediff.h"
#include "patch/scratch.h"

#define MAIL_MAX ((size_t)64 * 1024 * 1024)

DEFINE_FREE(commit, git_commit *, git_commit_free(_v))

/* The last commit of the mails that lie in the folder: 1, 0 there are none, -1. */
static int previous_tip(struct exporting *e, const struct parcel *parcel, git_oid *id)
{
	struct arena *arena = e->context->arena;
	struct file_names names = { 0 };
	struct slice text, line;
	const char *last = NULL;
	int r;

	if (file_list(arena, parcel->dir, &names) < 0)
		return -1;
	for (size_t i = 0; i < names.n; i++)
		if (strspn(names.items[i], "0123456789") == 4 && names.items[i][4] == '-' &&
		    strncmp(names.items[i], "0000", 4) != 0 &&
		    slice_ends(slice_of(names.items[i]), ".patch"))
			last = names.items[i];
	if (!last)
		return 0;
	r = file_read(arena, arena_printf(arena, "%s/%s", parcel->dir, last), MAIL_MAX, &text);
	if (r < 0)
		return -1;
	return r && slice_line(&text, &line) && slice_starts(line, "From ") && line.n > 45 &&
	       !git_oid_fromstrn(id, line.p + 5, 40);
}

static int tip_of(struct exporting *e, const struct parcel *parcel, const char *with, git_oid *tip)
{
	git_commit *commit __free(commit) = NULL;
	struct kernel kernel;
	int r;

	if (strcmp(with, "previous") != 0) {
		r = repo_kernel(e->ask.repo, e->context->arena, with, &kernel);
		if (r == 1)
			*tip = kernel.commit;
		return r ? (r < 0 ? -1 : 0) :
			   fail_as(FAIL_USAGE,
				   "--range-diff: '%s' is neither upstream nor previous nor a commit of the store",
				   with);
	}
	r = previous_tip(e, parcel, tip);
	if (r < 0)
		return -1;
	if (!r || git_commit_lookup(&commit, repo_git(e->ask.repo), tip))
		return fail_as(
			FAIL_USAGE,
			"--range-diff previous: there are no mails of an earlier export in %s",
			parcel->dir);
	return 0;
}

/* "Range-diff against v1:" */
static char *title_of(struct exporting *e, const char *with, const char *kernel)
{
	struct arena *arena = e->context->arena;

	if (!strcmp(with, "upstream"))
		return arena_printf(arena, "Range-diff against upstream (on %s):\n", kernel);
	if (!strcmp(with, "previous") && e->ask.version > 1)
		return arena_printf(arena, "Range-diff against v%u:\n", e->ask.version - 1);
	return arena_printf(arena, "Range-diff against %s:\n", with);
}

static int range_one(struct exporting *e, struct rangediff *rangediff, const struct range *upstream,
		     const char *with, struct parcel *parcel)
{
	struct arena *arena = e->context->arena;
	struct range old = { .from = parcel->kernel->commit }, now = old;
	struct slice text;

	if (repo_ref(e->ask.repo,
		     arena_printf(arena, "refs/series/%s/%s", e->ask.series->name,
				  parcel->kernel->name),
		     &now.to) != 1)
		return fail("%s: its port is gone", parcel->kernel->name);
	if (git_oid_equal(&now.to, &now.from))
		return 0; /* nothing to send */
	if (upstream)
		old = *upstream;
	else if (tip_of(e, parcel, with, &old.to))
		return -1;
	if (rangediff_run(rangediff, &old, &now, &text))
		return fail_in("%s", parcel->kernel->name);
	parcel->range =
		arena_printf(arena, "%s" SLICE_FMT, title_of(e, with, old.kernel), SLICE_ARG(text));
	return 0;
}

static int ranges_in(struct exporting *e, struct rangediff *rangediff, const char *with)
{
	struct range upstream;
	bool mailed = !strcmp(with, "upstream");
	int r;

	if (mailed) {
		r = rangediff_range(rangediff, e->ask.series, &upstream);
		if (r < 0)
			return -1;
		if (!r)
			return fail_as(
				FAIL_USAGE,
				"--range-diff upstream: the series fits as it is on no kernel of the store");
	}
	for (size_t i = 0; i < e->n; i++)
		if (range_one(e, rangediff, mailed ? &upstream : NULL, with, &e->items[i]))
			return -1;
	return 0;
}

int exporting_ranges(struct exporting *e)
{
	const char *with = option_value(e->context, "range-diff");
	struct rangediff rangediff = { .arena = e->context->arena };
	char *dir = NULL;
	int r;

	if (!with)
		return 0;
	if (scratch_open(e->context->arena, e->ask.repo, &dir, &rangediff.repo))
		return -1;
	rangediff.git_dir = dir;
	rangediff.pack = pack_new(rangediff.repo);
	r = ranges_in(e, &rangediff, with);
	pack_free(rangediff.pack);
	repo_free(rangediff.repo);
	return file_remove_tree(dir) ? -1 : r;
}
