/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include "cmd/ci.h"

#include <limits.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/fail.h"
#include "base/file.h"
#include "cmd/commands.h"

/* What the kernel puts behind a name whose file was replaced, by an upgrade in the middle of a tick: what is there now will do. */
#define REPLACED " (deleted)"

/* The program itself: what a task runs, here or on another machine. */
static char *program_path(struct arena *arena)
{
	char path[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 1);

	if (n <= 0) {
		fail_errno("cannot find this program (/proc/self/exe)");
		return NULL;
	}
	if (slice_ends((struct slice){ path, (size_t)n }, REPLACED))
		n -= (ssize_t)strlen(REPLACED);
	return arena_copy(arena, path, (size_t)n);
}

/* Tasks run in folders of their own. */
static char *store_path_full(const struct ci *ci)
{
	char path[PATH_MAX];

	if (realpath(repo_path(ci->context->repo), path))
		return arena_strdup(ci->arena, path);
	fail_errno("%s", repo_path(ci->context->repo));
	return NULL;
}

/* --series, else those of the settings, else all of the workspace. */
static int series_open(struct ci *ci)
{
	struct context *c = ci->context;
	const char *const *names = (const char *const *)ci->settings.series;
	size_t n = ci->settings.nseries;
	struct conf_names all = { 0 };

	if (c->series_name) {
		names = &c->series_name;
		n = 1;
	} else if (!n) {
		if (series_names(ci->arena, ci->workspace, &all))
			return -1;
		names = all.items;
		n = all.n;
	}
	if (!n)
		return fail_as(FAIL_USAGE,
			       "no series in %s/series; take one in with 'series import MBOX'",
			       ci->workspace);
	ci->series = arena_alloc(ci->arena, n * sizeof(*ci->series));
	for (size_t i = 0; i < n; i++)
		if (series_read(ci->arena, ci->workspace, names[i], &ci->series[i]))
			return -1;
	ci->nseries = n;
	return 0;
}

int ci_open(struct context *c, struct ci *ci)
{
	*ci = (struct ci){ .context = c, .arena = c->arena, .now = time(NULL) };
	ci->workspace = context_workspace(c);
	ci->targets = ci->workspace ? context_targets(c) : NULL;
	if (!ci->targets || settings_read(ci->arena, ci->workspace, ci->targets, &ci->settings) ||
	    matrix_read(ci->arena, ci->workspace, &ci->matrix) || series_open(ci))
		return -1;
	ci->program = program_path(ci->arena);
	ci->cache = ci->program ? file_cache_dir(ci->arena) : NULL;
	ci->state = ci->cache ? results_home(ci->arena) : NULL;
	ci->home = ci->state ? ci_home(ci->arena, ci->state) : NULL;
	if (!ci->home || !context_repo_create(c) || !(ci->store = store_path_full(ci)))
		return -1;
	return results_open(arena_printf(ci->arena, "%s/results.db", ci->state), &ci->journal);
}

void ci_close(struct ci *ci)
{
	pack_free(ci->pack);
	results_free(ci->journal);
}

static int line_port(struct ci *ci, struct plan_line *line, const struct person *person)
{
	struct kernel kernel = line->watched->kernel;
	struct port_ask ask = { .workspace = ci->workspace,
				.repo = ci->context->repo,
				.series = line->series,
				.kernel = &kernel,
				.backporter = *person };

	/* A release is its branch's newest: whoever asks for v6.1 gets it. */
	if (line->watched->watch->kind == WATCH_RELEASE)
		kernel.asked = line->watched->target->name;
	if (!progress_step(&ci->context->progress,
			   arena_printf(ci->arena, "porting %s to %s", line->series->name,
					kernel.name),
			   0, 0, "") ||
	    context_interrupted())
		return context_interrupted();
	line->ported = true;
	return port_series(ci->arena, &ask, ci->pack, &line->port);
}

