/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reading blobs is most of what a port costs, and zlib most of that: libdeflate inflates three
 * times as fast, which needs the whole stream at once, as a mapped pack has it. An object is found
 * by the index's fan-out and a binary search, O(log n) per pack, the pack that had the last one
 * first. Deltas are resolved from their base up, each link once.
 *
 * Packs come from strangers (a user's clone): every offset and length is checked against the file.
 * A pack that does not hold together is left to libgit2, whose message the user then sees.
 */
#define _GNU_SOURCE
#include "patch/objects.h"

#include <dirent.h>
#include <fcntl.h>
#include <libdeflate.h>
#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "patch/pack_index.h"

#define ALTERNATES_MAX 16
#define LOOSE_MAX ((size_t)64 << 20) /* deflated; larger ones are left to libgit2 */
#define CHAIN_MAX 4096
#define STREAMS 4096 /* a power of two */
#define OBJECT_MAX ((uint64_t)1 << 31)

enum { KIND_OFS_DELTA = 6, KIND_REF_DELTA = 7 };

struct packed {
	char *path; /* .../pack-X.idx */
	const unsigned char *idx, *pack;
	size_t idx_size, pack_size, n;
	bool broken, fresh; /* fresh: given a new time by us */
};

struct folder {
	char *dir;
	unsigned char seen[256]; /* of DIR/xx: 0 not looked yet, 1 there, 2 not there */
};

struct objects {
	struct arena *arena;
	struct libdeflate_decompressor *inflate;
	struct folder folders[ALTERNATES_MAX];
	size_t nfolders;
	struct {
		struct packed *items;
		size_t n, cap;
	} packs;
	size_t last; /* the pack that had the last object */
	/* Where zlib streams that were inflated lately end, by their beginning. */
	struct stream {
		const unsigned char *at;
		size_t bytes;
	} streams[STREAMS];
};

static uint32_t get32(const unsigned char *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static const unsigned char *map_file(const char *path, size_t *size)
{
	int fd __free(fd) = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) || !S_ISREG(st.st_mode) || st.st_size < 1 ||
	    (uint64_t)st.st_size > SIZE_MAX)
		return NULL;
	*size = (size_t)st.st_size;

	void *p = mmap(NULL, *size, PROT_READ, MAP_PRIVATE, fd, 0);

	return p == MAP_FAILED ? NULL : p;
}

/* Map an index and see that it is whole: version 2, its tables inside the file. */
static bool packed_index(struct packed *packed)
{
	if (packed->idx || packed->broken)
		return !packed->broken;
	packed->broken = true;
	packed->idx = map_file(packed->path, &packed->idx_size);
	if (!packed->idx || packed->idx_size < 8 + 1024 + 40 ||
	    memcmp(packed->idx, "\377tOc\0\0\0\2", 8))
		return false;
	for (unsigned int i = 1; i < 256; i++) {
		if (get32(packed->idx + 8 + 4 * i) < get32(packed->idx + 4 + 4 * i))
			return false;
	}
	packed->n = get32(packed->idx + 8 + 4 * 255);
	packed->broken = packed->n > (packed->idx_size - 8 - 1024 - 40) / 28;
	return !packed->broken;
}

/* The file that the index is of. */
static char *pack_path(const struct packed *packed, char path[PATH_MAX])
{
	int n = snprintf(path, PATH_MAX, "%.*s.pack", (int)(strlen(packed->path) - 4),
			 packed->path);

	return n < PATH_MAX ? path : NULL;
}

static bool packed_open(struct packed *packed)
{
	char path[PATH_MAX];

	if (packed->pack)
		return true;
	if (pack_path(packed, path))
		packed->pack = map_file(path, &packed->pack_size);
	packed->broken |= !packed->pack || packed->pack_size < 32 ||
			  memcmp(packed->pack, "PACK\0\0\0\2", 8);
	return !packed->broken;
}

/* Where the object begins in this pack; 0: it is not there. */
static uint64_t packed_find(struct packed *packed, const git_oid *id)
{
	if (!packed_index(packed))
		return 0;

	const unsigned char *fan = packed->idx + 8, *ids = fan + 1024;
	size_t low = id->id[0] ? get32(fan + 4 * (id->id[0] - 1)) : 0;
	size_t high = get32(fan + 4 * id->id[0]);

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		int c = memcmp(id->id, ids + 20 * mid, 20);

		if (!c) {
			const unsigned char *offsets = ids + 24 * packed->n;
			uint64_t offset = get32(offsets + 4 * mid);

			if (!(offset & 0x80000000u))
				return offset;

			size_t large =
				8 + 1024 + 28 * packed->n + 8 * (size_t)(offset & 0x7fffffff);

			if (large + 8 > packed->idx_size)
				return 0;
			return (uint64_t)get32(packed->idx + large) << 32 |
			       get32(packed->idx + large + 4);
		}
		if (c < 0)
			high = mid;
		else
			low = mid + 1;
	}
	return 0;
}

