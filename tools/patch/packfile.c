/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "patch/packfile.h"

#include <limits.h>
#include <sys/stat.h>

#include <libdeflate.h>
#include <nettle/sha1.h>

#include "base/fail.h"
#include "base/outfile.h"
#include "patch/pack_index.h"

#define OBJECT_HEADER_MAX 32

struct packfile {
	char dir[PATH_MAX];
	struct outfile *out;
	struct libdeflate_compressor *deflate;
	unsigned char *scratch; /* one object, deflated */
	size_t scratch_cap;
	struct pack_entries entries;
	uint32_t *table; /* 1 + index into items; open addressing, the capacity a power of two */
	size_t table_cap;
	uint64_t finished; /* bytes of what was finished */
};

static void *grown(void *p, size_t size)
{
	p = realloc(p, size);
	if (!p) {
		fputs("series: out of memory\n", stderr);
		abort();
	}
	return p;
}

static void put32(unsigned char *p, uint32_t v)
{
	p[0] = (unsigned char)(v >> 24);
	p[1] = (unsigned char)(v >> 16);
	p[2] = (unsigned char)(v >> 8);
	p[3] = (unsigned char)v;
}

/* ---- which objects are in it ---- */

static size_t slot_of(const struct packfile *packfile, const git_oid *id)
{
	uint64_t h;

	memcpy(&h, id->id, sizeof(h)); /* an id is as good as random */

	size_t slot = h & (packfile->table_cap - 1);

	while (packfile->table[slot] &&
	       memcmp(packfile->entries.items[packfile->table[slot] - 1].id.id, id->id, 20))
		slot = (slot + 1) & (packfile->table_cap - 1);
	return slot;
}

static const struct pack_entry *find(const struct packfile *packfile, const git_oid *id)
{
	uint32_t at = packfile->table_cap ? packfile->table[slot_of(packfile, id)] : 0;

	return at ? &packfile->entries.items[at - 1] : NULL;
}

static void table_grow(struct packfile *packfile)
{
	free(packfile->table);
	packfile->table_cap = packfile->table_cap ? packfile->table_cap * 2 : 4096;
	packfile->table = grown(NULL, packfile->table_cap * sizeof(*packfile->table));
	memset(packfile->table, 0, packfile->table_cap * sizeof(*packfile->table));
	for (size_t i = 0; i < packfile->entries.n; i++)
		packfile->table[slot_of(packfile, &packfile->entries.items[i].id)] =
			(uint32_t)(i + 1);
}

static void remember(struct packfile *packfile, const git_oid *id, uint32_t crc, uint64_t offset)
{
	if ((packfile->entries.n + 1) * 2 > packfile->table_cap)
		table_grow(packfile);
	if (packfile->entries.n == packfile->entries.cap) {
		packfile->entries.cap = packfile->entries.cap ? packfile->entries.cap * 2 : 1024;
		packfile->entries.items =
			grown(packfile->entries.items,
			      packfile->entries.cap * sizeof(*packfile->entries.items));
	}

	size_t slot = slot_of(packfile, id);

	packfile->entries.items[packfile->entries.n++] =
		(struct pack_entry){ .id = *id, .crc = crc, .offset = offset };
	packfile->table[slot] = (uint32_t)packfile->entries.n;
}

bool packfile_has(const struct packfile *packfile, const git_oid *id)
{
	return find(packfile, id) != NULL;
}

size_t packfile_objects(const struct packfile *packfile)
{
	return packfile->entries.n;
}

uint64_t packfile_bytes(const struct packfile *packfile)
{
	return packfile->out ? outfile_bytes(packfile->out) : packfile->finished;
}

/* ---- its life ---- */

struct packfile *packfile_new(git_repository *git, int level)
{
	struct packfile *packfile __free(packfile) = grown(NULL, sizeof(*packfile));
	git_buf path = GIT_BUF_INIT;

	memset(packfile, 0, sizeof(*packfile));
	if (git_repository_item_path(&path, git, GIT_REPOSITORY_ITEM_OBJECTS) < 0) {
		fail_git("cannot find the objects of the repository");
		return NULL;
	}

	int n = snprintf(packfile->dir, sizeof(packfile->dir), "%spack", path.ptr);

	git_buf_dispose(&path);
	if (n < 0 || (size_t)n >= sizeof(packfile->dir)) {
		fail("%s: path too long", packfile->dir);
		return NULL;
	}
	packfile->deflate = libdeflate_alloc_compressor(level);
	if (!packfile->deflate) {
		fail("cannot start the compressor");
		return NULL;
	}
	return no_free(packfile);
}

void packfile_free(struct packfile *packfile)
{
	if (!packfile)
		return;
	outfile_free(packfile->out);
	libdeflate_free_compressor(packfile->deflate);
	free(packfile->scratch);
	free(packfile->entries.items);
	free(packfile->table);
	free(packfile);
}

