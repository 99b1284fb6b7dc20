/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Answers kept by what was asked, and never a wrong one. */
#include "base/file.h"
#include "base/memo.h"
#include "unit.h"

static struct memo_key key_of(const char *a, const char *b)
{
	struct memo_key key;

	memo_key_init(&key);
	memo_key_add(&key, slice_of(a));
	memo_key_add(&key, slice_of(b));
	return key;
}

static char *new_dir(struct arena *arena)
{
	char *dir;

	assert_ok(file_temp_dir(arena, "series-memo", &dir));
	return dir;
}

static void what_was_put_is_got_by_the_same_question_only(void **state)
{
	char *dir = arena_printf(*state, "%s/below/that", new_dir(*state));
	struct memo_key key = key_of("rule", "text"), other = key_of("rulet", "ext");
	struct slice answer;

	assert_false(memo_get(*state, dir, &key, &answer));
	memo_put(dir, &key, SLICE("an answer"));
	assert_true(memo_get(*state, dir, &key, &answer));
	assert_slice(answer, "an answer");
	assert_false(memo_get(*state, dir, &other, &answer));
	*strrchr(dir, '/') = '\0';
	*strrchr(dir, '/') = '\0';
	assert_ok(file_remove_tree(dir));
}

static void a_damaged_answer_counts_as_absent_and_is_removed(void **state)
{
	char *dir = new_dir(*state), *path;
	struct memo_key key = key_of("rule", "text");
	struct file_names names = { 0 };
	struct slice text, answer;

	memo_put(dir, &key, SLICE("an answer"));
	assert_int_equal(file_list(*state, dir, &names), 1);
	assert_int_equal(names.n, 1);
	path = arena_printf(*state, "%s/%s", dir, names.items[0]);
	assert_int_equal(file_read(*state, path, 1000, &text), 1);
	((char *)text.p)[text.n - 1] ^= 1;
	assert_ok(file_write(path, text, 0644));
	assert_false(memo_get(*state, dir, &key, &answer));
	assert_int_equal(file_kind(path), 0);
	assert_ok(file_remove_tree(dir));
}

static void no_folder_to_keep_it_in_is_no_failure(void **state)
{
	struct memo_key key = key_of("rule", "text");
	struct slice answer;

	memo_put(NULL, &key, SLICE("an answer"));
	memo_put("/proc/none/of/this", &key, SLICE("an answer"));
	assert_false(memo_get(*state, NULL, &key, &answer));
	assert_string_equal(fail_message(), "");
}

static void the_longest_unused_go_when_there_are_too_many(void **state)
{
	char *dir = new_dir(*state);
	struct memo_key last = key_of("k", "last");
	struct file_names names = { 0 };
	struct slice answer;

	for (size_t i = 0; i < MEMO_ENTRIES; i++) {
		struct memo_key key = key_of("k", arena_printf(*state, "%zu", i));

		memo_put(dir, &key, SLICE("x"));
	}
	memo_put(dir, &last, SLICE("y"));
	assert_int_equal(file_list(*state, dir, &names), 1);
	assert_int_equal(names.n, MEMO_ENTRIES * 3 / 4);
	assert_true(memo_get(*state, dir, &last, &answer));
	assert_ok(file_remove_tree(dir));
}

UNIT_MAIN(unit(what_was_put_is_got_by_the_same_question_only),
	  unit(a_damaged_answer_counts_as_absent_and_is_removed),
	  unit(no_folder_to_keep_it_in_is_no_failure),
	  unit(the_longest_unused_go_when_there_are_too_many))
