/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Two versions of a file: the runs of the first that are found in the second give the second again.
 * The same bytes taken for a delta or for a folder are refused or stay inside their bounds.
 */
#include "fuzz.h"

#include "patch/pack_index.h"
#include "patch/runs.h"
#include "patch/tree.h"

static void runs_rebuild(struct slice old, struct slice new)
{
	struct pack_run runs[RUNS_MAX];
	struct text text __free_text = TEXT_INIT;
	size_t n = runs_find(old, new, runs);

	must(n <= RUNS_MAX);
	for (size_t i = 0; i < n; i++) {
		must(runs[i].copy_from <= old.n && runs[i].copy_bytes <= old.n - runs[i].copy_from);
		text_add(&text, old.p + runs[i].copy_from, runs[i].copy_bytes);
		text_add_slice(&text, runs[i].insert);
	}
	must(!n || slice_eq(text_slice(&text), new));
}

static void delta_in_bounds(struct slice base, struct slice delta)
{
	for (size_t size = 0; size < 256; size++) {
		char *to = malloc(size + 1);

		must(to);
		to[size] = 'x';
		delta_apply(base, delta, to, size);
		must(to[size] == 'x');
		free(to);
	}
}

static void tree_in_bounds(struct slice tree)
{
	struct slice rest = tree;
	struct tree_item item;
	bool bad = false;

	while (tree_next(&rest, &item, &bad)) {
		must(item.name.n && item.name.p > tree.p &&
		     (const char *)item.id + TREE_ID_BYTES <= tree.p + tree.n);
		must(!memchr(item.name.p, '\0', item.name.n));
	}
	must(bad || !rest.n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena __free(arena) = arena_new();
	struct slice rest = { (const char *)data, size }, old = fuzz_part(arena, &rest),
		     new = fuzz_part(arena, &rest);

	runs_rebuild(old, new);
	runs_rebuild(new, old);
	delta_in_bounds(old, new);
	tree_in_bounds(old);
	return 0;
}
