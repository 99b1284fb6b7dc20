/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Message: the commit message of a backport, in the form that stable's maintainers expect.
 *
 * Subject and body stay upstream's. What is added: the upstream line under the subject (or, where
 * there is no upstream commit, SUSE's Patch-mainline: words before the trailers), the [ note ] on
 * what was adapted, and the backporter's Signed-off-by at the end. What is there already is not
 * added twice: a message that went through comes out the same.
 */
#ifndef SERIES_PATCH_MESSAGE_H
#define SERIES_PATCH_MESSAGE_H

#include "patch/series.h"

struct message_ask {
	const struct series_patch *patch;
	const char *note; /* what was adapted, without the brackets; NULL: nothing was */
	const struct person *backporter; /* NULL, or without an email: no sign-off */
};

/* The whole message: subject, blank line, body, ending in one '\n'. */
char *message_stable(struct arena *arena, const struct message_ask *ask);
/* Does the text name `id` (40 hex) as its upstream, in any form stable accepts? */
bool message_names_upstream(struct slice text, const char *id);
/*
 * The first upstream commit that the text names ("[ Upstream commit <id> ]", "commit <id>
 * upstream.", "(cherry picked from commit <id>)"); NULL for none.
 */
char *message_upstream(struct arena *arena, struct slice text);

#endif
