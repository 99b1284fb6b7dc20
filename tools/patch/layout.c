/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is searched: for each place between two tokens of the result, the white space and comments
 * that belong there. Between two tokens that stood beside each other in the target, it is the
 * target's. For a new token the sources are asked in this order:
 *
 *	1. the patch, where the token is aligned with one of its tokens (patch/counterpart.h);
 *	2. the target's own deleted text, where the token was moved here from (a function split out of
 *	   another keeps its comments, also those that stand between two hunks and so not in the patch);
 *	3. spatch's output for line breaks, kernel style for indentation.
 *
 * A comment right above a deleted statement is about that statement and goes with it. At the end
 * the result is tokenised again: it must have exactly the tokens of spatch's output, so that
 * nothing here can change what the code does. Cost: the diff of the tokens, O(N * D), and an
 * alignment per edit.
 */
#include "patch/layout.h"

#include "patch/counterpart.h"
#include "patch/gap.h"

#define MOST_EDITED 1500 /* tokens */
#define CONTEXT 6	 /* tokens on either side that help to find the place in the patch */
#define ISLAND 4	 /* as few tokens as these between two edits are kept by chance */
#define MOVED 6		 /* at least so many tokens in a row were moved, not written */

struct laying {
	struct arena *arena;
	struct ctokens from, to;
	struct patch_tokens patch, patch_before;
	size_t *match; /* token of `from` that each of `to` is */
	size_t *align; /* token of the patch that each of `to` is near an edit */
	size_t *moved; /* token of `from`, deleted elsewhere, that each new one of `to` is */
	bool *deleted; /* of `from` */
	struct text out;
};

/*
 * Functions that only `to` has are taken out before the two are compared, so that no part of one is
 * taken for another's.
 */
static struct ctokens without_new(struct laying *l, size_t **origin)
{
	struct cfunctions had = cfunctions_of(l->arena, &l->from);
	struct cfunctions has = cfunctions_of(l->arena, &l->to);
	struct ctokens rest = { .buffer = l->to.buffer };
	size_t f = 0;

	*origin = arena_alloc(l->arena, (l->to.n + 1) * sizeof(**origin));
	for (size_t i = 0; i < l->to.n; i++) {
		while (f < has.n && i >= has.items[f].end)
			f++;
		if (f < has.n && i >= has.items[f].first &&
		    !cfunctions_find(&had, has.items[f].name))
			continue;
		(*origin)[rest.n] = i;
		*arena_push(l->arena, &rest) = l->to.items[i];
	}
	return rest;
}

/* Kept tokens that are few and stand between two edits are no help to a reader: one edit it is. */
static void drop_islands(struct laying *l)
{
	size_t *match = l->match, n = l->to.n;

	for (size_t i = 1; i < n;) {
		size_t end = i, left;

		if (match[i] == CTOKEN_NONE || match[i - 1] == match[i] - 1) {
			i++;
			continue;
		}
		while (end < n && match[end] != CTOKEN_NONE &&
		       (end == i || match[end] == match[end - 1] + 1))
			end++;
		left = end - i;
		if (end < n && left <= ISLAND)
			for (size_t k = i; k < end; k++)
				match[k] = CTOKEN_NONE;
		i = end;
	}
}

static int compare(struct laying *l)
{
	size_t *origin, *found;
	struct ctokens rest = without_new(l, &origin);

	if (!ctokens_match(l->arena, &l->from, &rest, MOST_EDITED, &found))
		return 0;
	l->match = arena_alloc(l->arena, (l->to.n + 1) * sizeof(*l->match));
	for (size_t i = 0; i < l->to.n; i++)
		l->match[i] = CTOKEN_NONE;
	for (size_t i = 0; i < rest.n; i++)
		l->match[origin[i]] = found[i];
	drop_islands(l);
	return 1;
}

static size_t lines_in(struct slice gap)
{
	size_t n = 0;

	for (size_t i = 0; i < gap.n; i++)
		n += gap.p[i] == '\n';
	return n;
}

