/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sending a round's tasks to Slurm: what begins together is one array, which
 * waits in Slurm for the build that it needs.
 */
#define _GNU_SOURCE
#include "ci/executor_slurm.h"

#include <time.h>
#include <unistd.h>

#include "base/fail.h"
#include "base/file.h"
#include "base/shell.h"

/* sbatch that gets no answer is called again that often. */
#define CALLS_MAX 10

int slurm_keep(const struct slurm_round *st, struct task *task)
{
	return st->ask->sent ? st->ask->sent(st->ask->data, task) : 0;
}

int slurm_say(struct slurm_round *st, struct slurm_task *s, enum outcome_word word,
	      const char *note)
{
	s->alive = false;
	return executor_say(st->arena, st->ask, s->task, word, note);
}

/* Tasks that are one job. */
struct batch {
	struct slurm_task **items;
	size_t n, cap;
};

/* Can it be sent now? `after`: behind which job; NULL. */
static bool is_ready(const struct slurm_round *st, const struct task *task, const char **after)
{
	const struct task *need = executor_need(st->ask, task);

	*after = NULL;
	if (task->state != TASK_PLANNED)
		return false;
	if (!need || need->state == TASK_ENDED)
		return true;
	/*
	 * Slurm takes a job that it has forgotten for one that ended well: only what
	 * it has now is depended on.
	 */
	*after = need->job;
	return st->items[need - st->ask->tasks].alive;
}

static bool same_array(const struct task *a, const struct task *b)
{
	return a->kind == PROOF_TEST && b->kind == PROOF_TEST && a->needs == b->needs &&
	       !strcmp(a->series, b->series) && !strcmp(a->target, b->target);
}

/* Those that go with `first`, and that the guard lets go. */
static int gather(struct slurm_round *st, size_t first, struct batch *batch)
{
	for (size_t i = first; i < st->ask->n; i++) {
		struct slurm_task *s = &st->items[i];
		const char *after, *refused;

		if (i != first && !same_array(st->items[first].task, s->task))
			continue;
		if (!is_ready(st, s->task, &after))
			continue;
		refused = st->ask->refuse ? st->ask->refuse(st->ask->data, s->task) : NULL;
		if (refused && slurm_say(st, s, OUTCOME_FAILED, refused))
			return -1;
		if (!refused)
			*arena_push(st->now, batch) = s;
	}
	return 0;
}

static void add_command(struct slurm_round *st, const struct task *task, struct text *script)
{
	const char *const *argv = executor_command(st->now, st->ask, task);

	text_adds(script, ORDER_VARIABLE "=");
	shell_quote(script, task->dir);
	text_adds(script, "; set --");
	for (; *argv; argv++) {
		text_addc(script, ' ');
		shell_quote(script, *argv);
	}
}

static struct slice script_of(struct slurm_round *st, const struct batch *batch)
{
	__free_text struct text script = TEXT_INIT;

	text_adds(&script, "#!/bin/sh\n# A task of `series ci`; Slurm runs it, its "
			   "folder says what it is.\n");
	if (batch->n == 1) {
		add_command(st, batch->items[0]->task, &script);
		text_addc(&script, '\n');
	} else {
		text_adds(&script, "case $SLURM_ARRAY_TASK_ID in\n");
		for (size_t i = 0; i < batch->n; i++) {
			text_addf(&script, "%zu) ", i);
			add_command(st, batch->items[i]->task, &script);
			text_adds(&script, " ;;\n");
		}
		text_adds(&script, "esac\n");
	}
	text_adds(&script, "export " ORDER_VARIABLE "\nexec \"$@\"\n");
	return slice_copy(st->now, text_slice(&script));
}

/*
 * The folder of the round, NAME in it, with a link for each element: Slurm
 * finds the logs by it, and people the tasks.
 */
static int make_index(struct slurm_round *st, const struct batch *batch, const char *dir)
{
	if (file_remove_tree(dir) || file_make_dirs(dir))
		return -1;
	for (size_t i = 0; i < batch->n; i++) {
		const char *link = arena_printf(st->now, "%s/%zu", dir, i);

		if (symlink(batch->items[i]->task->dir, link))
			return fail_errno("cannot make %s", link);
	}
	return 0;
}

/* sbatch got no answer, as against one that it did not like. */
static bool no_answer(const char *words)
{
	static const char *const some[] = { "contact slurm controller",
					    "imed out",
					    "Zero Bytes",
					    "emporarily",
					    "onnection",
					    "no answer",
					    "ommunication" };

	for (size_t i = 0; i < ARRAY_SIZE(some); i++)
		if (strstr(words, some[i]))
			return true;
	return false;
}

static int not_sent(struct slurm_round *st, const struct batch *batch)
{
	const char *words = arena_strdup(st->arena, fail_message());
	bool wait = no_answer(words);

	if (fail_kind() == FAIL_INTERRUPTED)
		return -1;
	fail_clear();
	/* It may have been taken nevertheless: the next look finds it by its name then. */
	for (size_t i = 0; i < batch->n; i++)
		if (!wait || ++batch->items[i]->calls >= CALLS_MAX)
			batch->items[i]->said = words;
	return 0;
}

static int send_batch(struct slurm_round *st, const struct batch *batch, const char *after)
{
	const struct executor_ask *ask = st->ask;
	struct task *first = batch->items[0]->task;
	bool array = batch->n > 1;
	/* The time, since a state folder that is made anew counts its rounds from the beginning. */
	char *name = arena_printf(st->now, "%s%lld.%u-%llx", st->prefix, (long long)first->id,
				  first->tries + 1, (unsigned long long)time(NULL));
	const char *slash = strrchr(first->dir, '/');
	char *dir = array ? arena_printf(st->now, "%.*s/%s", (int)(slash - first->dir), first->dir,
					 name) :
			    arena_strdup(st->now, first->dir);
	struct order order = executor_order(ask, first);
	struct slurm_ask job = {
		.name = name,
		.dir = dir,
		.log = arena_printf(st->now, "%s%s/log", slurm_pattern(st->now, dir),
				    array ? "/%a" : ""),
		.after = after,
		.elements = array ? batch->n : 0,
		.cores = order.cores,
		.memory = order.memory,
		.minutes = order.minutes,
		.options = ask->settings->slurm.options,
		.noptions = ask->settings->slurm.noptions,
	};
	char *id;

	for (size_t i = 0; i < batch->n; i++)
		if (executor_send(st->arena, ask, batch->items[i]->task, "slurm",
				  array ? arena_printf(st->now, "@%s_%zu", name, i) :
					  arena_printf(st->now, "@%s", name)))
			return -1;
	if (array && make_index(st, batch, dir))
		return -1;
	job.script = script_of(st, batch);
	if (slurm_send(st->now, &job, &id))
		return not_sent(st, batch);
	for (size_t i = 0; i < batch->n; i++) {
		struct slurm_task *s = batch->items[i];

		s->task->job = array ? arena_printf(st->arena, "%s_%zu", id, i) :
				       arena_strdup(st->arena, id);
		s->alive = s->waited = true;
		s->since = s->waits = 0;
		if (slurm_keep(st, s->task))
			return -1;
	}
	return 0;
}

int slurm_send_ready(struct slurm_round *st)
{
	for (size_t i = 0; i < st->ask->n && !st->silent; i++) {
		struct batch batch = { 0 };
		const char *after;

		if (!is_ready(st, st->items[i].task, &after))
			continue;
		if (gather(st, i, &batch))
			return -1;
		if (batch.n && send_batch(st, &batch, after))
			return -1;
	}
	return 0;
}
