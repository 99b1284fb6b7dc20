/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the tests themselves did, whatever kernel they ran on: which cannot be trusted, which become slower.
 */
#define _GNU_SOURCE
#include "cmd/site.h"

#define SPARK_WIDE 120.0
#define SPARK_HIGH 24.0
/* Slower than it was: by that, and by so many seconds, so that what takes no time at all is no news. */
#define SLOWER 1.5
#define SLOWER_SECONDS 0.5

/* A test in a cell, over all branches. */
struct unsteady {
	const struct trend *first;
	size_t flaky, flips, verdicts;
	char *where; /* "6.12 (2 of 40), 6.1 (1 of 33)" */
};
struct unsteadies {
	struct unsteady *items;
	size_t n, cap;
};

static int by_flaky(const void *a, const void *b)
{
	const struct unsteady *x = a, *y = b;

	/* Parts of all verdicts, compared without dividing. */
	size_t fx = (4 * x->flaky + x->flips) * y->verdicts,
	       fy = (4 * y->flaky + y->flips) * x->verdicts;

	return fx != fy ? (fx < fy) - (fx > fy) : strcmp(x->first->name, y->first->name);
}

/* A change from pass to fail that stays is a regression or its fix; what goes back and forth is flaky. */
static bool is_unsteady(const struct trend *trend)
{
	return trend->flaky || trend->flips > 2;
}

static struct unsteadies unsteadies_of(struct site *site)
{
	struct unsteadies all = { 0 };

	for (size_t i = 0; i < site->trends.n; i++) {
		const struct trend *t = &site->trends.items[i];
		struct unsteady *u = NULL;

		if (!is_unsteady(t))
			continue;
		for (size_t k = 0; k < all.n && !u; k++)
			if (!strcmp(all.items[k].first->name, t->name) &&
			    !strcmp(all.items[k].first->cell, t->cell) &&
			    !strcmp(all.items[k].first->series, t->series))
				u = &all.items[k];
		if (!u) {
			u = arena_push(site->arena, &all);
			*u = (struct unsteady){ .first = t, .where = "" };
		}
		u->flaky += t->flaky;
		u->flips += t->flips;
		u->verdicts += t->n;
		u->where = arena_printf(site->arena, "%s%s%s (%zu of %zu)", u->where,
					*u->where ? ", " : "", t->branch, t->flaky, t->n);
	}
	if (all.n)
		qsort(all.items, all.n, sizeof(*all.items), by_flaky);
	return all;
}

static void flaky_part(struct site *site, struct text *out)
{
	static const char *const columns[] = { "test", "cell", "flaky", "pass/fail changes",
					       "where" };
	struct unsteadies all = unsteadies_of(site);

	text_adds(out, "<section id=\"flaky\">\n<h2>Flaky tests</h2>\n");
	if (!all.n) {
		text_adds(out,
			  "<p>None in the verdicts that are looked at here.</p>\n</section>\n");
		return;
	}
	site_table(out, "Flaky tests", columns, ARRAY_SIZE(columns), "fold");
	for (size_t i = 0; i < all.n; i++) {
		const struct unsteady *u = &all.items[i];

		text_addf(
			out,
			"<tr><th scope=\"row\" class=\"test\"><code>%s</code></th><td class=\"whole\">%s</td>"
			"<td class=\"whole\" data-label=\"flaky\"><span class=\"%s\">%zu of %zu</span></td><td data-label=\"changes\">%zu</td><td class=\"free\">%s</td></tr>\n",
			html_of(site->arena, u->first->name), html_of(site->arena, u->first->cell),
			u->flaky ? "warn" : "", u->flaky, u->verdicts, u->flips,
			html_of(site->arena, u->where));
	}
	text_adds(out, "</tbody></table></div>\n</section>\n");
}

static bool bad(const struct trend_point *point)
{
	return class_records[point->class].color != CLASS_GREEN;
}

