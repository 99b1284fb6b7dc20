/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ci/course.h"

#include "base/file.h"
#include "kernel/results_part.h"
#include "unit.h"

#define NOW 1795324054

static char *temp;
static struct results *journal;

static int begin(void **state)
{
	unit_begin(state);
	if (file_temp_dir(*state, "test_course", &temp))
		return -1;
	return results_open(arena_printf(*state, "%s/results.db", temp), &journal);
}

static int end(void **state)
{
	int ret;

	results_free(journal);
	ret = file_remove_tree(temp);
	return unit_end(state) || ret;
}

static void put(int64_t round, const char *line, const char *target, enum proof_kind kind,
		const char *cell, const char *word)
{
	struct ruling r = { .round = round,
			    .at = NOW + 3600 * round,
			    .kind = kind,
			    .series = "demo",
			    .line = line,
			    .target = target,
			    .cell = cell,
			    .input = { .recipe = "r" },
			    .word = word,
			    .marks = kind == PROOF_APPLY ? "= ~" : "",
			    .red = !strcmp(word, "regression"),
			    .unknown = !strcmp(word, "infrastructure") };

	assert_ok(journal_ruling_put(journal, &r));
}

static int64_t round_begin(void)
{
	struct round round = { .started = NOW, .why = "" };

	assert_ok(journal_round_begin(journal, &round, NULL, 0));
	return round.id;
}

static void round_end(int64_t id)
{
	struct round round = { .id = id, .started = NOW, .ended = NOW + 60, .why = "" };

	assert_ok(journal_round_end(journal, &round));
}

static struct courses read_all(struct arena *arena)
{
	struct courses courses;

	assert_ok(courses_read(journal, arena, &courses));
	return courses;
}

static void a_journal_without_rounds_has_no_courses(void **state)
{
	struct courses courses = read_all(*state);

	assert_int_equal(courses.n, 0);
	assert_int_equal(courses.nrounds, 0);
	assert_null(courses_round(&courses, 1));
}

static void a_line_stands_as_it_does_since_it_changed(void **state)
{
	static const char *const words[] = { "ok", "ok", "regression", "regression", "regression" };
	struct courses courses;

	for (size_t i = 0; i < 5; i++) {
		int64_t id = round_begin();
		char *kernel = arena_printf(*state, "v6.1.%zu", i);

		put(id, "6.1.y", kernel, PROOF_APPLY, "", "ok");
		put(id, "6.1.y", kernel, PROOF_TEST, "tcg", words[i]);
		round_end(id);
	}
	courses = read_all(*state);
	assert_int_equal(courses.n, 1);
	assert_int_equal(courses.items[0].n, 5);
	assert_int_equal(courses.items[0].since->round, 3);
	assert_int_equal(courses.items[0].since->at, NOW + 3 * 3600);
	assert_string_equal(courses.items[0].last->target, "v6.1.4");
	assert_string_equal(courses.items[0].last->word, "regression");
	assert_string_equal(courses.items[0].last->marks, "= ~");
	assert_true(courses.items[0].last->red);
	assert_true(courses.items[0].items[0].changed);
	assert_false(courses.items[0].items[1].changed);
	assert_true(courses.items[0].items[2].changed);
	assert_int_equal(courses_round(&courses, 3)->red, 1);
	assert_int_equal(courses_round(&courses, 3)->changed, 1);
	assert_int_equal(courses_round(&courses, 4)->changed, 0);
	assert_int_equal(courses_round(&courses, 4)->rulings, 2);
	assert_null(courses_round(&courses, 6));
}

static void what_a_round_does_not_rule_stays(void **state)
{
	struct courses courses;
	int64_t id = round_begin();

	put(id, "6.1.y", "v6.1.1", PROOF_APPLY, "", "ok");
	put(id, "6.1.y", "v6.1.1", PROOF_TEST, "tcg", "regression");
	put(id, "6.12.y", "v6.12.1", PROOF_APPLY, "", "ok");
	round_end(id);
	id = round_begin();
	put(id, "6.1.y", "v6.1.1", PROOF_TEST, "bochs", "ok");
	round_end(id);
	courses = read_all(*state);
	/* As standings are ordered. */
	assert_string_equal(courses.items[0].line, "6.12.y");
	assert_int_equal(courses.items[0].n, 1);
	assert_int_equal(courses.items[1].n, 2);
	assert_true(courses.items[1].last->red);
	assert_int_equal(courses.items[1].now.n, 3);
	assert_int_equal(courses.items[1].since->round, 1);
	/* A newer kernel's port makes the old test's verdict history. */
	id = round_begin();
	put(id, "6.1.y", "v6.1.2", PROOF_APPLY, "", "ok");
	round_end(id);
	courses = read_all(*state);
	assert_string_equal(courses.items[1].last->target, "v6.1.2");
	assert_false(courses.items[1].last->red);
}

static void the_last_known_verdict_is_remembered_over_infrastructure(void **state)
{
	struct courses courses;
	int64_t id = round_begin();

	put(id, "6.1.y", "v6.1.1", PROOF_TEST, "tcg", "infrastructure");
	round_end(id);
	courses = read_all(*state);
	assert_null(courses.items[0].known);
	id = round_begin();
	put(id, "6.1.y", "v6.1.1", PROOF_TEST, "tcg", "regression");
	round_end(id);
	id = round_begin();
	put(id, "6.1.y", "v6.1.2", PROOF_TEST, "tcg", "infrastructure");
	round_end(id);
	courses = read_all(*state);
	assert_true(courses.items[0].last->unknown);
	assert_int_equal(courses.items[0].known->round, 2);
	assert_string_equal(courses.items[0].known->word, "regression");
}

static void a_round_that_is_not_complete_does_not_count(void **state)
{
	struct courses courses;
	int64_t id = round_begin();

	put(id, "6.1.y", "v6.1.1", PROOF_APPLY, "", "ok");
	round_end(id);
	id = round_begin();
	put(id, "6.1.y", "v6.1.1", PROOF_TEST, "tcg", "regression");
	courses = read_all(*state);
	assert_false(courses.items[0].last->red);
	assert_int_equal(courses.nrounds, 1);
}

static void many_lines_keep_their_texts_apart(void **state)
{
	struct courses courses;
	int64_t id = round_begin();

	for (int i = 0; i < 1500; i++)
		put(id, arena_printf(*state, "5.%d.y", i), arena_printf(*state, "v5.%d.1", i),
		    PROOF_APPLY, "", "ok");
	round_end(id);
	courses = read_all(*state);
	assert_int_equal(courses.n, 1500);
	for (int i = 0; i < 1500; i++) {
		assert_string_equal(courses.items[i].line,
				    arena_printf(*state, "5.%d.y", 1499 - i));
		assert_string_equal(courses.items[i].last->target,
				    arena_printf(*state, "v5.%d.1", 1499 - i));
	}
}

#define test(t) cmocka_unit_test_setup_teardown(t, begin, end)
int main(void)
{
	const struct CMUnitTest tests[] = {
		test(a_journal_without_rounds_has_no_courses),
		test(a_line_stands_as_it_does_since_it_changed),
		test(what_a_round_does_not_rule_stays),
		test(the_last_known_verdict_is_remembered_over_infrastructure),
		test(a_round_that_is_not_complete_does_not_count),
		test(many_lines_keep_their_texts_apart),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL) ? 1 : 0;
}
