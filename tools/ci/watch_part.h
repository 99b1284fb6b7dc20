/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Watch's own parts: one look at all sources, and what it has to write down.
 */
#ifndef SERIES_CI_WATCH_PART_H
#define SERIES_CI_WATCH_PART_H

#include "ci/watch.h"
#include "kernel/git_remote.h"

/* A remote is asked once in a look, for all that any watch wants of it. */
struct asked_remote {
	const char *url;
	char *shown; /* the same for people */
	char *why;   /* it could not be asked; NULL */
	struct remote_refs refs;
};

/* Written together, and not at all by a look that only looks. */
struct pending {
	struct pending_note {
		const char *name, *value;
	} * notes;
	struct pending_event {
		const char *kind, *subject, *text;
	} * events;
	struct tip *tips;
	size_t nnotes, capnotes, nevents, capevents, ntips, captips;
};

struct looking {
	struct arena *arena;
	const struct watch_ask *ask;
	struct watch_answer *answer;
	struct {
		struct asked_remote *items;
		size_t n, cap;
	} remotes;
	const struct watch *watch; /* that is looked at, with what the journal has of it */
	struct tips tips;
	struct pending pending;
};

/* A line while it is looked at. */
struct line {
	struct watched *watched;
	const struct target *target;
	struct version branch; /* of the target */
	char *trouble;	       /* why what the source has is not here; NULL */
};

/* ---- watch.c ---- */

/* The remote's refs, asked for when they are first wanted; NULL is FAIL_INTERRUPTED. */
const struct asked_remote *look_ask(struct looking *l, const char *url);
void look_note(struct looking *l, const char *name, const char *value);
void look_event(struct looking *l, const char *kind, const char *subject, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
void look_tip(struct looking *l, const struct tip *tip);
/* Write what is pending. */
int look_flush(struct looking *l);
/* "WHAT WATCH THING" as the name of a note; its value, or NULL; -1: the journal failed. */
char *look_note_name(struct looking *l, const char *what, const char *thing);
int look_noted(struct looking *l, const char *what, const char *thing, char **value);
/* The store's kernel of that name into `kernel`: 1, 0, -1. */
int look_store(struct looking *l, const char *name, struct kernel *kernel);
/* The newest release of a target that is known by now: its kernel (ref NULL where it is not in the store): 1, 0, -1. */
int look_release(struct looking *l, const struct target *target, struct kernel *kernel,
		 struct version *version);
/* The kernel of a line of releases: one that only would be taken in stays, else the newest that there is. */
int look_settle(struct looking *l, struct line *line);
void look_trouble(struct looking *l, struct line *line, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* ---- watch_take.c ---- */

enum taken {
	TAKEN,	/* it is in the store now, or was */
	PASSED, /* it is not wanted as long as it is this commit: `why` */
	LEFT,	/* it could not be had: the line has its trouble */
};

struct taking {
	const struct asked_remote *remote;
	const struct remote_ref *ref;
	const struct version *want; /* of a tag; NULL: a branch */
	/* the answer */
	enum taken taken;
	char *why;
	struct kernel kernel;
	git_oid id; /* as it was fetched */
	bool wrong; /* PASSED: it should not have been there */
};

/* Fetch it, judge it, take it in: 0 with an outcome. */
int look_take(struct looking *l, struct line *line, struct taking *t);
/* Was just this passed over before? 1 with why, 0, -1. */
int look_passed(struct looking *l, const struct remote_ref *ref, char **why);
/* It is passed over. */
void look_pass(struct looking *l, struct line *line, const struct taking *t);
/* The source did what it should not. */
void look_alarm(struct looking *l, struct line *line, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* Was it said already that WHAT of this ref is `value`? 1, 0 (it is noted now), -1. */
int look_said(struct looking *l, const char *what, const char *ref, const char *value);
/* The journal's tip of a ref, or NULL; that it is gone, that it is there, that it is this. */
struct tip *look_tip_of(struct looking *l, const char *ref, const struct target *target);
void look_gone(struct looking *l, struct line *line, struct tip *tip);
void look_seen(struct looking *l, struct line *line, struct tip *tip);
void look_put(struct looking *l, struct line *line, const struct taking *t);
/* Without refs/heads/ or refs/tags/. */
const char *ref_plain(const char *ref);
const char *oid_hex(struct looking *l, const git_oid *id);
const char *oid_short(struct looking *l, const git_oid *id);

/* ---- watch_remote.c ---- */

/* The release tags of a target at a remote that has answered; `any`: there are some. */
int look_tags(struct looking *l, const struct asked_remote *remote, struct line *line, bool *any);
/* The branch of the watch for a target. */
int look_branch(struct looking *l, const struct asked_remote *remote, struct line *line);

/* ---- watch_sources.c ---- */

/* By the target's own sources, in their order; `answered`: when one last did, 0: never. */
int look_sources(struct looking *l, struct line *line, int64_t *answered);

#endif
