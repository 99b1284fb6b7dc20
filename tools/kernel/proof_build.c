/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A build is a job that uses all cores; of one target only one runs at a time, in the order base, its
 * self-tests, then with one commit after the other, so that each step compiles what it changes.
 * The job leaves its answer in the build cache, and here it is read from there.
 */
#define _GNU_SOURCE
#include "base/fail.h"
#include "base/file.h"
#include "kernel/build_part.h"
#include "kernel/proof_part.h"

/* MiB that a compiler takes, with make -j1. */
#define COMPILER_MEMORY 400
/* MiB on the disk: sources and objects of a kernel; what one more build of it adds. */
#define FIRST_BUILD_ROOM 2500
#define NEXT_BUILD_ROOM 300

struct build_work *build_at(struct target_work *target, size_t config, size_t prefix)
{
	return &target->builds[config * (target->ncommits + 1) + prefix];
}

static struct build_ask ask_of(const struct build_work *work)
{
	const struct target_work *t = work->target;

	return (struct build_ask){
		.target = t->target->port->kernel.name,
		.tree = &work->build.tree,
		.config = &t->configs[work->config],
		.fresh = t->engine->ask->fresh && t->engine->ask->build_only,
	};
}

static int build_run(struct step *step, const struct progress *progress)
{
	struct build_work *work = step->build;
	struct build_site site = step->engine->site;
	struct build_ask ask = ask_of(work);
	struct arena *arena = step->engine->arena;
	const char *folder = arena_printf(arena, "%s/kernels/%s/build", site.cache,
					  build_name(arena, ask.target));
	struct build_answer answer;

	if (room_for(arena, site.cache, file_kind(folder) == 1 ? NEXT_BUILD_ROOM : FIRST_BUILD_ROOM,
		     "a build"))
		return -1;
	site.progress = progress;
	if (build_kernel(arena, &site, &ask, &answer))
		return -1;
	return answer.cached ? 0 : 1;
}

static char *first_error(struct arena *arena, const struct build_answer *answer)
{
	for (size_t i = 0; i < answer->complaints.n; i++) {
		const struct complaint *c = &answer->complaints.items[i];

		if (c->kind == COMPLAINT_ERROR)
			return c->line && *c->file ?
				       arena_printf(arena, "%s:%u: %s", c->file, c->line, c->text) :
				       arena_printf(arena, "%s%s%s", c->file, *c->file ? ": " : "",
						    c->text);
	}
	return arena_printf(arena, "see %s", answer->log);
}

static int build_record(const struct build_work *work)
{
	const struct engine *engine = work->target->engine;
	const struct proof_build *b = &work->build;
	struct build_record record = {
		.series = engine->ask->series->name,
		.target = work->target->target->port->kernel.name,
		.config = b->config->name,
		.compiler = b->answer.compiler,
		.key = b->answer.key,
		.arm = b->arm,
		.tree = b->tree,
		.built = b->answer.built,
		.cached = !b->built_now,
		.wall_seconds = b->answer.wall_seconds,
		.cpu_seconds = b->answer.cpu_seconds,
		.complaints = b->answer.complaints.n,
		.new_complaints = b->fresh.n,
		.first_error = b->error,
	};

	return engine->ask->results ?
		       results_build_put(engine->ask->results, engine->ask->run, &record) :
		       0;
}

/* What each brought that base did not have: known once base is there, in whatever order they come. */
static int builds_compare(struct target_work *t, size_t config)
{
	const struct build_work *base = build_at(t, config, 0);

	for (size_t i = 0; i <= t->ncommits && base->state == WORK_DONE; i++) {
		struct build_work *work = build_at(t, config, i);

		if (work->state != WORK_DONE || work->compared)
			continue;
		if (i)
			complaints_new(t->engine->arena, &base->build.answer.complaints,
				       &work->build.answer.complaints, &work->build.fresh);
		work->compared = true;
		if (build_record(work))
			return -1;
	}
	return 0;
}

static int build_there(struct build_work *work, bool now)
{
	struct engine *engine = work->target->engine;
	struct proof_build *b = &work->build;

	work->state = WORK_DONE;
	b->built_now = now;
	if (now)
		engine->proof->built++;
	else
		engine->proof->build_reused++;
	if (!b->answer.built)
		b->error = first_error(engine->arena, &b->answer);
	return builds_compare(work->target, work->config);
}

static int build_over(struct step *step, int code)
{
	struct engine *engine = step->engine;
	struct build_work *work = step->build;
	struct build_ask ask = ask_of(work);
	int there = build_cached(engine->arena, &engine->site, &ask, &work->build.answer);

	if (there < 0)
		return -1;
	if (there)
		return build_there(work, code == 1);
	target_fail(step->target, FAIL_INFRA,
		    arena_printf(engine->arena, "%s was built, and is not in %s", work->build.arm,
				 engine->site.cache));
	return 0;
}

