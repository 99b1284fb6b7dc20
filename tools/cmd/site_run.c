/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The page of one run is written when the run has ended and never changes: what came out, what of it is news, what was done for it, and where the
 * evidence is.
 */
#define _GNU_SOURCE
#include "base/file.h"
#include "ci/order.h"
#include "cmd/site.h"
#include "cmd/tally.h"

#define TAIL_LINES 20u

static void head(struct keep *k, struct text *out, size_t red, size_t unknown)
{
	const struct round *round = k->round;
	size_t well = k->standings.n - red - unknown;
	struct text sum __free_text = TEXT_INIT;

	if (red)
		text_addf(&sum, "%zu red", red);
	if (unknown)
		text_addf(&sum, "%s%zu unknown", sum.len ? ", " : "", unknown);
	if (well || !sum.len)
		text_addf(&sum, "%s%zu well", sum.len ? ", " : "", well);
	page_begin(k->arena, out,
		   arena_printf(k->arena, "run %lld: %s", (long long)round->id, text_str(&sum)));
	text_addf(
		out,
		"<a class=\"skip\" href=\"#main\">To the contents</a>\n<header>\n<p class=\"dim\"><a href=\"../index.html\">%s</a>, "
		"%s to %s, %s</p>\n<h1>Run %lld: <span class=\"sum\">%s</span></h1>\n",
		html_of(k->arena, k->ci->settings.publish.title),
		site_time(k->arena, round->started), site_time(k->arena, round->ended),
		site_took(k->arena, (double)(round->ended - round->started)), (long long)round->id,
		text_str(&sum));
	if (*round->why)
		text_addf(out, "<p>%s</p>\n", html_of(k->arena, round->why));
	text_adds(
		out,
		"<nav aria-label=\"Parts\"><ul>\n<li><a href=\"#news\">What changed</a></li>\n"
		"<li><a href=\"#rulings\">What came out</a></li>\n<li><a href=\"#tasks\">What was done</a></li>\n");
	for (size_t i = 0; i < k->nreports; i++)
		text_addf(out, "<li><a href=\"report/%s/index.html\">Report: %s</a></li>\n",
			  site_file(k->arena, k->reports[i]), html_of(k->arena, k->reports[i]));
	text_adds(out, "</ul></nav>\n</header>\n<main id=\"main\">\n");
	if (round->stale)
		text_adds(
			out,
			"<div class=\"box warned\"><p><strong>A source did not answer</strong> when this run was planned: there may be newer kernels.</p></div>\n");
}

static void news_part(struct keep *k, struct text *out)
{
	static const struct {
		bool red, unknown;
		const char *word;
	} kinds[] = {
		[NEWS_WORSE] = { true, false, "worse" },
		[NEWS_ALARM] = { true, false, "alarm" },
		[NEWS_CHANGED] = { false, true, "changed" },
		[NEWS_UNKNOWN] = { false, true, "unknown" },
		[NEWS_BETTER] = { false, false, "better" },
		[NEWS_FIRST] = { false, false, "first" },
	};

	text_adds(out, "<section id=\"news\">\n<h2>What changed</h2>\n");
	if (!k->news.n)
		text_adds(out, "<p>Nothing: each verdict is as it was.</p>\n");
	else
		text_adds(out, "<ul class=\"plain\">\n");
	for (size_t i = 0; i < k->news.n; i++) {
		const struct news_item *item = &k->news.items[i];

		text_adds(out, "<li>");
		site_badge(k->arena, out, kinds[item->kind].red, kinds[item->kind].unknown,
			   kinds[item->kind].word);
		text_addf(out, " %s</li>\n", html_of(k->arena, item->text));
	}
	text_addf(out, "%s</section>\n", k->news.n ? "</ul>\n" : "");
}

/* Lines of what is not green, or is waived. */
static void set_add(struct keep *k, struct text *out, const char *set, const char *class)
{
	struct slice rest = slice_of(set), line;

	if (!*set)
		return;
	text_addf(out, "<ul class=\"plain %s\">", class);
	while (slice_line(&rest, &line)) {
		text_adds(out, "<li>");
		html_add(out, line);
		text_adds(out, "</li>");
	}
	text_adds(out, "</ul>");
	(void)k;
}

