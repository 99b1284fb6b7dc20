/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include <time.h>
#include <unistd.h>

#include "base/fail.h"
#include "base/file.h"
#include "cmd/audited.h"
#include "cmd/commands.h"
#include "cmd/options.h"
#include "cmd/proving.h"
#include "cmd/screen.h"

static int only_read(struct context *c, struct audit_choice *choice)
{
	const char **names = arena_alloc(c->arena, (naudit_checks + 1) * sizeof(*names));

	for (size_t i = 0; i < naudit_checks; i++)
		names[i] = audit_checks[i].name;
	choice->nonly = option_values(c, "only", &choice->only);
	for (size_t i = 0; i < choice->nonly; i++) {
		bool known = false;
		const char *near;

		for (size_t k = 0; k < naudit_checks; k++)
			known |= !strcmp(choice->only[i], names[k]);
		if (known)
			continue;
		near = word_near(choice->only[i], names);
		return fail_as(FAIL_USAGE, "there is no check '%s'%s%s%s", choice->only[i],
			       near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
	}
	choice->fresh = option_given(c, "fresh");
	return 0;
}

static int jobs_read(const struct context *c, unsigned int *jobs)
{
	const char *given = option_value(c, "jobs");
	long cores = sysconf(_SC_NPROCESSORS_ONLN);
	unsigned long n = cores > 0 ? (unsigned long)cores : 1;

	if (given && (!slice_number(slice_of(given), 4096, &n) || !n))
		return fail_as(FAIL_USAGE, "--jobs takes a number from 1 to 4096, not '%s'", given);
	*jobs = (unsigned int)n;
	return 0;
}

static int site_make(struct context *c, struct audited *audited, struct sandbox *sandbox,
		     struct build_site *site)
{
	*site = (struct build_site){
		.repo = c->repo,
		.pack = audited->ports.pack,
		.cache = file_cache_dir(c->arena),
		.workspace = context_workspace(c),
		.sandbox = sandbox,
		.progress = &c->progress,
	};
	if (!site->cache || !site->workspace || jobs_read(c, &site->jobs) ||
	    sandbox_probe(c->arena, option_value(c, "sandbox"), sandbox))
		return -1;
	if (sandbox->kind == SANDBOX_NONE)
		context_say(c, "no sandbox, what the patches bring runs as you: %s",
			    sandbox->why ? sandbox->why : "asked for");
	return 0;
}

static int audit_all(struct context *c, const struct audit_choice *choice, struct audited *audited)
{
	struct sandbox *sandbox = arena_new_of(c->arena, struct sandbox);
	struct build_site site;
	struct matrix *matrix = arena_new_of(c->arena, struct matrix);
	const struct targets *targets = context_targets(c);

	if (!targets || site_make(c, audited, sandbox, &site) ||
	    matrix_read(c->arena, site.workspace, matrix))
		return -1;
	for (size_t i = 0; i < audited->ports.n; i++) {
		const struct port *port = &audited->ports.items[i];
		struct build_config *config = arena_new_of(c->arena, struct build_config);
		struct audit_ask ask = {
			.site = site,
			.series = audited->ports.series,
			.port = port,
			.ports = audited->ports.items,
			.nports = audited->ports.n,
			.targets = targets,
		};

		if (port->mark == MARK_CONFLICT)
			continue;
		if (matrix->nconfigs) {
			*config = config_for(c->arena, matrix, &matrix->configs[0],
					     port->kernel.name);
			ask.config = config;
		}
		if (audit_run(c->arena, &ask, choice, &audited->audits[i]))
			return fail_in("%s", port->kernel.name);
		if (context_interrupted())
			return -1;
	}
	return 0;
}

static struct audit_record record_of(const struct audited *audited, size_t i, size_t k)
{
	const struct port *port = &audited->ports.items[i];
	const struct audit_answer *answer = &audited->audits[i].items[k];
	struct audit_record record = {
		.series = audited->ports.series->name,
		.target = port->kernel.name,
		.check = audit_checks[k].name,
		.base = port->kernel.tree,
		.patched = port->tree,
		.ran = answer->ran,
		.coverage = answer->coverage,
	};

	for (size_t f = 0; f < answer->findings.n; f++) {
		record.notes += answer->findings.items[f].severity == SEVERITY_NOTE;
		record.looks += answer->findings.items[f].severity == SEVERITY_LOOK;
		record.bads += answer->findings.items[f].severity == SEVERITY_BAD;
	}
	return record;
}

/* For series status, and for reports. */
static int audit_keep(struct context *c, const struct audited *audited)
{
	const char *path = proving_database(c->arena);
	struct results *results __free(results) = NULL;
	struct run_record run = { .started = time(NULL),
				  .series = audited->ports.series->name,
				  .command = arena_strdup(c->arena, "series verify"),
				  .version = arena_strdup(c->arena, program_version) };

	if (!path || results_open(path, &results) || results_run_begin(results, &run))
		return -1;
	for (size_t i = 0; i < audited->ports.n; i++)
		for (size_t k = 0; audited->audits[i].items && k < naudit_checks; k++) {
			struct audit_record record = record_of(audited, i, k);

			if (audited->audits[i].asked[k] &&
			    results_audit_put(results, run.id, &record))
				return -1;
		}
	return results_run_end(results, run.id);
}

static int verify_run(struct context *c)
{
	struct audited audited = { 0 };
	struct audit_choice choice = { 0 };
	struct text out __free_text = TEXT_INIT;
	int code = -1;

	if (only_read(c, &choice) || ports_make(c, c->words, c->nwords, &audited.ports))
		return -1;
	audited.audits = arena_alloc(c->arena, (audited.ports.n + 1) * sizeof(*audited.audits));
	if (!audit_all(c, &choice, &audited) && !audit_keep(c, &audited)) {
		if (c->json) {
			json_t *json __free(json) = audited_json(&audited);

			text_add_json(&out, json);
		} else {
			audited_text(c, &out, &audited);
		}
		if (!context_print(c, &out))
			code = audited_code(&audited);
	}
	pack_free(audited.ports.pack);
	return code;
}

static const struct command_option verify_options[] = {
	{ '\0', "only", "CHECK", "only this check; may be given more than once", NULL },
	{ '\0', "fresh", NULL, "check again what is known already", NULL },
	{ 'j', "jobs", "N", "keep N cores busy, not all of them", NULL },
	{ '\0', "sandbox", "KIND",
	  "compile in bubblewrap or unshare, or in none; without it the best that works",
	  "bubblewrap unshare none" },
};

const struct command command_verify = {
	.name = "verify",
	.summary = "check the series on each target without booting it",
	.args = "TARGET...",
	.description =
		"Ports the series in memory and checks what came of it: the rules of the stable "
		"maintainers, what the ported lines rely on here and in upstream's tree, the "
		"invariants of coccinelle/checks/ and whether text and semantic patch come to the "
		"same, what compiler and sparse say of the touched objects that they did not say "
		"before, which functions have other code, what userspace and modules see, and the "
		"target's checkpatch. docs/checks.md has every rule.\n\n"
		"Only the touched objects are compiled, base first, then patched. What is known "
		"is not checked again: the second time takes no time.\n\n"
		"Exit code 0 when nothing needs eyes (notes do not), 1 for findings, 3 for a "
		"target where a patch conflicts, 125 where a check could not run.",
	.options = verify_options,
	.noptions = ARRAY_SIZE(verify_options),
	.words = WORDS_TARGETS,
	.words_min = 1,
	.run = verify_run,
};
