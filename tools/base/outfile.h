/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Outfile: a large file being written that gets its name when it is complete.
 *
 * It is an unnamed file of its folder (O_TMPFILE), so that a killed process leaves nothing behind.
 * Where the file system has no such files it has a temporary name and a lock, and what a dead
 * process left is removed when the next one is opened.
 */
#ifndef SERIES_BASE_OUTFILE_H
#define SERIES_BASE_OUTFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"

struct outfile; /* opaque */

/* NULL with fail(): no such folder, not ours to write in. */
struct outfile *outfile_new(const char *dir);
void outfile_free(struct outfile *outfile); /* what has no name yet is gone */
DEFINE_FREE(outfile, struct outfile *, outfile_free(_v))

int outfile_fd(const struct outfile *outfile); /* to read from */
uint64_t outfile_bytes(const struct outfile *outfile);
int outfile_write(struct outfile *outfile, const void *p, size_t n); /* buffered */
int outfile_patch(struct outfile *outfile, uint64_t at, const void *p,
		  size_t n); /* over what was written */
/*
 * Sync it and name it DIR/NAME; a file of that name which is there already stays and this one is
 * dropped.
 */
int outfile_finish(struct outfile *outfile, const char *name);

#endif
