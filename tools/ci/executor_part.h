/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Executor, between its own files: what all of them do with a task.
 */
#ifndef SERIES_CI_EXECUTOR_PART_H
#define SERIES_CI_EXECUTOR_PART_H

#include "ci/executor.h"

/* "build v6.1.188", "test v6.1.188/tcg": for progress and notes. */
char *task_title(struct arena *arena, const struct task *task);
/* The order for it, as it is written into its folder. */
struct order executor_order(const struct executor_ask *ask, const struct task *task);
/* What it needs, among the round's; NULL: nothing, or that has ended well in an earlier tick. */
const struct task *executor_need(const struct executor_ask *ask, const struct task *task);
/* It can never begin: what it needs has ended otherwise than done. Why; NULL. */
char *executor_cancelled(struct arena *arena, const struct executor_ask *ask,
			 const struct task *task);
/*
 * Write its order, count the try, have it kept: then it may be started. `executor` "local", `job` "". -1: the tick
 * cannot go on.
 */
int executor_send(struct arena *arena, const struct executor_ask *ask, struct task *task,
		  const char *executor, const char *job);
/* It has ended: word, note and time into the task, which then goes to `ended`. */
int executor_end(struct arena *arena, const struct executor_ask *ask, struct task *task,
		 const struct outcome *outcome);
/* The same for an outcome that the executor itself says. */
int executor_say(struct arena *arena, const struct executor_ask *ask, struct task *task,
		 enum outcome_word word, const char *note);
/* The last line of its log that is not blank, cut to what fits into a note; "". */
char *executor_last_words(struct arena *arena, const struct task *task);

#endif
