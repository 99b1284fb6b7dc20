/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Shipped: the rules, checks and series of this repository, for tests of semantic patches.
 */
#ifndef SERIES_TESTS_SEMANTIC_HELP_H
#define SERIES_TESTS_SEMANTIC_HELP_H

#include "base/file.h"
#include "patch/series.h"
#include "unit.h"

/* The top of this repository: tests are run there, or env TOP says where it is. */
static inline const char *top(void)
{
	return getenv("TOP") ? getenv("TOP") : ".";
}

static inline char *shipped(struct arena *arena, const char *path)
{
	return arena_printf(arena, "%s/%s", top(), path);
}

static inline char *read_shipped(struct arena *arena, const char *path)
{
	struct slice text;

	if (file_read(arena, shipped(arena, path), 1 << 24, &text) != 1)
		fail_msg("cannot read %s", path);
	return slice_str(arena, text);
}

#endif
