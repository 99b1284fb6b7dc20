/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include "cmd/ci_task_log.h"

#include "base/fail.h"
#include "cmd/built.h"
#include "cmd/tested.h"

/* A log that cannot be written loses no result. */
static void put(struct context *c, const struct text *out)
{
	if (context_print(c, out))
		fail_clear();
}

void task_log_proof(struct context *c, const struct proving *proving)
{
	struct text out __free_text = TEXT_INIT;

	if (!proving->ask.build_only) {
		if (!tested_write(c, &out, proving))
			put(c, &out);
		return;
	}
	built_table(c, &out, proving);
	built_failures(c, &out, proving);
	built_warnings(c, &out, proving);
	built_unmet(c, &out, proving);
	built_where(c, &out, proving);
	put(c, &out);
}

void task_log_audit(struct context *c, const struct audited *audited)
{
	struct text out __free_text = TEXT_INIT;

	audited_text(c, &out, audited);
	put(c, &out);
}
