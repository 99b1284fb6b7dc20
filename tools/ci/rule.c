/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include "ci/rule.h"

#include "base/fail.h"
#include "ci/found.h"
#include "kernel/matrix.h"
#include "kernel/results_part.h"

/* Lines of a set that are kept: a broken compiler may have more to say than anybody reads. */
#define LINES_MAX 200
#define LINE_BYTES ((size_t)300)

/* Known failures */

bool waiver_covers(const struct waiver *w, const char *series, const char *target, const char *cell)
{
	if (w->series && strcmp(w->series, series) != 0)
		return false;
	if (w->target && !matrix_names(w->target, target))
		return false;
	return !w->cell || !strcmp(w->cell, cell);
}

/* "smm_test" stands for its subtests, too. */
static bool is_about(const char *known, const char *test)
{
	size_t n = strlen(known);

	return !strncmp(known, test, n) && (!test[n] || test[n] == '/');
}

/* What says more than the other comes first: its whole name, then who names a cell, a target, a series. */
static int closeness(const struct waiver *w, const char *test)
{
	return !strcmp(w->test, test) * 8 + !!w->cell * 4 + !!w->target * 2 + !!w->series;
}

const struct waiver *waiver_find(const struct settings *settings, const char *series,
				 const char *target, const char *cell, const char *test)
{
	const struct waiver *best = NULL;

	for (size_t i = 0; i < settings->nwaivers; i++) {
		const struct waiver *w = &settings->waivers[i];

		if (is_about(w->test, test) && waiver_covers(w, series, target, cell) &&
		    (!best || closeness(w, test) > closeness(best, test) ||
		     (closeness(w, test) == closeness(best, test) && w->until > best->until)))
			best = w;
	}
	return best;
}

/* Applying */

/* Why it conflicts: what the first method that had something to say said. */
static const char *conflict_why(const struct port_patch *p)
{
	if (p->why)
		return p->why;
	return p->ntried ? p->tried[0].reason : "no method is sure";
}

void rule_apply(struct arena *arena, const struct port *port, struct ruling *ruling)
{
	struct text marks __free_text = TEXT_INIT;
	size_t there = 0, committed = 0;

	ruling->kind = PROOF_APPLY;
	ruling->target = port->kernel.name;
	ruling->cell = ruling->bad = ruling->waived = ruling->why = "";
	ruling->input.base = port->kernel.tree;
	ruling->input.patched = port->tree;
	ruling->wall_seconds = port->seconds;
	ruling->red = ruling->unknown = false;
	for (size_t i = 0; i < port->n; i++) {
		const struct port_patch *p = &port->items[i];

		text_addf(&marks, "%s%s", i ? " " : "", mark_info(p->mark)->sign);
		there += p->mark == MARK_PRESENT;
		committed += p->committed;
		if (p->mark != MARK_CONFLICT)
			continue;
		ruling->red = true;
		ruling->why = arena_printf(arena, "patch %u/%zu: %s", p->patch->number, port->n,
					   conflict_why(p));
		ruling->bad = arena_printf(arena, "%u/%zu: conflict", p->patch->number, port->n);
	}
	ruling->marks = slice_str(arena, text_slice(&marks));
	ruling->word = ruling->red ? "conflict" : there && !committed ? "already there" : "ok";
}

/* Tasks */

struct lines_set {
	char **items;
	size_t n, cap;
};

struct ruler {
	struct arena *arena;
	const struct settings *settings;
	const struct task *task;
	int64_t now;
	struct lines_set bad, waived;
	const struct found_item *worst; /* red, and not waived */
	struct text known, expired;	/* "smm_test (until 2026-12-31, owner)" */
};

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Sorted, each once. */
static char *set_text(struct arena *arena, struct lines_set *set)
{
	struct text all __free_text = TEXT_INIT;
	size_t n = 0;

	if (set->n)
		qsort(set->items, set->n, sizeof(*set->items), by_text);
	for (size_t i = 0; i < set->n; i++) {
		if (i && !strcmp(set->items[i], set->items[i - 1]))
			continue;
		if (n++ < LINES_MAX)
			text_addf(&all, "%s%s", all.len ? "\n" : "", set->items[i]);
	}
	if (n > LINES_MAX)
		text_addf(&all, "\nand %zu more", n - LINES_MAX);
	return slice_str(arena, text_slice(&all));
}

