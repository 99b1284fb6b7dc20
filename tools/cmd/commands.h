/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Commands: the record of each, which stands at the foot of its file.
 */
#ifndef SERIES_CMD_COMMANDS_H
#define SERIES_CMD_COMMANDS_H

#include "cmd/command.h"

extern const struct command command_fetch __attribute__((weak));     /* fetch.c */
extern const struct command command_apply __attribute__((weak));     /* apply.c */
extern const struct command command_status __attribute__((weak));    /* status.c */
extern const struct command command_show __attribute__((weak));	     /* show.c */
extern const struct command command_resolve __attribute__((weak));   /* resolve.c */
extern const struct command command_import __attribute__((weak));    /* import.c */
extern const struct command command_export __attribute__((weak));    /* export.c */
extern const struct command command_list __attribute__((weak));	     /* list.c */
extern const struct command command_port_tree __attribute__((weak)); /* port_tree.c */
extern const struct command command_help __attribute__((weak));	     /* help.c */

#endif
