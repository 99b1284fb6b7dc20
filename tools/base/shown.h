/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Shown: text of strangers made safe for a person's eyes, cut and filled to columns.
 */
#ifndef SERIES_BASE_SHOWN_H
#define SERIES_BASE_SHOWN_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/text.h"

/*
 * `s` with what a terminal would obey made visible: control characters as \x1b, C1 controls and
 * those that turn the writing direction as <U+202E>, bytes that are no UTF-8 as \xff. Tabs stay;
 * newlines stay where `lines`.
 */
void text_add_shown(struct text *text, struct slice s, bool lines);
/* The same, of one line, owned by the arena. */
char *text_shown(struct arena *arena, const char *s);
/* Columns that it takes on a terminal, tabs not counted, escape sequences of tints not either. */
size_t text_columns(struct slice s);
/* Cut to at most `columns`, with "..." where something was cut. */
void text_add_cut(struct text *text, struct slice s, size_t columns);
/* Words filled into lines of `width` columns, each line behind `indent` spaces; ends in a newline.
 */
void text_add_filled(struct text *text, struct slice s, size_t indent, size_t width);

#endif
