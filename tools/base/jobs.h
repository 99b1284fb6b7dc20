/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Jobs: a queue of work done in forked processes, side by side as cores and memory allow.
 *
 * More may be added while it runs, when one has ended. A job gives back a number and, where it failed, its
 * message; anything else it leaves in files.
 */
#ifndef SERIES_BASE_JOBS_H
#define SERIES_BASE_JOBS_H

#include "base/arena.h"
#include "base/fail.h"
#include "base/progress.h"

struct job {
	const char *title; /* "v6.12.73 base: build" */
	/* In the child. 0..255, or -1 with fail(). Its progress reaches the caller's as "TITLE: WHAT". */
	int (*run)(void *data, const struct progress *progress);
	void *data;
	unsigned int cores;  /* that it keeps busy; more than there are: all */
	unsigned int memory; /* MiB that it takes */
	const char *lane;    /* of those with the same lane only one runs at a time; NULL */
};

struct job_result {
	int code;	     /* what run() gave; -1: failed, or its process died */
	enum fail_kind kind; /* with -1 */
	char *message;
};

struct jobs; /* opaque, owned by the arena */

struct jobs_ask {
	unsigned int cores;  /* 0: those of the machine that we may use */
	unsigned int memory; /* MiB; 0: what is available now, less a reserve */
	/* In the parent, when a job has ended; may add more. -1 with fail() stops everything. */
	int (*done)(void *data, struct jobs *jobs, const struct job *job,
		    const struct job_result *result);
	void *data;
	const struct progress *progress;
};

struct jobs *jobs_new(struct arena *arena);
/* `job` is copied; its title is not. First added, first begun, as far as it fits; one always fits. */
void jobs_add(struct jobs *jobs, const struct job *job);
/*
 * Until all is done. A job that fails does not stop the others. -1: `done` said so, or FAIL_INTERRUPTED (a
 * signal that we catch, or progress): then every job and what it started is gone.
 */
int jobs_run(struct jobs *jobs, const struct jobs_ask *ask);

/* What there is: cores that we may use; MiB that are available now, less a reserve. */
unsigned int jobs_cores(void);
unsigned int jobs_memory(void);

#endif
