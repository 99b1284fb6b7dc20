/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "unit.h"

#include "base/file.h"
#include "base/replacement.h"

static char *temp;

static int begin(void **state)
{
	unit_begin(state);
	return file_temp_dir(*state, "test_replacement", &temp);
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

/* A folder of two files that must be of one generation. */
static int generation(struct arena *arena, const char *dir, unsigned int number, bool plain)
{
	struct replacement r __free_replacement = { .lock = -1 };
	char *text = arena_printf(arena, "%u", number);

	if (replacement_begin(arena, dir, ".mark", &r))
		return -1;
	r.plain = plain;
	if (file_write(arena_printf(arena, "%s/a", r.fresh), slice_of(text), 0666) ||
	    file_write(arena_printf(arena, "%s/b", r.fresh), slice_of(text), 0666))
		return -1;
	return replacement_finish(&r);
}

static struct slice part(struct arena *arena, const char *dir, const char *name)
{
	struct slice text;

	assert_int_equal(file_read(arena, arena_printf(arena, "%s/%s", dir, name), 100, &text), 1);
	return text;
}

static size_t names_in(struct arena *arena, const char *dir)
{
	struct file_names names;

	assert_int_equal(file_list(arena, dir, &names), 1);
	return names.n;
}

static void made_then_replaced(void **state)
{
	char *dir = in(*state, "site");

	for (unsigned int i = 1; i <= 4; i++) {
		assert_ok(generation(*state, dir, i, i > 2));
		assert_slice(part(*state, dir, "a"), arena_printf(*state, "%u", i));
		assert_int_equal(names_in(*state, temp), 1);
	}
}

static void readable_by_others_as_the_umask_says(void **state)
{
	char *dir = in(*state, "site");
	struct stat st;
	mode_t mask = umask(022);

	assert_ok(generation(*state, dir, 1, false));
	umask(mask);
	assert_int_equal(stat(dir, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0755);
}

static void a_strangers_folder_is_left_alone(void **state)
{
	char *dir = in(*state, "home");

	assert_ok(file_make_dirs(dir));
	assert_ok(file_write(in(*state, "home/thesis"), SLICE("x"), 0600));
	assert_fails(generation(*state, dir, 1, false), FAIL_USAGE, "not ours");
	assert_slice(part(*state, dir, "thesis"), "x");
	assert_int_equal(names_in(*state, temp), 1);
	/* An empty one may be taken. */
	assert_ok(file_make_dirs(in(*state, "empty")));
	assert_ok(generation(*state, in(*state, "empty"), 1, false));
	assert_fails(generation(*state, in(*state, "home/thesis"), 1, false), FAIL_USAGE,
		     "not a folder");
}

static void a_symlink_to_it_stays_one(void **state)
{
	char *dir = in(*state, "real"), *link = in(*state, "link");
	char to[10];

	assert_ok(file_make_dirs(dir));
	assert_int_equal(symlink("real", link), 0);
	assert_ok(generation(*state, link, 1, false));
	assert_ok(generation(*state, link, 2, false));
	assert_int_equal(readlink(link, to, sizeof(to)), 4);
	assert_slice(part(*state, dir, "b"), "2");
	/* One that leads nowhere is said to be that, and stays. */
	assert_ok(file_remove_tree(dir));
	assert_fails(generation(*state, link, 3, false), FAIL_USAGE, "leads nowhere");
	assert_int_equal(names_in(*state, temp), 1);
}

static void what_failed_is_gone_and_the_old_one_stays(void **state)
{
	char *dir = in(*state, "site");
	struct replacement r;

	assert_ok(generation(*state, dir, 1, false));
	assert_ok(replacement_begin(*state, dir, ".mark", &r));
	assert_int_equal(names_in(*state, temp), 2);
	replacement_drop(&r);
	assert_int_equal(names_in(*state, temp), 1);
	assert_slice(part(*state, dir, "a"), "1");
}

static void one_in_work_is_not_taken_away(void **state)
{
	char *dir = in(*state, "site");
	struct replacement r;

	assert_ok(replacement_begin(*state, dir, ".mark", &r));
	assert_ok(generation(*state, dir, 1, false));
	assert_int_equal(file_kind(r.fresh), 1);
	replacement_drop(&r);
}

/* Killed between the two renames of a file system that cannot exchange names. */
static void an_old_one_alone_is_taken_back(void **state)
{
	char *dir = in(*state, "site");
	struct replacement r;

	assert_ok(generation(*state, dir, 1, false));
	assert_int_equal(rename(dir, in(*state, "site.old-abcdef")), 0);
	assert_ok(replacement_begin(*state, dir, ".mark", &r));
	assert_slice(part(*state, dir, "a"), "1");
	replacement_drop(&r);
}

/* A name such as mkdtemp() makes is a word now and then. */
static void a_persons_folder_beside_it_is_left_alone(void **state)
{
	char *dir = in(*state, "site");

	assert_ok(file_make_dirs(in(*state, "site.old-backup")));
	assert_ok(file_write(in(*state, "site.old-backup/thesis"), SLICE("x"), 0600));
	assert_ok(file_make_dirs(in(*state, "site.new-design/thesis")));
	assert_ok(file_make_dirs(in(*state, "site.new-a1b2c3")));
	assert_ok(generation(*state, dir, 1, false));
	assert_ok(generation(*state, dir, 2, true));
	assert_slice(part(*state, dir, "a"), "2");
	assert_slice(part(*state, in(*state, "site.old-backup"), "thesis"), "x");
	assert_int_equal(file_kind(in(*state, "site.new-design/thesis")), 1);
	assert_int_equal(names_in(*state, temp), 3);
}

/* Its mark goes last, so that the next one can go on. */
static void one_that_is_half_removed_is_still_ours(void **state)
{
	char *dir = in(*state, "site.old-a1b2c3");

	assert_ok(file_make_dirs(arena_printf(*state, "%s/0/1", dir)));
	assert_ok(file_write(arena_printf(*state, "%s/.mark", dir), SLICE(""), 0666));
	assert_true(replacement_made(dir, ".mark"));
	assert_false(replacement_made(temp, ".mark"));
	assert_ok(replacement_remove(dir, ".mark"));
	assert_int_equal(names_in(*state, temp), 0);
	assert_ok(replacement_remove(dir, ".mark"));
}

static void killed_at_any_moment_it_is_whole(void **state)
{
	char *dir = in(*state, "site");
	unsigned int seed = 7;

	assert_ok(generation(*state, dir, 0, false));
	for (int i = 0; i < 40; i++) {
		struct arena *arena __free(arena) = arena_new();
		pid_t child = fork();
		int status;

		if (!child)
			for (unsigned int n = 0;; n++)
				if (generation(arena, dir, n, false))
					_exit(1);
		usleep((unsigned int)(rand_r(&seed) % 8000));
		assert_int_equal(kill(child, SIGKILL), 0);
		assert_int_equal(waitpid(child, &status, 0), child);
		assert_true(WIFSIGNALED(status));

		struct slice a = part(arena, dir, "a");

		assert_true(slice_eq(a, part(arena, dir, "b")));
		assert_int_equal(names_in(arena, dir), 3);
	}
	assert_ok(generation(*state, dir, 0, false));
	assert_int_equal(names_in(*state, temp), 1);
}

static void a_tree_is_linked(void **state)
{
	struct stat a, b;
	size_t files = 0;

	assert_ok(file_make_dirs(in(*state, "from/sub")));
	assert_ok(file_write(in(*state, "from/x"), SLICE("x"), 0600));
	assert_ok(file_write(in(*state, "from/sub/y"), SLICE("y"), 0600));
	assert_int_equal(symlink("/etc/passwd", in(*state, "from/link")), 0);
	assert_ok(file_link_tree(in(*state, "from"), in(*state, "to"), NULL, &files));
	assert_int_equal(files, 2);
	assert_int_equal(names_in(*state, in(*state, "to")), 2);
	assert_int_equal(stat(in(*state, "from/sub/y"), &a), 0);
	assert_int_equal(stat(in(*state, "to/sub/y"), &b), 0);
	assert_true(a.st_ino == b.st_ino);
	/* A second time nothing happens. */
	assert_int_equal(file_link(in(*state, "from/x"), in(*state, "to/x"), NULL), 0);
	assert_fails(file_link(in(*state, "from/none"), in(*state, "to/none"), NULL), FAIL_INFRA,
		     "none");
}

static ino_t inode_of(const char *path)
{
	struct stat st;

	assert_int_equal(stat(path, &st), 0);
	return st.st_ino;
}

static void on_another_file_system_there_is_one_copy(void **state)
{
	char *far = arena_strdup(*state, "/dev/shm/test_replacement.XXXXXX");
	char *from = in(*state, "f"), *first, *second, *third;
	struct stat here, there;

	if (!mkdtemp(far) || stat(far, &there) || stat(temp, &here) ||
	    here.st_dev == there.st_dev) {
		rmdir(far);
		skip();
	}
	first = arena_printf(*state, "%s/1", far);
	second = arena_printf(*state, "%s/2", far);
	third = arena_printf(*state, "%s/3", far);
	assert_ok(file_write(from, SLICE("once"), 0666));
	assert_int_equal(file_link(from, first, second), 1);
	assert_int_equal(file_link(from, second, first), 1);
	assert_true(inode_of(first) == inode_of(second));
	/* Another one of that name and size. */
	assert_ok(file_write(from, SLICE("more"), 0666));
	assert_int_equal(file_link(from, third, first), 1);
	assert_true(inode_of(first) != inode_of(third));
	assert_slice(part(*state, far, "3"), "more");
	assert_slice(part(*state, far, "1"), "once");
	assert_ok(file_remove_tree(far));
}

#define test(t) cmocka_unit_test_setup_teardown(t, begin, end)
int main(void)
{
	const struct CMUnitTest tests[] = {
		test(made_then_replaced),
		test(readable_by_others_as_the_umask_says),
		test(a_strangers_folder_is_left_alone),
		test(a_symlink_to_it_stays_one),
		test(what_failed_is_gone_and_the_old_one_stays),
		test(one_in_work_is_not_taken_away),
		test(an_old_one_alone_is_taken_back),
		test(a_persons_folder_beside_it_is_left_alone),
		test(one_that_is_half_removed_is_still_ours),
		test(killed_at_any_moment_it_is_whole),
		test(a_tree_is_linked),
		test(on_another_file_system_there_is_one_copy),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL) ? 1 : 0;
}
