/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Entries are deflated as they come, into one buffer that goes to the temporary file whenever it is
 * large (taking in a whole kernel). The header's object count is known only at the end, so the
 * checksum over the pack is taken then: at SHA-NI's rate that costs less than hashing 20 bytes
 * at a time would.
 *
 * Where a caller knows how a blob differs from one that is in this pack, the entry is an OFS_DELTA
 * made of those runs: O(runs), no search. Chains are kept short, for git's sake when it reads them.
 */
#define _GNU_SOURCE
#include "patch/pack.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <libdeflate.h>
#include <nettle/sha1.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/fail.h"
#include "base/file.h"
#include "patch/pack_index.h"
#include "patch/repo_part.h"

#define SPILL ((size_t)8 << 20)	   /* bytes kept before they go to the file */
#define OUT_ROOM ((size_t)1 << 20) /* untouched pages cost nothing, growing does */
#define DEFLATE_MIN 64		   /* shorter is stored: the ids in it do not compress */
#define CHAIN_MAX 48		   /* deltas on deltas; git's own limit is 50 */
#define OFS_DELTA 6

struct pack {
	struct repo *repo;
	struct arena *arena;
	struct libdeflate_compressor *deflate;
	struct libdeflate_decompressor *inflate;
	char *dir; /* .../objects/pack */
	struct pack_entries entries;
	uint32_t *slots; /* entry + 1 by id; open addressing, a power of two */
	size_t nslots;
	struct text out; /* the pack from byte `flushed` on */
	uint64_t flushed;
	char *temp; /* the file behind it, once there is one */
	int fd;
};

struct pack *pack_new(struct repo *repo)
{
	struct arena *arena = arena_new();
	struct pack *pack = arena_new_of(arena, struct pack);

	pack->arena = arena;
	pack->repo = repo;
	pack->fd = -1;
	pack->deflate = libdeflate_alloc_compressor(1);
	pack->inflate = libdeflate_alloc_decompressor();
	if (!pack->deflate || !pack->inflate)
		abort();
	pack->dir = arena_printf(arena, "%sobjects/pack", git_repository_commondir(repo_git(repo)));
	return pack;
}

/* Forget all entries; the file, if there is one, goes. */
static void pack_reset(struct pack *pack)
{
	if (pack->fd >= 0)
		close(pack->fd);
	if (pack->temp) {
		unlink(pack->temp);
		free(pack->temp);
	}
	pack->fd = -1;
	pack->temp = NULL;
	pack->flushed = 0;
	text_clear(&pack->out);
	pack->entries.n = 0;
	if (pack->slots)
		memset(pack->slots, 0, pack->nslots * sizeof(*pack->slots));
}

void pack_free(struct pack *pack)
{
	if (!pack)
		return;
	pack_reset(pack);
	libdeflate_free_compressor(pack->deflate);
	libdeflate_free_decompressor(pack->inflate);
	text_release(&pack->out);
	free(pack->entries.items);
	free(pack->slots);
	arena_free(pack->arena);
}

static uint64_t pack_size(const struct pack *pack)
{
	return pack->flushed + pack->out.len;
}

/* The slot of `id`: empty, or of the entry that is it. */
static uint32_t *pack_slot(const struct pack *pack, const git_oid *id)
{
	size_t at;

	memcpy(&at, id->id, sizeof(at));
	for (at &= pack->nslots - 1; pack->slots[at]; at = (at + 1) & (pack->nslots - 1)) {
		if (git_oid_equal(&pack->entries.items[pack->slots[at] - 1].id, id))
			break;
	}
	return &pack->slots[at];
}

static struct pack_entry *pack_find(const struct pack *pack, const git_oid *id)
{
	uint32_t *slot = pack->nslots ? pack_slot(pack, id) : NULL;

	return slot && *slot ? &pack->entries.items[*slot - 1] : NULL;
}

static struct pack_entry *pack_push(struct pack *pack, const git_oid *id)
{
	struct pack_entries *e = &pack->entries;

