/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include "base/fail.h"
#include "cmd/built.h"
#include "cmd/commands.h"
#include "cmd/proof_json.h"
#include "cmd/screen.h"
#include "cmd/tally.h"
#include "cmd/tested.h"

/* What is said of one target in the verdict, `rank`: the worst first. */
static char *target_words(struct context *c, const struct proving *proving, const struct port *port,
			  size_t *rank)
{
	const struct proof_target *target = proving_target(proving, port);
	struct built_sum sum = { 0 };

	*rank = 2;
	if (!target)
		return arena_strdup(c->arena, "conflict, not built");
	*rank = 3;
	if (target->failed || !target->nbuilds)
		return arena_strdup(c->arena, "could not be built");
	sum = built_sum(target);
	if (sum.base_failed)
		return arena_strdup(c->arena, "base itself does not build");
	*rank = 0;
	if (target->bad_build)
		return arena_printf(c->arena, "DOES NOT BUILD as of patch %s",
				    patch_place(c->arena, proving->ports.series,
						target->bad_build->patch));
	if (sum.failed)
		return arena_strdup(c->arena, "DOES NOT BUILD");
	*rank = 1;
	if (sum.warnings)
		return arena_printf(c->arena, "%zu NEW WARNING%s", sum.warnings,
				    sum.warnings == 1 ? "" : "S");
	if (sum.unmet)
		return arena_strdup(c->arena, "CONFIGURATION did not stick");
	*rank = 4;
	return arena_strdup(c->arena, "builds, no new warnings");
}

static void verdict(struct context *c, struct text *out, const struct proving *proving)
{
	struct text line __free_text = TEXT_INIT, filled __free_text = TEXT_INIT;
	size_t indent = strlen(proving->ports.series->name) + 2, rank;
	enum tint tint = tested_all(proving) == OUTCOME_OK ? TINT_GOOD : TINT_BAD;

	for (size_t r = 0; r <= 4; r++) {
		struct tally tally = { 0 };

		for (size_t i = 0; i < proving->ports.n; i++) {
			char *words = target_words(c, proving, &proving->ports.items[i], &rank);

			if (rank == r)
				tally_add(c->arena, &tally, words,
					  text_shown(c->arena,
						     proving->ports.items[i].kernel.name));
		}
		for (size_t i = 0; i < tally.n; i++)
			text_addf(&line, "%s%s: %s.", line.len ? " " : "", tally.items[i].where,
				  tally.items[i].what);
	}
	text_add_filled(&filled, text_slice(&line), indent, c->width);
	text_addf(out, "%s%s%s: %s%s%s", tint_on(c->color, TINT_BOLD), proving->ports.series->name,
		  tint_off(c->color, TINT_BOLD), tint_on(c->color, tint),
		  text_str(&filled) + indent, tint_off(c->color, tint));
}

static void failed_targets(struct context *c, struct text *out, const struct proving *proving)
{
	size_t n = 0;

	for (size_t i = 0; i < proving->proof.n; i++) {
		const struct proof_target *target = &proving->proof.items[i];

		if (!target->failed)
			continue;
		if (!n++)
			heading_add(c, out, "Could not be found out");
		text_add_filled(
			out,
			slice_of(text_shown(c->arena, arena_printf(c->arena, "%s: %s",
								   target->port->kernel.name,
								   target->failed))),
			2, c->width);
	}
	for (size_t i = 0, k = 0; i < proving->ports.n; i++) {
		if (proving->ports.items[i].mark != MARK_CONFLICT)
			continue;
		if (!k++)
			heading_add(c, out, "Conflicts, to be decided");
		text_addf(out, "  %s %s\n", context_invoke(c, "resolve"),
			  path_word(c->arena, proving->ports.items[i].kernel.name));
	}
}

static int build_print(struct context *c, const struct proving *proving)
{
	struct text out __free_text = TEXT_INIT;

	if (c->json) {
		json_t *json __free(json) = proof_json(c->arena, proving);

		text_add_json(&out, json);
		return context_print(c, &out);
	}
	verdict(c, &out, proving);
	built_table(c, &out, proving);
	built_failures(c, &out, proving);
	built_warnings(c, &out, proving);
	built_unmet(c, &out, proving);
	failed_targets(c, &out, proving);
	built_where(c, &out, proving);
	return context_print(c, &out);
}

static int build_run(struct context *c)
{
	struct proving proving = { .ask = { .build_only = true } };
	int code = -1;

	if (!proving_read(c, &proving) && !proving_make(c, c->words, c->nwords, &proving) &&
	    !build_print(c, &proving))
		code = (int)tested_exit(&proving);
	proving_release(&proving);
	return code;
}

static const struct command_option build_options[] = {
	{ '\0', "fresh", NULL, "build again what is known already", NULL },
	PROVING_OPTIONS,
};

const struct command command_build = {
	.name = "build",
	.summary = "build the series on each target, base and patched",
	.args = "TARGET...",
	.description = "Ports the series in memory and builds each target without it (base) "
		       "and with it (patched), in the same way: "
		       "the configurations of ci/matrix.conf, out of tree, in a sandbox "
		       "without network, home or privileges. Going from base to "
		       "patched compiles only what the series touches; what was built before "
		       "from the same tree, configuration and compiler is taken from the cache.\n\n"
		       "Says what does not build, as of which patch, and the warnings that "
		       "base does not have, by text and function. "
		       "With --each every commit is built, so that the series can be bisected.\n\n"
		       "Exit code 1 for something that does not build while base does, a new "
		       "warning, or configuration that did "
		       "not stick; 3 for a target where a patch conflicts (the others are "
		       "built); 125 where base itself does not build.",
	.options = build_options,
	.noptions = ARRAY_SIZE(build_options),
	.words = WORDS_TARGETS,
	.words_min = 1,
	.run = build_run,
};