/*
 * `; a; b;` with `b;` inserted may as well be read as `; b` before the last `;`. Of the equal
 * readings the one that takes whole lines.
 */
static void slide(const struct ctokens *tokens, size_t *first, size_t *end, size_t *other,
		  size_t floor)
{
	size_t f = *first, e = *end, o = *other;

	for (;;) {
		bool whole = lines_in(ctokens_gap(tokens, f)) &&
			     (e >= tokens->n || lines_in(ctokens_gap(tokens, e)));

		if (whole) {
			*first = f;
			*end = e;
			*other = o;
			return;
		}
		if (f <= floor || !o ||
		    !slice_eq(tokens->items[f - 1].text, tokens->items[e - 1].text))
			return;
		f--;
		e--;
		o--;
	}
}

/* An edit's last lines, or first, that are the same on both sides are none of it. */
static void trim(struct laying *l, struct layout_edit *e)
{
	size_t deleted = e->from_end - e->from, added = e->to_end - e->to;
	size_t most = deleted < added ? deleted : added, n = 0;

	while (n < most && slice_eq(l->from.items[e->from_end - 1 - n].text,
				    l->to.items[e->to_end - 1 - n].text))
		n++;
	for (; n > 0; n--)
		if (lines_in(ctokens_gap(&l->from, e->from_end - n)) &&
		    lines_in(ctokens_gap(&l->to, e->to_end - n)))
			break;
	e->from_end -= n;
	e->to_end -= n;
	most -= n;
	for (n = 0;
	     n < most && slice_eq(l->from.items[e->from + n].text, l->to.items[e->to + n].text);)
		n++;
	for (; n > 0; n--)
		if (lines_in(ctokens_gap(&l->from, e->from + n)) &&
		    lines_in(ctokens_gap(&l->to, e->to + n)))
			break;
	e->from += n;
	e->to += n;
}

static void find_edits(struct laying *l, struct layout *layout)
{
	size_t from = 0, to = 0;

	while (from < l->from.n || to < l->to.n) {
		struct layout_edit edit = { .from = from, .to = to, .hunk = CTOKEN_NONE };
		size_t floor = layout->n ? layout->items[layout->n - 1].to_end : 0;
		size_t floor_from = layout->n ? layout->items[layout->n - 1].from_end : 0;

		if (to < l->to.n && l->match[to] == from) {
			from++;
			to++;
			continue;
		}
		while (to < l->to.n && l->match[to] == CTOKEN_NONE)
			to++;
		from = to < l->to.n ? l->match[to] : l->from.n;
		edit.from_end = from;
		edit.to_end = to;
		if (edit.from == edit.from_end) {
			slide(&l->to, &edit.to, &edit.to_end, &edit.from, floor);
			edit.from_end = edit.from;
		} else if (edit.to == edit.to_end) {
			slide(&l->from, &edit.from, &edit.from_end, &edit.to, floor_from);
			edit.to_end = edit.to;
		} else {
			trim(l, &edit);
		}
		*arena_push(l->arena, layout) = edit;
	}
	/* Sliding moved what matches what. */
	for (size_t i = 0; i < layout->n; i++) {
		const struct layout_edit *e = &layout->items[i];
		size_t next = i + 1 < layout->n ? layout->items[i + 1].to : l->to.n;

		for (size_t k = e->to; k < e->to_end; k++)
			l->match[k] = CTOKEN_NONE;
		for (size_t k = e->to_end; k < next; k++)
			l->match[k] = e->from_end + (k - e->to_end);
		for (size_t k = e->from; k < e->from_end; k++)
			l->deleted[k] = true;
	}
}

