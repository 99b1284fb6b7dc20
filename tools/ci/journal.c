/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is written. Each function is one transaction, or a part of the one that journal_begin() opened; a tick that finds nothing to do
 * writes its own row twice and the sources' rows, a page or two of the write-ahead log.
 */
#define _GNU_SOURCE
#include "ci/journal.h"

#include <time.h>

#include "base/fail.h"
#include "ci/journal_part.h"
#include "kernel/results_part.h"

static const char *const kinds[] = {
	[PROOF_APPLY] = "apply",
	[PROOF_BUILD] = "build",
	[PROOF_VERIFY] = "verify",
	[PROOF_TEST] = "test",
};
static const char *const states[] = {
	[TASK_PLANNED] = "planned",
	[TASK_SENT] = "sent",
	[TASK_ENDED] = "ended",
};

const char *proof_kind_word(enum proof_kind kind)
{
	return kinds[kind];
}

const char *task_state_word(enum task_state state)
{
	return states[state];
}

static int word_find(const char *const *words, size_t n, const char *word)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(words[i], word))
			return (int)i;
	return -1;
}

int proof_kind_find(const char *word)
{
	return word_find(kinds, ARRAY_SIZE(kinds), word);
}

int task_state_find(const char *word)
{
	return word_find(states, ARRAY_SIZE(states), word);
}

static int64_t or_now(int64_t at)
{
	return at ? at : (int64_t)time(NULL);
}

int journal_begin(struct results *journal)
{
	bool part;

	if (results_begin(journal, &part))
		return -1;
	if (!part)
		return 0;
	results_end(journal, true, -1);
	return fail("%s: a transaction is open already", journal->path);
}

int journal_finish(struct results *journal, bool keep)
{
	if (keep)
		return results_end(journal, false, 0);
	results_end(journal, false, -1);
	return 0;
}

int journal_tick_begin(struct results *journal, struct tick *tick)
{
	tick->started = or_now(tick->started);
	if (results_do(journal,
		       "INSERT INTO ticks(started, ended, round, word, why) VALUES(?,?,?,?,?)",
		       "iiiss", tick->started, tick->ended, tick->round, tick->word, tick->why))
		return -1;
	tick->id = sqlite3_last_insert_rowid(journal->db);
	return 0;
}

int journal_tick_end(struct results *journal, const struct tick *tick)
{
	return results_do(journal, "UPDATE ticks SET ended=?, round=?, word=?, why=? WHERE id=?",
			  "iissi", or_now(tick->ended), tick->round, tick->word, tick->why,
			  tick->id);
}

int journal_event(struct results *journal, int64_t tick, const char *kind, const char *subject,
		  const char *text)
{
	return results_do(journal,
			  "INSERT INTO events(tick, at, kind, subject, text) VALUES(?,?,?,?,?)",
			  "iisss", tick, or_now(0), kind, subject, text);
}

int journal_tip_put(struct results *journal, const struct tip *tip)
{
	return results_do(
		journal,
		"INSERT OR REPLACE INTO tips(watch, ref, target, line, oid, kernel, first, seen, gone)"
		" VALUES(?,?,?,?,?,?,?,?,?)",
		"ssssosiii", tip->watch, tip->ref, tip->target, tip->line, &tip->id, tip->kernel,
		tip->first, tip->seen, tip->gone);
}

int journal_reach_put(struct results *journal, const struct reach *reach)
{
	return results_do(
		journal,
		"INSERT OR REPLACE INTO reaches(source, asked, reached, why) VALUES(?,?,?,?)",
		"siis", reach->source, reach->asked, reach->reached, reach->why);
}

static int task_add(struct results *journal, const struct round *round, struct task *task,
		    int64_t needs)
{
	if (results_do(journal,
		       "INSERT INTO tasks(round, kind, series, line, target, cell, base, patched,"
		       " recipe, needs, why, dir, tries, state, executor, job, sent, ended, word,"
		       " note, host) VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
		       "isssssoosississsiisss", round->id, kinds[task->kind], task->series,
		       task->line, task->target, task->cell, &task->input.base,
		       &task->input.patched, task->input.recipe, needs, task->why, task->dir,
		       (int64_t)task->tries, states[task->state], task->executor, task->job,
		       task->sent, task->ended, task->word, task->note, task->host))
		return -1;
	task->id = sqlite3_last_insert_rowid(journal->db);
	task->round = round->id;
	return 0;
}

