/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Settings: what `series ci` watches, does, publishes and tells, from ci/ci.conf.
 */
#ifndef SERIES_CI_SETTINGS_H
#define SERIES_CI_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "kernel/targets.h"

/* What stands behind a line: stable's releases, its release candidates, the queue of what comes next. */
enum watch_kind { WATCH_RELEASE, WATCH_CANDIDATE, WATCH_QUEUE };
/* How far a new kernel of a watch is taken. */
enum watch_depth { DEPTH_APPLY, DEPTH_BUILD, DEPTH_TEST };

/* [watch "stable"] */
struct watch {
	char *name;
	enum watch_kind kind;
	enum watch_depth depth; /* releases and candidates: test by default; the queue: apply */
	char *url;    /* of a git remote; NULL: the sources of ci/targets.conf (releases only) */
	char *branch; /* "linux-%.y", "queue/%": % is 6.1; NULL: release tags, v6.1.N */
	const struct target **targets; /* in version order */
	size_t ntargets;
};

/* [known "smm_test"]: a failure that somebody owns, until a day. */
struct waiver {
	char *test;
	char *target; /* "v5.10"; NULL: any */
	char *cell;   /* "tcg"; NULL: any */
	char *series; /* NULL: any */
	char *owner, *reason;
	int64_t until;	 /* seconds since the epoch: the first that it does not cover any more */
	char *until_day; /* "2026-12-31", as it was written */
};

enum executor_kind { EXECUTOR_LOCAL, EXECUTOR_SLURM };

struct settings {
	char *path;
	char **series; /* [ci] series: those to keep alive; none: all of the workspace */
	size_t nseries;
	bool verify;		     /* [ci] verify: run series verify's checks too; yes */
	enum executor_kind executor; /* [ci] executor = local | slurm */
	unsigned int
		tries; /* [ci] tries: of a task that ended in infrastructure, in a row, before it waits for a day; 3 */
	unsigned int task_minutes; /* [ci] task-minutes: one task is ended after that; 180 */

	struct watch *watches;
	size_t nwatches;

	struct {
		bool watch; /* [lore] watch: look for newer revisions of the series; no */
		char *archive; /* [lore] archive: an mbox or folder of mails in lore's place; NULL: b4 */
		char *announcements; /* [lore] announcements: mbox or maildir with -rc announcements; NULL */
	} lore;

	struct {
		char *dir;	   /* [publish] dir: the site; NULL: none */
		char *title;	   /* "series" */
		char *base;	   /* [publish] url: where people see it, for mails; NULL */
		unsigned int days; /* [publish] keep-days: 180 */
		unsigned int mib;  /* [publish] keep-mb: of evidence and pages of all runs; 20480 */
	} publish;

	struct {
		char *to, *from; /* [tell] to: NULL: nobody; addresses, comma-separated */
		char *sendmail;	 /* [tell] sendmail: program; /usr/sbin/sendmail */
		char *folder;	 /* [tell] folder: mails are written there, not sent; NULL */
		unsigned int heartbeat_days; /* [tell] heartbeat-days: 7; 0: none */
		char *drafts; /* [tell] drafts: folder for replies that a person sends; NULL: ci_home()/drafts */
	} tell;

	struct {
		unsigned int disk_mib;	 /* [guard] disk-mb: left alone on each file system; 2048 */
		unsigned int memory_mib; /* [guard] memory-mb: left alone; 1024 */
		unsigned int stale_hours; /* [guard] stale-hours: 24 */
	} guard;

	struct {
		char **options; /* [slurm] option: further words for sbatch, such as --partition=big */
		size_t noptions;
		unsigned int poll_seconds; /* [slurm] poll-seconds: 10 */
	} slurm;

	struct waiver *waivers;
	size_t nwaivers;
};

/*
 * ci/ci.conf of the workspace; without one the defaults, which watch the sources of ci/targets.conf. Fails with
 * FAIL_USAGE naming file and line: an unknown key, target, kind; a known failure without owner, reason or end.
 */
int settings_read(struct arena *arena, const char *workspace, const struct targets *targets,
		  struct settings *settings);

/* "release", "candidate", "queue" */
const char *watch_kind_word(enum watch_kind kind);
/* What is kept alive: "6.1.y", "6.1.y-rc", "6.1.y-queue". */
char *watch_line(struct arena *arena, enum watch_kind kind, const struct target *target);
/* The branch of a watch that has one: "refs/heads/linux-6.1.y". */
char *watch_ref(struct arena *arena, const struct watch *watch, const struct target *target);

/* STATE/ci, made: tasks, pages, drafts, the lock. `state` is results_home(). */
char *ci_home(struct arena *arena, const char *state);

#endif
