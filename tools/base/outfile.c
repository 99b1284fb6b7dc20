/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE /* O_TMPFILE, mkostemp() */

#include "base/outfile.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "base/fail.h"

#define BUFFER (1u << 20)
/* git's own clean-up takes files of this beginning for leftovers too. */
#define TEMP_PREFIX "tmp_series_"

struct outfile {
	char dir[PATH_MAX];
	char temp[PATH_MAX]; /* empty: unnamed */
	int fd;
	uint64_t bytes; /* buffered ones included */
	size_t used;
	unsigned char buffer[BUFFER];
};

/* A leftover is a file of our prefix on which nobody holds the lock. */
static void remove_leftovers(const char *dir)
{
	DIR *d = opendir(dir);
	struct dirent *e;

	while (d && (e = readdir(d))) {
		if (strncmp(e->d_name, TEMP_PREFIX, sizeof(TEMP_PREFIX) - 1))
			continue;

		int fd = openat(dirfd(d), e->d_name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);

		if (fd < 0)
			continue;
		if (!flock(fd, LOCK_EX | LOCK_NB))
			unlinkat(dirfd(d), e->d_name, 0);
		close(fd);
	}
	if (d)
		closedir(d);
}

static int open_named(struct outfile *outfile)
{
	remove_leftovers(outfile->dir);

	int n = snprintf(outfile->temp, sizeof(outfile->temp), "%s/" TEMP_PREFIX "XXXXXX",
			 outfile->dir);

	if (n < 0 || (size_t)n >= sizeof(outfile->temp)) {
		outfile->temp[0] = '\0';
		return fail("%s: path too long", outfile->dir);
	}
	outfile->fd = mkostemp(outfile->temp, O_CLOEXEC);
	if (outfile->fd < 0) {
		outfile->temp[0] = '\0';
		return fail_errno("cannot write in %s", outfile->dir);
	}
	fchmod(outfile->fd, 0444);
	flock(outfile->fd, LOCK_EX | LOCK_NB);
	return 0;
}

struct outfile *outfile_new(const char *dir)
{
	struct outfile *outfile __free(outfile) = calloc(1, sizeof(*outfile));

	if (!outfile) {
		fail("out of memory");
		return NULL;
	}
	outfile->fd = -1;
	if (strlen(dir) >= sizeof(outfile->dir)) {
		fail("%s: path too long", dir);
		return NULL;
	}
	memcpy(outfile->dir, dir, strlen(dir) + 1);
	outfile->fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0444);
	if (outfile->fd < 0 && open_named(outfile))
		return NULL;
	return no_free(outfile);
}

void outfile_free(struct outfile *outfile)
{
	if (!outfile)
		return;
	if (outfile->temp[0])
		unlink(outfile->temp);
	if (outfile->fd >= 0)
		close(outfile->fd);
	free(outfile);
}

int outfile_fd(const struct outfile *outfile)
{
	return outfile->fd;
}

uint64_t outfile_bytes(const struct outfile *outfile)
{
	return outfile->bytes;
}

static int write_all(struct outfile *outfile, const unsigned char *p, size_t n)
{
	while (n) {
		ssize_t done = write(outfile->fd, p, n);

		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return fail_errno("cannot write in %s", outfile->dir);
		p += done;
		n -= (size_t)done;
	}
	return 0;
}

static int outfile_flush(struct outfile *outfile)
{
	size_t n = outfile->used;

	outfile->used = 0;
	return write_all(outfile, outfile->buffer, n);
}

int outfile_write(struct outfile *outfile, const void *p, size_t n)
{
	outfile->bytes += n;
	if (n > BUFFER - outfile->used && outfile_flush(outfile))
		return -1;
	if (n >= BUFFER)
		return write_all(outfile, p, n);
	if (n)
		memcpy(outfile->buffer + outfile->used, p, n);
	outfile->used += n;
	return 0;
}

int outfile_patch(struct outfile *outfile, uint64_t at, const void *p, size_t n)
{
	if (outfile_flush(outfile))
		return -1;
	if (pwrite(outfile->fd, p, n, (off_t)at) != (ssize_t)n)
		return fail_errno("cannot write in %s", outfile->dir);
	return 0;
}

/* An unnamed file is named through /proc: linkat() with AT_EMPTY_PATH wants a capability. */
static int give_name(const struct outfile *outfile, const char *path)
{
	char self[64];

	if (outfile->temp[0])
		return link(outfile->temp, path);
	snprintf(self, sizeof(self), "/proc/self/fd/%d", outfile->fd);
	return linkat(AT_FDCWD, self, AT_FDCWD, path, AT_SYMLINK_FOLLOW);
}

int outfile_finish(struct outfile *outfile, const char *name)
{
	char path[PATH_MAX];
	int n = snprintf(path, sizeof(path), "%s/%s", outfile->dir, name);

	if (n < 0 || (size_t)n >= sizeof(path))
		return fail("%s/%s: path too long", outfile->dir, name);
	if (outfile_flush(outfile))
		return -1;
	if (fsync(outfile->fd))
		return fail_errno("cannot write in %s", outfile->dir);
	if (give_name(outfile, path) && errno != EEXIST)
		return fail_errno("cannot create %s", path);

	int dir __free(fd) = open(outfile->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (dir >= 0)
		fsync(dir); /* some file systems refuse it on a folder: the name is there all the same */
	return 0;
}
