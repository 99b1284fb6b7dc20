/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Two diffs: each hunk of both stands in one part, and each line of it once in that part. */
#include "fuzz.h"

#include "patch/compare.h"

static size_t count_nodes(const struct diff *diff)
{
	size_t n = 0;

	for (size_t f = 0; f < diff->n; f++)
		n += diff->items[f].n ? diff->items[f].n : 1;
	return n;
}

static size_t count_lines(const struct diff *diff)
{
	size_t n = 0;

	for (size_t f = 0; f < diff->n; f++)
		for (size_t h = 0; h < diff->items[f].n; h++)
			n += diff->items[f].items[h].n;
	return n;
}

/* The pieces of a line give back both its sides. */
static void check_words(const struct part_line *line)
{
	struct text up __free_text = TEXT_INIT, down __free_text = TEXT_INIT;

	for (size_t i = 0; i < line->words.n; i++) {
		const struct word_piece *piece = &line->words.items[i];

		if (piece->kind != '+')
			text_add_slice(&up, piece->text);
		if (piece->kind != '-')
			text_add_slice(&down, piece->text);
	}
	must(slice_eq(text_slice(&up), line->up->text));
	must(slice_eq(text_slice(&down), line->down->text));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new();
	struct slice rest = fuzz_text(arena, data, size);
	struct diff up, down;
	struct compare compare;
	size_t ups = 0, downs = 0, up_lines = 0, down_lines = 0;

	if (!diff_parse(arena, fuzz_part(arena, &rest), &up) &&
	    !diff_parse(arena, fuzz_part(arena, &rest), &down)) {
		compare_diffs(arena, &up, &down, &compare);
		for (size_t i = 0; i < compare.n; i++) {
			const struct part *part = &compare.items[i];

			must(part->up.n || part->down.n);
			must((part->state == PART_ADDED) == !part->up.n);
			must((part->state == PART_DROPPED) == !part->down.n);
			ups += part->up.n;
			downs += part->down.n;
			for (size_t k = 0; k < part->n; k++) {
				must(part->items[k].up || part->items[k].down);
				up_lines += part->items[k].up != NULL;
				down_lines += part->items[k].down != NULL;
				if (part->items[k].words.n)
					check_words(&part->items[k]);
			}
		}
		must(ups == count_nodes(&up) && downs == count_nodes(&down));
		must(up_lines == count_lines(&up) && down_lines == count_lines(&down));
	}
	arena_free(arena);
	return 0;
}
