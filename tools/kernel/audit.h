/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Audit: a port checked without booting it.
 *
 * Each check has a row in one table. Its answer for a pair of trees is kept, so that a second audit of the
 * same port takes no time.
 */
#ifndef SERIES_KERNEL_AUDIT_H
#define SERIES_KERNEL_AUDIT_H

#include "kernel/build.h"
#include "kernel/targets.h"
#include "patch/finding.h"
#include "patch/port.h"

struct audit_ask {
	struct build_site site;
	const struct series *series;
	const struct port *port;  /* the one that is audited; without a conflict */
	const struct port *ports; /* all that were made, for the gate on newer trees */
	size_t nports;
	const struct targets *targets;
	const struct build_config *config; /* of the builds that sparse and object code need */
};

/* What one check had to say. */
struct audit_answer {
	bool ran; /* false: could not, for the reason in `coverage` */
	bool cached;
	char *coverage; /* what was looked at, in words: "2 objects", "5 functions matched, 0 skipped" */
	double cpu_seconds;
	struct findings findings;
};

struct audit_check {
	const char *name; /* "sparse", "cocci", "checkpatch", "rules", "meaning", "objects", "abi" */
	const char *summary; /* one line, lower case, without period */
	/*
	 * 0 with the answer; -1 when we could not find out. A tool that is missing is an answer that
	 * did not run, with what to install.
	 */
	int (*run)(struct arena *arena, const struct audit_ask *ask, struct audit_answer *answer);
	/* What the answer depends on beside the port's trees, its messages and the program itself: "" or more. */
	char *(*key)(struct arena *arena, const struct audit_ask *ask);
};
extern const struct audit_check audit_checks[];
extern const size_t naudit_checks;

/* What all of them, or those that were chosen, had to say of a port. */
struct audit {
	struct audit_answer *items; /* one for each row of the table */
	bool *asked;		    /* was it run at all */
};
struct audit_choice {
	const char *const *only; /* names of checks; none: all */
	size_t nonly;
	bool fresh; /* what is kept is not asked */
	bool kept;  /* nothing is run: a check whose answer is not kept was not asked */
};
/* 0 with the answers, those that could not be had included; -1: FAIL_USAGE, FAIL_INTERRUPTED and the like. */
int audit_run(struct arena *arena, const struct audit_ask *ask, const struct audit_choice *choice,
	      struct audit *audit);
/* Findings of a severity, in all answers. */
size_t audit_count(const struct audit *audit, enum severity severity);
/* Checks that were asked and did not run. */
size_t audit_missing(const struct audit *audit);

#endif
