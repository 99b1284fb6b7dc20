/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Export: a ported series as mails, ready for git send-email or b4.
 *
 * What is written is what was committed under refs/series/: each commit between the kernel and the
 * ref.
 */
#ifndef SERIES_PATCH_EXPORT_H
#define SERIES_PATCH_EXPORT_H

#include "patch/failed_notice.h"
#include "patch/repo.h"
#include "patch/series.h"

struct export_ask {
	struct repo *repo;
	const struct series *series;
	const struct kernel *kernel;
	const char *dir; /* comes into being; NNNN-*.patch files of an earlier export there go */
	const char *in_reply_to; /* message id; NULL */
	bool cover;	      /* a 0000-cover-letter.patch too, where there is more than one mail */
	struct person sender; /* email NULL: the authors */
	unsigned int version; /* of [PATCH 6.1.y v2]; 0 and 1: not said */
	const struct failed_notices *notices; /* those to answer, as far as they fit; NULL */
	const char *
		range; /* what differs from another version, for the cover letter or the only patch; NULL */
};

struct exported {
	char *path, *subject;
	const struct series_patch *patch;   /* of the same subject; NULL */
	bool signed_off;		    /* by the sender */
	char *message_id;		    /* of one of several mails; NULL */
	char *in_reply_to;		    /* NULL */
	const struct failed_notice *notice; /* about this patch on this branch; NULL */
};

struct export
{
	const char *prefix;		     /* "PATCH 6.1.y v2" */
	const struct failed_notice *answers; /* the notice that the first mail is in reply to; NULL */
	char *cover;			     /* path of the cover letter; NULL */
	bool addressed;			     /* the mails say whom they go to */
	struct exported *items;
	size_t n, cap;
};

/*
 * What each mail for this kernel begins with: the prefix, and the base commit where it is one that
 * others have, too.
 */
int export_style(struct arena *arena, struct repo *repo, const struct kernel *kernel,
		 struct mail_style *style);

/*
 * Several mails are one thread: the others answer the first, or the cover letter, by message ids that are the same as long as commits
 * and version are. What answers a FAILED notice goes to those whom the notice went to.
 *
 * 1 written (n 0: the kernel has all of it already), 0 the series was not applied to this kernel,
 * -1 failed.
 */
int export_mails(struct arena *arena, const struct export_ask *ask, struct export *export);

#endif
