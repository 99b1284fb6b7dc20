/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sheet, between its own files.
 */
#ifndef SERIES_CMD_SHEET_PART_H
#define SERIES_CMD_SHEET_PART_H

#include "cmd/sheet.h"

/* Each target's advice, what needs eyes, and the tests' results side by side. */
void sheet_judge(struct context *context, struct sheet *sheet);
/* What verify found of just these ports: nothing is checked now. 0, -1. */
int sheet_audit(struct context *context, struct sheet *sheet);
/* What nothing here has run, and why. */
void sheet_untested(struct context *context, struct sheet *sheet);
/* What a check said in words; NULL: its answer is not kept. */
const struct audit_answer *sheet_answer(const struct sheet_target *target, const char *check);
/* The matrix' cell of that name; NULL. */
const struct cell *sheet_cell(const struct sheet *sheet, const char *name);

#endif
