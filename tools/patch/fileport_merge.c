/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The hunks that do not fit as they are, merged group by group (patch/merge.h).
 */
#include "patch/fileport.h"
#include "patch/ladder.h"
#include "patch/merge.h"
#include "patch/place.h"
#include "patch/scope.h"

struct merging {
	struct fileport *port;
	struct vocabulary *vocabulary;
	struct source *base, *target;
	struct align *align;
	struct renames renames;
	size_t *at; /* for each hunk: base line of its pre-image */
	struct merge_ask ask;
	struct symbols *in_base, *in_target;
};

static void add_scope(struct symbols *symbols, const struct source *source, const struct scope *scope, size_t skip_from, size_t skip_to)
{
	for (size_t i = scope->first; i <= scope->last && i < source->lines.n; i++)
		if (i < skip_from || i >= skip_to)
			symbols_add_lines(symbols, &source->lines.items[i], 1);
}

/* Names that the group brings and that its function has in the base must be in the function of the target: locals, labels. */
static void check_scope(struct merging *m, struct group *group)
{
	struct arena *scratch __free(arena) = arena_new();
	struct scope was = scope_at(m->base, group->from), is = scope_at(m->target, group->at);
	struct symbols *brought = symbols_new(scratch), *before = symbols_new(scratch), *there = symbols_new(scratch);
	struct symbol_miss miss;

	if (!group->sure || group->present)
		return;
	if ((was.head == SCOPE_NONE) != (is.head == SCOPE_NONE) ||
	    (was.head != SCOPE_NONE && !slice_eq(was.name, is.name) && m->align->to[was.head] != is.head)) {
		group->sure = false;
		group->rule = "scope-differs";
		group->why = arena_printf(m->port->arena, "it would land in '" SLICE_FMT "' instead of '" SLICE_FMT "'", SLICE_ARG(is.name), SLICE_ARG(was.name));
		return;
	}
	if (was.head == SCOPE_NONE)
		return;
	symbols_add_lines(brought, group->lines, group->n_lines);
	add_scope(before, m->base, &was, group->from, group->to);
	add_scope(there, m->target, &is, 0, 0);
	if (!symbols_miss(brought, before, there, &miss))
		return;
	group->sure = false;
	group->rule = miss.arity ? "scope-arity" : "scope-name";
	group->why = arena_printf(m->port->arena, miss.arity ? "'" SLICE_FMT "' takes other arguments in this function" :
							      "its function has no '" SLICE_FMT "' here", SLICE_ARG(miss.name));
}

static void check_file(struct merging *m, struct group *group)
{
	struct arena *scratch __free(arena) = arena_new();
	struct symbols *brought = symbols_new(scratch);
	struct symbol_miss miss;

	if (!group->sure || group->present)
		return;
	symbols_add_lines(brought, group->lines, group->n_lines);
	if (!symbols_miss(brought, m->in_base, m->in_target, &miss))
		return;
	group->sure = false;
	group->rule = miss.arity ? "file-arity" : "file-name";
	group->why = arena_printf(m->port->arena, miss.arity ? "'" SLICE_FMT "' takes other arguments in the target" : "the target has no '" SLICE_FMT "'", SLICE_ARG(miss.name));
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
	*splice = (struct splice){ .at = group->at, .drop = group->drop, .lines = group->lines, .n = group->n_lines, .hunk = group->hunk };
}

/* All groups of a hunk decide what the hunk is. */
static bool settle_hunk(struct merging *m, size_t number, const struct groups *groups)
{
	struct hunk_fit *fit = &m->port->hunks[number];
	struct text why __free_text = TEXT_INIT;
	const char *note = NULL;
	bool sure = true, first = true;

	fit->mark = MARK_NONE;
	for (size_t i = 0; i < groups->n; i++) {
		const struct group *group = &groups->items[i];

		if (sure && !group->sure)
			text_clear(&why);
		if (sure || !group->sure)
			text_addf(&why, "%s%s [%s]", why.len ? "; " : "", group->why, group->rule);
		sure &= group->sure;
		fit->mark = mark_worse(fit->mark, group->mark);
		if (group->note)
			note = group->note;
		if (first && group->sure && !group->present) {
			fit->at = group->at;
			first = false;
		}
	}
	fit->evidence = slice_str(m->port->arena, text_slice(&why));
	if (!sure) {
		fit->mark = MARK_CONFLICT;
		return false;
	}
	fit->note = note ? arena_printf(m->port->arena, "%s", note) : fit->mark == MARK_PRESENT ? NULL : arena_printf(m->port->arena, "context");
	fit->offset = (long)fit->at - (groups->n ? (long)groups->items[0].from : 0);
	for (size_t i = 0; i < groups->n; i++)
		splice_group(m->port, &groups->items[i]);
	return true;
}

static void decide_group(struct merging *m, struct group *group)
{
	merge_group(m->port->arena, &m->ask, group);
	check_scope(m, group);
	check_file(m, group);
}

static bool merge_with_base(struct merging *m)
{
	struct fileport *port = m->port;
	bool all = true;

	m->align = align_new(port->arena, m->base, m->target);
	m->in_base = symbols_new(port->arena);
	m->in_target = symbols_new(port->arena);
	symbols_add(m->in_base, port->base);
	symbols_add(m->in_target, port->text);
	m->renames = renames_learn(port->arena, m->align, m->in_base, m->in_target);
	m->ask = (struct merge_ask){ .align = m->align, .renames = &m->renames, .words = true, .plain = MARK_THREEWAY };
	for (size_t i = 0; i < port->file->n; i++) {
		struct groups groups = { 0 };

		if (port->hunks[i].mark != MARK_NONE && port->hunks[i].mark != MARK_CONFLICT)
			continue;
		groups_of_hunk(port->arena, &port->file->items[i], i, m->at[i], &groups);
		for (size_t k = 0; k < groups.n; k++)
			decide_group(m, &groups.items[k]);
		all &= settle_hunk(m, i, &groups);
	}
	return all;
}

bool fileport_merge(struct fileport *port, unsigned int methods)
{
	struct merging m = { .port = port };

	if (!port->base.p || !(methods & LADDER_ONLY(MARK_THREEWAY))) {
		for (size_t i = 0; i < port->file->n; i++)
			if (port->hunks[i].mark == MARK_NONE)
				port->hunks[i].mark = MARK_CONFLICT;
		return false;
	}
	m.vocabulary = vocabulary_new(port->arena);
	m.base = source_new(m.vocabulary, port->base);
	m.target = source_of_lines(m.vocabulary, port->lines);
	m.at = arena_alloc(port->arena, (port->file->n + 1) * sizeof(*m.at));
	if (!find_in_base(&m)) {
		for (size_t i = 0; i < port->file->n; i++)
			if (port->hunks[i].mark == MARK_NONE)
				port->hunks[i].mark = MARK_CONFLICT;
		return false;
	}
	return merge_with_base(&m);
}
