/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Mail: a patch as a mail, the way git format-patch writes it and the lists carry it.
 *
 * Read from an .eml or one message of an mbox (mboxo, mboxrd): MIME, base64, quoted-printable, RFC
 * 2047 and folded headers, CRLF, format=flowed, scissors, an in-body From:. Written so that `git
 * am` and our own reader give back the same author, date, message and diff.
 */
#ifndef SERIES_PATCH_MAIL_H
#define SERIES_PATCH_MAIL_H

#include <stdint.h>

#include "base/arena.h"
#include "base/text.h"
#include "patch/diff.h"

struct person {
	char *name, *email; /* UTF-8 */
};

struct people {
	struct person *items;
	size_t n, cap;
};

struct trailer {
	char *key, *value; /* "Signed-off-by", "Sean Christopherson <...>" */
};

struct mail {
	struct person author; /* the in-body From: where there is one */
	int64_t date;	      /* seconds since the epoch */
	int date_offset;      /* minutes east of UTC */
	char *subject;	      /* without the [PATCH ...] prefix, unfolded */
	char *prefix;	      /* what stood in the brackets: "PATCH 6.1.y v2 3/4"; "" without */
	unsigned int number, total, version; /* of "v2 3/4"; 0 where not said, version 1 */
	char *body; /* the message without the subject, up to "---", trailers included, ends in one '\n' */
	struct trailer *trailers; /* the last paragraph of the body, in order */
	size_t ntrailers, cap_trailers;
	char *notes;	    /* between "---" and the diff, without the diffstat; "" */
	char *message_id;   /* without <>; NULL */
	char *in_reply_to;  /* without <>; NULL */
	char *reply_to;	    /* NULL */
	char *base_commit;  /* of "base-commit:"; NULL */
	struct slice patch; /* from the first "diff --git" on, decoded */
	struct diff
		diff; /* parsed from it; empty in a mail without a patch (a reply, a cover letter) */
	bool reply;   /* its subject begins with "Re:" */
	char *upstream; /* of a FAILED notice of stable's: the commit it is about, as all the rest; NULL */
};

/*
 * Parse one message. Lines are numbered in `raw`. Fails with FAIL_USAGE where it is no mail, or its
 * patch is malformed; FAIL_POLICY for hostile paths. The result and its slices live in the arena.
 */
int mail_parse(struct arena *arena, struct slice raw, struct mail *mail);
/* The messages of an mbox (or the one of an .eml) in order. */
struct mails {
	struct mail *items;
	size_t n, cap;
};
int mail_parse_mbox(struct arena *arena, struct slice raw, struct mails *mails);

struct mail_style {
	const char *prefix;	    /* "PATCH 6.1.y" */
	unsigned int number, total; /* total 1: no n/m */
	struct person sender;	    /* differs from the author: an in-body From: is written */
	const char *in_reply_to;    /* NULL: none */
	const char *message_id;	    /* NULL: none */
	const char *base_commit;    /* NULL: none */
	const char *from_line;	    /* 40 hex of the mbox "From " line */
	struct people to, cc;	    /* none: no such header */
	const char *references;	    /* what the answered mail answers itself; NULL */
	const char *notes;	    /* below the "---", above the diffstat; NULL */
};
/*
 * `message` is subject, blank line, body. Diffstat and diff are made from `diff`, which may be
 * empty (a cover letter).
 */
void mail_write(struct text *out, const struct mail_style *style, const struct person *author,
		int64_t date, int date_offset, const char *message, const struct diff *diff);

/*
 * The trailers of a body's (no subject in it) last paragraph, if that is what it is (git's
 * interpret-trailers rules).
 */
void mail_trailers(struct arena *arena, struct slice message, struct trailer **trailers, size_t *n);

#endif
