/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Treeview: trees of the store, or of a pack that is not written yet, read by path.
 */
#ifndef SERIES_KERNEL_TREEVIEW_H
#define SERIES_KERNEL_TREEVIEW_H

#include "patch/pack.h"
#include "patch/repo.h"

struct treeview {
	struct repo *repo;
	struct pack *pack; /* NULL: everything is in the store */
};

/* An object's bytes: 1, 0 (not there), -1. */
int treeview_object(const struct treeview *view, struct arena *arena, const git_oid *id,
		    struct slice *bytes);
/* The file or folder at `path`; `tree` may name a commit of the store. 1, 0, -1. */
int treeview_entry(const struct treeview *view, const git_oid *tree, const char *path,
		   struct repo_entry *entry);

/* A file (or symlink) that is another in the second tree. */
struct treeview_change {
	char *path;
	git_oid id;	   /* in the second tree */
	unsigned int mode; /* 0100644, 0100755, 0120000; 0: it is not there any more */
	bool added;	   /* it was not there before */
};
struct treeview_changes {
	struct treeview_change *items; /* in git's order */
	size_t n, cap;
};

struct treeview_ask {
	const git_oid *from; /* NULL: an empty tree */
	const git_oid *to;
	/* Is this file wanted at all? A folder is entered when it says so too. NULL: everything. */
	bool (*wanted)(const char *path, bool folder);
};
/*
 * 1; 0: one of them is not there, or not all of it; -1: FAIL_POLICY for a tree that git would not check out, with ".." or
 * ".git" as a name, two entries of one name, or out of order. Added to `changes`. Reads only folders that differ.
 */
int treeview_changes(struct arena *arena, const struct treeview *view,
		     const struct treeview_ask *ask, struct treeview_changes *changes);

#endif
