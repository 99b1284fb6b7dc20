/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Two texts: what is a version has a name that is read back; the order of two is the same from both
  * sides. The name of a tip can be that of a ref.
 */
#include "fuzz.h"

#include <git2.h>

#include "patch/version.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new();
	struct slice rest = { (const char *)data, size };
	struct slice one = fuzz_part(arena, &rest), two = fuzz_part(arena, &rest);
	struct version a, b, again;

	if (version_parse(one, &a)) {
		must(version_parse(slice_of(version_name(arena, &a)), &again));
		must(!version_cmp(&a, &again));
		must(again.patch == a.patch && again.rc == a.rc);
		must(*version_branch(arena, &a));
		if (version_parse(two, &b)) {
			must(version_cmp(&a, &b) == -version_cmp(&b, &a));
			must(version_cmp(&a, &b) || version_in(&a, &b) == version_in(&b, &a));
		}
	}
	if (version_is_tip(one)) {
		int valid;

		git_libgit2_init();
		must(!git_reference_name_is_valid(&valid,
						  arena_printf(arena, "refs/series/tip/" SLICE_FMT,
							       SLICE_ARG(one))) &&
		     valid);
		must(version_parse(one, &a) && !version_parse_plain(one, &b));
		git_libgit2_shutdown();
	}
	arena_free(arena);
	return 0;
}
