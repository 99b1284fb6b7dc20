/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include "kernel/git_scratch.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/fail.h"
#include "base/file.h"
#include "base/shown.h"

#define FETCH_MINUTES 60
#define SILENT_MINUTES 10 /* without a byte */
#define TICK_MS 500
#define COMMIT_MAX ((size_t)1 << 20)
#define HAVES_MAX 32 /* commits of earlier tips that the remote is told of */

/* ---- git ---- */

static int fail_interrupted(void)
{
	return fail_as(FAIL_INTERRUPTED, "stopped; the store is as it was");
}

static int check_url(const char *url)
{
	if (!*url || *url == '-')
		return fail_as(FAIL_USAGE, "'%s' is no address of a git remote", url);
	for (const char *p = url; *p; p++)
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			return fail_as(FAIL_USAGE,
				       "a git remote's address has no control characters");
	/* git would start programs for some of its transports. */
	if (strstr(url, "::"))
		return fail_as(FAIL_POLICY, "refusing the git transport of '%s'", url);
	return 0;
}

/* A fetch that is watched: does it still move? */
struct moving {
	const struct progress *progress;
	const char *what, *scratch;
	uint64_t bytes;
	double since; /* it has had that many */
	bool silent;
};

static uint64_t bytes_in(const char *dir)
{
	struct arena *arena __free(arena) = arena_new();
	struct file_names names;
	uint64_t bytes = 0;

	if (file_list(arena, dir, &names) <= 0)
		return 0;
	for (size_t i = 0; i < names.n; i++) {
		struct stat st;

		if (!stat(arena_printf(arena, "%s/%s", dir, names.items[i]), &st))
			bytes += (uint64_t)st.st_size;
	}
	return bytes;
}

static bool still_moving(void *data)
{
	struct moving *moving = data;
	uint64_t bytes = bytes_in(moving->scratch);

	if (bytes != moving->bytes || !moving->since) {
		moving->bytes = bytes;
		moving->since = clock_seconds();
	}
	moving->silent = clock_seconds() - moving->since > SILENT_MINUTES * 60;
	return !moving->silent && progress_step(moving->progress, moving->what, bytes, 0, "B");
}

/* git's first word on it; of a transport's own program, what that said. */
static char *why_of(struct arena *arena, struct slice said)
{
	struct slice line, before = { "", 0 };

	while (slice_line(&said, &line)) {
		line = slice_trim(line);
		if (slice_starts(line, "fatal: ")) {
			line = slice_skip(line, strlen("fatal: "));
			/* Who calls us says what was asked. */
			if (slice_starts(line, "unable to access '") &&
			    slice_find(line, SLICE("': ")) > 0)
				line = slice_skip(line, (size_t)slice_find(line, SLICE("': ")) + 3);

			if (slice_starts(line, "Could not read from remote") && before.n)
				line = before;
			return text_shown(arena, slice_str(arena, line));
		}
		before = line.n ? line : before;
	}
	return before.n ? text_shown(arena, slice_str(arena, before)) :
			  arena_strdup(arena, "git gave no reason");
}

static int run_git(struct arena *arena, const char *const *argv, unsigned int seconds,
		   struct moving *moving, struct child_answer *got)
{
	static const char *const env[] = {
		"LC_ALL=C",
		"GIT_TERMINAL_PROMPT=0",
		"GIT_SSH_COMMAND=ssh -o BatchMode=yes -o ConnectTimeout=10",
		"GIT_HTTP_LOW_SPEED_LIMIT=1000",
		"GIT_HTTP_LOW_SPEED_TIME=60",
		"GIT_NO_LAZY_FETCH=1",
		NULL,
	};
	struct child_ask ask = { .argv = argv,
				 .setenv = env,
				 .deadline_ms = seconds * 1000,
				 .on_tick = moving ? still_moving : NULL,
				 .tick_ms = TICK_MS,
				 .data = moving };

	if (child_run(arena, &ask, got))
		return -1;
	if (got->stopped && moving->silent)
		return fail("nothing came for %u minutes", SILENT_MINUTES);
	if (got->stopped)
		return fail_interrupted();
	if (got->timed_out)
		return fail("no answer within %u seconds", seconds);
	if (got->truncated)
		return fail("the answer is longer than any");
	if (!got->status)
		return 0;
	return fail("%s", why_of(arena, got->err));
}

int git_check(const char *url)
{
	if (check_url(url))
		return -1;
	return child_exists("git") ? 0 : fail("install git to fetch what is there");
}

