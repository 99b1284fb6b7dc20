/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The man page and bash's completion, written from the tables. docs/series.1 and docs/series.bash
 * are their output; a test says so.
 */
#define _GNU_SOURCE
#include <stdio.h>

#include "cmd/commands.h"
#include "cmd/help.h"
#include "cmd/screen.h"
#include "patch/mark.h"

static const struct {
	enum exit_code code;
	const char *meaning;
} exits[] = {
	{ EXIT_CLEAN, "Clean: it was done, or there was nothing to do." },
	{ EXIT_FINDINGS, "Findings: it was done, and something in the result needs a look." },
	{ EXIT_USAGE,
	  "The command line, a configuration file, or something it names is wrong; nothing was written." },
	{ EXIT_CONFLICT,
	  "A patch conflicts on a target and a person has to decide; the other targets were done." },
	{ EXIT_POLICY,
	  "Refused on purpose: a hostile path, a script in a rule that is not trusted." },
	{ EXIT_BUSY, "Someone else moved a ref or holds the lock; try again." },
	{ EXIT_INFRA, "The machine, the disk, the network or another program failed." },
	{ EXIT_INTERRUPTED, "Stopped by the user; what was not complete is not there." },
};

struct named {
	const char *name, *meaning;
};

static const struct named targets[] = {
	{ "v6.12", "The newest 6.12.y that the store has." },
	{ "v6.12.73", "Exactly that version." },
	{ "v6.x",
	  "Every v6 target that ci/targets.conf names; those that the store lacks are left out, "
	  "and named." },
	{ "BRANCH, TAG, COMMIT", "One of the store, by git's own rules." },
};

static const struct named files[] = {
	{ "series/NAME/series", "The patches in order, one file a line, as quilt has it." },
	{ "series/NAME/series.conf",
	  "What the mails cannot say: upstream ids, classes, conditions." },
	{ "backports/NAME/TARGET/", "What a person decided for a target, by series resolve." },
	{ "coccinelle/NAME/", "The patches as semantic patches." },
	{ "ci/targets.conf", "The kernels to keep the series alive on, and where they come from." },
	{ "ci/matrix.conf, ci/kconfig/, ci/guest/",
	  "What is proven on what: configurations, machines, tests; and the tests of ours." },
	{ "~/.cache/series/store.git",
	  "The kernel store, unless --store or SERIES_STORE names another." },
	{ "~/.cache/series/kernels/, built/, ccache/",
	  "Sources and output folders of the builds, what came out of them, the compiler's cache. May be "
	  "removed at any time; the next build takes longer then." },
	{ "~/.local/state/series/results.db",
	  "All that was built and tested, an SQLite database." },
	{ "~/.local/state/series/runs/NAME/TARGET/CELL/",
	  "Of the last boots of base and patched: command line, console, KTAP, configuration." },
	{ "refs/series/NAME/TARGET",
	  "In the store: the series on that target. git log series/NAME/TARGET shows it." },
};

static const struct named variables[] = {
	{ "SERIES_STORE", "The kernel store, where --store is not given." },
	{ "GIT_COMMITTER_NAME, GIT_COMMITTER_EMAIL",
	  "Who signs the backport off, before user.name and user.email of git's configuration. "
	  "With none of them there is no Signed-off-by." },
	{ "XDG_CACHE_HOME", "Where the cache folder is, if not ~/.cache." },
	{ "XDG_STATE_HOME", "Where results are, if not below ~/.local/state." },
	{ "NO_COLOR", "Set to anything: no colour." },
	{ "TMPDIR", "Where temporary folders go, if not /tmp." },
};

static const struct named examples[] = {
	{ "series fetch v6.1 v6.12", "Bring the newest 6.1.y and 6.12.y into the store." },
	{ "series apply v6.x", "Port the series onto every v6 target." },
	{ "series apply --dry-run --explain v5.10",
	  "Say what would become of each hunk, and why; write nothing." },
	{ "series --store ~/src/linux apply v6.12.73", "Use your own clone, as it is." },
	{ "series show v6.1 1", "Patch 1 as ported to 6.1.y, beside the one as mailed." },
	{ "series test v6.1 v6.12",
	  "Build, boot and test both with and without the series, and say what differs." },
	{ "series test v6.1 --only payload_test", "Only that test." },
	{ "series build --each v6.1", "Does every commit of the series build?" },
	{ "series resolve v5.10", "Open what conflicts on 5.10.y." },
};

/* Text for troff: backslashes and minus signs escaped, no word begins with a dot or a quote. */
static void man_escape(struct text *out, const char *s)
{
	for (const char *p = s; *p; p++) {
		if ((*p == '.' || *p == '\'') && (p == s || p[-1] == ' ' || p[-1] == '\n'))
			text_adds(out, "\\&");
		if (*p == '\\')
			text_adds(out, "\\e");
		else if (*p == '-')
			text_adds(out, "\\-");
		else if (*p == '~')
			text_adds(out, "\\(ti");
		else
			text_addc(out, *p);
	}
}

