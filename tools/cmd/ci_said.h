/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Said: what a tick prints of the round that it finished, and the exit code that goes with it.
 */
#ifndef SERIES_CMD_CI_SAID_H
#define SERIES_CMD_CI_SAID_H

#include "cmd/ci.h"

/* Nothing where there was no round. An exit code, or -1. */
int ci_said(struct ci *ci);

#endif
