/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Build: a tree of the store made into a kernel that boots, and its own KVM self-tests.
 *
 * Each target has one folder with its sources (kernel/srctree.h) and one output folder per configuration, so
 * that going from base to patched compiles only what the patch means. What comes out is kept by tree,
 * configuration and compiler, with the hashes of its files: an entry that is damaged is built anew.
 */
#ifndef SERIES_KERNEL_BUILD_H
#define SERIES_KERNEL_BUILD_H

#include "base/progress.h"
#include "kernel/complaint.h"
#include "kernel/kconfig.h"
#include "kernel/sandbox.h"
#include "patch/pack.h"
#include "patch/repo.h"

/* Where and how, the same for all builds of a run. */
struct build_site {
	struct repo *repo;
	struct pack *pack;     /* see struct srctree_ask; NULL */
	const char *cache;     /* folder: sources, output, ccache, what was built */
	const char *workspace; /* has ci/kconfig/ and ci/guest/ */
	const struct sandbox *sandbox;
	unsigned int jobs; /* of make */
	const struct progress *progress;
	bool wait; /* for another process that builds this kernel just now; else FAIL_BUSY */
};

struct build_config {
	const char *name;	      /* "guest": [config "guest"] of ci/matrix.conf */
	const char *const *fragments; /* of ci/kconfig/: "kvm-x86"; in order */
	size_t nfragments;
	const char *compiler;	  /* "gcc", "clang"; NULL: gcc */
	const char *make_flags;	  /* blank-separated: "W=1 LLVM=1"; NULL */
	const char *const *lacks; /* symbols that this target is known not to have */
	size_t nlacks;
};

struct build_ask {
	const char *target; /* "v6.12.73": names its folders */
	const git_oid *tree;
	const struct build_config *config;
	bool fresh; /* build even where there is a good entry */
};

struct build_answer {
	bool built;	/* false: the compiler (or Kconfig) refused; the complaints say why */
	bool cached;	/* from an entry that was there */
	char *key;	/* of the entry, hexadecimal */
	char *mark;	/* in `uname -v` of this kernel: the first 12 digits of the tree's id */
	char *release;	/* `uname -r`: "6.12.73"; NULL when not built */
	char *image;	/* bzImage, absolute path; NULL when not built */
	char *config;	/* the .config it was built with, absolute path */
	char *log;	/* what make said, absolute path */
	char *compiler; /* "gcc (Debian 12.2.0-14) 12.2.0" */
	struct complaints complaints;
	struct kconfig_unmets unmets;	  /* did not stick; not those of config->lacks */
	double wall_seconds, cpu_seconds; /* of the build itself, also when it is cached now */
};

/*
 * 0 with the answer, a failed build included. -1: no make or compiler (says what to install), a full disk,
 * FAIL_BUSY when another run has the target's folder, FAIL_INTERRUPTED.
 */
int build_kernel(struct arena *arena, const struct build_site *site, const struct build_ask *ask,
		 struct build_answer *answer);

/* What is in the cache for this, without building: 1, 0, -1. */
int build_cached(struct arena *arena, const struct build_site *site, const struct build_ask *ask,
		 struct build_answer *answer);

/* Objects of some source files, and what the compiler and sparse say of them. */
struct build_objects_ask {
	struct build_ask build;
	const char *const *sources; /* "arch/x86/kvm/x86.c" */
	size_t n;
	bool sparse; /* where it is installed */
};
struct build_object {
	const char *source;
	char *object; /* a file, absolute path; NULL: none could be made of it */
};
struct build_objects {
	struct build_object *items; /* one for each source */
	size_t n;
	bool checked; /* sparse ran */
	bool cached;
	struct complaints said, sparse;
	char *dir, *log; /* absolute paths */
	double cpu_seconds;
};
/* 0 with the answer, objects that cannot be made included; -1 as build_kernel(). */
int build_objects(struct arena *arena, const struct build_site *site,
		  const struct build_objects_ask *ask, struct build_objects *answer);

/* Static programs for the guest. */
struct build_tests {
	char *dir; /* folder with them, absolute; NULL when they could not be built */
	char *key;
	char **names; /* "x86/state_test" is "state_test" here; sorted */
	size_t n;
	char *log;     /* absolute path */
	char **failed; /* names that were wanted and did not build, or that this kernel does not have */
	size_t nfailed;
	bool cached;
};
/*
 * The target's own self-tests (tools/testing/selftests/kvm of `tree`), those of `wanted` that it has. A test
 * that does not build is in `failed`, the others are still there. 0, -1 as build_kernel().
 */
int build_selftests(struct arena *arena, const struct build_site *site, const char *target,
		    const git_oid *tree, const char *const *wanted, size_t nwanted,
		    struct build_tests *tests);
/* Ours: ci/guest/NAME.c of the workspace, each a static program with ci/guest/ as its only headers beside the system's. */
int build_guest_tests(struct arena *arena, const struct build_site *site, const char *const *wanted,
		      size_t nwanted, struct build_tests *tests);

#endif
