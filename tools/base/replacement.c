/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * renameat2(RENAME_EXCHANGE) swaps old and new in one step. Where the file system cannot, there are two renames, and for a moment
 * between them no folder: a process killed just then leaves the old one as DIR.old-XXXXXX, and the next replacement takes it
 * back before anything else.
 */
#define _GNU_SOURCE
#include "base/replacement.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "base/fail.h"
#include "base/file.h"

DEFINE_FREE(dir, DIR *, if (_v) closedir(_v))

/* Without a '/' at its end, symlinks followed as far as it is there. */
static char *whole_path(struct arena *arena, const char *dir)
{
	char *path = arena_strdup(arena, dir), *slash;
	char real[PATH_MAX];
	struct stat st;

	for (size_t n = strlen(path); n > 1 && path[n - 1] == '/'; n--)
		path[n - 1] = '\0';
	if (realpath(path, real))
		return arena_strdup(arena, real);
	if (!lstat(path, &st)) {
		fail_as(FAIL_USAGE, "%s: a symlink that leads nowhere: make the folder first", dir);
		return NULL;
	}
	slash = strrchr(path, '/');
	if (slash && slash != path)
		*slash = '\0';
	if (!realpath(!slash ? "." : slash == path ? "/" : path, real)) {
		fail_errno("cannot find the folder above %s", dir);
		return NULL;
	}
	return arena_printf(arena, "%s/%s", strcmp(real, "/") != 0 ? real : "",
			    slash ? slash + 1 : path);
}

static const char *last_part(const char *path)
{
	return strrchr(path, '/') + 1;
}

static char *folder_above(struct arena *arena, const char *path)
{
	size_t n = (size_t)(last_part(path) - path);

	return arena_copy(arena, path, n > 1 ? n - 1 : n);
}

/* One that somebody writes into is locked. */
static bool in_work(const char *path)
{
	__free(fd) int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	return fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) && errno == EWOULDBLOCK;
}

/* "site.new-a1B2c3": a name that mkdtemp() made for us; `word` is "new" or "old". */
static bool made_up(const char *name, const char *site, const char *word)
{
	size_t n = strlen(site);

	return !strncmp(name, site, n) && name[n] == '.' && !strncmp(name + n + 1, word, 3) &&
	       name[n + 4] == '-' && strlen(name + n + 5) == 6 &&
	       strspn(name + n + 5,
		      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") == 6;
}

bool replacement_made(const char *path, const char *mark)
{
	struct arena *arena __free(arena) = arena_new();
	struct file_names names;

	if (file_kind(arena_printf(arena, "%s/%s", path, mark)) == 2)
		return true;
	if (file_kind(path) == 1 && file_list(arena, path, &names) == 1)
		return !names.n;
	fail_clear();
	return false;
}

int replacement_remove(const char *path, const char *mark)
{
	struct arena *arena __free(arena) = arena_new();
	struct file_names names;

	if (file_list(arena, path, &names) < 0)
		return -1;
	for (size_t i = 0; i < names.n; i++)
		if (strcmp(names.items[i], mark) != 0 &&
		    file_remove_tree(arena_printf(arena, "%s/%s", path, names.items[i])))
			return -1;
	return file_remove_tree(path);
}

/* What killed processes left: an old one whose new one did not come is taken back, the rest goes. */
static int leftovers(struct replacement *r)
{
	const char *above = folder_above(r->arena, r->dir), *site = last_part(r->dir);
	struct file_names names;

	if (file_list(r->arena, above, &names) < 0)
		return -1;
	for (size_t i = 0; i < names.n; i++) {
		char *path = arena_printf(r->arena, "%s/%s", above, names.items[i]);
		bool old = made_up(names.items[i], site, "old");

		if ((!old && !made_up(names.items[i], site, "new")) || in_work(path) ||
		    !replacement_made(path, r->mark))
			continue;
		if (old && !file_kind(r->dir) &&
		    file_kind(arena_printf(r->arena, "%s/%s", path, r->mark)) == 2) {
			if (rename(path, r->dir))
				return fail_errno("cannot rename %s back", path);
		} else if (replacement_remove(path, r->mark)) {
			return -1;
		}
	}
	return 0;
}

/* Is it ours, or nobody's? */
static int owned(struct replacement *r)
{
	struct file_names names;
	int kind = file_kind(r->dir);

	if (kind < 0)
		return -1;
	r->was = kind > 0;
	if (kind > 1)
		return fail_as(FAIL_USAGE, "%s: not a folder", r->dir);
	if (!kind || file_kind(arena_printf(r->arena, "%s/%s", r->dir, r->mark)) == 2)
		return 0;
	if (file_list(r->arena, r->dir, &names) < 0)
		return -1;
	return names.n ?
		       fail_as(FAIL_USAGE,
			       "%s: has something in it that is not ours, and would be replaced as a "
			       "whole: name a folder of its own",
			       r->dir) :
		       0;
}

static int mark_put(const char *path)
{
	__free(fd) int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);

	return fd < 0 ? fail_errno("cannot write %s", path) : 0;
}

int replacement_begin(struct arena *arena, const char *dir, const char *mark, struct replacement *r)
{
	mode_t mask = umask(0);
	char *path;

	umask(mask);
	*r = (struct replacement){
		.arena = arena, .dir = whole_path(arena, dir), .mark = mark, .lock = -1
	};
	if (!r->dir || leftovers(r) || owned(r))
		return -1;
	path = arena_printf(arena, "%s.new-XXXXXX", r->dir);
	if (!mkdtemp(path))
		return fail_errno("cannot make a folder beside %s", r->dir);
	r->fresh = path;
	r->lock = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (r->lock < 0 || flock(r->lock, LOCK_EX | LOCK_NB) || fchmod(r->lock, 0777 & ~mask)) {
		fail_errno("cannot use %s", path);
		replacement_drop(r);
		return -1;
	}
	/* First, and at once: until it is there nobody knows whose the folder is, unless nothing is in it. */
	if (mark_put(arena_printf(arena, "%s/%s", path, mark))) {
		replacement_drop(r);
		return -1;
	}
	return 0;
}

