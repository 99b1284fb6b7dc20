/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Three texts: a file, what spatch made of it, a patch (or nothing). Where the layout is put right
 * the result has exactly spatch's tokens; where nothing was changed it is the file.
 */
#include "fuzz.h"

#include "patch/layout.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new();
	struct slice rest = { (const char *)data, size };
	struct slice before = fuzz_part(arena, &rest), after = fuzz_part(arena, &rest);
	struct slice patch = fuzz_part(arena, &rest);
	struct diff diff = { 0 };
	struct layout layout = { 0 };
	const struct filediff *file = NULL;

	fail_clear();
	if (!diff_parse(arena, patch, &diff) && diff.n)
		file = &diff.items[0];
	if (layout_make(arena, before, after, file, &layout)) {
		struct ctokens want = ctokens_of(arena, after),
			       got = ctokens_of(arena, layout.text);

		must(got.n == want.n && ctokens_same(&got, 0, &want, 0, want.n));
	}
	if (layout_make(arena, before, before, file, &layout))
		must(slice_eq(layout.text, before));
	arena_free(arena);
	return 0;
}