/* "smm_test: regression", in one line. */
static char *item_line(struct arena *arena, const struct found_item *item, const char *behind)
{
	char *line = arena_printf(arena, "%s: %s%s%s", item->name, item->word,
				  *item->more ? ": " : "", item->more);

	if (strlen(line) > LINE_BYTES)
		line = arena_printf(arena, "%.*s...", (int)LINE_BYTES, line);
	line = arena_printf(arena, "%s%s", line, behind);
	for (char *p = line; *p; p++)
		if ((unsigned char)*p < ' ')
			*p = ' ';
	return line;
}

static void known_add(struct text *text, const struct waiver *w, const char *behind)
{
	char *words = NULL;
	struct arena *scratch __free(arena) = arena_new();

	words = arena_printf(scratch, "%s (until %s%s, %s)", w->test, w->until_day, behind,
			     w->owner);
	if (!text->len || !strstr(text_str(text), words))
		text_addf(text, "%s%s", text->len ? ", " : "", words);
}

/* What a ruling is called after: the worst of what is red. */
static int weight_of(const char *word)
{
	static const char *const words[] = {
		"look",
		"bad",
		"flaw",
		"configuration",
		"new warning",
		"does not show the fix",
		"does not build any more",
		"lost coverage",
		"changed failure",
		"new splat",
		"regression candidate",
		"regression",
		"does not build",
	};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (!strcmp(words[i], word))
			return (int)i + 1;
	return 0;
}

static void rule_red(struct ruler *r, const struct found_item *item, const struct waiver *w)
{
	const char *until = w ? arena_printf(r->arena, " (until %s, %s)", w->until_day, w->owner) :
				"";

	/* Of a kernel that cannot be built nothing else would be known either. */
	if (!strcmp(item->word, "does not build"))
		w = NULL;
	if (w && r->now < w->until) {
		*arena_push(r->arena, &r->waived) = item_line(r->arena, item, until);
		known_add(&r->known, w, "");
		return;
	}
	if (w)
		known_add(&r->expired, w, ", which has passed");
	*arena_push(r->arena, &r->bad) = item_line(r->arena, item, "");
	if (!r->worst || weight_of(item->word) > weight_of(r->worst->word))
		r->worst = item;
}

/* A known failure that is one no more; one about a single subtest is seen only where that is told. */
static void rule_passed(struct ruler *r, const struct found *found, const struct waiver *w)
{
	bool passed = false;

	for (size_t i = 0; i < found->n; i++) {
		const struct found_item *item = &found->items[i];

		if (!is_about(w->test, item->name))
			continue;
		if (item->weight == FOUND_RED || item->weight == FOUND_UNKNOWN)
			return;
		passed |= item->weight == FOUND_PASSED || !strcmp(item->word, "fixed");
	}
	if (passed)
		*arena_push(r->arena, &r->waived) =
			arena_printf(r->arena, "%s: passes now, its [known] entry can go", w->test);
}

