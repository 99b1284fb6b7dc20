/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Outbox: the mails that ticks have to say, each said once.
 *
 * A mail is a file first and an entry of the journal, then it is sent: one that the system's sendmail did not take is tried again by the
 * next tick. Killed between sending and noting it, it may go out twice, under the same Message-ID; never not at all.
 */
#ifndef SERIES_CI_OUTBOX_H
#define SERIES_CI_OUTBOX_H

#include "ci/journal.h"
#include "ci/settings.h"

struct outbox_ask {
	const struct settings *settings;
	struct results *journal;
	const char *home; /* ci_home() */
	int64_t tick, round, now;
	const char *
		thread; /* mails of the same are shown as one discussion: "demo"; NULL: one of its own */
	unsigned int deadline_ms; /* for sendmail; 0: a minute */
};
/* The note of the journal that says when the last mail was put: seconds since the epoch. */
#define OUTBOX_TOLD "told"
/* Is anybody told at all? */
bool outbox_wanted(const struct settings *settings);
/*
 * Put a mail: `body` is text of at most 72 columns; headers are made here. 1 taken, 0 was said before (or nobody is told), -1: FAIL_USAGE
 * for an address of the settings that is none.
 */
int outbox_put(struct arena *arena, const struct outbox_ask *ask, const char *key,
	       const char *subject, struct slice body);
/* Send what is there. What does not go is kept and said in an event; -1 only where the journal fails. */
int outbox_send(struct arena *arena, const struct outbox_ask *ask);

#endif
