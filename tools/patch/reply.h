/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reply: the mail that answers a FAILED notice with the port of its patch.
 *
 * As the notice's own recipe makes it: to the stable list, in reply to the notice, the branch in the
 * prefix; and to all whom the notice went to or who have a hand in the patch.
 */
#ifndef SERIES_PATCH_REPLY_H
#define SERIES_PATCH_REPLY_H

#include "patch/failed_notice.h"
#include "patch/port.h"

struct reply_ask {
	struct repo *repo;
	const struct kernel *kernel;
	const struct failed_notice *notice;
	const struct port_patch *patch; /* committed */
	const struct diff *diff;	/* what it does to the kernel */
	struct person sender;		/* email NULL: the author's own */
};

struct reply {
	char *subject;	  /* "[PATCH 6.1.y] KVM: ..." */
	char *branch;	  /* "6.1.y"; NULL where the kernel is of no stable branch */
	char *text;	  /* the mail */
	struct people cc; /* To is the stable list alone */
};

int reply_write(struct arena *arena, const struct reply_ask *ask, struct reply *reply);

#endif
