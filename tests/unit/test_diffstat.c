/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "patch/diffstat.h"

#include "unit.h"

/* A file with `added` and `deleted` lines, as git diff has it. */
static void add_file(struct text *out, const char *name, size_t added, size_t deleted)
{
	text_addf(out, "diff --git a/%s b/%s\nindex 1111111..2222222 100644\n--- a/%s\n+++ b/%s\n",
		  name, name, name, name);
	text_addf(out, "@@ -1,%zu +1,%zu @@\n c\n", deleted + 1, added + 1);
	for (size_t i = 0; i < deleted; i++)
		text_adds(out, "-x\n");
	for (size_t i = 0; i < added; i++)
		text_adds(out, "+x\n");
}

static const char *stat_of(void **state, const struct text *text)
{
	struct text out __free_text = TEXT_INIT;
	struct diff diff;

	assert_ok(diff_parse(*state, text_slice(text), &diff));
	diffstat_write(&out, &diff, 72);
	return slice_str(*state, text_slice(&out));
}

static void a_small_change_is_drawn_line_by_line(void **state)
{
	struct text text __free_text = TEXT_INIT;

	add_file(&text, "a.c", 2, 1);
	add_file(&text, "dir/b.c", 0, 10);
	assert_string_equal(stat_of(state, &text),
			    " a.c     |  3 ++-\n dir/b.c | 10 ----------\n"
			    " 2 files changed, 2 insertions(+), 11 deletions(-)\n");
	text_clear(&text);
	add_file(&text, "a.c", 1, 0);
	assert_string_equal(stat_of(state, &text), " a.c | 1 +\n 1 file changed, 1 insertion(+)\n");
}

/* What git drew for the payload quirk. */
static void a_large_one_is_scaled_as_git_does(void **state)
{
	struct text text __free_text = TEXT_INIT;

	add_file(&text, "arch/x86/kvm/x86.c", 39, 23);
	assert_string_equal(
		stat_of(state, &text),
		" arch/x86/kvm/x86.c | 62 +++++++++++++++++++++++++++++-----------------\n"
		" 1 file changed, 39 insertions(+), 23 deletions(-)\n");
	add_file(&text, "b.c", 1, 1);
	assert_non_null(strstr(stat_of(state, &text), "\n b.c                |  2 +-\n"));
}

static void a_long_name_loses_its_front(void **state)
{
	struct text text __free_text = TEXT_INIT;

	add_file(&text,
		 "tools/testing/selftests/some/where/deep/in/the/tree/of/the/kernel/x86/test.c",
		 400, 0);
	assert_string_equal(
		stat_of(state, &text),
		" .../deep/in/the/tree/of/the/kernel/x86/test.c | 400 ++++++++++++++++++\n"
		" 1 file changed, 400 insertions(+)\n");
}

static void what_came_went_and_moved_is_said(void **state)
{
	static const struct text text = {
		.p = (char *)(uintptr_t) "diff --git a/new b/new\nnew file mode 100755\nindex 0000000..1111111\n--- /dev/null\n+++ b/new\n@@ -0,0 +1 @@\n+a\n"
					 "diff --git a/old b/old\ndeleted file mode 100644\nindex 1111111..0000000\n--- a/old\n+++ /dev/null\n@@ -1 +0,0 @@\n-a\n"
					 "diff --git a/x/a/f.c b/x/b/f.c\nsimilarity index 100%\nrename from x/a/f.c\nrename to x/b/f.c\n"
					 "diff --git a/run b/run\nold mode 100644\nnew mode 100755\n",
	};
	struct text whole = text;

	whole.len = strlen(text.p);
	assert_string_equal(
		stat_of(state, &whole),
		" new            | 1 +\n old            | 1 -\n x/{a => b}/f.c | 0\n run            | 0\n"
		" 4 files changed, 1 insertion(+), 1 deletion(-)\n"
		" create mode 100755 new\n delete mode 100644 old\n rename x/{a => b}/f.c (100%)\n"
		" mode change 100644 => 100755 run\n");
}

UNIT_MAIN(unit(a_small_change_is_drawn_line_by_line), unit(a_large_one_is_scaled_as_git_does),
	  unit(a_long_name_loses_its_front), unit(what_came_went_and_moved_is_said))
