/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Mime: one mail taken apart into its headers and its decoded text.
 *
 * Headers are unfolded. Of the body the text parts are kept (plain text and attached patches, no
 * HTML), transfer encoding and format=flowed undone, in one buffer in which a line stands at the
 * same distance from the first one as in the mail, so that line numbers in messages are the mail's
 * (base64 and quoted-printable can shift them).
 */
#ifndef SERIES_PATCH_MIME_H
#define SERIES_PATCH_MIME_H

#include "base/arena.h"
#include "base/text.h"
#include "patch/mail.h"

#define HEADER_MAX ((size_t)64 * 1024) /* bytes of one that are read; the rest is passed over */

struct mime_header {
	struct slice name;
	char *value; /* unfolded, trimmed; encoded words as they are */
};

struct mime {
	struct mime_header *items;
	size_t n, cap;
	char *charset;	   /* of the first text part; NULL where not said */
	struct slice text; /* bytes as they were sent, "\n" ends the lines */
	size_t line;	   /* where `text` begins in the raw mail, from 1 */
};

/*
 * Fails with FAIL_USAGE where `raw` has no headers of a mail. A leading mbox "From " line is passed
 * over. O(bytes).
 */
int mime_parse(struct arena *arena, struct slice raw, struct mime *mime);
/* The first header of that name, in any case; NULL. */
const char *mime_get(const struct mime *mime, const char *name);

/* RFC 2047 encoded words put into UTF-8. */
char *mime_words(struct arena *arena, const char *value);
/*
 * As a header value: encoded words where it is not ASCII. `at` is the column it begins in; lines
 * are folded.
 */
void mime_add_words(struct text *out, const char *value, size_t at);
/*
 * To UTF-8. What is not in `charset` (or charset unknown) stays where it is UTF-8 and counts as
 * Latin-1 else.
 */
char *mime_utf8(struct arena *arena, struct slice bytes, const char *charset);

/*
 * "Name <email>", "\"Last, First\" <email>", "email (Name)", "email": false where there is no
 * address.
 */
bool mime_person(struct arena *arena, const char *value, struct person *person);
/*
 * "a@b,\"Last, First\" <c@d>": those that are addresses, appended. A name that is not given is the
 * address.
 */
void mime_people(struct arena *arena, const char *value, struct people *people);
/* As a header value: name quoted or encoded as it needs. */
void mime_add_person(struct text *out, const struct person *person, size_t at);

#endif
