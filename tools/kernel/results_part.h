/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Results, between its own files and those that keep more in the same database (ci/journal.c).
 */
#ifndef SERIES_KERNEL_RESULTS_PART_H
#define SERIES_KERNEL_RESULTS_PART_H

#include <sqlite3.h>
#include <stdbool.h>

#include "kernel/results.h"

#define RESULTS_SCHEMA 4

struct results {
	sqlite3 *db;
	char *path;
};

DEFINE_FREE(statement, sqlite3_stmt *, sqlite3_finalize(_v))

/* Like results_open(), called `shown` in messages. */
int results_open_as(const char *path, const char *shown, struct results **results);
/* Bring it to our schema, in one transaction: whoever comes second finds it done. */
int results_upgrade(struct results *results);

/*
 * What belongs together: a transaction, or a part of the one that is open (`part`). It ends with what `ret` is: 0 keeps it, -1 takes
 * it back and stays -1.
 */
int results_begin(struct results *results, bool *part);
int results_end(struct results *results, bool part, int ret);

/* -1 with fail(): what SQLite said, and what to do about a damaged file. */
int results_fail(const struct results *results, const char *doing);
/*
 * A statement with its values bound, one character each: 's' text (NULL is ""), 'i' int64_t, 'd' double, 'o' const
 * git_oid *. NULL with fail().
 */
sqlite3_stmt *results_ask(struct results *results, const char *sql, const char *types, ...);
/* The next row: 1, 0 (no more), -1. */
int results_row(struct results *results, sqlite3_stmt *statement);
/* A column as text, "" for NULL. */
char *results_column(struct arena *arena, sqlite3_stmt *row, int i);
/* The first number that a question gives; 0 where it gives none. */
int results_number(struct results *results, const char *sql, int64_t *value);
/* Statements without values. */
int results_script(struct results *results, const char *sql);
/* One that gives no rows. */
int results_do(struct results *results, const char *sql, const char *types, ...);

#endif
