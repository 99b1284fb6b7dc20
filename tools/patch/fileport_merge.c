/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The hunks that do not fit as they are, merged group by group (patch/merge.h).
 */
#include <ctype.h>

#include "patch/check.h"
#include "patch/fileport.h"
#include "patch/ladder.h"
#include "patch/merge.h"
#include "patch/place.h"
#include "patch/scope.h"

#define KEPT_MIN                                                                                   \
	45 /* percent of the base's lines that a target has to have before anything is merged into it */

struct merging {
	struct fileport *port;
	struct vocabulary *vocabulary;
	struct source *base, *target;
	struct align *align;
	struct renames renames;
	size_t *at; /* for each hunk: base line of its pre-image */
	struct merge_ask ask;
	struct check check;
};

/* A file that the patch adds has no old path. */
static const char *path_of(const struct filediff *file)
{
	return file->old_path ? file->old_path : file->new_path;
}

/* Where the hunks stand in the base; false when it is not the base of this patch. */
static bool find_in_base(struct merging *m)
{
	const struct filediff *file = m->port->file;
	size_t floor = 0;
	long delta = 0;

	for (size_t i = 0; i < file->n; i++) {
		struct place place = place_hunk(&m->base->lines, &file->items[i], floor, delta);

		if (!file->items[i].old_count)
			place.at = file->items[i].old_start;
		else if (place.at == PLACE_NONE || (!place.expected && place.count != 1))
			return false;
		delta = (long)place.at - ((long)file->items[i].old_start - 1);
		floor = place.at + file->items[i].old_count;
		m->at[i] = place.at;
	}
	return true;
}

static void splice_group(struct fileport *port, const struct group *group)
{
	struct splice *splice;

	if (group->present)
		return;
	splice = arena_push(port->arena, &port->splices);
	*splice = (struct splice){ .at = group->at,
				   .drop = group->drop,
				   .lines = group->lines,
				   .n = group->n_lines,
				   .hunk = group->hunk };
}

/* ~: would the group find its place without a base, since what it needs stands in the target once? */
static bool stands_once(const struct merging *m, const struct group *group)
{
	bool inserts = group->from == group->to;
	size_t from = inserts ? group->from - 1 : group->from,
	       n = inserts ? 2 : group->to - group->from;

	if (group->present ||
	    (strcmp(group->rule, "insert-between") && strcmp(group->rule, "removed-together")))
		return false;
	if (inserts && (!group->from || group->from == m->base->lines.n))
		return false;
	return place_all(&m->target->lines, m->base->lines.items + from, n, NULL, 0) == 1;
}

/* All groups of a hunk decide what the hunk is. */
static bool settle_hunk(struct merging *m, size_t number, const struct groups *groups)
{
	struct hunk_fit *fit = &m->port->hunks[number];
	struct text why __free_text = TEXT_INIT;
	const char *note = NULL;
	bool sure = true, first = true;
	size_t landed = 0; /* base line of the first group that changes something */

	fit->mark = MARK_NONE;
	for (size_t i = 0; i < groups->n; i++) {
		const struct group *group = &groups->items[i];

		if (sure && !group->sure)
			text_clear(&why);
		if (sure || !group->sure)
			text_addf(&why, "%s%s", why.len ? "; " : "", group->why);
		sure &= group->sure;
		fit->mark = mark_worse(fit->mark,
				       group->mark == MARK_THREEWAY && stands_once(m, group) ?
					       MARK_CONTEXT :
					       group->mark);
		if (group->note)
			note = group->note;
		if (first && group->sure && !group->present) {
			fit->at = group->at;
			landed = group->from;
			first = false;
		}
	}
	fit->evidence = slice_str(m->port->arena, text_slice(&why));
	if (!sure) {
		fit->mark = MARK_CONFLICT;
		return false;
	}
	fit->note = note		      ? arena_printf(m->port->arena, "%s", note) :
		    fit->mark == MARK_PRESENT ? NULL :
						arena_printf(m->port->arena, "context adjusted");
	if (!first)
		fit->offset = (long)fit->at - (long)(m->port->file->items[number].old_start - 1 +
						     (landed - m->at[number]));
	for (size_t i = 0; i < groups->n; i++)
		splice_group(m->port, &groups->items[i]);
	return true;
}

/* Does the line define what it names last: "#define X", "static int x(...", "struct y *x;"? Then *name is that. */
static bool defines(struct vocabulary *vocabulary, struct slice line, struct slice *name)
{
	struct words words = words_of(vocabulary, line);

	if (words.n > 2 && slice_is(words.items[1].text, "define")) {
		*name = words.items[2].text;
		return true;
	}
	if (line.n && isalpha((unsigned char)line.p[0]) && memchr(line.p, '(', line.n) &&
	    !slice_ends(line, ";")) {
		*name = scope_name(line);
		return true;
	}
	if (words.n < 3 || words.n > 8 || !slice_is(words.items[words.n - 1].text, ";") ||
	    words.items[words.n - 2].kind != WORD_NAME || words.items[0].kind != WORD_NAME ||
	    slice_is(words.items[0].text, "return") || slice_is(words.items[0].text, "goto"))
		return false;
	*name = words.items[words.n - 2].text;
	return words.items[words.n - 3].kind == WORD_NAME ||
	       slice_is(words.items[words.n - 3].text, "*");
}

