/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A draft is a tree of nodes that is unfolded along the touched paths only. Each unfolded folder
 * keeps its bytes as git stores them; as long as no name comes or goes, a new id is written over
 * the old one in place, so that rebuilding a folder of a thousand names costs a hash and no more.
 *
 * What was edited is logged with what it was before, which is how draft_back() undoes it. A node
 * never goes away: one that is not there (any more, or yet again) is not alive, and a folder lives
 * by what lives in it.
 */
#include "patch/draft.h"

#include <stdlib.h>

#include "base/fail.h"
#include "patch/diff.h"
#include "patch/repo_part.h"
#include "patch/runs.h"
#include "patch/tree.h"

struct nodes {
	struct node **items;
	size_t n, cap;
};

struct node {
	struct slice name;
	struct node *up; /* NULL: the top */
	unsigned int mode;
	unsigned int stamp;  /* of the last draft_edited() that listed it */
	bool alive, pending; /* pending: stands in up->changed */
	bool has_id, has_text;
	git_oid id;
	struct slice text; /* of a file, once read or written */
	/* The version before, in the store or the pack: what the next one is a delta on. */
	bool has_base;
	git_oid base;
	struct slice base_bytes;
	/* of a folder */
	bool unfolded, reshaped; /* reshaped: names or modes changed since `bytes` */
	struct nodes kids;	 /* in git's order */
	struct nodes changed;
	size_t living;
	char *bytes;
	size_t nbytes;
	size_t at; /* of our id, in up->bytes */
};

struct edit {
	struct node *node;
	const char *path;
	bool alive, has_id, has_text;
	unsigned int mode;
	git_oid id;
	struct slice text;
};

struct draft {
	struct arena *arena;
	struct repo *repo;
	struct node *top;
	unsigned int stamp;
	struct {
		struct edit *items;
		size_t n, cap;
	} log;
};

static bool node_folder(const struct node *node)
{
	return node->mode == TREE_FOLDER;
}

static struct node *node_new(struct draft *draft, struct node *up, struct slice name,
			     unsigned int mode)
{
	struct node *node = arena_new_of(draft->arena, struct node);

	node->name = name;
	node->up = up;
	node->mode = mode;
	return node;
}

struct draft *draft_new(struct arena *arena, struct repo *repo, const git_oid *tree)
{
	struct draft *draft = arena_new_of(arena, struct draft);

	draft->arena = arena;
	draft->repo = repo;
	draft->top = node_new(draft, NULL, SLICE(""), TREE_FOLDER);
	draft->top->alive = draft->top->has_id = true;
	draft->top->id = *tree;
	return draft;
}

/* Read the names of a folder: 0, -1. */
static int node_unfold(struct draft *draft, struct node *folder)
{
	struct slice bytes, rest;
	struct tree_item item;
	bool bad = false;

	if (folder->unfolded)
		return 0;
	/* The top may be named by its commit. */
	int r = folder->up ? 1 : repo_root(draft->repo, &folder->id, &folder->id);

	if (r > 0)
		r = repo_tree(draft->repo, draft->arena, &folder->id, &bytes);
	if (!r)
		return fail("folder %s (%s) is not in %s", slice_str(draft->arena, folder->name),
			    git_oid_tostr_s(&folder->id), repo_path(draft->repo));
	if (r < 0)
		return -1;
	folder->bytes = arena_copy(draft->arena, bytes.p, bytes.n);
	folder->nbytes = bytes.n;
	folder->has_base = true;
	folder->base = folder->id;
	folder->base_bytes = bytes;
	rest = (struct slice){ folder->bytes, bytes.n };

	size_t most = bytes.n / (TREE_ID_BYTES + 8) + 4;
	struct node *nodes;

	for (struct slice count = rest; tree_next(&count, &item, &bad);)
		folder->living++;
	if (bad)
		return fail("folder %s is malformed", git_oid_tostr_s(&folder->id));
	nodes = arena_alloc(draft->arena, (folder->living + 1) * sizeof(*nodes));
	arena_grow(draft->arena, (void **)&folder->kids.items, &folder->kids.cap,
		   most > folder->living ? most : folder->living + 1, sizeof(*folder->kids.items));
	while (tree_next(&rest, &item, &bad)) {
		struct node *kid = nodes++;

		kid->name = item.name;
		kid->up = folder;
		kid->mode = item.mode;
		kid->alive = kid->has_id = true;
		kid->at = (size_t)(item.id - (unsigned char *)folder->bytes);
		memcpy(kid->id.id, item.id, TREE_ID_BYTES);
		folder->kids.items[folder->kids.n++] = kid;
	}
	/* Names point into bytes that are written over in place: only ids are, so they stay. */
	folder->unfolded = true;
	return 0;
}

