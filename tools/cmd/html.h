/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Html: text of strangers, made safe to stand in a page.
 */
#ifndef SERIES_CMD_HTML_H
#define SERIES_CMD_HTML_H

#include "base/arena.h"
#include "base/text.h"

/*
 * `s` as text or as the value of an attribute in double quotes: markup escaped; control characters, those that turn the
 * writing direction, and bytes that are no UTF-8 made visible as on a terminal. Newlines become blanks, tabs stay.
 */
void html_add(struct text *out, struct slice s);
/* The same, owned by the arena; NULL gives "". */
char *html_of(struct arena *arena, const char *s);
/* "file:///home/me/x%20y": a path, as a link's target. */
char *html_file(struct arena *arena, const char *path);

#endif
