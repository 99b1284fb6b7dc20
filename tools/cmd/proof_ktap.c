/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A proof as KTAP and JUnit: a test per target, in it one per build and cell, in a cell
 * its tests. What fails with and without the series is an expected failure;
 * what could not be found out is an error.
 */
#define _GNU_SOURCE
#include "cmd/built.h"
#include "cmd/proof_json.h"
#include "cmd/screen.h"
#include "cmd/tested.h"
#include "kernel/junit.h"
#include "kernel/ktap.h"

/* A name or reason: one line, and no '#', behind which a reader looks for a
 * directive. */
static struct slice plain(struct arena *arena, const char *s)
{
	char *safe = text_shown(arena, s ? s : "");

	for (char *p = safe; *p; p++)
		if (*p == '#')
			*p = '_';
	return slice_of(safe);
}

static struct ktap_test *test_add(struct arena *arena, struct ktap_test *group, const char *name,
				  enum ktap_status status, const char *reason)
{
	struct ktap_test *test = arena_push(arena, group);

	test->status = status;
	test->ok = status == KTAP_PASS || status == KTAP_SKIP || status == KTAP_XFAIL;
	test->number = group->n;
	test->name = plain(arena, name);
	test->reason = plain(arena, reason);
	test->planned = -1;
	group->planned = (long)group->n;
	return test;
}

/* What a failure of the tests says below it. */
static void group_end(struct ktap_test *group)
{
	group->ok = true;
	for (size_t i = 0; i < group->n; i++)
		group->ok = group->ok && group->items[i].ok;
	group->status = group->ok ? KTAP_PASS : KTAP_FAIL;
}

static enum ktap_status judged_status(const struct proof_cell *cell, const struct judged *judged)
{
	if (tested_red(cell, judged))
		return KTAP_FAIL;
	switch (judged->class) {
	case CLASS_SKIPPED:
		return KTAP_SKIP;
	case CLASS_PRE_EXISTING:
		return KTAP_XFAIL;
	case CLASS_NEW_COVERAGE:
		return judged->patched && judged->patched->status == TEST_FAIL ? KTAP_XFAIL :
										 KTAP_PASS;
	case CLASS_INFRASTRUCTURE:
		return KTAP_ERROR;
	default:
		return KTAP_PASS;
	}
}

/* "regression: smm_test: ..." for what is news; nothing for what passes on
 * both. */
static char *judged_reason(struct arena *arena, const struct judged *judged)
{
	const char *why = judged->why ? judged->why : "";

	if (judged->class == CLASS_OK)
		return arena_strdup(arena, "");
	return arena_printf(arena, "%s%s%s", class_records[judged->class].word, *why ? ": " : "",
			    why);
}

static void cell_add(struct arena *arena, struct ktap_test *group, const struct proof_cell *cell)
{
	const struct verdict *verdict = &cell->verdict;
	struct ktap_test *test;

	if (cell->unavailable) {
		test_add(arena, group, cell->cell->name, KTAP_SKIP, cell->unavailable);
		return;
	}
	test = test_add(arena, group, cell->cell->name, KTAP_PASS, NULL);
	if (!verdict->n) {
		const char *flaw = cell->base.flaw ? cell->base.flaw : cell->patched.flaw;

		test->ok = false;
		test->status = KTAP_ERROR;
		test->reason = plain(arena, flaw ? flaw : "nothing was judged");
		return;
	}
	for (size_t i = 0; i < verdict->n; i++) {
		const struct judged *judged = &verdict->items[i];

		test_add(arena, test, judged->name, judged_status(cell, judged),
			 judged_reason(arena, judged));
	}
	if (verdict->nnew_splats)
		test_add(arena, test, "new complaints of the kernel", KTAP_FAIL,
			 verdict->new_splats[0].title);
	if (verdict->flaw)
		test_add(arena, test, "the plan was kept", KTAP_FAIL, verdict->flaw);
	group_end(test);
}

static void build_add(struct arena *arena, struct ktap_test *group,
		      const struct proof_target *target, const struct proof_build *build)
{
	const char *name = arena_printf(arena, "build %s", build->arm);
	bool base_failed = built_sum(target).base_failed;

	if (!build->answer.built)
		test_add(arena, group, name, base_failed ? KTAP_ERROR : KTAP_FAIL, build->error);
	else if (build->fresh.n)
		test_add(arena, group, name, KTAP_FAIL,
			 arena_printf(arena, "new: %s: %s", build->fresh.items[0].file,
				      build->fresh.items[0].text));
	else
		test_add(arena, group, name, KTAP_PASS, NULL);
}