static struct symbols *removed_names(struct fileport *port, struct vocabulary *vocabulary)
{
	struct symbols *removed = symbols_new(port->arena);
	struct lines lines = { 0 };

	for (size_t i = 0; i < port->file->n; i++)
		for (size_t k = 0; k < port->file->items[i].n; k++)
			if (port->file->items[i].items[k].kind == '-')
				*arena_push(port->arena, &lines) =
					port->file->items[i].items[k].text;
	symbols_add_lines(removed, lines.items, lines.n);
	for (size_t i = 0; i < lines.n; i++) {
		struct slice name;
		unsigned int number;

		if (defines(vocabulary, lines.items[i], &name) &&
		    names_find(removed->names, name, &number))
			removed->items[number].removed = true;
	}
	return removed;
}

/* The names of the base with the patch. */
static struct symbols *names_after(struct fileport *port)
{
	size_t *line = arena_alloc(port->arena, (port->file->n + 1) * sizeof(*line));
	struct symbols *after;
	struct fileport own;

	fileport_init(&own, port->arena, port->file, port->base);
	if (!fileport_exact(&own, false))
		return NULL;
	after = symbols_new(port->arena);
	symbols_add(after, fileport_text(&own, line));
	return after;
}

/* For the caller, who sees all files of the patch. */
static void add_names(struct fileport *port)
{
	if (!port->known)
		return;
	symbols_add(port->known, port->base);
	symbols_add(port->known, port->text);
	for (size_t i = 0; i < port->file->n; i++)
		for (size_t k = 0; k < port->file->items[i].n; k++)
			if (port->file->items[i].items[k].kind == '+')
				symbols_add_lines(port->brought,
						  &port->file->items[i].items[k].text, 1);
}

static void prepare(struct merging *m)
{
	struct fileport *port = m->port;
	struct check *check = &m->check;

	m->align = align_new(port->arena, m->base, m->target);
	*check = (struct check){ .arena = port->arena,
				 .vocabulary = m->vocabulary,
				 .base = m->base,
				 .target = m->target,
				 .align = m->align,
				 .base_text = port->base };
	check->code = fileport_is_code(path_of(port->file));
	check->fits = port->fits;
	check->tree = strstr(path_of(port->file), ".dts") != NULL;
	check->removed = removed_names(port, m->vocabulary);
	check->in_base = symbols_new(port->arena);
	check->in_target = symbols_new(port->arena);
	symbols_add(check->in_base, port->base);
	symbols_add(check->in_target, port->text);
	if (check->code) {
		check->in_after = names_after(port);
		add_names(port);
	}
	m->renames = renames_learn(port->arena, m->align, check->in_base, check->in_target);
	m->ask = (struct merge_ask){
		.align = m->align, .renames = &m->renames, .words = true, .plain = MARK_THREEWAY
	};
}

/* A hunk that fits as it is: nothing to decide, but the same checks to pass. */
static bool check_exact(struct merging *m, size_t number)
{
	struct fileport *port = m->port;
	struct hunk_fit *fit = &port->hunks[number];
	struct groups groups = { 0 };

	groups_of_hunk(port->arena, &port->file->items[number], number, m->at[number], &groups);
	for (size_t k = 0; k < groups.n; k++) {
		struct group *group = &groups.items[k];

		group->sure = true;
		group->mark = MARK_EXACT;
		group->at = group->from - m->at[number] + fit->place;
		group->drop = group->to - group->from;
		group->lines = group->added;
		group->n_lines = group->n_added;
		check_group(&m->check, group);
		if (group->sure)
			continue;
		fit->mark = MARK_CONFLICT;
		fit->evidence = arena_printf(port->arena, "fits as text, but %s", group->why);
		return false;
	}
	return true;
}

static bool merge_hunk(struct merging *m, size_t number)
{
	struct groups groups = { 0 };

	groups_of_hunk(m->port->arena, &m->port->file->items[number], number, m->at[number],
		       &groups);
	for (size_t k = 0; k < groups.n; k++) {
		merge_group(m->port->arena, &m->ask, &groups.items[k]);
		check_group(&m->check, &groups.items[k]);
	}
	return settle_hunk(m, number, &groups);
}

/* The whole file, once every hunk has its place. */
static bool check_whole(struct merging *m)
{
	struct fileport *port = m->port;
	size_t *line = arena_alloc(port->arena, (port->file->n + 1) * sizeof(*line));
	char *why = check_result(&m->check, fileport_text(port, line));

	for (size_t i = 0; why && i < port->file->n; i++) {
		port->hunks[i].mark = MARK_CONFLICT;
		port->hunks[i].evidence = why;
	}
	return !why;
}

