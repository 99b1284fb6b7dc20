/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is known, read back: as structs for who continues a run, and as JSON for everybody else. The JSON's keys are those of
 * docs/json.md; "schema" counts their changes, not those of the tables.
 */
#define _GNU_SOURCE
#include "kernel/results.h"

#include <jansson.h>

#include "base/fail.h"
#include "kernel/audit.h"
#include "kernel/results_part.h"

#define JSON_SCHEMA 1

DEFINE_FREE(json, json_t *, json_decref(_v))

static char *column(struct arena *arena, sqlite3_stmt *row, int i)
{
	const char *text = (const char *)sqlite3_column_text(row, i);

	return arena_strdup(arena, text ? text : "");
}

static enum machine_end end_of(const char *word)
{
	for (int end = 0; end < MACHINE_ENDS; end++)
		if (!strcmp(word, machine_end_word((enum machine_end)end)))
			return (enum machine_end)end;
	return MACHINE_NOT_STARTED;
}

int results_arm_find(struct results *results, struct arena *arena, const char *key,
		     unsigned int attempt, struct arm_record *arm)
{
	__free(statement) sqlite3_stmt *row = results_ask(
		results,
		"SELECT id, run, series, target, cell, arm, tree, dir, emulator, ended, why, flaw,"
		" wall, cpu FROM arms WHERE key=? AND attempt=? AND complete ORDER BY id DESC LIMIT 1",
		"si", key, (int64_t)attempt);
	int there = row ? results_row(results, row) : -1;

	if (there != 1)
		return there;
	*arm = (struct arm_record){
		.id = sqlite3_column_int64(row, 0),
		.run = sqlite3_column_int64(row, 1),
		.key = arena_strdup(arena, key),
		.series = column(arena, row, 2),
		.target = column(arena, row, 3),
		.cell = column(arena, row, 4),
		.arm = column(arena, row, 5),
		.attempt = attempt,
		.dir = column(arena, row, 7),
		.emulator = column(arena, row, 8),
		.flaw = column(arena, row, 11),
		.complete = true,
		.machine = { .end = end_of(column(arena, row, 9)),
			     .why = column(arena, row, 10),
			     .wall_seconds = sqlite3_column_double(row, 12),
			     .cpu_seconds = sqlite3_column_double(row, 13) },
	};
	git_oid_fromstr(&arm->tree, column(arena, row, 6));
	return 1;
}

int results_state(struct results *results, const char *series, const char *target,
		  const git_oid *patched, struct proof_state *state)
{
	/* Of each configuration, and of each cell, the newest word counts. */
	__free(statement) sqlite3_stmt *builds = results_ask(
		results,
		"SELECT built, max(id) FROM builds WHERE series=? AND target=? AND tree=? GROUP BY config",
		"sso", series, target, patched);
	__free(statement) sqlite3_stmt *cells = results_ask(
		results,
		"SELECT red, unknown, max(id) FROM cells WHERE series=? AND target=? AND patched=?"
		" GROUP BY cell",
		"sso", series, target, patched);
	/* Of each check, too. */
	__free(statement) sqlite3_stmt *audits = results_ask(
		results,
		"SELECT ran, looks + bads, max(id) FROM audits WHERE series=? AND target=? AND patched=?"
		" GROUP BY name",
		"sso", series, target, patched);
	size_t audited = 0;
	int row;

	*state = (struct proof_state){ 0 };
	if (!builds || !cells || !audits)
		return -1;
	while ((row = results_row(results, builds)) == 1) {
		state->built = true;
		state->build_failed |= !sqlite3_column_int(builds, 0);
	}
	if (row < 0)
		return -1;
	state->built &= !state->build_failed;
	while ((row = results_row(results, cells)) == 1) {
		state->tested = true;
		state->red |= sqlite3_column_int(cells, 0);
		state->unknown |= sqlite3_column_int(cells, 1);
	}
	while (!row && (row = results_row(results, audits)) == 1) {
		audited++;
		state->unaudited |= !sqlite3_column_int(audits, 0);
		state->found |= sqlite3_column_int(audits, 1) > 0;
		row = 0;
	}
	/* Some of the checks are not all of them; what they found is a finding. */
	state->audited = audited >= naudit_checks || state->found;
	return row;
}

/*
 * A row as an object, by the names of its columns: "is_x" is a boolean called "x"; NULL is null. What is
 * no UTF-8 (a console's bytes) is written with its bytes replaced.
 */
static json_t *json_text(const char *text)
{
	json_t *json = json_string(text);
	char *copy;

	if (json)
		return json;
	copy = strdup(text);
	for (char *c = copy; c && *c; c++)
		*c = (unsigned char)*c < 0x80 ? *c : '?';
	json = json_string(copy ? copy : "");
	free(copy);
	return json;
}

