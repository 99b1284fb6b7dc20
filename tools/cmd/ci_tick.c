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

#include "base/clock.h"
#include "base/fail.h"
#include "base/file.h"
#include "ci/executor.h"
#include "ci/revision.h"
#include "ci/rule.h"
#include "cmd/ci.h"
#include "cmd/ci_said.h"

/* A site that could not be made for so many rounds will do without the pages of older ones. */
#define UNSETTLED_MAX 20

/* ---- alone ---- */

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

/* ---- the tasks of a round ---- */

struct working {
	struct ci *ci;
	struct round *round;
};

static int task_sent(void *data, const struct task *task)
{
	struct working *w = data;

	return journal_task_put(w->ci->journal, task);
}

/* Take in what a task found: 0 with the run, or with the outcome changed where its database cannot be used. */
static int results_take(struct ci *ci, const struct task *task, struct outcome *outcome,
			int64_t *run)
{
	const char *path = arena_printf(ci->arena, "%s/state/results.db", task->dir);

	*run = 0;
	if (outcome->word != OUTCOME_DONE)
		return 0;
	if (file_kind(path) != 2) {
		outcome->word = OUTCOME_FAILED;
		outcome->note = "it ended well and left no results";
		return 0;
	}
	if (!results_merge(ci->journal, path, run))
		return 0;
	if (fail_kind() == FAIL_BUSY || fail_kind() == FAIL_INTERRUPTED)
		return -1;
	outcome->word = OUTCOME_FAILED;
	outcome->note =
		arena_printf(ci->arena, "its results cannot be taken in: %s", fail_message());
	fail_clear();
	return 0;
}

/* The ruling and the end of the task are one transaction: one is never there without the other. */
static int ruling_keep(struct ci *ci, struct round *round, struct task *task,
		       const struct outcome *outcome, int64_t run)
{
	struct ruling ruling = { 0 };
	bool ruled = outcome->word != OUTCOME_SUPERSEDED;

	task->state = TASK_ENDED;
	task->ended = time(NULL);
	task->word = outcome_word(outcome->word);
	task->note = outcome->note;
	if (ruled && rule_task(ci->arena, ci->journal, &ci->settings, task, outcome, run,
			       task->ended, &ruling))
		return -1;
	ruling.round = round->id;
	ruling.at = task->ended;
	if (journal_begin(ci->journal))
		return -1;
	if ((ruled && journal_ruling_put(ci->journal, &ruling)) ||
	    journal_task_put(ci->journal, task)) {
		journal_finish(ci->journal, false);
		return -1;
	}
	return journal_finish(ci->journal, true);
}

static int task_ended(void *data, struct task *task, const struct outcome *given)
{
	struct working *w = data;
	struct outcome outcome = *given;
	int64_t run;

	if (results_take(w->ci, task, &outcome, &run) ||
	    ruling_keep(w->ci, w->round, task, &outcome, run))
		return -1;
	if (outcome.word == OUTCOME_DONE)
		return 0;
	return journal_event(w->ci->journal, w->ci->tick.id, "task", task->target,
			     arena_printf(w->ci->arena, "%s%s%s: %s%s%s",
					  proof_kind_word(task->kind), *task->cell ? " " : "",
					  task->cell, outcome_word(outcome.word),
					  *outcome.note ? ", " : "", outcome.note));
}

/* The memory of the machine that a test boots. */
static unsigned int memory_of(const struct ci *ci, const struct task *task)
{
	for (size_t i = 0; task->kind == PROOF_TEST && i < ci->matrix.ncells; i++)
		if (!strcmp(ci->matrix.cells[i].name, task->cell))
			return ci->matrix.cells[i].machine->memory;
	return 0;
}

/* A guess that cannot be made is no reason to refuse: what happens then is infrastructure all the same. */
static const char *task_refuse(void *data, const struct task *task)
{
	struct working *w = data;
	struct ci *ci = w->ci;
	struct guard_ask ask = { .settings = &ci->settings,
				 .cache = ci->cache,
				 .state = ci->state };
	struct estimate estimate;
	const char *why;

	/* On a cluster it is another machine that needs the memory. */
	if (estimate_make(ci->arena, ci->journal, ci->cache, task->kind, task->target,
			  memory_of(ci, task), &estimate)) {
		fail_clear();
		return NULL;
	}
	if (ci->settings.executor == EXECUTOR_SLURM)
		estimate.memory = 0;
	why = guard_refusal(ci->arena, &ask, &estimate);
	if (why)
		journal_event(ci->journal, ci->tick.id, "space", task->target, why);
	return why;
}

