/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Packfile: a pack and its index written into a repository's objects/pack, object by object.
 *
 * What libgit2's own indexer spends on inflating and hashing everything again (more than the import
 * itself costs), this saves by noting id, CRC and offset while writing. The file has no name before
 * it is complete and synced (O_TMPFILE), the pack gets its name before the index: killed at any
 * moment, there is nothing that git reads and nothing to clean up.
 */
#ifndef SERIES_PATCH_PACKFILE_H
#define SERIES_PATCH_PACKFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <git2.h>

#include "base/cleanup.h"
#include "base/text.h"

struct packfile; /* opaque */

/* `level` is libdeflate's: 1 is fast, 6 what git takes. NULL with fail(). */
struct packfile *packfile_new(git_repository *git, int level);
void packfile_free(struct packfile *packfile); /* what was not finished is dropped */
DEFINE_FREE(packfile, struct packfile *, packfile_free(_v))

/* git's id of an object; nothing is written. */
void packfile_id(git_object_t type, struct slice bytes, git_oid *id);
bool packfile_has(const struct packfile *packfile, const git_oid *id);
/*
 * Append an object whose id the caller has from packfile_id(). One that is in it already is not
 * written again.
 */
int packfile_add(struct packfile *packfile, git_object_t type, struct slice bytes,
		 const git_oid *id);

size_t packfile_objects(const struct packfile *packfile);
uint64_t packfile_bytes(const struct packfile *packfile);
/*
 * Complete, sync, name it. Nothing added: no file comes into being. The repository sees it at its
 * next look-up.
 */
int packfile_finish(struct packfile *packfile);

#endif
