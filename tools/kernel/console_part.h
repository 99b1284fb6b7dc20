/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Console, within: what a single line of it is; only for the files of console.h. */
#ifndef SERIES_KERNEL_CONSOLE_PART_H
#define SERIES_KERNEL_CONSOLE_PART_H

#include "kernel/console.h"

/* The kernel's time stamp (and caller) in front: what stands behind them; false: it is not the kernel's line. */
bool console_message(struct slice line, struct slice *message);
/* Does a splat begin with this message? With its kind. */
bool splat_begins(struct slice message, enum splat_kind *kind);
/* "general protection fault: 0000 [#1] SMP": the line that every Oops has, alone or behind a "BUG: ...". */
bool splat_is_oops(struct slice message);
/* The message without what differs from boot to boot, as its splat is called. */
char *splat_title(struct arena *arena, struct slice message);
/*
 * A line further down that says where it was ("RIP: 0010:func+0x1/0x2", the locks, the unsafe use of RCU):
 * normalised, to stand behind the title; NULL: it does not.
 */
char *splat_place(struct arena *arena, enum splat_kind kind, struct slice message);

#endif
