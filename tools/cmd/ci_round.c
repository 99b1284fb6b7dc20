/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A round, from the plan to the ruling of its last task.
 */
#define _GNU_SOURCE
#include "cmd/ci_round.h"

#include <time.h>

#include "base/fail.h"
#include "base/file.h"
#include "ci/executor.h"
#include "ci/rule.h"

/* Its tasks */

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

	task->state = TASK_ENDED;
	task->ended = time(NULL);
	task->word = outcome_word(outcome->word);
	task->note = outcome->note;
	task->host = outcome->host;
	if (rule_task(ci->arena, ci->journal, &ci->settings, task, outcome, run, task->ended,
		      &ruling))
		return -1;
	ruling.round = round->id;
	ruling.at = task->ended;
	if (journal_begin(ci->journal))
		return -1;
	if (journal_ruling_put(ci->journal, &ruling) || journal_task_put(ci->journal, task)) {
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
				 .state = ci->state,
				 .journal = ci->journal,
				 .home = ci->home,
				 .now = ci->now };
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
	char *flaw;

	if (journal_tasks(ci->journal, ci->arena, round->id, &tasks))
		return -1;
	ask.tasks = tasks.items;
	ask.n = tasks.n;
	for (size_t i = 0; i < tasks.n; i++)
		open |= tasks.items[i].state != TASK_ENDED;
	if (!open)
		return 0;
	/* What all tasks would fail of is no try of any: the run stays as it is until it is mended. */
	flaw = ci->settings.executor == EXECUTOR_SLURM ?
		       executor_slurm_flaw(ci->arena, &ci->settings) :
		       NULL;
	if (flaw)
		return fail("%s", flaw);
	return ci->settings.executor == EXECUTOR_SLURM ? executor_slurm(ci->arena, &ask) :
							 executor_local(ci->arena, &ask);
}

/* Its beginning and end */

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

static void ruling_apply(struct ci *ci, const struct plan_line *line, struct ruling *ruling)
{
	rule_apply(ci->arena, &line->port, ruling);
	ci_cause_add(ci, line, ruling);
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
		else if (item->gone)
			rule_none(item->line->watched->why, &ruling);
		else if (item->line->trouble)
			rule_trouble(item->line->trouble, &ruling);
		else
			ruling_apply(ci, item->line, &ruling);
		if (journal_ruling_put(ci->journal, &ruling))
			return -1;
	}
	return 0;
}

/*
 * A person who applies at the same moment wins: ours are the same commits. One that stays locked, as a process that was killed leaves
 * it, is said and keeps no other from being moved, nor anything from being tested.
 */
static int line_moves(struct ci *ci, const struct plan_line *line, const struct ref_move *moves,
		      size_t n)
{
	const char *why;

	if (!repo_move_refs(ci->context->repo, moves, n, "series ci"))
		return 0;
	if (fail_kind() == FAIL_INTERRUPTED)
		return -1;
	why = arena_strdup(ci->arena, fail_message());
	fail_clear();
	return journal_event(ci->journal, ci->tick.id, "ref", line->watched->line, why);
}

/* The ports get their refs: what is tested can be looked at, and nothing of it is lost when git tidies up. */
static int refs_move(struct ci *ci)
{
	bool kept = false;

	for (size_t i = 0; i < ci->nlines; i++) {
		const struct plan_line *line = &ci->lines[i];
		struct ref_move moves[2];
		size_t n = 0;

		if (line->ported && line->port.mark != MARK_CONFLICT)
			n = port_moves(&line->port, moves);
		if (!n)
			continue;
		if (!kept && pack_finish(ci->pack))
			return -1;
		kept = true;
		if (line_moves(ci, line, moves, n))
			return -1;
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

int round_begin(struct ci *ci)
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

/* What a line has in common with one that was worked on is known now: a line is not left half ruled until the next tick. */
static int twins_put(struct ci *ci)
{
	const struct plan_line *applied = NULL;

	if (ci_replan(ci))
		return -1;
	for (size_t i = 0; i < ci->plan.n; i++) {
		struct plan_item *item = &ci->plan.items[i];

		if (item->kind == PROOF_APPLY && item->known && !item->wanted)
			applied = item->line;
		item->wanted &= item->line == applied && item->same != NULL;
	}
	return rulings_put(ci);
}

int round_finish(struct ci *ci)
{
	ci->tick.round = ci->round.id;
	if (tasks_run(ci, &ci->round) || twins_put(ci))
		return -1;
	ci->round.ended = time(NULL);
	return journal_round_end(ci->journal, &ci->round);
}
