/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is to be done is listed first, by walking the two trees in step (kernel/treeview.h), then done: removals, then
 * files. A whole kernel is 55 to 65 thousand files; most of the time is the file system's. Trees come from strangers:
 * each folder on the way to a file is opened by itself, following no symlink, so that nothing is written outside.
 */
#define _GNU_SOURCE
#include "kernel/srctree.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fail.h"
#include "base/file.h"
#include "kernel/treeview.h"
#include "patch/tree.h"

/* Changes with the tables below: a folder laid out by other rules is laid out anew. */
#define RULES "2"
#define STEP 512 /* files between two looks at progress */

/*
 * What no build of a guest for x86 reads; files named Kconfig* are laid out everywhere, since Kconfig reads them
 * before it looks at a condition. Measured on 6.12: of 1478 MB in 86 thousand files, 810 MB in 58 thousand remain.
 */
static const struct {
	const char *folder;
	const char *but[2]; /* and the files directly in it; none: all of it is left out */
} left_out[] = {
	{ "Documentation/", { NULL } }, /* 51 MB, 10 thousand files */
	{ "arch/",
	  { "arch/x86/", "arch/um/" } }, /* 90 MB, 15 thousand files; fs/hostfs includes um's */
	{ "drivers/gpu/drm/amd/include/", { NULL } }, /* 450 MB: registers of graphics cards */
	{ "tools/perf/", { NULL } },		      /* 33 MB: tables of events */
};

static bool is_left_out(const char *path, size_t row)
{
	size_t n = strlen(left_out[row].folder);

	if (strncmp(path, left_out[row].folder, n))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(left_out[row].but) && left_out[row].but[i]; i++)
		if (!strncmp(path, left_out[row].but[i], strlen(left_out[row].but[i])))
			return false;
	return !left_out[row].but[0] || strchr(path + n, '/');
}

static bool is_wanted(const char *path, bool folder)
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;

	/* A folder may have a Kconfig in it. */
	if (folder || !strncmp(name, "Kconfig", strlen("Kconfig")))
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(left_out); i++)
		if (is_left_out(path, i))
			return false;
	return true;
}

/* What DIR.tree says that DIR holds. */
struct state {
	enum { STATE_UNKNOWN, STATE_AT, STATE_MOVING } is;
	git_oid from, to; /* STATE_AT: `to` only */
};

static char *state_path(struct arena *arena, const char *dir)
{
	return arena_printf(arena, "%s.tree", dir);
}

static bool take_oid(struct slice *rest, git_oid *id)
{
	struct slice hex;

	return slice_cut(rest, ' ', &hex) && hex.n == GIT_OID_HEXSZ &&
	       !git_oid_fromstrn(id, hex.p, hex.n);
}

static int state_read(struct arena *arena, const char *dir, struct state *state)
{
	struct slice text, word;
	int found = file_read(arena, state_path(arena, dir), 4096, &text);

	*state = (struct state){ 0 };
	if (found < 0)
		return -1;
	if (!found || file_kind(dir) != 1)
		return 0;
	text = slice_trim(text);
	if (!slice_cut(&text, ' ', &word) || !slice_is(word, RULES) ||
	    !slice_cut(&text, ' ', &word))
		return 0;
	if (slice_is(word, "at") && take_oid(&text, &state->to))
		state->is = STATE_AT;
	else if (slice_is(word, "moving") && take_oid(&text, &state->from) &&
		 take_oid(&text, &state->to))
		state->is = STATE_MOVING;
	return 0;
}

static int state_write(struct arena *arena, const char *dir, const git_oid *from, const git_oid *to)
{
	char a[GIT_OID_HEXSZ + 1], b[GIT_OID_HEXSZ + 1];

	git_oid_tostr(b, sizeof(b), to);
	return file_write(state_path(arena, dir),
			  slice_of(from ? arena_printf(arena, "%s moving %s %s\n", RULES,
						       git_oid_tostr(a, sizeof(a), from), b) :
					  arena_printf(arena, "%s at %s\n", RULES, b)),
			  0644);
}

int srctree_holds(struct arena *arena, const char *dir, git_oid *tree)
{
	struct state state;

	if (state_read(arena, dir, &state))
		return -1;
	*tree = state.to;
	return state.is == STATE_AT;
}

/* The folder that is being written into. */
struct laying {
	const struct srctree_ask *ask;
	struct treeview view;
	int root, folder;      /* descriptors */
	char path[PATH_MAX];   /* of `folder`: "" or with a "/" behind it */
	struct arena *scratch; /* of a few files */
	size_t done;
};