int build_want(struct build_work *work)
{
	struct target_work *t = work->target;
	struct engine *engine = t->engine;
	struct build_ask ask = ask_of(work);
	struct step step = {
		.engine = engine, .target = t, .build = work, .run = build_run, .over = build_over
	};
	int there;

	if (work->state != WORK_NONE)
		return 0;
	work->state = WORK_ASKED;
	there = ask.fresh ? 0 :
			    build_cached(engine->arena, &engine->site, &ask, &work->build.answer);
	if (there < 0)
		return -1;
	/* One that failed is tried again: what this machine lacked may be here by now. */
	if (there && work->build.answer.built)
		return build_there(work, false);
	step_add(step,
		 arena_printf(engine->arena, "%s %s", t->target->port->kernel.name,
			      work->build.arm),
		 engine->cores, engine->cores * COMPILER_MEMORY, t->name);
	return 0;
}

/* Tests */

struct wanted {
	const char **items;
	size_t n, cap;
};

static void want_name(struct arena *arena, struct wanted *wanted, const char *name)
{
	for (size_t i = 0; i < wanted->n; i++)
		if (!strcmp(wanted->items[i], name))
			return;
	*arena_push(arena, wanted) = name;
}

/*
 * All of the matrix, not only what this run boots: one set of programs serves every cell, and a narrower run finds it
 * built.
 */
static struct wanted wanted_of(const struct engine *engine, const char *kernel, int from)
{
	const struct matrix *matrix = engine->ask->matrix;
	struct wanted wanted = { 0 };

	for (size_t i = 0; i < matrix->ncells; i++) {
		const struct suite *suite = matrix->cells[i].suite;

		if (kernel && !cell_covers(&matrix->cells[i], kernel))
			continue;
		for (size_t k = 0; k < suite->n; k++)
			if ((int)suite->items[k].from == from)
				want_name(engine->arena, &wanted, suite->items[k].name);
	}
	return wanted;
}

static int guest_tests_make(struct engine *engine, const struct progress *progress,
			    struct build_tests *tests)
{
	struct build_site site = engine->site;
	struct wanted wanted = wanted_of(engine, NULL, SUITE_GUEST);

	want_name(engine->arena, &wanted, "preflight");
	site.progress = progress;
	return build_guest_tests(engine->arena, &site, wanted.items, wanted.n, tests);
}

static int guest_tests_run(struct step *step, const struct progress *progress)
{
	struct build_tests tests;

	return guest_tests_make(step->engine, progress, &tests);
}

static int guest_tests_over(struct step *step, int code)
{
	struct engine *engine = step->engine;
	struct build_tests *tests = &engine->guest_tests;

	(void)code;
	if (guest_tests_make(engine, NULL, tests))
		return -1;
	if (tests->nfailed || !tests->dir)
		return fail("ci/guest/%s.c does not build: see %s",
			    tests->nfailed ? tests->failed[0] : "preflight", tests->log);
	engine->guest_state = WORK_DONE;
	for (size_t i = 0; i < engine->ntargets; i++)
		engine->targets[i].target->guest_tests = *tests;
	return 0;
}

int guest_tests_want(struct engine *engine)
{
	struct step step = { .engine = engine, .run = guest_tests_run, .over = guest_tests_over };

	if (engine->guest_state != WORK_NONE)
		return 0;
	engine->guest_state = WORK_ASKED;
	step_add(step, "our tests", 1, COMPILER_MEMORY, NULL);
	return 0;
}

/*
 * Both arms run the same programs: base's own, or patched's where the series brings or changes
 * some, so that a new test is seen to fail before.
 */
static const git_oid *selftests_tree(const struct target_work *target)
{
	const struct port *port = target->target->port;

	for (size_t i = 0; i < target->ncommits; i++) {
		const struct diff *diff = &target->commits[i]->patch->mail.diff;

		for (size_t k = 0; k < diff->n; k++)
			if (diff->items[k].new_path &&
			    slice_starts(slice_of(diff->items[k].new_path), "tools/"))
				return &port->tree;
	}
	return &port->kernel.tree;
}

static int selftests_make(struct target_work *target, const git_oid *tree,
			  const struct progress *progress, struct build_tests *tests)
{
	struct engine *engine = target->engine;
	struct build_site site = engine->site;
	const char *kernel = target->target->port->kernel.name;
	struct wanted wanted = wanted_of(engine, kernel, SUITE_SELFTEST);

	site.progress = progress;
	return build_selftests(engine->arena, &site, kernel, tree, wanted.items, wanted.n, tests);
}

static int selftests_run(struct step *step, const struct progress *progress)
{
	struct build_tests tests;

	return selftests_make(step->target, selftests_tree(step->target), progress, &tests);
}

