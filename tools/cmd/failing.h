/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Failing: what became of one FAILED notice, for a person and as JSON.
 */
#ifndef SERIES_CMD_FAILING_H
#define SERIES_CMD_FAILING_H

#include <jansson.h>

#include "cmd/command.h"
#include "patch/compare.h"
#include "patch/failed_notice.h"
#include "patch/pack.h"
#include "patch/port.h"
#include "patch/reply.h"

enum failing_outcome {
	FAILING_DRAFTED,
	FAILING_KEPT,	    /* ported; another draft is in the file's place */
	FAILING_PRESENT,    /* the kernel has it already */
	FAILING_NOT_NEEDED, /* the series or a record says so */
	FAILING_CONFLICT,
	FAILING_MISSING, /* no such kernel in the store */
	FAILING_REFUSED, /* nothing can be made of the notice */
};

struct failing {
	const struct failed_notice *notice;
	enum failing_outcome outcome;
	char *why;		/* MISSING, REFUSED; else NULL */
	struct kernel kernel;	/* not for MISSING, REFUSED; nor is what follows */
	struct series series;	/* of this one patch */
	const char *unbroken;	/* a Fixes: commit that this kernel's history does not have; NULL */
	const char *known_as;	/* the workspace's series that has the commit; NULL */
	bool other_text;	/* but with another diff */
	const char *taken_as;	/* the series that --import made of it; NULL */
	struct port port;	/* one patch */
	struct diff diff;	/* DRAFTED, KEPT: as ported */
	struct compare compare; /* against the commit as it is upstream */
	bool same_id;
	struct reply reply;
	char *path;		 /* of the draft; NULL: it goes to standard output */
	bool before, signed_off; /* the draft lay there already, as it is; signed by the sender */
};

/* The words of an outcome in JSON: "drafted". */
const char *failing_outcome_name(enum failing_outcome outcome);
void failing_text(struct context *context, struct pack *pack, const struct failing *failing,
		  struct text *out);
json_t *failing_json(const struct failing *failing);

#endif
