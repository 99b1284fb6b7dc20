/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Refs of the store: which kernels it has, and the refs under refs/series/ that we move.
 *
 * A clone of linux-stable has thousands of tags: names are compared first, and only the one that
 * is asked for is read.
 */
#include <assert.h>
#include <stdlib.h>

#include "base/fail.h"
#include "patch/repo_part.h"
#include "patch/version.h"

#define KERNEL_REFS "refs/series/kernel/"
#define TIP_REFS "refs/series/tip/"
#define TAG_REFS "refs/tags/"

static void iterator_free(git_reference_iterator *iterator)
{
	git_reference_iterator_free(iterator);
}
DEFINE_FREE(iterator, git_reference_iterator *, iterator_free(_v))
DEFINE_FREE(object, git_object *, git_object_free(_v))
DEFINE_FREE(reference, git_reference *, git_reference_free(_v))
DEFINE_FREE(signature, git_signature *, git_signature_free(_v))
DEFINE_FREE(transaction, git_transaction *, git_transaction_free(_v))

/* A ref whose name says that it is a kernel. */
struct candidate {
	struct version version;
	char *ref;
	bool ours; /* refs/series/kernel/: stands before a tag of the same version */
};
struct candidates {
	struct candidate *items;
	size_t n, cap;
};

static int kernel_from_ref(struct repo *repo, struct arena *arena, const char *ref,
			   struct kernel *kernel)
{
	git_oid id;
	int r = repo_ref(repo, ref, &id);

	if (r <= 0)
		return r;
	kernel->ref = arena_strdup(arena, ref);
	/* 2.6.11's tag names a tree: no kernel to commit on. */
	r = repo_commit(repo, &id, &kernel->commit, &kernel->tree);
	return r < 0 ? fail_in("%s", ref) : r;
}

/* Refs that match `glob` and whose last part is a version (of `branch`, where it is given). */
static int candidates_add(struct repo *repo, struct arena *arena, const char *glob,
			  const struct version *branch, struct candidates *candidates)
{
	git_reference_iterator *iterator __free(iterator) = NULL;
	bool ours = slice_starts(slice_of(glob), KERNEL_REFS);
	size_t skip = strlen(ours ? KERNEL_REFS : TAG_REFS);
	const char *name;
	int e;

	if (git_reference_iterator_glob_new(&iterator, repo_git(repo), glob) < 0)
		return fail_git("cannot list the refs of %s", repo_path(repo));
	while (!(e = git_reference_next_name(&name, iterator))) {
		struct version version;

		if (strlen(name) <= skip || name[skip] != 'v' ||
		    !version_parse_plain(slice_of(name + skip), &version) ||
		    (branch && (version.major != branch->major || version.minor != branch->minor)))
			continue; /* version_in() would leave out release candidates */

		struct candidate *c = arena_push(arena, candidates);

		c->version = version;
		c->ref = arena_strdup(arena, name);
		c->ours = ours;
	}
	return e == GIT_ITEROVER ? 0 : fail_git("cannot list the refs of %s", repo_path(repo));
}

static int candidate_cmp(const void *pa, const void *pb)
{
	const struct candidate *a = pa, *b = pb;
	int c = version_cmp(&a->version, &b->version);

	return c ? c : (int)a->ours - (int)b->ours;
}

static void candidates_sort(struct candidates *candidates)
{
	if (candidates->n)
		qsort(candidates->items, candidates->n, sizeof(*candidates->items), candidate_cmp);
}

int repo_kernels(struct repo *repo, struct arena *arena, struct kernels *kernels)
{
	struct candidates all = { 0 };

	*kernels = (struct kernels){ 0 };
	if (candidates_add(repo, arena, KERNEL_REFS "v*", NULL, &all) ||
	    candidates_add(repo, arena, TAG_REFS "v*", NULL, &all))
		return -1;
	candidates_sort(&all);
	for (size_t i = 0; i < all.n; i++) {
		struct kernel kernel = { 0 };

		if (i + 1 < all.n && !version_cmp(&all.items[i].version, &all.items[i + 1].version))
			continue; /* ours comes behind */

		int r = kernel_from_ref(repo, arena, all.items[i].ref, &kernel);

		if (r < 0)
			return -1;
		if (!r)
			continue;
		kernel.name = version_name(arena, &all.items[i].version);
		kernel.asked = kernel.name;
		*arena_push(arena, kernels) = kernel;
	}
	return 0;
}

/* That version exactly. */
static int kernel_version(struct repo *repo, struct arena *arena, const struct version *version,
			  struct kernel *kernel)
{
	const char *name = version_name(arena, version);
	int r = kernel_from_ref(repo, arena, arena_printf(arena, KERNEL_REFS "%s", name), kernel);

	if (!r)
		r = kernel_from_ref(repo, arena, arena_printf(arena, TAG_REFS "%s", name), kernel);
	if (r > 0)
		kernel->name = arena_strdup(arena, name);
	return r;
}

/* The newest release of a branch; a release candidate where there is no release. */
static int kernel_newest(struct repo *repo, struct arena *arena, const struct version *branch,
			 struct kernel *kernel)
{
	struct candidates all = { 0 };
	char *name = version_name(arena, branch);

