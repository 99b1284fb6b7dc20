/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/fail.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <git2.h>

#define MESSAGE_MAX 2048

static _Thread_local char message[MESSAGE_MAX];
static _Thread_local enum fail_kind kind;

/* A message is one line wherever it is shown, so control characters in it become spaces. */
static void message_tidy(void)
{
	for (char *p = message; *p; p++)
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			*p = ' ';
}

int fail(const char *fmt, ...)
{
	char now[MESSAGE_MAX]; /* the arguments may be the message itself */
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(now, sizeof(now), fmt, ap);
	va_end(ap);
	memcpy(message, now, sizeof(now));
	kind = FAIL_INFRA;
	message_tidy();
	return -1;
}

int fail_as(enum fail_kind as, const char *fmt, ...)
{
	char now[MESSAGE_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(now, sizeof(now), fmt, ap);
	va_end(ap);
	memcpy(message, now, sizeof(now));
	kind = as;
	message_tidy();
	return -1;
}

int fail_errno(const char *fmt, ...)
{
	int err = errno;
	char now[MESSAGE_MAX / 2];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(now, sizeof(now), fmt, ap);
	va_end(ap);
	return fail("%s: %s", now, strerror(err));
}

int fail_in(const char *fmt, ...)
{
	char now[MESSAGE_MAX / 2], was[MESSAGE_MAX];
	enum fail_kind was_kind = kind;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(now, sizeof(now), fmt, ap);
	va_end(ap);
	memcpy(was, message, sizeof(was));
	return fail_as(was_kind, "%s: %s", now, was);
}

int fail_git(const char *fmt, ...)
{
	const git_error *e = git_error_last();
	char now[MESSAGE_MAX / 2];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(now, sizeof(now), fmt, ap);
	va_end(ap);
	return e && e->message ? fail("%s: %s", now, e->message) : fail("%s", now);
}

const char *fail_message(void)
{
	return message;
}

enum fail_kind fail_kind(void)
{
	return kind;
}

void fail_clear(void)
{
	message[0] = '\0';
	kind = FAIL_INFRA;
}
