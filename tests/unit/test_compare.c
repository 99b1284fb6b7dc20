/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"

#include "patch/compare.h"

#define FILE_HEAD(name) "diff --git a/" name " b/" name "\n--- a/" name "\n+++ b/" name "\n"

#define HUNK_ONE                                                                                   \
	"@@ -10,6 +10,7 @@ static int first(struct vcpu *vcpu)\n"                                  \
	" \tint r;\n \n \tr = check(vcpu);\n+\tdeliver(vcpu, ex);\n \tif (r)\n \t\treturn r;\n \n"
#define HUNK_TWO                                                                                        \
	"@@ -40,7 +41,7 @@ static void second(struct vcpu *vcpu)\n"                                     \
	" {\n \tstruct events *e;\n \n-\told_call(vcpu, e->payload);\n+\tnew_call(vcpu, e->payload);\n" \
	" \te->done = 1;\n }\n \n"

static void compare(struct arena *arena, const char *up, const char *down, struct compare *result)
{
	struct diff *a = arena_new_of(arena, struct diff), *b = arena_new_of(arena, struct diff);

	assert_ok(diff_parse(arena, slice_of(up), a));
	assert_ok(diff_parse(arena, slice_of(down), b));
	compare_diffs(arena, a, b, result);
}

static void the_same_patch_is_identical_whatever_its_line_numbers(void **state)
{
	struct compare c;

	compare(*state, FILE_HEAD("x.c") HUNK_ONE HUNK_TWO,
		FILE_HEAD(
			"x.c") "@@ -382,6 +382,7 @@ static int first(struct vcpu *vcpu)\n"
			       " \tint r;\n \n \tr = check(vcpu);\n+\tdeliver(vcpu, ex);\n \tif (r)\n"
			       " \t\treturn r;\n \n" HUNK_TWO,
		&c);
	assert_int_equal(c.n, 2);
	assert_int_equal(c.counts[PART_SAME], 2);
	assert_int_equal(c.items[0].offset, 372);
	assert_int_equal(c.items[1].offset, 0);
}

static void other_lines_around_the_same_change_are_context_only(void **state)
{
	struct compare c;

	compare(*state, FILE_HEAD("x.c") HUNK_ONE,
		FILE_HEAD(
			"x.c") "@@ -10,6 +10,7 @@ static int first(struct vcpu *vcpu)\n"
			       " \tint r;\n \n \tr = other_check(vcpu, 0);\n+\tdeliver(vcpu, ex);\n \tif (r)\n"
			       " \t\treturn r;\n \n",
		&c);
	assert_int_equal(c.n, 1);
	assert_int_equal(c.items[0].state, PART_CONTEXT);
	assert_int_equal(c.items[0].changed, 0);
}

#define CALLS(get, ex)                                                                             \
	"@@ -40,7 +41,8 @@ static void second(struct vcpu *vcpu)\n {\n \tstruct events *e;\n \n"   \
	"-\told_call(vcpu, e->payload);\n+\t" get "(vcpu, &" ex ");\n+\tdone(" ex ".nr);\n"        \
	" \te->done = 1;\n }\n \n"

static void other_names_one_for_one_are_a_rename_with_its_map(void **state)
{
	struct compare c;

	compare(*state, FILE_HEAD("x.c") CALLS("get_exception", "queued"),
		FILE_HEAD("x.c") CALLS("find_exception", "pending"), &c);
	assert_int_equal(c.n, 1);
	assert_int_equal(c.items[0].state, PART_RENAME);
	assert_int_equal(c.counts[PART_RENAME], 1);
	assert_int_equal(c.items[0].renames.n, 2);
	assert_true(slice_is(c.items[0].renames.items[0].from, "get_exception"));
	assert_true(slice_is(c.items[0].renames.items[0].to, "find_exception"));
	assert_true(slice_is(c.items[0].renames.items[1].from, "queued"));
}

static void one_name_for_two_is_no_rename(void **state)
{
	struct compare c;

	/* vcpu is already a name of the patch: the port asks something else. */
	compare(*state, FILE_HEAD("x.c") CALLS("get_exception", "queued"),
		FILE_HEAD("x.c") CALLS("get_exception", "vcpu"), &c);
	assert_int_equal(c.items[0].state, PART_ADAPTED);
	/* Renamed in one hunk, kept in the other. */
	compare(*state, FILE_HEAD("x.c") CALLS("deliver", "queued") HUNK_ONE,
		FILE_HEAD("x.c") CALLS("send", "queued") HUNK_ONE, &c);
	assert_int_equal(c.counts[PART_RENAME], 0);
	/* A number is no name. */
	compare(*state, FILE_HEAD("x.c") CALLS("get_exception", "a[1]"),
		FILE_HEAD("x.c") CALLS("get_exception", "a[2]"), &c);
	assert_int_equal(c.items[0].state, PART_ADAPTED);
}

