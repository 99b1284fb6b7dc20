/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Journal: what each tick saw, planned, did and said, in the database of results.
 *
 * A tick that is killed has left behind what it had written here, and the next one goes on from there. Whatever belongs together
 * is one transaction. A round is the work that one plan asks for; people see it as "run 17".
 */
#ifndef SERIES_CI_JOURNAL_H
#define SERIES_CI_JOURNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "kernel/results.h"

/* All times are seconds since the epoch. All text is UTF-8 or shown; NULL is kept as "". */

struct tick {
	int64_t id, started, ended; /* ended 0: it was killed, or still runs */
	int64_t round;		    /* that it made or went on with; 0: there was nothing to do */
	const char *word;	    /* "quiet", "worked", "failed", "interrupted" */
	const char *why;	    /* a line; "" */
};
int journal_tick_begin(struct results *journal, struct tick *tick);
int journal_tick_end(struct results *journal, const struct tick *tick);

/* Something worth a line in `series ci log`. */
struct event {
	int64_t id, tick, at;
	const char *
		kind; /* "release", "candidate", "queue", "rewritten", "gone", "back", "unreachable", "reached", "revision",
			      * "task", "verdict", "space", "leftover", "mail", "published", "pruned" */
	const char *subject; /* "6.1.y", "v6.1.188", "stable" */
	const char *text;
};
int journal_event(struct results *journal, int64_t tick, const char *kind, const char *subject,
		  const char *text);

/* A ref of a remote, as it was when the remote was last reached. */
struct tip {
	const char *watch, *ref;   /* "stable-rc", "refs/heads/linux-6.1.y" */
	const char *target, *line; /* "v6.1", "6.1.y-rc" */
	git_oid id;		   /* of the commit or tag object */
	const char *
		kernel; /* what its tree is called in the store: "v6.1.188-rc1+0123456789ab"; "": not taken in */
	int64_t first, seen; /* this id; the remote had it last */
	int64_t gone;	     /* since when the remote lacks it; 0 */
};
int journal_tip_put(struct results *journal, const struct tip *tip);
struct tips {
	struct tip *items;
	size_t n, cap;
};
/* `watch` NULL: of all. */
int journal_tips(struct results *journal, struct arena *arena, const char *watch,
		 struct tips *tips);

/* When a source was last asked and last answered. */
struct reach {
	const char *source;	/* "stable", "lore" */
	int64_t asked, reached; /* reached 0: never */
	const char *why;	/* it was not; "" */
};
int journal_reach_put(struct results *journal, const struct reach *reach);
struct reaches {
	struct reach *items;
	size_t n, cap;
};
int journal_reaches(struct results *journal, struct arena *arena, struct reaches *reaches);

/* What kind of proof a task or verdict is. APPLY has no task: it is done while planning. */
enum proof_kind { PROOF_APPLY, PROOF_BUILD, PROOF_VERIFY, PROOF_TEST };
const char *proof_kind_word(enum proof_kind kind); /* "apply", "build", "verify", "test" */

/* What a verdict depends on. */
struct input {
	git_oid base, patched;
	char recipe[65]; /* hash of everything else: configuration, tests, machine, tools; see ci/plan.h */
};

enum task_state { TASK_PLANNED, TASK_SENT, TASK_ENDED };
const char *task_state_word(enum task_state state); /* "planned", "sent", "ended" */
struct task {
	int64_t id, round;
	enum proof_kind kind;
	const char *series, *line, *target,
		*cell; /* target: a kernel, "v6.1.188"; cell: "" where it is no test */
	struct input input;
	int64_t needs;	    /* id of the build that must have ended well; 0 */
	const char *why;    /* it is planned: "new release, after v6.1.187" */
	const char *dir;    /* absolute; see ci/order.h */
	unsigned int tries; /* how often it was sent */
	enum task_state state;
	const char *executor, *job; /* "local", "slurm"; its name there; "" */
	int64_t sent, ended;
	const char *word, *note; /* of its outcome, see ci/order.h; "" */
	const char *host;	 /* that did it; "" */
};
struct round {
	int64_t id, tick, started, ended; /* ended 0: not complete */
	bool stale;			  /* some source could not be reached */
	int64_t published, told;
	const char *why; /* "v6.1.188 is out; the series changed" */
};

/*
 * The round with all its tasks (ids are set; `needs` is an index from 1 into them before), or nothing. Fails while another one is
 * open. What depends on the round's id (dir) can be put within one journal_begin().
 */
