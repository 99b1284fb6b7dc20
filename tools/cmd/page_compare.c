/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Upstream beside port. A row is a line of both, or of one; its sign says which: "~" both, and they differ in the words that are
 * marked; "<" as mailed only, ">" as ported only. The kind of the diff (+, -) stands before each line, so that nothing hangs
 * on colour.
 */
#define _GNU_SOURCE
#include "cmd/page_part.h"
#include "cmd/report.h"
#include "cmd/screen.h"
#include "patch/whole.h"

#define AROUND 3u /* equal lines on each side of one that differs, in a card */

static bool differs(const struct part_line *line)
{
	return !line->up || !line->down || line->words.n;
}

static void words_side(struct text *out, const struct word_pieces *words, bool down)
{
	const char *tag = down ? "ins" : "del";

	for (size_t i = 0; i < words->n; i++) {
		const struct word_piece *piece = &words->items[i];

		if (piece->kind == (down ? '-' : '+'))
			continue;
		if (piece->kind != ' ')
			text_addf(out, "<%s>", tag);
		html_add(out, piece->text);
		if (piece->kind != ' ')
			text_addf(out, "</%s>", tag);
	}
}

static void side_cell(struct text *out, const struct part_line *line, bool down)
{
	const struct diff_line *one = down ? line->down : line->up;

	text_addf(out, "<td class=\"%s%s\">", down ? "d" : "u",
		  !one		   ? " none" :
		  one->kind == '+' ? " add" :
		  one->kind == '-' ? " rem" :
				     "");
	if (one) {
		/* So that a text browser keeps the indentation, too. */
		text_adds(out, "<pre>");
		text_addc(out, one->kind);
		if (line->words.n)
			words_side(out, &line->words, down);
		else
			html_add(out, one->text);
		text_adds(out, "</pre>");
	}
	text_adds(out, "</td>");
}

static void line_row(struct text *out, const struct part_line *line)
{
	const char *sign = !line->down ? "&lt;" : !line->up ? "&gt;" : line->words.n ? "~" : "";

	text_addf(out, "<tr%s><td class=\"sign\">%s</td>", *sign ? "" : " class=\"same\"", sign);
	side_cell(out, line, false);
	side_cell(out, line, true);
	text_adds(out, "</tr>\n");
}

static void side_table(struct text *out, const struct part_line *lines, size_t n, bool whole)
{
	bool gap = false;

	text_adds(
		out,
		"<table class=\"side\">\n<colgroup><col class=\"sign\"><col><col></colgroup>\n"
		"<thead><tr><th scope=\"col\"><span title=\"&lt; as mailed only, &gt; as ported only, ~ other words\"></span></th><th scope=\"col\">as mailed</th>"
		"<th scope=\"col\">as ported</th></tr></thead>\n<tbody>\n");
	for (size_t i = 0; i < n; i++) {
		size_t from = i > AROUND ? i - AROUND : 0;
		size_t to = n - i > AROUND ? i + AROUND : n - 1;
		bool near = whole;

		for (size_t k = from; k <= to && !near; k++)
			near = differs(&lines[k]);
		if (near)
			line_row(out, &lines[i]);
		else if (!gap)
			text_adds(
				out,
				"<tr class=\"gap\"><td class=\"sign\"></td><td colspan=\"2\">\xe2\x80\xa6</td></tr>\n");
		gap = !near;
	}
	text_adds(out, "</tbody>\n</table>\n");
}

static const struct hunk *first_hunk(const struct diff *diff, const struct hunk_places *places,
				     const char **path)
{
	const struct filediff *file = &diff->items[places->items[0].file];

	*path = file->new_path ? file->new_path : file->old_path;
	return file->n ? &file->items[places->items[0].hunk] : NULL;
}

static void part_write(struct context *c, struct text *out, const struct compared_port *compared,
		       const struct part *part, bool whole)
{
	const struct diff *up = &compared->patch->patch->mail.diff;
	const char *path, *level = whole ? "h2" : "h4";
	const struct hunk *hunk = part->down.n ? first_hunk(&compared->diff, &part->down, &path) :
						 first_hunk(up, &part->up, &path);

	text_addf(out, "<%s class=\"mono\">%s: %s", level, part_state_name(part->state),
		  html_of(c->arena, path));
	if (hunk)
		text_addf(out, ":%zu", hunk->new_start);
	if (hunk && hunk->heading.n) {
		text_adds(out, " <span class=\"dim\">");
		html_add(out, slice_trim(hunk->heading));
		text_adds(out, "</span>");
	}
	text_addf(out, "</%s>\n", level);
	if (part->renames.n) {
		text_adds(out, "<p>As mailed, and as ported: ");
		for (size_t i = 0; i < part->renames.n; i++) {
			text_adds(out, i ? ", <code>" : "<code>");
			html_add(out, part->renames.items[i].from);
			text_adds(out, "</code> \xe2\x86\x92 <code>");
			html_add(out, part->renames.items[i].to);
			text_adds(out, "</code>");
		}
		text_adds(out, "</p>\n");
	}
	if (part->why)
		text_addf(out, "<p>%s</p>\n", html_of(c->arena, part->why));
	if (part->n)
		side_table(out, part->items, part->n, whole);
}

