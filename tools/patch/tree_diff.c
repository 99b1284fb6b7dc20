/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "patch/tree_diff.h"

#include "base/fail.h"

DEFINE_FREE(tree, git_tree *, git_tree_free(_v))
DEFINE_FREE(git_diff, git_diff *, git_diff_free(_v))

static void take_delta(struct arena *arena, const git_diff_delta *delta, struct filediff *file)
{
	static const enum change changes[] = {
		[GIT_DELTA_ADDED] = CHANGE_ADD,
		[GIT_DELTA_DELETED] = CHANGE_DELETE,
		[GIT_DELTA_RENAMED] = CHANGE_RENAME,
	};

	if (delta->status < ARRAY_SIZE(changes))
		file->change = changes[delta->status];
	file->old_mode = delta->old_file.mode;
	file->new_mode = delta->new_file.mode;
	if (file->change != CHANGE_ADD)
		file->old_path = arena_strdup(arena, delta->old_file.path);
	if (file->change != CHANGE_DELETE)
		file->new_path = arena_strdup(arena, delta->new_file.path);
	git_oid_tostr(file->old_id, sizeof(file->old_id), &delta->old_file.id);
	git_oid_tostr(file->new_id, sizeof(file->new_id), &delta->new_file.id);
}

static int take_file(struct arena *arena, struct repo *repo, const git_diff_delta *delta,
		     struct filediff *file)
{
	struct slice old = { 0 }, new = { 0 };

	take_delta(arena, delta, file);
	if (file->change != CHANGE_ADD && repo_blob(repo, arena, &delta->old_file.id, &old) != 1)
		return fail_in("%s", delta->old_file.path);
	if (file->change != CHANGE_DELETE && repo_blob(repo, arena, &delta->new_file.id, &new) != 1)
		return fail_in("%s", delta->new_file.path);
	if ((old.n && memchr(old.p, '\0', old.n)) || (new.n &&memchr(new.p, '\0', new.n))) {
		file->binary = true;
		return 0;
	}
	return diff_texts(arena, old, new, 3, file);
}

int tree_diff(struct arena *arena, struct repo *repo, const git_oid *before, const git_oid *after,
	      struct diff *diff)
{
	git_tree *old __free(tree) = NULL, *new __free(tree) = NULL;
	git_diff *deltas __free(git_diff) = NULL;
	git_diff_find_options find;

	*diff = (struct diff){ 0 };
	git_diff_find_options_init(&find, GIT_DIFF_FIND_OPTIONS_VERSION);
	find.flags = GIT_DIFF_FIND_RENAMES;
	if (git_tree_lookup(&old, repo_git(repo), before) ||
	    git_tree_lookup(&new, repo_git(repo), after) ||
	    git_diff_tree_to_tree(&deltas, repo_git(repo), old, new, NULL) ||
	    git_diff_find_similar(deltas, &find))
		return fail_git("cannot compare two trees");
	for (size_t i = 0; i < git_diff_num_deltas(deltas); i++)
		if (take_file(arena, repo, git_diff_get_delta(deltas, i), arena_push(arena, diff)))
			return -1;
	return 0;
}
