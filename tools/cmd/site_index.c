/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The first page is read from its top: how does each line stand, since when, on which kernel; is what it says of today; then what was done.
 */
#define _GNU_SOURCE
#include "ci/rule.h"
#include "cmd/site.h"
#include "cmd/tally.h"

#define NAMES_MOST 4u /* of what is not well on a line, in its sentence */

const char *site_state(const struct site *site)
{
	if (site->red || site->stale.red)
		return "red";
	return site->unknown ? "unknown" : site->stale.stale ? "stale" : "green";
}

const struct watched_line *site_watch(const struct site *site, const char *line)
{
	for (size_t i = 0; i < site->nwatches; i++)
		if (!strcmp(site->watches[i].line, line))
			return &site->watches[i];
	return NULL;
}

/* "1 of 6 lines is red, 1 could not be found out" */
static char *heading(struct site *site)
{
	struct text out __free_text = TEXT_INIT;
	size_t n = site->lines, said;

	if (!n)
		return "nothing was done yet";
	if (site->stale.stale)
		text_adds(&out, site->stale.red ? "old data: " : "a source does not answer: ");
	said = out.len;
	if (site->red)
		text_addf(&out, "%zu of %zu lines %s red", site->red, n,
			  site->red == 1 ? "is" : "are");
	if (site->unknown)
		text_addf(&out, "%s%zu%s could not be found out", out.len > said ? ", " : "",
			  site->unknown,
			  out.len > said ? "" : arena_printf(site->arena, " of %zu lines", n));
	if (out.len == said && n == 1)
		text_adds(&out, "the line is well");
	else if (out.len == said)
		text_addf(&out, "all %zu lines are well", n);
	return slice_str(site->arena, text_slice(&out));
}

static void stale_part(struct site *site, struct text *out)
{
	if (!site->stale.stale)
		return;
	text_addf(
		out, "<div class=\"box %s\" role=\"status\"><p><strong>%s</strong> %s.</p></div>\n",
		site->stale.red ? "bad" : "warned",
		site->stale.red ? "What stands here is of old data." : "A source does not answer.",
		html_of(site->arena, site->stale.text));
}

/* What was proven of the kernel that the line has, kind by kind; what is of an older one counts not. */
static void proofs(struct site *site, struct text *out, const struct course *course)
{
	for (size_t i = 0; i < course->now.n; i++) {
		const struct ruling *r = &course->now.items[i];
		const char *what = r->kind == PROOF_TEST && *r->cell ? r->cell :
								       proof_kind_word(r->kind);
		bool old = strcmp(r->target, course->last->target) != 0;
		const char *class = old ? "dim" : r->red ? "no" : r->unknown ? "warn" : "ok";

		text_addf(out, "%s<span class=\"%s\" title=\"%s\">%s %s</span>", i ? ", " : "",
			  class, html_of(site->arena, old ? "not of this kernel yet" : r->word),
			  html_of(site->arena, what),
			  old ? "\xe2\x80\x93" : site_sign(r->red, r->unknown));
	}
}

static void line_card(struct site *site, struct text *out, const struct course *course)
{
	const struct course_step *last = course->last;
	const struct watched_line *watch = site_watch(site, course->line);
	bool stale = watch && watch->stale, none = !strcmp(last->word, RULE_NONE);

	text_addf(out, "<li class=\"%s\" id=\"%s\">",
		  none && !stale ? "dim" : site_class(last->red || stale, last->unknown),
		  site_anchor(site->arena, course->series, course->line));
	site_badge(site->arena, out, last->red, last->unknown, last->word);
	text_addf(out, " <a class=\"name\" href=\"targets/%s.html#%s\">%s</a>",
		  site_file(site->arena, site_branch(site->arena, course->line)),
		  site_anchor(site->arena, course->series, course->line),
		  html_of(site->arena, course->line));
	text_addf(out,
		  "<p><span class=\"whole\">%s</span>%s<span class=\"mark whole\">%s</span></p>",
		  html_of(site->arena, last->target), *last->marks ? " &nbsp;" : "",
		  html_of(site->arena, last->marks));
	text_adds(out, "<p>");
	if (none)
		text_adds(out, html_of(site->arena, last->why));
	else
		proofs(site, out, course);
	text_addf(out, "</p><p class=\"dim\">since %s, %s</p>",
		  site_time(site->arena, course->since->at),
		  site_run_link(site, course->since->round, "runs/"));
	if (stale)
		text_addf(
			out,
			"<p><span class=\"badge dont\">\xe2\x9c\x97 stale</span> its source has %s%s</p>",
			watch->reached ? "not answered since " : "never answered",
			watch->reached ? site_time(site->arena, watch->reached) : "");
	text_adds(out, "</li>\n");
}