/* Where the patch says what this edit says. */
static void align_edit(struct laying *l, struct layout_edit *edit)
{
	size_t first = edit->to > CONTEXT ? edit->to - CONTEXT : 0;
	size_t end = edit->to_end + CONTEXT < l->to.n ? edit->to_end + CONTEXT : l->to.n;
	size_t *align = counterpart_find(l->arena, &l->to, first, end, &l->patch);

	for (size_t i = first; i < end; i++)
		l->align[i] = align[i - first];
	for (size_t i = edit->to; i < edit->to_end; i++) {
		size_t p = l->align[i];

		if (p == CTOKEN_NONE)
			edit->adapted = true;
		else if (l->patch.items[p].marked && edit->hunk == CTOKEN_NONE)
			edit->hunk = l->patch.items[p].hunk;
		if (i > edit->to && p != CTOKEN_NONE && l->align[i - 1] != CTOKEN_NONE &&
		    p != l->align[i - 1] + 1)
			edit->adapted = true;
	}
}

/*
 * The hunk that deletes what this edit deletes: the longest common beginning with its '-' tokens.
 */
static void align_deletion(struct laying *l, struct layout_edit *edit)
{
	const struct patch_tokens *side = &l->patch_before;
	size_t best = 3;

	for (size_t j = 0; j < side->n; j++) {
		size_t n = 0;

		while (edit->from + n < edit->from_end && j + n < side->n &&
		       side->items[j + n].marked &&
		       slice_eq(l->from.items[edit->from + n].text, side->items[j + n].text))
			n++;
		if (n > best) {
			best = n;
			edit->hunk = side->items[j].hunk;
			edit->adapted = n != edit->from_end - edit->from;
		}
	}
}

static void find_moved(struct laying *l, const struct layout_edit *edit)
{
	for (size_t i = edit->to; i < edit->to_end; i++)
		l->moved[i] = CTOKEN_NONE;
	for (size_t i = edit->to; i < edit->to_end;) {
		size_t best = 0, at = 0;

		for (size_t j = 0; j < l->from.n; j++) {
			size_t n = 0;

			while (l->deleted[j] && i + n < edit->to_end && j + n < l->from.n &&
			       l->deleted[j + n] &&
			       slice_eq(l->to.items[i + n].text, l->from.items[j + n].text))
				n++;
			if (n > best) {
				best = n;
				at = j;
			}
		}
		if (best >= MOVED)
			for (size_t k = 0; k < best; k++)
				l->moved[i + k] = at + k;
		i += best >= MOVED ? best : 1;
	}
}

/*
 * The three sources for the gap before token k of `to`, each with NULL where it has nothing to say.
 */
static void gather(struct laying *l, size_t k, struct gap_sources *s)
{
	size_t p = k < l->to.n ? l->align[k] : CTOKEN_NONE;
	size_t before = k ? l->align[k - 1] : CTOKEN_NONE;

	*s = (struct gap_sources){ .spatch = ctokens_gap(&l->to, k), .out = text_slice(&l->out) };
	s->statement = k == 0 || ctoken_is(&l->to.items[k - 1], ";") ||
		       ctoken_is(&l->to.items[k - 1], "{") || ctoken_is(&l->to.items[k - 1], "}") ||
		       l->to.items[k - 1].text.p[0] == '#';
	s->opens = k && ctoken_is(&l->to.items[k - 1], "{");
	s->closes = k < l->to.n && ctoken_is(&l->to.items[k], "}");
	if (p != CTOKEN_NONE && !l->patch.items[p].first) {
		s->patch = l->patch.items[p].gap;
		s->beside = before == p - 1;
		s->has_patch = true;
	} else if (p == CTOKEN_NONE && before != CTOKEN_NONE && before + 1 < l->patch.n &&
		   !l->patch.items[before + 1].first) {
		s->patch = l->patch.items[before + 1].gap;
		s->instead = true; /* of the patch's own next token */
		s->has_patch = true;
	}
	if (k < l->to.n && l->moved[k] != CTOKEN_NONE) {
		s->moved = ctokens_gap(&l->from, l->moved[k]);
		s->has_moved = true;
		s->moved_beside = k && l->moved[k - 1] != CTOKEN_NONE &&
				  l->moved[k - 1] + 1 == l->moved[k];
	}
}

