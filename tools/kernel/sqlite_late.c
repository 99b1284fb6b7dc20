/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SQLite, loaded when the first database is opened.
 *
 * Mapping and relocating it costs each run half a millisecond, and most runs open no database: see
 * kernel/archive_late.c, which does the same. The functions that kernel/results*.c call stand here,
 * by SQLite's own declarations, and pass each call on.
 */
#include <dlfcn.h>
#include <sqlite3.h>
#include <stdlib.h>

/* The name that all of SQLite 3 has. */
#define LIBRARY "libsqlite3.so.0"

static void *late(const char *name)
{
	void *library = dlopen(LIBRARY, RTLD_LAZY | RTLD_LOCAL);

	return library ? dlsym(library, name) : NULL;
}

/*
 * Resolved on the first call; the library stays loaded. Only sqlite3_open_v2() can find it missing,
 * and gives no database then: all others are called with what it gave.
 */
#define LATE(type, name, parameters, arguments)                                                    \
	type name parameters                                                                       \
	{                                                                                          \
		static type(*function) parameters;                                                 \
                                                                                                   \
		if (!function && !(*(void **)&function = late(#name)))                             \
			abort();                                                                   \
		return function arguments;                                                         \
	}

int sqlite3_open_v2(const char *path, sqlite3 **db, int flags, const char *vfs)
{
	int (*function)(const char *, sqlite3 **, int, const char *);

	*db = NULL;
	*(void **)&function = late("sqlite3_open_v2");
	return function ? function(path, db, flags, vfs) : SQLITE_CANTOPEN;
}

LATE(int, sqlite3_close, (sqlite3 * db), (db))
LATE(int, sqlite3_exec,
     (sqlite3 * db, const char *sql, int (*row)(void *, int, char **, char **), void *data,
      char **message),
     (db, sql, row, data, message))
LATE(int, sqlite3_busy_timeout, (sqlite3 * db, int ms), (db, ms))
LATE(int, sqlite3_errcode, (sqlite3 * db), (db))
LATE(const char *, sqlite3_errmsg, (sqlite3 * db), (db))
LATE(int, sqlite3_get_autocommit, (sqlite3 * db), (db))
LATE(sqlite3_int64, sqlite3_last_insert_rowid, (sqlite3 * db), (db))
LATE(int, sqlite3_prepare_v2,
     (sqlite3 * db, const char *sql, int n, sqlite3_stmt **statement, const char **tail),
     (db, sql, n, statement, tail))
LATE(int, sqlite3_step, (sqlite3_stmt * s), (s))
LATE(int, sqlite3_reset, (sqlite3_stmt * s), (s))
LATE(int, sqlite3_bind_value, (sqlite3_stmt * s, int i, const sqlite3_value *value), (s, i, value))
LATE(sqlite3_value *, sqlite3_column_value, (sqlite3_stmt * s, int i), (s, i))
LATE(int, sqlite3_bind_text,
     (sqlite3_stmt * s, int i, const char *text, int n, void (*release)(void *)),
     (s, i, text, n, release))
LATE(int, sqlite3_bind_int64, (sqlite3_stmt * s, int i, sqlite3_int64 value), (s, i, value))
LATE(int, sqlite3_bind_double, (sqlite3_stmt * s, int i, double value), (s, i, value))
LATE(int, sqlite3_column_count, (sqlite3_stmt * s), (s))
LATE(const char *, sqlite3_column_name, (sqlite3_stmt * s, int i), (s, i))
LATE(int, sqlite3_column_type, (sqlite3_stmt * s, int i), (s, i))
LATE(int, sqlite3_column_int, (sqlite3_stmt * s, int i), (s, i))
LATE(sqlite3_int64, sqlite3_column_int64, (sqlite3_stmt * s, int i), (s, i))
LATE(double, sqlite3_column_double, (sqlite3_stmt * s, int i), (s, i))
LATE(const unsigned char *, sqlite3_column_text, (sqlite3_stmt * s, int i), (s, i))

/* Of a statement that there never was, too. */
int sqlite3_finalize(sqlite3_stmt *s)
{
	static int (*function)(sqlite3_stmt *);

	if (!s)
		return SQLITE_OK;
	if (!function && !(*(void **)&function = late("sqlite3_finalize")))
		abort();
	return function(s);
}
