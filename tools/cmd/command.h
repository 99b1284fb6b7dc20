/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Command: the record at the foot of each command's file, and what its run function is given.
 *
 * The records say each command and option once: the parser, `series help`, -h, the man page and the
 * shell's completion all come from them.
 */
#ifndef SERIES_CMD_COMMAND_H
#define SERIES_CMD_COMMAND_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/progress.h"
#include "base/text.h"
#include "kernel/targets.h"
#include "patch/mail.h"
#include "patch/repo.h"
#include "patch/series.h"

enum exit_code {
	EXIT_CLEAN = 0,
	EXIT_FINDINGS = 1,
	EXIT_USAGE = 2,
	EXIT_CONFLICT = 3,
	EXIT_POLICY = 4,
	EXIT_BUSY = 75,
	EXIT_INFRA = 125,
	EXIT_INTERRUPTED = 130,
};

struct command_option {
	char letter;	     /* '\0': none */
	const char *name;    /* "dry-run" */
	const char *value;   /* what it takes: "DIR"; NULL: a switch */
	const char *help;    /* one line, lower case, without period */
	const char *choices; /* the words it takes, space-separated; NULL: anything */
};

/* What the words behind the command are: for its completion. */
enum command_words { WORDS_NONE, WORDS_TARGETS, WORDS_FILES, WORDS_COMMANDS, WORDS_PARTS };

struct context;

struct command {
	const char *name;	 /* "apply" */
	const char *summary;	 /* one line, lower case, without period */
	const char *args;	 /* as in a usage line: "TARGET..." */
	const char *description; /* paragraphs, an empty line between them */
	const struct command_option *options;
	size_t noptions;
	enum command_words words;
	unsigned int words_min, words_max; /* how many words it takes; 0 for max: any number */
	/*
	 * Gives an exit code, or -1 with fail(): main then prints the message and exits as its kind
	 * says.
	 */
	int (*run)(struct context *context);
	const char *parts; /* WORDS_PARTS: those that the first word may be, blank-separated */
	bool no_json;	   /* --json is refused: it has no results that a program would read */
};

/* What a run function is given. Lives in main; everything it names lives as long as `arena`. */
struct context {
	struct arena *arena;
	const struct command *command;
	const char *const *words; /* behind the command, options taken out */
	size_t nwords;
	bool json, quiet;
	bool color;		  /* on standard output */
	bool terminal;		  /* standard output is one */
	unsigned int width;	  /* columns to fill */
	const char *dir;	  /* of -C; "." */
	const char *series_name;  /* of --series; NULL */
	const char *store_name;	  /* of --store or SERIES_STORE; NULL: the default one */
	struct progress progress; /* draws on a terminal; its step gives false once interrupted */
	struct drawer *drawer;
	struct command_values *values; /* of the command's own options */
	/* Opened when first asked for; see the functions below. */
	char *workspace;
	struct repo *repo;
	struct targets *targets;
	struct series *series;
};

/* Was the command's own switch given? `name` must be in its table. */
bool option_given(const struct context *context, const char *name);
/* The (last) value given, or NULL. */
const char *option_value(const struct context *context, const char *name);
/* Every value given, cut at commas, each once; how many. */
size_t option_values(const struct context *context, const char *name, const char *const **values);

/*
 * The workspace: the folder with series/ and ci/targets.conf, the current one (or -C DIR) or one
 * above. Absolute. NULL with fail() (FAIL_USAGE).
 */
const char *context_workspace(struct context *context);
/* The kernel store, opened once. NULL with fail(): FAIL_USAGE when there is none, saying how to get
 * one. */
struct repo *context_repo(struct context *context);
/* The same, made when it is not there: for who brings kernels. */
struct repo *context_repo_create(struct context *context);
/* ci/targets.conf. NULL with fail(). */
const struct targets *context_targets(struct context *context);
/* The series of --series, or the workspace's only one. NULL with fail(). */
const struct series *context_series(struct context *context);
/*
 * The kernels that the words stand for, in order, each once. A target that is configured but not in
 * the store fails with what to fetch (FAIL_USAGE), unless it came from "v6.x" or no word was given:
 * then it goes to `missing`. No words: all configured targets.
 */
int context_kernels(struct context *context, const char *const *words, size_t nwords,
		    struct kernels *kernels, struct target_names *missing);
/* One kernel; fails (FAIL_USAGE) where the word stands for more, or for none. */
int context_kernel(struct context *context, const char *word, struct kernel *kernel);
/*
 * Who does the backport: GIT_COMMITTER_NAME and _EMAIL, else user.name and user.email of git's
 * configuration (the store's and the user's). 1, 0 when there is none (both NULL), -1.
 */
int context_person(struct context *context, struct person *person);

/*
 * "series --store DIR show": how to call another command on what this one worked on, with the
 * global options that the user gave on the command line to say which.
 */
const char *context_invoke(struct context *context, const char *command);

/* Has the user asked to stop (SIGINT, SIGTERM)? Fails with FAIL_INTERRUPTED. */
int context_interrupted(void);

/* A path as a person may paste it into a shell: ~ for the home folder, quoted where it must be. */
const char *path_word(struct arena *arena, const char *path);
/* Print to standard output; -1 with fail() where that does not go. */
int context_print(const struct context *context, const struct text *text);
/* A line to standard error, "series apply: ..." before it; not with --quiet. */
void context_say(const struct context *context, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

extern const char *const program_version; /* "0.1 (...)" */

/* All commands, in the order help gives them. */
extern const struct command *const commands[];
extern const size_t ncommands;
extern const struct command_option global_options[];
extern const size_t nglobal_options;

#endif
