/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include "base/fail.h"
#include "cmd/commands.h"
#include "cmd/ports.h"
#include "cmd/report.h"
#include "cmd/screen.h"

/* One transaction for all targets: either each has its new commits, or none has. */
static int publish(struct context *c, struct ports *ports)
{
	struct ref_move *moves = arena_alloc(c->arena, (2 * ports->n + 1) * sizeof(*moves));
	size_t n = 0;

	for (size_t i = 0; i < ports->n; i++)
		n += port_moves(&ports->items[i], &moves[n]);
	if (!n)
		return 0;
	if (pack_finish(ports->pack) || context_interrupted())
		return -1;
	if (repo_move_refs(c->repo, moves, n,
			   arena_printf(c->arena, "series apply %s", ports->series->name)))
		return -1;
	return (int)n;
}

/* The targets with a conflict, or those without. */
static void names_add(struct text *out, const struct ports *ports, bool conflict)
{
	bool first = true;

	for (size_t i = 0; i < ports->n; i++) {
		if ((ports->items[i].mark == MARK_CONFLICT) != conflict)
			continue;
		text_addf(out, "%s%s", first ? "" : ", ", ports->items[i].kernel.name);
		first = false;
	}
}

/* The line that a reader wants first. */
static void verdict(struct context *c, struct text *out, const struct ports *ports, bool dry,
		    bool moved)
{
	struct text line __free_text = TEXT_INIT;
	size_t conflicts = 0;

	for (size_t i = 0; i < ports->n; i++)
		conflicts += ports->items[i].mark == MARK_CONFLICT;
	if (conflicts) {
		text_addf(&line, "%s", dry ? "Would conflict on " : "Conflict on ");
		names_add(&line, ports, true);
		text_adds(&line, ".");
	}
	if (conflicts < ports->n) {
		text_adds(&line, line.len ? " " : "");
		text_adds(&line, dry   ? "Dry run, would land on " :
				 moved ? "Landed on " :
					 "Nothing changed on ");
		names_add(&line, ports, false);
		text_adds(&line, ".");
	}
	text_addf(out, "%s%s%s: ", tint_on(c->color, TINT_BOLD), ports->series->name,
		  tint_off(c->color, TINT_BOLD));
	text_adds(out, tint_on(c->color, conflicts ? TINT_BAD : TINT_GOOD));

	struct text filled __free_text = TEXT_INIT;
	size_t indent = strlen(ports->series->name) + 2;

	text_add_filled(&filled, text_slice(&line), indent, c->width);
	text_addf(out, "%s%s\n", text_str(&filled) + indent, tint_off(c->color, TINT_BAD));
}

/* What git calls the kernel, as short as it may be. */
static const char *kernel_word(const struct kernel *kernel)
{
	static const char *const prefixes[] = { "refs/heads/", "refs/tags/", "refs/remotes/",
						"refs/" };

	for (size_t i = 0; kernel->ref && i < ARRAY_SIZE(prefixes); i++)
		if (!strncmp(kernel->ref, prefixes[i], strlen(prefixes[i])))
			return kernel->ref + strlen(prefixes[i]);
	return git_oid_tostr_s(&kernel->commit);
}

/* What the user is given to work with. */
static void branches(struct context *c, struct text *out, const struct ports *ports)
{
	struct table table = { .columns = 3 };
	const struct port *shown = NULL;

	for (size_t i = 0; i < ports->n; i++) {
		const struct port *port = &ports->items[i];

		if (port->mark == MARK_CONFLICT)
			continue;
		shown = shown ? shown : port;
		table_cell(c->arena, &table, TINT_NONE, "%s", port->kernel.name);
		table_cell(c->arena, &table, TINT_HEAD, "%s", port->ref + strlen("refs/"));
		table_cell(c->arena, &table, TINT_DIM, "%s",
			   !port->changed ? "unchanged" :
			   port->had	  ? "moved" :
					    "new");
	}
	if (!shown)
		return;
	text_adds(out, "\nBranches:\n");
	table_write(out, &table, 2, c->color);
	text_addf(out, "\nThe commits:       git -C %s log -p %s..%s\n",
		  path_word(c->arena, repo_path(c->repo)), kernel_word(&shown->kernel),
		  shown->ref + strlen("refs/"));
	text_addf(out, "Against upstream:  %s %s\n", context_invoke(c, "show"), shown->kernel.name);
}

static void next_steps(struct context *c, struct text *out, const struct ports *ports)
{
	size_t first = 0;

	for (size_t i = 0; i < ports->n; i++)
		if (ports->items[i].mark == MARK_CONFLICT)
			text_addf(out, "%sTo decide:         %s %s\n", first++ ? "" : "\n",
				  context_invoke(c, "resolve"), ports->items[i].kernel.name);
}

static int apply_print(struct context *c, const struct ports *ports, bool dry, bool moved)
{
	struct report report = { ports->series, ports->items, ports->n, ports->pack, NULL };
	struct text out __free_text = TEXT_INIT;

	if (c->json) {
		json_t *json __free(json) = report_json(&report);

		text_add_json(&out, json);
		return context_print(c, &out);
	}
	verdict(c, &out, ports, dry, moved);
	report_table(c->arena, &out, &report, c->width, c->color);
	if (option_given(c, "explain"))
		report_explain(&out, &report, c->width, c->color);
	else if (report_remarks(c->arena, &out, &report, c->width, c->color))
		return -1;
	next_steps(c, &out, ports);
	if (!dry)
		branches(c, &out, ports);
	return context_print(c, &out);
}

static int apply_run(struct context *c)
{
	bool dry = option_given(c, "dry-run");
	struct ports ports = { 0 };
	struct report report;
	struct person person;
	int moved = 0, code = -1;

	if (!ports_make(c, c->words, c->nwords, &ports)) {
		moved = dry ? 0 : publish(c, &ports);
		code = moved < 0 ? -1 : apply_print(c, &ports, dry, moved > 0);
		if (moved > 0 && !context_person(c, &person))
			context_say(
				c,
				"git configuration has no user.name and user.email: the commits carry no "
				"Signed-off-by of yours");
	}
	report = (struct report){ ports.series, ports.items, ports.n, ports.pack, NULL };
	pack_free(ports.pack);
	if (code < 0)
		return -1;
	return report_mark(&report) == MARK_CONFLICT ? EXIT_CONFLICT : EXIT_CLEAN;
}

static const struct command_option apply_options[] = {
	{ 'n', "dry-run", NULL, "say what would be, write nothing", NULL },
	{ '\0', "explain", NULL, "each hunk: its place, its method, and what each method said",
	  NULL },
};

const struct command command_apply = {
	.name = "apply",
	.summary = "port the series onto kernels",
	.args = "TARGET...",
	.description =
		"Ports every patch of the series onto each target, by the first method that is "
		"sure of itself, and prints how each got there and what differs from upstream.\n\n"
		"The commits go under refs/series/, all targets in one transaction; nothing "
		"else of the repository is touched. The same input gives the same commits, so "
		"applying again changes nothing. A target where a patch conflicts gets no "
		"commits (exit code 3); the others do.\n\n"
		"The backporter's Signed-off-by is that of git's user.name and user.email; "
		"without them there is none.",
	.options = apply_options,
	.noptions = ARRAY_SIZE(apply_options),
	.words = WORDS_TARGETS,
	.words_min = 1,
	.run = apply_run,
};