static void laying_release(struct laying *laying)
{
	if (laying->folder >= 0)
		close(laying->folder);
	if (laying->root >= 0)
		close(laying->root);
	arena_free(laying->scratch);
}

static int cannot(const char *what, const char *path)
{
	if (errno == ENOSPC || errno == EDQUOT)
		return fail("the disk is full: cannot %s %s", what, path);
	return fail_errno("cannot %s %s", what, path);
}

/* `name` in `at`, as a folder and no symlink; made where `make` says so. -1 with errno. */
static int open_folder(int at, const char *name, bool make)
{
	int fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd >= 0 || !make)
		return fd;
	/* What a killed process left there of another tree. */
	if ((errno == ENOTDIR || errno == ELOOP) && unlinkat(at, name, 0))
		return -1;
	if (mkdirat(at, name, 0777) && errno != EEXIST)
		return -1;
	return openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

/* Make `folder` the one that holds `path`, and give what is behind it. NULL: there is none (with errno). */
static const char *enter(struct laying *laying, const char *path, bool make)
{
	const char *slash = strrchr(path, '/');
	size_t n = slash ? (size_t)(slash + 1 - path) : 0;
	const char *name = path + n;

	if (laying->folder >= 0 && strlen(laying->path) == n && !strncmp(laying->path, path, n))
		return name;
	if (n >= sizeof(laying->path)) {
		errno = ENAMETOOLONG;
		return NULL;
	}

	int fd = fcntl(laying->root, F_DUPFD_CLOEXEC, 3);

	memcpy(laying->path, path, n);
	laying->path[n] = '\0';
	for (char *part = laying->path; fd >= 0 && *part;) {
		char *end = strchr(part, '/');

		*end = '\0';

		int next = open_folder(fd, part, make), err = errno;

		*end = '/';
		close(fd);
		errno = err;
		fd = next;
		part = end + 1;
	}
	if (laying->folder >= 0)
		close(laying->folder);
	laying->folder = fd;
	return fd < 0 ? NULL : name;
}

/* Folders that it leaves empty go too. */
static int remove_file(struct laying *laying, const char *path)
{
	const char *name = enter(laying, path, false);

	if (!name)
		return errno == ENOENT || errno == ENOTDIR || errno == ELOOP ?
			       0 :
			       cannot("remove", path);
	/* EISDIR: that name is a folder of another tree already. */
	if (unlinkat(laying->folder, name, 0) && errno != ENOENT && errno != EISDIR)
		return cannot("remove", path);

	char folder[PATH_MAX];

	snprintf(folder, sizeof(folder), "%s", laying->path);
	while (*folder) {
		folder[strlen(folder) - 1] = '\0';
		name = enter(laying, folder, false);
		if (!name || unlinkat(laying->folder, name, AT_REMOVEDIR))
			break;

		char *slash = strrchr(folder, '/');

		folder[slash ? (size_t)(slash + 1 - folder) : 0] = '\0';
	}
	return 0;
}

static int write_bytes(int fd, struct slice bytes)
{
	while (bytes.n) {
		ssize_t n = write(fd, bytes.p, bytes.n);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		bytes = slice_skip(bytes, (size_t)n);
	}
	return 0;
}

static int write_new(int at, const char *name, unsigned int mode, struct slice bytes)
{
	if (mode == TREE_SYMLINK) {
		struct arena *arena __free(arena) = arena_new();

		return symlinkat(slice_str(arena, bytes), at, name);
	}

	int fd __free(fd) = openat(at, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
				   mode & 0100 ? 0777 : 0666);

	return fd < 0 ? -1 : write_bytes(fd, bytes);
}

/* What stands there goes first, a whole folder where a killed process left one of another tree. */
static int clear_name(struct laying *laying, const char *name, const char *path)
{
	if (!unlinkat(laying->folder, name, 0) || errno == ENOENT)
		return 0;
	if (errno != EISDIR)
		return cannot("replace", path);

	struct arena *arena __free(arena) = arena_new();

	return file_remove_tree(arena_printf(arena, "%s/%s", laying->ask->dir, path));
}

static int write_file(struct laying *laying, const struct treeview_change *change, bool empty)
{
	struct slice bytes;
	int found = treeview_object(&laying->view, laying->scratch, &change->id, &bytes);

	if (found < 0)
		return fail_in("%s", change->path);
	if (!found)
		return fail("%s: object %s is not in the store", change->path,
			    git_oid_tostr_s(&change->id));

	const char *name = enter(laying, change->path, true);

	if (!name)
		return cannot("write", change->path);
	if (!empty && clear_name(laying, name, change->path))
		return -1;
	if (write_new(laying->folder, name, change->mode, bytes))
		return cannot("write", change->path);
	return 0;
}

