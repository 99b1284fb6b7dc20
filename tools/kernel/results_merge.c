/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One database of results taken into another.
 *
 * The other file may lie on a shared file system, where SQLite's locks and its shared memory cannot be trusted, and may have been left
 * by a process that was killed, with half of it in the write-ahead log. So it is never opened where it lies: it is copied
 * beside ours with its logs, and the copy is recovered, brought up to date, checked and read. Our own write lock is held
 * meanwhile, hence the copy has one name, and one that a killed merge left is found and removed by the next.
 *
 * A file has an identity, made with it. "merges" remembers how far each file was read, by the highest id of each table (rows are only ever
 * added), "merged" what its runs and boots are called here: a second merge brings what is new since, and nothing
 * twice. All of that is in the transaction that takes the rows in.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <sys/stat.h>
#include <time.h>

#include "base/fail.h"
#include "base/file.h"
#include "kernel/results_part.h"

/* A table whose rows have an id. The columns named first refer to other rows, by `refers`: r a run, a an arm. */
struct table {
	const char *name, *refers, *columns;
	bool mapped; /* others refer to it */
	/* Those whose rows belong to one of its rows, which their column `owner` names. */
	struct part {
		const char *name, *owner, *columns;
	} parts[2];
};

static const struct table tables[] = {
	{ .name = "runs",
	  .refers = "",
	  .columns = "started, ended, series, command, version",
	  .mapped = true },
	{ .name = "builds",
	  .refers = "r",
	  .columns = "run, series, target, config, compiler, key, arm, tree, built, cached, wall,"
		     " cpu, complaints, new_complaints, error" },
	{ .name = "arms",
	  .refers = "r",
	  .columns = "run, key, attempt, series, target, cell, arm, tree, dir, emulator, ended,"
		     " why, flaw, complete, wall, cpu",
	  .mapped = true,
	  .parts = { { "tests", "arm", "place, name, status, signature, why, ms" },
		     { "splats", "arm", "place, kind, title, raw, test, line" } } },
	{ .name = "cells",
	  .refers = "raa",
	  .columns = "run, base_arm, patched_arm, series, target, cell, key, base, patched, word,"
		     " red, unknown, fixed, why, first_bad, at",
	  .parts = { { "judged", "cell", "place, name, class, base, patched, why" } } },
	{ .name = "audits",
	  .refers = "r",
	  .columns = "run, series, target, name, base, patched, ran, notes, looks, bads,"
		     " coverage" },
	{ .name = "steps", .refers = "", .columns = "series, target, name, seconds" },
};

struct merge {
	struct arena *arena;
	struct results *ours, *theirs;
	int64_t id;
};

static char *marks(struct arena *arena, const char *columns)
{
	char *marks = arena_strdup(arena, "?");

	for (const char *c = columns; *c; c++)
		if (*c == ',')
			marks = arena_printf(arena, "%s,?", marks);
	return marks;
}

/* What a row of theirs is called here; 0 stays 0. */
static int ours_of(struct merge *m, char kind, int64_t theirs, int64_t *ours)
{
	__free(statement) sqlite3_stmt *row = NULL;
	int there;

	*ours = 0;
	if (!theirs)
		return 0;
	row = results_ask(m->ours, "SELECT ours FROM merged WHERE merge=? AND kind=? AND theirs=?",
			  "isi", m->id, kind == 'r' ? "runs" : "arms", theirs);
	there = row ? results_row(m->ours, row) : -1;
	if (there == 0)
		return fail("%s: damaged: it refers to %s %lld, which it does not have",
			    m->theirs->path, kind == 'r' ? "run" : "boot", (long long)theirs);
	*ours = there == 1 ? sqlite3_column_int64(row, 0) : 0;
	return there == 1 ? 0 : -1;
}

/* Run a statement that gives no rows, and make it ready for the next ones' values. */
static int insert(struct merge *m, sqlite3_stmt *statement)
{
	int row = results_row(m->ours, statement);

	sqlite3_reset(statement);
	return row ? -1 : 0;
}

