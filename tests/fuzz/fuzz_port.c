/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Three texts: the target's file, a patch, the base it was made for (or nothing). Each of the
 * patch's files is carried onto the target. What is settled exactly is what patching by hand gives:
 * undone, the target is there again.
 */
#include "fuzz.h"

#include "patch/fileport.h"
#include "patch/ladder.h"
#include "patch/place.h"

static void check_places(struct arena *arena, const struct filediff *file, struct slice target)
{
	struct lines lines = lines_of(arena, target);

	for (size_t h = 0; h < file->n; h++) {
		struct place place = place_hunk(&lines, &file->items[h], 0, 0);

		must(place.at == PLACE_NONE || place_fits(&lines, &file->items[h], place.at));
		must(place.at == PLACE_NONE || place.at + file->items[h].old_count <= lines.n);
	}
}

static void check_file(struct arena *arena, const struct filediff *file, struct slice target,
		       struct slice base)
{
	size_t *line = arena_alloc(arena, (file->n + 1) * sizeof(*line));
	struct fileport port;

	fileport_init(&port, arena, file, target);
	if (base.n) {
		port.base = base;
		port.base_name = "the base";
	}
	if (!fileport_exact(&port, true) && !fileport_merge(&port, LADDER_ALL))
		return;

	struct slice text = fileport_text(&port, line);

	for (size_t h = 0; h < file->n; h++) {
		must(port.hunks[h].mark != MARK_NONE && port.hunks[h].mark != MARK_CONFLICT);
		must(port.hunks[h].evidence);
	}
	must(text.p || !text.n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new();
	struct slice rest = { (const char *)data, size };
	struct slice target = fuzz_part(arena, &rest);
	struct slice patch = fuzz_part(arena, &rest), base = fuzz_part(arena, &rest);
	struct diff diff = { 0 };

	fail_clear();
	if (!diff_parse(arena, patch, &diff))
		for (size_t i = 0; i < diff.n; i++) {
			if (diff.items[i].binary || !diff.items[i].n)
				continue;
			check_places(arena, &diff.items[i], target);
			check_file(arena, &diff.items[i], target, base);
		}
	arena_free(arena);
	return 0;
}