static void boots_add(struct keep *k, struct text *out, const struct kept_boots *boots)
{
	bool any = false;

	for (size_t i = 0; i < boots->boots.n; i++) {
		const struct boot *boot = &boots->boots.items[i];

		if (!boots->evidence[i].n)
			continue;
		text_addf(out, "%s<li>%s%s: ", any ? "" : "<ul class=\"plain\">",
			  html_of(k->arena, boot->arm),
			  boot->attempt > 1 ? arena_printf(k->arena, ", again %lld",
							   (long long)boot->attempt - 1) :
					      "");
		evidence_links(k->arena, out, "../", &boots->evidence[i]);
		text_adds(out, "</li>");
		any = true;
	}
	text_adds(out, any ? "</ul>" : "");
}

static void ruling_row(struct keep *k, struct text *out, size_t i)
{
	const struct ruling *r = &k->rulings.items[i];

	text_addf(
		out,
		"<tr><td class=\"whole\">%s%s%s</td><td class=\"whole\">%s</td><td class=\"whole\">",
		proof_kind_word(r->kind), *r->cell ? " " : "", html_of(k->arena, r->cell),
		html_of(k->arena, r->target));
	site_badge(k->arena, out, r->red, r->unknown, r->word);
	text_addf(
		out,
		"%s<span class=\"mark\">%s</span></td><td class=\"whole\" data-label=\"took\">%s</td><td class=\"free\">%s",
		*r->marks ? " " : "", html_of(k->arena, r->marks),
		r->wall_seconds > 0 ? site_took(k->arena, r->wall_seconds) : "\xe2\x80\x93",
		html_of(k->arena, r->why));
	set_add(k, out, r->bad, r->red ? "no" : "warn");
	set_add(k, out, r->waived, "dim");
	text_adds(out, "</td><td class=\"links\">");
	boots_add(k, out, &k->boots[i]);
	text_adds(out, "</td></tr>\n");
}

/* A line's verdicts; those of one that is well are folded away. */
static void standing_part(struct keep *k, struct text *out, const struct standing *standing)
{
	static const char *const columns[] = { "what", "kernel", "verdict",
					       "took", "why",	 "evidence" };
	bool well = !standing->red && !standing->unknown;

	text_addf(out, "<details id=\"%s\"%s><summary>%s <span class=\"dim\">%s, %s</span> ",
		  site_anchor(k->arena, standing->series, standing->line), well ? "" : " open",
		  html_of(k->arena, standing->line), html_of(k->arena, standing->series),
		  html_of(k->arena, standing->target));
	site_badge(k->arena, out, standing->red, standing->unknown, standing->word);
	text_adds(out, "</summary>\n");
	site_table(out, "Verdicts", columns, ARRAY_SIZE(columns), "fold");
	for (size_t i = 0; i < standing->n; i++)
		ruling_row(k, out, (size_t)(standing->items[i] - k->rulings.items));
	text_adds(out, "</tbody></table></div></details>\n");
}

static void rulings_part(struct keep *k, struct text *out)
{
	text_adds(out, "<section id=\"rulings\">\n<h2>What came out</h2>\n");
	if (!k->standings.n)
		text_adds(out, "<p>Nothing was ruled.</p>\n");
	for (int turn = 0; turn < 3; turn++)
		for (size_t i = 0; i < k->standings.n; i++) {
			const struct standing *s = &k->standings.items[i];

			if (turn == (s->red ? 0 : s->unknown ? 1 : 2))
				standing_part(k, out, s);
		}
	text_adds(out, "</section>\n");
}

/* What counts as no failure because somebody answers for it, until a day. */
static void known_part(struct keep *k, struct text *out)
{
	struct tally known = { 0 };

	for (size_t i = 0; i < k->standings.n; i++) {
		struct slice rest = slice_of(k->standings.items[i].waived), line;

		while (slice_line(&rest, &line))
			tally_add(k->arena, &known, slice_str(k->arena, line),
				  k->standings.items[i].line);
	}
	if (!known.n)
		return;
	text_adds(out, "<section id=\"known\">\n<h2>Known failures</h2>\n<ul class=\"plain\">\n");
	for (size_t i = 0; i < known.n; i++)
		text_addf(out, "<li>%s, <span class=\"dim\">%s</span></li>\n",
			  html_of(k->arena, known.items[i].what),
			  html_of(k->arena, tally_on(k->arena, &known.items[i], k->standings.n)));
	text_adds(out, "</ul>\n</section>\n");
}