/* Times as a line, what was not well as a dot on it. */
static void spark(struct site *site, struct text *out, const struct trend *trend)
{
	double most = 0.001, step = SPARK_WIDE / (double)(SITE_BOOTS_MOST - 1);
	size_t timed = 0, dots = 0;
	struct text line __free_text = TEXT_INIT, marks __free_text = TEXT_INIT;

	for (size_t i = 0; i < trend->n; i++)
		most = trend->items[i].seconds > most ? trend->items[i].seconds : most;
	for (size_t i = 0; i < trend->n; i++) {
		const struct trend_point *p = &trend->items[i];
		double x = 3 + step * (double)(SITE_BOOTS_MOST - trend->n + i);
		double y = 3 + SPARK_HIGH * (1 - (p->seconds > 0 ? p->seconds : 0) / most);

		if (p->seconds >= 0)
			text_addf(&line, "%s%.1f,%.1f", timed++ ? " " : "", x, y);
		if (trend->n == 1 && p->seconds >= 0)
			text_addf(&marks,
				  "<circle class=\"one\" cx=\"%.1f\" cy=\"%.1f\" r=\"1.5\"/>", x,
				  y);
		if (!bad(p) && p->class != CLASS_FLAKY)
			continue;
		dots++;
		text_addf(
			&marks,
			"<circle class=\"%s\" cx=\"%.1f\" cy=\"%.1f\" r=\"2.5\"><title>%s: %s</title></circle>",
			bad(p) ? "dont" : "look", x, y, html_of(site->arena, p->target),
			class_records[p->class].word);
	}
	text_addf(
		out,
		"<svg class=\"spark\" viewBox=\"0 0 126 30\" width=\"126\" height=\"30\" role=\"img\" aria-label=\"%zu times",
		timed);
	if (dots)
		text_addf(out, ", %zu not well or flaky", dots);
	text_addf(out, "\"><polyline points=\"%s\"/>%s</svg>", text_str(&line), text_str(&marks));
}

static void trend_cell(struct site *site, struct text *out, const struct trend *trend)
{
	double median = trend_median(trend), last = trend->items[trend->n - 1].seconds;
	bool slower = median >= 0 && last > median * SLOWER && last - median > SLOWER_SECONDS;

	text_adds(out, "<td>");
	spark(site, out, trend);
	if (last < 0)
		text_adds(out, "<span class=\"dim\">no time</span>");
	else
		text_addf(out, "<span class=\"%s\">%.2f s%s</span>", slower ? "warn" : "dim", last,
			  slower ? arena_printf(site->arena, ", slower than %.2f s", median) : "");
	text_adds(out, "</td>");
}

/* One table: a series in a cell. Trends from `from` on, up to `to`. */
static void cell_table(struct site *site, struct text *out, size_t from, size_t to)
{
	const struct trend *trends = site->trends.items;
	const char **columns = arena_alloc(site->arena, (to - from + 1) * sizeof(*columns));
	size_t ncolumns = 1;

	columns[0] = "test";
	for (size_t i = from; i < to; i++)
		if (i == from || strcmp(trends[i].branch, trends[i - 1].branch) != 0)
			columns[ncolumns++] = html_of(site->arena, trends[i].branch);
	text_addf(out, "<h3>%s, cell %s</h3>\n", html_of(site->arena, trends[from].series),
		  html_of(site->arena, trends[from].cell));
	site_table(out, "Times of tests, by branch", columns, ncolumns, "trends");
	for (size_t i = from; i < to; i++) {
		bool before = false;

		for (size_t k = from; k < i && !before; k++)
			before = !strcmp(trends[k].name, trends[i].name);
		if (before)
			continue;
		text_addf(out, "<tr><th scope=\"row\" class=\"test\"><code>%s</code></th>",
			  html_of(site->arena, trends[i].name));
		for (size_t k = from, column = 0; k < to; column++) {
			const char *branch = trends[k].branch;
			const struct trend *found = NULL;

			for (; k < to && !strcmp(trends[k].branch, branch); k++)
				if (!found && !strcmp(trends[k].name, trends[i].name))
					found = &trends[k];
			if (found)
				trend_cell(site, out, found);
			else
				text_adds(out, "<td class=\"dim\">\xe2\x80\x93</td>");
		}
		text_adds(out, "</tr>\n");
	}
	text_adds(out, "</tbody></table></div>\n");
}

static void times_part(struct site *site, struct text *out)
{
	const struct trend *trends = site->trends.items;
	size_t n = site->trends.n;

	text_addf(
		out,
		"<section id=\"times\">\n<h2>How long they took</h2>\n<p class=\"dim\">With the series, in the last %u verdicts of each branch, "
		"the newest at the right; from nothing to the longest. A dot is a verdict that was not well (red) or flaky.</p>\n",
		SITE_BOOTS_MOST);
	if (!n)
		text_adds(out, "<p>Nothing was tested yet.</p>\n");
	for (size_t i = 0, to; i < n; i = to) {
		for (to = i + 1; to < n && !strcmp(trends[to].cell, trends[i].cell) &&
				 !strcmp(trends[to].series, trends[i].series);)
			to++;
		cell_table(site, out, i, to);
	}
	text_adds(out, "</section>\n");
}

int site_tests(struct site *site)
{
	struct text out __free_text = TEXT_INIT;

	site_head(site->arena, &out, site->ci->settings.publish.title, "Tests", "", "");
	flaky_part(site, &out);
	times_part(site, &out);
	site_foot(site->arena, &out, site->ci->now);
	return site_put(site, "tests.html", &out);
}
