/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fileport: the hunks of one file, carried onto the text that the target has.
 *
 * Pure: texts in, text out. The ladder (patch/ladder.h) finds the texts.
 */
#ifndef SERIES_PATCH_FILEPORT_H
#define SERIES_PATCH_FILEPORT_H

#include "patch/diff.h"
#include "patch/mark.h"
#include "patch/source.h"
#include "patch/symbol.h"

/* Target lines [at, at + drop) go, these come instead. */
struct splice {
	size_t at, drop;
	const struct slice *lines;
	size_t n;
	size_t hunk;
	bool no_newline; /* the last of the lines has none, where it ends the file */
	bool ends;	 /* the hunk says how the file ends */
};

struct hunk_fit {
	enum mark mark; /* MARK_NONE: not settled; MARK_CONFLICT: said why not */
	size_t at;	/* target line of its first change, from 0 */
	size_t place;	/* target line of its pre-image, where that stands there as it is */
	long offset;
	char *evidence, *note;
};

struct fileport {
	struct arena *arena;
	const struct filediff *file;
	struct slice text; /* of the target */
	struct lines lines;
	struct hunk_fit *hunks; /* file->n of them */
	struct {
		struct splice *items;
		size_t n, cap;
	} splices;
	/* for the methods beyond exact; made when first needed */
	struct slice base;     /* p NULL: none known */
	const char *base_name; /* for evidence */
	bool bare;
	bool fits; /* nothing of the patch was refused yet */
	/* names of all of the patch's files, kept by the caller: what base and target have, and what added lines use; NULL: not wanted */
	struct symbols *known, *brought;
};

void fileport_init(struct fileport *port, struct arena *arena, const struct filediff *file,
		   struct slice text);
/* C, assembler, device trees: a file with scopes and names that can be checked. */
bool fileport_is_code(const char *path);
/* Methods = and U by text that stands there as it is. true: every hunk is settled. */
bool fileport_exact(struct fileport *port, bool may_be_present);
/*
 * Methods ~ 3 W on the hunks that are not settled yet, and with a base the checks of patch/check.h on all. true: every
 * hunk is settled.
 */
bool fileport_merge(struct fileport *port, unsigned int methods);
/* The text with all splices done, and the line (from 1) where each hunk's first change stands in it. */
struct slice fileport_text(struct fileport *port, size_t *hunk_line);

#endif
