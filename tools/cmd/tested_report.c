/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The report of a proof in the order in which a maintainer reads: is it safe,
 * on which versions, what broke, what is fixed, what is not known, how to see
 * it oneself; the sums last.
 */
#define _GNU_SOURCE
#include "cmd/built.h"
#include "cmd/report.h"
#include "cmd/screen.h"
#include "cmd/tally.h"
#include "cmd/tested.h"

/* Of one cell: "regression in smm_test, debug_regs", "payload_test does not pass". */
static void red_tests(struct arena *arena, const struct proof_cell *cell, struct tally *said)
{
	struct tally classes = { 0 };

	for (size_t i = 0; i < cell->verdict.n; i++) {
		const struct judged *judged = &cell->verdict.items[i];

		if (!tested_own(cell, i, tested_red))
			continue;
		if (tested_unproved(cell, judged))
			tally_add(arena, said,
				  arena_printf(arena, "%s does not pass",
					       text_shown(arena, judged->name)),
				  "");
		else
			tally_add(arena, &classes, class_records[judged->class].word,
				  text_shown(arena, judged->name));
	}
	for (size_t i = 0; i < classes.n; i++) {
		const struct tally_item *class = &classes.items[i];

		tally_add(arena, said,
			  class->n > 3 ?
				  arena_printf(arena, "%s in %zu tests", class->what, class->n) :
				  arena_printf(arena, "%s in %s", class->what, class->where),
			  "");
	}
}

/* What is red on a target. */
static char *red_words(struct arena *arena, const struct proving *proving,
		       const struct proof_target *target)
{
	struct built_sum sum = built_sum(target);
	struct tally said = { 0 };
	struct text words __free_text = TEXT_INIT;

	if (target->bad_build)
		return arena_printf(arena, "does not build as of patch %s",
				    patch_place(arena, proving->ports.series,
						target->bad_build->patch));
	if (sum.failed)
		return arena_strdup(arena, "does not build");
	for (size_t i = 0; i < target->ncells; i++) {
		const struct proof_cell *cell = &target->cells[i];

		if (!tested_reached(cell) || tested_cell(cell) != OUTCOME_RED)
			continue;
		if (cell->patched.machine.end == MACHINE_PANIC)
			tally_add(arena, &said, "PANIC of the kernel with the series", "");
		else if (!cell->patched.usable)
			tally_add(arena, &said, "the kernel with the series got to no test", "");
		red_tests(arena, cell, &said);
		for (size_t k = 0; k < cell->verdict.nnew_splats; k++)
			if (tested_alone(cell, &cell->verdict.new_splats[k]))
				tally_add(arena, &said, "the kernel complains", "");
		if (cell->verdict.flaw)
			tally_add(arena, &said, text_shown(arena, cell->verdict.flaw), "");
	}
	for (size_t i = 0; i < target->nbroken; i++)
		tally_add(arena, &said,
			  arena_printf(arena, "%s does not build any more",
				       text_shown(arena, target->broken[i])),
			  "");
	if (sum.warnings)
		tally_add(arena, &said, "new warnings", "");
	if (sum.unmet)
		tally_add(arena, &said, "configuration that did not stick", "");
	for (size_t i = 0; i < said.n; i++)
		text_addf(&words, "%s%s", i ? ", " : "", said.items[i].what);
	return slice_str(arena, text_slice(&words));
}

static bool is_fixed(const struct proof_cell *cell, const struct judged *judged)
{
	(void)cell;
	return judged->class == CLASS_FIXED;
}

/* "; fixed: payload_test on 4 of 5". */
static void fixed_words(struct context *c, struct text *line, const struct places *places)
{
	struct tally names = { 0 };

	for (size_t i = 0; i < places->n; i++)
		for (size_t k = 0; k < places->items[i].cell->verdict.n; k++)
			if (tested_own(places->items[i].cell, k, is_fixed))
				tally_add(c->arena, &names,
					  text_shown(c->arena,
						     places->items[i].cell->verdict.items[k].name),
					  places->items[i].name);
	for (size_t i = 0; i < names.n; i++)
		text_addf(line, "%s%s on %zu of %zu", i ? ", " : " Fixed: ", names.items[i].what,
			  names.items[i].n, places->n);
	text_adds(line, names.n ? "." : "");
}

