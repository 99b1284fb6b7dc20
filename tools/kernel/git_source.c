/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Kernels of a git remote and of a local clone, by tag.
 *
 * A remote is fetched by git itself (it has the transports and the user's credentials) into a
 * scratch repository, one tag at depth 1, and the tree is copied from there: a shallow fetch into
 * the store would make a user's own clone shallow. The history is not taken: the commit in the
 * store has no parents and names the one it came from.
 */
#define _GNU_SOURCE
#include "kernel/fetch.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/file.h>

#include "base/child.h"
#include "base/fail.h"
#include "base/file.h"
#include "kernel/intake.h"
#include "kernel/treecopy.h"

/* One that cannot be reached must not hold up the sources behind it. */
#define ANSWER_SECONDS 15
#define FETCH_MINUTES 60
#define PACK_LEVEL 1

/* ---- from a repository on this machine ---- */

static int fail_interrupted(void)
{
	return fail_as(FAIL_INTERRUPTED, "stopped; the store is as it was");
}

/* The newest kernel of `kernels` that would do; NULL: none. */
static const struct kernel *newest_wanted(const struct kernels *kernels, const struct version *want,
					  struct version *version)
{
	for (size_t i = kernels->n; i-- > 0;) {
		if (!version_parse(slice_of(kernels->items[i].name), version))
			continue;
		if (intake_wanted(version, want) && (!version->rc || (want && want->rc)))
			return &kernels->items[i];
	}
	return NULL;
}

static int check_makefile(struct arena *arena, struct repo *other, const struct kernel *kernel,
			  const struct version *version)
{
	struct slice makefile;
	struct version says;
	int got = repo_read(other, arena, &kernel->tree, "Makefile", &makefile);

	if (got < 0)
		return -1;
	if (!got)
		return fail_as(FAIL_USAGE, "%s is no kernel: there is no Makefile in it",
			       kernel->name);
	if (intake_version(makefile, &says))
		return fail_in("%s", kernel->name);
	if (version_cmp(&says, version))
		return fail_as(FAIL_USAGE, "the Makefile of %s says %s", kernel->name,
			       version_name(arena, &says));
	return 0;
}

static int copy_kernel(struct arena *arena, const struct source_ask *ask, struct repo *other,
		       const struct kernel *kernel, struct fetch_answer *answer)
{
	struct packfile *packfile __free(packfile) = packfile_new(repo_git(ask->repo), PACK_LEVEL);
	struct intake_ask intake = { .name = kernel->name,
				     .tree = kernel->tree,
				     .from = answer->from };
	git_commit *commit = NULL;

	if (!packfile)
		return -1;
	if (!git_commit_lookup(&commit, repo_git(other), &kernel->commit))
		intake.date = git_commit_time(commit);
	git_commit_free(commit);
	intake.detail = arena_printf(arena, "Commit: %s\n", git_oid_tostr_s(&kernel->commit));
	if (treecopy(repo_git(other), repo_git(ask->repo), &kernel->tree, packfile, ask->progress,
		     arena_printf(arena, "taking in %s", kernel->name)))
		return fail_in("%s", repo_path(other));
	answer->objects = packfile_objects(packfile) + 1;
	if (intake_commit(ask->repo, arena, packfile, &intake, &answer->kernel))
		return -1;
	answer->bytes = packfile_bytes(packfile);
	return 0;
}

static int take_from(struct arena *arena, const struct source_ask *ask, struct repo *other,
		     const char *from, struct fetch_answer *answer)
{
	struct kernels kernels = { 0 };
	const struct kernel *kernel;
	struct version version;
	int known;

	if (repo_kernels(other, arena, &kernels))
		return -1;
	kernel = newest_wanted(&kernels, ask->want, &version);
	if (!kernel)
		return fail("it has no tag for %s", ask->name);
	known = intake_known(ask->repo, arena, kernel->name, &answer->kernel, &answer->from);
	answer->had = known > 0;
	if (known)
		return known < 0 ? -1 : 0;
	if (check_makefile(arena, other, kernel, &version))
		return -1;
	answer->from = arena_strdup(arena, from);
	return copy_kernel(arena, ask, other, kernel, answer);
}

int clone_source(struct arena *arena, const struct source_ask *ask, struct fetch_answer *answer)
{
	struct repo *other __free(repo) = NULL;

	if (repo_open(ask->value, &other))
		return -1;
	return take_from(arena, ask, other, arena_printf(arena, "clone %s", ask->value), answer);
}

/* ---- from a remote ---- */

static int run_git(struct arena *arena, const char *const *argv, unsigned int seconds,
		   struct child_answer *got)
{
	static const char *const env[] = {
		"LC_ALL=C",
		"GIT_TERMINAL_PROMPT=0",
		"GIT_SSH_COMMAND=ssh -o BatchMode=yes -o ConnectTimeout=10",
		"GIT_HTTP_LOW_SPEED_LIMIT=1000",
		"GIT_HTTP_LOW_SPEED_TIME=60",
		NULL,
	};
	struct child_ask ask = { .argv = argv, .setenv = env, .deadline_ms = seconds * 1000 };
	struct slice rest, line, last = { "", 0 };

	if (child_run(arena, &ask, got))
		return -1;
	if (got->timed_out)
		return fail("no answer within %u seconds", seconds);
	if (!got->status)
		return 0;
	for (rest = got->err; slice_line(&rest, &line);)
		if (slice_starts(line, "fatal: ") || !last.n)
			last = slice_trim(line);
	if (slice_starts(last, "fatal: "))
		last = slice_skip(last, strlen("fatal: "));
	return fail(SLICE_FMT, SLICE_ARG(last.n ? last : SLICE("git gave no reason")));
}

/* The newest tag of the remote that would do: 1, 0, -1. */
static int choose_tag(struct arena *arena, const struct source_ask *ask, struct version *best)
{
	const char *pattern = arena_printf(arena, "refs/tags/%s*", version_name(arena, ask->want));
	const char *const argv[] = { "git", "ls-remote", "--refs", "--quiet",
				     "--",  ask->value,	 pattern,  NULL };
	struct child_answer got;
	struct slice line, id;
	bool found = false;

	if (run_git(arena, argv, ANSWER_SECONDS, &got))
		return -1;
	while (slice_line(&got.out, &line)) {
		struct version version;

		slice_cut(&line, '\t', &id);
		if (!slice_starts(line, "refs/tags/") ||
		    !version_parse(slice_skip(line, strlen("refs/tags/")), &version) ||
		    !intake_wanted(&version, ask->want) || (version.rc && !ask->want->rc))
			continue;
		if (!found || version_cmp(&version, best) > 0)
			*best = version;
		found = true;
	}
	return found;
}

static int fetch_tag(struct arena *arena, const struct source_ask *ask, const char *tag,
		     const char *scratch)
{
	const char *const init[] = { "git", "init", "--quiet", "--bare", scratch, NULL };
	const char *git_dir = arena_printf(arena, "--git-dir=%s", scratch);
	const char *spec = arena_printf(arena, "refs/tags/%s:refs/tags/%s", tag, tag);
	const char *const fetch[] = { "git",	  git_dir,   "-c", "gc.auto=0", "fetch",
				      "--quiet",  "--depth", "1",  "--no-tags", "--",
				      ask->value, spec,	     NULL };
	struct child_answer got;

	if (run_git(arena, init, ANSWER_SECONDS, &got))
		return -1;
	if (!progress_step(ask->progress,
			   arena_printf(arena, "fetching %s from %s", tag, ask->value), 0, 0,
			   "objects"))
		return fail_interrupted();
	return run_git(arena, fetch, FETCH_MINUTES * 60, &got);
}

static int take_scratch(struct arena *arena, const struct source_ask *ask, const char *tag,
			const char *scratch, struct fetch_answer *answer)
{
	struct repo *other __free(repo) = NULL;

	if (fetch_tag(arena, ask, tag, scratch) || repo_open(scratch, &other))
		return -1;
	return take_from(arena, ask, other, arena_printf(arena, "git %s", ask->value), answer);
}

/*
 * The scratch repository is one per cache folder: what a killed fetch left is removed by the next.
 */
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

int git_source(struct arena *arena, const struct source_ask *ask, struct fetch_answer *answer)
{
	char *scratch = arena_printf(arena, "%s/scratch.git", ask->cache);
	int lock __free(fd) = -1;
	struct version best;
	const char *tag;
	int got;

	if (!ask->want)
		return fail_as(FAIL_USAGE, "say which version, such as v6.12");
	if (!child_exists("git"))
		return fail("install git to fetch from %s", ask->value);
	got = choose_tag(arena, ask, &best);
	if (got <= 0)
		return got < 0 ? -1 : fail("it has no tag for %s", ask->name);
	tag = version_name(arena, &best);
	got = intake_known(ask->repo, arena, tag, &answer->kernel, &answer->from);
	answer->had = got > 0;
	if (got)
		return got < 0 ? -1 : 0;
	if (file_make_dirs(ask->cache))
		return -1;
	lock = lock_scratch(arena, scratch);
	if (lock < 0 || file_remove_tree(scratch))
		return -1;
	got = take_scratch(arena, ask, tag, scratch, answer);
	file_remove_tree(scratch);
	return got;
}
