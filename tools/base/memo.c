/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/memo.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fail.h"
#include "base/file.h"

#define ENTRY_MAX ((size_t)64 * 1024 * 1024)

struct entry {
	const char *name;
	struct timespec used;
};

void memo_key_init(struct memo_key *key)
{
	sha256_init(&key->hash);
}

void memo_key_add(struct memo_key *key, struct slice piece)
{
	uint64_t n = piece.n;

	sha256_update(&key->hash, sizeof(n), (const uint8_t *)&n);
	sha256_update(&key->hash, piece.n, (const uint8_t *)piece.p);
}

char *memo_dir(struct arena *arena, const char *kind)
{
	char *cache = file_cache_dir(arena);

	return cache ? arena_printf(arena, "%s/memo/%s", cache, kind) : NULL;
}

static char *entry_path(struct arena *arena, const char *dir, const struct memo_key *key)
{
	struct sha256_ctx hash = key->hash; /* the digest ends the one it is taken of */
	uint8_t digest[SHA256_DIGEST_SIZE];
	char hex[2 * SHA256_DIGEST_SIZE + 1];

	sha256_digest(&hash, sizeof(digest), digest);
	for (size_t i = 0; i < sizeof(digest); i++)
		snprintf(hex + 2 * i, 3, "%02x", digest[i]);
	return arena_printf(arena, "%s/%s", dir, hex);
}

static void digest_of(struct slice text, uint8_t digest[SHA256_DIGEST_SIZE])
{
	struct sha256_ctx hash;

	sha256_init(&hash);
	sha256_update(&hash, text.n, (const uint8_t *)text.p);
	sha256_digest(&hash, SHA256_DIGEST_SIZE, digest);
}

bool memo_get(struct arena *arena, const char *dir, const struct memo_key *key,
	      struct slice *answer)
{
	uint8_t digest[SHA256_DIGEST_SIZE];
	struct slice text;
	char *path;

	if (!dir)
		return false;
	path = entry_path(arena, dir, key);
	if (file_read(arena, path, ENTRY_MAX, &text) != 1 || text.n < sizeof(digest))
		return false;
	*answer = slice_skip(text, sizeof(digest));
	digest_of(*answer, digest);
	if (memcmp(digest, text.p, sizeof(digest)) != 0) {
		unlink(path);
		return false;
	}
	utimensat(AT_FDCWD, path, NULL, 0);
	return true;
}

static int used_cmp(const void *a, const void *b)
{
	const struct timespec *x = &((const struct entry *)a)->used;
	const struct timespec *y = &((const struct entry *)b)->used;

	if (x->tv_sec != y->tv_sec)
		return x->tv_sec < y->tv_sec ? -1 : 1;
	return (x->tv_nsec > y->tv_nsec) - (x->tv_nsec < y->tv_nsec);
}

/* Leave three quarters when there are too many, so that this is rare. */
static void prune(struct arena *arena, const char *dir)
{
	struct file_names names = { 0 };
	struct entry *entries;

	if (file_list(arena, dir, &names) != 1 || names.n <= MEMO_ENTRIES)
		return;
	entries = arena_alloc(arena, names.n * sizeof(*entries));
	for (size_t i = 0; i < names.n; i++) {
		struct stat st = { 0 };

		entries[i].name = arena_printf(arena, "%s/%s", dir, names.items[i]);
		if (!stat(entries[i].name, &st))
			entries[i].used = st.st_mtim;
	}
	qsort(entries, names.n, sizeof(*entries), used_cmp);
	for (size_t i = 0; i + MEMO_ENTRIES * 3 / 4 < names.n; i++)
		unlink(entries[i].name);
}

void memo_put(const char *dir, const struct memo_key *key, struct slice answer)
{
	struct arena *scratch __free(arena) = arena_new();
	struct text text __free_text = TEXT_INIT;
	uint8_t digest[SHA256_DIGEST_SIZE];

	if (!dir || answer.n > ENTRY_MAX - sizeof(digest))
		return;
	digest_of(answer, digest);
	text_add(&text, digest, sizeof(digest));
	text_add_slice(&text, answer);
	if (file_make_dirs(dir) ||
	    file_write(entry_path(scratch, dir, key), text_slice(&text), 0644))
		fail_clear();
	else
		prune(scratch, dir);
}