/* Does the tree have a self-test of this name? Where they lie has changed over time. */
static int selftest_there(const struct target_work *target, const git_oid *tree, const char *name)
{
	static const char *const folders[] = { "", "x86/", "x86_64/" };
	struct engine *engine = target->engine;
	struct treeview view = { engine->site.repo, engine->site.pack };

	for (size_t i = 0; i < ARRAY_SIZE(folders); i++) {
		struct repo_entry entry;
		int there = treeview_entry(&view, tree,
					   arena_printf(engine->arena,
							"tools/testing/selftests/kvm/%s%s.c",
							folders[i], name),
					   &entry);

		if (there)
			return there;
	}
	return 0;
}

/* Would a cell of this run have run it? */
static bool selftest_missed(const struct target_work *target, const char *name)
{
	for (size_t i = 0; i < target->target->ncells; i++) {
		const struct suite *suite = target->target->cells[i].cell->suite;

		for (size_t k = 0; k < suite->n; k++)
			if (suite->items[k].from == SUITE_SELFTEST &&
			    !strcmp(suite->items[k].name, name))
				return test_wanted(target->engine->ask, name);
	}
	return false;
}

static int base_selftests_run(struct step *step, const struct progress *progress)
{
	struct build_tests tests;

	return selftests_make(step->target, &step->target->target->port->kernel.tree, progress,
			      &tests);
}

/* Of what does not build with the series: what base's own says of it. */
static int base_selftests_over(struct step *step, int code)
{
	struct target_work *t = step->target;
	struct proof_target *target = t->target;
	const git_oid *base = &target->port->kernel.tree;
	struct wanted broken = { 0 };
	struct build_tests tests;

	(void)code;
	if (selftests_make(t, base, NULL, &tests))
		return -1;
	for (size_t i = 0; i < target->nunbuilt; i++) {
		int there = selftest_there(t, base, target->unbuilt[i]);

		if (there < 0)
			return -1;
		if (!there || tests_have(&tests, target->unbuilt[i]))
			want_name(t->engine->arena, &broken, target->unbuilt[i]);
	}
	target->broken = broken.items;
	target->nbroken = broken.n;
	t->selftests_state = WORK_DONE;
	return 0;
}

static void selftests_add(struct step step, const char *title)
{
	struct engine *engine = step.engine;

	step_add(step,
		 arena_printf(engine->arena, "%s %s", step.target->target->port->kernel.name,
			      title),
		 engine->cores, engine->cores * COMPILER_MEMORY, step.target->name);
}

static int selftests_over(struct step *step, int code)
{
	struct target_work *t = step->target;
	struct proof_target *target = t->target;
	struct arena *arena = t->engine->arena;
	const git_oid *tree = selftests_tree(t);
	struct wanted absent = { 0 }, unbuilt = { 0 };
	struct step base = { .engine = t->engine,
			     .target = t,
			     .run = base_selftests_run,
			     .over = base_selftests_over };

	(void)code;
	if (selftests_make(t, tree, NULL, &target->selftests))
		return -1;
	for (size_t i = 0; i < target->selftests.nfailed; i++) {
		const char *name = target->selftests.failed[i];
		int there;

		if (!selftest_missed(t, name))
			continue;
		there = selftest_there(t, tree, name);

		if (there < 0)
			return -1;
		want_name(arena, there ? &unbuilt : &absent, name);
	}
	target->absent = absent.items;
	target->nabsent = absent.n;
	target->unbuilt = unbuilt.items;
	target->nunbuilt = unbuilt.n;
	if (unbuilt.n && tree != &target->port->kernel.tree)
		selftests_add(base, "base's self-tests");
	else
		t->selftests_state = WORK_DONE;
	return 0;
}

int selftests_want(struct target_work *t)
{
	struct engine *engine = t->engine;
	struct step step = {
		.engine = engine, .target = t, .run = selftests_run, .over = selftests_over
	};

	if (t->selftests_state != WORK_NONE)
		return 0;
	t->selftests_state = WORK_ASKED;
	if (!wanted_of(engine, t->target->port->kernel.name, SUITE_SELFTEST).n) {
		t->selftests_state = WORK_DONE;
		return 0;
	}
	selftests_add(step, "self-tests");
	return 0;
}

/*
 * Where the last one does not build, the ones before it are built too: the first that does not is
 * the patch to look at. The commits of a series are to build one by one.
 */
int builds_judge(struct target_work *t)
{
	for (size_t c = 0; c < t->nconfigs && !t->target->bad_build; c++) {
		const struct build_work *last = build_at(t, c, t->ncommits);
		const struct build_work *base = build_at(t, c, 0);
		size_t i;

		if (base->state != WORK_DONE || !base->build.answer.built ||
		    last->state != WORK_DONE || (last->build.answer.built && !t->engine->ask->each))
			continue;
		for (i = 1; i <= t->ncommits; i++) {
			struct build_work *work = build_at(t, c, i);

			if (build_want(work))
				return -1;
			if (work->state != WORK_DONE || !work->build.answer.built)
				break;
		}
		if (i <= t->ncommits && build_at(t, c, i)->state == WORK_DONE)
			t->target->bad_build = t->commits[i - 1];
	}
	return 0;
}