/* What cannot be ported (a record that is malformed, no spatch) says so, and keeps no other line from being worked on. */
static void line_drop(struct ci *ci, struct plan_line *line)
{
	struct watched *without = arena_new_of(ci->arena, struct watched);

	*without = *line->watched;
	without->there = false;
	without->why = arena_printf(ci->arena, "%s cannot be ported to %s: %s", line->series->name,
				    without->kernel.name, fail_message());
	line->watched = without;
	line->ported = false;
	line->trouble = without->why;
	line->port = (struct port){ .kernel = without->kernel };
	ci->trouble = ci->trouble ? ci->trouble : without->why;
}

int ci_port(struct ci *ci, struct plan_line *lines, size_t n)
{
	struct person person = { 0 };

	if (context_person(ci->context, &person) < 0)
		return -1;
	if (!ci->pack)
		ci->pack = pack_new(ci->context->repo);
	for (size_t i = 0; i < n; i++) {
		const struct watched *watched = lines[i].watched;

		/* One that --plan only saw at its source has no tree here yet. */
		if (!watched->there || !watched->kernel.ref)
			continue;
		if (!line_port(ci, &lines[i], &person))
			continue;
		if (fail_kind() == FAIL_INTERRUPTED)
			return -1;
		line_drop(ci, &lines[i]);
	}
	return 0;
}

int ci_look(struct ci *ci, bool look_only)
{
	struct watch_ask ask = { .settings = &ci->settings,
				 .targets = ci->targets,
				 .repo = ci->context->repo,
				 .journal = ci->journal,
				 .tick = ci->tick.id,
				 .cache = ci->cache,
				 .state = ci->state,
				 .look_only = look_only,
				 .now = ci->now,
				 .progress = &ci->context->progress };

	if (watch_look(ci->arena, &ask, &ci->watched))
		return -1;
	ci->nlines = ci->nseries * ci->watched.n;
	ci->lines = arena_alloc(ci->arena, (ci->nlines + 1) * sizeof(*ci->lines));
	for (size_t s = 0, i = 0; s < ci->nseries; s++)
		for (size_t w = 0; w < ci->watched.n; w++, i++)
			ci->lines[i] = (struct plan_line){ .series = &ci->series[s],
							   .watched = &ci->watched.items[w] };
	return ci_port(ci, ci->lines, ci->nlines) ? -1 : ci_replan(ci);
}

int ci_replan(struct ci *ci)
{
	struct plan_ask ask = { .workspace = ci->workspace,
				.settings = &ci->settings,
				.matrix = &ci->matrix,
				.repo = ci->context->repo,
				.journal = ci->journal,
				.lines = ci->lines,
				.nlines = ci->nlines,
				.program_version = program_version,
				.now = ci->now };

	return plan_make(ci->arena, &ask, &ci->plan);
}

static const struct watched *watched_of(const struct ci *ci, const char *line)
{
	for (size_t i = 0; i < ci->watched.n; i++)
		if (!strcmp(ci->watched.items[i].line, line))
			return &ci->watched.items[i];
	return NULL;
}

static const struct series *series_of(const struct ci *ci, const char *name)
{
	for (size_t i = 0; i < ci->nseries; i++)
		if (!strcmp(ci->series[i].name, name))
			return &ci->series[i];
	return NULL;
}

/* A line as a ruling has it: its kernel then, which need not be its newest any more. 1, 0 (it is watched no more), -1. */
static int line_then(struct ci *ci, const struct ruling *ruling, struct plan_line *line)
{
	const struct watched *now = watched_of(ci, ruling->line);
	struct watched *then;
	int found;

	line->series = series_of(ci, ruling->series);
	if (!now || !line->series)
		return 0;
	then = arena_new_of(ci->arena, struct watched);
	*then = *now;
	found = repo_kernel(ci->context->repo, ci->arena, ruling->target, &then->kernel);
	then->there = found > 0;
	line->watched = then;
	return found;
}

