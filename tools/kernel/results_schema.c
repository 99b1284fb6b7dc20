/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The schema is a list of steps, each a script; PRAGMA user_version says how many of them a file has had.
 */
#define _GNU_SOURCE
#include "base/fail.h"
#include "kernel/results_part.h"

/* "seri" */
#define APPLICATION_ID 0x73657269

static const char *const steps[RESULTS_SCHEMA] = {
	"CREATE TABLE runs(id INTEGER PRIMARY KEY, started INTEGER, ended INTEGER, series TEXT,"
	" command TEXT, version TEXT);"
	"CREATE TABLE builds(id INTEGER PRIMARY KEY, run INTEGER REFERENCES runs(id), series TEXT,"
	" target TEXT, config TEXT, compiler TEXT, key TEXT, arm TEXT, tree TEXT, built INTEGER,"
	" cached INTEGER, wall REAL, cpu REAL, complaints INTEGER, new_complaints INTEGER,"
	" error TEXT);"
	"CREATE INDEX builds_of_run ON builds(run);"
	"CREATE INDEX builds_of_tree ON builds(series, target, tree);"
	"CREATE TABLE arms(id INTEGER PRIMARY KEY, run INTEGER REFERENCES runs(id), key TEXT,"
	" attempt INTEGER, series TEXT, target TEXT, cell TEXT, arm TEXT, tree TEXT, dir TEXT,"
	" emulator TEXT, ended TEXT, why TEXT, flaw TEXT, complete INTEGER, wall REAL, cpu REAL);"
	"CREATE INDEX arms_of_key ON arms(key, attempt);"
	"CREATE INDEX arms_of_run ON arms(run);"
	"CREATE TABLE tests(arm INTEGER REFERENCES arms(id), place INTEGER, name TEXT,"
	" status TEXT, signature TEXT, why TEXT, ms INTEGER, PRIMARY KEY(arm, place))"
	" WITHOUT ROWID;"
	"CREATE TABLE splats(arm INTEGER REFERENCES arms(id), place INTEGER, kind TEXT,"
	" title TEXT, raw TEXT, test TEXT, line INTEGER, PRIMARY KEY(arm, place)) WITHOUT ROWID;"
	"CREATE TABLE cells(id INTEGER PRIMARY KEY, run INTEGER REFERENCES runs(id), series TEXT,"
	" target TEXT, cell TEXT, key TEXT, base TEXT, patched TEXT, word TEXT, red INTEGER,"
	" unknown INTEGER, fixed TEXT, why TEXT, first_bad TEXT, base_arm INTEGER,"
	" patched_arm INTEGER, at INTEGER);"
	"CREATE INDEX cells_of_run ON cells(run);"
	"CREATE INDEX cells_of_tree ON cells(series, target, patched);"
	"CREATE TABLE judged(cell INTEGER REFERENCES cells(id), place INTEGER, name TEXT,"
	" class TEXT, base TEXT, patched TEXT, why TEXT, PRIMARY KEY(cell, place)) WITHOUT ROWID;",
	"CREATE TABLE audits(id INTEGER PRIMARY KEY, run INTEGER REFERENCES runs(id), series TEXT,"
	" target TEXT, name TEXT, base TEXT, patched TEXT, ran INTEGER, notes INTEGER,"
	" looks INTEGER, bads INTEGER, coverage TEXT);"
	"CREATE INDEX audits_of_run ON audits(run);"
	"CREATE INDEX audits_of_tree ON audits(series, target, patched);",
	"CREATE TABLE steps(id INTEGER PRIMARY KEY, series TEXT, target TEXT, name TEXT,"
	" seconds REAL);"
	"CREATE INDEX steps_of_target ON steps(target, name);",
	/*
	 * What `series ci` remembers. "identity" tells this file from others for results_merge(): one that was there before has what
	 * its first run says, so that each copy of it that is brought up to date gets the same.
	 */
	"CREATE TABLE identity(file TEXT);"
	"INSERT INTO identity SELECT coalesce((SELECT started || ' ' || version || ' ' || command"
	" FROM runs ORDER BY id LIMIT 1), lower(hex(randomblob(16))));"
	"CREATE TABLE merges(id INTEGER PRIMARY KEY, file TEXT UNIQUE, path TEXT, at INTEGER,"
	" runs INTEGER, builds INTEGER, arms INTEGER, cells INTEGER, audits INTEGER,"
	" steps INTEGER);"
	"CREATE TABLE merged(merge INTEGER REFERENCES merges(id), kind TEXT, theirs INTEGER,"
	" ours INTEGER, PRIMARY KEY(merge, kind, theirs)) WITHOUT ROWID;"
	"CREATE INDEX tests_of_name ON tests(name, arm);"
	"CREATE INDEX judged_of_name ON judged(name, cell);"
	"CREATE TABLE ticks(id INTEGER PRIMARY KEY, started INTEGER, ended INTEGER, round INTEGER,"
	" word TEXT, why TEXT);"
	"CREATE TABLE events(id INTEGER PRIMARY KEY, tick INTEGER, at INTEGER, kind TEXT,"
	" subject TEXT, text TEXT);"
	"CREATE INDEX events_of_tick ON events(tick);"
	"CREATE TABLE tips(watch TEXT, ref TEXT, target TEXT, line TEXT, oid TEXT, kernel TEXT,"
	" first INTEGER, seen INTEGER, gone INTEGER, PRIMARY KEY(watch, ref)) WITHOUT ROWID;"
	"CREATE TABLE reaches(source TEXT PRIMARY KEY, asked INTEGER, reached INTEGER, why TEXT)"
	" WITHOUT ROWID;"
	"CREATE TABLE rounds(id INTEGER PRIMARY KEY, tick INTEGER, started INTEGER, ended INTEGER,"
	" stale INTEGER, published INTEGER, told INTEGER, why TEXT);"
	"CREATE TABLE tasks(id INTEGER PRIMARY KEY, round INTEGER REFERENCES rounds(id), kind TEXT,"
	" series TEXT, line TEXT, target TEXT, cell TEXT, base TEXT, patched TEXT, recipe TEXT,"
	" needs INTEGER, why TEXT, dir TEXT, tries INTEGER, state TEXT, executor TEXT, job TEXT,"
	" sent INTEGER, ended INTEGER, word TEXT, note TEXT, host TEXT);"
	"CREATE INDEX tasks_of_round ON tasks(round);"
	"CREATE TABLE rulings(id INTEGER PRIMARY KEY, round INTEGER REFERENCES rounds(id),"
	" at INTEGER, kind TEXT, series TEXT, line TEXT, target TEXT, cell TEXT, base TEXT,"
	" patched TEXT, recipe TEXT, word TEXT, red INTEGER, unknown INTEGER, why TEXT, bad TEXT,"
	" waived TEXT, marks TEXT, run INTEGER, cell_id INTEGER, wall REAL, cpu REAL);"
	"CREATE INDEX rulings_of_round ON rulings(round);"
	/* The two questions of each plan: what stands, and what is known of just this input. */
	"CREATE INDEX rulings_standing ON rulings(series, line, kind, cell, unknown, round);"
	"CREATE INDEX rulings_of_input ON rulings(patched, recipe, kind, cell);"
	"CREATE INDEX rulings_of_cell ON rulings(cell_id);"
	"CREATE INDEX rulings_of_run ON rulings(run);"
	"CREATE TABLE letters(id INTEGER PRIMARY KEY, at INTEGER, round INTEGER, key TEXT UNIQUE,"
	" path TEXT, sent INTEGER, tries INTEGER, why TEXT);"
	"CREATE INDEX letters_unsent ON letters(sent) WHERE sent=0;"
	"CREATE TABLE notes(name TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;",
};

