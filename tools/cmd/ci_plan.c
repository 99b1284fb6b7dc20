/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include "base/fail.h"
#include "cmd/built.h"
#include "cmd/ci.h"
#include "cmd/report.h"
#include "cmd/screen.h"

#define JSON_VERSION 1
/* Rulings that are looked at for how long something takes; of those so many of its own. */
#define HISTORY_MAX 500
#define SAMPLES 5

static const char *cell_of(const struct plan_item *item)
{
	return item->cell ? item->cell->name : "";
}

/* Does somebody have to do it, as a task? */
static bool is_task(const struct plan_item *item)
{
	return item->wanted && !item->same && item->kind != PROOF_APPLY;
}

/* How long

   A task of its kind and cell took so long on the last kernels, its own line's before any other's; 0: never done yet. */

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median_of(const struct rulings *history, const struct plan_item *item, bool own_line)
{
	double samples[SAMPLES];
	size_t n = 0;

	for (size_t i = 0; i < history->n && n < SAMPLES; i++) {
		const struct ruling *r = &history->items[i];

		if (r->kind == item->kind && !r->unknown && r->wall_seconds > 0 &&
		    !strcmp(r->cell, cell_of(item)) &&
		    !strcmp(r->series, item->line->series->name) &&
		    (!own_line || !strcmp(r->line, item->line->watched->line)))
			samples[n++] = r->wall_seconds;
	}
	if (!n)
		return 0;
	qsort(samples, n, sizeof(*samples), by_size);
	return samples[n / 2];
}

static double seconds_of(const struct rulings *history, const struct plan_item *item)
{
	double own;

	if (!is_task(item))
		return 0;
	own = median_of(history, item, true);
	return own > 0 ? own : median_of(history, item, false);
}

struct planned {
	struct rulings history;
	size_t tasks, unknown; /* so many of them have no estimate */
	double seconds;
};

static int planned_make(struct ci *ci, struct planned *planned)
{
	*planned = (struct planned){ 0 };
	if (journal_history(ci->journal, ci->arena, NULL, NULL, HISTORY_MAX, &planned->history))
		return -1;
	for (size_t i = 0; i < ci->plan.n; i++) {
		double seconds = seconds_of(&planned->history, &ci->plan.items[i]);

		planned->tasks += is_task(&ci->plan.items[i]);
		planned->unknown += is_task(&ci->plan.items[i]) && seconds <= 0;
		planned->seconds += seconds;
	}
	return 0;
}

/* Words */

static char *marks_of(struct arena *arena, const struct port *port)
{
	struct text marks __free_text = TEXT_INIT;

	for (size_t i = 0; i < port->n; i++)
		text_addf(&marks, "%s%s", i ? " " : "", mark_info(port->items[i].mark)->sign);
	return slice_str(arena, text_slice(&marks));
}

static char *what_of(struct arena *arena, const struct plan_item *item)
{
	return arena_printf(arena, "%s%s%s", proof_kind_word(item->kind), item->cell ? " " : "",
			    cell_of(item));
}

static void sum_write(struct ci *ci, const struct planned *planned, struct text *out)
{
	const struct context *c = ci->context;
	size_t n = planned->tasks, fetches = 0;

	for (size_t i = 0; i < ci->watched.n; i++)
		fetches += ci->watched.items[i].there && !ci->watched.items[i].kernel.ref;
	if (fetches)
		text_addf(
			out,
			"%zu kernel%s to fetch; what comes after is planned once %s in the store.\n",
			fetches, fetches == 1 ? "" : "s", fetches == 1 ? "it is" : "they are");
	if (!ci->plan.wanted && !fetches)
		text_addf(out, "Nothing to do: everything has a ruling or waits.\n");
	else if (!ci->plan.wanted)
		text_addf(out, "Of what is there everything has a ruling or waits.\n");
	else if (!n)
		text_addf(out, "No task to run, %zu ruling%s to put down: %s.\n", ci->plan.wanted,
			  ci->plan.wanted == 1 ? "" : "s", text_shown(ci->arena, ci->plan.why));
	else
		text_addf(out, "%zu task%s to run%s%s%s: %s.\n", n, n == 1 ? "" : "s",
			  planned->seconds > 0 ? ", about " : "",
			  planned->seconds > 0 ? seconds_word(ci->arena, planned->seconds) : "",
			  planned->seconds > 0 && planned->unknown ?
				  arena_printf(ci->arena, " and %zu never done yet",
					       planned->unknown) :
				  "",
			  text_shown(ci->arena, ci->plan.why));
	if (ci->watched.stale)
		text_addf(out, "%sOld data: %s%s\n", tint_on(c->color, TINT_LOOK),
			  text_shown(ci->arena, ci->watched.stale_why ? ci->watched.stale_why : ""),
			  tint_off(c->color, TINT_LOOK));
}

static void item_row(struct ci *ci, const struct planned *planned, const struct plan_item *item,
		     struct table *table)
{
	double seconds = seconds_of(&planned->history, item);
	enum tint tint = item->wanted ? TINT_BOLD : TINT_DIM;

	table_cell(ci->arena, table, tint, "%s%s", item->wanted ? "+ " : "- ",
		   text_shown(ci->arena, what_of(ci->arena, item)));
	table_cell(ci->arena, table, TINT_NONE, "%s",
		   seconds > 0 ? seconds_word(ci->arena, seconds) : "");
	table_cell(ci->arena, table, item->wanted ? TINT_NONE : TINT_DIM, "%s",
		   text_shown(ci->arena, item->why));
}

static void line_rows(struct ci *ci, const struct planned *planned, const struct plan_line *line,
		      struct table *table)
{
	const struct watched *watched = line->watched;
	size_t n = 0;

