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
	const char *
		name; /* "v6.12" (the newest its sources have), "v6.12.73" (exactly); NULL: what `source` holds */
	const struct source *source; /* only this one; NULL: all that the target has configured */
	const char *cache;	     /* folder for downloads and apt's state; made when needed */
	const struct progress *progress;
};

struct fetch_answer {
	struct kernel kernel;
	char *from; /* "package linux-source-6.12 6.12.117-1"; NULL: a tag of the user's own clone */
	char *tried;	 /* one line per source that did not have it, and why; "" */
	bool had;	 /* it was in the store already: nothing was written */
	bool unverified; /* no hash or signature was known to check it against */
	size_t objects;	 /* new ones */
	size_t bytes;	 /* of the pack written */
};

/*
 * 0 with the answer; -1: no source has it (the message says what each said), or we could not find
 * out. An unknown target is FAIL_USAGE.
 */
int fetch_kernel(struct arena *arena, const struct fetch_ask *ask, struct fetch_answer *answer);

/* What fetch_kernel() asks of one source. */
struct source_ask {
	struct repo *repo;
	const char *value;	    /* of the source */
	const struct version *want; /* NULL: whatever it holds */
	const char *name;	    /* as asked, for messages and progress */
	const char *cache;
	const struct progress *progress;
};
/*
 * 0 with the answer (all but `tried`); -1: it has it not, or could not be reached, as the message
 * says.
 */
typedef int source_take(struct arena *arena, const struct source_ask *ask,
			struct fetch_answer *answer);
source_take tarball_source; /* tarball_source.c */
source_take package_source; /* apt_source.c */
source_take orig_source;
source_take git_source; /* git_source.c */
source_take clone_source;

#endif
