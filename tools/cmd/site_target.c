/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A page for each branch: its releases, candidates and queue, run by run, the newest first.
 */
#define _GNU_SOURCE
#include "base/fail.h"
#include "base/file.h"
#include "cmd/site.h"

#define BARS_MOST 90u /* of a picture */
#define ROWS_OPEN 15u /* the others are folded away */
#define ROWS_MOST 500u

/* A bar for each run: low where all was well, higher where it was not found out, highest where it was red. */
static void picture(struct site *site, struct text *out, const struct course *course)
{
	size_t n = course->n < BARS_MOST ? course->n : BARS_MOST, red = 0, unknown = 0;

	for (size_t i = course->n - n; i < course->n; i++) {
		red += course->items[i].red;
		unknown += course->items[i].unknown;
	}
	text_addf(
		out,
		"<figure><svg class=\"bars\" viewBox=\"0 0 %zu 24\" width=\"%zu\" height=\"24\" role=\"img\" "
		"aria-label=\"The last %zu run%s, the newest at the right: %zu red, %zu unknown, %zu well\">",
		n * 8, n * 8, n, n == 1 ? "" : "s", red, unknown, n - red - unknown);
	for (size_t i = 0; i < n; i++) {
		const struct course_step *step = &course->items[course->n - n + i];
		unsigned int high = step->red ? 22 : step->unknown ? 15 : 8;

		text_addf(
			out,
			"<rect class=\"%s\" x=\"%zu\" y=\"%u\" width=\"6\" height=\"%u\"><title>run %lld, %s: %s</title></rect>",
			site_class(step->red, step->unknown), i * 8, 23 - high, high,
			(long long)step->round, html_of(site->arena, step->target),
			html_of(site->arena, step->word));
	}
	text_adds(
		out,
		"</svg><figcaption>A bar a run, the newest at the right: low is well, half is not found out, high is red.</figcaption></figure>\n");
}

static void step_row(struct site *site, struct text *out, const struct course_step *step)
{
	text_addf(out, "<tr%s><th scope=\"row\" class=\"whole\">",
		  step->changed ? " class=\"changed\"" : "");
	text_adds(out, site_run_link(site, step->round, "../runs/"));
	text_addf(out,
		  "</th><td class=\"whole\">%s</td><td class=\"whole\">%s</td><td class=\"whole\">",
		  site_time(site->arena, step->at), html_of(site->arena, step->target));
	site_badge(site->arena, out, step->red, step->unknown, step->word);
	text_addf(
		out,
		"</td><td class=\"whole\"><span class=\"mark\">%s</span></td><td class=\"free\">%s</td></tr>\n",
		html_of(site->arena, step->marks), html_of(site->arena, step->why));
}

/* The steps before `to`, newest first, `n` of them. */
static void steps_table(struct site *site, struct text *out, const struct course *course, size_t to,
			size_t n)
{
	static const char *const columns[] = { "run", "at", "kernel", "verdict", "marks", "why" };

	site_table(out, html_of(site->arena, arena_printf(site->arena, "Runs of %s", course->line)),
		   columns, ARRAY_SIZE(columns), "fold");
	for (size_t i = to; i-- > to - n;)
		step_row(site, out, &course->items[i]);
	text_adds(out, "</tbody></table></div>\n");
}

static void line_part(struct site *site, struct text *out, const struct course *course)
{
	const struct course_step *last = course->last;
	size_t first = course->n < ROWS_OPEN ? course->n : ROWS_OPEN;
	size_t older = course->n - first, shown = older < ROWS_MOST ? older : ROWS_MOST;

	text_addf(out, "<section id=\"%s\">\n<h2>%s <span class=\"dim\">%s</span></h2>\n<p>",
		  site_anchor(site->arena, course->series, course->line),
		  html_of(site->arena, course->line), html_of(site->arena, course->series));
	site_badge(site->arena, out, last->red, last->unknown, last->word);
	text_addf(out, " on %s, since %s.</p>\n", html_of(site->arena, last->target),
		  site_time(site->arena, course->since->at));
	picture(site, out, course);
	steps_table(site, out, course, course->n, first);
	if (shown) {
		text_addf(out, "<details><summary>%zu older</summary>\n", shown);
		steps_table(site, out, course, older, shown);
		text_adds(out, "</details>\n");
	}
	if (older > shown)
		text_addf(
			out,
			"<p class=\"dim\">%zu still older ones are in the journal: series ci log.</p>\n",
			older - shown);
	text_adds(out, "</section>\n");
}

static int page(struct site *site, const char *branch)
{
	struct text out __free_text = TEXT_INIT;

	site_head(site->arena, &out, site->ci->settings.publish.title, branch, "../", "");
	for (size_t i = 0; i < site->courses.n; i++)
		if (!strcmp(site_branch(site->arena, site->courses.items[i].line), branch))
			line_part(site, &out, &site->courses.items[i]);
	site_foot(site->arena, &out, site->ci->now);
	return site_put(
		site, arena_printf(site->arena, "targets/%s.html", site_file(site->arena, branch)),
		&out);
}

int site_targets(struct site *site)
{
	struct file_names done = { 0 };

	for (size_t i = 0; i < site->courses.n; i++) {
		char *branch = site_branch(site->arena, site->courses.items[i].line);
		bool there = false;

		for (size_t k = 0; k < done.n; k++)
			there |= !strcmp(done.items[k], branch);
		if (there)
			continue;
		*arena_push(site->arena, &done) = branch;
		if (page(site, branch))
			return -1;
	}
	return 0;
}