/* Lines that were taken out of the settings: where their history is. */
static void others_part(struct site *site, struct text *out)
{
	size_t n = 0;

	for (size_t i = 0; i < site->courses.n; i++)
		if (!site->watched[i])
			text_addf(out, "%s<a href=\"targets/%s.html#%s\">%s, %s</a>",
				  n++ ? "; " : "<p class=\"dim\">Not watched any more: ",
				  site_file(site->arena,
					    site_branch(site->arena, site->courses.items[i].line)),
				  site_anchor(site->arena, site->courses.items[i].series,
					      site->courses.items[i].line),
				  html_of(site->arena, site->courses.items[i].series),
				  html_of(site->arena, site->courses.items[i].line));
	if (n)
		text_adds(out, "</p>\n");
}

/* Of the set of what is not green, what the sentence does not name already. */
static void bad_names(struct site *site, struct text *out, const struct course *course)
{
	size_t n = 0;

	for (size_t i = 0; i < course->now.n; i++) {
		const struct ruling *r = &course->now.items[i];
		struct slice rest = slice_of(r->bad), line;

		if (strcmp(r->target, course->last->target) != 0)
			continue;
		while (slice_line(&rest, &line)) {
			if (slice_find(slice_of(course->last->why), line) >= 0)
				continue;
			if (n++ < NAMES_MOST)
				text_addf(out, "%s%s", n == 1 && !*course->last->why ? " " : "; ",
					  html_of(site->arena, slice_str(site->arena, line)));
		}
	}
	if (n > NAMES_MOST)
		text_addf(out, "; and %zu more", n - NAMES_MOST);
}

static void eye(struct site *site, struct text *out, const struct course *course)
{
	const struct course_step *last = course->last;

	text_addf(out,
		  "<li><strong><a href=\"#%s\">%s</a></strong> <span class=\"whole\">%s</span> ",
		  site_anchor(site->arena, course->series, course->line),
		  html_of(site->arena, course->line), html_of(site->arena, last->target));
	site_badge(site->arena, out, last->red, last->unknown, last->word);
	text_addf(out, "%s%s", *last->why ? " " : "", html_of(site->arena, last->why));
	bad_names(site, out, course);
	text_addf(out, " <span class=\"dim\">since %s, %s",
		  site_time(site->arena, course->since->at),
		  site_run_link(site, course->since->round, "runs/"));
	if (last->unknown && course->known)
		text_addf(out, "; last known: %s, %s, %s",
			  html_of(site->arena, course->known->word),
			  html_of(site->arena, course->known->target),
			  site_run_link(site, course->known->round, "runs/"));
	text_adds(out, "</span></li>\n");
}

/* First what is wrong, the worst first: a reader need not look for it among what is well. */
static void eyes_part(struct site *site, struct text *out)
{
	if (!site->red && !site->unknown)
		return;
	text_adds(out, "<section id=\"eyes\">\n<h2>What is not well</h2>\n<ol class=\"eyes\">\n");
	for (int turn = 0; turn < 2; turn++)
		for (size_t i = 0; i < site->courses.n; i++) {
			const struct course_step *last = site->courses.items[i].last;

			if (site->watched[i] && (turn ? last->unknown && !last->red : last->red))
				eye(site, out, &site->courses.items[i]);
		}
	text_adds(out, "</ol>\n</section>\n");
}

/* What counts as no failure, until a day, because somebody answers for it: so that it is not forgotten. */
static void known_part(struct site *site, struct text *out)
{
	struct tally known = { 0 };

	for (size_t i = 0; i < site->courses.n; i++) {
		const struct course *course = &site->courses.items[i];

		for (size_t k = 0; site->watched[i] && k < course->now.n; k++) {
			const struct ruling *r = &course->now.items[k];
			struct slice rest = slice_of(r->waived), line;

			while (!strcmp(r->target, course->last->target) && slice_line(&rest, &line))
				tally_add(site->arena, &known, slice_str(site->arena, line),
					  course->line);
		}
	}
	if (!known.n)
		return;
	text_adds(out, "<section id=\"known\">\n<h2>Known failures</h2>\n<ul class=\"plain\">\n");
	for (size_t i = 0; i < known.n; i++)
		text_addf(out, "<li>%s, <span class=\"dim\">%s</span></li>\n",
			  html_of(site->arena, known.items[i].what),
			  html_of(site->arena,
				  tally_on(site->arena, &known.items[i], site->lines)));
	text_adds(out, "</ul>\n</section>\n");
}

