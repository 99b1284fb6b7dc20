/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is in doubt runs again: a test that failed on patched and not on base may fail one time in
 * ten on either. Only its program runs, on both arms, each time in a fresh machine. What stays is looked
 * for among the prefixes of the series, by halves: base is good, all patches are bad, so some patch
 * is the first with which it is bad.
 */
#define _GNU_SOURCE
#include "base/fail.h"
#include "kernel/proof_part.h"

static bool doubtful(const struct proof_cell *cell, const struct judged *j)
{
	switch (j->class) {
	case CLASS_CANDIDATE:
	case CLASS_CHANGED_FAILURE:
	case CLASS_NEW_SPLAT:
		return true;
	/* What the series is not about was mended by chance, perhaps. */
	case CLASS_FIXED:
		return !test_proves(cell, j->name);
	/* What is missing because a machine ended too early; a skip is no accident. */
	case CLASS_LOST_COVERAGE:
		return !j->patched || j->patched->status == TEST_MISSING;
	case CLASS_INFRASTRUCTURE:
		return cell->base.usable && cell->patched.usable;
	default:
		return false;
	}
}

void cell_doubt(struct cell_work *cell)
{
	struct engine *engine = cell->target->engine;
	const struct verdict *v = &cell->cell->verdict;

	cell->doubts = arena_alloc(engine->arena, (v->n + 1) * sizeof(*cell->doubts));
	cell->ndoubts = 0;
	for (size_t i = 0; i < v->n && engine->ask->matrix->retries; i++)
		if (doubtful(cell->cell, &v->items[i]))
			cell->doubts[cell->ndoubts++] = i;
}

static struct test_result result_named(const struct guest_report *report, const char *name)
{
	for (size_t i = 0; i < report->n; i++)
		if (!strcmp(report->items[i].name, name))
			return report->items[i];
	return (struct test_result){
		.name = name, .status = TEST_MISSING, .signature = "", .why = ""
	};
}

static bool is_red(const struct judged *j)
{
	return class_records[j->class].color == CLASS_RED;
}

/* Of a run in which either machine said nothing, neither counts. */
static void doubts_judge(struct cell_work *cell)
{
	struct arena *arena = cell->target->engine->arena;
	struct verdict *v = &cell->cell->verdict;
	struct guest_report nothing = { 0 };
	size_t n = cell->nruns / 2;
	struct test_result *base = arena_alloc(arena, n * sizeof(*base));
	struct test_result *patched = arena_alloc(arena, n * sizeof(*patched));

	for (size_t i = 0; i < cell->ndoubts; i++) {
		struct judged *j = &v->items[cell->doubts[i]];

		for (size_t k = 0; k < n; k++) {
			const struct proof_arm *b = cell->runs[2 * k].arm;
			const struct proof_arm *p = cell->runs[2 * k + 1].arm;
			bool usable = b->usable && p->usable;

			base[k] = result_named(usable ? &b->report : &nothing, j->name);
			patched[k] = result_named(usable ? &p->report : &nothing, j->name);
		}
		judge_again(arena, j, base, patched, n);
	}
	verdict_count(v);
}

/* Is there something to look for, and where? */
static bool search_begins(struct cell_work *cell)
{
	size_t red = 0;

	for (size_t i = 0; i < cell->ndoubts; i++) {
		if (is_red(&cell->cell->verdict.items[cell->doubts[i]]))
			cell->doubts[red++] = cell->doubts[i];
	}
	cell->ndoubts = red;
	cell->good = 0;
	cell->bad = cell->target->ncommits;
	return red > 0 && cell->bad > 0;
}

static void runs_new(struct cell_work *cell)
{
	struct engine *engine = cell->target->engine;
	unsigned int retries = 1;

	/* What was only lost is there the next time, or is lost again. */
	for (size_t i = 0; i < cell->ndoubts; i++) {
		enum test_class class = cell->cell->verdict.items[cell->doubts[i]].class;

		if (class != CLASS_LOST_COVERAGE && class != CLASS_INFRASTRUCTURE)
			retries = engine->ask->matrix->retries;
	}
	cell->nruns = 2 * (size_t)retries;
	cell->runs = arena_alloc(engine->arena, cell->nruns * sizeof(*cell->runs));
	for (size_t i = 0; i < cell->nruns; i++)
		cell->runs[i] = (struct arm_work){
			.cell = cell,
			.build = i % 2 ? cell->patched.build : cell->base.build,
			.plan = &cell->again,
			.attempt = (unsigned int)(i / 2) + 2,
			.arm = arena_new_of(engine->arena, struct proof_arm),
		};
	cell->cell->attempts = retries;
}

int cell_again_go(struct cell_work *cell)
{
	size_t done = 0;

	if (cell->again.state == WORK_NONE) {
		runs_new(cell);
		if (cell_tests_plan(cell, cell->doubts, cell->ndoubts, &cell->again))
			return -1;
		return plan_want(cell, &cell->again, "initramfs.again");
	}
	if (cell->again.state != WORK_DONE)
		return 0;
	for (size_t i = 0; i < cell->nruns; i++) {
		if (arm_want(&cell->runs[i]))
			return -1;
		done += cell->runs[i].state == WORK_DONE;
	}
	if (done < cell->nruns)
		return 0;
	doubts_judge(cell);
	cell->stage = search_begins(cell) ? CELL_SEARCHING : CELL_OVER;
	return 0;
}

/* Is the tree of the probe bad in the same tests? */
static bool probe_bad(const struct cell_work *cell)
{
	struct arena *arena = cell->target->engine->arena;
	const struct proof_arm *base = cell->base.arm, *probe = cell->probe.arm;
	struct verdict v = { 0 };

	judge(arena, &base->report, &base->console, &probe->report, &probe->console, &v);
	for (size_t i = 0; i < v.n; i++)
		for (size_t k = 0; k < cell->ndoubts && is_red(&v.items[i]); k++)
			if (!strcmp(cell->cell->verdict.items[cell->doubts[k]].name,
				    v.items[i].name))
				return true;
	return false;
}

static int search_ends(struct cell_work *cell, const char *why)
{
	if (why)
		cell->cell->first_bad_why = arena_strdup(cell->target->engine->arena, why);
	else
		cell->cell->first_bad = cell->target->commits[cell->bad - 1];
	cell->stage = CELL_OVER;
	return 0;
}

int cell_search_go(struct cell_work *cell)
{
	struct arena *arena = cell->target->engine->arena;

	while (cell->bad - cell->good > 1) {
		size_t middle = cell->good + (cell->bad - cell->good) / 2;
		struct build_work *build = build_at(cell->target, cell->config, middle);

		if (build_want(build))
			return -1;
		if (build->state != WORK_DONE)
			return 0;
		if (!build->build.answer.built)
			return search_ends(cell, arena_printf(arena, "%s does not build",
							      build->build.arm));
		if (cell->probe.build != build)
			cell->probe = (struct arm_work){
				.cell = cell,
				.build = build,
				.plan = &cell->again,
				.attempt = 1,
				.arm = arena_new_of(arena, struct proof_arm),
			};
		if (arm_want(&cell->probe))
			return -1;
		if (cell->probe.state != WORK_DONE)
			return 0;
		if (!cell->probe.arm->usable)
			return search_ends(cell, arena_printf(arena, "%s: %s", build->build.arm,
							      cell->probe.arm->flaw));
		if (probe_bad(cell))
			cell->bad = middle;
		else
			cell->good = middle;
	}
	return search_ends(cell, NULL);
}
