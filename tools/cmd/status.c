/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include "base/fail.h"
#include "base/file.h"
#include "cmd/commands.h"
#include "cmd/proving.h"
#include "cmd/report.h"
#include "cmd/screen.h"

/* What stands in the store against what applying would give. */
static void branch_states(struct context *c, struct text *out, const struct ports *ports)
{
	struct table table = { .columns = 3 };

	for (size_t i = 0; i < ports->n; i++) {
		const struct port *port = &ports->items[i];
		bool conflict = port->mark == MARK_CONFLICT;

		table_cell(c->arena, &table, TINT_NONE, "%s", port->kernel.name);
		table_cell(c->arena, &table, port->had ? TINT_HEAD : TINT_DIM, "%s",
			   port->had ? port->ref + strlen("refs/") : "-");
		table_cell(c->arena, &table,
			   conflict || (port->had && port->changed) ? TINT_LOOK : TINT_DIM, "%s",
			   conflict && port->had ? "made before, conflicts now" :
			   conflict		 ? "conflicts" :
			   !port->had		 ? "not applied" :
			   port->changed	 ? "out of date: apply again" :
						   "up to date");
	}
	text_adds(out, "\nBranches:\n");
	table_write(out, &table, 2, c->color);
}

/* Of one tree on a target: what the results say. */
static int tree_letters(struct context *c, struct results *results, const struct port *port,
			const git_oid *tree, const char *series, char **letters)
{
	struct proof_state state;

	if (results_state(results, series, port->kernel.name, tree, &state))
		return -1;
	*letters = arena_printf(c->arena, "%s%s%s",
				state.build_failed ? "B!" :
				state.built	   ? "B" :
						     "",
				!state.audited	? "" :
				state.found	? "V!" :
				state.unaudited ? "V?" :
						  "V",
				!state.tested ? "" :
				state.red     ? "T!" :
				state.unknown ? "T?" :
						"T");
	return 0;
}

/*
 * What series build, verify and test found out about just these trees: a patch
 * has what is known of its own commit, else what is known of the whole. Without
 * a database nothing is known, and none is made.
 */
static int status_letters(struct context *c, const struct ports *ports, char ***letters)
{
	const char *path = proving_database(c->arena);
	size_t npatches = ports->series->n;
	struct results *results __free(results) = NULL;

	*letters = arena_alloc(c->arena, (ports->n * npatches + 1) * sizeof(**letters));
	for (size_t i = 0; i < ports->n * npatches; i++)
		(*letters)[i] = "";
	if (!path)
		return -1;
	if (file_kind(path) != 2)
		return 0;
	if (results_open(path, &results))
		return -1;
	for (size_t i = 0; i < ports->n; i++) {
		const struct port *port = &ports->items[i];
		char *whole;

		if (port->mark == MARK_CONFLICT)
			continue;
		if (tree_letters(c, results, port, &port->tree, ports->series->name, &whole))
			return -1;
		for (size_t p = 0; p < npatches; p++) {
			char **own = &(*letters)[i * npatches + p];

			if (!port->items[p].committed)
				continue;
			if (tree_letters(c, results, port, &port->items[p].tree,
					 ports->series->name, own))
				return -1;
			*own = **own ? *own : whole;
		}
	}
	return 0;
}

static json_t *state_json(const char *letters, char letter)
{
	const char *at = strchr(letters, letter);

	return !at	    ? json_null() :
	       at[1] == '!' ? json_string("bad") :
	       at[1] == '?' ? json_string("unknown") :
			      json_string("good");
}

/* Beside what apply would print: what is known of each patch. */
static void add_states(json_t *json, const struct report *report)
{
	json_t *targets = json_object_get(json, "targets");

	for (size_t i = 0; i < report->n; i++) {
		json_t *patches = json_object_get(json_array_get(targets, i), "patches");

		for (size_t p = 0; p < report->series->n; p++) {
			const char *letters = report->letters[i * report->series->n + p];
			json_t *patch = json_array_get(patches, p);

			json_object_set_new(patch, "built", state_json(letters, 'B'));
			json_object_set_new(patch, "verified", state_json(letters, 'V'));
			json_object_set_new(patch, "tested", state_json(letters, 'T'));
		}
	}
}

static int status_print(struct context *c, const struct ports *ports)
{
	struct report report = { ports->series, ports->items, ports->n, ports->pack, NULL };
	char **letters;
	struct text out __free_text = TEXT_INIT;

	/* What is known of a tree is worth having, and no reason to fail. */
	if (status_letters(c, ports, &letters))
		context_say(c, "%s; B, V and T are left out", fail_message());
	else
		report.letters = letters;
	if (c->json) {
		json_t *json __free(json) = report_json(&report);

		if (report.letters)
			add_states(json, &report);
		text_add_json(&out, json);
		return context_print(c, &out);
	}
	text_addf(&out, "%s%s%s", tint_on(c->color, TINT_BOLD), ports->series->name,
		  tint_off(c->color, TINT_BOLD));
	if (ports->series->title) {
		text_adds(&out, ": ");
		text_add_shown(&out, slice_of(ports->series->title), false);
	}
	text_adds(&out, "\n\n");
	report_table(c->arena, &out, &report, c->width, c->color);
	if (report_remarks(c->arena, &out, &report, c->width, c->color))
		return -1;
	branch_states(c, &out, ports);
	return context_print(c, &out);
}

static int status_run(struct context *c)
{
	struct ports ports = { 0 };
	int code = -1;

	if (!ports_make(c, c->words, c->nwords, &ports))
		code = status_print(c, &ports);
	pack_free(ports.pack);
	for (size_t i = 0; i < ports.n && !code; i++)
		if (ports.items[i].mark == MARK_CONFLICT)
			code = EXIT_CONFLICT;
	return code;
}

const struct command command_status = {
	.name = "status",
	.summary = "say how each patch reaches each target",
	.args = "[TARGET...]",
	.description =
		"Ports the series in memory and shows the marks, patches by targets, and which "
		"branches of the store are up to date. B behind a mark: "
		"this very tree was built, V: verified, T: tested; ! behind a letter: it "
		"failed, ?: it could not be found out. Writes nothing. Without a target: every "
		"one of ci/targets.conf that the store has. Exit code 3 when a patch conflicts on a target.",
	.words = WORDS_TARGETS,
	.run = status_run,
};
