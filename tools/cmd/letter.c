/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The mail that goes to a list: 72 columns, the verdict on top, totals last. What a mail reader would obey is taken out.
 */
#define _GNU_SOURCE
#include "ci/letterhead.h"
#include "cmd/report.h"
#include "cmd/screen.h"
#include "cmd/sheet.h"

#define LOOKS_MOST 10u

/* "v6.12.73" as stable calls its branch; others as they are. */
static char *branch_of(struct arena *arena, const struct sheet_target *t)
{
	struct version version;

	return version_parse(slice_of(t->port->kernel.name), &version) && version.patch >= 0 ?
		       version_branch(arena, &version) :
		       arena_strdup(arena, t->name);
}

/* Folded as a header is: further lines begin with a blank. */
static void header_add(struct text *out, const char *name, const char *value)
{
	struct text safe __free_text = TEXT_INIT, filled __free_text = TEXT_INIT;

	text_addf(&safe, "%s: ", name);
	text_add_shown(&safe, slice_of(value), false);
	text_add_filled(&filled, text_slice(&safe), 1, LETTER_COLUMNS);
	text_adds(out, text_str(&filled) + 1);
}

static char *subject_of(struct context *c, const struct sheet *sheet)
{
	struct text subject __free_text = TEXT_INIT;

	text_addf(&subject, "[series %s]", sheet->series->name);
	for (size_t i = 0; i < sheet->n; i++) {
		const struct sheet_target *t = &sheet->items[i];

		text_addf(&subject, "%s %s %s", i ? "," : "", branch_of(c->arena, t),
			  t->unchanged		   ? "has it" :
			  t->advice == ADVICE_TAKE ? "ok" :
						     advice_word(t->advice));
	}
	return slice_str(c->arena, text_slice(&subject));
}

static void verdict(struct context *c, const struct sheet *sheet, struct text *out)
{
	size_t eyes = 0, bad = 0, tested = 0;

	for (size_t i = 0; i < sheet->n; i++) {
		eyes += sheet->items[i].advice != ADVICE_TAKE;
		bad += sheet->items[i].advice == ADVICE_DONT;
		tested += sheet->items[i].tested;
	}
	letter_filled(
		out, 0,
		arena_printf(
			c->arena, "Verdict: %s%s",
			eyes ? arena_printf(
				       c->arena, "%zu of %zu version%s need%s eyes%s.", eyes,
				       sheet->n, sheet->n == 1 ? "" : "s", eyes == 1 ? "s" : "",
				       bad ? arena_printf(c->arena,
							  ", %zu must not be taken as it is", bad) :
					     "") :
			       "safe to take on every version.",
			bad		   ? "" :
			tested == sheet->n ? " No regressions (base against patched)." :
			tested ? " No regressions where it was tested (base against patched)." :
				 " Nothing was tested."));
}

static void look_lines(struct context *c, const struct sheet *sheet, struct text *out)
{
	size_t n = sheet->nlooks < LOOKS_MOST ? sheet->nlooks : LOOKS_MOST;

	if (n)
		text_adds(out, "\nLook at:\n");
	for (size_t i = 0; i < n; i++) {
		const struct look *look = &sheet->looks[i];

		letter_filled(out, 2,
			      arena_printf(c->arena, "%s%s%s: %s", look->port->kernel.name,
					   look->patch ? " " : "",
					   look->patch ? patch_place(c->arena, sheet->series,
								     look->patch->patch) :
							 "",
					   look->text));
	}
	if (sheet->nlooks > n)
		text_addf(out, "  and %zu more\n", sheet->nlooks - n);
}

static void tested_lines(struct context *c, const struct sheet *sheet, struct text *out)
{
	size_t tested = 0;

	for (size_t i = 0; i < sheet->n; i++)
		tested += sheet->items[i].tested;
	if (sheet->shown.n)
		text_adds(out, "\nFail-before/pass-after:\n");
	for (size_t i = 0; i < sheet->shown.n; i++)
		letter_filled(out, 2,
			      arena_printf(c->arena, "%s: fails -> passes on %zu of %zu.",
					   sheet->shown.items[i].what, sheet->shown.items[i].n,
					   tested));
	if (sheet->not_tested.n)
		text_adds(out, "\nNot tested:\n");
	for (size_t i = 0; i < sheet->not_tested.n; i++) {
		const struct tally_item *item = &sheet->not_tested.items[i];

		letter_filled(out, 2,
			      arena_printf(c->arena, "%s: %s",
					   !strcmp(item->where, "all targets") ?
						   "on all targets" :
						   tally_on(c->arena, item, sheet->n),
					   item->what));
	}
}

static void last_lines(struct context *c, const struct sheet *sheet, struct text *out)
{
	size_t tests = 0, ok = 0, fixed = 0;

	text_adds(out, "\nReproduce:\n");
	for (size_t i = 0; i < sheet->ndeviations; i++)
		text_addf(out, "  %s %s %u\n", sheet->show_command,
			  path_word(c->arena,
				    sheet->items[sheet->deviations[i].target].port->kernel.name),
			  sheet->deviations[i].compared->patch->patch->number);
	for (size_t i = 0; i < sheet->n; i++) {
		const struct sheet_target *t = &sheet->items[i];

		if (t->port->mark != MARK_CONFLICT)
			text_addf(out, "  %s %s\n", sheet->test_command,
				  path_word(c->arena, t->port->kernel.name));
		tests += t->tests;
		ok += t->ok;
		fixed += t->fixed;
	}
	text_addf(out, "\n%zu version%s, %zu patch%s, %zu test%s: %zu pass on both, %zu fixed.\n",
		  sheet->n, sheet->n == 1 ? "" : "s", sheet->series->n,
		  sheet->series->n == 1 ? "" : "es", tests, tests == 1 ? "" : "s", ok, fixed);
}

void letter_write(struct context *c, const struct sheet *sheet, struct text *out)
{
	struct report report = { sheet->series, sheet->ports->items, sheet->n, sheet->ports->pack,
				 NULL };
	char **letters =
		arena_alloc(c->arena, (sheet->n * sheet->series->n + 1) * sizeof(*letters));

	for (size_t i = 0; i < sheet->n; i++)
		for (size_t p = 0; p < sheet->series->n; p++)
			letters[i * sheet->series->n + p] = sheet->items[i].letters[p];
	report.letters = letters;
	header_add(out, "Subject", subject_of(c, sheet));
	text_addc(out, '\n');
	verdict(c, sheet, out);
	text_addc(out, '\n');
	report_table(c->arena, out, &report, LETTER_COLUMNS, false);
	text_addc(out, '\n');
	for (size_t i = 0; i < sheet->n; i++)
		letter_filled(out, 2,
			      arena_printf(c->arena, "%s %s: %s.",
					   advice_word(sheet->items[i].advice),
					   sheet->items[i].port->kernel.name, sheet->items[i].why));
	look_lines(c, sheet, out);
	tested_lines(c, sheet, out);
	last_lines(c, sheet, out);
}
