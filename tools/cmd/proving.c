/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include "cmd/proving.h"

#include <time.h>
#include <unistd.h>

#include "base/fail.h"
#include "base/file.h"
#include "cmd/options.h"

/* Refuse a name that the matrix does not have, with those that it has. */
static int name_check(struct context *c, const char *what, const char *name,
		      const char *const *known)
{
	struct text all __free_text = TEXT_INIT;
	const char *near;

	for (size_t i = 0; known[i]; i++) {
		if (!strcmp(known[i], name))
			return 0;
		text_addf(&all, "%s%s", i ? " " : "", known[i]);
	}
	near = word_near(name, known);
	if (near)
		return fail_as(FAIL_USAGE, "no %s '%s' in ci/matrix.conf; did you mean '%s'?", what,
			       name, near);
	return fail_as(FAIL_USAGE, "no %s '%s' in ci/matrix.conf (there are: %s)", what, name,
		       *known ? arena_strdup(c->arena, text_str(&all)) : "none");
}

static int cell_check(struct context *c, const struct proving *proving)
{
	const struct matrix *matrix = &proving->matrix;
	const char **cells = arena_alloc(c->arena, (matrix->ncells + 1) * sizeof(*cells));
	const char **machines = arena_alloc(c->arena, (matrix->nmachines + 1) * sizeof(*machines));

	for (size_t i = 0; i < matrix->ncells; i++)
		cells[i] = matrix->cells[i].name;
	for (size_t i = 0; i < matrix->nmachines; i++)
		machines[i] = matrix->machines[i].name;
	if (proving->ask.cell && name_check(c, "cell", proving->ask.cell, cells))
		return -1;
	if (proving->ask.machine && name_check(c, "machine", proving->ask.machine, machines))
		return -1;
	return 0;
}

/* Would the cell run for some target? */
static bool cell_chosen(const struct proving *proving, const struct cell *cell)
{
	const struct proof_ask *ask = &proving->ask;

	if (ask->cell && strcmp(ask->cell, cell->name) != 0)
		return false;
	if (ask->machine && strcmp(ask->machine, cell->machine->name) != 0)
		return false;
	return ask->cell || ask->machine || cell->by_default;
}

bool proving_wants(const struct proving *proving, const struct cell *cell, const char *kernel)
{
	return cell_chosen(proving, cell) && cell_covers(cell, kernel);
}

/* Each name of --only stands in a suite of the cells that would run. */
static int only_check(struct context *c, const struct proving *proving)
{
	const struct matrix *matrix = &proving->matrix;
	const char **names;
	size_t n = 0, most = 0;

	for (size_t i = 0; i < matrix->ncells; i++)
		most += matrix->cells[i].suite->n;
	names = arena_alloc(c->arena, (most + 1) * sizeof(*names));
	for (size_t i = 0; i < matrix->ncells; i++) {
		const struct suite *suite = matrix->cells[i].suite;
		size_t had = n;

		for (size_t k = 0; cell_chosen(proving, &matrix->cells[i]) && k < suite->n; k++) {
			bool known = false;

			for (size_t m = 0; m < had && !known; m++)
				known = !strcmp(names[m], suite->items[k].name);
			if (!known)
				names[n++] = suite->items[k].name;
		}
	}
	for (size_t i = 0; i < proving->ask.nonly; i++)
		if (name_check(c, "test", proving->ask.only[i], names))
			return -1;
	return 0;
}

int proving_jobs(const struct context *c, unsigned int *jobs)
{
	const char *given = option_value(c, "jobs");
	long cores = sysconf(_SC_NPROCESSORS_ONLN);
	unsigned long n = cores > 0 ? (unsigned long)cores : 1;

	if (given && (!slice_number(slice_of(given), 4096, &n) || !n))
		return fail_as(FAIL_USAGE, "--jobs takes a number from 1 to 4096, not '%s'", given);
	*jobs = (unsigned int)n;
	return 0;
}

static int jobs_read(const struct context *c, struct proof_ask *ask)
{
	if (proving_jobs(c, &ask->site.jobs))
		return -1;
	ask->cores = option_given(c, "jobs") ? ask->site.jobs : 0;
	return 0;
}

int proving_read(struct context *c, struct proving *proving)
{
	const char *workspace = context_workspace(c);
	struct proof_ask *ask = &proving->ask;

	if (!workspace || matrix_read(c->arena, workspace, &proving->matrix))
		return -1;
	ask->matrix = &proving->matrix;
	ask->cell = option_value(c, "cell");
	ask->each = option_given(c, "each");
	ask->fresh = ask->fresh || option_given(c, "fresh");
	ask->progress = &c->progress;
	ask->site = (struct build_site){ .workspace = workspace, .progress = &c->progress };
	return cell_check(c, proving) || only_check(c, proving) || jobs_read(c, ask) ? -1 : 0;
}

