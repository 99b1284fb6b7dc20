/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Watch: the newest kernel of each line, looked for at its source and taken into the store.
 *
 * What a source said is compared with what it said last time: a tag or branch that was rewritten or is gone is noticed and
 * said, and the tree that we have of it stays (refs/series/tip/, refs/series/kernel/).
 */
#ifndef SERIES_CI_WATCH_H
#define SERIES_CI_WATCH_H

#include "base/progress.h"
#include "ci/journal.h"
#include "ci/settings.h"
#include "patch/repo.h"

/* The newest kernel of a line. */
struct watched {
	const struct watch *watch;
	const struct target *target;
	char *line;	      /* "6.1.y-rc" */
	struct kernel kernel; /* in the store */
	bool there;	      /* false: there is none, with `why` */
	bool found_now;	      /* this look brought it */
	bool alarm; /* the source did something that it should not: rewrote a tag, dropped a release */
	char *why;	 /* "new release, after v6.1.187"; for !there and alarm: what happened */
	int64_t reached; /* when its source last answered; 0: never */
};

struct watch_ask {
	const struct settings *settings;
	const struct targets *targets;
	struct repo *repo;
	struct results *journal;
	int64_t tick; /* for events */
	const char *cache;
	bool look_only; /* --plan: nothing is taken in or written; a new one has kernel.ref NULL and a kernel.name */
	int64_t now;
	const struct progress *progress;
	const char *
		state; /* results_home(): whether there is room is asked for before a fetch; NULL: not */
};
struct watch_answer {
	struct watched *items; /* watch by watch, in the settings' order */
	size_t n, cap;
	bool stale; /* some source could not be reached; it stands in the journal's reaches why */
	char *stale_why; /* a line; NULL */
};
/* A source that cannot be reached is no failure: its lines keep what the store has. */
int watch_look(struct arena *arena, const struct watch_ask *ask, struct watch_answer *answer);

/*
 * Drop refs/series/tip/ of what nobody asks for any more: what stays is where a branch is now, the newest few of each branch and kind, and what a
 * ruling of the last keep-days was made on. `dry`: only count. The objects go with the store's next git gc.
 */
int watch_prune(struct arena *arena, const struct watch_ask *ask, bool dry, size_t *dropped);

#endif
