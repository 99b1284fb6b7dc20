/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Order: the folder through which a task is handed to whoever does it, here or on another machine.
 *
 *	order.json	what to do, written before it is sent
 *	lock		held by the process that does it: who comes second leaves
 *	log		what it printed
 *	state/		its own database (results.db) and evidence (runs/): nobody else writes there, so it may lie on
 *			a shared file system
 *	outcome.json	how it ended, written last, by rename: without it the task has not ended
 *
 * A task that is done again in its folder goes on where the first try was killed: what is complete in state/ is kept.
 */
#ifndef SERIES_CI_ORDER_H
#define SERIES_CI_ORDER_H

#include "ci/journal.h"

/* Set for whatever a task starts, to its folder: how a dead tick's leftovers are told. */
#define ORDER_VARIABLE "SERIES_TASK"

struct order {
	const char *workspace, *store; /* absolute */
	struct task task;	       /* kind, series, line, target, cell, input */
	unsigned int cores;	       /* 0: all */
	unsigned int memory;	       /* MiB that it is expected to take */
	unsigned int minutes;	       /* then it is ended */
};
/* Makes the folder (its state/ stays), writes order.json; removes an earlier outcome. */
int order_write(struct arena *arena, const struct order *order);
/* FAIL_USAGE for what is no order of ours. */
int order_read(struct arena *arena, const char *dir, struct order *order);

enum outcome_word {
	OUTCOME_DONE, /* what came out is in its database */
	OUTCOME_SUPERSEDED, /* the workspace is not what was planned any more: not known, and the next tick plans anew */
	OUTCOME_FAILED,	   /* infrastructure: why, in `note` */
	OUTCOME_LOST,	   /* it ended without an outcome; only executors say this */
	OUTCOME_CANCELLED, /* by a person, or for want of what it needs; likewise */
};
const char *outcome_word(enum outcome_word word);
struct outcome {
	enum outcome_word word;
	const char *note; /* a line; "" */
	const char *host; /* that did it; "" */
	double wall_seconds, cpu_seconds;
};
int outcome_write(struct arena *arena, const char *dir, const struct outcome *outcome);
/* 1, 0 (none yet), -1 (a broken one; it is moved aside). */
int outcome_read(struct arena *arena, const char *dir, struct outcome *outcome);

/* The folder's lock: 1 and a descriptor that holds it until it is closed, 0 somebody else has it, -1. */
int order_lock(struct arena *arena, const char *dir, int *fd);
/* Who does the task puts its process and host into the lock that it holds. */
int order_sign(int fd);
/* The process of this machine that signed it, if it still is one that was started for this task; else 0. */
long order_holder(struct arena *arena, const char *dir);

#endif
