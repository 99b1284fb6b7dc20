/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Quick: what the program does about its own start, which takes longer than porting a patch.
 */
#ifndef SERIES_CMD_QUICK_H
#define SERIES_CMD_QUICK_H

/* Called first in main(). */
void quick_start(void);

#endif
