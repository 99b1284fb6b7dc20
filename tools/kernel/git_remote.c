/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The history is not taken: the commit in the store has no parents and names
 * the one it came from. So git would have nothing to tell the remote that we
 * have, and each tip would come whole, 250 MB of it. But the store has the
 * trees of those that came before: their commits are kept in the cache folder
 * (commits/HEX, a kilobyte each), and put into the scratch repository, which
 * borrows the store's objects; then only what differs is sent.
 */
#define _GNU_SOURCE
#include "kernel/git_remote.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "base/child.h"
#include "base/clock.h"
#include "base/fail.h"
#include "base/file.h"
#include "base/shown.h"
#include "kernel/intake.h"

#include "kernel/treecopy.h"

/* One that cannot be reached must not hold up the sources behind it. */
#define ANSWER_SECONDS 15
#define FETCH_MINUTES 60
#define SILENT_MINUTES 10 /* without a byte */
#define TICK_MS 500
#define PACK_LEVEL 1
#define COMMIT_MAX ((size_t)1 << 20)
#define HAVES_MAX 32 /* commits of earlier tips that the remote is told of */
#define SKEW_SECONDS (24 * 60 * 60)
#define TIP_REF "refs/fetched/tip"

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
		   struct slice input, struct moving *moving, struct child_answer *got)
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
				 .input = input,
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

static int need_git(const char *url)
{
	if (check_url(url))
		return -1;
	return child_exists("git") ? 0 : fail("install git to fetch from %s", url);
}

/* ---- what it has ---- */

static bool parse_id(struct slice hex, git_oid *id)
{
	return hex.n == GIT_OID_HEXSZ && !git_oid_fromstrn(id, hex.p, hex.n);
}

static int ref_cmp(const void *a, const void *b)
{
	return strcmp(((const struct remote_ref *)a)->name, ((const struct remote_ref *)b)->name);
}

const struct remote_ref *remote_find(const struct remote_refs *refs, const char *name)
{
	struct remote_ref like = { .name = (char *)name };

	return refs->n ? bsearch(&like, refs->items, refs->n, sizeof(like), ref_cmp) : NULL;
}

/* "ID\trefs/tags/v6.1.188", and "...^{}" behind it where that is a tag object.
 */
static void add_ref(struct arena *arena, struct remote_refs *refs, const git_oid *id,
		    struct slice name)
{
	struct remote_ref *last = refs->n ? &refs->items[refs->n - 1] : NULL;
	bool peeled = slice_ends(name, "^{}");
	char *str;
	int valid;

	name.n -= peeled ? 3 : 0;
	str = slice_str(arena, name);
	if (peeled) {
		if (last && !strcmp(last->name, str))
			last->commit = *id;
		return;
	}
	if (!slice_starts(name, "refs/") || strlen(str) != name.n ||
	    git_reference_name_is_valid(&valid, str) || !valid)
		return;
	*arena_push(arena, refs) = (struct remote_ref){ str, *id, *id };
}

int remote_list(struct arena *arena, const char *url, const char *const *patterns, size_t n,
		struct remote_refs *refs)
{
	struct {
		const char **items;
		size_t n, cap;
	} argv = { 0 };
	const char *const head[] = { "git", "ls-remote", "--quiet", "--heads", "--tags", "--", url };
	struct child_answer got;
	struct slice line, id;

