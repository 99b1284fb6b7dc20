/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "unit.h"

#include "base/file.h"

static char *temp;

static int begin(void **state)
{
	unit_begin(state);
	return file_temp_dir(*state, "test_file", &temp);
}

static int end(void **state)
{
	int ret = file_remove_tree(temp);

	return unit_end(state) || ret;
}

static char *in(struct arena *arena, const char *name)
{
	return arena_printf(arena, "%s/%s", temp, name);
}

static void what_is_written_is_read(void **state)
{
	char *path = in(*state, "f");
	struct slice text;
	struct stat st;

	assert_int_equal(file_read(*state, path, 100, &text), 0);
	assert_ok(file_write(path, (struct slice){ "a\0b", 3 }, 0640));
	assert_int_equal(file_read(*state, path, 3, &text), 1);
	assert_int_equal(text.n, 3);
	assert_memory_equal(text.p, "a\0b", 4);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0640);

	mode_t mask = umask(027);

	assert_ok(file_write(path, SLICE("x"), 0666));
	umask(mask);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0640);
	assert_ok(file_write(path, SLICE(""), 0644));
	assert_int_equal(file_read(*state, path, 3, &text), 1);
	assert_slice(text, "");
}

static void a_large_file_is_whole_or_refused(void **state)
{
	char *path = in(*state, "f"), *big = arena_alloc(*state, 300000);
	struct slice text;

	memset(big, 'x', 300000);
	assert_ok(file_write(path, (struct slice){ big, 300000 }, 0644));
	assert_int_equal(file_read(*state, path, 300000, &text), 1);
	assert_int_equal(text.n, 300000);
	assert_fails(file_read(*state, path, 299999, &text), FAIL_INFRA, "larger than 299999");
	assert_fails(file_read(*state, temp, 10, &text), FAIL_USAGE, "it is a folder");
}

static void a_write_that_fails_leaves_nothing_behind(void **state)
{
	struct file_names names;

	assert_ok(file_make_dirs(in(*state, "d/taken")));
	assert_fails(file_write(in(*state, "d/taken"), SLICE("x"), 0644), FAIL_INFRA, "d/taken");
	assert_fails(file_write(in(*state, "none/f"), SLICE("x"), 0644), FAIL_INFRA, "none/f");
	assert_int_equal(file_list(*state, in(*state, "d"), &names), 1);
	assert_int_equal(names.n, 1);
	assert_string_equal(names.items[0], "taken");
}

static void folders_come_into_being_on_the_way(void **state)
{
	assert_ok(file_make_dirs(in(*state, "a/b//c/")));
	assert_int_equal(file_kind(in(*state, "a/b/c")), 1);
	assert_ok(file_make_dirs(in(*state, "a/b/c")));
	assert_ok(file_write(in(*state, "a/f"), SLICE("x"), 0644));
	assert_int_equal(file_kind(in(*state, "a/f")), 2);
	assert_int_equal(file_kind(in(*state, "a/g")), 0);
	assert_int_equal(file_kind(in(*state, "a/f/g")), 0);
	assert_int_equal(mkfifo(in(*state, "a/p"), 0600), 0);
	assert_int_equal(file_kind(in(*state, "a/p")), 3);
	assert_fails(file_make_dirs(in(*state, "a/f")), FAIL_INFRA, "something else");
	assert_fails(file_make_dirs(in(*state, "a/f/g")), FAIL_INFRA, "a/f");
}

static void a_tree_goes_but_not_what_its_links_lead_to(void **state)
{
	assert_ok(file_make_dirs(in(*state, "t/d/e")));
	assert_ok(file_make_dirs(in(*state, "kept")));
	assert_ok(file_write(in(*state, "kept/f"), SLICE("x"), 0644));
	assert_ok(file_write(in(*state, "t/d/e/f"), SLICE("x"), 0444));
	assert_int_equal(symlink("../../kept", in(*state, "t/d/link")), 0);
	assert_ok(file_remove_tree(in(*state, "t")));
	assert_int_equal(file_kind(in(*state, "t")), 0);
	assert_int_equal(file_kind(in(*state, "kept/f")), 2);
	assert_int_equal(symlink("kept", in(*state, "link")), 0);
	assert_ok(file_remove_tree(in(*state, "link")));
	assert_int_equal(file_kind(in(*state, "kept/f")), 2);
	assert_ok(file_remove_tree(in(*state, "never/there")));
}

static void a_list_is_sorted(void **state)
{
	struct file_names names;

	assert_int_equal(file_list(*state, in(*state, "none"), &names), 0);
	assert_ok(file_make_dirs(in(*state, "l/b")));
	assert_ok(file_write(in(*state, "l/c"), SLICE(""), 0644));
	assert_ok(file_write(in(*state, "l/.a"), SLICE(""), 0644));
	assert_int_equal(file_list(*state, in(*state, "l"), &names), 1);
	assert_int_equal(names.n, 3);
	assert_string_equal(names.items[0], ".a");
	assert_string_equal(names.items[1], "b");
	assert_string_equal(names.items[2], "c");
	assert_fails(file_list(*state, in(*state, "l/c"), &names), FAIL_INFRA, "l/c");
}

static void the_cache_is_where_xdg_says(void **state)
{
	setenv("HOME", "/home/u", 1);
	setenv("XDG_CACHE_HOME", "/c", 1);
	assert_string_equal(file_cache_dir(*state), "/c/series");
	setenv("XDG_CACHE_HOME", "relative", 1);
	assert_string_equal(file_cache_dir(*state), "/home/u/.cache/series");
	unsetenv("XDG_CACHE_HOME");
	assert_string_equal(file_cache_dir(*state), "/home/u/.cache/series");
	unsetenv("HOME");
	assert_null(file_cache_dir(*state));
	assert_int_equal(fail_kind(), FAIL_USAGE);
}

#define with_temp(test) cmocka_unit_test_setup_teardown(test, begin, end)

UNIT_MAIN(with_temp(what_is_written_is_read), with_temp(a_large_file_is_whole_or_refused),
	  with_temp(a_write_that_fails_leaves_nothing_behind),
	  with_temp(folders_come_into_being_on_the_way),
	  with_temp(a_tree_goes_but_not_what_its_links_lead_to), with_temp(a_list_is_sorted),
	  with_temp(the_cache_is_where_xdg_says))
