/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is read back.
 */
#define _GNU_SOURCE
#include "base/fail.h"
#include "ci/journal_part.h"
#include "kernel/results_part.h"

/* LIMIT's word for "all". */
static int64_t limit(size_t max)
{
	return max ? (int64_t)max : -1;
}

static git_oid oid(sqlite3_stmt *row, int i)
{
	const char *hex = (const char *)sqlite3_column_text(row, i);
	git_oid id = { { 0 } };

	if (hex)
		git_oid_fromstr(&id, hex);
	return id;
}

static struct input input(sqlite3_stmt *row, int first)
{
	const char *recipe = (const char *)sqlite3_column_text(row, first + 2);
	struct input in = { .base = oid(row, first), .patched = oid(row, first + 1) };

	snprintf(in.recipe, sizeof(in.recipe), "%s", recipe ? recipe : "");
	return in;
}

/* A word that is none of ours can only come from a hand in the file. */
static enum proof_kind kind(sqlite3_stmt *row, int i)
{
	const char *word = (const char *)sqlite3_column_text(row, i);
	int found = proof_kind_find(word ? word : "");

	return found < 0 ? PROOF_APPLY : (enum proof_kind)found;
}

int journal_tips(struct results *journal, struct arena *arena, const char *watch, struct tips *tips)
{
	__free(statement) sqlite3_stmt *row = results_ask(
		journal,
		"SELECT watch, ref, target, line, oid, kernel, first, seen, gone FROM tips"
		" WHERE watch=?1 OR ?2 ORDER BY watch, ref",
		"si", watch, (int64_t)!watch);
	int more = row ? 0 : -1;

	*tips = (struct tips){ 0 };
	while (row && (more = results_row(journal, row)) == 1)
		*arena_push(arena, tips) = (struct tip){
			.watch = results_column(arena, row, 0),
			.ref = results_column(arena, row, 1),
			.target = results_column(arena, row, 2),
			.line = results_column(arena, row, 3),
			.id = oid(row, 4),
			.kernel = results_column(arena, row, 5),
			.first = sqlite3_column_int64(row, 6),
			.seen = sqlite3_column_int64(row, 7),
			.gone = sqlite3_column_int64(row, 8),
		};
	return more;
}

int journal_reaches(struct results *journal, struct arena *arena, struct reaches *reaches)
{
	__free(statement) sqlite3_stmt *row = results_ask(
		journal, "SELECT source, asked, reached, why FROM reaches ORDER BY source", "");
	int more = row ? 0 : -1;

	*reaches = (struct reaches){ 0 };
	while (row && (more = results_row(journal, row)) == 1)
		*arena_push(arena, reaches) = (struct reach){
			.source = results_column(arena, row, 0),
			.asked = sqlite3_column_int64(row, 1),
			.reached = sqlite3_column_int64(row, 2),
			.why = results_column(arena, row, 3),
		};
	return more;
}

#define ROUND "SELECT id, tick, started, ended, stale, published, told, why FROM rounds"

static struct round round_of(struct arena *arena, sqlite3_stmt *row)
{
	return (struct round){
		.id = sqlite3_column_int64(row, 0),
		.tick = sqlite3_column_int64(row, 1),
		.started = sqlite3_column_int64(row, 2),
		.ended = sqlite3_column_int64(row, 3),
		.stale = sqlite3_column_int(row, 4),
		.published = sqlite3_column_int64(row, 5),
		.told = sqlite3_column_int64(row, 6),
		.why = results_column(arena, row, 7),
	};
}

static int round_one(struct results *journal, struct arena *arena, const char *sql, int64_t value,
		     struct round *round)
{
	__free(statement) sqlite3_stmt *row = results_ask(journal, sql, "i", value);
	int there = row ? results_row(journal, row) : -1;

	*round = there == 1 ? round_of(arena, row) : (struct round){ 0 };
	return there;
}

int journal_round_open(struct results *journal, struct arena *arena, struct round *round)
{
	return round_one(journal, arena, ROUND " WHERE ended=? ORDER BY id LIMIT 1", 0, round);
}

int journal_round_find(struct results *journal, struct arena *arena, int64_t id,
		       struct round *round)
{
	return round_one(journal, arena, ROUND " WHERE id=?", id, round);
}

int journal_rounds(struct results *journal, struct arena *arena, size_t max, struct rounds *rounds)
{
	__free(statement) sqlite3_stmt *row =
		results_ask(journal, ROUND " ORDER BY id DESC LIMIT ?", "i", limit(max));
	int more = row ? 0 : -1;

	*rounds = (struct rounds){ 0 };
	while (row && (more = results_row(journal, row)) == 1)
		*arena_push(arena, rounds) = round_of(arena, row);
	return more;
}

