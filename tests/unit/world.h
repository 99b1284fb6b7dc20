/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * World: a workspace and a store of tiny kernels in a temporary folder, for tests.
 *
 * Kernels are made by git fast-import, so what the code under test reads was written by git.
 */
#ifndef SERIES_TESTS_WORLD_H
#define SERIES_TESTS_WORLD_H

#include "base/arena.h"
#include "patch/repo.h"
#include "patch/series.h"

struct world {
	struct arena *arena;
	char *dir; /* the workspace; the store is DIR/store.git */
	struct repo *repo;
};

/* A file of a kernel, or of a commit on top of one. */
struct world_file {
	const char *path, *text; /* text NULL: the path is removed */
};

void world_init(struct world *world);
void world_release(struct world *world);
/* A commit on `parent` (a ref; NULL: none) with these files, as `ref`. Ends the test when git
 * refuses. */
void world_commit(struct world *world, const char *ref, const char *parent, const char *message,
		  const struct world_file *files, size_t n);
/* A file of the workspace; folders come into being. */
void world_write(struct world *world, const char *path, const char *text);
/* git in the store: its output, without the last newline. Ends the test when git fails. */
char *world_git(struct world *world, const char *const *args);
/* A format-patch mail that turns `old` (NULL: no file) into `new` at `path`, as series/NAME/FILE. */
void world_patch(struct world *world, const char *file, const char *subject, const char *path,
		 const char *old, const char *new);

#endif
