/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/fail.h"
#include "patch/diff.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define GIT_HEAD "diff --git a/f.c b/f.c\nindex 1234567..89abcde 100644\n--- a/f.c\n+++ b/f.c\n"

static void reads_a_git_diff_inside_a_mail(void **state)
{
	struct arena *arena __free(arena) = arena_new();
	struct diff diff;

	(void)state;
	assert_int_equal(
		diff_parse(
			arena,
			SLICE("Subject: x\n\ntext\n---\n f.c | 2 +-\n\n" GIT_HEAD
			      "@@ -3,3 +3,4 @@ int main(void)\n a\n-b\n+c\n+d\n e\n-- \n2.53\n\n"),
			&diff),
		0);
	assert_int_equal(diff.n, 1);
	assert_string_equal(diff.items[0].old_path, "f.c");
	assert_string_equal(diff.items[0].old_id, "1234567");
	assert_string_equal(diff.items[0].new_id, "89abcde");
	assert_int_equal(diff.items[0].new_mode, 0100644);
	assert_int_equal(diff.items[0].n, 1);
	assert_int_equal(diff.items[0].items[0].n, 5);
	assert_int_equal(diff.items[0].items[0].old_start, 3);
	assert_int_equal(diff.items[0].items[0].new_count, 4);
	assert_int_equal(diff.items[0].items[0].at, 11);
	assert_true(slice_is(diff.items[0].items[0].heading, "int main(void)"));
	assert_int_equal(diff.items[0].items[0].items[3].kind, '+');
	assert_true(slice_is(diff.items[0].items[0].items[3].text, "d"));
}

static void a_removed_line_that_looks_like_a_signature_belongs_to_the_hunk(void **state)
{
	struct arena *arena __free(arena) = arena_new();
	struct diff diff;

	(void)state;
	assert_int_equal(
		diff_parse(arena, SLICE(GIT_HEAD "@@ -1,2 +1 @@\n a\n-- \n-- \n2.53\n"), &diff), 0);
	assert_int_equal(diff.items[0].items[0].n, 2);
	assert_true(slice_is(diff.items[0].items[0].items[1].text, "- "));
}

static void an_empty_context_line_may_have_lost_its_space(void **state)
{
	struct arena *arena __free(arena) = arena_new();
	struct diff diff;

	(void)state;
	assert_int_equal(
		diff_parse(arena, SLICE(GIT_HEAD "@@ -1,3 +1,3 @@\n a\n\n-b\n+c\n"), &diff), 0);
	assert_int_equal(diff.items[0].items[0].items[1].kind, ' ');
	assert_int_equal(diff.items[0].items[0].items[1].text.n, 0);
}

static void refuse(const char *text, enum fail_kind kind, const char *words)
{
	struct arena *arena __free(arena) = arena_new();
	struct diff diff;

	assert_int_equal(diff_parse(arena, slice_of(text), &diff), -1);
	assert_int_equal(fail_kind(), kind);
	if (!strstr(fail_message(), words))
		fail_msg("'%s' does not say '%s'", fail_message(), words);
}

static void wrong_counts_are_refused_by_line(void **state)
{
	(void)state;
	refuse(GIT_HEAD "@@ -1,3 +1,3 @@\n a\n-b\n+c\n", FAIL_USAGE,
	       "line 5: hunk has 2 old lines where its header says 3");
	refuse(GIT_HEAD "@@ -1,2 +1,2 @@\n a\n-b\n+c\n+d\n", FAIL_USAGE,
	       "3 new lines where its header says 2");
	refuse(GIT_HEAD "@@ -1,2 +1,2 @@\n a\nwrapped\n-b\n+c\n", FAIL_USAGE,
	       "hunk has 1 old lines");
	refuse(GIT_HEAD "@@ -1,99999999999999999999 +1 @@\n a\n", FAIL_USAGE,
	       "malformed hunk header");
	refuse(GIT_HEAD "@@@ -1,2 -1,2 +1,2 @@@\n", FAIL_USAGE, "combined diff");
}

static void more_hunks_than_anyone_writes_are_refused(void **state)
{
	struct arena *arena __free(arena) = arena_new();
	struct text text __free_text = TEXT_INIT;
	struct diff diff;

	(void)state;
	text_adds(&text, GIT_HEAD);
	for (int i = 1; i <= 10000; i++)
		text_addf(&text, "@@ -%d +%d @@\n-a\n+b\n", 3 * i, 3 * i);
	assert_int_equal(diff_parse(arena, text_slice(&text), &diff), 0);
	assert_int_equal(diff.items[0].n, 10000);
	text_adds(&text, "@@ -90000 +90000 @@\n-a\n+b\n");
	assert_int_equal(diff_parse(arena, text_slice(&text), &diff), -1);
	assert_string_equal(fail_message(),
			    "line 30005: more than 10000 hunks in one file; split the patch");
}