int git_run(struct arena *arena, const char *const *argv, unsigned int seconds,
	    struct child_answer *got)
{
	return run_git(arena, argv, seconds, NULL, got);
}

bool git_id(struct slice hex, git_oid *id)
{
	return hex.n == GIT_OID_HEXSZ && !git_oid_fromstrn(id, hex.p, hex.n);
}

/* ---- the scratch repository ---- */

/* One per cache folder: what a killed fetch left is removed by the next. */
static int lock_scratch(struct arena *arena, const char *scratch)
{
	int lock =
		open(arena_printf(arena, "%s.lock", scratch), O_RDWR | O_CREAT | O_CLOEXEC, 0666);

	if (lock < 0)
		return fail_errno("cannot lock %s", scratch);
	if (flock(lock, LOCK_EX | LOCK_NB)) {
		int busy = errno == EWOULDBLOCK;

		close(lock);
		return busy ? fail_as(FAIL_BUSY, "another series fetch is using %s", scratch) :
			      fail_errno("cannot lock %s", scratch);
	}
	return lock;
}

static char *commits_dir(struct arena *arena, const char *cache)
{
	return arena_printf(arena, "%s/commits", cache);
}

/* Its bytes for the next fetch; without them that only takes longer. */
void git_scratch_keep(struct arena *arena, const char *cache, git_repository *git,
		      const git_oid *commit)
{
	char *dir = commits_dir(arena, cache);
	git_odb *odb = NULL;
	git_odb_object *object = NULL;

	if (!git_repository_odb(&odb, git) && !git_odb_read(&object, odb, commit) &&
	    git_odb_object_size(object) <= COMMIT_MAX && !file_make_dirs(dir))
		file_write(arena_printf(arena, "%s/%s", dir, git_oid_tostr_s(commit)),
			   (struct slice){ git_odb_object_data(object),
					   git_odb_object_size(object) },
			   0666);
	git_odb_object_free(object);
	git_odb_free(odb);
	fail_clear();
}

/* The newest files last; what is beyond HAVES_MAX goes. */
struct kept {
	char *path, *hex;
	int64_t time;
};
struct kepts {
	struct kept *items;
	size_t n, cap;
};

static int kept_cmp(const void *a, const void *b)
{
	const struct kept *ka = a, *kb = b;

	return ka->time != kb->time ? (ka->time > kb->time) - (ka->time < kb->time) :
				      strcmp(ka->hex, kb->hex);
}

static void list_kept(struct arena *arena, const char *cache, struct kepts *kepts)
{
	char *dir = commits_dir(arena, cache);
	struct file_names names = { 0 };

	if (file_list(arena, dir, &names) <= 0)
		return;
	for (size_t i = 0; i < names.n; i++) {
		char *path = arena_printf(arena, "%s/%s", dir, names.items[i]);
		struct stat st;

		if (strlen(names.items[i]) == GIT_OID_HEXSZ && !stat(path, &st))
			*arena_push(arena, kepts) =
				(struct kept){ path, names.items[i], (int64_t)st.st_mtime };
	}
	if (kepts->n)
		qsort(kepts->items, kepts->n, sizeof(*kepts->items), kept_cmp);
	for (; kepts->n > HAVES_MAX; kepts->n--, kepts->items++)
		unlink(kepts->items[0].path);
}

/* Is the tree that a commit names in the store? */
static bool has_tree(git_odb *odb, struct slice commit)
{
	git_oid tree;

	return slice_starts(commit, "tree ") && commit.n > strlen("tree ") + GIT_OID_HEXSZ &&
	       git_id((struct slice){ commit.p + strlen("tree "), GIT_OID_HEXSZ }, &tree) &&
	       git_odb_exists(odb, &tree);
}

/*
 * Tell git what the store has: as commits cut off from their history, with refs to them; `only` that one, or all (NULL).
 * Whatever is wrong with one, it is left out.
 */
