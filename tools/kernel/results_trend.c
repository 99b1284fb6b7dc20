/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include "kernel/results_trend.h"

#include "kernel/results_part.h"
#include "patch/version.h"

/* A series on a branch in a cell. */
struct group {
	const char *series, *branch, *cell;
	size_t n;	/* verdicts taken */
	int64_t arm;	/* the boot that was seen last */
	size_t *trends; /* those that it has, as indices */
	size_t ntrends, cap_trends;
};
/* A verdict that counts. */
struct taken {
	size_t group;
	int64_t cell, arm, at;
	const char *target;
};
struct gathering {
	struct results *results;
	struct arena *arena;
	struct group *groups;
	size_t ngroups, cap_groups;
	struct taken *taken; /* newest first */
	size_t ntaken, cap_taken;
	struct trends *trends;
};

static const char *text(struct arena *arena, sqlite3_stmt *row, int i)
{
	const char *s = (const char *)sqlite3_column_text(row, i);

	return arena_strdup(arena, s ? s : "");
}

static bool is(sqlite3_stmt *row, int i, const char *s)
{
	const char *column = (const char *)sqlite3_column_text(row, i);

	return !strcmp(column ? column : "", s);
}

/* "6.1" of "v6.1.188-rc1+0123456789ab"; what is no version is its own branch. */
static const char *branch_of(struct arena *arena, const char *target)
{
	struct version version;

	if (!version_parse(slice_of(target), &version))
		return target;
	return arena_printf(arena, "%u.%u", version.major, version.minor);
}

static size_t group_of(struct gathering *g, sqlite3_stmt *row, const char *branch)
{
	struct group *group;

	for (size_t i = 0; i < g->ngroups; i++)
		if (is(row, 1, g->groups[i].series) && is(row, 3, g->groups[i].cell) &&
		    !strcmp(branch, g->groups[i].branch))
			return i;
	arena_grow(g->arena, (void **)&g->groups, &g->cap_groups, g->ngroups + 1,
		   sizeof(*g->groups));
	group = &g->groups[g->ngroups];
	*group = (struct group){ .series = text(g->arena, row, 1),
				 .branch = arena_strdup(g->arena, branch),
				 .cell = text(g->arena, row, 3) };
	return g->ngroups++;
}

static int gather(struct gathering *g, size_t most)
{
	struct arena *scratch __free(arena) = arena_new();
	__free(statement) sqlite3_stmt *row =
		results_ask(g->results,
			    "SELECT id, series, target, cell, at, patched_arm FROM cells"
			    " WHERE patched_arm>0 ORDER BY id DESC",
			    "");
	int more = row ? 0 : -1;

	while (row && (more = results_row(g->results, row)) == 1) {
		const char *target = text(scratch, row, 2);
		size_t at = group_of(g, row, branch_of(scratch, target));
		struct group *group = &g->groups[at];
		int64_t arm = sqlite3_column_int64(row, 5);

		if (group->n == most || group->arm == arm)
			continue;
		group->n++;
		group->arm = arm;
		arena_grow(g->arena, (void **)&g->taken, &g->cap_taken, g->ntaken + 1,
			   sizeof(*g->taken));
		g->taken[g->ntaken++] = (struct taken){
			.group = at,
			.cell = sqlite3_column_int64(row, 0),
			.arm = arm,
			.at = sqlite3_column_int64(row, 4),
			.target = arena_strdup(g->arena, target),
		};
	}
	return more;
}

/* `guess` is where it would be if the tests were those of the verdict before. */
static struct trend *trend_of(struct gathering *g, struct group *group, sqlite3_stmt *row,
			      size_t guess)
{
	struct trend *trend;

	for (size_t i = 0; i < group->ntrends; i++) {
		trend = &g->trends->items[group->trends[(guess + i) % group->ntrends]];
		if (is(row, 0, trend->name))
			return trend;
	}
	arena_grow(g->arena, (void **)&group->trends, &group->cap_trends, group->ntrends + 1,
		   sizeof(*group->trends));
	group->trends[group->ntrends++] = g->trends->n;
	trend = arena_push(g->arena, g->trends);
	*trend = (struct trend){ .series = group->series,
				 .branch = group->branch,
				 .cell = group->cell,
				 .name = text(g->arena, row, 0) };
	return trend;
}

