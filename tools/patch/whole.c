/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "patch/whole.h"

#include "base/fail.h"
#include "patch/base.h"
#include "patch/compare_lines.h"
#include "patch/ctoken.h"

#define LINES_MOST 2000u     /* of a function; a longer one is left to the hunks */
#define CONTEXT_ALL 1000000u /* lines around a change: all */

/* One file before and after the patch. */
struct version_pair {
	const char *path;
	struct slice before, after;
	struct ctokens tokens_before, tokens_after;
	struct cfunctions functions_before, functions_after;
	/* Of functions_after: where they stand, and whether the patch changes a line of theirs. */
	struct stretch {
		size_t from, to;
		bool touched;
	} * stretches;
};
struct versions {
	struct version_pair *items;
	size_t n, cap;
};

static size_t newlines(const char *from, const char *to)
{
	size_t n = 0;

	for (; from < to && (from = memchr(from, '\n', (size_t)(to - from))); from++)
		n++;
	return n;
}

static void version_parse_c(struct arena *arena, struct version_pair *v)
{
	const char *at = v->after.p;
	size_t line = 1;

	v->tokens_before = ctokens_of(arena, v->before);
	v->tokens_after = ctokens_of(arena, v->after);
	v->functions_before = cfunctions_of(arena, &v->tokens_before);
	v->functions_after = cfunctions_of(arena, &v->tokens_after);
	v->stretches = arena_alloc(arena, (v->functions_after.n + 1) * sizeof(*v->stretches));
	for (size_t i = 0; i < v->functions_after.n; i++) {
		const struct cfunction *f = &v->functions_after.items[i];

		line += newlines(at, v->tokens_after.items[f->first].text.p);
		at = v->tokens_after.items[f->first].text.p;
		v->stretches[i].from = line;
		line += newlines(at, v->tokens_after.items[f->end - 1].text.p);
		at = v->tokens_after.items[f->end - 1].text.p;
		v->stretches[i].to = line;
	}
}

static void touch(struct version_pair *v, size_t line)
{
	for (size_t i = 0; i < v->functions_after.n; i++)
		v->stretches[i].touched |= line >= v->stretches[i].from &&
					   line <= v->stretches[i].to;
}

/* Which functions have a changed line in them. */
static int touch_all(struct arena *arena, struct version_pair *v)
{
	struct filediff file = { 0 };

	if (diff_texts(arena, v->before, v->after, 0, &file))
		return -1;
	for (size_t h = 0; h < file.n; h++) {
		const struct hunk *hunk = &file.items[h];
		size_t line = hunk->new_start;

		/* Nothing added: the header names the line before. */
		for (size_t i = 0; i < hunk->n; i++) {
			touch(v, line);
			line += hunk->items[i].kind != '-';
		}
	}
	return 0;
}

/* Upstream's: the base with the patches before, and with this one. */
static int versions_up(struct arena *arena, struct repo *repo, const struct series *series,
		       const struct port_patch *patch, struct versions *versions, const char **name)
{
	const struct diff *diff = &patch->patch->mail.diff;
	struct base base;
	size_t index = patch->patch->number - 1;
	int found = base_find(arena, repo, series, &base);

	*name = NULL;
	if (found <= 0)
		return found;
	if (base_advance(arena, &base, index))
		return -1;
	for (size_t i = 0; i < diff->n; i++) {
		struct version_pair *v;

		if (!diff->items[i].new_path)
			continue;
		v = arena_push(arena, versions);
		v->path = diff->items[i].new_path;
		if (draft_read(base.draft,
			       diff->items[i].old_path ? diff->items[i].old_path : v->path,
			       &v->before, NULL) < 0)
			return -1;
	}
	if (base_advance(arena, &base, index + 1))
		return -1;
	for (size_t i = 0; i < versions->n; i++) {
		struct version_pair *v = &versions->items[i];

		if (draft_read(base.draft, v->path, &v->after, NULL) < 0)
			return -1;
		version_parse_c(arena, v);
		if (touch_all(arena, v))
			return -1;
	}
	*name = base.kernel.name;
	return 0;
}

static int blob(struct arena *arena, struct pack *pack, const char *hex, struct slice *text)
{
	git_oid id;

	*text = SLICE("");
	if (strlen(hex) != GIT_OID_HEXSZ || git_oid_fromstr(&id, hex) || git_oid_is_zero(&id))
		return 0;
	return pack_read(pack, arena, &id, text) < 0 ? -1 : 0;
}

