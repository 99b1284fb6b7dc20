/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What `series ci --task DIR` does: one order (ci/order.h), here and now.
 *
 * It trusts nothing but the order: the workspace may have changed since it was planned, and then what came out would stand under
 * the wrong input. So the port is made anew and compared first. Its own database and evidence lie in the folder: whoever is
 * killed and begun again finds there what was complete.
 */
#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/resource.h>

#include "base/clock.h"
#include "base/fail.h"
#include "base/file.h"
#include "ci/found.h"
#include "ci/order.h"
#include "cmd/auditing.h"
#include "cmd/ci.h"
#include "cmd/ci_task_log.h"
#include "cmd/proving.h"
#include "kernel/results_sound.h"

struct ci_work {
	struct context *context;
	struct order order;
	const char *dir;
	struct proving_home home;
	struct outcome outcome; /* SUPERSEDED or FAILED with a note, or DONE */
	struct found found;	/* of DONE */
	double began;
};

static double cpu_seconds(void)
{
	static const int whose[] = { RUSAGE_SELF, RUSAGE_CHILDREN };
	double sum = 0;

	for (size_t i = 0; i < ARRAY_SIZE(whose); i++) {
		struct rusage use;

		if (!getrusage(whose[i], &use))
			sum += (double)(use.ru_utime.tv_sec + use.ru_stime.tv_sec) +
			       (double)(use.ru_utime.tv_usec + use.ru_stime.tv_usec) / 1e6;
	}
	return sum;
}

static void ends_as(struct ci_work *work, enum outcome_word word, const char *note)
{
	work->outcome.word = word;
	work->outcome.note = note;
}

/* Whatever of it could not be found out. */
static void fails(struct ci_work *work, const char *why)
{
	ends_as(work, OUTCOME_FAILED, arena_strdup(work->context->arena, why));
}

/* The order says where, whatever the words of the command say. */
static void follow(struct context *c, const struct order *order)
{
	c->dir = order->workspace;
	c->store_name = order->store;
	c->series_name = order->task.series;
}

/* The folder's own database; one that a full disk or a crash has damaged is begun anew. */
static int home_open(struct ci_work *work)
{
	struct context *c = work->context;
	const char *state = arena_printf(c->arena, "%s/state", work->dir);
	int sound;

	work->home = (struct proving_home){
		.database = arena_printf(c->arena, "%s/results.db", state),
		.evidence = arena_printf(c->arena, "%s/runs", state),
		.command = arena_printf(c->arena, "series ci: %s %s%s%s",
					proof_kind_word(work->order.task.kind),
					work->order.task.target, *work->order.task.cell ? "/" : "",
					work->order.task.cell),
	};
	if (file_make_dirs(state))
		return -1;
	sound = results_sound(work->home.database);
	if (sound)
		return sound < 0 ? -1 : 0;
	context_say(c, "%s is damaged: put aside, and begun anew", work->home.database);
	return results_set_aside(c->arena, work->home.database);
}

/* Is what would be done still what was ordered? False: the outcome says why not. */
static int still_ordered(struct ci_work *work, struct ports *ports, bool *same)
{
	struct context *c = work->context;
	const struct task *task = &work->order.task;
	struct kernel kernel;

	*same = false;
	if (repo_kernel(c->repo, c->arena, task->target, &kernel) != 1) {
		ends_as(work, OUTCOME_SUPERSEDED,
			arena_printf(c->arena, "the kernel %s is not in the store any more",
				     task->target));
		return 0;
	}
	if (!git_oid_equal(&kernel.tree, &task->input.base)) {
		ends_as(work, OUTCOME_SUPERSEDED,
			arena_printf(c->arena, "the kernel %s has another tree than was planned",
				     task->target));
		return 0;
	}
	if (ports_make_one(c, &kernel, ports))
		return -1;
	if (ports->items[0].mark == MARK_CONFLICT ||
	    !git_oid_equal(&ports->items[0].tree, &task->input.patched)) {
		ends_as(work, OUTCOME_SUPERSEDED,
			arena_printf(
				c->arena,
				"the series or its backports have changed: on %s they come to something else than was planned",
				task->target));
		return 0;
	}
	*same = true;
	return 0;
}

