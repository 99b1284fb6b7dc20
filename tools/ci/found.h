/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Found: what came of a task in words, line by line: for its ruling.
 *
 * The database of a task has what was built and booted; what of it is not as it should be is told only while the proof is at
 * hand. So whoever does a task writes it down, as found.json in the task's folder.
 */
#ifndef SERIES_CI_FOUND_H
#define SERIES_CI_FOUND_H

#include "kernel/audit.h"
#include "kernel/proof.h"

/* From what weighs least to what weighs most. */
enum found_weight {
	FOUND_PASSED, /* as it should be */
	FOUND_NOTED,  /* green, and worth a word: fixed, flaky, to look at */
	FOUND_UNKNOWN,
	FOUND_RED
};
struct found_item {
	const char *
		name; /* "smm_test", "smm_test/smi", "guest" (a configuration), "rules" (a check) */
	const char *word; /* "regression", "new warning" */
	const char *more; /* the same from run to run: no times, no places; "" */
	enum found_weight weight;
};
struct found {
	const char *why; /* a sentence that says more than the items; "" */
	bool fixed;	 /* some test fails before and passes after */
	struct found_item *items;
	size_t n, cap;
};

/* Of a proof that only built. */
void found_builds(struct arena *arena, const struct proof_target *target, struct found *found);
/* Of one cell: its verdict, and self-tests that the series breaks. */
void found_cell(struct arena *arena, const struct proof_target *target,
		const struct proof_cell *cell, struct found *found);
void found_audit(struct arena *arena, const struct audit *audit, struct found *found);

int found_write(struct arena *arena, const char *dir, const struct found *found);
/* 1; 0: none, or none of ours; -1. */
int found_read(struct arena *arena, const char *dir, struct found *found);

#endif
