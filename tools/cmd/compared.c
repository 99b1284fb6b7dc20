/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include "cmd/compared.h"

#include <stdint.h>

#include "cmd/report.h"
#include "cmd/screen.h"

#define LINES_AROUND 3 /* equal lines shown on each side of one that differs */

static enum tint state_tint(enum part_state state)
{
	switch (state) {
	case PART_SAME:
		return TINT_GOOD;
	case PART_MOVED:
	case PART_CONTEXT:
		return TINT_HEAD;
	case PART_DROPPED:
		return TINT_BAD;
	default:
		return TINT_LOOK;
	}
}

static const char *file_of(const struct diff *diff, const struct hunk_places *places)
{
	const struct filediff *file = &diff->items[places->items[0].file];

	return file->new_path ? file->new_path : file->old_path;
}

static const struct hunk *hunk_of(const struct diff *diff, const struct hunk_places *places)
{
	const struct filediff *file = &diff->items[places->items[0].file];

	return file->n ? &file->items[places->items[0].hunk] : NULL;
}

static void counts_write(struct text *out, const struct compare *compare, bool color)
{
	size_t n = 0;

	text_addf(out, "  %zu hunk%s: ", compare->n, compare->n == 1 ? "" : "s");
	for (int s = 0; s < PART_STATE_COUNT; s++)
		if (compare->counts[s])
			text_addf(out, "%s%s%zu %s%s", n++ ? ", " : "",
				  tint_on(color, state_tint(s)), compare->counts[s],
				  part_state_name(s), tint_off(color, state_tint(s)));
	text_addc(out, '\n');
}

static void part_head(struct text *out, const struct part *part, size_t number,
		      const struct diff *up, const struct diff *down, bool color)
{
	const struct diff *side = part->down.n ? down : up;
	const struct hunk_places *places = part->down.n ? &part->down : &part->up;
	const struct hunk *hunk = hunk_of(side, places);
	enum tint tint = state_tint(part->state);

	text_addf(out, "  %3zu  %s%-12s%s  ", number, tint_on(color, tint),
		  part_state_name(part->state), tint_off(color, tint));
	text_add_shown(out, slice_of(file_of(side, places)), false);
	if (hunk)
		text_addf(out, ":%zu", hunk->new_start);
	if (part->up.n && part->down.n &&
	    strcmp(file_of(up, &part->up), file_of(down, &part->down)) != 0) {
		text_adds(out, " from ");
		text_add_shown(out, slice_of(file_of(up, &part->up)), false);
	} else if (part->offset) {
		text_addf(out, " (%+ld lines)", part->offset);
	}
	if (hunk && hunk->heading.n) {
		text_adds(out, "  ");
		text_add_shown(out, slice_trim(hunk->heading), false);
	}
}

static bool line_differs(const struct part_line *line)
{
	return !line->up || !line->down || line->words.n;
}

static void words_write(struct text *out, const struct word_pieces *words, bool color)
{
	for (size_t i = 0; i < words->n; i++) {
		const struct word_piece *piece = &words->items[i];
		enum tint tint = piece->kind == '-' ? TINT_DROP :
				 piece->kind == '+' ? TINT_ADD :
						      TINT_NONE;

		if (piece->kind != ' ' && !color)
			text_adds(out, piece->kind == '-' ? "[-" : "{+");
		text_addf(out, "%s%s", tint_on(color, tint),
			  piece->kind != ' ' && color ? "\033[7m" : "");
		text_add_shown(out, piece->text, false);
		text_adds(out, tint_off(color, tint));
		if (piece->kind != ' ' && !color)
			text_adds(out, piece->kind == '-' ? "-]" : "+}");
	}
}

static void line_write(struct text *out, const struct part_line *line, bool color)
{
	const struct diff_line *one = line->down ? line->down : line->up;
	char sign = !line->down ? '<' : !line->up ? '>' : line->words.n ? '~' : ' ';
	enum tint tint = sign == '<' ? TINT_DROP :
			 sign == '>' ? TINT_ADD :
			 sign == '~' ? TINT_LOOK :
				       TINT_DIM;

	text_addf(out, "       %s%c %c", tint_on(color, tint), sign, one->kind);
	if (sign == '~') {
		text_adds(out, tint_off(color, tint));
		words_write(out, &line->words, color);
	} else {
		text_add_shown(out, one->text, false);
		text_adds(out, tint_off(color, tint));
	}
	text_addc(out, '\n');
}

