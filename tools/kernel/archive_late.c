/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * libarchive, loaded when the first archive is opened.
 *
 * It brings XML, ICU and C++ libraries with it, and mapping and relocating those takes longer than
 * porting a patch onto a kernel does; most runs open no archive. So the program is not linked with
 * it: the functions that kernel/tarfile.c and kernel/image.c call stand here, by libarchive's own
 * declarations, and pass each call on.
 */
#include <archive.h>
#include <archive_entry.h>
#include <dlfcn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/* The name that all of libarchive 3 has; a later one would come with another interface. */
#define LIBRARY "libarchive.so.13"

static void *late(const char *name)
{
	void *library = dlopen(LIBRARY, RTLD_LAZY | RTLD_LOCAL);

	return library ? dlsym(library, name) : NULL;
}

/*
 * Resolved on the first call; the library stays loaded. Only archive_read_new() and
 * archive_write_new() can find it missing, and give NULL then: all others are called with what they
 * gave, or after them.
 */
#define LATE(type, name, parameters, arguments)                                                    \
	type name parameters                                                                       \
	{                                                                                          \
		static type(*function) parameters;                                                 \
                                                                                                   \
		if (!function && !(*(void **)&function = late(#name)))                             \
			abort();                                                                   \
		return function arguments;                                                         \
	}

#define LATE_VOID(name, parameters, arguments)                                                     \
	void name parameters                                                                       \
	{                                                                                          \
		static void(*function) parameters;                                                 \
                                                                                                   \
		if (!function && !(*(void **)&function = late(#name)))                             \
			abort();                                                                   \
		function arguments;                                                                \
	}

struct archive *archive_read_new(void)
{
	struct archive *(*function)(void);

	*(void **)&function = late("archive_read_new");
	return function ? function() : NULL;
}

struct archive *archive_write_new(void)
{
	struct archive *(*function)(void);

	*(void **)&function = late("archive_write_new");
	return function ? function() : NULL;
}

LATE(int, archive_read_free, (struct archive * a), (a))
LATE(int, archive_read_support_filter_xz, (struct archive * a), (a))
LATE(int, archive_read_support_filter_gzip, (struct archive * a), (a))
LATE(int, archive_read_support_filter_zstd, (struct archive * a), (a))
LATE(int, archive_read_support_filter_bzip2, (struct archive * a), (a))
LATE(int, archive_read_support_filter_lzma, (struct archive * a), (a))
LATE(int, archive_read_support_format_ar, (struct archive * a), (a))
LATE(int, archive_read_support_format_tar, (struct archive * a), (a))
LATE(int, archive_read_open,
     (struct archive * a, void *data, archive_open_callback *open, archive_read_callback *read,
      archive_close_callback *close),
     (a, data, open, read, close))
LATE(int, archive_read_next_header, (struct archive * a, struct archive_entry **entry), (a, entry))
LATE(la_ssize_t, archive_read_data, (struct archive * a, void *to, size_t n), (a, to, n))
LATE(int, archive_read_data_block,
     (struct archive * a, const void **bytes, size_t *n, la_int64_t *offset), (a, bytes, n, offset))
LATE(int, archive_errno, (struct archive * a), (a))
LATE(const char *, archive_error_string, (struct archive * a), (a))
LATE(const char *, archive_entry_pathname, (struct archive_entry * e), (e))
LATE(const char *, archive_entry_pathname_utf8, (struct archive_entry * e), (e))
LATE(const char *, archive_entry_hardlink, (struct archive_entry * e), (e))
LATE(const char *, archive_entry_hardlink_utf8, (struct archive_entry * e), (e))
LATE(const char *, archive_entry_symlink, (struct archive_entry * e), (e))
LATE(const char *, archive_entry_symlink_utf8, (struct archive_entry * e), (e))
LATE(__LA_MODE_T, archive_entry_filetype, (struct archive_entry * e), (e))
LATE(__LA_MODE_T, archive_entry_perm, (struct archive_entry * e), (e))
LATE(time_t, archive_entry_mtime, (struct archive_entry * e), (e))

LATE(int, archive_write_free, (struct archive * a), (a))
LATE(int, archive_write_close, (struct archive * a), (a))
LATE(int, archive_write_add_filter_gzip, (struct archive * a), (a))
LATE(int, archive_write_set_filter_option,
     (struct archive * a, const char *module, const char *option, const char *value),
     (a, module, option, value))
LATE(int, archive_write_set_format_cpio_newc, (struct archive * a), (a))
LATE(int, archive_write_set_bytes_in_last_block, (struct archive * a, int n), (a, n))
LATE(int, archive_write_open,
     (struct archive * a, void *data, archive_open_callback *open, archive_write_callback *write,
      archive_close_callback *close),
     (a, data, open, write, close))
LATE(int, archive_write_header, (struct archive * a, struct archive_entry *e), (a, e))
LATE(la_ssize_t, archive_write_data, (struct archive * a, const void *bytes, size_t n),
     (a, bytes, n))
LATE(struct archive_entry *, archive_entry_new, (void), ())
LATE_VOID(archive_entry_free, (struct archive_entry * e), (e))
LATE_VOID(archive_entry_set_pathname, (struct archive_entry * e, const char *s), (e, s))
LATE_VOID(archive_entry_set_symlink, (struct archive_entry * e, const char *s), (e, s))
LATE_VOID(archive_entry_set_mode, (struct archive_entry * e, __LA_MODE_T mode), (e, mode))
LATE_VOID(archive_entry_set_uid, (struct archive_entry * e, la_int64_t id), (e, id))
LATE_VOID(archive_entry_set_gid, (struct archive_entry * e, la_int64_t id), (e, id))
LATE_VOID(archive_entry_set_ino, (struct archive_entry * e, la_int64_t number), (e, number))
LATE_VOID(archive_entry_set_nlink, (struct archive_entry * e, unsigned int n), (e, n))
LATE_VOID(archive_entry_set_size, (struct archive_entry * e, la_int64_t n), (e, n))
LATE_VOID(archive_entry_set_mtime, (struct archive_entry * e, time_t t, long ns), (e, t, ns))
LATE_VOID(archive_entry_set_rdevmajor, (struct archive_entry * e, dev_t n), (e, n))
LATE_VOID(archive_entry_set_rdevminor, (struct archive_entry * e, dev_t n), (e, n))

void archive_set_error(struct archive *a, int number, const char *format, ...)
{
	static void (*function)(struct archive *, int, const char *, ...);
	char message[512];
	va_list ap;

	va_start(ap, format);
	vsnprintf(message, sizeof(message), format, ap);
	va_end(ap);
	if (!function && !(*(void **)&function = late("archive_set_error")))
		abort();
	function(a, number, "%s", message);
}
