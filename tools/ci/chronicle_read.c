/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One question for each kind of thing, all giving the same columns, so that one function reads them.
 *
 * Each is answered through an index: by the test's name, by the cell of a ruling. What ticks ruled (a failure that is known and waived, one
 * that the judge alone took for green) goes before what was judged.
 */
#define _GNU_SOURCE
#include <stdlib.h>

#include "base/fail.h"
#include "ci/chronicle_part.h"
#include "kernel/audit.h"
#include "kernel/judge.h"
#include "kernel/results_part.h"
#include "patch/version.h"

/* The columns of a sighting, in order. */
enum {
	SERIES,
	LINE,
	TARGET,
	CELL,
	AT,
	RUN,
	ROUND,
	PATCHED,
	WORD,
	RED,
	UNKNOWN,
	WAS,
	IS,
	WHY,
	FIRST_BAD,
	SECONDS,
	SOURCE,
	ID,
	BAD,
	WAIVED
};

/* What ticks call the line that a kernel is of. */
#define LINES " LEFT JOIN (SELECT target AS name, max(line) AS line FROM rulings GROUP BY target) l"
/* What a tick made of a verdict; the newest, where it was ruled again. */
#define RULED                                                                                      \
	" LEFT JOIN rulings r ON r.cell_id<>0 AND r.id=(SELECT max(id) FROM rulings"               \
	" WHERE cell_id=c.id)"
/* Or of a run that only built, or only checked. */
#define RULED_BUILD                                                                                \
	" LEFT JOIN rulings r ON r.run<>0 AND r.id=(SELECT max(id) FROM rulings"                   \
	" WHERE run=b.run AND kind='build')"
#define RULED_VERIFY                                                                               \
	" LEFT JOIN rulings r ON r.run<>0 AND r.id=(SELECT max(id) FROM rulings"                   \
	" WHERE run=a.run AND kind='verify')"

