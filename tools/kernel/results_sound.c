/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include "kernel/results_sound.h"

#include <errno.h>

#include "base/fail.h"
#include "base/file.h"
#include "kernel/results_part.h"

int results_sound(const char *path)
{
	struct results *results __free(results) = NULL;
	int code;

	if (file_kind(path) == 0)
		return 1;
	if (results_open(path, &results))
		/* Of another program, or so damaged that it cannot be opened; a full disk is neither. */
		return fail_kind() == FAIL_USAGE || strstr(fail_message(), ": damaged (") ? 0 : -1;

	__free(statement) sqlite3_stmt *row = results_ask(results, "PRAGMA quick_check(1)", "");

	code = row ? sqlite3_step(row) : sqlite3_errcode(results->db);
	if (code == SQLITE_ROW)
		return !strcmp((const char *)sqlite3_column_text(row, 0), "ok");
	code &= 0xff;
	if (code == SQLITE_CORRUPT || code == SQLITE_NOTADB)
		return 0;
	return results_fail(results, "look through it");
}

int results_set_aside(struct arena *arena, const char *path)
{
	static const char *const parts[] = { "", "-wal", "-shm" };

	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		const char *from = arena_printf(arena, "%s%s", path, parts[i]);
		const char *to = arena_printf(arena, "%s.damaged%s", path, parts[i]);

		if (unlink(to) && errno != ENOENT)
			return fail_errno("cannot remove %s", to);
		if (rename(from, to) && errno != ENOENT)
			return fail_errno("cannot move %s aside", from);
	}
	return 0;
}
