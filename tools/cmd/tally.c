/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/tally.h"

#include <string.h>

struct tally_item *tally_add(struct arena *arena, struct tally *tally, const char *what,
			     const char *where)
{
	struct tally_item *item = NULL;

	for (size_t i = 0; i < tally->n && !item; i++)
		if (!strcmp(tally->items[i].what, what))
			item = &tally->items[i];
	if (item && !strcmp(item->last, where))
		return item;
	if (!item) {
		item = arena_push(arena, tally);
		item->what = arena_strdup(arena, what);
	}
	item->last = arena_strdup(arena, where);
	item->where = item->n++ ? arena_printf(arena, "%s, %s", item->where, where) : item->last;
	return item;
}

void tally_turn(struct arena *arena, const struct tally *tally, struct tally *turned)
{
	for (size_t i = 0; i < tally->n; i++) {
		const struct tally_item *item = &tally->items[i];

		tally_add(arena, turned, item->where, item->what)->n = item->n;
	}
}

char *tally_few(struct arena *arena, const struct tally_item *item)
{
	enum { MOST = 8, SHOWN = 5 };
	const char *end = item->where;

	if (item->n <= MOST)
		return arena_strdup(arena, item->where);
	for (size_t i = 0; i < SHOWN && end; i++)
		end = strstr(end + (i ? 2 : 0), ", ");
	return arena_printf(arena, "%.*s and %zu more", end ? (int)(end - item->where) : 0,
			    item->where, item->n - SHOWN);
}

char *tally_on(struct arena *arena, const struct tally_item *item, size_t all)
{
	if (item->n == all && all > 2)
		return arena_printf(arena, "on all %zu", all);
	return arena_printf(arena, "on %s", item->where);
}
