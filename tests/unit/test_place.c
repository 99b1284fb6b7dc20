/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where a hunk's text stands: place, align, scope. */
#include "patch/align.h"
#include "patch/place.h"
#include "patch/scope.h"
#include "unit.h"

static const char patch[] = "--- a/f\n+++ b/f\n@@ -3,3 +3,3 @@\n one\n-two\n+2\n three\n";

static struct place place(struct arena *arena, const char *text, size_t floor, long delta)
{
	struct lines lines = lines_of(arena, slice_of(text));
	struct diff diff;

	assert_ok(diff_parse(arena, slice_of(patch), &diff));
	return place_hunk(&lines, &diff.items[0].items[0], floor, delta);
}

static void the_named_line_is_tried_first(void **state)
{
	struct place at = place(*state, "one\ntwo\none\ntwo\nthree\none\ntwo\nthree\n", 0, 0);

	assert_int_equal(at.at, 2);
	assert_true(at.expected);
	at = place(*state, "one\ntwo\none\ntwo\nthree\none\ntwo\nthree\n", 0, 3);
	assert_int_equal(at.at, 5);
	assert_true(at.expected);
}

static void elsewhere_the_nearest_is_given_and_all_are_counted(void **state)
{
	struct place at = place(*state, "x\nx\nx\nx\none\ntwo\nthree\none\ntwo\nthree\n", 0, 0);

	assert_int_equal(at.at, 4);
	assert_int_equal(at.count, 2);
	assert_false(at.expected);
	at = place(*state, "x\nx\nx\nx\none\ntwo\nthree\none\ntwo\nthree\n", 5, 0);
	assert_int_equal(at.at, 7);
	assert_int_equal(at.count, 1);
}

static void text_that_is_not_there_has_no_place(void **state)
{
	assert_int_equal(place(*state, "one\ntwo\nfour\n", 0, 0).at, PLACE_NONE);
	assert_int_equal(place(*state, "", 0, 0).at, PLACE_NONE);
	assert_int_equal(place(*state, "one\ntwo", 0, 0).at, PLACE_NONE);
}

static void the_missing_newline_at_the_end_is_part_of_the_text(void **state)
{
	static const char end[] =
		"--- a/f\n+++ b/f\n@@ -1 +1 @@\n-a\n\\ No newline at end of file\n+b\n";
	struct lines with = lines_of(*state, SLICE("a\n")), without = lines_of(*state, SLICE("a"));
	struct diff diff;

	assert_ok(diff_parse(*state, slice_of(end), &diff));
	assert_false(place_fits(&with, &diff.items[0].items[0], 0));
	assert_true(place_fits(&without, &diff.items[0].items[0], 0));
}

static struct align *aligned(struct arena *arena, const char *a, const char *b)
{
	struct vocabulary *vocabulary = vocabulary_new(arena);

	return align_new(arena, source_new(vocabulary, slice_of(a)),
			 source_new(vocabulary, slice_of(b)));
}

static void unique_lines_hold_the_alignment_and_braces_do_not(void **state)
{
	struct align *align = aligned(
		*state,
		"int first(void)\n{\n\tcall_one();\n}\n\nint second(void)\n{\n\tcall_two();\n}\n",
		"int second(void)\n{\n\tcall_two();\n}\n");

	assert_int_equal(align->to[0], ALIGN_NONE);
	assert_int_equal(align->to[5], 0);
	assert_int_equal(align->to[7], 2);
	assert_int_equal(align->to[8], 3);
	assert_int_equal(align->to[3], ALIGN_NONE);
}

static void a_line_that_changed_a_little_is_paired(void **state)
{
	struct align *align = aligned(*state,
				      "before_it();\nret = start(dev, IDLE, mode);\nafter_it();\n",
				      "before_it();\nret = start(dev, INIT, mode);\nafter_it();\n");

	assert_int_equal(align->to[1], 1);
	assert_in_range(align->alike[1], 60, 99);
}

static void ten_thousand_equal_lines_cost_no_square(void **state)
{
	struct text a __free_text = TEXT_INIT, b __free_text = TEXT_INIT;

	for (int i = 0; i < 10000; i++) {
		text_adds(&a, "the same line\n");
		text_adds(&b, i % 2 ? "the same line\n" : "another line of it\n");
	}
	assert_non_null(aligned(*state, text_str(&a), text_str(&b)));
}

static void a_scope_is_the_function_around_a_line(void **state)
{
	static const char text[] =
		"static int first(struct x *x,\n\t\t int b)\n{\n\tcall();\nout:\n\treturn 0;\n}\n\nint declared(int a,\n\t     int b);\n"
		"struct y {\n\tint a;\n};\n";
	struct source *source = source_new(vocabulary_new(*state), slice_of(text));
	struct scope scope;

	assert_slice(scope_at(source, 5).name, "first");
	assert_int_equal(scope_at(source, 5).last, 6);
	assert_int_equal(scope_at(source, 7).head, SCOPE_NONE);
	assert_int_equal(scope_at(source, 10).head, SCOPE_NONE);
	assert_slice(scope_at(source, 11).name, "y");
	assert_true(scope_find(source, SLICE("first"), &scope));
	assert_int_equal(scope.head, 0);
	assert_false(scope_find(source, SLICE("declared"), &scope));
}

UNIT_MAIN(unit(the_named_line_is_tried_first),
	  unit(elsewhere_the_nearest_is_given_and_all_are_counted),
	  unit(text_that_is_not_there_has_no_place),
	  unit(the_missing_newline_at_the_end_is_part_of_the_text),
	  unit(unique_lines_hold_the_alignment_and_braces_do_not),
	  unit(a_line_that_changed_a_little_is_paired),
	  unit(ten_thousand_equal_lines_cost_no_square),
	  unit(a_scope_is_the_function_around_a_line))
