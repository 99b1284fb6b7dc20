/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "patch/history.h"

#include "base/fail.h"
#include "patch/message.h"
#include "patch/version.h"

DEFINE_FREE(revwalk, git_revwalk *, if (_v) git_revwalk_free(_v))
DEFINE_FREE(commit, git_commit *, if (_v) git_commit_free(_v))

/* Leave out what the branch point has: nothing of a stable branch's own is older than its vX.Y. */
static int hide_branch_point(struct repo *repo, const struct kernel *kernel, git_revwalk *walk)
{
	struct version v;
	char name[64];
	git_oid tag;

	if (!version_parse(slice_of(kernel->name), &v) || v.patch <= 0)
		return 0;
	snprintf(name, sizeof(name), "refs/tags/v%u.%u", v.major, v.minor);

	int r = repo_ref(repo, name, &tag);

	if (r == 1 && git_revwalk_hide(walk, &tag))
		return fail_git("%s: history of %s", repo_path(repo), name);
	return r < 0 ? -1 : 0;
}

static int find_from(struct repo *repo, const struct kernel *kernel, const char *upstream,
		     git_oid *found)
{
	git_revwalk *walk __free(revwalk) = NULL;
	git_oid id;
	int r = 0;

	if (git_revwalk_new(&walk, repo_git(repo)) || git_revwalk_push(walk, &kernel->commit))
		return fail_git("%s: history of %s", repo_path(repo), kernel->name);
	if (hide_branch_point(repo, kernel, walk))
		return -1;
	for (size_t n = 0; n < HISTORY_MAX && !(r = git_revwalk_next(&id, walk)); n++) {
		git_commit *commit __free(commit) = NULL;

		if (git_commit_lookup(&commit, repo_git(repo), &id))
			return fail_git("%s: commit in the history of %s", repo_path(repo),
					kernel->name);
		if (message_names_upstream(slice_of(git_commit_message(commit)), upstream)) {
			*found = id;
			return 1;
		}
	}
	return r && r != GIT_ITEROVER ?
		       fail_git("%s: history of %s", repo_path(repo), kernel->name) :
		       0;
}

int history_whole(struct repo *repo, const struct kernel *kernel)
{
	git_commit *commit __free(commit) = NULL;

	if (git_commit_lookup(&commit, repo_git(repo), &kernel->commit))
		return fail_git("%s: commit of %s", repo_path(repo), kernel->name);
	return git_commit_parentcount(commit) > 0 && !git_repository_is_shallow(repo_git(repo));
}

int history_find(struct repo *repo, const struct kernel *kernel, const char *upstream,
		 git_oid *found)
{
	git_commit *commit __free(commit) = NULL;
	git_oid id;

	if (git_commit_lookup(&commit, repo_git(repo), &kernel->commit))
		return fail_git("%s: commit of %s", repo_path(repo), kernel->name);
	if (!git_commit_parentcount(commit))
		return 0;
	/* The upstream commit itself, where the clone has it: then ancestry decides. */
	if (!git_oid_fromstr(&id, upstream)) {
		git_commit *itself __free(commit) = NULL;

		if (!git_commit_lookup(&itself, repo_git(repo), &id)) {
			int r = git_oid_equal(&id, &kernel->commit) ?
					1 :
					git_graph_descendant_of(repo_git(repo), &kernel->commit,
								&id);

			if (r == 1)
				*found = id;
			if (r == 1)
				return 1;
		}
	}
	/* A shallow clone ends where its history does; what is cut off is not looked at. */
	if (git_repository_is_shallow(repo_git(repo)))
		return 0;
	return find_from(repo, kernel, upstream, found);
}
