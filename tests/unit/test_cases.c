/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The cases of tests/cases: a folder each, no code. `patch` is carried onto `target`, with `base` where it is
 * there; the result is `expect`, or, where there is `refused`, a refusal whose evidence says that. `why` says what for.
 */
#include "base/file.h"
#include "patch/fileport.h"
#include "patch/ladder.h"
#include "unit.h"

static struct slice read_part(struct arena *arena, const char *name, const char *part)
{
	struct slice text = { 0 };
	int r = file_read(arena, arena_printf(arena, "tests/cases/%s/%s", name, part), 1 << 20,
			  &text);

	if (r < 0)
		fail_msg("%s/%s: %s", name, part, fail_message());
	return r ? (text.p ? text : SLICE("")) : (struct slice){ 0 };
}

static bool said(const struct fileport *port, struct slice words)
{
	for (size_t i = 0; i < port->file->n; i++)
		if (port->hunks[i].evidence &&
		    slice_find(slice_of(port->hunks[i].evidence), words) >= 0)
			return true;
	return false;
}

static void check_case(struct arena *arena, const char *name)
{
	struct slice expect = read_part(arena, name, "expect"),
		     refused = read_part(arena, name, "refused");
	struct fileport port;
	struct diff diff;
	size_t line[64];
	bool landed;

	if (!read_part(arena, name, "why").n || !expect.p == !refused.p)
		fail_msg("%s: a case has why, and either expect or refused", name);
	if (diff_parse(arena, read_part(arena, name, "patch"), &diff) || diff.n != 1 ||
	    diff.items[0].n >= 64)
		fail_msg("%s: a patch of one file is expected: %s", name, fail_message());
	fileport_init(&port, arena, &diff.items[0], read_part(arena, name, "target"));
	port.base = read_part(arena, name, "base");
	landed = fileport_exact(&port, true);
	if (!landed || port.base.p)
		landed = fileport_merge(&port, LADDER_ALL);
	if (refused.p) {
		if (landed)
			fail_msg("%s: landed, but '" SLICE_FMT "'", name,
				 SLICE_ARG(slice_trim(refused)));
		if (!said(&port, slice_trim(refused)))
			fail_msg("%s: refused, but does not say '" SLICE_FMT "': %s", name,
				 SLICE_ARG(slice_trim(refused)), port.hunks[0].evidence);
		return;
	}
	if (!landed)
		fail_msg("%s: refused: %s", name, port.hunks[0].evidence);
	if (!slice_eq(fileport_text(&port, line), expect))
		fail_msg("%s: gives\n" SLICE_FMT, name, SLICE_ARG(fileport_text(&port, line)));
}

static void every_case_folder_comes_out_as_it_says(void **state)
{
	struct arena *arena = *state;
	struct file_names names = { 0 };

	assert_int_equal(file_list(arena, "tests/cases", &names), 1);
	assert_true(names.n >= 10);
	for (size_t i = 0; i < names.n; i++)
		check_case(arena, names.items[i]);
}

UNIT_MAIN(unit(every_case_folder_comes_out_as_it_says))
