/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Both versions are committed, in the scratch store, on the newest kernel that takes all of both as they are, and git range-diff
 * says what differs. What no kernel has room for (a hunk for code that is nowhere yet, a version that fits nowhere) is
 * compared as text, mail against mail.
 */
#include "cmd/updating.h"

#include "base/child.h"
#include "base/fail.h"
#include "cmd/screen.h"
#include "patch/base.h"
#include "patch/commit.h"
#include "patch/reduce.h"

#define RANGE_DIFF_MS (60 * 1000)

/* One version as commits. */
struct chain {
	const struct series *series;
	git_oid tip;
	bool *reduced; /* by the patches: hunks were left out */
};

static int commit_on(struct updating *u, struct draft *draft, const git_oid *parent,
		     const struct mail *mail, const char *message, git_oid *id)
{
	struct commit_ask commit = {
		.parent = *parent,
		.author = mail->author,
		.date = mail->date,
		.date_offset = mail->date_offset,
		.message = message,
	};

	return draft_tree(draft, u->pack, &commit.tree) || commit_write(u->pack, &commit, id) ? -1 :
												0;
}

/* 1 all of it fits, 0, -1. */
static int make_chain(struct updating *u, const git_oid *base, const git_oid *tree,
		      struct chain *chain)
{
	struct arena *arena = u->context->arena;
	struct draft *draft = draft_new(arena, u->scratch, tree);

	chain->tip = *base;
	chain->reduced = arena_alloc(arena, (chain->series->n + 1) * sizeof(bool));
	for (size_t i = 0; i < chain->series->n; i++) {
		const struct series_patch *patch = &chain->series->items[i];
		const struct mail *mail = &patch->mail;
		struct reduced reduced;
		struct ladder_answer answer;
		struct ladder_ask ask = {
			.diff = &reduced.diff,
			.repo = u->scratch,
			.methods = LADDER_ONLY(MARK_EXACT),
		};

		if (reduce(arena, patch, draft, &reduced) ||
		    (reduced.left && ladder_apply(arena, &ask, draft, &answer)))
			return -1;
		if (reduced.left && answer.mark != MARK_EXACT)
			return 0;
		chain->reduced[i] = reduced.skipped.n > 0;
		if (commit_on(u, draft, &chain->tip, mail,
			      arena_printf(arena, "%s\n\n%s", mail->subject, mail->body),
			      &chain->tip))
			return -1;
	}
	return 1;
}

/* Both on the base that one of them has: 1, 0, -1. */
static int make_chains(struct updating *u, const struct series *fits, struct chain *was,
		       struct chain *is, git_oid *start)
{
	static const struct mail nobody = { .author = { (char *)COMMITTER_NAME,
							(char *)COMMITTER_EMAIL } };
	struct base base;
	git_oid tree;
	int r = base_find(u->context->arena, u->scratch, fits, &base);

	if (r <= 0)
		return r;
	/* A commit of its own: the base may be a kernel with the series taken back. */
	if (draft_tree(base.draft, u->pack, &tree) ||
	    commit_on(u, base.draft, &base.kernel.commit, &nobody, "base\n", start) ||
	    pack_finish(u->pack))
		return -1;
	r = make_chain(u, start, &tree, was);
	if (r == 1)
		r = make_chain(u, start, &tree, is);
	return r == 1 && pack_finish(u->pack) ? -1 : r;
}

/* Lines of range-diff, or of a diff set in like its inner ones: coloured by the outer sign. */
static void add_lines(const struct updating *u, struct slice text, struct text *out)
{
	bool color = u->context->color;
	struct slice line;

	while (slice_line(&text, &line)) {
		enum tint tint = TINT_NONE;

		if (line.n && *line.p != ' ')
			tint = TINT_BOLD;
		else if (line.n > 4)
			tint = line.p[4] == '+' ? TINT_ADD :
			       line.p[4] == '-' ? TINT_DROP :
			       line.p[4] == '@' ? TINT_HEAD :
						  TINT_NONE;
		text_adds(out, tint_on(color, tint));
		text_add_shown(out, line, false);
		text_adds(out, tint_off(color, tint));
		text_addc(out, '\n');
	}
}

