/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Commands: the record of each, which stands at the foot of its file.
 */
#ifndef SERIES_CMD_COMMANDS_H
#define SERIES_CMD_COMMANDS_H

#include "cmd/command.h"

extern const struct command command_fetch;     /* fetch.c */
extern const struct command command_apply;     /* apply.c */
extern const struct command command_status;    /* status.c */
extern const struct command command_show;      /* show.c */
extern const struct command command_resolve;   /* resolve.c */
extern const struct command command_verify;    /* verify.c */
extern const struct command command_build;     /* build.c */
extern const struct command command_test;      /* test.c */
extern const struct command command_ci;	       /* ci.c */
extern const struct command command_import;    /* import.c */
extern const struct command command_update;    /* update.c */
extern const struct command command_export;    /* export.c */
extern const struct command command_failed;    /* failed.c */
extern const struct command command_history;   /* history.c */
extern const struct command command_report;    /* reporting.c */
extern const struct command command_list;      /* list.c */
extern const struct command command_port_tree; /* port_tree.c */
extern const struct command command_help;      /* help.c */

#endif
