/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Resolving: a conflict laid out in a folder for a person, and read back.
 *
 *	build/resolve/NAME/TARGET/state		which patch on which tree
 *	build/resolve/NAME/TARGET/NNNN-*.patch	the patch as mailed
 *	build/resolve/NAME/TARGET/target/...	the touched files as the target has them
 *	build/resolve/NAME/TARGET/work/...	the same, merged as far as they go: to be edited
 */
#ifndef SERIES_CMD_RESOLVING_H
#define SERIES_CMD_RESOLVING_H

#include "cmd/command.h"
#include "patch/conflict.h"
#include "patch/message.h"
#include "patch/port.h"

struct resolving {
	const struct series *series;
	struct pack *pack;
	const struct port *port;
	const struct port_patch *patch; /* the one in conflict; NULL: none is */
	const char *dir;
};

const char *resolving_dir(struct context *context, const struct series *series,
			  const struct kernel *kernel);
/* Make the folder. What fails leaves none behind. */
int resolving_open(struct context *context, const struct resolving *resolving,
		   struct conflict *conflict);
/* Is it open, for this very patch on this very tree, and is no marker left? Fails with FAIL_USAGE.
 */
int resolving_check(struct context *context, const struct resolving *resolving);
/* What the files under work/ change in the target, with RECORDED_CONTEXT lines around. */
int resolving_diff(struct context *context, const struct resolving *resolving, struct diff *diff);

#endif
