/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/tarfile.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>

#include <archive.h>
#include <archive_entry.h>
#include <nettle/sha2.h>

#include "base/fail.h"

#define READ_SIZE (1u << 18)

/*
 * A package is an ar of a tar of a tar: three readers, each fed by what the one outside it unpacks.
 */
#define LEVELS_MAX 3

struct tarfile {
	char *path;
	int fd;
	uint64_t at, size;
	struct sha256_ctx sha;
	struct archive *levels[LEVELS_MAX];
	size_t nlevels;
	unsigned char buffer[READ_SIZE];
};

/* ---- readers ---- */

static la_ssize_t read_file(struct archive *archive, void *data, const void **bytes)
{
	struct tarfile *tarfile = data;
	ssize_t n;

	do
		n = read(tarfile->fd, tarfile->buffer, sizeof(tarfile->buffer));
	while (n < 0 && errno == EINTR);
	if (n < 0) {
		archive_set_error(archive, errno, "cannot read it");
		return -1;
	}
	sha256_update(&tarfile->sha, (size_t)n, tarfile->buffer);
	tarfile->at += (uint64_t)n;
	*bytes = tarfile->buffer;
	return n;
}

static la_ssize_t read_outer(struct archive *archive, void *data, const void **bytes)
{
	struct archive *outer = data;
	la_int64_t offset;
	size_t n = 0;
	int got = archive_read_data_block(outer, bytes, &n, &offset);

	if (got == ARCHIVE_EOF)
		return 0;
	if (got != ARCHIVE_OK && got != ARCHIVE_WARN) {
		archive_set_error(archive, archive_errno(outer), "%s", archive_error_string(outer));
		return -1;
	}
	return (la_ssize_t)n;
}

static int fail_archive(const struct tarfile *tarfile, struct archive *archive)
{
	const char *why = archive_error_string(archive);

	return fail("%s: damaged or cut off: %s", tarfile->path, why ? why : "unreadable");
}

/* The filters are named: among "all" there are some that run other programs. */
static struct archive *push_reader(struct tarfile *tarfile, bool package)
{
	struct archive *archive = archive_read_new();

	if (!archive) {
		fail("cannot start libarchive: it is not installed, or memory is out");
		return NULL;
	}
	archive_read_support_filter_xz(archive);
	archive_read_support_filter_gzip(archive);
	archive_read_support_filter_zstd(archive);
	archive_read_support_filter_bzip2(archive);
	archive_read_support_filter_lzma(archive);
	if (package)
		archive_read_support_format_ar(archive);
	else
		archive_read_support_format_tar(archive);

	struct archive *outer = tarfile->nlevels ? tarfile->levels[tarfile->nlevels - 1] : NULL;

	tarfile->levels[tarfile->nlevels++] = archive;
	if (archive_read_open(archive, outer ? (void *)outer : tarfile, NULL,
			      outer ? read_outer : read_file, NULL) != ARCHIVE_OK) {
		const char *why = archive_error_string(archive);

		fail_as(FAIL_USAGE, "%s: not a %s: %s", tarfile->path,
			package ? "Debian package" : "tar archive", why ? why : "unreadable");
		return NULL;
	}
	return archive;
}

/* Stop at the member whose name is `name`, with or without another ending behind a '.'. */
static int seek_member(struct tarfile *tarfile, struct archive *archive, const char *name)
{
	struct archive_entry *entry;
	int got;

	while ((got = archive_read_next_header(archive, &entry)) == ARCHIVE_OK ||
	       got == ARCHIVE_WARN) {
		const char *path = archive_entry_pathname(entry);
		size_t n = strlen(name);

		if (path && !strncmp(path, name, n) && (!path[n] || path[n] == '.'))
			return 0;
	}
	if (got == ARCHIVE_EOF)
		return fail("%s: there is no %s in it", tarfile->path, name);
	return fail_archive(tarfile, archive);
}

static int open_levels(struct tarfile *tarfile, const char *member)
{
	struct archive *archive;

	if (!member)
		return push_reader(tarfile, false) ? 0 : -1;
	archive = push_reader(tarfile, true);
	if (!archive || seek_member(tarfile, archive, "data.tar"))
		return -1;
	archive = push_reader(tarfile, false);
	if (!archive || seek_member(tarfile, archive, member))
		return -1;
	return push_reader(tarfile, false) ? 0 : -1;
}

struct tarfile *tarfile_open(const char *path, const char *member)
{
	struct tarfile *tarfile __free(tarfile) = calloc(1, sizeof(*tarfile));
	struct stat st;