/* Tests, machines, configurations are part of the input: the recipe's half that comes from the workspace. */
static int same_recipe(struct ci_work *work, const struct ports *ports, bool *same)
{
	struct context *c = work->context;
	const struct task *task = &work->order.task;
	struct matrix *matrix = arena_new_of(c->arena, struct matrix);
	struct settings *settings = arena_new_of(c->arena, struct settings);
	struct plan_line line = { .series = ports->series,
				  .port = ports->items[0],
				  .ported = true };
	struct plan_ask ask = { .workspace = context_workspace(c),
				.settings = settings,
				.matrix = matrix,
				.repo = c->repo,
				.program_version = program_version,
				.now = time(NULL) };
	const struct cell *cell = NULL;
	char recipe[65];

	*same = true;
	if (!*task->input.recipe)
		return 0;
	if (!context_targets(c) || matrix_read(c->arena, ask.workspace, matrix) ||
	    settings_read(c->arena, ask.workspace, c->targets, settings))
		return -1;
	for (size_t i = 0; i < matrix->ncells; i++)
		if (!strcmp(matrix->cells[i].name, task->cell))
			cell = &matrix->cells[i];
	if (task->kind == PROOF_TEST && !cell)
		*same = false;
	else if (plan_recipe(c->arena, &ask, &line, task->kind, cell, recipe))
		return -1;
	else
		*same = plan_same_workspace(recipe, task->input.recipe);
	if (!*same)
		ends_as(work, OUTCOME_SUPERSEDED,
			"tests, machines or configurations of the workspace have changed since it was planned");
	return 0;
}

static int verify(struct ci_work *work, struct ports *ports)
{
	struct context *c = work->context;
	struct audited audited = { .ports = *ports };
	struct audit_choice choice = { 0 };
	struct auditing *auditing = arena_new_of(c->arena, struct auditing);
	unsigned int jobs = work->order.cores ? work->order.cores : jobs_cores();

	audited.audits = arena_alloc(c->arena, (ports->n + 1) * sizeof(*audited.audits));
	if (auditing_begin(c, ports->pack, jobs, auditing))
		return -1;
	auditing->site.wait = true;
	if (auditing_port(c, auditing, &choice, &audited, 0) ||
	    auditing_keep(c, work->home.database, work->home.command, &audited))
		return -1;
	found_audit(c->arena, &audited.audits[0], &work->found);
	task_log_audit(c, &audited);
	return 0;
}

static int prove(struct ci_work *work, struct proving *proving)
{
	struct context *c = work->context;
	const struct task *task = &work->order.task;
	struct proof_ask *ask = &proving->ask;
	const struct proof_target *target;

	*ask = (struct proof_ask){
		.matrix = &proving->matrix,
		/* On a cluster the tasks of a kernel run side by side. */
		.site = { .workspace = context_workspace(c),
			  .progress = &c->progress,
			  .wait = true },
		.build_only = task->kind == PROOF_BUILD,
		.cell = task->kind == PROOF_TEST ? task->cell : NULL,
		.cores = work->order.cores,
		.memory = work->order.memory,
		.progress = &c->progress,
	};
	if (matrix_read(c->arena, ask->site.workspace, &proving->matrix) ||
	    proving_run(c, &work->home, proving))
		return -1;
	target = proving->proof.n ? &proving->proof.items[0] : NULL;
	if (!target || target->failed) {
		fails(work, target ? target->failed : "nothing was proven");
		return 0;
	}
	if (task->kind == PROOF_BUILD) {
		found_builds(c->arena, target, &work->found);
	} else if (!target->ncells) {
		fails(work, arena_printf(c->arena, "cell %s does not cover %s", task->cell,
					 task->target));
	} else if (target->cells[0].unavailable) {
		fails(work, arena_printf(c->arena, "machine unavailable: %s",
					 target->cells[0].unavailable));
	} else {
		found_cell(c->arena, target, &target->cells[0], &work->found);
	}
	task_log_proof(c, proving);
	return 0;
}

