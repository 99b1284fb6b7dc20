/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Letterhead: a whole mail of RFC 5322, from its parts.
 *
 * Whatever the parts hold, a header stays the one header that it is: control characters become visible, what is no address is left out,
 * long lines are folded.
 */
#ifndef SERIES_CI_LETTERHEAD_H
#define SERIES_CI_LETTERHEAD_H

#include <stdint.h>

#include "patch/mail.h"

#define LETTER_COLUMNS 72 /* of the text of every mail that we write */
/* A paragraph of anybody's words, made safe and filled behind `indent` spaces. */
void letter_filled(struct text *out, size_t indent, const char *s);

struct letterhead {
	struct person from;
	struct people to, cc;
	const char *subject;
	int64_t date;		 /* UTC */
	const char *message_id;	 /* without <>; NULL: who sends it makes one */
	const char *in_reply_to; /* likewise; NULL */
	const char *references;	 /* an id as well; NULL: that of in_reply_to */
	bool automatic;		 /* Auto-Submitted: no vacation message answers it */
};
void letterhead_write(struct arena *arena, const struct letterhead *head, struct slice body,
		      struct text *mail);

/*
 * An address that can stand in a header as it is; `local`: one without a host, such as "root", too. Its name is made safe. False, for
 * anything else.
 */
bool address_clean(struct arena *arena, const struct person *person, bool local,
		   struct person *clean);
/* "a@b, C D <c@d>, root": the clean ones, each address once; false where something is none, named in `bad`. */
bool addresses_read(struct arena *arena, const char *value, struct people *people, char **bad);
/* A Message-ID without its <>, where `value` is one; NULL. */
char *message_id_read(struct arena *arena, const char *value);

#endif
