/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Chronicle: what became of one thing over time: a test, a cell of the matrix, or one kind of proof.
 *
 * Told by line and cell, from the verdicts that `series test`, `build` and `verify` left and from what ticks ruled of them. What was found
 * out again from the same boots counts once.
 */
#ifndef SERIES_CI_CHRONICLE_H
#define SERIES_CI_CHRONICLE_H

#include "ci/journal.h"

enum chronicle_kind {
	CHRONICLE_TEST,	 /* a test, or one of its subtests */
	CHRONICLE_CELL,	 /* of ci/matrix.conf */
	CHRONICLE_APPLY, /* only ticks remember this */
	CHRONICLE_BUILD,
	CHRONICLE_VERIFY, /* all checks together */
	CHRONICLE_CHECK,  /* one of them */
};

struct sighting {
	int64_t at, run,
		round;	    /* round 0: by hand; run: in the results, 0 where only a tick says so */
	const char *target; /* the kernel */
	git_oid patched;
	const char *word;     /* "ok", "regression", "does not build" */
	bool red, unknown;    /* unknown: infrastructure */
	bool before;	      /* it was not come to: an earlier proof of the same port stopped it */
	const char *was, *is; /* of a test: without and with the series, "fail" and "pass"; "" */
	const char *why;      /* a sentence; "" */
	const char *first_bad; /* the patch, "2/3"; "" */
	double seconds;	       /* of the test, the boot, the build; negative: not known */
	int64_t source, id; /* what it was found out from: the boot with the series; of its row */
};

struct chronicle_line {
	const char *series, *line,
		*cell;		/* cell: of a build its configuration, of a check its name; "" */
	struct sighting *items; /* oldest first */
	size_t n, cap;
	/* Of those that are known: the newest; the first since which it has been green, or not; the last green one before a red one. */
	const struct sighting *now, *since, *good;
	double median, least, most; /* of its times; negative: there are none */
	size_t times;
	/* Boots with an input that was booted before, and how many of them came out otherwise than the one before. */
	size_t repeats, changes;
};
struct chronicle {
	enum chronicle_kind kind;
	struct chronicle_line *items; /* newest branch first, as standings are */
	size_t n, cap;
};

struct chronicle_ask {
	const char *
		name; /* "payload_test", "payload_test/cr2", "tcg", "apply", "build", "verify", "sparse" */
	const char *series; /* NULL: all */
	const char *const
		*words; /* targets ("v6.1", "v6.1.188", "v6.x") or lines ("6.1.y-rc"); none: all */
	size_t nwords;
};
/* 1, 0 (nothing is known of that name), -1; FAIL_USAGE for a word that nothing is known of, naming those of which there is. */
int chronicle_read(struct arena *arena, struct results *results, const struct chronicle_ask *ask,
		   struct chronicle *chronicle);

/* All names that something is known of. */
struct chronicle_names {
	const char **items;
	size_t n, cap;
};
int chronicle_names(struct arena *arena, struct results *results, struct chronicle_names *names);

#endif
