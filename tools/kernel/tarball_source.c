/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A tarball by path or by URL. Its hash is looked for beside it: FILE.sha256, or a line for it in
 * sha256sums.asc or SHA256SUMS (kernel.org has the former in each folder). A URL is fetched by curl
 * or wget, which know the user's proxies, into the cache folder; what was cut off goes on from
 * where it was.
 */
#include "kernel/fetch.h"

#include <sys/stat.h>

#include "base/child.h"
#include "base/fail.h"
#include "base/file.h"
#include "kernel/tarball.h"

#define SUMS_MAX ((size_t)16 << 20)
#define DOWNLOAD_MINUTES 60

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static bool is_sha256(struct slice s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!strchr("0123456789abcdefABCDEF", s.p[i]))
			return false;
	return s.n == 64;
}

/* "HASH  NAME" or "HASH *NAME"; in a file for this one tarball the hash may stand alone. */
static char *hash_in(struct arena *arena, struct slice sums, const char *name, bool alone)
{
	struct slice line;

	while (slice_line(&sums, &line)) {
		struct slice hash = { line.p, line.n < 64 ? line.n : 64 };
		struct slice rest = slice_trim(slice_skip(line, hash.n));

		if (!is_sha256(hash))
			continue;
		if (slice_starts(rest, "*"))
			rest = slice_skip(rest, 1);
		if (slice_is(slice_of(base_name(slice_str(arena, rest))), name) ||
		    (alone && !rest.n))
			return slice_str(arena, hash);
	}
	return NULL;
}

/* NULL: no hash is known. */
static int hash_beside(struct arena *arena, const char *path, char **hash)
{
	static const char *const lists[] = { "sha256sums.asc", "SHA256SUMS" };
	const char *name = base_name(path);
	int dir = (int)(name - path);
	struct slice sums;
	int got = file_read(arena, arena_printf(arena, "%s.sha256", path), SUMS_MAX, &sums);

	*hash = NULL;
	if (got > 0 && !(*hash = hash_in(arena, sums, name, true)))
		return fail_as(FAIL_USAGE, "%s.sha256: there is no hash for %s in it", path, name);
	for (size_t i = 0; i < ARRAY_SIZE(lists) && got >= 0 && !*hash; i++) {
		got = file_read(arena, arena_printf(arena, "%.*s%s", dir, path, lists[i]), SUMS_MAX,
				&sums);
		if (got > 0)
			*hash = hash_in(arena, sums, name, false);
	}
	return got < 0 ? -1 : 0;
}

static int take_file(struct arena *arena, const struct source_ask *ask, const char *path,
		     const char *hash, struct fetch_answer *answer)
{
	struct tarball_answer taken;
	struct tarball_ask tarball = {
		.repo = ask->repo,
		.path = path,
		.from = arena_printf(arena, "tarball %s", base_name(path)),
		.sha256 = hash,
		.want = ask->want,
		.title = ask->want ? ask->name : NULL,
		.progress = ask->progress,
	};

	if (tarball_take(arena, &tarball, &taken))
		return -1;
	*answer = (struct fetch_answer){
		.kernel = taken.kernel,
		.from = taken.had ? taken.had_from : arena_strdup(arena, tarball.from),
		.had = taken.had,
		.unverified = !taken.had && !hash,
		.objects = taken.objects,
		.bytes = taken.bytes,
	};
	return 0;
}

/* ---- from the network ---- */

/*
 * Run curl or wget, whichever there is. The URL is theirs to judge; it cannot be taken for an
 * option.
 */
static int download(struct arena *arena, const struct source_ask *ask, const char *url,
		    const char *path)
{
	const char *const curl[] = { "curl", "-fsSL",	"--connect-timeout",
				     "15",   "--retry", "2",
				     "-C",   "-",	"-o",
				     path,   "--",	url,
				     NULL };
	const char *const wget[] = { "wget", "-nv", "--timeout=30", "--tries=3", "-c",
				     "-O",   path,  "--",	    url,	 NULL };
	bool has_curl = child_exists("curl");
	struct child_ask child = { .argv = has_curl ? curl : wget,
				   .deadline_ms = DOWNLOAD_MINUTES * 60000u };
	struct child_answer got;
	struct slice line, rest, last = SLICE("it gave no reason");

	if (!has_curl && !child_exists("wget"))
		return fail("to fetch %s, install curl", url);
	if (!progress_step(ask->progress, arena_printf(arena, "downloading %s", base_name(url)), 0,
			   0, "B"))
		return fail_as(FAIL_INTERRUPTED, "stopped; the store is as it was");
	if (child_run(arena, &child, &got))
		return -1;
	if (!got.status)
		return 0;
	for (rest = got.err; slice_line(&rest, &line);)
		if (!slice_blank(line))
			last = slice_trim(line);
	return fail("cannot fetch %s: " SLICE_FMT, url, SLICE_ARG(last));
}

/*
 * What the server says the hash is: sha256sums.asc in the same folder, where there is such a file.
 */
static char *hash_of_url(struct arena *arena, const struct source_ask *ask, const char *url,
			 const char *dir)
{
	char *sums_url =
		arena_printf(arena, "%.*ssha256sums.asc", (int)(base_name(url) - url), url);
	char *path = arena_printf(arena, "%s/sha256sums.asc", dir);
	struct slice sums;
	char *hash = NULL;

	unlink(path);
	if (!download(arena, ask, sums_url, path) && file_read(arena, path, SUMS_MAX, &sums) > 0)
		hash = hash_in(arena, sums, base_name(url), false);
	unlink(path);
	fail_clear();
	return hash;
}

static int take_url(struct arena *arena, const struct source_ask *ask, struct fetch_answer *answer)
{
	const char *url = ask->value, *name = base_name(url);
	char *dir = arena_printf(arena, "%s/download", ask->cache);
	char *part = arena_printf(arena, "%s/%s.part", dir, name);
	char *path = arena_printf(arena, "%s/%s", dir, name);
	const char *hash;
	int got;

	if (strncmp(url, "https://", 8) && strncmp(url, "http://", 7) && strncmp(url, "file://", 7))
		return fail_as(FAIL_USAGE, "%s: only https, http and file are fetched", url);
	if (!*name || strchr(name, '?') || *name == '.')
		return fail_as(FAIL_USAGE, "%s does not end in a file's name", url);
	if (file_make_dirs(dir))
		return -1;
	if (file_kind(path) != 2) {
		if (download(arena, ask, url, part))
			return -1;
		if (rename(part, path))
			return fail_errno("cannot name %s", path);
	}
	hash = hash_of_url(arena, ask, url, dir);
	got = take_file(arena, ask, path, hash, answer);
	/* Kept when we were only stopped; a damaged one is fetched anew. */
	if (!got || fail_kind() != FAIL_INTERRUPTED)
		unlink(path);
	return got;
}

int tarball_source(struct arena *arena, const struct source_ask *ask, struct fetch_answer *answer)
{
	char *hash;

	if (strstr(ask->value, "://"))
		return take_url(arena, ask, answer);
	if (hash_beside(arena, ask->value, &hash))
		return -1;
	return take_file(arena, ask, ask->value, hash, answer);
}
