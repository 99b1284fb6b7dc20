/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Range-diff: what differs between two versions of a series, as git range-diff says it.
 */
#ifndef SERIES_CMD_RANGEDIFF_H
#define SERIES_CMD_RANGEDIFF_H

#include "patch/pack.h"
#include "patch/repo.h"
#include "patch/series.h"

/* Where versions are made into commits: a scratch store (patch/scratch.h), which nobody else reads. */
struct rangediff {
	struct arena *arena;
	struct repo *repo;
	const char *git_dir;
	struct pack *pack;
};

/* A range of commits: those behind `from`, up to `to`. */
struct range {
	git_oid from, to;
	bool *reduced; /* by the series' patches: it has hunks that the kernel has no use for, left out */
	const char *kernel; /* NULL: not one of ours */
};

/* The series, as mailed, on the newest kernel that takes it as it is: 1, 0 there is none, -1. */
int rangediff_range(struct rangediff *rangediff, const struct series *series, struct range *range);
/* Two versions on one kernel that takes both: 1, 0, -1. */
int rangediff_ranges(struct rangediff *rangediff, const struct series *was, const struct series *is,
		     struct range *old, struct range *now);
/* git's words, as they are: not for a terminal yet. */
int rangediff_run(const struct rangediff *rangediff, const struct range *old,
		  const struct range *now, struct slice *text);

#endif