static void rule_found(struct ruler *r, const struct found *found, struct ruling *ruling)
{
	const struct found_item *unknown = NULL;
	const struct task *task = r->task;

	for (size_t i = 0; i < found->n; i++) {
		const struct found_item *item = &found->items[i];

		if (item->weight == FOUND_RED)
			rule_red(r, item,
				 waiver_find(r->settings, task->series, task->target, task->cell,
					     item->name));
		if (item->weight == FOUND_UNKNOWN && !unknown)
			unknown = item;
	}
	for (size_t i = 0; i < r->settings->nwaivers; i++)
		if (waiver_covers(&r->settings->waivers[i], task->series, task->target, task->cell))
			rule_passed(r, found, &r->settings->waivers[i]);
	ruling->bad = set_text(r->arena, &r->bad);
	ruling->waived = set_text(r->arena, &r->waived);
	ruling->red = r->worst != NULL;
	ruling->unknown = !ruling->red && unknown;
	ruling->word = ruling->red     ? r->worst->word :
		       ruling->unknown ? "infrastructure" :
		       found->fixed    ? "fixed" :
					 "ok";
	ruling->why = arena_strdup(r->arena, found->why);
	if (r->expired.len)
		ruling->why = arena_printf(r->arena, "known failure %s%s%s", text_str(&r->expired),
					   *found->why ? "; " : "", found->why);
	else if (ruling->unknown && !*found->why)
		ruling->why = item_line(r->arena, unknown, "");
	else if (ruling->red && !*found->why && task->kind != PROOF_TEST)
		ruling->why = item_line(r->arena, r->worst, "");
	else if (!ruling->red && r->known.len)
		ruling->why = arena_printf(r->arena, "known: %s", text_str(&r->known));
}

/* The newest verdict of its cell in that run. */
static int cell_find(struct results *results, const struct task *task, int64_t run, int64_t *id)
{
	__free(statement) sqlite3_stmt *row = NULL;
	int there;

	*id = 0;
	if (task->kind != PROOF_TEST || !run)
		return 0;
	row = results_ask(results, "SELECT max(id) FROM cells WHERE run=? AND cell=?", "is", run,
			  task->cell);
	there = row ? results_row(results, row) : -1;
	if (there == 1)
		*id = sqlite3_column_int64(row, 0);
	return there < 0 ? -1 : 0;
}

static void rule_unknown(struct ruling *ruling, const char *why)
{
	ruling->unknown = true;
	ruling->word = "infrastructure";
	ruling->why = why;
}

void rule_none(const char *why, struct ruling *ruling)
{
	*ruling = (struct ruling){ .round = ruling->round,
				   .at = ruling->at,
				   .kind = PROOF_APPLY,
				   .series = ruling->series,
				   .line = ruling->line,
				   .target = "",
				   .cell = "",
				   .word = RULE_NONE,
				   .why = why ? why : "",
				   .bad = "",
				   .waived = "",
				   .marks = "" };
}

void rule_trouble(const char *why, struct ruling *ruling)
{
	ruling->bad = ruling->waived = ruling->marks = "";
	ruling->red = false;
	rule_unknown(ruling, why);
}

int rule_task(struct arena *arena, struct results *results, const struct settings *settings,
	      const struct task *task, const struct outcome *outcome, int64_t run, int64_t now,
	      struct ruling *ruling)
{
	struct ruler ruler = { .arena = arena, .settings = settings, .task = task, .now = now };
	struct found found;
	int there;

	*ruling = (struct ruling){
		.kind = task->kind,
		.series = task->series,
		.line = task->line,
		.target = task->target,
		.cell = task->cell ? task->cell : "",
		.input = task->input,
		.bad = "",
		.waived = "",
		.marks = "",
		.why = "",
		.run = run,
		.wall_seconds = outcome->wall_seconds,
		.cpu_seconds = outcome->cpu_seconds,
	};
	if (outcome->word != OUTCOME_DONE) {
		rule_unknown(ruling, outcome->note && *outcome->note ?
					     arena_strdup(arena, outcome->note) :
					     outcome_word(outcome->word));
		return 0;
	}
	if (cell_find(results, task, run, &ruling->cell_id))
		return -1;
	there = found_read(arena, task->dir, &found);
	if (there < 0) {
		rule_unknown(ruling, arena_strdup(arena, fail_message()));
		fail_clear();
		return 0;
	}
	if (!there) {
		rule_unknown(ruling, arena_printf(arena, "what it found is not in %s", task->dir));
		return 0;
	}
	if (!found.n) {
		rule_unknown(ruling, "it ended well and looked at nothing");
		return 0;
	}
	rule_found(&ruler, &found, ruling);
	text_release(&ruler.known);
	text_release(&ruler.expired);
	return 0;
}