	if (candidates_add(repo, arena, arena_printf(arena, KERNEL_REFS "%s*", name), branch,
			   &all) ||
	    candidates_add(repo, arena, arena_printf(arena, TAG_REFS "%s*", name), branch, &all))
		return -1;
	candidates_sort(&all);
	for (int rc = 0; rc < 2; rc++) {
		for (size_t i = all.n; i-- > 0;) {
			const struct candidate *c = &all.items[i];

			if (!!c->version.rc != rc)
				continue;

			int r = kernel_from_ref(repo, arena, c->ref, kernel);

			if (r > 0)
				kernel->name = version_name(arena, &c->version);
			if (r)
				return r;
		}
	}
	return 0;
}

/* What git itself would take `name` for. */
static int kernel_revision(struct repo *repo, struct arena *arena, const char *name,
			   struct kernel *kernel)
{
	git_reference *ref __free(reference) = NULL;
	git_object *object __free(object) = NULL;
	int e = git_revparse_ext(&object, &ref, repo_git(repo), name);

	if (e == GIT_ENOTFOUND || e == GIT_EINVALIDSPEC || e == GIT_EPEEL)
		return 0;
	if (e == GIT_EAMBIGUOUS)
		return fail_as(FAIL_USAGE, "%s is ambiguous in %s", name, repo_path(repo));
	if (e < 0)
		return fail_git("cannot look up %s in %s", name, repo_path(repo));
	kernel->ref = ref ? arena_strdup(arena, git_reference_name(ref)) : NULL;
	kernel->name = arena_strdup(arena, name);

	int r = repo_commit(repo, git_object_id(object), &kernel->commit, &kernel->tree);

	return r < 0 ? fail_in("%s", name) : r;
}

int repo_kernel(struct repo *repo, struct arena *arena, const char *name, struct kernel *kernel)
{
	struct version version;
	int r = 0;

	*kernel = (struct kernel){ .asked = arena_strdup(arena, name) };
	if (version_is_tip(slice_of(name))) {
		r = kernel_from_ref(repo, arena, arena_printf(arena, TIP_REFS "%s", name), kernel);
		kernel->name = r > 0 ? arena_strdup(arena, name) : NULL;
	} else if (version_parse(slice_of(name), &version)) {
		if (version.patch < 0 && !version.rc)
			r = kernel_newest(repo, arena, &version, kernel);
		else
			r = kernel_version(repo, arena, &version, kernel);
	}
	return r ? r : kernel_revision(repo, arena, name, kernel);
}

int repo_ref(struct repo *repo, const char *name, git_oid *id)
{
	int e = git_reference_name_to_id(id, repo_git(repo), name);

	if (e == GIT_ENOTFOUND)
		return 0;
	return e < 0 ? fail_git("cannot read %s of %s", name, repo_path(repo)) : 1;
}

static int move_lock(struct repo *repo, git_transaction *transaction, const struct ref_move *move,
		     const git_signature *who, const char *message)
{
	git_oid id = { { 0 } };
	int e = git_transaction_lock_ref(transaction, move->name);

	if (e == GIT_ELOCKED)
		return fail_as(FAIL_BUSY,
			       "%s of %s is locked by another process (or %s.lock "
			       "was left by a killed one)",
			       move->name, repo_path(repo), move->name);
	if (e < 0)
		return fail_git("cannot lock %s of %s", move->name, repo_path(repo));
	if (repo_ref(repo, move->name, &id) < 0)
		return -1;
	if (!git_oid_equal(&id, &move->was))
		return fail_as(FAIL_BUSY, "%s of %s was moved by someone else meanwhile",
			       move->name, repo_path(repo));
	e = git_oid_is_zero(&move->now) ?
		    (git_oid_is_zero(&move->was) ?
			     0 :
			     git_transaction_remove(transaction, move->name)) :
		    git_transaction_set_target(transaction, move->name, &move->now, who, message);
	return e < 0 ? fail_git("cannot set %s of %s", move->name, repo_path(repo)) : 0;
}

int repo_move_refs(struct repo *repo, const struct ref_move *moves, size_t n, const char *message)
{
	git_transaction *transaction __free(transaction) = NULL;
	git_signature *who __free(signature) = NULL;

	if (!n)
		return 0;
	/* For reflogs, where the user has them for all refs; asked for once. */
	if (git_signature_default(&who, repo_git(repo)) < 0 &&
	    git_signature_now(&who, "series", "series@localhost") < 0)
		return fail_git("cannot move refs of %s", repo_path(repo));
	if (git_transaction_new(&transaction, repo_git(repo)) < 0)
		return fail_git("cannot lock refs of %s", repo_path(repo));
	for (size_t i = 0; i < n; i++) {
		assert(slice_starts(slice_of(moves[i].name), "refs/series/"));
		if (move_lock(repo, transaction, &moves[i], who, message))
			return -1;
	}
	if (git_transaction_commit(transaction) < 0)
		return fail_git("cannot move refs of %s", repo_path(repo));
	return 0;
}