static int parts_copy(struct merge *m, const struct part *part, int64_t theirs, int64_t ours)
{
	__free(statement) sqlite3_stmt *from =
		results_ask(m->theirs,
			    arena_printf(m->arena, "SELECT %s FROM %s WHERE %s=? ORDER BY place",
					 part->columns, part->name, part->owner),
			    "i", theirs);
	__free(statement) sqlite3_stmt *to = results_ask(
		m->ours,
		arena_printf(m->arena, "INSERT INTO %s(%s, %s) VALUES(?,%s)", part->name,
			     part->owner, part->columns, marks(m->arena, part->columns)),
		"i", ours);
	int more = from && to ? 0 : -1;

	while (!more && (more = results_row(m->theirs, from)) == 1) {
		more = 0;
		for (int i = 0; i < sqlite3_column_count(from); i++)
			if (sqlite3_bind_value(to, i + 2, sqlite3_column_value(from, i)))
				return results_fail(m->ours, "take results in");
		if (insert(m, to))
			return -1;
	}
	return more;
}

static int row_copy(struct merge *m, const struct table *table, sqlite3_stmt *from,
		    sqlite3_stmt *to)
{
	int64_t theirs = sqlite3_column_int64(from, 0), ours;

	for (int i = 1; i < sqlite3_column_count(from); i++) {
		bool refers = (size_t)i <= strlen(table->refers);

		if (refers &&
		    ours_of(m, table->refers[i - 1], sqlite3_column_int64(from, i), &ours))
			return -1;
		if (refers ? sqlite3_bind_int64(to, i, ours) :
			     sqlite3_bind_value(to, i, sqlite3_column_value(from, i)))
			return results_fail(m->ours, "take results in");
	}
	if (insert(m, to))
		return -1;
	ours = sqlite3_last_insert_rowid(m->ours->db);
	for (size_t i = 0; i < ARRAY_SIZE(table->parts) && table->parts[i].name; i++)
		if (parts_copy(m, &table->parts[i], theirs, ours))
			return -1;
	return !table->mapped ? 0 :
				results_do(m->ours, "INSERT INTO merged VALUES(?,?,?,?)", "isii",
					   m->id, table->name, theirs, ours);
}

/* The rows since the last time. */
static int table_copy(struct merge *m, const struct table *table)
{
	__free(statement) sqlite3_stmt *from = NULL, *to = NULL;
	int64_t last;
	int more;

	if (results_number(m->ours,
			   arena_printf(m->arena,
					"SELECT coalesce(%s, 0) FROM merges WHERE id=%lld",
					table->name, (long long)m->id),
			   &last))
		return -1;
	from = results_ask(m->theirs,
			   arena_printf(m->arena, "SELECT id, %s FROM %s WHERE id>? ORDER BY id",
					table->columns, table->name),
			   "i", last);
	to = results_ask(m->ours,
			 arena_printf(m->arena, "INSERT INTO %s(%s) VALUES(%s)", table->name,
				      table->columns, marks(m->arena, table->columns)),
			 "");
	more = from && to ? 0 : -1;
	while (!more && (more = results_row(m->theirs, from)) == 1) {
		last = sqlite3_column_int64(from, 0);
		more = row_copy(m, table, from, to);
	}
	return more ? -1 :
		      results_do(m->ours,
				 arena_printf(m->arena, "UPDATE merges SET %s=? WHERE id=?",
					      table->name),
				 "ii", last, m->id);
}

/* The one thing that changes in a row after it was put: when a run has ended. Then, the newest run. */
static int runs_end(struct merge *m, int64_t *run)
{
	__free(statement) sqlite3_stmt *from =
		results_ask(m->theirs, "SELECT id, ended FROM runs ORDER BY id", "");
	int more = from ? 0 : -1;

	while (!more && (more = results_row(m->theirs, from)) == 1)
		more = ours_of(m, 'r', sqlite3_column_int64(from, 0), run) ?
			       -1 :
			       results_do(m->ours,
					  "UPDATE runs SET ended=?1 WHERE id=?2 AND ended<>?1",
					  "ii", sqlite3_column_int64(from, 1), *run);
	return more;
}

/* Which file is it? */
static int identify(struct merge *m, const char *path)
{
	static const char *const question = "SELECT file FROM identity";
	__free(statement) sqlite3_stmt *row = NULL, *self = NULL, *known = NULL;
	const char *file, *own;

	if (!(row = results_ask(m->theirs, question, "")) || results_row(m->theirs, row) < 0 ||
	    !(self = results_ask(m->ours, question, "")) || results_row(m->ours, self) < 0)
		return -1;
	file = results_column(m->arena, row, 0);
	own = results_column(m->arena, self, 0);
	if (!*file)
		return fail("%s: damaged: it does not say which file it is", path);
	if (!strcmp(file, own))
		return fail_as(FAIL_USAGE, "%s: is a copy of %s itself", path, m->ours->path);
	if (results_do(m->ours,
		       "INSERT INTO merges(file, path, at) VALUES(?,?,?) ON CONFLICT DO NOTHING",
		       "ssi", file, path, (int64_t)time(NULL)) ||
	    !(known = results_ask(m->ours, "SELECT id FROM merges WHERE file=?", "s", file)) ||
	    results_row(m->ours, known) != 1)
		return -1;
	m->id = sqlite3_column_int64(known, 0);
	return 0;
}

