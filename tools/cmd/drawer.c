/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How far a long call is, on the last line of a terminal: "linux 6.12.73: unpacking  412 of 1480
 * MB, 98 MB/s, 11 s left". Nothing is drawn in the first second, nor more often than ten times in
 * one.
 */
#define _GNU_SOURCE
#include "cmd/screen.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"

struct drawer {
	int fd;
	unsigned int width;
	pthread_mutex_t lock; /* of all below: the clock draws too */
	bool ticking;
	double started;	     /* the first step since the screen was clear; 0: none yet */
	double began, drawn; /* when `what` began; when the line was drawn, 0: there is none */
	char what[128], unit[16];
	uint64_t done, total;
};

struct drawer *drawer_new(struct arena *arena, int fd, unsigned int width)
{
	struct drawer *drawer = arena_new_of(arena, struct drawer);

	drawer->fd = fd;
	drawer->width = width;
	pthread_mutex_init(&drawer->lock, NULL);
	return drawer;
}

/* Bytes as a person says them; anything else as it is. */
static void amount_add(struct text *out, uint64_t v, const char *unit)
{
	if (!unit || strcmp(unit, "B"))
		text_addf(out, "%llu%s%s", (unsigned long long)v, unit && *unit ? " " : "",
			  unit ? unit : "");
	else if (v < 10000)
		text_addf(out, "%llu B", (unsigned long long)v);
	else if (v < 10000000)
		text_addf(out, "%llu kB", (unsigned long long)(v / 1000));
	else
		text_addf(out, "%llu MB", (unsigned long long)(v / 1000000));
}

static void time_add(struct text *out, double seconds)
{
	unsigned long s = (unsigned long)(seconds + 0.999);

	if (s < 120)
		text_addf(out, "%lu s", s);
	else
		text_addf(out, "%lu min %02lu s", s / 60, s % 60);
}

/* The line to draw at `seconds` after `what` began. */
static void drawer_line(struct text *out, const char *what, uint64_t done, uint64_t total,
			const char *unit, double seconds, unsigned int width)
{
	struct text line __free_text = TEXT_INIT;
	double rate = seconds > 0 ? (double)done / seconds : 0;

	text_add_shown(&line, slice_of(what), false);
	text_adds(&line, "  ");
	if (total) {
		text_addf(&line, "%3u%%  ",
			  (unsigned int)(done >= total ? 100 : done * 100 / total));
		amount_add(&line, done, unit && !strcmp(unit, "B") ? unit : NULL);
		text_adds(&line, " of ");
		amount_add(&line, total, unit);
	} else if (done) {
		amount_add(&line, done, unit);
	}
	if (rate >= 1 && seconds >= 1) {
		text_adds(&line, ", ");
		amount_add(&line, (uint64_t)rate, unit);
		text_adds(&line, "/s");
		if (total > done) {
			text_adds(&line, ", ");
			time_add(&line, (double)(total - done) / rate);
			text_adds(&line, " left");
		}
	} else if (seconds >= 1) {
		text_adds(&line, total || done ? ", " : "");
		time_add(&line, seconds);
	}
	text_add_cut(out, slice_trim(text_slice(&line)), width ? width - 1 : 79);
}

static void put(const struct drawer *drawer, const struct text *text)
{
	/* A terminal that went away must not stop the work. */
	if (write(drawer->fd, text_str(text), text->len) < 0)
		return;
}

static void draw(struct drawer *drawer, double t)
{
	struct text out __free_text = TEXT_INIT;

	if (t - drawer->started < 1 || t - drawer->drawn < 0.1)
		return;
	text_adds(&out, "\r");
	drawer_line(&out, drawer->what, drawer->done, drawer->total, drawer->unit,
		    t - drawer->began, drawer->width);
	text_adds(&out, "\033[K");
	put(drawer, &out);
	drawer->drawn = t;
}

/* A step may take long: the time that it takes is drawn while it does. */
static void *tick(void *data)
{
	static const struct timespec while_waiting = { .tv_nsec = 250000000 };
	struct drawer *drawer = data;

	for (;;) {
		nanosleep(&while_waiting, NULL);
		pthread_mutex_lock(&drawer->lock);
		if (drawer->started > 0)
			draw(drawer, clock_seconds());
		pthread_mutex_unlock(&drawer->lock);
	}
	return NULL;
}

/* Signals are for the thread that works. Without a clock, steps still draw. */
static void start_ticking(struct drawer *drawer)
{
	pthread_t thread;
	sigset_t all, before;

	drawer->ticking = true;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	if (!pthread_create(&thread, NULL, tick, drawer))
		pthread_detach(thread);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
}

bool drawer_step(void *data, const char *what, uint64_t done, uint64_t total, const char *unit)
{
	struct drawer *drawer = data;
	double t = clock_seconds();

	/* In a forked process the clock may have held it for ever: then nothing is drawn there. */
	if (pthread_mutex_trylock(&drawer->lock))
		return true;
	if (!drawer->ticking)
		start_ticking(drawer);
	if (!(drawer->started > 0))
		drawer->started = t;
	if (!(drawer->began > 0) || strncmp(drawer->what, what, sizeof(drawer->what) - 1) != 0)
		drawer->began = t;
	snprintf(drawer->what, sizeof(drawer->what), "%s", what);
	snprintf(drawer->unit, sizeof(drawer->unit), "%s", unit ? unit : "");
	drawer->done = done;
	drawer->total = total;
	draw(drawer, t);
	pthread_mutex_unlock(&drawer->lock);
	return true;
}

void drawer_clear(struct drawer *drawer)
{
	struct text out __free_text = TEXT_INIT;

	if (!drawer)
		return;
	pthread_mutex_lock(&drawer->lock);
	if (drawer->drawn > 0) {
		text_adds(&out, "\r\033[K");
		put(drawer, &out);
	}
	drawer->started = drawer->began = drawer->drawn = 0;
	pthread_mutex_unlock(&drawer->lock);
}
