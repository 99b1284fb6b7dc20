/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include "kernel/git_remote.h"

#include "base/fail.h"
#include "base/file.h"
#include "kernel/git_scratch.h"
#include "kernel/intake.h"
#include "kernel/treecopy.h"

#define PACK_LEVEL 1
#define MAKEFILE_MAX ((size_t)4 << 20)
#define SKEW_SECONDS (24 * 60 * 60)

/* ---- what it has ---- */

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

void remote_refs_read(struct arena *arena, struct slice text, struct remote_refs *refs)
{
	struct slice line, hex;
	git_oid id;

	*refs = (struct remote_refs){ 0 };
	while (slice_line(&text, &line))
		if (slice_cut(&line, '\t', &hex) && git_id(hex, &id))
			add_ref(arena, refs, &id, line);
	if (refs->n)
		qsort(refs->items, refs->n, sizeof(*refs->items), ref_cmp);
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

	*refs = (struct remote_refs){ 0 };
	if (git_check(url))
		return -1;
	for (size_t i = 0; i < ARRAY_SIZE(head); i++)
		*arena_push(arena, &argv) = head[i];
	for (size_t i = 0; i < n; i++)
		*arena_push(arena, &argv) = patterns[i];
	*arena_push(arena, &argv) = NULL;
	if (git_run(arena, argv.items, ANSWER_SECONDS, &got))
		return -1;
	remote_refs_read(arena, got.out, refs);
	return 0;
}

/* ---- a tip ---- */

/* 1, 0: there is none, -1. */
static int read_makefile(struct arena *arena, const struct remote_tip *tip, struct slice *makefile)
{
	struct repo_entry entry;
	git_odb *odb = NULL;
	git_object_t type;
	size_t bytes = 0;
	int r = repo_entry(tip->scratch, &tip->tree, "Makefile", &entry);

	if (r <= 0)
		return r;
	/* A few bytes in a remote's pack may be gigabytes of zeros. What cannot be looked at so fails below. */
	if (!git_repository_odb(&odb, repo_git(tip->scratch)))
		git_odb_read_header(&bytes, &type, odb, &entry.id);
	git_odb_free(odb);
	if (bytes > MAKEFILE_MAX)
		return fail_as(FAIL_USAGE, "its Makefile has %zu MiB", bytes >> 20);
	return repo_read(tip->scratch, arena, &tip->tree, "Makefile", makefile);
}

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
	r = read_makefile(arena, tip, &makefile);
	if (r < 0)
		return fail_in("%s", ask->ref);
	if (!r)
		return fail_as(FAIL_USAGE, "%s is no kernel: there is no Makefile in it", ask->ref);
	return intake_version(makefile, &tip->version) ? fail_in("%s", ask->ref) : 0;
}

/* Something that we said to have is not all there: git says it in one of many ways. */
static bool is_damage(void)
{
	static const char *const words[] = { "unresolved", "missing",	     "did not",
					     "bad object", "unable to read", "cannot read",
					     "invalid",	   "corrupt",	     "damaged" };

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (fail_kind() == FAIL_INFRA && strstr(fail_message(), words[i]))
			return true;
	return false;
}

int remote_fetch(struct arena *arena, const struct remote_ask *ask, struct remote_tip *tip)
{
	__free_git_scratch struct git_scratch scratch = GIT_SCRATCH_INIT;
	bool again = false;

	*tip = REMOTE_TIP_INIT;
	if (git_scratch_open(arena, ask, NULL, true, &scratch))
		return -1;
	if (git_scratch_fetch(arena, ask, &scratch, 1, NULL)) {
		again = scratch.told && is_damage();
		if (!again)
			return -1;
	}
	if (again) {
		git_scratch_forget(arena, ask->cache);
		git_scratch_release(&scratch);
		if (git_scratch_open(arena, ask, NULL, false, &scratch) ||
		    git_scratch_fetch(arena, ask, &scratch, 1, NULL))
			return -1;
	}
	tip->path = scratch.path;
	tip->lock = scratch.lock;
	scratch.lock = -1;
	return read_tip(arena, ask, tip);
}

void remote_tip_release(struct remote_tip *tip)
{
	struct git_scratch scratch = { .path = tip->path, .lock = tip->lock };

	repo_free(tip->scratch);
	git_scratch_release(&scratch);
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

	if (kernel_copy(arena, ask->repo, tip->scratch, &kernel, from, ask->progress, answer)) {
		/* The next time all comes, and mends it. */
		if (is_damage())
			git_scratch_forget(arena, ask->cache);
		return -1;
	}
	git_scratch_keep(arena, ask->cache, repo_git(tip->scratch), &tip->commit);
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
		if (!git_id(line, &id) || git_oid_equal(&id, &past->commit) ||
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

	if (git_run(arena, argv, ANSWER_SECONDS, &got))
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
	__free_git_scratch struct git_scratch scratch = GIT_SCRATCH_INIT;

	return git_scratch_open(arena, ask, &past->commit, true, &scratch) ||
			       git_scratch_fetch(arena, ask, &scratch, past->depth, "tree:0") ||
			       judge_step(arena, scratch.path, past, step) ?
		       -1 :
		       0;
}