static enum test_class class_of(const char *word)
{
	for (int class = 0; class < CLASSES; class ++)
		if (!strcmp(word, class_records[class].word))
			return (enum test_class) class;
	return CLASS_INFRASTRUCTURE;
}

static bool passed_or_failed(const struct trend_point *point)
{
	return !strcmp(point->patched, "pass") || !strcmp(point->patched, "fail");
}

/*
 * Releases and the tips of branches (candidates, the queue) take turns, and what a candidate breaks fails on each of its tips and on no
 * release: only what changes among kernels of one kind goes back and forth.
 */
static void count(struct trend *trend)
{
	const struct trend_point *now = &trend->items[trend->n - 1];
	bool tip = version_is_tip(slice_of(now->target));

	trend->flaky += now->class == CLASS_FLAKY;
	if (!passed_or_failed(now))
		return;
	for (size_t i = trend->n - 1; i-- > 0;) {
		const struct trend_point *before = &trend->items[i];

		if (!passed_or_failed(before) || version_is_tip(slice_of(before->target)) != tip)
			continue;
		trend->flips += strcmp(now->patched, before->patched) != 0;
		return;
	}
}

/* Statuses are few words. */
static const char *status_of(struct arena *arena, sqlite3_stmt *row, int i)
{
	return is(row, i, "pass") ? "pass" : is(row, i, "fail") ? "fail" : text(arena, row, i);
}

static int points(struct gathering *g, const struct taken *taken)
{
	__free(statement) sqlite3_stmt *row = results_ask(
		g->results,
		"SELECT j.name, j.class, j.patched, t.ms FROM judged j LEFT JOIN tests t"
		" ON t.arm=?2 AND t.name=j.name WHERE j.cell=?1 AND instr(j.name, '/')=0"
		" ORDER BY j.place",
		"ii", taken->cell, taken->arm);
	size_t guess = 0;
	int more = row ? 0 : -1;

	while (row && (more = results_row(g->results, row)) == 1) {
		struct trend *trend = trend_of(g, &g->groups[taken->group], row, guess++);

		*arena_push(g->arena, trend) = (struct trend_point){
			.at = taken->at,
			.cell = taken->cell,
			.target = taken->target,
			.class = class_of((const char *)sqlite3_column_text(row, 1)),
			.patched = status_of(g->arena, row, 2),
			.seconds = sqlite3_column_type(row, 3) == SQLITE_NULL ?
					   -1 :
					   (double)sqlite3_column_int64(row, 3) / 1000,
		};
		count(trend);
	}
	return more;
}

static int by_branch(const void *a, const void *b)
{
	const struct group *x = a, *y = b;
	struct version vx, vy;
	int r = strcmp(x->series, y->series);

	r = r ? r : strcmp(x->cell, y->cell);
	if (!r && version_parse(slice_of(x->branch), &vx) &&
	    version_parse(slice_of(y->branch), &vy))
		return version_cmp(&vy, &vx);
	return r ? r : strcmp(x->branch, y->branch);
}

int results_trends(struct results *results, struct arena *arena, size_t most, struct trends *trends)
{
	struct trends found = { 0 };
	struct gathering g = { .results = results, .arena = arena, .trends = &found };

	*trends = (struct trends){ 0 };
	if (gather(&g, most))
		return -1;
	for (size_t i = g.ntaken; i-- > 0;)
		if (points(&g, &g.taken[i]))
			return -1;
	if (g.ngroups)
		qsort(g.groups, g.ngroups, sizeof(*g.groups), by_branch);
	for (size_t i = 0; i < g.ngroups; i++)
		for (size_t k = 0; k < g.groups[i].ntrends; k++)
			*arena_push(arena, trends) = found.items[g.groups[i].trends[k]];
	return 0;
}

static int by_seconds(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

double trend_median(const struct trend *trend)
{
	__free(ptr) double *seconds = calloc(trend->n + 1, sizeof(*seconds));
	size_t n = 0;

	if (!seconds)
		abort();
	for (size_t i = 0; i + 1 < trend->n; i++)
		if (trend->items[i].seconds >= 0)
			seconds[n++] = trend->items[i].seconds;
	qsort(seconds, n, sizeof(*seconds), by_seconds);
	return n ? seconds[n / 2] : -1;
}
