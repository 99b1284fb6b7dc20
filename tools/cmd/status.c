/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include "base/fail.h"
#include "cmd/commands.h"
#include "cmd/ports.h"
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

static int status_print(struct context *c, const struct ports *ports)
{
	struct report report = { ports->series, ports->items, ports->n, ports->pack, NULL };
	struct text out __free_text = TEXT_INIT;

	if (c->json) {
		json_t *json __free(json) = report_json(&report);

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
		"branches of the store are up to date. Writes nothing. Without a target: every "
		"one of ci/targets.conf that the store has. Exit code 3 when a patch conflicts "
		"on a target.",
	.words = WORDS_TARGETS,
	.run = status_run,
};
