/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Image: the initramfs of a guest, written without root.
 *
 * A cpio archive (newc), gzip, through libarchive. The same contents give the same bytes.
 */
#ifndef SERIES_KERNEL_IMAGE_H
#define SERIES_KERNEL_IMAGE_H

#include "base/arena.h"
#include "base/text.h"

struct image_item {
	const char *path;  /* "bin/busybox", no leading slash; its folders come into being */
	const char *from;  /* a file's path here; NULL */
	struct slice text; /* a file's contents, where `from` is NULL */
	const char *link;  /* a symlink to this; NULL */
	unsigned int
		mode; /* 0755; a folder where `from`, `text` and `link` are empty and it says 040755;
			       020600 is a character device */
	unsigned int major, minor;
};

struct image_answer {
	char *path; /* absolute */
	char sha256[65];
	size_t bytes;
};

/* Written beside `path` and renamed. 0, -1: a file cannot be read, the disk is full, no libarchive. */
int image_write(struct arena *arena, const char *path, const struct image_item *items, size_t n,
		struct image_answer *answer);

#endif
