/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * File: whole files read, and written so that they are never half there.
 */
#ifndef SERIES_BASE_FILE_H
#define SERIES_BASE_FILE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/text.h"

/* 1 read, 0 no such file, -1 failed (a folder, unreadable, larger than `max` bytes). */
int file_read(struct arena *arena, const char *path, size_t max, struct slice *text);
/*
 * Write to a temporary name beside `path`, fsync, rename; its mode is `mode` less the umask, as
 * open() would have it. The folder must exist.
 */
int file_write(const char *path, struct slice text, unsigned int mode);
/* 1 folder, 2 regular file, 3 other, 0 nothing there, -1 failed. */
int file_kind(const char *path);
int file_make_dirs(const char *path); /* mkdir -p, mode 0777 & ~umask */
/*
 * A new folder "PREFIX.XXXXXX" under $TMPDIR (or /tmp), mode 0700; its name owned by the arena. Its flock() is held until the
 * arena is freed or we end, whichever way: one whose lock is free was left behind.
 */
int file_temp_dir(struct arena *arena, const char *prefix, char **path);
/* rm -r, following no symlink; a path that is not there is fine. */
int file_remove_tree(const char *path);
/* $XDG_CACHE_HOME/series or ~/.cache/series; not created. NULL with fail() without a home. */
char *file_cache_dir(struct arena *arena);
/* Names in a folder, sorted, without "." and ".."; 1, 0 (no such folder), -1. */
struct file_names {
	char **items;
	size_t n, cap;
};
int file_list(struct arena *arena, const char *dir, struct file_names *names);

#endif
