/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/proof.h"

/* Red weighs more than what could not be found out: it was found out. */
static enum proof_verdict worse(enum proof_verdict a, enum proof_verdict b)
{
	if (a == PROOF_RED || b == PROOF_RED)
		return PROOF_RED;
	return a == PROOF_UNKNOWN ? a : b;
}

static bool unproved(const struct proof_cell *cell)
{
	for (size_t i = 0; i < cell->cell->suite->n; i++)
		if (cell->cell->suite->items[i].prove &&
		    proof_unproved(cell, cell->cell->suite->items[i].name))
			return true;
	return false;
}

enum proof_verdict proof_cell_verdict(const struct proof_cell *cell)
{
	if (cell->unavailable)
		return PROOF_UNKNOWN;
	if (verdict_red(&cell->verdict) || unproved(cell))
		return PROOF_RED;
	/* Nothing was judged: it was never come to. */
	return verdict_unknown(&cell->verdict) || !cell->verdict.n ? PROOF_UNKNOWN : PROOF_GREEN;
}

/* A kernel that does not build without the series says nothing about the series. */
static bool base_built(const struct proof_target *target, const struct build_config *config)
{
	for (size_t i = 0; i < target->nbuilds; i++)
		if (target->builds[i].config == config && !target->builds[i].patch)
			return target->builds[i].answer.built;
	return true;
}

static enum proof_verdict build_verdict(const struct proof_target *target,
					const struct proof_build *build)
{
	if (!base_built(target, build->config))
		return PROOF_UNKNOWN;
	return !build->answer.built || build->fresh.n || build->answer.unmets.n ? PROOF_RED :
										  PROOF_GREEN;
}

enum proof_verdict proof_target_verdict(const struct proof_target *target)
{
	enum proof_verdict verdict = target->failed ? PROOF_UNKNOWN : PROOF_GREEN;

	if (target->nbroken)
		verdict = PROOF_RED;
	for (size_t i = 0; i < target->nbuilds; i++)
		verdict = worse(verdict, build_verdict(target, &target->builds[i]));
	for (size_t i = 0; i < target->ncells; i++)
		verdict = worse(verdict, proof_cell_verdict(&target->cells[i]));
	return verdict;
}

enum proof_verdict proof_verdict(const struct proof *proof)
{
	enum proof_verdict verdict = proof->n ? PROOF_GREEN : PROOF_UNKNOWN;

	for (size_t i = 0; i < proof->n; i++)
		verdict = worse(verdict, proof_target_verdict(&proof->items[i]));
	return verdict;
}
