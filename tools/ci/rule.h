/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rule: a ruling made of what a task found, with known failures taken out.
 *
 * Infrastructure is never a pass and never a regression. A known failure whose day has come is red again. That a kernel does not
 * build is never one.
 */
#ifndef SERIES_CI_RULE_H
#define SERIES_CI_RULE_H

#include "ci/journal.h"
#include "ci/order.h"
#include "ci/settings.h"
#include "patch/port.h"

/* Of a port: "conflict" is red, everything else "ok" or "already there"; marks and why. */
void rule_apply(struct arena *arena, const struct port *port, struct ruling *ruling);

/* The word of a line that has no kernel: neither well nor red. */
#define RULE_NONE "none"
/* Of a line that has no kernel any more (a candidate is out, a branch is gone). All but round, at, and what it is of. */
void rule_none(const char *why, struct ruling *ruling);
/* Of a line that could not be ported: nothing is known. All but round, at, and what it is of. */
void rule_trouble(const char *why, struct ruling *ruling);

/*
 * Of a task that ended, from the database of results after its own was merged into it (`run`: the run that this was). Fills all but
 * id, round, at.
 */
int rule_task(struct arena *arena, struct results *results, const struct settings *settings,
	      const struct task *task, const struct outcome *outcome, int64_t run, int64_t now,
	      struct ruling *ruling);

/* Is it about failures there, whatever their day? `cell` "" where there is none. */
bool waiver_covers(const struct waiver *waiver, const char *series, const char *target,
		   const char *cell);
/* The waiver for a test, or NULL; expired ones too. */
const struct waiver *waiver_find(const struct settings *settings, const char *series,
				 const char *target, const char *cell, const char *test);

#endif
