/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ci/chronicle.h"

#include "base/clock.h"
#include "base/file.h"
#include "kernel/results_part.h"
#include "unit.h"

#define NOW 1795324054

struct place {
	char *dir;
	struct results *results;
	struct arena *arena;
	int64_t round, run, cell; /* the newest */
	int boots;
};

static struct place place_new(struct arena *arena)
{
	struct place p = { .arena = arena };

	assert_ok(file_temp_dir(arena, "test_chronicle", &p.dir));
	assert_ok(results_open(arena_printf(arena, "%s/results.db", p.dir), &p.results));
	return p;
}

static void place_end(struct place *p)
{
	results_free(p->results);
	assert_ok(file_remove_tree(p->dir));
}

static git_oid id_of(int byte)
{
	git_oid id;

	memset(id.id, byte, sizeof(id.id));
	return id;
}

/* A boot of the kernel with the series, of one test. */
static int64_t boot(struct place *p, const char *target, const char *key, enum test_status status,
		    unsigned int ms)
{
	struct test_result seen = { .name = "smm_test", .status = status, .ms = ms };
	struct guest_report report = { .items = &seen, .n = 1 };
	struct console_report console = { 0 };
	struct arm_record arm = { .key = key,
				  .series = "demo",
				  .target = target,
				  .cell = "tcg",
				  .arm = "patched",
				  .attempt = 1,
				  .complete = true,
				  .machine.wall_seconds = 20 };

	assert_ok(results_arm_put(p->results, p->run, &arm, &report, &console));
	return arm.id;
}

/* A verdict of one test; `at` is set, which else is now. */
static void judged(struct place *p, const char *target, int64_t arm, enum test_class class,
		   int64_t at)
{
	struct test_result pass = { .status = TEST_PASS }, bad = { .status = TEST_FAIL };
	struct judged one = { .name = "smm_test",
			      .class = class,
			      .base = &pass,
			      .patched = class == CLASS_OK ? &pass : &bad,
			      .why = "" };
	struct verdict verdict = { .items = &one, .n = 1 };
	struct cell_record cell = { .series = "demo",
				    .target = target,
				    .cell = "tcg",
				    .patched = id_of(2),
				    .word = class_records[class].word,
				    .red = class_records[class].color == CLASS_RED,
				    .unknown = class_records[class].color == CLASS_UNKNOWN,
				    .patched_arm = arm };

	assert_ok(results_cell_put(p->results, p->run, &cell, &verdict));
	assert_ok(results_number(p->results, "SELECT max(id) FROM cells", &p->cell));
	assert_ok(results_do(p->results, "UPDATE cells SET at=? WHERE id=?", "ii", at, p->cell));
}

static void run_new(struct place *p)
{
	struct run_record run = { .series = "demo", .command = "series test", .version = "1" };

	assert_ok(results_run_begin(p->results, &run));
	p->run = run.id;
}

static void round_new(struct place *p)
{
	struct round round = { .why = "" };

	assert_ok(journal_round_begin(p->results, &round, NULL, 0));
	round.ended = NOW;
	assert_ok(journal_round_end(p->results, &round));
	p->round = round.id;
}

static struct ruling rule(struct place *p, enum proof_kind kind, const char *line,
			  const char *target, const char *word, int64_t at)
{
	return (struct ruling){ .round = p->round,
				.at = at,
				.kind = kind,
				.series = "demo",
				.line = line,
				.target = target,
				.cell = kind == PROOF_TEST ? "tcg" : "",
				.word = word };
}

static struct chronicle read_it(struct place *p, const char *name, const char *word)
{
	struct chronicle_ask ask = { .name = name, .words = &word, .nwords = word != NULL };
	struct chronicle all;

	assert_int_equal(chronicle_read(p->arena, p->results, &ask, &all), 1);
	return all;
}

/* "v6.1.187:ok v6.1.188:regression!" */
static char *told(struct arena *arena, const struct chronicle_line *line)
{
	char *all = arena_strdup(arena, "");

	for (size_t i = 0; i < line->n; i++)
		all = arena_printf(arena, "%s%s%s:%s%s", all, *all ? " " : "",
				   line->items[i].target, line->items[i].word,
				   line->items[i].red	  ? "!" :
				   line->items[i].unknown ? "?" :
							    "");
	return all;
}