static void a_change_that_was_altered_is_adapted_and_shows_the_words(void **state)
{
	struct compare c;
	const struct word_pieces *words = NULL;

	compare(*state, FILE_HEAD("x.c") HUNK_ONE,
		FILE_HEAD("x.c") "@@ -10,6 +10,7 @@ static int first(struct vcpu *vcpu)\n"
				 " \tint r;\n \n \tr = check(vcpu);\n+\tdeliver(vcpu);\n \tif (r)\n"
				 " \t\treturn r;\n \n",
		&c);
	assert_int_equal(c.n, 1);
	assert_int_equal(c.items[0].state, PART_ADAPTED);
	assert_int_equal(c.items[0].changed, 1);
	for (size_t i = 0; i < c.items[0].n; i++)
		if (c.items[0].items[i].words.n)
			words = &c.items[0].items[i].words;
	assert_non_null(words);
	assert_int_equal(words->n, 3);
	assert_slice(words->items[0].text, "\tdeliver(vcpu");
	assert_int_equal(words->items[1].kind, '-');
	assert_slice(words->items[1].text, ", ex");
	assert_slice(words->items[2].text, ");");
}

static void hunks_only_in_one_are_dropped_or_added(void **state)
{
	struct compare c;

	compare(*state, FILE_HEAD("x.c") HUNK_ONE HUNK_TWO, FILE_HEAD("x.c") HUNK_TWO, &c);
	assert_int_equal(c.n, 2);
	assert_int_equal(c.items[0].state, PART_DROPPED);
	assert_int_equal(c.items[1].state, PART_SAME);
	compare(*state, FILE_HEAD("x.c") HUNK_TWO, FILE_HEAD("x.c") HUNK_ONE HUNK_TWO, &c);
	assert_int_equal(c.n, 2);
	assert_int_equal(c.items[0].state, PART_SAME);
	assert_int_equal(c.items[1].state, PART_ADDED);
}

static void a_change_in_another_file_or_function_has_moved(void **state)
{
	struct compare c;

	compare(*state, FILE_HEAD("x86.c") HUNK_ONE, FILE_HEAD("regs.c") HUNK_ONE, &c);
	assert_int_equal(c.n, 1);
	assert_int_equal(c.items[0].state, PART_MOVED);
	compare(*state, FILE_HEAD("x.c") HUNK_ONE,
		FILE_HEAD(
			"x.c") "@@ -10,6 +10,7 @@ int third(void)\n"
			       " \tint r;\n \n \tr = check(vcpu);\n+\tdeliver(vcpu, ex);\n \tif (r)\n"
			       " \t\treturn r;\n \n",
		&c);
	assert_int_equal(c.items[0].state, PART_MOVED);
}

static void changed_order_has_moved(void **state)
{
	struct compare c;

	compare(*state, FILE_HEAD("x.c") HUNK_ONE HUNK_TWO,
		FILE_HEAD(
			"x.c") "@@ -4,7 +4,7 @@ static void second(struct vcpu *vcpu)\n"
			       " {\n \tstruct events *e;\n \n-\told_call(vcpu, e->payload);\n"
			       "+\tnew_call(vcpu, e->payload);\n \te->done = 1;\n }\n \n"
			       "@@ -40,6 +40,7 @@ static int first(struct vcpu *vcpu)\n"
			       " \tint r;\n \n \tr = check(vcpu);\n+\tdeliver(vcpu, ex);\n \tif (r)\n"
			       " \t\treturn r;\n \n",
		&c);
	assert_int_equal(c.n, 2);
	assert_int_equal(c.counts[PART_MOVED], 1);
	assert_int_equal(c.counts[PART_SAME], 1);
}

static void hunks_that_a_diff_merged_meet_in_one_part(void **state)
{
	struct compare c;

	compare(*state,
		FILE_HEAD(
			"x.c") "@@ -1,3 +1,4 @@ f\n a\n+one();\n b\n c\n@@ -5,2 +6,3 @@ f\n e\n+two();\n f\n",
		FILE_HEAD("x.c") "@@ -1,6 +1,8 @@ f\n a\n+one();\n b\n c\n d\n e\n+two();\n f\n",
		&c);
	assert_int_equal(c.n, 1);
	assert_int_equal(c.items[0].up.n, 2);
	assert_int_equal(c.items[0].down.n, 1);
	assert_int_equal(c.items[0].state, PART_CONTEXT);
}

