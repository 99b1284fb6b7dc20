/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How a diff is made and written: git's own format, so that git apply, quilt and people read it.
 *
 * Hunks between two texts come from libgit2's xdiff (Myers, with git's indent heuristic, as `git
 * diff` does without options). O(lines x differences), bounded by xdiff's own heuristics.
 */
#include <git2.h>

#include "base/fail.h"
#include "patch/diff.h"

static bool path_wants_quotes(const char *path)
{
	for (; *path; path++)
		if (*path == '"' || *path == '\\' || (unsigned char)*path >= 0x80 ||
		    (unsigned char)*path < 0x20)
			return true;
	return false;
}

/* `prefix` is "a/", "b/" or "". */
static void write_path(struct text *out, const char *prefix, const char *path)
{
	if (!path_wants_quotes(path)) {
		text_adds(out, prefix);
		text_adds(out, path);
		return;
	}
	text_addf(out, "\"%s", prefix);
	for (; *path; path++) {
		unsigned char c = (unsigned char)*path;

		if (c == '"' || c == '\\')
			text_addf(out, "\\%c", c);
		else if (c >= 0x80 || c < 0x20)
			text_addf(out, "\\%03o", c);
		else
			text_addc(out, (char)c);
	}
	text_addc(out, '"');
}

static void write_modes(struct text *out, const struct filediff *file)
{
	if (file->change == CHANGE_ADD)
		text_addf(out, "new file mode %06o\n", file->new_mode ? file->new_mode : 0100644);
	else if (file->change == CHANGE_DELETE)
		text_addf(out, "deleted file mode %06o\n",
			  file->old_mode ? file->old_mode : 0100644);
	else if (file->old_mode != file->new_mode && file->old_mode && file->new_mode)
		text_addf(out, "old mode %06o\nnew mode %06o\n", file->old_mode, file->new_mode);
}

static void write_header(struct text *out, const struct filediff *file)
{
	const char *old = file->old_path ? file->old_path : file->new_path;
	const char *new = file->new_path ? file->new_path : file->old_path;

	text_adds(out, "diff --git ");
	write_path(out, "a/", old);
	text_addc(out, ' ');
	write_path(out, "b/", new);
	text_addc(out, '\n');
	write_modes(out, file);
	if (file->change == CHANGE_RENAME || file->change == CHANGE_COPY) {
		const char *what = file->change == CHANGE_RENAME ? "rename" : "copy";

		text_addf(out, "%s from ", what);
		write_path(out, "", old);
		text_addf(out, "\n%s to ", what);
		write_path(out, "", new);
		text_addc(out, '\n');
	}
	if (file->old_id[0] && file->new_id[0]) {
		text_addf(out, "index %s..%s", file->old_id, file->new_id);
		if (file->change != CHANGE_ADD && file->change != CHANGE_DELETE && file->old_mode &&
		    file->old_mode == file->new_mode)
			text_addf(out, " %06o", file->old_mode);
		text_addc(out, '\n');
	}
}

/* "--- a/x": a name with a space gets a tab behind it, which tells where it ends. */
static void write_name(struct text *out, const char *sign, const char *prefix, const char *path)
{
	text_addf(out, "%s ", sign);
	if (path)
		write_path(out, prefix, path);
	else
		text_adds(out, "/dev/null");
	text_adds(out, path && strchr(path, ' ') ? "\t\n" : "\n");
}

static void write_range(struct text *out, char sign, size_t start, size_t count)
{
	text_addf(out, "%c%zu", sign, start);
	if (count != 1)
		text_addf(out, ",%zu", count);
}

