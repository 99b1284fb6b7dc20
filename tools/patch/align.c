/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Two versions of a file, line against line.
 *
 * Searched: the pairing in order that keeps most of what says something. Lines that stand once in both ranges split the
 * ranges (Bram Cohen's patience diff: the longest increasing subsequence of the unique lines), recursively, after equal
 * lines at both ends are taken; what has no unique lines left is settled by the heaviest common subsequence,
 * where a brace or an empty line weighs little and so never pulls a real line out of place. Lines that are
 * still alone are then paired by likeness within their gap, which is what the word-level merge works on. The gaps'
 * products are bounded (CELLS_MAX for each, and a total), so hostile input costs some coverage, never time: O(lines log lines)
 * plus the bounded tables.
 */
#include "patch/align.h"

#include <stdlib.h>

#define CELLS_MAX 1000000ul   /* of one table of lines */
#define CELLS_TOTAL 8000000ul /* of all of them */
#define ALIKE_CELLS 10000ul   /* of one table of likeness, each cell of which is a table of words */
#define ALIKE_TOTAL 60000ul
#define VISITS 64ul  /* times a line may be looked at while ranges split */
#define ALIKE_MIN 60 /* percent, below which two lines are not the same line changed */

struct range {
	size_t a0, a1, b0, b1;
};

struct seen { /* of a line number, in the range at hand */
	unsigned int round;
	unsigned int in_a, in_b;
	size_t at_a, at_b;
};

struct pair {
	size_t a, b;
};

struct work {
	struct arena *arena;
	struct align *align;
	struct seen *seen;
	unsigned int round;
	size_t cells, alike, visits; /* left to spend */
	struct {
		struct range *items;
		size_t n, cap;
	} todo;
};

static void join(struct align *align, size_t i, size_t j, unsigned int alike)
{
	align->to[i] = (long)j;
	align->from[j] = (long)i;
	align->alike[i] = (unsigned char)alike;
}

static struct seen *seen_of(struct work *work, unsigned int number)
{
	struct seen *seen = &work->seen[number];

	if (seen->round != work->round)
		*seen = (struct seen){ .round = work->round };
	return seen;
}

/* The lines that stand once in both ranges, in a's order. */
static size_t unique_pairs(struct work *work, const struct range *r, struct pair *pairs)
{
	const unsigned int *a = work->align->a->number, *b = work->align->b->number;
	size_t n = 0;

	work->round++;
	for (size_t i = r->a0; i < r->a1; i++) {
		struct seen *seen = seen_of(work, a[i]);

		seen->in_a++;
		seen->at_a = i;
	}
	for (size_t j = r->b0; j < r->b1; j++) {
		struct seen *seen = seen_of(work, b[j]);

		seen->in_b++;
		seen->at_b = j;
	}
	for (size_t i = r->a0; i < r->a1; i++) {
		const struct seen *seen = seen_of(work, a[i]);

		if (seen->in_a == 1 && seen->in_b == 1 && work->align->a->weight[i] >= WEIGHT_LOW)
			pairs[n++] = (struct pair){ i, seen->at_b };
	}
	return n;
}

/* Keep the longest run of pairs whose b grows as well. O(n log n). */
static size_t increasing(struct arena *arena, struct pair *pairs, size_t n)
{
	size_t *tail = arena_alloc(arena, (n + 1) * sizeof(*tail)),
	       *before = arena_alloc(arena, (n + 1) * sizeof(*before));
	size_t len = 0, k;

	for (size_t i = 0; i < n; i++) {
		size_t lo = 0, hi = len;

		while (lo < hi) {
			size_t mid = (lo + hi) / 2;

			if (pairs[tail[mid]].b < pairs[i].b)
				lo = mid + 1;
			else
				hi = mid;
		}
		before[i] = lo ? tail[lo - 1] : 0;
		tail[lo] = i;
		if (lo == len)
			len++;
	}
	k = len ? tail[len - 1] : 0;
	for (size_t i = len; i--; k = before[k])
		tail[i] = k;
	for (size_t i = 0; i < len; i++)
		pairs[i] = pairs[tail[i]];
	return len;
}

/* Heaviest common subsequence of a range without unique lines. */
static void join_heaviest(struct work *work, const struct range *r)
{
	size_t na = r->a1 - r->a0, nb = r->b1 - r->b0, width = nb + 1;
	const struct source *a = work->align->a, *b = work->align->b;
	unsigned int *best;

	if (na > CELLS_MAX / width || (na + 1) * width > CELLS_MAX ||
	    (na + 1) * width > work->cells)
		return;
	work->cells -= (na + 1) * width;
	best = calloc((na + 1) * width, sizeof(*best));
	if (!best)
		return;
	for (size_t i = na; i--;) {
		for (size_t j = nb; j--;) {
			unsigned int *cell = &best[i * width + j];
			unsigned int down = cell[width], right = cell[1];

			*cell = down > right ? down : right;
			if (a->number[r->a0 + i] == b->number[r->b0 + j]) {
				unsigned int with = cell[width + 1] + a->weight[r->a0 + i];

				if (with > *cell)
					*cell = with;
			}
		}
	}
	for (size_t i = 0, j = 0; i < na && j < nb;) {
		const unsigned int *cell = &best[i * width + j];

		if (a->number[r->a0 + i] == b->number[r->b0 + j] &&
		    *cell == cell[width + 1] + a->weight[r->a0 + i]) {
			join(work->align, r->a0 + i++, r->b0 + j++, 100);
		} else if (*cell == cell[width]) {
			i++;
		} else {
			j++;
		}
	}
	free(best);
}

static void join_ends(struct work *work, struct range *r)
{
	const unsigned int *a = work->align->a->number, *b = work->align->b->number;

	while (r->a0 < r->a1 && r->b0 < r->b1 && a[r->a0] == b[r->b0])
		join(work->align, r->a0++, r->b0++, 100);
	while (r->a0 < r->a1 && r->b0 < r->b1 && a[r->a1 - 1] == b[r->b1 - 1])
		join(work->align, --r->a1, --r->b1, 100);
}

static void join_range(struct work *work, struct range r)
{
	struct pair *pairs;
	size_t n, max;

	join_ends(work, &r);
	if (r.a0 == r.a1 || r.b0 == r.b1)
		return;
	max = r.a1 - r.a0;
	if (work->visits < max + r.b1 - r.b0)
		return;
	work->visits -= max + r.b1 - r.b0;
	pairs = arena_alloc(work->arena, (max + 1) * sizeof(*pairs));
	n = increasing(work->arena, pairs, unique_pairs(work, &r, pairs));
	if (!n) {
		join_heaviest(work, &r);
		return;
	}
	for (size_t i = 0; i <= n; i++) {
		struct range *part = arena_push(work->arena, &work->todo);

		part->a0 = i ? pairs[i - 1].a + 1 : r.a0;
		part->b0 = i ? pairs[i - 1].b + 1 : r.b0;
		part->a1 = i < n ? pairs[i].a : r.a1;
		part->b1 = i < n ? pairs[i].b : r.b1;
		if (i < n)
			join(work->align, pairs[i].a, pairs[i].b, 100);
	}
}

/* In a gap between joined lines: pair what is alike, keeping the order, greatest sum of likeness. */
static void join_alike(struct work *work, const struct range *r)
{
	size_t na = r->a1 - r->a0, nb = r->b1 - r->b0, width = nb + 1;
	unsigned int *best;
	unsigned char *like;

	if (!na || !nb || na > ALIKE_CELLS / nb || na * nb > work->alike)
		return;
	work->alike -= na * nb;
	best = calloc((na + 1) * width, sizeof(*best));
	like = calloc((na + 1) * width, 1);
	for (size_t i = na; i-- && best && like;) {
		for (size_t j = nb; j--;) {
			unsigned int *cell = &best[i * width + j];
			const struct words *wa = source_words(work->align->a, r->a0 + i);
			const struct words *wb = source_words(work->align->b, r->b0 + j);
			unsigned int alike = wa->n && wb->n ? words_alike(wa, wb) : 0;

			*cell = cell[width] > cell[1] ? cell[width] : cell[1];
			if (alike >= ALIKE_MIN && cell[width + 1] + alike - ALIKE_MIN + 1 > *cell) {
				*cell = cell[width + 1] + alike - ALIKE_MIN + 1;
				like[i * width + j] = (unsigned char)(alike > 99 ? 99 : alike);
			}
		}
	}
	for (size_t i = 0, j = 0; best && like && i < na && j < nb;) {
		const unsigned int *cell = &best[i * width + j];
		unsigned int alike = like[i * width + j];

		if (alike) {
			join(work->align, r->a0 + i++, r->b0 + j++, alike);
		} else if (*cell == cell[width]) {
			i++;
		} else {
			j++;
		}
	}
	free(best);
	free(like);
}

static void join_gaps(struct work *work, struct range all)
{
	struct range gap = { .a0 = all.a0, .b0 = all.b0 };

	for (size_t i = all.a0; i <= all.a1; i++) {
		if (i < all.a1 && work->align->to[i] == ALIGN_NONE)
			continue;
		gap.a1 = i;
		gap.b1 = i < all.a1 ? (size_t)work->align->to[i] : all.b1;
		join_alike(work, &gap);
		gap.a0 = i + 1;
		gap.b0 = gap.b1 + 1;
	}
}

struct align *align_ranges(struct arena *arena, struct source *a, size_t a0, size_t a1,
			   struct source *b, size_t b0, size_t b1)
{
	struct align *align = arena_new_of(arena, struct align);
	struct arena *scratch __free(arena) = arena_new();
	struct work work = {
		.arena = scratch, .align = align, .cells = CELLS_TOTAL, .alike = ALIKE_TOTAL
	};
	struct range all = { a0, a1, b0, b1 };

	align->a = a;
	align->b = b;
	align->to = arena_alloc(arena, (a->lines.n + 1) * sizeof(*align->to));
	align->from = arena_alloc(arena, (b->lines.n + 1) * sizeof(*align->from));
	align->alike = arena_alloc(arena, a->lines.n + 1);
	for (size_t i = 0; i < a->lines.n; i++)
		align->to[i] = ALIGN_NONE;
	for (size_t j = 0; j < b->lines.n; j++)
		align->from[j] = ALIGN_NONE;
	work.visits = VISITS * (a1 - a0 + b1 - b0 + 1);
	work.seen = arena_alloc(scratch, (a->vocabulary->lines->n + 1) * sizeof(*work.seen));
	*arena_push(scratch, &work.todo) = all;
	while (work.todo.n)
		join_range(&work, work.todo.items[--work.todo.n]);
	join_gaps(&work, all);
	return align;
}

struct align *align_new(struct arena *arena, struct source *a, struct source *b)
{
	return align_ranges(arena, a, 0, a->lines.n, b, 0, b->lines.n);
}

long align_above(const struct align *align, long i)
{
	while (i >= 0 && align->to[i] == ALIGN_NONE)
		i--;
	return i >= 0 ? i : ALIGN_NONE;
}

long align_below(const struct align *align, long i)
{
	while (i < (long)align->a->lines.n && align->to[i] == ALIGN_NONE)
		i++;
	return i < (long)align->a->lines.n ? i : ALIGN_NONE;
}