static void a_run_that_the_diff_slid_is_identical(void **state)
{
	struct compare c;

	compare(*state,
		FILE_HEAD("x.c") "@@ -1,4 +1,8 @@\n a {\n }\n+\n+b {\n+\tcall();\n+}\n \n c {\n",
		FILE_HEAD("x.c") "@@ -1,4 +1,8 @@\n a {\n }\n \n+b {\n+\tcall();\n+}\n+\n c {\n",
		&c);
	assert_int_equal(c.n, 1);
	assert_int_equal(c.items[0].state, PART_SAME);
}

static void how_much_context_a_diff_shows_does_not_matter(void **state)
{
	struct compare c;

	compare(*state, FILE_HEAD("x.c") HUNK_ONE,
		FILE_HEAD("x.c") "@@ -12,2 +12,3 @@ static int first(struct vcpu *vcpu)\n"
				 " \tr = check(vcpu);\n+\tdeliver(vcpu, ex);\n \tif (r)\n",
		&c);
	assert_int_equal(c.items[0].state, PART_SAME);
}

static void the_same_line_in_several_hunks_pairs_them_in_order(void **state)
{
	static const char up[] = FILE_HEAD(
		"x.c") "@@ -1,2 +1,3 @@ int get_a(void)\n {\n+\tquirk(vcpu);\n \ta();\n"
		       "@@ -11,2 +12,3 @@ int get_b(void)\n {\n+\tquirk(vcpu);\n \tb();\n"
		       "@@ -21,2 +23,3 @@ int get_c(void)\n {\n+\tquirk(vcpu);\n \tc();\n";
	static const char down[] = FILE_HEAD(
		"x.c") "@@ -1,2 +1,3 @@ int get_a(void)\n {\n+\tquirk(vcpu);\n \ta();\n"
		       "@@ -21,2 +22,3 @@ int get_c(void)\n {\n+\tquirk(vcpu);\n \tc();\n";
	struct compare c;

	compare(*state, up, down, &c);
	assert_int_equal(c.n, 3);
	assert_int_equal(c.items[0].state, PART_SAME);
	assert_int_equal(c.items[1].state, PART_DROPPED);
	assert_int_equal(c.items[2].state, PART_SAME);
}

static void a_file_without_hunks_is_compared_too(void **state)
{
	static const char mode[] = "diff --git a/s.sh b/s.sh\nold mode 100644\nnew mode 100755\n";
	struct compare c;

	compare(*state, mode, mode, &c);
	assert_int_equal(c.n, 1);
	assert_int_equal(c.items[0].state, PART_SAME);
	compare(*state, mode, "", &c);
	assert_int_equal(c.n, 1);
	assert_int_equal(c.items[0].state, PART_DROPPED);
}

/* Whatever the order, all that is in the two lines is in the pieces, and nothing else. */
static void words_give_both_lines_back(void **state)
{
	static const char *const lines[] = { "",  "\tif (a->b)",     "\tif (a->bc && d)",
					     "x", "foo(bar,  baz);", "foo(baz, bar);" };

	for (size_t i = 0; i < ARRAY_SIZE(lines); i++)
		for (size_t j = 0; j < ARRAY_SIZE(lines); j++) {
			struct word_pieces words =
				compare_words(*state, slice_of(lines[i]), slice_of(lines[j]));
			struct text old __free_text = TEXT_INIT, new __free_text = TEXT_INIT;

			for (size_t k = 0; k < words.n; k++) {
				if (words.items[k].kind != '+')
					text_add_slice(&old, words.items[k].text);
				if (words.items[k].kind != '-')
					text_add_slice(&new, words.items[k].text);
			}
			assert_string_equal(text_str(&old), lines[i]);
			assert_string_equal(text_str(&new), lines[j]);
		}
}

UNIT_MAIN(unit(the_same_patch_is_identical_whatever_its_line_numbers),
	  unit(other_lines_around_the_same_change_are_context_only),
	  unit(other_names_one_for_one_are_a_rename_with_its_map),
	  unit(one_name_for_two_is_no_rename),
	  unit(a_change_that_was_altered_is_adapted_and_shows_the_words),
	  unit(hunks_only_in_one_are_dropped_or_added),
	  unit(a_change_in_another_file_or_function_has_moved), unit(changed_order_has_moved),
	  unit(hunks_that_a_diff_merged_meet_in_one_part),
	  unit(a_run_that_the_diff_slid_is_identical),
	  unit(how_much_context_a_diff_shows_does_not_matter),
	  unit(the_same_line_in_several_hunks_pairs_them_in_order),
	  unit(a_file_without_hunks_is_compared_too), unit(words_give_both_lines_back))