static int run_range_diff(struct updating *u, const git_oid *start, const struct chain *was,
			  const struct chain *is, struct text *out)
{
	struct arena *arena = u->context->arena;
	char hex[GIT_OID_HEXSZ + 1], old[GIT_OID_HEXSZ + 1], now[GIT_OID_HEXSZ + 1];
	struct child_answer answer;

	git_oid_tostr(hex, sizeof(hex), start);
	git_oid_tostr(old, sizeof(old), &was->tip);
	git_oid_tostr(now, sizeof(now), &is->tip);
	const char *const argv[] = { "git",
				     "--no-pager",
				     arena_printf(arena, "--git-dir=%s", u->scratch_dir),
				     "range-diff",
				     "--no-color",
				     "--no-notes",
				     "--creation-factor=80",
				     arena_printf(arena, "%s..%s", hex, old),
				     arena_printf(arena, "%s..%s", hex, now),
				     NULL };

	if (child_run(arena, &(struct child_ask){ .argv = argv, .deadline_ms = RANGE_DIFF_MS },
		      &answer))
		return -1;
	if (answer.timed_out || answer.status)
		return fail("git range-diff: " SLICE_FMT,
			    SLICE_ARG(answer.timed_out ? SLICE("it took too long") :
							 slice_trim(answer.err)));
	add_lines(u, answer.out, out);
	return 0;
}

/* A patch as words and lines, without what changes with every tree: line numbers, blob ids. */
static struct slice plain_text(struct arena *arena, const struct mail *mail)
{
	struct text out __free_text = TEXT_INIT;

	text_addf(&out, "%s\n\n%s", mail->subject, mail->body);
	for (size_t f = 0; f < mail->diff.n; f++) {
		const struct filediff *file = &mail->diff.items[f];

		text_addf(&out, "\n## %s ##\n", file->new_path ? file->new_path : file->old_path);
		for (size_t h = 0; h < file->n; h++) {
			text_addf(&out, "@@ " SLICE_FMT "\n", SLICE_ARG(file->items[h].heading));
			for (size_t l = 0; l < file->items[h].n; l++) {
				text_addc(&out, file->items[h].items[l].kind);
				text_add_slice(&out, file->items[h].items[l].text);
				text_addc(&out, '\n');
			}
		}
	}
	return slice_copy(arena, text_slice(&out));
}

/* Mail against mail. */
static int add_patch_diff(struct updating *u, const struct renewed_patch *item, struct text *out)
{
	struct arena *arena = u->context->arena;
	struct slice was = SLICE(""), is = SLICE("");
	struct text lines __free_text = TEXT_INIT;
	struct filediff file = { .old_path = "x", .new_path = "x" };

	if (item->old)
		was = plain_text(arena, &item->old->mail);
	if (item->number)
		is = plain_text(arena, &u->renewal.series.items[item->number - 1].mail);
	if (slice_eq(was, is))
		return 0;
	text_addf(&lines, "%s %s %s %s\n",
		  item->old ? arena_printf(arena, "%u:", item->old->number) : "-:",
		  !item->old	? ">" :
		  !item->number ? "<" :
				  "!",
		  item->number ? arena_printf(arena, "%u:", item->number) : "-:", item->subject);
	/* What is all new, or gone, is there to read as it is. */
	if (item->old && item->number && diff_texts(arena, was, is, 3, &file))
		return -1;
	for (size_t h = 0; h < file.n; h++) {
		const struct hunk *hunk = &file.items[h];

		text_adds(&lines, "    @@\n");
		for (size_t l = 0; l < hunk->n; l++)
			text_addf(&lines, "    %c" SLICE_FMT "\n", hunk->items[l].kind,
				  SLICE_ARG(hunk->items[l].text));
	}
	add_lines(u, text_slice(&lines), out);
	return 0;
}

int updating_diff(struct updating *u, struct text *out)
{
	struct chain was = { .series = u->series }, is = { .series = &u->renewal.series };
	git_oid start;
	int r = 0;

	if (u->scratch) {
		r = make_chains(u, was.series, &was, &is, &start);
		if (!r)
			r = make_chains(u, is.series, &was, &is, &start);
		if (r < 0)
			return -1;
		if (r && run_range_diff(u, &start, &was, &is, out))
			return -1;
	}
	for (size_t i = 0; i < u->renewal.n; i++) {
		const struct renewed_patch *item = &u->renewal.items[i];
		bool short_of = !r;

		if (item->kind == RENEWAL_SAME)
			continue;
		if (r && item->old)
			short_of |= was.reduced[item->old->number - 1];
		if (r && item->number)
			short_of |= is.reduced[item->number - 1];
		if (short_of && add_patch_diff(u, item, out))
			return -1;
	}
	return 0;
}
