/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The ladder: files of a patch, one after the other, each by the first method that is sure.
 *
 * First everything is tried as it is, which is all that most patches need and touches no more than the files of the patch.
 * Only what is left over is looked at with the base's help. A patch lands whole or not at all.
 */
#include "patch/ladder.h"

#include "base/fail.h"
#include "patch/fileport.h"
#include "patch/move.h"
#include "patch/present.h"
#include "patch/symbol.h"

#define UNKNOWN_MAX                                                                                \
	8 /* new names from which on a merge is not sure: where the surroundings changed, so do the APIs that nobody here can see */
#define NEW_CODE_MAX 1500 /* bytes of a new file that may go unchecked */

struct climb {
	struct arena *arena;
	const struct ladder_ask *ask;
	struct draft *draft;
	struct ladder_answer *answer;
	bool unsure; /* something of the patch did not fit as it is */
	struct symbols *known,
		*brought; /* names of base and target, and of the added lines, of all files */
};

static bool may(const struct climb *c, enum mark mark)
{
	return c->ask->methods & LADDER_ONLY(mark);
}

static struct hunk_fate *add_fate(struct climb *c, size_t file, size_t hunk, const char *path,
				  enum mark mark)
{
	struct hunk_fate *fate = arena_push(c->arena, c->answer);

	*fate = (struct hunk_fate){ .file = file, .hunk = hunk, .path = path, .mark = mark };
	return fate;
}

static bool add_whole(struct climb *c, size_t file, const char *path, enum mark mark,
		      const char *evidence)
{
	add_fate(c, file, 0, path, mark)->evidence = arena_printf(c->arena, "%s", evidence);
	return mark != MARK_CONFLICT;
}

/* The file as the patch's own lines have it. */
static struct slice added_text(struct climb *c, const struct filediff *file)
{
	struct text out __free_text = TEXT_INIT;

	for (size_t i = 0; i < file->n; i++)
		for (size_t k = 0; k < file->items[i].n; k++) {
			const struct diff_line *line = &file->items[i].items[k];

			if (line->kind == '-')
				continue;
			text_add_slice(&out, line->text);
			if (!line->no_newline)
				text_addc(&out, '\n');
		}
	return slice_copy(c->arena, text_slice(&out));
}

/* A new file: 1 landed, 0 conflict, -1. */
static int climb_added(struct climb *c, size_t index, const struct filediff *file)
{
	struct slice text, there;
	int r = draft_read(c->draft, file->new_path, &there, NULL);

	if (r < 0)
		return -1;
	text = added_text(c, file);
	if (!r && file->binary)
		return add_whole(c, index, file->new_path, MARK_CONFLICT,
				 "a new binary file, which a text patch does not carry");
	if (!r) {
		if (c->ask->bare && c->unsure && text.n > NEW_CODE_MAX &&
		    fileport_is_code(file->new_path))
			return add_whole(
				c, index, file->new_path, MARK_CONFLICT,
				"new code, and the rest does not fit as it is: nothing here says that its names exist");
		if (!may(c, MARK_EXACT))
			return add_whole(c, index, file->new_path, MARK_CONFLICT,
					 "a new file, which only '=' may write");
		if (draft_write(c->draft, file->new_path, text,
				file->new_mode ? file->new_mode : 0100644))
			return -1;
		add_whole(c, index, file->new_path, MARK_EXACT, "a new file");
		c->answer->items[c->answer->n - 1].line = 1;
		return 1;
	}
	if (slice_eq(text, there) && may(c, MARK_PRESENT))
		return add_whole(c, index, file->new_path, MARK_PRESENT,
				 "the new file is there, byte for byte");
	return add_whole(c, index, file->new_path, MARK_CONFLICT,
			 "the patch adds this file, and the target has another one of that name");
}

