/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Prune, between its own files.
 */
#ifndef SERIES_CI_PRUNE_PART_H
#define SERIES_CI_PRUNE_PART_H

#include "ci/guard.h"

#define DAY 86400

/* Pruning that is under way. */
struct pruning {
	struct arena *arena;
	const struct prune_ask *ask;
	struct rulings all; /* newest first */
	struct pruned *pruned;
	bool hurry; /* the disk is full */
};

/* Was it left alone for so many days before `now`? */
bool prune_is_old(const struct pruning *p, int64_t last, unsigned int days);
/*
 * Take a folder (or file) away: renamed first, so that nobody finds half of it. `bytes` NULL, or what it takes. Counted by the
 * caller, but for its bytes.
 */
int prune_take(struct pruning *p, const char *dir, const char *name, uint64_t bytes);
/* What a pruning that was killed had renamed in `dir` already. */
int prune_sweep(struct pruning *p, const char *dir);

int prune_rounds(struct pruning *p); /* prune_rounds.c */
int prune_cache(struct pruning *p);  /* prune_cache.c */

#endif
