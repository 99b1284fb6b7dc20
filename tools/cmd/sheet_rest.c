/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include "cmd/report.h"
#include "cmd/screen.h"
#include "cmd/sheet_part.h"

const struct cell *sheet_cell(const struct sheet *sheet, const char *name)
{
	for (size_t i = 0; sheet->matrix && i < sheet->matrix->ncells; i++)
		if (!strcmp(sheet->matrix->cells[i].name, name))
			return &sheet->matrix->cells[i];
	return NULL;
}

static bool cell_known(const struct sheet_target *t, const char *name)
{
	for (size_t i = 0; i < t->history.ncells; i++)
		if (!strcmp(t->history.cells[i].name, name))
			return true;
	return false;
}

static bool emulated(const struct machine *machine)
{
	return machine->kind == MACHINE_BOCHS || (machine->accel && !strcmp(machine->accel, "tcg"));
}

/* Parts of the patches that a target's port leaves out: nothing there can have tested them. */
static void left_out(struct context *c, struct sheet *sheet, const struct sheet_target *t)
{
	for (size_t p = 0; p < t->port->n; p++) {
		const struct port_patch *patch = &t->port->items[p];
		const char *place = patch_place(c->arena, sheet->series, patch->patch);

		if (patch->mark == MARK_SKIPPED && patch->why)
			tally_add(c->arena, &sheet->not_tested,
				  arena_printf(c->arena, "patch %s: %s", place,
					       text_shown(c->arena, patch->why)),
				  t->name);
		for (size_t h = 0; h < patch->answer.n; h++) {
			const struct hunk_fate *fate = &patch->answer.items[h];

			if (fate->mark == MARK_SKIPPED && fate->evidence)
				tally_add(c->arena, &sheet->not_tested,
					  text_shown(c->arena,
						     arena_printf(c->arena,
								  "%s of patch %s is not there: %s",
								  fate->path, place,
								  fate->evidence)),
					  t->name);
		}
	}
}

static void whole_target(struct context *c, struct sheet *sheet, const struct sheet_target *t)
{
	const char *why = t->port->mark == MARK_CONFLICT ? "a patch conflicts" :
			  t->unchanged			 ? "the kernel has all of the series: "
							   "there is nothing to compare" :
			  !t->built			 ? "not built" :
			  !t->tested			 ? "built, not booted" :
							   NULL;

	if (why)
		tally_add(c->arena, &sheet->not_tested, why, t->name);
	for (size_t i = 0; why == NULL && sheet->matrix && i < sheet->matrix->ncells; i++) {
		const struct cell *cell = &sheet->matrix->cells[i];

		if (cell_covers(cell, t->port->kernel.name) && !cell_known(t, cell->name))
			tally_add(c->arena, &sheet->not_tested,
				  arena_printf(c->arena, "cell %s%s was not run", cell->name,
					       cell->by_default ? "" :
								  ", which is none by default,"),
				  t->name);
	}
}

/* Tests that could not run there, with or without. */
static void skipped(struct context *c, struct sheet *sheet)
{
	for (size_t i = 0; i < sheet->nrows; i++) {
		const struct result_row *row = &sheet->rows[i];

		if (row->test->class == CLASS_SKIPPED)
			tally_add(c->arena, &sheet->not_tested,
				  text_shown(c->arena,
					     arena_printf(c->arena, "%s skips with and without%s%s",
							  row->test->name,
							  *row->test->why ? ": " : "",
							  row->test->why)),
				  row->where);
	}
}

/* Processors and hardware that no cell had. */
static void machines(struct context *c, struct sheet *sheet)
{
	static const struct {
		const char *vendor, *words;
	} vendors[] = { { "kvm_intel", "Intel (VMX): no machine with kvm_intel ran" },
			{ "kvm_amd", "AMD (SVM): no machine with kvm_amd ran" } };
	bool ran[ARRAY_SIZE(vendors)] = { false }, any = false, hardware = false;

	for (size_t i = 0; i < sheet->n; i++)
		for (size_t k = 0; k < sheet->items[i].history.ncells; k++) {
			const struct cell *cell =
				sheet_cell(sheet, sheet->items[i].history.cells[k].name);

			if (!cell)
				continue;
			any = true;
			hardware |= !emulated(cell->machine);
			for (size_t v = 0; v < ARRAY_SIZE(vendors); v++)
				ran[v] |= !strcmp(cell->machine->vendor, vendors[v].vendor) ||
					  !strcmp(cell->machine->vendor, "any");
		}
	for (size_t v = 0; v < ARRAY_SIZE(vendors) && any; v++)
		if (!ran[v])
			tally_add(c->arena, &sheet->not_tested, vendors[v].words, "all targets");
	if (any && !hardware)
		tally_add(c->arena, &sheet->not_tested, "hardware: every machine was emulated",
			  "all targets");
}

void sheet_untested(struct context *c, struct sheet *sheet)
{
	for (size_t i = 0; i < sheet->n; i++)
		whole_target(c, sheet, &sheet->items[i]);
	for (size_t i = 0; i < sheet->n; i++)
		left_out(c, sheet, &sheet->items[i]);
	skipped(c, sheet);
	machines(c, sheet);
}
