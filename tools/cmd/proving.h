/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Proving: what the user asked to have built and tested, made ready for
 * kernel/proof.h.
 */
#ifndef SERIES_CMD_PROVING_H
#define SERIES_CMD_PROVING_H

#include "cmd/command.h"
#include "cmd/ports.h"
#include "kernel/proof.h"

/* The options that build and test have in common, for their tables. */
#define PROVING_OPTIONS                                                                            \
	{ '\0', "cell", "NAME", "only this cell of ci/matrix.conf, be it one by default or not",   \
	  NULL },                                                                                  \
		{ '\0', "each", NULL, "build every commit of the series, not the last one only",   \
		  NULL },                                                                          \
		{ 'j', "jobs", "N", "keep N cores busy, not all of them", NULL },                  \
	{                                                                                          \
		'\0', "sandbox", "KIND",                                                           \
			"build in bubblewrap or unshare, or in none; without it the best "         \
			"that works",                                                              \
			"bubblewrap unshare none"                                                  \
	}

struct proving {
	struct ports ports; /* all of them, those with a conflict too */
	struct matrix matrix;
	struct sandbox sandbox;
	struct results *results;
	const char *evidence;
	struct proof_ask ask; /* its ports are those without a conflict */
	struct proof proof;   /* in the order of ask.ports */
};

/*
 * ci/matrix.conf and the options, checked against each other; nothing is done
 * yet. What build does not have, machine and only, the caller has put into
 * `ask`.
 */
int proving_read(struct context *context, struct proving *proving);
/* Does `cell` run for this kernel, by the options and the cell's own words? */
bool proving_wants(const struct proving *proving, const struct cell *cell, const char *kernel);
/* Port, then build and test what fits. -1 also when interrupted: what was
 * complete stays known. */
int proving_make(struct context *context, const char *const *words, size_t nwords,
		 struct proving *proving);
/* Where a proof keeps what it finds. */
struct proving_home {
	const char *database, *evidence; /* a file, a folder */
	const char *command;		 /* for the record of the run; NULL: as it was called */
};
/* The same for ports that were made already, with `ask` as it stands. */
int proving_run(struct context *context, const struct proving_home *home, struct proving *proving);
/* --jobs, or as many as there are cores. */
int proving_jobs(const struct context *context, unsigned int *jobs);
/* The sandbox asked for, or the best that works; says so where there is none. */
int proving_sandbox(struct context *context, struct sandbox *sandbox);
/* Whatever proving_make() gave. */
void proving_release(struct proving *proving);

/* What of the proof belongs to a port; NULL: it conflicts. */
const struct proof_target *proving_target(const struct proving *proving, const struct port *port);

/* The database and the evidence: NULL with fail(). */
const char *proving_database(struct arena *arena);

#endif
