/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Targets: the kernels that the workspace keeps its series alive on, from ci/targets.conf.
 */
#ifndef SERIES_KERNEL_TARGETS_H
#define SERIES_KERNEL_TARGETS_H

#include "base/arena.h"
#include "patch/version.h"

enum source_kind { SOURCE_GIT, SOURCE_CLONE, SOURCE_TARBALL, SOURCE_PACKAGE, SOURCE_ORIG };

struct source {
	enum source_kind kind;
	char *value; /* URL or path; package name (linux-source-6.12); suites, space-separated (SOURCE_ORIG) */
};

struct target {
	char *name;	      /* "v6.12" */
	struct source *items; /* in the order to try */
	size_t n, cap;
};

struct targets {
	struct target *items; /* in version order */
	size_t n, cap;
};

/* Fails with FAIL_USAGE naming file and line. */
int targets_read(struct arena *arena, const char *workspace, struct targets *targets);
const struct target *targets_find(const struct targets *targets, const char *name); /* or NULL */
/* The target that a release or a candidate for one belongs to, v6.12 for 6.12.73 and 6.12.74-rc1; or NULL. */
const struct target *targets_branch(const struct targets *targets, const struct version *version);
/*
 * What the user's words stand for: "v6.x" every configured v6 target in order, anything else
 * itself; each once. Fails with FAIL_USAGE where "v8.x" stands for nothing.
 */
struct target_names {
	char **items;
	size_t n, cap;
};
int targets_expand(struct arena *arena, const struct targets *targets, const char *const *words,
		   size_t nwords, struct target_names *names);
/* "v5.10 v6.1 v6.12": for messages. */
char *targets_list(struct arena *arena, const struct targets *targets);

/*
 * "orig trixie sid", "tarball linux-6.12.73.tar.xz". A path that is relative is taken from `dir`
 * (NULL: left as it is), "~/" is the user's home. Fails with FAIL_USAGE.
 */
int source_parse(struct arena *arena, const char *spelt, const char *dir, struct source *source);
/* A URL as people may see it: without the name and password that may stand in it. */
char *url_shown(struct arena *arena, const char *url);
/* "tarball": as it is spelt. */
const char *source_word(enum source_kind kind);

#endif
