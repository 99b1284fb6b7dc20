/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Evidence is what machines and compilers said, byte by byte, under the hash of its content: the same file of two runs is one file. Its
 * name ends in .txt, so that no server takes it for a page; what is large is compressed.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <sys/stat.h>

#include <libdeflate.h>
#include <nettle/sha2.h>

#include "base/fail.h"
#include "base/file.h"
#include "base/replacement.h"
#include "cmd/built.h"
#include "cmd/site.h"

#define LARGE (512u << 10) /* bytes; then compressed */
#define MOST (256u << 20)
#define ROUNDS_BACK 16u /* in which the same content is looked for */
#define TAIL_BYTES 65536

DEFINE_FREE(compressor, struct libdeflate_compressor *, libdeflate_free_compressor(_v))

static char *hash_of(struct arena *arena, struct slice bytes)
{
	uint8_t digest[SHA256_DIGEST_SIZE];
	struct text hex __free_text = TEXT_INIT;
	struct sha256_ctx hash;

	sha256_init(&hash);
	sha256_update(&hash, bytes.n, (const uint8_t *)bytes.p);
	sha256_digest(&hash, sizeof(digest), digest);
	for (size_t i = 0; i < sizeof(digest); i++)
		text_addf(&hex, "%02x", digest[i]);
	return slice_str(arena, text_slice(&hex));
}

static int write_gzip(const char *path, struct slice bytes)
{
	__free(compressor) struct libdeflate_compressor *compressor =
		libdeflate_alloc_compressor(6);
	size_t bound = compressor ? libdeflate_gzip_compress_bound(compressor, bytes.n) : 0;
	__free(ptr) char *out = bound ? malloc(bound) : NULL;
	size_t n = out ? libdeflate_gzip_compress(compressor, bytes.p, bytes.n, out, bound) : 0;

	if (!n)
		return fail("cannot compress %s", path);
	return file_write(path, (struct slice){ out, n }, 0666);
}

/* A round not long ago may have it: 1 linked, 0 no. */
static int from_before(struct ci *ci, const char *dir, const char *file)
{
	struct rounds rounds;

	if (journal_rounds(ci->journal, ci->arena, ROUNDS_BACK, &rounds))
		return -1;
	for (size_t i = 0; i < rounds.n; i++) {
		char *was = arena_printf(ci->arena, "%s/pages/%lld/evidence/%s", ci->home,
					 (long long)rounds.items[i].id, file);

		if (file_kind(was) == 2)
			return file_link(was, arena_printf(ci->arena, "%s/evidence/%s", dir, file),
					 NULL) < 0 ?
				       -1 :
				       1;
	}
	return 0;
}

int evidence_keep(struct ci *ci, const char *dir, const char *from, const char *name,
		  struct evidence *evidence)
{
	struct arena *scratch __free(arena) = arena_new();
	struct slice bytes;
	struct stat st;
	char *file, *path, *hash;
	int got;

	/* A machine's folder may be pruned, and is written by what a patch brought: only plain files of a sensible size. */
	if (lstat(from, &st) || !S_ISREG(st.st_mode) || !st.st_size || st.st_size > (off_t)MOST)
		return 0;
	got = file_read(scratch, from, MOST, &bytes);
	if (got != 1)
		return got;
	hash = hash_of(ci->arena, bytes);
	file = arena_printf(ci->arena, "%.2s/%s.txt%s", hash, hash, bytes.n > LARGE ? ".gz" : "");
	path = arena_printf(ci->arena, "%s/evidence/%s", dir, file);
	if (file_kind(path) != 2) {
		if (file_make_dirs(arena_printf(ci->arena, "%s/evidence/%.2s", dir, hash)))
			return -1;
		got = from_before(ci, dir, file);
		if (got < 0 || (!got && (bytes.n > LARGE ? write_gzip(path, bytes) :
							   file_write(path, bytes, 0666))))
			return -1;
	}
	*arena_push(ci->arena, evidence) = (struct evidence_file){ name, file, (uint64_t)bytes.n };
	return 1;
}

int evidence_keep_boot(struct ci *ci, const char *dir, const char *from, struct evidence *evidence)
{
	static const char *const names[] = { "console", "ktap", "machine.log", "command",
					     "config" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (evidence_keep(ci, dir, arena_printf(ci->arena, "%s/%s", from, names[i]),
				  names[i], evidence) < 0)
			return -1;
	return 0;
}

void evidence_links(struct arena *arena, struct text *out, const char *up,
		    const struct evidence *evidence)
{
	for (size_t i = 0; i < evidence->n; i++) {
		const struct evidence_file *f = &evidence->items[i];

		text_addf(out, "%s<a href=\"%sevidence/%s\">%s</a>", i ? ", " : "", up, f->file,
			  html_of(arena, f->name));
		if (f->bytes > LARGE)
			text_addf(out, " <span class=\"dim\">(gzip, %.1f MiB)</span>",
				  (double)f->bytes / (1 << 20));
	}
}

char *evidence_tail(struct arena *arena, const char *path, size_t lines)
{
	__free(file) FILE *file = fopen(path, "re");
	__free(ptr) char *buf = malloc(TAIL_BYTES);
	struct stat st;
	size_t n, at;

	if (!buf)
		abort();
	if (!file || fstat(fileno(file), &st) || !S_ISREG(st.st_mode) || !st.st_size)
		return NULL;
	if (st.st_size > TAIL_BYTES && fseeko(file, st.st_size - TAIL_BYTES, SEEK_SET))
		return NULL;
	n = fread(buf, 1, TAIL_BYTES, file);
	while (n && buf[n - 1] == '\n')
		n--;
	for (at = n; at; at--)
		if (buf[at - 1] == '\n' && !--lines)
			break;
	return arena_copy(arena, buf + at, n - at);
}
