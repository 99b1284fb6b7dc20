/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "patch/probe.h"

#include "base/fail.h"

/* 1, 0 or -1: is the word in the file, or in one directly in the folder? */
static int file_has(struct draft *draft, const char *path, struct slice word)
{
	struct slice text;
	size_t n = strlen(path);

	if (!n || path[n - 1] != '/') {
		int r = draft_read(draft, path, &text, NULL);

		return r == 1 ? slice_has_word(text, word) : r;
	}

	struct arena *scratch __free(arena) = arena_new();
	char *dir = arena_copy(scratch, path, n - 1);
	struct repo_names names = { 0 };
	int r = draft_list(draft, scratch, dir, &names);

	if (r != 1)
		return r;
	for (size_t i = 0; i < names.n; i++) {
		r = draft_read(draft, arena_printf(scratch, "%s%s", path, names.items[i].name),
			       &text, NULL);
		if (r < 0)
			return -1;
		if (r && slice_has_word(text, word))
			return 1;
	}
	return 0;
}

int probe_holds(struct arena *arena, const struct probe *probe, struct draft *draft, char **missing)
{
	for (size_t i = 0; i < probe->n; i++) {
		int r = file_has(draft, probe->files[i], slice_of(probe->strings[i]));

		if (r < 0)
			return fail_in("probe %s", probe->name);
		if (r)
			continue;
		if (missing)
			*missing = arena_printf(arena, "no %s in %s", probe->strings[i],
						probe->files[i]);
		return 0;
	}
	return 1;
}
