/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include "cmd/auditing.h"

#include <time.h>

#include "base/fail.h"
#include "base/file.h"
#include "cmd/proving.h"

int auditing_begin(struct context *c, struct pack *pack, unsigned int jobs,
		   struct auditing *auditing)
{
	*auditing = (struct auditing){
		.site = { .repo = c->repo,
			  .pack = pack,
			  .cache = file_cache_dir(c->arena),
			  .workspace = context_workspace(c),
			  .sandbox = &auditing->sandbox,
			  .jobs = jobs,
			  .progress = &c->progress },
		.targets = context_targets(c),
	};
	if (!auditing->targets || !auditing->site.cache || !auditing->site.workspace ||
	    proving_sandbox(c, &auditing->sandbox))
		return -1;
	return matrix_read(c->arena, auditing->site.workspace, &auditing->matrix);
}

int auditing_port(struct context *c, const struct auditing *auditing,
		  const struct audit_choice *choice, struct audited *audited, size_t i)
{
	const struct port *port = &audited->ports.items[i];
	struct build_config *config = arena_new_of(c->arena, struct build_config);
	struct audit_ask ask = {
		.site = auditing->site,
		.series = audited->ports.series,
		.port = port,
		.ports = audited->ports.items,
		.nports = audited->ports.n,
		.targets = auditing->targets,
	};

	if (port->mark == MARK_CONFLICT)
		return 0;
	if (auditing->matrix.nconfigs) {
		*config = config_for(c->arena, &auditing->matrix, &auditing->matrix.configs[0],
				     port->kernel.name);
		ask.config = config;
	}
	if (audit_run(c->arena, &ask, choice, &audited->audits[i]))
		return fail_in("%s", port->kernel.name);
	return context_interrupted();
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

int auditing_keep(struct context *c, const char *database, const char *command,
		  const struct audited *audited)
{
	struct results *results __free(results) = NULL;
	struct run_record run = { .started = time(NULL),
				  .series = audited->ports.series->name,
				  .command = arena_strdup(c->arena, command),
				  .version = arena_strdup(c->arena, program_version) };

	if (!database || results_open(database, &results) || results_run_begin(results, &run))
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
