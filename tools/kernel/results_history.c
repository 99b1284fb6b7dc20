/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include "kernel/results_history.h"

#include "base/fail.h"
#include "kernel/results_part.h"

#define RUNS_BEFORE 12 /* of which durations are read */

/* arena_push() for an array whose members are called otherwise than items, n and cap. */
#define push(arena, v, items, n, cap)                                                              \
	(arena_grow((arena), (void **)&(v)->items, &(v)->cap, (v)->n + 1, sizeof(*(v)->items)),    \
	 &(v)->items[(v)->n++])

static char *column(struct arena *arena, sqlite3_stmt *row, int i)
{
	const char *text = (const char *)sqlite3_column_text(row, i);

	return arena_strdup(arena, text ? text : "");
}

static enum test_class class_of(const char *word)
{
	for (int class = 0; class < CLASSES; class ++)
		if (!strcmp(word, class_records[class].word))
			return (enum test_class) class;
	return CLASS_INFRASTRUCTURE;
}

static int builds_read(struct results *results, struct arena *arena, const char *series,
		       const char *target, const git_oid *base, const git_oid *patched,
		       struct history *history)
{
	__free(statement) sqlite3_stmt *row = results_ask(
		results,
		"SELECT config, arm, compiler, error, tree=?3, built, wall, cpu, complaints,"
		" new_complaints, run, max(id) FROM builds"
		" WHERE series=?1 AND target=?2 AND (tree=?3 OR tree=?4)"
		" GROUP BY config, tree ORDER BY config, tree<>?3",
		"ssoo", series, target, base, patched);
	int more = row ? 0 : -1;

	while (row && (more = results_row(results, row)) == 1)
		*push(arena, history, builds, nbuilds, cap_builds) = (struct known_build){
			.config = column(arena, row, 0),
			.arm = column(arena, row, 1),
			.compiler = column(arena, row, 2),
			.error = column(arena, row, 3),
			.base = sqlite3_column_int(row, 4),
			.built = sqlite3_column_int(row, 5),
			.wall_seconds = sqlite3_column_double(row, 6),
			.cpu_seconds = sqlite3_column_double(row, 7),
			.complaints = sqlite3_column_int64(row, 8),
			.new_complaints = sqlite3_column_int64(row, 9),
			.run = sqlite3_column_int64(row, 10),
		};
	return more;
}

static int arm_read(struct results *results, struct arena *arena, struct known_arm *arm)
{
	__free(statement) sqlite3_stmt *row = results_ask(
		results,
		"SELECT dir, emulator, ended, why, flaw, wall, cpu,"
		" (SELECT coalesce(sum(ms), 0) FROM tests WHERE arm=arms.id) FROM arms WHERE id=?",
		"i", arm->id);
	int there = row ? results_row(results, row) : -1;

	if (there != 1)
		return there;
	arm->dir = column(arena, row, 0);
	arm->emulator = column(arena, row, 1);
	arm->end = column(arena, row, 2);
	arm->why = column(arena, row, 3);
	arm->flaw = column(arena, row, 4);
	arm->wall_seconds = sqlite3_column_double(row, 5);
	arm->cpu_seconds = sqlite3_column_double(row, 6);
	arm->test_seconds = sqlite3_column_double(row, 7) / 1000;
	return 0;
}

static int tests_read(struct results *results, struct arena *arena, struct known_cell *cell)
{
	__free(statement) sqlite3_stmt *row = results_ask(
		results,
		"SELECT name, class, base, patched, why FROM judged WHERE cell=? ORDER BY place",
		"i", cell->id);
	int more = row ? 0 : -1;

	while (row && (more = results_row(results, row)) == 1)
		*arena_push(arena, cell) = (struct known_test){
			.name = column(arena, row, 0),
			.class = class_of(column(arena, row, 1)),
			.base = column(arena, row, 2),
			.patched = column(arena, row, 3),
			.why = column(arena, row, 4),
		};
	return more;
}

/* Boots of any port to this target in this cell: whether the tests have become slower shows across ports. */
static int before_read(struct results *results, struct arena *arena, const char *series,
		       const char *target, struct known_cell *cell)
{
	__free(statement) sqlite3_stmt *row = results_ask(
		results,
		"SELECT seconds FROM (SELECT id, (SELECT coalesce(sum(ms), 0) / 1000.0 FROM tests"
		" WHERE arm=arms.id) AS seconds FROM arms WHERE series=? AND target=? AND cell=?"
		" AND arm='patched' AND complete ORDER BY id DESC LIMIT ?) ORDER BY id",
		"sssi", series, target, cell->name, (int64_t)RUNS_BEFORE);
	int more = row ? 0 : -1;

	while (row && (more = results_row(results, row)) == 1)
		*push(arena, cell, before, nbefore, cap_before) = sqlite3_column_double(row, 0);
	return more;
}

