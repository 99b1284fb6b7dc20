/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Test list: the cells and tests that `series test` would run.
 */
#ifndef SERIES_CMD_TEST_LIST_H
#define SERIES_CMD_TEST_LIST_H

#include "cmd/proving.h"

/* Gives the exit code, or -1. Nothing is ported, built or booted. */
int test_list(struct context *context, const char *const *words, size_t nwords,
	      const struct proving *proving);

#endif
