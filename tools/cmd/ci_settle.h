/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Settling: what follows a round, and what each tick looks after.
 *
 * What cannot be done now is said once, and done by a later tick. -1 only where the journal fails, or when interrupted.
 */
#ifndef SERIES_CMD_CI_SETTLE_H
#define SERIES_CMD_CI_SETTLE_H

#include "cmd/ci.h"

/* Pages, site and mails of a round that is complete; those that it has already are left. */
int round_settle(struct ci *ci, struct round *round, const struct staleness *staleness);
/* The same for all that a tick was killed over, or could not publish; oldest first. */
int rounds_settle(struct ci *ci, const struct staleness *staleness);
/* The site once more where data has grown old, or is fresh again. */
int stale_settle(struct ci *ci, const struct staleness *staleness);
/* Lines that could not be ported. */
int trouble_settle(struct ci *ci);
/* Newer revisions on the lists. */
int revisions_settle(struct ci *ci);
/* What is old or too much goes: once a day, and after each round. */
int prune_settle(struct ci *ci);

#endif
