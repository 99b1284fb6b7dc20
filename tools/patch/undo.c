/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "patch/undo.h"

struct hunk undo_hunk(struct arena *arena, const struct hunk *hunk)
{
	struct hunk back = *hunk;

	back.old_start = hunk->new_start;
	back.old_count = hunk->new_count;
	back.new_start = hunk->old_start;
	back.new_count = hunk->old_count;
	back.items = arena_alloc(arena, (hunk->n + 1) * sizeof(*back.items));
	for (size_t i = 0; i < hunk->n; i++) {
		back.items[i] = hunk->items[i];
		if (hunk->items[i].kind != ' ')
			back.items[i].kind = hunk->items[i].kind == '+' ? '-' : '+';
	}
	return back;
}

static enum change undo_change(enum change change)
{
	switch (change) {
	case CHANGE_ADD:
	case CHANGE_COPY:
		return CHANGE_DELETE;
	case CHANGE_DELETE:
		return CHANGE_ADD;
	default:
		return change;
	}
}

void undo_diff(struct arena *arena, const struct diff *diff, struct diff *back)
{
	*back = (struct diff){ 0 };
	for (size_t i = 0; i < diff->n; i++) {
		const struct filediff *file = &diff->items[i];
		struct filediff *one = arena_push(arena, back);

		one->change = undo_change(file->change);
		one->old_path = file->new_path;
		one->new_path = one->change == CHANGE_DELETE ? NULL : file->old_path;
		one->old_mode = file->new_mode;
		one->new_mode = file->old_mode;
		memcpy(one->old_id, file->new_id, sizeof(one->old_id));
		memcpy(one->new_id, file->old_id, sizeof(one->new_id));
		one->binary = file->binary;
		for (size_t k = 0; k < file->n; k++)
			*arena_push(arena, one) = undo_hunk(arena, &file->items[k]);
	}
}
