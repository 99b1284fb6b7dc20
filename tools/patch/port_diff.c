/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Two trees compared, where one may still be in memory: both are walked side by side, and what has
 * the same id on both sides is not entered. O(entries of the folders that differ).
 */
#include "patch/port.h"

#include "base/fail.h"

#define MODE_TREE 040000
#define DEPTH_MAX 64

struct tree_item {
	struct slice name;
	unsigned int mode;
	git_oid id;
};

struct walk {
	struct arena *arena;
	struct pack *pack;
	struct diff *diff;
	unsigned int context;
};

/* Take the next entry off a raw tree object: "<octal mode> <name>\0<id>". */
static int take(struct slice *raw, struct tree_item *item)
{
	struct slice head, mode;

	if (!slice_cut(raw, '\0', &head) || raw->n < GIT_OID_RAWSZ ||
	    !slice_cut(&head, ' ', &mode))
		return fail("malformed tree object");
	item->name = head;
	item->mode = 0;
	for (size_t i = 0; i < mode.n; i++)
		item->mode = item->mode * 8 + (unsigned int)(mode.p[i] - '0');
	memcpy(item->id.id, raw->p, GIT_OID_RAWSZ);
	*raw = slice_skip(*raw, GIT_OID_RAWSZ);
	return 0;
}

/* git's order: a folder sorts as if its name ended in "/". */
static int item_cmp(const struct tree_item *a, const struct tree_item *b)
{
	size_t n = a->name.n < b->name.n ? a->name.n : b->name.n;
	int c = memcmp(a->name.p, b->name.p, n);
	unsigned char ca, cb;

	if (c)
		return c;
	ca = a->name.n > n ? (unsigned char)a->name.p[n] : a->mode == MODE_TREE ? '/' : 0;
	cb = b->name.n > n ? (unsigned char)b->name.p[n] : b->mode == MODE_TREE ? '/' : 0;
	return (ca > cb) - (ca < cb);
}

static int read_object(struct walk *walk, const git_oid *id, struct slice *raw)
{
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
		git_oid_tostr(file->old_id, sizeof(file->old_id), &old->id);
	if (new)
		git_oid_tostr(file->new_id, sizeof(file->new_id), &new->id);
	if ((old && read_object(walk, &old->id, &before)) ||
	    (new && read_object(walk, &new->id, &after)))
		return fail_in("%s", path);
	if (memchr(before.p, 0, before.n) || memchr(after.p, 0, after.n)) {
		file->binary = true;
		return 0;
	}
	return diff_texts(walk->arena, before, after, walk->context, file);
}

static int walk_tree(struct walk *walk, const char *dir, const git_oid *old, const git_oid *new,
		     unsigned int depth);

/* An entry on one side, the other, or both. */
static int walk_item(struct walk *walk, const char *dir, const struct tree_item *old,
		     const struct tree_item *new, unsigned int depth)
{
	const struct tree_item *any = old ? old : new;
	char *path = arena_printf(walk->arena, "%s%s" SLICE_FMT, dir, *dir ? "/" : "",
				  SLICE_ARG(any->name));

	if (old && new && old->mode == new->mode && git_oid_equal(&old->id, &new->id))
		return 0;
	if (any->mode == MODE_TREE)
		return walk_tree(walk, path, old ? &old->id : NULL, new ? &new->id : NULL,
				 depth + 1);
	return walk_file(walk, path, old, new);
}

static int walk_tree(struct walk *walk, const char *dir, const git_oid *old, const git_oid *new,
		     unsigned int depth)
{
	struct slice a = { 0 }, b = { 0 };
	struct tree_item x, y;
	bool have_x = false, have_y = false;

	if (depth > DEPTH_MAX)
		return fail("%s: folders nested more than %d deep", dir, DEPTH_MAX);
	if ((old && read_object(walk, old, &a)) || (new && read_object(walk, new, &b)))
		return fail_in("%s", *dir ? dir : "top folder");
	for (;;) {
		if (!have_x && a.n) {
			if (take(&a, &x))
				return -1;
			have_x = true;
		}
		if (!have_y && b.n) {
			if (take(&b, &y))
				return -1;
			have_y = true;
		}
		if (!have_x && !have_y)
			return 0;

		int c = !have_x ? 1 : !have_y ? -1 : item_cmp(&x, &y);

		if (walk_item(walk, dir, c <= 0 ? &x : NULL, c >= 0 ? &y : NULL, depth))
			return -1;
		have_x = have_x && c > 0;
		have_y = have_y && c < 0;
	}
}

int port_diff(struct arena *arena, struct pack *pack, const git_oid *before, const git_oid *after,
	      unsigned int context, struct diff *diff)
{
	struct walk walk = { arena, pack, diff, context };

	*diff = (struct diff){ 0 };
	if (git_oid_equal(before, after))
		return 0;
	return walk_tree(&walk, "", before, after, 0);
}
