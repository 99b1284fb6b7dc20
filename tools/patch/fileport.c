/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "patch/fileport.h"

#include <stdlib.h>

#include "patch/place.h"
#include "patch/undo.h"

void fileport_init(struct fileport *port, struct arena *arena, const struct filediff *file,
		   struct slice text)
{
	*port = (struct fileport){ .arena = arena, .file = file, .text = text };
	port->lines = lines_of(arena, text);
	port->hunks = arena_alloc(arena, (file->n + 1) * sizeof(*port->hunks));
}

/* The lines of a hunk that differ, as one splice: its context is left alone. */
static void splice_hunk(struct fileport *port, size_t number, size_t at)
{
	const struct hunk *hunk = &port->file->items[number];
	struct lines after = { 0 };
	struct splice *splice = arena_push(port->arena, &port->splices);
	size_t first = 0, last = hunk->n;

	while (first < hunk->n && hunk->items[first].kind == ' ')
		first++;
	while (last > first && hunk->items[last - 1].kind == ' ')
		last--;
	splice->at = at + first;
	splice->hunk = number;
	for (size_t i = first; i < last; i++) {
		if (hunk->items[i].kind != '+')
			splice->drop++;
		if (hunk->items[i].kind != '-')
			*arena_push(port->arena, &after) = hunk->items[i].text;
	}
	for (size_t i = hunk->n; i-- && !splice->ends;) {
		if (hunk->items[i].kind == '-')
			continue;
		splice->ends = last == hunk->n;
		splice->no_newline = hunk->items[i].no_newline;
		break;
	}
	splice->lines = after.items;
	splice->n = after.n;
	port->hunks[number].at = splice->at;
}

static bool has_added(const struct hunk *hunk)
{
	for (size_t i = 0; i < hunk->n; i++)
		if (hunk->items[i].kind == '+' && !slice_blank(hunk->items[i].text))
			return true;
	return false;
}

/* U: what the patch leaves stands there once, and what it starts from stands nowhere. */
static bool exact_present(struct fileport *port, size_t number)
{
	const struct hunk *hunk = &port->file->items[number];
	struct hunk_fit *fit = &port->hunks[number];
	struct hunk back;
	struct place place;

	if (!has_added(hunk))
		return false;
	back = undo_hunk(port->arena, hunk);
	place = place_hunk(&port->lines, &back, 0, 0);
	if (place.at == PLACE_NONE || (!place.expected && place.count != 1))
		return false;
	fit->mark = MARK_PRESENT;
	fit->at = place.at;
	fit->evidence = arena_printf(
		port->arena,
		"what the hunk leaves stands at line %zu already, and what it starts from nowhere",
		place.at + 1);
	return true;
}

/*
 * At the end of a file a hunk has context on one side only, and adding its lines takes nothing of that away: what it
 * starts from stands there before and after. U, where its lines follow.
 */
static bool appended_present(struct fileport *port, size_t number, size_t at)
{
	const struct hunk *hunk = &port->file->items[number];
	struct hunk_fit *fit = &port->hunks[number];
	struct hunk back;

	if (!has_added(hunk) || hunk->items[hunk->n - 1].kind != '+' || hunk->items[0].kind != ' ')
		return false;
	for (size_t i = 0; i < hunk->n; i++)
		if (hunk->items[i].kind == '-')
			return false;
	back = undo_hunk(port->arena, hunk);
	if (!place_fits(&port->lines, &back, at))
		return false;
	fit->mark = MARK_PRESENT;
	fit->at = at;
	fit->evidence = arena_printf(port->arena,
				     "what the hunk appends stands at line %zu already",
				     at + hunk->old_count + 1);
	return true;
}

bool fileport_exact(struct fileport *port, bool may_be_present)
{
	size_t floor = 0;
	long delta = 0;
	bool all = true;

	for (size_t i = 0; i < port->file->n; i++) {
		const struct hunk *hunk = &port->file->items[i];
		struct place place = place_hunk(&port->lines, hunk, floor, delta);
		struct hunk_fit *fit = &port->hunks[i];

		if (place.at != PLACE_NONE && (place.expected || place.count == 1)) {
			if (may_be_present && appended_present(port, i, place.at))
				continue;
			fit->mark = MARK_EXACT;
			fit->place = place.at;
			fit->offset = (long)place.at - ((long)hunk->old_start - 1);
			delta = fit->offset;
			floor = place.at + hunk->old_count;
			splice_hunk(port, i, place.at);
			fit->evidence =
				!fit->offset ?
					arena_printf(port->arena, "fits as it is") :
					arena_printf(port->arena,
						     "fits as it is, moved by %+ld lines%s",
						     fit->offset,
						     place.expected ? "" : ", and nowhere else");
			continue;
		}
		if (place.at == PLACE_NONE && may_be_present && exact_present(port, i))
			continue;
		fit->mark = MARK_NONE;
		fit->evidence = place.at == PLACE_NONE ?
					arena_printf(port->arena, "its text is not in the file") :
					arena_printf(port->arena, "its text stands at %zu places",
						     place.count);
		all = false;
	}
	return all;
}

static int splice_cmp(const void *a, const void *b)
{
	const struct splice *x = a, *y = b;

	if (x->at != y->at)
		return x->at < y->at ? -1 : 1;
	return x->drop != y->drop ? (x->drop < y->drop ? -1 : 1) :
				    (x->hunk > y->hunk) - (x->hunk < y->hunk);
}

struct slice fileport_text(struct fileport *port, size_t *hunk_line)
{
	struct text out __free_text = TEXT_INIT;
	size_t line = 0, written = 0;
	const char *end = port->text.p + port->text.n, *at = port->text.p;
	bool no_newline = port->lines.no_newline;

	if (port->splices.n)
		qsort(port->splices.items, port->splices.n, sizeof(*port->splices.items),
		      splice_cmp);
	for (size_t i = 0; i < port->file->n; i++)
		hunk_line[i] = 0;
	for (size_t i = 0; i < port->splices.n; i++) {
		const struct splice *s = &port->splices.items[i];
		const char *to = s->at < port->lines.n ? port->lines.items[s->at].p : end;

		text_add(&out, at, (size_t)(to - at));
		if (to == end && out.len && text_str(&out)[out.len - 1] != '\n' && s->n)
			text_addc(&out, '\n');
		written += s->at - line;
		if (!hunk_line[s->hunk])
			hunk_line[s->hunk] = written + 1;
		for (size_t k = 0; k < s->n; k++) {
			text_add_slice(&out, s->lines[k]);
			text_addc(&out, '\n');
		}
		written += s->n;
		line = s->at + s->drop;
		at = line < port->lines.n ? port->lines.items[line].p : end;
		if (line == port->lines.n && s->ends)
			no_newline = s->no_newline;
	}
	text_add(&out, at, (size_t)(end - at));
	if (no_newline && out.len && text_str(&out)[out.len - 1] == '\n' && at == end)
		out.len--;
	return slice_copy(port->arena, text_slice(&out));
}