static struct packed *objects_find(struct objects *objects, const git_oid *id, uint64_t *offset)
{
	for (size_t i = 0; i < objects->packs.n; i++) {
		size_t which = (objects->last + i) % objects->packs.n;

		*offset = packed_find(&objects->packs.items[which], id);
		if (*offset) {
			objects->last = which;
			return &objects->packs.items[which];
		}
	}
	return NULL;
}

/* The head of an entry. */
struct head {
	unsigned int kind;
	uint64_t size; /* inflated */
	uint64_t base; /* offset of a delta's base; 0: none in this pack */
	size_t data;   /* where its zlib stream begins */
};

static bool head_base(struct packed *packed, uint64_t offset, size_t *at, struct head *head)
{
	const unsigned char *p = packed->pack;

	if (head->kind == KIND_REF_DELTA) {
		git_oid id;

		if (packed->pack_size - *at < 40)
			return false;
		memcpy(id.id, p + *at, 20);
		*at += 20;
		head->base = packed_find(packed, &id);
		return head->base != 0;
	}

	uint64_t back = p[*at] & 0x7f;

	while (p[(*at)++] & 0x80) {
		if (*at >= packed->pack_size - 20 || back > (UINT64_MAX >> 8))
			return false;
		back = ((back + 1) << 7) | (p[*at] & 0x7f);
	}
	if (!back || back >= offset)
		return false;
	head->base = offset - back;
	return true;
}

static bool head_read(struct packed *packed, uint64_t offset, struct head *head)
{
	const unsigned char *p = packed->pack;
	size_t end = packed->pack_size - 20, at = (size_t)offset;
	unsigned int shift = 4;

	if (offset < 12 || offset >= end)
		return false;
	head->kind = p[at] >> 4 & 7;
	head->size = p[at] & 15;
	head->base = 0;
	while (p[at++] & 0x80) {
		if (at >= end || shift > 50)
			return false;
		head->size |= (uint64_t)(p[at] & 0x7f) << shift;
		shift += 7;
	}
	if (at >= end || head->size > OBJECT_MAX)
		return false;
	if (head->kind == KIND_OFS_DELTA || head->kind == KIND_REF_DELTA) {
		if (!head_base(packed, offset, &at, head))
			return false;
	} else if (!head->kind || head->kind == 5) {
		return false;
	}
	head->data = at;
	return at < end;
}

static struct stream *stream_slot(struct objects *objects, const unsigned char *at)
{
	return &objects->streams[((uintptr_t)at * 0x9e3779b97f4a7c15u >> 32) & (STREAMS - 1)];
}

static bool entry_inflate(struct objects *objects, struct packed *packed, const struct head *head,
			  void *to)
{
	const unsigned char *at = packed->pack + head->data;
	size_t used;

	if (libdeflate_zlib_decompress_ex(objects->inflate, at, packed->pack_size - 20 - head->data,
					  to, (size_t)head->size, &used, NULL))
		return false;
	*stream_slot(objects, at) = (struct stream){ at, used };
	return true;
}

/* The size of what a delta gives, which stands second in it. */
static bool delta_size(const unsigned char *p, size_t n, size_t *size)
{
	size_t at = 0;

	for (int field = 0; field < 2; field++) {
		unsigned int shift = 0;

		*size = 0;
		do {
			if (at >= n || shift > 56)
				return false;
			*size |= (size_t)(p[at] & 0x7f) << shift;
			shift += 7;
		} while (p[at++] & 0x80);
	}
	return *size <= OBJECT_MAX;
}

/*
 * The deltas of `chain`, last first, upon what `bytes` has. What lies between is freed at once, so
 * that a long chain of a large file goes through the same memory again.
 */
