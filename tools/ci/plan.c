/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is asked of each proof, in this order: is there a ruling for just this input; did the infrastructure fail too often for
 * now; has another line a ruling for the same trees and recipe; and else what has changed since the last ruling of its line.
 *
 * A line stands as its newest rulings say. So one that is there already is put down once more where the line has stood elsewhere since
 * (a queue that took a patch back, a tag that vanished), or where its kernel is called otherwise now.
 *
 * Lines are taken as they are urgent: release candidates, which have a deadline, then releases, then the queue; among equals the newest
 * kernel first. Within a line: apply, build, verify, tests. Applying is done while planning, so what will not apply on the next
 * release is known before anything is built.
 */
#define _GNU_SOURCE
#include "ci/plan.h"

#include <time.h>

#include "base/fail.h"
#include "ci/recipe.h"
#include "ci/rule.h"
#include "kernel/results_part.h"

#define DAY 86400
#define REASONS_MAX 4

struct planner {
	struct arena *arena;
	const struct plan_ask *ask;
	struct recipes *recipes;
	struct rulings standings;
	struct plan *plan;
	/* What is said of the plan as a whole, each once. */
	struct {
		char **items;
		size_t n, cap;
	} reasons;
};

static void reason(struct planner *p, char *text)
{
	for (size_t i = 0; i < p->reasons.n; i++)
		if (!strcmp(p->reasons.items[i], text))
			return;
	*arena_push(p->arena, &p->reasons) = text;
}

/* Order */

static int urgency(const struct plan_line *line)
{
	static const int of[] = { [WATCH_CANDIDATE] = 0, [WATCH_RELEASE] = 1, [WATCH_QUEUE] = 2 };

	return of[line->watched->watch->kind];
}

static int by_urgency(const void *a, const void *b)
{
	const struct plan_line *x = *(const struct plan_line *const *)a,
			       *y = *(const struct plan_line *const *)b;
	struct version vx, vy;
	int order = urgency(x) - urgency(y);

	if (order)
		return order;
	if (version_parse(slice_of(x->watched->target->name), &vx) &&
	    version_parse(slice_of(y->watched->target->name), &vy))
		order = version_cmp(&vy, &vx);
	if (!order)
		order = strcmp(x->watched->target->name, y->watched->target->name);
	return order ? order : strcmp(x->series->name, y->series->name);
}

/* Why */

static const struct ruling *standing_of(const struct planner *p, const struct plan_item *item)
{
	const char *cell = item->cell ? item->cell->name : "";

	for (size_t i = 0; i < p->standings.n; i++) {
		const struct ruling *r = &p->standings.items[i];

		if (r->kind == item->kind && !strcmp(r->series, item->line->series->name) &&
		    !strcmp(r->line, item->line->watched->line) && !strcmp(r->cell, cell))
			return r;
	}
	return NULL;
}

/* Has its line been looked at before? What is new then is the cell, or how far the line is taken. */
static bool line_known(const struct planner *p, const struct plan_item *item)
{
	for (size_t i = 0; i < p->standings.n; i++)
		if (!strcmp(p->standings.items[i].series, item->line->series->name) &&
		    !strcmp(p->standings.items[i].line, item->line->watched->line))
			return true;
	return false;
}

static const char *kernel_of(const struct plan_item *item)
{
	return item->line->port.kernel.name;
}

/* There is another kernel than the one of the last ruling. */
static char *why_kernel(struct planner *p, const struct plan_item *item, const struct ruling *last)
{
	const char *now = kernel_of(item), *line = item->line->watched->line;
	const char *before = *last->target ? last->target : "there was none";

	if (!strcmp(now, last->target)) {
		reason(p, arena_printf(p->arena, "%s has another tree", now));
		return arena_printf(p->arena, "%s has another tree than in run %lld", now,
				    (long long)last->round);
	}
	switch (item->line->watched->watch->kind) {
	case WATCH_RELEASE:
		reason(p, arena_printf(p->arena, "%s is out", now));
		return arena_printf(p->arena, "new release %s, after %s", now, before);
	case WATCH_CANDIDATE:
		reason(p, arena_printf(p->arena, "%s is up for review", now));
		return arena_printf(p->arena, "new candidate %s, after %s", now, before);
	default:
		reason(p, arena_printf(p->arena, "%s has moved", line));
		return arena_printf(p->arena, "%s is %s now, after %s", line, now, before);
	}
}