static int climb_deleted(struct climb *c, size_t index, const struct filediff *file)
{
	struct fileport port;
	struct slice there;
	int r = draft_read(c->draft, file->old_path, &there, NULL);

	if (r < 0)
		return -1;
	if (!r)
		return add_whole(c, index, file->old_path,
				 may(c, MARK_PRESENT) ? MARK_PRESENT : MARK_CONFLICT,
				 "the file that the patch removes is not there");
	fileport_init(&port, c->arena, file, there);
	if (!may(c, MARK_EXACT) || file->binary || !fileport_exact(&port, false) ||
	    fileport_text(&port, arena_alloc(c->arena, (file->n + 1) * sizeof(size_t))).n)
		return add_whole(c, index, file->old_path, MARK_CONFLICT,
				 "the file that the patch removes is another one here");
	if (draft_remove(c->draft, file->old_path) < 0)
		return -1;
	return add_whole(c, index, file->old_path, MARK_EXACT, "the removed file is the same here");
}

/* The text that the patch was made for, if somebody has it: 1, 0, -1. */
static int find_base(struct climb *c, const struct filediff *file, struct fileport *port)
{
	int r = 0;

	if (file->old_id[0] && c->ask->repo)
		r = repo_blob_by_prefix(c->ask->repo, c->arena, file->old_id, &port->base);
	if (r < 0)
		return -1;
	if (r) {
		port->base_name = "the pre-image";
		return 1;
	}
	port->base = (struct slice){ 0 };
	if (!c->ask->base)
		return 0;
	r = draft_read(c->ask->base, file->old_path, &port->base, NULL);
	if (r <= 0)
		port->base = (struct slice){ 0 };
	port->base_name = c->ask->base_name;
	return r;
}

static void add_fates(struct climb *c, size_t index, const char *path, struct fileport *port,
		      const size_t *line)
{
	for (size_t i = 0; i < port->file->n; i++) {
		const struct hunk_fit *fit = &port->hunks[i];
		struct hunk_fate *fate = add_fate(
			c, index, i, path, fit->mark == MARK_NONE ? MARK_CONFLICT : fit->mark);

		fate->evidence = fit->evidence;
		fate->note = fit->note;
		fate->offset = fit->offset;
		fate->line = line && fit->mark != MARK_PRESENT ? line[i] : 0;
	}
}

/* A file that has another folder in the target: only what is not renamed by the patch, and with a base to compare. */
static int find_moved(struct climb *c, const struct filediff *file, struct move *move)
{
	struct fileport base = { 0 };
	int r;

	if (!may(c, MARK_MOVED) || file->change != CHANGE_MODIFY || file->binary)
		return 0;
	r = find_base(c, file, &base);
	return r <= 0 ? r : move_find(c->arena, c->draft, file->old_path, base.base, move);
}

static void say_moved(struct climb *c, struct hunk_fit *fit, const struct filediff *file,
		      const struct move *move)
{
	if (fit->mark == MARK_PRESENT)
		return;
	fit->mark = mark_worse(fit->mark, MARK_MOVED);
	fit->evidence = arena_printf(c->arena, "%s is %s here (%u of 100 lines); %s",
				     file->old_path, move->path, move->kept, fit->evidence);
	fit->note = arena_printf(c->arena, "%s is %s here", file->old_path, move->path);
}