	*refs = (struct remote_refs){ 0 };
	if (need_git(url))
		return -1;
	for (size_t i = 0; i < ARRAY_SIZE(head); i++)
		*arena_push(arena, &argv) = head[i];
	for (size_t i = 0; i < n; i++)
		*arena_push(arena, &argv) = patterns[i];
	*arena_push(arena, &argv) = NULL;
	if (run_git(arena, argv.items, ANSWER_SECONDS, SLICE(""), NULL, &got))
		return -1;
	while (slice_line(&got.out, &line)) {
		git_oid oid;

		if (slice_cut(&line, '\t', &id) && parse_id(id, &oid))
			add_ref(arena, refs, &oid, line);
	}
	if (refs->n)
		qsort(refs->items, refs->n, sizeof(*refs->items), ref_cmp);
	return 0;
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
static void keep_commit(struct arena *arena, const char *cache, git_repository *git,
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
	       parse_id((struct slice){ commit.p + strlen("tree "), GIT_OID_HEXSZ }, &tree) &&
	       git_odb_exists(odb, &tree);
}

/*
 * Tell git what the store has: as commits cut off from their history, with refs to them; `only` that one, or all (NULL).
 * Whatever is wrong with one, it is left out.
 */
static int add_haves(struct arena *arena, const struct remote_ask *ask, const char *scratch,
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
	if (git_repository_open_bare(&git, scratch) || git_repository_odb(&odb, git))
		failed = fail_git("cannot open %s", scratch);
	for (size_t i = 0; i < kepts.n && !failed; i++) {
		git_reference *ref = NULL;
		struct slice bytes;
		git_oid want, id;

		if (!parse_id(slice_of(kepts.items[i].hex), &want) ||
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
		failed = file_write(arena_printf(arena, "%s/shallow", scratch),
				    text_slice(&shallow), 0666);
	git_odb_free(odb);
	git_repository_free(git);
	fail_clear();
	return failed;
}

/* Borrow the store's objects. */
static int add_alternates(struct arena *arena, const struct remote_ask *ask, const char *scratch,
			  const git_oid *only)
{
	char *objects =
		arena_printf(arena, "%sobjects\n", git_repository_commondir(repo_git(ask->repo)));

	/* Such a path cannot be said there. */
	if (*objects != '/' || strchr(objects, '\n')[1])
		return 0;
	if (file_write(arena_printf(arena, "%s/objects/info/alternates", scratch),
		       slice_of(objects), 0666))
		return -1;
	return add_haves(arena, ask, scratch, only);
}

static int open_scratch(struct arena *arena, const struct remote_ask *ask, const char *scratch,
			const git_oid *only, int *lock)
{
	const char *const init[] = { "git",	    "init", "--quiet", "--bare",
				     "--template=", "--",   scratch,   NULL };
	struct child_answer got;
	int valid;

	if (need_git(ask->url))
		return -1;
	if (!slice_starts(slice_of(ask->ref), "refs/") ||
	    git_reference_name_is_valid(&valid, ask->ref) || !valid)
		return fail_as(FAIL_USAGE, "'%s' is no name of a ref", ask->ref);
	if (file_make_dirs(ask->cache))
		return -1;
	*lock = lock_scratch(arena, scratch);
	if (*lock < 0 || file_remove_tree(scratch) ||
	    run_git(arena, init, ANSWER_SECONDS, SLICE(""), NULL, &got) ||
	    file_make_dirs(arena_printf(arena, "%s/objects/info", scratch)))
		return -1;
	return ask->repo ? add_alternates(arena, ask, scratch, only) : 0;
}

static int fetch_ref(struct arena *arena, const struct remote_ask *ask, const char *scratch,
		     const char *depth, const char *filter)
{
	const char *const argv[] = {
		"git",
		arena_printf(arena, "--git-dir=%s", scratch),
		"-c",
		"gc.auto=0",
		"-c",
		"maintenance.auto=false",
		"fetch",
		"--quiet",
		"--no-tags",
		"--no-write-fetch-head",
		arena_printf(arena, "--depth=%s", depth),
		filter ? arena_printf(arena, "--filter=%s", filter) : "--no-filter",
		"--",
		ask->url,
		arena_printf(arena, "+%s:" TIP_REF, ask->ref),
		NULL,
	};
	struct moving moving = {
		.progress = ask->progress,
		.what = arena_printf(arena, "fetching %s from %s", ask->ref, ask->url),
		.scratch = arena_printf(arena, "%s/objects/pack", scratch),
	};
	struct child_answer got;

	if (!progress_step(ask->progress, moving.what, 0, 0, "B"))
		return fail_interrupted();
	return run_git(arena, argv, FETCH_MINUTES * 60, SLICE(""), &moving, &got);
}

/* ---- a tip ---- */

static int read_tip(struct arena *arena, const struct remote_ask *ask, struct remote_tip *tip)
{
	struct kernel kernel;
	struct slice makefile;
	git_commit *commit = NULL;
	int r;

	if (repo_open(tip->path, &tip->scratch))
		return -1;
	if (repo_ref(tip->scratch, TIP_REF, &tip->id) != 1 ||
	    repo_kernel(tip->scratch, arena, TIP_REF, &kernel) != 1)
		return fail_as(FAIL_USAGE, "%s is no commit", ask->ref);
	tip->commit = kernel.commit;
	tip->tree = kernel.tree;
	if (!git_commit_lookup(&commit, repo_git(tip->scratch), &tip->commit))
		tip->date = git_commit_time(commit);
	git_commit_free(commit);
	r = repo_read(tip->scratch, arena, &tip->tree, "Makefile", &makefile);
	if (r < 0)
		return -1;
	if (!r)
		return fail_as(FAIL_USAGE, "%s is no kernel: there is no Makefile in it", ask->ref);
	return intake_version(makefile, &tip->version) ? fail_in("%s", ask->ref) : 0;
}

int remote_fetch(struct arena *arena, const struct remote_ask *ask, struct remote_tip *tip)
{
	*tip = REMOTE_TIP_INIT;
	tip->path = arena_printf(arena, "%s/scratch.git", ask->cache);
	if (open_scratch(arena, ask, tip->path, NULL, &tip->lock) ||
	    fetch_ref(arena, ask, tip->path, "1", NULL))
		return -1;
	return read_tip(arena, ask, tip);
}

void remote_tip_release(struct remote_tip *tip)
{
	repo_free(tip->scratch);
	if (tip->lock >= 0) {
		file_remove_tree(tip->path);
		close(tip->lock);
	}
	*tip = REMOTE_TIP_INIT;
}

int kernel_copy(struct arena *arena, struct repo *store, struct repo *other,
		const struct kernel *kernel, const char *from, const struct progress *progress,
		struct fetch_answer *answer)
{
	struct packfile *packfile __free(packfile) = packfile_new(repo_git(store), PACK_LEVEL);
	struct intake_ask intake = { .name = kernel->name, .tree = kernel->tree, .from = from };
	git_commit *commit = NULL;

	if (!packfile)
		return -1;
	if (!git_commit_lookup(&commit, repo_git(other), &kernel->commit))
		intake.date = git_commit_time(commit);
	git_commit_free(commit);
	intake.detail = arena_printf(arena, "Commit: %s\n", git_oid_tostr_s(&kernel->commit));
	if (treecopy(repo_git(other), repo_git(store), &kernel->tree, packfile, progress,
		     arena_printf(arena, "taking in %s", kernel->name)))
		return fail_in("%s", repo_path(other));
	answer->objects = packfile_objects(packfile) + 1;
	if (intake_commit(store, arena, packfile, &intake, &answer->kernel))
		return -1;
	answer->bytes = packfile_bytes(packfile);
	answer->from = arena_strdup(arena, from);
	return 0;
}

int remote_take(struct arena *arena, const struct remote_ask *ask, const struct remote_tip *tip,
		const char *name, const char *from, struct fetch_answer *answer)
{
	struct kernel kernel = { .name = (char *)name, .commit = tip->commit, .tree = tip->tree };

	if (kernel_copy(arena, ask->repo, tip->scratch, &kernel, from, ask->progress, answer))
		return -1;
	keep_commit(arena, ask->cache, repo_git(tip->scratch), &tip->commit);
	return 0;
}

/* ---- how a branch went on ---- */

/* Commits that were fetched without their parents: is the newest of them from
 * before `date`? None: yes. */
static bool reaches_back(struct arena *arena, const char *scratch, git_repository *git,
			 const struct remote_past *past)
{
	struct slice rest, line;
	git_oid id;

	if (file_read(arena, arena_printf(arena, "%s/shallow", scratch), (size_t)64 << 20, &rest) <=
	    0)
		return true;
	while (slice_line(&rest, &line)) {
		git_commit *commit = NULL;
		bool before;

		/* The old one stands there because we said that we have it. */
		if (!parse_id(line, &id) || git_oid_equal(&id, &past->commit) ||
		    git_commit_lookup(&commit, git, &id))
			continue;
		before = git_commit_time(commit) < past->date - SKEW_SECONDS;
		git_commit_free(commit);
		if (!before)
			return false;
	}
	return true;
}

static int judge_step(struct arena *arena, const char *scratch, const struct remote_past *past,
		      enum remote_step *step)
{
	const char *const argv[] = { "git", arena_printf(arena, "--git-dir=%s", scratch),
				     "rev-list", TIP_REF, NULL };
	const char *hex = arena_strdup(arena, git_oid_tostr_s(&past->commit));
	git_repository *git = NULL;
	struct child_answer got;
	struct slice line;

	if (run_git(arena, argv, ANSWER_SECONDS, SLICE(""), NULL, &got))
		return -1;
	while (slice_line(&got.out, &line))
		if (slice_is(line, hex)) {
			*step = STEP_AHEAD;
			return 0;
		}
	if (git_repository_open_bare(&git, scratch))
		return fail_git("cannot open %s", scratch);
	*step = reaches_back(arena, scratch, git, past) ? STEP_REWRITTEN : STEP_FAR;
	git_repository_free(git);
	return 0;
}

int remote_step(struct arena *arena, const struct remote_ask *ask, const struct remote_past *past,
		enum remote_step *step)
{
	char *scratch = arena_printf(arena, "%s/scratch.git", ask->cache);
	char depth[16];
	int lock __free(fd) = -1, failed;

	snprintf(depth, sizeof(depth), "%u", past->depth);
	failed = open_scratch(arena, ask, scratch, &past->commit, &lock) ||
		 fetch_ref(arena, ask, scratch, depth, "tree:0") ||
		 judge_step(arena, scratch, past, step);
	if (lock >= 0)
		file_remove_tree(scratch);
	return failed ? -1 : 0;
}
