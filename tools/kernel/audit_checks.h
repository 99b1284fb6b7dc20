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
/* What the compiler says of the touched objects, and did not say before. */
int audit_compiler(struct arena *arena, const struct audit_ask *ask, struct audit_answer *answer);
/* The same of sparse, lock context included. */
int audit_sparse(struct arena *arena, const struct audit_ask *ask, struct audit_answer *answer);
/* Functions whose code is another one, held against those that the patches are about. */
int audit_objects(struct arena *arena, const struct audit_ask *ask, struct audit_answer *answer);
/* The invariants of coccinelle/checks/, and text against semantic patch wherever both fit. */
int audit_cocci(struct arena *arena, const struct audit_ask *ask, struct audit_answer *answer);
char *audit_cocci_key(struct arena *arena, const struct audit_ask *ask);
/* What userspace and modules see: uAPI headers, exported symbols. */
int audit_abi(struct arena *arena, const struct audit_ask *ask, struct audit_answer *answer);

#endif
