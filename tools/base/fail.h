/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Failure: why a call that gave -1 (or NULL) could not find out what it was asked.
 *
 * A function fails with `return fail("...")`; its callers wrap context around the message on
 * the way up with `return fail_in("...")`, outermost first: "series.conf:12: unknown key".
 * The message and its kind belong to the thread and stay until the next fail() or fail_clear().
 * Something that does not fit (a conflict, a missing hunk) is an outcome, not a failure.
 */
#ifndef SERIES_BASE_FAIL_H
#define SERIES_BASE_FAIL_H

/* What sort of failure it is; cmd/ maps it to the exit code, which the comment gives. */
enum fail_kind {
	FAIL_INFRA,	  /* 125: the machine, the disk, a tool, the network */
	FAIL_USAGE,	  /* 2: what the user asked for or configured */
	FAIL_POLICY,	  /* 4: refused on purpose (hostile input, untrusted script) */
	FAIL_BUSY,	  /* 75: someone else holds the lock */
	FAIL_INTERRUPTED, /* 130: the user stopped it */
};

/* Set the message (kind FAIL_INFRA) and give -1. One line, no final period, no newline. */
int fail(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* The same with the kind given. */
int fail_as(enum fail_kind kind, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Like fail(), with ": " and strerror(errno) behind. */
int fail_errno(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* Put "...: " before the message that is there; its kind stays. Gives -1. */
int fail_in(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* Like fail(), with ": " and libgit2's own last message behind. */
int fail_git(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

const char *fail_message(void); /* "" when there is none; valid until the next call here */
enum fail_kind fail_kind(void);
void fail_clear(void);

#endif
