/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Help: what the records say, as text, as the man page and as the shell's completion.
 */
#ifndef SERIES_CMD_HELP_H
#define SERIES_CMD_HELP_H

#include "cmd/command.h"

/* All commands and the global options. */
void help_program(struct text *out, unsigned int width);
/* One command: usage, what it does, its options. */
void help_command(struct text *out, const struct command *command, unsigned int width);
/* docs/series.1 */
void help_man(struct text *out);
/* docs/series.bash */
void help_completion(struct text *out);
/* By name, or NULL with fail(), which names a near one. */
const struct command *command_find(struct arena *arena, const char *name);

#endif
