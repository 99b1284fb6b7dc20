/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The parts of the report behind the news: what is the same with and without
 * the series, what was not tested, how to run it again, the sums.
 */
#define _GNU_SOURCE
#include "cmd/built.h"
#include "cmd/report.h"
#include "cmd/screen.h"
#include "cmd/tally.h"
#include "cmd/tested.h"

static void class_line(struct context *c, struct text *out, const struct places *places,
		       enum test_class class, const char *title)
{
	struct tally tests = { 0 }, sets = { 0 };

	for (size_t i = 0; i < places->n; i++) {
		const struct proof_cell *cell = places->items[i].cell;

		for (size_t k = 0; k < cell->verdict.n; k++) {
			const struct judged *judged = &cell->verdict.items[k];

			if (judged->class == class && !strchr(judged->name, '/') &&
			    !tested_red(cell, judged))
				tally_add(c->arena, &tests, text_shown(c->arena, judged->name),
					  places->items[i].name);
		}
	}
	if (!tests.n)
		return;
	heading_add(c, out, title);
	tally_turn(c->arena, &tests, &sets);
	for (size_t i = 0; i < sets.n; i++) {
		struct tally_item item = { .where = sets.items[i].what, .n = sets.items[i].n };
		struct text line __free_text = TEXT_INIT;

		text_addf(&line, "%s: %s", tally_on(c->arena, &item, places->n),
			  sets.items[i].where);
		text_add_filled(out, text_slice(&line), 2, c->width);
	}
}

static void lost_add(struct context *c, struct tally *tally, const struct place *place,
		     const struct proof_arm *arm)
{
	if (arm->lost)
		tally_add(c->arena, tally,
			  text_shown(c->arena,
				     arena_printf(c->arena, "%s%s%s: %s", arm->arm,
						  arm->lost_in ? ", during " : "",
						  arm->lost_in ? arm->lost_in : "", arm->lost)),
			  place->name);
}

/* What another machine was needed for: no verdict hangs on it, but a reader may know the pattern. */
static void lost_machines(struct context *c, struct text *out, const struct places *places)
{
	struct tally tally = { 0 };

	for (size_t i = 0; i < places->n; i++) {
		lost_add(c, &tally, &places->items[i], &places->items[i].cell->base);
		lost_add(c, &tally, &places->items[i], &places->items[i].cell->patched);
	}
	if (tally.n)
		heading_add(c, out, "A first machine was lost, another one did it");
	for (size_t i = 0; i < tally.n; i++) {
		struct text line __free_text = TEXT_INIT;

		text_addf(&line, "%s: %s", tally_on(c->arena, &tally.items[i], places->n),
			  tally.items[i].what);
		text_add_filled(out, text_slice(&line), 2, c->width);
	}
}

void tested_same(struct context *c, struct text *out, const struct places *places)
{
	lost_machines(c, out, places);
	class_line(c, out, places, CLASS_FLAKY,
		   "Flaky: failed once with the series, and not again");
	class_line(c, out, places, CLASS_NEW_COVERAGE, "Skipped without the series, run with it");
	class_line(c, out, places, CLASS_PRE_EXISTING,
		   "Fails with and without the series, the same way");
	class_line(c, out, places, CLASS_SKIPPED, "Skips with and without the series");
}

/* Did a guest with this module run? */
static bool vendor_ran(const struct places *places, const char *vendor)
{
	for (size_t i = 0; i < places->n; i++) {
		const char *found = places->items[i].cell->patched.report.preflight.vendor;

		if (places->items[i].cell->patched.usable && found && !strcmp(found, vendor))
			return true;
	}
	return false;
}

/* The other cells that have a machine for it: "; series test --cell bochs". */
static char *vendor_cells(struct context *c, const struct proving *proving, const char *vendor)
{
	const struct matrix *matrix = &proving->matrix;

	for (size_t i = 0; i < matrix->ncells; i++) {
		const struct machine *machine = matrix->cells[i].machine;
		char *why = NULL;

		if (!strcmp(machine->vendor, vendor) && machine_there(c->arena, machine, &why) == 1)
			return arena_printf(c->arena, "; %s --cell %s would, emulated",
					    context_invoke(c, "test"), matrix->cells[i].name);
	}
	return arena_strdup(c->arena, "");
}