static int sync_dir(const char *path)
{
	__free(fd) int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	/* Some file systems cannot sync a folder, and say EINVAL. */
	if (fd < 0 || (fsync(fd) && errno != EINVAL))
		return fail_errno("cannot sync %s", path);
	return 0;
}

/* Puts it in place; `old` gets the path of what was there. */
static int swap(struct replacement *r, char **old)
{
	*old = NULL;
	if (!r->was)
		return rename(r->fresh, r->dir) ? fail_errno("cannot make %s", r->dir) : 0;
	if (!r->plain && !renameat2(AT_FDCWD, r->fresh, AT_FDCWD, r->dir, RENAME_EXCHANGE)) {
		*old = r->fresh;
		return 0;
	}
	if (!r->plain && errno != EINVAL && errno != ENOSYS && errno != EOPNOTSUPP)
		return errno == EBUSY ?
			       fail_as(FAIL_USAGE,
				       "%s: something is mounted there, so it cannot be replaced in one "
				       "step: name a folder below it",
				       r->dir) :
			       fail_errno("cannot replace %s", r->dir);
	*old = arena_printf(r->arena, "%s.old-%s", r->dir, r->fresh + strlen(r->fresh) - 6);
	if (rename(r->dir, *old))
		return fail_errno("cannot replace %s", r->dir);
	if (rename(r->fresh, r->dir)) {
		fail_errno("cannot replace %s", r->dir);
		rename(*old, r->dir);
		return -1;
	}
	return 0;
}

int replacement_finish(struct replacement *r)
{
	char *old;

	if (sync_dir(r->fresh) || swap(r, &old)) {
		replacement_drop(r);
		return -1;
	}
	r->fresh = NULL;
	close(r->lock);
	r->lock = -1;
	if (sync_dir(folder_above(r->arena, r->dir)))
		return -1;
	return old ? replacement_remove(old, r->mark) : 0;
}

void replacement_drop(struct replacement *r)
{
	if (r->fresh)
		replacement_remove(r->fresh, r->mark);
	r->fresh = NULL;
	if (r->lock >= 0)
		close(r->lock);
	r->lock = -1;
}

/* A linked file's bytes are on disk already; a copied one's shall be, too. */
static int copy(const char *from, const char *to)
{
	__free(fd) int in = open(from, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	__free(fd) int out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	char buf[65536];
	struct stat st;
	ssize_t n;

	if (out < 0 && errno == EEXIST)
		return 0;
	if (in < 0 || out < 0 || fstat(in, &st))
		return fail_errno("cannot copy %s to %s", from, to);
	while ((n = read(in, buf, sizeof(buf))) > 0)
		for (ssize_t done = 0, wrote; done < n; done += wrote) {
			wrote = write(out, buf + done, (size_t)(n - done));
			if (wrote < 0)
				return fail_errno("cannot write %s", to);
		}
	if (n < 0 || futimens(out, (struct timespec[]){ st.st_atim, st.st_mtim }) || fsync(out))
		return fail_errno("cannot copy %s to %s", from, to);
	return 1;
}

static bool same(const char *a, const char *b)
{
	struct stat x, y;

	return !lstat(a, &x) && !lstat(b, &y) && S_ISREG(x.st_mode) && S_ISREG(y.st_mode) &&
	       x.st_size == y.st_size && x.st_mtim.tv_sec == y.st_mtim.tv_sec &&
	       x.st_mtim.tv_nsec == y.st_mtim.tv_nsec;
}

int file_link(const char *from, const char *to, const char *before)
{
	if (!linkat(AT_FDCWD, from, AT_FDCWD, to, 0))
		return 1;
	switch (errno) {
	case EEXIST:
		return 0;
	case EXDEV:
	case EPERM:
	case EMLINK:
	case EOPNOTSUPP:
		if (before && same(from, before) && !linkat(AT_FDCWD, before, AT_FDCWD, to, 0))
			return 1;
		return copy(from, to);
	default:
		return fail_errno("cannot link %s to %s", from, to);
	}
}

int file_link_tree(const char *from, const char *to, const char *before, size_t *files)
{
	struct arena *arena __free(arena) = arena_new();
	__free(dir) DIR *dir = opendir(from);

	if (!dir)
		return fail_errno("cannot list %s", from);
	if (mkdir(to, 0777) && errno != EEXIST)
		return fail_errno("cannot make the folder %s", to);
	for (;;) {
		struct dirent *entry;
		char *a, *b, *was;
		int kind;

		errno = 0;
		entry = readdir(dir);
		if (!entry)
			return errno ? fail_errno("cannot list %s", from) : 0;
		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
			continue;
		a = arena_printf(arena, "%s/%s", from, entry->d_name);
		b = arena_printf(arena, "%s/%s", to, entry->d_name);
		was = before ? arena_printf(arena, "%s/%s", before, entry->d_name) : NULL;
		kind = entry->d_type == DT_DIR	   ? 1 :
		       entry->d_type == DT_REG	   ? 2 :
		       entry->d_type == DT_UNKNOWN ? file_kind(a) :
						     3;
		if (kind < 0 || (kind == 1 && file_link_tree(a, b, was, files)) ||
		    (kind == 2 && file_link(a, b, was) < 0))
			return -1;
		if (files && kind == 2)
			++*files;
	}
}
