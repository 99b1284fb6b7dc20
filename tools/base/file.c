/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include "base/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "base/fail.h"

static void close_dir(DIR *dir)
{
	if (dir)
		closedir(dir);
}
DEFINE_FREE(dir, DIR *, close_dir(_v))

int file_read(struct arena *arena, const char *path, size_t max, struct slice *text)
{
	__free(fd) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;

	if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
		return 0;
	if (fd < 0)
		return fail_errno("cannot open %s", path);
	if (fstat(fd, &st))
		return fail_errno("cannot read %s", path);
	if (S_ISDIR(st.st_mode))
		return fail_as(FAIL_USAGE, "cannot read %s: it is a folder", path);
	/* A pipe blocks again: O_NONBLOCK was only for open(), which would wait for a writer. */
	if (fcntl(fd, F_SETFL, 0))
		return fail_errno("cannot read %s", path);

	/* The size is a hint: /proc files say 0, and a file may grow while it is read. */
	__free_text struct text all = TEXT_INIT;
	char buf[65536];

	for (;;) {
		ssize_t n = read(fd, buf, sizeof(buf));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return fail_errno("cannot read %s", path);
		if (!n)
			break;
		if ((size_t)n > max - all.len)
			return fail("%s is larger than %zu bytes", path, max);
		text_add(&all, buf, (size_t)n);
	}
	*text = slice_copy(arena, text_slice(&all));
	return 1;
}

static int write_all(int fd, struct slice text)
{
	while (text.n) {
		ssize_t n = write(fd, text.p, text.n);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		text = slice_skip(text, (size_t)n);
	}
	return 0;
}

/*
 * The length of what stands before the last part of `path`, its '/' included; 0 where there is
 * none.
 */
static size_t folder_len(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? (size_t)(slash - path) + 1 : 0;
}

/* A rename is on disk only once its folder is. */
static int sync_folder(const char *path)
{
	size_t n = folder_len(path);
	__free(ptr) char *folder = n ? strndup(path, n) : strdup(".");
	__free(fd) int fd = folder ? open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;

	/* Some file systems cannot sync a folder, and say EINVAL. */
	if (fd < 0 || (fsync(fd) && errno != EINVAL))
		return -1;
	return 0;
}

/* There is no asking for it but to set it. */
static mode_t umask_now(void)
{
	mode_t mask = umask(0);

	umask(mask);
	return mask;
}

int file_write(const char *path, struct slice text, unsigned int mode)
{
	__free_text struct text temp = TEXT_INIT;
	size_t n = folder_len(path);

	text_addf(&temp, "%.*s.%s.XXXXXX", (int)n, path, path + n);

	__free(fd) int fd = mkostemp(temp.p, O_CLOEXEC);

	if (fd < 0)
		return fail_errno("cannot write %s", path);
	if (write_all(fd, text) || fchmod(fd, mode & ~umask_now()) || fsync(fd) ||
	    rename(temp.p, path)) {
		int err = errno;

		unlink(temp.p);
		errno = err;
		return fail_errno("cannot write %s", path);
	}
	if (sync_folder(path))
		return fail_errno("cannot sync the folder of %s", path);
	return 0;
}

int file_kind(const char *path)
{
	struct stat st;

	if (stat(path, &st)) {
		if (errno == ENOENT || errno == ENOTDIR)
			return 0;
		return fail_errno("cannot look at %s", path);
	}
	return S_ISDIR(st.st_mode) ? 1 : S_ISREG(st.st_mode) ? 2 : 3;
}

int file_make_dirs(const char *path)
{
	__free(ptr) char *part = strdup(path);

	if (!part)
		return fail_errno("cannot make the folder %s", path);
	for (char *p = part + (*part == '/');; p++) {
		char was = *p;

		if (was && was != '/')
			continue;
		*p = '\0';
		if (*part && mkdir(part, 0777) && errno != EEXIST)
			return fail_errno("cannot make the folder %s", part);
		*p = was;
		if (!was)
			break;
	}

	struct stat st;

	if (stat(path, &st))
		return fail_errno("cannot make the folder %s", path);
	if (!S_ISDIR(st.st_mode))
		return fail("cannot make the folder %s: something else stands there", path);
	return 0;
}

static void close_lock(void *lock)
{
	close(*(int *)lock);
	free(lock);
}

/* As long as somebody lives who holds it, the folder is his. Where there are no locks, nobody can tell. */
static void lock_dir(struct arena *arena, const char *path)
{
	int *lock = malloc(sizeof(*lock));

	if (!lock)
		return;
	*lock = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (*lock >= 0 && !flock(*lock, LOCK_EX | LOCK_NB)) {
		arena_own(arena, lock, close_lock);
		return;
	}
	if (*lock >= 0)
		close(*lock);
	free(lock);
}

int file_temp_dir(struct arena *arena, const char *prefix, char **path)
{
	const char *tmp = getenv("TMPDIR");
	char *name = arena_printf(arena, "%s/%s.XXXXXX", tmp && *tmp ? tmp : "/tmp", prefix);

	if (!mkdtemp(name))
		return fail_errno("cannot make a temporary folder %s", name);
	lock_dir(arena, name);
	*path = name;
	return 0;
}

/*
 * Removed by names relative to open folders, so a folder swapped for a symlink meanwhile leads
 * nowhere else. The depth is bounded by the open files a process may have: one per level.
 */
static int remove_at(int at, const char *name)
{
	if (!unlinkat(at, name, 0) || errno == ENOENT)
		return 0;
	if (errno != EISDIR && errno != EPERM)
		return -1;

	int fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		return -1;

	__free(dir) DIR *dir = fdopendir(fd);

	if (!dir) {
		close(fd);
		return -1;
	}
	for (;;) {
		errno = 0;

		struct dirent *entry = readdir(dir);

		if (!entry && errno)
			return -1;
		if (!entry)
			break;
		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
			continue;
		if (remove_at(fd, entry->d_name))
			return -1;
	}
	return unlinkat(at, name, AT_REMOVEDIR) && errno != ENOENT ? -1 : 0;
}

int file_remove_tree(const char *path)
{
	if (remove_at(AT_FDCWD, path))
		return fail_errno("cannot remove %s", path);
	return 0;
}

char *file_cache_dir(struct arena *arena)
{
	const char *cache = getenv("XDG_CACHE_HOME");
	const char *home = getenv("HOME");

	/* The XDG specification: a relative path there is to be ignored. */
	if (cache && *cache == '/')
		return arena_printf(arena, "%s/series", cache);
	if (home && *home)
		return arena_printf(arena, "%s/.cache/series", home);
	fail_as(FAIL_USAGE, "no place for the cache: neither HOME nor XDG_CACHE_HOME is set");
	return NULL;
}

static int name_cmp(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

int file_list(struct arena *arena, const char *dir, struct file_names *names)
{
	__free(dir) DIR *open = opendir(dir);

	*names = (struct file_names){ 0 };
	if (!open && errno == ENOENT)
		return 0;
	if (!open)
		return fail_errno("cannot list %s", dir);
	for (;;) {
		errno = 0;

		struct dirent *entry = readdir(open);

		if (!entry && errno)
			return fail_errno("cannot list %s", dir);
		if (!entry)
			break;
		if (strcmp(entry->d_name, ".") && strcmp(entry->d_name, ".."))
			*arena_push(arena, names) = arena_strdup(arena, entry->d_name);
	}
	if (names->n)
		qsort(names->items, names->n, sizeof(*names->items), name_cmp);
	return 1;
}
