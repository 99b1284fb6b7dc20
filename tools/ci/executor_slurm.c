/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tasks as Slurm's jobs: builds first, the tests of one build as one array that
 * begins when it has ended well.
 *
 * How a task ended stands in its folder; Slurm's state only says whether to go
 * on waiting for that. A job's name is kept in the journal before sbatch is
 * called and its number afterwards, so a tick that dies in between leaves a job
 * that the next one finds by name. We may die at any time: Slurm's jobs go on,
 * and what cannot begin any more Slurm removes itself
 * (--kill-on-invalid-dep).
 *
 * A task that was lost with its node is sent once more by us. Slurm's own
 * requeue is off, so that tries are counted and the guard is asked again.
 */
#define _GNU_SOURCE
#include "ci/executor_slurm.h"

#include <errno.h>
#include <time.h>

#include "base/clock.h"
#include "base/fail.h"
#include "base/file.h"

#define BEAT_MS 250
/* A task that went down so often takes its node with it. */
#define TRIES_MAX 40
#define GRACE_POLLS 6
#define GRACE_MIN_MS 3000
/* What the attributes of a folder on NFS are believed at most, by default. */
#define GRACE_MAX_MS 60000
#define PATIENCE_MS (30 * 60000)
#define QUEUE_MS ((int64_t)24 * 3600000)

static bool is_name(const struct task *task)
{
	return task->job && task->job[0] == SLURM_NAME;
}

/* To be sent again. */
static void again(struct slurm_task *s)
{
	s->task->state = TASK_PLANNED;
	s->alive = s->waited = false;
	s->since = s->waits = 0;
	s->said = NULL;
}

/* What its folder says: 1 it has ended, 0, -1. */
static int take_outcome(struct slurm_round *st, struct slurm_task *s)
{
	struct outcome outcome;
	int got = outcome_read(st->arena, s->task->dir, &outcome);

	if (got < 0)
		fail_clear(); /* it lies aside now: as good as none */
	if (got != 1)
		return 0;
	s->alive = false;
	return executor_end(st->arena, st->ask, s->task, &outcome) ? -1 : 1;
}

static int take_outcomes(struct slurm_round *st)
{
	for (size_t i = 0; i < st->ask->n; i++)
		if (st->items[i].task->state == TASK_SENT && take_outcome(st, &st->items[i]) < 0)
			return -1;
	return 0;
}

/* Does anybody work in its folder? Slurm may think so of a node that it cannot reach. */
static bool is_held(struct slurm_round *st, const struct slurm_task *s)
{
	int fd __free(fd) = -1;
	int got = file_kind(s->task->dir) == 1 ? order_lock(st->now, s->task->dir, &fd) : 1;

	if (got < 0)
		fail_clear();
	return !got;
}

static int lost(struct slurm_round *st, struct slurm_task *s, const char *how)
{
	const char *last = executor_last_words(st->now, s->task);

	if (is_held(st, s)) {
		if (clock_ms() - s->since < (int64_t)st->ask->settings->task_minutes * 60000)
			return 0;
		return slurm_say(st, s, OUTCOME_FAILED,
				 "another process holds its folder and does not end");
	}
	if (!s->losses++ && s->task->tries < TRIES_MAX) {
		again(s);
		return 0;
	}
	return slurm_say(st, s, OUTCOME_LOST,
			 arena_printf(st->arena, "job %s ended without a result (%s)%s%s",
				      s->task->job, how, *last ? ": " : "", last));
}

static int cancelled(struct slurm_round *st, struct slurm_task *s)
{
	const char *who = slurm_canceller(st->now, s->task->job);

	return slurm_say(
		st, s, OUTCOME_CANCELLED,
		who ? arena_printf(st->arena, "job %s was cancelled by %s", s->task->job, who) :
		      arena_printf(st->arena, "job %s was cancelled (scancel)", s->task->job));
}

/*
 * Slurm will not begin it, since its build's job did not exit with 0. What the
 * build's outcome says counts.
 */
static int never(struct slurm_round *st, struct slurm_task *s, const struct slurm_job *job)
{
	const struct task *need = executor_need(st->ask, s->task);

	if (need && need->state != TASK_ENDED)
		return 0;
	if (job->state == SLURM_WAITS)
		slurm_cancel(st->now, s->task->job);
	/* Where the build did end badly, cancel_needless() says so. */
	if (!executor_cancelled(st->now, st->ask, s->task))
		again(s);
	return 0;
}

