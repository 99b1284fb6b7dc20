/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sheet: everything that is known of a series on some kernels, and what follows from it, before it
 * is written down as a page, a mail, a cover letter or JSON.
 */
#ifndef SERIES_CMD_SHEET_H
#define SERIES_CMD_SHEET_H

#include "cmd/command.h"
#include "cmd/ports.h"
#include "cmd/tally.h"
#include "kernel/audit.h"
#include "kernel/matrix.h"
#include "kernel/results_history.h"
#include "patch/compare_port.h"

enum advice { ADVICE_TAKE, ADVICE_LOOK, ADVICE_DONT };
const char *advice_word(enum advice advice); /* "TAKE", "LOOK", "DON'T" */

/* What needs a person's eyes. */
struct look {
	size_t weight; /* the more, the earlier it stands */
	const struct port *port;
	const struct port_patch *patch; /* NULL: the target as a whole */
	char *text;
	char *anchor; /* of the page: "deviation-1"; NULL */
	size_t order; /* in which they were found */
};

/* A ported patch that changes something else than the one as mailed. */
struct deviation {
	size_t number; /* from 1 */
	size_t target; /* index */
	size_t differ; /* hunks */
	const struct compared_port *compared;
	char *words; /* "of 5 hunks 2 adapted, 1 dropped" */
};

struct sheet_target {
	const struct port *port;
	const char *name;		/* safe to show */
	struct compared_port *compared; /* patch by patch */
	char **letters;			/* patch by patch: "BT", "B", "BT!" ...; "" */
	struct history history;
	/* What verify found, in words: those checks whose answers are kept for this port and program. The history has the
	 * counts of every check. */
	struct audit audit;
	size_t audit_looks, audit_bads;
	bool audited; /* some check ran */
	enum advice advice;
	char *why; /* the sentence that goes with it */
	size_t differ, around,
		left_out;	 /* hunks: in what they change, around it, on purpose not there */
	size_t tests, ok, fixed; /* of all cells; subtests not counted */
	bool built, tested, unchanged;
};

/* A test with one outcome, and where it has it. */
struct result_row {
	const struct known_test *test;
	char *where; /* "v6.1.187 tcg, v6.12.73 tcg" */
	size_t n;
	bool shows; /* it is there to show the fix */
};

struct sheet {
	const struct series *series;
	const struct ports *ports;
	struct sheet_target *items;
	size_t n;
	struct deviation *deviations;
	size_t ndeviations, cap_deviations;
	struct look *looks; /* the heaviest first */
	size_t nlooks, cap_looks;
	struct tally shown;	 /* "payload_test" by targets: fails before, passes after */
	struct result_row *rows; /* what is not pass/pass, the worst first */
	size_t nrows, cap_rows;
	struct tally not_tested;
	const struct matrix *matrix; /* NULL: no ci/matrix.conf */
	const char *evidence;	     /* folder of the runs; safe to show */
	const char *verify_command, *test_command, *show_command,
		*report_command; /* "series -C ws test" */
	char *date;		 /* "2026-11-22 03:30 UTC" */
	/* Where what a boot said is published: links, as HTML, or NULL: it is gone. Without this function it is linked where it lies. */
	char *(*evidence_links)(void *data, const struct known_arm *arm);
	void *evidence_data;
	const char *up, *up_title; /* the page that it belongs to; NULL: none */
};

/* Port, compare, look up. 0, -1. */
int sheet_make(struct context *context, const struct ports *ports, struct sheet *sheet);
/* "3 TAKE, 1 LOOK" */
char *sheet_sum(struct arena *arena, const struct sheet *sheet);
/* Anchor of a target's part of the page, unique: "v6-1-187". */
char *sheet_anchor(struct arena *arena, const char *name);

/* The forms. */
void letter_write(struct context *context, const struct sheet *sheet, struct text *out);
int cover_write(struct context *context, const struct sheet *sheet, struct text *out);
struct json_t *sheet_json(const struct sheet *sheet);
/* index.html and the deviations' pages. */
int page_write(struct context *context, const struct sheet *sheet, const char *dir);

#endif