	if (e->n == e->cap) {
		e->cap = e->cap ? e->cap * 2 : 256;
		e->items = realloc(e->items, e->cap * sizeof(*e->items));
		if (!e->items)
			abort();
	}
	if (e->n * 2 >= pack->nslots) {
		pack->nslots = pack->nslots ? pack->nslots * 2 : 1024;
		free(pack->slots);
		pack->slots = calloc(pack->nslots, sizeof(*pack->slots));
		if (!pack->slots)
			abort();
		for (size_t i = 0; i < e->n; i++)
			*pack_slot(pack, &e->items[i].id) = (uint32_t)i + 1;
	}
	e->items[e->n] = (struct pack_entry){ .id = *id, .offset = pack_size(pack) };
	*pack_slot(pack, id) = (uint32_t)e->n + 1;
	return &e->items[e->n++];
}

void pack_id(git_object_t type, struct slice bytes, git_oid *id)
{
	struct sha1_ctx sha;
	char head[64];
	int n = snprintf(head, sizeof(head), "%s %zu", git_object_type2string(type), bytes.n) + 1;

	sha1_init(&sha);
	sha1_update(&sha, (size_t)n, (const uint8_t *)head);
	sha1_update(&sha, bytes.n, (const uint8_t *)bytes.p);
	sha1_digest(&sha, GIT_OID_RAWSZ, id->id);
}

static int write_all(int fd, const char *p, size_t n)
{
	while (n) {
		ssize_t w = write(fd, p, n);

		if (w < 0 && errno == EINTR)
			continue;
		if (w < 0)
			return -1;
		p += w;
		n -= (size_t)w;
	}
	return 0;
}

static int temp_open(struct pack *pack, const char *name, char **path)
{
	char *temp = NULL;

	if (asprintf(&temp, "%s/%s_XXXXXX", pack->dir, name) < 0)
		abort();

	int fd = mkstemp(temp);

	if (fd < 0 && errno == ENOENT && !mkdir(pack->dir, 0777)) {
		memcpy(temp + strlen(temp) - 6, "XXXXXX", 6);
		fd = mkstemp(temp);
	}
	if (fd < 0) {
		fail_errno("cannot write to %s", pack->dir);
		free(temp);
		return -1;
	}
	*path = temp;
	return fd;
}

static int pack_flush(struct pack *pack)
{
	if (pack->fd < 0) {
		pack->fd = temp_open(pack, "tmp_pack", &pack->temp);
		if (pack->fd < 0)
			return -1;
	}
	if (write_all(pack->fd, pack->out.p, pack->out.len))
		return fail_errno("cannot write %s", pack->temp);
	pack->flushed += pack->out.len;
	text_clear(&pack->out);
	return 0;
}

/* The head of an entry: its type with its size, then for a delta how far back its base begins. */
static void entry_head(struct text *out, unsigned int type, uint64_t size, uint64_t back)
{
	unsigned char c = (unsigned char)(type << 4 | (size & 15)), bytes[16];
	size_t n = sizeof(bytes);

	for (size >>= 4; size; size >>= 7) {
		text_addc(out, (char)(c | 0x80));
		c = size & 0x7f;
	}
	text_addc(out, (char)c);
	if (type != OFS_DELTA)
		return;
	bytes[--n] = back & 0x7f;
	while (back >>= 7)
		bytes[--n] = 0x80 | (--back & 0x7f);
	text_add(out, bytes + n, sizeof(bytes) - n);
}

static void text_reserve(struct text *text, size_t more)
{
	size_t want = text->len + more + 1;

	if (want <= text->cap)
		return;
	want += want / 2;

	char *p = realloc(text->p, want);

	if (!p)
		abort();
	text->p = p;
	text->cap = want;
}

/* `bytes` as a zlib stream with nothing compressed: for what is short or random. */
static void deflate_stored(struct text *out, struct slice bytes)
{
	uint32_t sum = libdeflate_adler32(1, bytes.p, bytes.n);
	size_t left = bytes.n;

	text_add(out, "\x78\x01", 2);
	do {
		size_t n = left < 65535 ? left : 65535;
		unsigned char head[5] = { left == n, (unsigned char)n, (unsigned char)(n >> 8),
					  (unsigned char)~n, (unsigned char)(~n >> 8) };

		text_add(out, head, sizeof(head));
		text_add(out, bytes.p + (bytes.n - left), n);
		left -= n;
	} while (left);
	for (int shift = 24; shift >= 0; shift -= 8)
		text_addc(out, (char)(sum >> shift));
}