static char *why_wanted(struct planner *p, const struct plan_item *item)
{
	static const char *const done[] = {
		[PROOF_APPLY] = "applied",
		[PROOF_BUILD] = "built",
		[PROOF_VERIFY] = "verified",
		[PROOF_TEST] = "tested",
	};
	const struct ruling *last = standing_of(p, item);
	const char *change;

	if (!last) {
		reason(p, line_known(p, item) ?
				  arena_printf(p->arena, "%s was not %s yet", kernel_of(item),
					       done[item->kind]) :
				  arena_printf(p->arena, "%s is new here", kernel_of(item)));
		return arena_printf(p->arena, "not %s yet", done[item->kind]);
	}
	if (!git_oid_equal(&last->input.base, &item->input.base))
		return why_kernel(p, item, last);
	if (!git_oid_equal(&last->input.patched, &item->input.patched)) {
		reason(p, arena_printf(p->arena, "%s changed", item->line->series->name));
		return arena_strdup(p->arena, "the series or a backport of it changed");
	}
	change = recipe_change(last->input.recipe, item->input.recipe);
	if (item->kind == PROOF_APPLY)
		change = "how the series applies, or its messages, changed";
	if (!change)
		change = "its ruling is not known any more";
	if (item->kind == PROOF_VERIFY && !strcmp(change, RECIPE_TOOLS_CHANGED))
		change = "tools, series itself or what newer branches have changed";
	reason(p, arena_strdup(p->arena, change));
	return arena_strdup(p->arena, change);
}

/* "2026-11-23 05:00 UTC" */
static char *moment(struct arena *arena, int64_t at)
{
	time_t t = (time_t)at;
	struct tm tm;
	char text[64];

	if (!gmtime_r(&t, &tm) || !strftime(text, sizeof(text), "%Y-%m-%d %H:%M UTC", &tm))
		return arena_strdup(arena, "");
	return arena_strdup(arena, text);
}

static void decide_again(struct planner *p, struct plan_item *item, unsigned int misses,
			 int64_t last)
{
	const struct ruling *standing = standing_of(p, item);
	unsigned int tries = p->ask->settings->tries ? p->ask->settings->tries : 1;
	const char *why = standing && standing->unknown && *standing->why ?
				  arena_printf(p->arena, " (%s)", standing->why) :
				  "";
	bool renamed = standing && strcmp(standing->target, kernel_of(item)) != 0;

	/* A clock that was ahead when it was tried keeps nobody waiting. */
	item->wanted = misses < tries || renamed || last > p->ask->now || p->ask->now - last >= DAY;
	if (misses < tries)
		item->why = arena_printf(p->arena, "infrastructure last time%s: try %u of %u", why,
					 misses + 1, tries);
	else
		item->why = arena_printf(p->arena, "infrastructure %u times in a row%s: %s%s",
					 misses, why,
					 renamed      ? "tried under its new name" :
					 item->wanted ? "tried once a day" :
							"tried again after ",
					 item->wanted ? "" : moment(p->arena, last + DAY));
	if (item->wanted)
		reason(p, arena_strdup(p->arena, "what failed for infrastructure is tried again"));
}

/* Decisions */

static struct ruling like(const struct plan_item *item)
{
	return (struct ruling){
		.kind = item->kind,
		.series = item->line->series->name,
		.line = item->line->watched->line,
		.cell = item->cell ? item->cell->name : "",
		.input = item->input,
	};
}

/* A line that knows what this one does not: 1, 0, -1. */
static int other_line(struct planner *p, const struct ruling *want, struct ruling *ruling)
{
	__free(statement) sqlite3_stmt *row = results_ask(
		p->ask->journal,
		"SELECT line FROM rulings WHERE patched=? AND recipe=? AND kind=?"
		" AND cell=? AND base=? AND series=? AND line<>? AND unknown=0"
		" ORDER BY id DESC LIMIT 1",
		"osssoss", &want->input.patched, want->input.recipe, proof_kind_word(want->kind),
		want->cell, &want->input.base, want->series, want->line);
	int there = row ? results_row(p->ask->journal, row) : -1;
	struct ruling there_like = *want;

	if (there != 1)
		return there;
	there_like.line = results_column(p->arena, row, 0);
	return journal_ruling_find(p->ask->journal, p->arena, &there_like, ruling);
}

static bool same_input(const struct input *a, const struct input *b)
{
	return git_oid_equal(&a->base, &b->base) && git_oid_equal(&a->patched, &b->patched) &&
	       !strcmp(a->recipe, b->recipe);
}

/* There is a ruling for just this input: it is how the line stands, or is so again. */
static void decide_known(struct planner *p, struct plan_item *item, const struct ruling *found)
{
	const struct ruling *last = standing_of(p, item);
	const char *line = item->line->watched->line;
	struct ruling *same;
	bool renamed;

	item->known = true;
	if (!last ||
	    (same_input(&last->input, &item->input) && !strcmp(last->target, kernel_of(item)))) {
		item->why =
			arena_printf(p->arena, "has a ruling: run %lld", (long long)found->round);
		return;
	}
	same = arena_new_of(p->arena, struct ruling);
	*same = *found;
	item->same = same;
	item->wanted = true;
	renamed = same_input(&last->input, &item->input);
	item->why = arena_printf(p->arena, "%s run %lld: taken from there",
				 renamed ? "the same trees by another name as in" :
					   "back at what it was in",
				 (long long)found->round);
	reason(p, arena_printf(p->arena,
			       renamed ? "%s has moved, to the same tree" :
					 "%s is back at what it was",
			       line));
}

