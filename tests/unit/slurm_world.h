/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A round of tasks, and a Slurm for it that is made of shell scripts: what it says at each look is up to the test. A real
 * one is asked in tests/t/0430-slurm.t.
 */
#ifndef SERIES_TESTS_SLURM_WORLD_H
#define SERIES_TESTS_SLURM_WORLD_H

#include "ci/executor_slurm.h"
#include "unit.h"

#define TASKS 4
#define LOOKS_MAX 400

/* A build, its verify, and two tests; what was sent, and how each ended. */
struct slurm_world {
	struct arena *arena;
	char *dir, *old_path;
	struct task tasks[TASKS];
	struct settings settings;
	struct executor_ask ask;
	struct slurm_pace pace;
	unsigned int looks; /* that have been taken */
	/* Between two looks. */
	void (*between)(struct slurm_world *w, unsigned int look);
	const char *refused; /* the guard's answer for tests */
	struct progress progress;
};

/* In PATH are its sbatch, squeue and scancel from here on, until slurm_world_end(). */
struct slurm_world *slurm_world(struct arena *arena);
/* Only the first `n` tasks. */
struct slurm_world *slurm_world_small(struct arena *arena, size_t n);
void slurm_world_end(struct slurm_world *w);
int go(struct slurm_world *w);

/* Files of the world: "calls" of sbatch with a "script.N" each, ids "cancelled"; "queue", "refuse", "silent" steer it. */
char *in(const struct slurm_world *w, const char *name);
void put(const struct slurm_world *w, const char *name, const char *text);
const char *get(const struct slurm_world *w, const char *name);

/* What squeue says from now on, "1|N/A|RUNNING|None"; NULL: nothing. */
void queue(struct slurm_world *w, const char *line);
/* Task `i` has ended. */
void outcome(struct slurm_world *w, size_t i, enum outcome_word word);
/* All that were sent have. */
void all_end_well(struct slurm_world *w, unsigned int look);

size_t count(const char *text, const char *what);
void must_say(const char *text, const char *what);

#endif
