/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Looking for a file that was moved.
 *
 * Files mostly move with their name: a driver changes its folder, fs/cifs becomes fs/smb/client. So all folders of the tree are
 * listed for that name, and what is found is compared line by line with the file before the patch. It has to have most of its
 * lines, and be the only one that does: near copies stand side by side in the kernel. O(folders) listings, bounded,
 * and only for a path that is not there.
 */
#include "patch/move.h"

#include "patch/align.h"

#define FOLDERS_MAX 20000
#define FOUND_MAX 32
#define KEPT_MIN 50 /* percent of the base's lines, below which it is another file */

struct folders {
	const char **items;
	size_t n, cap;
};

static unsigned int lines_kept(struct arena *arena, struct slice base, struct slice text)
{
	struct vocabulary *vocabulary = vocabulary_new(arena);
	struct align *align =
		align_new(arena, source_new(vocabulary, base), source_new(vocabulary, text));
	size_t n = 0, kept = 0;

	for (size_t i = 0; i < align->a->lines.n; i++) {
		if (align->a->weight[i] != WEIGHT_FULL)
			continue;
		n++;
		kept += align->alike[i] == 100;
	}
	return n ? (unsigned int)(100 * kept / n) : 0;
}

/* A file of that name: is it the one, and better than what was found before? */
static int consider(struct arena *arena, struct draft *draft, const char *path, struct slice base,
		    struct move *best, size_t *alike)
{
	struct arena *scratch __free(arena) = arena_new();
	struct move move = { .path = path };
	int r = draft_read(draft, path, &move.text, &move.mode);

	if (r <= 0)
		return r;
	(void)arena;
	move.kept = lines_kept(scratch, base, move.text);
	if (move.kept < KEPT_MIN)
		return 0;
	++*alike;
	if (move.kept > best->kept)
		*best = move;
	return 0;
}

int move_find(struct arena *arena, struct draft *draft, const char *path, struct slice base,
	      struct move *move)
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
	struct folders folders = { 0 };
	size_t alike = 0, found = 0;

	*move = (struct move){ 0 };
	*arena_push(arena, &folders) = "";
	for (size_t i = 0; i < folders.n && i < FOLDERS_MAX && found < FOUND_MAX; i++) {
		const char *dir = folders.items[i];
		struct repo_names names = { 0 };

		if (draft_list(draft, arena, dir, &names) < 0)
			return -1;
		for (size_t k = 0; k < names.n; k++) {
			bool folder = (names.items[k].entry.mode & 0170000) == 0040000;

			if (!folder && strcmp(names.items[k].name, name))
				continue;
			path = arena_printf(arena, "%s%s%s", dir, *dir ? "/" : "",
					    names.items[k].name);
			if (folder) {
				*arena_push(arena, &folders) = path;
			} else {
				found++;
				if (consider(arena, draft, path, base, move, &alike))
					return -1;
			}
		}
	}
	return alike == 1;
}