static int versions_down(struct arena *arena, struct pack *pack, const struct diff *diff,
			 struct versions *versions)
{
	for (size_t i = 0; i < diff->n; i++) {
		struct version_pair *v;

		if (!diff->items[i].new_path)
			continue;
		v = arena_push(arena, versions);
		v->path = diff->items[i].new_path;
		if (blob(arena, pack, diff->items[i].old_id, &v->before) ||
		    blob(arena, pack, diff->items[i].new_id, &v->after))
			return -1;
		version_parse_c(arena, v);
		if (touch_all(arena, v))
			return -1;
	}
	return 0;
}

/* Its lines, from the first one's start to the last one's end; empty where it is not there. */
static struct slice body(const struct ctokens *tokens, const struct cfunctions *functions,
			 struct slice name)
{
	const struct cfunction *f = cfunctions_find(functions, name);
	const char *from, *to, *end = tokens->buffer.p + tokens->buffer.n;

	if (!f)
		return SLICE("");
	from = tokens->items[f->first].text.p;
	while (from > tokens->buffer.p && from[-1] != '\n')
		from--;
	to = tokens->items[f->end - 1].text.p + tokens->items[f->end - 1].text.n;
	while (to < end && to[-1] != '\n')
		to++;
	return (struct slice){ from, (size_t)(to - from) };
}

struct pointers {
	const struct diff_line **items;
	size_t n, cap;
};

/* What the patch does to one function, all of its lines. */
static int lines_with_kinds(struct arena *arena, struct slice before, struct slice after,
			    struct pointers *lines)
{
	struct filediff *file = arena_new_of(arena, struct filediff);
	struct slice rest = after, line;

	if (slice_eq(before, after)) {
		while (slice_line(&rest, &line)) {
			struct diff_line *one = arena_new_of(arena, struct diff_line);

			*one = (struct diff_line){ .kind = ' ', .text = line };
			*arena_push(arena, lines) = one;
		}
		return 0;
	}
	if (diff_texts(arena, before, after, CONTEXT_ALL, file))
		return -1;
	for (size_t h = 0; h < file->n; h++)
		for (size_t i = 0; i < file->items[h].n; i++)
			*arena_push(arena, lines) = &file->items[h].items[i];
	return 0;
}

static const struct version_pair *version_with(const struct versions *versions, struct slice name)
{
	for (size_t i = 0; i < versions->n; i++)
		if (cfunctions_find(&versions->items[i].functions_after, name) ||
		    cfunctions_find(&versions->items[i].functions_before, name))
			return &versions->items[i];
	return NULL;
}

static int whole_add(struct arena *arena, struct wholes *wholes, const struct versions *up,
		     const struct versions *down, struct slice name)
{
	const struct versions *sides[] = { up, down };
	struct pointers lines[2] = { 0 };
	const char *path = NULL;
	struct whole *whole;

	for (size_t i = 0; i < wholes->n; i++)
		if (slice_is(name, wholes->items[i].name))
			return 0;
	for (int s = 0; s < 2; s++) {
		const struct version_pair *v = version_with(sides[s], name);

		if (!v)
			continue;
		path = v->path;
		if (lines_with_kinds(arena, body(&v->tokens_before, &v->functions_before, name),
				     body(&v->tokens_after, &v->functions_after, name), &lines[s]))
			return -1;
	}
	if (lines[0].n > LINES_MOST || lines[1].n > LINES_MOST)
		return 0;
	whole = arena_push(arena, wholes);
	whole->name = slice_str(arena, name);
	whole->path = path;
	compare_lines(arena, lines[0].items, lines[0].n, lines[1].items, lines[1].n, &whole->lines);
	return 0;
}

int whole_functions(struct arena *arena, struct repo *repo, struct pack *pack,
		    const struct series *series, const struct compared_port *compared,
		    struct wholes *wholes)
{
	struct versions up = { 0 }, down = { 0 };
	const struct versions *sides[] = { &down, &up };

	*wholes = (struct wholes){ 0 };
	if (versions_up(arena, repo, series, compared->patch, &up, &wholes->base) ||
	    versions_down(arena, pack, &compared->diff, &down))
		return -1;
	for (size_t s = 0; s < 2; s++)
		for (size_t i = 0; i < sides[s]->n; i++) {
			const struct version_pair *v = &sides[s]->items[i];

			for (size_t k = 0; k < v->functions_after.n; k++)
				if (v->stretches[k].touched &&
				    whole_add(arena, wholes, &up, &down,
					      v->functions_after.items[k].name))
					return -1;
		}
	return 0;
}