/* What the comparison says as a whole. */
static void against(struct context *c, struct text *out, const struct sheet *sheet,
		    const struct deviation *d)
{
	const struct port_patch *patch = d->compared->patch;

	text_addf(out, "<p><span class=\"mark\">%s</span> %s, %s. ",
		  html_of(c->arena, mark_info(patch->mark)->sign), mark_info(patch->mark)->name,
		  html_of(c->arena, d->words));
	if (patch->patch->upstream)
		text_addf(out, "Against upstream <code>%.12s</code>: ", patch->patch->upstream);
	else
		text_adds(out, "Against the patch as mailed: ");
	text_addf(
		out,
		d->compared->same_id ?
			"the same patch-id <code>%.12s</code>.</p>\n" :
			"another patch-id (<code>%.12s</code> as mailed, <code>%.12s</code> as ported).</p>\n",
		d->compared->up_id, d->compared->down_id);
	if (patch->note)
		text_addf(out, "<p>Its note: %s</p>\n", html_of(c->arena, patch->note));
	(void)sheet;
}

void page_deviation_card(struct context *c, const struct sheet *sheet, const struct deviation *d,
			 struct text *out)
{
	const struct sheet_target *t = &sheet->items[d->target];
	const struct compare *compare = &d->compared->compare;

	text_addf(out,
		  "<article class=\"card\" id=\"deviation-%zu\">\n<h3>%zu. %s, patch %s: %s</h3>\n",
		  d->number, d->number, html_of(c->arena, t->name),
		  patch_place(c->arena, sheet->series, d->compared->patch->patch),
		  html_of(c->arena, d->compared->patch->patch->mail.subject));
	against(c, out, sheet, d);
	text_addf(
		out,
		"<p><a href=\"deviation-%zu.html\">All hunks, and whole functions beside upstream's</a></p>\n",
		d->number);
	for (size_t i = 0; i < compare->n; i++)
		if (compare->items[i].state >= PART_RENAME && !compare->items[i].left_out)
			part_write(c, out, d->compared, &compare->items[i], false);
	text_adds(out, "</article>\n");
}

static int functions_part(struct context *c, const struct sheet *sheet, const struct deviation *d,
			  struct text *out)
{
	struct wholes wholes;

	if (whole_functions(c->arena, c->repo, sheet->ports->pack, sheet->series, d->compared,
			    &wholes))
		return -1;
	text_addf(out, "<section id=\"functions\">\n<h2>Whole functions%s%s</h2>\n",
		  wholes.base ? ", upstream's from " : "", html_of(c->arena, wholes.base));
	if (!wholes.base)
		text_adds(
			out,
			"<p>No kernel of the store has the patch exactly, so there is nothing to put beside: the port alone.</p>\n");
	for (size_t i = 0; i < wholes.n; i++) {
		const struct whole *w = &wholes.items[i];

		text_addf(out, "<h3 class=\"mono\">%s() <span class=\"dim\">%s</span></h3>\n",
			  html_of(c->arena, w->name), html_of(c->arena, w->path));
		side_table(out, w->lines.items, w->lines.n, true);
	}
	text_adds(out, "</section>\n");
	return 0;
}

int page_deviation(struct context *c, const struct sheet *sheet, const struct deviation *d,
		   struct text *out)
{
	const struct sheet_target *t = &sheet->items[d->target];
	const struct compare *compare = &d->compared->compare;
	char *title = arena_printf(c->arena, "%s, patch %s: %s", t->port->kernel.name,
				   patch_place(c->arena, sheet->series, d->compared->patch->patch),
				   d->compared->patch->patch->mail.subject);

	page_begin(c->arena, out, title);
	text_addf(
		out,
		"<header>\n<p><a href=\"index.html#deviation-%zu\">Back to the report</a></p>\n<h1>%s</h1>\n</header>\n<main>\n",
		d->number, html_of(c->arena, title));
	against(c, out, sheet, d);
	for (size_t i = 0; i < compare->n; i++)
		part_write(c, out, d->compared, &compare->items[i], true);
	if (functions_part(c, sheet, d, out))
		return -1;
	page_end(out);
	return 0;
}
