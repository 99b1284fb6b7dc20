/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Renewal: a series made anew for a newer version of it, with what people decided for it.
 *
 * A copy of the series' three folders (series/NAME, backports/NAME, coccinelle/NAME) is made and changed, so that it can be ported
 * and looked at; then the copies take the places of the originals, each in one step. Killed between two of these steps, the
 * next renewal of any series of the workspace goes on from there.
 */
#ifndef SERIES_PATCH_RENEWAL_H
#define SERIES_PATCH_RENEWAL_H

#include "patch/gather.h"
#include "patch/repo.h"
#include "patch/series.h"

/* A patch of which it became known that it is upstream. */
struct renewal_upstream {
	unsigned int number; /* of the series as it was */
	const char *id;	     /* 40 hex */
};

struct renewal_ask {
	const char *workspace;
	const struct series *series;	 /* as it is */
	const struct gathered *gathered; /* the newer version; NULL: the patches stay */
	const bool *replaced;		 /* by the series' patches: may give way to it */
	const char *link; /* of the posting, for series.link where that named the old one; NULL */
	const char *old_link;
	const struct renewal_upstream *upstreams;
	size_t nupstreams;
	struct repo *
		scratch; /* patch/scratch.h: to try records and rules in; NULL: they cannot be tried */
};

enum renewal_kind {
	RENEWAL_SAME,	 /* nothing of it changed, but for its number */
	RENEWAL_WORDS,	 /* what is around changed: message, trailers, context, white space */
	RENEWAL_CHANGED, /* it changes other lines */
	RENEWAL_ADDED,
	RENEWAL_DROPPED,
};
struct renewed_patch {
	enum renewal_kind kind;
	const struct series_patch *old; /* NULL: ADDED */
	unsigned int number;		/* now; 0: DROPPED */
	char *file, *subject;
	struct trailers given; /* taken from replies */
	const char *upstream;  /* became known; NULL */
	bool other_id; /* git's patch-id is another one, be it for the lines around the changed ones */
};

/* What became of a record or a semantic patch. */
enum renewal_fate {
	FATE_KEPT,    /* its patch changes the same lines */
	FATE_CARRIED, /* adapted to the new patch, and sure of it */
	FATE_STALE,   /* it answers the old patch: somebody has to look */
	FATE_DROPPED, /* its patch is gone */
};
struct renewed_file {
	enum renewal_fate fate;
	char *old_name, *name; /* from the workspace: "backports/demo/v6.1/0001-x.patch" */
	const char *target;    /* "v6.1"; NULL: a semantic patch */
	unsigned int number;   /* of its patch, as it is now; 0: gone */
	char *why;	       /* a sentence; NULL for KEPT */
};

struct renewal {
	char *dir;		     /* holds the three folders, as a workspace */
	struct series series;	     /* as it would be */
	struct renewed_patch *items; /* in the new order, then what is dropped */
	size_t n, cap;
	struct renewed_files {
		struct renewed_file *items;
		size_t n, cap;
	} files;
	struct remarks {
		char **items; /* what a person should look at in series.conf */
		size_t n, cap;
	} remarks;
	char digest[65]; /* of the folders as they were */
};

/* `dir`: an empty folder. Nothing of the workspace is touched. */
int renewal_make(struct arena *arena, const struct renewal_ask *ask, const char *dir,
		 struct renewal *renewal);
/*
 * Put it into the workspace. The caller holds import_lock(). FAIL_BUSY where the folders are not what they were when the
 * renewal was made.
 */
int renewal_publish(struct arena *arena, const char *workspace, const struct renewal *renewal);
/* Finish what a killed one began: 1 something was finished, 0, -1. With import_lock() held. */
int renewal_recover(struct arena *arena, const char *workspace);

#endif
