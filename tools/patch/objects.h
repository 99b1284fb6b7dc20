/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Objects: what lies in a repository's objects folder, packed or loose, read straight from the
 * files.
 *
 * A fast path beside libgit2's own: it knows pack and index of version 2 and loose objects, also
 * through alternates. What it does not find or does not understand it says so, and libgit2 is
 * asked.
 */
#ifndef SERIES_PATCH_OBJECTS_H
#define SERIES_PATCH_OBJECTS_H

#include <git2.h>
#include <stdbool.h>

#include "base/arena.h"
#include "base/text.h"

struct objects; /* opaque */

/* `dir` is .../objects. A folder that cannot be read has no objects. */
struct objects *objects_open(const char *dir);
void objects_free(struct objects *objects); /* NULL is fine */
/* Look for packs again. */
void objects_refresh(struct objects *objects);

/* true with the object; false: not found, or not in a form that is read here (no fail()). */
bool objects_read(struct objects *objects, struct arena *arena, const git_oid *id,
		  git_object_t *type, struct slice *bytes);
/*
 * The object as it lies there, deflated, where it is no delta and was read not long ago: to be put
 * into another pack without deflating it anew. Stays valid as long as the objects are open.
 */
bool objects_stream(struct objects *objects, const git_oid *id, git_object_t *type, size_t *size,
		    struct slice *stream);
/*
 * Is it there? Then whoever asks will not write it again and counts on it, so its file gets the
 * time of now, as git does it: `git gc` clears away what is old and not reached from anywhere yet.
 */
bool objects_has(struct objects *objects, const git_oid *id);

#endif
