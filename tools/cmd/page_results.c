/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What was run, and what was not. Of the tests only those are named that are not pass and pass.
 */
#define _GNU_SOURCE
#include "cmd/built.h"
#include "cmd/page_part.h"
#include "cmd/report.h"
#include "cmd/screen.h"

static const char *class_sign(const struct result_row *row)
{
	const struct class_record *record = &class_records[row->test->class];

	if (row->shows && row->test->class == CLASS_PRE_EXISTING)
		return "<span class=\"no\">\xe2\x9c\x97 not fixed</span>";
	switch (record->color) {
	case CLASS_RED:
		return "<span class=\"no\">\xe2\x9c\x97</span>";
	case CLASS_UNKNOWN:
		return "<span class=\"warn\">?</span>";
	default:
		return row->test->class == CLASS_FIXED ? "<span class=\"ok\">\xe2\x9c\x93</span>" :
							 "<span class=\"dim\">\xc2\xb7</span>";
	}
}

static void rows_table(struct context *c, const struct sheet *sheet, struct text *out)
{
	text_adds(
		out,
		"<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Tests that do not pass on both\">"
		"<table>\n<thead><tr><th scope=\"col\">test</th><th scope=\"col\">what</th>"
		"<th scope=\"col\">base</th><th scope=\"col\">patched</th><th scope=\"col\">where, and why</th>"
		"</tr></thead>\n<tbody>\n");
	for (size_t i = 0; i < sheet->nrows; i++) {
		const struct result_row *row = &sheet->rows[i];

		text_addf(
			out,
			"<tr><td><code>%s</code></td><td class=\"whole\">%s %s</td><td>%s</td><td>%s</td>"
			"<td class=\"free\">%s%s%s%s</td></tr>\n",
			html_of(c->arena, row->test->name), class_sign(row),
			class_records[row->test->class].word, html_of(c->arena, row->test->base),
			html_of(c->arena, row->test->patched), html_of(c->arena, row->where),
			*row->test->why ? "<br><span class=\"dim\">" : "",
			html_of(c->arena, row->test->why), *row->test->why ? "</span>" : "");
	}
	text_adds(out, "</tbody></table></div>\n");
}

void page_results(struct context *c, const struct sheet *sheet, struct text *out)
{
	size_t tests = 0, ok = 0, cells = 0, bad = 0;

	for (size_t i = 0; i < sheet->n; i++) {
		tests += sheet->items[i].tests;
		ok += sheet->items[i].ok;
		cells += sheet->items[i].history.ncells;
	}
	for (size_t i = 0; i < sheet->nrows; i++)
		bad += class_records[sheet->rows[i].test->class].color != CLASS_GREEN;
	text_adds(out, "<section id=\"results\">\n<h2>Base against patched</h2>\n");
	if (!cells)
		text_adds(out, "<p>Not tested.</p>\n");
	else
		text_addf(
			out,
			"<p>%s The same tests ran on the kernel without the series and with it, in the same machine: "
			"%zu of %zu pass on both%s.</p>\n",
			bad ? "<strong class=\"no\">\xe2\x9c\x97 Something is worse, or was not found out.</strong>" :
			      "<strong class=\"ok\">\xe2\x9c\x93 No regression.</strong>",
			ok, tests, sheet->nrows ? ", the others are these" : "");
	if (sheet->nrows)
		rows_table(c, sheet, out);
	text_adds(out, "</section>\n");
}

/* The heading says that it is without the change. */
static const char *without(const char *why)
{
	static const char said[] = "without the change: ";

	return strncmp(why, said, sizeof(said) - 1) ? why : why + sizeof(said) - 1;
}

/* Why it failed before, where it was tested first. */
static void shown_why(struct context *c, const struct sheet *sheet, const char *name,
		      struct text *out)
{
	size_t n = strlen(name);

	for (size_t i = 0; i < sheet->n; i++)
		for (size_t k = 0; k < sheet->items[i].history.ncells; k++) {
			const struct known_cell *cell = &sheet->items[i].history.cells[k];
			bool any = false;

			for (size_t t = 0; t < cell->n; t++) {
				const struct known_test *test = &cell->items[t];

				if (test->class != CLASS_FIXED || strncmp(test->name, name, n) ||
				    test->name[n] != '/')
					continue;
				text_addf(out, "%s<li><code>%s</code>: %s</li>\n",
					  any ? "" : "<ul class=\"plain\">\n",
					  html_of(c->arena, test->name + n + 1),
					  html_of(c->arena, without(test->why)));
				any = true;
			}
			if (any) {
				text_adds(out, "</ul>\n");
				return;
			}
		}
}