static int round_add(struct results *journal, struct round *round, struct task *tasks, size_t n)
{
	int64_t open;

	if (results_number(journal, "SELECT id FROM rounds WHERE ended=0", &open))
		return -1;
	if (open)
		return fail("%s: run %lld is not complete: it ends before another begins",
			    journal->path, (long long)open);
	round->started = or_now(round->started);
	if (results_do(journal,
		       "INSERT INTO rounds(tick, started, ended, stale, published, told, why)"
		       " VALUES(?,?,0,?,?,?,?)",
		       "iiiiis", round->tick, round->started, (int64_t)round->stale,
		       round->published, round->told, round->why))
		return -1;
	round->id = sqlite3_last_insert_rowid(journal->db);
	for (size_t i = 0; i < n; i++) {
		if (tasks[i].needs < 0 || tasks[i].needs > (int64_t)i)
			return fail("a task needs one that does not stand before it");
		if (task_add(journal, round, &tasks[i],
			     tasks[i].needs ? tasks[tasks[i].needs - 1].id : 0))
			return -1;
	}
	return 0;
}

int journal_round_begin(struct results *journal, struct round *round, struct task *tasks, size_t n)
{
	bool part;
	int ret;

	if (results_begin(journal, &part))
		return -1;
	ret = results_end(journal, part, round_add(journal, round, tasks, n));
	for (size_t i = 0; i < n && !ret; i++)
		if (tasks[i].needs)
			tasks[i].needs = tasks[tasks[i].needs - 1].id;
	return ret;
}

int journal_round_end(struct results *journal, const struct round *round)
{
	return results_do(
		journal,
		"UPDATE rounds SET ended=?, stale=?, published=?, told=?, why=? WHERE id=?",
		"iiiisi", or_now(round->ended), (int64_t)round->stale, round->published,
		round->told, round->why, round->id);
}

int journal_task_put(struct results *journal, const struct task *task)
{
	return results_do(journal,
			  "UPDATE tasks SET dir=?, tries=?, state=?, executor=?, job=?, sent=?,"
			  " ended=?, word=?, note=?, host=? WHERE id=?",
			  "sisssiisssi", task->dir, (int64_t)task->tries, states[task->state],
			  task->executor, task->job, task->sent, task->ended, task->word,
			  task->note, task->host, task->id);
}

int journal_ruling_put(struct results *journal, struct ruling *r)
{
	r->at = or_now(r->at);
	if (results_do(journal,
		       "INSERT INTO rulings(round, at, kind, series, line, target, cell, base,"
		       " patched, recipe, word, red, unknown, why, bad, waived, marks, run, cell_id,"
		       " wall, cpu) VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
		       "iisssssoossiissssiidd", r->round, r->at, kinds[r->kind], r->series, r->line,
		       r->target, r->cell, &r->input.base, &r->input.patched, r->input.recipe,
		       r->word, (int64_t)r->red, (int64_t)r->unknown, r->why, r->bad, r->waived,
		       r->marks, r->run, r->cell_id, r->wall_seconds, r->cpu_seconds))
		return -1;
	r->id = sqlite3_last_insert_rowid(journal->db);
	return 0;
}

int journal_letter_add(struct results *journal, struct letter *l)
{
	__free(statement) sqlite3_stmt *row = NULL;
	int taken;

	l->at = or_now(l->at);
	row = results_ask(journal,
			  "INSERT INTO letters(at, round, key, path, sent, tries, why)"
			  " VALUES(?,?,?,?,?,?,?) ON CONFLICT(key) DO NOTHING RETURNING id",
			  "iissiis", l->at, l->round, l->key, l->path, l->sent, (int64_t)l->tries,
			  l->why);
	taken = row ? results_row(journal, row) : -1;
	if (taken != 1)
		return taken;
	l->id = sqlite3_column_int64(row, 0);
	/* It is kept when the statement has run to its end. */
	return results_row(journal, row) ? -1 : 1;
}

int journal_letter_put(struct results *journal, const struct letter *l)
{
	return results_do(journal, "UPDATE letters SET path=?, sent=?, tries=?, why=? WHERE id=?",
			  "siisi", l->path, l->sent, (int64_t)l->tries, l->why, l->id);
}

int journal_note_put(struct results *journal, const char *name, const char *value)
{
	return results_do(journal, "INSERT OR REPLACE INTO notes(name, value) VALUES(?,?)", "ss",
			  name, value);
}

int journal_note_get(struct results *journal, struct arena *arena, const char *name, char **value)
{
	__free(statement) sqlite3_stmt *row =
		results_ask(journal, "SELECT value FROM notes WHERE name=?", "s", name);
	int there = row ? results_row(journal, row) : -1;

	*value = there == 1 ? results_column(arena, row, 0) : NULL;
	return there < 0 ? -1 : 0;
}

static int old_delete(struct results *journal, int64_t before)
{
	if (results_do(journal, "DELETE FROM events WHERE at<?", "i", before))
		return -1;
	return results_do(journal,
			  "DELETE FROM ticks WHERE started<? AND word='quiet'"
			  " AND id NOT IN (SELECT tick FROM events)",
			  "i", before);
}

int journal_prune(struct results *journal, int64_t now, unsigned int days)
{
	bool part;

	if (results_begin(journal, &part))
		return -1;
	return results_end(journal, part, old_delete(journal, now - (int64_t)days * 86400));
}