static const char *const questions[] = {
	/* The arm's milliseconds are those of the kernel with the series. */
	[CHRONICLE_TEST] =
		"SELECT c.series, coalesce(r.line, l.line), c.target, c.cell, c.at, c.run, r.round,"
		" c.patched, j.class, 0, 0, j.base, j.patched, j.why, c.first_bad, t.ms / 1000.0,"
		" c.patched_arm, c.id, r.bad, r.waived FROM judged j JOIN cells c ON c.id=j.cell"
		" LEFT JOIN tests t ON t.name=j.name AND t.arm=c.patched_arm" RULED LINES
		" ON l.name=c.target WHERE j.name=?1 AND (?2='' OR c.series=?2)",
	[CHRONICLE_CELL] =
		"SELECT c.series, coalesce(r.line, l.line), c.target, c.cell, c.at, c.run, r.round,"
		" c.patched, coalesce(r.word, c.word), coalesce(r.red, c.red),"
		" coalesce(r.unknown, c.unknown), '', '', coalesce(r.why, c.why), c.first_bad,"
		" a.wall, c.patched_arm, c.id, NULL, NULL FROM cells c"
		" LEFT JOIN arms a ON a.id=c.patched_arm" RULED LINES
		" ON l.name=c.target WHERE c.cell=?1 AND (?2='' OR c.series=?2)",
	[CHRONICLE_APPLY] =
		"SELECT series, line, target, '', at, 0, round, patched, word, red, unknown, '', '',"
		" why, '', NULL, 0, id, NULL, NULL FROM rulings WHERE kind=?1"
		" AND (?2='' OR series=?2)",
	[CHRONICLE_BUILD] =
		"SELECT b.series, coalesce(r.line, l.line), b.target, b.config, u.started, b.run,"
		" r.round, b.tree, coalesce(r.word, CASE WHEN b.built THEN 'ok'"
		" ELSE 'does not build' END), coalesce(r.red, NOT b.built),"
		" coalesce(r.unknown, 0), '', '', CASE WHEN b.error<>'' THEN b.error"
		" ELSE coalesce(r.why, '') END, '', CASE WHEN b.built AND NOT b.cached"
		" THEN b.wall END, 0, b.id, NULL, NULL FROM builds b JOIN runs u"
		" ON u.id=b.run" RULED_BUILD LINES " ON l.name=b.target"
		" WHERE b.arm='patched' AND ?1<>'' AND (?2='' OR b.series=?2)",
	[CHRONICLE_VERIFY] =
		"SELECT a.series, coalesce(r.line, l.line), a.target, '', u.started, a.run, r.round,"
		" a.patched, coalesce(r.word, CASE WHEN sum(a.bads) THEN 'bad'"
		" WHEN sum(a.looks) THEN 'look' WHEN min(a.ran)=0 THEN 'not all ran'"
		" ELSE 'ok' END), coalesce(r.red, sum(a.bads + a.looks)>0), coalesce(r.unknown,"
		" sum(a.bads + a.looks)=0 AND min(a.ran)=0), '', '', coalesce(r.why,"
		" group_concat(CASE WHEN a.bads + a.looks>0 THEN a.name END, ', '), ''), '', NULL, 0,"
		" max(a.id), NULL, NULL FROM audits a JOIN runs u"
		" ON u.id=a.run" RULED_VERIFY LINES " ON l.name=a.target"
		" WHERE ?1<>'' AND (?2='' OR a.series=?2)"
		" GROUP BY a.run, a.series, a.target, a.patched",
	[CHRONICLE_CHECK] =
		"SELECT a.series, coalesce(r.line, l.line), a.target, a.name, u.started, a.run,"
		" r.round, a.patched, CASE WHEN a.bads THEN 'bad' WHEN a.looks THEN 'look'"
		" WHEN NOT a.ran THEN 'did not run' ELSE 'ok' END, a.bads + a.looks>0,"
		" NOT a.ran AND a.bads + a.looks=0, '', '', a.coverage, '', NULL, 0, a.id, NULL, NULL"
		" FROM audits a JOIN runs u ON u.id=a.run" RULED_VERIFY LINES
		" ON l.name=a.target WHERE a.name=?1 AND (?2='' OR a.series=?2)",
};

/* How each boot came out, those with the same input behind each other. */
static const char *const boots[] = {
	[CHRONICLE_TEST] = "SELECT a.series, l.line, a.target, a.cell, a.key, t.status FROM tests t"
			   " JOIN arms a ON a.id=t.arm" LINES " ON l.name=a.target WHERE t.name=?1"
			   " AND (?2='' OR a.series=?2) AND a.flaw='' ORDER BY a.key, a.id",
	[CHRONICLE_CELL] =
		"SELECT a.series, l.line, a.target, a.cell, a.key, a.ended FROM arms a" LINES
		" ON l.name=a.target WHERE a.cell=?1 AND (?2='' OR a.series=?2)"
		" AND a.flaw='' ORDER BY a.key, a.id",
	[CHRONICLE_CHECK] = NULL,
};

/* A line that no tick has named: "6.12.y" of v6.12.73; of a branch or commit itself. */
static char *line_of(struct arena *arena, const char *line, const char *target)
{
	struct version version;

	if (*line)
		return arena_strdup(arena, line);
	if (!version_parse(slice_of(target), &version))
		return arena_strdup(arena, target);
	return arena_printf(arena, "%s%s", version_branch(arena, &version),
			    version.rc && version.patch > 0 ? "-rc" : "");
}

/* Of lines such as "smm_test: regression": what stands behind the name; NULL. */
static char *said_of(struct arena *arena, const char *lines, const char *name)
{
	struct slice rest = slice_of(lines), line;
	size_t n = strlen(name);

	while (slice_line(&rest, &line))
		if (slice_starts(line, name) && slice_starts(slice_skip(line, n), ": "))
			return slice_str(arena, slice_skip(line, n + 2));
	return NULL;
}

