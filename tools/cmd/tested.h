/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tested: what a proof means, for a person: safe or not, what broke, what it
 * fixes, what is not known.
 */
#ifndef SERIES_CMD_TESTED_H
#define SERIES_CMD_TESTED_H

#include "cmd/proving.h"

enum outcome { OUTCOME_OK, OUTCOME_RED, OUTCOME_CONFLICT, OUTCOME_UNKNOWN };
const char *tested_word(enum outcome outcome); /* "ok", "red", "conflict", "unknown" */

enum outcome tested_cell(const struct proof_cell *cell);
/* Builds and cells; of a proof that only built, the builds. */
enum outcome tested_target(const struct proving *proving, const struct port *port);
/* Red before a conflict before what could not be found out. */
enum outcome tested_all(const struct proving *proving);

/* The exit code that says it: EXIT_BUSY where all that is not known is another run's doing. */
enum exit_code tested_exit(const struct proving *proving);

/* Is it there to show the series' own fix? `name` may be of a subtest. */
bool tested_prove(const struct proof_cell *cell, const char *name);
/* One of those that still fails with the series. */
bool tested_unproved(const struct proof_cell *cell, const struct judged *judged);
/* A complaint of the kernel that no test in red has said already. */
bool tested_alone(const struct proof_cell *cell, const struct splat *splat);
/* Needs a person: its class is red, or it is unproved. */
bool tested_red(const struct proof_cell *cell, const struct judged *judged);

/* Was it come to? Not where its machine cannot be had, or nothing was built to boot. */
bool tested_reached(const struct proof_cell *cell);

/* A cell that ran (or was known) on a target. */
struct place {
	const struct proof_target *target;
	const struct proof_cell *cell;
	char *name; /* "v6.1.187", or "v6.1.187/tcg" where there is more than one kind
                 of cell */
};
struct places {
	struct place *items;
	size_t n, cap;
};
void tested_places(struct arena *arena, const struct proving *proving, struct places *places);

/* "BT" of each patch, port after port; "" where nothing is known of it. */
char **tested_letters(struct arena *arena, const struct proving *proving);
/* The whole report. */
int tested_write(struct context *context, struct text *out, const struct proving *proving);

/* Its parts: what is not pass and pass, each under its heading. */
void tested_regressions(struct context *context, struct text *out, const struct proving *proving,
			const struct places *places);
void tested_unknown(struct context *context, struct text *out, const struct proving *proving,
		    const struct places *places);
void tested_fixed(struct context *context, struct text *out, const struct places *places);
void tested_same(struct context *context, struct text *out, const struct places *places);
void tested_not(struct context *context, struct text *out, const struct proving *proving,
		const struct places *places);
void tested_again(struct context *context, struct text *out, const struct proving *proving,
		  const struct places *places);
void tested_totals(struct context *context, struct text *out, const struct proving *proving,
		   const struct places *places);

/* Does judged item `i` stand for itself, or does the test that it is a subtest
 * of say the same? */
bool tested_own(const struct proof_cell *cell, size_t i,
		bool (*same)(const struct proof_cell *cell, const struct judged *judged));

#endif