int journal_round_begin(struct results *journal, struct round *round, struct task *tasks, size_t n);
/* All but tick and started; ended 0: now. May be said again: what is published and told comes later. */
int journal_round_end(struct results *journal, const struct round *round);
/* The one that is not complete: 1, 0, -1. */
int journal_round_open(struct results *journal, struct arena *arena, struct round *round);
/* By its id: 1, 0, -1. */
int journal_round_find(struct results *journal, struct arena *arena, int64_t id,
		       struct round *round);
struct rounds {
	struct round *items;
	size_t n, cap;
};
/* Newest first, at most `max` (0: all). */
int journal_rounds(struct results *journal, struct arena *arena, size_t max, struct rounds *rounds);
struct tasks {
	struct task *items;
	size_t n, cap;
};
/* Of a round, in order. */
int journal_tasks(struct results *journal, struct arena *arena, int64_t round, struct tasks *tasks);
/* Dir, state, tries, executor, job, times, word, note, host. */
int journal_task_put(struct results *journal, const struct task *task);

/* What came out, of one proof in one round. */
struct ruling {
	int64_t id, round, at;
	enum proof_kind kind;
	const char *series, *line, *target, *cell;
	struct input input;
	const char *
		word; /* "ok", "fixed", "regression", "conflict", "does not build", "infrastructure" ... */
	bool red, unknown; /* unknown: infrastructure: neither a pass nor a regression */
	const char *why;   /* a sentence; "" */
	const char *
		bad; /* the set of what is not green: a line each, sorted: "smm_test: regression"; waived ones not */
	const char *waived;   /* likewise: "smm_test: regression (until 2026-12-31, owner)" */
	const char *marks;    /* apply: "= U n/a"; else "" */
	int64_t run, cell_id; /* in the results; 0 */
	double wall_seconds, cpu_seconds;
};
struct rulings {
	struct ruling *items;
	size_t n, cap;
};
int journal_ruling_put(struct results *journal, struct ruling *ruling);
/* Of a round, in the order in which they were put. */
int journal_rulings(struct results *journal, struct arena *arena, int64_t round,
		    struct rulings *rulings);
/*
 * The newest of each (series, line, kind, cell), of rounds before `before` (0: all). With `known`: the newest that is not unknown.
 */
int journal_standings(struct results *journal, struct arena *arena, int64_t before, bool known,
		      struct rulings *rulings);
/* All of one line, newest first, at most `max` (0: all). series, line NULL: any. */
int journal_history(struct results *journal, struct arena *arena, const char *series,
		    const char *line, size_t max, struct rulings *rulings);
/* The newest for just this input (and series, line, kind, cell) that is not unknown: 1, 0, -1. */
int journal_ruling_find(struct results *journal, struct arena *arena, const struct ruling *like,
			struct ruling *ruling);
/* How many of the newest in a row were unknown for just this input, and when the last one was. */
int journal_misses(struct results *journal, const struct ruling *like, unsigned int *n,
		   int64_t *last);

/* A mail, or a draft. Its key says what it is about: the same is said once. */
struct letter {
	int64_t id, at, round;
	const char *
		key; /* "news 17", "heartbeat 2026-W47", "rc v6.1.188-rc1", "revision <message id>" */
	const char *path; /* of the mail, complete */
	int64_t sent;	  /* 0: not yet */
	unsigned int tries;
	const char *why; /* the last try failed; "" */
};
/* 1 taken, 0 one with that key is there already, -1. */
int journal_letter_add(struct results *journal, struct letter *letter);
int journal_letter_put(struct results *journal, const struct letter *letter);
struct letters {
	struct letter *items;
	size_t n, cap;
};
/* Not sent yet, oldest first; with `all` every one, newest first. */
int journal_letters(struct results *journal, struct arena *arena, bool all,
		    struct letters *letters);

/* The last ticks and events, newest first. `tick` 0: of all. */
struct ticks {
	struct tick *items;
	size_t n, cap;
};
int journal_ticks(struct results *journal, struct arena *arena, size_t max, struct ticks *ticks);
struct events {
	struct event *items;
	size_t n, cap;
};
int journal_events(struct results *journal, struct arena *arena, int64_t tick, size_t max,
		   struct events *events);

/*
 * Events, and ticks that found nothing to do, older than so many days go; everything else is history, and stays.
 */
int journal_prune(struct results *journal, int64_t now, unsigned int days);

/* Several of the above as one. Between them nothing else may fail silently: end with `keep` false to take all back. */
int journal_begin(struct results *journal);
int journal_finish(struct results *journal, bool keep);

/* A small thing to remember: "heartbeat" -> "1766300000". journal_note_get() gives NULL where there is none (fail_clear()ed). */
int journal_note_put(struct results *journal, const char *name, const char *value);
int journal_note_get(struct results *journal, struct arena *arena, const char *name, char **value);

#endif
