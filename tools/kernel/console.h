/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Console: what a kernel said while it ran, read for what went wrong.
 *
 * Fed piece by piece as it comes; knows boot, panic, every kind of splat, the marks that our init puts between
 * tests, and the end.
 */
#ifndef SERIES_KERNEL_CONSOLE_H
#define SERIES_KERNEL_CONSOLE_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/text.h"

enum splat_kind {
	SPLAT_WARNING,
	SPLAT_BUG,
	SPLAT_OOPS,
	SPLAT_KASAN, /* and KFENCE, KCSAN, KMSAN, UBSAN */
	SPLAT_LOCKDEP,
	SPLAT_RCU_STALL,
	SPLAT_HUNG_TASK,
	SPLAT_LOCKUP,
	SPLAT_SLEEP, /* sleeping function called from invalid context, scheduling while atomic */
	SPLAT_TAINT, /* the taint changed while nothing else was seen */
	SPLAT_PANIC
};
const char *splat_word(enum splat_kind kind); /* "WARNING", "Oops" ... */

struct splat {
	enum splat_kind kind;
	char *title; /* its line, safe to compare: without time, CPU, PID, addresses, line numbers */
	char *raw;   /* the line as it was */
	char *test;  /* that was running by our init's marks; NULL: none */
	size_t line; /* of the console, from 1 */
	char *text;  /* the lines of it, until the next blank or its end mark; at most 64 KiB */
};

struct console_report {
	bool kernel;   /* it printed its version line */
	char *release; /* from it: "6.12.73"; NULL */
	bool init;     /* our init said that it runs */
	bool ended;    /* our init said that it is done */
	bool panicked;
	char *panic;	     /* what the panic said; NULL */
	char *test;	     /* the test that was running when it stopped; NULL */
	struct splat *items; /* in order */
	size_t n, cap;
	size_t lines;
};

struct console; /* opaque, owned by the arena */
struct console *console_new(struct arena *arena);
/* Any bytes; a line is looked at once it is complete. O(bytes). */
void console_feed(struct console *console, struct slice bytes);
/* As far as it got; the last incomplete line counted. May be asked again. */
const struct console_report *console_report(struct console *console);

/*
 * A line with what differs from boot to boot taken out: time stamps, addresses, PIDs, CPU numbers, build
 * marks, line numbers. Also for a test's failed assertion: its signature. O(bytes).
 */
char *console_normalise(struct arena *arena, struct slice line);

/*
 * The marks that ci/guest/init writes to /dev/kmsg, each a line:
 *	series: init
 *	series: begin NAME
 *	series: end NAME CODE TAINT
 *	series: done N
 */
#define CONSOLE_MARK "series: "

#endif
