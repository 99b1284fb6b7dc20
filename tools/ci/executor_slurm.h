/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Executor by Slurm, between its own files and for its tests: a round as it is
 * seen while it goes on.
 */
#ifndef SERIES_CI_EXECUTOR_SLURM_H
#define SERIES_CI_EXECUTOR_SLURM_H

#include <stdint.h>

#include "ci/executor_part.h"
#include "ci/slurm.h"

struct slurm_pace {
	int64_t poll_ms;     /* between two looks */
	int64_t grace_ms;    /* that an outcome takes to be seen here */
	int64_t patience_ms; /* with a slurmctld that does not answer */
	int64_t queue_ms;    /* that a job may wait for a node */
};
/* executor_slurm() at a pace of one's own. */
int executor_slurm_paced(struct arena *arena, const struct executor_ask *ask,
			 const struct slurm_pace *pace);

/* What is known of a task beside what the journal keeps. */
struct slurm_task {
	struct task *task;
	bool alive;    /* Slurm had it at the last look, and it had not ended */
	bool waited;   /* it had not begun then */
	int64_t since; /* it seems to have ended, and there is no outcome; 0 */
	int64_t waits; /* since when it could begin but for want of a node; 0 */
	unsigned int losses, calls;
	const char *said; /* sbatch refused it, in its own words; NULL */
};

struct slurm_round {
	struct arena *arena; /* of what is kept */
	struct arena *now;   /* of one look */
	const struct executor_ask *ask;
	const struct slurm_pace *pace;
	struct slurm_task *items; /* as ask->tasks */
	char *prefix;		  /* of the names of this round's jobs */
	struct slurm_jobs jobs;
	int64_t silent; /* since when slurmctld does not answer; 0 */
	const char *silence;
};

/* A task whose job field begins so has a name in Slurm and, as far as we know, no number yet. */
#define SLURM_NAME '@'

/* Have the task's job kept by the caller. */
int slurm_keep(const struct slurm_round *round, struct task *task);
/* It has ended, and we say how. */
int slurm_say(struct slurm_round *round, struct slurm_task *s, enum outcome_word word,
	      const char *note);
/* Send what can begin, or can be queued behind what it needs. */
int slurm_send_ready(struct slurm_round *round);

#endif
