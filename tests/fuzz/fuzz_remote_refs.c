/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whatever a remote lists: each ref has a name that git takes, can be found by it, and they are in order. */
#include "fuzz.h"

#include "kernel/git_remote.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new();
	struct remote_refs refs;

	git_libgit2_init();
	remote_refs_read(arena, fuzz_text(arena, data, size), &refs);
	for (size_t i = 0; i < refs.n; i++) {
		const struct remote_ref *found = remote_find(&refs, refs.items[i].name);
		int valid;

		must(found && !strcmp(found->name, refs.items[i].name));
		must(!git_reference_name_is_valid(&valid, refs.items[i].name) && valid);
		must(slice_starts(slice_of(refs.items[i].name), "refs/"));
		must(!i || strcmp(refs.items[i - 1].name, refs.items[i].name) <= 0);
	}
	git_libgit2_shutdown();
	arena_free(arena);
	return 0;
}
