/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Matrix: what is proven on what, from ci/matrix.conf: kernel x configuration x machine x tests.
 */
#ifndef SERIES_KERNEL_MATRIX_H
#define SERIES_KERNEL_MATRIX_H

#include "base/conf.h"
#include "kernel/build.h"
#include "kernel/guest.h"
#include "kernel/machine.h"

/* [tests "NAME"]: what runs in a cell. */
struct suite_test {
	const char *name;
	enum {
		SUITE_GUEST,
		SUITE_SELFTEST,
		SUITE_PROGRAM
	} from;		  /* ci/guest/, the target's own, a file */
	const char *path; /* SUITE_PROGRAM: absolute */
	const char *arguments;
	enum test_speech speech;
	unsigned int timeout; /* seconds */
	bool prove; /* this one shows the series' own fix: fail-before, pass-after is expected */
	unsigned int line; /* of ci/matrix.conf, where it is named */
};
struct suite {
	const char *name;
	struct suite_test *items;
	size_t n, cap;
};

/* [cell "NAME"]: for each target that it names. */
struct cell {
	const char *name;
	const char *const *targets; /* as in ci/targets.conf, or "v6.x"; none: every one */
	size_t ntargets;
	const struct build_config *config;
	const struct machine *machine;
	const struct suite *suite;
	bool by_default; /* runs when no cell and no machine is asked for */
};

/* [target "v5.10"]: what is different on one kernel, or on a branch. */
struct matrix_target {
	const char *name;
	const char *compiler; /* NULL: as the configuration says */
	const char *const *lacks;
	size_t nlacks;
	const char *cmdline; /* further words for the kernel; "" */
};

struct matrix {
	const char *path; /* of its file */
	struct build_config *configs;
	size_t nconfigs;
	struct machine *machines;
	size_t nmachines;
	struct suite *suites;
	size_t nsuites;
	struct cell *cells;
	size_t ncells;
	struct matrix_target *targets;
	size_t ntargets;
	unsigned int retries; /* of a candidate, on each arm */
};

extern const struct conf_key matrix_keys[];
extern const size_t nmatrix_keys;

/* Fails with FAIL_USAGE naming file and line. */
int matrix_read(struct arena *arena, const char *workspace, struct matrix *matrix);
/* Does "v6.12.73", "v6.12" or "v6.x" stand for kernel v6.12.73? Any other word for itself. */
bool matrix_names(const char *word, const char *kernel);
/* Does the cell cover kernel v6.12.73? */
bool cell_covers(const struct cell *cell, const char *kernel);
/* The configuration for one kernel: with what [target "v5.10"] says it lacks. */
struct build_config config_for(struct arena *arena, const struct matrix *matrix,
			       const struct build_config *config, const char *kernel);
/* The words that [target] adds to the kernel's command line; "". */
const char *cmdline_for(struct arena *arena, const struct matrix *matrix, const char *kernel);
/*
 * Can the program be run in a guest: a regular file, static, for this machine, or a script? Fails with FAIL_USAGE
 * naming file and line of the matrix.
 */
int suite_test_check(struct arena *arena, const struct matrix *matrix,
		     const struct suite_test *test);

#endif
