/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which hunk of the port is which hunk of the patch as mailed.
 *
 * A run is an unbroken stretch of changed lines. Runs of one file are paired in order so that the
 * words they share are most (the alignment costs O(runs^2)); what is left over is paired with
 * whatever is most like it, in any order and any file. Hunks joined by a pair, directly or through
 * others, make one part.
 */
#include "patch/compare.h"

#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>

#include "patch/compare_lines.h"
#include "patch/compare_rename.h"

#define RUN_WORDS 4096	/* of a run that are looked at */
#define PAIR_LEAST 40u	/* percent of words shared; with less, two runs in order differ */
#define STRAY_LEAST 60u /* the same out of order */
#define CELLS_MAX ((size_t)1 << 24) /* of a table of pairs; past that, runs are strays */
#define RUNS_MAX 2000u		    /* of one diff: past that, strays are not looked for */

struct run {
	size_t file, hunk; /* indexes into its diff */
	size_t node;	   /* of its hunk */
	const struct diff_line *items;
	size_t n;
	unsigned long *words; /* hashes with the line's kind, sorted */
	size_t nwords;
	struct run *pair;
	bool stray; /* paired out of order */
};

struct runs {
	struct run *items;
	size_t n, cap;
};

struct side {
	const struct diff *diff;
	struct runs runs;
	size_t *first;	   /* node of each file's first hunk, and behind the last */
	size_t *first_run; /* the same of its runs */
	size_t nodes;
};

static const char *const state_names[PART_STATE_COUNT] = {
	[PART_SAME] = "identical",  [PART_MOVED] = "moved",	[PART_CONTEXT] = "context only",
	[PART_RENAME] = "rename",   [PART_ADAPTED] = "adapted", [PART_ADDED] = "added",
	[PART_DROPPED] = "dropped",
};

const char *part_state_name(enum part_state state)
{
	return state_names[state];
}

static int hash_cmp(const void *a, const void *b)
{
	unsigned long x = *(const unsigned long *)a, y = *(const unsigned long *)b;

	return (x > y) - (x < y);
}

static void run_words(struct arena *arena, struct run *run)
{
	struct slice word;
	size_t most = 0;

	for (size_t i = 0; i < run->n; i++)
		most += run->items[i].text.n;
	if (most > RUN_WORDS)
		most = RUN_WORDS;
	run->words = arena_alloc(arena, (most + 1) * sizeof(*run->words));
	for (size_t i = 0; i < run->n; i++) {
		struct slice rest = run->items[i].text;

		while (word_next(&rest, &word) && run->nwords < most)
			if (!slice_blank(word))
				run->words[run->nwords++] = slice_hash(word) ^
							    (unsigned char)run->items[i].kind;
	}
	qsort(run->words, run->nwords, sizeof(*run->words), hash_cmp);
}

static void side_init(struct arena *arena, struct side *side, const struct diff *diff, size_t node)
{
	side->diff = diff;
	side->first = arena_alloc(arena, (diff->n + 1) * sizeof(*side->first));
	side->first_run = arena_alloc(arena, (diff->n + 1) * sizeof(*side->first_run));
	for (size_t f = 0; f < diff->n; f++) {
		side->first[f] = node;
		side->first_run[f] = side->runs.n;
		for (size_t h = 0; h < diff->items[f].n; h++, node++) {
			const struct hunk *hunk = &diff->items[f].items[h];

			for (size_t i = 0, end; i < hunk->n; i = end) {
				struct run *run;

				for (end = i; end < hunk->n && hunk->items[end].kind != ' ';)
					end++;
				if (end == i) {
					end++;
					continue;
				}
				run = arena_push(arena, &side->runs);
				*run = (struct run){ f, h,    node, &hunk->items[i], end - i, NULL,
						     0, NULL, false };
				run_words(arena, run);
			}
		}
		node += !diff->items[f].n; /* a rename, a mode: a node without lines */
	}
	side->first[diff->n] = side->nodes = node;
	side->first_run[diff->n] = side->runs.n;
}