static void lay_edit(struct laying *l, struct layout_edit *edit)
{
	bool deletes = edit->from < edit->from_end, inserts = edit->to < edit->to_end;
	struct slice lead = ctokens_gap(&l->from, edit->from);
	struct slice tail = ctokens_gap(&l->from, edit->from_end);
	struct gap_sources s;
	bool whole = true;

	gather(l, edit->to, &s);
	s.top = edit->from_end == 0;
	if (!inserts) {
		gap_delete(&l->out, &s, lead, tail);
		return;
	}
	if (deletes)
		gap_lead_replaced(&l->out, &s, lead);
	else
		whole = gap_lead_inserted(&l->out, &s, lead);
	for (size_t k = edit->to; k < edit->to_end; k++) {
		if (k > edit->to) {
			gather(l, k, &s);
			gap_between(&l->out, &s);
		}
		text_add_slice(&l->out, l->to.items[k].text);
	}
	gather(l, edit->to_end, &s);
	s.top = edit->from_end == 0;
	if (deletes)
		gap_tail_replaced(&l->out, &s, tail);
	else
		gap_tail_inserted(&l->out, &s, tail, whole);
}

static void note_line(struct laying *l, struct layout_edit *edit, size_t start)
{
	struct slice upto = { l->out.p, start };
	size_t at = start;

	while (at < l->out.len &&
	       (l->out.p[at] == '\n' || l->out.p[at] == ' ' || l->out.p[at] == '\t'))
		at++;
	upto.n = at;
	edit->line = lines_in(upto) + 1;
}

static void lay(struct laying *l, struct layout *layout)
{
	size_t from = 0;

	for (size_t i = 0; i < layout->n; i++) {
		struct layout_edit *edit = &layout->items[i];
		size_t start;

		for (; from < edit->from; from++) {
			/* The gap before the first token behind an edit was laid with the edit. */
			if (!i || from > layout->items[i - 1].from_end)
				text_add_slice(&l->out, ctokens_gap(&l->from, from));
			text_add_slice(&l->out, l->from.items[from].text);
		}
		align_edit(l, edit);
		if (edit->to == edit->to_end)
			align_deletion(l, edit);
		find_moved(l, edit);
		start = l->out.len;
		lay_edit(l, edit);
		note_line(l, edit, start);
		from = edit->from_end;
	}
	for (; from <= l->from.n; from++) {
		if (!layout->n || from > layout->items[layout->n - 1].from_end)
			text_add_slice(&l->out, ctokens_gap(&l->from, from));
		if (from < l->from.n)
			text_add_slice(&l->out, l->from.items[from].text);
	}
}

int layout_make(struct arena *arena, struct slice before, struct slice after,
		const struct filediff *file, struct layout *layout)
{
	struct laying l = { .arena = arena };
	struct ctokens made;

	*layout = (struct layout){ .text = before };
	l.from = ctokens_of(arena, before);
	l.to = ctokens_of(arena, after);
	if (file) {
		l.patch = patch_tokens_of(arena, file, '+');
		l.patch_before = patch_tokens_of(arena, file, '-');
	}
	if (!compare(&l))
		return 0;
	l.deleted = arena_alloc(arena, l.from.n + 1);
	l.align = arena_alloc(arena, (l.to.n + 1) * sizeof(*l.align));
	l.moved = arena_alloc(arena, (l.to.n + 1) * sizeof(*l.moved));
	for (size_t i = 0; i <= l.to.n; i++)
		l.align[i] = l.moved[i] = CTOKEN_NONE;
	find_edits(&l, layout);
	lay(&l, layout);
	layout->text = slice_copy(arena, text_slice(&l.out));
	text_release(&l.out);
	made = ctokens_of(arena, layout->text);
	return made.n == l.to.n && ctokens_same(&made, 0, &l.to, 0, made.n);
}
