/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * CI's log, between its own files.
 */
#ifndef SERIES_CMD_CI_LOG_H
#define SERIES_CMD_CI_LOG_H

#include "cmd/ci.h"
#include "cmd/report.h"
#include "cmd/rows.h"

/* One run in full: ci_log_run.c. */
int log_run(struct ci *ci, int64_t id);

void log_events(struct ci *ci, struct text *out, const char *title, const struct events *events);
json_t *log_round_json(const struct round *round);
json_t *log_events_json(const struct events *events);
/* "a: x\nb: y" as ["a: x", "b: y"]. */
json_t *log_list_json(const char *lines);
/* null for "". */
json_t *word_json(const char *word);
/* null for 0. */
json_t *number_json(int64_t number);

#endif
