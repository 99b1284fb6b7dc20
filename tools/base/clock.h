/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Clock: how long something took.
 */
#ifndef SERIES_BASE_CLOCK_H
#define SERIES_BASE_CLOCK_H

#include <stdint.h>
#include <time.h>

/* Seconds since some moment; nobody sets this clock. */
static inline double clock_seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* The same in whole milliseconds. */
static inline int64_t clock_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

#endif
