/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include "cmd/help.h"

#include "base/fail.h"
#include "cmd/commands.h"
#include "cmd/options.h"
#include "cmd/screen.h"

const struct command *command_find(struct arena *arena, const char *name)
{
	const char **names = arena_alloc(arena, (ncommands + 1) * sizeof(*names));
	const char *near;
	size_t n = 0;

	for (size_t i = 0; i < ncommands; i++) {
		if (!strcmp(commands[i]->name, name))
			return commands[i];
		names[n++] = commands[i]->name;
	}
	near = word_near(name, names);
	if (near)
		fail_as(FAIL_USAGE, "no command '%s'; did you mean '%s'?", name, near);
	else
		fail_as(FAIL_USAGE, "no command '%s'; 'series help' lists them", name);
	return NULL;
}

/* "-C, --directory DIR" */
static void option_usage(struct text *out, const struct command_option *o)
{
	if (o->letter)
		text_addf(out, "-%c, ", o->letter);
	else
		text_adds(out, "    ");
	text_addf(out, "--%s", o->name);
	if (o->value)
		text_addf(out, o->choices ? "=%s" : " %s", o->value);
}

/* A name and what it is, the second filled beside the first in its column. */
static void entry_write(struct text *out, const char *name, const char *what, size_t column,
			unsigned int width)
{
	struct text filled __free_text = TEXT_INIT;
	size_t used = 2 + text_columns(slice_of(name));

	text_add_filled(&filled, slice_of(what), column, width);
	text_addf(out, "  %s", name);
	if (used + 1 < column)
		text_addf(out, "%*s%s", (int)(column - used), "", text_str(&filled) + column);
	else
		text_addf(out, "\n%s", text_str(&filled));
}

static void options_write(struct text *out, const struct command_option *options, size_t n,
			  unsigned int width)
{
	for (size_t i = 0; i < n; i++) {
		struct text usage __free_text = TEXT_INIT;

		option_usage(&usage, &options[i]);
		entry_write(out, text_str(&usage), options[i].help, 26, width);
	}
}

void help_program(struct text *out, unsigned int width)
{
	width = width > 100 ? 100 : width;
	text_adds(out, "usage: series [OPTION]... COMMAND [OPTION]... [WORD]...\n\n"
		       "series keeps a patch series alive on many stable kernels.\n\ncommands:\n");
	for (size_t i = 0; i < ncommands; i++)
		entry_write(out, commands[i]->name, commands[i]->summary, 14, width);
	text_adds(out, "\noptions of every command:\n");
	options_write(out, global_options, nglobal_options, width);
	text_adds(out,
		  "\nStart with: series apply v6.12.  More: series help COMMAND, man series.\n");
}

void help_command(struct text *out, const struct command *command, unsigned int width)
{
	struct slice rest = slice_of(command->description), paragraph;

	width = width > 100 ? 100 : width;
	text_addf(out, "usage: series %s%s%s%s\n\n", command->name,
		  command->noptions ? " [OPTION]..." : "", *command->args ? " " : "",
		  command->args);
	while (rest.n) {
		ptrdiff_t end = slice_find(rest, SLICE("\n\n"));

		paragraph = (struct slice){ rest.p, end < 0 ? rest.n : (size_t)end };
		rest = slice_skip(rest, paragraph.n + 2);
		text_add_filled(out, paragraph, 0, width);
		text_addc(out, '\n');
	}
	if (command->noptions) {
		text_adds(out, "options:\n");
		options_write(out, command->options, command->noptions, width);
		text_addc(out, '\n');
	}
	text_adds(out, "Options of every command: series help.\n");
}

static int help_run(struct context *c)
{
	struct text out __free_text = TEXT_INIT;
	const struct command *command = NULL;

	if (option_given(c, "man")) {
		help_man(&out);
	} else if (option_given(c, "completion")) {
		help_completion(&out);
	} else {
		if (c->nwords)
			command = command_find(c->arena, c->words[0]);
		if (c->nwords && !command)
			return -1;
		if (command)
			help_command(&out, command, c->width);
		else
			help_program(&out, c->width);
	}
	return context_print(c, &out) ? -1 : EXIT_CLEAN;
}

static const struct command_option help_options[] = {
	{ '\0', "man", NULL, "print the man page, docs/series.1", NULL },
	{ '\0', "completion", NULL, "print bash's completion, docs/series.bash", NULL },
};

const struct command command_help = {
	.name = "help",
	.summary = "say what a command does",
	.args = "[COMMAND]",
	.description = "Without a word: all commands, and the options that every one takes.",
	.options = help_options,
	.noptions = ARRAY_SIZE(help_options),
	.words = WORDS_COMMANDS,
	.words_max = 1,
	.run = help_run,
	.no_json = true,
};