static int check(struct results *theirs)
{
	struct arena *arena __free(arena) = arena_new();
	__free(statement) sqlite3_stmt *row = results_ask(theirs, "PRAGMA quick_check(1)", "");
	int there = row ? results_row(theirs, row) : -1;
	const char *said = there == 1 ? results_column(arena, row, 0) : "";

	if (there < 0 || !strcmp(said, "ok"))
		return there < 0 ? -1 : 0;
	return fail("%s: damaged (%s): move it away, and what it was made by is done again",
		    theirs->path, said);
}

/* 1, 0 (no such file), -1. */
static int copy_one(const char *from, const char *to, struct stat *status)
{
	__free(file) FILE *in = fopen(from, "re"), *out = NULL;
	char bytes[65536];
	size_t n;

	*status = (struct stat){ 0 };
	if (!in)
		return errno == ENOENT ? 0 : fail_errno("cannot read %s", from);
	if (fstat(fileno(in), status) || !(out = fopen(to, "we")))
		return fail_errno("cannot write %s", to);
	while ((n = fread(bytes, 1, sizeof(bytes), in)))
		if (fwrite(bytes, 1, n, out) != n)
			return fail_errno("cannot write %s", to);
	if (ferror(in))
		return fail_errno("cannot read %s", from);
	return fflush(out) ? fail_errno("cannot write %s", to) : 1;
}

static bool same(const struct stat *a, const struct stat *b)
{
	return a->st_ino == b->st_ino && a->st_size == b->st_size &&
	       a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

/* With its logs; 1, 0 (there is none), -1. */
static int copy_all(struct arena *arena, const char *path, const char *to)
{
	static const char *const ends[] = { "", "-wal", "-journal" };
	struct stat before[ARRAY_SIZE(ends)], after;
	char head[16] = "";

	for (size_t i = 0; i < ARRAY_SIZE(ends); i++) {
		int there = copy_one(arena_printf(arena, "%s%s", path, ends[i]),
				     arena_printf(arena, "%s%s", to, ends[i]), &before[i]);

		if (there < 0 || (!there && !i))
			return there;
	}
	for (size_t i = 0; i < ARRAY_SIZE(ends); i++) {
		if (stat(arena_printf(arena, "%s%s", path, ends[i]), &after))
			after = (struct stat){ 0 };
		if (!same(&before[i], &after))
			return fail_as(FAIL_BUSY, "%s: somebody is still writing to it", path);
	}
	/* What has no head is no database "of another program", as opening it would say: we know what it should be. */
	__free(file) FILE *copy = fopen(to, "re");
	size_t n = copy ? fread(head, 1, sizeof(head), copy) : 0;

	if (n && (n < sizeof(head) || memcmp(head, "SQLite format 3", sizeof(head))))
		return fail(
			"%s: damaged (no database): move it away, and what it was made by is done again",
			path);
	return 1;
}

static int merge(struct merge *m, const char *path, const char *copy, int64_t *run)
{
	int there = copy_all(m->arena, path, copy);

	if (there <= 0)
		return there;
	if (results_open_as(copy, path, &m->theirs) || check(m->theirs) || identify(m, path))
		return -1;
	for (size_t i = 0; i < ARRAY_SIZE(tables); i++)
		if (table_copy(m, &tables[i]))
			return -1;
	return runs_end(m, run);
}

int results_merge(struct results *results, const char *path, int64_t *run)
{
	struct arena *arena __free(arena) = arena_new();
	struct merge m = { .arena = arena, .ours = results };
	char *dir = arena_printf(arena, "%s.merging", results->path);
	bool part;
	int ret;

	*run = 0;
	if (results_begin(results, &part))
		return -1;
	ret = file_remove_tree(dir) || file_make_dirs(dir) ?
		      -1 :
		      merge(&m, path, arena_printf(arena, "%s/results.db", dir), run);
	results_free(m.theirs);
	ret = results_end(results, part, ret);
	if (ret)
		*run = 0;
	/* One that stays is removed by the next merge. */
	if (file_remove_tree(dir) && !ret)
		fail_clear();
	return ret;
}
