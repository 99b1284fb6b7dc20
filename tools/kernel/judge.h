/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Judge: what a test's results with and without a change mean.
 *
 * The table of a change's classes is that of the kernel's own rule for KVM x86: the exact same failures with and
 * without. Pure: results in, classes out.
 */
#ifndef SERIES_KERNEL_JUDGE_H
#define SERIES_KERNEL_JUDGE_H

#include "kernel/console.h"
#include "kernel/guest.h"

enum test_class {
	CLASS_OK,	       /* pass, pass */
	CLASS_SKIPPED,	       /* skip, skip */
	CLASS_FIXED,	       /* fail, pass */
	CLASS_PRE_EXISTING,    /* fail, fail: the same signature */
	CLASS_NEW_COVERAGE,    /* skip, pass or fail */
	CLASS_FLAKY,	       /* was a candidate; did not do it again */
	CLASS_CHANGED_FAILURE, /* fail, fail: another signature */
	CLASS_CANDIDATE,       /* pass, fail: not yet run again */
	CLASS_REGRESSION,      /* pass, fail: confirmed */
	CLASS_NEW_SPLAT,       /* the kernel complained where it did not without the change */
	CLASS_LOST_COVERAGE,   /* pass, skip or missing */
	CLASS_INFRASTRUCTURE,  /* could not be found out */
	CLASSES
};
/* One table: word, class of the exit code (green, red, infrastructure), a line for the legend. */
struct class_record {
	const char *word; /* "pre-existing" */
	enum { CLASS_GREEN, CLASS_RED, CLASS_UNKNOWN } color;
	bool news; /* worth a line to the reader although green */
	const char *help;
};
extern const struct class_record class_records[CLASSES];

struct judged {
	const char *name;
	enum test_class class;
	const struct test_result *base, *patched; /* NULL: it was not there at all */
	char *why;				  /* in words, for the reader; "" */
};
struct verdict {
	struct judged *items; /* in the plan's order */
	size_t n, cap;
	size_t count[CLASSES];
	size_t splats_before, splats_new; /* outside of tests too, as sets */
	struct splat *new_splats;
	size_t nnew_splats;
	char *flaw; /* all skipped, fewer than planned: red, and why; NULL */
	bool lost;  /* the flaw is that tests gave no result */
};

/* Both arms of one cell, from the same plan. Fails never. O(n log n). */
void judge(struct arena *arena, const struct guest_report *base,
	   const struct console_report *base_console, const struct guest_report *patched,
	   const struct console_report *patched_console, struct verdict *verdict);
/*
 * A candidate (or changed failure, or new splat) after `n` further runs on both arms: failed on patched and passed on
 * base (failed otherwise; did not complain) each time, or mostly, and base never did it: CLASS_REGRESSION; else CLASS_FLAKY,
 * with a sentence of how often; but an Oops and its like stays CLASS_NEW_SPLAT unless it came on base, too.
 * Runs without a result do not count; when none had one: CLASS_INFRASTRUCTURE. What seems fixed can be asked too: it
 * stays CLASS_FIXED when it failed on base and passed on patched each time. What was lost or missing
 * (CLASS_LOST_COVERAGE, CLASS_INFRASTRUCTURE) becomes what the further runs say; lost by chance: CLASS_FLAKY.
 */
void judge_again(struct arena *arena, struct judged *judged, const struct test_result *base,
		 const struct test_result *patched, size_t n);
/* Count the classes anew, after judge_again(); no flaw is left when all that was lost has a result now. */
void verdict_count(struct verdict *verdict);
bool verdict_red(const struct verdict *verdict);
bool verdict_unknown(const struct verdict *verdict);

#endif
