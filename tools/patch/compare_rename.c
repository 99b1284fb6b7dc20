/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A backport that only calls things by their other names is the easiest one to review, when the reader is given the
 * map. It is the easiest one to get wrong, too: a map that sends one name to two, or two to one, is no
 * rename but a change of meaning. So every identifier of the changed lines goes into the map, those that stay the
 * same too, and one contradiction anywhere in the patch makes the part an adapted one.
 */
#include "patch/compare_rename.h"

#include <ctype.h>

#include "patch/compare_lines.h"
#include "patch/symbol.h"

#define NAMES_MAX 2000u /* of one patch: past that nothing is called a rename */

struct name_map {
	struct part_rename *items;
	size_t n, cap;
	bool broken;
};

static bool name(struct slice word)
{
	return word.n && (isalpha((unsigned char)word.p[0]) || word.p[0] == '_');
}

static void map_add(struct arena *arena, struct name_map *map, struct slice from, struct slice to)
{
	for (size_t i = 0; i < map->n; i++) {
		bool left = slice_eq(map->items[i].from, from);

		if (left != slice_eq(map->items[i].to, to))
			map->broken = true;
		if (left)
			return;
	}
	map->broken = map->broken || map->n == NAMES_MAX;
	if (!map->broken)
		*arena_push(arena, map) = (struct part_rename){ from, to };
}

static bool word_solid(struct slice *rest, struct slice *word)
{
	while (word_next(rest, word))
		if (!slice_blank(*word))
			return true;
	return false;
}

/* Two lines word by word into the map; false: they differ in more than names. */
static bool map_line(struct arena *arena, struct name_map *map, struct slice up, struct slice down)
{
	struct slice a = { 0 }, b = { 0 };

	for (;;) {
		bool more = word_solid(&up, &a);

		if (more != word_solid(&down, &b))
			return false;
		if (!more)
			return true;
		if (name(a) && name(b) && !symbol_common(a) && !symbol_common(b))
			map_add(arena, map, a, b);
		else if (!slice_eq(a, b))
			return false;
	}
}

/* The next changed line of one side, from entry `*i` on; NULL: no more. */
static const struct diff_line *changed(const struct part *part, size_t *i, bool down)
{
	while (*i < part->n) {
		const struct part_line *line = &part->items[(*i)++];
		const struct diff_line *one = down ? line->down : line->up;

		if (one && one->kind != ' ')
			return one;
	}
	return NULL;
}

/* Changed line by changed line: where every name is another one, the lines may not have been put side by side. */
static bool map_part(struct arena *arena, struct name_map *map, const struct part *part)
{
	size_t i = 0, k = 0;

	for (;;) {
		const struct diff_line *up = changed(part, &i, false);
		const struct diff_line *down = changed(part, &k, true);

		if (!up || !down)
			return !up && !down;
		if (up->kind != down->kind || !map_line(arena, map, up->text, down->text))
			return false;
	}
}

void compare_renames(struct arena *arena, struct compare *compare)
{
	struct name_map all = { 0 };
	bool *same = arena_alloc(arena, (compare->n + 1) * sizeof(*same));

	for (size_t i = 0; i < compare->n; i++) {
		struct part *part = &compare->items[i];
		struct name_map own = { 0 };

		if (part->state > PART_ADAPTED)
			continue;
		same[i] = map_part(arena, &own, part) && !own.broken;
		/* What is adapted otherwise says nothing about names. */
		for (size_t k = 0; k < own.n && same[i]; k++)
			map_add(arena, &all, own.items[k].from, own.items[k].to);
	}
	for (size_t i = 0; i < compare->n && !all.broken; i++) {
		struct part *part = &compare->items[i];
		struct name_map own = { 0 };

		if (part->state != PART_ADAPTED || !same[i])
			continue;
		map_part(arena, &own, part);
		for (size_t k = 0; k < own.n; k++)
			if (!slice_eq(own.items[k].from, own.items[k].to))
				*arena_push(arena, &part->renames) = own.items[k];
		if (part->renames.n)
			part->state = PART_RENAME;
	}
}
