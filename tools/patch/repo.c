/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "patch/repo.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fail.h"
#include "base/file.h"
#include "patch/objects.h"
#include "patch/repo_part.h"
#include "patch/tree.h"

#define TAGS_MAX 16		     /* tags of tags */
#define TREES_MAX ((size_t)64 << 20) /* bytes of folders kept in memory */

/* A folder that was read once: kernels share most of theirs, and paths of one patch all of them. */
struct kept_tree {
	git_oid id;
	struct slice bytes; /* p NULL: a free slot */
};

struct repo {
	git_repository *git;
	git_odb *odb; /* NULL until it is needed: most reads are objects' */
	struct objects *objects;
	struct arena *arena;
	char *path;
	struct kept_tree *trees; /* open addressing, a power of two */
	size_t ntrees, slots, tree_bytes;
	git_oid root_of, root; /* the last commit asked for, with its tree */
};

/*
 * What a user's clone may have switched on, and what does not change how objects and refs are read
 * or added. libgit2 refuses a repository with any it was not told of.
 */
static const char *const extensions[] = { "worktreeconfig", "partialclone", "preciousobjects",
					  "relativeworktrees" };

/* A repository to look at, in a folder that is not ours? */
static bool of_another_user(const char *path)
{
	char head[PATH_MAX];
	struct stat st;
	bool is_git = snprintf(head, sizeof(head), "%s/HEAD", path) < PATH_MAX && !stat(head, &st);

	if (!is_git)
		is_git = snprintf(head, sizeof(head), "%s/.git", path) < PATH_MAX &&
			 !stat(head, &st);
	return is_git && !stat(path, &st) && st.st_uid != geteuid();
}

static int open_git(const char *path, git_repository **git)
{
	int e = git_repository_open_ext(git, path, GIT_REPOSITORY_OPEN_NO_SEARCH, NULL);

	/* libgit2 1.5 says so too where it misses the user's configuration, to look for leave in. */
	if (e == GIT_ENOTFOUND && of_another_user(path))
		e = GIT_EOWNER;
	if (e == GIT_ENOTFOUND)
		return fail_as(FAIL_USAGE, "%s is not a git repository", path);
	if (e == GIT_EOWNER)
		return fail_as(FAIL_POLICY,
			       "%s belongs to another user (git config --global --add "
			       "safe.directory allows it)",
			       path);
	if (e < 0) {
		fail_git("cannot open the repository %s", path);
		return fail_as(FAIL_USAGE, "%s", fail_message());
	}
	return 0;
}

static int repo_begin(const char *path, bool create, struct repo **out)
{
	struct arena *arena;

	*out = NULL;
	if (git_libgit2_init() < 0)
		return fail_git("cannot start libgit2");
	git_libgit2_opts(GIT_OPT_SET_EXTENSIONS, extensions, ARRAY_SIZE(extensions));
	/* zlib's own checksum stays; git does not hash what it reads from packs either. */
	git_libgit2_opts(GIT_OPT_ENABLE_STRICT_HASH_VERIFICATION, 0);

	arena = arena_new();

	struct repo *repo = arena_new_of(arena, struct repo);

	repo->arena = arena;
	repo->path = arena_strdup(arena, path);

	int e = 0, kind = create ? file_kind(path) : 1;

	if (kind < 0)
		e = -1;
	else if (!kind && git_repository_init(&repo->git, path, 1) < 0)
		e = fail_git("cannot make a repository at %s", path);
	else if (kind)
		e = open_git(path, &repo->git);
	if (e) {
		repo_free(repo);
		return -1;
	}
	repo->objects =
		objects_open(arena_printf(arena, "%sobjects", git_repository_commondir(repo->git)));
	*out = repo;
	return 0;
}

int repo_open(const char *path, struct repo **repo)
{
	return repo_begin(path, false, repo);
}

int repo_open_or_create(const char *path, struct repo **repo)
{
	return repo_begin(path, true, repo);
}

void repo_free(struct repo *repo)
{
	if (!repo)
		return;
	objects_free(repo->objects);
	git_odb_free(repo->odb);
	git_repository_free(repo->git);
	free(repo->trees);
	arena_free(repo->arena);
	git_libgit2_shutdown();
}

git_repository *repo_git(const struct repo *repo)
{
	return repo->git;
}

const char *repo_path(const struct repo *repo)
{
	return repo->path;
}

bool repo_has(struct repo *repo, const git_oid *id)
{
	return objects_has(repo->objects, id);
}

bool repo_stream(struct repo *repo, const git_oid *id, git_object_t *type, size_t *size,
		 struct slice *stream)
{
	return objects_stream(repo->objects, id, type, size, stream);
}

