/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Proof, between its own files: the work that is under way.
 *
 * Everything here is looked at again whenever a job has ended: target_go() and cell_go() ask for what
 * can be asked for by now, and may be called at any time. Jobs run in forked processes and leave files;
 * what these say is read here.
 */
#ifndef SERIES_KERNEL_PROOF_PART_H
#define SERIES_KERNEL_PROOF_PART_H

#include "base/jobs.h"
#include "kernel/proof.h"

enum work_state { WORK_NONE, WORK_ASKED, WORK_DONE };

struct engine {
	struct arena *arena;
	const struct proof_ask *ask;
	struct proof *proof;
	struct build_site site; /* as asked, with its jobs */
	struct jobs *jobs;
	unsigned int cores;
	struct target_work *targets;
	size_t ntargets;
	struct build_tests guest_tests; /* ours, the same for all */
	enum work_state guest_state;
};

/* One tree of a target in one configuration. */
struct build_work {
	struct target_work *target;
	size_t config; /* of the target's */
	size_t prefix; /* so many of the port's commits; 0: base */
	struct proof_build build;
	enum work_state state;
	bool compared; /* with base, and recorded */
};

struct target_work {
	struct engine *engine;
	struct proof_target *target;
	const char *name; /* as a folder */
	int lock;	  /* of its evidence; -1 */
	const struct port_patch **commits;
	size_t ncommits;
	struct build_config *configs; /* those of its cells, as they are for this kernel */
	size_t nconfigs;
	struct build_work *builds; /* of each configuration: base, with one commit, with two ... */
	enum work_state selftests_state;
	struct cell_work *cells;
};

/* The tests of a machine's run, and the image that has them. */
struct plan {
	struct guest_test *tests;
	const char **names;
	size_t n;
	char *path;
	char sha256[65];
	enum work_state state;
};

struct arm_work {
	struct cell_work *cell;
	struct build_work *build;
	const struct plan *plan;
	unsigned int attempt;
	const char *key;
	struct proof_arm *arm;
	enum work_state state;
	unsigned int lost; /* machines */
};

enum cell_stage {
	CELL_PLANNING,	/* what runs, and its image */
	CELL_RUNNING,	/* base and patched */
	CELL_AGAIN,	/* what is in doubt, in fresh machines */
	CELL_SEARCHING, /* the first bad patch */
	CELL_OVER
};

struct cell_work {
	struct target_work *target;
	struct proof_cell *cell;
	size_t config;
	enum cell_stage stage;
	const char *cmdline;
	char *machine_key;
	struct plan plan, again;
	struct arm_work base, patched;
	size_t *doubts; /* of the verdict's items */
	size_t ndoubts;
	struct arm_work *runs; /* of what is in doubt: base, patched, base, patched ... */
	size_t nruns;
	size_t good, bad; /* prefixes */
	struct arm_work probe;
};

/* What a job works on; its data. */
struct step {
	struct engine *engine;
	struct target_work *target; /* NULL: of all */
	struct cell_work *cell;
	struct build_work *build;
	struct arm_work *arm;
	struct plan *plan;
	int (*run)(struct step *step, const struct progress *progress); /* in the job */
	/* In the parent, when the job is over and has not failed; then its target goes on. */
	int (*over)(struct step *step, int code);
};

/* proof.c */
/* The target cannot be gone on with: why. */
void target_fail(struct target_work *target, enum fail_kind kind, const char *why);
int target_go(struct target_work *target);
/* A job for `step`, which says what is run and what comes after; `title` is what progress shows. */
void step_add(struct step step, const char *title, unsigned int cores, unsigned int memory,
	      const char *lane);
/* Is there room for `mib` more in the file system of `dir`? Else fails in words. */
int room_for(struct arena *arena, const char *dir, unsigned int mib, const char *what);

/* The SHA-256 of a file's bytes, in hexadecimal. */
int hash_file(const char *path, char hex[65]);

/* proof_build.c */
struct build_work *build_at(struct target_work *target, size_t config, size_t prefix);
int build_want(struct build_work *build);
int guest_tests_want(struct engine *engine);
int selftests_want(struct target_work *target);
/* Names the first patch that does not build, once that is known. */
int builds_judge(struct target_work *target);

/* proof_plan.c */
/* Does `only` want it? */
bool test_wanted(const struct proof_ask *ask, const char *name);
/* Is its program among those that were built? */
bool tests_have(const struct build_tests *tests, const char *name);
/* What runs in the cell; of `doubts` only those programs, where there are any. */
int cell_tests_plan(struct cell_work *cell, const size_t *doubts, size_t ndoubts,
		    struct plan *plan);
int plan_want(struct cell_work *cell, struct plan *plan, const char *file);

/* proof_run.c */
int arm_want(struct arm_work *arm);

/* proof_cell.c */
int cell_go(struct cell_work *cell);
/* The part of a test's name before "/". */
struct slice program_of(const char *test);

/* Does the test show the series' fix? By its program's name. */
bool test_proves(const struct proof_cell *cell, const char *test);

/* proof_retry.c */
void cell_doubt(struct cell_work *cell);
int cell_again_go(struct cell_work *cell);
int cell_search_go(struct cell_work *cell);

#endif
