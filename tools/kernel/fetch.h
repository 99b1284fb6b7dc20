/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fetch: a kernel tree brought into the store, from the first of its sources that has it.
 */
#ifndef SERIES_KERNEL_FETCH_H
#define SERIES_KERNEL_FETCH_H

#include <stdbool.h>

#include "base/progress.h"
#include "kernel/targets.h"
#include "patch/repo.h"

struct fetch_ask {
	struct repo *repo;
	const struct targets *targets;
	const char *name;  /* "v6.12" (the newest its sources have), "v6.12.73" (exactly) */
	const char *source; /* only this one, as in targets.conf ("tarball /tmp/linux-6.12.73.tar.xz"); NULL: all configured */
	const struct progress *progress;
};

struct fetch_answer {
	struct kernel kernel;
	char *from;	  /* "package linux-source-6.12 6.12.117-1" */
	char *tried;	  /* one line per source that did not have it, and why; NULL */
	bool had;	  /* it was in the store already: nothing was written */
	size_t objects;	  /* new ones */
	size_t bytes;	  /* of the pack written */
};

/* 0 with the answer; -1: no source has it (the message says what each said), or we could not find out. */
int fetch_kernel(struct arena *arena, const struct fetch_ask *ask, struct fetch_answer *answer);

#endif
