/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Mark: how a hunk, or a whole patch, reached its target.
 *
 * One table says everything about the marks; help, docs, JSON and reports derive from it.
 */
#ifndef SERIES_PATCH_MARK_H
#define SERIES_PATCH_MARK_H

#include <stddef.h>

/* From the one that needs least of a reader to the one that needs most. */
enum mark {
	MARK_NONE,     /* nothing known yet */
	MARK_PRESENT,  /* U */
	MARK_EXACT,    /* = */
	MARK_RECORDED, /* H */
	MARK_CONTEXT,  /* ~ */
	MARK_THREEWAY, /* 3 */
	MARK_MOVED,    /* M */
	MARK_WORDS,    /* W */
	MARK_SEMANTIC, /* S */
	MARK_SKIPPED,  /* n/a */
	MARK_CONFLICT, /* X */
	MARK_COUNT
};

struct mark_info {
	const char *sign;    /* as shown: "=", "n/a" */
	const char *name;    /* as spoken: "three-way" */
	const char *summary; /* when it is given, a sentence without period */
};

/* Never NULL; an unknown value gives MARK_NONE's row. */
const struct mark_info *mark_info(enum mark mark);
/* The one that needs more of a reader: what a patch is when its hunks have both. */
enum mark mark_worse(enum mark a, enum mark b);

#endif
