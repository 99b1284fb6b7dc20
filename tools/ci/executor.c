/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include "ci/executor_part.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>

#include "base/fail.h"
#include "ci/slurm.h"

/* Of a log's end, in bytes: enough for its last line. */
#define TAIL ((size_t)4096)
#define WORDS_MAX ((size_t)200)

const char *const *executor_command(struct arena *arena, const struct executor_ask *ask,
				    const struct task *task)
{
	const char *words[] = { ask->program, "-C",	    ask->workspace, "--store", ask->store,
				"--series",   task->series, "ci",	    "--task",  task->dir,
				NULL };
	const char **argv = arena_alloc(arena, sizeof(words));

	for (size_t i = 0; words[i]; i++)
		argv[i] = arena_strdup(arena, words[i]);
	return argv;
}

char *task_title(struct arena *arena, const struct task *task)
{
	bool cell = task->cell && *task->cell;

	return arena_printf(arena, "%s %s%s%s", proof_kind_word(task->kind), task->target,
			    cell ? "/" : "", cell ? task->cell : "");
}

struct order executor_order(const struct executor_ask *ask, const struct task *task)
{
	struct order order = {
		.workspace = ask->workspace,
		.store = ask->store,
		.task = *task,
		.minutes = ask->settings->task_minutes,
	};

	/* It keeps to what it is given there. */
	if (ask->settings->executor == EXECUTOR_SLURM)
		slurm_sizes(ask->settings, &order.cores, &order.memory);
	return order;
}

const struct task *executor_need(const struct executor_ask *ask, const struct task *task)
{
	for (size_t i = 0; task->needs && i < ask->n; i++)
		if (ask->tasks[i].id == task->needs)
			return &ask->tasks[i];
	return NULL;
}

char *executor_cancelled(struct arena *arena, const struct executor_ask *ask,
			 const struct task *task)
{
	const struct task *need = executor_need(ask, task);

	if (!need || need->state != TASK_ENDED || !strcmp(need->word, outcome_word(OUTCOME_DONE)))
		return NULL;
	return arena_printf(
		arena, "its build %s%s%s",
		!strcmp(need->word, outcome_word(OUTCOME_LOST))	      ? "was lost" :
		!strcmp(need->word, outcome_word(OUTCOME_CANCELLED))  ? "was cancelled" :
		!strcmp(need->word, outcome_word(OUTCOME_SUPERSEDED)) ? "was superseded" :
									"failed",
		need->note && *need->note ? ": " : "", need->note ? need->note : "");
}

int executor_send(struct arena *arena, const struct executor_ask *ask, struct task *task,
		  const char *executor, const char *job)
{
	struct order order;

	task->tries++;
	task->state = TASK_SENT;
	task->executor = arena_strdup(arena, executor);
	task->job = arena_strdup(arena, job);
	task->sent = time(NULL);
	order = executor_order(ask, task);
	if (order_write(arena, &order))
		return -1;
	return ask->sent ? ask->sent(ask->data, task) : 0;
}

int executor_end(struct arena *arena, const struct executor_ask *ask, struct task *task,
		 const struct outcome *outcome)
{
	task->state = TASK_ENDED;
	task->ended = time(NULL);
	task->word = outcome_word(outcome->word);
	task->note = arena_strdup(arena, outcome->note ? outcome->note : "");
	task->host = arena_strdup(arena, outcome->host ? outcome->host : "");
	return ask->ended ? ask->ended(ask->data, task, outcome) : 0;
}

int executor_say(struct arena *arena, const struct executor_ask *ask, struct task *task,
		 enum outcome_word word, const char *note)
{
	struct outcome outcome = { .word = word, .note = note, .host = "" };

	return executor_end(arena, ask, task, &outcome);
}

char *executor_last_words(struct arena *arena, const struct task *task)
{
	int fd __free(fd) =
		open(arena_printf(arena, "%s/log", task->dir), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	char *buf = arena_alloc(arena, TAIL + 1);
	struct slice rest, line, last = SLICE("");
	struct stat st;
	ssize_t n;

	if (fd < 0 || fstat(fd, &st))
		return arena_strdup(arena, "");
	n = pread(fd, buf, TAIL, st.st_size > (off_t)TAIL ? st.st_size - (off_t)TAIL : 0);
	rest = (struct slice){ buf, n > 0 ? (size_t)n : 0 };
	while (slice_line(&rest, &line))
		if (!slice_blank(line))
			last = slice_trim(line);
	if (last.n > WORDS_MAX)
		last = slice_skip(last, last.n - WORDS_MAX);
	return slice_str(arena, last);
}
