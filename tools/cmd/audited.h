/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Audited: what came of the checks of some ports, for a person and as JSON.
 */
#ifndef SERIES_CMD_AUDITED_H
#define SERIES_CMD_AUDITED_H

#include "cmd/ports.h"
#include "cmd/report.h"
#include "kernel/audit.h"

struct audited {
	struct ports ports;
	struct audit *audits; /* of each port; without items where it conflicts */
};

/* Findings before conflicts before what could not be found out. */
int audited_code(const struct audited *audited);
void audited_text(struct context *context, struct text *out, const struct audited *audited);
/* As docs/json.md says. */
json_t *audited_json(const struct audited *audited);

#endif
