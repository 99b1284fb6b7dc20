/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tarfile: a tar archive read once from front to back, through libarchive.
 *
 * Compressed by xz, gzip, zstd, bzip2, lzma or not at all; by itself, or as a member of a Debian
 * binary package. The SHA-256 of the file as a whole is taken on the way.
 */
#ifndef SERIES_KERNEL_TARFILE_H
#define SERIES_KERNEL_TARFILE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/cleanup.h"
#include "base/text.h"

struct tarfile; /* opaque */

/*
 * `member` names the tar inside a Debian package ("./usr/src/linux-source-6.12.tar"; the
 * compression's ending is left out); NULL: the file itself is one. NULL with fail(): FAIL_USAGE
 * when it is not there or nothing that can be read.
 */
struct tarfile *tarfile_open(const char *path, const char *member);
void tarfile_free(struct tarfile *tarfile);
DEFINE_FREE(tarfile, struct tarfile *, tarfile_free(_v))

enum tarentry_kind {
	TARENTRY_FILE,
	TARENTRY_SYMLINK,
	TARENTRY_HARDLINK,
	TARENTRY_FOLDER,
	TARENTRY_OTHER
};

struct tarentry {
	enum tarentry_kind kind;
	const char *path;   /* as spelt; valid until the next one */
	const char *target; /* of a symlink or hard link; else NULL */
	bool executable;
	int64_t mtime;
	const char *other; /* what an "other" is: "device", "fifo" */
};

/* 1 with the next entry, 0 at the end, -1: damaged or cut off. */
int tarfile_next(struct tarfile *tarfile, struct tarentry *entry);
/* The bytes of the current file, into `bytes` (cleared first). Fails (FAIL_POLICY) beyond `max`. */
int tarfile_read(struct tarfile *tarfile, size_t max, struct text *bytes);
/* Bytes of the file on disk: read so far, all. */
void tarfile_position(const struct tarfile *tarfile, uint64_t *at, uint64_t *size);
/* Of the whole file, which is read to its end for it; in hexadecimal. */
int tarfile_sha256(struct tarfile *tarfile, char hex[65]);

#endif