static const char *unknown_words(const struct proof_target *target)
{
	size_t reached = 0, well = 0;

	if (!target->failed && built_sum(target).base_failed)
		return "base itself does not build";
	for (size_t i = 0; i < target->ncells; i++) {
		reached += tested_reached(&target->cells[i]);
		well += tested_cell(&target->cells[i]) == OUTCOME_OK;
	}
	if (target->failed || reached > well)
		return "could not be found out";
	return well ? "NOT ALL was tested" : "NOTHING was tested";
}

static void verdict_line(struct context *c, struct text *line, const struct proving *proving,
			 const struct places *places)
{
	struct tally said = { 0 };
	const struct ports *ports = &proving->ports;

	/* The enum's order is that of their weight, but for the good ones: they are
   * said last. */
	for (int k = 1; k <= OUTCOME_UNKNOWN + 1; k++) {
		enum outcome outcome = (enum outcome)(k % (OUTCOME_UNKNOWN + 1));

		for (size_t i = 0; i < ports->n; i++) {
			const struct proof_target *target =
				proving_target(proving, &ports->items[i]);

			if (tested_target(proving, &ports->items[i]) != outcome)
				continue;
			tally_add(c->arena, &said,
				  outcome == OUTCOME_RED ?
					  arena_printf(c->arena, "LOOK: %s",
						       red_words(c->arena, proving, target)) :
				  outcome == OUTCOME_CONFLICT ? "conflict, not tested" :
				  outcome == OUTCOME_UNKNOWN  ? unknown_words(target) :
								"no regressions",
				  text_shown(c->arena, ports->items[i].kernel.name));
		}
	}
	for (size_t i = 0; i < said.n; i++)
		text_addf(line, "%s%s: %s.", i ? " " : "", said.items[i].where, said.items[i].what);
	fixed_words(c, line, places);
}

static void verdict_write(struct context *c, struct text *out, const struct proving *proving,
			  const struct places *places)
{
	struct text line __free_text = TEXT_INIT, filled __free_text = TEXT_INIT;
	size_t indent = strlen(proving->ports.series->name) + 2;
	enum tint tint = tested_all(proving) == OUTCOME_OK ? TINT_GOOD : TINT_BAD;

	verdict_line(c, &line, proving, places);
	text_add_filled(&filled, text_slice(&line), indent, c->width);
	text_addf(out, "%s%s%s: %s%s%s", tint_on(c->color, TINT_BOLD), proving->ports.series->name,
		  tint_off(c->color, TINT_BOLD), tint_on(c->color, tint),
		  text_str(&filled) + indent, tint_off(c->color, tint));
}

int tested_write(struct context *c, struct text *out, const struct proving *proving)
{
	struct report report = { .series = proving->ports.series,
				 .items = proving->ports.items,
				 .n = proving->ports.n,
				 .pack = proving->ports.pack,
				 .letters = tested_letters(c->arena, proving) };
	struct places places = { 0 };

	tested_places(c->arena, proving, &places);
	verdict_write(c, out, proving, &places);
	text_addc(out, '\n');
	report_table(c->arena, out, &report, c->width, c->color);
	tested_regressions(c, out, proving, &places);
	built_failures(c, out, proving);
	built_warnings(c, out, proving);
	built_unmet(c, out, proving);
	tested_unknown(c, out, proving, &places);
	tested_fixed(c, out, &places);
	tested_same(c, out, &places);
	tested_not(c, out, proving, &places);
	tested_again(c, out, proving, &places);
	built_where(c, out, proving);
	tested_totals(c, out, proving, &places);
	return 0;
}
