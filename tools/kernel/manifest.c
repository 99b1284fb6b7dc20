/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/manifest.h"

#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "patch/diff.h"

struct manifest {
	struct arena *arena;
	struct manifest_file *items;
	size_t n, cap;
	size_t *table; /* 1 + index into items; open addressing, the capacity a power of two */
	size_t table_cap;
	bool sorted; /* then the table is stale, so nothing is put any more */
};

struct manifest *manifest_new(struct arena *arena)
{
	struct manifest *manifest = arena_new_of(arena, struct manifest);

	manifest->arena = arena;
	return manifest;
}

int manifest_path(struct arena *arena, const char *spelt, const char **path)
{
	struct slice rest = slice_of(spelt), part;
	struct text kept __free_text = TEXT_INIT;

	if (!rest.n || rest.p[0] == '/')
		return fail_as(FAIL_POLICY, "refusing the path '%s'", spelt);
	while (slice_cut(&rest, '/', &part)) {
		if (!part.n || slice_is(part, "."))
			continue;
		if (kept.len)
			text_addc(&kept, '/');
		text_add_slice(&kept, part);
	}
	if (kept.len && !diff_path_ok(text_slice(&kept)))
		return fail_as(FAIL_POLICY, "refusing the path '%s'", spelt);
	*path = arena_strdup(arena, text_str(&kept));
	return 0;
}

static size_t slot_of(const struct manifest *manifest, struct slice path)
{
	size_t slot = slice_hash(path) & (manifest->table_cap - 1);

	while (manifest->table[slot] &&
	       !slice_is(path, manifest->items[manifest->table[slot] - 1].path))
		slot = (slot + 1) & (manifest->table_cap - 1);
	return slot;
}

static void table_fill(struct manifest *manifest, size_t cap)
{
	if (cap != manifest->table_cap) {
		manifest->table = arena_alloc(manifest->arena, cap * sizeof(*manifest->table));
		manifest->table_cap = cap;
	} else if (cap) {
		memset(manifest->table, 0, cap * sizeof(*manifest->table));
	}
	for (size_t i = 0; i < manifest->n; i++)
		manifest->table[slot_of(manifest, slice_of(manifest->items[i].path))] = i + 1;
}

void manifest_put(struct manifest *manifest, const char *path, unsigned int mode, const git_oid *id)
{
	if ((manifest->n + 1) * 2 > manifest->table_cap)
		table_fill(manifest, manifest->table_cap ? manifest->table_cap * 2 : 4096);

	size_t slot = slot_of(manifest, slice_of(path));

	if (!manifest->table[slot]) {
		arena_push(manifest->arena, manifest)->path = path;
		manifest->table[slot] = manifest->n;
		manifest->sorted = false;
	}

	struct manifest_file *file = &manifest->items[manifest->table[slot] - 1];

	file->mode = mode;
	file->id = *id;
}

static const struct manifest_file *find(const struct manifest *manifest, struct slice path)
{
	size_t at = manifest->table_cap ? manifest->table[slot_of(manifest, path)] : 0;

	return at ? &manifest->items[at - 1] : NULL;
}

const struct manifest_file *manifest_find(const struct manifest *manifest, const char *path)
{
	return find(manifest, slice_of(path));
}

size_t manifest_files(const struct manifest *manifest)
{
	return manifest->n;
}

/* Bytes of whole paths put folders and files in git's order: in it a folder's name ends in '/'. */
static int by_path(const void *a, const void *b)
{
	return strcmp(((const struct manifest_file *)a)->path,
		      ((const struct manifest_file *)b)->path);
}

static void sort(struct manifest *manifest)
{
	if (manifest->sorted || !manifest->n)
		return;
	qsort(manifest->items, manifest->n, sizeof(*manifest->items), by_path);
	table_fill(manifest, manifest->table_cap);
	manifest->sorted = true;
}

const char *manifest_top(struct manifest *manifest)
{
	const char *slash;
	struct slice top;

	sort(manifest);
	if (!manifest->n || !(slash = strchr(manifest->items[0].path, '/')))
		return "";
	top = (struct slice){ manifest->items[0].path,
			      (size_t)(slash - manifest->items[0].path) + 1 };
	/* Sorted: what the first and the last share, all share. */
	if (strncmp(manifest->items[manifest->n - 1].path, top.p, top.n))
		return "";
	top.n--;
	return slice_str(manifest->arena, top);
}

/* ---- trees ---- */

struct maker {
	struct manifest *manifest;
	manifest_store *store;
	void *data;
};

static void add_entry(struct text *tree, unsigned int mode, struct slice name, const git_oid *id)
{
	text_addf(tree, "%o ", mode);
	text_add_slice(tree, name);
	text_add(tree, id->id, GIT_OID_RAWSZ);
}

/*
 * The folder whose files are items[*at...], as long as they begin with the first `prefix` bytes of
 * the first.
 */
static int make_tree(struct maker *maker, size_t *at, size_t prefix, git_oid *id)
{
	const struct manifest *manifest = maker->manifest;
	const char *first = manifest->items[*at].path;
	struct text tree __free_text = TEXT_INIT;

	while (*at < manifest->n && !strncmp(manifest->items[*at].path, first, prefix)) {
		const struct manifest_file *file = &manifest->items[*at];
		const char *name = file->path + prefix;
		const char *slash = strchr(name, '/');
		git_oid below;

		if (!slash) {
			/* text_add() takes the NUL that ends the name along. */
			add_entry(&tree, file->mode, (struct slice){ name, strlen(name) + 1 },
				  &file->id);
			++*at;
			continue;
		}

		struct slice folder = { name, (size_t)(slash - name) };

		if (find(manifest, (struct slice){ file->path, prefix + folder.n }))
			return fail_as(FAIL_POLICY, "refusing '%.*s': it is a file and a folder",
				       (int)(prefix + folder.n), file->path);
		if (make_tree(maker, at, prefix + folder.n + 1, &below))
			return -1;
		text_addf(&tree, "40000 ");
		text_add_slice(&tree, folder);
		text_addc(&tree, '\0');
		text_add(&tree, below.id, GIT_OID_RAWSZ);
	}
	return maker->store(maker->data, text_slice(&tree), id);
}

int manifest_tree(struct manifest *manifest, const char *top, manifest_store *store, void *data,
		  git_oid *id)
{
	struct maker maker = { manifest, store, data };
	size_t prefix = *top ? strlen(top) + 1 : 0;
	size_t at = 0;

	sort(manifest);
	while (prefix && at < manifest->n &&
	       (strncmp(manifest->items[at].path, top, prefix - 1) ||
		manifest->items[at].path[prefix - 1] != '/'))
		at++;
	if (at == manifest->n)
		return fail("there are no files in it");
	return make_tree(&maker, &at, prefix, id);
}