/* The judge's class says its colour; what a tick ruled goes before it. */
static void class_apply(struct arena *arena, sqlite3_stmt *row, const char *name,
			struct sighting *s)
{
	const char *bad = said_of(arena, results_column(arena, row, BAD), name);
	const char *waived = said_of(arena, results_column(arena, row, WAIVED), name);

	for (int class = 0; class < CLASSES; class ++)
		if (!strcmp(s->word, class_records[class].word)) {
			s->red = class_records[class].color == CLASS_RED;
			s->unknown = class_records[class].color == CLASS_UNKNOWN;
		}
	if (waived) {
		s->red = false;
		s->word = arena_printf(arena, "%s, known", s->word);
		s->why = *s->why ? arena_printf(arena, "%s; known: %s", s->why, waived) :
				   arena_printf(arena, "known: %s", waived);
	} else if (bad) {
		s->red = true;
		s->word = bad;
	}
}

static struct chronicle_line *row_line(struct arena *arena, struct chronicle *chronicle,
				       sqlite3_stmt *row)
{
	struct chronicle_line like = {
		.series = results_column(arena, row, SERIES),
		.cell = results_column(arena, row, CELL),
		.line = line_of(arena, results_column(arena, row, LINE),
				results_column(arena, row, TARGET)),
	};

	return chronicle_line(arena, chronicle, &like);
}

static struct sighting sighting_of(struct arena *arena, sqlite3_stmt *row)
{
	struct sighting s = {
		.at = sqlite3_column_int64(row, AT),
		.run = sqlite3_column_int64(row, RUN),
		.round = sqlite3_column_int64(row, ROUND),
		.target = results_column(arena, row, TARGET),
		.word = results_column(arena, row, WORD),
		.red = sqlite3_column_int(row, RED),
		.unknown = sqlite3_column_int(row, UNKNOWN),
		.was = results_column(arena, row, WAS),
		.is = results_column(arena, row, IS),
		.why = results_column(arena, row, WHY),
		.first_bad = results_column(arena, row, FIRST_BAD),
		.seconds = sqlite3_column_type(row, SECONDS) == SQLITE_NULL ?
				   -1 :
				   sqlite3_column_double(row, SECONDS),
		.source = sqlite3_column_int64(row, SOURCE),
		.id = sqlite3_column_int64(row, ID),
	};

	git_oid_fromstr(&s.patched, results_column(arena, row, PATCHED));
	return s;
}

static int sightings_read(struct arena *arena, struct results *results,
			  const struct chronicle_ask *ask, enum chronicle_kind kind,
			  struct chronicle *chronicle)
{
	__free(statement) sqlite3_stmt *row =
		results_ask(results, questions[kind], "ss", ask->name, ask->series);
	int more = row ? 0 : -1;

	while (row && (more = results_row(results, row)) == 1) {
		struct chronicle_line *line = row_line(arena, chronicle, row);
		struct sighting *s = arena_push(arena, line);

		*s = sighting_of(arena, row);
		if (kind == CHRONICLE_TEST)
			class_apply(arena, row, ask->name, s);
	}
	return more;
}

static int boots_read(struct arena *arena, struct results *results, const struct chronicle_ask *ask,
		      struct chronicle *chronicle)
{
	__free(statement) sqlite3_stmt *row =
		results_ask(results, boots[chronicle->kind], "ss", ask->name, ask->series);
	char *key = arena_strdup(arena, ""), *came = key;
	int more = row ? 0 : -1;

	while (row && (more = results_row(results, row)) == 1) {
		char *now = results_column(arena, row, 5), *this = results_column(arena, row, 4);

		if (!strcmp(this, key)) {
			struct chronicle_line *line = row_line(arena, chronicle, row);

			line->repeats++;
			line->changes += strcmp(now, came) != 0;
		}
		key = this;
		came = now;
	}
	return more;
}

