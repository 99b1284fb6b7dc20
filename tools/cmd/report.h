/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Report: what became of a series on some kernels, for a person and as JSON.
 */
#ifndef SERIES_CMD_REPORT_H
#define SERIES_CMD_REPORT_H

#include <jansson.h>

#include "cmd/command.h"
#include "patch/port.h"
#include "patch/thread.h"

DEFINE_FREE(json, json_t *, json_decref(_v))

struct report {
	const struct series *series;
	const struct port *items;
	size_t n;
	struct pack *pack; /* that has what is not in the store yet */
	/* What is proven of each patch, target after target: "BT" (see docs/testing.md); NULL: not looked up. */
	char *const *letters;
};

/* The worst mark of all. */
enum mark report_mark(const struct report *report);
/* Patches x targets, the subjects beside it where they fit in `width`. */
void report_table(struct arena *arena, struct text *out, const struct report *report,
		  unsigned int width, bool color);
/* What a reader must know of each patch that is not upstream's text; what is the same on several
 * targets once. */
int report_remarks(struct arena *arena, struct text *out, const struct report *report,
		   unsigned int width, bool color);
/* Each hunk with its mark, place and evidence. */
void report_explain(struct text *out, const struct report *report, unsigned int width, bool color);
/* As docs/json.md says. */
json_t *report_json(const struct report *report);

/* A string of JSON: what is no UTF-8 in `s` is shown escaped. NULL gives null. */
json_t *json_shown(const char *s);
/* ["Reviewed-by: A <a@b>", ...] */
json_t *json_trailers(const struct trailers *trailers);
/* Append `json` and a newline. */
void text_add_json(struct text *out, const json_t *json);
/* "1/3" */
char *patch_place(struct arena *arena, const struct series *series,
		  const struct series_patch *patch);

#endif