/* A name that no other state folder's rounds have: who looks at a cluster's queue sees them all. */
static char *round_name(const struct ci *ci, const struct round *round)
{
	uint32_t hash = 2166136261u; /* FNV-1a */

	for (const char *p = ci->home; *p; p++)
		hash = (hash ^ (unsigned char)*p) * 16777619u;
	return arena_printf(ci->arena, "series-%08x-%lld", hash, (long long)round->id);
}

static int tasks_run(struct ci *ci, struct round *round)
{
	struct working working = { ci, round };
	struct executor_ask ask = { .settings = &ci->settings,
				    .program = ci->program,
				    .workspace = ci->workspace,
				    .store = ci->store,
				    .name = round_name(ci, round),
				    .refuse = task_refuse,
				    .sent = task_sent,
				    .ended = task_ended,
				    .data = &working,
				    .progress = &ci->context->progress };
	struct tasks tasks = { 0 };
	bool open = false;

	if (journal_tasks(ci->journal, ci->arena, round->id, &tasks))
		return -1;
	ask.tasks = tasks.items;
	ask.n = tasks.n;
	for (size_t i = 0; i < tasks.n; i++)
		open |= tasks.items[i].state != TASK_ENDED;
	if (!open)
		return 0;
	return ci->settings.executor == EXECUTOR_SLURM ? executor_slurm(ci->arena, &ask) :
							 executor_local(ci->arena, &ask);
}

/* ---- a round ---- */

static const char *or_empty(const char *s)
{
	return s ? s : "";
}

static struct task task_of(const struct ci *ci, const struct plan_item *item, size_t place)
{
	const char *cell = item->cell ? item->cell->name : "";

	return (struct task){ .kind = item->kind,
			      .series = item->line->series->name,
			      .line = item->line->watched->line,
			      .target = item->line->watched->kernel.name,
			      .cell = cell,
			      .input = item->input,
			      .why = or_empty(item->why),
			      .dir = arena_printf(ci->arena, "%zu", place),
			      .executor = "",
			      .job = "",
			      .word = "",
			      .note = "" };
}

/* Folders are named for people who look for a log: tasks/17/3-test-v6.1.188-tcg. */
static int dirs_name(struct ci *ci, int64_t round, struct tasks *tasks)
{
	for (size_t i = 0; i < tasks->n; i++) {
		struct task *task = &tasks->items[i];

		task->dir = arena_printf(ci->arena, "%s/tasks/%lld/%zu-%s-%s%s%s", ci->home,
					 (long long)round, i + 1, proof_kind_word(task->kind),
					 task->target, *task->cell ? "-" : "", task->cell);
		if (journal_task_put(ci->journal, task))
			return -1;
	}
	return 0;
}

/* The tasks of what is wanted; `places` says where each item's is, from 1. */
static size_t tasks_of(const struct ci *ci, struct task *tasks, size_t *places)
{
	const struct plan *plan = &ci->plan;
	size_t n = 0;

	for (size_t i = 0; i < plan->n; i++) {
		const struct plan_item *item = &plan->items[i];

		if (!item->wanted || item->kind == PROOF_APPLY || item->same)
			continue;
		tasks[n] = task_of(ci, item, n + 1);
		places[i] = ++n;
	}
	for (size_t i = 0; i < plan->n; i++)
		if (places[i] && plan->items[i].needs)
			tasks[places[i] - 1].needs = (int64_t)places[plan->items[i].needs - 1];
	return n;
}

/* What came out for just this input on another line holds here, too. */
static struct ruling ruling_same(const struct ruling *here, const struct ruling *there)
{
	struct ruling ruling = *there;

	ruling.id = 0;
	ruling.round = here->round;
	ruling.at = here->at;
	ruling.line = here->line;
	ruling.target = here->target;
	return ruling;
}

