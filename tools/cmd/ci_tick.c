/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One tick, from its lock to its last word.
 *
 * Everything it does is written into the journal before or with what it does: a tick may be killed between any two lines of this file, and
 * the next one goes on there. A round that is open is finished first, then what is still without a ruling makes a new one.
 * Each step that follows a round (pages, mails, the site) is done until the round says that it was.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <time.h>

#include "base/fail.h"
#include "cmd/ci.h"
#include "cmd/ci_round.h"
#include "cmd/ci_said.h"
#include "cmd/ci_settle.h"

/* 1 with the descriptor that holds it, 0: another tick does, -1. */
static int lock_take(const struct ci *ci, int *fd)
{
	const char *path = arena_printf(ci->arena, "%s/lock", ci->home);

	*fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
	if (*fd < 0)
		return fail_errno("cannot lock %s", path);
	if (!flock(*fd, LOCK_EX | LOCK_NB))
		return 1;
	return errno == EWOULDBLOCK ? 0 : fail_errno("cannot lock %s", path);
}

static int open_round_finish(struct ci *ci)
{
	int open = journal_round_open(ci->journal, ci->arena, &ci->round);

	if (open <= 0)
		return open;
	return round_finish(ci) || ci_replan(ci) ? -1 : 0;
}

/* A round that was open, then what is new; each is settled before the next begins. */
static int rounds_work(struct ci *ci, const struct staleness *staleness)
{
	if (open_round_finish(ci) || rounds_settle(ci, staleness))
		return -1;
	if (!ci->plan.wanted)
		return 0;
	ci->before = ci->round;
	if (round_begin(ci) || round_finish(ci))
		return -1;
	return round_settle(ci, &ci->round, staleness);
}

static int tick_work(struct ci *ci)
{
	struct staleness staleness;
	struct outbox_ask outbox = { .settings = &ci->settings,
				     .journal = ci->journal,
				     .home = ci->home,
				     .tick = ci->tick.id,
				     .now = ci->now };
	struct news none = { 0 };

	if (ci_look(ci, false) || trouble_settle(ci) || revisions_settle(ci) ||
	    staleness_find(ci->arena, ci->journal, &ci->settings, ci->now, &staleness) ||
	    rounds_work(ci, &staleness) || stale_settle(ci, &staleness) ||
	    ci_tell(ci, &none, &staleness) || ci_draft_replies(ci) ||
	    outbox_send(ci->arena, &outbox))
		return -1;
	return prune_settle(ci);
}

/* A task that a cluster does goes on when its tick dies; what was done here went with it. */
static bool is_wanted(void *data, const char *task_dir)
{
	const struct tasks *tasks = data;

	for (size_t i = 0; i < tasks->n; i++)
		if (!strcmp(tasks->items[i].dir, task_dir))
			return tasks->items[i].state == TASK_SENT &&
			       !strcmp(tasks->items[i].executor, "slurm");
	return false;
}

static int leftovers_settle(struct ci *ci)
{
	struct leftovers leftovers = { 0 };
	struct tasks tasks = { 0 };
	struct round round;
	int open = journal_round_open(ci->journal, ci->arena, &round);

	if (open < 0 || (open && journal_tasks(ci->journal, ci->arena, round.id, &tasks)) ||
	    leftovers_clear(ci->arena, ci->home, ci->settings.publish.dir, is_wanted, &tasks,
			    &leftovers))
		return -1;
	for (size_t i = 0; i < leftovers.n; i++)
		if (journal_event(ci->journal, ci->tick.id, "leftover",
				  leftovers.items[i].removed ? "removed" : "stays",
				  leftovers.items[i].what))
			return -1;
	return 0;
}

static const char *tick_word(const struct ci *ci, int r)
{
	if (!r)
		return ci->tick.round ? "worked" : "quiet";
	return fail_kind() == FAIL_INTERRUPTED ? "interrupted" : "failed";
}

/* The journal has its end, whatever it was; the failure that ended it is the one to be said. */
static int tick_end(struct ci *ci, int r)
{
	enum fail_kind kind = fail_kind();
	char *why = arena_strdup(ci->arena, r ? fail_message() : "");

	ci->tick.word = tick_word(ci, r);
	ci->tick.why = why;
	ci->tick.ended = time(NULL);
	if (journal_tick_end(ci->journal, &ci->tick) && !r)
		return -1;
	return r ? fail_as(kind, "%s", why) : 0;
}

int ci_tick(struct ci *ci)
{
	int lock __free(fd) = -1;
	int got = lock_take(ci, &lock);

	if (got < 0)
		return -1;
	if (!got)
		return option_given(ci->context, "fail-if-locked") ? EXIT_BUSY : EXIT_CLEAN;
	ci->tick.started = ci->now;
	if (journal_tick_begin(ci->journal, &ci->tick) ||
	    tick_end(ci, leftovers_settle(ci) || tick_work(ci) ? -1 : 0))
		return -1;
	/* What could not be found out is never exit code 0. */
	got = ci_said(ci);
	return got == EXIT_CLEAN && ci->trouble ? EXIT_INFRA : got;
}
