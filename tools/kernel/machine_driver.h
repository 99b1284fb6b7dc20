/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Machine driver: what differs from one kind of emulator to the next; kernel/machine.c does the rest.
 */
#ifndef SERIES_KERNEL_MACHINE_DRIVER_H
#define SERIES_KERNEL_MACHINE_DRIVER_H

#include "base/text.h"
#include "kernel/machine.h"

/* Words of a command line that is being made. */
struct machine_words {
	const char **items; /* NULL at the end once it is complete */
	size_t n, cap;
};

struct machine_launch {
	struct machine_words before; /* a program that runs first, to its end; none: no items */
	struct machine_words argv;
	const char *const *env; /* as struct child_ask's setenv */
	const char *cwd;	/* NULL: ours */
};

struct machine_driver {
	const char *program; /* where the user names none */
	/* As machine_there(). */
	int (*there)(struct arena *arena, const struct machine *machine, char **why);
	/* As machine_version(). */
	char *(*version)(struct arena *arena, const char *program);
	/*
	 * How to start it; files that it needs are written into ask->dir. Attempt 0 asks for the best, each
	 * further one for what the one before was refused.
	 */
	int (*launch)(struct arena *arena, const struct machine_ask *ask, unsigned int attempt,
		      struct machine_launch *launch);
	unsigned int attempts;
	/* Does the log say that another attempt could do better? */
	bool (*refuses)(struct slice log);
	/* For machine_key(): everything of the command line that a result depends on, no path. */
	void (*key)(const struct machine *machine, struct text *key);
	/* Files in ask->dir that are no evidence; NULL at the end. */
	const char *const *litter;
	/* From its log, why it did not start or why it ended; NULL: it says nothing. */
	char *(*words)(struct arena *arena, struct slice log);
	bool code_means_nothing; /* its exit code does not say whether it ran */
};

extern const struct machine_driver machine_qemu, machine_bochs;

/* The program of a machine: the user's name for it, or the driver's. */
const char *machine_program(const struct machine *machine);
/* The kernel's command line for it: ports, what ends a run at a panic, the machine's own words, the run's. */
char *machine_cmdline(struct arena *arena, const struct machine *machine, const char *more);
void machine_word(struct arena *arena, struct machine_words *words, const char *word);
/* The same path from any folder; owned by the arena. */
const char *machine_path(struct arena *arena, const char *path);

#endif
