/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Screen: text for a person's eyes, in columns and colours, safe to send to a terminal.
 */
#ifndef SERIES_CMD_SCREEN_H
#define SERIES_CMD_SCREEN_H

#include <stdbool.h>

#include "base/progress.h"
#include "base/shown.h"
#include "base/text.h"
#include "patch/mark.h"

enum tint {
	TINT_NONE,
	TINT_BOLD,
	TINT_DIM,
	TINT_GOOD,
	TINT_LOOK,
	TINT_BAD,
	TINT_ADD,
	TINT_DROP,
	TINT_HEAD
};

/* Start and end of a tint; nothing without colour. */
const char *tint_on(bool color, enum tint tint);
const char *tint_off(bool color, enum tint tint);
/* How a mark is shown: good, look at it, bad. */
enum tint mark_tint(enum mark mark);

/*
 * Reasons, "; " between them, one below the other, each filled behind `indent` spaces and a dash;
 * made safe.
 */
void text_add_reasons(struct text *text, struct slice s, size_t indent, size_t width);

/* A table whose columns are as wide as their widest cell. */
struct table_item {
	char *text; /* safe already */
	enum tint tint;
};
struct table {
	struct table_item *items; /* row after row */
	size_t n, cap;
	size_t columns;
};
void table_cell(struct arena *arena, struct table *table, enum tint tint, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
/* Rows behind `indent` spaces, two spaces between columns, none at the end of a line. */
void table_write(struct text *out, const struct table *table, size_t indent, bool color);

/* Draws what struct progress tells, on a terminal's last line. */
struct drawer;
struct drawer *drawer_new(struct arena *arena, int fd, unsigned int width);
bool drawer_step(void *drawer, const char *what, uint64_t done, uint64_t total, const char *unit);
/* Take it off the screen, before anything else is printed. NULL is fine. */
void drawer_clear(struct drawer *drawer);

#endif
