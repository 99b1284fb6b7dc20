/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Updating: what a newer version of the workspace's series is, and what it would change.
 */
#ifndef SERIES_CMD_UPDATING_H
#define SERIES_CMD_UPDATING_H

#include "cmd/command.h"
#include "patch/pack.h"
#include "patch/port.h"
#include "patch/posting.h"
#include "patch/renewal.h"

/* A configured target, before and after. */
struct update_target {
	const char *name; /* "v6.1" */
	struct port was, is;
};

struct updating {
	struct context *context;
	const char *workspace;
	const struct series *series;
	struct repo *store; /* NULL: there is none */
	struct pile pile;
	struct postings postings;
	struct newer newer;
	struct gathered gathered;
	struct becames becames; /* from mails and --upstream */
	bool any;		/* there is something to take in */
	bool from_store;	/* the new text is that of commits of the store */
	char *temp;		/* the renewal's folder */
	char *scratch_dir;
	struct repo *scratch; /* NULL without a store */
	struct pack *pack;    /* of the ports, in the scratch store */
	struct renewal renewal;
	struct update_target *targets;
	size_t ntargets;
	struct target_names missing; /* configured, and not in the store */
	bool taken;
};

/* What the mails, the archive or lore have. 0, -1. */
int updating_look(struct updating *u);
/* Make the renewal, and port both versions to every target. */
int updating_make(struct updating *u);
void updating_release(struct updating *u);

/* Has the target, or a record, come to need a person who was not needed before? */
bool updating_worse(const struct updating *u);

/* update_diff.c: the range-diff, and patch by patch what no kernel has room for. */
int updating_diff(struct updating *u, struct text *out);
/* update_text.c: what a person reads; and the same as JSON. */
void updating_text(struct updating *u, const struct text *diff, struct text *out);
void updating_json(struct updating *u, const struct text *diff, struct text *out);

#endif