static void write_hunk(struct text *out, const struct hunk *hunk)
{
	text_adds(out, "@@ ");
	write_range(out, '-', hunk->old_start, hunk->old_count);
	text_addc(out, ' ');
	write_range(out, '+', hunk->new_start, hunk->new_count);
	text_adds(out, " @@");
	if (hunk->heading.n) {
		text_addc(out, ' ');
		text_add_slice(out, hunk->heading);
	}
	text_addc(out, '\n');
	for (size_t i = 0; i < hunk->n; i++) {
		text_addc(out, hunk->items[i].kind);
		text_add_slice(out, hunk->items[i].text);
		text_addc(out, '\n');
		if (hunk->items[i].no_newline)
			text_adds(out, "\\ No newline at end of file\n");
	}
}

void diff_write_file(struct text *out, const struct filediff *file)
{
	write_header(out, file);
	if (file->binary) {
		text_adds(out, "Binary files ");
		write_path(out, file->old_path ? "a/" : "",
			   file->old_path ? file->old_path : "/dev/null");
		text_adds(out, " and ");
		write_path(out, file->new_path ? "b/" : "",
			   file->new_path ? file->new_path : "/dev/null");
		text_adds(out, " differ\n");
		return;
	}
	if (!file->n)
		return;
	write_name(out, "---", "a/", file->old_path);
	write_name(out, "+++", "b/", file->new_path);
	for (size_t i = 0; i < file->n; i++)
		write_hunk(out, &file->items[i]);
}

void diff_write(struct text *out, const struct diff *diff)
{
	for (size_t i = 0; i < diff->n; i++)
		diff_write_file(out, &diff->items[i]);
}

struct collect {
	struct arena *arena;
	struct filediff *file;
};

static int collect_hunk(const git_diff_delta *delta, const git_diff_hunk *from, void *data)
{
	struct collect *collect = data;
	struct hunk *hunk = arena_push(collect->arena, collect->file);
	struct slice header =
		slice_copy(collect->arena, (struct slice){ from->header, from->header_len });
	ptrdiff_t end;

	(void)delta;
	hunk->old_start = (size_t)from->old_start;
	hunk->old_count = (size_t)from->old_lines;
	hunk->new_start = (size_t)from->new_start;
	hunk->new_count = (size_t)from->new_lines;
	end = slice_find(slice_skip(header, 2), SLICE("@@"));
	if (end >= 0)
		hunk->heading = slice_trim(slice_skip(header, (size_t)end + 4));
	return 0;
}

static int collect_line(const git_diff_delta *delta, const git_diff_hunk *from,
			const git_diff_line *line, void *data)
{
	struct collect *collect = data;
	struct hunk *hunk = &collect->file->items[collect->file->n - 1];
	struct diff_line *item;

	(void)delta;
	(void)from;
	if (line->origin == GIT_DIFF_LINE_CONTEXT_EOFNL ||
	    line->origin == GIT_DIFF_LINE_ADD_EOFNL || line->origin == GIT_DIFF_LINE_DEL_EOFNL) {
		if (hunk->n)
			hunk->items[hunk->n - 1].no_newline = true;
		return 0;
	}
	item = arena_push(collect->arena, hunk);
	item->kind = line->origin;
	item->text = (struct slice){ line->content, line->content_len };
	if (item->text.n && item->text.p[item->text.n - 1] == '\n')
		item->text.n--;
	return 0;
}

int diff_texts(struct arena *arena, struct slice old, struct slice new, unsigned int context,
	       struct filediff *file)
{
	git_diff_options options;
	struct collect collect = { arena, file };

	if (git_libgit2_init() < 0)
		return fail_git("libgit2 does not start");
	git_diff_options_init(&options, GIT_DIFF_OPTIONS_VERSION);
	options.context_lines = context;
	options.flags = GIT_DIFF_FORCE_TEXT | GIT_DIFF_INDENT_HEURISTIC;
	if (git_diff_buffers(old.n ? old.p : "", old.n, "x", new.n ? new.p : "", new.n, "x",
			     &options, NULL, NULL, collect_hunk, collect_line, &collect))
		return fail_git("cannot compare two texts");
	return 0;
}
