/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include "base/clock.h"
#include "base/fail.h"
#include "base/file.h"
#include "cmd/commands.h"
#include "cmd/report.h"
#include "cmd/screen.h"
#include "kernel/fetch.h"
#include "kernel/results.h"

static json_t *fetched_json(const char *asked, const struct fetch_answer *answer)
{
	json_t *json = json_object();

	json_object_set_new(json, "target", json_shown(asked ? asked : answer->kernel.name));
	json_object_set_new(json, "kernel", json_shown(answer->kernel.name));
	json_object_set_new(json, "ref", json_shown(answer->kernel.ref));
	json_object_set_new(json, "commit", json_string(git_oid_tostr_s(&answer->kernel.commit)));
	json_object_set_new(json, "tree", json_string(git_oid_tostr_s(&answer->kernel.tree)));
	json_object_set_new(json, "from", json_shown(answer->from));
	json_object_set_new(json, "had", json_boolean(answer->had));
	json_object_set_new(json, "verified",
			    answer->had ? json_null() : json_boolean(!answer->unverified));
	json_object_set_new(json, "objects", json_integer((json_int_t)answer->objects));
	json_object_set_new(json, "bytes", json_integer((json_int_t)answer->bytes));
	return json;
}

static void add_line(struct text *out, const struct fetch_answer *answer)
{
	text_addf(out, "%-10s ", answer->kernel.name);
	if (answer->had) {
		text_adds(out, "in the store already");
		if (answer->from) {
			text_adds(out, ", from ");
			text_add_shown(out, slice_of(answer->from), false);
		}
		text_addc(out, '\n');
		return;
	}
	text_adds(out, "from ");
	text_add_shown(out, slice_of(answer->from), false);
	text_addf(out, ": %zu new objects, %.1f MB%s\n", answer->objects,
		  (double)answer->bytes / 1e6,
		  answer->unverified ? "; not verified: no hash known" : "");
}

static void say_tried(struct context *c, const struct fetch_answer *answer)
{
	struct slice rest = slice_of(answer->tried), line;

	while (slice_line(&rest, &line))
		context_say(c, SLICE_FMT, SLICE_ARG(line));
}

/* For the timeline of a report. A kernel that is in the store is fetched, whatever becomes of the record. */
static void fetch_record(struct context *c, const char *name, double seconds)
{
	struct results *results __free(results) = NULL;
	const char *home = results_home(c->arena);

	if (!home || results_open(arena_printf(c->arena, "%s/results.db", home), &results) ||
	    results_step_put(results, "", name, STEP_FETCHED, seconds))
		context_say(c, "how long it took is not kept: %s", fail_message());
}

static int fetch_one(struct context *c, const struct fetch_ask *ask, json_t *kernels)
{
	struct fetch_answer answer;
	struct text out __free_text = TEXT_INIT;
	double before = clock_seconds();

	if (fetch_kernel(c->arena, ask, &answer))
		return ask->name ? fail_in("%s", ask->name) : -1;
	if (!answer.had)
		fetch_record(c, answer.kernel.name, clock_seconds() - before);
	if (c->drawer)
		drawer_clear(c->drawer);
	if (c->json) {
		json_array_append_new(kernels, fetched_json(ask->name, &answer));
		return 0;
	}
	say_tried(c, &answer);
	add_line(&out, &answer);
	return c->quiet ? 0 : context_print(c, &out);
}

/* A word that is neither a target nor a version is refused before anything is fetched. */
static int fetch_names(struct context *c, struct target_names *names)
{
	const struct targets *targets = context_targets(c);
	struct version version;

	if (!targets || targets_expand(c->arena, targets, c->words, c->nwords, names))
		return -1;
	for (size_t i = 0; i < names->n; i++) {
		if (!version_parse(slice_of(names->items[i]), &version))
			return fail_as(FAIL_USAGE, "unknown target '%s' (configured: %s)",
				       names->items[i], targets_list(c->arena, targets));
		/* A release may be there already, whatever is configured. */
		if (version.patch < 0 && !version.rc && !option_given(c, "from") &&
		    !targets_branch(targets, &version))
			return fail_as(
				FAIL_USAGE,
				"%s is no configured target (configured: %s); name a source with --from",
				names->items[i], targets_list(c->arena, targets));
	}
	if (names->n)
		return 0;
	if (!option_given(c, "from"))
		return fail_as(FAIL_USAGE, "say which: series fetch v6.12 (configured: %s)",
			       targets_list(c->arena, targets));
	return 0;
}

/* What no source has does not keep the others from being fetched; `missing` counts it. */
static int fetch_all(struct context *c, struct fetch_ask *ask, const struct target_names *names,
		     json_t *kernels, size_t *missing)
{
	if (!names->n)
		return fetch_one(c, ask, kernels);
	for (size_t i = 0; i < names->n; i++) {
		ask->name = names->items[i];
		if (!fetch_one(c, ask, kernels))
			continue;
		if (names->n == 1 || fail_kind() != FAIL_INFRA)
			return -1;
		context_say(c, "%s", fail_message());
		++*missing;
	}
	return 0;
}

static int fetch_run(struct context *c)
{
	json_t *json __free(json) = json_object();
	json_t *kernels = json_array();
	struct target_names names = { 0 };
	struct source source;
	size_t missing = 0;
	struct fetch_ask ask = { .targets = context_targets(c), .progress = &c->progress };
	struct text out __free_text = TEXT_INIT;

	json_object_set_new(json, "version", json_integer(1));
	json_object_set_new(json, "kernels", kernels);
	if (!ask.targets || fetch_names(c, &names))
		return -1;
	if (option_given(c, "from")) {
		if (source_parse(c->arena, option_value(c, "from"), NULL, &source))
			return fail_in("--from");
		ask.source = &source;
	}
	ask.cache = file_cache_dir(c->arena);
	ask.repo = ask.cache ? context_repo_create(c) : NULL;
	if (!ask.repo)
		return -1;
	if (fetch_all(c, &ask, &names, kernels, &missing))
		return -1;
	if (c->json) {
		text_add_json(&out, json);
		if (context_print(c, &out))
			return -1;
	}
	return missing ? EXIT_INFRA : EXIT_CLEAN;
}

static const struct command_option fetch_options[] = {
	{ '\0', "from", "SOURCE",
	  "only from there: 'tarball FILE', 'git URL', 'clone DIR', 'package NAME' or 'orig SUITE...'",
	  NULL },
};

const struct command command_fetch = {
	.name = "fetch",
	.summary = "bring kernel trees into the store",
	.args = "[TARGET...]",
	.description =
		"Each TARGET is tried from its sources in the order that ci/targets.conf gives: v6.12 stands for the newest 6.12.y "
		"that a source has, v6.12.73 for exactly that one, v6.x for all configured v6 targets. With --from only the "
		"source that is named is asked, and a tarball needs no TARGET: its version is what its Makefile says.\n\n"
		"What comes from the distribution's archive is checked against the archive's hash, a tarball against FILE.sha256 "
		"or sha256sums.asc beside it. A tree is in the store completely or not at all.",
	.options = fetch_options,
	.noptions = ARRAY_SIZE(fetch_options),
	.words = WORDS_TARGETS,
	.run = fetch_run,
};