/* A file that is changed in place (or renamed, to where `to` says). */
static int climb_changed(struct climb *c, size_t index, const struct filediff *file)
{
	const char *path = file->old_path, *to = file->new_path;
	struct fileport port;
	struct slice there, result;
	struct move move = { 0 };
	unsigned int mode;
	size_t *line = arena_alloc(c->arena, (file->n + 1) * sizeof(*line));
	int r = draft_read(c->draft, path, &there, &mode);
	bool all;

	if (r < 0)
		return -1;
	if (!r) {
		r = find_moved(c, file, &move);
		if (r < 0)
			return -1;
		if (!r)
			return add_whole(c, index, path, MARK_CONFLICT,
					 "the target has no such file");
		path = to = move.path;
		there = move.text;
		mode = move.mode;
	}
	if (file->binary)
		return add_whole(c, index, path, MARK_CONFLICT, "a change of a binary file");
	fileport_init(&port, c->arena, file, there);
	port.bare = c->ask->bare;
	port.fits = !c->unsure;
	port.known = c->known;
	port.brought = c->brought;
	all = may(c, MARK_EXACT) && fileport_exact(&port, may(c, MARK_PRESENT));
	if (!all || c->ask->base) {
		if (find_base(c, file, &port) < 0)
			return -1;
		all = fileport_merge(&port, c->ask->methods);
	}
	if (!all) {
		add_fates(c, index, path, &port, NULL);
		return 0;
	}
	for (size_t i = 0; move.path && i < file->n; i++)
		say_moved(c, &port.hunks[i], file, &move);
	result = fileport_text(&port, line);
	if (file->new_mode && file->old_mode && file->new_mode != file->old_mode)
		mode = file->new_mode;
	if (file->change == CHANGE_RENAME && draft_remove(c->draft, path) < 0)
		return -1;
	if ((!slice_eq(result, there) || strcmp(path, to) || mode == file->new_mode) &&
	    draft_write(c->draft, to, result, mode))
		return -1;
	add_fates(c, index, to, &port, line);
	if (!file->n)
		add_whole(c, index, to, MARK_EXACT, "the file's name or mode");
	return 1;
}

/* The file itself, then the other files of its folder and kind. */
struct siblings {
	struct climb *c;
	const char *path;
	struct repo_names names;
	bool listed;
	struct {
		struct present_text *items;
		size_t n, cap;
	} read;
	size_t next; /* name to read next */
};

static int list_siblings(struct siblings *s)
{
	const char *slash = strrchr(s->path, '/');
	char *dir = slash ? arena_copy(s->c->arena, s->path, (size_t)(slash - s->path)) :
			    arena_strdup(s->c->arena, "");

	s->listed = true;
	return draft_list(s->c->draft, s->c->arena, dir, &s->names) < 0 ? -1 : 0;
}

/* Read the next file of the folder that may hold a moved function: 1, 0 no more, -1. */
static int read_sibling(struct siblings *s)
{
	const char *slash = strrchr(s->path, '/'), *dot = strrchr(s->path, '.');

	if (!s->listed && list_siblings(s))
		return -1;
	while (s->next < s->names.n) {
		const struct repo_name *name = &s->names.items[s->next++];
		const char *suffix = strrchr(name->name, '.');
		struct present_text text;
		int r;

		if ((name->entry.mode & 0170000) != 0100000 || !suffix || !dot ||
		    strcmp(suffix, dot))
			continue;
		text.path = slash ? arena_printf(s->c->arena, "%.*s/%s", (int)(slash - s->path),
						 s->path, name->name) :
				    name->name;
		if (!strcmp(text.path, s->path))
			continue;
		r = draft_read(s->c->draft, text.path, &text.text, NULL);
		if (r < 0)
			return -1;
		if (!r)
			continue;
		*arena_push(s->c->arena, &s->read) = text;
		return 1;
	}
	return 0;
}

static int sibling_text(void *data, size_t index, struct present_text *text)
{
	struct siblings *s = data;
	int r = 1;

	if (!s->read.n) {
		struct present_text own = { s->path, { "", 0 } };

		if (draft_read(s->c->draft, s->path, &own.text, NULL) < 0)
			return -1;
		*arena_push(s->c->arena, &s->read) = own;
	}
	while (index >= s->read.n && r == 1)
		r = read_sibling(s);
	if (r == 1)
		*text = s->read.items[index];
	return r;
}