static bool chain_resolve(struct objects *objects, struct packed *packed, struct arena *arena,
			  const struct head *chain, size_t n, struct slice *bytes)
{
	char *between __free(ptr) = NULL;

	while (n--) {
		size_t room = (size_t)chain[n].size, size;
		char *delta __free(ptr) = malloc(room + 1), *next __free(ptr) = NULL;

		if (!delta || !entry_inflate(objects, packed, &chain[n], delta) ||
		    !delta_size((unsigned char *)delta, room, &size))
			return false;

		char *to = n ? next = malloc(size + 1) : arena_bytes(arena, size + 1);

		if (!to || delta_apply(*bytes, (struct slice){ delta, room }, to, size))
			return false;
		to[size] = '\0';
		*bytes = (struct slice){ to, size };
		free(between);
		between = no_free(next);
	}
	return true;
}

static bool packed_read(struct objects *objects, struct packed *packed, struct arena *arena,
			uint64_t offset, git_object_t *type, struct slice *bytes)
{
	struct arena *scratch __free(arena) = NULL;
	struct {
		struct head *items;
		size_t n, cap;
	} chain = { 0 };
	struct head head;

	if (!packed_open(packed) || !head_read(packed, offset, &head))
		return false;
	while (head.base) {
		if (!scratch)
			scratch = arena_new();
		if (chain.n == CHAIN_MAX)
			return false;
		*arena_push(scratch, &chain) = head;
		if (!head_read(packed, head.base, &head))
			return false;
	}

	char *to = arena_bytes(scratch ? scratch : arena, (size_t)head.size + 1);

	if (!entry_inflate(objects, packed, &head, to))
		return false;
	to[head.size] = '\0';
	*bytes = (struct slice){ to, (size_t)head.size };
	*type = (git_object_t)head.kind;
	return !chain.n || chain_resolve(objects, packed, arena, chain.items, chain.n, bytes);
}

static char *loose_path(const struct folder *folder, const git_oid *id, char path[PATH_MAX])
{
	char hex[GIT_OID_HEXSZ + 1];

	git_oid_tostr(hex, sizeof(hex), id);
	if (snprintf(path, PATH_MAX, "%s/%.2s/%s", folder->dir, hex, hex + 2) >= PATH_MAX)
		return NULL;
	return path;
}

/* Whether there is any such folder: most stores have packs only, and need asking once. */
static bool loose_maybe(struct folder *folder, const git_oid *id)
{
	unsigned char *seen = &folder->seen[id->id[0]];

	if (!*seen) {
		char path[PATH_MAX];
		int n = snprintf(path, sizeof(path), "%s/%02x", folder->dir, id->id[0]);

		*seen = n < PATH_MAX && !access(path, F_OK) ? 1 : 2;
	}
	return *seen == 1;
}

/* "blob 12\0" and what follows it. */
static bool loose_split(struct slice all, git_object_t *type, struct slice *bytes)
{
	struct slice rest = all, word, number;
	const char *nul = memchr(all.p, '\0', all.n < 64 ? all.n : 64);
	unsigned long size;

	if (!nul)
		return false;
	rest.n = (size_t)(nul - all.p);
	if (!slice_cut(&rest, ' ', &word) || !slice_cut(&rest, ' ', &number) ||
	    !slice_number(number, OBJECT_MAX, &size) || size != all.n - (size_t)(nul + 1 - all.p))
		return false;
	*type = git_object_string2type(slice_is(word, "blob")	? "blob" :
				       slice_is(word, "tree")	? "tree" :
				       slice_is(word, "commit") ? "commit" :
								  "tag");
	*bytes = slice_skip(all, (size_t)(nul + 1 - all.p));
	return slice_is(word, git_object_type2string(*type));
}

static bool loose_read(struct objects *objects, const char *path, struct arena *arena,
		       git_object_t *type, struct slice *bytes)
{
	struct arena *scratch __free(arena) = arena_new();
	struct slice raw;
	size_t got;

	if (file_read(scratch, path, LOOSE_MAX, &raw) != 1)
		return false;
	/* How large it is stands inside: guess from what text deflates to, and try larger. */
	for (size_t room = raw.n * 5 + 256; room < OBJECT_MAX; room *= 4) {
		char *to = arena_bytes(scratch, room);
		enum libdeflate_result r =
			libdeflate_zlib_decompress(objects->inflate, raw.p, raw.n, to, room, &got);

		if (r == LIBDEFLATE_INSUFFICIENT_SPACE)
			continue;
		if (r || !loose_split((struct slice){ to, got }, type, bytes))
			return false;
		*bytes = slice_copy(arena, *bytes);
		return true;
	}
	return false;
}

