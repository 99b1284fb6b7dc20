/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Two runs of diff lines put side by side, and two lines word by word.
 *
 * Both are alignments that keep the order and gain the most: equal lines gain ten (blank ones one),
 * lines of one kind that share more than half of their words gain by how much they share. The table
 * costs O(n * m); where it would be too large only equal lines at both ends are aligned, and what
 * remains stands one after the other.
 */
#include "patch/compare_lines.h"

#include <ctype.h>
#include <stdint.h>

#define CELLS_MAX ((size_t)1 << 20)   /* of a table of equal lines */
#define CELLS_SIMILAR ((size_t)40000) /* of a table that looks at words too */

static bool word_char(char c)
{
	return isalnum((unsigned char)c) || c == '_' || (unsigned char)c >= 0x80;
}

bool word_next(struct slice *rest, struct slice *word)
{
	size_t n = 1;

	if (!rest->n)
		return false;
	if (word_char(rest->p[0]))
		while (n < rest->n && word_char(rest->p[n]))
			n++;
	else if (rest->p[0] == ' ' || rest->p[0] == '\t')
		while (n < rest->n && (rest->p[n] == ' ' || rest->p[n] == '\t'))
			n++;
	*word = (struct slice){ rest->p, n };
	*rest = slice_skip(*rest, n);
	return true;
}

struct word_list {
	struct slice *items;
	size_t n, cap;
};

static struct word_list words_of(struct arena *arena, struct slice line)
{
	struct word_list words = { 0 };
	struct slice word;

	while (word_next(&line, &word))
		*arena_push(arena, &words) = word;
	return words;
}

/* Words shared, of all that there are: 0 to 100, by their letters; white space does not count. */
static unsigned int line_similarity(const struct word_list *a, const struct word_list *b)
{
	size_t all = 0, shared = 0;
	uint64_t used = 0; /* words of b that have a partner; those past 64 have none */

	for (size_t i = 0; i < a->n; i++)
		all += slice_blank(a->items[i]) ? 0 : a->items[i].n;
	for (size_t j = 0; j < b->n; j++)
		all += slice_blank(b->items[j]) ? 0 : b->items[j].n;
	for (size_t i = 0; i < a->n; i++) {
		if (slice_blank(a->items[i]))
			continue;
		for (size_t j = 0; j < b->n && j < 64; j++) {
			if (used >> j & 1 || !slice_eq(a->items[i], b->items[j]))
				continue;
			used |= (uint64_t)1 << j;
			shared += 2 * a->items[i].n;
			break;
		}
	}
	return all ? (unsigned int)(100 * shared / all) : 0;
}

/* What aligning two things gains; 0: they do not go together. */
struct gains {
	unsigned int (*gain)(const void *data, size_t i, size_t j);
	const void *data;
};

/*
 * partner[i] gets the index in the second that i goes with, or SIZE_MAX. Indexes i0.. and j0.., n
 * and m long.
 */
static void align(struct arena *arena, const struct gains *gains, size_t i0, size_t n, size_t j0,
		  size_t m, size_t *partner)
{
	uint32_t *best;

	for (size_t i = 0; i < n; i++)
		partner[i0 + i] = SIZE_MAX;
	if (!n || !m || n > CELLS_MAX / m)
		return;
	best = arena_alloc(arena, (n + 1) * (m + 1) * sizeof(*best));
#define BEST(i, j) best[(i) * (m + 1) + (j)]
	for (size_t i = n; i-- > 0;)
		for (size_t j = m; j-- > 0;) {
			unsigned int gain = gains->gain(gains->data, i0 + i, j0 + j);
			uint32_t most = BEST(i + 1, j) > BEST(i, j + 1) ? BEST(i + 1, j) :
									  BEST(i, j + 1);

			if (gain && BEST(i + 1, j + 1) + gain > most)
				most = BEST(i + 1, j + 1) + gain;
			BEST(i, j) = most;
		}
	for (size_t i = 0, j = 0; i < n && j < m;) {
		unsigned int gain = gains->gain(gains->data, i0 + i, j0 + j);

		if (gain && BEST(i, j) == BEST(i + 1, j + 1) + gain) {
			partner[i0 + i++] = j0 + j;
			j++;
		} else if (BEST(i, j) == BEST(i + 1, j)) {
			i++;
		} else {
			j++;
		}
	}
#undef BEST
}

struct line_pair {
	const struct diff_line *const *up, *const *down;
	struct word_list *up_words, *down_words; /* NULL: too many to look at words */
};

static bool line_eq(const struct diff_line *a, const struct diff_line *b)
{
	return a->kind == b->kind && slice_eq(a->text, b->text) && a->no_newline == b->no_newline;
}