static void a_line_is_told_from_its_first_kernel_to_its_last(void **state)
{
	struct place p = place_new(*state);
	struct chronicle all;

	run_new(&p);
	judged(&p, "v6.1.186", boot(&p, "v6.1.186", "a", TEST_PASS, 1000), CLASS_OK, NOW);
	judged(&p, "v6.1.187", boot(&p, "v6.1.187", "b", TEST_PASS, 3000), CLASS_OK, NOW + 10);
	/* Taken in later than the next one. */
	judged(&p, "v6.1.189", boot(&p, "v6.1.189", "d", TEST_FAIL, 2500), CLASS_REGRESSION,
	       NOW + 30);
	judged(&p, "v6.1.188", boot(&p, "v6.1.188", "c", TEST_FAIL, 2000), CLASS_REGRESSION,
	       NOW + 20);
	judged(&p, "v6.12.9", boot(&p, "v6.12.9", "e", TEST_PASS, 1), CLASS_OK, NOW);
	all = read_it(&p, "smm_test", NULL);
	assert_int_equal(all.kind, CHRONICLE_TEST);
	assert_int_equal(all.n, 2);
	assert_string_equal(all.items[0].line, "6.12.y");
	assert_string_equal(told(*state, &all.items[0]), "v6.12.9:ok");
	assert_null(all.items[0].good);

	const struct chronicle_line *line = &all.items[1];

	assert_string_equal(line->line, "6.1.y");
	assert_string_equal(told(*state, line),
			    "v6.1.186:ok v6.1.187:ok v6.1.188:regression! v6.1.189:regression!");
	assert_string_equal(line->now->target, "v6.1.189");
	assert_string_equal(line->since->target, "v6.1.188");
	assert_string_equal(line->good->target, "v6.1.187");
	assert_string_equal(line->now->was, "pass");
	assert_string_equal(line->now->is, "fail");
	assert_int_equal(line->times, 4);
	assert_true(line->median > 2.24 && line->median < 2.26);
	assert_true(line->least > 0.9 && line->least < 1.1 && line->most > 2.9);
	place_end(&p);
}

static void the_same_boots_count_once_and_the_same_input_anew_is_counted(void **state)
{
	struct place p = place_new(*state);
	struct chronicle all;
	int64_t first, second;

	run_new(&p);
	first = boot(&p, "v6.1.187", "k", TEST_PASS, 1000);
	judged(&p, "v6.1.187", first, CLASS_OK, NOW);
	judged(&p, "v6.1.187", first, CLASS_OK, NOW + 5);
	second = boot(&p, "v6.1.187", "k", TEST_FAIL, 1000);
	judged(&p, "v6.1.187", second, CLASS_FLAKY, NOW + 10);
	boot(&p, "v6.1.187", "k", TEST_FAIL, 1000);
	boot(&p, "v6.1.187", "k", TEST_PASS, 1000);
	boot(&p, "v6.1.187", "other", TEST_FAIL, 1000);
	all = read_it(&p, "smm_test", "v6.1");
	assert_string_equal(told(*state, &all.items[0]), "v6.1.187:ok v6.1.187:flaky");
	assert_int_equal(all.items[0].items[0].at, NOW);
	assert_int_equal(all.items[0].repeats, 3);
	assert_int_equal(all.items[0].changes, 2);
	/* Of the cell: all its boots ended in the same way. */
	all = read_it(&p, "tcg", NULL);
	assert_int_equal(all.kind, CHRONICLE_CELL);
	assert_int_equal(all.items[0].repeats, 3);
	assert_int_equal(all.items[0].changes, 0);
	assert_true(all.items[0].median > 19 && all.items[0].median < 21);
	place_end(&p);
}

