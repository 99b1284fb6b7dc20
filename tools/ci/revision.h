/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Revision: a newer version of a series than the workspace has, as the lists have it.
 */
#ifndef SERIES_CI_REVISION_H
#define SERIES_CI_REVISION_H

#include "ci/journal.h"
#include "ci/settings.h"
#include "patch/series.h"

struct revision_ask {
	const char *workspace;
	const struct series *series;
	const struct settings *settings;
	struct results *journal;
	int64_t tick, now;
	bool look_only; /* nothing is written, nobody is asked */
};
struct revision {
	unsigned int have, found; /* v1, v3 */
	char *subject, *from, *message_id;
};
/*
 * 1 with a newer one, 0 there is none, -1 could not look (b4, the network, the archive): the journal's reach "lore" then says so.
 * Asks at most once an hour; between two looks the last answer stands.
 */
int revision_look(struct arena *arena, const struct revision_ask *ask, struct revision *revision);

#endif