bool objects_read(struct objects *objects, struct arena *arena, const git_oid *id,
		  git_object_t *type, struct slice *bytes)
{
	uint64_t offset;
	struct packed *packed = objects_find(objects, id, &offset);
	char path[PATH_MAX];

	if (packed)
		return packed_read(objects, packed, arena, offset, type, bytes);
	for (size_t i = 0; i < objects->nfolders; i++) {
		struct folder *folder = &objects->folders[i];

		if (loose_maybe(folder, id) && loose_path(folder, id, path) &&
		    loose_read(objects, path, arena, type, bytes))
			return true;
	}
	return false;
}

bool objects_stream(struct objects *objects, const git_oid *id, git_object_t *type, size_t *size,
		    struct slice *stream)
{
	uint64_t offset;
	struct packed *packed = objects_find(objects, id, &offset);
	struct head head;

	if (!packed || !packed_open(packed) || !head_read(packed, offset, &head) || head.base)
		return false;

	const struct stream *known = stream_slot(objects, packed->pack + head.data);

	if (known->at != packed->pack + head.data)
		return false;
	*type = (git_object_t)head.kind;
	*size = (size_t)head.size;
	*stream = (struct slice){ (const char *)known->at, known->bytes };
	return true;
}

bool objects_has(struct objects *objects, const git_oid *id)
{
	uint64_t offset;
	struct packed *packed = objects_find(objects, id, &offset);
	char path[PATH_MAX];

	if (packed) {
		if (!packed->fresh && pack_path(packed, path))
			utimensat(AT_FDCWD, path, NULL, 0);
		packed->fresh = true;
		return true;
	}
	for (size_t i = 0; i < objects->nfolders; i++) {
		struct folder *folder = &objects->folders[i];

		if (loose_maybe(folder, id) && loose_path(folder, id, path) &&
		    (!utimensat(AT_FDCWD, path, NULL, 0) || !access(path, F_OK)))
			return true;
	}
	return false;
}

static void folder_packs(struct objects *objects, const struct folder *folder)
{
	char *dir = arena_printf(objects->arena, "%s/pack", folder->dir);
	DIR *d = opendir(dir);

	if (!d)
		return;
	for (struct dirent *e; (e = readdir(d));) {
		struct slice name = slice_of(e->d_name);
		bool known = false;

		if (!slice_starts(name, "pack-") || !slice_ends(name, ".idx"))
			continue;

		char *path = arena_printf(objects->arena, "%s/%s", dir, e->d_name);

		for (size_t i = 0; i < objects->packs.n && !known; i++)
			known = !strcmp(objects->packs.items[i].path, path);
		if (!known)
			arena_push(objects->arena, &objects->packs)->path = path;
	}
	closedir(d);
}

/* `dir` and, depth first, what its info/alternates names. */
static void folder_add(struct objects *objects, const char *dir)
{
	struct slice text, line;

	for (size_t i = 0; i < objects->nfolders; i++) {
		if (!strcmp(objects->folders[i].dir, dir))
			return;
	}
	if (objects->nfolders == ALTERNATES_MAX)
		return;
	objects->folders[objects->nfolders++].dir = arena_strdup(objects->arena, dir);
	if (file_read(objects->arena, arena_printf(objects->arena, "%s/info/alternates", dir),
		      1 << 20, &text) != 1)
		return;
	while (slice_line(&text, &line)) {
		if (!line.n || line.p[0] == '#' || line.p[0] == '"')
			continue; /* a quoted one is left to libgit2 */
		folder_add(objects, line.p[0] == '/' ? slice_str(objects->arena, line) :
						       arena_printf(objects->arena, "%s/" SLICE_FMT,
								    dir, SLICE_ARG(line)));
	}
}

struct objects *objects_open(const char *dir)
{
	struct arena *arena = arena_new();
	struct objects *objects = arena_new_of(arena, struct objects);

	objects->arena = arena;
	objects->inflate = libdeflate_alloc_decompressor();
	if (!objects->inflate)
		abort();
	folder_add(objects, dir);
	objects_refresh(objects);
	return objects;
}

void objects_free(struct objects *objects)
{
	if (!objects)
		return;
	for (size_t i = 0; i < objects->packs.n; i++) {
		struct packed *packed = &objects->packs.items[i];

		if (packed->idx)
			munmap((void *)packed->idx, packed->idx_size);
		if (packed->pack)
			munmap((void *)packed->pack, packed->pack_size);
	}
	libdeflate_free_decompressor(objects->inflate);
	arena_free(objects->arena);
}

void objects_refresh(struct objects *objects)
{
	for (size_t i = 0; i < objects->nfolders; i++) {
		memset(objects->folders[i].seen, 0, sizeof(objects->folders[i].seen));
		folder_packs(objects, &objects->folders[i]);
	}
}
