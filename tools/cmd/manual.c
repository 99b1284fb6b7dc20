/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The man page and bash's completion, written from the tables. docs/series.1 and docs/series.bash are their output; a test
 * says so.
 */
#define _GNU_SOURCE
#include <stdio.h>

#include "cmd/commands.h"
#include "cmd/help.h"
#include "patch/mark.h"

static const struct {
	enum exit_code code;
	const char *meaning;
} exits[] = {
	{ EXIT_CLEAN, "Clean: it was done, or there was nothing to do." },
	{ EXIT_FINDINGS, "Findings: it was done, and something in the result needs a look." },
	{ EXIT_USAGE, "The command line, a configuration file, or something it names is wrong; nothing was written." },
	{ EXIT_CONFLICT, "A patch conflicts on a target and a person has to decide; the other targets were done." },
	{ EXIT_POLICY, "Refused on purpose: a hostile path, a script in a rule that is not trusted." },
	{ EXIT_BUSY, "Someone else moved a ref or holds the lock; try again." },
	{ EXIT_INFRA, "The machine, the disk, the network or another program failed." },
	{ EXIT_INTERRUPTED, "Stopped by the user; nothing was changed." },
};

static const struct {
	const char *name, *meaning;
} targets[] = {
	{ "v6.12", "The newest 6.12.y that the store has." },
	{ "v6.12.73", "Exactly that version." },
	{ "v6.x", "Every v6 target that ci/targets.conf names; those that the store lacks are left out, and named." },
	{ "BRANCH, TAG, COMMIT", "One of the store, by git's own rules." },
};

static const struct {
	const char *name, *meaning;
} files[] = {
	{ "series/NAME/series", "The patches in order, one file a line, as quilt has it." },
	{ "series/NAME/series.conf", "What the mails cannot say: upstream ids, classes, conditions." },
	{ "backports/NAME/TARGET/", "What a person decided for a target, by series resolve." },
	{ "coccinelle/NAME/", "The patches as semantic patches." },
	{ "ci/targets.conf", "The kernels to keep the series alive on, and where they come from." },
	{ "~/.cache/series/store.git", "The kernel store, unless --store or SERIES_STORE names another." },
	{ "refs/series/NAME/TARGET", "In the store: the series on that target. git log series/NAME/TARGET shows it." },
}, variables[] = {
	{ "SERIES_STORE", "The kernel store, where --store is not given." },
	{ "GIT_COMMITTER_NAME, GIT_COMMITTER_EMAIL",
	  "Who signs the backport off, before user.name and user.email of git's configuration. With none of them there is "
	  "no Signed-off-by." },
	{ "XDG_CACHE_HOME", "Where the cache folder is, if not ~/.cache." },
	{ "NO_COLOR", "Set to anything: no colour." },
	{ "TMPDIR", "Where temporary folders go, if not /tmp." },
};

/* Text for troff: backslashes and minus signs escaped, no line begins with a dot or a quote. */
static void man_text(struct text *out, const char *s)
{
	if (*s == '.' || *s == '\'')
		text_adds(out, "\\&");
	for (; *s; s++) {
		if (*s == '\\')
			text_adds(out, "\\e");
		else if (*s == '-')
			text_adds(out, "\\-");
		else if (*s == '~')
			text_adds(out, "\\(ti");
		else
			text_addc(out, *s);
		if (*s == '\n' && (s[1] == '.' || s[1] == '\''))
			text_adds(out, "\\&");
	}
}

static void man_entry(struct text *out, const char *name, const char *meaning)
{
	text_adds(out, ".TP\n.B ");
	man_text(out, name);
	text_addc(out, '\n');
	man_text(out, meaning);
	text_addc(out, '\n');
}

static void man_paragraphs(struct text *out, const char *s)
{
	struct slice rest = slice_of(s);

	while (rest.n) {
		ptrdiff_t end = slice_find(rest, SLICE("\n\n"));
		struct text one __free_text = TEXT_INIT;

		text_add(&one, rest.p, end < 0 ? rest.n : (size_t)end);
		rest = slice_skip(rest, one.len + 2);
		text_adds(out, ".PP\n");
		man_text(out, text_str(&one));
		text_addc(out, '\n');
	}
}

static void man_options(struct text *out, const struct command_option *options, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct command_option *o = &options[i];

		text_adds(out, ".TP\n");
		if (o->letter)
			text_addf(out, "\\fB\\-%c\\fR, ", o->letter);
		text_adds(out, "\\fB\\-\\-");
		man_text(out, o->name);
		text_adds(out, "\\fR");
		if (o->value)
			text_addf(out, "%s\\fI%s\\fR", o->choices ? "=" : " ", o->value);
		text_addc(out, '\n');
		man_text(out, o->help);
		text_adds(out, ".\n");
	}
}

static void man_commands(struct text *out)
{
	text_adds(out, ".SH COMMANDS\n");
	for (size_t i = 0; i < ncommands; i++) {
		if (!commands[i])
			continue;
		const struct command *command = commands[i];

		text_adds(out, ".SS \"series ");
		man_text(out, command->name);
		if (command->noptions)
			text_adds(out, " [OPTION]...");
		if (*command->args)
			text_addc(out, ' ');
		man_text(out, command->args);
		text_adds(out, "\"\n");
		man_text(out, command->summary);
		text_adds(out, ".\n");
		man_paragraphs(out, command->description);
		man_options(out, command->options, command->noptions);
	}
}

