/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Auditing: ports checked without booting them, made ready for kernel/audit.h and put down.
 */
#ifndef SERIES_CMD_AUDITING_H
#define SERIES_CMD_AUDITING_H

#include "cmd/audited.h"
#include "kernel/matrix.h"

struct auditing {
	struct build_site site;
	struct sandbox sandbox;
	struct matrix matrix;
	const struct targets *targets;
};

/* Sandbox, matrix, targets: nothing is checked yet. `pack` is that of the ports. */
int auditing_begin(struct context *context, struct pack *pack, unsigned int jobs,
		   struct auditing *auditing);
/* Port `i` of them into audited->audits[i]; one with a conflict is passed over. */
int auditing_port(struct context *context, const struct auditing *auditing,
		  const struct audit_choice *choice, struct audited *audited, size_t i);
/* Into a database of results, as a run of its own: for series status and for reports. */
int auditing_keep(struct context *context, const char *database, const char *command,
		  const struct audited *audited);

#endif
