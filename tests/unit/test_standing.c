/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ci/standing.h"
#include "unit.h"

static struct ruling ruling(int64_t id, const char *line, const char *target, enum proof_kind kind,
			    const char *word)
{
	return (struct ruling){ .id = id,
				.series = "demo",
				.line = line,
				.target = target,
				.kind = kind,
				.cell = "",
				.word = word,
				.why = "",
				.marks = kind == PROOF_APPLY ? "= U" : "",
				.red = !strcmp(word, "regression"),
				.unknown = !strcmp(word, "infrastructure") };
}

static struct standings standings_of(struct arena *arena, struct ruling *items, size_t n)
{
	struct rulings rulings = { items, n, n };
	struct standings standings;

	standings_make(arena, &rulings, &standings);
	return standings;
}

static void a_line_is_as_good_as_the_worst_of_its_rulings(void **state)
{
	struct arena *arena __free(arena) = arena_new();
	struct ruling items[] = {
		ruling(1, "6.1.y", "v6.1.5", PROOF_APPLY, "ok"),
		ruling(2, "6.1.y", "v6.1.5", PROOF_VERIFY, "infrastructure"),
		ruling(3, "6.1.y", "v6.1.5", PROOF_TEST, "regression"),
	};
	struct standings standings = standings_of(arena, items, 3);

	(void)state;
	assert_int_equal(standings.n, 1);
	assert_string_equal(standings.items[0].word, "regression");
	assert_true(standings.items[0].red);
	assert_false(standings.items[0].unknown);
	assert_string_equal(standings.items[0].marks, "= U");
}

static void what_was_found_of_an_older_kernel_does_not_count(void **state)
{
	struct arena *arena __free(arena) = arena_new();
	struct ruling items[] = {
		ruling(3, "6.1.y", "v6.1.5", PROOF_TEST, "regression"),
		ruling(4, "6.1.y", "v6.1.6", PROOF_APPLY, "ok"),
		ruling(5, "6.1.y", "v6.1.6", PROOF_BUILD, "fixed"),
	};
	struct standings standings = standings_of(arena, items, 3);

	(void)state;
	assert_string_equal(standings.items[0].target, "v6.1.6");
	assert_string_equal(standings.items[0].word, "ok, fixed");
	assert_false(standings.items[0].red);
}

static void a_line_that_has_no_kernel_any_more_is_neither_well_nor_red(void **state)
{
	struct arena *arena __free(arena) = arena_new();
	struct ruling items[] = {
		ruling(3, "6.1.y-rc", "v6.1.6-rc1", PROOF_TEST, "regression"),
		ruling(4, "6.1.y-rc", "", PROOF_APPLY, "none"),
	};
	struct standings standings = standings_of(arena, items, 2);

	(void)state;
	assert_true(standings.items[0].none);
	assert_string_equal(standings.items[0].word, "none");
	assert_false(standings.items[0].red || standings.items[0].unknown);
}

static void lines_stand_newest_branch_first_with_candidate_and_queue_behind(void **state)
{
	static const char *const want[] = { "6.12.y", "6.1.y", "6.1.y-rc", "6.1.y-queue" };
	struct arena *arena __free(arena) = arena_new();
	struct ruling items[] = {
		ruling(1, "6.1.y-queue", "v6.1.5+queue.0123456789ab", PROOF_APPLY, "ok"),
		ruling(2, "6.1.y", "v6.1.5", PROOF_APPLY, "ok"),
		ruling(3, "6.12.y", "v6.12.3", PROOF_APPLY, "ok"),
		ruling(4, "6.1.y-rc", "v6.1.6-rc1", PROOF_APPLY, "ok"),
	};
	struct standings standings = standings_of(arena, items, 4);

	(void)state;
	assert_int_equal(standings.n, 4);
	for (size_t i = 0; i < 4; i++)
		assert_string_equal(standings.items[i].line, want[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_is_as_good_as_the_worst_of_its_rulings),
		cmocka_unit_test(what_was_found_of_an_older_kernel_does_not_count),
		cmocka_unit_test(a_line_that_has_no_kernel_any_more_is_neither_well_nor_red),
		cmocka_unit_test(lines_stand_newest_branch_first_with_candidate_and_queue_behind),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
