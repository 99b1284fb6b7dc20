/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Proof as data: what was built and tested, for programs: JSON, KTAP, JUnit.
 */
#ifndef SERIES_CMD_PROOF_JSON_H
#define SERIES_CMD_PROOF_JSON_H

#include "cmd/proving.h"
#include "cmd/report.h"

/* As docs/json.md says. */
json_t *proof_json(struct arena *arena, const struct proving *proving);
/* A test per target; in it its builds and cells; in those the tests, with their
 * subtests. */
void proof_ktap(struct arena *arena, const struct proving *proving, struct text *out);
/* A suite per cell, and one of the builds per target. */
void proof_junit(struct arena *arena, const struct proving *proving, struct text *out);

#endif