/* What needs no task: the port is there already, or somebody else had the same to do. */
static int rulings_put(struct ci *ci)
{
	for (size_t i = 0; i < ci->plan.n; i++) {
		const struct plan_item *item = &ci->plan.items[i];
		struct ruling ruling = { .round = ci->round.id,
					 .at = ci->now,
					 .kind = item->kind,
					 .series = item->line->series->name,
					 .line = item->line->watched->line,
					 .target = item->line->watched->kernel.name,
					 .cell = "",
					 .input = item->input };

		if (!item->wanted || (item->kind != PROOF_APPLY && !item->same))
			continue;
		if (item->same)
			ruling = ruling_same(&ruling, item->same);
		else
			rule_apply(ci->arena, &item->line->port, &ruling);
		if (journal_ruling_put(ci->journal, &ruling))
			return -1;
	}
	return 0;
}

/* The ports get their refs: what is tested can be looked at, and nothing of it is lost when git tidies up. */
static int refs_move(struct ci *ci)
{
	struct ref_move *moves = arena_alloc(ci->arena, (2 * ci->nlines + 1) * sizeof(*moves));
	size_t n = 0;

	for (size_t i = 0; i < ci->nlines; i++) {
		const struct plan_line *line = &ci->lines[i];

		if (line->ported && line->port.mark != MARK_CONFLICT)
			n += port_moves(&line->port, &moves[n]);
	}
	if (!n)
		return 0;
	if (pack_finish(ci->pack))
		return -1;
	/* A person who applies at the same moment wins; ours are the same commits. */
	if (repo_move_refs(ci->context->repo, moves, n, "series ci")) {
		if (fail_kind() != FAIL_BUSY)
			return -1;
		fail_clear();
	}
	return 0;
}

/* One transaction: the round with its tasks, their folders' names, and the rulings that are known. */
static int round_write(struct ci *ci, struct task *tasks, size_t n)
{
	struct tasks kept = { 0 };

	if (journal_begin(ci->journal))
		return -1;
	if (journal_round_begin(ci->journal, &ci->round, tasks, n) ||
	    journal_tasks(ci->journal, ci->arena, ci->round.id, &kept) ||
	    dirs_name(ci, ci->round.id, &kept) || rulings_put(ci)) {
		journal_finish(ci->journal, false);
		return -1;
	}
	return journal_finish(ci->journal, true);
}

static int round_begin(struct ci *ci)
{
	struct task *tasks = arena_alloc(ci->arena, (ci->plan.n + 1) * sizeof(*tasks));
	size_t *places = arena_alloc(ci->arena, (ci->plan.n + 1) * sizeof(*places));
	size_t n;

	memset(places, 0, (ci->plan.n + 1) * sizeof(*places));
	n = tasks_of(ci, tasks, places);
	ci->round = (struct round){ .tick = ci->tick.id,
				    .started = ci->now,
				    .stale = ci->watched.stale,
				    .why = or_empty(ci->plan.why) };
	return refs_move(ci) || round_write(ci, tasks, n) ? -1 : 0;
}

static int round_finish(struct ci *ci)
{
	ci->tick.round = ci->round.id;
	if (tasks_run(ci, &ci->round))
		return -1;
	ci->round.ended = time(NULL);
	return journal_round_end(ci->journal, &ci->round);
}

/* ---- what follows ---- */

static int pages_keep(struct ci *ci, const struct round *round)
{
	struct plan_line *lines = ci->lines;
	size_t nlines = ci->nlines;
	int r;

	/* As it was then: a tick that was killed is finished by one that may see newer kernels. */
	if (ci_lines_of_round(ci, round->id, &ci->lines, &ci->nlines))
		return -1;
	r = site_keep(ci, round);
	ci->lines = lines;
	ci->nlines = nlines;
	return r;
}

/*
 * What cannot be published, pruned or looked up now must not keep a verdict from being told: it is tried again by the next tick, and
 * said when it begins and when it changes, not every hour. 0 it went well, 1 it did not, -1.
 */
static int try(struct ci *ci, const char *kind, int r)
{
	const char *name = arena_printf(ci->arena, "trouble %s", kind);
	char *before = NULL, *now;

	if (r && fail_kind() == FAIL_INTERRUPTED)
		return -1;
	now = arena_strdup(ci->arena, r ? fail_message() : "");
	fail_clear();
	if (journal_note_get(ci->journal, ci->arena, name, &before))
		return -1;
	if (!strcmp(before ? before : "", now))
		return r ? 1 : 0;
	if (journal_note_put(ci->journal, name, now) ||
	    journal_event(ci->journal, ci->tick.id, kind, r ? "failed" : "works again", now))
		return -1;
	if (r)
		context_say(ci->context, "%s", now);
	return r ? 1 : 0;
}

