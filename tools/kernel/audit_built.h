/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Audit's objects: what a port touches, compiled without it and with it.
 */
#ifndef SERIES_KERNEL_AUDIT_BUILT_H
#define SERIES_KERNEL_AUDIT_BUILT_H

#include "kernel/audit.h"

/* What of a port goes into objects. */
struct audit_touched {
	const char **items; /* sources to compile: "arch/x86/kvm/x86.c" */
	size_t n, cap;
	size_t code;   /* files of code that differ, headers included */
	char *skipped; /* which of those are not looked at, and why: a clause; "" */
};
int audit_touched(struct arena *arena, const struct audit_ask *ask, struct audit_touched *touched);

struct audit_built {
	struct audit_touched touched;
	struct build_objects base, patched; /* of touched.items */
	char *why;			    /* nothing was made, and why; NULL */
	double cpu_seconds;		    /* now */
};
/* Base first, then patched; from the cache where they are known. 0, -1 as build_kernel(). */
int audit_built(struct arena *arena, const struct audit_ask *ask, struct audit_built *built);
/*
 * The same for a check that reads them: its answer gets coverage, time, and whether it can run. 1 go on, 0 there is nothing to read,
 * and the answer says why, -1.
 */
int audit_built_for(struct arena *arena, const struct audit_ask *ask, struct audit_built *built,
		    struct audit_answer *answer);
/* "2 objects", and what was not looked at. */
char *audit_built_words(struct arena *arena, const struct audit_built *built);
/* What the objects depend on beside the trees. */
char *audit_built_key(struct arena *arena, const struct audit_ask *ask);

#endif
