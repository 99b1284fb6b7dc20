/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tasks as child processes, one after the other: a task itself keeps all cores busy.
 *
 * A child dies with us, and with it all that it started (base/child.h), so a task that was sent by a tick that is dead
 * now either has its outcome, or its process is ending just now: its lock says so. Whoever holds the lock is
 * waited for; the lock, not the number of a process, is what keeps a task from being done twice at once.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <time.h>

#include "base/child.h"
#include "base/clock.h"
#include "base/fail.h"
#include "base/file.h"
#include "ci/executor_part.h"

#define BEAT_MS 250
/* What a task that finds its folder locked exits with: sysexits' EX_TEMPFAIL, see cmd/command.h. */
#define STATUS_BUSY 75
/* A task that has brought down so many ticks or machines is not begun once more. */
#define TRIES_MAX 40
/* Processes that were told to end get that long. */
#define GRACE_MS 10000

/* One task under way. */
struct doing {
	const struct executor_ask *ask;
	struct task *task;
	size_t at;
	char *what;
};

static bool beat(void *data)
{
	const struct doing *doing = data;

	return progress_step(doing->ask->progress, doing->what, doing->at, doing->ask->n, "tasks");
}

static int64_t deadline_ms(const struct executor_ask *ask)
{
	unsigned int minutes = ask->settings->task_minutes;

	return (int64_t)(minutes && minutes < UINT32_MAX / 60000 ? minutes : UINT32_MAX / 60000) *
	       60000;
}

static int pause_for(struct doing *doing)
{
	static const struct timespec pause = { .tv_nsec = (long)BEAT_MS * 1000000 };

	/* A signal that we catch ends the wait. */
	if (!beat(doing) || (nanosleep(&pause, NULL) && errno == EINTR))
		return fail_as(FAIL_INTERRUPTED, "interrupted");
	return 0;
}

/*
 * Until nobody holds the folder's lock; past `until` (clock_ms()) whoever does is ended, if that can be told. 1
 * free, 0 still held, -1.
 */
static int lock_wait(struct arena *arena, struct doing *doing, int64_t until)
{
	const char *dir = doing->task->dir;
	bool killed = false;

	for (;;) {
		int fd __free(fd) = -1, got;
		long holder;

		if (file_kind(dir) != 1)
			return 1;
		got = order_lock(arena, dir, &fd);
		if (got)
			return got;
		if (clock_ms() >= until) {
			if (killed)
				return 0;
			holder = order_holder(arena, dir);
			if (holder > 0)
				kill((pid_t)holder, SIGKILL);
			killed = true;
			until = clock_ms() + GRACE_MS;
		}
		if (pause_for(doing))
			return -1;
	}
}

/* What its folder says: 1 it has ended, and was given on; 0 not; -1. */
static int take_outcome(struct arena *arena, const struct doing *doing)
{
	struct outcome outcome;
	int there = outcome_read(arena, doing->task->dir, &outcome);

	if (there == 1)
		return executor_end(arena, doing->ask, doing->task, &outcome) ? -1 : 1;
	if (there < 0)
		fail_clear(); /* it lies aside now: as good as none */
	return 0;
}

enum run_end { RUN_ENDED, RUN_BUSY, RUN_LOST, RUN_LATE, RUN_NOT };

/* It cannot even be begun (a folder that is not ours, no process to be had): that is said of it, and keeps no other task waiting. */
static int run_not(struct arena *arena, enum run_end *end, char **how)
{
	if (fail_kind() == FAIL_INTERRUPTED)
		return -1;
	*end = RUN_NOT;
	*how = arena_strdup(arena, fail_message());
	fail_clear();
	return 0;
}

/* Start it and see it to its end; `how` says more where there is no outcome. -1: we cannot go on. */
static int run_once(struct arena *arena, struct doing *doing, enum run_end *end, char **how)
{
	const struct executor_ask *ask = doing->ask;
	struct task *task = doing->task;
	const char *setenv[] = { arena_printf(arena, ORDER_VARIABLE "=%s", task->dir), NULL };
	struct child_ask child = {
		.argv = executor_command(arena, ask, task),
		.setenv = setenv,
		.log_file = arena_printf(arena, "%s/log", task->dir),
		.deadline_ms = (unsigned int)deadline_ms(ask),
		.on_tick = beat,
		.tick_ms = BEAT_MS,
		.data = doing,
	};
	struct child_answer answer = { 0 };
	struct order order = executor_order(ask, task);
	int got;

	if (order_write(arena, &order))
		return run_not(arena, end, how);
	if (executor_send(arena, ask, task, "local", ""))
		return -1;
	if (child_run(arena, &child, &answer))
		return run_not(arena, end, how);
	got = take_outcome(arena, doing);
	if (got < 0)
		return -1;
	*end = got			    ? RUN_ENDED :
	       answer.timed_out		    ? RUN_LATE :
	       answer.status == STATUS_BUSY ? RUN_BUSY :
					      RUN_LOST;
	if (!got && answer.stopped)
		return fail_as(FAIL_INTERRUPTED, "interrupted");
	*how = arena_printf(arena, "%s %d", answer.status > 128 ? "killed by signal" : "exit code",
			    answer.status > 128 ? answer.status - 128 : answer.status);
	return 0;
}

