/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdalign.h>

#include "unit.h"

static void memory_is_zeroed_aligned_and_apart(void **state)
{
	unsigned char *p[200];

	for (size_t i = 0; i < 200; i++) {
		size_t size = i * 97 % 40000;

		p[i] = arena_alloc(*state, size);
		assert_int_equal((uintptr_t)p[i] % alignof(max_align_t), 0);
		for (size_t j = 0; j < size; j++)
			assert_int_equal(p[i][j], 0);
		memset(p[i], (int)i + 1, size);
	}
	for (size_t i = 0; i < 200; i++)
		for (size_t j = 0; j < i * 97 % 40000; j++)
			assert_int_equal(p[i][j], (i + 1) & 0xff);
}

static void copies_end_in_a_nul(void **state)
{
	assert_string_equal(arena_copy(*state, "abcdef", 3), "abc");
	assert_string_equal(arena_copy(*state, NULL, 0), "");
	assert_string_equal(arena_printf(*state, "%s-%d", "v", 6), "v-6");
	assert_null(arena_strdup(*state, NULL));
}

static void an_array_keeps_its_items_as_it_grows(void **state)
{
	struct {
		int *items;
		size_t n, cap;
	} v = { 0 };

	for (int i = 0; i < 10000; i++)
		*arena_push(*state, &v) = i;
	assert_int_equal(v.n, 10000);
	for (int i = 0; i < 10000; i++)
		assert_int_equal(v.items[i], i);
}

static char order[8];

static void note(void *p)
{
	order[strlen(order)] = *(char *)p;
}

static void what_it_owns_goes_last_added_first(void **state)
{
	struct arena *arena = arena_new();

	(void)state;
	arena_own(arena, "a", note);
	arena_own(arena, "b", note);
	assert_string_equal(order, "");
	arena_free(arena);
	assert_string_equal(order, "ba");
	arena_free(NULL);
}

static void context_is_put_in_front_of_a_message(void **state)
{
	(void)state;
	assert_int_equal(fail_as(FAIL_USAGE, "line %d", 12), -1);
	assert_int_equal(fail_in("series.conf"), -1);
	assert_string_equal(fail_message(), "series.conf: line 12");
	assert_int_equal(fail_kind(), FAIL_USAGE);
	fail("%s again", fail_message());
	assert_string_equal(fail_message(), "series.conf: line 12 again");
	assert_int_equal(fail_kind(), FAIL_INFRA);
	fail_clear();
	assert_string_equal(fail_message(), "");
}

static void a_message_is_one_line_however_long(void **state)
{
	char *long_text = arena_alloc(*state, 10000);

	memset(long_text, 'x', 9999);
	fail("a\nb\x1b[31m%s", "c");
	assert_string_equal(fail_message(), "a b [31mc");
	fail("%s", long_text);
	assert_in_range(strlen(fail_message()), 1000, 9998);
	assert_int_equal(fail_in("%s", long_text), -1);
}

UNIT_MAIN(unit(memory_is_zeroed_aligned_and_apart), unit(copies_end_in_a_nul),
	  unit(an_array_keeps_its_items_as_it_grows), unit(what_it_owns_goes_last_added_first),
	  unit(context_is_put_in_front_of_a_message), unit(a_message_is_one_line_however_long))