	for (size_t i = 0; i < ci->plan.n; i++) {
		const struct plan_item *item = &ci->plan.items[i];

		if (item->line != line)
			continue;
		table_cell(ci->arena, table, TINT_BOLD, "%s", n ? "" : watched->line);
		table_cell(ci->arena, table, TINT_NONE, "%s",
			   n			  ? "" :
			   line->port.kernel.name ? text_shown(ci->arena, line->port.kernel.name) :
						    "-");
		table_cell(ci->arena, table, n ? TINT_NONE : mark_tint(line->port.mark), "%s",
			   n ? "" : marks_of(ci->arena, &line->port));
		n++;
		item_row(ci, planned, item, table);
	}
	if (n)
		return;
	/* One that the source has and the store does not, or a line without any. */
	table_cell(ci->arena, table, TINT_BOLD, "%s", watched->line);
	table_cell(ci->arena, table, TINT_NONE, "%s",
		   watched->there && watched->kernel.name ?
			   text_shown(ci->arena, watched->kernel.name) :
			   "-");
	table_cell(ci->arena, table, TINT_NONE, "%s", "");
	table_cell(ci->arena, table, TINT_LOOK, "%s", watched->there ? "+ fetch" : "-");
	table_cell(ci->arena, table, TINT_NONE, "%s", "");
	table_cell(ci->arena, table, TINT_NONE, "%s%s",
		   watched->why ? text_shown(ci->arena, watched->why) : "",
		   watched->there ? "; what comes after is planned once it is in the store" : "");
}

/* In the order in which it would be done, lines without anything behind it. */
static void series_write(struct ci *ci, const struct planned *planned, const struct series *series,
			 struct text *out)
{
	struct context *c = ci->context;
	struct table table = { .columns = 6 };
	const struct plan_line *last = NULL;

	text_addf(out, "\n%s%s%s\n", tint_on(c->color, TINT_BOLD), series->name,
		  tint_off(c->color, TINT_BOLD));
	for (size_t i = 0; i < ci->plan.n; i++) {
		const struct plan_line *line = ci->plan.items[i].line;

		if (line != last && line->series == series && (line->ported || line->trouble))
			line_rows(ci, planned, line, &table);
		last = line;
	}
	for (size_t i = 0; i < ci->nlines; i++)
		if (!ci->lines[i].ported && !ci->lines[i].trouble && ci->lines[i].series == series)
			line_rows(ci, planned, &ci->lines[i], &table);
	table_write(out, &table, 2, c->color);
}

/* JSON */

static json_t *oid_json(const git_oid *oid)
{
	char hex[GIT_OID_HEXSZ + 1];

	return json_string(git_oid_tostr(hex, sizeof(hex), oid));
}

static json_t *items_json(struct ci *ci, const struct planned *planned,
			  const struct plan_line *line)
{
	json_t *list = json_array();

	for (size_t i = 0; i < ci->plan.n; i++) {
		const struct plan_item *item = &ci->plan.items[i];
		double seconds = seconds_of(&planned->history, item);

		if (item->line != line)
			continue;
		json_array_append_new(
			list,
			json_pack("{s:s, s:o, s:b, s:b, s:o, s:o, s:o, s:o, s:o}", "kind",
				  proof_kind_word(item->kind), "cell",
				  json_shown(item->cell ? item->cell->name : NULL), "wanted",
				  item->wanted, "task", is_task(item), "why", json_shown(item->why),
				  "seconds", seconds > 0 ? json_real(seconds) : json_null(), "base",
				  oid_json(&item->input.base), "patched",
				  oid_json(&item->input.patched), "recipe",
				  json_shown(*item->input.recipe ? item->input.recipe : NULL)));
	}
	return list;
}

static json_t *line_json(struct ci *ci, const struct planned *planned, const struct plan_line *line)
{
	const struct watched *watched = line->watched;

	return json_pack("{s:o, s:o, s:o, s:b, s:b, s:o, s:o, s:o}", "series",
			 json_shown(line->series->name), "line", json_shown(watched->line),
			 "kernel", json_shown(watched->there ? watched->kernel.name : NULL),
			 "in_store", line->ported || line->trouble, "alarm", watched->alarm, "why",
			 json_shown(watched->why), "marks",
			 line->ported ? json_shown(marks_of(ci->arena, &line->port)) : json_null(),
			 "items", items_json(ci, planned, line));
}

static json_t *plan_json(struct ci *ci, const struct planned *planned)
{
	json_t *lines = json_array();

	for (size_t i = 0; i < ci->nlines; i++)
		json_array_append_new(lines, line_json(ci, planned, &ci->lines[i]));
	return json_pack("{s:i, s:I, s:o, s:o, s:b, s:o, s:o}", "version", JSON_VERSION, "tasks",
			 (json_int_t)planned->tasks, "seconds",
			 planned->seconds > 0 ? json_real(planned->seconds) : json_null(), "why",
			 json_shown(ci->plan.wanted ? ci->plan.why : NULL), "stale",
			 ci->watched.stale, "stale_why", json_shown(ci->watched.stale_why), "lines",
			 lines);
}

int ci_plan(struct ci *ci)
{
	struct text out __free_text = TEXT_INIT;
	struct planned planned;

	if (planned_make(ci, &planned))
		return -1;
	if (ci->context->json) {
		json_t *json __free(json) = plan_json(ci, &planned);

		text_add_json(&out, json);
	} else {
		sum_write(ci, &planned, &out);
		for (size_t i = 0; i < ci->nseries; i++)
			series_write(ci, &planned, &ci->series[i], &out);
	}
	return context_print(ci->context, &out) ? -1 : EXIT_CLEAN;
}
