/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Announcement: a mail that says that a release candidate of stable is up for review, and the reply to it.
 *
 * Hostile until read: it comes from a mailbox. A reply is a draft, which a person sends.
 */
#ifndef SERIES_CI_ANNOUNCEMENT_H
#define SERIES_CI_ANNOUNCEMENT_H

#include "ci/journal.h"
#include "patch/mail.h"
#include "patch/version.h"

struct announcement {
	struct version version;			     /* 6.1.188-rc1 */
	char *name;				     /* "v6.1.188-rc1" */
	char *subject, *message_id, *from, *to, *cc; /* headers, decoded, one line each */
	char *tree, *branch, *patches;		     /* X-KernelTest-*; NULL */
	int64_t sent, deadline;			     /* deadline 0: it gives none */
};
/* 1, 0 (another mail), -1. */
int announcement_read(struct arena *arena, struct slice mail, struct announcement *announcement);
struct announcements {
	struct announcement *items; /* the newest last, each version once */
	size_t n, cap;
};
/* Of an mbox, a folder of mails, or a maildir. What is no announcement is passed over. */
int announcements_read(struct arena *arena, const char *path, struct announcements *announcements);

struct reply_to_rc {
	const struct announcement *announcement;
	struct rulings rulings; /* of that candidate, all kinds */
	const char *from;	/* "Name <address>" */
	const char *machine;	/* "QEMU 7.2 TCG (AMD SVM)": what was tested on */
	int64_t now;
};
/* The draft; `late`: the deadline has passed. */
int announcement_reply(struct arena *arena, const struct reply_to_rc *reply, struct text *mail,
		       bool *late);

#endif
