/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Usage: what files take of their disk, and what the disk has left.
 */
#ifndef SERIES_CI_USAGE_H
#define SERIES_CI_USAGE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/arena.h"

#define MIB ((uint64_t)1024 * 1024)

struct usage {
	uint64_t bytes; /* of blocks; of a file with several names, this one's share */
	uint64_t files; /* folders too */
	int64_t newest; /* the latest change of any of them, seconds since the epoch */
};
/*
 * Added up over everything below `path`, no symlink followed; what vanishes meanwhile counts nothing, nor does a path
 * that is not there. O(files): a kernel's sources take a second.
 */
int usage_add(const char *path, struct usage *usage);

/* A file system. */
struct space {
	dev_t device;
	uint64_t bytes;	 /* free for who is not root */
	uint64_t files;	 /* that can still be made; UINT64_MAX: it does not count them */
	const char *dir; /* that was looked at: the nearest one that is there */
};
int space_find(struct arena *arena, const char *dir, struct space *space);

/* MiB that programs can still take: of the machine, or of the control group that we are confined to. */
int memory_left(struct arena *arena, uint64_t *mib);
/*
 * What a control group (version 2) and those above it leave of that: a service's MemoryMax, a container's limit. A container sees
 * its own group as the root, "/".
 */
void memory_bound(struct arena *arena, const char *root, const char *group, bool whole,
		  uint64_t *mib);
/* MiB that there are in all. */
int memory_whole(struct arena *arena, uint64_t *mib);

#endif
