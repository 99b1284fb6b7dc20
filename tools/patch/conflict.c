/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "patch/conflict.h"

#include <git2.h>

#include "base/fail.h"
#include "patch/ladder.h"

#define MARKER 7 /* characters of a marker, as git's */

DEFINE_FREE(merged, git_merge_file_result *, git_merge_file_result_free(_v))

static bool is_marker(struct slice line, char c)
{
	for (size_t i = 0; i < MARKER; i++)
		if (i >= line.n || line.p[i] != c)
			return false;
	return line.n == MARKER || line.p[MARKER] == ' ';
}

size_t conflict_marker(struct slice text)
{
	struct slice line;

	for (size_t n = 1; slice_line(&text, &line); n++)
		if (is_marker(line, '<') || is_marker(line, '|') || is_marker(line, '>'))
			return n;
	return 0;
}

static size_t count_places(struct slice text)
{
	struct slice line;
	size_t n = 0;

	while (slice_line(&text, &line))
		n += is_marker(line, '<');
	return n;
}

/* A diff of one file, and of one hunk of it where `hunk` is given. */
static struct diff one_file(const struct filediff *file, struct filediff *copy,
			    const struct hunk *hunk)
{
	*copy = *file;
	if (hunk) {
		copy->items = (struct hunk *)hunk;
		copy->n = copy->cap = 1;
	}
	return (struct diff){ .items = copy, .n = 1, .cap = 1 };
}

/* What `pre` becomes by the patch: 1, or 0 where it does not fit exactly. */
static int post_image(struct arena *arena, const struct conflict_ask *ask,
		      const struct filediff *file, struct slice pre, struct slice *post)
{
	size_t point = draft_point(ask->target);
	struct filediff copy;
	struct diff diff = one_file(file, &copy, NULL);
	struct ladder_ask ladder = { .diff = &diff,
				     .repo = ask->repo,
				     .methods = LADDER_ONLY(MARK_EXACT) };
	struct ladder_answer answer;
	int r = draft_write(ask->target, file->old_path, pre,
			    file->old_mode ? file->old_mode : 0100644);

	if (!r)
		r = ladder_apply(arena, &ladder, ask->target, &answer);
	if (!r && answer.mark == MARK_EXACT)
		r = draft_read(ask->target, file->new_path, post, NULL);
	draft_back(ask->target, point);
	return r;
}

/* A pre-image on which the file's hunks fit: 1, 0, -1. */
static int find_pre(struct arena *arena, const struct conflict_ask *ask,
		    const struct filediff *file, struct slice *pre, struct slice *post,
		    const char **how)
{
	int r = 0;

	if (!file->old_path || !file->new_path)
		return 0;
	if (file->old_id[0])
		r = repo_blob_by_prefix(ask->repo, arena, file->old_id, pre);
	if (r == 1)
		r = post_image(arena, ask, file, *pre, post);
	if (r) {
		*how = "three-way against the pre-image that the patch names";
		return r;
	}
	if (!ask->base)
		return 0;
	r = draft_read(ask->base, file->old_path, pre, NULL);
	if (r == 1)
		r = post_image(arena, ask, file, *pre, post);
	*how = arena_printf(arena, "three-way against %s", ask->base_name);
	return r;
}

static git_merge_file_input merge_input(struct slice text)
{
	return (git_merge_file_input){
		.version = GIT_MERGE_FILE_INPUT_VERSION,
		.ptr = text.p,
		.size = text.n,
	};
}

static int merge_file(struct arena *arena, const struct conflict_ask *ask, struct slice pre,
		      struct slice post, struct conflict_file *out)
{
	git_merge_file_input ancestor = merge_input(pre), ours = merge_input(out->before),
			     theirs = merge_input(post);
	git_merge_file_options options;
	git_merge_file_result result = { 0 };
	git_merge_file_result *owner __free(merged) = &result;

	git_merge_file_options_init(&options, GIT_MERGE_FILE_OPTIONS_VERSION);
	options.ancestor_label = "before the patch";
	options.our_label = ask->target_name;
	options.their_label = ask->patch_name;
	options.flags = GIT_MERGE_FILE_STYLE_DIFF3;
	if (git_merge_file(&result, &ancestor, &ours, &theirs, &options))
		return fail_git("merging %s", out->path);
	out->merged = slice_copy(arena, (struct slice){ result.ptr, result.len });
	return 0;
}

