/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tarball: a kernel's tar archive taken into the store without being unpacked.
 */
#ifndef SERIES_KERNEL_TARBALL_H
#define SERIES_KERNEL_TARBALL_H

#include "base/progress.h"
#include "patch/repo.h"
#include "patch/version.h"

struct tarball_ask {
	struct repo *repo;
	const char *path;
	const char *member; /* of a Debian package, see tarfile_open(); NULL: the file itself */
	const char *from;   /* for the commit: "orig linux 6.12.73-1" */
	const char *sha256; /* what it must be, in hexadecimal; NULL: not known */
	const struct version *want; /* a release or a branch; NULL: whatever it is */
	const char *title;	    /* for progress: "v6.12"; NULL: the file's name */
	const struct progress *progress;
};

struct tarball_answer {
	struct kernel kernel;
	char *had_from; /* with `had`: where that one came from, as far as it is known */
	bool had; /* the version was in the store: nothing was written, nor the archive read to its end */
	size_t objects;
	size_t bytes; /* of the pack */
	size_t files;
};

/*
 * 0 with the answer. -1: FAIL_USAGE when it holds another version than wanted, or no kernel;
 * FAIL_POLICY when it is hostile or not what its hash says; FAIL_INTERRUPTED when progress said so.
 * The store is then as it was.
 */
int tarball_take(struct arena *arena, const struct tarball_ask *ask, struct tarball_answer *answer);

#endif