/* Percent of the base's lines that the target has, too. */
static size_t lines_kept(const struct align *align)
{
	size_t n = 0, kept = 0;

	for (size_t i = 0; i < align->a->lines.n; i++) {
		if (align->a->weight[i] != WEIGHT_FULL)
			continue;
		n++;
		kept += align->alike[i] == 100;
	}
	return n ? 100 * kept / n : 100;
}

static bool merge_with_base(struct merging *m)
{
	struct fileport *port = m->port;
	bool all = true;

	prepare(m);
	if (m->check.code && lines_kept(m->align) < KEPT_MIN) {
		for (size_t i = 0; i < port->file->n; i++) {
			if (port->hunks[i].mark != MARK_NONE)
				continue;
			all = false;
			port->hunks[i].mark = MARK_CONFLICT;
			port->hunks[i].evidence = arena_printf(
				port->arena,
				"the target has only %zu of 100 lines of %s: the same text may mean something else",
				lines_kept(m->align),
				port->base_name ? port->base_name : "the base");
		}
		if (!all)
			return false;
	}
	for (size_t i = 0; i < port->file->n; i++) {
		if (port->hunks[i].mark == MARK_EXACT)
			all &= check_exact(m, i);
		else if (port->hunks[i].mark == MARK_NONE)
			all &= merge_hunk(m, i);
	}
	return all && check_whole(m);
}

/* The function that the heading names has to be where a group lands, unless the hunk itself shows another one. */
static bool heading_agrees(const struct merging *m, const struct hunk *hunk,
			   const struct group *group)
{
	struct scope is = scope_at(m->target, group->at);

	if (!m->check.code || !hunk->heading.n || !memchr(hunk->heading.p, '(', hunk->heading.n))
		return true;
	for (size_t i = 0; i <= group->from && i < m->base->lines.n; i++) {
		struct slice line = m->base->lines.items[i];

		if (line.n && (line.p[0] == '}' || isalpha((unsigned char)line.p[0])))
			return true;
	}
	return is.head != SCOPE_NONE && slice_eq(is.name, scope_name(hunk->heading));
}

/* CONFIG_ symbols that the file has not: without a base nothing shows that the target knows them, and #ifdef never complains. */
static bool new_config(const struct merging *m, const struct group *group)
{
	for (size_t i = 0; i < group->n_lines; i++) {
		struct words words = words_of(m->vocabulary, group->lines[i]);

		for (size_t k = 0; k < words.n; k++)
			if (slice_starts(words.items[k].text, "CONFIG_") &&
			    slice_find(m->port->text, words.items[k].text) < 0)
				return true;
	}
	return false;
}

/* Without a base the hunk's own lines are one, of which only what stands in the target once counts. */
static bool merge_by_context(struct merging *m, size_t number)
{
	struct fileport *port = m->port;
	const struct hunk *hunk = &port->file->items[number];
	struct groups groups = { 0 };

	m->base = source_of_lines(m->vocabulary, hunk_lines_before(port->arena, hunk));
	m->align = align_new(port->arena, m->base, m->target);
	m->ask = (struct merge_ask){ .align = m->align, .plain = MARK_THREEWAY };
	groups_of_hunk(port->arena, hunk, number, 0, &groups);
	for (size_t k = 0; k < groups.n; k++) {
		struct group *group = &groups.items[k];

		merge_group(port->arena, &m->ask, group);
		if (group->sure && !group->present &&
		    (!stands_once(m, group) || !heading_agrees(m, hunk, group))) {
			group->sure = false;
			group->rule = "context-weak";
			group->why = arena_printf(port->arena,
						  "without a base its place is not certain");
		} else if (group->sure && !group->present && new_config(m, group)) {
			group->sure = false;
			group->rule = "config";
			group->why = arena_printf(
				port->arena,
				"it brings a CONFIG_ symbol that the file does not have");
		}
	}
	return settle_hunk(m, number, &groups);
}

static bool merge_without_base(struct merging *m)
{
	struct fileport *port = m->port;
	bool all = true;

	m->check.code = fileport_is_code(path_of(port->file));
	for (size_t i = 0; i < port->file->n; i++)
		if (port->hunks[i].mark == MARK_NONE)
			all &= merge_by_context(m, i);
	return all;
}

bool fileport_merge(struct fileport *port, unsigned int methods)
{
	struct merging m = { .port = port };
	bool all = true;

	for (size_t i = 0; i < port->file->n; i++)
		all &= port->hunks[i].mark != MARK_NONE;
	if (all && !port->base.p)
		return true;
	m.vocabulary = vocabulary_new(port->arena);
	m.target = source_of_lines(m.vocabulary, port->lines);
	m.at = arena_alloc(port->arena, (port->file->n + 1) * sizeof(*m.at));
	if (port->base.p && (all || methods & LADDER_ONLY(MARK_THREEWAY))) {
		m.base = source_new(m.vocabulary, port->base);
		if (find_in_base(&m))
			return merge_with_base(&m);
	}
	if (!all && methods & LADDER_ONLY(MARK_CONTEXT))
		return merge_without_base(&m);
	for (size_t i = 0; i < port->file->n; i++)
		if (port->hunks[i].mark == MARK_NONE)
			port->hunks[i].mark = MARK_CONFLICT;
	return all;
}
