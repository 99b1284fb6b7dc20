/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Progress: how a long call tells its caller how far it is. Drawn by cmd/, never below.
 */
#ifndef SERIES_BASE_PROGRESS_H
#define SERIES_BASE_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct progress {
	/*
	 * `what` is a short phrase ("linux 6.12.73: unpacking"); total 0: not known; unit: "B" or
	 * "files" and so on. Gives false to stop: the call then fails with FAIL_INTERRUPTED and
	 * leaves nothing behind.
	 */
	bool (*step)(void *data, const char *what, uint64_t done, uint64_t total, const char *unit);
	void *data;
};

/* Safe with a NULL progress: true. */
static inline bool progress_step(const struct progress *progress, const char *what, uint64_t done,
				 uint64_t total, const char *unit)
{
	return !progress || !progress->step ||
	       progress->step(progress->data, what, done, total, unit);
}

#endif
