/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is new is copied beside the series (series/.update/), then a note says that it is complete, with the inode of each folder. From
 * then on whoever comes next can finish: a folder whose inode is still the noted one has not taken its place yet. Records
 * and rules go first: with the old patches they answer nothing, and say so.
 */
#define _GNU_SOURCE /* renameat2() */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#include <nettle/sha2.h>

#include "base/fail.h"
#include "base/file.h"
#include "patch/renewal_part.h"

#define FOLDER_FILE_MAX ((size_t)256 * 1024 * 1024)
#define DEEPEST 16

const char *const renewal_folders[3] = { "backports", "coccinelle", "series" };

static int copy_deep(struct arena *arena, const char *from, const char *to, unsigned int depth)
{
	struct file_names names = { 0 };
	struct slice text;
	struct stat st;
	int kind = file_kind(from);

	if (kind <= 0)
		return kind;
	if (kind == 3 || depth > DEEPEST)
		return fail_as(FAIL_USAGE, "%s is neither file nor folder; move it away", from);
	if (kind == 2)
		return file_read(arena, from, FOLDER_FILE_MAX, &text) != 1 || stat(from, &st) ||
				       file_write(to, text, st.st_mode & 0100 ? 0777 : 0666) ?
			       fail_in("copying %s", from) :
			       0;
	if (file_make_dirs(to) || file_list(arena, from, &names) < 0)
		return -1;
	for (size_t i = 0; i < names.n; i++)
		if (copy_deep(arena, arena_printf(arena, "%s/%s", from, names.items[i]),
			      arena_printf(arena, "%s/%s", to, names.items[i]), depth + 1))
			return -1;
	return 0;
}

int renewal_copy(struct arena *arena, const char *from, const char *to)
{
	return copy_deep(arena, from, to, 0);
}

static int hash_deep(struct arena *arena, const char *path, const char *name,
		     struct sha256_ctx *hash, unsigned int depth)
{
	struct file_names names = { 0 };
	struct slice text;
	struct stat st;
	int kind = file_kind(path);
	char *head;

	if (kind < 0)
		return -1;
	if (kind == 2 && (file_read(arena, path, FOLDER_FILE_MAX, &text) != 1 || stat(path, &st)))
		return fail_in("%s", path);
	head = arena_printf(arena, "%d %s %zu %d\n", kind, name, kind == 2 ? text.n : 0,
			    kind == 2 && st.st_mode & 0100);
	sha256_update(hash, strlen(head), (const uint8_t *)head);
	if (kind == 2)
		sha256_update(hash, text.n, (const uint8_t *)text.p);
	if (kind != 1 || depth > DEEPEST)
		return 0;
	if (file_list(arena, path, &names) < 0)
		return -1;
	for (size_t i = 0; i < names.n; i++)
		if (hash_deep(arena, arena_printf(arena, "%s/%s", path, names.items[i]),
			      arena_printf(arena, "%s/%s", name, names.items[i]), hash, depth + 1))
			return -1;
	return 0;
}

static int hash_folder(const char *path, char digest[65])
{
	struct arena *scratch __free(arena) = arena_new();
	struct sha256_ctx hash;
	uint8_t bytes[SHA256_DIGEST_SIZE];

	sha256_init(&hash);
	if (hash_deep(scratch, path, "", &hash, 0))
		return -1;
	sha256_digest(&hash, sizeof(bytes), bytes);
	for (size_t i = 0; i < sizeof(bytes); i++)
		snprintf(digest + 2 * i, 3, "%02x", bytes[i]);
	return 0;
}

int renewal_digest(struct arena *arena, const char *workspace, const char *name, char digest[65])
{
	struct sha256_ctx hash;
	uint8_t bytes[SHA256_DIGEST_SIZE];

	sha256_init(&hash);
	for (size_t i = 0; i < ARRAY_SIZE(renewal_folders); i++) {
		char one[65];

		if (hash_folder(arena_printf(arena, "%s/%s/%s", workspace, renewal_folders[i],
					     name),
				one))
			return -1;
		sha256_update(&hash, 64, (const uint8_t *)one);
	}
	sha256_digest(&hash, sizeof(bytes), bytes);
	for (size_t i = 0; i < sizeof(bytes); i++)
		snprintf(digest + 2 * i, 3, "%02x", bytes[i]);
	return 0;
}

/*
 * Between file systems (backports/ may be a link to another disk), or for a folder of an overlay's lower layer, which cannot be
 * renamed. Not in one step; but `from` stays, so that whoever finds this half done does it again.
 */
static int put_copy(struct arena *arena, const char *from, const char *to)
{
	return file_remove_tree(to) || renewal_copy(arena, from, to) ? -1 : 0;
}

