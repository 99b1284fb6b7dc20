/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/treeview.h"

#include "base/fail.h"
#include "patch/diff.h"
#include "patch/repo_part.h"
#include "patch/tree.h"

int treeview_object(const struct treeview *view, struct arena *arena, const git_oid *id,
		    struct slice *bytes)
{
	git_object_t type;

	return view->pack ? pack_read(view->pack, arena, id, bytes) :
			    repo_object(view->repo, arena, id, &type, bytes);
}

/* The tree that a commit of the store stands for; a tree of the pack is itself. */
static int root_of(const struct treeview *view, const git_oid *id, git_oid *root)
{
	int found = repo_root(view->repo, id, root);

	if (!found && view->pack) {
		*root = *id;
		return 1;
	}
	return found;
}

static git_oid item_id(const struct tree_item *item)
{
	git_oid id;

	memcpy(id.id, item->id, TREE_ID_BYTES);
	return id;
}

int treeview_entry(const struct treeview *view, const git_oid *tree, const char *path,
		   struct repo_entry *entry)
{
	struct arena *arena __free(arena) = arena_new();
	struct slice rest = slice_of(path), name, bytes;
	struct repo_entry at = { .mode = TREE_FOLDER };
	int found = root_of(view, tree, &at.id);

	while (found == 1 && slice_cut(&rest, '/', &name)) {
		struct tree_item item;

		if (at.mode != TREE_FOLDER)
			return 0;
		found = treeview_object(view, arena, &at.id, &bytes);
		if (found == 1)
			found = tree_find(bytes, name, &item);
		if (found == 1)
			at = (struct repo_entry){ item_id(&item), item.mode };
	}
	if (found == 1)
		*entry = at;
	return found;
}

/* One walk over two trees at once. */
struct walk {
	struct arena *arena;
	const struct treeview *view;
	const struct treeview_ask *ask;
	struct treeview_changes *changes;
};

/* A folder's entries; both lists in git's order, which is checked. */
struct folder {
	struct tree_item *items;
	size_t n, cap;
};

static int folder_odd(const char *path, struct slice name, const char *what)
{
	return fail_as(FAIL_POLICY, "%s" SLICE_FMT ": %s", path, SLICE_ARG(name), what);
}

/* What git would not check out, or what would make one entry land in another's place. */
static int folder_check(const char *path, struct slice tree, const struct folder *folder)
{
	const struct tree_item *was = NULL;

	for (size_t i = 0; i < folder->n; i++) {
		const struct tree_item *item = &folder->items[i];
		struct tree_item first;
		bool is_folder = item->mode == TREE_FOLDER;

		if (!diff_path_ok(item->name) || memchr(item->name.p, '/', item->name.n))
			return folder_odd(path, item->name, "no name for a file");
		if (was &&
		    tree_name_cmp(was->name, was->mode == TREE_FOLDER, item->name, is_folder) >= 0)
			return folder_odd(path, item->name, "the tree is not in order");
		/* "a" and "a/" may have others between them. */
		if (is_folder && tree_find(tree, item->name, &first) == 1 && first.id != item->id)
			return folder_odd(path, item->name, "a file and a folder at once");
		was = item;
	}
	return 0;
}

static int folder_read(struct walk *walk, struct arena *arena, const char *path, const git_oid *id,
		       struct folder *folder)
{
	struct slice bytes, rest;
	struct tree_item item;
	bool bad = false;

	*folder = (struct folder){ 0 };
	if (!id)
		return 1;

	int found = treeview_object(walk->view, arena, id, &bytes);

	if (found != 1)
		return found;
	for (rest = bytes; tree_next(&rest, &item, &bad);)
		*arena_push(arena, folder) = item;
	if (bad)
		return fail_as(FAIL_POLICY, "%stree %s is none that git would check out", path,
			       git_oid_tostr_s(id));
	return folder_check(path, bytes, folder) ? -1 : 1;
}

static int walk_folder(struct walk *walk, const char *path, const git_oid *from, const git_oid *to);

/* `from` and `to` are entries of one name and sort; one of them may be NULL. 1, 0, -1. */
static int walk_item(struct walk *walk, const char *path, const struct tree_item *from,
		     const struct tree_item *to)
{
	const struct tree_item *item = to ? to : from;
	git_oid from_id, to_id;

	if (!item)
		return 1;

	bool folder = item->mode == TREE_FOLDER;

	if (from)
		from_id = item_id(from);
	if (to)
		to_id = item_id(to);
	if (item->mode == TREE_SUBMODULE ||
	    (from && to && from->mode == to->mode && git_oid_equal(&from_id, &to_id)))
		return 1;

	struct arena *scratch __free(arena) = arena_new();
	char *full = arena_printf(folder ? scratch : walk->arena, "%s" SLICE_FMT "%s", path,
				  SLICE_ARG(item->name), folder ? "/" : "");

	if (walk->ask->wanted && !walk->ask->wanted(full, folder))
		return 1;
	if (folder)
		return walk_folder(walk, full, from ? &from_id : NULL, to ? &to_id : NULL);
	*arena_push(walk->arena, walk->changes) = (struct treeview_change){
		.path = full,
		.mode = to ? to->mode : 0,
		.added = !from,
	};
	if (to)
		walk->changes->items[walk->changes->n - 1].id = to_id;
	return 1;
}

/* `path` is "" or ends in "/". */
static int walk_folder(struct walk *walk, const char *path, const git_oid *from, const git_oid *to)
{
	struct arena *arena __free(arena) = arena_new();
	struct folder a, b;
	size_t i = 0, k = 0;
	int found = folder_read(walk, arena, path, from, &a);

	if (found != 1)
		return found;
	found = folder_read(walk, arena, path, to, &b);
	while (found == 1 && (i < a.n || k < b.n)) {
		int order =
			i == a.n ? 1 :
			k == b.n ? -1 :
				   tree_name_cmp(a.items[i].name, a.items[i].mode == TREE_FOLDER,
						 b.items[k].name, b.items[k].mode == TREE_FOLDER);

		found = walk_item(walk, path, order <= 0 ? &a.items[i] : NULL,
				  order >= 0 ? &b.items[k] : NULL);
		i += order <= 0;
		k += order >= 0;
	}
	return found;
}

int treeview_changes(struct arena *arena, const struct treeview *view,
		     const struct treeview_ask *ask, struct treeview_changes *changes)
{
	struct walk walk = { arena, view, ask, changes };
	git_oid from, to;
	int found = ask->from ? root_of(view, ask->from, &from) : 1;

	if (found != 1)
		return found;
	found = root_of(view, ask->to, &to);
	if (found != 1)
		return found;
	return walk_folder(&walk, "", ask->from ? &from : NULL, &to);
}
