/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Round: the work that one plan asks for, begun and brought to its end.
 */
#ifndef SERIES_CMD_CI_ROUND_H
#define SERIES_CMD_CI_ROUND_H

#include "cmd/ci.h"

/* What ci->plan wants, written down as ci->round: its tasks, the rulings that need none; the ports get their refs. */
int round_begin(struct ci *ci);
/* Until every task of ci->round has its ruling. -1 also when interrupted: the next tick goes on. */
int round_finish(struct ci *ci);

#endif
