/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Text is kept as text, ids as hexadecimal: whoever looks into the file with sqlite3 can read it.
 *
 * synchronous=NORMAL with a write-ahead log: after a crash of the program or of the machine the file is whole, and holds
 * everything up to one of its last transactions.
 */
#define _GNU_SOURCE
#include "kernel/results.h"

#include <errno.h>
#include <time.h>

#include "base/clock.h"
#include "base/fail.h"
#include "base/file.h"
#include "kernel/results_part.h"

/* Another run may be in the middle of writing. */
#define BUSY_MS 30000

int results_fail(const struct results *results, const char *doing)
{
	int code = sqlite3_errcode(results->db) & 0xff;
	const char *why = sqlite3_errmsg(results->db);

	switch (code) {
	case SQLITE_NOTADB:
		return fail_as(FAIL_USAGE,
			       "%s: no database of results (%s): move it away, it is made anew",
			       results->path, why);
	case SQLITE_CORRUPT:
		return fail(
			"%s: damaged (%s): move it away, it is made anew and what was tested is tested again",
			results->path, why);
	case SQLITE_BUSY:
		return fail_as(FAIL_BUSY, "%s: another run has been writing to it for too long",
			       results->path);
	case SQLITE_FULL:
		return fail("%s: cannot %s: the disk is full", results->path, doing);
	default:
		return fail("%s: cannot %s: %s", results->path, doing, why);
	}
}

static int bind(sqlite3_stmt *statement, const char *types, va_list ap)
{
	int bad = 0;

	for (int i = 0; types[i] && !bad; i++) {
		const char *s;
		char hex[GIT_OID_HEXSZ + 1];

		switch (types[i]) {
		case 's':
			s = va_arg(ap, const char *);
			bad = sqlite3_bind_text(statement, i + 1, s ? s : "", -1, SQLITE_TRANSIENT);
			break;
		case 'i':
			bad = sqlite3_bind_int64(statement, i + 1, va_arg(ap, int64_t));
			break;
		case 'd':
			bad = sqlite3_bind_double(statement, i + 1, va_arg(ap, double));
			break;
		case 'o':
			git_oid_tostr(hex, sizeof(hex), va_arg(ap, const git_oid *));
			bad = sqlite3_bind_text(statement, i + 1, hex, -1, SQLITE_TRANSIENT);
			break;
		default:
			bad = SQLITE_MISUSE;
		}
	}
	return bad;
}

static sqlite3_stmt *ask(struct results *results, const char *sql, const char *types, va_list ap)
{
	sqlite3_stmt *statement = NULL;

	if (sqlite3_prepare_v2(results->db, sql, -1, &statement, NULL) ||
	    bind(statement, types, ap)) {
		sqlite3_finalize(statement);
		results_fail(results, "use it");
		return NULL;
	}
	return statement;
}

sqlite3_stmt *results_ask(struct results *results, const char *sql, const char *types, ...)
{
	sqlite3_stmt *statement;
	va_list ap;

	va_start(ap, types);
	statement = ask(results, sql, types, ap);
	va_end(ap);
	return statement;
}

int results_row(struct results *results, sqlite3_stmt *statement)
{
	switch (sqlite3_step(statement)) {
	case SQLITE_ROW:
		return 1;
	case SQLITE_DONE:
		return 0;
	default:
		return results_fail(results, "use it");
	}
}

int results_do(struct results *results, const char *sql, const char *types, ...)
{
	__free(statement) sqlite3_stmt *statement = NULL;
	va_list ap;
	int row;

	va_start(ap, types);
	statement = ask(results, sql, types, ap);
	va_end(ap);
	if (!statement)
		return -1;
	while ((row = results_row(results, statement)) == 1)
		;
	return row;
}

int results_script(struct results *results, const char *sql)
{
	return sqlite3_exec(results->db, sql, NULL, NULL, NULL) ?
		       results_fail(results, "prepare it") :
		       0;
}

int results_number(struct results *results, const char *sql, int64_t *value)
{
	__free(statement) sqlite3_stmt *statement = results_ask(results, sql, "");
	int row = statement ? results_row(results, statement) : -1;

	*value = row == 1 ? sqlite3_column_int64(statement, 0) : 0;
	return row < 0 ? -1 : 0;
}