static int has_waited(struct slurm_round *st, struct slurm_task *s, const struct slurm_job *job)
{
	bool ready = strcmp(job->reason, "Dependency") != 0;

	s->waited = s->alive = true;
	s->since = 0;
	s->waits = !ready ? 0 : s->waits ? s->waits : clock_ms();
	if (!ready || clock_ms() - s->waits < st->pace->queue_ms)
		return 0;
	slurm_cancel(st->now, s->task->job);
	return slurm_say(
		st, s, OUTCOME_FAILED,
		arena_printf(st->arena, "job %s has waited for %lld hours in Slurm's queue (%s)",
			     s->task->job, (long long)(st->pace->queue_ms / 3600000), job->reason));
}

static const char *ended_how(struct slurm_round *st, const struct slurm_task *s,
			     const struct slurm_job *job)
{
	/* What Slurm says where slurmstepd cannot open the log, among other things. */
	if (!strcmp(job->reason, "JobLaunchFailure"))
		return arena_printf(st->now, "%s, %s; does its node see %s?", job->word,
				    job->reason, s->task->dir);
	return strcmp(job->reason, "None") ?
		       arena_printf(st->now, "%s, %s", job->word, job->reason) :
		       job->word;
}

/* It has ended by what Slurm says, and there was no outcome yet when we last looked. */
static int has_ended(struct slurm_round *st, struct slurm_task *s, const struct slurm_job *job)
{
	const struct settings *settings = st->ask->settings;
	bool slow = job->state == SLURM_COMPLETED || job->state == SLURM_FAILED;

	s->alive = false;
	if (!s->since)
		s->since = clock_ms();
	else if (clock_ms() - s->since >= (slow ? st->pace->grace_ms : 1))
		switch (job->state) {
		case SLURM_CANCELLED:
			return cancelled(st, s);
		case SLURM_TIMEOUT:
			return slurm_say(st, s, OUTCOME_FAILED,
					 arena_printf(st->arena,
						      "ended by the clock after %u minutes",
						      settings->task_minutes));
		case SLURM_MEMORY:
			return slurm_say(
				st, s, OUTCOME_FAILED,
				arena_printf(st->arena,
					     "job %s took more memory than Slurm gave it: see "
					     "[slurm] option = --mem=MiB",
					     s->task->job));
		default:
			return lost(st, s, ended_how(st, s, job));
		}
	return 0;
}

static int is_unknown(struct slurm_round *st, struct slurm_task *s)
{
	/* An element that is cancelled before it began leaves no trace, and its array does. */
	bool taken = s->waited && slurm_knows_array(&st->jobs, s->task->job);

	s->alive = false;
	if (!s->since)
		s->since = clock_ms();
	else if (clock_ms() - s->since >= (taken ? 1 : st->pace->grace_ms))
		return taken ? cancelled(st, s) : lost(st, s, "Slurm does not know it any more");
	return 0;
}

static int weigh(struct slurm_round *st, struct slurm_task *s)
{
	const struct slurm_job *job = slurm_find(&st->jobs, s->task->job);

	if (!job)
		return is_unknown(st, s);
	if ((job->state == SLURM_WAITS || job->state == SLURM_CANCELLED) &&
	    !strcmp(job->reason, "DependencyNeverSatisfied"))
		return never(st, s, job);
	if (job->state == SLURM_WAITS)
		return has_waited(st, s, job);
	s->waits = 0;
	if (job->state != SLURM_RUNS)
		return has_ended(st, s, job);
	s->waited = false;
	s->alive = true;
	s->since = 0;
	return 0;
}

/* It has a name so far: sbatch was called, or was about to be. */
static int resolve(struct slurm_round *st, struct slurm_task *s)
{
	char *id = slurm_find_name(st->arena, &st->jobs, s->task->job + 1);

	if (id) {
		s->task->job = id;
		return slurm_keep(st, s->task);
	}
	if (s->said)
		return slurm_say(st, s, OUTCOME_FAILED, s->said);
	again(s);
	return 0;
}

static int look(struct slurm_round *st)
{
	if (slurm_jobs(st->now, st->prefix, &st->jobs)) {
		if (fail_kind() == FAIL_INTERRUPTED)
			return -1;
		if (!st->silent)
			st->silent = clock_ms();
		st->silence = arena_strdup(st->now, fail_message());
		if (clock_ms() - st->silent >= st->pace->patience_ms)
			return fail_in(
				"Slurm has not answered for %lld minutes; what it does goes on, "
				"and the next tick takes it up",
				(long long)(clock_ms() - st->silent) / 60000);
		fail_clear();
		return 0;
	}
	st->silent = 0;
	for (size_t i = 0; i < st->ask->n; i++) {
		struct slurm_task *s = &st->items[i];

		if (s->task->state == TASK_SENT && is_name(s->task) && resolve(st, s))
			return -1;
		if (s->task->state == TASK_SENT && !is_name(s->task) && weigh(st, s))
			return -1;
	}
	return 0;
}

