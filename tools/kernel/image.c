/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/image.h"

#include <errno.h>
#include <limits.h>
#include <sys/stat.h>

#include <archive.h>
#include <archive_entry.h>
#include <nettle/sha2.h>

#include "base/fail.h"
#include "base/file.h"

/* What one file of an image may hold: a static test is a few MiB. */
#define FILE_MAX_BYTES ((size_t)256 * 1024 * 1024)

struct writing {
	const char *path;
	struct archive *archive;
	struct text *bytes; /* packed */
	int64_t number;	    /* of the last entry: its inode */
};

static void free_archive(struct archive *archive)
{
	if (archive)
		archive_write_free(archive);
}
DEFINE_FREE(archive, struct archive *, free_archive(_v))

static void free_entry(struct archive_entry *entry)
{
	if (entry)
		archive_entry_free(entry);
}
DEFINE_FREE(entry, struct archive_entry *, free_entry(_v))

static la_ssize_t keep_bytes(struct archive *archive, void *data, const void *bytes, size_t n)
{
	struct writing *writing = data;

	(void)archive;
	text_add(writing->bytes, bytes, n);
	return (la_ssize_t)n;
}

static int fail_archive(const struct writing *writing)
{
	const char *why = archive_error_string(writing->archive);

	return fail("cannot write %s: %s", writing->path, why ? why : "libarchive fails");
}

/* Everything that could differ from one day or user to the next is set: the same bytes each time. */
static int put_entry(struct writing *writing, const char *path, const struct image_item *item,
		     struct slice text)
{
	__free(entry) struct archive_entry *entry = archive_entry_new();

	if (!entry)
		return fail("cannot write %s: memory is out", writing->path);
	archive_entry_set_pathname(entry, path);
	archive_entry_set_mode(entry, (__LA_MODE_T)item->mode);
	archive_entry_set_uid(entry, 0);
	archive_entry_set_gid(entry, 0);
	archive_entry_set_mtime(entry, 0, 0);
	archive_entry_set_nlink(entry, 1);
	archive_entry_set_ino(entry, ++writing->number);
	archive_entry_set_size(entry, (la_int64_t)text.n);
	if (S_ISLNK(item->mode))
		archive_entry_set_symlink(entry, item->link);
	if (S_ISCHR(item->mode)) {
		archive_entry_set_rdevmajor(entry, item->major);
		archive_entry_set_rdevminor(entry, item->minor);
	}
	if (archive_write_header(writing->archive, entry) != ARCHIVE_OK)
		return fail_archive(writing);
	while (text.n) {
		la_ssize_t n = archive_write_data(writing->archive, text.p, text.n);

		if (n <= 0)
			return fail_archive(writing);
		text = slice_skip(text, (size_t)n);
	}
	return 0;
}

/* The folders above `path` that the one before it in order did not need. */
static int put_folders(struct writing *writing, const char *path, const char *before)
{
	static const struct image_item folder = { .mode = S_IFDIR | 0755 };

	for (const char *p = strchr(path, '/'); p; p = strchr(p + 1, '/')) {
		size_t n = (size_t)(p - path);
		char name[PATH_MAX];

		if (before && !strncmp(path, before, n) && (!before[n] || before[n] == '/'))
			continue;
		snprintf(name, sizeof(name), "%.*s", (int)n, path);
		if (put_entry(writing, name, &folder, SLICE("")))
			return -1;
	}
	return 0;
}

static int put_item(struct writing *writing, const struct image_item *item)
{
	__free(arena) struct arena *arena = arena_new();
	struct image_item full = *item;
	struct slice text = item->text;

	if (!(full.mode & S_IFMT))
		full.mode |= item->link ? S_IFLNK : S_IFREG;
	if (item->from) {
		int got = file_read(arena, item->from, FILE_MAX_BYTES, &text);

		if (got < 0)
			return fail_in("cannot write %s", writing->path);
		if (!got)
			return fail("cannot write %s: no such file: %s", writing->path, item->from);
	}
	return put_entry(writing, item->path, &full, S_ISREG(full.mode) ? text : SLICE(""));
}

