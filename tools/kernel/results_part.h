/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Results, between its own files.
 */
#ifndef SERIES_KERNEL_RESULTS_PART_H
#define SERIES_KERNEL_RESULTS_PART_H

#include <sqlite3.h>

#include "kernel/results.h"

#define RESULTS_SCHEMA 3

struct results {
	sqlite3 *db;
	char *path;
};

DEFINE_FREE(statement, sqlite3_stmt *, sqlite3_finalize(_v))

/* -1 with fail(): what SQLite said, and what to do about a damaged file. */
int results_fail(const struct results *results, const char *doing);
/*
 * A statement with its values bound, one character each: 's' text (NULL is ""), 'i' int64_t, 'd' double, 'o' const
 * git_oid *. NULL with fail().
 */
sqlite3_stmt *results_ask(struct results *results, const char *sql, const char *types, ...);
/* The next row: 1, 0 (no more), -1. */
int results_row(struct results *results, sqlite3_stmt *statement);
/* One that gives no rows. */
int results_do(struct results *results, const char *sql, const char *types, ...);

#endif
