/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A three-way merge inside lines.
 *
 * Where diff3 sees two sides that changed the same line, their words mostly differ in different places. Each side is
 * compared to the old text by its heaviest common subsequence of words; the two lists of edits are put together when no
 * edit of one side overlaps or touches an edit of the other, unless both did the very same. After wiggle (Neil Brown), but it refuses
 * where wiggle looks for a best guess. O(words^2) in a table of at most WORD_CELLS.
 *
 * Names are learned from the same comparison over whole files: two lines, one in place of the other, that differ in one name only.
 */
#include "patch/words.h"

#include <stdlib.h>

#define WORD_CELLS 250000ul
#define RENAME_LINES 3 /* that have to say so: one or two may be another change than a rename */

/* map[i]: which word of b is word i of a, or -1. */
static bool map_words(const struct words *a, const struct words *b, long *map)
{
	size_t width = b->n + 1;
	unsigned int *best;

	for (size_t i = 0; i < a->n; i++)
		map[i] = -1;
	if ((a->n + 1) > WORD_CELLS / width)
		return false;
	best = calloc((a->n + 1) * width, sizeof(*best));
	if (!best)
		return false;
	for (size_t i = a->n; i--;) {
		for (size_t j = b->n; j--;) {
			unsigned int *cell = &best[i * width + j];

			*cell = cell[width] > cell[1] ? cell[width] : cell[1];
			if (a->items[i].number == b->items[j].number) {
				unsigned int with =
					cell[width + 1] + (a->items[i].kind == WORD_SIGN ? 2 : 6);

				/* runs hold together: a word whose follower follows in both counts a little more */
				if (i + 1 < a->n && j + 1 < b->n &&
				    a->items[i + 1].number == b->items[j + 1].number)
					with++;
				if (with > *cell)
					*cell = with;
			}
		}
	}
	for (size_t i = 0, j = 0; i < a->n && j < b->n;) {
		const unsigned int *cell = &best[i * width + j];

		if (*cell == cell[width])
			i++;
		else if (*cell == cell[1])
			j++;
		else
			map[i++] = (long)j++;
	}
	free(best);
	return true;
}

struct edit { /* words [o0, o1) of old become [s0, s1) of the side */
	size_t o0, o1, s0, s1;
};

struct edits {
	struct edit *items;
	size_t n, cap;
};

static struct edits edits_of(struct arena *arena, size_t n_old, size_t n_side, const long *map)
{
	struct edits edits = { 0 };
	size_t o = 0, s = 0;

	for (size_t i = 0; i <= n_old; i++) {
		size_t at = i < n_old ? (size_t)map[i] : n_side;

		if (i < n_old && map[i] < 0)
			continue;
		if (o < i || s < at)
			*arena_push(arena, &edits) = (struct edit){ o, i, s, at };
		o = i + 1;
		s = at + 1;
	}
	return edits;
}

static bool same_edit(const struct edit *a, const struct words *in_a, const struct edit *b,
		      const struct words *in_b)
{
	if (a->o0 != b->o0 || a->o1 != b->o1 || a->s1 - a->s0 != b->s1 - b->s0)
		return false;
	for (size_t i = 0; i < a->s1 - a->s0; i++)
		if (in_a->items[a->s0 + i].number != in_b->items[b->s0 + i].number)
			return false;
	return true;
}

static void put(struct text *out, const struct words *words, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++) {
		const struct word *w = &words->items[i];

		text_add(out, w->text.p - w->space, w->space + w->text.n);
	}
}

/* Everything of mine, with new's edits put in. */
static void put_merged(struct text *out, const struct words *mine, const struct words *new,
		       const struct edits *theirs, const bool *same, const long *to_mine,
		       size_t n_old)
{
	size_t done = 0; /* words of mine written */

	for (size_t k = 0; k < theirs->n; k++) {
		const struct edit *e = &theirs->items[k];
		size_t begin, end;

		if (same[k])
			continue;
		/* nothing of mine touches: the words before and at the edit are there, one to one */
		begin = e->o0 ? (size_t)to_mine[e->o0 - 1] + 1 : 0;
		end = e->o1 > e->o0 ? (size_t)to_mine[e->o1 - 1] + 1 : begin;
		put(out, mine, done, begin);
		put(out, new, e->s0, e->s1);
		done = end;
	}
	(void)n_old;
	put(out, mine, done, mine->n);
}

