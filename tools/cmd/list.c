/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include "base/fail.h"
#include "cmd/commands.h"
#include "cmd/report.h"
#include "cmd/screen.h"
#include "kernel/matrix.h"

struct inventory {
	struct conf_names series;
	const struct targets *targets;
	struct repo *repo; /* NULL: no store yet */
	struct kernels kernels;
};

static int inventory_take(struct context *c, struct inventory *all)
{
	const char *workspace = context_workspace(c);

	if (!workspace || series_names(c->arena, workspace, &all->series))
		return -1;
	all->targets = context_targets(c);
	if (!all->targets)
		return -1;
	all->repo = context_repo(c);
	/* No store yet is something to list, a store that was named and is none is not. */
	if (!all->repo)
		return c->store_name || fail_kind() != FAIL_USAGE ? -1 : 0;
	return repo_kernels(all->repo, c->arena, &all->kernels);
}

/* The kernel that a configured target stands for now; NULL. */
static int target_kernel(struct context *c, const struct inventory *all,
			 const struct target *target, struct kernel *kernel)
{
	return all->repo ? repo_kernel(all->repo, c->arena, target->name, kernel) : 0;
}

static int list_json(struct context *c, const struct inventory *all, struct text *out)
{
	json_t *json __free(json) = json_object();
	json_t *series = json_array(), *targets = json_array(), *kernels = json_array();

	json_object_set_new(json, "version", json_integer(1));
	json_object_set_new(json, "series", series);
	json_object_set_new(json, "targets", targets);
	json_object_set_new(json, "kernels", kernels);
	for (size_t i = 0; i < all->series.n; i++)
		json_array_append_new(series, json_shown(all->series.items[i]));
	for (size_t i = 0; i < all->targets->n; i++) {
		struct kernel kernel;
		json_t *target = json_object();
		int found = target_kernel(c, all, &all->targets->items[i], &kernel);

		json_array_append_new(targets, target);
		if (found < 0)
			return -1;
		json_object_set_new(target, "target", json_shown(all->targets->items[i].name));
		json_object_set_new(target, "kernel",
				    found ? json_shown(kernel.name) : json_null());
	}
	for (size_t i = 0; i < all->kernels.n; i++)
		json_array_append_new(kernels, json_shown(all->kernels.items[i].name));
	text_add_json(out, json);
	return 0;
}

static int list_series(struct context *c, const struct inventory *all, struct text *out)
{
	struct table table = { .columns = 3 };

	for (size_t i = 0; i < all->series.n; i++) {
		struct text title __free_text = TEXT_INIT;
		struct series series;

		if (series_read(c->arena, c->workspace, all->series.items[i], &series))
			return -1;
		text_add_shown(&title, slice_of(series.title ? series.title : ""), false);
		table_cell(c->arena, &table, TINT_BOLD, "%s", series.name);
		table_cell(c->arena, &table, TINT_NONE, "%zu patch%s", series.n,
			   series.n == 1 ? "" : "es");
		table_cell(c->arena, &table, TINT_NONE, "%s", text_str(&title));
	}
	text_adds(out, all->series.n ? "Series:\n" :
				       "Series: none; take one in with: series import MBOX\n");
	table_write(out, &table, 2, c->color);
	return 0;
}

static int list_targets(struct context *c, const struct inventory *all, struct text *out)
{
	struct table table = { .columns = 2 };

	for (size_t i = 0; i < all->targets->n; i++) {
		const struct target *target = &all->targets->items[i];
		struct kernel kernel;
		int found = target_kernel(c, all, target, &kernel);

		if (found < 0)
			return -1;
		table_cell(c->arena, &table, TINT_BOLD, "%s", target->name);
		if (found)
			table_cell(c->arena, &table, TINT_NONE, "%s", kernel.name);
		else
			table_cell(c->arena, &table, TINT_DIM, "not in the store; series fetch %s",
				   target->name);
	}
	text_adds(out, "\nTargets:\n");
	table_write(out, &table, 2, c->color);
	return 0;
}

static void list_kernels(struct context *c, const struct inventory *all, struct text *out)
{
	struct text names __free_text = TEXT_INIT;

	if (!all->repo) {
		text_adds(out, "\nStore: none yet; series fetch makes one\n");
		return;
	}
	text_adds(out, "\nKernels in the store ");
	text_adds(out, path_word(c->arena, repo_path(all->repo)));
	text_addf(out, ":%s\n", all->kernels.n ? "" : " none");
	for (size_t i = 0; i < all->kernels.n; i++)
		text_addf(&names, "%s ", all->kernels.items[i].name);
	if (all->kernels.n)
		text_add_filled(out, text_slice(&names), 2, c->width);
}

/* Of ci/matrix.conf: for series test. */
static int list_matrix(struct context *c, const char *which, struct text *out)
{
	struct matrix matrix;

	if (matrix_read(c->arena, c->workspace, &matrix))
		return -1;
	for (size_t i = 0; !strcmp(which, "cells") && i < matrix.ncells; i++)
		text_addf(out, "%s\n", matrix.cells[i].name);
	for (size_t i = 0; !strcmp(which, "machines") && i < matrix.nmachines; i++)
		text_addf(out, "%s\n", matrix.machines[i].name);
	for (size_t i = 0; !strcmp(which, "tests") && i < matrix.nsuites; i++)
		for (size_t k = 0; k < matrix.suites[i].n; k++)
			text_addf(out, "%s\n", matrix.suites[i].items[k].name);
	return context_print(c, out);
}

/* For scripts and the shell's completion: one name a line. */
static int list_names(struct context *c, const struct inventory *all, const char *which,
		      struct text *out)
{
	if (!strcmp(which, "series"))
		for (size_t i = 0; i < all->series.n; i++)
			text_addf(out, "%s\n", all->series.items[i]);
	if (!strcmp(which, "targets"))
		for (size_t i = 0; i < all->targets->n; i++)
			text_addf(out, "%s\n", all->targets->items[i].name);
	if (strcmp(which, "series") != 0)
		for (size_t i = 0; i < all->kernels.n; i++)
			text_addf(out, "%s\n", all->kernels.items[i].name);
	return context_print(c, out);
}

static int list_run(struct context *c)
{
	struct inventory all = { 0 };
	struct text out __free_text = TEXT_INIT;
	const char *names = option_value(c, "names");

	if (names &&
	    (!strcmp(names, "cells") || !strcmp(names, "machines") || !strcmp(names, "tests")))
		return context_workspace(c) ? list_matrix(c, names, &out) : -1;
	if (inventory_take(c, &all))
		return -1;
	if (names)
		return list_names(c, &all, names, &out);
	if (c->json) {
		if (list_json(c, &all, &out))
			return -1;
		return context_print(c, &out);
	}
	if (list_series(c, &all, &out) || list_targets(c, &all, &out))
		return -1;
	list_kernels(c, &all, &out);
	return context_print(c, &out);
}

static const struct command_option list_options[] = {
	{ '\0', "names", "WHAT",
	  "one name a line: series, targets (with the store's kernels), kernels, or of ci/matrix.conf cells, machines, tests",
	  "series targets kernels cells machines tests" },
};

const struct command command_list = {
	.name = "list",
	.summary = "list the series, the targets and the kernels in the store",
	.args = "",
	.description =
		"What this workspace has: its series, the targets of ci/targets.conf with the "
		"kernel that each stands for now, and all kernels of the store.",
	.options = list_options,
	.noptions = ARRAY_SIZE(list_options),
	.words = WORDS_NONE,
	.run = list_run,
};
