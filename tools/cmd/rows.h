/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rows: a table that has a word to say below some of its rows, and the times in it.
 */
#ifndef SERIES_CMD_ROWS_H
#define SERIES_CMD_ROWS_H

#include <stdint.h>

#include "cmd/command.h"
#include "cmd/screen.h"

/* A remark of many lines is filled line by line; "": none. What is in it is made safe. */
struct rows {
	struct table table;
	const char **items; /* the remark below each row */
	size_t n, cap;
};
void rows_remark(struct arena *arena, struct rows *rows, const char *remark);
/* Rows behind `indent` spaces, remarks behind `deep`. */
void rows_write(const struct context *context, struct text *out, const struct rows *rows,
		size_t indent, size_t deep);

/* "2026-11-22 04:12", UTC; "-" for 0. */
char *minute_word(struct arena *arena, int64_t at);
/* "2026-11-22" */
char *day_word(struct arena *arena, int64_t at);
/* A kernel's name: of a tip with less of its commit, "v6.1.188-rc1+0123456". */
char *kernel_word(struct arena *arena, const char *name);

#endif
