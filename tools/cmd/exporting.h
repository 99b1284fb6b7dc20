/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Exporting: what `series export` writes, a submission for each branch, and what a person should know before sending it.
 */
#ifndef SERIES_CMD_EXPORTING_H
#define SERIES_CMD_EXPORTING_H

#include "cmd/command.h"
#include "patch/export.h"
#include "patch/finding.h"

/* One target's mails. */
struct parcel {
	const struct kernel *kernel;
	char *dir;
	char *range; /* range-diff for its cover letter, or its only mail; NULL */
	struct export export;
	struct findings gate; /* rules/newer-tree: how newer branches stand */
};

/* One run of the command. */
struct exporting {
	struct context *context;
	struct export_ask ask; /* but for what each target has of its own */
	struct failed_notices notices;
	size_t other_mails; /* in the file of notices */
	struct kernels kernels;
	struct parcel *items; /* one for each kernel */
	size_t n;
};

/* export_gate.c: the findings of `series verify` about newer branches, for each target. */
int exporting_gate(struct exporting *e);
/* export_range.c: what --range-diff asks for, before anything of an earlier export is replaced. */
int exporting_ranges(struct exporting *e);
/* export_text.c: for a person, or as JSON. */
void exporting_text(const struct exporting *e, struct text *out);
void exporting_json(const struct exporting *e, struct text *out);

#endif
