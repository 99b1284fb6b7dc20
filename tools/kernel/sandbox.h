/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sandbox: where what a patch brings is built: building a patch executes it.
 *
 * A command sees the system's programs, /proc, a fresh /tmp and the folders that it is given, and
 * nothing else: no network, no home, none of the caller's environment, no privilege.
 */
#ifndef SERIES_KERNEL_SANDBOX_H
#define SERIES_KERNEL_SANDBOX_H

#include <stdbool.h>

#include "base/arena.h"

enum sandbox_kind { SANDBOX_BWRAP, SANDBOX_UNSHARE, SANDBOX_NONE };

struct sandbox {
	enum sandbox_kind kind;
	char *why; /* SANDBOX_NONE: what was tried, what it said, what to do; else NULL */
};

/*
 * What works here, found out by running `true` in it: the best of the three, or `only` (a word of
 * sandbox_word()) and nothing else. Fails (FAIL_INFRA) when that does not work.
 */
int sandbox_probe(struct arena *arena, const char *only, struct sandbox *sandbox);
/* "bubblewrap", "unshare", "none". */
const char *sandbox_word(enum sandbox_kind kind);

struct sandbox_bind {
	const char *from; /* a folder (or file) here, absolute */
	const char *to;	  /* its name inside: "/series/source" */
	bool writable;
};

struct sandbox_ask {
	const struct sandbox_bind *binds;
	size_t nbinds;
	const char *const
		*setenv; /* "NAME=value", NULL at the end: its whole environment but for PATH, HOME,
				      LC_ALL and TMPDIR */
	const char *cwd; /* a `to`, or below one */
	const char *const *argv; /* NULL at the end; may name paths below a `to` */
};

/*
 * The command line for child_run(). Where `to` cannot be had (SANDBOX_NONE, SANDBOX_UNSHARE as the
 * module decides), each `to` at the start of a word or behind its first '=' is replaced by its `from`.
 */
const char *const *sandbox_argv(struct arena *arena, const struct sandbox *sandbox,
				const struct sandbox_ask *ask);
/* A path inside as the command sees it: itself, or where `to` cannot be had its place here. */
const char *sandbox_path(struct arena *arena, const struct sandbox *sandbox,
			 const struct sandbox_ask *ask, const char *path);

#endif