/* Where the name stands among the kids, or would. */
static bool kid_find(const struct node *folder, struct slice name, bool is_folder, size_t *at)
{
	size_t low = 0, high = folder->kids.n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		const struct node *kid = folder->kids.items[mid];
		int c = tree_name_cmp(name, is_folder, kid->name, node_folder(kid));

		if (!c) {
			*at = mid;
			return true;
		}
		if (c < 0)
			high = mid;
		else
			low = mid + 1;
	}
	*at = low;
	return false;
}

static struct node *kid_named(const struct node *folder, struct slice name, bool is_folder)
{
	size_t at;

	return kid_find(folder, name, is_folder, &at) ? folder->kids.items[at] : NULL;
}

/* The living node at `path`: 1, 0, -1. */
static int node_at(struct draft *draft, const char *path, struct node **node)
{
	struct slice rest = slice_of(path), name;

	*node = draft->top;
	while (slice_cut(&rest, '/', &name)) {
		struct node *folder = *node;

		if (!node_folder(folder) || !folder->alive)
			return 0;
		if (node_unfold(draft, folder))
			return -1;
		*node = kid_named(folder, name, true);
		if (!*node || !(*node)->alive)
			*node = kid_named(folder, name, false);
		if (!*node || !(*node)->alive)
			return 0;
	}
	return 1;
}

/* `node` differs from what its folder's bytes say, and so do all above it. */
static void node_touch(struct draft *draft, struct node *node, bool reshaped)
{
	for (; node->up; node = node->up) {
		node->up->reshaped |= reshaped;
		reshaped = false;
		if (node->pending)
			continue; /* those above may still have to learn of a new shape; cheap */
		node->pending = true;
		*arena_push(draft->arena, &node->up->changed) = node;
		node->up->has_id = false;
	}
}

static void node_live(struct draft *draft, struct node *node, bool alive)
{
	for (; node->up && node->alive != alive; node = node->up) {
		node->alive = alive;
		node_touch(draft, node, true);
		node->up->living += alive ? 1 : (size_t)-1;
		if (node->up->living > (alive ? 1 : 0))
			break;
	}
}

static int node_load(struct draft *draft, struct node *file)
{
	if (file->has_text)
		return 1;

	int r = repo_blob(draft->repo, draft->arena, &file->id, &file->text);

	if (!r)
		return fail("blob %s (%s) is not in %s; a partial clone has to fetch it first",
			    git_oid_tostr_s(&file->id), slice_str(draft->arena, file->name),
			    repo_path(draft->repo));
	file->has_text = r > 0;
	return r;
}

int draft_read(struct draft *draft, const char *path, struct slice *text, unsigned int *mode)
{
	struct node *node;
	int r = node_at(draft, path, &node);

	if (r <= 0)
		return r;
	if (node_folder(node) || node->mode == TREE_SUBMODULE)
		return 0;
	r = node_load(draft, node);
	if (r > 0) {
		*text = node->text;
		if (mode)
			*mode = node->mode;
	}
	return r;
}

int draft_list(struct draft *draft, struct arena *arena, const char *dir, struct repo_names *names)
{
	struct node *folder;
	int r = node_at(draft, dir, &folder);

	*names = (struct repo_names){ 0 };
	if (r <= 0)
		return r;
	if (!node_folder(folder))
		return 0;
	if (node_unfold(draft, folder))
		return -1;
	for (size_t i = 0; i < folder->kids.n; i++) {
		struct node *kid = folder->kids.items[i];

		if (!kid->alive)
			continue;

		struct repo_name *name = arena_push(arena, names);

		name->name = slice_str(arena, kid->name);
		name->entry.mode = kid->mode;
		if (kid->has_id)
			name->entry.id = kid->id;
		else if (!node_folder(kid))
			pack_id(GIT_OBJECT_BLOB, kid->text, &name->entry.id);
	}
	return 1;
}

/* What stands at `path` that a file cannot replace or go through. */
static int draft_refuse(const char *path, const struct node *node)
{
	const char *what = node_folder(node)		? "a folder" :
			   node->mode == TREE_SYMLINK	? "a symlink" :
			   node->mode == TREE_SUBMODULE ? "a submodule" :
							  "a file";

	return fail_as(FAIL_POLICY, "%s: " SLICE_FMT " is %s in this tree", path,
		       SLICE_ARG(node->name), what);
}