int journal_tasks(struct results *journal, struct arena *arena, int64_t round, struct tasks *tasks)
{
	__free(statement) sqlite3_stmt *row = results_ask(
		journal,
		"SELECT id, kind, series, line, target, cell, base, patched, recipe, needs, why,"
		" dir, tries, state, executor, job, sent, ended, word, note, host FROM tasks"
		" WHERE round=? ORDER BY id",
		"i", round);
	int more = row ? 0 : -1;

	*tasks = (struct tasks){ 0 };
	while (row && (more = results_row(journal, row)) == 1) {
		int state = task_state_find(results_column(arena, row, 13));

		*arena_push(arena, tasks) = (struct task){
			.id = sqlite3_column_int64(row, 0),
			.round = round,
			.kind = kind(row, 1),
			.series = results_column(arena, row, 2),
			.line = results_column(arena, row, 3),
			.target = results_column(arena, row, 4),
			.cell = results_column(arena, row, 5),
			.input = input(row, 6),
			.needs = sqlite3_column_int64(row, 9),
			.why = results_column(arena, row, 10),
			.dir = results_column(arena, row, 11),
			.tries = (unsigned int)sqlite3_column_int64(row, 12),
			.state = state < 0 ? TASK_PLANNED : (enum task_state)state,
			.executor = results_column(arena, row, 14),
			.job = results_column(arena, row, 15),
			.sent = sqlite3_column_int64(row, 16),
			.ended = sqlite3_column_int64(row, 17),
			.word = results_column(arena, row, 18),
			.note = results_column(arena, row, 19),
			.host = results_column(arena, row, 20),
		};
	}
	return more;
}

#define RULING                                                                                      \
	"SELECT id, round, at, kind, series, line, target, cell, base, patched, recipe, word, red," \
	" unknown, why, bad, waived, marks, run, cell_id, wall, cpu FROM rulings"

/* All rows of a question that begins with RULING. */
static int rulings_read(struct results *journal, struct arena *arena, sqlite3_stmt *row,
			struct rulings *rulings)
{
	int more = row ? 0 : -1;

	*rulings = (struct rulings){ 0 };
	while (row && (more = results_row(journal, row)) == 1)
		*arena_push(arena, rulings) = (struct ruling){
			.id = sqlite3_column_int64(row, 0),
			.round = sqlite3_column_int64(row, 1),
			.at = sqlite3_column_int64(row, 2),
			.kind = kind(row, 3),
			.series = results_column(arena, row, 4),
			.line = results_column(arena, row, 5),
			.target = results_column(arena, row, 6),
			.cell = results_column(arena, row, 7),
			.input = input(row, 8),
			.word = results_column(arena, row, 11),
			.red = sqlite3_column_int(row, 12),
			.unknown = sqlite3_column_int(row, 13),
			.why = results_column(arena, row, 14),
			.bad = results_column(arena, row, 15),
			.waived = results_column(arena, row, 16),
			.marks = results_column(arena, row, 17),
			.run = sqlite3_column_int64(row, 18),
			.cell_id = sqlite3_column_int64(row, 19),
			.wall_seconds = sqlite3_column_double(row, 20),
			.cpu_seconds = sqlite3_column_double(row, 21),
		};
	return more;
}

int journal_rulings(struct results *journal, struct arena *arena, int64_t round,
		    struct rulings *rulings)
{
	__free(statement) sqlite3_stmt *row =
		results_ask(journal, RULING " WHERE round=? ORDER BY id", "i", round);

	return rulings_read(journal, arena, row, rulings);
}

int journal_standings(struct results *journal, struct arena *arena, int64_t before, bool known,
		      struct rulings *rulings)
{
	/* The inner question is answered by the index "rulings_standing" alone. */
	__free(statement) sqlite3_stmt *row = results_ask(
		journal,
		RULING " WHERE id IN (SELECT max(id) FROM rulings WHERE (?1=0 OR round<?1)"
		       " AND (?2=0 OR unknown=0) GROUP BY series, line, kind, cell)"
		       " ORDER BY series, line, instr('apply build verify test', kind), cell",
		"ii", before, (int64_t)known);

	return rulings_read(journal, arena, row, rulings);
}

int journal_history(struct results *journal, struct arena *arena, const char *series,
		    const char *line, size_t max, struct rulings *rulings)
{
	__free(statement) sqlite3_stmt *row = results_ask(
		journal,
		RULING " WHERE (?1='' OR series=?1) AND (?2='' OR line=?2) ORDER BY id DESC"
		       " LIMIT ?3",
		"ssi", series, line, limit(max));

	return rulings_read(journal, arena, row, rulings);
}

