/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * series: keeps a patch series alive on many stable kernels.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/fail.h"
#include "cmd/commands.h"
#include "cmd/help.h"
#include "cmd/options.h"
#include "cmd/quick.h"
#include "cmd/screen.h"
#if __has_include("version.h")
#include "version.h"
#endif
#ifndef SERIES_VERSION
#define SERIES_VERSION "0.1"
#endif
#ifndef SERIES_BUILD
#define SERIES_BUILD "unknown build"
#endif

const char *const program_version = SERIES_VERSION " (" SERIES_BUILD ")";

const struct command *const commands[] = {
	&command_fetch,	 &command_apply,     &command_status, &command_show,	&command_resolve,
	&command_verify, &command_build,     &command_test,   &command_ci,	&command_import,
	&command_update, &command_export,    &command_failed, &command_history, &command_report,
	&command_list,	 &command_port_tree, &command_help,
};
const size_t ncommands = ARRAY_SIZE(commands);

const struct command_option global_options[] = {
	{ 'C', "directory", "DIR", "the workspace is in DIR or above it, not where we are", NULL },
	{ '\0', "series", "NAME", "which series, where the workspace has more than one", NULL },
	{ '\0', "store", "DIR", "the kernel store: a bare repository, or your own clone", NULL },
	{ '\0', "json", NULL, "print JSON (see docs/json.md)", NULL },
	{ 'q', "quiet", NULL, "no progress, no remarks: only results and failures", NULL },
	{ '\0', "color", "WHEN", "auto, always or never", "auto always never" },
	{ '\0', "version", NULL, "print version and build, and stop", NULL },
	{ 'h', "help", NULL, "print help for the command, and stop", NULL },
};
const size_t nglobal_options = ARRAY_SIZE(global_options);

static const struct option_table global_table = { global_options, ARRAY_SIZE(global_options) };

/* The signal that asked us to stop; 0: none. */
static volatile sig_atomic_t stopped;

static void stop(int signal)
{
	/* The second time means it: everything on disk is whole at any moment. */
	if (stopped)
		_exit(EXIT_INTERRUPTED);
	stopped = signal;
}

int context_interrupted(void)
{
	return stopped ? fail_as(FAIL_INTERRUPTED, "interrupted, nothing was changed") : 0;
}

static void signals_catch(void)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP };
	struct sigaction action = { .sa_handler = stop }; /* no SA_RESTART: waits end */
	struct sigaction before;

	sigemptyset(&action.sa_mask);
	for (size_t i = 0; i < ARRAY_SIZE(signals); i++)
		/* One that we were started without (nohup) stays ignored. */
		if (!sigaction(signals[i], NULL, &before) && before.sa_handler != SIG_IGN)
			sigaction(signals[i], &action, NULL);
	/* A reader that had enough (`series show | head`) is a failed write, not a death. */
	signal(SIGPIPE, SIG_IGN);
}

static enum exit_code exit_of(enum fail_kind kind)
{
	switch (kind) {
	case FAIL_USAGE:
		return EXIT_USAGE;
	case FAIL_POLICY:
		return EXIT_POLICY;
	case FAIL_BUSY:
		return EXIT_BUSY;
	case FAIL_INTERRUPTED:
		return EXIT_INTERRUPTED;
	case FAIL_INFRA:
		break;
	}
	return EXIT_INFRA;
}

static bool step(void *data, const char *what, uint64_t done, uint64_t total, const char *unit)
{
	if (data)
		drawer_step(data, what, done, total, unit);
	return !stopped;
}

static unsigned int screen_width(int fd)
{
	struct winsize size;

	return !ioctl(fd, TIOCGWINSZ, &size) && size.ws_col >= 20 ? size.ws_col : 80;
}

static void context_init(struct context *c, const struct command_values *global)
{
	const char *color = values_get(global, "color"), *no_color = getenv("NO_COLOR"),
		   *term = getenv("TERM");
	const char *dir = values_get(global, "directory"), *store = getenv("SERIES_STORE");

	c->terminal = isatty(STDOUT_FILENO);
	c->width = c->terminal ? screen_width(STDOUT_FILENO) : 80;
	c->color = color && strcmp(color, "auto") ? !strcmp(color, "always") :
						    c->terminal && !(no_color && *no_color) &&
							    term && strcmp(term, "dumb") != 0;
	c->json = values_get(global, "json") != NULL;
	c->quiet = values_get(global, "quiet") != NULL;
	c->dir = dir ? dir : ".";
	c->series_name = values_get(global, "series");
	c->store_name = values_get(global, "store");
	if (!c->store_name && store && *store)
		c->store_name = store;
	if (!c->quiet && isatty(STDERR_FILENO) && term && strcmp(term, "dumb") != 0)
		c->drawer = drawer_new(c->arena, STDERR_FILENO, screen_width(STDERR_FILENO));
	c->progress = (struct progress){ step, c->drawer };
}

