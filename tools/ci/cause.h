/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Cause: what changed between two kernels where a patch fits the one and not the other.
 *
 * A conflict says what the patch did not find. Of a candidate that is half an answer: its release has just been ported to, so what the
 * candidate did to those very lines can be told, too.
 */
#ifndef SERIES_CI_CAUSE_H
#define SERIES_CI_CAUSE_H

#include "patch/port.h"

/* Where to look in the older file: from the function that a hunk names, or the line that it went to. */
struct cause_place {
	struct slice heading; /* of the hunk; empty */
	size_t line, lines;   /* from 1, in the older file, more or less; 0: not known */
};
/*
 * "in second() (1 line gone, 2 new)"; where only other places changed: "in first() and third(), not where the patch goes". NULL: the
 * texts are the same.
 */
char *cause_of_texts(struct arena *arena, struct slice before, struct slice after,
		     const struct cause_place *place);
/*
 * "arch/x86/kvm/x86.c has changed since v6.1.187 in second() (1 line gone, 2 new)", of the first conflict of `broken`, a port of the same
 * series onto another kernel than `well`. NULL with 0: nothing can be told. -1: could not look.
 */
int cause_find(struct arena *arena, struct repo *repo, const struct port *well,
	       const struct port *broken, char **cause);

#endif
