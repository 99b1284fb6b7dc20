/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/rangediff.h"

#include "base/child.h"
#include "base/fail.h"
#include "patch/base.h"
#include "patch/commit.h"
#include "patch/reduce.h"

#define RANGE_DIFF_MS (60 * 1000)

static int commit_on(struct rangediff *r, struct draft *draft, const git_oid *parent,
		     const struct mail *mail, const char *message, git_oid *id)
{
	struct commit_ask commit = {
		.parent = *parent,
		.author = mail->author,
		.date = mail->date,
		.date_offset = mail->date_offset,
		.message = message,
	};

	return draft_tree(draft, r->pack, &commit.tree) || commit_write(r->pack, &commit, id) ? -1 :
												0;
}

/* The patches on `tree`, whose commit is range->from: 1 all of them fit, 0, -1. */
static int put_patches(struct rangediff *r, const struct series *series, const git_oid *tree,
		       struct range *range)
{
	struct draft *draft = draft_new(r->arena, r->repo, tree);

	range->to = range->from;
	range->reduced = arena_alloc(r->arena, (series->n + 1) * sizeof(bool));
	for (size_t i = 0; i < series->n; i++) {
		const struct mail *mail = &series->items[i].mail;
		struct reduced reduced;
		struct ladder_answer answer = { .mark = MARK_EXACT };
		struct ladder_ask ask = {
			.diff = &reduced.diff,
			.repo = r->repo,
			.methods = LADDER_ONLY(MARK_EXACT),
		};

		if (reduce(r->arena, &series->items[i], draft, &reduced) ||
		    (reduced.left && ladder_apply(r->arena, &ask, draft, &answer)))
			return -1;
		if (answer.mark != MARK_EXACT)
			return 0;
		range->reduced[i] = reduced.skipped.n > 0;
		if (commit_on(r, draft, &range->to, mail,
			      arena_printf(r->arena, "%s\n\n%s", mail->subject, mail->body),
			      &range->to))
			return -1;
	}
	return pack_finish(r->pack) ? -1 : 1;
}

/* A commit of the tree that the series starts on: 1, 0, -1. */
static int start(struct rangediff *r, const struct series *series, struct range *range,
		 git_oid *tree)
{
	static const struct mail nobody = { .author = { (char *)COMMITTER_NAME,
							(char *)COMMITTER_EMAIL } };
	struct base base;
	int found = base_find(r->arena, r->repo, series, &base);

	if (found <= 0)
		return found;
	/* One of our own: the base may be a kernel with the series taken back. */
	if (draft_tree(base.draft, r->pack, tree) ||
	    commit_on(r, base.draft, &base.kernel.commit, &nobody, "base\n", &range->from) ||
	    pack_finish(r->pack))
		return -1;
	range->kernel = base.kernel.name;
	return 1;
}

int rangediff_range(struct rangediff *r, const struct series *series, struct range *range)
{
	git_oid tree;
	int found = start(r, series, range, &tree);

	return found == 1 ? put_patches(r, series, &tree, range) : found;
}

int rangediff_ranges(struct rangediff *r, const struct series *was, const struct series *is,
		     struct range *old, struct range *now)
{
	const struct series *const either[] = { was, is };
	int found = 0;

	for (size_t i = 0; !found && i < ARRAY_SIZE(either); i++) {
		git_oid tree;

		found = start(r, either[i], old, &tree);
		*now = *old;
		if (found == 1)
			found = put_patches(r, was, &tree, old);
		if (found == 1)
			found = put_patches(r, is, &tree, now);
	}
	return found;
}

int rangediff_run(const struct rangediff *r, const struct range *old, const struct range *now,
		  struct slice *text)
{
	const struct range *const ranges[] = { old, now };
	struct child_answer answer;
	char *words[2];

	for (size_t i = 0; i < 2; i++) {
		char from[GIT_OID_HEXSZ + 1], to[GIT_OID_HEXSZ + 1];

		git_oid_tostr(from, sizeof(from), &ranges[i]->from);
		git_oid_tostr(to, sizeof(to), &ranges[i]->to);
		words[i] = arena_printf(r->arena, "%s..%s", from, to);
	}
	const char *const argv[] = { "git",
				     "--no-pager",
				     arena_printf(r->arena, "--git-dir=%s", r->git_dir),
				     "range-diff",
				     "--no-color",
				     "--no-notes",
				     "--creation-factor=80",
				     words[0],
				     words[1],
				     NULL };

	if (child_run(r->arena, &(struct child_ask){ .argv = argv, .deadline_ms = RANGE_DIFF_MS },
		      &answer))
		return -1;
	if (answer.timed_out || answer.status)
		return fail("git range-diff: " SLICE_FMT,
			    SLICE_ARG(answer.timed_out ? SLICE("it took too long") :
							 slice_trim(answer.err)));
	*text = answer.out;
	return 0;
}
