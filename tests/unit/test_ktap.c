/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/ktap.h"

#include "unit.h"

static struct ktap parsed(struct arena *arena, const char *text)
{
	struct ktap ktap;

	ktap_parse(arena, slice_of(text), &ktap);
	return ktap;
}

/* Read and written. */
static void comes_back_as(struct arena *arena, const char *text, const char *want)
{
	struct ktap ktap = parsed(arena, text);
	struct text out __free_text = TEXT_INIT;

	ktap_write(&out, &ktap);
	assert_string_equal(text_str(&out), want);
}

static void a_result_line_has_status_number_name_and_reason(void **state)
{
	static const struct {
		const char *line;
		enum ktap_status status;
		bool ok;
		unsigned long number;
		const char *name, *reason;
	} cases[] = {
		{ "ok 1 cr2", KTAP_PASS, true, 1, "cr2", "" },
		{ "not ok 2 - cr2", KTAP_FAIL, false, 2, "cr2", "" },
		{ "ok 3 vmx # SKIP no VMX", KTAP_SKIP, true, 3, "vmx", "no VMX" },
		{ "not ok 3 vmx # skip no VMX\r", KTAP_SKIP, false, 3, "vmx", "no VMX" },
		{ "ok 4 # SKIP", KTAP_SKIP, true, 4, "", "" },
		{ "not ok 5 a # TIMEOUT 45 seconds", KTAP_TIMEOUT, false, 5, "a", "45 seconds" },
		{ "not ok 6 a # ERROR", KTAP_ERROR, false, 6, "a", "" },
		{ "ok 7 a # XFAIL known", KTAP_XFAIL, true, 7, "a", "known" },
		{ "not ok 8 a # TODO soon", KTAP_XFAIL, false, 8, "a", "soon" },
		{ "ok 9 a # 12 ms", KTAP_PASS, true, 9, "a", "12 ms" },
		{ "not ok 10 a # SKIPPER ran", KTAP_FAIL, false, 10, "a", "SKIPPER ran" },
		{ "ok 11 test #3 of a", KTAP_PASS, true, 11, "test #3 of a", "" },
		{ "ok 12 a \\# SKIP b", KTAP_PASS, true, 12, "a \\# SKIP b", "" },
		{ "ok", KTAP_PASS, true, 0, "", "" },
		{ "ok nameless number", KTAP_PASS, true, 0, "nameless number", "" },
		{ "ok 3fold", KTAP_PASS, true, 0, "3fold", "" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct ktap ktap = parsed(*state, cases[i].line);
		const struct ktap_test *test = ktap.top.items;

		if (ktap.top.n != 1)
			fail_msg("%s: %zu tests", cases[i].line, ktap.top.n);
		assert_slice(test->name, cases[i].name);
		assert_slice(test->reason, cases[i].reason);
		assert_int_equal(test->status, cases[i].status);
		assert_int_equal(test->ok, cases[i].ok);
		assert_int_equal(test->number, cases[i].number);
	}
}

static void what_is_no_result_is_passed_over(void **state)
{
	struct ktap ktap = parsed(*state, "okay 1 a\nnot okay\n1..x\nhello\n\n  ---\n  a: b\n"
					  "not  ok 1\nOK 1 a\n\tok 1 a\n");

	assert_int_equal(ktap.top.n, 0);
	assert_int_equal(ktap.top.planned, -1);
	assert_false(ktap.versioned);
}

static void subtests_stand_before_their_test_with_their_notes(void **state)
{
	struct ktap ktap = parsed(*state,
				  "KTAP version 1\n1..2\n"
				  "  KTAP version 1\n  1..2\n"
				  "  # expected 0xdeadb000, got 0\n"
				  "  not ok 1 sregs\n  ok 2 sregs2\n  # last words\n"
				  "# time payload 12\nnot ok 1 payload\nok 2 state\n# done\n");
	const struct ktap_test *payload = &ktap.top.items[0];

	assert_true(ktap.versioned);
	assert_int_equal(ktap.top.planned, 2);
	assert_int_equal(ktap.top.n, 2);
	assert_int_equal(payload->n, 2);
	assert_int_equal(payload->planned, 2);
	assert_slice(payload->items[0].name, "sregs");
	assert_int_equal(payload->items[0].nnotes, 1);
	assert_slice(payload->items[0].notes[0], "expected 0xdeadb000, got 0");
	assert_int_equal(payload->nnotes, 2);
	assert_slice(payload->notes[0], "time payload 12");
	assert_slice(payload->notes[1], "last words");
	assert_int_equal(ktap.top.items[1].n, 0);
	assert_int_equal(ktap.top.nnotes, 1);
	assert_slice(ktap.top.notes[0], "done");
	assert_null(ktap_flaw(*state, &ktap.top));
}

static void four_spaces_nest_as_two_do(void **state)
{
	comes_back_as(
		*state,
		"TAP version 14\n1..1\n    # Subtest: suite\n    1..2\n    ok 1 - a\n"
		"        ok 1 - deep\n    ok 2 - b\nok 1 - suite\n",
		"KTAP version 1\n1..1\n  KTAP version 1\n  1..2\n  # Subtest: suite\n  ok 1 a\n"
		"    KTAP version 1\n    ok 1 deep\n  ok 2 b\nok 1 suite\n");
}

static void subtests_without_a_test_are_kept_as_an_error(void **state)
{
	struct ktap ktap = parsed(*state, "1..2\nok 1 a\n  1..3\n  ok 1 b\n    ok 1 c\n");
	const struct ktap_test *dead = &ktap.top.items[1];

	assert_int_equal(ktap.top.n, 2);
	assert_int_equal(dead->status, KTAP_ERROR);
	assert_false(dead->ok);
	assert_slice(dead->name, "");
	assert_int_equal(dead->planned, 3);
	assert_int_equal(dead->n, 2);
	assert_slice(dead->items[0].name, "b");
	assert_int_equal(dead->items[1].status, KTAP_ERROR);
	assert_slice(dead->items[1].items[0].name, "c");
}

static void a_line_between_two_groups_takes_the_inner_one(void **state)
{
	struct ktap ktap = parsed(*state, "    ok 1 inner\n  ok 1 middle\nok 1 outer\n");

	assert_int_equal(ktap.top.n, 1);
	assert_slice(ktap.top.items[0].items[0].name, "middle");
	assert_slice(ktap.top.items[0].items[0].items[0].name, "inner");
}

static void a_plan_that_is_not_kept_is_named(void **state)
{
	static const struct {
		const char *text, *flaw;
	} cases[] = {
		{ "1..3\nok 1 a\nok 2 b\n", "2 of 3 planned tests reported" },
		{ "1..1\nok 1 a\nok 2 b\n", "2 of 1 planned tests reported" },
		{ "ok 1 a\nok 3 b\n", "test 2 has the number 3" },
		{ "1..1\n  1..2\n  ok 1 b\nok 1 a\n", "a: 1 of 2 planned tests reported" },
		{ "1..1\n    1..2\n    ok 1 b\n  ok 1 c\nok 1 a\n",
		  "a/c: 1 of 2 planned tests reported" },
		{ "ok a\nok b\n", NULL },
		{ "", NULL },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct ktap ktap = parsed(*state, cases[i].text);
		char *flaw = ktap_flaw(*state, &ktap.top);

		if (!cases[i].flaw)
			assert_null(flaw);
		else
			assert_string_equal(flaw, cases[i].flaw);
	}
}

static void a_skipped_plan_keeps_its_reason(void **state)
{
	struct ktap ktap = parsed(*state, "TAP version 13\n1..0 # SKIP no /dev/kvm\n");

	assert_int_equal(ktap.top.planned, 0);
	assert_slice(ktap.top.notes[0], "SKIP no /dev/kvm");
}

static void bailing_out_keeps_its_reason(void **state)
{
	struct ktap ktap = parsed(*state, "1..2\nok 1 a\nBail out! out of memory\n");

	assert_true(ktap.bailed);
	assert_slice(ktap.bail_reason, "out of memory");
	comes_back_as(*state, "1..2\nok 1 a\nBail out! out of memory\n",
		      "1..2\nok 1 a\nBail out! out of memory\n");
}

static void names_that_look_like_numbers_survive_writing(void **state)
{
	comes_back_as(*state, "ok 0 5 a\nok 1 - - b\nok 2 -c # SKIP\nnot ok - 9\n",
		      "ok 0 5 a\nok 1 - - b\nok 2 - -c # SKIP\nnot ok 0 9\n");
}

static void hostile_words_stay_words(void **state)
{
	struct slice notes[] = { SLICE("one\ntwo"), SLICE("") };
	struct ktap_test items[] = {
		{ .status = KTAP_FAIL,
		  .number = 1,
		  .name = SLICE("a # SKIP b\nok 2 c"),
		  .reason = SLICE("SKIP it\nnot ok 7 x"),
		  .planned = -1 },
		{ .status = KTAP_SKIP,
		  .ok = true,
		  .number = 2,
		  .name = SLICE(" #TODO"),
		  .reason = SLICE("why\n"),
		  .notes = notes,
		  .nnotes = 2,
		  .planned = -1 },
		{ .status = KTAP_PASS,
		  .ok = true,
		  .number = 3,
		  .name = SLICE("#3 \\# SKIP"),
		  .planned = -1 },
	};
	struct ktap ktap = { .top = { .items = items, .n = 3, .planned = 3 } }, again;
	struct text out __free_text = TEXT_INIT;

	ktap_write(&out, &ktap);
	assert_string_equal(text_str(&out),
			    "1..3\nnot ok 1 a \\# SKIP b ok 2 c # - SKIP it not ok 7 x\n"
			    "# one\n# two\n# \nok 2 \\#TODO # SKIP why\nok 3 #3 \\# SKIP\n");
	ktap_parse(*state, text_slice(&out), &again);
	assert_int_equal(again.top.n, 3);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(again.top.items[i].status, items[i].status);
}

UNIT_MAIN(unit(a_result_line_has_status_number_name_and_reason),
	  unit(what_is_no_result_is_passed_over),
	  unit(subtests_stand_before_their_test_with_their_notes), unit(four_spaces_nest_as_two_do),
	  unit(subtests_without_a_test_are_kept_as_an_error),
	  unit(a_line_between_two_groups_takes_the_inner_one),
	  unit(a_plan_that_is_not_kept_is_named), unit(a_skipped_plan_keeps_its_reason),
	  unit(bailing_out_keeps_its_reason), unit(names_that_look_like_numbers_survive_writing),
	  unit(hostile_words_stay_words))
