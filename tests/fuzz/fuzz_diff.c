/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any text is refused with a message or parsed; what is parsed is written and read back the same.
 */
#include "fuzz.h"

#include "patch/diff.h"

static void check_file(const struct filediff *file)
{
	must(!file->old_path || diff_path_ok(slice_of(file->old_path)));
	must(!file->new_path || diff_path_ok(slice_of(file->new_path)));
	must(file->old_path || file->new_path);
	must(!file->binary || !file->n);
	for (size_t h = 0; h < file->n; h++) {
		const struct hunk *hunk = &file->items[h];
		size_t before = 0, after = 0;

		for (size_t i = 0; i < hunk->n; i++) {
			must(memchr(" +-", hunk->items[i].kind, 3));
			must(!memchr(hunk->items[i].text.p, '\n', hunk->items[i].text.n));
			before += hunk->items[i].kind != '+';
			after += hunk->items[i].kind != '-';
		}
		must(before == hunk->old_count && after == hunk->new_count);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new();
	struct slice text = fuzz_text(arena, data, size);
	struct diff diff = { 0 }, again = { 0 };

	fail_clear();
	if (diff_parse(arena, text, &diff)) {
		must(*fail_message());
	} else {
		__free_text struct text once = TEXT_INIT;
		__free_text struct text twice = TEXT_INIT;

		for (size_t i = 0; i < diff.n; i++)
			check_file(&diff.items[i]);
		diff_write(&once, &diff);
		must(!diff_parse(arena, text_slice(&once), &again));
		must(again.n == diff.n);
		diff_write(&twice, &again);
		must(slice_eq(text_slice(&once), text_slice(&twice)));
	}
	arena_free(arena);
	return 0;
}
