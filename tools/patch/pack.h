/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Pack: new objects, kept in memory until one pack of them is written into the store.
 *
 * The pack gets a temporary name, is synced and renamed, its index last, so a killed process leaves
 * nothing that git would read. Object ids are git's (SHA-1). An object that the store has already
 * is not written again, but as what a delta of this pack is made on.
 */
#ifndef SERIES_PATCH_PACK_H
#define SERIES_PATCH_PACK_H

#include <git2.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "patch/repo.h"

struct pack; /* opaque */

struct pack *pack_new(struct repo *repo);
void pack_free(struct pack *pack); /* what was not finished is dropped */
DEFINE_FREE(pack, struct pack *, pack_free(_v))

/* Add an object and give its id. The bytes are copied or deflated at once. */
int pack_add(struct pack *pack, git_object_t type, struct slice bytes, git_oid *id);
/*
 * The same for a blob that is `base` (in this pack or in the store; NULL: none) but for a few runs:
 * where the caller knows them, the pack stores only those. Falls back to pack_add().
 */
struct pack_run {
	size_t copy_from, copy_bytes; /* from the base */
	struct slice insert;	      /* then these */
};
int pack_add_delta(struct pack *pack, struct slice bytes, const git_oid *base,
		   const struct pack_run *runs, size_t n, git_oid *id);
/* The same for any type; a tree, mostly, of which one id changed. */
int pack_add_delta_of(struct pack *pack, git_object_t type, struct slice bytes, const git_oid *base,
		      const struct pack_run *runs, size_t n, git_oid *id);
/* The id an object would have; nothing is kept. */
void pack_id(git_object_t type, struct slice bytes, git_oid *id);
/* An object added before, or in the store: its bytes. 1, 0, -1. */
int pack_read(struct pack *pack, struct arena *arena, const git_oid *id, struct slice *bytes);
/* Write everything; afterwards the repo reads it. Nothing to write is fine. */
int pack_finish(struct pack *pack);

#endif