static int work_do(struct ci_work *work)
{
	struct context *c = work->context;
	struct proving *proving = arena_new_of(c->arena, struct proving);
	bool same;
	int ret = -1;

	if (!context_workspace(c) || !context_repo(c) || home_open(work))
		return -1;
	if (!still_ordered(work, &proving->ports, &same)) {
		ret = 0;
		if (same && same_recipe(work, &proving->ports, &same))
			ret = -1;
		if (!ret && same)
			ret = work->order.task.kind == PROOF_VERIFY ?
				      verify(work, &proving->ports) :
				      prove(work, proving);
	}
	proving_release(proving);
	return ret;
}

/* What was found first, the outcome last: without it nothing has ended. */
static int work_end(struct ci_work *work)
{
	struct context *c = work->context;

	work->outcome.wall_seconds = clock_seconds() - work->began;
	work->outcome.cpu_seconds = cpu_seconds();
	if (work->outcome.word == OUTCOME_DONE && found_write(c->arena, work->dir, &work->found))
		return -1;
	if (outcome_write(c->arena, work->dir, &work->outcome))
		return -1;
	context_say(c, "%s%s%s", outcome_word(work->outcome.word), *work->outcome.note ? ": " : "",
		    work->outcome.note);
	return work->outcome.word == OUTCOME_DONE ? EXIT_CLEAN : EXIT_INFRA;
}

static int work_begin(struct context *c, struct ci_work *work)
{
	const struct task *task = &work->order.task;

	if (order_read(c->arena, work->dir, &work->order))
		return -1;
	/* For what it starts, when it was called by hand. */
	if (setenv(ORDER_VARIABLE, work->dir, 0))
		return fail_errno("cannot set %s", ORDER_VARIABLE);
	follow(c, &work->order);
	context_say(c, "run %lld: %s %s%s%s, %s", (long long)task->round,
		    proof_kind_word(task->kind), task->target, *task->cell ? "/" : "", task->cell,
		    task->why);
	return 0;
}

int ci_task(struct context *c, const char *dir)
{
	struct ci_work *work = arena_new_of(c->arena, struct ci_work);
	void *real __free(ptr) = realpath(dir, NULL);
	int lock __free(fd) = -1, got;

	if (!real) {
		fail_errno("%s", dir);
		return fail_as(FAIL_USAGE, "%s", fail_message());
	}
	*work = (struct ci_work){
		.context = c,
		.dir = arena_strdup(c->arena, real),
		.began = clock_seconds(),
		.outcome = { .word = OUTCOME_DONE, .note = "" },
		.found = { .why = "" },
	};
	got = order_lock(c->arena, work->dir, &lock);
	if (got < 0)
		return -1;
	if (!got)
		return fail_as(FAIL_BUSY, "another process does the task in %s", work->dir);
	if (order_sign(lock))
		return -1;
	got = outcome_read(c->arena, work->dir, &work->outcome);
	if (got == 1)
		return work->outcome.word == OUTCOME_DONE ? EXIT_CLEAN : EXIT_INFRA;
	work->outcome = (struct outcome){ .word = OUTCOME_DONE, .note = "" };
	fail_clear();
	if (work_begin(c, work))
		return -1;
	got = work_do(work);
	/* Who stops us stops what we started as well: what became of that says nothing. */
	if (context_interrupted())
		return -1;
	if (got) {
		if (fail_kind() == FAIL_INTERRUPTED)
			return -1;
		fails(work, fail_message());
	}
	return work_end(work);
}