	if (tarfile)
		tarfile->fd = -1;
	if (!tarfile || !(tarfile->path = strdup(path))) {
		fail("out of memory");
		return NULL;
	}
	sha256_init(&tarfile->sha);
	tarfile->fd = open(path, O_RDONLY | O_CLOEXEC);
	if (tarfile->fd < 0 || fstat(tarfile->fd, &st)) {
		int why = errno;

		fail_as(why == ENOENT ? FAIL_USAGE : FAIL_INFRA, "cannot read %s: %s", path,
			strerror(why));
		return NULL;
	}
	if (!S_ISREG(st.st_mode)) {
		fail_as(FAIL_USAGE, "%s: not a file", path);
		return NULL;
	}
	tarfile->size = (uint64_t)st.st_size;
	if (open_levels(tarfile, member))
		return NULL;
	return no_free(tarfile);
}

void tarfile_free(struct tarfile *tarfile)
{
	if (!tarfile)
		return;
	while (tarfile->nlevels)
		archive_read_free(tarfile->levels[--tarfile->nlevels]);
	if (tarfile->fd >= 0)
		close(tarfile->fd);
	free(tarfile->path);
	free(tarfile);
}

/* ---- entries ---- */

/* A name that the C library's locale cannot spell is there as UTF-8. */
static const char *either(const char *plain, const char *utf8)
{
	return plain ? plain : utf8;
}

static void describe(struct archive_entry *e, struct tarentry *entry)
{
	static const struct {
		__LA_MODE_T type;
		const char *name;
	} others[] = {
		{ AE_IFCHR, "a character device" },
		{ AE_IFBLK, "a block device" },
		{ AE_IFIFO, "a fifo" },
		{ AE_IFSOCK, "a socket" },
	};
	const char *hard = either(archive_entry_hardlink(e), archive_entry_hardlink_utf8(e));

	*entry = (struct tarentry){
		.kind = TARENTRY_OTHER,
		.path = either(archive_entry_pathname(e), archive_entry_pathname_utf8(e)),
		.target = hard,
		.executable = archive_entry_perm(e) & 0100,
		.mtime = archive_entry_mtime(e),
		.other = "of an unknown type",
	};
	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		if (archive_entry_filetype(e) == others[i].type)
			entry->other = others[i].name;
	if (hard) {
		entry->kind = TARENTRY_HARDLINK;
	} else if (archive_entry_filetype(e) == AE_IFREG) {
		entry->kind = TARENTRY_FILE;
	} else if (archive_entry_filetype(e) == AE_IFDIR) {
		entry->kind = TARENTRY_FOLDER;
	} else if (archive_entry_filetype(e) == AE_IFLNK) {
		entry->kind = TARENTRY_SYMLINK;
		entry->target = either(archive_entry_symlink(e), archive_entry_symlink_utf8(e));
	}
}

int tarfile_next(struct tarfile *tarfile, struct tarentry *entry)
{
	struct archive *archive = tarfile->levels[tarfile->nlevels - 1];
	struct archive_entry *e;
	int got = archive_read_next_header(archive, &e);

	if (got == ARCHIVE_EOF)
		return 0;
	if (got != ARCHIVE_OK && got != ARCHIVE_WARN)
		return fail_archive(tarfile, archive);
	describe(e, entry);
	if (!entry->path ||
	    ((entry->kind == TARENTRY_SYMLINK || entry->kind == TARENTRY_HARDLINK) &&
	     !entry->target))
		return fail_as(FAIL_POLICY, "%s: a name in it cannot be read", tarfile->path);
	return 1;
}

int tarfile_read(struct tarfile *tarfile, size_t max, struct text *bytes)
{
	struct archive *archive = tarfile->levels[tarfile->nlevels - 1];
	char piece[16384];
	la_ssize_t n;

	text_clear(bytes);
	while ((n = archive_read_data(archive, piece, sizeof(piece))) > 0) {
		if ((size_t)n > max - bytes->len)
			return fail_as(FAIL_POLICY, "%s: a file of more than %zu MiB in it",
				       tarfile->path, max >> 20);
		text_add(bytes, piece, (size_t)n);
	}
	return n < 0 ? fail_archive(tarfile, archive) : 0;
}

void tarfile_position(const struct tarfile *tarfile, uint64_t *at, uint64_t *size)
{
	*at = tarfile->at;
	*size = tarfile->size;
}

int tarfile_sha256(struct tarfile *tarfile, char hex[65])
{
	struct sha256_ctx sha;
	unsigned char sum[32];
	const void *bytes;
	la_ssize_t n;

	/* What stands behind the end of the archive belongs to the file. */
	while ((n = read_file(tarfile->levels[0], tarfile, &bytes)) > 0)
		;
	if (n < 0)
		return fail_errno("cannot read %s", tarfile->path);
	sha = tarfile->sha;
	sha256_digest(&sha, sizeof(sum), sum);
	for (size_t i = 0; i < sizeof(sum); i++)
		snprintf(hex + 2 * i, 3, "%02x", sum[i]);
	return 0;
}