/*
 * A port that conflicts or does not build was never booted: a history that passes over that would end on a green that is
 * no more. Likewise what ended without any result.
 */
static int stops_read(struct arena *arena, struct results *results, const struct chronicle_ask *ask,
		      struct chronicle *chronicle)
{
	static const char *const proofs[] = {
		[CHRONICLE_TEST] = "test",     [CHRONICLE_CELL] = "test",
		[CHRONICLE_APPLY] = "",	       [CHRONICLE_BUILD] = "build",
		[CHRONICLE_VERIFY] = "verify", [CHRONICLE_CHECK] = "verify",
	};
	__free(statement) sqlite3_stmt *row = results_ask(
		results,
		"SELECT series, line, target, cell, at, run, round, patched, word, red, unknown, '',"
		" '', why, '', NULL, 0, id FROM rulings WHERE (red OR unknown)"
		" AND (?1='' OR series=?1) AND (kind='apply' OR (?2<>'test' AND kind=?2 AND run=0)"
		" OR (?2='test' AND kind IN ('build', 'test') AND cell_id=0)) ORDER BY id",
		"ss", ask->series, proofs[chronicle->kind]);
	int more = row ? 0 : -1;

	while (row && (more = results_row(results, row)) == 1) {
		struct sighting s = sighting_of(arena, row);
		const char *series = results_column(arena, row, SERIES),
			   *name = results_column(arena, row, LINE),
			   *cell = results_column(arena, row, CELL);

		s.before = true;
		for (size_t i = 0; i < chronicle->n; i++) {
			struct chronicle_line *line = &chronicle->items[i];

			if (!strcmp(line->series, series) && !strcmp(line->line, name) &&
			    (!*cell || !strcmp(line->cell, cell)))
				*arena_push(arena, line) = s;
		}
	}
	return more;
}

static enum chronicle_kind kind_of(const char *name)
{
	if (!strcmp(name, "apply"))
		return CHRONICLE_APPLY;
	if (!strcmp(name, "build"))
		return CHRONICLE_BUILD;
	if (!strcmp(name, "verify"))
		return CHRONICLE_VERIFY;
	for (size_t i = 0; i < naudit_checks; i++)
		if (!strcmp(name, audit_checks[i].name))
			return CHRONICLE_CHECK;
	return CHRONICLE_TEST;
}

int chronicle_sightings(struct arena *arena, struct results *results,
			const struct chronicle_ask *ask, struct chronicle *chronicle)
{
	*chronicle = (struct chronicle){ .kind = kind_of(ask->name) };
	if (sightings_read(arena, results, ask, chronicle->kind, chronicle))
		return -1;
	if (chronicle->kind == CHRONICLE_TEST && !chronicle->n) {
		chronicle->kind = CHRONICLE_CELL;
		if (sightings_read(arena, results, ask, CHRONICLE_CELL, chronicle))
			return -1;
	}
	if (!chronicle->n)
		return 0;
	if ((chronicle->kind == CHRONICLE_TEST || chronicle->kind == CHRONICLE_CELL) &&
	    boots_read(arena, results, ask, chronicle))
		return -1;
	if (chronicle->kind != CHRONICLE_APPLY && stops_read(arena, results, ask, chronicle))
		return -1;
	return 1;
}

int chronicle_names(struct arena *arena, struct results *results, struct chronicle_names *names)
{
	__free(statement) sqlite3_stmt *row = results_ask(
		results,
		"SELECT name FROM judged UNION SELECT cell FROM cells UNION"
		" SELECT name FROM audits UNION SELECT 'verify' FROM audits UNION"
		" SELECT 'build' FROM builds UNION SELECT 'apply' FROM rulings WHERE kind='apply'",
		"");
	int more = row ? 0 : -1;

	*names = (struct chronicle_names){ 0 };
	while (row && (more = results_row(results, row)) == 1)
		*arena_push(arena, names) = results_column(arena, row, 0);
	return more;
}
