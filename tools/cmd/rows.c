/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include "cmd/rows.h"

#include <time.h>

#define TIP_DIGITS 7 /* of a commit */

void rows_remark(struct arena *arena, struct rows *rows, const char *remark)
{
	*arena_push(arena, rows) = remark;
}

void rows_write(const struct context *c, struct text *out, const struct rows *rows, size_t indent,
		size_t deep)
{
	struct text all __free_text = TEXT_INIT;
	struct slice rest, row;

	table_write(&all, &rows->table, indent, c->color);
	rest = text_slice(&all);
	for (size_t i = 0; slice_line(&rest, &row); i++) {
		struct slice remark = slice_of(i < rows->n ? rows->items[i] : ""), line;

		text_add_slice(out, row);
		text_addc(out, '\n');
		while (slice_line(&remark, &line)) {
			struct text safe __free_text = TEXT_INIT;

			text_add_shown(&safe, line, false);
			if (!slice_blank(line))
				text_add_filled(out, text_slice(&safe), deep, c->width);
		}
	}
}

static char *time_word(struct arena *arena, const char *format, int64_t at)
{
	time_t when = (time_t)at;
	char text[32];
	struct tm tm;

	if (!at || !gmtime_r(&when, &tm))
		return arena_strdup(arena, "-");
	strftime(text, sizeof(text), format, &tm);
	return arena_strdup(arena, text);
}

char *minute_word(struct arena *arena, int64_t at)
{
	return time_word(arena, "%Y-%m-%d %H:%M", at);
}

char *day_word(struct arena *arena, int64_t at)
{
	return time_word(arena, "%Y-%m-%d", at);
}

char *kernel_word(struct arena *arena, const char *name)
{
	const char *plus = strchr(name, '+');
	int n = (int)strlen(name);

	if (plus && strlen(plus + 1) > TIP_DIGITS)
		n = (int)(plus - name) + 1 + TIP_DIGITS;
	return text_shown(arena, arena_printf(arena, "%.*s", n, name));
}