char *results_column(struct arena *arena, sqlite3_stmt *row, int i)
{
	const char *text = (const char *)sqlite3_column_text(row, i);

	return arena_strdup(arena, text ? text : "");
}

/* A part of one that is open can be taken back alone. */
int results_begin(struct results *results, bool *part)
{
	*part = !sqlite3_get_autocommit(results->db);
	return results_script(results, *part ? "SAVEPOINT part" : "BEGIN IMMEDIATE");
}

/* SQLite may have taken all back by itself (a full disk): then there is nothing left to end. */
int results_end(struct results *results, bool part, int ret)
{
	if (!ret)
		ret = results_script(results, part ? "RELEASE part" : "COMMIT");
	if (ret && !sqlite3_get_autocommit(results->db))
		sqlite3_exec(results->db, part ? "ROLLBACK TO part; RELEASE part" : "ROLLBACK",
			     NULL, NULL, NULL);
	return ret;
}

/*
 * SQLite does not wait where waiting could be for ever: when two make the file at once, one of them is told at once that it is
 * busy. It is not for long.
 */
static int write_ahead(struct results *results)
{
	struct timespec pause = { .tv_nsec = 10 * 1000000 };
	int64_t end = clock_ms() + BUSY_MS;
	int code;

	while ((code = sqlite3_exec(results->db, "PRAGMA journal_mode=WAL", NULL, NULL, NULL)) ==
		       SQLITE_BUSY &&
	       clock_ms() < end)
		nanosleep(&pause, NULL);
	return code ? results_fail(results, "prepare it") : 0;
}

int results_open_as(const char *path, const char *shown, struct results **results)
{
	struct results *r = calloc(1, sizeof(*r));

	*results = NULL;
	if (!r || !(r->path = strdup(shown)))
		abort();
	if (sqlite3_open_v2(path, &r->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL)) {
		if (r->db)
			fail("cannot open %s: %s", shown, sqlite3_errmsg(r->db));
		else
			fail("cannot open %s: SQLite cannot be loaded (package libsqlite3-0)",
			     shown);
		results_free(r);
		return -1;
	}
	sqlite3_busy_timeout(r->db, BUSY_MS);
	if (write_ahead(r) ||
	    results_script(r, "PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON") ||
	    results_upgrade(r)) {
		results_free(r);
		return -1;
	}
	*results = r;
	return 0;
}

int results_open(const char *path, struct results **results)
{
	return results_open_as(path, path, results);
}

void results_free(struct results *results)
{
	if (!results)
		return;
	if (results->db)
		sqlite3_close(results->db);
	free(results->path);
	free(results);
}

char *results_home(struct arena *arena)
{
	const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
	char *path;

	if (state && state[0] == '/')
		path = arena_printf(arena, "%s/series", state);
	else if (home && home[0] == '/')
		path = arena_printf(arena, "%s/.local/state/series", home);
	else
		return fail_as(FAIL_USAGE,
			       "no folder for results: neither HOME nor XDG_STATE_HOME is set"),
		       NULL;
	return file_make_dirs(path) ? NULL : path;
}

int results_run_begin(struct results *results, struct run_record *run)
{
	run->started = run->started ? run->started : (int64_t)time(NULL);
	if (results_do(
		    results,
		    "INSERT INTO runs(started, ended, series, command, version) VALUES(?,0,?,?,?)",
		    "isss", run->started, run->series, run->command, run->version))
		return -1;
	run->id = sqlite3_last_insert_rowid(results->db);
	return 0;
}

int results_run_end(struct results *results, int64_t run)
{
	return results_do(results, "UPDATE runs SET ended=? WHERE id=?", "ii", (int64_t)time(NULL),
			  run);
}

int results_build_put(struct results *results, int64_t run, const struct build_record *b)
{
	return results_do(
		results,
		"INSERT INTO builds(run, series, target, config, compiler, key, arm, tree, built,"
		" cached, wall, cpu, complaints, new_complaints, error)"
		" VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
		"issssssoiiddiis", run, b->series, b->target, b->config, b->compiler, b->key,
		b->arm, &b->tree, (int64_t)b->built, (int64_t)b->cached, b->wall_seconds,
		b->cpu_seconds, (int64_t)b->complaints, (int64_t)b->new_complaints, b->first_error);
}