static void what_a_tick_ruled_goes_before_the_judge(void **state)
{
	struct place p = place_new(*state);
	struct chronicle all;
	struct ruling r;

	run_new(&p);
	round_new(&p);
	judged(&p, "v6.1.187", boot(&p, "v6.1.187", "a", TEST_FAIL, 1), CLASS_PRE_EXISTING, NOW);
	r = rule(&p, PROOF_TEST, "6.1.y", "v6.1.187", "not fixed", NOW);
	r.cell_id = p.cell;
	r.red = true;
	r.bad = "a_test: regression\nsmm_test: not fixed";
	assert_ok(journal_ruling_put(p.results, &r));
	round_new(&p);
	judged(&p, "v6.1.188", boot(&p, "v6.1.188", "b", TEST_FAIL, 1), CLASS_REGRESSION, NOW + 5);
	r = rule(&p, PROOF_TEST, "6.1.y", "v6.1.188", "regression", NOW + 5);
	r.cell_id = p.cell;
	r.red = true;
	r.bad = "smm_test: regression";
	assert_ok(journal_ruling_put(p.results, &r));
	/* Ruled again: somebody owns it now. */
	r.red = false;
	r.bad = "";
	r.waived = "smm_test: regression (until 2027-01-01, owner)";
	assert_ok(journal_ruling_put(p.results, &r));

	all = read_it(&p, "smm_test", NULL);
	assert_int_equal(all.n, 1);
	assert_string_equal(told(*state, &all.items[0]),
			    "v6.1.187:not fixed! v6.1.188:regression, known");
	assert_int_equal(all.items[0].items[0].round, 1);
	assert_int_equal(all.items[0].items[1].round, 2);
	assert_non_null(strstr(all.items[0].items[1].why, "until 2027-01-01, owner"));
	/* A tick says which line the kernel of a branch is of. */
	round_new(&p);
	judged(&p, "v6.1.189-rc1+0123456789ab",
	       boot(&p, "v6.1.189-rc1+0123456789ab", "c", TEST_PASS, 1), CLASS_OK, NOW + 9);
	judged(&p, "v6.1.188+aaaaaaaaaaaa", boot(&p, "v6.1.188+aaaaaaaaaaaa", "d", TEST_PASS, 1),
	       CLASS_OK, NOW + 9);
	r = rule(&p, PROOF_TEST, "6.1.y-queue", "v6.1.188+aaaaaaaaaaaa", "ok", NOW + 9);
	r.cell_id = p.cell;
	assert_ok(journal_ruling_put(p.results, &r));
	all = read_it(&p, "smm_test", NULL);
	assert_int_equal(all.n, 3);
	assert_string_equal(all.items[1].line, "6.1.y-rc");
	assert_string_equal(all.items[2].line, "6.1.y-queue");
	all = read_it(&p, "smm_test", "6.1.y-rc");
	assert_int_equal(all.n, 1);
	place_end(&p);
}

static void what_could_not_be_run_stands_in_the_history(void **state)
{
	struct place p = place_new(*state);
	struct chronicle all;
	struct ruling r;

	run_new(&p);
	judged(&p, "v6.1.187", boot(&p, "v6.1.187", "a", TEST_PASS, 1), CLASS_OK, NOW);
	round_new(&p);
	r = rule(&p, PROOF_APPLY, "6.1.y", "v6.1.188", "conflict", NOW + 5);
	r.red = true;
	r.why = "2/2 does not apply";
	assert_ok(journal_ruling_put(p.results, &r));
	/* Of another line, another cell, another series: no matter. */
	r = rule(&p, PROOF_APPLY, "6.12.y", "v6.12.9", "conflict", NOW + 5);
	r.red = true;
	assert_ok(journal_ruling_put(p.results, &r));
	r = rule(&p, PROOF_TEST, "6.1.y", "v6.1.188", "infrastructure", NOW + 6);
	r.cell = "bochs";
	r.unknown = true;
	assert_ok(journal_ruling_put(p.results, &r));
	r = rule(&p, PROOF_APPLY, "6.1.y", "v6.1.188", "conflict", NOW + 6);
	r.series = "other";
	r.red = true;
	assert_ok(journal_ruling_put(p.results, &r));
	r = rule(&p, PROOF_TEST, "6.1.y", "v6.1.189", "infrastructure", NOW + 7);
	r.unknown = true;
	assert_ok(journal_ruling_put(p.results, &r));
	all = read_it(&p, "smm_test", NULL);
	assert_int_equal(all.n, 1);
	assert_string_equal(told(*state, &all.items[0]),
			    "v6.1.187:ok v6.1.188:conflict! v6.1.189:infrastructure?");
	assert_true(all.items[0].items[1].before);
	/* Infrastructure is neither: it still conflicts. */
	assert_string_equal(all.items[0].now->word, "conflict");
	assert_string_equal(all.items[0].good->target, "v6.1.187");
	assert_true(all.items[0].items[1].seconds < 0);

	all = read_it(&p, "apply", "6.1.y");
	assert_int_equal(all.kind, CHRONICLE_APPLY);
	assert_int_equal(all.n, 2); /* demo, other */
	assert_string_equal(told(*state, &all.items[0]), "v6.1.188:conflict!");
	assert_string_equal(all.items[0].now->why, "2/2 does not apply");
	place_end(&p);
}

