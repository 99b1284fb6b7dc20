/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include "cmd/test_list.h"

#include "base/fail.h"
#include "cmd/built.h"
#include "cmd/report.h"
#include "cmd/screen.h"

static bool test_wanted(const struct proof_ask *ask, const char *name)
{
	for (size_t i = 0; i < ask->nonly; i++)
		if (!strcmp(ask->only[i], name))
			return true;
	return !ask->nonly;
}

/* "qemu tcg, kvm_amd, 4096 MiB" */
static char *machine_words(struct arena *arena, const struct machine *machine)
{
	const char *vendor = machine->vendor && strcmp(machine->vendor, "any") ? machine->vendor :
										 NULL;

	return arena_printf(arena, "%s%s%s%s%s, %u MiB",
			    machine->kind == MACHINE_BOCHS ? "bochs" : "qemu",
			    machine->accel ? " " : "", machine->accel ? machine->accel : "",
			    vendor ? ", " : "", vendor ? vendor : "", machine->memory);
}

static void list_cell(struct context *c, struct text *out, const struct proving *proving,
		      const struct cell *cell, bool runs, const char *why)
{
	struct text names __free_text = TEXT_INIT;
	size_t n = 0;

	text_addf(out, "  %s%-8s%s %s", tint_on(c->color, TINT_HEAD), cell->name,
		  tint_off(c->color, TINT_HEAD), machine_words(c->arena, cell->machine));
	for (size_t i = 0; i < cell->suite->n; i++) {
		const struct suite_test *test = &cell->suite->items[i];

		if (!test_wanted(&proving->ask, test->name))
			continue;
		text_addf(&names, " %s%s", test->name, test->prove ? "*" : "");
		n++;
	}
	if (!runs)
		text_addf(out, "; not by default: --cell %s", cell->name);
	else
		text_addf(out, "; %zu test%s", n, n == 1 ? "" : "s");
	text_addc(out, '\n');
	if (why) {
		struct text safe __free_text = TEXT_INIT;

		text_adds(&safe, "cannot be had here: ");
		text_add_shown(&safe, slice_of(why), false);
		text_add_filled(out, text_slice(&safe), 11, c->width);
	}
	if (runs)
		text_add_filled(out, text_slice(&names), 11, c->width);
}

static json_t *cell_json(const struct proving *proving, const struct kernel *kernel,
			 const struct cell *cell, const char *why)
{
	json_t *json = json_object(), *tests = json_array();

	for (size_t i = 0; i < cell->suite->n; i++) {
		json_t *test;

		if (!test_wanted(&proving->ask, cell->suite->items[i].name))
			continue;
		test = json_object();
		json_object_set_new(test, "name", json_shown(cell->suite->items[i].name));
		json_object_set_new(test, "prove", json_boolean(cell->suite->items[i].prove));
		json_array_append_new(tests, test);
	}
	json_object_set_new(json, "target", json_shown(kernel->name));
	json_object_set_new(json, "cell", json_shown(cell->name));
	json_object_set_new(json, "machine", json_shown(cell->machine->name));
	json_object_set_new(json, "runs", json_boolean(proving_wants(proving, cell, kernel->name)));
	json_object_set_new(json, "unavailable", json_shown(why));
	json_object_set_new(json, "tests", tests);
	return json;
}

/* Each cell that covers the kernel, and is not ruled out by --cell or
 * --machine. */
static int list_kernel(struct context *c, struct text *out, const struct proving *proving,
		       const struct kernel *kernel, json_t *cells, size_t *run)
{
	const struct matrix *matrix = &proving->matrix;
	bool chosen = proving->ask.cell || proving->ask.machine;

	text_addf(out, "%s%s%s\n", tint_on(c->color, TINT_BOLD), text_shown(c->arena, kernel->name),
		  tint_off(c->color, TINT_BOLD));
	for (size_t i = 0; i < matrix->ncells; i++) {
		const struct cell *cell = &matrix->cells[i];
		bool runs = proving_wants(proving, cell, kernel->name);
		char *why = NULL;
		int there;

		if (!cell_covers(cell, kernel->name) || (chosen && !runs))
			continue;
		there = machine_there(c->arena, cell->machine, &why);
		if (there < 0)
			return -1;
		*run += runs && there;
		list_cell(c, out, proving, cell, runs, there ? NULL : why);
		json_array_append_new(cells, cell_json(proving, kernel, cell, there ? NULL : why));
	}
	return 0;
}

int test_list(struct context *c, const char *const *words, size_t nwords,
	      const struct proving *proving)
{
	json_t *json __free(json) = json_object();
	json_t *cells = json_array();
	struct kernels kernels = { 0 };
	struct target_names missing = { 0 };
	struct text out __free_text = TEXT_INIT;
	size_t run = 0;

	json_object_set_new(json, "version", json_integer(1));
	json_object_set_new(json, "cells", cells);
	if (context_kernels(c, words, nwords, &kernels, &missing))
		return -1;
	for (size_t i = 0; i < kernels.n; i++)
		if (list_kernel(c, &out, proving, &kernels.items[i], cells, &run))
			return -1;
	text_adds(&out,
		  "\n* shows the series' own fix: should fail without it and pass with it.\n");
	if (c->json) {
		text_clear(&out);
		text_add_json(&out, json);
	}
	if (context_print(c, &out))
		return -1;
	return run ? EXIT_CLEAN : EXIT_INFRA;
}