static int round_publish(struct ci *ci, struct round *round)
{
	int r;

	if (round->published)
		return 0;
	r = try(ci, "publishing", pages_keep(ci, round) || site_publish(ci) ? -1 : 0);
	if (r)
		return r < 0 ? -1 : 0;
	round->published = time(NULL);
	return journal_round_end(ci->journal, round);
}

/* The site first: the mails point there. */
static int round_settle(struct ci *ci, struct round *round, const struct staleness *staleness)
{
	struct round ours = ci->round;
	struct news news = { 0 };
	int r;

	if (round_publish(ci, round))
		return -1;
	if (round->told)
		return 0;
	ci->round = *round;
	r = news_make(ci->arena, ci->journal, &ci->settings, round, &news) ||
	    ci_tell(ci, &news, staleness);
	ci->round = ours;
	round->told = time(NULL);
	return r ? -1 : journal_round_end(ci->journal, round);
}

/* Complete rounds of which something that follows is still to be done, oldest first: a tick was killed there, or could not publish. */
static int rounds_settle(struct ci *ci, const struct staleness *staleness)
{
	struct rounds rounds = { 0 };

	if (journal_rounds(ci->journal, ci->arena, UNSETTLED_MAX, &rounds))
		return -1;
	for (size_t i = rounds.n; i-- > 0;) {
		struct round *round = &rounds.items[i];

		if (round->ended && !(round->published && round->told) &&
		    round_settle(ci, round, staleness))
			return -1;
	}
	return 0;
}

/* Data that has grown old, or is fresh again, changes the site although there is no round. */
static int stale_settle(struct ci *ci, const struct staleness *staleness)
{
	const char *now = staleness->red ? "red" : staleness->stale ? "stale" : "fresh";
	char *before = NULL;

	if (journal_note_get(ci->journal, ci->arena, "data", &before))
		return -1;
	if (!strcmp(before ? before : "fresh", now))
		return 0;
	if (try(ci, "publishing", site_publish(ci)) < 0)
		return -1;
	return journal_note_put(ci->journal, "data", now);
}

/* A line that could not be ported. */
static int trouble_settle(struct ci *ci)
{
	return try(ci, "porting", ci->trouble ? fail("%s", ci->trouble) : 0) < 0 ? -1 : 0;
}

static int revisions_look(struct ci *ci)
{
	for (size_t i = 0; ci->settings.lore.watch && i < ci->nseries; i++) {
		struct revision_ask ask = { .workspace = ci->workspace,
					    .series = &ci->series[i],
					    .settings = &ci->settings,
					    .journal = ci->journal,
					    .tick = ci->tick.id,
					    .now = ci->now };
		struct revision revision;
		int found = revision_look(ci->arena, &ask, &revision);

		if (try(ci, "lore", found < 0 ? -1 : 0) < 0)
			return -1;
		if (found > 0 && ci_tell_revision(ci, &ci->series[i], &revision))
			return -1;
	}
	return 0;
}

/* Once a day, and after each round: it walks through folders. */
static int prune_settle(struct ci *ci)
{
	struct prune_ask ask = { .settings = &ci->settings,
				 .journal = ci->journal,
				 .home = ci->home,
				 .cache = ci->cache,
				 .state = ci->state,
				 .repo = ci->context->repo,
				 .now = ci->now };
	struct pruned pruned;
	char *last = NULL;
	unsigned long at;

	if (journal_note_get(ci->journal, ci->arena, "pruned", &last))
		return -1;
	if (!ci->tick.round && last && slice_number(slice_of(last), INT64_MAX, &at) &&
	    ci->now < (int64_t)at + 86400)
		return 0;
	if (try(ci, "pruning", prune(ci->arena, &ask, &pruned)) < 0)
		return -1;
	return journal_note_put(ci->journal, "pruned",
				arena_printf(ci->arena, "%lld", (long long)ci->now));
}

/* ---- the tick ---- */

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

	if (ci_look(ci, false) || trouble_settle(ci) || revisions_look(ci) ||
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