/* Is all of the patch in the target, refactored or moved? 1 with the fates, 0, -1. */
static int climb_present(struct climb *c)
{
	struct ladder_answer found = { 0 }, *was = c->answer;
	bool strong = false;

	c->answer = &found;
	for (size_t i = 0; i < c->ask->diff->n; i++) {
		const struct filediff *file = &c->ask->diff->items[i];
		struct siblings siblings = { .c = c, .path = file->old_path };
		struct present_ask ask = { file, sibling_text, &siblings, { 0 } };
		struct fileport base = { 0 };
		struct present present;

		if (file->change != CHANGE_MODIFY || file->binary || !file->n) {
			c->answer = was;
			return 0;
		}
		if (find_base(c, file, &base) < 0) {
			c->answer = was;
			return -1;
		}
		ask.base = base.base;
		if (present_find(c->arena, &ask, &present)) {
			c->answer = was;
			return -1;
		}
		for (size_t h = 0; h < file->n && present.all; h++) {
			struct hunk_fate *fate = add_fate(
				c, i, h,
				present.hunks[h].path ? present.hunks[h].path : file->old_path,
				MARK_PRESENT);

			fate->evidence = present.hunks[h].evidence;
		}
		strong |= present.strong;
		if (!present.all)
			break;
		if (i + 1 == c->ask->diff->n && strong) {
			c->answer = was;
			*was = found;
			was->mark = MARK_PRESENT;
			return 1;
		}
	}
	c->answer = was;
	return 0;
}

static int climb_file(struct climb *c, size_t index)
{
	const struct filediff *file = &c->ask->diff->items[index];

	switch (file->change) {
	case CHANGE_ADD:
		return climb_added(c, index, file);
	case CHANGE_DELETE:
		return climb_deleted(c, index, file);
	default:
		return climb_changed(c, index, file);
	}
}

/* Does the patch bring more names that neither base nor target has than a merge can answer for? */
static bool too_new(struct climb *c)
{
	struct text names __free_text = TEXT_INIT;
	size_t n = 0;

	for (size_t i = 0; i < c->brought->n; i++) {
		struct slice name = c->brought->items[i].name;

		if (name.n < 3 || symbol_common(name) || symbols_find(c->known, name))
			continue;
		if (n++ < 4)
			text_addf(&names, "%s" SLICE_FMT, n > 1 ? ", " : "", SLICE_ARG(name));
	}
	for (size_t i = 0; n >= UNKNOWN_MAX && i < c->answer->n; i++) {
		struct hunk_fate *fate = &c->answer->items[i];

		if (fate->mark <= MARK_RECORDED)
			continue;
		fate->mark = MARK_CONFLICT;
		fate->evidence = arena_printf(
			c->arena,
			"%s; but the patch brings %zu names that nothing here vouches for (%s, ...)",
			fate->evidence, n, text_str(&names));
	}
	return n >= UNKNOWN_MAX;
}

static int climb_all(struct climb *c, bool *all)
{
	*all = true;
	c->known = symbols_new(c->arena);
	c->brought = symbols_new(c->arena);
	*c->answer = (struct ladder_answer){ 0 };
	for (size_t i = 0; i < c->ask->diff->n; i++) {
		int r = climb_file(c, i);

		if (r < 0)
			return -1;
		*all &= r > 0;
	}
	c->answer->mark = MARK_NONE;
	for (size_t i = 0; i < c->answer->n; i++)
		c->answer->mark = mark_worse(c->answer->mark, c->answer->items[i].mark);
	if (*all && c->answer->mark > MARK_RECORDED && too_new(c))
		*all = false;
	return 0;
}

int ladder_apply(struct arena *arena, const struct ladder_ask *ask, struct draft *draft,
		 struct ladder_answer *answer)
{
	const unsigned int plain = LADDER_ONLY(MARK_EXACT) | LADDER_ONLY(MARK_PRESENT);
	struct ladder_ask only = *ask;
	struct climb c = { arena, &only, draft, answer, false, NULL, NULL };
	size_t point = draft_point(draft);
	bool all;
	int r;

	only.methods = ask->methods & plain;
	if (climb_all(&c, &all))
		return -1;
	if (all)
		return 0;
	draft_back(draft, point);
	r = may(&c, MARK_PRESENT) ? climb_present(&c) : 0;
	if (r)
		return r < 0 ? -1 : 0;
	if (ask->methods & ~plain) {
		c.unsure = true;
		only.methods = ask->methods;
		if (climb_all(&c, &all))
			return -1;
	}
	if (!all) {
		draft_back(draft, point);
		answer->mark = MARK_CONFLICT;
	}
	return 0;
}
