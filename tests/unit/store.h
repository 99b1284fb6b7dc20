/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Store: a repository in a temporary folder, for tests, which real git makes and judges.
 */
#ifndef SERIES_TESTS_STORE_H
#define SERIES_TESTS_STORE_H

#include "patch/repo.h"
#include "unit.h"

struct store {
	struct arena *arena;
	char *dir; /* the store is DIR/store.git; anything else may stand beside it */
	char *path;
	struct repo *repo; /* NULL until store_open() */
};

/* A bare repository with one commit, refs/series/kernel/v6.1.1, that `script` makes in $PWD, a
 * worktree. */
void store_init(struct store *store, const char *script);
void store_open(struct store *store);
void store_release(struct store *store);
/* A shell script, in DIR, with GIT_DIR set to the store: its output, trimmed. Ends the test when it
 * fails. */
char *store_sh(struct store *store, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* The id that git gives `revision`. */
git_oid store_id(struct store *store, const char *revision);
/* git itself finds nothing wrong with any object or pack. */
void store_check(struct store *store);

#endif