void page_proof(struct context *c, const struct sheet *sheet, struct text *out)
{
	size_t tested = 0;

	for (size_t i = 0; i < sheet->n; i++)
		tested += sheet->items[i].tested;
	text_adds(out, "<section id=\"proof\">\n<h2>Fail before, pass after</h2>\n");
	if (!sheet->shown.n) {
		text_addf(
			out, "<div class=\"box\"><p>%s</p></div>\n</section>\n",
			tested ?
				"No test is known to fail without the series and to pass with it." :
				"Not tested.");
		return;
	}
	text_adds(out, "<div class=\"box good\">\n");
	for (size_t i = 0; i < sheet->shown.n; i++) {
		const struct tally_item *item = &sheet->shown.items[i];

		text_addf(
			out,
			"<details%s><summary><code>%s</code> fails without the series and passes with it, on %zu of %zu: %s</summary>\n",
			i ? "" : " open", html_of(c->arena, item->what), item->n, tested,
			html_of(c->arena, item->where));
		shown_why(c, sheet, item->what, out);
		text_adds(out, "</details>\n");
	}
	text_adds(out, "</div>\n</section>\n");
}

static void command_add(struct context *c, struct text *out, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
static void command_add(struct context *c, struct text *out, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	html_add(out, slice_of(arena_vprintf(c->arena, fmt, ap)));
	va_end(ap);
	text_addc(out, '\n');
}

static void environment(struct context *c, const struct sheet *sheet, struct text *out)
{
	struct tally tools = { 0 };

	for (size_t i = 0; i < sheet->n; i++) {
		const struct history *h = &sheet->items[i].history;

		for (size_t k = 0; k < h->nbuilds; k++)
			tally_add(c->arena, &tools, h->builds[k].compiler, sheet->items[i].name);
		for (size_t k = 0; k < h->ncells; k++)
			if (h->cells[k].patched.emulator)
				tally_add(c->arena, &tools, h->cells[k].patched.emulator,
					  sheet->items[i].name);
	}
	text_adds(out, "<h3>Environment</h3>\n<dl class=\"env\">\n");
	for (size_t i = 0; i < tools.n; i++)
		text_addf(out, "<dt>%s</dt><dd>%s</dd>\n",
			  html_of(c->arena, tally_on(c->arena, &tools.items[i], sheet->n)),
			  html_of(c->arena, tools.items[i].what));
	text_addf(out, "<dt>ported by</dt><dd>series %s</dd>\n",
		  html_of(c->arena, program_version));
	text_addf(out, "<dt>evidence</dt><dd><code>%s</code></dd>\n</dl>\n",
		  html_of(c->arena, sheet->evidence));
}

void page_rest(struct context *c, const struct sheet *sheet, struct text *out)
{
	text_adds(out, "<section id=\"nottested\">\n<h2>Not tested</h2>\n<ul class=\"plain\">\n");
	for (size_t i = 0; i < sheet->not_tested.n; i++) {
		const struct tally_item *item = &sheet->not_tested.items[i];

		text_addf(out, "<li>%s: %s</li>\n",
			  html_of(c->arena, !strcmp(item->where, "all targets") ?
						    "on all targets" :
						    tally_on(c->arena, item, sheet->n)),
			  html_of(c->arena, item->what));
	}
	text_adds(
		out,
		"</ul>\n</section>\n<section id=\"reproduce\">\n<h2>How to see for oneself</h2>\n<pre class=\"run\" tabindex=\"0\">");
	for (size_t i = 0; i < sheet->ndeviations; i++)
		command_add(c, out, "%s %s %u", sheet->show_command,
			    path_word(c->arena,
				      sheet->items[sheet->deviations[i].target].port->kernel.name),
			    sheet->deviations[i].compared->patch->patch->number);
	for (size_t i = 0; i < sheet->n; i++)
		if (sheet->items[i].port->mark != MARK_CONFLICT)
			command_add(c, out, "%s %s", sheet->verify_command,
				    path_word(c->arena, sheet->items[i].port->kernel.name));
	for (size_t i = 0; i < sheet->n; i++)
		if (sheet->items[i].port->mark != MARK_CONFLICT)
			command_add(c, out, "%s %s", sheet->test_command,
				    path_word(c->arena, sheet->items[i].port->kernel.name));
	text_adds(out, "</pre>\n");
	environment(c, sheet, out);
	text_adds(out, "</section>\n");
}

/* Links to what it said: the published files, or the folder on this machine. */
static const char *arm_evidence(struct context *c, const struct sheet *sheet,
				const struct known_arm *arm)
{
	if (sheet->evidence_links) {
		char *links = sheet->evidence_links(sheet->evidence_data, arm);

		return links ? links : "evidence gone";
	}
	return arena_printf(c->arena, "<a href=\"%s/\">evidence</a> <code>%s</code>",
			    html_file(c->arena, arm->dir),
			    html_of(c->arena, path_word(c->arena, arm->dir)));
}

static void arm_row(struct context *c, struct text *out, const struct sheet *sheet,
		    const char *word, const struct known_arm *arm)
{
	if (!arm->id || !arm->dir)
		return;
	text_addf(out, "<li>%s: %s%s%s, %s, %s</li>\n", word,
		  *arm->flaw ? html_of(c->arena, arm->flaw) : html_of(c->arena, arm->end),
		  *arm->why ? ": " : "", html_of(c->arena, arm->why),
		  seconds_word(c->arena, arm->wall_seconds), arm_evidence(c, sheet, arm));
}

static void target_part(struct context *c, const struct sheet *sheet, struct text *out,
			const struct sheet_target *t)
{
	text_addf(
		out,
		"<div class=\"card\" id=\"%s\">\n<h3>%s</h3>\n<p>%s: %s.</p>\n<ul class=\"plain\">\n",
		sheet_anchor(c->arena, t->name), html_of(c->arena, t->name), advice_word(t->advice),
		html_of(c->arena, t->why));
	for (size_t p = 0; p < t->port->n; p++) {
		const struct port_patch *patch = &t->port->items[p];

		text_addf(out, "<li>%s <span class=\"mark\">%s</span> %s%s%s%s%s</li>\n",
			  patch_place(c->arena, sheet->series, patch->patch),
			  html_of(c->arena, mark_info(patch->mark)->sign),
			  patch->mark == MARK_NONE ? "not reached" : mark_info(patch->mark)->name,
			  patch->why ? ": " : "", html_of(c->arena, patch->why),
			  patch->committed ? ", commit " : "",
			  patch->committed ? arena_printf(c->arena, "<code>%.12s</code>",
							  git_oid_tostr_s(&patch->commit)) :
					     "");
	}
	for (size_t i = 0; i < t->history.nbuilds; i++) {
		const struct known_build *b = &t->history.builds[i];

		text_addf(out, "<li>%s, configuration %s: %s, %s%s%s</li>\n",
			  b->base ? "base" : "patched", html_of(c->arena, b->config),
			  b->built ? "built" : "does not build",
			  seconds_word(c->arena, b->wall_seconds), *b->error ? ": " : "",
			  html_of(c->arena, b->error));
	}
	for (size_t i = 0; i < t->history.ncells; i++) {
		const struct known_cell *cell = &t->history.cells[i];

		text_addf(out, "<li>cell %s: %s%s%s<ul class=\"plain\">\n",
			  html_of(c->arena, cell->name),
			  cell->red || cell->unknown ? html_of(c->arena, cell->word) :
						       "no regression",
			  *cell->why ? ": " : "", html_of(c->arena, cell->why));
		arm_row(c, out, sheet, "base", &cell->base);
		arm_row(c, out, sheet, "patched", &cell->patched);
		text_adds(out, "</ul></li>\n");
	}
	text_adds(out, "</ul>\n</div>\n");
}

void page_targets(struct context *c, const struct sheet *sheet, struct text *out)
{
	text_adds(out, "<section id=\"targets\">\n<h2>Kernel by kernel, with the evidence</h2>\n");
	for (size_t i = 0; i < sheet->n; i++)
		target_part(c, sheet, out, &sheet->items[i]);
	text_adds(out, "</section>\n");
}