static void checks_and_builds_have_histories(void **state)
{
	struct place p = place_new(*state);
	struct chronicle all;

	for (int i = 0; i < 3; i++) {
		struct build_record build = { .series = "demo",
					      .target = i < 2 ? "v6.1.187" : "v6.1.188",
					      .config = "guest",
					      .arm = "patched",
					      .tree = id_of(i / 2),
					      .built = i < 2,
					      .cached = i == 1,
					      .wall_seconds = i == 1 ? 0.5 : 300,
					      .first_error = i < 2 ? "" : "x.c:1: no" };

		run_new(&p);
		assert_ok(results_do(p.results, "UPDATE runs SET started=? WHERE id=?", "ii",
				     (int64_t)NOW + i, p.run));
		assert_ok(results_build_put(p.results, p.run, &build));
		for (int k = 0; k < 2; k++) {
			struct audit_record audit = { .series = "demo",
						      .target = build.target,
						      .check = k ? "sparse" : "rules",
						      .patched = id_of(i / 2),
						      .ran = true,
						      .bads = k && i == 2 ? 2 : 0 };

			assert_ok(results_audit_put(p.results, p.run, &audit));
		}
	}
	all = read_it(&p, "build", NULL);
	assert_string_equal(all.items[0].cell, "guest");
	assert_string_equal(told(*state, &all.items[0]), "v6.1.187:ok v6.1.188:does not build!");
	assert_int_equal(all.items[0].times, 1); /* from the cache says nothing */
	assert_true(all.items[0].median > 299);
	assert_string_equal(all.items[0].now->why, "x.c:1: no");
	all = read_it(&p, "verify", NULL);
	assert_string_equal(told(*state, &all.items[0]), "v6.1.187:ok v6.1.188:bad!");
	assert_string_equal(all.items[0].now->why, "sparse");
	all = read_it(&p, "rules", NULL);
	assert_string_equal(told(*state, &all.items[0]), "v6.1.187:ok v6.1.188:ok");
	all = read_it(&p, "sparse", NULL);
	assert_string_equal(told(*state, &all.items[0]), "v6.1.187:ok v6.1.188:bad!");
	place_end(&p);
}

static void names_are_those_that_something_is_known_of(void **state)
{
	struct place p = place_new(*state);
	struct chronicle_ask ask = { .name = "smm_test" };
	const char *const words[] = { "v6.1", "v6.13" };
	struct chronicle_names names;
	struct chronicle all;

	assert_int_equal(chronicle_read(*state, p.results, &ask, &all), 0);
	assert_ok(chronicle_names(*state, p.results, &names));
	assert_int_equal(names.n, 0);
	run_new(&p);
	judged(&p, "v6.1.187", boot(&p, "v6.1.187", "a", TEST_PASS, 1), CLASS_OK, NOW);
	assert_ok(chronicle_names(*state, p.results, &names));
	assert_int_equal(names.n, 2);
	assert_string_equal(names.items[0], "smm_test");
	assert_string_equal(names.items[1], "tcg");
	ask.words = words;
	ask.nwords = 2;
	assert_fails(chronicle_read(*state, p.results, &ask, &all), FAIL_USAGE,
		     "nothing is known of smm_test on 'v6.13'; it is on 6.1.y");
	ask.nwords = 0;
	ask.series = "other";
	assert_int_equal(chronicle_read(*state, p.results, &ask, &all), 0);
	place_end(&p);
}

static void a_thousand_verdicts_are_told_in_a_moment(void **state)
{
	struct place p = place_new(*state);
	struct chronicle all;

	assert_ok(journal_begin(p.results));
	for (int i = 0; i < 2000; i++) {
		char *target = arena_printf(*state, "v6.%d.%d", i % 10, i / 10 + 1);
		struct ruling r;

		if (i % 10 == 0) {
			run_new(&p);
			round_new(&p);
		}
		judged(&p, target, boot(&p, target, target, TEST_PASS, 10), CLASS_OK, NOW + i);
		r = rule(&p, PROOF_TEST, arena_printf(*state, "6.%d.y", i % 10), target, "ok",
			 NOW + i);
		r.cell_id = p.cell;
		assert_ok(journal_ruling_put(p.results, &r));
	}
	assert_ok(journal_finish(p.results, true));

	double begun = clock_seconds();

	all = read_it(&p, "smm_test", NULL);
	assert_int_equal(all.n, 10);
	assert_int_equal(all.items[9].n, 200);
	if (clock_seconds() - begun > 1)
		fail_msg("took %.2f s", clock_seconds() - begun);
	place_end(&p);
}

UNIT_MAIN(unit(a_line_is_told_from_its_first_kernel_to_its_last),
	  unit(the_same_boots_count_once_and_the_same_input_anew_is_counted),
	  unit(what_a_tick_ruled_goes_before_the_judge),
	  unit(what_could_not_be_run_stands_in_the_history), unit(checks_and_builds_have_histories),
	  unit(names_are_those_that_something_is_known_of),
	  unit(a_thousand_verdicts_are_told_in_a_moment))
