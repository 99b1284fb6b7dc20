/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include "kernel/results_boots.h"

#include "kernel/results_part.h"

int results_boots(struct results *results, struct arena *arena, int64_t run, int64_t cell,
		  struct boots *boots)
{
	__free(statement) sqlite3_stmt *row = results_ask(
		results,
		"SELECT a.id, a.arm, a.attempt, a.dir, a.ended, a.why, a.flaw, a.wall FROM cells c, arms a"
		" WHERE c.id=?1 AND (a.id IN (c.base_arm, c.patched_arm) OR"
		" (a.run=?2 AND a.series=c.series AND a.target=c.target AND a.cell=c.cell))"
		" ORDER BY a.id NOT IN (c.base_arm, c.patched_arm), a.arm NOT IN ('base', 'patched'),"
		" a.arm, a.attempt, a.id",
		"ii", cell, run);
	int more = row ? 0 : -1;

	*boots = (struct boots){ 0 };
	while (row && (more = results_row(results, row)) == 1)
		*arena_push(arena, boots) = (struct boot){
			.id = sqlite3_column_int64(row, 0),
			.arm = results_column(arena, row, 1),
			.attempt = sqlite3_column_int64(row, 2),
			.dir = results_column(arena, row, 3),
			.end = results_column(arena, row, 4),
			.why = results_column(arena, row, 5),
			.flaw = results_column(arena, row, 6),
			.wall_seconds = sqlite3_column_double(row, 7),
		};
	return more;
}
