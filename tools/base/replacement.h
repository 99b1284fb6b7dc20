/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Replacement: a folder made anew beside the one that is there, and put in its place in one step.
 *
 * Killed at any moment, the folder is the old one or the new one. What a killed process left beside it is removed by the
 * next replacement.
 */
#ifndef SERIES_BASE_REPLACEMENT_H
#define SERIES_BASE_REPLACEMENT_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/cleanup.h"

struct replacement {
	struct arena *arena;
	char *dir;   /* absolute, symlinks followed */
	char *fresh; /* DIR.new-XXXXXX: write into this; NULL once it is in place */
	int lock;    /* held on it: it is in work */
	bool was;    /* there is an old one */
	const char *mark;
	bool plain; /* without renameat2(), as on a file system that cannot exchange names: for tests */
};
/*
 * `mark` is the name of a file that says that the folder is ours to replace. FAIL_USAGE for one that has something in it and lacks
 * that: nothing of a stranger's is removed. The new one has it.
 */
int replacement_begin(struct arena *arena, const char *dir, const char *mark,
		      struct replacement *replacement);
/* In place; the old one is gone. */
int replacement_finish(struct replacement *replacement);
/* Without replacement_finish(): the new one is gone. */
void replacement_drop(struct replacement *replacement);
#define __free_replacement __attribute__((cleanup(replacement_drop)))
/* Was it made by one? It has the mark, or nothing at all; a person's "site.old-backup" only has such a name. */
bool replacement_made(const char *path, const char *mark);
/* The folder goes, its mark last: killed in between, it is known to be ours. */
int replacement_remove(const char *path, const char *mark);

/*
 * A second name for a file that nobody changes any more; where there can be none (another file system) one for `before`, if that has the
 * same size and time, else a copy, which has both. `before` may be NULL. -1, 1, or 0 where `to` is there already.
 */
int file_link(const char *from, const char *to, const char *before);
/* All of a folder so; `to` is made. Symlinks and the like are left out. `files` is counted up; NULL. */
int file_link_tree(const char *from, const char *to, const char *before, size_t *files);

#endif