#define FOR_INPUT                                                                                  \
	" WHERE patched=? AND recipe=? AND kind=? AND cell=? AND base=? AND series=? AND line=?"

static sqlite3_stmt *ask_input(struct results *journal, const char *sql, const struct ruling *like)
{
	return results_ask(journal, sql, "osssoss", &like->input.patched, like->input.recipe,
			   proof_kind_word(like->kind), like->cell, &like->input.base, like->series,
			   like->line);
}

int journal_misses(struct results *journal, const struct ruling *like, unsigned int *n,
		   int64_t *last)
{
	__free(statement) sqlite3_stmt *row = ask_input(
		journal, "SELECT unknown, at FROM rulings" FOR_INPUT " ORDER BY id DESC", like);
	int more = row ? 0 : -1;

	*n = 0;
	*last = 0;
	while (row && (more = results_row(journal, row)) == 1 && sqlite3_column_int(row, 0))
		if (!(*n)++)
			*last = sqlite3_column_int64(row, 1);
	return more < 0 ? -1 : 0;
}

int journal_ruling_find(struct results *journal, struct arena *arena, const struct ruling *like,
			struct ruling *ruling)
{
	__free(statement) sqlite3_stmt *row = ask_input(
		journal, RULING FOR_INPUT " AND unknown=0 ORDER BY id DESC LIMIT 1", like);
	struct rulings found;

	if (rulings_read(journal, arena, row, &found))
		return -1;
	if (found.n)
		*ruling = found.items[0];
	return found.n != 0;
}

int journal_letters(struct results *journal, struct arena *arena, bool all, struct letters *letters)
{
	__free(statement) sqlite3_stmt *row =
		results_ask(journal,
			    all ? "SELECT id, at, round, key, path, sent, tries, why FROM letters"
				  " ORDER BY id DESC" :
				  "SELECT id, at, round, key, path, sent, tries, why FROM letters"
				  " WHERE sent=0 ORDER BY id",
			    "");
	int more = row ? 0 : -1;

	*letters = (struct letters){ 0 };
	while (row && (more = results_row(journal, row)) == 1)
		*arena_push(arena, letters) = (struct letter){
			.id = sqlite3_column_int64(row, 0),
			.at = sqlite3_column_int64(row, 1),
			.round = sqlite3_column_int64(row, 2),
			.key = results_column(arena, row, 3),
			.path = results_column(arena, row, 4),
			.sent = sqlite3_column_int64(row, 5),
			.tries = (unsigned int)sqlite3_column_int64(row, 6),
			.why = results_column(arena, row, 7),
		};
	return more;
}

int journal_ticks(struct results *journal, struct arena *arena, size_t max, struct ticks *ticks)
{
	__free(statement) sqlite3_stmt *row = results_ask(
		journal,
		"SELECT id, started, ended, round, word, why FROM ticks ORDER BY id DESC LIMIT ?",
		"i", limit(max));
	int more = row ? 0 : -1;

	*ticks = (struct ticks){ 0 };
	while (row && (more = results_row(journal, row)) == 1)
		*arena_push(arena, ticks) = (struct tick){
			.id = sqlite3_column_int64(row, 0),
			.started = sqlite3_column_int64(row, 1),
			.ended = sqlite3_column_int64(row, 2),
			.round = sqlite3_column_int64(row, 3),
			.word = results_column(arena, row, 4),
			.why = results_column(arena, row, 5),
		};
	return more;
}

int journal_events(struct results *journal, struct arena *arena, int64_t tick, size_t max,
		   struct events *events)
{
	__free(statement) sqlite3_stmt *row = results_ask(
		journal,
		tick ? "SELECT id, tick, at, kind, subject, text FROM events WHERE tick=?1"
		       " ORDER BY id DESC LIMIT ?2" :
		       "SELECT id, tick, at, kind, subject, text FROM events"
		       " WHERE ?1=0 ORDER BY id DESC LIMIT ?2",
		"ii", tick, limit(max));
	int more = row ? 0 : -1;

	*events = (struct events){ 0 };
	while (row && (more = results_row(journal, row)) == 1)
		*arena_push(arena, events) = (struct event){
			.id = sqlite3_column_int64(row, 0),
			.tick = sqlite3_column_int64(row, 1),
			.at = sqlite3_column_int64(row, 2),
			.kind = results_column(arena, row, 3),
			.subject = results_column(arena, row, 4),
			.text = results_column(arena, row, 5),
		};
	return more;
}