/* Percent of the words that both have. */
static unsigned int run_similarity(const struct run *a, const struct run *b)
{
	size_t i = 0, j = 0, shared = 0;

	if (a->nwords + b->nwords == 0) /* blank lines */
		return a->n == b->n ? 100 : 0;
	while (i < a->nwords && j < b->nwords) {
		if (a->words[i] == b->words[j]) {
			shared += 2;
			i++;
			j++;
		} else if (a->words[i] < b->words[j]) {
			i++;
		} else {
			j++;
		}
	}
	return (unsigned int)(100 * shared / (a->nwords + b->nwords));
}

static const struct hunk *run_hunk(const struct side *side, const struct run *run)
{
	return &side->diff->items[run->file].items[run->hunk];
}

/* What pairing gains: likeness first, the lines around and the function's name where that does not
 * decide. */
static unsigned int run_gain(const struct side *up, const struct run *a, const struct side *down,
			     const struct run *b, unsigned int least)
{
	unsigned int similar = run_similarity(a, b);
	const struct hunk *x = run_hunk(up, a), *y = run_hunk(down, b);

	if (similar < least)
		return 0;
	similar = 4 * similar + 20 * slice_eq_space(x->heading, y->heading);
	if (a->items > x->items && b->items > y->items)
		similar += 10 * slice_eq(a->items[-1].text, b->items[-1].text);
	if (a->items + a->n < x->items + x->n && b->items + b->n < y->items + y->n)
		similar += 10 * slice_eq(a->items[a->n].text, b->items[b->n].text);
	return similar;
}

static const char *file_path(const struct filediff *file)
{
	return file->new_path ? file->new_path : file->old_path;
}

static void pair_in_order(const struct side *up, size_t upfile, const struct side *down,
			  size_t downfile)
{
	size_t a0 = up->first_run[upfile], n = up->first_run[upfile + 1] - a0;
	size_t b0 = down->first_run[downfile], m = down->first_run[downfile + 1] - b0;
	struct run *a = n ? &up->runs.items[a0] : NULL, *b = m ? &down->runs.items[b0] : NULL;
	uint32_t *best __free(ptr) = NULL;

	if (!n || !m || n > CELLS_MAX / m)
		return;
	best = calloc((n + 1) * (m + 1), sizeof(*best));
	if (!best)
		return;
#define BEST(i, j) best[(i) * (m + 1) + (j)]
	for (size_t i = n; i-- > 0;)
		for (size_t j = m; j-- > 0;) {
			unsigned int gain = run_gain(up, &a[i], down, &b[j], PAIR_LEAST);
			uint32_t most = BEST(i + 1, j) > BEST(i, j + 1) ? BEST(i + 1, j) :
									  BEST(i, j + 1);

			if (gain && BEST(i + 1, j + 1) + gain > most)
				most = BEST(i + 1, j + 1) + gain;
			BEST(i, j) = most;
		}
	for (size_t i = 0, j = 0; i < n && j < m;) {
		unsigned int gain = run_gain(up, &a[i], down, &b[j], PAIR_LEAST);

		if (gain && BEST(i, j) == BEST(i + 1, j + 1) + gain) {
			a[i].pair = &b[j];
			b[j++].pair = &a[i++];
		} else if (BEST(i, j) == BEST(i + 1, j)) {
			i++;
		} else {
			j++;
		}
	}
#undef BEST
}

static void pair_strays(const struct side *up, const struct side *down)
{
	if (up->runs.n > RUNS_MAX || down->runs.n > RUNS_MAX)
		return;
	for (size_t i = 0; i < up->runs.n; i++) {
		struct run *a = &up->runs.items[i], *best = NULL;
		unsigned int most = 0;

		for (size_t j = 0; j < down->runs.n && !a->pair && a->nwords; j++) {
			struct run *b = &down->runs.items[j];
			unsigned int gain = b->pair ? 0 : run_gain(up, a, down, b, STRAY_LEAST);

			if (gain > most) {
				most = gain;
				best = b;
			}
		}
		if (!best)
			continue;
		a->pair = best;
		best->pair = a;
		a->stray = best->stray = true;
	}
}

/* Union-find over the hunks of both sides. */
static size_t root_of(size_t *parent, size_t node)
{
	while (parent[node] != node)
		node = parent[node] = parent[parent[node]];
	return node;
}

