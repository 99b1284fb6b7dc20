/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Two trees compared, where one may still be in memory: both are walked side by side, and what has
 * the same id on both sides is not entered. O(entries of the folders that differ).
 */
#include "patch/port.h"

#include "base/fail.h"
#include "patch/tree.h"

#define DEPTH_MAX 64

struct walk {
	struct arena *arena;
	struct pack *pack;
	struct diff *diff;
	unsigned int context;
};

/* The next entry of a folder; an empty name at its end. */
static int take(struct slice *raw, struct tree_item *item)
{
	bool bad = false;

	*item = (struct tree_item){ 0 };
	if (!tree_next(raw, item, &bad) && bad)
		return fail("malformed tree object");
	return 0;
}

static int read_object(struct walk *walk, const unsigned char *raw_id, struct slice *raw)
{
	const git_oid *id = (const git_oid *)raw_id; /* the same bytes */
	int r = pack_read(walk->pack, walk->arena, id, raw);

	return r == 1 ? 0 : r < 0 ? -1 : fail("object %s is missing", git_oid_tostr_s(id));
}

/* One file that differs; NULL for the side where it is not. */
static int walk_file(struct walk *walk, char *path, const struct tree_item *old,
		     const struct tree_item *new)
{
	struct filediff *file = arena_push(walk->arena, walk->diff);
	struct slice before = { "", 0 }, after = { "", 0 };

	file->change = !old ? CHANGE_ADD : !new ? CHANGE_DELETE : CHANGE_MODIFY;
	file->old_path = old ? path : NULL;
	file->new_path = new ? path : NULL;
	file->old_mode = old ? old->mode : 0;
	file->new_mode = new ? new->mode : 0;
	memset(file->old_id, '0', GIT_OID_HEXSZ);
	memset(file->new_id, '0', GIT_OID_HEXSZ);
	if (old)
		git_oid_nfmt(file->old_id, sizeof(file->old_id), (const git_oid *)old->id);
	if (new)
		git_oid_nfmt(file->new_id, sizeof(file->new_id), (const git_oid *)new->id);
	if ((old && read_object(walk, old->id, &before)) ||
	    (new &&read_object(walk, new->id, &after)))
		return fail_in("%s", path);
	if (memchr(before.p, 0, before.n) || memchr(after.p, 0, after.n)) {
		file->binary = true;
		return 0;
	}
	return diff_texts(walk->arena, before, after, walk->context, file);
}

static int walk_tree(struct walk *walk, const char *dir, const unsigned char *old,
		     const unsigned char *new, unsigned int depth);

/* An entry on one side, the other, or both. */
static int walk_item(struct walk *walk, const char *dir, const struct tree_item *old,
		     const struct tree_item *new, unsigned int depth)
{
	const struct tree_item *any = old ? old : new;
	char *path = arena_printf(walk->arena, "%s%s" SLICE_FMT, dir, *dir ? "/" : "",
				  SLICE_ARG(any->name));

	if (old && new && old->mode == new->mode && !memcmp(old->id, new->id, TREE_ID_BYTES))
		return 0;
	if (any->mode == TREE_FOLDER)
		return walk_tree(walk, path, old ? old->id : NULL, new ? new->id : NULL, depth + 1);
	return walk_file(walk, path, old, new);
}

static int walk_tree(struct walk *walk, const char *dir, const unsigned char *old,
		     const unsigned char *new, unsigned int depth)
{
	struct slice a = { 0 }, b = { 0 };
	struct tree_item x, y;

	if (depth > DEPTH_MAX)
		return fail("%s: folders nested more than %d deep", dir, DEPTH_MAX);
	if ((old && read_object(walk, old, &a)) || (new &&read_object(walk, new, &b)) ||
	    take(&a, &x) || take(&b, &y))
		return fail_in("%s", *dir ? dir : "top folder");
	while (x.name.n || y.name.n) {
		int c = !x.name.n ? 1 :
			!y.name.n ? -1 :
				    tree_name_cmp(x.name, x.mode == TREE_FOLDER, y.name,
						  y.mode == TREE_FOLDER);

		if (walk_item(walk, dir, c <= 0 ? &x : NULL, c >= 0 ? &y : NULL, depth) ||
		    (c <= 0 && take(&a, &x)) || (c >= 0 && take(&b, &y)))
			return -1;
	}
	return 0;
}

int port_diff(struct arena *arena, struct pack *pack, const git_oid *before, const git_oid *after,
	      unsigned int context, struct diff *diff)
{
	struct walk walk = { arena, pack, diff, context };

	*diff = (struct diff){ 0 };
	if (git_oid_equal(before, after))
		return 0;
	return walk_tree(&walk, "", before->id, after->id, 0);
}