static void deflate_to(struct pack *pack, struct slice bytes)
{
	struct text *out = &pack->out;

	if (bytes.n >= DEFLATE_MIN) {
		text_reserve(out, bytes.n + 64);

		size_t n = libdeflate_zlib_compress(pack->deflate, bytes.p, bytes.n,
						    out->p + out->len, bytes.n);

		if (n) {
			out->len += n;
			out->p[out->len] = '\0';
			return;
		}
	}
	deflate_stored(out, bytes);
}

/* The entry's bytes stand in `out` from `start` on. */
static int entry_end(struct pack *pack, struct pack_entry *entry, size_t start)
{
	entry->crc = libdeflate_crc32(0, pack->out.p + start, pack->out.len - start);
	return pack->out.len >= SPILL ? pack_flush(pack) : 0;
}

/* The pack's own head, without the count yet. */
static void pack_begin(struct pack *pack)
{
	if (pack_size(pack))
		return;
	text_reserve(&pack->out, OUT_ROOM);
	text_add(&pack->out, "PACK\0\0\0\2\0\0\0\0", 12);
}

static bool pack_knows(struct pack *pack, const git_oid *id)
{
	return pack_find(pack, id) || repo_has(pack->repo, id);
}

static int pack_store(struct pack *pack, git_object_t type, struct slice bytes, const git_oid *id)
{
	pack_begin(pack);

	size_t start = pack->out.len;
	struct pack_entry *entry = pack_push(pack, id);

	entry->type = (uint8_t)type;
	entry->size = bytes.n;
	entry_head(&pack->out, type, bytes.n, 0);
	entry->data = (uint8_t)(pack->out.len - start);
	deflate_to(pack, bytes);
	return entry_end(pack, entry, start);
}

int pack_add(struct pack *pack, git_object_t type, struct slice bytes, git_oid *id)
{
	pack_id(type, bytes, id);
	return pack_knows(pack, id) ? 0 : pack_store(pack, type, bytes, id);
}

static void delta_number(struct text *delta, size_t n)
{
	for (; n >= 0x80; n >>= 7)
		text_addc(delta, (char)(n | 0x80));
	text_addc(delta, (char)n);
}

static void delta_copy(struct text *delta, size_t from, size_t bytes)
{
	while (bytes) {
		size_t n = bytes < 0xffffff ? bytes : 0xffffff, at = delta->len;
		unsigned char op = 0x80;

		text_addc(delta, 0);
		for (unsigned int i = 0; i < 4; i++) {
			if (from >> i * 8 & 0xff) {
				text_addc(delta, (char)(from >> i * 8));
				op |= (unsigned char)(1 << i);
			}
		}
		for (unsigned int i = 0; i < 3; i++) {
			if (n >> i * 8 & 0xff) {
				text_addc(delta, (char)(n >> i * 8));
				op |= (unsigned char)(0x10 << i);
			}
		}
		delta->p[at] = (char)op;
		from += n;
		bytes -= n;
	}
}

static void delta_insert(struct text *delta, struct slice bytes)
{
	while (bytes.n) {
		size_t n = bytes.n < 0x7f ? bytes.n : 0x7f;

		text_addc(delta, (char)n);
		text_add(delta, bytes.p, n);
		bytes = slice_skip(bytes, n);
	}
}

int pack_add_delta(struct pack *pack, struct slice bytes, const git_oid *base,
		   const struct pack_run *runs, size_t n, git_oid *id)
{
	return pack_add_delta_of(pack, GIT_OBJECT_BLOB, bytes, base, runs, n, id);
}

/*
 * The entry that a delta on `id` can be made on. One that only the store has is taken over as it
 * lies there, deflated: a pack has to stand on its own, and that is a copy where deflating the new
 * version would take a hundred times as long for as many bytes.
 */