static void hostile_paths_are_refused(void **state)
{
	(void)state;
	refuse("--- a/../x\n+++ b/../x\n@@ -1 +1 @@\n-a\n+b\n", FAIL_POLICY, "../x");
	refuse("--- a//etc/x\n+++ b//etc/x\n@@ -1 +1 @@\n-a\n+b\n", FAIL_POLICY, "/etc/x");
	refuse("--- /etc/x\n+++ /etc/x\n@@ -1 +1 @@\n-a\n+b\n", FAIL_POLICY, "absolute");
	refuse("--- a/.git/config\n+++ b/.git/config\n@@ -1 +1 @@\n-a\n+b\n", FAIL_POLICY,
	       ".git/config");
	refuse("--- a/x/.GIT/hooks/y\n+++ b/x/.GIT/hooks/y\n@@ -1 +1 @@\n-a\n+b\n", FAIL_POLICY,
	       ".GIT");
	refuse("diff --git \"a/x\\ny\" \"b/x\\ny\"\nold mode 100644\nnew mode 100755\n",
	       FAIL_POLICY, "x?y");
	refuse("diff --git a/a b/a\nsimilarity index 100%\nrename from a\nrename to ../../b\n",
	       FAIL_POLICY, "../../b");
	assert_true(diff_path_ok(SLICE("arch/x86/kvm/x86.c")));
	assert_true(diff_path_ok(SLICE(".gitignore")));
	assert_false(diff_path_ok(SLICE("/x")));
	assert_false(diff_path_ok(SLICE("x/")));
	assert_false(diff_path_ok(SLICE("x/./y")));
	assert_false(diff_path_ok(SLICE("")));
}

static void reads_renames_modes_binary_and_new_files(void **state)
{
	struct arena *arena __free(arena) = arena_new();
	struct diff diff;

	(void)state;
	assert_int_equal(
		diff_parse(
			arena,
			SLICE("diff --git a/o b/n\nsimilarity index 90%\nrename from o\nrename to n\n"
			      "index 1..2 100644\n--- a/o\n+++ b/n\n@@ -1 +1 @@\n-a\n+b\n"
			      "diff --git a/run.sh b/run.sh\nold mode 100644\nnew mode 100755\n"
			      "diff --git a/i.png b/i.png\nindex 1..2\nGIT binary patch\nliteral 3\nKc$\n\nliteral 0\nHc$\n\n"
			      "diff --git a/e b/e\nnew file mode 100644\nindex 0000000..e69de29\n"
			      "diff --git a/d b/d\ndeleted file mode 100644\nindex 1..0\n--- a/d\n+++ /dev/null\n@@ -1 +0,0 @@\n-x\n"
			      "diff --git a/c b/k\nsimilarity index 100%\ncopy from c\ncopy to k\n"),
			&diff),
		0);
	assert_int_equal(diff.n, 6);
	assert_int_equal(diff.items[0].change, CHANGE_RENAME);
	assert_string_equal(diff.items[0].new_path, "n");
	assert_int_equal(diff.items[1].change, CHANGE_MODIFY);
	assert_int_equal(diff.items[1].new_mode, 0100755);
	assert_string_equal(diff.items[1].old_path, "run.sh");
	assert_true(diff.items[2].binary);
	assert_int_equal(diff.items[3].change, CHANGE_ADD);
	assert_null(diff.items[3].old_path);
	assert_string_equal(diff.items[3].new_path, "e");
	assert_int_equal(diff.items[4].change, CHANGE_DELETE);
	assert_null(diff.items[4].new_path);
	assert_int_equal(diff.items[5].change, CHANGE_COPY);
	assert_string_equal(diff.items[5].old_path, "c");
}

