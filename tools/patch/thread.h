/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Thread: a discussion, out of which a series comes with the trailers that its replies give.
 */
#ifndef SERIES_PATCH_THREAD_H
#define SERIES_PATCH_THREAD_H

#include "patch/mail.h"

struct thread_patch {
	const struct mail *mail;
	struct trailers {
		struct trailer
			*items; /* given in replies, not yet in the mail, in the mails' order */
		size_t n, cap;
	} given;
};

struct thread {
	struct thread_patch *items; /* of the newest version, in order */
	size_t n, cap;
	const struct mail *cover; /* NULL */
	struct trailers refused;  /* whose address is not the sender's */
};

/*
 * Find the series and the trailers. Fails with FAIL_USAGE where there is no patch, one of "n/m" is
 * missing, or two have the same number. O(mails^2) at worst.
 */
int thread_collect(struct arena *arena, const struct mails *mails, struct thread *thread);
/* The mail's body with the given trailers behind its own. */
char *thread_body(struct arena *arena, const struct thread_patch *patch);

#endif
