/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is kept of a round is made once, when it has ended: its folder gets its name when it is complete, by rename. The report
 * of each series is that of `series report`, of just the trees that the round ruled on.
 */
#define _GNU_SOURCE
#include <jansson.h>

#include "base/fail.h"
#include "base/file.h"
#include "base/replacement.h"
#include "cmd/report.h"
#include "cmd/sheet.h"
#include "cmd/site.h"

/* Of a round of that number, and of this journal: one that was made anew begins with 1 again. */
static int kept_already(struct ci *ci, const struct round *round, const char *pages, bool *kept)
{
	__free(json) json_t *json = NULL;
	struct slice text;
	int there = file_read(ci->arena, arena_printf(ci->arena, "%s/round.json", pages), 1 << 24,
			      &text);

	*kept = false;
	if (there != 1)
		return there;
	json = json_loadb(text.p, text.n, 0, NULL);
	*kept = json_integer_value(json_object_get(json, "started")) == round->started;
	return 0;
}

/* What a killed tick left of this. */
static int leftovers(struct ci *ci, const char *above)
{
	struct file_names names;

	if (file_list(ci->arena, above, &names) < 0)
		return -1;
	for (size_t i = 0; i < names.n; i++)
		if (strstr(names.items[i], ".new-") &&
		    file_remove_tree(arena_printf(ci->arena, "%s/%s", above, names.items[i])))
			return -1;
	return 0;
}

static int tasks_keep(struct keep *k)
{
	k->task_evidence = arena_alloc(k->arena, (k->tasks.n + 1) * sizeof(*k->task_evidence));
	for (size_t i = 0; i < k->tasks.n; i++)
		if (*k->tasks.items[i].dir &&
		    evidence_keep(k->ci, k->dir,
				  arena_printf(k->arena, "%s/log", k->tasks.items[i].dir), "log",
				  &k->task_evidence[i]) < 0)
			return -1;
	return 0;
}

static int rulings_keep(struct keep *k)
{
	k->boots = arena_alloc(k->arena, (k->rulings.n + 1) * sizeof(*k->boots));
	for (size_t i = 0; i < k->rulings.n; i++) {
		const struct ruling *r = &k->rulings.items[i];
		struct kept_boots *b = &k->boots[i];

		if (!r->cell_id)
			continue;
		if (results_boots(k->ci->journal, k->arena, r->run, r->cell_id, &b->boots))
			return -1;
		b->evidence = arena_alloc(k->arena, (b->boots.n + 1) * sizeof(*b->evidence));
		for (size_t n = 0; n < b->boots.n; n++)
			if (evidence_keep_boot(k->ci, k->dir, b->boots.items[n].dir,
					       &b->evidence[n]))
				return -1;
	}
	return 0;
}

/* For a report, two folders further down: the links to what a boot said; NULL: it is gone. */
static char *report_evidence(void *data, const struct known_arm *arm)
{
	struct keep *k = data;
	struct text out __free_text = TEXT_INIT;
	struct evidence evidence = { 0 };

	if (evidence_keep_boot(k->ci, k->dir, arm->dir, &evidence) || !evidence.n)
		return NULL;
	evidence_links(k->arena, &out, "../../../", &evidence);
	return slice_str(k->arena, text_slice(&out));
}

/* Does the round stand on just this port? Else it is of a series or kernel that changed meanwhile. */
static bool ruled_on(const struct keep *k, const struct plan_line *line)
{
	for (size_t i = 0; i < k->rulings.n; i++) {
		const struct ruling *r = &k->rulings.items[i];

		if (!strcmp(r->series, line->series->name) && !strcmp(r->line, line->watched->line))
			return !strcmp(r->target, line->port.kernel.name);
	}
	return true;
}

/* How to see for oneself, where there is more than one series to do it with. */
static void name_series(struct keep *k, struct sheet *sheet)
{
	struct context *c = k->ci->context;
	const char *name = path_word(k->arena, sheet->series->name);

	if (k->ci->nseries < 2 || c->series_name)
		return;
	sheet->test_command = context_invoke(c, arena_printf(k->arena, "--series %s test", name));
	sheet->verify_command =
		context_invoke(c, arena_printf(k->arena, "--series %s verify", name));
	sheet->show_command = context_invoke(c, arena_printf(k->arena, "--series %s show", name));
	sheet->report_command =
		context_invoke(c, arena_printf(k->arena, "--series %s report", name));
}