/* Too few words or too many for the command, or JSON asked of one that has none? */
static int words_check(const struct context *c)
{
	const struct command *command = c->command;

	if (c->nwords < command->words_min)
		return fail_as(FAIL_USAGE, "what to work on is missing; usage: series %s %s",
			       command->name, command->args);
	if (command->words_max && c->nwords > command->words_max)
		return fail_as(FAIL_USAGE, "'%s' is one word too many; usage: series %s %s",
			       c->words[command->words_max], command->name, command->args);
	if (command->no_json && c->json)
		return fail_as(FAIL_USAGE, "series %s prints no JSON", command->name);
	if (command->words == WORDS_NONE && c->nwords)
		return fail_as(FAIL_USAGE, "'%s': series %s takes no words", c->words[0],
			       command->name);
	return 0;
}

static int failed(const struct context *c, const char *name)
{
	struct text line __free_text = TEXT_INIT;

	drawer_clear(c->drawer);
	text_add_shown(&line, slice_of(stopped ? "interrupted" : fail_message()), false);
	fprintf(stderr, "series%s%s: %s\n", name ? " " : "", name ? name : "", text_str(&line));
	return stopped ? EXIT_INTERRUPTED : (int)exit_of(fail_kind());
}

static int print_version(struct context *c)
{
	struct text out __free_text = TEXT_INIT;

	text_addf(&out, "series %s\n", program_version);
	return context_print(c, &out) ? failed(c, NULL) : EXIT_CLEAN;
}

static int print_help(struct context *c, const struct command *command)
{
	struct text out __free_text = TEXT_INIT;

	if (command)
		help_command(&out, command, c->width);
	else
		help_program(&out, c->width);
	return context_print(c, &out) ? failed(c, NULL) : EXIT_CLEAN;
}

/* Everything behind the command's name, read and run. */
static int run(struct context *c, int argc, const char **argv, const struct command_values *before)
{
	const struct option_table own = { c->command->options, c->command->noptions };
	struct command_values values = { 0 };

	for (size_t i = 0; i < before->n; i++)
		*arena_push(c->arena, &values) = before->items[i];
	if (options_read(c->arena, argc, argv, &global_table, &own, false, &values))
		return failed(c, c->command->name);
	c->values = &values;
	c->words = values.words;
	c->nwords = values.nwords;
	context_init(c, &values);
	if (values_get(&values, "version"))
		return print_version(c);
	if (values_get(&values, "help"))
		return print_help(c, c->command);
	if (words_check(c))
		return failed(c, c->command->name);

	int code = c->command->run(c);

	drawer_clear(c->drawer);
	if (code < 0)
		code = failed(c, c->command->name);
	repo_free(c->repo);
	return code;
}

/* The command's own arguments, as popt wants them: its name first. */
static const char **argv_behind(struct arena *arena, const struct command_values *before)
{
	const char **argv = arena_alloc(arena, (before->nwords + 1) * sizeof(*argv));

	for (size_t i = 0; i < before->nwords; i++)
		argv[i] = before->words[i];
	return argv;
}

int main(int argc, char **argv)
{
	struct arena *arena __free(arena) = arena_new();
	struct context c = { .arena = arena, .dir = "." };
	struct command_values before = { 0 };

	quick_start();
	signals_catch();
	if (options_read(arena, argc, (const char **)argv, &global_table, NULL, true, &before))
		return failed(&c, NULL);
	context_init(&c, &before);
	if (values_get(&before, "version"))
		return print_version(&c);
	if (!before.nwords) {
		if (values_get(&before, "help"))
			return print_help(&c, NULL);
		fail_as(FAIL_USAGE, "what to do? 'series help' lists the commands");
		return failed(&c, NULL);
	}
	c.command = command_find(arena, before.words[0]);
	if (!c.command)
		return failed(&c, NULL);
	return run(&c, (int)before.nwords, argv_behind(arena, &before), &before);
}
