/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Announcement: a mail that says that a release candidate of stable is up for review, and the reply to it.
 *
 * Hostile until read: it comes from a mailbox. What is kept of it can go into a header or before a person as it is. A reply is a
 * draft, which a person sends.
 */
#ifndef SERIES_CI_ANNOUNCEMENT_H
#define SERIES_CI_ANNOUNCEMENT_H

#include "ci/journal.h"
#include "patch/mail.h"
#include "patch/version.h"

struct announcement {
	struct version version; /* 6.1.188-rc1 */
	char *name;		/* "v6.1.188-rc1" */
	char *subject;		/* decoded, one line */
	char *message_id;	/* without <> */
	struct person from;
	struct people to, cc;	       /* addresses that may stand in a header, each once in both */
	char *tree, *branch, *patches; /* X-KernelTest-*; NULL */
	int64_t sent, deadline;	       /* 0: it says none */
};
/* 1, 0 (another mail). */
int announcement_read(struct arena *arena, struct slice mail, struct announcement *announcement);
struct announcements {
	struct announcement *items; /* the newest last, each version once */
	size_t n, cap;
};
/*
 * Of an mbox, a folder of mails, or a maildir. What is no announcement is passed over. -1: no such file (FAIL_USAGE), or it cannot
 * be read.
 */
int announcements_read(struct arena *arena, const char *path, struct announcements *announcements);

struct reply_to_rc {
	const struct announcement *announcement;
	struct rulings rulings; /* of that candidate, all kinds, the newest of each */
	const char *from;	/* "Name <address>" */
	const char *machine; /* "QEMU 7.2 (TCG, AMD SVM)": what was tested on; NULL: nothing was */
	const char *before;  /* the release that it was compared with: "v6.1.187"; NULL */
	/* What the candidate itself breaks: "smm_test (tcg): passes on v6.1.187, fails here". */
	const char *const *broken;
	size_t nbroken;
	const char *tests; /* "tcg: 28 tests, 26 pass"; NULL */
	const char *where; /* the results: an address or a path; NULL */
	int64_t now;
};
/* Is everything that was asked of it known and well? What a Tested-by: stands for. */
bool reply_clean(const struct reply_to_rc *reply);
/* The draft; `late`: the deadline has passed. -1: `from` is no address (FAIL_USAGE). */
int announcement_reply(struct arena *arena, const struct reply_to_rc *reply, struct text *mail,
		       bool *late);

#endif
