/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include "slurm_world.h"

#include <stdlib.h>

#include "base/file.h"

char *in(const struct slurm_world *w, const char *name)
{
	return arena_printf(w->arena, "%s/%s", w->dir, name);
}

void put(const struct slurm_world *w, const char *name, const char *text)
{
	assert_ok(file_write(in(w, name), slice_of(text), 0755));
}

const char *get(const struct slurm_world *w, const char *name)
{
	struct slice text;

	if (file_read(w->arena, in(w, name), 1 << 20, &text) != 1)
		return "";
	return slice_str(w->arena, text);
}

size_t count(const char *text, const char *what)
{
	size_t n = 0;

	for (; (text = strstr(text, what)); text += strlen(what))
		n++;
	return n;
}

void must_say(const char *text, const char *what)
{
	if (!strstr(text, what))
		fail_msg("\"%s\" does not say \"%s\"", text, what);
}

void queue(struct slurm_world *w, const char *line)
{
	put(w, "queue", line ? arena_printf(w->arena, "%s|series-x-17-n\n", line) : "");
}

void outcome(struct slurm_world *w, size_t i, enum outcome_word word)
{
	struct outcome o = { .word = word, .note = "so it was", .host = "n1" };

	assert_ok(outcome_write(w->arena, w->tasks[i].dir, &o));
}

static bool step(void *data, const char *what, uint64_t done, uint64_t total, const char *unit)
{
	struct slurm_world *w = data;

	(void)what;
	(void)done;
	(void)total;
	(void)unit;
	if (++w->looks > LOOKS_MAX)
		return false;
	if (w->between)
		w->between(w, w->looks);
	return true;
}

static int sent(void *data, const struct task *task)
{
	(void)data;
	assert_int_equal(task->state, TASK_SENT);
	assert_string_equal(task->executor, "slurm");
	return 0;
}

static int ended(void *data, struct task *task, const struct outcome *o)
{
	(void)data;
	assert_int_equal(task->state, TASK_ENDED);
	assert_string_equal(task->word, outcome_word(o->word));
	return 0;
}

static const char *refuse(void *data, const struct task *task)
{
	const struct slurm_world *w = data;

	return task->kind == PROOF_TEST ? w->refused : NULL;
}

static const char *const sbatch =
	"#!/bin/sh\n"
	"cd \"${0%/*}/..\" && echo \"$*\" >>calls && n=$(wc -l <calls) && cat >script.$n\n"
	"[ ! -e refuse ] || { cat refuse >&2; exit 1; }\n"
	"echo $n\n";
static const char *const squeue =
	"#!/bin/sh\n"
	"cd \"${0%/*}/..\" && cat queue && [ ! -e silent ] || {\n"
	"echo 'slurm_load_jobs error: Unable to contact slurm controller (connect failure)' >&2\n"
	"exit 1\n}\n";
static const char *const scancel = "#!/bin/sh\necho \"$*\" >>\"${0%/*}/../cancelled\"\n";

struct slurm_world *slurm_world(struct arena *arena)
{
	static const struct task some[TASKS] = {
		{ .id = 3, .kind = PROOF_BUILD, .cell = "" },
		{ .id = 4, .kind = PROOF_VERIFY, .cell = "" },
		{ .id = 5, .kind = PROOF_TEST, .cell = "tcg", .needs = 3 },
		{ .id = 6, .kind = PROOF_TEST, .cell = "other", .needs = 3 },
	};
	struct slurm_world *w = arena_new_of(arena, struct slurm_world);

	w->arena = arena;
	w->old_path = arena_strdup(arena, getenv("PATH"));
	assert_ok(file_temp_dir(arena, "test slurm", &w->dir));
	assert_ok(file_make_dirs(in(w, "bin")));
	put(w, "bin/sbatch", sbatch);
	put(w, "bin/squeue", squeue);
	put(w, "bin/scancel", scancel);
	put(w, "bin/sinfo", "#!/bin/sh\nexit 1\n");
	put(w, "bin/sacct", "#!/bin/sh\nexit 1\n");
	setenv("PATH", arena_printf(arena, "%s/bin:%s", w->dir, w->old_path), 1);
	queue(w, NULL);
	for (size_t i = 0; i < TASKS; i++) {
		struct task *task = &w->tasks[i];

		*task = some[i];
		task->round = 17;
		task->series = "demo";
		task->line = "6.12.y";
		task->target = "v6.12.3";
		task->dir =
			arena_printf(arena, "%s/17/it's 100%% %lld", w->dir, (long long)task->id);
		task->executor = task->job = task->word = task->note = task->why = "";
		memset(&task->input.base, 1, sizeof(task->input.base));
		memset(&task->input.patched, 2, sizeof(task->input.patched));
	}
	w->settings.task_minutes = 60;
	w->progress = (struct progress){ step, w };
	w->pace = (struct slurm_pace){
		.poll_ms = 5, .grace_ms = 20, .patience_ms = 60, .queue_ms = 60000
	};
	w->ask = (struct executor_ask){ .settings = &w->settings,
					.program = "/opt/series",
					.workspace = "/ws",
					.store = "/store",
					.name = "series-x-17",
					.tasks = w->tasks,
					.n = TASKS,
					.refuse = refuse,
					.sent = sent,
					.ended = ended,
					.data = w,
					.progress = &w->progress };
	return w;
}

void slurm_world_end(struct slurm_world *w)
{
	setenv("PATH", w->old_path, 1);
	assert_ok(file_remove_tree(w->dir));
}

int go(struct slurm_world *w)
{
	return executor_slurm_paced(w->arena, &w->ask, &w->pace);
}

struct slurm_world *slurm_world_small(struct arena *arena, size_t n)
{
	struct slurm_world *w = slurm_world(arena);

	w->ask.n = n;
	return w;
}

void all_end_well(struct slurm_world *w, unsigned int look)
{
	(void)look;
	for (size_t i = 0; i < w->ask.n; i++)
		if (w->tasks[i].state == TASK_SENT)
			outcome(w, i, OUTCOME_DONE);
}
