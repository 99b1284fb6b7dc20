/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Ladder: one patch carried onto a draft by its text.
 *
 * For each file the methods U = ~ 3 M W are tried in that order, and the first that is sure of
 * itself wins; see patch/mark.h. All of the patch lands or the draft is as it was.
 */
#ifndef SERIES_PATCH_LADDER_H
#define SERIES_PATCH_LADDER_H

#include "patch/diff.h"
#include "patch/draft.h"
#include "patch/mark.h"

#define LADDER_ALL (~0u)
#define LADDER_ONLY(mark) (1u << (mark)) /* may be or-ed */

struct ladder_ask {
	const struct diff *diff; /* its binary files are a conflict unless already there */
	struct repo *repo;	 /* for pre-image blobs by the ids of the index lines */
	struct draft *base;    /* the tree the patch fits on exactly, before it; NULL: none known */
	const char *base_name; /* for evidence: "v6.19.11"; NULL */
	unsigned int methods;  /* LADDER_ALL, or some */
	bool bare; /* trees hold only the touched files (port-tree): a name that is in none of them proves nothing */
};

/*
 * What became of one hunk (of a file without hunks: a mode change, a rename, one fate with hunk 0).
 */
struct hunk_fate {
	size_t file, hunk; /* indexes into the diff, hunk from 0 */
	const char *path;  /* where it landed in the target */
	enum mark mark;
	size_t line;	/* of the target's result, from 1; 0 where nothing was written */
	long offset;	/* lines moved against the patch's own numbers */
	char *evidence; /* why we are sure, or what each method said, in words: "context differs in 2 lines; the removed lines stand only here" */
	char *note; /* what was adapted, for the [ ... ] note, e.g. "context adjusted"; NULL when nothing was */
};

struct ladder_answer {
	enum mark mark; /* of the whole patch: the worst of its hunks; MARK_CONFLICT: nothing was written */
	struct hunk_fate *items;
	size_t n, cap;
};

/* 0 with the answer (a conflict is one), -1 when we could not find out. */
int ladder_apply(struct arena *arena, const struct ladder_ask *ask, struct draft *draft,
		 struct ladder_answer *answer);

#endif
