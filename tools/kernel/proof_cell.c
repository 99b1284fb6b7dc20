/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A cell goes from its plan to both arms, to what is in doubt and run again, to the search for the first bad patch,
 * each as soon as what it needs is there; at its end it is put down in the results.
 */
#define _GNU_SOURCE
#include "base/fail.h"
#include "kernel/proof_part.h"

bool test_proves(const struct proof_cell *cell, const char *test)
{
	for (size_t i = 0; i < cell->cell->suite->n; i++) {
		const struct suite_test *t = &cell->cell->suite->items[i];

		if (t->prove && slice_is(program_of(test), t->name))
			return true;
	}
	return false;
}

static enum test_status status_of(const struct test_result *result)
{
	return result ? result->status : TEST_MISSING;
}

bool proof_unproved(const struct proof_cell *cell, const char *test)
{
	for (size_t i = 0; i < cell->verdict.n; i++) {
		const struct judged *j = &cell->verdict.items[i];
		enum test_status base = status_of(j->base), patched = status_of(j->patched);

		if (strcmp(j->name, test) != 0 || j->class == CLASS_INFRASTRUCTURE)
			continue;
		return test_proves(cell, test) && patched != TEST_PASS &&
		       !(base == TEST_SKIP && patched == TEST_SKIP);
	}
	return false;
}

/* The port's kernel has a patch of the series already. */
static bool fix_there(const struct port *port)
{
	for (size_t i = 0; i < port->n; i++)
		if (port->items[i].mark == MARK_PRESENT)
			return true;
	return false;
}

/* Which tests showed the fix, and which had nothing to say about it. */
static void cell_shown(struct cell_work *cell)
{
	struct arena *arena = cell->target->engine->arena;
	struct proof_cell *c = cell->cell;
	const struct port *port = cell->target->target->port;

	c->shown = arena_alloc(arena, (c->verdict.n + 1) * sizeof(*c->shown));
	c->silent = arena_alloc(arena, (c->verdict.n + 1) * sizeof(*c->silent));
	for (size_t i = 0; i < c->verdict.n; i++) {
		const struct judged *j = &c->verdict.items[i];

		if (!test_proves(c, j->name))
			continue;
		if (j->class == CLASS_FIXED)
			c->shown[c->nshown++] = j;
		else if (!strchr(j->name, '/') && status_of(j->base) == TEST_PASS &&
			 status_of(j->patched) == TEST_PASS)
			c->silent[c->nsilent++] = (struct proof_silent){ j->name, fix_there(port) };
	}
}

/* Nothing was found out: each planned test says why. */
static void cell_unknown(struct cell_work *cell)
{
	struct arena *arena = cell->target->engine->arena;
	struct proof_cell *c = cell->cell;
	const struct proof_arm *arm = c->base.usable ? &c->patched : &c->base;

	c->verdict = (struct verdict){ 0 };
	for (size_t i = 0; i < cell->plan.n; i++) {
		struct judged *j = arena_push(arena, &c->verdict);

		*j = (struct judged){
			.name = cell->plan.names[i],
			.class = CLASS_INFRASTRUCTURE,
			.why = arena_printf(arena, "%s: %s", arm->arm, arm->flaw),
		};
	}
	c->verdict.count[CLASS_INFRASTRUCTURE] = c->verdict.n;
}

/* The class that weighs most, as a word. */
static const char *cell_word(const struct proof_cell *cell)
{
	enum test_class worst = CLASS_OK;

	if (cell->unavailable)
		return "unavailable";
	for (int i = 0; i < CLASSES; i++)
		if (cell->verdict.count[i] && class_records[i].color >= class_records[worst].color)
			worst = (enum test_class)i;
	if (cell->verdict.flaw && class_records[worst].color == CLASS_GREEN)
		return "flaw";
	return class_records[worst].word;
}

static const char *cell_why(struct arena *arena, const struct proof_cell *cell)
{
	if (cell->unavailable)
		return cell->unavailable;
	if (!cell->base.usable && cell->base.flaw)
		return arena_printf(arena, "base: %s", cell->base.flaw);
	if (!cell->patched.usable && cell->patched.flaw)
		return arena_printf(arena, "patched: %s", cell->patched.flaw);
	return cell->verdict.flaw ? cell->verdict.flaw : "";
}

/* "2/3" */
static const char *patch_word(struct arena *arena, const struct engine *engine,
			      const struct port_patch *patch)
{
	return patch ? arena_printf(arena, "%u/%zu", patch->patch->number, engine->ask->series->n) :
		       "";
}

