/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Child: another program, run to its end or to its deadline.
 *
 * A child is the leader of a process group of its own; that group is killed when the deadline
 * passes, and when we die (PR_SET_PDEATHSIG). No shell is involved.
 */
#ifndef SERIES_BASE_CHILD_H
#define SERIES_BASE_CHILD_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/text.h"

struct child_ask {
	const char *const *argv;   /* NULL at the end; argv[0] is looked up in PATH */
	const char *const *setenv; /* "NAME=value" added or replaced, NULL at the end; may be NULL */
	const char *cwd;	   /* NULL: ours */
	struct slice input;	   /* its standard input; empty: /dev/null */
	unsigned int deadline_ms;  /* 0: none */
	size_t output_max;  /* bytes kept of each stream, the rest is read and dropped; 0: 64 MiB */
	bool inherit_stdio; /* it talks to our terminal (an editor, a shell): nothing is kept */
	const char *stdout_file; /* its stdout goes there instead of into memory; NULL: memory */
	/* Called for each complete line of its stderr as it comes; may be NULL. */
	void (*on_stderr)(void *data, struct slice line);
	/* Called every `tick_ms` while it runs; false: it is ended now, with its group. May be NULL. */
	bool (*on_tick)(void *data);
	unsigned int tick_ms;
	void *data;
	/* Both its streams are appended to it as they come, and nothing is kept; NULL: as said above. */
	const char *log_file;
};

struct child_answer {
	int status; /* exit code, or 128 + signal */
	bool timed_out;
	bool stopped;	/* on_tick said so */
	bool truncated; /* a stream was longer than output_max */
	struct slice out, err;
	double cpu_seconds; /* user and system, of it and what it waited for */
};

/*
 * Run it. 0 when it ended by itself or was killed at its deadline (see the answer), -1 when it
 * could not be started: fail_message() then names the program; FAIL_INFRA. A signal that we catch
 * while it runs ends it with its group: -1 with FAIL_INTERRUPTED.
 */
int child_run(struct arena *arena, const struct child_ask *ask, struct child_answer *answer);
/* Is there such a program in PATH? */
bool child_exists(const char *name);

#endif