static json_t *json_of_row(sqlite3_stmt *row)
{
	json_t *object = json_object();

	for (int i = 0; i < sqlite3_column_count(row); i++) {
		const char *name = sqlite3_column_name(row, i);
		json_t *value;

		if (!strncmp(name, "is_", 3)) {
			name += 3;
			value = json_boolean(sqlite3_column_int(row, i));
		} else if (sqlite3_column_type(row, i) == SQLITE_INTEGER) {
			value = json_integer(sqlite3_column_int64(row, i));
		} else if (sqlite3_column_type(row, i) == SQLITE_FLOAT) {
			value = json_real(sqlite3_column_double(row, i));
		} else if (sqlite3_column_type(row, i) == SQLITE_NULL) {
			value = json_null();
		} else {
			value = json_text((const char *)sqlite3_column_text(row, i));
		}
		json_object_set_new(object, name, value);
	}
	return object;
}

/* All rows that a question about one id gives; NULL with fail(). */
static json_t *json_of_rows(struct results *results, const char *sql, int64_t id)
{
	__free(statement) sqlite3_stmt *row = results_ask(results, sql, "i", id);
	__free(json) json_t *array = json_array();
	int more;

	if (!row)
		return NULL;
	while ((more = results_row(results, row)) == 1)
		json_array_append_new(array, json_of_row(row));
	return more ? NULL : no_free(array);
}

/* Into each object of `array`, under `key`, what belongs to its "id". */
static int json_add_rows(struct results *results, json_t *array, const char *key, const char *sql)
{
	json_t *object, *rows;
	size_t i;

	json_array_foreach(array, i, object)
	{
		rows = json_of_rows(results, sql,
				    json_integer_value(json_object_get(object, "id")));
		if (!rows)
			return -1;
		json_object_set_new(object, key, rows);
	}
	return 0;
}

static int newest_run(struct results *results, int64_t *run)
{
	__free(statement) sqlite3_stmt *row = results_ask(
		results, "SELECT max(id) FROM runs WHERE id=? OR ?=0", "ii", *run, *run);
	int there = row ? results_row(results, row) : -1;

	if (there < 0)
		return -1;
	if (sqlite3_column_type(row, 0) == SQLITE_NULL)
		return *run ? fail_as(FAIL_USAGE, "there is no run %lld", (long long)*run) :
			      fail_as(FAIL_USAGE, "nothing was tested yet");
	*run = sqlite3_column_int64(row, 0);
	return 0;
}

int results_json(struct results *results, int64_t run, struct json_t **json)
{
	static const char *const runs =
		"SELECT id, started, nullif(ended, 0) AS ended, series, command, version FROM runs"
		" WHERE id=?";
	static const char *const builds =
		"SELECT target, config, arm, tree, compiler, key, built AS is_built,"
		" cached AS is_cached, wall, cpu, complaints, new_complaints,"
		" nullif(error, '') AS error FROM builds WHERE run=? ORDER BY id";
	static const char *const cells =
		"SELECT id, target, cell, base, patched, word AS verdict, red AS is_red,"
		" unknown AS is_unknown, nullif(fixed, '') AS fixed, nullif(why, '') AS why,"
		" nullif(first_bad, '') AS first_bad, nullif(base_arm, 0) AS base_arm,"
		" nullif(patched_arm, 0) AS patched_arm FROM cells WHERE run=? ORDER BY id";
	static const char *const audits =
		"SELECT target, name AS \"check\", base, patched, ran AS is_ran, notes, looks, bads,"
		" coverage FROM audits WHERE run=? ORDER BY id";
	static const char *const judged =
		"SELECT name, class, base, patched, nullif(why, '') AS why FROM judged"
		" WHERE cell=? ORDER BY place";
	/* Those that ran, and those of before that a cell of this run was judged by. */
	static const char *const arms =
		"SELECT id, run, target, cell, arm, attempt, tree, dir, emulator, ended AS end,"
		" nullif(why, '') AS why, nullif(flaw, '') AS flaw, wall, cpu FROM arms"
		" WHERE run=?1 OR id IN (SELECT base_arm FROM cells WHERE run=?1 UNION"
		" SELECT patched_arm FROM cells WHERE run=?1) ORDER BY id";
	static const char *const tests =
		"SELECT name, status, nullif(signature, '') AS signature, nullif(why, '') AS why,"
		" ms FROM tests WHERE arm=? ORDER BY place";
	static const char *const splats =
		"SELECT kind, title, raw, nullif(test, '') AS test, line FROM splats WHERE arm=?"
		" ORDER BY place";
	__free(json) json_t *top = NULL;

	*json = NULL;
	if (newest_run(results, &run))
		return -1;

	__free(json) json_t *r = json_of_rows(results, runs, run);
	__free(json) json_t *b = json_of_rows(results, builds, run);
	__free(json) json_t *c = json_of_rows(results, cells, run);
	__free(json) json_t *a = json_of_rows(results, arms, run);
	__free(json) json_t *v = json_of_rows(results, audits, run);

	if (!r || !b || !c || !a || !v || json_add_rows(results, c, "tests", judged) ||
	    json_add_rows(results, a, "tests", tests) ||
	    json_add_rows(results, a, "splats", splats))
		return -1;
	top = json_pack("{si sO sO sO sO sO}", "schema", JSON_SCHEMA, "run", json_array_get(r, 0),
			"builds", b, "cells", c, "arms", a, "audits", v);
	*json = no_free(top);
	return 0;
}