static struct pack_entry *pack_base(struct pack *pack, const git_oid *id, git_object_t type,
				    size_t bytes)
{
	struct pack_entry *entry = pack_find(pack, id);
	git_object_t found;
	struct slice stream;
	size_t size;

	if (entry || !repo_stream(pack->repo, id, &found, &size, &stream))
		return entry;
	if (found != type || size / 2 > bytes)
		return NULL; /* little is left of it */
	pack_begin(pack);

	size_t start = pack->out.len;

	entry = pack_push(pack, id);
	entry->type = (uint8_t)type;
	entry->size = size;
	entry_head(&pack->out, type, size, 0);
	entry->data = (uint8_t)(pack->out.len - start);
	text_add_slice(&pack->out, stream);
	return entry_end(pack, entry, start) ? NULL : entry;
}

int pack_add_delta_of(struct pack *pack, git_object_t type, struct slice bytes, const git_oid *base,
		      const struct pack_run *runs, size_t n, git_oid *id)
{
	struct pack_entry *from = NULL;
	struct text delta __free_text = TEXT_INIT;
	size_t inserted = 0;

	pack_id(type, bytes, id);
	if (pack_knows(pack, id))
		return 0;
	for (size_t i = 0; i < n; i++)
		inserted += runs[i].insert.n + 16;
	if (base && inserted <= bytes.n / 2)
		from = pack_base(pack, base, type, bytes.n);
	if (!from || from->type != type || from->depth >= CHAIN_MAX || from->size > UINT32_MAX)
		return pack_store(pack, type, bytes, id);

	delta_number(&delta, from->size);
	delta_number(&delta, bytes.n);
	for (size_t i = 0; i < n; i++) {
		delta_copy(&delta, runs[i].copy_from, runs[i].copy_bytes);
		delta_insert(&delta, runs[i].insert);
	}

	size_t start = pack->out.len, which = (size_t)(from - pack->entries.items);
	uint64_t back = pack_size(pack) - from->offset;
	struct pack_entry *entry = pack_push(pack, id);

	from = &pack->entries.items[which];
	entry->type = (uint8_t)type;
	entry->size = bytes.n;
	entry->base = (uint32_t)which + 1;
	entry->depth = from->depth + 1;
	entry->delta = delta.len;
	entry_head(&pack->out, OFS_DELTA, delta.len, back);
	entry->data = (uint8_t)(pack->out.len - start);
	deflate_to(pack, text_slice(&delta));
	return entry_end(pack, entry, start);
}

/* What the entry holds, inflated: an object or a delta. */
static int entry_inflate(struct pack *pack, const struct pack_entry *entry, struct text *into)
{
	size_t which = (size_t)(entry - pack->entries.items);
	uint64_t end = which + 1 < pack->entries.n ? entry[1].offset : pack_size(pack);
	uint64_t begin = entry->offset + entry->data;
	struct text raw __free_text = TEXT_INIT;
	size_t want = entry->base ? entry->delta : entry->size, n = (size_t)(end - begin);
	const char *p = pack->out.p + (begin - pack->flushed);

	if (begin < pack->flushed) {
		text_reserve(&raw, n);
		if (pread(pack->fd, raw.p, n, (off_t)begin) != (ssize_t)n)
			return fail_errno("cannot read back %s", pack->temp);
		p = raw.p;
	}
	text_reserve(into, want);
	if (libdeflate_zlib_decompress(pack->inflate, p, n, into->p, want, NULL))
		return fail("object %s that was just packed does not inflate",
			    git_oid_tostr_s(&entry->id));
	into->len = want;
	return 0;
}

static int entry_read(struct pack *pack, const struct pack_entry *entry, struct text *into)
{
	struct text base __free_text = TEXT_INIT, delta __free_text = TEXT_INIT;

	if (!entry->base)
		return entry_inflate(pack, entry, into);
	if (entry_read(pack, &pack->entries.items[entry->base - 1], &base) ||
	    entry_inflate(pack, entry, &delta))
		return -1;
	text_reserve(into, entry->size);
	into->len = entry->size;
	if (delta_apply(text_slice(&base), text_slice(&delta), into->p, entry->size))
		return fail("delta of %s that was just packed does not fit",
			    git_oid_tostr_s(&entry->id));
	return 0;
}