const char *proving_database(struct arena *arena)
{
	const char *home = results_home(arena);

	return home ? arena_printf(arena, "%s/results.db", home) : NULL;
}

/* "series test --only payload_test v6.1": as it was called, for the records. */
static char *command_line(struct context *c)
{
	struct text line __free_text = TEXT_INIT;

	text_addf(&line, "series %s", c->command->name);
	for (size_t i = 0; i < c->values->n; i++) {
		const struct option_value *v = &c->values->items[i];

		text_addf(&line, " --%s", v->option->name);
		if (v->option->value)
			text_addf(&line, "=%s", path_word(c->arena, v->value));
	}
	for (size_t i = 0; i < c->nwords; i++)
		text_addf(&line, " %s", path_word(c->arena, c->words[i]));
	return slice_str(c->arena, text_slice(&line));
}

/* `series ci --task` has no --sandbox: the best that works. */
static const char *sandbox_asked(const struct context *c)
{
	for (size_t i = 0; i < c->command->noptions; i++)
		if (!strcmp(c->command->options[i].name, "sandbox"))
			return option_value(c, "sandbox");
	return NULL;
}

int proving_sandbox(struct context *c, struct sandbox *sandbox)
{
	if (sandbox_probe(c->arena, sandbox_asked(c), sandbox))
		return -1;
	if (sandbox->kind == SANDBOX_NONE)
		context_say(c, "building without a sandbox, what the patches bring runs as you: %s",
			    sandbox->why ? sandbox->why : "asked for");
	return 0;
}

static int sandbox_choose(struct context *c, struct proving *proving)
{
	proving->ask.site.sandbox = &proving->sandbox;
	return proving_sandbox(c, &proving->sandbox);
}

/* Those that fit, for the proof. */
static void ports_choose(struct context *c, struct proving *proving)
{
	struct port *fit = arena_alloc(c->arena, (proving->ports.n + 1) * sizeof(*fit));

	for (size_t i = 0; i < proving->ports.n; i++)
		if (proving->ports.items[i].mark != MARK_CONFLICT)
			fit[proving->ask.nports++] = proving->ports.items[i];
	proving->ask.ports = fit;
}

static int ports_record(const struct proving *proving)
{
	const struct proof_ask *ask = &proving->ask;

	for (size_t i = 0; i < ask->nports; i++)
		if (results_step_put(proving->results, ask->series->name, ask->ports[i].kernel.name,
				     STEP_APPLIED, ask->ports[i].seconds))
			return -1;
	return 0;
}

int proving_run(struct context *c, const struct proving_home *home, struct proving *proving)
{
	struct proof_ask *ask = &proving->ask;
	struct run_record run = { .started = time(NULL),
				  .command = home->command ? arena_strdup(c->arena, home->command) :
							     command_line(c),
				  .version = arena_strdup(c->arena, program_version) };

	ports_choose(c, proving);
	ask->series = proving->ports.series;
	ask->site.repo = c->repo;
	ask->site.pack = proving->ports.pack;
	ask->site.cache = file_cache_dir(c->arena);
	if (!ask->site.cache)
		return -1;
	proving->evidence = ask->evidence = home->evidence;
	if (!ask->nports)
		return 0;
	run.series = ask->series->name;
	if (sandbox_choose(c, proving) || file_make_dirs(ask->evidence) ||
	    results_open(home->database, &proving->results) ||
	    results_run_begin(proving->results, &run))
		return -1;
	ask->results = proving->results;
	ask->run = run.id;
	if (ports_record(proving))
		return -1;
	if (proof_make(c->arena, ask, &proving->proof)) {
		if (fail_kind() == FAIL_INTERRUPTED)
			context_say(c, "what was complete is kept: the same command goes on there");
		return -1;
	}
	return results_run_end(proving->results, run.id);
}

int proving_make(struct context *c, const char *const *words, size_t nwords,
		 struct proving *proving)
{
	struct proving_home home = { .database = NULL };

	if (ports_make(c, words, nwords, &proving->ports))
		return -1;
	home.database = proving_database(c->arena);
	if (!home.database)
		return -1;
	home.evidence = arena_printf(c->arena, "%s/runs/%s", results_home(c->arena),
				     proving->ports.series->name);
	return proving_run(c, &home, proving);
}

void proving_release(struct proving *proving)
{
	results_free(proving->results);
	pack_free(proving->ports.pack);
}

const struct proof_target *proving_target(const struct proving *proving, const struct port *port)
{
	size_t at = 0;

	for (const struct port *p = proving->ports.items; p < port; p++)
		at += p->mark != MARK_CONFLICT;
	return port->mark != MARK_CONFLICT && at < proving->proof.n ? &proving->proof.items[at] :
								      NULL;
}