/* What stood or stands at a hunk: its lines but those of kind `not`. */
static void hunk_text(struct text *out, const struct hunk *hunk, char not )
{
	for (size_t i = 0; i < hunk->n; i++)
		if (hunk->items[i].kind != not ) {
			text_add_slice(out, hunk->items[i].text);
			text_addc(out, '\n');
		}
}

/* A hunk with no known place, between markers: the target's side is empty, it is for the person to
 * find. */
static void hunk_block(struct text *out, const struct conflict_ask *ask, const struct hunk *hunk)
{
	text_addf(out, "<<<<<<< %s\n||||||| before the patch\n", ask->target_name);
	hunk_text(out, hunk, '+');
	text_adds(out, "=======\n");
	hunk_text(out, hunk, '-');
	text_addf(out, ">>>>>>> %s\n", ask->patch_name);
}

/* `text` with each of the hunks that did not fit before the line where its numbers say. */
static struct slice blocks_insert(struct arena *arena, const struct conflict_ask *ask,
				  struct slice text, const struct filediff *file, const bool *fits)
{
	struct text out __free_text = TEXT_INIT;
	struct slice rest = text, line;
	size_t number = 1, h = 0;

	for (;; number++) {
		bool more = slice_line(&rest, &line);

		for (; h < file->n && (!more || file->items[h].new_start <= number); h++)
			if (!fits[h])
				hunk_block(&out, ask, &file->items[h]);
		if (!more)
			break;
		text_add_slice(&out, line);
		text_addc(&out, '\n');
	}
	return slice_copy(arena, text_slice(&out));
}

/* No pre-image: hunk by hunk. */
static int put_hunks(struct arena *arena, const struct conflict_ask *ask,
		     const struct filediff *file, struct conflict_file *out)
{
	size_t point = draft_point(ask->target), fitting = 0;
	bool *fits = arena_alloc(arena, (file->n + 1) * sizeof(*fits));
	struct slice text = out->before;
	int r = 0;

	for (size_t h = 0; h < file->n && out->in_target && r >= 0; h++) {
		struct filediff copy;
		struct diff diff = one_file(file, &copy, &file->items[h]);
		struct ladder_ask ladder = { .diff = &diff,
					     .repo = ask->repo,
					     .methods = LADDER_ALL };
		struct ladder_answer answer;

		r = ladder_apply(arena, &ladder, ask->target, &answer);
		fits[h] = !r && answer.mark != MARK_CONFLICT;
		fitting += fits[h];
	}
	if (r >= 0 && fitting)
		r = draft_read(ask->target, out->path, &text, NULL);
	draft_back(ask->target, point);
	if (r < 0)
		return -1;
	out->merged = blocks_insert(arena, ask, text, file, fits);
	out->how = arena_printf(arena,
				"hunk by hunk (no pre-image is in the store): %zu of %zu fit",
				fitting, file->n);
	return 0;
}

static int open_file(struct arena *arena, const struct conflict_ask *ask,
		     const struct filediff *file, struct conflict_file *out)
{
	struct slice pre, post;
	int r = 0;

	out->mode = file->new_mode ? file->new_mode : 0100644;
	if (file->new_path)
		r = draft_read(ask->target, out->path = file->new_path, &out->before, &out->mode);
	if (!r && file->old_path)
		r = draft_read(ask->target, out->path = file->old_path, &out->before, &out->mode);
	if (r < 0)
		return -1;
	out->in_target = r == 1;
	if (!out->in_target) {
		out->before = SLICE("");
		out->path = file->new_path ? file->new_path : file->old_path;
	}
	r = find_pre(arena, ask, file, &pre, &post, &out->how);
	if (r < 0)
		return -1;
	if (r ? merge_file(arena, ask, pre, post, out) : put_hunks(arena, ask, file, out))
		return -1;
	out->places = count_places(out->merged);
	return 0;
}

int conflict_open(struct arena *arena, const struct conflict_ask *ask, struct conflict *conflict)
{
	*conflict = (struct conflict){ 0 };
	for (size_t i = 0; i < ask->diff->n; i++) {
		if (ask->diff->items[i].binary)
			continue;
		if (open_file(arena, ask, &ask->diff->items[i], arena_push(arena, conflict)))
			return -1;
	}
	return 0;
}
