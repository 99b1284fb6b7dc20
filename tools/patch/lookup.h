/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lookup: where a kernel's tree has a name that a file of it uses.
 */
#ifndef SERIES_PATCH_LOOKUP_H
#define SERIES_PATCH_LOOKUP_H

#include "patch/draft.h"

/* A tree, and what was edited of it. */
struct lookup {
	struct repo *repo;
	git_oid tree;	     /* as it is in the store */
	struct draft *draft; /* the same with edits */
};

/*
 * Which of `names` does the file at `path` get from elsewhere? found[i] is set for each that stands as a
 * word in a header that the file includes, directly or not, or in another edited file; CONFIG_ symbols
 * for each that a Kconfig file declares. What is set already is not looked for. An include is looked for where the
 * kernel's build does: beside the file, in the folder above, in include/ and the architecture's; of a file
 * of no architecture, in x86's. 0, -1. Some 1500 headers for a large C file, 50 ms; all Kconfig files, 200 ms.
 */
int lookup_names(const struct lookup *lookup, const char *path, const struct slice *names, size_t n,
		 bool *found);

/* Everything that the file sees: itself, what was edited beside it, the headers that it includes. */
struct lookup_text {
	const char *path;
	struct slice text;
};
struct lookup_texts {
	struct lookup_text *items;
	size_t n, cap;
};
int lookup_texts(struct arena *arena, const struct lookup *lookup, const char *path,
		 struct lookup_texts *texts);

#endif
