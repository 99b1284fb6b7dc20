/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What verify keeps is asked by the same key as verify itself does, and nothing else is done. An answer that is
 * kept for another program or another set of ports is not there; its counts are in the results.
 */
#define _GNU_SOURCE
#include "base/fail.h"
#include "base/file.h"
#include "cmd/sheet_part.h"

const struct audit_answer *sheet_answer(const struct sheet_target *t, const char *check)
{
	for (size_t i = 0; t->audit.items && i < naudit_checks; i++)
		if (!strcmp(audit_checks[i].name, check) && t->audit.asked[i])
			return &t->audit.items[i];
	return NULL;
}

int sheet_audit(struct context *c, struct sheet *sheet)
{
	const struct targets *targets = context_targets(c);
	const struct audit_choice choice = { .kept = true };
	const char *cache = file_cache_dir(c->arena);

	if (!targets || !cache)
		return -1;
	for (size_t i = 0; i < sheet->n; i++) {
		struct sheet_target *t = &sheet->items[i];
		struct build_config *config = arena_new_of(c->arena, struct build_config);
		struct audit_ask ask = {
			.site = { .repo = c->repo,
				  .pack = sheet->ports->pack,
				  .cache = cache,
				  .workspace = c->workspace,
				  .progress = &c->progress },
			.series = sheet->series,
			.port = t->port,
			.ports = sheet->ports->items,
			.nports = sheet->n,
			.targets = targets,
		};

		if (!t->history.naudits)
			continue;
		if (sheet->matrix && sheet->matrix->nconfigs) {
			*config = config_for(c->arena, sheet->matrix, &sheet->matrix->configs[0],
					     t->port->kernel.name);
			ask.config = config;
		}
		if (audit_run(c->arena, &ask, &choice, &t->audit))
			return fail_in("%s", t->port->kernel.name);
	}
	return 0;
}