/* By name, '/' before all else: what is in a folder stands right behind it. */
static int by_path(const void *a, const void *b)
{
	const unsigned char *x = (const void *)((const struct image_item *)a)->path;
	const unsigned char *y = (const void *)((const struct image_item *)b)->path;

	while (*x && *x == *y) {
		x++;
		y++;
	}
	return (*x == '/' ? 1 : *x) - (*y == '/' ? 1 : *y);
}

/* In the order of their names, whatever order they came in. */
static int put_items(struct writing *writing, const struct image_item *items, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const char *path = items[i].path;

		if (!path[0] || path[0] == '/' || strlen(path) >= PATH_MAX)
			return fail("cannot write %s: not a name: \"%s\"", writing->path, path);
		if (i && !strcmp(items[i - 1].path, path))
			return fail("cannot write %s: it would hold %s twice", writing->path, path);
		if (put_folders(writing, path, i ? items[i - 1].path : NULL) ||
		    put_item(writing, &items[i]))
			return -1;
	}
	return archive_write_close(writing->archive) == ARCHIVE_OK ? 0 : fail_archive(writing);
}

/* The gzip header's time stamp is off; the level is what costs least from here to a booted guest. */
static int open_archive(struct writing *writing)
{
	struct archive *archive = writing->archive;

	if (archive_write_add_filter_gzip(archive) != ARCHIVE_OK ||
	    archive_write_set_filter_option(archive, "gzip", "timestamp", NULL) != ARCHIVE_OK ||
	    archive_write_set_filter_option(archive, "gzip", "compression-level", "1") !=
		    ARCHIVE_OK ||
	    archive_write_set_format_cpio_newc(archive) != ARCHIVE_OK ||
	    archive_write_set_bytes_in_last_block(archive, 1) != ARCHIVE_OK ||
	    archive_write_open(archive, writing, NULL, keep_bytes, NULL) != ARCHIVE_OK)
		return fail_archive(writing);
	return 0;
}

static void hash_text(struct slice text, char hex[65])
{
	struct sha256_ctx sha;
	uint8_t digest[SHA256_DIGEST_SIZE];

	sha256_init(&sha);
	sha256_update(&sha, text.n, (const uint8_t *)text.p);
	sha256_digest(&sha, sizeof(digest), digest);
	for (size_t i = 0; i < sizeof(digest); i++)
		snprintf(hex + 2 * i, 3, "%02x", digest[i]);
}

static char *absolute(struct arena *arena, const char *path)
{
	char full[PATH_MAX];

	return realpath(path, full) ? arena_strdup(arena, full) : NULL;
}

int image_write(struct arena *arena, const char *path, const struct image_item *items, size_t n,
		struct image_answer *answer)
{
	__free(ptr) struct image_item *sorted = calloc(n ? n : 1, sizeof(*sorted));
	/* Before the archive: freeing one that did not come to its end still writes. */
	__free_text struct text bytes = TEXT_INIT;
	__free(archive) struct archive *archive = archive_write_new();
	struct writing writing = { .path = path, .archive = archive, .bytes = &bytes };

	if (!archive || !sorted)
		return fail("cannot start libarchive: it is not installed, or memory is out");
	memcpy(sorted, items, n * sizeof(*items));
	qsort(sorted, n, sizeof(*sorted), by_path);
	if (open_archive(&writing) || put_items(&writing, sorted, n) ||
	    file_write(path, text_slice(&bytes), 0644))
		return -1;
	answer->bytes = bytes.len;
	answer->path = absolute(arena, path);
	hash_text(text_slice(&bytes), answer->sha256);
	return answer->path ? 0 : fail_errno("cannot find %s again", path);
}