static int cell_put(struct cell_work *cell)
{
	struct engine *engine = cell->target->engine;
	struct proof_cell *c = cell->cell;
	const struct port *port = cell->target->target->port;
	enum proof_verdict verdict = proof_cell_verdict(c);
	struct text fixed __free_text = TEXT_INIT;
	struct cell_record record = {
		.series = engine->ask->series->name,
		.target = port->kernel.name,
		.cell = c->cell->name,
		.key = arena_printf(engine->arena, "%s %s", cell->base.key ? cell->base.key : "",
				    cell->patched.key ? cell->patched.key : ""),
		.base = port->kernel.tree,
		.patched = port->tree,
		.word = cell_word(c),
		.red = verdict == PROOF_RED,
		.unknown = verdict == PROOF_UNKNOWN,
		.why = cell_why(engine->arena, c),
		.first_bad = patch_word(engine->arena, engine, c->first_bad),
		.base_arm = c->base.id,
		.patched_arm = c->patched.id,
	};

	for (size_t i = 0; i < c->verdict.n; i++)
		if (c->verdict.items[i].class == CLASS_FIXED)
			text_addf(&fixed, "%s%s", fixed.len ? " " : "", c->verdict.items[i].name);
	record.fixed = text_str(&fixed);
	/* Part of the suite says nothing of the whole. */
	if (!engine->ask->results || engine->ask->nonly)
		return 0;
	return results_cell_put(engine->ask->results, engine->ask->run, &record, &c->verdict);
}

static int cell_over(struct cell_work *cell)
{
	cell->stage = CELL_OVER;
	cell_shown(cell);
	return cell_put(cell);
}

/*
 * A machine of patched was lost during a test and base's was not: even where the test passes in the next machine,
 * that is worth its line.
 */
static void cell_hung(struct cell_work *cell)
{
	struct proof_cell *c = cell->cell;

	for (size_t i = 0; c->patched.lost_in && i < c->verdict.n; i++) {
		struct judged *j = &c->verdict.items[i];

		if (strcmp(j->name, c->patched.lost_in) != 0 || j->class != CLASS_OK ||
		    (c->base.lost_in && !strcmp(c->base.lost_in, j->name)))
			continue;
		j->class = CLASS_FLAKY;
		j->why = arena_printf(cell->target->engine->arena,
				      "passes; a first machine was lost in it: %s",
				      c->patched.lost);
	}
	verdict_count(&c->verdict);
}

static int cell_judge(struct cell_work *cell)
{
	struct proof_cell *c = cell->cell;

	if (cell->target->target->unchanged)
		c->patched = c->base;
	if (!c->base.usable || !c->patched.usable)
		cell_unknown(cell);
	else
		judge(cell->target->engine->arena, &c->base.report, &c->base.console,
		      &c->patched.report, &c->patched.console, &c->verdict);
	cell_hung(cell);
	cell_doubt(cell);
	cell->stage = cell->ndoubts ? CELL_AGAIN : CELL_OVER;
	return cell->ndoubts ? cell_go(cell) : cell_over(cell);
}

static int cell_plan_go(struct cell_work *cell)
{
	const struct target_work *t = cell->target;

	if (t->engine->guest_state != WORK_DONE || t->selftests_state != WORK_DONE)
		return 0;
	if (cell->plan.state == WORK_NONE) {
		if (cell_tests_plan(cell, NULL, 0, &cell->plan))
			return -1;
		cell->cell->planned = cell->plan.n;
		return plan_want(cell, &cell->plan, "initramfs");
	}
	if (cell->plan.state != WORK_DONE)
		return 0;
	cell->stage = CELL_RUNNING;
	return cell_go(cell);
}

/* Without base there is nothing to compare with; without patched there is nothing to prove. */
static int cell_unbuilt(struct cell_work *cell, const struct proof_build *build)
{
	struct arena *arena = cell->target->engine->arena;

	if (!build->patch) {
		target_fail(cell->target, FAIL_INFRA,
			    arena_printf(arena, "base does not build: %s", build->error));
		return 0;
	}
	cell->cell->verdict.flaw = arena_printf(arena, "not tested: %s does not build", build->arm);
	return cell_over(cell);
}

static int cell_run_go(struct cell_work *cell)
{
	struct arm_work *arms[] = { &cell->base, &cell->patched };
	size_t n = cell->target->target->unchanged ? 1 : 2, done = 0;

	for (size_t i = 0; i < n; i++) {
		const struct build_work *build = arms[i]->build;

		if (build->state == WORK_DONE && !build->build.answer.built)
			return cell_unbuilt(cell, &build->build);
		if (build->state == WORK_DONE && arm_want(arms[i]))
			return -1;
		done += arms[i]->state == WORK_DONE;
	}
	return done == n ? cell_judge(cell) : 0;
}

int cell_go(struct cell_work *cell)
{
	enum cell_stage before = cell->stage;
	int ret = 0;

	if (cell->cell->unavailable && cell->stage != CELL_OVER)
		return cell_over(cell);
	switch (cell->stage) {
	case CELL_PLANNING:
		return cell_plan_go(cell);
	case CELL_RUNNING:
		return cell_run_go(cell);
	case CELL_AGAIN:
		ret = cell_again_go(cell);
		break;
	case CELL_SEARCHING:
		ret = cell_search_go(cell);
		break;
	case CELL_OVER:
		return 0;
	}
	if (ret || cell->stage == before)
		return ret;
	return cell->stage == CELL_OVER ? cell_over(cell) : cell_go(cell);
}
