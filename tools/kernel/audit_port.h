/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Audit's view of a port: its diffs, texts and commits, whether they are in the store yet or not.
 */
#ifndef SERIES_KERNEL_AUDIT_PORT_H
#define SERIES_KERNEL_AUDIT_PORT_H

#include "kernel/audit.h"

/* "1/3", as findings name a patch. */
char *audit_label(struct arena *arena, const struct port *port, const struct port_patch *patch);
/* What the patch does to the target, with 3 lines of context. */
int audit_diff(struct arena *arena, const struct audit_ask *ask, const struct port_patch *patch,
	       struct diff *diff);
/* Who committed the port of it; email NULL where that is nobody in particular. */
int audit_committer(struct arena *arena, const struct audit_ask *ask,
		    const struct port_patch *patch, struct person *person);
/* An object of the port or of the store: 1, 0, -1. */
int audit_read(struct arena *arena, const struct audit_ask *ask, const git_oid *id,
	       struct slice *bytes);

#endif