static int add_haves(struct arena *arena, const struct remote_ask *ask, struct git_scratch *scratch,
		     const git_oid *only)
{
	struct text shallow __free_text = TEXT_INIT;
	struct kepts kepts = { 0 };
	git_repository *git = NULL;
	git_odb *odb = NULL;
	int failed = 0;

	list_kept(arena, ask->cache, &kepts);
	if (!kepts.n)
		return 0;
	if (git_repository_open_bare(&git, scratch->path) || git_repository_odb(&odb, git))
		failed = fail_git("cannot open %s", scratch->path);
	for (size_t i = 0; i < kepts.n && !failed; i++) {
		git_reference *ref = NULL;
		struct slice bytes;
		git_oid want, id;

		if (!git_id(slice_of(kepts.items[i].hex), &want) ||
		    (only && !git_oid_equal(&want, only)) ||
		    file_read(arena, kepts.items[i].path, COMMIT_MAX, &bytes) <= 0 ||
		    git_odb_hash(&id, bytes.p, bytes.n, GIT_OBJECT_COMMIT) ||
		    !git_oid_equal(&id, &want) || !has_tree(odb, bytes) ||
		    git_odb_write(&id, odb, bytes.p, bytes.n, GIT_OBJECT_COMMIT) ||
		    git_reference_create(&ref, git,
					 arena_printf(arena, "refs/have/%s", kepts.items[i].hex),
					 &id, true, NULL))
			continue;
		git_reference_free(ref);
		text_addf(&shallow, "%s\n", kepts.items[i].hex);
	}
	if (!failed && shallow.len)
		failed = file_write(arena_printf(arena, "%s/shallow", scratch->path),
				    text_slice(&shallow), 0666);
	git_odb_free(odb);
	git_repository_free(git);
	if (!failed)
		fail_clear();
	scratch->told = shallow.len > 0;
	return failed;
}

/* Borrow the store's objects. */
static int add_alternates(struct arena *arena, const struct remote_ask *ask,
			  struct git_scratch *scratch, const git_oid *only)
{
	char *objects =
		arena_printf(arena, "%sobjects\n", git_repository_commondir(repo_git(ask->repo)));

	/* Such a path cannot be said there. */
	if (*objects != '/' || strchr(objects, '\n')[1])
		return 0;
	if (file_write(arena_printf(arena, "%s/objects/info/alternates", scratch->path),
		       slice_of(objects), 0666))
		return -1;
	return add_haves(arena, ask, scratch, only);
}

int git_scratch_open(struct arena *arena, const struct remote_ask *ask, const git_oid *only,
		     bool borrow, struct git_scratch *scratch)
{
	struct child_answer got;
	int valid;

	*scratch = GIT_SCRATCH_INIT;
	scratch->path = arena_printf(arena, "%s/scratch.git", ask->cache);

	const char *const init[] = { "git",	    "init", "--quiet",	   "--bare",
				     "--template=", "--",   scratch->path, NULL };

	if (git_check(ask->url))
		return -1;
	if (!slice_starts(slice_of(ask->ref), "refs/") ||
	    git_reference_name_is_valid(&valid, ask->ref) || !valid)
		return fail_as(FAIL_USAGE, "'%s' is no name of a ref", ask->ref);
	if (file_make_dirs(ask->cache))
		return -1;
	scratch->lock = lock_scratch(arena, scratch->path);
	if (scratch->lock < 0 || file_remove_tree(scratch->path) ||
	    git_run(arena, init, ANSWER_SECONDS, &got) ||
	    file_make_dirs(arena_printf(arena, "%s/objects/info", scratch->path)))
		return -1;
	return ask->repo && borrow ? add_alternates(arena, ask, scratch, only) : 0;
}

void git_scratch_release(struct git_scratch *scratch)
{
	if (scratch->lock >= 0) {
		file_remove_tree(scratch->path);
		close(scratch->lock);
	}
	*scratch = GIT_SCRATCH_INIT;
}

void git_scratch_forget(struct arena *arena, const char *cache)
{
	file_remove_tree(commits_dir(arena, cache));
}

int git_scratch_fetch(struct arena *arena, const struct remote_ask *ask,
		      const struct git_scratch *scratch, unsigned int depth, const char *filter)
{
	const char *const argv[] = {
		"git",
		arena_printf(arena, "--git-dir=%s", scratch->path),
		"-c",
		"gc.auto=0",
		"-c",
		"maintenance.auto=false",
		"-c",
		"fetch.unpackLimit=1",
		"fetch",
		"--quiet",
		"--no-tags",
		"--no-write-fetch-head",
		arena_printf(arena, "--depth=%u", depth),
		filter ? arena_printf(arena, "--filter=%s", filter) : "--no-filter",
		"--",
		ask->url,
		arena_printf(arena, "+%s:" TIP_REF, ask->ref),
		NULL,
	};
	struct moving moving = {
		.progress = ask->progress,
		.what = arena_printf(arena, "fetching %s from %s", ask->ref,
				     url_shown(arena, ask->url)),
		.scratch = arena_printf(arena, "%s/objects/pack", scratch->path),
	};
	struct child_answer got;

	if (!progress_step(ask->progress, moving.what, 0, 0, "B"))
		return fail_interrupted();
	return run_git(arena, argv, FETCH_MINUTES * 60, &moving, &got);
}