/* The folder at `from` in the place of the one at `to`, in one step where the file system can. */
static int put_in_place(struct arena *arena, const char *from, const char *to, const char *aside)
{
	char *parent = arena_strdup(arena, to);

	*strrchr(parent, '/') = '\0';
	if (file_make_dirs(parent))
		return -1;
	if (file_kind(to) == 0)
		return !rename(from, to) ? 0 :
		       errno == EXDEV	 ? put_copy(arena, from, to) :
					   fail_errno("cannot make %s", to);
	if (!renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_EXCHANGE))
		return 0; /* what lies at `from` now is the old one */
	if (errno == EXDEV)
		return put_copy(arena, from, to);
	if (errno != EINVAL && errno != ENOSYS)
		return fail_errno("cannot replace %s", to);
	if (rename(to, aside))
		return fail_errno("cannot move %s away", to);
	if (rename(from, to)) {
		int r = fail_errno("cannot replace %s", to);

		rename(aside, to);
		return r;
	}
	return 0;
}

/* Do what the note says that is still to do. */
static int finish(struct arena *arena, const char *workspace, const char *stage, struct slice note)
{
	struct slice line, word, name = { NULL, 0 };

	if (!slice_line(&note, &name) || !series_name_ok(slice_str(arena, name)))
		return fail("%s/ready is not what we wrote", stage);
	while (slice_line(&note, &line)) {
		struct stat st;
		char *from, *to;
		unsigned long inode;

		slice_cut(&line, ' ', &word);
		if (!slice_number(line, (unsigned long)-1, &inode) ||
		    (!slice_is(word, "series") && !slice_is(word, "backports") &&
		     !slice_is(word, "coccinelle")))
			return fail("%s/ready is not what we wrote", stage);
		from = arena_printf(arena, "%s/" SLICE_FMT "/" SLICE_FMT, stage, SLICE_ARG(word),
				    SLICE_ARG(name));
		to = arena_printf(arena, "%s/" SLICE_FMT "/" SLICE_FMT, workspace, SLICE_ARG(word),
				  SLICE_ARG(name));
		if (lstat(from, &st) || (unsigned long)st.st_ino != inode)
			continue; /* it is in its place */
		if (put_in_place(arena, from, to,
				 arena_printf(arena, "%s/old-" SLICE_FMT, stage, SLICE_ARG(word))))
			return -1;
	}
	return file_remove_tree(stage);
}

static char *stage_of(struct arena *arena, const char *workspace)
{
	return arena_printf(arena, "%s/series/.update", workspace);
}

int renewal_recover(struct arena *arena, const char *workspace)
{
	char *stage = stage_of(arena, workspace);
	struct slice note;
	int r = file_kind(stage);

	if (r <= 0)
		return r;
	r = file_read(arena, arena_printf(arena, "%s/ready", stage), 4096, &note);
	if (r < 0)
		return -1;
	/* Without the note nothing had been touched yet. */
	if (!r)
		return file_remove_tree(stage) ? -1 : 0;
	return finish(arena, workspace, stage, note) ? -1 : 1;
}

/* Copy what differs from what is there, and note it. */
static int stage_all(struct arena *arena, const char *workspace, const struct renewal *renewal,
		     const char *stage, struct text *note)
{
	const char *name = renewal->series.name;

	text_addf(note, "%s\n", name);
	for (size_t i = 0; i < ARRAY_SIZE(renewal_folders); i++) {
		char *made =
			arena_printf(arena, "%s/%s/%s", renewal->dir, renewal_folders[i], name);
		char *there = arena_printf(arena, "%s/%s/%s", workspace, renewal_folders[i], name);
		char *to = arena_printf(arena, "%s/%s/%s", stage, renewal_folders[i], name);
		char was[65], is[65];
		struct stat st;

		if (file_kind(made) != 1)
			continue;
		if (hash_folder(there, was) || hash_folder(made, is))
			return -1;
		if (!strcmp(was, is))
			continue;
		if (renewal_copy(arena, made, to))
			return -1;
		if (stat(to, &st))
			return fail_errno("%s", to);
		text_addf(note, "%s %lu\n", renewal_folders[i], (unsigned long)st.st_ino);
	}
	return 0;
}

int renewal_publish(struct arena *arena, const char *workspace, const struct renewal *renewal)
{
	struct text note __free_text = TEXT_INIT;
	char *stage = stage_of(arena, workspace);
	char digest[65];

	if (renewal_digest(arena, workspace, renewal->series.name, digest))
		return -1;
	if (strcmp(digest, renewal->digest) != 0)
		return fail_as(FAIL_BUSY, "series %s changed while its newer version was looked at",
			       renewal->series.name);
	if (file_remove_tree(stage))
		return -1;
	if (stage_all(arena, workspace, renewal, stage, &note) ||
	    file_write(arena_printf(arena, "%s/ready", stage), text_slice(&note), 0666)) {
		enum fail_kind kind = fail_kind();
		char *why = arena_strdup(arena, fail_message());

		file_remove_tree(stage);
		return fail_as(kind, "%s", why);
	}
	return finish(arena, workspace, stage, text_slice(&note));
}
