/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Bash's completion, written from the tables. docs/series.bash is its output; a test says so.
 */
#define _GNU_SOURCE
#include "cmd/commands.h"
#include "cmd/help.h"

static void completion_words(struct text *out, const struct command_option *options, size_t n)
{
	for (size_t i = 0; i < n; i++)
		text_addf(out, " --%s%s", options[i].name, options[i].choices ? "=" : "");
}

static const char completion_tail[] =
	"	if [[ $cur == -* ]]; then\n"
	"		COMPREPLY=($(compgen -W \"$global $own\" -- \"$cur\"))\n"
	"		[[ ${COMPREPLY-} == *= ]] && compopt -o nospace\n"
	"		return\n"
	"	fi\n"
	"	case $words in\n"
	"	none) ;;\n"
	"	files) COMPREPLY=($(compgen -f -- \"$cur\")) ;;\n"
	"	commands) COMPREPLY=($(compgen -W \"$commands\" -- \"$cur\")) ;;\n"
	"	targets)\n"
	"		own=$(series \"${with[@]}\" list --names targets 2>/dev/null)\n"
	"		COMPREPLY=($(compgen -W \"$own\" -- \"$cur\")) ;;\n"
	"	*) COMPREPLY=($(compgen -W \"$words\" -- \"$cur\")) ;;\n"
	"	esac\n"
	"}\n"
	"complete -F _series series\n";

static const char completion_head[] =
	"# SPDX-License-Identifier: GPL-2.0-or-later\n"
	"# bash completion for series; written by: series help --completion\n"
	"_series()\n"
	"{\n"
	"	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}\n"
	"	local i command= own= words=commands of=\n"
	"	local -a with=()\n";

/* What stands before the word in hand: an option's value, or the command; -C and --store are handed
 * on. */
static const char completion_before[] =
	"	COMPREPLY=()\n"
	"	for ((i = 1; i < COMP_CWORD; i++)); do\n"
	"		case ${COMP_WORDS[i]} in\n"
	"		-C | --directory | --store | --series)\n"
	"			((i + 1 < COMP_CWORD)) && with+=(\"${COMP_WORDS[i]}\" \"${COMP_WORDS[i+1]}\")\n"
	"			((i++)) ;;\n"
	"		-* | = | auto | always | never) ;;\n"
	"		*) [[ $command ]] || command=${COMP_WORDS[i]} ;;\n"
	"		esac\n"
	"	done\n"
	"	[[ $cur == = ]] && cur=\n"
	"	[[ $prev == = ]] && prev=${COMP_WORDS[COMP_CWORD-2]}\n"
	"	case $prev in\n"
	"	-C | --directory | --store) COMPREPLY=($(compgen -d -- \"$cur\")); return ;;\n"
	"	--ktap | --junit) COMPREPLY=($(compgen -f -- \"$cur\")); return ;;\n"
	"	--series) of=series ;;\n"
	"	--cell) of=cells ;;\n"
	"	--machine) of=machines ;;\n"
	"	--only) of=tests ;;\n";

static const char completion_named[] =
	"	esac\n"
	"	if [[ $of ]]; then\n"
	"		own=$(series \"${with[@]}\" list --names $of 2>/dev/null)\n"
	"		COMPREPLY=($(compgen -W \"$own\" -- \"$cur\")); return\n"
	"	fi\n"
	"	case $command in\n";

/* Has a command before this one an option of that name? It takes the same words then. */
static bool named_before(size_t command, const char *name)
{
	for (size_t i = 0; i < command; i++)
		for (size_t k = 0; k < commands[i]->noptions; k++)
			if (!strcmp(commands[i]->options[k].name, name))
				return true;
	return false;
}

/* The words that an option takes, where there are only those. */
static void completion_choices(struct text *out, const struct command_option *option)
{
	if (!option->choices)
		return;
	text_addf(out, "	--%s) COMPREPLY=($(compgen -W '%s' ", option->name,
		  option->choices);
	text_adds(out, "-- \"$cur\")); return ;;\n");
}

void help_completion(struct text *out)
{
	static const char *const words[] = { "none", "targets", "files", "commands" };

	text_adds(out, completion_head);
	text_adds(out, "	local global='");
	completion_words(out, global_options, nglobal_options);
	text_adds(out, "'\n	local commands='");
	for (size_t i = 0; i < ncommands; i++)
		text_addf(out, " %s", commands[i]->name);
	text_adds(out, "'\n");
	text_adds(out, completion_before);
	for (size_t i = 0; i < nglobal_options; i++)
		completion_choices(out, &global_options[i]);
	for (size_t i = 0; i < ncommands; i++)
		for (size_t k = 0; k < commands[i]->noptions; k++)
			if (!named_before(i, commands[i]->options[k].name))
				completion_choices(out, &commands[i]->options[k]);
	text_adds(out, completion_named);
	for (size_t i = 0; i < ncommands; i++) {
		if (commands[i]->words == WORDS_PARTS)
			text_addf(out, "	%s) words='%s' own='", commands[i]->name,
				  commands[i]->parts);
		else
			text_addf(out, "	%s) words=%s own='", commands[i]->name,
				  words[commands[i]->words]);
		completion_words(out, commands[i]->options, commands[i]->noptions);
		text_adds(out, "' ;;\n");
	}
	text_adds(out, "	esac\n");
	text_adds(out, completion_tail);
}
