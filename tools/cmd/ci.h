/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * CI: what the parts of `series ci` share in one call.
 */
#ifndef SERIES_CMD_CI_H
#define SERIES_CMD_CI_H

#include "ci/guard.h"
#include "ci/news.h"
#include "ci/outbox.h"
#include "ci/plan.h"
#include "ci/revision.h"
#include "ci/settings.h"
#include "ci/watch.h"
#include "cmd/command.h"

struct ci {
	struct context *context;
	struct arena *arena; /* the context's */
	struct settings settings;
	const struct targets *targets;
	struct matrix matrix;
	const char *workspace, *cache;
	const char *state;	 /* results_home() */
	const char *home;	 /* ci_home() */
	const char *program;	 /* absolute path of this program */
	const char *store;	 /* absolute path of the kernel store */
	struct results *journal; /* the database of results */
	struct series *series;	 /* those kept alive */
	size_t nseries;
	struct pack *pack; /* of the ports below */
	int64_t now;
	struct tick tick;
	struct watch_answer watched;
	struct plan_line *lines; /* each series on each line */
	size_t nlines;
	struct plan plan;
	struct round round; /* id 0: none */
	char *trouble;	    /* the first line that could not be ported, and why; NULL */
	struct round
		before; /* the one that a tick found open and finished, before `round`; id 0: none */
	bool unpublishable; /* the site could not be made in this tick: it is not tried for each run */
};

/* Settings, targets, matrix, series, database: nothing is looked at or done yet. */
int ci_open(struct context *context, struct ci *ci);
void ci_close(struct ci *ci);
/* Look at the sources, port each series to each line in memory, and plan. `look_only`: nothing is fetched or written. */
int ci_look(struct ci *ci, bool look_only);
/* Plan again, after something was ruled meanwhile. */
int ci_replan(struct ci *ci);
/* Port what has a kernel in the store, in memory. */
int ci_port(struct ci *ci, struct plan_line *lines, size_t n);
/* Each line as it stood when a round had ended, with the kernels of then, ported. */
int ci_lines_of_round(struct ci *ci, int64_t round, struct plan_line **lines, size_t *n);

/* The words and switches of the command. Each gives an exit code or -1. */
int ci_tick(struct ci *ci); /* ci_tick.c */
int ci_plan(struct ci *ci); /* ci_plan.c: --plan */
int ci_log(struct ci *ci);  /* ci_log.c: `series ci log` */
int ci_doctor(
	struct context *context); /* ci_doctor.c: `series ci doctor`: works where ci_open() fails */
int ci_task(struct context *context, const char *dir); /* ci_task.c: --task DIR */

int ci_publish(struct ci *ci); /* site.c: `series ci publish` */
int ci_prune(struct ci *ci);   /* ci_prune.c: `series ci prune [--dry-run]` */

/* The site: settings.publish.dir made anew and put in place in one step; nothing where it is not configured. */
int site_publish(struct ci *ci); /* site.c */
/*
 * The pages of a round that is complete, kept in home/pages/ID: the report of each series (page_write()) and what the site links from it.
 * Made once, when the round has ended.
 */
int site_keep(struct ci *ci, const struct round *round);

/* Put into the outbox what `news` and the calendar ask for: the mail on what changed, the weekly heartbeat. */
int ci_tell(struct ci *ci, const struct news *news, const struct staleness *staleness);
/* A newer revision of a series is on the lists: said once. */
int ci_tell_revision(struct ci *ci, const struct series *series, const struct revision *revision);
/*
 * Why a port conflicts on a candidate or a queue, beyond what the port says: what changed there since the release that it fits. Put
 * behind the ruling's own why; or of a ruling of this tick's lines that does not say it yet, NULL where that cannot be told. ci_cause.c
 */
void ci_cause_add(struct ci *ci, const struct plan_line *line, struct ruling *ruling);
char *ci_cause(struct ci *ci, const struct ruling *ruling);
/* Draft replies to the announcements of those candidates that have been tested. */
int ci_draft_replies(struct ci *ci);

#endif
