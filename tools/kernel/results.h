/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Results: everything that was built and tested, in one SQLite database.
 *
 * A write-ahead log, so that a reader and a killed writer harm nobody. An arm is one boot of one kernel with one plan of tests;
 * its key says everything that its outcome depends on, so that a complete one need not be run again.
 */
#ifndef SERIES_KERNEL_RESULTS_H
#define SERIES_KERNEL_RESULTS_H

#include <stdint.h>

#include <git2.h>

#include "base/arena.h"
#include "base/cleanup.h"
#include "kernel/build.h"
#include "kernel/guest.h"
#include "kernel/judge.h"
#include "kernel/machine.h"

struct results; /* opaque */

/*
 * Open or create it, and bring an older schema up to date. FAIL_USAGE for a newer schema than ours or what is no
 * database of ours; FAIL_INFRA for a damaged one, saying what to do.
 */
int results_open(const char *path, struct results **results);
void results_free(struct results *results);
DEFINE_FREE(results, struct results *, results_free(_v))
/* $XDG_STATE_HOME/series or ~/.local/state/series; made. NULL with fail(). */
char *results_home(struct arena *arena);

struct run_record {
	int64_t id;
	int64_t started,
		ended; /* seconds since the epoch; ended 0: interrupted, or still going on */
	char *series, *command; /* as it was called */
	char *version;		/* of this program */
};
int results_run_begin(struct results *results, struct run_record *run);
int results_run_end(struct results *results, int64_t run);

struct build_record {
	const char *series, *target, *config, *compiler, *key, *arm;
	git_oid tree;
	bool built, cached;
	double wall_seconds, cpu_seconds;
	size_t complaints, new_complaints; /* in all; against base */
	const char *first_error;	   /* where it was not built; else "" */
};
int results_build_put(struct results *results, int64_t run, const struct build_record *build);

struct arm_record {
	int64_t id, run;
	const char *key; /* hexadecimal; what the outcome depends on */
	const char *series, *target, *cell,
		*arm; /* "base", "patched", "1/3": with the first patch only */
	git_oid tree;
	unsigned int attempt; /* 1; further ones of the same key are fresh machines */
	const char *dir;      /* evidence */
	const char *emulator; /* its version */
	const char *flaw;     /* why it cannot be judged; "" */
	bool complete;	      /* it can be taken for what would come out again */
	struct machine_answer machine;
};
/* The arm with all its tests and splats, in one transaction; sets its id and run. Earlier ones of its key stay. */
int results_arm_put(struct results *results, int64_t run, struct arm_record *arm,
		    const struct guest_report *report, const struct console_report *console);
/* The newest complete one: 1, 0, -1. Whether its evidence is still there is for the caller to see. */
int results_arm_find(struct results *results, struct arena *arena, const char *key,
		     unsigned int attempt, struct arm_record *arm);

struct cell_record {
	const char *series, *target, *cell, *key; /* of both arms' keys */
	git_oid base, patched;
	const char *word; /* "ok", "regression", "infrastructure" ... the worst class */
	bool red, unknown;
	const char *fixed;	       /* tests, blank-separated */
	const char *why;	       /* a sentence; "" */
	const char *first_bad;	       /* "2/3"; "" */
	int64_t base_arm, patched_arm; /* ids; 0: there was none */
};
int results_cell_put(struct results *results, int64_t run, const struct cell_record *cell,
		     const struct verdict *verdict);

/* One check of a port, without booting. */
struct audit_record {
	const char *series, *target, *check;
	git_oid base, patched;
	bool ran;
	size_t notes, looks, bads;
	const char *coverage; /* or why it did not run */
};
int results_audit_put(struct results *results, int64_t run, const struct audit_record *audit);

/*
 * Take in what another database of results has found, in one transaction (inside one that is open: as part of it), with ids of our own.
 * Done again for the same file it takes what is new since. `run` gets our id of its newest run; 0: it has none, or there is no such
 * file. The file is only read. FAIL_USAGE for a newer schema, FAIL_INFRA for a damaged one, FAIL_BUSY for one that is being
 * written to; then nothing was taken.
 */
int results_merge(struct results *results, const char *path, int64_t *run);

/* How long a step took that is neither build nor boot; `series` is "" for what serves all. */
#define STEP_FETCHED "fetch"
#define STEP_APPLIED "apply"
int results_step_put(struct results *results, const char *series, const char *target,
		     const char *name, double seconds);

/* What is known of a tree on a target, for B, V and T. */
struct proof_state {
	bool built, build_failed;
	bool tested, red, unknown;
	bool audited, found, unaudited; /* V: findings that need eyes; a check that did not run */
};
int results_state(struct results *results, const char *series, const char *target,
		  const git_oid *patched, struct proof_state *state);

/* Everything of one run (0: the last one), as docs/json.md says: for --json and the reports to come. */
struct json_t;
int results_json(struct results *results, int64_t run, struct json_t **json);

#endif
