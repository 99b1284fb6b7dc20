/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include "base/fail.h"
#include "base/file.h"
#include "cmd/commands.h"
#include "cmd/proof_json.h"
#include "cmd/test_list.h"
#include "cmd/tested.h"

/* What the results are also written as. */
static const struct {
	const char *option;
	void (*write)(struct arena *arena, const struct proving *proving, struct text *out);
} formats[] = { { "ktap", proof_ktap }, { "junit", proof_junit } };

/* Refused now, not when hours have passed: a folder that is not there, two
 * things on one standard output. */
static int outputs_check(struct context *c)
{
	size_t to_stdout = c->json;

	for (size_t i = 0; i < ARRAY_SIZE(formats); i++) {
		const char *path = option_value(c, formats[i].option), *slash;
		char *dir;

		if (!path)
			continue;
		if (!strcmp(path, "-")) {
			to_stdout++;
			continue;
		}
		slash = strrchr(path, '/');
		dir = slash ? arena_copy(c->arena, path, (size_t)(slash - path) + 1) :
			      arena_strdup(c->arena, ".");
		if (file_kind(dir) != 1)
			return fail_as(FAIL_USAGE, "--%s: there is no folder %s", formats[i].option,
				       dir);
		if (file_kind(path) == 1)
			return fail_as(FAIL_USAGE, "--%s: %s is a folder", formats[i].option, path);
	}
	if (to_stdout > 1)
		return fail_as(
			FAIL_USAGE,
			"only one of --json, --ktap - and --junit - can have standard output");
	return 0;
}

/* 1: standard output is taken by one of the formats. */
static int outputs_write(struct context *c, const struct proving *proving)
{
	int taken = 0;

	for (size_t i = 0; i < ARRAY_SIZE(formats); i++) {
		const char *path = option_value(c, formats[i].option);
		struct text out __free_text = TEXT_INIT;

		if (!path)
			continue;
		formats[i].write(c->arena, proving, &out);
		if (!strcmp(path, "-")) {
			taken = 1;
			if (context_print(c, &out))
				return -1;
		} else if (file_write(path, text_slice(&out), 0666)) {
			return -1;
		}
	}
	return taken;
}

static int test_print(struct context *c, const struct proving *proving)
{
	struct text out __free_text = TEXT_INIT;
	int taken = outputs_write(c, proving);

	if (taken)
		return taken < 0 ? -1 : 0;
	if (c->json) {
		json_t *json __free(json) = proof_json(c->arena, proving);

		text_add_json(&out, json);
	} else {
		tested_write(c, &out, proving);
	}
	return context_print(c, &out);
}

/* "v6.1.187/tcg" is a target and a cell; a branch may have a slash of its own.
 */
static int rerun_read(struct context *c, struct proof_ask *ask, const char ***words, size_t *nwords)
{
	const char *cell = option_value(c, "rerun");
	const char *slash = cell ? strrchr(cell, '/') : NULL;

	if (!cell) {
		if (!c->nwords && !option_given(c, "list"))
			return fail_as(FAIL_USAGE,
				       "what to work on is missing; usage: series test TARGET...");
		*words = (const char **)c->words;
		*nwords = c->nwords;
		return 0;
	}
	if (!slash || slash == cell || !slash[1])
		return fail_as(FAIL_USAGE,
			       "--rerun takes TARGET/CELL, as in v6.1.187/tcg; not '%s'", cell);
	if (c->nwords || ask->cell || ask->machine)
		return fail_as(
			FAIL_USAGE,
			"--rerun %s says target and cell already; leave out other targets, --cell and --machine",
			cell);
	*words = arena_alloc(c->arena, 2 * sizeof(**words));
	(*words)[0] = arena_copy(c->arena, cell, (size_t)(slash - cell));
	*nwords = 1;
	ask->cell = slash + 1;
	ask->fresh = true;
	return 0;
}

static int test_run(struct context *c)
{
	struct proving proving = { .ask = { .cell = option_value(c, "cell"),
					    .machine = option_value(c, "machine"),
					    .fresh = option_given(c, "fresh") } };
	const char **words = NULL;
	size_t nwords = 0;
	int code = -1;

	proving.ask.nonly = option_values(c, "only", &proving.ask.only);
	if (rerun_read(c, &proving.ask, &words, &nwords) || outputs_check(c) ||
	    proving_read(c, &proving))
		return -1;
	if (option_given(c, "list"))
		return test_list(c, words, nwords, &proving);
	if (!proving_make(c, words, nwords, &proving) && !test_print(c, &proving))
		code = (int)tested_exit(&proving);
	proving_release(&proving);
	return code;
}

static const struct command_option test_options[] = {
	{ '\0', "list", NULL, "say which cells and tests would run, and what cannot be had here",
	  NULL },
	{ '\0', "only", "TEST", "only this test; more with commas, or given again", NULL },
	{ '\0', "machine", "NAME", "only cells of this machine of ci/matrix.conf", NULL },
	{ '\0', "rerun", "TARGET/CELL", "boot base and patched of one cell once more", NULL },
	{ '\0', "ktap", "FILE", "write the results as KTAP too; - is standard output", NULL },
	{ '\0', "junit", "FILE", "write the results as JUnit's XML too; - is standard output",
	  NULL },
	{ '\0', "fresh", NULL, "boot again what is known already", NULL },
	PROVING_OPTIONS,
};

const struct command command_test = {
	.name = "test",
	.summary = "boot each target with and without the series, and compare",
	.args = "TARGET...",
	.description =
		"Builds each target as series build does, boots base and patched in "
		"the same machines of ci/matrix.conf, runs the "
		"same KVM tests in both, nested, and judges what differs. A test in "
		"doubt runs again in fresh machines before it "
		"is called a regression or flaky; of a regression the first bad patch "
		"is found. What is known already from the same kernels, machine and tests is not run again.\n\n"
		"The report has the verdict first, then what broke, what is fixed and "
		"why it failed before, what is the same "
		"with and without the series, what was not tested, and how to run it "
		"again. Everything that a machine said is kept.\n\n"
		"Exit code 1 for a regression, a test that should show the fix and "
		"does not pass, a lost test, a new complaint of the "
		"kernel or the compiler; 3 for a target where a patch conflicts (the "
		"others are tested); 125 when something could not be found out, and nothing worse happened.",
	.options = test_options,
	.noptions = ARRAY_SIZE(test_options),
	.words = WORDS_TARGETS,
	.run = test_run,
};
