/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An entry is a folder that comes into being by a rename, build.json in it holding the hash of every other file. It is
 * read only when all of them are as they were: a disk that was full, a crash, somebody's editor are all seen.
 */
#define _GNU_SOURCE
#include "kernel/build_part.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>

#include "base/fail.h"
#include "base/file.h"

#define FILE_MAX ((size_t)256 << 20)
#define RECORD "build.json"

static char *digest(struct arena *arena, struct slice bytes)
{
	struct memo_key key;

	sha256_init(&key.hash);
	sha256_update(&key.hash, bytes.n, (const uint8_t *)bytes.p);
	return build_key(arena, &key);
}

/* DIR/PATH through no symlink: what is there was written by strangers. -1 with errno. */
static int open_below(const char *dir, const char *path)
{
	int at = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct slice rest = slice_of(path), part;

	while (at >= 0 && slice_cut(&rest, '/', &part)) {
		char name[256];
		int next, err;

		snprintf(name, sizeof(name), SLICE_FMT, SLICE_ARG(part));
		next = openat(at, name,
			      O_NOFOLLOW | O_CLOEXEC |
				      (rest.n ? O_PATH | O_DIRECTORY : O_RDONLY | O_NONBLOCK));
		err = errno;
		close(at);
		errno = err;
		at = next;
	}
	return at;
}

int entry_slurp(struct arena *arena, const char *dir, const char *path, struct slice *bytes)
{
	int fd __free(fd) = open_below(dir, path);
	struct stat st;
	size_t got = 0;

	if (fd < 0 && (errno == ENOENT || errno == ELOOP || errno == ENOTDIR))
		return 0;
	if (fd < 0 || fstat(fd, &st))
		return fail_errno("cannot read %s/%s", dir, path);
	if (!S_ISREG(st.st_mode) || (size_t)st.st_size > FILE_MAX)
		return 0;

	char *to = arena_bytes(arena, (size_t)st.st_size + 1);

	while (got < (size_t)st.st_size) {
		ssize_t n = read(fd, to + got, (size_t)st.st_size - got);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return fail_errno("cannot read %s/%s", dir, path);
		if (!n)
			break;
		got += (size_t)n;
	}
	to[got] = '\0';
	*bytes = (struct slice){ to, got };
	return 1;
}

static int write_one(struct arena *arena, const char *dir, const struct entry_file *file,
		     json_t *hashes)
{
	struct slice bytes = file->text;
	char *path = arena_printf(arena, "%s/%s", dir, file->name);
	int found = 1;

	if (file->below)
		found = entry_slurp(arena, file->below, file->from, &bytes);
	else if (file->from)
		found = file_read(arena, file->from, FILE_MAX, &bytes);
	if (found < 0)
		return -1;
	if (!found)
		return fail("the build left no %s", file->from);
	if (file_write(path, bytes, file->mode ? file->mode : 0644))
		return errno == ENOSPC ? fail("the disk is full: cannot write %s", path) : -1;
	json_object_set_new(hashes, file->name, json_string(digest(arena, bytes)));
	return 0;
}

/* Held while an entry is put into place: then what has the temporary name is nobody's. */
static int lock_entries(struct arena *arena, const struct build_site *site)
{
	char *path = build_entry_dir(arena, site, ".lock");
	int fd;

	if (file_make_dirs(build_entry_dir(arena, site, "")))
		return -1;
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666);
	if (fd < 0)
		return fail_errno("cannot open %s", path);
	while (flock(fd, LOCK_EX)) {
		if (errno == EINTR)
			continue;
		close(fd);
		return fail_errno("cannot lock %s", path);
	}
	return fd;
}

int entry_write(struct arena *arena, const struct build_site *site, const char *name, json_t *json,
		const struct entry_file *files, size_t n)
{
	struct arena *scratch __free(arena) = arena_new();
	int lock __free(fd) = lock_entries(scratch, site);
	char *new = build_entry_dir(scratch, site, ".new");
	char *dir = build_entry_dir(scratch, site, name);
	json_t *hashes = json_object();

	(void)arena;
	json_object_set_new(json, "files", hashes);
	if (lock < 0 || file_remove_tree(new) || file_make_dirs(new))
		return -1;
	for (size_t i = 0; i < n; i++)
		if (write_one(scratch, new, &files[i], hashes))
			return -1;

	char *text = json_dumps(json, JSON_INDENT(2) | JSON_SORT_KEYS);
	int failed = file_write(arena_printf(scratch, "%s/" RECORD, new), slice_of(text), 0644);

	free(text);
	if (failed || file_remove_tree(dir))
		return -1;
	if (rename(new, dir))
		return fail_errno("cannot put %s into place", dir);
	return 0;
}

/* An entry's time says when it was last used: what is never used goes some day. Once an hour is enough. */
static void entry_touch(const char *dir)
{
	struct stat st;

	if (!stat(dir, &st) && st.st_mtime + 3600 < time(NULL))
		utimensat(AT_FDCWD, dir, NULL, 0);
}

int entry_read(struct arena *arena, const struct build_site *site, const char *name, json_t **json)
{
	struct arena *scratch __free(arena) = arena_new();
	char *dir = build_entry_dir(scratch, site, name);
	struct slice text, bytes;
	int found = file_read(scratch, arena_printf(scratch, "%s/" RECORD, dir), FILE_MAX, &text);
	const char *file;
	json_t *hash;

	(void)arena;
	if (found != 1)
		return found;

	json_t *read __free(json) = json_loadb(text.p, text.n, JSON_REJECT_DUPLICATES, NULL);
	json_t *hashes = json_object_get(read, "files");

	if (!json_is_object(hashes) || !json_is_string(json_object_get(read, "format")) ||
	    strcmp(json_string_value(json_object_get(read, "format")), BUILD_FORMAT))
		return 0;
	json_object_foreach(hashes, file, hash)
	{
		if (strchr(file, '/') || !json_is_string(hash))
			return 0;
		/* One that cannot be read is as good as damaged: it is built anew. */
		if (file_read(scratch, arena_printf(scratch, "%s/%s", dir, file), FILE_MAX,
			      &bytes) != 1) {
			fail_clear();
			return 0;
		}
		if (strcmp(json_string_value(hash), digest(scratch, bytes)))
			return 0;
	}
	entry_touch(dir);
	*json = json_incref(read);
	return 1;
}