static int report_keep(struct keep *k, const struct series *series)
{
	struct ports ports = { .series = series, .pack = k->ci->pack };
	struct sheet sheet;

	ports.items = arena_alloc(k->arena, (k->ci->nlines + 1) * sizeof(*ports.items));
	for (size_t i = 0; i < k->ci->nlines; i++) {
		const struct plan_line *line = &k->ci->lines[i];
		bool again = false;

		if (line->series != series || !line->ported || !ruled_on(k, line))
			continue;
		for (size_t n = 0; n < ports.n; n++)
			again |= !strcmp(ports.items[n].kernel.name, line->port.kernel.name);
		if (!again)
			ports.items[ports.n++] = line->port;
	}
	if (!ports.n)
		return 0;
	if (sheet_make(k->ci->context, &ports, &sheet))
		return -1;
	name_series(k, &sheet);
	sheet.evidence_links = report_evidence;
	sheet.evidence_data = k;
	sheet.up = "../../index.html";
	sheet.up_title = arena_printf(k->arena, "run %lld", (long long)k->round->id);
	sheet.evidence = "linked from each kernel's boots";
	k->reports[k->nreports++] = series->name;
	return page_write(k->ci->context, &sheet,
			  arena_printf(k->arena, "%s/report/%s", k->dir,
				       site_file(k->arena, series->name)));
}

static int reports_keep(struct keep *k)
{
	k->reports = arena_alloc(k->arena, (k->ci->nseries + 1) * sizeof(*k->reports));
	for (size_t i = 0; i < k->ci->nseries; i++)
		if (report_keep(k, &k->ci->series[i]))
			return -1;
	return 0;
}

static json_t *lines_json(const struct keep *k)
{
	json_t *lines = json_array();

	for (size_t i = 0; i < k->standings.n; i++) {
		const struct standing *s = &k->standings.items[i];

		json_array_append_new(lines,
				      json_pack("{so so so so so so sb sb}", "series",
						json_shown(s->series), "line", json_shown(s->line),
						"target", json_shown(s->target), "verdict",
						json_shown(s->word), "why", json_shown(s->why),
						"marks", json_shown(s->marks), "red", s->red,
						"unknown", s->unknown));
	}
	return lines;
}

/* Written last: with it the pages are whole. */
static int round_json(struct keep *k)
{
	struct text out __free_text = TEXT_INIT;
	const struct round *round = k->round;
	json_t *changes = json_array(), *reports = json_array();
	__free(json) json_t *top = NULL;

	for (size_t i = 0; i < k->news.n; i++)
		json_array_append_new(changes, json_shown(k->news.items[i].text));
	for (size_t i = 0; i < k->nreports; i++)
		json_array_append_new(reports, json_shown(site_file(k->arena, k->reports[i])));
	top = json_pack("{si so so so sb so so so so}", "version", 1, "ci_run",
			json_integer(round->id), "started", json_integer(round->started), "ended",
			json_integer(round->ended), "stale", round->stale, "why",
			json_shown(round->why), "lines", lines_json(k), "changes", changes,
			"reports", reports);
	text_add_json(&out, top);
	return file_write(arena_printf(k->arena, "%s/round.json", k->dir), text_slice(&out), 0666);
}

static int keep(struct keep *k)
{
	struct ci *ci = k->ci;

	if (journal_tasks(ci->journal, k->arena, k->round->id, &k->tasks) ||
	    journal_rulings(ci->journal, k->arena, k->round->id, &k->rulings) ||
	    news_make(k->arena, ci->journal, &ci->settings, k->round, &k->news))
		return -1;
	standings_make(k->arena, &k->rulings, &k->standings);
	return tasks_keep(k) || rulings_keep(k) || reports_keep(k) || site_run(k) || round_json(k) ?
		       -1 :
		       0;
}

int site_keep(struct ci *ci, const struct round *round)
{
	const char *above = arena_printf(ci->arena, "%s/pages", ci->home);
	const char *pages = arena_printf(ci->arena, "%s/%lld", above, (long long)round->id);
	char *dir = arena_printf(ci->arena, "%s.new-XXXXXX", pages);
	struct keep k = { .ci = ci, .arena = ci->arena, .round = round, .dir = dir };
	bool kept;

	if (file_make_dirs(above) || leftovers(ci, above) || kept_already(ci, round, pages, &kept))
		return -1;
	if (kept)
		return 0;
	if (!mkdtemp(dir))
		return fail_errno("cannot make %s", dir);
	if (keep(&k) || file_remove_tree(pages))
		return fail_in("the pages of run %lld", (long long)round->id);
	return rename(dir, pages) ? fail_errno("cannot rename %s", dir) : 0;
}