/* The same, filled into lines. */
static void man_text(struct text *out, const char *s)
{
	struct text escaped __free_text = TEXT_INIT;

	man_escape(&escaped, s);
	text_add_filled(out, text_slice(&escaped), 0, 78);
}

static void man_entry(struct text *out, const char *name, const char *meaning)
{
	text_adds(out, ".TP\n.B ");
	man_escape(out, name);
	text_addc(out, '\n');
	man_text(out, meaning);
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
	}
}

static void man_sentence(struct text *out, const char *s)
{
	struct text sentence __free_text = TEXT_INIT;

	text_addf(&sentence, "%s.", s);
	man_text(out, text_str(&sentence));
}

static void man_options(struct text *out, const struct command_option *options, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct command_option *o = &options[i];

		text_adds(out, ".TP\n");
		if (o->letter)
			text_addf(out, "\\fB\\-%c\\fR, ", o->letter);
		text_adds(out, "\\fB\\-\\-");
		man_escape(out, o->name);
		text_adds(out, "\\fR");
		if (o->value)
			text_addf(out, "%s\\fI%s\\fR", o->choices ? "=" : " ", o->value);
		text_addc(out, '\n');
		man_sentence(out, o->help);
	}
}

static void man_command(struct text *out, const struct command *command)
{
	text_adds(out, ".SS \"series ");
	man_escape(out, command->name);
	if (command->noptions)
		text_adds(out, " [OPTION]...");
	if (*command->args)
		text_addc(out, ' ');
	man_escape(out, command->args);
	text_adds(out, "\"\n");
	man_sentence(out, command->summary);
	man_paragraphs(out, command->description);
	man_options(out, command->options, command->noptions);
}

static void man_marks(struct text *out)
{
	text_adds(out, ".SH MARKS\n");
	man_text(out,
		 "How a patch, or a hunk of it, reached a target; a patch has the mark of the hunk "
		 "that needs most of a reader:");
	for (int m = MARK_PRESENT; m < MARK_COUNT; m++) {
		struct text meaning __free_text = TEXT_INIT;

		text_addf(&meaning, "%s: %s.", mark_info(m)->name, mark_info(m)->summary);
		man_entry(out, mark_info(m)->sign, text_str(&meaning));
	}
}

static void man_top(struct text *out)
{
	text_adds(out, ".\\\" SPDX-License-Identifier: GPL-2.0-or-later\n"
		       ".\\\" Written by: series help --man\n"
		       ".TH SERIES 1 \"\" \"series\" \"User commands\"\n"
		       ".SH NAME\nseries \\- keep a patch series alive on many stable kernels\n"
		       ".SH SYNOPSIS\n.B series\n"
		       "[\\fIOPTION\\fR]... \\fICOMMAND\\fR [\\fIOPTION\\fR]... [\\fIWORD\\fR]...\n"
		       ".SH DESCRIPTION\n");
	man_text(
		out,
		"series carries a patch series onto stable kernels: it adapts each patch where a kernel's "
		"text differs, says hunk by hunk how it got there and what differs from upstream, and "
		"refuses what it is not sure of. Kernels live in a store, a bare git repository or your own "
		"clone; what it makes are commits under refs/series/. Branches, HEAD, index and worktree "
		"are never touched.");
	text_adds(out, ".PP\n");
	man_text(
		out,
		"It finds its workspace (a folder with series/ and ci/targets.conf) in the current folder or "
		"above.");
	text_adds(out, ".SH OPTIONS\nOf every command, before its name or behind it:\n");
	man_options(out, global_options, nglobal_options);
}

static void man_exits(struct text *out)
{
	text_adds(out, ".SH EXIT STATUS\n");
	for (size_t i = 0; i < ARRAY_SIZE(exits); i++) {
		char code[16];

		snprintf(code, sizeof(code), "%d", exits[i].code);
		man_entry(out, code, exits[i].meaning);
	}
}

static void man_words(struct text *out, const struct named *items, size_t n)
{
	for (size_t i = 0; i < n; i++)
		man_entry(out, items[i].name, items[i].meaning);
}

void help_man(struct text *out)
{
	man_top(out);
	text_adds(out, ".SH COMMANDS\n");
	for (size_t i = 0; i < ncommands; i++)
		man_command(out, commands[i]);
	text_adds(out, ".SH TARGETS\nA target is:\n");
	man_words(out, targets, ARRAY_SIZE(targets));
	man_marks(out);
	man_exits(out);
	text_adds(out, ".SH ENVIRONMENT\n");
	man_words(out, variables, ARRAY_SIZE(variables));
	text_adds(out, ".SH FILES\n");
	man_words(out, files, ARRAY_SIZE(files));
	text_adds(out, ".SH EXAMPLES\n");
	man_words(out, examples, ARRAY_SIZE(examples));
	text_adds(out, ".SH SEE ALSO\n.BR git (1),\n.BR quilt (1),\n.BR spatch (1)\n");
}