void repo_refresh(struct repo *repo)
{
	objects_refresh(repo->objects);
	if (repo->odb)
		git_odb_refresh(repo->odb);
}

static int repo_odb(struct repo *repo)
{
	if (!repo->odb && git_repository_odb(&repo->odb, repo->git) < 0)
		return fail_git("cannot read the objects of %s", repo->path);
	return 0;
}

int repo_object(struct repo *repo, struct arena *arena, const git_oid *id, git_object_t *type,
		struct slice *bytes)
{
	git_odb_object *object = NULL;

	if (objects_read(repo->objects, arena, id, type, bytes))
		return 1;
	/* Not there, newer than our look at the packs, in another form, or damaged: libgit2 says
	 * which. */
	if (repo_odb(repo))
		return -1;

	int e = git_odb_read(&object, repo->odb, id);

	if (e == GIT_ENOTFOUND)
		return 0;
	if (e < 0)
		return fail_git("cannot read object %s of %s", git_oid_tostr_s(id), repo->path);
	*type = git_odb_object_type(object);
	bytes->n = git_odb_object_size(object);
	bytes->p = arena_copy(arena, git_odb_object_data(object), bytes->n);
	git_odb_object_free(object);
	return 1;
}

static struct kept_tree *tree_slot(struct kept_tree *trees, size_t slots, const git_oid *id)
{
	size_t at;

	memcpy(&at, id->id, sizeof(at));
	for (at &= slots - 1; trees[at].bytes.p; at = (at + 1) & (slots - 1)) {
		if (git_oid_equal(&trees[at].id, id))
			break;
	}
	return &trees[at];
}

static void trees_grow(struct repo *repo)
{
	size_t slots = repo->slots ? repo->slots * 2 : 1024;
	struct kept_tree *trees = calloc(slots, sizeof(*trees));

	if (!trees)
		abort();
	for (size_t i = 0; i < repo->slots; i++) {
		if (repo->trees[i].bytes.p)
			*tree_slot(trees, slots, &repo->trees[i].id) = repo->trees[i];
	}
	free(repo->trees);
	repo->trees = trees;
	repo->slots = slots;
}

int repo_tree(struct repo *repo, struct arena *arena, const git_oid *id, struct slice *bytes)
{
	bool keep = repo->tree_bytes < TREES_MAX;
	git_object_t type;

	if (repo->ntrees * 2 >= repo->slots)
		trees_grow(repo);

	struct kept_tree *slot = tree_slot(repo->trees, repo->slots, id);

	if (slot->bytes.p) {
		*bytes = slot->bytes;
		return 1;
	}

	int r = repo_object(repo, keep ? repo->arena : arena, id, &type, bytes);

	if (r <= 0)
		return r;
	if (type != GIT_OBJECT_TREE)
		return fail("object %s of %s is not a tree", git_oid_tostr_s(id), repo->path);
	if (keep) {
		slot->id = *id;
		slot->bytes = *bytes;
		repo->ntrees++;
		repo->tree_bytes += bytes->n;
	}
	return 1;
}

/* The id that stands behind `key` at the beginning of a commit or tag. */
static bool head_id(struct slice bytes, const char *key, git_oid *id)
{
	return slice_starts(bytes, key) &&
	       (bytes = slice_skip(bytes, strlen(key))).n > GIT_OID_HEXSZ &&
	       !git_oid_fromstrn(id, bytes.p, GIT_OID_HEXSZ);
}

int repo_root(struct repo *repo, const git_oid *id, git_oid *tree)
{
	git_object_t type;
	struct slice bytes;

	if (repo->slots && tree_slot(repo->trees, repo->slots, id)->bytes.p) {
		*tree = *id;
		return 1;
	}
	if (git_oid_equal(id, &repo->root_of)) {
		*tree = repo->root;
		return 1;
	}

	struct arena *arena __free(arena) = arena_new();
	int r = repo_object(repo, arena, id, &type, &bytes);

	if (r <= 0)
		return r;
	if (type == GIT_OBJECT_TREE)
		*tree = *id;
	else if (type != GIT_OBJECT_COMMIT || !head_id(bytes, "tree ", tree))
		return fail("object %s of %s is neither tree nor commit", git_oid_tostr_s(id),
			    repo->path);
	repo->root_of = *id;
	repo->root = *tree;
	return 1;
}