/* The file begins with the first object; how many there will be is put in at the end. */
static int begin(struct packfile *packfile)
{
	if (packfile->out)
		return 0;
	mkdir(packfile->dir, 0777); /* git makes it when it first packs; a failure shows below */
	packfile->out = outfile_new(packfile->dir);
	if (!packfile->out)
		return -1;
	return outfile_write(packfile->out, "PACK\0\0\0\2\0\0\0\0", 12);
}

/* ---- objects ---- */

void packfile_id(git_object_t type, struct slice bytes, git_oid *id)
{
	char header[OBJECT_HEADER_MAX];
	int n = snprintf(header, sizeof(header), "%s %zu", git_object_type2string(type), bytes.n);
	struct sha1_ctx sha;

	sha1_init(&sha);
	sha1_update(&sha, (size_t)n + 1, (const uint8_t *)header); /* its NUL belongs to it */
	sha1_update(&sha, bytes.n, (const uint8_t *)bytes.p);
	sha1_digest(&sha, 20, id->id);
}

/* Type and size: four bits of the size beside the type, then seven a byte. */
static size_t put_header(unsigned char *p, unsigned int type, uint64_t size)
{
	size_t n = 0;
	unsigned char c = (unsigned char)(type << 4 | (size & 15));

	for (size >>= 4; size; size >>= 7) {
		p[n++] = c | 0x80;
		c = size & 0x7f;
	}
	p[n++] = c;
	return n;
}

static int append(struct packfile *packfile, const unsigned char *head, size_t head_n,
		  struct slice bytes, const git_oid *id)
{
	size_t bound = libdeflate_zlib_compress_bound(packfile->deflate, bytes.n);

	if (bound > packfile->scratch_cap) {
		packfile->scratch_cap = bound + bound / 2;
		packfile->scratch = grown(packfile->scratch, packfile->scratch_cap);
	}

	size_t n = libdeflate_zlib_compress(packfile->deflate, bytes.p ? bytes.p : "", bytes.n,
					    packfile->scratch, packfile->scratch_cap);

	if (!n)
		return fail("cannot compress an object of %zu bytes", bytes.n);

	uint64_t offset = outfile_bytes(packfile->out);
	uint32_t crc = libdeflate_crc32(0, head, head_n);

	crc = libdeflate_crc32(crc, packfile->scratch, n);
	if (outfile_write(packfile->out, head, head_n) ||
	    outfile_write(packfile->out, packfile->scratch, n))
		return -1;
	remember(packfile, id, crc, offset);
	return 0;
}

int packfile_add(struct packfile *packfile, git_object_t type, struct slice bytes,
		 const git_oid *id)
{
	unsigned char head[OBJECT_HEADER_MAX];

	if (find(packfile, id))
		return 0;
	if (begin(packfile))
		return -1;
	return append(packfile, head, put_header(head, (unsigned int)type, bytes.n), bytes, id);
}

/* ---- the end ---- */

/*
 * The pack ends in the SHA-1 of all of it; the head, written last, is part of that, so it is read
 * once more.
 */
static int close_pack(struct packfile *packfile, unsigned char sum[20])
{
	unsigned char count[4];
	unsigned char *buffer __free(ptr) = grown(NULL, 1 << 18);
	struct sha1_ctx sha;

	put32(count, (uint32_t)packfile->entries.n);
	if (outfile_patch(packfile->out, 8, count, sizeof(count)))
		return -1;
	sha1_init(&sha);
	for (uint64_t at = 0; at < outfile_bytes(packfile->out);) {
		ssize_t n = pread(outfile_fd(packfile->out), buffer, 1 << 18, (off_t)at);

		if (n <= 0)
			return fail_errno("cannot read back the pack in %s", packfile->dir);
		sha1_update(&sha, (size_t)n, buffer);
		at += (uint64_t)n;
	}
	sha1_digest(&sha, 20, sum);
	return outfile_write(packfile->out, sum, 20);
}

static int write_index(struct packfile *packfile, const unsigned char sum[20], const char *name)
{
	struct outfile *out __free(outfile) = outfile_new(packfile->dir);
	struct text text __free_text = TEXT_INIT;

	if (!out)
		return -1;
	pack_index_write(&packfile->entries, sum, &text);
	if (outfile_write(out, text.p, text.len))
		return -1;
	return outfile_finish(out, name);
}

int packfile_finish(struct packfile *packfile)
{
	unsigned char sum[20];
	char hex[GIT_OID_HEXSZ + 1], name[64];
	git_oid id;

	if (!packfile->out)
		return 0;
	if (close_pack(packfile, sum))
		return -1;
	memcpy(id.id, sum, sizeof(sum));
	git_oid_tostr(hex, sizeof(hex), &id);
	snprintf(name, sizeof(name), "pack-%s.pack", hex);
	if (outfile_finish(packfile->out, name))
		return -1;
	snprintf(name, sizeof(name), "pack-%s.idx", hex);
	if (write_index(packfile, sum, name))
		return -1;
	packfile->finished = outfile_bytes(packfile->out);
	outfile_free(packfile->out);
	packfile->out = NULL;
	packfile->entries.n = 0;
	free(packfile->table);
	packfile->table = NULL;
	packfile->table_cap = 0;
	return 0;
}