static unsigned int line_gain(const void *data, size_t i, size_t j)
{
	const struct line_pair *pair = data;
	unsigned int similar;

	if (line_eq(pair->up[i], pair->down[j]))
		return slice_blank(pair->up[i]->text) ? 1 : 10;
	if (!pair->up_words || pair->up[i]->kind != pair->down[j]->kind)
		return 0;
	similar = line_similarity(&pair->up_words[i], &pair->down_words[j]);
	return similar > 50 ? similar / 15 : 0;
}

static struct word_list *all_words(struct arena *arena, const struct diff_line *const *lines,
				   size_t n)
{
	struct word_list *words = arena_alloc(arena, (n + 1) * sizeof(*words));

	for (size_t i = 0; i < n; i++)
		words[i] = words_of(arena, lines[i]->text);
	return words;
}

static void part_push(struct arena *arena, struct part *part, const struct diff_line *up,
		      const struct diff_line *down)
{
	struct part_line *line = arena_push(arena, part);

	line->up = up;
	line->down = down;
	if (up && down && !line_eq(up, down))
		line->words = compare_words(arena, up->text, down->text);
}

void compare_lines(struct arena *arena, const struct diff_line *const *up, size_t nup,
		   const struct diff_line *const *down, size_t ndown, struct part *part)
{
	struct line_pair pair = { .up = up, .down = down };
	struct gains gains = { line_gain, &pair };
	size_t *partner = arena_alloc(arena, (nup + 1) * sizeof(*partner));
	size_t head = 0, tail = 0, j = 0;

	while (head < nup && head < ndown && line_eq(up[head], down[head]))
		head++;
	while (tail < nup - head && tail < ndown - head &&
	       line_eq(up[nup - 1 - tail], down[ndown - 1 - tail]))
		tail++;
	if (nup - head - tail && (nup - head - tail) <= CELLS_SIMILAR / (ndown - head - tail + 1)) {
		pair.up_words = all_words(arena, up, nup);
		pair.down_words = all_words(arena, down, ndown);
	}
	for (size_t i = 0; i < nup; i++)
		partner[i] = i < head ? i : i + ndown - nup;
	align(arena, &gains, head, nup - head - tail, head, ndown - head - tail, partner);
	for (size_t i = 0; i < nup; i++) {
		if (partner[i] == SIZE_MAX) {
			part_push(arena, part, up[i], NULL);
			continue;
		}
		while (j < partner[i])
			part_push(arena, part, NULL, down[j++]);
		part_push(arena, part, up[i], down[j++]);
	}
	while (j < ndown)
		part_push(arena, part, NULL, down[j++]);
}

struct word_pair {
	struct word_list old, new;
};

static unsigned int word_gain(const void *data, size_t i, size_t j)
{
	const struct word_pair *pair = data;

	if (!slice_eq(pair->old.items[i], pair->new.items[j]))
		return 0;
	return slice_blank(pair->old.items[i]) ? 1 : 1 + (unsigned int)(pair->old.items[i].n > 1);
}

/* Joined with the piece before it where that is of one kind and stands right before it. */
static void piece_add(struct arena *arena, struct word_pieces *pieces, char kind, struct slice word)
{
	struct word_piece *last = pieces->n ? &pieces->items[pieces->n - 1] : NULL;

	if (last && last->kind == kind && last->text.p + last->text.n == word.p) {
		last->text.n += word.n;
		return;
	}
	*arena_push(arena, pieces) = (struct word_piece){ kind, word };
}

struct word_pieces compare_words(struct arena *arena, struct slice old, struct slice new)
{
	struct word_pair pair = { words_of(arena, old), words_of(arena, new) };
	struct gains gains = { word_gain, &pair };
	struct word_pieces pieces = { 0 };
	size_t *partner = arena_alloc(arena, (pair.old.n + 1) * sizeof(*partner));
	size_t j = 0;

	align(arena, &gains, 0, pair.old.n, 0, pair.new.n, partner);
	for (size_t i = 0; i < pair.old.n; i++) {
		if (partner[i] == SIZE_MAX) {
			piece_add(arena, &pieces, '-', pair.old.items[i]);
			continue;
		}
		while (j < partner[i])
			piece_add(arena, &pieces, '+', pair.new.items[j++]);
		/* Text of the new line, so that what is in both and what was added join in one
		 * buffer. */
		piece_add(arena, &pieces, ' ', pair.new.items[j++]);
	}
	while (j < pair.new.n)
		piece_add(arena, &pieces, '+', pair.new.items[j++]);
	return pieces;
}
