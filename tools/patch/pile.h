/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Pile: mails as somebody has them lying about: a file of one or many, a folder of files, a maildir.
 */
#ifndef SERIES_PATCH_PILE_H
#define SERIES_PATCH_PILE_H

#include "patch/mail.h"
#include "patch/names.h"

struct pile_mail {
	struct slice raw; /* with its mbox "From " line, ">From " unescaped */
	struct mail mail;
};
struct pile {
	struct pile_mail *items; /* each message id once: the first that was read */
	size_t n, cap;
	struct names *ids; /* of the mails */
	struct {
		size_t *items; /* by the id's number: which mail */
		size_t n, cap;
	} by_id;
	size_t unread; /* mails that are malformed or hostile: passed over */
	char *why;     /* the first of those: file, line, what is wrong; NULL */
};

/*
 * Add what lies at `path`. Of a folder the files in it count, and those in its cur/ and new/, hidden ones not. Fails with
 * FAIL_USAGE where nothing is there, with `strict` also for a mail that cannot be read (FAIL_POLICY for a hostile one).
 */
int pile_read(struct arena *arena, const char *path, bool strict, struct pile *pile);
/* The same for a text that is at hand; `where` names it in failures. */
int pile_add(struct arena *arena, struct slice text, const char *where, bool strict,
	     struct pile *pile);
/* The mail of that id (without <>); NULL. */
const struct pile_mail *pile_find(const struct pile *pile, const char *id);
/* The mail as one message of an mbox (mboxrd), appended. */
void pile_write(struct text *mbox, const struct pile_mail *mail);

#endif
