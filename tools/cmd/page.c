/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The page is read from its top: is it safe to take, on which kernels; what has to be looked at; what differs; what broke; what
 * is not tested; how to see for oneself. Numbers come last. It is whole by itself: no script, nothing from elsewhere.
 */
#define _GNU_SOURCE
#include "base/fail.h"
#include "base/file.h"
#include "cmd/page_part.h"
#include "cmd/report.h"

#define LOOKS_MOST 10u

static const char *advice_class(enum advice advice)
{
	static const char *const classes[] = {
		[ADVICE_TAKE] = "take", [ADVICE_LOOK] = "look", [ADVICE_DONT] = "dont"
	};

	return classes[advice];
}

static const char *advice_sign(enum advice advice)
{
	static const char *const signs[] = {
		[ADVICE_TAKE] = "\xe2\x9c\x93", [ADVICE_LOOK] = "?", [ADVICE_DONT] = "\xe2\x9c\x97"
	};

	return signs[advice];
}

void page_begin(struct arena *arena, struct text *out, const char *title)
{
	text_addf(
		out,
		"<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
		"<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
		"<meta name=\"referrer\" content=\"no-referrer\">\n"
		"<meta http-equiv=\"Content-Security-Policy\" content=\"default-src &#39;none&#39;; style-src &#39;unsafe-inline&#39;\">\n"
		"<title>%s</title>\n<style>%s</style>\n</head>\n<body>\n",
		html_of(arena, title), page_style);
}

void page_end(struct text *out)
{
	text_adds(out, "</main>\n</body>\n</html>\n");
}

static void head_part(struct context *c, const struct sheet *sheet, struct text *out)
{
	static const struct {
		const char *anchor, *words;
	} parts[] = { { "eyes", "What to look at" },	{ "patches", "Patches" },
		      { "deviations", "What differs" }, { "results", "What broke" },
		      { "proof", "What it fixes" },	{ "checks", "Checks" },
		      { "objects", "Object code" },	{ "nottested", "Not tested" },
		      { "reproduce", "Reproduce" },	{ "targets", "Kernels" },
		      { "timeline", "Timeline" } };
	const char *sum = sheet_sum(c->arena, sheet);

	page_begin(c->arena, out, arena_printf(c->arena, "%s: %s", sheet->series->name, sum));
	text_adds(
		out,
		"<a class=\"skip\" href=\"#verdict\">To the verdict</a>\n<header>\n<p class=\"dim\">");
	if (sheet->up)
		text_addf(out, "<a href=\"%s\">%s</a>, ", html_of(c->arena, sheet->up),
			  html_of(c->arena, sheet->up_title));
	text_addf(
		out,
		"%series <code>%s</code>, %s</p>\n<h1>%s: <span class=\"sum\">%s</span></h1>\n<nav aria-label=\"Parts\"><ul>\n",
		sheet->up ? "s" : "S", html_of(c->arena, sheet->series->name), sheet->date,
		html_of(c->arena,
			sheet->series->title ? sheet->series->title : sheet->series->name),
		sum);
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
		text_addf(out, "<li><a href=\"#%s\">%s</a></li>\n", parts[i].anchor,
			  parts[i].words);
	text_adds(out, "</ul></nav>\n</header>\n<main>\n");
}

static void verdict_part(struct context *c, const struct sheet *sheet, struct text *out)
{
	text_adds(out, "<section id=\"verdict\" aria-label=\"Verdict\">\n<ul class=\"strip\">\n");
	for (size_t i = 0; i < sheet->n; i++) {
		const struct sheet_target *t = &sheet->items[i];

		text_addf(out,
			  "<li class=\"%s\"><span class=\"badge %s\">%s %s</span> "
			  "<a class=\"name\" href=\"#%s\">%s</a><p>%s.</p></li>\n",
			  advice_class(t->advice), advice_class(t->advice), advice_sign(t->advice),
			  advice_word(t->advice), sheet_anchor(c->arena, t->name),
			  html_of(c->arena, t->name), html_of(c->arena, t->why));
	}
	text_adds(out, "</ul>\n</section>\n");
}

