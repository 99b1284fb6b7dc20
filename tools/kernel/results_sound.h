/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Results, sound: a database that is damaged is told from one that is not, and put aside.
 */
#ifndef SERIES_KERNEL_RESULTS_SOUND_H
#define SERIES_KERNEL_RESULTS_SOUND_H

#include "kernel/results.h"

/* Every page of it is looked at. 1 (or there is none yet), 0 damaged or another program's, -1. */
int results_sound(const char *path);
/* Move it and what belongs to it to PATH.damaged, in place of an earlier one. */
int results_set_aside(struct arena *arena, const char *path);

#endif
