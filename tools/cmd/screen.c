/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include "cmd/screen.h"

#include <stdio.h>
#include <stdlib.h>

static const char *const tints[] = {
	[TINT_NONE] = "",	  [TINT_BOLD] = "\033[1m",    [TINT_DIM] = "\033[2m",
	[TINT_GOOD] = "\033[32m", [TINT_LOOK] = "\033[1;33m", [TINT_BAD] = "\033[1;31m",
	[TINT_ADD] = "\033[32m",  [TINT_DROP] = "\033[31m",   [TINT_HEAD] = "\033[36m",
};

const char *tint_on(bool color, enum tint tint)
{
	return color ? tints[tint] : "";
}

const char *tint_off(bool color, enum tint tint)
{
	return color && tint != TINT_NONE ? "\033[0m" : "";
}

enum tint mark_tint(enum mark mark)
{
	switch (mark) {
	case MARK_PRESENT:
	case MARK_EXACT:
	case MARK_RECORDED:
		return TINT_GOOD;
	case MARK_CONTEXT:
	case MARK_THREEWAY:
	case MARK_MOVED:
	case MARK_WORDS:
	case MARK_SEMANTIC:
		return TINT_LOOK;
	case MARK_CONFLICT:
		return TINT_BAD;
	case MARK_NONE:
	case MARK_SKIPPED:
	case MARK_COUNT:
		break;
	}
	return TINT_DIM;
}

void text_add_reasons(struct text *text, struct slice s, size_t indent, size_t width)
{
	while (s.n) {
		ptrdiff_t end = slice_find(s, SLICE("; "));
		struct slice one = { s.p, end < 0 ? s.n : (size_t)end };
		struct text safe __free_text = TEXT_INIT;
		size_t dash = text->len + indent;

		text_add_shown(&safe, one, false);
		text_add_filled(text, text_slice(&safe), indent + 2, width);
		text->p[dash] = '-';
		s = slice_skip(s, one.n + 2);
	}
}

void table_cell(struct arena *arena, struct table *table, enum tint tint, const char *fmt, ...)
{
	struct table_item *cell = arena_push(arena, table);
	va_list ap;

	va_start(ap, fmt);
	cell->text = arena_vprintf(arena, fmt, ap);
	va_end(ap);
	cell->tint = tint;
}

/* The width of each column; the caller frees them. */
static size_t *column_widths(const struct table *table)
{
	size_t *widths = calloc(table->columns + 1, sizeof(*widths));

	if (!widths)
		abort();
	for (size_t i = 0; i < table->n; i++) {
		size_t columns = text_columns(slice_of(table->items[i].text));
		size_t *width = &widths[i % table->columns];

		if (columns > *width)
			*width = columns;
	}
	return widths;
}

void table_write(struct text *out, const struct table *table, size_t indent, bool color)
{
	size_t *widths __free(ptr) = column_widths(table);

	for (size_t i = 0; i < table->n; i += table->columns) {
		size_t gap = indent; /* spaces owed before the next thing that is seen */

		for (size_t j = 0; j < table->columns && i + j < table->n; j++) {
			const struct table_item *cell = &table->items[i + j];
			size_t columns = text_columns(slice_of(cell->text));

			if (columns) {
				text_addf(out, "%*s%s%s%s", (int)gap, "",
					  tint_on(color, cell->tint), cell->text,
					  tint_off(color, cell->tint));
				gap = 0;
			}
			gap += widths[j] - columns + 2;
		}
		text_addc(out, '\n');
	}
}