bool words_merge(struct vocabulary *vocabulary, struct slice old, struct slice new,
		 struct slice mine, struct text *out)
{
	struct arena *scratch __free(arena) = arena_new();
	struct words o = words_of(vocabulary, old), n = words_of(vocabulary, new),
		     m = words_of(vocabulary, mine);
	long *to_new = arena_alloc(scratch, (o.n + 1) * sizeof(*to_new)),
	     *to_mine = arena_alloc(scratch, (o.n + 1) * sizeof(*to_mine));
	struct edits theirs, ours;
	bool *same;

	if (!map_words(&o, &n, to_new) || !map_words(&o, &m, to_mine))
		return false;
	theirs = edits_of(scratch, o.n, n.n, to_new);
	ours = edits_of(scratch, o.n, m.n, to_mine);
	same = arena_alloc(scratch, (theirs.n + 1) * sizeof(*same));
	for (size_t i = 0; i < theirs.n; i++) {
		for (size_t k = 0; k < ours.n; k++) {
			const struct edit *a = &theirs.items[i], *b = &ours.items[k];

			if (a->o1 < b->o0 || b->o1 < a->o0)
				continue;
			if (!same_edit(a, &n, b, &m))
				return false;
			same[i] = true;
		}
	}
	put_merged(out, &m, &n, &theirs, same, to_mine, o.n);
	return true;
}

static struct rename *rename_of(struct arena *arena, struct renames *renames,
				const struct word *from)
{
	struct rename *rename;

	for (size_t i = 0; i < renames->n; i++)
		if (renames->items[i].number == from->number)
			return &renames->items[i];
	if (renames->n > 500)
		return NULL;
	rename = arena_push(arena, renames);
	rename->from = from->text;
	rename->number = from->number;
	return rename;
}

/* One pair of lines that are alike: which single names stand in place of which. */
static void learn(struct arena *arena, struct renames *renames, const struct words *a,
		  const struct words *b)
{
	struct arena *scratch __free(arena) = arena_new();
	long *map = arena_alloc(scratch, (a->n + 1) * sizeof(*map));
	struct edits edits;

	if (!map_words(a, b, map))
		return;
	edits = edits_of(scratch, a->n, b->n, map);
	for (size_t i = 0; i < edits.n; i++) {
		const struct edit *e = &edits.items[i];
		struct rename *rename;

		if (e->o1 - e->o0 != 1 || e->s1 - e->s0 != 1 || a->items[e->o0].kind != WORD_NAME ||
		    b->items[e->s0].kind != WORD_NAME)
			continue;
		rename = rename_of(arena, renames, &a->items[e->o0]);
		if (!rename)
			return;
		if (!rename->seen)
			rename->to = b->items[e->s0].text;
		if (slice_eq(rename->to, b->items[e->s0].text))
			rename->seen++;
		else
			rename->against++;
	}
}

struct renames renames_learn(struct arena *arena, const struct align *align,
			     const struct symbols *in_a, const struct symbols *in_b)
{
	struct renames all = { 0 }, sure = { 0 };

	for (size_t i = 0; i < align->a->lines.n; i++)
		if (align->to[i] != ALIGN_NONE && align->alike[i] < 100)
			learn(arena, &all, source_words(align->a, i),
			      source_words(align->b, (size_t)align->to[i]));
	for (size_t i = 0; i < all.n; i++) {
		const struct rename *r = &all.items[i];

		if (!r->against && r->seen >= RENAME_LINES && !symbols_find(in_b, r->from) &&
		    !symbols_find(in_a, r->to))
			*arena_push(arena, &sure) = *r;
	}
	return sure;
}

const struct rename *renames_find(const struct renames *renames, unsigned int number)
{
	for (size_t i = 0; i < renames->n; i++)
		if (renames->items[i].number == number)
			return &renames->items[i];
	return NULL;
}