static int cells_read(struct results *results, struct arena *arena, const char *series,
		      const char *target, const git_oid *base, const git_oid *patched,
		      struct history *history)
{
	__free(statement) sqlite3_stmt *row = results_ask(
		results,
		"SELECT cell, word, fixed, why, first_bad, red, unknown, run, at, base_arm,"
		" patched_arm, max(id) FROM cells WHERE series=? AND target=? AND base=?"
		" AND patched=? GROUP BY cell ORDER BY cell",
		"ssoo", series, target, base, patched);
	int more = row ? 0 : -1;

	while (row && (more = results_row(results, row)) == 1)
		*push(arena, history, cells, ncells, cap_cells) = (struct known_cell){
			.name = column(arena, row, 0),
			.word = column(arena, row, 1),
			.fixed = column(arena, row, 2),
			.why = column(arena, row, 3),
			.first_bad = column(arena, row, 4),
			.red = sqlite3_column_int(row, 5),
			.unknown = sqlite3_column_int(row, 6),
			.run = sqlite3_column_int64(row, 7),
			.at = sqlite3_column_int64(row, 8),
			.base = { .id = sqlite3_column_int64(row, 9) },
			.patched = { .id = sqlite3_column_int64(row, 10) },
			.id = sqlite3_column_int64(row, 11),
		};
	for (size_t i = 0; i < history->ncells && !more; i++) {
		struct known_cell *cell = &history->cells[i];

		if (arm_read(results, arena, &cell->base) ||
		    arm_read(results, arena, &cell->patched) || tests_read(results, arena, cell) ||
		    before_read(results, arena, series, target, cell))
			more = -1;
	}
	return more;
}

static int audits_read(struct results *results, struct arena *arena, const char *series,
		       const char *target, const git_oid *base, const git_oid *patched,
		       struct history *history)
{
	__free(statement) sqlite3_stmt *row = results_ask(
		results,
		"SELECT name, coverage, ran, notes, looks, bads, max(id) FROM audits"
		" WHERE series=? AND target=? AND base=? AND patched=? GROUP BY name ORDER BY name",
		"ssoo", series, target, base, patched);
	int more = row ? 0 : -1;

	while (row && (more = results_row(results, row)) == 1)
		*push(arena, history, audits, naudits, cap_audits) = (struct known_audit){
			.check = column(arena, row, 0),
			.coverage = column(arena, row, 1),
			.ran = sqlite3_column_int(row, 2),
			.notes = (size_t)sqlite3_column_int64(row, 3),
			.looks = (size_t)sqlite3_column_int64(row, 4),
			.bads = (size_t)sqlite3_column_int64(row, 5),
		};
	return more;
}

static int run_read(struct results *results, struct arena *arena, int64_t id,
		    struct history *history)
{
	__free(statement) sqlite3_stmt *row = NULL;
	int there;

	for (size_t i = 0; i < history->nruns; i++)
		if (history->runs[i].id == id)
			return 0;
	row = results_ask(results, "SELECT started, ended, command, version FROM runs WHERE id=?",
			  "i", id);
	there = row ? results_row(results, row) : -1;
	if (there == 1)
		*push(arena, history, runs, nruns, cap_runs) = (struct known_run){
			.id = id,
			.started = sqlite3_column_int64(row, 0),
			.ended = sqlite3_column_int64(row, 1),
			.command = column(arena, row, 2),
			.version = column(arena, row, 3),
		};
	return there < 0 ? -1 : 0;
}

/* The last time that the kernel was fetched, by whomever, and that this series was applied to it. */
static int steps_read(struct results *results, struct arena *arena, const char *series,
		      const char *target, struct history *history)
{
	__free(statement) sqlite3_stmt *row = results_ask(
		results,
		"SELECT name, seconds, max(id) FROM steps WHERE target=? AND series IN (?, '')"
		" GROUP BY name",
		"ss", target, series);
	int more = row ? 0 : -1;

	while (row && (more = results_row(results, row)) == 1) {
		const char *name = column(arena, row, 0);
		double seconds = sqlite3_column_double(row, 1);

		if (!strcmp(name, STEP_FETCHED))
			history->fetch_seconds = seconds;
		else if (!strcmp(name, STEP_APPLIED))
			history->apply_seconds = seconds;
	}
	return more;
}

static int run_cmp(const void *a, const void *b)
{
	const struct known_run *x = a, *y = b;

	return (x->id > y->id) - (x->id < y->id);
}

int results_history(struct results *results, struct arena *arena, const char *series,
		    const char *target, const git_oid *base, const git_oid *patched,
		    struct history *history)
{
	*history = (struct history){ 0 };
	if (builds_read(results, arena, series, target, base, patched, history) ||
	    cells_read(results, arena, series, target, base, patched, history) ||
	    audits_read(results, arena, series, target, base, patched, history) ||
	    steps_read(results, arena, series, target, history))
		return -1;
	for (size_t i = 0; i < history->nbuilds; i++)
		if (run_read(results, arena, history->builds[i].run, history))
			return -1;
	for (size_t i = 0; i < history->ncells; i++)
		if (run_read(results, arena, history->cells[i].run, history))
			return -1;
	if (history->nruns)
		qsort(history->runs, history->nruns, sizeof(*history->runs), run_cmp);
	return 0;
}