/* Those whose build ended badly. */
static int cancel_needless(struct slurm_round *st)
{
	for (size_t i = 0; i < st->ask->n; i++) {
		struct slurm_task *s = &st->items[i];
		const char *why;

		if (s->task->state == TASK_ENDED)
			continue;
		why = executor_cancelled(st->arena, st->ask, s->task);
		if (!why)
			continue;
		if (s->task->state == TASK_SENT && !is_name(s->task))
			slurm_cancel(st->now, s->task->job);
		if (slurm_say(st, s, OUTCOME_CANCELLED, why))
			return -1;
	}
	return 0;
}

static int pause_for(struct slurm_round *st)
{
	int64_t ms = st->pace->poll_ms < BEAT_MS ? st->pace->poll_ms : BEAT_MS;
	const struct timespec beat = { .tv_nsec = (long)ms * 1000000 };
	int64_t until = clock_ms() + st->pace->poll_ms;
	size_t ended = 0, runs = 0;
	const char *what;

	for (size_t i = 0; i < st->ask->n; i++) {
		ended += st->items[i].task->state == TASK_ENDED;
		runs += st->items[i].alive && !st->items[i].waited;
	}
	what = st->silent ? arena_printf(st->now, "Slurm does not answer (%s)", st->silence) :
			    arena_printf(st->now, "Slurm: %zu running, %zu waiting", runs,
					 st->ask->n - ended - runs);
	do {
		/* A signal that we catch ends the wait. */
		if (!progress_step(st->ask->progress, what, ended, st->ask->n, "tasks") ||
		    (nanosleep(&beat, NULL) && errno == EINTR))
			return fail_as(
				FAIL_INTERRUPTED,
				"interrupted; Slurm's jobs go on, and the next tick takes them up");
	} while (clock_ms() < until);
	return 0;
}

/* 1 all have ended, 0, -1. */
static int turn(struct slurm_round *st)
{
	if (take_outcomes(st) || look(st) || cancel_needless(st) || slurm_send_ready(st))
		return -1;
	for (size_t i = 0; i < st->ask->n; i++)
		if (st->items[i].task->state != TASK_ENDED)
			return pause_for(st);
	return 1;
}

int executor_slurm_paced(struct arena *arena, const struct executor_ask *ask,
			 const struct slurm_pace *pace)
{
	struct slurm_round st = { .arena = arena,
				  .ask = ask,
				  .pace = pace,
				  .items = arena_alloc(arena, ask->n * sizeof(*st.items)),
				  .prefix = arena_printf(arena, "%s-", ask->name) };
	char *flaw = slurm_flaw(arena, ask->settings);
	int got = 0;

	/* No waiting makes that better. */
	if (flaw)
		return fail_as(FAIL_USAGE, "%s", flaw);
	for (size_t i = 0; i < ask->n; i++) {
		st.items[i].task = &ask->tasks[i];
		/* What a tick did with children of its own died with them, or has its outcome. */
		if (ask->tasks[i].state == TASK_SENT && strcmp(ask->tasks[i].executor, "slurm")) {
			if (take_outcome(&st, &st.items[i]) < 0)
				return -1;
			if (ask->tasks[i].state != TASK_ENDED)
				again(&st.items[i]);
		}
	}
	while (!got) {
		struct arena *now __free(arena) = arena_new();

		st.now = now;
		got = turn(&st);
	}
	return got < 0 ? -1 : 0;
}

int executor_slurm(struct arena *arena, const struct executor_ask *ask)
{
	unsigned int seconds = ask->settings->slurm.poll_seconds;
	struct slurm_pace pace = { .poll_ms = (int64_t)(seconds ? seconds : 1) * 1000,
				   .patience_ms = PATIENCE_MS,
				   .queue_ms = QUEUE_MS };

	pace.grace_ms = pace.poll_ms * GRACE_POLLS;
	if (pace.grace_ms < GRACE_MIN_MS)
		pace.grace_ms = GRACE_MIN_MS;
	if (pace.grace_ms > GRACE_MAX_MS)
		pace.grace_ms = GRACE_MAX_MS;
	return executor_slurm_paced(arena, ask, &pace);
}
