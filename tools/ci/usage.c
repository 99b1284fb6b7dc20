/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include "ci/usage.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "base/fail.h"
#include "base/file.h"

#define FILE_BYTES 65536

static void close_dir(DIR *dir)
{
	if (dir)
		closedir(dir);
}
DEFINE_FREE(dir, DIR *, close_dir(_v))

static void count(const struct stat *st, struct usage *usage)
{
	uint64_t bytes = (uint64_t)st->st_blocks * 512;

	/* Each of its names has its share: the sum over all of them is what it takes. */
	if (S_ISREG(st->st_mode) && st->st_nlink > 1)
		bytes /= st->st_nlink;
	usage->bytes += bytes;
	usage->files++;
	if (st->st_mtime > usage->newest)
		usage->newest = st->st_mtime;
}

static bool is_gone(void)
{
	return errno == ENOENT || errno == ENOTDIR || errno == ELOOP;
}

/* Takes `fd`. -1 with errno. */
static int add_below(int fd, struct usage *usage)
{
	DIR *dir __free(dir) = fdopendir(fd);

	if (!dir) {
		close(fd);
		return -1;
	}
	for (;;) {
		struct dirent *entry;
		struct stat st;
		int next;

		errno = 0;
		entry = readdir(dir);
		if (!entry)
			return errno ? -1 : 0;
		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
			continue;
		if (fstatat(dirfd(dir), entry->d_name, &st, AT_SYMLINK_NOFOLLOW)) {
			if (is_gone())
				continue;
			return -1;
		}
		count(&st, usage);
		if (!S_ISDIR(st.st_mode))
			continue;
		next = openat(dirfd(dir), entry->d_name,
			      O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (next < 0 && is_gone())
			continue;
		if (next < 0 || add_below(next, usage))
			return -1;
	}
}

int usage_add(const char *path, struct usage *usage)
{
	struct stat st;
	int fd;

	if (lstat(path, &st))
		return is_gone() ? 0 : fail_errno("cannot look at %s", path);
	count(&st, usage);
	if (!S_ISDIR(st.st_mode))
		return 0;
	fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 && is_gone())
		return 0;
	if (fd < 0 || add_below(fd, usage))
		return fail_errno("cannot look through %s", path);
	return 0;
}

int space_find(struct arena *arena, const char *dir, struct space *space)
{
	char *path = arena_strdup(arena, dir);
	struct statvfs fs;
	struct stat st;

	while (statvfs(path, &fs) || stat(path, &st)) {
		char *slash = strrchr(path, '/');

		if (errno != ENOENT || !slash || slash == path)
			return fail_errno("cannot tell how much room %s has", dir);
		*slash = '\0';
	}
	*space = (struct space){ .device = st.st_dev,
				 .bytes = (uint64_t)fs.f_bavail * fs.f_frsize,
				 .files = fs.f_files ? fs.f_favail : UINT64_MAX,
				 .dir = path };
	return 0;
}

/* "MemAvailable:   23428 kB" in MiB. */
static int meminfo(struct arena *arena, const char *key, uint64_t *mib)
{
	struct slice text = { 0 }, line;

	if (file_read(arena, "/proc/meminfo", FILE_BYTES, &text) != 1)
		return fail_in("cannot tell how much memory there is");
	while (slice_line(&text, &line))
		if (slice_starts(line, key)) {
			*mib = strtoull(line.p + strlen(key), NULL, 10) / 1024;
			return 0;
		}
	return fail("cannot tell how much memory there is: /proc/meminfo has no %s", key);
}

/* A number of a control group; false: there is none, or it says "max". */
static bool group_number(struct arena *arena, const char *group, const char *file, uint64_t *bytes)
{
	struct slice text = { 0 };
	unsigned long value;

	if (file_read(arena, arena_printf(arena, "%s/%s", group, file), 4096, &text) != 1) {
		fail_clear();
		return false;
	}
	if (!slice_number(slice_trim(text), (unsigned long)INT64_MAX, &value))
		return false;
	*bytes = value;
	return true;
}

/* Of what a group takes: file pages, which are given back when somebody wants memory. */
static uint64_t group_cached(struct arena *arena, const char *group)
{
	static const char *const keys[] = { "active_file ", "inactive_file " };
	struct slice text = { 0 }, line;
	uint64_t bytes = 0;

	if (file_read(arena, arena_printf(arena, "%s/memory.stat", group), FILE_BYTES, &text) !=
	    1) {
		fail_clear();
		return 0;
	}
	while (slice_line(&text, &line))
		for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
			if (slice_starts(line, keys[i]))
				bytes += strtoull(line.p + strlen(keys[i]), NULL, 10);
	return bytes;
}

void memory_bound(struct arena *arena, const char *root, const char *group, bool whole,
		  uint64_t *mib)
{
	char *path = arena_printf(arena, "%s%s", root, strcmp(group, "/") != 0 ? group : "");

	for (size_t n = strlen(root);; *strrchr(path, '/') = '\0') {
		uint64_t max, now = 0, left;

		if (group_number(arena, path, "memory.max", &max) &&
		    (whole || group_number(arena, path, "memory.current", &now))) {
			uint64_t cached = whole ? 0 : group_cached(arena, path);

			now = now > cached ? now - cached : 0;
			left = (max > now ? max - now : 0) / MIB;
			if (left < *mib)
				*mib = left;
		}
		if (strlen(path) <= n)
			return;
	}
}

static void groups_bound(struct arena *arena, bool whole, uint64_t *mib)
{
	struct slice text = { 0 }, line;

	if (file_read(arena, "/proc/self/cgroup", FILE_BYTES, &text) != 1) {
		fail_clear();
		return;
	}
	while (slice_line(&text, &line))
		if (slice_starts(line, "0::/"))
			memory_bound(arena, "/sys/fs/cgroup", slice_str(arena, slice_skip(line, 3)),
				     whole, mib);
}

int memory_left(struct arena *arena, uint64_t *mib)
{
	if (meminfo(arena, "MemAvailable:", mib))
		return -1;
	groups_bound(arena, false, mib);
	return 0;
}

int memory_whole(struct arena *arena, uint64_t *mib)
{
	if (meminfo(arena, "MemTotal:", mib))
		return -1;
	groups_bound(arena, true, mib);
	return 0;
}
