/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Both versions are committed, in the scratch store, on the newest kernel that takes all of both as they are, and git range-diff
 * says what differs. What no kernel has room for (a hunk for code that is nowhere yet, a version that fits nowhere) is
 * compared as text, mail against mail.
 */
#include "cmd/updating.h"

#include "cmd/rangediff.h"
#include "cmd/screen.h"

/* Lines of range-diff, or of a diff set in like its inner ones: coloured by the outer sign. */
static void add_lines(const struct updating *u, struct slice text, struct text *out)
{
	bool color = u->context->color;
	struct slice line;

	while (slice_line(&text, &line)) {
		enum tint tint = TINT_NONE;

		if (line.n && *line.p != ' ')
			tint = TINT_BOLD;
		else if (line.n > 4)
			tint = line.p[4] == '+' ? TINT_ADD :
			       line.p[4] == '-' ? TINT_DROP :
			       line.p[4] == '@' ? TINT_HEAD :
						  TINT_NONE;
		text_adds(out, tint_on(color, tint));
		text_add_shown(out, line, false);
		text_adds(out, tint_off(color, tint));
		text_addc(out, '\n');
	}
}

/* A patch as words and lines, without what changes with every tree: line numbers, blob ids. */
static struct slice plain_text(struct arena *arena, const struct mail *mail)
{
	struct text out __free_text = TEXT_INIT;

	text_addf(&out, "%s\n\n%s", mail->subject, mail->body);
	for (size_t f = 0; f < mail->diff.n; f++) {
		const struct filediff *file = &mail->diff.items[f];

		text_addf(&out, "\n## %s ##\n", file->new_path ? file->new_path : file->old_path);
		for (size_t h = 0; h < file->n; h++) {
			text_addf(&out, "@@ " SLICE_FMT "\n", SLICE_ARG(file->items[h].heading));
			for (size_t l = 0; l < file->items[h].n; l++) {
				text_addc(&out, file->items[h].items[l].kind);
				text_add_slice(&out, file->items[h].items[l].text);
				text_addc(&out, '\n');
			}
		}
	}
	return slice_copy(arena, text_slice(&out));
}

/* Mail against mail. */
static int add_patch_diff(struct updating *u, const struct renewed_patch *item, struct text *out)
{
	struct arena *arena = u->context->arena;
	struct slice was = SLICE(""), is = SLICE("");
	struct text lines __free_text = TEXT_INIT;
	struct filediff file = { .old_path = "x", .new_path = "x" };

	if (item->old)
		was = plain_text(arena, &item->old->mail);
	if (item->number)
		is = plain_text(arena, &u->renewal.series.items[item->number - 1].mail);
	if (slice_eq(was, is))
		return 0;
	text_addf(&lines, "%s %s %s %s\n",
		  item->old ? arena_printf(arena, "%u:", item->old->number) : "-:",
		  !item->old	? ">" :
		  !item->number ? "<" :
				  "!",
		  item->number ? arena_printf(arena, "%u:", item->number) : "-:", item->subject);
	/* What is all new, or gone, is there to read as it is. */
	if (item->old && item->number && diff_texts(arena, was, is, 3, &file))
		return -1;
	for (size_t h = 0; h < file.n; h++) {
		const struct hunk *hunk = &file.items[h];

		text_adds(&lines, "    @@\n");
		for (size_t l = 0; l < hunk->n; l++)
			text_addf(&lines, "    %c" SLICE_FMT "\n", hunk->items[l].kind,
				  SLICE_ARG(hunk->items[l].text));
	}
	add_lines(u, text_slice(&lines), out);
	return 0;
}

int updating_diff(struct updating *u, struct text *out)
{
	struct rangediff rangediff = {
		.arena = u->context->arena,
		.repo = u->scratch,
		.git_dir = u->scratch_dir,
		.pack = u->pack,
	};
	struct range was, is;
	struct slice text;
	int r = 0;

	if (u->scratch)
		r = rangediff_ranges(&rangediff, u->series, &u->renewal.series, &was, &is);
	if (r < 0 || (r && rangediff_run(&rangediff, &was, &is, &text)))
		return -1;
	if (r)
		add_lines(u, text, out);
	for (size_t i = 0; i < u->renewal.n; i++) {
		const struct renewed_patch *item = &u->renewal.items[i];
		bool short_of = !r;

		if (item->kind == RENEWAL_SAME)
			continue;
		if (r && item->old)
			short_of |= was.reduced[item->old->number - 1];
		if (r && item->number)
			short_of |= is.reduced[item->number - 1];
		if (short_of && add_patch_diff(u, item, out))
			return -1;
	}
	return 0;
}
