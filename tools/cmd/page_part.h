/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Page, between its own files: each writes a part of it.
 */
#ifndef SERIES_CMD_PAGE_PART_H
#define SERIES_CMD_PAGE_PART_H

#include "cmd/html.h"
#include "cmd/sheet.h"

/* The look of it: one style sheet, for the screen in light and dark, and for paper. */
extern const char page_style[];

/* "<!DOCTYPE html>" to the opening of <main>; what closes it. `title` is escaped here. */
void page_begin(struct arena *arena, struct text *out, const char *title);
void page_end(struct text *out);

/* Upstream beside port: a card on the first page, a page of its own. */
void page_deviation_card(struct context *context, const struct sheet *sheet,
			 const struct deviation *deviation, struct text *out);
int page_deviation(struct context *context, const struct sheet *sheet,
		   const struct deviation *deviation, struct text *out);

/* What was run. */
void page_results(struct context *context, const struct sheet *sheet, struct text *out);
void page_proof(struct context *context, const struct sheet *sheet, struct text *out);
void page_checks(struct context *context, const struct sheet *sheet, struct text *out);
void page_rest(struct context *context, const struct sheet *sheet, struct text *out);
void page_targets(struct context *context, const struct sheet *sheet, struct text *out);
void page_timeline(struct context *context, const struct sheet *sheet, struct text *out);

#endif
