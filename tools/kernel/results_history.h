/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Results' history: what is known of just these two trees, and how long it has taken before.
 *
 * Read for reports, which run nothing: what is not here is not known.
 */
#ifndef SERIES_KERNEL_RESULTS_HISTORY_H
#define SERIES_KERNEL_RESULTS_HISTORY_H

#include "kernel/results.h"

/* The newest build of a tree with a configuration. */
struct known_build {
	char *config, *arm, *compiler, *error; /* error: "" */
	bool base, built;
	double wall_seconds, cpu_seconds;
	int64_t complaints, new_complaints, run;
};
struct known_arm {
	int64_t id; /* 0: there was none */
	char *dir, *emulator, *end, *why, *flaw;
	double wall_seconds, cpu_seconds;
	double test_seconds; /* of its tests, by the guest's clock */
};
struct known_test {
	char *name;
	enum test_class class;
	char *base, *patched; /* "pass", "fail", "missing" ... */
	char *why;
};
/* The newest verdict on both trees in a cell. */
struct known_cell {
	char *name; /* "tcg" */
	char *word, *fixed, *why, *first_bad;
	bool red, unknown;
	int64_t id, run, at;
	struct known_arm base, patched;
	struct known_test *items;
	size_t n, cap;
	/* The boots of the patched kernel in the last runs, oldest first: whole seconds of its tests. */
	double *before;
	size_t nbefore, cap_before;
};
/* The newest answer of one check of verify. */
struct known_audit {
	char *check, *coverage; /* what was looked at, or why it did not run */
	bool ran;
	size_t notes, looks, bads;
};
struct known_run {
	int64_t id, started, ended;
	char *command, *version;
};
struct history {
	struct known_build *builds;
	size_t nbuilds, cap_builds;
	struct known_cell *cells;
	size_t ncells, cap_cells;
	struct known_audit *audits; /* in the order of their names */
	size_t naudits, cap_audits;
	double fetch_seconds, apply_seconds; /* of the last time; 0: not known */
	struct known_run *runs;		     /* those that the above comes from, oldest first */
	size_t nruns, cap_runs;
};

/* 0 with what is known, perhaps nothing; -1. */
int results_history(struct results *results, struct arena *arena, const char *series,
		    const char *target, const git_oid *base, const git_oid *patched,
		    struct history *history);

#endif
