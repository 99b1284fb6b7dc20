/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Proof: ports built and tested against the kernels that they were made for.
 *
 * For each target: base and patched built the same way; for each cell of the matrix that covers it, both booted in the
 * same machine with the same image, what differs judged, candidates run again, the first bad patch found. What is
 * known already from the same inputs is not done again.
 */
#ifndef SERIES_KERNEL_PROOF_H
#define SERIES_KERNEL_PROOF_H

#include "base/jobs.h"
#include "kernel/judge.h"
#include "kernel/matrix.h"
#include "kernel/results.h"
#include "patch/port.h"

struct proof_ask {
	struct build_site site;
	const struct matrix *matrix;
	const struct series *series;
	const struct port *ports; /* without conflicts */
	size_t nports;
	struct results *results; /* NULL: nothing is looked up or kept but files */
	int64_t run;
	const char *evidence;	 /* folder; each arm gets one below it: TARGET/CELL/ARM.ATTEMPT */
	const char *cell;	 /* only this one; NULL: those by default that cover the target */
	const char *machine;	 /* only cells of this machine; NULL */
	const char *const *only; /* tests by name; NULL */
	size_t nonly;
	bool build_only;
	bool each;		    /* build every commit of the series */
	bool fresh;		    /* boot even what is known */
	unsigned int cores, memory; /* see struct jobs_ask */
	const struct progress *progress;
};

struct proof_build {
	const char *arm; /* "base", "1/3" ..., "patched" */
	git_oid tree;
	struct build_answer answer;
	struct complaints fresh;	/* that base does not have */
	const struct port_patch *patch; /* the last one in it; NULL: base */
	const struct build_config *config;
	char *error;	/* the first one, where it was not built; NULL */
	bool built_now; /* else it was known from before */
};

struct proof_arm {
	const char *arm, *dir;
	bool ran;    /* else known from before */
	bool usable; /* the preflight was as asked, the machine booted */
	char *flaw;  /* why not, in words; NULL */
	int64_t id;  /* in the results; 0 */
	/* A first machine went silent or died: in words, and the test that was running; NULL. */
	char *lost, *lost_in;
	struct machine_answer machine;
	struct console_report console;
	struct guest_report report;
};

/* A test that shall show the fix, and passes without it. */
struct proof_silent {
	const char *name;
	bool fix_there; /* the kernel has a patch of the series already: nothing to wonder about */
};

struct proof_cell {
	const struct cell *cell;
	char *name;	   /* "v6.12.73/qemu-tcg": for --rerun */
	char *unavailable; /* the machine cannot be had here: why; NULL. Then nothing below */
	char *emulator;	   /* its version */
	struct proof_arm base, patched;
	struct verdict verdict;
	size_t planned;	       /* tests */
	unsigned int attempts; /* further runs of what was in doubt, on each arm */
	/* Of the tests that shall show the fix: what failed before and passes now, subtests included. */
	const struct judged **shown;
	size_t nshown;
	struct proof_silent *silent; /* those that pass on both */
	size_t nsilent;
	const struct port_patch *first_bad; /* NULL: nothing regressed, or it was not found out */
	char *first_bad_why;
};

struct proof_target {
	const struct port *port;
	struct proof_build *builds; /* of each configuration: base first, patched last */
	size_t nbuilds;
	struct build_tests selftests, guest_tests;
	const char **absent,
		**unbuilt; /* wanted self-tests: not in this kernel; in it, and did not build */
	size_t nabsent, nunbuilt;
	const struct port_patch *bad_build; /* first patch that does not build; NULL */
	struct proof_cell *cells;
	size_t ncells;
	bool unchanged; /* the port has no commit: base is patched */
	char *failed;	/* we could not find out: why; NULL */
	enum fail_kind failed_kind;
	/* Of `unbuilt`: base's tree has it and it builds there, or the series brings it. */
	const char **broken;
	size_t nbroken;
};

struct proof {
	struct proof_target *items;
	size_t n;
	double wall_seconds;
	size_t booted, reused, built, build_reused;
};

/* 0 with the proof, -1 (FAIL_INTERRUPTED above all): what was complete stays known. */
int proof_make(struct arena *arena, const struct proof_ask *ask, struct proof *proof);

enum proof_verdict { PROOF_GREEN, PROOF_RED, PROOF_UNKNOWN };
/* Does a test that shall show the fix not pass with it? Not one that is skipped on both arms. */
bool proof_unproved(const struct proof_cell *cell, const char *test);
enum proof_verdict proof_cell_verdict(const struct proof_cell *cell);
enum proof_verdict proof_target_verdict(const struct proof_target *target);
enum proof_verdict proof_verdict(const struct proof *proof);

#endif
