/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Finding a hunk.
 *
 * First the line that the header names, moved by as much as the hunk before it moved; this is where nearly every hunk
 * is, and costs one comparison of its lines. Else all of the file is searched for the pre-image, and the caller hears
 * how often it stands there, since the nearest of several places is only a guess (patch and git apply take it). The search tries
 * the pre-image's longest line first, because it is the one that least often matches by chance: O(lines) in practice,
 * O(lines x hunk) at worst.
 */
#include "patch/place.h"

struct lines hunk_lines_before(struct arena *arena, const struct hunk *hunk)
{
	struct lines lines = { 0 };

	for (size_t i = 0; i < hunk->n; i++) {
		if (hunk->items[i].kind == '+')
			continue;
		*arena_push(arena, &lines) = hunk->items[i].text;
		lines.no_newline = hunk->items[i].no_newline;
	}
	return lines;
}

bool place_fits(const struct lines *lines, const struct hunk *hunk, size_t at)
{
	if (at > lines->n || hunk->old_count > lines->n - at)
		return false;
	for (size_t i = 0; i < hunk->n; i++) {
		const struct diff_line *line = &hunk->items[i];

		if (line->kind == '+')
			continue;
		if (!slice_eq(line->text, lines->items[at]))
			return false;
		at++;
		if (line->no_newline != (at == lines->n && lines->no_newline))
			return false;
	}
	return true;
}

/* The longest pre-image line, and how far down in the pre-image it is. */
static const struct diff_line *rarest(const struct hunk *hunk, size_t *down)
{
	const struct diff_line *best = NULL;
	size_t at = 0;

	for (size_t i = 0; i < hunk->n; i++) {
		if (hunk->items[i].kind == '+')
			continue;
		if (!best || hunk->items[i].text.n > best->text.n) {
			best = &hunk->items[i];
			*down = at;
		}
		at++;
	}
	return best;
}

struct place place_hunk(const struct lines *lines, const struct hunk *hunk, size_t floor,
			long delta)
{
	struct place place = { .at = PLACE_NONE };
	long want = (long)hunk->old_start - 1 + delta;
	const struct diff_line *key;
	size_t down = 0;

	if (!hunk->old_count) { /* nothing to look for: only an empty file is certain */
		if (!lines->n)
			place = (struct place){ 0, 1, true };
		return place;
	}
	if (want >= (long)floor && place_fits(lines, hunk, (size_t)want))
		return (struct place){ (size_t)want, 0, true };
	key = rarest(hunk, &down);
	for (size_t i = floor + down; i < lines->n; i++) {
		long now = (long)(i - down), best = (long)place.at;

		if (!slice_eq(lines->items[i], key->text) || !place_fits(lines, hunk, i - down))
			continue;
		place.count++;
		if (place.at == PLACE_NONE || labs(now - want) < labs(best - want))
			place.at = i - down;
	}
	return place;
}

size_t place_all(const struct lines *lines, const struct slice *run, size_t n, size_t *at,
		 size_t max)
{
	size_t count = 0;

	for (size_t i = 0; n && i + n <= lines->n; i++) {
		size_t k = 0;

		while (k < n && slice_eq_space(lines->items[i + k], run[k]))
			k++;
		if (k < n)
			continue;
		if (count < max)
			at[count] = i;
		count++;
	}
	return count;
}