static void eyes_part(struct context *c, const struct sheet *sheet, struct text *out)
{
	size_t n = sheet->nlooks < LOOKS_MOST ? sheet->nlooks : LOOKS_MOST;

	text_adds(out, "<section id=\"eyes\">\n<h2>What to look at</h2>\n");
	if (!n)
		text_adds(out, "<p>Nothing needs a person's eyes.</p>\n");
	else
		text_adds(out, "<ol class=\"eyes\">\n");
	for (size_t i = 0; i < n; i++) {
		const struct look *look = &sheet->looks[i];

		text_addf(out, "<li><strong>%s%s%s</strong>: %s%s%s%s</li>\n",
			  html_of(c->arena, look->port->kernel.name), look->patch ? " " : "",
			  look->patch ? patch_place(c->arena, sheet->series, look->patch->patch) :
					"",
			  look->anchor ? arena_printf(c->arena, "<a href=\"#%s\">", look->anchor) :
					 "",
			  html_of(c->arena, look->text), look->anchor ? "</a>" : "", "");
	}
	if (n)
		text_adds(out, "</ol>\n");
	if (sheet->nlooks > n)
		text_addf(out, "<p>And %zu more; these weigh most.</p>\n", sheet->nlooks - n);
	text_adds(out, "</section>\n");
}

/* What a letter means by what stands behind it; verify's "!" is something to look at. */
struct tick {
	const char *class, *sign, *said;
};

static struct tick tick_of(const char *at)
{
	if (!at)
		return (struct tick){ "dim", "\xe2\x80\x93", "not done" };
	if (at[1] == '!')
		return at[0] == 'V' ? (struct tick){ "warn", "!", "something was found" } :
				      (struct tick){ "no", "\xe2\x9c\x97", "failed" };
	if (at[1] == '?')
		return (struct tick){ "warn", "?", "could not be found out" };
	return (struct tick){ "ok", "\xe2\x9c\x93", "good" };
}

/* A letter with what became of it, linked to where that is told. */
static void tick(struct context *c, struct text *out, const struct sheet_target *t,
		 const char *letters, char letter, const char *word)
{
	const char *at = strchr(letters, letter);
	struct tick is = tick_of(at);

	if (at)
		text_addf(out, " <a class=\"%s\" href=\"#%s%s\" title=\"%s: %s\">%c%s</a>",
			  is.class, letter == 'V' ? "checks-" : "", sheet_anchor(c->arena, t->name),
			  word, is.said, letter, is.sign);
	else
		text_addf(out, " <span class=\"%s\" title=\"%s: %s\">%c%s</span>", is.class, word,
			  is.said, letter, is.sign);
}

static void matrix_cell(struct context *c, const struct sheet *sheet, struct text *out,
			const struct sheet_target *t, size_t p)
{
	const struct port_patch *patch = &t->port->items[p];
	const struct mark_info *mark = mark_info(patch->mark);
	const char *link = NULL;

	for (size_t i = 0; i < sheet->ndeviations; i++)
		if (sheet->deviations[i].compared == &t->compared[p])
			link = arena_printf(c->arena, "<a href=\"#deviation-%zu\">",
					    sheet->deviations[i].number);
	text_addf(out, "<td><span class=\"mark\" title=\"%s\">%s%s%s</span>",
		  patch->mark == MARK_NONE ? "not reached" : mark->name, link ? link : "",
		  html_of(c->arena, mark->sign), link ? "</a>" : "");
	if (patch->committed) {
		text_adds(out, "<span class=\"ticks\">");
		tick(c, out, t, t->letters[p], 'B', "build");
		tick(c, out, t, t->letters[p], 'V', "verify");
		tick(c, out, t, t->letters[p], 'T', "test");
		text_adds(out, "</span>");
	}
	text_adds(out, "</td>");
}