static void lines_part(struct site *site, struct text *out)
{
	const char *series = NULL;
	bool open = false;

	text_adds(out, "<section id=\"lines\" aria-label=\"Lines\">\n");
	for (size_t i = 0; i < site->courses.n; i++) {
		const struct course *course = &site->courses.items[i];

		if (!site->watched[i])
			continue;
		if (!series || strcmp(series, course->series) != 0) {
			text_addf(out, "%s<h2>%s</h2>\n<ul class=\"strip wide\">\n",
				  open ? "</ul>\n" : "", html_of(site->arena, course->series));
			series = course->series;
			open = true;
		}
		line_card(site, out, course);
	}
	if (!open)
		text_adds(out, "<p>No run of what is watched is complete yet.</p>\n");
	text_adds(out, open ? "</ul>\n" : "");
	others_part(site, out);
	text_adds(out, "</section>\n");
}

/* "2 red, 1 unknown, 5 well" */
static void round_badge(struct site *site, struct text *out, const struct course_round *sum)
{
	struct text words __free_text = TEXT_INIT;
	size_t well;

	if (!sum) {
		text_adds(out, "<span class=\"dim\">nothing was ruled</span>");
		return;
	}
	well = sum->lines - sum->red - sum->unknown;
	if (sum->red)
		text_addf(&words, "%zu red", sum->red);
	if (sum->unknown)
		text_addf(&words, "%s%zu unknown", words.len ? ", " : "", sum->unknown);
	if (well)
		text_addf(&words, "%s%zu well", words.len ? ", " : "", well);
	site_badge(site->arena, out, sum->red, sum->unknown, text_str(&words));
}

static void run_row(struct site *site, struct text *out, size_t i, const char *up)
{
	const struct round *round = &site->rounds.items[i];
	const struct course_round *sum = courses_round(&site->courses, round->id);

	text_adds(out, "<tr><th scope=\"row\" class=\"whole\">");
	text_adds(out, site_run_link(site, round->id, up));
	text_addf(out, "</th><td class=\"whole\">%s</td><td class=\"whole\">",
		  site_time(site->arena, round->ended));
	round_badge(site, out, sum);
	text_addf(
		out,
		"%s</td><td class=\"whole\" data-label=\"changed\">%s</td><td class=\"whole\" data-label=\"took\">%s</td><td class=\"free\">%s</td></tr>\n",
		round->stale ? " <span class=\"badge look\">stale</span>" : "",
		sum && sum->changed ? arena_printf(site->arena, "%zu", sum->changed) :
				      "<span class=\"dim\">none</span>",
		site_took(site->arena, (double)(round->ended - round->started)),
		html_of(site->arena, round->why));
}

static void runs_table(struct site *site, struct text *out, size_t most, const char *up)
{
	static const char *const columns[] = { "run",	  "ended",
					       "verdict", "lines that changed",
					       "took",	  "why it was done" };

	if (!site->rounds.n) {
		text_adds(out, "<p>There is none yet.</p>\n");
		return;
	}
	site_table(out, "Runs", columns, ARRAY_SIZE(columns), "fold");
	for (size_t i = 0; i < site->rounds.n && i < most; i++)
		run_row(site, out, i, up);
	text_adds(out, "</tbody></table></div>\n");
}

int site_index(struct site *site)
{
	struct text out __free_text = TEXT_INIT;
	char *sub = site->rounds.n ?
			    arena_printf(site->arena, "as of run %lld, %s",
					 (long long)site->rounds.items[0].id,
					 site_time(site->arena, site->rounds.items[0].ended)) :
			    "";

	site_head(site->arena, &out, site->ci->settings.publish.title, heading(site), "", sub);
	stale_part(site, &out);
	eyes_part(site, &out);
	lines_part(site, &out);
	known_part(site, &out);
	text_adds(&out, "<section id=\"runs\">\n<h2>Runs</h2>\n");
	if (site->open)
		text_addf(&out, "<p>Run %lld is going on; nothing of it stands here yet.</p>\n",
			  (long long)site->open);
	runs_table(site, &out, SITE_RUNS_MOST, "runs/");
	if (site->rounds.n > SITE_RUNS_MOST)
		text_addf(&out, "<p><a href=\"runs/index.html\">All %zu runs</a></p>\n",
			  site->rounds.n);
	text_adds(&out, "</section>\n");
	site_foot(site->arena, &out, site->ci->now);
	return site_put(site, "index.html", &out);
}

int site_runs(struct site *site)
{
	struct text out __free_text = TEXT_INIT;

	site_head(site->arena, &out, site->ci->settings.publish.title,
		  arena_printf(site->arena, "%zu run%s", site->rounds.n,
			       site->rounds.n == 1 ? "" : "s"),
		  "../", "");
	text_adds(
		&out,
		"<p class=\"dim\">A run whose pages were pruned stands here without a link.</p>\n");
	runs_table(site, &out, site->rounds.n, "");
	site_foot(site->arena, &out, site->ci->now);
	return site_put(site, "runs/index.html", &out);
}
