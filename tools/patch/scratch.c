/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "patch/scratch.h"

#include "base/fail.h"
#include "base/file.h"

#define SHALLOW_MAX ((size_t)64 << 20)

DEFINE_FREE(git_repository, git_repository *, if (_v) git_repository_free(_v))
DEFINE_FREE(iterator, git_reference_iterator *, if (_v) git_reference_iterator_free(_v))

/* Each ref with its id, as git's packed-refs has them. */
static int list_refs(const struct repo *store, struct text *out)
{
	git_reference_iterator *iterator __free(iterator) = NULL;
	git_reference *ref;
	int r;

	if (git_reference_iterator_new(&iterator, repo_git(store)))
		return fail_git("%s: its refs", repo_path(store));
	while (!(r = git_reference_next(&ref, iterator))) {
		/* A symbolic one (a remote's HEAD) stands for another that is in the list. */
		if (git_reference_type(ref) == GIT_REFERENCE_DIRECT)
			text_addf(out, "%s %s\n", git_oid_tostr_s(git_reference_target(ref)),
				  git_reference_name(ref));
		git_reference_free(ref);
	}
	return r == GIT_ITEROVER ? 0 : fail_git("%s: its refs", repo_path(store));
}

static int fill(struct arena *arena, const struct repo *store, const char *dir)
{
	const char *common = git_repository_commondir(repo_git(store));
	git_repository *made __free(git_repository) = NULL;
	struct text refs __free_text = TEXT_INIT;
	struct slice shallow;
	int r;

	if (git_repository_init(&made, dir, true))
		return fail_git("cannot make a scratch store in %s", dir);
	if (list_refs(store, &refs) ||
	    file_write(arena_printf(arena, "%s/packed-refs", dir), text_slice(&refs), 0600) ||
	    file_write(arena_printf(arena, "%s/objects/info/alternates", dir),
		       slice_of(arena_printf(arena, "%sobjects\n", common)), 0600))
		return -1;
	/* What a shallow clone lacks on purpose. */
	r = file_read(arena, arena_printf(arena, "%sshallow", common), SHALLOW_MAX, &shallow);
	if (r == 1 && file_write(arena_printf(arena, "%s/shallow", dir), shallow, 0600))
		return -1;
	return r < 0 ? -1 : 0;
}

int scratch_open(struct arena *arena, const struct repo *store, char **dir, struct repo **repo)
{
	if (file_temp_dir(arena, "series-scratch", dir))
		return -1;
	if (!fill(arena, store, *dir) && !repo_open(*dir, repo))
		return 0;
	file_remove_tree(*dir);
	*dir = NULL;
	return -1;
}