static void target_add(struct arena *arena, struct ktap_test *top, const struct proving *proving,
		       const struct port *port)
{
	const struct proof_target *target = proving_target(proving, port);
	struct ktap_test *test;

	if (!target) {
		test_add(arena, top, port->kernel.name, KTAP_ERROR,
			 "a patch conflicts, not tested");
		return;
	}
	test = test_add(arena, top, port->kernel.name, KTAP_PASS, NULL);
	for (size_t i = 0; i < target->nbuilds; i++)
		build_add(arena, test, target, &target->builds[i]);
	for (size_t i = 0; i < target->ncells; i++)
		cell_add(arena, test, &target->cells[i]);
	group_end(test);
	if (target->failed || !test->n) {
		test->ok = false;
		test->status = KTAP_ERROR;
		test->reason = plain(arena, target->failed ? target->failed : "nothing was tested");
	}
}

void proof_ktap(struct arena *arena, const struct proving *proving, struct text *out)
{
	struct ktap ktap = { .versioned = true, .top = { .planned = 0 } };

	for (size_t i = 0; i < proving->ports.n; i++)
		target_add(arena, &ktap.top, proving, &proving->ports.items[i]);
	ktap_write(out, &ktap);
}

static struct junit_case *case_add(struct arena *arena, struct junit_suite *suite, const char *name,
				   enum ktap_status status, const char *message)
{
	struct junit_case *c = arena_push(arena, suite);

	c->name = text_shown(arena, name);
	c->status = status == KTAP_FAIL				? JUNIT_FAIL :
		    status == KTAP_ERROR			? JUNIT_ERROR :
		    status == KTAP_SKIP || status == KTAP_XFAIL ? JUNIT_SKIP :
								  JUNIT_PASS;
	c->message = message && *message ? text_shown(arena, message) : NULL;
	return c;
}

static void suite_of_builds(struct arena *arena, struct junit *junit,
			    const struct proof_target *target)
{
	struct junit_suite *suite = arena_push(arena, junit);
	struct ktap_test group = { .planned = 0 };

	suite->name = arena_printf(arena, "%s/build", text_shown(arena, target->port->kernel.name));
	for (size_t i = 0; i < target->nbuilds; i++) {
		const struct proof_build *build = &target->builds[i];
		struct junit_case *c;

		build_add(arena, &group, target, build);
		c = case_add(arena, suite, arena_printf(arena, "build %s", build->arm),
			     group.items[i].status, slice_str(arena, group.items[i].reason));
		c->seconds = build->built_now ? build->answer.wall_seconds : 0;
		suite->seconds += c->seconds;
	}
	if (target->failed)
		case_add(arena, suite, "all of it", KTAP_ERROR, target->failed);
}

/* What a test said on both arms, for who opens it in a CI server. */
static char *case_details(struct arena *arena, const struct judged *judged)
{
	struct text details __free_text = TEXT_INIT;
	const struct test_result *arms[] = { judged->base, judged->patched };
	static const char *const names[] = { "base", "patched" };

	for (size_t i = 0; i < ARRAY_SIZE(arms); i++)
		text_addf(&details, "%s: %s%s%s\n", names[i],
			  arms[i] ? test_status_word(arms[i]->status) : "missing",
			  arms[i] && arms[i]->why && *arms[i]->why ? ": " : "",
			  arms[i] && arms[i]->why ? arms[i]->why : "");
	return slice_str(arena, text_slice(&details));
}

static void suite_of_cell(struct arena *arena, struct junit *junit, const struct proof_cell *cell)
{
	struct junit_suite *suite = arena_push(arena, junit);
	struct ktap_test group = { .planned = 0 };
	const struct ktap_test *tests;
	size_t judged = 0;

	suite->name = text_shown(arena, cell->name);
	suite->seconds = cell->base.machine.wall_seconds + cell->patched.machine.wall_seconds;
	cell_add(arena, &group, cell);
	tests = &group.items[0];
	if (!tests->n)
		case_add(arena, suite, slice_str(arena, tests->name), tests->status,
			 slice_str(arena, tests->reason));
	for (size_t i = 0; i < tests->n; i++) {
		const struct ktap_test *test = &tests->items[i];
		struct junit_case *c = case_add(arena, suite, slice_str(arena, test->name),
						test->status, slice_str(arena, test->reason));

		/* Those of the judge come first, in his order. */
		if (judged >= cell->verdict.n)
			continue;
		if (test->status != KTAP_PASS)
			c->details = case_details(arena, &cell->verdict.items[judged]);
		if (cell->verdict.items[judged].patched)
			c->seconds = cell->verdict.items[judged].patched->ms / 1000.0;
		judged++;
	}
}

void proof_junit(struct arena *arena, const struct proving *proving, struct text *out)
{
	struct junit junit = { 0 };

	for (size_t i = 0; i < proving->ports.n; i++) {
		const struct port *port = &proving->ports.items[i];
		const struct proof_target *target = proving_target(proving, port);

		if (!target) {
			struct junit_suite *suite = arena_push(arena, &junit);

			suite->name = text_shown(arena, port->kernel.name);
			case_add(arena, suite, "port", KTAP_ERROR, "a patch conflicts, not tested");
			continue;
		}
		suite_of_builds(arena, &junit, target);
		for (size_t k = 0; k < target->ncells; k++)
			suite_of_cell(arena, &junit, &target->cells[k]);
	}
	junit_write(out, proving->ports.series->name, &junit);
}
