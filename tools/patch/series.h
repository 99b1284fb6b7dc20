/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Series: a patch series as it lies on disk, series/NAME/.
 *
 * `series` is quilt's: a patch file per line, in order, "#" begins a comment. `series.conf` says
 * what the mails cannot: upstream id, link, class, where a patch applies, and probes.
 */
#ifndef SERIES_PATCH_SERIES_H
#define SERIES_PATCH_SERIES_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/conf.h"
#include "patch/mail.h"

enum patch_class { CLASS_STABLE, CLASS_DISTRO, CLASS_OUT_OF_TREE };

/*
 * Something the target must have: every string in the file it names (a path, or a path ending in
 * "/" for its direct files).
 */
struct probe {
	const char *name;
	const char **files, **strings; /* strings[i] must stand in files[i], as a whole word */
	size_t n;
	const char *meaning; /* "the target carries KVM FRED" */
};

/* A part of a patch that is there only where a probe holds. */
struct condition {
	const char *path;  /* the file */
	unsigned int hunk; /* of that file in that patch, from 1; 0: all of the file's */
	const struct probe *probe;
	const char *
		reason; /* said where it does not hold: "no KVM FRED in this kernel: nothing to hand the payload to" */
};

struct series_patch {
	unsigned int number; /* from 1 */
	char *file;	     /* "0001-KVM-x86-....patch" */
	struct mail mail;
	char *upstream; /* 40 hex, or NULL */
	char *mainline; /* SUSE's Patch-mainline words where upstream is NULL; NULL */
	char *link;	/* NULL */
	enum patch_class class;
	char *class_why;
	const char *applies_from, *applies_until; /* "v5.10", versions, inclusive; NULL */
	const char *applies_why;		  /* said for n/a outside that range */
	const struct probe *needs; /* the whole patch is n/a where it does not hold; NULL */
	const char *needs_why;
	struct condition *conditions;
	size_t nconditions, cap_conditions;
	unsigned int version; /* of the posting that it came from: 2 of "[PATCH v2]"; 0: not known */
};

struct series {
	char *name; /* validated: [a-z0-9][a-z0-9._-]*, not "kernel" */
	char *dir;  /* series/NAME */
	char *title;
	char *link;
	char *base; /* kernel of the store on which it was written; NULL: look for a stand-in */
	bool trusted; /* may its semantic patches carry scripts? From the workspace's own configuration only. */
	struct series_patch *items;
	size_t n, cap;
};

/* The class's words: "stable-eligible". */
const char *patch_class_name(enum patch_class class);

/* Fails with FAIL_USAGE naming file and line; all patches are parsed. */
int series_read(struct arena *arena, const char *workspace, const char *name,
		struct series *series);
/* The same for a folder anywhere (one that is being made); never trusted. */
int series_read_dir(struct arena *arena, const char *dir, const char *name, struct series *series);
bool series_name_ok(const char *name);
/* The names of the series in a workspace, sorted. */
int series_names(struct arena *arena, const char *workspace, struct conf_names *names);

#endif