static void reads_plain_diffs_with_time_stamps(void **state)
{
	struct arena *arena __free(arena) = arena_new();
	struct diff diff;

	(void)state;
	assert_int_equal(
		diff_parse(
			arena,
			SLICE("--- linux.orig/a.c\t2020-01-01 00:00:00\n+++ linux/a.c\t2020-01-02\n@@ -1 +1 @@\n-a\n+b\n"
			      "--- linux.orig/n.c\t1970-01-01\n+++ linux/n.c\t2020\n@@ -0,0 +1 @@\n+n\n"),
			&diff),
		0);
	assert_int_equal(diff.n, 2);
	assert_string_equal(diff.items[0].old_path, "a.c");
	assert_int_equal(diff.items[1].change, CHANGE_ADD);
	assert_null(diff.items[1].old_path);
}

static void carriage_returns_of_the_transport_go_and_those_of_the_file_stay(void **state)
{
	struct arena *arena __free(arena) = arena_new();
	struct diff diff;

	(void)state;
	assert_int_equal(diff_parse(arena,
				    SLICE("--- a/x\r\n+++ b/x\r\n@@ -1 +1 @@ f()\r\n-a\r\n+b\r\n"),
				    &diff),
			 0);
	assert_true(slice_is(diff.items[0].items[0].items[1].text, "b"));
	assert_true(slice_is(diff.items[0].items[0].heading, "f()"));
	assert_int_equal(diff_parse(arena, SLICE("--- a/x\n+++ b/x\n@@ -1 +1 @@ f()\n-a\r\n+b\r\n"),
				    &diff),
			 0);
	assert_true(slice_is(diff.items[0].items[0].items[1].text, "b\r"));
}

static void what_is_written_reads_back_the_same(void **state)
{
	static const char text[] =
		"diff --git a/o b/n\nold mode 100644\nnew mode 100755\nrename from o\nrename to n\nindex 12..34\n--- a/o\n+++ b/n\n"
		"@@ -1,2 +1,2 @@ f\n x\n-a\n\\ No newline at end of file\n+b\n"
		"diff --git \"a/\\303\\244\\\"\" \"b/\\303\\244\\\"\"\nnew file mode 100644\nindex 00..12\n--- /dev/null\n+++ \"b/\\303\\244\\\"\"\n@@ -0,0 +1 @@\n+x\n"
		"diff --git a/a b b/a b\nindex 12..34 100644\n--- a/a b\t\n+++ b/a b\t\n@@ -5 +5 @@\n-x\n+y\n"
		"diff --git a/ l  b/ l \nindex 12..34 100644\n--- a/ l \t\n+++ b/ l \t\n@@ -5 +5 @@\n-x\n+y\n"
		"diff --git a/ m b/ m\nold mode 100644\nnew mode 100755\n"
		"diff --git a/i b/i\nindex 12..34 100644\nBinary files a/i and b/i differ\n";
	struct arena *arena __free(arena) = arena_new();
	struct text out __free_text = TEXT_INIT;
	struct diff diff;

	(void)state;
	assert_int_equal(diff_parse(arena, SLICE(text), &diff), 0);
	assert_string_equal(diff.items[2].old_path, "a b");
	diff_write(&out, &diff);
	assert_string_equal(text_str(&out), text);
}

static void two_texts_give_git_s_hunks(void **state)
{
	struct arena *arena __free(arena) = arena_new();
	struct text out __free_text = TEXT_INIT;
	struct filediff file = { .old_path = (char[]){ "x" }, .new_path = (char[]){ "x" } };

	(void)state;
	assert_int_equal(diff_texts(arena, SLICE("int f(void)\n{\n1\n2\n3\n4\n5\n"),
				    SLICE("int f(void)\n{\n1\n2\n3\n4\nfive"), 2, &file),
			 0);
	diff_write_file(&out, &file);
	assert_string_equal(
		text_str(&out),
		"diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -5,3 +5,3 @@ int f(void)\n 3\n 4\n-5\n+five\n"
		"\\ No newline at end of file\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_a_git_diff_inside_a_mail),
		cmocka_unit_test(a_removed_line_that_looks_like_a_signature_belongs_to_the_hunk),
		cmocka_unit_test(an_empty_context_line_may_have_lost_its_space),
		cmocka_unit_test(wrong_counts_are_refused_by_line),
		cmocka_unit_test(more_hunks_than_anyone_writes_are_refused),
		cmocka_unit_test(hostile_paths_are_refused),
		cmocka_unit_test(reads_renames_modes_binary_and_new_files),
		cmocka_unit_test(reads_plain_diffs_with_time_stamps),
		cmocka_unit_test(carriage_returns_of_the_transport_go_and_those_of_the_file_stay),
		cmocka_unit_test(what_is_written_reads_back_the_same),
		cmocka_unit_test(two_texts_give_git_s_hunks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
