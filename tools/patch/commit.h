/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Commit: a commit object with nothing in it that the same input would not give again.
 */
#ifndef SERIES_PATCH_COMMIT_H
#define SERIES_PATCH_COMMIT_H

#include <stdint.h>

#include "patch/mail.h"
#include "patch/pack.h"

struct commit_ask {
	git_oid tree, parent;
	struct person author;
	int64_t date;		 /* of the author, seconds since the epoch */
	int date_offset;	 /* minutes east of UTC */
	struct person committer; /* email NULL: COMMITTER_NAME, COMMITTER_EMAIL */
	int64_t not_before;	 /* the parent's committer date: history stays in order of time */
	const char *message;
};

#define COMMITTER_NAME "series"
#define COMMITTER_EMAIL "series@localhost"

/*
 * The committer's date is the author's, or `not_before` where that is later: never the clock, so
 * that porting again gives the same id.
 */
int commit_write(struct pack *pack, const struct commit_ask *ask, git_oid *id);
/* The committer's date of a commit in the store. */
int commit_date(struct repo *repo, const git_oid *id, int64_t *date);

#endif
