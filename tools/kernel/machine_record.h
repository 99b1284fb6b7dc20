/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Machine record: what a run leaves in its folder beside what the machine itself writes there.
 */
#ifndef SERIES_KERNEL_MACHINE_RECORD_H
#define SERIES_KERNEL_MACHINE_RECORD_H

#include "kernel/machine.h"
#include "kernel/machine_driver.h"

char *record_path(struct arena *arena, const struct machine_ask *ask, const char *name);
/* Make the folder, and remove what an earlier run left in it. */
int record_begin(struct arena *arena, const struct machine_ask *ask);
/* `command`: to be pasted into a shell. */
int record_command(struct arena *arena, const struct machine_ask *ask,
		   const struct machine_launch *launch);
/* `end`: the answer, which machine_read() reads. */
int record_end(struct arena *arena, const struct machine_ask *ask,
	       const struct machine_answer *answer);

#endif
