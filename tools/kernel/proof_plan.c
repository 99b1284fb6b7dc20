/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What runs in a cell: the tests of its suite that this kernel has and that were asked for; one image of them
 * serves both arms.
 */
#define _GNU_SOURCE
#include "base/fail.h"
#include "base/file.h"
#include "kernel/proof_part.h"

/* MiB on the disk for an image. */
#define IMAGE_ROOM 200

struct slice program_of(const char *test)
{
	struct slice rest = slice_of(test), program;

	slice_cut(&rest, '/', &program);
	return program;
}

bool test_wanted(const struct proof_ask *ask, const char *name)
{
	for (size_t i = 0; i < ask->nonly; i++)
		if (slice_is(program_of(ask->only[i]), name))
			return true;
	return !ask->nonly;
}

bool tests_have(const struct build_tests *tests, const char *name)
{
	for (size_t i = 0; i < tests->n; i++)
		if (!strcmp(tests->names[i], name))
			return true;
	return false;
}

/* Its program; NULL where this kernel has none. */
static const char *program_path(const struct cell_work *cell, const struct suite_test *test)
{
	const struct proof_target *target = cell->target->target;
	const struct build_tests *tests = test->from == SUITE_GUEST ? &target->guest_tests :
								      &target->selftests;

	if (test->from == SUITE_PROGRAM)
		return test->path;
	if (!tests->dir || !tests_have(tests, test->name))
		return NULL;
	return arena_printf(cell->target->engine->arena, "%s/%s", tests->dir, test->name);
}

static bool in_doubt(const struct cell_work *cell, const size_t *doubts, size_t ndoubts,
		     const char *name)
{
	for (size_t i = 0; i < ndoubts; i++)
		if (slice_is(program_of(cell->cell->verdict.items[doubts[i]].name), name))
			return true;
	return !ndoubts;
}

int cell_tests_plan(struct cell_work *cell, const size_t *doubts, size_t ndoubts, struct plan *plan)
{
	struct engine *engine = cell->target->engine;
	const struct suite *suite = cell->cell->cell->suite;

	*plan = (struct plan){ 0 };
	plan->tests = arena_alloc(engine->arena, (suite->n + 1) * sizeof(*plan->tests));
	plan->names = arena_alloc(engine->arena, (suite->n + 1) * sizeof(*plan->names));
	for (size_t i = 0; i < suite->n; i++) {
		const struct suite_test *test = &suite->items[i];
		const char *program = program_path(cell, test);

		if (!program || !test_wanted(engine->ask, test->name) ||
		    !in_doubt(cell, doubts, ndoubts, test->name))
			continue;
		plan->names[plan->n] = test->name;
		plan->tests[plan->n++] = (struct guest_test){
			.name = test->name,
			.program = program,
			.arguments = test->arguments,
			.speech = test->speech,
			.timeout = test->timeout,
		};
	}
	return plan->n ? 0 :
			 fail_as(FAIL_USAGE, "%s: none of the tests is in this kernel",
				 cell->cell->name);
}

static int plan_run(struct step *step, const struct progress *progress)
{
	struct engine *engine = step->engine;
	const struct build_tests *guest = &engine->guest_tests;
	struct guest_ask ask = {
		.workspace = engine->site.workspace,
		.path = step->plan->path,
		.tests = step->plan->tests,
		.ntests = step->plan->n,
		.preflight = arena_printf(engine->arena, "%s/preflight", guest->dir),
	};
	struct image_answer answer;

	if (!progress_step(progress, "making its image", 0, 0, NULL))
		return fail_as(FAIL_INTERRUPTED, "interrupted");
	if (room_for(engine->arena, engine->ask->evidence, IMAGE_ROOM, "an image"))
		return -1;
	return guest_image(engine->arena, &ask, &answer);
}

static int plan_over(struct step *step, int code)
{
	(void)code;
	if (hash_file(step->plan->path, step->plan->sha256))
		return -1;
	step->plan->state = WORK_DONE;
	return 0;
}

int plan_want(struct cell_work *cell, struct plan *plan, const char *file)
{
	struct engine *engine = cell->target->engine;
	struct step step = {
		.engine = engine,
		.target = cell->target,
		.cell = cell,
		.plan = plan,
		.run = plan_run,
		.over = plan_over,
	};
	const char *dir = arena_printf(engine->arena, "%s/%s/%s", engine->ask->evidence,
				       cell->target->name, cell->cell->cell->name);

	if (plan->state != WORK_NONE)
		return 0;
	if (file_make_dirs(dir))
		return -1;
	plan->path = arena_printf(engine->arena, "%s/%s", dir, file);
	plan->state = WORK_ASKED;
	step_add(step, cell->cell->name, 1, 64, NULL);
	return 0;
}
