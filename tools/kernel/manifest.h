/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Manifest: the files of an archive by path, made into git trees.
 *
 * Holds names and ids only; the contents go to the store as they come. The order in which paths
 * come does not matter; of a path that comes twice the last one counts, as when unpacking.
 */
#ifndef SERIES_KERNEL_MANIFEST_H
#define SERIES_KERNEL_MANIFEST_H

#include <git2.h>

#include "base/arena.h"
#include "base/text.h"

struct manifest; /* opaque, owned by the arena */

struct manifest_file {
	const char *path;
	unsigned int mode; /* 0100644, 0100755, 0120000 */
	git_oid id;
};

struct manifest *manifest_new(struct arena *arena);
/*
 * An archive's spelling of a path as we keep it: without "./", doubled and closing slashes. `path`
 * is "" for the folder the archive was made in. Refused (FAIL_POLICY): absolute, "..", into .git,
 * control characters, too long.
 */
int manifest_path(struct arena *arena, const char *spelt, const char **path);
void manifest_put(struct manifest *manifest, const char *path, unsigned int mode,
		  const git_oid *id);
const struct manifest_file *manifest_find(const struct manifest *manifest,
					  const char *path); /* or NULL */
size_t manifest_files(const struct manifest *manifest);
/* The one folder that everything stands in ("linux-6.12.73"), "" when there is none such. */
const char *manifest_top(struct manifest *manifest);

/* What to do with a finished tree: give its id. */
typedef int manifest_store(void *data, struct slice tree, git_oid *id);
/*
 * The tree of everything below folder `top` ("": all), each folder handed to `store`, the deepest
 * first. Refused (FAIL_POLICY): a path that is both a file (or symlink) and a folder. O(n log n).
 */
int manifest_tree(struct manifest *manifest, const char *top, manifest_store *store, void *data,
		  git_oid *id);

#endif
