/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Pack index: what a pack holds, as git's version 2 index file says it.
 */
#ifndef SERIES_PATCH_PACK_INDEX_H
#define SERIES_PATCH_PACK_INDEX_H

#include <git2.h>
#include <stdint.h>

#include "base/text.h"

struct pack_entry {
	git_oid id;
	uint8_t type, data;    /* git_object_t; bytes of the entry's head */
	uint16_t depth;	       /* of its delta chain */
	uint32_t crc;	       /* over head and data */
	uint32_t base;	       /* the entry it is a delta on, from 1; 0: none */
	size_t delta;	       /* bytes of the delta */
	uint64_t offset, size; /* in the pack; of the object */
};
struct pack_entries {
	struct pack_entry *items; /* by offset */
	size_t n, cap;
};

/* The index of the pack whose checksum is `sum`. O(n log n). */
void pack_index_write(const struct pack_entries *entries, const unsigned char *sum,
		      struct text *index);
/* `base` and git's delta give `size` bytes at `to`; -1 when they do not fit (no fail()). */
int delta_apply(struct slice base, struct slice delta, char *to, size_t size);

#endif
