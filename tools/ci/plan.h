/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Plan: which proofs have no ruling for exactly this input, and why.
 *
 * The recipe is the hash of whatever a ruling depends on beside the two trees: the configuration's fragments and make words, the
 * cell's machine and tests with their sources, compiler, emulator, this program. It is made without building anything.
 */
#ifndef SERIES_CI_PLAN_H
#define SERIES_CI_PLAN_H

#include "ci/journal.h"
#include "ci/watch.h"
#include "kernel/matrix.h"
#include "patch/pack.h"
#include "patch/port.h"

/* A series on the newest kernel of a line. */
struct plan_line {
	const struct series *series;
	const struct watched *watched;
	struct port port;
	bool ported; /* false: there is no kernel, or `trouble` */
	const char *
		trouble; /* why it could not be found out whether it applies: infrastructure; NULL */
};

struct plan_ask {
	const char *workspace;
	const struct settings *settings;
	const struct matrix *matrix;
	struct repo *repo;
	struct results *journal;
	struct plan_line *lines;
	size_t nlines;
	const char *program_version;
	int64_t now;
};

struct plan_item {
	const struct plan_line *line;
	enum proof_kind kind;
	const struct cell *cell; /* PROOF_TEST */
	struct input input;
	bool wanted; /* false: there is a ruling, or it waits: `why` says which */
	char *why;
	size_t needs; /* index of its build + 1; 0: none, or that is there already */
	/* Another line has a ruling for just this input: it is taken as it is, under this line and target, without a task. */
	const struct ruling *same;
	bool known; /* it has a ruling of its own */
	bool gone; /* PROOF_APPLY: its line has no kernel any more, and stands as on its last one */
};
struct plan {
	struct plan_item *items; /* line by line: apply, build, verify, tests */
	size_t n, cap;
	size_t wanted;
	char *why; /* of all that is wanted, in a line: "v6.1.188 is out; the series changed" */
};
int plan_make(struct arena *arena, const struct plan_ask *ask, struct plan *plan);

/*
 * The recipe of one proof; hex is 64 characters and NUL: 28 of what the workspace says (tests, machines, configurations, checks), 8
 * of the known failures that may matter to it and whether their day has come, 28 of the tools and this program.
 */
int plan_recipe(struct arena *arena, const struct plan_ask *ask, const struct plan_line *line,
		enum proof_kind kind, const struct cell *cell, char hex[65]);
/* Do two recipes agree in what the workspace says? */
bool plan_same_workspace(const char *a, const char *b);

#endif