static void matrix_part(struct context *c, const struct sheet *sheet, struct text *out)
{
	bool seen[MARK_COUNT] = { false };

	text_adds(
		out,
		"<section id=\"patches\">\n<h2>Patches by kernels</h2>\n"
		"<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Patches by kernels\">"
		"<table class=\"grid\">\n<thead><tr><th scope=\"col\">patch</th>");
	for (size_t i = 0; i < sheet->n; i++)
		text_addf(out, "<th scope=\"col\">%s</th>",
			  html_of(c->arena, sheet->items[i].name));
	text_adds(out, "</tr></thead>\n<tbody>\n");
	for (size_t p = 0; p < sheet->series->n; p++) {
		const struct series_patch *patch = &sheet->series->items[p];

		text_addf(out, "<tr><th scope=\"row\">%s %s</th>",
			  patch_place(c->arena, sheet->series, patch),
			  html_of(c->arena, patch->mail.subject));
		for (size_t i = 0; i < sheet->n; i++) {
			matrix_cell(c, sheet, out, &sheet->items[i], p);
			seen[sheet->items[i].port->items[p].mark] = true;
		}
		text_adds(out, "</tr>\n");
	}
	text_adds(out, "</tbody></table></div>\n<p class=\"dim\">");
	for (int m = 0; m < MARK_COUNT; m++)
		if (seen[m])
			text_addf(out, "<span class=\"mark\">%s</span> %s; ", mark_info(m)->sign,
				  m == MARK_NONE ? "not reached" : mark_info(m)->name);
	text_adds(
		out,
		"B built, V verified, T tested: \xe2\x9c\x93 good, \xe2\x9c\x97 failed, ! look at it, ? could not be found out, "
		"\xe2\x80\x93 not done.</p>\n</section>\n");
}

/* Hunks that differ in nothing that they change: said, not shown. */
static void quiet_part(struct context *c, const struct sheet *sheet, struct text *out)
{
	struct tally same = { 0 };

	for (size_t i = 0; i < sheet->n; i++)
		for (size_t p = 0; p < sheet->items[i].port->n; p++) {
			const struct compared_port *compared = &sheet->items[i].compared[p];
			const char *place =
				patch_place(c->arena, sheet->series, &sheet->series->items[p]);

			if (compared->patch->committed && compared->same_id)
				tally_add(c->arena, &same,
					  arena_printf(c->arena, "%s: the same patch-id as mailed",
						       place),
					  sheet->items[i].name);
		}
	if (!same.n)
		return;
	text_adds(out, "<ul class=\"plain\">\n");
	for (size_t i = 0; i < same.n; i++)
		text_addf(out, "<li>%s, %s</li>\n", html_of(c->arena, same.items[i].what),
			  html_of(c->arena, tally_on(c->arena, &same.items[i], sheet->n)));
	text_adds(out, "</ul>\n");
}

static void deviations_part(struct context *c, const struct sheet *sheet, struct text *out)
{
	text_adds(out, "<section id=\"deviations\">\n<h2>What differs from upstream</h2>\n");
	if (!sheet->ndeviations)
		text_adds(out, "<p>Every changed line of every port is as mailed.</p>\n");
	quiet_part(c, sheet, out);
	for (size_t i = 0; i < sheet->ndeviations; i++)
		page_deviation_card(c, sheet, &sheet->deviations[i], out);
	text_adds(out, "</section>\n");
}

static int put(struct context *c, const char *dir, const char *name, const struct text *text)
{
	return file_write(arena_printf(c->arena, "%s/%s", dir, name), text_slice(text), 0666);
}

int page_write(struct context *c, const struct sheet *sheet, const char *dir)
{
	struct text out __free_text = TEXT_INIT;

	if (file_make_dirs(dir))
		return -1;
	head_part(c, sheet, &out);
	verdict_part(c, sheet, &out);
	eyes_part(c, sheet, &out);
	matrix_part(c, sheet, &out);
	deviations_part(c, sheet, &out);
	page_results(c, sheet, &out);
	page_proof(c, sheet, &out);
	page_checks(c, sheet, &out);
	page_rest(c, sheet, &out);
	page_targets(c, sheet, &out);
	page_timeline(c, sheet, &out);
	text_addf(&out, "<footer>Written by series %s, %s.</footer>\n",
		  html_of(c->arena, program_version), sheet->date);
	page_end(&out);
	for (size_t i = 0; i < sheet->ndeviations; i++) {
		struct text one __free_text = TEXT_INIT;

		if (page_deviation(c, sheet, &sheet->deviations[i], &one) ||
		    put(c, dir, arena_printf(c->arena, "deviation-%zu.html", i + 1), &one))
			return -1;
	}
	/* Last: what it links to is there. */
	return put(c, dir, "index.html", &out);
}
