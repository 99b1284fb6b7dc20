/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "patch/names.h"

struct names *names_new(struct arena *arena)
{
	struct names *names = arena_new_of(arena, struct names);

	names->arena = arena;
	names->mask = 1023;
	names->slots = arena_alloc(arena, (names->mask + 1) * sizeof(*names->slots));
	return names;
}

/* The slot that holds `s`, or the free one where it would go. */
static size_t find_slot(const struct names *names, struct slice s)
{
	unsigned long h = slice_hash(s);
	size_t i = (h ^ h >> 29) & names->mask;

	while (names->slots[i] && !slice_eq(names->items[names->slots[i] - 1], s))
		i = (i + 1) & names->mask;
	return i;
}

static void grow(struct names *names)
{
	names->mask = names->mask * 4 + 3;
	names->slots = arena_alloc(names->arena, (names->mask + 1) * sizeof(*names->slots));
	for (size_t k = 0; k < names->n; k++)
		names->slots[find_slot(names, names->items[k])] = (unsigned int)k + 1;
}

unsigned int names_number(struct names *names, struct slice s)
{
	size_t slot = find_slot(names, s);

	if (names->slots[slot])
		return names->slots[slot] - 1;
	if (names->n * 2 > names->mask) {
		grow(names);
		slot = find_slot(names, s);
	}
	*arena_push(names->arena, names) = s;
	names->slots[slot] = (unsigned int)names->n;
	return (unsigned int)names->n - 1;
}

bool names_find(const struct names *names, struct slice s, unsigned int *number)
{
	size_t slot = find_slot(names, s);

	if (!names->slots[slot])
		return false;
	*number = names->slots[slot] - 1;
	return true;
}