/* Lines that differ, and some around them. */
static void lines_write(struct text *out, const struct part *part, bool color)
{
	bool gap = false;

	for (size_t i = 0; i < part->n; i++) {
		size_t from = i > LINES_AROUND ? i - LINES_AROUND : 0;
		size_t to = part->n - i > LINES_AROUND ? i + LINES_AROUND : part->n - 1;
		bool near = false;

		for (size_t k = from; k <= to && !near; k++)
			near = line_differs(&part->items[k]);
		if (near)
			line_write(out, &part->items[i], color);
		else if (!gap)
			text_adds(out, "         ...\n");
		gap = !near;
	}
}

/* "demo_clear is demo_reset here" */
static void renames_write(struct text *out, const struct part *part)
{
	for (size_t i = 0; i < part->renames.n; i++) {
		text_adds(out, i ? ", " : "       as mailed -> as ported: ");
		text_add_shown(out, part->renames.items[i].from, false);
		text_adds(out, " -> ");
		text_add_shown(out, part->renames.items[i].to, false);
	}
	if (part->renames.n)
		text_addc(out, '\n');
}

void compared_write(struct text *out, const struct compare *compare, const struct diff *up,
		    const struct diff *down, unsigned int width, bool color)
{
	counts_write(out, compare, color);
	for (size_t i = 0; i < compare->n; i++) {
		const struct part *part = &compare->items[i];
		struct text head __free_text = TEXT_INIT;

		part_head(&head, part, i + 1, up, down, color);
		text_add_cut(out, text_slice(&head), width ? width : SIZE_MAX);
		text_adds(out, "\n");
		renames_write(out, part);
		if (part->why) {
			text_adds(out, "       ");
			text_add_shown(out, slice_of(part->why), false);
			text_addc(out, '\n');
		}
		/* What was left out on purpose has no lines worth a look. */
		if (!part->left_out && part->state >= PART_CONTEXT) {
			lines_write(out, part, color);
		}
	}
}

static json_t *places_json(const struct hunk_places *places)
{
	json_t *json = json_array();

	for (size_t i = 0; i < places->n; i++)
		json_array_append_new(json, json_integer((json_int_t)places->items[i].hunk + 1));
	return json;
}

static json_t *json_slice(struct slice s)
{
	struct text copy __free_text = TEXT_INIT;

	text_add_slice(&copy, s);
	return json_shown(text_str(&copy));
}

static json_t *renames_json(const struct part *part)
{
	json_t *json = json_array();

	for (size_t i = 0; i < part->renames.n; i++) {
		json_t *one = json_object();

		json_object_set_new(one, "from", json_slice(part->renames.items[i].from));
		json_object_set_new(one, "to", json_slice(part->renames.items[i].to));
		json_array_append_new(json, one);
	}
	return json;
}

json_t *compared_json(const struct compare *compare, const struct diff *up, const struct diff *down)
{
	json_t *json = json_array();

	for (size_t i = 0; i < compare->n; i++) {
		const struct part *part = &compare->items[i];
		json_t *one = json_object();

		json_object_set_new(one, "state", json_string(part_state_name(part->state)));
		json_object_set_new(one, "upstream_file",
				    part->up.n ? json_shown(file_of(up, &part->up)) : json_null());
		json_object_set_new(one, "upstream_hunks", places_json(&part->up));
		json_object_set_new(one, "file",
				    part->down.n ? json_shown(file_of(down, &part->down)) :
						   json_null());
		json_object_set_new(one, "hunks", places_json(&part->down));
		json_object_set_new(one, "changed_lines", json_integer((json_int_t)part->changed));
		json_object_set_new(one, "renames", renames_json(part));
		json_object_set_new(one, "why", json_shown(part->why));
		json_array_append_new(json, one);
	}
	return json;
}
