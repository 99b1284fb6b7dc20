/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tree: one folder as git stores it, read in place.
 *
 * Entries stand in git's order: by name as bytes, where a folder's name counts as if it ended in
 * "/".
 */
#ifndef SERIES_PATCH_TREE_H
#define SERIES_PATCH_TREE_H

#include <stdbool.h>

#include "base/text.h"

#define TREE_FOLDER 0040000u
#define TREE_SUBMODULE 0160000u
#define TREE_SYMLINK 0120000u
#define TREE_ID_BYTES 20

struct tree_item {
	unsigned int mode;	 /* 0100644, 0100755, 0120000, 040000, 0160000 */
	struct slice name;	 /* of the tree's own bytes */
	const unsigned char *id; /* TREE_ID_BYTES, of the tree's own bytes */
};

/*
 * Take the next entry off the front of `rest`. false at the end, and with `*bad` set at what is
 * not a tree. O(name).
 */
bool tree_next(struct slice *rest, struct tree_item *item, bool *bad);
/* The entry of that name, in `tree`: 1, 0, or -1 with fail() for what is not a tree. O(bytes). */
int tree_find(struct slice tree, struct slice name, struct tree_item *item);
/* git's order of two names of a folder; *_folder: is it one. */
int tree_name_cmp(struct slice a, bool a_folder, struct slice b, bool b_folder);
void tree_write(struct text *out, const struct tree_item *item);

#endif