static void man_marks(struct text *out)
{
	text_adds(out, ".SH MARKS\nHow a patch, or a hunk of it, reached a target; a patch has the mark of the hunk that "
		       "needs most of a reader:\n");
	for (int m = MARK_PRESENT; m < MARK_COUNT; m++) {
		struct text meaning __free_text = TEXT_INIT;

		text_addf(&meaning, "%s: %s.", mark_info(m)->name, mark_info(m)->summary);
		man_entry(out, mark_info(m)->sign, text_str(&meaning));
	}
}

void help_man(struct text *out)
{
	text_adds(out, ".\\\" SPDX-License-Identifier: GPL-2.0-or-later\n"
		       ".\\\" Written by: series help --man\n"
		       ".TH SERIES 1 \"\" \"series\" \"User commands\"\n"
		       ".SH NAME\nseries \\- keep a patch series alive on many stable kernels\n"
		       ".SH SYNOPSIS\n.B series\n[\\fIOPTION\\fR]... \\fICOMMAND\\fR [\\fIOPTION\\fR]... [\\fIWORD\\fR]...\n"
		       ".SH DESCRIPTION\n"
		       "series carries a patch series onto stable kernels: it adapts each patch where a kernel's text differs, says\n"
		       "hunk by hunk how it got there and what differs from upstream, and refuses what it is not sure of.\n"
		       "Kernels live in a store, a bare git repository or your own clone; what it makes are commits under\n"
		       "refs/series/. Branches, HEAD, index and worktree are never touched.\n"
		       ".PP\nIt finds its workspace (a folder with series/ and ci/targets.conf) in the current folder or above.\n"
		       ".SH OPTIONS\nOf every command, before its name or behind it:\n");
	man_options(out, global_options, nglobal_options);
	man_commands(out);
	text_adds(out, ".SH TARGETS\nA target is:\n");
	for (size_t i = 0; i < ARRAY_SIZE(targets); i++)
		man_entry(out, targets[i].name, targets[i].meaning);
	man_marks(out);
	text_adds(out, ".SH EXIT STATUS\n");
	for (size_t i = 0; i < ARRAY_SIZE(exits); i++) {
		char code[16];

		snprintf(code, sizeof(code), "%d", exits[i].code);
		man_entry(out, code, exits[i].meaning);
	}
	text_adds(out, ".SH ENVIRONMENT\n");
	for (size_t i = 0; i < ARRAY_SIZE(variables); i++)
		man_entry(out, variables[i].name, variables[i].meaning);
	text_adds(out, ".SH FILES\n");
	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		man_entry(out, files[i].name, files[i].meaning);
	text_adds(out, ".SH SEE ALSO\n.BR git (1),\n.BR quilt (1),\n.BR b4 (5),\n.BR spatch (1)\n");
}

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
	"	targets) COMPREPLY=($(compgen -W \"$(series list --names targets 2>/dev/null)\" -- \"$cur\")) ;;\n"
	"	esac\n"
	"}\n"
	"complete -F _series series\n";

void help_completion(struct text *out)
{
	static const char *const words[] = { "none", "targets", "files", "commands" };

	text_adds(out, "# SPDX-License-Identifier: GPL-2.0-or-later\n"
		       "# bash completion for series; written by: series help --completion\n"
		       "_series()\n{\n"
		       "	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} i command= own= words=commands\n"
		       "	local global='");
	completion_words(out, global_options, nglobal_options);
	text_adds(out, "'\n	local commands='");
	for (size_t i = 0; i < ncommands; i++)
		if (commands[i])
			text_addf(out, " %s", commands[i]->name);
	text_adds(out, "'\n	COMPREPLY=()\n	case $prev in\n");
	text_adds(out, "	-C | --directory | --store) COMPREPLY=($(compgen -d -- \"$cur\")); return ;;\n"
		       "	--series) COMPREPLY=($(compgen -W \"$(series list --names series 2>/dev/null)\" -- \"$cur\")); return ;;\n"
		       "	--color) COMPREPLY=($(compgen -W 'auto always never' -- \"${cur#=}\")); return ;;\n"
		       "	=) [[ ${COMP_WORDS[COMP_CWORD-2]} == --color ]] &&\n"
		       "		COMPREPLY=($(compgen -W 'auto always never' -- \"$cur\")); return ;;\n"
		       "	esac\n"
		       "	for ((i = 1; i < COMP_CWORD; i++)); do\n"
		       "		case ${COMP_WORDS[i]} in\n"
		       "		-C | --directory | --store | --series) ((i++)) ;;\n"
		       "		-* | = | auto | always | never) ;;\n"
		       "		*) command=${COMP_WORDS[i]}; break ;;\n"
		       "		esac\n	done\n	case $command in\n");
	for (size_t i = 0; i < ncommands; i++) {
		if (!commands[i])
			continue;
		text_addf(out, "	%s) words=%s own='", commands[i]->name, words[commands[i]->words]);
		completion_words(out, commands[i]->options, commands[i]->noptions);
		text_adds(out, "' ;;\n");
	}
	text_adds(out, "	esac\n");
	text_adds(out, completion_tail);
}