int pack_read(struct pack *pack, struct arena *arena, const git_oid *id, struct slice *bytes)
{
	const struct pack_entry *entry = pack_find(pack, id);
	struct text text __free_text = TEXT_INIT;
	git_object_t type;

	if (!entry)
		return repo_object(pack->repo, arena, id, &type, bytes);
	if (entry_read(pack, entry, &text))
		return -1;
	*bytes = slice_copy(arena, text_slice(&text));
	return 1;
}

/* Put the count into the head and give the checksum over all of it. */
static int pack_seal(struct pack *pack, unsigned char sum[GIT_OID_RAWSZ])
{
	uint32_t n = (uint32_t)pack->entries.n;
	unsigned char count[4] = { (unsigned char)(n >> 24), (unsigned char)(n >> 16),
				   (unsigned char)(n >> 8), (unsigned char)n };
	struct text part __free_text = TEXT_INIT;
	struct sha1_ctx sha;

	if (!pack->flushed)
		memcpy(pack->out.p + 8, count, sizeof(count));
	else if (pwrite(pack->fd, count, sizeof(count), 8) != sizeof(count))
		return fail_errno("cannot write %s", pack->temp);
	sha1_init(&sha);
	text_reserve(&part, pack->flushed ? (size_t)1 << 20 : 0);
	for (uint64_t at = 0; at < pack->flushed;) {
		ssize_t got = pread(pack->fd, part.p, part.cap, (off_t)at);

		if (at + part.cap > pack->flushed && got > 0)
			got = (ssize_t)(pack->flushed - at);
		if (got <= 0)
			return fail_errno("cannot read back %s", pack->temp);
		sha1_update(&sha, (size_t)got, (uint8_t *)part.p);
		at += (uint64_t)got;
	}
	sha1_update(&sha, pack->out.len, (uint8_t *)pack->out.p);
	sha1_digest(&sha, GIT_OID_RAWSZ, sum);
	text_add(&pack->out, sum, GIT_OID_RAWSZ);
	return pack_flush(pack);
}

/* Sync `fd`, which is `temp`, and give it its name. */
static int file_settle(int fd, const char *temp, const char *path)
{
	if (fsync(fd) || fchmod(fd, 0444))
		return fail_errno("cannot write %s", temp);
	return rename(temp, path) ? fail_errno("cannot rename %s to %s", temp, path) : 0;
}

/* Both under their names, the index last: git looks for an index first. */
static int pack_settle(struct pack *pack, const char *name, struct slice index)
{
	char *temp __free(ptr) = NULL, *pack_path __free(ptr) = NULL, *idx __free(ptr) = NULL;

	if (asprintf(&pack_path, "%s/pack-%s.pack", pack->dir, name) < 0 ||
	    asprintf(&idx, "%s/pack-%s.idx", pack->dir, name) < 0)
		abort();
	if (!access(idx, F_OK))
		return 0; /* the same objects in the same order: there already */

	int fd __free(fd) = temp_open(pack, "tmp_idx", &temp);
	int e = fd < 0 ? -1 : 0;

	if (!e && write_all(fd, index.p, index.n))
		e = fail_errno("cannot write %s", temp);
	if (!e)
		e = file_settle(pack->fd, pack->temp, pack_path);
	if (!e) {
		free(pack->temp);
		pack->temp = NULL;
		e = file_settle(fd, temp, idx);
	}
	if (e && temp)
		unlink(temp);

	int dir __free(fd) = e ? -1 : open(pack->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (dir >= 0)
		fsync(dir);
	return e;
}

int pack_finish(struct pack *pack)
{
	struct text index __free_text = TEXT_INIT;
	git_oid sum;

	if (!pack->entries.n)
		return 0;
	if (pack_seal(pack, sum.id))
		return -1;
	pack_index_write(&pack->entries, sum.id, &index);
	if (pack_settle(pack, git_oid_tostr_s(&sum), text_slice(&index)))
		return -1;
	pack_reset(pack);
	repo_refresh(pack->repo);
	return 0;
}
