/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fuzz: what the fuzz targets have in common.
 *
 * A target checks more than that nothing crashes: must() ends it where a promise of the header is
 * not kept. Targets that take several texts get them from one input, "\001" between them.
 */
#ifndef SERIES_TESTS_FUZZ_H
#define SERIES_TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <git2.h>

#include "base/arena.h"
#include "base/fail.h"
#include "base/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

/*
 * libgit2 counts who uses it: held once, each input is spared the certificates that its start
 * loads.
 */
int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	return git_libgit2_init() < 0;
}

#define must(kept)                                                                                 \
	do {                                                                                       \
		if (!(kept)) {                                                                     \
			fprintf(stderr, "%s:%d: not kept: %s (%s)\n", __FILE__, __LINE__, #kept,   \
				fail_message());                                                   \
			abort();                                                                   \
		}                                                                                  \
	} while (0)

/* The input in a block of its own without a NUL behind it: reading past its end is seen. */
static inline struct slice fuzz_text(struct arena *arena, const uint8_t *data, size_t size)
{
	char *copy = malloc(size ? size : 1);

	if (!copy)
		abort();
	if (size)
		memcpy(copy, data, size);
	arena_own(arena, copy, free);
	return (struct slice){ copy, size };
}

/* The next of several texts, in a block of its own; empty where there is none. */
static inline struct slice fuzz_part(struct arena *arena, struct slice *rest)
{
	struct slice part;

	if (!slice_cut(rest, '\001', &part))
		return SLICE("");
	return fuzz_text(arena, (const uint8_t *)part.p, part.n);
}

#endif