static void not_vendors(struct context *c, struct text *out, const struct proving *proving,
			const struct places *places)
{
	static const struct {
		const char *vendor, *words;
	} vendors[] = { { "kvm_intel", "Intel (VMX): no machine with kvm_intel ran" },
			{ "kvm_amd", "AMD (SVM): no machine with kvm_amd ran" } };

	for (size_t i = 0; i < ARRAY_SIZE(vendors); i++) {
		struct text line __free_text = TEXT_INIT;

		if (vendor_ran(places, vendors[i].vendor))
			continue;
		text_addf(&line, "%s%s.", vendors[i].words,
			  vendor_cells(c, proving, vendors[i].vendor));
		text_add_filled(out, text_slice(&line), 2, c->width);
	}
}

static bool emulated(const struct machine *machine)
{
	return machine->kind == MACHINE_BOCHS || (machine->accel && !strcmp(machine->accel, "tcg"));
}

static void not_hardware(struct context *c, struct text *out, const struct places *places)
{
	for (size_t i = 0; i < places->n; i++)
		if (!emulated(places->items[i].cell->cell->machine))
			return;
	if (places->n)
		text_add_filled(out, SLICE("Hardware: every machine was emulated."), 2, c->width);
}

/* Parts of the patches that a target's port leaves out: nothing there can have
 * tested them. */
static void not_ported(struct context *c, struct tally *tally, const struct proving *proving)
{
	for (size_t t = 0; t < proving->proof.n; t++) {
		const struct port *port = proving->proof.items[t].port;

		for (size_t p = 0; p < port->n; p++)
			for (size_t h = 0; h < port->items[p].answer.n; h++) {
				const struct hunk_fate *fate = &port->items[p].answer.items[h];
				char *words;

				if (fate->mark != MARK_SKIPPED || !fate->evidence)
					continue;
				words = arena_printf(c->arena, "%s of patch %s is not there: %s",
						     fate->path,
						     patch_place(c->arena, proving->ports.series,
								 port->items[p].patch),
						     fate->evidence);
				tally_add(c->arena, tally, text_shown(c->arena, words),
					  text_shown(c->arena, port->kernel.name));
			}
	}
}

/* Would a cell of this run have run it? */
static bool test_wanted(const struct proof_target *target, const char *name)
{
	for (size_t i = 0; i < target->ncells; i++) {
		const struct suite *suite = target->cells[i].cell->suite;

		for (size_t k = 0; k < suite->n; k++)
			if (!strcmp(suite->items[k].name, name))
				return true;
	}
	return false;
}

static void names_add(struct context *c, struct tally *tally, const char *title,
		      const struct proof_target *target, const char *const *names, size_t n)
{
	struct text line __free_text = TEXT_INIT;

	for (size_t i = 0; i < n; i++)
		if (test_wanted(target, names[i]))
			text_addf(&line, "%s%s", line.len ? " " : ": ", names[i]);
	if (line.len)
		tally_add(c->arena, tally,
			  arena_printf(c->arena, "%s%s", title,
				       text_shown(c->arena, text_str(&line))),
			  text_shown(c->arena, target->port->kernel.name));
}

/* Tests that a kernel does not have, targets that were not reached. */
static void not_run(struct context *c, struct tally *tally, const struct proving *proving)
{
	for (size_t t = 0; t < proving->proof.n; t++) {
		const struct proof_target *target = &proving->proof.items[t];
		const char *name = text_shown(c->arena, target->port->kernel.name);

		names_add(c, tally, "not in this kernel's own tests", target, target->absent,
			  target->nabsent);
		names_add(c, tally, "this kernel's own tests that did not build", target,
			  target->unbuilt, target->nunbuilt);
		if (target->unchanged)
			tally_add(c->arena, tally,
				  "the kernel has all of the series: there is nothing to compare",
				  name);
		if (!target->ncells && !target->failed && built_sum(target).patched_built)
			tally_add(c->arena, tally, "no cell of ci/matrix.conf covers it", name);
	}
	for (size_t i = 0; i < proving->ports.n; i++)
		if (proving->ports.items[i].mark == MARK_CONFLICT)
			tally_add(c->arena, tally, "a patch conflicts",
				  text_shown(c->arena, proving->ports.items[i].kernel.name));
}

