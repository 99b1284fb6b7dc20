/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * KTAP: test results as the kernel writes them, read and written.
 *
 * KTAP version 1, and TAP 13 and 14 as far as they go together; lines that are none of it are
 * passed over. A test's subtests stand before its own line, two spaces in.
 */
#ifndef SERIES_KERNEL_KTAP_H
#define SERIES_KERNEL_KTAP_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/text.h"

enum ktap_status { KTAP_PASS, KTAP_FAIL, KTAP_SKIP, KTAP_XFAIL, KTAP_TIMEOUT, KTAP_ERROR };

struct ktap_test {
	enum ktap_status status;
	bool ok;	      /* as its line began */
	unsigned long number; /* 0: none given */
	struct slice name;
	struct slice reason; /* behind the directive */
	struct slice *notes; /* "# ..." lines since the test before, without "# " */
	size_t nnotes, notes_cap;
	struct ktap_test *items; /* subtests */
	size_t n, cap;
	long planned; /* of its subtests; -1: no plan */
};

struct ktap {
	struct ktap_test top; /* name "": its items are the tests, notes those behind the last one */
	bool versioned;	      /* began with "KTAP version" or "TAP version" */
	bool bailed;	      /* "Bail out!" */
	struct slice bail_reason;
};

/* Slices point into `text`, which outlives it. Never fails; O(bytes). */
void ktap_parse(struct arena *arena, struct slice text, struct ktap *ktap);
/* Fewer or more than planned, or numbers out of order: says what, else NULL. */
char *ktap_flaw(struct arena *arena, const struct ktap_test *test);
/*
 * Also of results that were put together by hand: in names and reasons line ends become blanks, and what would be
 * read as a directive is made none; the notes' lines become notes.
 */
void ktap_write(struct text *out, const struct ktap *ktap);

#endif