/* The index + 1 of an item of this plan that will bring what this one wants; 0. */
static size_t twin_of(const struct planner *p, const struct plan_item *item)
{
	for (size_t i = 0; i < p->plan->n; i++) {
		const struct plan_item *other = &p->plan->items[i];

		if (other->wanted && other->kind == item->kind && other->cell == item->cell &&
		    other->line->series == item->line->series && other->line != item->line &&
		    same_input(&other->input, &item->input))
			return i + 1;
	}
	return 0;
}

/* `twin`: index + 1 of the item whose task does it. */
static int decide(struct planner *p, struct plan_item *item, size_t *twin)
{
	struct ruling want = like(item), found;
	unsigned int misses;
	int64_t last;
	int there = journal_ruling_find(p->ask->journal, p->arena, &want, &found);

	*twin = 0;
	if (there < 0)
		return -1;
	if (there) {
		decide_known(p, item, &found);
		return 0;
	}
	if (item->kind != PROOF_APPLY) {
		there = other_line(p, &want, &found);
		if (there < 0)
			return -1;
		if (there) {
			struct ruling *same = arena_new_of(p->arena, struct ruling);

			*same = found;
			item->same = same;
			item->wanted = true;
			item->why = arena_printf(p->arena, "the same as on %s: taken from run %lld",
						 same->line, (long long)same->round);
			reason(p, arena_printf(p->arena, "%s is new here", kernel_of(item)));
			return 0;
		}
		*twin = twin_of(p, item);
	}
	if (*twin) {
		item->why = arena_printf(p->arena,
					 "the same as on %s: taken from there once it is known",
					 p->plan->items[*twin - 1].line->watched->line);
		return 0;
	}
	if (journal_misses(p->ask->journal, &want, &misses, &last))
		return -1;
	if (misses) {
		decide_again(p, item, misses, last);
		return 0;
	}
	item->wanted = true;
	item->why = why_wanted(p, item);
	return 0;
}

/* A line's build: what comes after it needs it. */
struct making {
	size_t item; /* index + 1 of the item that brings it; 0: it is there already */
	bool waits;  /* it is not, and nobody makes it now */
};

static int item_add(struct planner *p, const struct plan_line *line, enum proof_kind kind,
		    const struct cell *cell, struct making *making)
{
	struct plan_item item = { .line = line, .kind = kind, .cell = cell };
	size_t twin;

	item.input.base = line->port.kernel.tree;
	item.input.patched = line->port.tree;
	if (recipe_make(p->recipes, line, kind, cell, item.input.recipe) || decide(p, &item, &twin))
		return fail_in("%s on %s", line->series->name, line->port.kernel.name);
	if (item.wanted && !item.same && kind > PROOF_BUILD) {
		item.needs = making->item;
		if (making->waits) {
			item.wanted = false;
			item.why = arena_strdup(p->arena, "waits for its build");
		}
	}
	*arena_push(p->arena, p->plan) = item;
	p->plan->wanted += item.wanted;
	if (kind == PROOF_BUILD) {
		making->item = twin ? twin : item.wanted && !item.same ? p->plan->n : 0;
		making->waits = !making->item && !item.known && !item.same;
	}
	return 0;
}

/* It goes no further, and why. */
static void stop_at(struct planner *p, const struct plan_line *line, const char *why)
{
	struct plan_item *item = arena_push(p->arena, p->plan);

	*item = (struct plan_item){ .line = line, .kind = PROOF_BUILD };
	item->why = arena_strdup(p->arena, why);
	item->input.base = line->port.kernel.tree;
	item->input.patched = line->port.tree;
}

static bool has_commits(const struct port *port)
{
	for (size_t i = 0; i < port->n; i++)
		if (port->items[i].committed)
			return true;
	return false;
}

static bool covered(const struct planner *p, const struct plan_line *line)
{
	const struct matrix *matrix = p->ask->matrix;

	for (size_t i = 0; i < matrix->ncells; i++)
		if (matrix->cells[i].by_default &&
		    cell_covers(&matrix->cells[i], line->port.kernel.name))
			return true;
	return false;
}

