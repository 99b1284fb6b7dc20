/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Failed notice: a mail in which the stable maintainers say that a patch does not apply.
 *
 * Greg's subject is 'FAILED: patch "[PATCH] <title, cut>" failed to apply to 6.1-stable tree', and
 * his body has a recipe and possible dependencies; Sasha's is 'FAILED: Patch "<title>" ...' and has
 * neither. Both end in the upstream commit as git format-patch writes it. Pure.
 */
#ifndef SERIES_PATCH_FAILED_NOTICE_H
#define SERIES_PATCH_FAILED_NOTICE_H

#include "base/fail.h"
#include "patch/mail.h"

enum notice_form { NOTICE_GREG, NOTICE_SASHA };

/* A commit that the patch might need first. */
struct notice_need {
	char *id, *title; /* 12 hex or more */
};

struct failed_notice {
	size_t line;	  /* of the file, where the mail begins, from 1 */
	struct slice raw; /* the mail alone, without its mbox line: what `series import` can take */
	char *subject;	  /* as it was sent */
	char *refused; /* why nothing can be made of it, in words; then the rest may be missing */
	enum fail_kind refused_as;
	enum notice_form form;
	char *branch;	   /* "v6.1" */
	char *message_id;  /* without <>; printable, no white space */
	struct people all; /* From, To and Cc, each once; no stable list among them */
	struct {
		struct notice_need *items;
		size_t n, cap;
	} needs;	   /* without the commit itself, which older notices name first */
	char *upstream;	   /* 40 hex, lower case */
	struct mail patch; /* the upstream commit: author, message, diff, and no message id */
};

struct failed_notices {
	struct failed_notice *items;
	size_t n, cap;
	size_t others; /* mails that are no such notice: replies, patches */
};

/*
 * The notices in a file of mails. One that cannot be used is there, `refused`. Fails with
 * FAIL_USAGE where there is no mail in it. O(bytes).
 */
int failed_notices_read(struct arena *arena, struct slice raw, struct failed_notices *notices);

/* "Greg's" */
const char *notice_form_name(enum notice_form form);
/* Is it a list of stable's, or the address that keeps a commit out of stable? */
bool person_is_stable(const struct person *person);
/*
 * Add a person whom a mail may be sent to, unless they are there already, the address is malformed,
 * or there are hundreds already.
 */
void people_add(struct arena *arena, struct people *people, const struct person *person);

#endif