static void join(size_t *parent, size_t a, size_t b)
{
	a = root_of(parent, a);
	b = root_of(parent, b);
	if (a < b)
		parent[b] = a;
	else
		parent[a] = b;
}

static void pair_files(const struct side *up, const struct side *down, size_t *parent)
{
	for (size_t f = 0; f < up->diff->n; f++)
		for (size_t g = 0; g < down->diff->n; g++) {
			const struct filediff *a = &up->diff->items[f], *b = &down->diff->items[g];

			if (strcmp(file_path(a), file_path(b)) != 0)
				continue;
			pair_in_order(up, f, down, g);
			if (!a->n && !b->n)
				join(parent, up->first[f], down->first[g]);
		}
	pair_strays(up, down);
	for (size_t i = 0; i < up->runs.n; i++)
		if (up->runs.items[i].pair)
			join(parent, up->runs.items[i].node, up->runs.items[i].pair->node);
}

struct line_list {
	const struct diff_line **items;
	size_t n, cap;
};

static struct line_list lines_in(struct arena *arena, const struct diff *diff,
				 const struct hunk_places *places)
{
	struct line_list lines = { 0 };

	for (size_t i = 0; i < places->n; i++) {
		const struct filediff *file = &diff->items[places->items[i].file];

		for (size_t k = 0; file->n && k < file->items[places->items[i].hunk].n; k++)
			*arena_push(arena, &lines) = &file->items[places->items[i].hunk].items[k];
	}
	return lines;
}

static bool same_lines(const struct line_list *a, const struct line_list *b,
		       bool (*counts)(const struct diff_line *), bool kinds)
{
	size_t i = 0, j = 0;

	for (;; i++, j++) {
		while (i < a->n && !counts(a->items[i]))
			i++;
		while (j < b->n && !counts(b->items[j]))
			j++;
		if (i == a->n || j == b->n)
			return i == a->n && j == b->n;
		if ((kinds && a->items[i]->kind != b->items[j]->kind) ||
		    !slice_eq(a->items[i]->text, b->items[j]->text))
			return false;
	}
}

static bool line_changed(const struct diff_line *line)
{
	return line->kind != ' ';
}

static bool line_old(const struct diff_line *line)
{
	return line->kind != '+';
}

static bool line_new(const struct diff_line *line)
{
	return line->kind != '-';
}

/* Cut the context at both ends that the other does not have: how much a diff shows is not the
 * patch's doing. */
static void cut_ends(struct line_list *a, struct line_list *b)
{
	size_t x = 0, y = 0;

	while (x < a->n && a->items[x]->kind == ' ')
		x++;
	while (y < b->n && b->items[y]->kind == ' ')
		y++;
	a->items += x > y ? x - y : 0;
	a->n -= x > y ? x - y : 0;
	b->items += y > x ? y - x : 0;
	b->n -= y > x ? y - x : 0;
	for (x = 0; x < a->n && a->items[a->n - 1 - x]->kind == ' ';)
		x++;
	for (y = 0; y < b->n && b->items[b->n - 1 - y]->kind == ' ';)
		y++;
	a->n -= x > y ? x - y : 0;
	b->n -= y > x ? y - x : 0;
}

/* The name before the parameters: "static int foo(struct bar *b)" gives foo. Empty where there is
 * none. */
static struct slice function_name(struct slice heading)
{
	ptrdiff_t open = slice_find(heading, SLICE("("));
	struct slice name = { heading.p, open < 0 ? 0 : (size_t)open };
	size_t n = 0;

	name = slice_trim(name);
	while (n < name.n &&
	       (isalnum((unsigned char)name.p[name.n - 1 - n]) || name.p[name.n - 1 - n] == '_'))
		n++;
	return slice_skip(name, name.n - n);
}

static bool part_moved(const struct diff *up, const struct diff *down, const struct part *part,
		       bool stray)
{
	const struct filediff *a = &up->items[part->up.items[0].file],
			      *b = &down->items[part->down.items[0].file];
	struct slice from, to;

	if (stray || strcmp(file_path(a), file_path(b)) != 0)
		return true;
	if (!a->n || !b->n)
		return false;
	from = function_name(a->items[part->up.items[0].hunk].heading);
	to = function_name(b->items[part->down.items[0].hunk].heading);
	return from.n && to.n && !slice_eq(from, to);
}

