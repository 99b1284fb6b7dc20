/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Task's log: what a task found, in the words of `series build`, `test` and `verify`, for whoever reads its log.
 */
#ifndef SERIES_CMD_CI_TASK_LOG_H
#define SERIES_CMD_CI_TASK_LOG_H

#include "cmd/audited.h"
#include "cmd/proving.h"

void task_log_proof(struct context *context, const struct proving *proving);
void task_log_audit(struct context *context, const struct audited *audited);

#endif
