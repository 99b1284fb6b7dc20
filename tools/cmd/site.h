/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Site, between its own files: what is published of `series ci`, each file a kind of page.
 *
 *	index.html		how each line stands, then the newest runs
 *	targets/6.1.y.html	a branch's lines, run by run
 *	tests.html		how long each test took, and which are flaky
 *	runs/index.html		all runs
 *	runs/17/		what home/pages/17 has: the run's page, the report of each series, round.json
 *	runs/latest, latest	the newest complete run that has its pages
 *	evidence/ab/HASH.txt	by content; runs/evidence leads there too
 *	status.json, feed.xml	for programs
 *
 * The pages of a run lead to ../index.html and ../evidence/: what these mean is there seen from runs/17/ and from latest/.
 */
#ifndef SERIES_CMD_SITE_H
#define SERIES_CMD_SITE_H

#include "base/file.h"
#include "ci/course.h"
#include "ci/site_mark.h"
#include "cmd/ci.h"
#include "cmd/html.h"
#include "cmd/page_part.h"
#include "kernel/results_boots.h"
#include "kernel/results_trend.h"

#define SITE_RUNS_MOST 50u  /* on the first page */
#define SITE_BOOTS_MOST 40u /* of a test on a branch */

struct site {
	struct ci *ci;
	struct arena *arena;
	const char *dir;      /* being made */
	const char *old;      /* that it replaces, or nothing */
	struct rounds rounds; /* complete, newest first */
	bool *kept;	      /* of each: its pages are there */
	int64_t latest;	      /* the newest of those; 0 */
	int64_t open;	      /* going on; 0 */
	struct courses courses;
	struct trends trends;
	struct staleness stale;
	bool *watched; /* of each course: it still is; else it only stands in the history */
	size_t lines, red, unknown; /* of those: as they stand */
	struct watched_line {
		const char *line;
		bool stale;	 /* its source has not answered for too long */
		int64_t reached; /* when it did last; 0: never */
	} * watches;
	size_t nwatches;
	struct file_names written; /* by site_put() */
};

/* The forms. Each writes whole files below site->dir. */
int site_index(struct site *site);   /* site_index.c */
int site_runs(struct site *site);    /* site_index.c */
int site_targets(struct site *site); /* site_target.c */
int site_tests(struct site *site);   /* site_tests.c */
int site_status(struct site *site);  /* site_status.c */
int site_feed(struct site *site);    /* site_status.c */

/* How the whole stands: "red", "unknown", "green", "stale"; stale data is worse than green only. */
const char *site_state(const struct site *site);
/* What of the settings watches a line; NULL: nothing does. */
const struct watched_line *site_watch(const struct site *site, const char *line);

/* "run 17", linked where it has its pages; `runs` leads to their folder. */
char *site_run_link(const struct site *site, int64_t id, const char *runs);

/* site_part.c: what the pages have in common. `up` is "" on the first level, "../" on the second. */
void site_head(struct arena *arena, struct text *out, const char *site_title, const char *title,
	       const char *up, const char *sub);
void site_foot(struct arena *arena, struct text *out, int64_t now);
const char *site_class(bool red, bool unknown); /* "dont", "look", "take" */
const char *site_sign(bool red, bool unknown);
void site_badge(struct arena *arena, struct text *out, bool red, bool unknown, const char *word);
/* "<time ...>2026-11-22 04:00</time>" */
char *site_time(struct arena *arena, int64_t at);
char *site_took(struct arena *arena, double seconds);
/* "6.1.y" of "6.1.y-rc", and a name of a file for it; both fit to be shown and linked. */
char *site_branch(struct arena *arena, const char *line);
char *site_file(struct arena *arena, const char *name);
/* "on-6-1-y-rc" */
char *site_anchor(struct arena *arena, const char *series, const char *line);
void site_table(struct text *out, const char *label, const char *const *columns, size_t n,
		const char *class);
int site_put(struct site *site, const char *name, const struct text *text);
/* What was put is on disk: all at once, which costs a tenth of one by one. */
int site_sync(struct site *site);

/* Evidence of a round, by its content: site_evidence.c. */
struct evidence_file {
	const char *name; /* "console" */
	const char *file; /* "ab/abcd....txt", ".txt.gz" */
	uint64_t bytes;
};
struct evidence {
	struct evidence_file *items;
	size_t n, cap;
};
/*
 * Take `from` (a file called `name` there) into DIR/evidence, or link it from a round before. 1 with its entry at the end of `evidence`, 0: there
 * is none, or nothing in it.
 */
int evidence_keep(struct ci *ci, const char *dir, const char *from, const char *name,
		  struct evidence *evidence);
/* All that a boot left in `from`. */
int evidence_keep_boot(struct ci *ci, const char *dir, const char *from, struct evidence *evidence);
/* "<a href=...>console</a>, ..." */
void evidence_links(struct arena *arena, struct text *out, const char *up,
		    const struct evidence *evidence);
/* The last lines of a text file, for a reader; NULL: there is none. */
char *evidence_tail(struct arena *arena, const char *path, size_t lines);

/* A round being kept: what its page says. */
struct keep {
	struct ci *ci;
	struct arena *arena;
	const struct round *round;
	const char *dir; /* being made */
	struct tasks tasks;
	struct rulings rulings;
	struct standings standings; /* of those */
	struct news news;
	struct evidence *task_evidence; /* of each task: its log */
	struct kept_boots {
		struct boots boots;
		struct evidence *evidence; /* of each */
	} * boots;			   /* of each ruling */
	const char **reports;		   /* series that have one */
	size_t nreports;
};
/* Its page, index.html: site_run.c. */
int site_run(struct keep *keep);

#endif