static enum part_state part_judge(struct arena *arena, const struct diff *up,
				  const struct diff *down, const struct part *part, bool stray)
{
	struct line_list a = lines_in(arena, up, &part->up), b = lines_in(arena, down, &part->down);
	bool same, whole;

	if (!part->down.n)
		return PART_DROPPED;
	if (!part->up.n)
		return PART_ADDED;
	same = same_lines(&a, &b, line_changed, true);
	/* A diff may slide a run along equal lines; what stood and what stands there is still the
	 * same. */
	whole = same_lines(&a, &b, line_old, false) && same_lines(&a, &b, line_new, false);
	if (a.n && b.n)
		cut_ends(&a, &b);
	if (whole || (same_lines(&a, &b, line_old, true) && same_lines(&a, &b, line_new, true)))
		return part_moved(up, down, part, stray) ? PART_MOVED : PART_SAME;
	return same ? PART_CONTEXT : PART_ADAPTED;
}

static void part_finish(struct arena *arena, const struct diff *up, const struct diff *down,
			struct part *part, bool stray)
{
	struct line_list a = lines_in(arena, up, &part->up), b = lines_in(arena, down, &part->down);

	part->state = part_judge(arena, up, down, part, stray);
	compare_lines(arena, a.items, a.n, b.items, b.n, part);
	for (size_t i = 0; i < part->n; i++) {
		const struct part_line *line = &part->items[i];
		const struct diff_line *one = line->up ? line->up : line->down;

		part->changed += one->kind != ' ' && (!line->up || !line->down || line->words.n);
	}
	if (part->state < PART_RENAME)
		part->changed = 0;
	if (part->up.n && part->down.n && up->items[part->up.items[0].file].n) {
		const struct hunk *x =
			&up->items[part->up.items[0].file].items[part->up.items[0].hunk];
		const struct hunk *y =
			&down->items[part->down.items[0].file].items[part->down.items[0].hunk];

		part->offset = (long)y->old_start - (long)x->old_start;
	}
}

/* Each hunk to the part of its root; a root that is met for the first time begins one. */
static void take_places(struct arena *arena, const struct side *side, bool down, size_t *parent,
			size_t *part_of, struct compare *compare)
{
	for (size_t f = 0; f < side->diff->n; f++)
		for (size_t node = side->first[f]; node < side->first[f + 1]; node++) {
			size_t *index = &part_of[root_of(parent, node)];
			struct hunk_place place = { f, node - side->first[f] };
			struct part *part;

			if (!*index) {
				arena_push(arena, compare);
				*index = compare->n;
			}
			part = &compare->items[*index - 1];
			*arena_push(arena, down ? &part->down : &part->up) = place;
		}
}

void compare_diffs(struct arena *arena, const struct diff *up, const struct diff *down,
		   struct compare *compare)
{
	struct side a = { 0 }, b = { 0 };
	size_t *parent, *part_of;
	bool *stray;

	*compare = (struct compare){ 0 };
	side_init(arena, &a, up, 0);
	side_init(arena, &b, down, a.nodes);
	parent = arena_alloc(arena, (b.nodes + 1) * sizeof(*parent));
	part_of = arena_alloc(arena, (b.nodes + 1) * sizeof(*part_of));
	stray = arena_alloc(arena, (b.nodes + 1) * sizeof(*stray));
	for (size_t i = 0; i < b.nodes; i++)
		parent[i] = i;
	pair_files(&a, &b, parent);
	/* The mailed order; what was added stands at the end. */
	take_places(arena, &a, false, parent, part_of, compare);
	take_places(arena, &b, true, parent, part_of, compare);
	for (size_t i = 0; i < a.runs.n; i++)
		if (a.runs.items[i].stray)
			stray[part_of[root_of(parent, a.runs.items[i].node)]] = true;
	for (size_t i = 0; i < compare->n; i++)
		part_finish(arena, up, down, &compare->items[i], stray[i + 1]);
	compare_renames(arena, compare);
	for (size_t i = 0; i < compare->n; i++)
		compare->counts[compare->items[i].state]++;
}