static int lost(struct arena *arena, const struct doing *doing, const char *how)
{
	const char *last = executor_last_words(arena, doing->task);

	return executor_say(arena, doing->ask, doing->task, OUTCOME_LOST,
			    arena_printf(arena, "its process ended without a result (%s)%s%s", how,
					 *last ? ": " : "", last));
}

/* Begin it, once more where its process was lost, until it has ended. */
static int task_do(struct arena *arena, struct doing *doing)
{
	const struct executor_ask *ask = doing->ask;
	struct task *task = doing->task;
	unsigned int losses = 0;

	for (;;) {
		const char *refused = ask->refuse ? ask->refuse(ask->data, task) : NULL;
		enum run_end end;
		char *how = NULL;
		int free_now;

		if (refused)
			return executor_say(arena, ask, task, OUTCOME_FAILED, refused);
		if (run_once(arena, doing, &end, &how))
			return -1;
		if (end == RUN_ENDED)
			return 0;
		if (end == RUN_NOT)
			return executor_say(arena, ask, task, OUTCOME_FAILED, how);
		if (end == RUN_LATE)
			return executor_say(arena, ask, task, OUTCOME_FAILED,
					    arena_printf(arena,
							 "ended by the clock after %u minutes",
							 ask->settings->task_minutes));
		if (end == RUN_LOST && ++losses > 1)
			return lost(arena, doing, how);
		/* Somebody else does it, or it died and what it started is about to. */
		free_now = lock_wait(arena, doing, clock_ms() + deadline_ms(ask));
		if (free_now < 0)
			return -1;
		if (!free_now)
			return executor_say(arena, ask, task, OUTCOME_FAILED,
					    "another process holds its folder and does not end");
		free_now = take_outcome(arena, doing);
		if (free_now)
			return free_now < 0 ? -1 : 0;
		if (end == RUN_BUSY && task->tries >= TRIES_MAX)
			return lost(arena, doing, "its folder was busy each time");
	}
}

/* One that a dead tick sent: what has become of it? 1 it has ended, 0 to be done again, -1. */
static int task_adopt(struct arena *arena, struct doing *doing)
{
	struct task *task = doing->task;
	int64_t left = task->sent * 1000 + deadline_ms(doing->ask) - time(NULL) * 1000, free_now;
	int got = take_outcome(arena, doing);

	if (got)
		return got;
	/* A clock that was ahead when it was sent keeps nobody waiting for longer than a task may take. */
	if (left > deadline_ms(doing->ask))
		left = deadline_ms(doing->ask);
	free_now = lock_wait(arena, doing, clock_ms() + (left > 0 ? left : 0));
	if (free_now < 0) {
		if (fail_kind() == FAIL_INTERRUPTED)
			return -1;
		fail_clear(); /* what is wrong with its folder is said when it is begun */
		free_now = 1;
	}
	got = take_outcome(arena, doing);
	if (got)
		return got;
	if (!free_now)
		return executor_say(arena, doing->ask, task, OUTCOME_FAILED,
				    "another process holds its folder and does not end") ?
			       -1 :
			       1;
	if (task->tries < TRIES_MAX)
		return 0;
	return lost(arena, doing,
		    arena_printf(arena, "%u ticks ended before it did", task->tries)) ?
		       -1 :
		       1;
}

static int task_go(struct arena *arena, struct doing *doing)
{
	struct task *task = doing->task;
	char *cancelled;

	if (task->state == TASK_SENT) {
		int got = task_adopt(arena, doing);

		if (got)
			return got < 0 ? -1 : 0;
	}
	cancelled = executor_cancelled(arena, doing->ask, task);
	if (cancelled)
		return executor_say(arena, doing->ask, task, OUTCOME_CANCELLED, cancelled);
	return task_do(arena, doing);
}

int executor_local(struct arena *arena, const struct executor_ask *ask)
{
	for (size_t i = 0; i < ask->n; i++) {
		struct doing doing = { .ask = ask, .task = &ask->tasks[i], .at = i };

		if (ask->tasks[i].state == TASK_ENDED)
			continue;
		doing.what = task_title(arena, &ask->tasks[i]);
		if (!beat(&doing))
			return fail_as(FAIL_INTERRUPTED, "interrupted");
		if (task_go(arena, &doing))
			return -1;
	}
	return 0;
}

char *executor_local_flaw(struct arena *arena, const struct settings *settings)
{
	(void)arena;
	(void)settings;
	return NULL; /* what a task needs, `series ci doctor` looks at tool by tool */
}