/* The kid of that name and kind, made where it is missing; an alive one of the other kind refuses.
 */
static int kid_make(struct draft *draft, struct node *folder, const char *path, struct slice name,
		    unsigned int mode, struct node **kid)
{
	bool is_folder = mode == TREE_FOLDER;
	struct node *other;
	size_t at;

	if (node_unfold(draft, folder))
		return -1;
	other = kid_named(folder, name, !is_folder);
	if (other && other->alive)
		return draft_refuse(path, other);
	if (kid_find(folder, name, is_folder, &at)) {
		*kid = folder->kids.items[at];
		return 0;
	}
	*kid = node_new(draft, folder, slice_copy(draft->arena, name), mode);
	if (is_folder)
		(*kid)->unfolded = (*kid)->reshaped = true;
	arena_push(draft->arena, &folder->kids);
	memmove(&folder->kids.items[at + 1], &folder->kids.items[at],
		(folder->kids.n - 1 - at) * sizeof(*folder->kids.items));
	folder->kids.items[at] = *kid;
	return 0;
}

/* Remember what `node` is before it is edited. */
static void draft_log(struct draft *draft, struct node *node, const char *path)
{
	struct edit *edit = arena_push(draft->arena, &draft->log);

	*edit = (struct edit){ .node = node,
			       .path = arena_strdup(draft->arena, path),
			       .alive = node->alive,
			       .has_id = node->has_id,
			       .has_text = node->has_text,
			       .mode = node->mode,
			       .id = node->id,
			       .text = node->text };
}

int draft_write(struct draft *draft, const char *path, struct slice text, unsigned int mode)
{
	struct slice rest = slice_of(path), name;
	struct node *node = draft->top;

	if (!diff_path_ok(rest))
		return fail_as(FAIL_POLICY, "refused to write to the path '%s'", path);
	if (mode != 0100644 && mode != 0100755 && mode != TREE_SYMLINK)
		return fail_as(FAIL_POLICY, "%s: mode %06o is not one of a file", path, mode);
	while (slice_cut(&rest, '/', &name)) {
		if (kid_make(draft, node, path, name, rest.n ? TREE_FOLDER : mode, &node))
			return -1;
	}
	if (node->alive && node->mode == TREE_SUBMODULE)
		return draft_refuse(path, node);

	bool reshaped = node->mode != mode;

	draft_log(draft, node, path);
	if (!node->has_base && node->has_id && node->has_text) {
		node->has_base = true;
		node->base = node->id;
		node->base_bytes = node->text;
	}
	node->mode = mode;
	node->text = text;
	node->has_text = true;
	node->has_id = false;
	node_touch(draft, node, reshaped);
	node_live(draft, node, true);
	return 0;
}

int draft_remove(struct draft *draft, const char *path)
{
	struct node *node;
	int r = node_at(draft, path, &node);

	if (r <= 0)
		return r;
	if (node_folder(node) || node->mode == TREE_SUBMODULE)
		return draft_refuse(path, node);
	draft_log(draft, node, path);
	node_live(draft, node, false);
	return 1;
}

size_t draft_point(const struct draft *draft)
{
	return draft->log.n;
}

void draft_back(struct draft *draft, size_t point)
{
	while (draft->log.n > point) {
		const struct edit *edit = &draft->log.items[--draft->log.n];
		struct node *node = edit->node;
		bool reshaped = node->mode != edit->mode;

		node->mode = edit->mode;
		/* What was read meanwhile of the same blob may stay. */
		node->has_id = edit->has_id;
		node->id = edit->id;
		node->text = edit->text;
		node->has_text = edit->has_text;
		node_touch(draft, node, reshaped);
		node_live(draft, node, edit->alive);
	}
}

int draft_read_at(struct draft *draft, size_t point, const char *path, struct slice *text)
{
	for (size_t i = point; i < draft->log.n; i++) {
		const struct edit *edit = &draft->log.items[i];

		if (strcmp(edit->path, path) != 0)
			continue;
		if (!edit->alive || edit->mode == TREE_FOLDER)
			return 0;
		*text = edit->text;
		return edit->has_text ? 1 : repo_blob(draft->repo, draft->arena, &edit->id, text);
	}
	return draft_read(draft, path, text, NULL);
}