int repo_commit(struct repo *repo, const git_oid *id, git_oid *commit, git_oid *tree)
{
	struct arena *arena __free(arena) = arena_new();
	git_object_t type;
	struct slice bytes;

	*commit = *id;
	for (int tags = 0; tags < TAGS_MAX; tags++) {
		int r = repo_object(repo, arena, commit, &type, &bytes);

		if (!r)
			return fail("object %s is not in %s", git_oid_tostr_s(commit), repo->path);
		if (r < 0)
			return -1;
		if (type == GIT_OBJECT_COMMIT && head_id(bytes, "tree ", tree)) {
			repo->root_of = *commit;
			repo->root = *tree;
			return 1;
		}
		if (type == GIT_OBJECT_TREE || type == GIT_OBJECT_BLOB)
			return 0;
		if (type != GIT_OBJECT_TAG || !head_id(bytes, "object ", commit))
			return fail("object %s of %s is malformed", git_oid_tostr_s(commit),
				    repo->path);
	}
	return fail("object %s of %s: a tag of a tag of a tag...", git_oid_tostr_s(id), repo->path);
}

/* The entry at `path`, of the tree or commit `root`; "" is the top folder. */
int repo_entry(struct repo *repo, const git_oid *root, const char *path, struct repo_entry *entry)
{
	struct arena *arena __free(arena) = NULL;
	struct slice rest = slice_of(path), name;
	struct slice bytes;
	int r = repo_root(repo, root, &entry->id);

	entry->mode = TREE_FOLDER;
	while (r > 0 && slice_cut(&rest, '/', &name)) {
		struct tree_item item;

		if (entry->mode != TREE_FOLDER)
			return 0;
		if (!arena)
			arena = arena_new();
		r = repo_tree(repo, arena, &entry->id, &bytes);
		if (!r)
			return fail("folder %s of %s is not in %s", git_oid_tostr_s(&entry->id),
				    path, repo->path);
		if (r > 0)
			r = tree_find(bytes, name, &item);
		if (r > 0) {
			memcpy(entry->id.id, item.id, TREE_ID_BYTES);
			entry->mode = item.mode;
		}
	}
	return r;
}

int repo_blob(struct repo *repo, struct arena *arena, const git_oid *id, struct slice *text)
{
	git_object_t type;
	int r = repo_object(repo, arena, id, &type, text);

	if (r > 0 && type != GIT_OBJECT_BLOB)
		return 0;
	return r;
}

int repo_read(struct repo *repo, struct arena *arena, const git_oid *tree, const char *path,
	      struct slice *text)
{
	struct repo_entry entry;
	int r = repo_entry(repo, tree, path, &entry);

	if (r <= 0)
		return r;
	if (entry.mode == TREE_FOLDER || entry.mode == TREE_SUBMODULE)
		return 0;
	r = repo_blob(repo, arena, &entry.id, text);
	if (!r)
		return fail("%s (blob %s) is not in %s; a partial clone has to fetch it first",
			    path, git_oid_tostr_s(&entry.id), repo->path);
	return r;
}

int repo_blob_by_prefix(struct repo *repo, struct arena *arena, const char *hex, struct slice *text)
{
	size_t n = strlen(hex);
	git_oid part, id;

	if (n < GIT_OID_MINPREFIXLEN || n > GIT_OID_HEXSZ || git_oid_fromstrn(&part, hex, n) < 0)
		return 0;
	if (repo_odb(repo))
		return -1;

	int e = git_odb_exists_prefix(&id, repo->odb, &part, n);

	if (e == GIT_ENOTFOUND || e == GIT_EAMBIGUOUS)
		return 0;
	if (e < 0)
		return fail_git("cannot look for object %s in %s", hex, repo->path);
	return repo_blob(repo, arena, &id, text);
}

int repo_list(struct repo *repo, struct arena *arena, const git_oid *tree, const char *dir,
	      struct repo_names *names)
{
	struct repo_entry entry;
	struct slice rest;
	struct tree_item item;
	bool bad = false;
	int r = repo_entry(repo, tree, dir, &entry);

	*names = (struct repo_names){ 0 };
	if (r <= 0)
		return r;
	if (entry.mode != TREE_FOLDER)
		return 0;
	r = repo_tree(repo, arena, &entry.id, &rest);
	if (!r)
		return fail("folder %s is not in %s", dir, repo->path);
	if (r < 0)
		return -1;
	while (tree_next(&rest, &item, &bad)) {
		struct repo_name *name = arena_push(arena, names);

		name->name = slice_str(arena, item.name);
		name->entry.mode = item.mode;
		memcpy(name->entry.id.id, item.id, TREE_ID_BYTES);
	}
	return bad ? fail("folder %s of %s is malformed", dir, repo->path) : 1;
}
