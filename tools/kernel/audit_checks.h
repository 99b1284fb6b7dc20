/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Audit checks: the functions behind the rows of audit_checks[], and what their answers depend on.
 */
#ifndef SERIES_KERNEL_AUDIT_CHECKS_H
#define SERIES_KERNEL_AUDIT_CHECKS_H

#include "kernel/audit.h"

/* What the stable maintainers ask of a backport: patch/rules.h, and the gate on newer branches. */
int audit_rules(struct arena *arena, const struct audit_ask *ask, struct audit_answer *answer);
char *audit_rules_key(struct arena *arena, const struct audit_ask *ask);
/* What the ported lines rely on, in upstream's tree and in the target: patch/meaning.h. */
int audit_meaning(struct arena *arena, const struct audit_ask *ask, struct audit_answer *answer);
char *audit_meaning_key(struct arena *arena, const struct audit_ask *ask);
/* The target's own checkpatch: what it says of the port and not of the patch as mailed. */
int audit_checkpatch(struct arena *arena, const struct audit_ask *ask, struct audit_answer *answer);
char *audit_checkpatch_key(struct arena *arena, const struct audit_ask *ask);

#endif
