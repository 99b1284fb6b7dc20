/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What verify found, and the object code apart from it: a reader who wants to know what really changes looks there.
 */
#define _GNU_SOURCE
#include "cmd/page_part.h"
#include "cmd/sheet_part.h"

static const char *severity_class(enum severity severity)
{
	return severity == SEVERITY_BAD ? "no" : severity == SEVERITY_LOOK ? "warn" : "dim";
}

static void finding_line(struct context *c, struct text *out, const struct finding *f)
{
	text_addf(out, "<li><strong class=\"%s\">%s</strong> <code>%s</code>",
		  severity_class(f->severity), severity_word(f->severity),
		  html_of(c->arena, f->rule));
	if (f->patch)
		text_addf(out, ", patch %s", html_of(c->arena, f->patch));
	if (f->path)
		text_addf(out, ", <code>%s", html_of(c->arena, f->path));
	if (f->path && f->line)
		text_addf(out, ":%zu", f->line);
	text_addf(out, "%s: %s</li>\n", f->path ? "</code>" : "", html_of(c->arena, f->text));
}

/* One check on one target: what it looked at, then what it found. */
static void answer_part(struct context *c, struct text *out, const struct sheet_target *t,
			const struct known_audit *known)
{
	const struct audit_answer *answer = sheet_answer(t, known->check);
	size_t found = known->looks + known->bads;

	text_addf(out, "<li><span class=\"%s\">%s</span> %s: %s",
		  !known->ran ? "warn" :
		  known->bads ? "no" :
		  found	      ? "warn" :
				"ok",
		  !known->ran ? "?" :
		  known->bads ? "\xe2\x9c\x97" :
		  found	      ? "!" :
				"\xe2\x9c\x93",
		  html_of(c->arena, known->check), html_of(c->arena, known->coverage));
	if (!known->ran)
		text_adds(out, " (did not run)");
	else if (found || known->notes)
		text_addf(out, "; %zu bad, %zu to look at, %zu note%s", known->bads, known->looks,
			  known->notes, known->notes == 1 ? "" : "s");
	if (answer && answer->findings.n) {
		text_adds(out, "\n<ul class=\"plain\">\n");
		for (size_t k = 0; k < answer->findings.n; k++)
			finding_line(c, out, &answer->findings.items[k]);
		text_adds(out, "</ul>");
	}
	text_adds(out, "</li>\n");
}

static void target_checks(struct context *c, struct text *out, const struct sheet_target *t)
{
	bool open = t->audit_looks || t->audit_bads;

	text_addf(
		out,
		"<details%s id=\"checks-%s\"><summary>%s: %zu check%s, %zu bad, %zu to look at</summary>\n<ul class=\"plain\">\n",
		open ? " open" : "", sheet_anchor(c->arena, t->name), html_of(c->arena, t->name),
		t->history.naudits, t->history.naudits == 1 ? "" : "s", t->audit_bads,
		t->audit_looks);
	for (size_t i = 0; i < t->history.naudits; i++)
		if (strcmp(t->history.audits[i].check, "objects") != 0)
			answer_part(c, out, t, &t->history.audits[i]);
	text_adds(out, "</ul>\n</details>\n");
}

static void not_verified(struct context *c, const struct sheet *sheet, struct text *out)
{
	struct tally tally = { 0 };

	for (size_t i = 0; i < sheet->n; i++)
		if (!sheet->items[i].history.naudits)
			tally_add(c->arena, &tally, "not verified", sheet->items[i].name);
	if (tally.n)
		text_addf(out, "<p>Not verified: %s.</p>\n",
			  html_of(c->arena, tally.items[0].n == sheet->n ? "none of them was" :
									   tally.items[0].where));
}

static void objects_part(struct context *c, const struct sheet *sheet, struct text *out)
{
	size_t n = 0;

	text_adds(out, "<section id=\"objects\">\n<h2>Object code</h2>\n<div class=\"box\">\n");
	for (size_t i = 0; i < sheet->n; i++) {
		const struct sheet_target *t = &sheet->items[i];

		for (size_t k = 0; k < t->history.naudits; k++) {
			if (strcmp(t->history.audits[k].check, "objects") != 0)
				continue;
			text_addf(out, "<h3>%s</h3>\n<ul class=\"plain\">\n",
				  html_of(c->arena, t->name));
			answer_part(c, out, t, &t->history.audits[k]);
			text_adds(out, "</ul>\n");
			n++;
		}
	}
	if (!n)
		text_adds(
			out,
			"<p>Not verified: which functions' code the series changes was not looked at.</p>\n");
	text_adds(out, "</div>\n</section>\n");
}

void page_checks(struct context *c, const struct sheet *sheet, struct text *out)
{
	text_adds(out, "<section id=\"checks\">\n<h2>Checked without booting</h2>\n");
	not_verified(c, sheet, out);
	for (size_t i = 0; i < sheet->n; i++)
		if (sheet->items[i].history.naudits)
			target_checks(c, out, &sheet->items[i]);
	text_adds(out, "</section>\n");
	objects_part(c, sheet, out);
}
