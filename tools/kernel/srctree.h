/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Srctree: a kernel's sources laid out in a folder of ours, as one tree of the store has them.
 *
 * Going to another tree rewrites only the files that differ, so that make rebuilds only what they
 * mean. What no build for x86 reads is left out. The folder remembers which tree it holds; one that a
 * killed process left between two trees is made whole again from what is in it. Nobody else writes
 * there.
 */
#ifndef SERIES_KERNEL_SRCTREE_H
#define SERIES_KERNEL_SRCTREE_H

#include "base/progress.h"
#include "kernel/treeview.h"
#include "patch/pack.h"
#include "patch/repo.h"

struct srctree_ask {
	struct repo *repo;
	struct pack *pack; /* has the trees and blobs that the store has not; NULL */
	const char *dir;   /* made when needed; the caller holds the lock on it */
	const git_oid *tree;
	const char *title; /* for progress: "v6.12.73" */
	const struct progress *progress;
};

struct srctree_answer {
	bool from_nothing;	 /* the folder was empty */
	size_t written, removed; /* files */
};

/* 0; -1: FAIL_INFRA (a full disk says so), FAIL_POLICY for a path that git would not check out. */
int srctree_lay(struct arena *arena, const struct srctree_ask *ask, struct srctree_answer *answer);
/* Which tree the folder holds, all of it: 1; 0: none, or something between two; -1. */
int srctree_holds(struct arena *arena, const char *dir, git_oid *tree);
/* What of that which is laid out differs in ask->tree from `from`; as treeview_changes(). */
int srctree_changes(struct arena *arena, const struct srctree_ask *ask, const git_oid *from,
		    struct treeview_changes *changes);

#endif