struct draft_paths draft_edited(struct draft *draft, struct arena *arena, size_t since)
{
	struct draft_paths paths = { 0 };

	draft->stamp++;
	for (size_t i = since; i < draft->log.n; i++) {
		struct edit *edit = &draft->log.items[i];

		if (edit->node->stamp == draft->stamp)
			continue;
		edit->node->stamp = draft->stamp;
		*arena_push(arena, &paths) = arena_strdup(arena, edit->path);
	}
	return paths;
}

/* Put `bytes`, which are these runs of the version before, into the pack; it is the next one's
 * base. */
static int node_pack(struct pack *pack, struct node *node, git_object_t type, struct slice bytes,
		     const struct pack_run *runs, size_t n)
{
	if (pack_add_delta_of(pack, type, bytes, n ? &node->base : NULL, runs, n, &node->id))
		return -1;
	node->has_id = true;
	node->has_base = true;
	node->base = node->id;
	node->base_bytes = bytes;
	return 0;
}

static int file_pack(struct pack *pack, struct node *file)
{
	struct pack_run runs[RUNS_MAX];
	size_t n = file->has_base ? runs_find(file->base_bytes, file->text, runs) : 0;

	return node_pack(pack, file, GIT_OBJECT_BLOB, file->text, runs, n);
}

/* Write the folder's bytes anew from what lives in it. */
static void folder_write(struct draft *draft, struct node *folder)
{
	struct text out __free_text = TEXT_INIT;

	for (size_t i = 0; i < folder->kids.n; i++) {
		struct node *kid = folder->kids.items[i];

		if (!kid->alive)
			continue;
		tree_write(&out, &(struct tree_item){ kid->mode, kid->name, kid->id.id });
		kid->at = out.len - TREE_ID_BYTES;
	}
	folder->bytes = arena_copy(draft->arena, text_slice(&out).p, out.len);
	folder->nbytes = out.len;
	folder->reshaped = false;
}

/* Write the changed ids over the old ones, in a copy: the bytes before are what the delta is made
 * on. */
static size_t folder_patch(struct draft *draft, struct node *folder, struct pack_run *runs)
{
	struct node **changed = folder->changed.items;
	size_t n = folder->changed.n, from = 0;

	folder->bytes = arena_copy(draft->arena, folder->bytes, folder->nbytes);
	for (size_t i = 0; i < n; i++) {
		struct node *kid = changed[i];
		size_t j = i;

		memcpy(folder->bytes + kid->at, kid->id.id, TREE_ID_BYTES);
		for (; j && changed[j - 1]->at > kid->at; j--)
			changed[j] = changed[j - 1];
		changed[j] = kid;
	}
	if (n >= RUNS_MAX)
		return 0;
	for (size_t i = 0; i < n; i++) {
		size_t at = changed[i]->at;

		runs[i] =
			(struct pack_run){ from, at - from, { folder->bytes + at, TREE_ID_BYTES } };
		from = at + TREE_ID_BYTES;
	}
	runs[n] = (struct pack_run){ from, folder->nbytes - from, { NULL, 0 } };
	return n + 1;
}

static int folder_tree(struct draft *draft, struct pack *pack, struct node *folder)
{
	struct pack_run runs[RUNS_MAX];
	size_t n;

	if (folder->has_id)
		return 0;
	for (size_t i = 0; i < folder->changed.n; i++) {
		struct node *kid = folder->changed.items[i];

		kid->pending = false;
		if (!kid->alive)
			continue;
		if (node_folder(kid) ? folder_tree(draft, pack, kid) :
		    !kid->has_id     ? file_pack(pack, kid) :
				       0)
			return -1;
	}
	if (folder->reshaped) {
		folder_write(draft, folder);
		n = folder->has_base ?
			    runs_find(folder->base_bytes,
				      (struct slice){ folder->bytes, folder->nbytes }, runs) :
			    0;
	} else {
		n = folder_patch(draft, folder, runs);
	}
	folder->changed.n = 0;
	return node_pack(pack, folder, GIT_OBJECT_TREE,
			 (struct slice){ folder->bytes, folder->nbytes }, runs, n);
}

int draft_tree(struct draft *draft, struct pack *pack, git_oid *tree)
{
	if (!draft->top->has_id && folder_tree(draft, pack, draft->top))
		return fail_in("writing the tree");
	if (!draft->top->unfolded && repo_root(draft->repo, &draft->top->id, &draft->top->id) < 0)
		return -1;
	*tree = draft->top->id;
	return 0;
}
