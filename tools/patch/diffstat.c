/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * git's own arithmetic, so that a mail of ours and one of git format-patch show
 * the same picture: names get what they need, the graph gets the rest but at
 * most as many columns as the largest change, and no less than three eighths of
 * the width where names are long. A change of two lines or more that has both
 * kinds shows both.
 */
#include "patch/diffstat.h"

#include <stdio.h>

struct stat_row {
	char *name; /* as shown: "{old => new}/file.c" */
	size_t added, deleted;
	bool binary;
};

struct columns {
	size_t name, number, graph;
	size_t most; /* lines changed in the file with most */
};

/* As git quotes it where it is not plain ASCII. */
static void add_name(struct text *out, struct slice name)
{
	bool quote = false;

	for (size_t i = 0; i < name.n; i++)
		quote |= (unsigned char)name.p[i] >= 0x7f || name.p[i] == '"' || name.p[i] == '\\';
	if (!quote) {
		text_add_slice(out, name);
		return;
	}
	text_addc(out, '"');
	for (size_t i = 0; i < name.n; i++) {
		unsigned char c = (unsigned char)name.p[i];

		if (c >= 0x7f)
			text_addf(out, "\\%03o", c);
		else
			text_addf(out, c == '"' || c == '\\' ? "\\%c" : "%c", c);
	}
	text_addc(out, '"');
}

/* What two paths have in common is said once: "a/{b => c}/d". */
static void add_rename(struct text *out, struct slice old, struct slice new)
{
	size_t head = 0, tail = 0, max;

	for (size_t i = 0; i < old.n && i < new.n &&old.p[i] == new.p[i]; i++)
		if (old.p[i] == '/')
			head = i + 1;
	/* The slash that ends the head may begin the tail. */
	max = (old.n < new.n ? old.n : new.n) - (head ? head - 1 : 0);
	for (size_t i = 1; i <= max && old.p[old.n - i] == new.p[new.n - i]; i++)
		if (old.p[old.n - i] == '/')
			tail = i;
	if (!head && !tail) {
		add_name(out, old);
		text_adds(out, " => ");
		add_name(out, new);
		return;
	}
	text_addf(out, SLICE_FMT "{", (int)head, old.p);
	if (old.n > head + tail)
		text_add(out, old.p + head, old.n - head - tail);
	text_adds(out, " => ");
	if (new.n > head + tail)
		text_add(out, new.p + head, new.n - head - tail);
	text_addf(out, "}" SLICE_FMT, (int)tail, old.p + old.n - tail);
}

static bool is_move(const struct filediff *file)
{
	return file->change == CHANGE_RENAME || file->change == CHANGE_COPY;
}

static void fill_row(struct arena *arena, const struct filediff *file, struct stat_row *row)
{
	struct text name __free_text = TEXT_INIT;

	if (is_move(file))
		add_rename(&name, slice_of(file->old_path), slice_of(file->new_path));
	else
		add_name(&name, slice_of(file->new_path ? file->new_path : file->old_path));
	*row = (struct stat_row){ .name = slice_str(arena, text_slice(&name)),
				  .binary = file->binary };
	for (size_t h = 0; h < file->n; h++)
		for (size_t i = 0; i < file->items[h].n; i++) {
			row->added += file->items[h].items[i].kind == '+';
			row->deleted += file->items[h].items[i].kind == '-';
		}
}

static struct columns share_width(const struct stat_row *rows, size_t n, size_t width)
{
	struct columns c = { 0 };
	size_t least;

	for (size_t i = 0; i < n; i++) {
		size_t len = strlen(rows[i].name), change = rows[i].added + rows[i].deleted;

		c.name = len > c.name ? len : c.name;
		c.most = change > c.most ? change : c.most;
		if (rows[i].binary)
			c.number = 3;
	}
	least = (size_t)snprintf(NULL, 0, "%zu", c.most);
	c.number = least > c.number ? least : c.number;
	c.graph = c.most;
	if (c.name + c.number + 6 + c.graph <= width)
		return c;
	least = width * 3 / 8 - c.number - 6;
	if (c.graph > least)
		c.graph = least < 6 ? 6 : least;
	if (c.name > width - c.number - 6 - c.graph)
		c.name = width - c.number - 6 - c.graph;
	else
		c.graph = width - c.number - 6 - c.name;
	return c;
}

static size_t scale(size_t n, const struct columns *c)
{
	return n ? 1 + n * (c->graph - 1) / c->most : 0;
}

static void write_row(struct text *out, const struct stat_row *row, const struct columns *c)
{
	const char *name = row->name, *prefix = "";
	size_t room = c->name, add = row->added, del = row->deleted, all;

	if (strlen(name) > room) {
		const char *slash;

		prefix = "...";
		room -= 3;
		name += strlen(name) - room;
		slash = strchr(name, '/');
		name = slash ? slash : name;
	}
	text_addf(out, " %s%-*s | ", prefix, (int)room, name);
	if (row->binary) {
		text_addf(out, "%*s\n", (int)c->number, "Bin");
		return;
	}
	text_addf(out, "%*zu%s", (int)c->number, add + del, add + del ? " " : "");
	if (c->graph <= c->most) {
		all = scale(add + del, c);
		if (all < 2 && add && del)
			all = 2;
		if (add < del) {
			add = scale(add, c);
			del = all - add;
		} else {
			del = scale(del, c);
			add = all - del;
		}
	}
	while (add--)
		text_addc(out, '+');
	while (del--)
		text_addc(out, '-');
	text_addc(out, '\n');
}

static void write_sums(struct text *out, const struct stat_row *rows, size_t n)
{
	size_t added = 0, deleted = 0;

	for (size_t i = 0; i < n; i++) {
		added += rows[i].added;
		deleted += rows[i].deleted;
	}
	text_addf(out, " %zu file%s changed", n, n == 1 ? "" : "s");
	if (added || !deleted)
		text_addf(out, ", %zu insertion%s(+)", added, added == 1 ? "" : "s");
	if (deleted || !added)
		text_addf(out, ", %zu deletion%s(-)", deleted, deleted == 1 ? "" : "s");
	text_addc(out, '\n');
}

/* Files that came, went, or changed their mode. */
static void write_summary(struct text *out, const struct filediff *file, const char *name)
{
	if (file->change == CHANGE_ADD)
		text_addf(out, " create mode %06o %s\n", file->new_mode, name);
	else if (file->change == CHANGE_DELETE)
		text_addf(out, " delete mode %06o %s\n", file->old_mode, name);
	else if (is_move(file) && !file->n)
		text_addf(out, " %s %s (100%%)\n", file->change == CHANGE_COPY ? "copy" : "rename",
			  name);
	if (file->change == CHANGE_MODIFY && file->old_mode && file->new_mode &&
	    file->old_mode != file->new_mode)
		text_addf(out, " mode change %06o => %06o %s\n", file->old_mode, file->new_mode,
			  name);
}

void diffstat_write(struct text *out, const struct diff *diff, size_t width)
{
	struct arena *arena __free(arena) = arena_new();
	struct stat_row *rows = arena_alloc(arena, (diff->n + 1) * sizeof(*rows));
	struct columns columns;

	for (size_t i = 0; i < diff->n; i++)
		fill_row(arena, &diff->items[i], &rows[i]);
	columns = share_width(rows, diff->n, width);
	for (size_t i = 0; i < diff->n; i++)
		write_row(out, &rows[i], &columns);
	write_sums(out, rows, diff->n);
	for (size_t i = 0; i < diff->n; i++)
		write_summary(out, &diff->items[i], rows[i].name);
}
