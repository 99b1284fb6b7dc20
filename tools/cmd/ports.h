/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Ports: the series carried onto the kernels that the user named, in memory.
 */
#ifndef SERIES_CMD_PORTS_H
#define SERIES_CMD_PORTS_H

#include "cmd/command.h"
#include "patch/pack.h"
#include "patch/port.h"

struct ports {
	const struct series *series;
	struct pack *pack; /* the caller frees it, whatever ports_make() gave */
	struct port *items;
	size_t n;
};

/* Says on standard error what was left out. 0, or -1 with fail(). Writes nothing. */
int ports_make(struct context *context, const char *const *words, size_t nwords,
	       struct ports *ports);
/* The same for one kernel. */
int ports_make_one(struct context *context, const struct kernel *kernel, struct ports *ports);

#endif