static int line_tests(struct planner *p, const struct plan_line *line, struct making *making)
{
	const struct matrix *matrix = p->ask->matrix;

	for (size_t i = 0; i < matrix->ncells; i++) {
		const struct cell *cell = &matrix->cells[i];

		if (cell->by_default && cell_covers(cell, line->port.kernel.name) &&
		    item_add(p, line, PROOF_TEST, cell, making))
			return -1;
	}
	return 0;
}

/* Nothing is known of it; the last verdict is of an older kernel, or of other patches, and must not seem to be of this. */
static int line_trouble(struct planner *p, const struct plan_line *line)
{
	struct plan_item item = { .line = line,
				  .kind = PROOF_APPLY,
				  .wanted = true,
				  .why = arena_strdup(p->arena, line->trouble) };
	struct ruling want;
	unsigned int misses;
	int64_t last;

	item.input.base = line->port.kernel.tree;
	want = like(&item);
	if (journal_misses(p->ask->journal, &want, &misses, &last))
		return -1;
	if (misses)
		decide_again(p, &item, misses, last);
	else
		reason(p, arena_printf(p->arena, "%s cannot be ported to %s", line->series->name,
				       kernel_of(&item)));
	*arena_push(p->arena, p->plan) = item;
	p->plan->wanted += item.wanted;
	return 0;
}

/* Its source was asked just now, and has nothing for it: what it stood for is no more. Where the source itself is in doubt, all stays. */
static bool is_gone(const struct plan_ask *ask, const struct plan_line *line)
{
	const struct watched *w = line->watched;

	return !line->ported && !line->trouble && !w->there && !w->alarm && w->reached == ask->now;
}

static void line_gone(struct planner *p, const struct plan_line *line)
{
	struct plan_item item = { .line = line, .kind = PROOF_APPLY, .wanted = true, .gone = true };
	const struct ruling *last = standing_of(p, &item);

	if (!last || !strcmp(last->word, RULE_NONE))
		return;
	item.why = arena_printf(p->arena, "nothing there any more%s%s",
				line->watched->why ? ": " : "",
				line->watched->why ? line->watched->why : "");
	reason(p, arena_printf(p->arena, "%s has nothing any more", line->watched->line));
	*arena_push(p->arena, p->plan) = item;
	p->plan->wanted++;
}

static int line_plan(struct planner *p, const struct plan_line *line)
{
	const struct watch *watch = line->watched->watch;
	struct making making = { 0 };

	if (line->trouble)
		return line_trouble(p, line);
	if (item_add(p, line, PROOF_APPLY, NULL, &making))
		return -1;
	if (line->port.mark == MARK_CONFLICT)
		return 0;
	if (!has_commits(&line->port)) {
		stop_at(p, line, "nothing of the series is to be added there");
		return 0;
	}
	if (watch->depth == DEPTH_APPLY) {
		stop_at(p, line,
			arena_printf(p->arena, "watch %s goes no further than apply", watch->name));
		return 0;
	}
	if (!covered(p, line)) {
		stop_at(p, line, "no cell of ci/matrix.conf covers it by default");
		return 0;
	}
	if (item_add(p, line, PROOF_BUILD, NULL, &making) ||
	    (p->ask->settings->verify && item_add(p, line, PROOF_VERIFY, NULL, &making)))
		return -1;
	return watch->depth == DEPTH_TEST ? line_tests(p, line, &making) : 0;
}

static char *reasons_text(struct planner *p)
{
	struct text all __free_text = TEXT_INIT;
	size_t n = p->reasons.n;

	for (size_t i = 0; i < n && i < REASONS_MAX; i++)
		text_addf(&all, "%s%s", i ? "; " : "", p->reasons.items[i]);
	if (n > REASONS_MAX)
		text_addf(&all, "; and %zu more", n - REASONS_MAX);
	return slice_str(p->arena, text_slice(&all));
}

int plan_make(struct arena *arena, const struct plan_ask *ask, struct plan *plan)
{
	struct planner p = {
		.arena = arena, .ask = ask, .recipes = recipes_new(arena, ask), .plan = plan
	};
	const struct plan_line **lines = arena_alloc(arena, (ask->nlines + 1) * sizeof(*lines));
	size_t n = 0;

	*plan = (struct plan){ 0 };
	if (journal_standings(ask->journal, arena, 0, false, &p.standings))
		return -1;
	for (size_t i = 0; i < ask->nlines; i++)
		if (ask->lines[i].ported || ask->lines[i].trouble)
			lines[n++] = &ask->lines[i];
	if (n)
		qsort(lines, n, sizeof(struct plan_line *), by_urgency);
	for (size_t i = 0; i < n; i++)
		if (line_plan(&p, lines[i]))
			return -1;
	for (size_t i = 0; i < ask->nlines; i++)
		if (is_gone(ask, &ask->lines[i]))
			line_gone(&p, &ask->lines[i]);
	plan->why = reasons_text(&p);
	return 0;
}