int ci_lines_of_round(struct ci *ci, int64_t round, struct plan_line **lines, size_t *n)
{
	struct rulings rulings = { 0 };

	*n = 0;
	if (journal_standings(ci->journal, ci->arena, round + 1, false, &rulings))
		return -1;
	*lines = arena_alloc(ci->arena, (rulings.n + 1) * sizeof(**lines));
	for (size_t i = 0; i < rulings.n; i++) {
		struct plan_line line = { 0 };
		size_t k = 0;
		int found;

		/* The newest kernel of a line is what was applied last; it may have none any more. */
		if (rulings.items[i].kind != PROOF_APPLY || !*rulings.items[i].target)
			continue;
		while (k < *n && (strcmp((*lines)[k].series->name, rulings.items[i].series) != 0 ||
				  strcmp((*lines)[k].watched->line, rulings.items[i].line) != 0))
			k++;
		found = k < *n ? 0 : line_then(ci, &rulings.items[i], &line);
		if (found < 0)
			return -1;
		if (found)
			(*lines)[(*n)++] = line;
	}
	return ci_port(ci, *lines, *n);
}

static const struct {
	const char *word;
	int (*run)(struct ci *ci);
} words[] = {
	{ "log", ci_log },
	{ "publish", ci_publish },
	{ "prune", ci_prune },
};

static int plan_print(struct ci *ci)
{
	if (ci->context->nwords)
		return fail_as(FAIL_USAGE, "--plan stands alone, without '%s'",
			       ci->context->words[0]);
	return ci_look(ci, true) ? -1 : ci_plan(ci);
}

/* What stands behind "ci": a part of it, or nothing: a tick. */
static int run_word(struct ci *ci)
{
	const struct context *c = ci->context;

	if (option_given(c, "plan"))
		return plan_print(ci);
	if (!c->nwords)
		return ci_tick(ci);
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (!strcmp(words[i].word, c->words[0]))
			return words[i].run(ci);
	return fail_as(FAIL_USAGE, "series ci has no '%s' (there are: %s)", c->words[0],
		       c->command->parts);
}

static int ci_run(struct context *c)
{
	struct ci ci;
	int code;

	if (option_given(c, "task"))
		return ci_task(c, option_value(c, "task"));
	if (c->nwords && !strcmp(c->words[0], "doctor"))
		return ci_doctor(c);
	code = ci_open(c, &ci) ? -1 : run_word(&ci);
	ci_close(&ci);
	return code;
}

static const struct command_option ci_options[] = {
	{ '\0', "plan", NULL, "say what a tick would do now, and why; do nothing", NULL },
	{ '\0', "fail-if-locked", NULL,
	  "exit with 75 when another tick is running; otherwise with 0", NULL },
	{ '\0', "dry-run", NULL, "prune: say what would go", NULL },
	{ '\0', "task", "DIR",
	  "do the one task that is ordered there: what a tick calls, here or on a cluster", NULL },
};

const struct command command_ci = {
	.name = "ci",
	.summary = "one tick of a stable CI, for cron or a systemd timer",
	.args = "[log [RUN] | doctor | publish | prune]",
	.description =
		"For cron or a systemd timer, every hour. Looks at the sources that ci/ci.conf names for new releases, release candidates and queues, "
		"carries the series onto them, builds, checks, boots and tests what has no result for exactly this input, judges it against the "
		"unpatched kernel and against the last run, publishes the site and mails what changed. With nothing new it says nothing and "
		"ends at once; while another tick runs, too.\n\n"
		"A tick that was killed is finished by the next one. What could not be found out for want of space, network or a machine "
		"counts neither as a pass nor as a regression.\n\n"
		"log shows the last runs and where each line stands, log RUN one run in full; doctor checks this installation and says what to "
		"mend; publish makes the site anew; prune takes away what is older or more than ci/ci.conf keeps. docs/ci.md says it all.\n\n"
		"Exit code 0 when all that this tick has found out is well or there was nothing to do, 1 when a verdict of it is red, 3 when its worst is a "
		"conflict, 125 when something could not be found out.",
	.options = ci_options,
	.noptions = ARRAY_SIZE(ci_options),
	.words = WORDS_PARTS,
	.parts = "log doctor publish prune",
	.run = ci_run,
};
