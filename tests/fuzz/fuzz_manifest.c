/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any list of paths is refused, or becomes trees that git would have made: names in git's order,
 * each once, none that leads out of the tree or into .git, and every file in exactly one of them.
 */
#include "fuzz.h"

#include "kernel/manifest.h"

struct seen {
	size_t files;
	unsigned int trees;
};

/* As base_name_compare() of git: a folder's name is compared as if it ended in '/'. */
static int git_order(const char *a, bool a_folder, const char *b, bool b_folder)
{
	size_t na = strlen(a), nb = strlen(b), n = na < nb ? na : nb;
	int order = memcmp(a, b, n);
	unsigned char ca, cb;

	if (order)
		return order;
	ca = a[n] ? (unsigned char)a[n] : a_folder ? '/' : 0;
	cb = b[n] ? (unsigned char)b[n] : b_folder ? '/' : 0;
	return (ca > cb) - (ca < cb);
}

static int look(void *data, struct slice tree, git_oid *id)
{
	struct seen *seen = data;
	const char *last = NULL;
	bool last_folder = false;

	must(tree.n > 0);
	while (tree.n) {
		const char *space = memchr(tree.p, ' ', tree.n);
		const char *name = space + 1;
		bool folder = slice_starts(tree, "40000 ");
		size_t n;

		must(space && memchr(name, '\0', tree.n - (size_t)(name - tree.p)));
		n = strlen(name);
		must(n && !strchr(name, '/') && strcmp(name, ".") && strcmp(name, "..") &&
		     strcasecmp(name, ".git"));
		must(!last || git_order(last, last_folder, name, folder) < 0);
		if (!folder)
			seen->files++;
		last = name;
		last_folder = folder;
		n += (size_t)(name - tree.p) + 1 + GIT_OID_RAWSZ;
		must(n <= tree.n);
		tree = slice_skip(tree, n);
	}
	memset(id, 0, sizeof(*id));
	memcpy(id->id, &seen->trees, sizeof(seen->trees));
	seen->trees++;
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new();
	struct manifest *manifest = manifest_new(arena);
	struct slice rest = fuzz_text(arena, data, size), line;
	struct seen seen = { 0 };
	git_oid id = { { 0 } };

	while (slice_line(&rest, &line)) {
		const char *path;

		if (memchr(line.p, '\0', line.n) ||
		    manifest_path(arena, slice_str(arena, line), &path))
			continue;
		if (*path)
			manifest_put(manifest, path, 0100644, &id);
		must(!*path || !strcmp(manifest_find(manifest, path)->path, path));
	}
	manifest_top(manifest);
	if (!manifest_tree(manifest, "", look, &seen, &id))
		must(seen.files == manifest_files(manifest));
	arena_free(arena);
	return 0;
}
