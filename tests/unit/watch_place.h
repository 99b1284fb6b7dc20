/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Watch place: a workspace with a store, a journal and remotes in a temporary folder, for tests of what is watched.
 */
#ifndef SERIES_TESTS_WATCH_PLACE_H
#define SERIES_TESTS_WATCH_PLACE_H

#include "ci/watch.h"
#include "unit.h"

/* A workspace with the targets v6.1 and v6.12, a store, a journal, and whatever remotes a test makes beside them. */
struct place {
	struct arena *arena;
	char *dir;
	struct targets targets;
	struct settings settings;
	struct repo *repo;
	struct results *journal;
	struct watch_answer answer;
	int64_t now;
	bool look_only;
	const struct progress *progress;
	const char *state; /* then it is asked for whether there is room; NULL */
};

int place_init(void **state);
int place_release(void **state);
#define in_place(test) cmocka_unit_test_setup_teardown(test, place_init, place_release)
/*
 * A shell script in the folder; its output, trimmed. There are "remote DIR", "kernel REF VERSION TEXT [PARENT]", "release VERSION TEXT", "id
 * REVISION", all of the remote that was last made, or of remote.git, or $R. Each commit is a day younger than the one before.
 */
char *place_sh(struct place *place, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void place_write(struct place *place, const char *name, const char *text);
/* ci/ci.conf */
void place_conf(struct place *place, const char *text);
/* A look, an hour after the one before. */
int place_try(struct place *place);
void place_look(struct place *place);
const struct watched *place_line(struct place *place, const char *name);
/* The line's kernel is this one, in the store. */
void place_at(struct place *place, const char *name, const char *kernel);
/* `text` has `part` in it. */
void place_says(const char *text, const char *part);
/* How many events of a kind (NULL: any) there are; the newest's text. */
size_t place_events(struct place *place, const char *kind, const char **text);
const struct reach *place_reach(struct place *place, const char *source);

#endif
