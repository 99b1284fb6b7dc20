/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Journal, between its own files.
 */
#ifndef SERIES_CI_JOURNAL_PART_H
#define SERIES_CI_JOURNAL_PART_H

#include "ci/journal.h"

/* The word's kind or state; -1: it is none. */
int proof_kind_find(const char *word);
int task_state_find(const char *word);

#endif