static bool went_well(const struct task *task)
{
	return !strcmp(task->word, outcome_word(OUTCOME_DONE));
}

static void task_row(struct keep *k, struct text *out, size_t i)
{
	const struct task *t = &k->tasks.items[i];

	text_addf(
		out,
		"<tr><td class=\"whole\">%s%s%s</td><td class=\"whole\">%s</td><td class=\"whole\">%s</td><td class=\"whole\">",
		proof_kind_word(t->kind), *t->cell ? " " : "", html_of(k->arena, t->cell),
		html_of(k->arena, t->line), html_of(k->arena, t->target));
	text_addf(out, "<span class=\"%s\">%s</span>", went_well(t) ? "ok" : "warn",
		  html_of(k->arena, *t->word ? t->word : "not sent"));
	text_addf(
		out,
		"%s</td><td class=\"whole\">%s%s%s</td><td class=\"whole\">%s</td><td class=\"free\">%s%s%s</td><td class=\"links\">",
		t->tries > 1 ? arena_printf(k->arena, ", %u tries", t->tries) : "",
		html_of(k->arena, t->executor), *t->host ? " on " : "", html_of(k->arena, t->host),
		t->sent && t->ended ? site_took(k->arena, (double)(t->ended - t->sent)) :
				      "\xe2\x80\x93",
		html_of(k->arena, t->why), *t->note ? ". " : "", html_of(k->arena, t->note));
	evidence_links(k->arena, out, "../", &k->task_evidence[i]);
	text_adds(out, "</td></tr>\n");
}

/* The ruling that came of a task. */
static const struct ruling *ruling_of(const struct keep *k, const struct task *task)
{
	for (size_t i = 0; i < k->rulings.n; i++) {
		const struct ruling *r = &k->rulings.items[i];

		if (r->kind == task->kind && !strcmp(r->series, task->series) &&
		    !strcmp(r->line, task->line) && !strcmp(r->cell, task->cell))
			return r;
	}
	return NULL;
}

/* How the log of what did not go well ends. */
static void log_part(struct keep *k, struct text *out, const struct task *task)
{
	const struct ruling *ruling = ruling_of(k, task);
	char *tail;
	struct slice rest, line;

	if (went_well(task) && (!ruling || (!ruling->red && !ruling->unknown)))
		return;
	tail = evidence_tail(k->arena, arena_printf(k->arena, "%s/log", task->dir), TAIL_LINES);
	if (!tail)
		return;
	text_addf(
		out,
		"<details><summary>The end of the log of %s %s%s%s</summary>\n<pre class=\"run\" tabindex=\"0\">",
		proof_kind_word(task->kind), html_of(k->arena, task->line), *task->cell ? " " : "",
		html_of(k->arena, task->cell));
	for (rest = slice_of(tail); slice_line(&rest, &line);) {
		html_add(out, line);
		text_addc(out, '\n');
	}
	text_adds(out, "</pre></details>\n");
}

static void tasks_part(struct keep *k, struct text *out)
{
	static const char *const columns[] = { "what", "line", "kernel", "ended",
					       "by",   "took", "why",	 "log" };

	text_adds(out, "<section id=\"tasks\">\n<h2>What was done</h2>\n");
	if (!k->tasks.n) {
		text_adds(
			out,
			"<p>The series was only ported; nothing had to be built or booted.</p>\n</section>\n");
		return;
	}
	site_table(out, "Tasks", columns, ARRAY_SIZE(columns), "fold");
	for (size_t i = 0; i < k->tasks.n; i++)
		task_row(k, out, i);
	text_adds(out, "</tbody></table></div>\n");
	for (size_t i = 0; i < k->tasks.n; i++)
		log_part(k, out, &k->tasks.items[i]);
	text_adds(out, "</section>\n");
}

int site_run(struct keep *k)
{
	struct text out __free_text = TEXT_INIT;
	size_t red = 0, unknown = 0;

	for (size_t i = 0; i < k->standings.n; i++) {
		red += k->standings.items[i].red;
		unknown += k->standings.items[i].unknown;
	}
	head(k, &out, red, unknown);
	news_part(k, &out);
	rulings_part(k, &out);
	known_part(k, &out);
	tasks_part(k, &out);
	site_foot(k->arena, &out, k->ci->now);
	return file_write(arena_printf(k->arena, "%s/index.html", k->dir), text_slice(&out), 0666);
}
