/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Cocci: what a semantic patch declares of itself, in the structured comments at its head.
 *
 *	//: file PATH [condition]		the next lines are about this file; a semantic patch says it
 *						for each file that it changes
 *	//: change FUNCTION|FUNCTION: WORD+1 WORD-1 [condition]
 *						in the first of these functions that the file has, WORD stands
 *						once more or once less often afterwards
 *	//: add FUNCTION [condition]		the file gets this function, and did not have it
 *	//: define NAME [condition]		spatch's -D NAME, a virtual rule of that name
 *	//: note [condition] TEXT		for the reader of the backport, what differs from upstream
 *	//: look FUNCTION|FUNCTION: WORD
 *						of a check: this function must be there and have
 *						WORD, or nothing was checked; of a rule: it is shown this
 *						function, too, and leaves it as it is
 *	//: every WORD				of a check: all functions that have WORD are examined
 *
 * A condition is [has WORD] or [lacks WORD] (of the file being changed, as it was), or [probe NAME]
 * of the series. What no "change" or "add" line declares must not happen; docs/semantic-patches.md
 * has the reference.
 */
#ifndef SERIES_PATCH_COCCI_H
#define SERIES_PATCH_COCCI_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/text.h"

enum cocci_when { COCCI_ALWAYS, COCCI_HAS, COCCI_LACKS, COCCI_PROBE };

struct cocci_condition {
	enum cocci_when when;
	struct slice word;
};

enum cocci_key {
	COCCI_FILE,
	COCCI_CHANGE,
	COCCI_ADD,
	COCCI_DEFINE,
	COCCI_NOTE,
	COCCI_LOOK,
	COCCI_EVERY
};

struct cocci_count {
	struct slice word;
	long by; /* so many more; COCCI_LOOK: 0 */
};

struct cocci_line {
	enum cocci_key key;
	unsigned int line;
	struct cocci_condition condition;
	struct slice value;	   /* path, function(s) with "|" between, name, text or word */
	struct cocci_count *items; /* of change and look */
	size_t n, cap;
};

struct cocci {
	const char *path;
	struct slice text;
	struct cocci_line *items; /* in the file's order */
	size_t n, cap;
};

/*
 * Read a semantic patch and its head. Fails with FAIL_USAGE, naming file and line, for an unknown
 * word or none at all; with FAIL_POLICY where it carries scripts, or reads other files, and is not
 * trusted.
 */
int cocci_read(struct arena *arena, const char *path, bool trusted, struct cocci *cocci);

#endif