void tested_not(struct context *c, struct text *out, const struct proving *proving,
		const struct places *places)
{
	struct tally tally = { 0 };

	heading_add(c, out, "Not tested");
	not_run(c, &tally, proving);
	not_ported(c, &tally, proving);
	for (size_t i = 0; i < tally.n; i++) {
		struct text line __free_text = TEXT_INIT;

		text_addf(&line, "%s: %s", tally_on(c->arena, &tally.items[i], proving->ports.n),
			  tally.items[i].what);
		text_add_filled(out, text_slice(&line), 2, c->width);
	}
	not_vendors(c, out, proving, places);
	not_hardware(c, out, places);
	if (proving->ask.nonly) {
		struct text line __free_text = TEXT_INIT;

		text_adds(&line, "Every test but those of --only:");
		for (size_t i = 0; i < proving->ask.nonly; i++)
			text_addf(&line, " %s", proving->ask.only[i]);
		text_addc(&line, '.');
		text_add_filled(out, text_slice(&line), 2, c->width);
	}
}

/* The command for one place, of its red tests only where there are not too many
 * of them. */
static void again_place(struct context *c, struct text *out, const struct place *place)
{
	const struct proof_cell *cell = place->cell;
	struct text only __free_text = TEXT_INIT;
	size_t n = 0;

	for (size_t i = 0; i < cell->verdict.n; i++) {
		const char *name = cell->verdict.items[i].name;

		if (!tested_own(cell, i, tested_red) || n > 3)
			continue;
		text_addf(&only, "%s%.*s", only.len ? "," : "", (int)strcspn(name, "/"), name);
		n++;
	}
	text_addf(out, "  %s %s --cell %s%s%s\n", context_invoke(c, "test"),
		  path_word(c->arena, place->target->port->kernel.name), cell->cell->name,
		  n && n <= 3 ? " --only " : "",
		  n && n <= 3 ? path_word(c->arena, text_str(&only)) : "");
}

void tested_again(struct context *c, struct text *out, const struct proving *proving,
		  const struct places *places)
{
	const struct proof_ask *ask = &proving->ask;
	size_t n = 0;

	heading_add(c, out, "Reproduce");
	for (size_t i = 0; i < places->n; i++)
		if (tested_cell(places->items[i].cell) == OUTCOME_RED) {
			again_place(c, out, &places->items[i]);
			n++;
		}
	if (!n) {
		text_addf(out, "  %s", context_invoke(c, "test"));
		for (size_t i = 0; i < proving->ports.n; i++)
			text_addf(out, " %s",
				  path_word(c->arena, proving->ports.items[i].kernel.name));
		if (ask->cell)
			text_addf(out, " --cell %s", ask->cell);
		if (ask->machine)
			text_addf(out, " --machine %s", ask->machine);
		for (size_t i = 0; i < ask->nonly; i++)
			text_addf(out, "%s%s", i ? "," : " --only ", ask->only[i]);
		text_addc(out, '\n');
	}
	text_addf(out, "  evidence: %s\n", path_word(c->arena, proving->evidence));
}

void tested_totals(struct context *c, struct text *out, const struct proving *proving,
		   const struct places *places)
{
	const struct proof *proof = &proving->proof;
	struct text line __free_text = TEXT_INIT;
	size_t count[CLASSES] = { 0 }, tests = 0;

	for (size_t i = 0; i < places->n; i++) {
		const struct verdict *verdict = &places->items[i].cell->verdict;

		for (size_t k = 0; k < verdict->n; k++)
			if (!strchr(verdict->items[k].name, '/')) {
				count[verdict->items[k].class]++;
				tests++;
			}
	}
	text_addf(&line, "%zu target%s, %zu tests: ", proving->ports.n,
		  proving->ports.n == 1 ? "" : "s", tests);
	for (size_t class = 0, n = 0; class < CLASSES; class ++)
		if (count[class])
			text_addf(&line, "%s%zu %s", n++ ? ", " : "", count[class],
				  class_records[class].word);
	text_addf(&line, "%s. Built %zu (%zu known), booted %zu (%zu known), in %s.",
		  tests ? "" : "none", proof->built, proof->build_reused, proof->booted,
		  proof->reused, seconds_word(c->arena, proof->wall_seconds));
	text_addc(out, '\n');
	text_add_filled(out, text_slice(&line), 0, c->width);
}