int results_upgrade(struct results *results)
{
	struct arena *arena __free(arena) = arena_new();
	int64_t application, version, tables;

	/* In this order: somebody else may be making it. */
	if (results_number(results, "SELECT count(*) FROM sqlite_master", &tables) ||
	    results_number(results, "PRAGMA application_id", &application) ||
	    results_number(results, "PRAGMA user_version", &version))
		return -1;
	if (tables && application != APPLICATION_ID)
		return fail_as(FAIL_USAGE, "%s: no database of results: another program's",
			       results->path);
	if (version > RESULTS_SCHEMA)
		return fail_as(FAIL_USAGE,
			       "%s: written by a newer series (its schema is %lld, ours %d)",
			       results->path, (long long)version, RESULTS_SCHEMA);
	if (version == RESULTS_SCHEMA)
		return 0;
	if (results_script(results, "BEGIN IMMEDIATE") ||
	    results_number(results, "PRAGMA user_version", &version))
		return -1;
	for (; version < RESULTS_SCHEMA; version++)
		if (results_script(results, steps[version]))
			return -1;
	return results_script(
		results,
		arena_printf(arena, "PRAGMA application_id=%d; PRAGMA user_version=%d; COMMIT",
			     APPLICATION_ID, RESULTS_SCHEMA));
}
