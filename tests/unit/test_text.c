/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"

static void lines_come_off_the_front_without_their_newline(void **state)
{
	struct slice rest = SLICE("one\n\nlast"), line;

	(void)state;
	assert_true(slice_line(&rest, &line));
	assert_slice(line, "one");
	assert_true(slice_line(&rest, &line));
	assert_slice(line, "");
	assert_true(slice_line(&rest, &line));
	assert_slice(line, "last");
	assert_false(slice_line(&rest, &line));
	assert_int_equal(line.n, 0);
}

static void pieces_are_cut_off_and_the_last_is_empty(void **state)
{
	struct slice rest = SLICE("a,,b"), piece = SLICE("stale");

	(void)state;
	assert_true(slice_cut(&rest, ',', &piece));
	assert_slice(piece, "a");
	assert_true(slice_cut(&rest, ',', &piece));
	assert_slice(piece, "");
	assert_true(slice_cut(&rest, ',', &piece));
	assert_slice(piece, "b");
	piece = SLICE("stale");
	assert_false(slice_cut(&rest, ',', &piece));
	assert_slice(piece, "");
}

static void a_buffer_splits_into_its_lines(void **state)
{
	struct lines with = lines_of(*state, SLICE("a\nb\n"));
	struct lines without = lines_of(*state, SLICE("a\nb"));
	struct lines none = lines_of(*state, SLICE(""));
	struct lines blank = lines_of(*state, SLICE("\n"));

	assert_int_equal(with.n, 2);
	assert_false(with.no_newline);
	assert_slice(with.items[1], "b");
	assert_int_equal(without.n, 2);
	assert_true(without.no_newline);
	assert_int_equal(none.n, 0);
	assert_false(none.no_newline);
	assert_int_equal(blank.n, 1);
	assert_slice(blank.items[0], "");
}

static void the_ends_are_trimmed_and_compared(void **state)
{
	(void)state;
	assert_slice(slice_trim(SLICE(" \t a b \r\n")), "a b");
	assert_slice(slice_trim(SLICE(" \n ")), "");
	assert_true(slice_blank(SLICE("\t ")));
	assert_false(slice_blank(SLICE(" x")));
	assert_true(slice_starts(SLICE("v6.12"), "v6"));
	assert_false(slice_starts(SLICE("v"), "v6"));
	assert_true(slice_ends(SLICE("x.patch"), ".patch"));
	assert_false(slice_ends(SLICE("patch"), ".patch"));
	assert_slice(slice_skip(SLICE("abc"), 9), "");
}

static void order_is_by_bytes_with_the_shorter_first(void **state)
{
	(void)state;
	assert_true(slice_cmp(SLICE("a"), SLICE("ab")) < 0);
	assert_true(slice_cmp(SLICE("b"), SLICE("ab")) > 0);
	assert_int_equal(slice_cmp(SLICE("ab"), SLICE("ab")), 0);
	assert_int_equal(slice_cmp(SLICE(""), SLICE("")), 0);
	assert_true(slice_cmp(SLICE("\xff"), SLICE("a")) > 0);
}

static void runs_of_white_space_count_as_one(void **state)
{
	(void)state;
	assert_true(slice_eq_space(SLICE("\tif (a)  b;"), SLICE("if (a) b; ")));
	assert_true(slice_eq_space(SLICE("  "), SLICE("")));
	assert_false(slice_eq_space(SLICE("ab"), SLICE("a b")));
	assert_false(slice_eq_space(SLICE("a b"), SLICE("a b c")));
	assert_false(slice_eq_space(SLICE("a"), SLICE("")));
}

static void a_needle_is_found_or_is_not(void **state)
{
	(void)state;
	assert_int_equal(slice_find(SLICE("hay needle"), SLICE("needle")), 4);
	assert_int_equal(slice_find(SLICE("hay"), SLICE("needle")), -1);
	assert_int_equal(slice_find(SLICE("hay"), SLICE("")), 0);
	assert_int_equal(slice_find(SLICE(""), SLICE("n")), -1);
}

static void numbers_are_digits_within_their_bound(void **state)
{
	unsigned long v = 7;

	(void)state;
	assert_true(slice_number(SLICE("0042"), 100, &v));
	assert_int_equal(v, 42);
	assert_true(slice_number(SLICE("18446744073709551615"), ~0ul, &v));
	assert_true(v == ~0ul);
	assert_false(slice_number(SLICE("18446744073709551616"), ~0ul, &v));
	assert_false(slice_number(SLICE("101"), 100, &v));
	assert_false(slice_number(SLICE("8"), 7, &v));
	assert_false(slice_number(SLICE(""), 100, &v));
	assert_false(slice_number(SLICE("-1"), 100, &v));
	assert_false(slice_number(SLICE("1 "), 100, &v));
}

static void a_text_grows_and_stays_terminated(void **state)
{
	__free_text struct text text = TEXT_INIT;

	(void)state;
	assert_string_equal(text_str(&text), "");
	for (int i = 0; i < 5000; i++)
		text_addf(&text, "%d,", i % 10);
	assert_int_equal(text.len, 10000);
	assert_int_equal(strlen(text.p), 10000);
	text_clear(&text);
	text_adds(&text, "a");
	text_addc(&text, 'b');
	text_add_slice(&text, SLICE("cd"));
	assert_string_equal(text_str(&text), "abcd");
}

/* Bytes next to a newline's own value, and newlines at every place of a word. */
static void lines_are_those_that_are_taken_one_by_one(void **state)
{
	static const char bytes[] = { '\n', '\n', '\v', '\t', '\x8a', '\xff', 'z', '\0' };
	char buffer[61];
	uint32_t seed = 1;

	for (size_t round = 0; round < 20000; round++) {
		struct slice all = { buffer, round % sizeof(buffer) }, rest = all, line;
		struct lines lines;
		size_t n = 0;

		for (size_t i = 0; i < all.n; i++) {
			seed = seed * 1103515245 + 12345;
			buffer[i] = bytes[seed >> 16 & 7];
		}
		lines = lines_of(*state, all);
		while (slice_line(&rest, &line)) {
			assert_true(n < lines.n);
			assert_ptr_equal(lines.items[n].p, line.p);
			assert_int_equal(lines.items[n++].n, line.n);
		}
		assert_int_equal(lines.n, n);
		assert_int_equal(lines.no_newline, all.n && buffer[all.n - 1] != '\n');
	}
}

UNIT_MAIN(unit(lines_are_those_that_are_taken_one_by_one),
	  unit(lines_come_off_the_front_without_their_newline),
	  unit(pieces_are_cut_off_and_the_last_is_empty), unit(a_buffer_splits_into_its_lines),
	  unit(the_ends_are_trimmed_and_compared), unit(order_is_by_bytes_with_the_shorter_first),
	  unit(runs_of_white_space_count_as_one), unit(a_needle_is_found_or_is_not),
	  unit(numbers_are_digits_within_their_bound), unit(a_text_grows_and_stays_terminated))
