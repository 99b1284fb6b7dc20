/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include "cmd/tested.h"

#include "cmd/built.h"
#include "cmd/report.h"
#include "cmd/screen.h"
#include "cmd/tally.h"

static const enum outcome outcome_of[] = {
	[PROOF_GREEN] = OUTCOME_OK,
	[PROOF_RED] = OUTCOME_RED,
	[PROOF_UNKNOWN] = OUTCOME_UNKNOWN,
};

const char *tested_word(enum outcome outcome)
{
	static const char *const words[] = {
		[OUTCOME_OK] = "ok",
		[OUTCOME_RED] = "red",
		[OUTCOME_CONFLICT] = "conflict",
		[OUTCOME_UNKNOWN] = "unknown",
	};

	return words[outcome];
}

bool tested_prove(const struct proof_cell *cell, const char *name)
{
	const struct suite *suite = cell->cell->suite;
	size_t n = strcspn(name, "/");

	for (size_t i = 0; i < suite->n; i++)
		if (suite->items[i].prove && strlen(suite->items[i].name) == n &&
		    !memcmp(suite->items[i].name, name, n))
			return true;
	return false;
}

bool tested_unproved(const struct proof_cell *cell, const struct judged *judged)
{
	return class_records[judged->class].color != CLASS_RED &&
	       proof_unproved(cell, judged->name);
}

bool tested_red(const struct proof_cell *cell, const struct judged *judged)
{
	return class_records[judged->class].color == CLASS_RED || tested_unproved(cell, judged);
}

bool tested_alone(const struct proof_cell *cell, const struct splat *splat)
{
	for (size_t i = 0; splat->test && i < cell->verdict.n; i++)
		if (!strcmp(cell->verdict.items[i].name, splat->test) &&
		    tested_red(cell, &cell->verdict.items[i]))
			return false;
	return true;
}

bool tested_own(const struct proof_cell *cell, size_t i,
		bool (*same)(const struct proof_cell *cell, const struct judged *judged))
{
	const struct verdict *verdict = &cell->verdict;
	const char *slash = strchr(verdict->items[i].name, '/');
	size_t n = slash ? (size_t)(slash - verdict->items[i].name) : 0;

	if (!same(cell, &verdict->items[i]))
		return false;
	for (size_t k = 0; slash && k < verdict->n; k++)
		if (strlen(verdict->items[k].name) == n &&
		    !memcmp(verdict->items[k].name, verdict->items[i].name, n))
			return !same(cell, &verdict->items[k]);
	return true;
}

enum outcome tested_cell(const struct proof_cell *cell)
{
	return outcome_of[proof_cell_verdict(cell)];
}

bool tested_reached(const struct proof_cell *cell)
{
	return !cell->unavailable && (cell->base.dir || cell->patched.dir || cell->verdict.n);
}

/* Of all cells of a target; false: none was come to. */
static bool cells_outcome(const struct proof_target *target, enum outcome *outcome)
{
	bool ran = false;

	*outcome = OUTCOME_OK;
	for (size_t i = 0; i < target->ncells; i++) {
		enum outcome one = tested_cell(&target->cells[i]);

		ran |= tested_reached(&target->cells[i]);
		if (one == OUTCOME_RED || *outcome == OUTCOME_OK)
			*outcome = one;
	}
	return ran;
}

enum outcome tested_target(const struct proving *proving, const struct port *port)
{
	const struct proof_target *target = proving_target(proving, port);

	if (!target)
		return OUTCOME_CONFLICT;
	/* Nothing was come to that could have been otherwise than well. */
	if (!target->nbuilds || (!proving->ask.build_only && !target->ncells))
		return OUTCOME_UNKNOWN;
	return outcome_of[proof_target_verdict(target)];
}

enum outcome tested_all(const struct proving *proving)
{
	enum outcome worst = OUTCOME_OK;

	for (size_t i = 0; i < proving->ports.n; i++) {
		enum outcome one = tested_target(proving, &proving->ports.items[i]);

		/* The enum's order is that of their weight. */
		if (one != OUTCOME_OK && (worst == OUTCOME_OK || one < worst))
			worst = one;
	}
	return worst;
}

/* Is another run to blame for all that could not be found out? */
static bool all_busy(const struct proving *proving)
{
	for (size_t i = 0; i < proving->ports.n; i++) {
		const struct port *port = &proving->ports.items[i];
		const struct proof_target *target = proving_target(proving, port);

		if (tested_target(proving, port) == OUTCOME_UNKNOWN &&
		    !(target->failed && target->failed_kind == FAIL_BUSY))
			return false;
	}
	return true;
}

enum exit_code tested_exit(const struct proving *proving)
{
	static const enum exit_code exits[] = {
		[OUTCOME_OK] = EXIT_CLEAN,
		[OUTCOME_RED] = EXIT_FINDINGS,
		[OUTCOME_CONFLICT] = EXIT_CONFLICT,
		[OUTCOME_UNKNOWN] = EXIT_INFRA,
	};
	enum outcome outcome = tested_all(proving);

	return outcome == OUTCOME_UNKNOWN && all_busy(proving) ? EXIT_BUSY : exits[outcome];
}

void tested_places(struct arena *arena, const struct proving *proving, struct places *places)
{
	const struct proof *proof = &proving->proof;
	const char *only = NULL;
	bool mixed = false;

	for (size_t t = 0; t < proof->n; t++)
		for (size_t i = 0; i < proof->items[t].ncells; i++) {
			const struct proof_cell *cell = &proof->items[t].cells[i];

			mixed = mixed || (only && strcmp(only, cell->cell->name) != 0);
			only = cell->cell->name;
			if (tested_reached(cell))
				*arena_push(arena, places) =
					(struct place){ &proof->items[t], cell, NULL };
		}
	for (size_t i = 0; i < places->n; i++)
		places->items[i].name =
			text_shown(arena, mixed ? places->items[i].cell->name :
						  places->items[i].target->port->kernel.name);
}

/* Of one patch: B and T, each with what became of it. */
static char *patch_letters(struct arena *arena, const struct proving *proving,
			   const struct port *port, const struct port_patch *patch)
{
	static const char *const tested[] = {
		[OUTCOME_OK] = "T", [OUTCOME_RED] = "T!", [OUTCOME_UNKNOWN] = "T?"
	};
	const struct proof_target *target = proving_target(proving, port);
	const struct proof_build *build;
	enum outcome outcome;
	const char *b;

	if (!target || !patch->committed)
		return arena_strdup(arena, "");
	build = built_arm(target, patch_place(arena, proving->ports.series, patch->patch));
	build = build ? build : built_arm(target, "patched");
	if (!build)
		return arena_strdup(arena, "");
	b = built_sum(target).base_failed	   ? "B?" :
	    !build->answer.built || build->fresh.n ? "B!" :
						     "B";
	return arena_printf(arena, "%s%s", b,
			    cells_outcome(target, &outcome) ? tested[outcome] : "");
}

char **tested_letters(struct arena *arena, const struct proving *proving)
{
	const struct ports *ports = &proving->ports;
	size_t npatches = ports->series->n;
	char **letters = arena_alloc(arena, (ports->n * npatches + 1) * sizeof(*letters));

	for (size_t i = 0; i < ports->n; i++)
		for (size_t p = 0; p < npatches; p++)
			letters[i * npatches + p] = patch_letters(arena, proving, &ports->items[i],
								  &ports->items[i].items[p]);
	return letters;
}
