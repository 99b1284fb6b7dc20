/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The objects are read and deflated again rather than handed to git's own pack-objects and
 * index-pack: those leave a temporary pack in the store when they are killed, or need both
 * repositories on one file system. It costs about 15 CPU seconds for a whole kernel, next to
 * nothing for one that is near what the store has.
 */
#include "kernel/treecopy.h"

#include "base/fail.h"
#include "patch/diff.h"

#define STEP 512 /* objects between two looks at progress */
#define BYTES_MAX                                                                                  \
	((size_t)128                                                                               \
	 << 20)	      /* of one object, which is held in memory; a kernel's have 25 MB at most */
#define DEPTH_MAX 256 /* a kernel has a dozen; a hostile one would end our stack */

struct copying {
	git_odb *from, *to;
	struct packfile *packfile;
	const struct progress *progress;
	const char *what;
	size_t objects;
	unsigned int depth;
};

static bool is_there(const struct copying *copying, const git_oid *id)
{
	return packfile_has(copying->packfile, id) ||
	       git_odb_exists_ext(copying->to, id, GIT_ODB_LOOKUP_NO_REFRESH);
}

/* A few bytes in a remote's pack may be gigabytes of zeros. */
static int read_object(struct copying *copying, const git_oid *id, git_odb_object **object)
{
	git_object_t type;
	size_t bytes;

	if (git_odb_read_header(&bytes, &type, copying->from, id) < 0)
		return fail_git("cannot read object %s", git_oid_tostr_s(id));
	if (bytes > BYTES_MAX)
		return fail_as(FAIL_POLICY, "refusing a file of %zu MiB (%s)", bytes >> 20,
			       git_oid_tostr_s(id));
	return git_odb_read(object, copying->from, id) < 0 ?
		       fail_git("cannot read object %s", git_oid_tostr_s(id)) :
		       0;
}

static int copy_tree(struct copying *copying, const git_oid *id);

static int copy_entry(struct copying *copying, unsigned int mode, const git_oid *id)
{
	git_odb_object *object = NULL;
	struct slice bytes;
	int failed;

	if (mode == GIT_FILEMODE_COMMIT || is_there(copying, id))
		return 0;
	if (mode == GIT_FILEMODE_TREE) {
		if (copying->depth == DEPTH_MAX)
			return fail_as(FAIL_POLICY,
				       "refusing a tree of more than %d folders in each other",
				       DEPTH_MAX);
		copying->depth++;
		failed = copy_tree(copying, id);
		copying->depth--;
		return failed;
	}
	if (read_object(copying, id, &object))
		return -1;
	bytes = (struct slice){ git_odb_object_data(object), git_odb_object_size(object) };
	failed = packfile_add(copying->packfile, git_odb_object_type(object), bytes, id);
	git_odb_object_free(object);
	if (!failed && ++copying->objects % STEP == 0 &&
	    !progress_step(copying->progress, copying->what, copying->objects, 0, "objects"))
		return fail_as(FAIL_INTERRUPTED, "stopped; the store is as it was");
	return failed;
}

/* "..", ".git": nobody is to find that in the store, which may be a user's own clone. */
static bool name_ok(struct slice name)
{
	return diff_path_ok(name) && !memchr(name.p, '/', name.n);
}

/*
 * The entries first: whatever has a tree has what is in it. "MODE NAME\0" and an id of 20 bytes,
 * each.
 */
static int copy_entries(struct copying *copying, struct slice tree)
{
	while (tree.n) {
		const char *nul = memchr(tree.p, '\0', tree.n);
		const char *space = memchr(tree.p, ' ', nul ? (size_t)(nul - tree.p) : 0);
		unsigned int mode = (unsigned int)strtoul(tree.p, NULL, 8);
		git_oid id;

		if (!nul || !space || tree.n - (size_t)(nul + 1 - tree.p) < GIT_OID_RAWSZ)
			return fail("a tree is damaged");
		if (!name_ok((struct slice){ space + 1, (size_t)(nul - space - 1) }))
			return fail_as(FAIL_POLICY,
				       "refusing a tree with a file that git would not check out");
		memcpy(id.id, nul + 1, GIT_OID_RAWSZ);
		if (copy_entry(copying, mode, &id))
			return -1;
		tree = slice_skip(tree, (size_t)(nul + 1 - tree.p) + GIT_OID_RAWSZ);
	}
	return 0;
}

static int copy_tree(struct copying *copying, const git_oid *id)
{
	git_odb_object *object = NULL;
	struct slice bytes;
	int failed;

	if (read_object(copying, id, &object))
		return -1;
	bytes = (struct slice){ git_odb_object_data(object), git_odb_object_size(object) };
	if (git_odb_object_type(object) != GIT_OBJECT_TREE)
		failed = fail("object %s is no tree", git_oid_tostr_s(id));
	else
		failed = copy_entries(copying, bytes) ||
			 packfile_add(copying->packfile, GIT_OBJECT_TREE, bytes, id);
	git_odb_object_free(object);
	return failed ? -1 : 0;
}

int treecopy(git_repository *from, git_repository *to, const git_oid *tree,
	     struct packfile *packfile, const struct progress *progress, const char *what)
{
	struct copying copying = { .packfile = packfile, .progress = progress, .what = what };
	int failed;

	if (git_repository_odb(&copying.from, from) < 0)
		return fail_git("cannot read %s", git_repository_path(from));
	if (git_repository_odb(&copying.to, to) < 0 || git_odb_refresh(copying.to) < 0)
		failed = fail_git("cannot read %s", git_repository_path(to));
	else
		failed = copy_entry(&copying, GIT_FILEMODE_TREE, tree);
	git_odb_free(copying.from);
	git_odb_free(copying.to);
	return failed;
}