int results_audit_put(struct results *results, int64_t run, const struct audit_record *a)
{
	return results_do(
		results,
		"INSERT INTO audits(run, series, target, name, base, patched, ran, notes, looks,"
		" bads, coverage) VALUES(?,?,?,?,?,?,?,?,?,?,?)",
		"isssooiiiis", run, a->series, a->target, a->check, &a->base, &a->patched,
		(int64_t)a->ran, (int64_t)a->notes, (int64_t)a->looks, (int64_t)a->bads,
		a->coverage);
}

int results_step_put(struct results *results, const char *series, const char *target,
		     const char *name, double seconds)
{
	return results_do(results,
			  "INSERT INTO steps(series, target, name, seconds) VALUES(?,?,?,?)",
			  "sssd", series, target, name, seconds);
}

static int arm_rows(struct results *results, int64_t run, struct arm_record *a,
		    const struct guest_report *report, const struct console_report *console)
{
	if (results_do(results,
		       "INSERT INTO arms(run, key, attempt, series, target, cell, arm, tree, dir,"
		       " emulator, ended, why, flaw, complete, wall, cpu)"
		       " VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
		       "isissssosssssidd", run, a->key, (int64_t)a->attempt, a->series, a->target,
		       a->cell, a->arm, &a->tree, a->dir, a->emulator,
		       machine_end_word(a->machine.end), a->machine.why, a->flaw,
		       (int64_t)a->complete, a->machine.wall_seconds, a->machine.cpu_seconds))
		return -1;
	a->id = sqlite3_last_insert_rowid(results->db);
	a->run = run;
	for (size_t i = 0; i < report->n; i++) {
		const struct test_result *t = &report->items[i];

		if (results_do(results,
			       "INSERT INTO tests(arm, place, name, status, signature, why, ms)"
			       " VALUES(?,?,?,?,?,?,?)",
			       "iissssi", a->id, (int64_t)i, t->name, test_status_word(t->status),
			       t->signature, t->why, (int64_t)t->ms))
			return -1;
	}
	for (size_t i = 0; i < console->n; i++) {
		const struct splat *s = &console->items[i];

		if (results_do(results,
			       "INSERT INTO splats(arm, place, kind, title, raw, test, line)"
			       " VALUES(?,?,?,?,?,?,?)",
			       "iissssi", a->id, (int64_t)i, splat_word(s->kind), s->title, s->raw,
			       s->test, (int64_t)s->line))
			return -1;
	}
	return 0;
}

int results_arm_put(struct results *results, int64_t run, struct arm_record *arm,
		    const struct guest_report *report, const struct console_report *console)
{
	bool part;

	if (results_begin(results, &part))
		return -1;
	return results_end(results, part, arm_rows(results, run, arm, report, console));
}

static int cell_rows(struct results *results, int64_t run, const struct cell_record *c,
		     const struct verdict *verdict)
{
	int64_t cell;

	if (results_do(results,
		       "INSERT INTO cells(run, series, target, cell, key, base, patched, word,"
		       " red, unknown, fixed, why, first_bad, base_arm, patched_arm, at)"
		       " VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
		       "issssoosiisssiii", run, c->series, c->target, c->cell, c->key, &c->base,
		       &c->patched, c->word, (int64_t)c->red, (int64_t)c->unknown, c->fixed, c->why,
		       c->first_bad, c->base_arm, c->patched_arm, (int64_t)time(NULL)))
		return -1;
	cell = sqlite3_last_insert_rowid(results->db);
	for (size_t i = 0; i < verdict->n; i++) {
		const struct judged *j = &verdict->items[i];

		if (results_do(results,
			       "INSERT INTO judged(cell, place, name, class, base, patched, why)"
			       " VALUES(?,?,?,?,?,?,?)",
			       "iisssss", cell, (int64_t)i, j->name, class_records[j->class].word,
			       j->base ? test_status_word(j->base->status) : "missing",
			       j->patched ? test_status_word(j->patched->status) : "missing",
			       j->why))
			return -1;
	}
	return 0;
}

int results_cell_put(struct results *results, int64_t run, const struct cell_record *cell,
		     const struct verdict *verdict)
{
	bool part;

	if (results_begin(results, &part))
		return -1;
	return results_end(results, part, cell_rows(results, run, cell, verdict));
}