static int laying_step(struct laying *laying, size_t total)
{
	if (++laying->done % STEP)
		return 0;
	arena_free(laying->scratch);
	laying->scratch = arena_new();

	const char *what =
		arena_printf(laying->scratch, "%s: laying out the sources", laying->ask->title);

	if (!progress_step(laying->ask->progress, what, laying->done, total, "files"))
		return fail_as(FAIL_INTERRUPTED, "stopped while laying out %s", laying->ask->title);
	return 0;
}

static int apply(const struct srctree_ask *ask, const struct treeview_changes *changes, bool empty,
		 struct srctree_answer *answer)
{
	struct laying laying = { .ask = ask, .view = { ask->repo, ask->pack }, .folder = -1 };
	int failed = 0;

	laying.root = open(ask->dir, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	laying.scratch = arena_new();
	if (laying.root < 0)
		failed = cannot("open", ask->dir);
	for (size_t i = 0; i < changes->n && !failed; i++) {
		if (changes->items[i].mode)
			continue;
		answer->removed++;
		failed = remove_file(&laying, changes->items[i].path) ||
			 laying_step(&laying, changes->n);
	}
	for (size_t i = 0; i < changes->n && !failed; i++) {
		if (!changes->items[i].mode)
			continue;
		answer->written++;
		failed = write_file(&laying, &changes->items[i], empty) ||
			 laying_step(&laying, changes->n);
	}
	laying_release(&laying);
	return failed ? -1 : 0;
}

int srctree_changes(struct arena *arena, const struct srctree_ask *ask, const git_oid *from,
		    struct treeview_changes *changes)
{
	struct treeview view = { ask->repo, ask->pack };
	struct treeview_ask walk = { from, ask->tree, is_wanted };

	return treeview_changes(arena, &view, &walk, changes);
}

static int lay_from_nothing(struct arena *arena, const struct srctree_ask *ask,
			    struct srctree_answer *answer)
{
	static const git_oid none;
	struct treeview_changes changes = { 0 };
	int whole = srctree_changes(arena, ask, NULL, &changes);

	*answer = (struct srctree_answer){ .from_nothing = true };
	if (!whole)
		return fail("tree %s is not in the store, or not all of it",
			    git_oid_tostr_s(ask->tree));
	/* The state first: from here on nobody takes what is there for a tree. */
	if (whole < 0 || file_make_dirs(ask->dir) ||
	    state_write(arena, ask->dir, &none, ask->tree) || file_remove_tree(ask->dir) ||
	    file_make_dirs(ask->dir) || apply(ask, &changes, true, answer))
		return -1;
	return state_write(arena, ask->dir, NULL, ask->tree);
}

/* 1; 0: one of the trees is not there any more. */
static int lay_between(struct arena *arena, const struct srctree_ask *ask, const git_oid *from,
		       struct srctree_answer *answer)
{
	struct treeview_changes changes = { 0 };
	int whole = srctree_changes(arena, ask, from, &changes);

	if (whole != 1)
		return whole;
	if (state_write(arena, ask->dir, from, ask->tree) || apply(ask, &changes, false, answer) ||
	    state_write(arena, ask->dir, NULL, ask->tree))
		return -1;
	return 1;
}

static int lay(struct arena *arena, const struct srctree_ask *ask, struct srctree_answer *answer)
{
	struct state state;
	int done = 0;

	*answer = (struct srctree_answer){ 0 };
	if (state_read(arena, ask->dir, &state))
		return -1;
	/* Each file is the one tree's, the other's, or half: that way is gone to its end first. */
	if (state.is == STATE_MOVING && !git_oid_is_zero(&state.from)) {
		struct srctree_ask end = *ask;

		end.tree = &state.to;
		done = lay_between(arena, &end, &state.from, answer);
		if (done == 1)
			state.is = STATE_AT;
	}
	if (state.is == STATE_AT && git_oid_equal(&state.to, ask->tree))
		return 0;
	if (state.is == STATE_AT)
		done = lay_between(arena, ask, &state.to, answer);
	if (done < 0)
		return -1;
	return done ? 0 : lay_from_nothing(arena, ask, answer);
}

int srctree_lay(struct arena *arena, const struct srctree_ask *ask, struct srctree_answer *answer)
{
	struct arena *scratch __free(arena) = arena_new();

	(void)arena; /* nothing of the answer needs it */
	if (lay(scratch, ask, answer))
		return fail_in("sources of %s", ask->title);
	return 0;
}
