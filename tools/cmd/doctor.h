/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Doctor: what `series ci doctor` looks at, and what it found.
 */
#ifndef SERIES_CMD_DOCTOR_H
#define SERIES_CMD_DOCTOR_H

#include "ci/journal.h"
#include "ci/settings.h"
#include "cmd/command.h"
#include "kernel/matrix.h"
#include "kernel/results.h"

enum health { HEALTH_OK, HEALTH_WARN, HEALTH_BAD };

struct checked {
	const char *name; /* "disk space" */
	enum health health;
	char *said; /* what is the case */
	char *todo; /* what to do about it; NULL */
};

struct doctor {
	struct context *context;
	struct arena *arena;
	/* What could be had of the installation; NULL, false: it could not, and that was said. */
	const char *workspace, *cache, *state, *home;
	const struct targets *targets;
	struct settings settings; /* the defaults where the file cannot be read */
	bool has_settings;
	struct matrix matrix;
	bool has_matrix;
	struct results *journal; /* NULL: none yet, or it cannot be used */
	int64_t now;
	bool builds, boots; /* something is taken that far */
	struct checked *items;
	size_t n, cap;
};

/* One line. `todo` NULL: nothing is to be done; with HEALTH_OK it is not shown. */
void doctor_say(struct doctor *doctor, const char *name, enum health health, const char *todo,
		const char *fmt, ...) __attribute__((format(printf, 5, 6)));
/* The same with what fail() said last, which is cleared. */
void doctor_failed(struct doctor *doctor, const char *name, enum health health, const char *todo);

/* In this order. */
void doctor_open(
	struct doctor *
		doctor); /* doctor_setup.c: the files of the workspace, the folders, the database */
void doctor_tools(struct doctor *doctor); /* doctor_tools.c: programs, sandbox, machines, executor */
void doctor_places(struct doctor *doctor);  /* doctor_place.c: store, space, memory, site */
void doctor_sources(struct doctor *doctor); /* doctor_around.c: remotes, mail */
void doctor_schedule(
	struct doctor *doctor); /* doctor_schedule.c: cron, timer, the last tick, clock */

#endif
