/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Export: a ported series as mails, ready for git send-email or b4.
 *
 * What is written is what was committed under refs/series/: each commit between the kernel and the
 * ref.
 */
#ifndef SERIES_PATCH_EXPORT_H
#define SERIES_PATCH_EXPORT_H

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
};

struct exported {
	char *path, *subject;
	const struct series_patch *patch; /* of the same subject; NULL */
	bool signed_off;		  /* by the sender */
};

struct export
{
	const char *prefix; /* "PATCH 6.1.y" */
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
 * 1 written (n 0: the kernel has all of it already), 0 the series was not applied to this kernel,
 * -1 failed.
 */
int export_mails(struct arena *arena, const struct export_ask *ask, struct export *export);

#endif
