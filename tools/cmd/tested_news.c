/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The parts of the report that are news: what broke, what could not be found
 * out, what is fixed.
 */
#define _GNU_SOURCE
#include "cmd/built.h"
#include "cmd/report.h"
#include "cmd/screen.h"
#include "cmd/tally.h"
#include "cmd/tested.h"

#define REASONS_MOST 3u /* of one test; the console has them all */

static void line_add(struct context *c, struct text *out, size_t indent, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
static void line_add(struct context *c, struct text *out, size_t indent, const char *fmt, ...)
{
	struct text line __free_text = TEXT_INIT;
	va_list ap;

	va_start(ap, fmt);
	text_vaddf(&line, fmt, ap);
	va_end(ap);
	text_add_filled(out, text_slice(&line), indent, c->width);
}

/*
 * Why a test failed on an arm: the words of its failing subtests, those that say the same together; its own where
 * there are none.
 */
static char *failure_words(struct arena *arena, const struct guest_report *report, const char *name)
{
	struct text words __free_text = TEXT_INIT;
	struct tally reasons = { 0 };
	const char *own = NULL;
	size_t n = strlen(name), left = 0;

	for (size_t i = 0; i < report->n; i++) {
		const struct test_result *r = &report->items[i];

		if (!strcmp(r->name, name))
			own = r->why;
		if (!strncmp(r->name, name, n) && r->name[n] == '/' && r->status == TEST_FAIL)
			tally_add(arena, &reasons, r->why && *r->why ? r->why : "failed",
				  r->name + n + 1);
	}
	for (size_t i = 0; i < reasons.n; i++) {
		if (i >= REASONS_MOST)
			left += reasons.items[i].n;
		else
			text_addf(&words, "%s%s: %s", words.len ? "; " : "",
				  tally_few(arena, &reasons.items[i]), reasons.items[i].what);
	}
	if (left)
		text_addf(&words, "; and %zu more", left);
	if (!reasons.n)
		text_adds(&words, own && *own ? own : "it did not say why");
	return text_shown(arena, text_str(&words));
}

/* What the judge says; what the test itself said on the kernel with the series, where he says less. */
static const char *judged_words(struct arena *arena, const struct proof_cell *cell,
				const struct judged *judged)
{
	const char *why = judged->why ? judged->why : "";
	char *said;

	if (!judged->patched)
		return *why ? why : "nothing came of it";
	if (judged->patched->status != TEST_FAIL)
		return *why		    ? why :
		       judged->patched->why ? judged->patched->why :
					      "it did not say why";
	said = failure_words(arena, &cell->patched.report, judged->name);
	if (!*why || strstr(said, why))
		return said;
	return strstr(why, said) ? why : arena_printf(arena, "%s; %s", why, said);
}

/* "regression" and below it what the test said: what is the matter, without
 * whose matter it is. */
static char *judged_matter(struct arena *arena, const struct proof_cell *cell,
			   const struct judged *judged)
{
	return arena_printf(arena, "%s\n%s",
			    tested_unproved(cell, judged) ? "NOT FIXED, fails with the series too" :
							    class_records[judged->class].word,
			    text_shown(arena, judged_words(arena, cell, judged)));
}

/* All of a place for which `same` holds, the tests with the same matter
 * together. */
static void place_judged(struct arena *arena, const struct place *place,
			 bool (*same)(const struct proof_cell *cell, const struct judged *judged),
			 struct tally *tally)
{
	const struct verdict *verdict = &place->cell->verdict;
	struct tally matters = { 0 };

	for (size_t i = 0; i < verdict->n; i++)
		if (tested_own(place->cell, i, same))
			tally_add(arena, &matters,
				  judged_matter(arena, place->cell, &verdict->items[i]),
				  text_shown(arena, verdict->items[i].name));
	for (size_t i = 0; i < matters.n; i++)
		tally_add(arena, tally,
			  arena_printf(arena, "%s: %s", tally_few(arena, &matters.items[i]),
				       matters.items[i].what),
			  place->name);
}

static char *bad_patch_words(struct context *c, const struct proving *proving,
			     const struct proof_cell *cell)
{
	const struct series_patch *patch = cell->first_bad ? cell->first_bad->patch : NULL;

	if (!patch)
		return NULL;
	return arena_printf(c->arena, "first bad patch: %s, %s\n%s",
			    patch_place(c->arena, proving->ports.series, patch),
			    text_shown(c->arena, patch->mail.subject),
			    text_shown(c->arena, cell->first_bad_why ? cell->first_bad_why : ""));
}

/* How a machine ended, where it was not by the guest's own word. */
static char *stop_words(struct arena *arena, const struct proof_arm *arm)
{
	const char *why = arm->machine.why;

	return text_shown(arena, arena_printf(arena, "%s%s%s", machine_end_word(arm->machine.end),
					      why && *why ? ": " : "", why ? why : ""));
}

/* Did the kernel with the series not get as far as the guest's last word? Or
 * was it not as asked? */
static char *arm_words(struct arena *arena, const struct proof_arm *arm)
{
	if (arm->flaw)
		return text_shown(arena, arm->flaw);
	return arm->dir && arm->machine.end != MACHINE_DONE ? stop_words(arena, arm) : NULL;
}

/* What is red in one place: in the first line the matter, in the second one
 * more of it. */
static void place_red(struct context *c, const struct proving *proving, const struct place *place,
		      struct tally *tally)
{
	const struct proof_cell *cell = place->cell;
	const struct verdict *verdict = &cell->verdict;
	char *stopped = arm_words(c->arena, &cell->patched);
	char *bad = bad_patch_words(c, proving, cell);

	if (tested_cell(cell) != OUTCOME_RED)
		return;
	if (stopped)
		tally_add(c->arena, tally,
			  arena_printf(c->arena, "the kernel with the series\n%s", stopped),
			  place->name);
	if (verdict->flaw)
		tally_add(c->arena, tally,
			  arena_printf(c->arena, "the plan of tests\n%s",
				       text_shown(c->arena, verdict->flaw)),
			  place->name);
	place_judged(c->arena, place, tested_red, tally);
	for (size_t i = 0; i < verdict->nnew_splats; i++) {
		const struct splat *splat = &verdict->new_splats[i];

		if (!tested_alone(cell, splat))
			continue;
		tally_add(c->arena, tally,
			  arena_printf(c->arena, "new in the kernel's log%s%s: %s\n%s",
				       splat->test ? " during " : "",
				       splat->test ? text_shown(c->arena, splat->test) : "",
				       splat_word(splat->kind), text_shown(c->arena, splat->title)),
			  place->name);
	}
	if (bad)
		tally_add(c->arena, tally, bad, place->name);
}

static void matters_write(struct context *c, struct text *out, const struct tally *tally,
			  const struct places *places)
{
	for (size_t i = 0; i < tally->n; i++) {
		const char *what = tally->items[i].what;
		size_t first = strcspn(what, "\n");

		line_add(c, out, 2, "%.*s, %s%s", (int)first, what,
			 tally_on(c->arena, &tally->items[i], places->n),
			 what[first] && what[first + 1] ? ":" : "");
		if (what[first] && what[first + 1])
			line_add(c, out, 6, "%s", what + first + 1);
	}
}

void tested_regressions(struct context *c, struct text *out, const struct proving *proving,
			const struct places *places)
{
	struct tally tally = { 0 };

	for (size_t i = 0; i < places->n; i++)
		place_red(c, proving, &places->items[i], &tally);
	if (!tally.n)
		return;
	heading_add(c, out, "Worse with the series, or not fixed by it");
	matters_write(c, out, &tally, places);
	for (size_t i = 0; i < places->n; i++)
		if (tested_cell(places->items[i].cell) == OUTCOME_RED &&
		    places->items[i].cell->patched.dir)
			text_addf(out, "  evidence: %s\n",
				  path_word(c->arena, places->items[i].cell->patched.dir));
}

static void arm_unknown(struct context *c, const struct place *place, const char *word,
			const struct proof_arm *arm, struct tally *tally)
{
	struct text line __free_text = TEXT_INIT;

	if (arm->usable || (!arm->flaw && !arm->dir))
		return;
	text_addf(&line, "%s kernel\n%s", word,
		  arm->flaw ? text_shown(c->arena, arm->flaw) : stop_words(c->arena, arm));
	if (arm->dir)
		text_addf(&line, " (see %s)", path_word(c->arena, arm->dir));
	tally_add(c->arena, tally, text_str(&line), place->name);
}

static bool is_unknown(const struct proof_cell *cell, const struct judged *judged)
{
	(void)cell;
	return class_records[judged->class].color == CLASS_UNKNOWN;
}

/* Cells that were to run, and whose machine cannot be had here. */
static void unavailable_cells(struct context *c, const struct proof *proof, struct tally *tally)
{
	for (size_t t = 0; t < proof->n; t++)
		for (size_t i = 0; i < proof->items[t].ncells; i++) {
			const struct proof_cell *cell = &proof->items[t].cells[i];

			if (cell->unavailable)
				tally_add(c->arena, tally,
					  arena_printf(c->arena, "cell %s\n%s",
						       text_shown(c->arena, cell->cell->name),
						       text_shown(c->arena, cell->unavailable)),
					  text_shown(c->arena, proof->items[t].port->kernel.name));
		}
}

static void unavailable_again(struct context *c, struct text *out,
			      const struct proof_target *target)
{
	for (size_t i = 0; i < target->ncells; i++)
		if (target->cells[i].unavailable && !target->failed)
			text_addf(out, "  %s %s --cell %s\n", context_invoke(c, "test"),
				  path_word(c->arena, target->port->kernel.name),
				  path_word(c->arena, target->cells[i].cell->name));
}

/* A command for each target that failed as a whole, and for each cell that did by itself. */
static void unknown_again(struct context *c, struct text *out, const struct proof *proof,
			  const struct places *places)
{
	for (size_t t = 0; t < proof->n; t++)
		if (proof->items[t].failed)
			text_addf(out, "  %s %s\n", context_invoke(c, "test"),
				  path_word(c->arena, proof->items[t].port->kernel.name));
	for (size_t i = 0; i < places->n; i++) {
		const struct place *place = &places->items[i];
		bool unknown = tested_cell(place->cell) == OUTCOME_UNKNOWN;

		for (size_t k = 0; k < place->cell->verdict.n && !unknown; k++)
			unknown = is_unknown(place->cell, &place->cell->verdict.items[k]);
		if (unknown && !place->target->failed)
			text_addf(out, "  %s --rerun %s\n", context_invoke(c, "test"),
				  path_word(c->arena, place->cell->name));
	}
	for (size_t t = 0; t < proof->n; t++)
		unavailable_again(c, out, &proof->items[t]);
}

void tested_unknown(struct context *c, struct text *out, const struct proving *proving,
		    const struct places *places)
{
	const struct proof *proof = &proving->proof;
	struct tally tally = { 0 };

	for (size_t t = 0; t < proof->n; t++)
		if (proof->items[t].failed && !built_sum(&proof->items[t]).base_failed)
			tally_add(c->arena, &tally,
				  arena_printf(c->arena, "building or booting\n%s",
					       text_shown(c->arena, proof->items[t].failed)),
				  text_shown(c->arena, proof->items[t].port->kernel.name));
	unavailable_cells(c, proof, &tally);
	for (size_t i = 0; i < places->n; i++) {
		const struct place *place = &places->items[i];
		const struct proof_cell *cell = place->cell;

		if (tested_cell(cell) == OUTCOME_UNKNOWN) {
			arm_unknown(c, place, "the base", &cell->base, &tally);
			if (!place->target->unchanged)
				arm_unknown(c, place, "the patched", &cell->patched, &tally);
		}
		if (cell->base.usable && cell->patched.usable)
			place_judged(c->arena, place, is_unknown, &tally);
	}
	if (!tally.n)
		return;
	heading_add(c, out, "Could not be found out");
	matters_write(c, out, &tally, places);
	line_add(c, out, 2, "These say nothing about the series. To try again:");
	unknown_again(c, out, proof, places);
}

static bool is_fixed(const struct proof_cell *cell, const struct judged *judged)
{
	(void)cell;
	return judged->class == CLASS_FIXED;
}

/* A subtest that passes now, of a test that does not as a whole yet, has its
 * own words. */
static char *fixed_words(struct arena *arena, const struct proof_cell *cell,
			 const struct judged *judged)
{
	if (!strchr(judged->name, '/'))
		return failure_words(arena, &cell->base.report, judged->name);
	return text_shown(arena, judged->base && judged->base->why && *judged->base->why ?
					 judged->base->why :
					 "it did not say why");
}

/* A test that shall show the fix, and passes without it: why that is, as far as
 * the port says. */
static const char *silent_words(const struct proof_cell *cell, const char *name)
{
	for (size_t i = 0; i < cell->nsilent; i++)
		if (!strcmp(cell->silent[i].name, name))
			return cell->silent[i].fix_there ?
				       "passes on base too, which has a patch of the series" :
				       "passes on base too: it proves NOTHING there";
	return "passes on base too";
}

/* One test: where it failed before and passes now, for which reason; where it
 * did not. */
static void fixed_test(struct context *c, struct text *out, const struct places *places,
		       const char *name)
{
	struct tally before = { 0 }, others = { 0 };
	size_t fixed = 0;

	for (size_t i = 0; i < places->n; i++) {
		const struct proof_cell *cell = places->items[i].cell;

		for (size_t k = 0; k < cell->verdict.n; k++) {
			const struct judged *judged = &cell->verdict.items[k];

			if (strcmp(judged->name, name) != 0)
				continue;
			fixed += judged->class == CLASS_FIXED;
			if (judged->class == CLASS_FIXED)
				tally_add(c->arena, &before, fixed_words(c->arena, cell, judged),
					  places->items[i].name);
			else
				tally_add(c->arena, &others,
					  judged->class == CLASS_OK ?
						  silent_words(cell, name) :
					  tested_unproved(cell, judged) ?
						  "NOT FIXED" :
						  class_records[judged->class].word,
					  places->items[i].name);
		}
	}
	line_add(c, out, 2, "%s%s%s: fails -> passes on %zu of %zu",
		 tint_on(c->color, fixed ? TINT_GOOD : TINT_LOOK), text_shown(c->arena, name),
		 tint_off(c->color, TINT_GOOD), fixed, places->n);
	for (size_t i = 0; i < before.n; i++) {
		line_add(c, out, 6, "%s, before:", tally_on(c->arena, &before.items[i], places->n));
		text_add_reasons(out, slice_of(before.items[i].what), 8, c->width);
	}
	for (size_t i = 0; i < others.n; i++)
		line_add(c, out, 6, "%s: %s", tally_on(c->arena, &others.items[i], places->n),
			 others.items[i].what);
}

void tested_fixed(struct context *c, struct text *out, const struct places *places)
{
	struct tally names = { 0 };

	for (size_t i = 0; i < places->n; i++) {
		const struct proof_cell *cell = places->items[i].cell;

		for (size_t k = 0; k < cell->verdict.n; k++) {
			const char *name = cell->verdict.items[k].name;

			if (tested_own(cell, k, is_fixed) ||
			    (!strchr(name, '/') && tested_prove(cell, name)))
				tally_add(c->arena, &names, name, "");
		}
	}
	if (!names.n)
		return;
	heading_add(c, out, "Fail-before, pass-after");
	for (size_t i = 0; i < names.n; i++)
		fixed_test(c, out, places, names.items[i].what);
}
