/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Executor: what does a round's tasks, on this machine or by Slurm.
 *
 * The same orders, the same folders, the same outcomes: an executor only decides where and when.
 */
#ifndef SERIES_CI_EXECUTOR_H
#define SERIES_CI_EXECUTOR_H

#include "base/progress.h"
#include "ci/order.h"
#include "ci/settings.h"

struct executor_ask {
	const struct settings *settings;
	const char *program; /* absolute path of `series` */
	const char *workspace, *store;
	const char *name; /* of the round, unique for this state folder: "series-1a2b3c-17" */
	struct task *
		tasks; /* those not ended yet, a build before what needs it; state TASK_SENT: sent by a tick that
			     * is dead now */
	size_t n;
	/*
	 * Before a task is sent: NULL, or why not now (space, memory): it has ended then as OUTCOME_FAILED. May be
	 * asked again for a second try.
	 */
	const char *(*refuse)(void *data, const struct task *task);
	/* Its state, tries, executor, job, sent have changed: to be kept before anything else happens. -1: stop. */
	int (*sent)(void *data, const struct task *task);
	/* With its outcome. -1: stop. */
	int (*ended)(void *data, struct task *task, const struct outcome *outcome);
	void *data;
	const struct progress *progress;
};

/*
 * Until all have ended. -1: could not go on, or FAIL_INTERRUPTED: local tasks are ended then (what they completed is
 * kept), those of Slurm go on, and the next tick finds them by `job`.
 */
typedef int executor_run(struct arena *arena, const struct executor_ask *ask);
executor_run executor_local; /* executor_local.c */
executor_run executor_slurm; /* executor_slurm.c */

/* "series -C ws --store DIR --series NAME ci --task DIR", for argv: what does a task anywhere. */
const char *const *executor_command(struct arena *arena, const struct executor_ask *ask,
				    const struct task *task);
/* Could it work here at all? NULL, or why not, with what to do about it. For doctor, and before a round. */
char *executor_local_flaw(struct arena *arena, const struct settings *settings);
char *executor_slurm_flaw(struct arena *arena, const struct settings *settings);

#endif
