/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ci/news.h"

#include "base/file.h"
#include "unit.h"

/* A journal that is filled round by round, and what is news after each. */
struct world {
	struct arena *arena;
	char *dir;
	struct settings settings;
	struct results *journal;
	struct round round;
	struct news news;
};

static void world_open(struct world *w, struct arena *arena)
{
	*w = (struct world){ .arena = arena, .settings = { .tries = 3 } };
	assert_ok(file_temp_dir(arena, "test_news", &w->dir));
	assert_ok(results_open(arena_printf(arena, "%s/results.db", w->dir), &w->journal));
}

static void world_close(struct world *w)
{
	results_free(w->journal);
	assert_ok(file_remove_tree(w->dir));
}

static void begin(struct world *w)
{
	w->round = (struct round){ .why = "a test" };
	assert_ok(journal_round_begin(w->journal, &w->round, NULL, 0));
}

static void rule(struct world *w, const char *line, const char *target, const char *cell,
		 const char *word, const char *bad)
{
	struct ruling ruling = {
		.round = w->round.id,
		.kind = !strcmp(cell, "apply") ? PROOF_APPLY :
			!strcmp(cell, "build") ? PROOF_BUILD :
						 PROOF_TEST,
		.series = "demo",
		.line = line,
		.target = target,
		.word = word,
		.bad = bad,
		.why = "",
		.waived = "",
		.marks = "",
		.unknown = !strcmp(word, "infrastructure"),
	};

	ruling.cell = ruling.kind == PROOF_TEST ? cell : "";
	ruling.red = !ruling.unknown && strncmp(word, "ok", 2) != 0 &&
		     strcmp(word, "already there") != 0 && strcmp(word, "none") != 0;
	if (!strcmp(word, "conflict"))
		ruling.why = "x.c: hunk 2: demo_add() is written otherwise.";
	assert_ok(journal_ruling_put(w->journal, &ruling));
}

static const struct news *told(struct world *w)
{
	w->round.ended = 1795444980;
	assert_ok(journal_round_end(w->journal, &w->round));
	assert_ok(news_make(w->arena, w->journal, &w->settings, &w->round, &w->news));
	return &w->news;
}

/* A round with one ruling: how many news, and of which kind the first is. */
static void expect(struct world *w, const char *word, const char *bad, int kind)
{
	static unsigned int patch = 100;
	const struct news *news;

	begin(w);
	rule(w, "6.1.y", arena_printf(w->arena, "v6.1.%u", patch++), "tcg", word, bad);
	news = told(w);
	if (kind < 0 ? news->n != 0 : news->n != 1 || (int)news->items[0].kind != kind)
		fail_msg("%s [%s]: %zu news, %s", word, bad, news->n,
			 news->n ? news->items[0].text : "none");
}

static void each_turn_of_a_verdict_is_told_once(void **state)
{
	struct world w;

	world_open(&w, *state);
	expect(&w, "ok", "", NEWS_FIRST);
	expect(&w, "ok", "", -1);
	expect(&w, "regression", "smm_test: regression\n", NEWS_WORSE);
	assert_true(w.news.red);
	assert_string_equal(w.news.items[0].text,
			    "6.1.y (v6.1.102) tcg: regression; ok on v6.1.101 before; new: "
			    "smm_test: regression");
	assert_string_equal(w.news.subject, "6.1.y regression");
	expect(&w, "regression", "smm_test: regression\n", -1);
	assert_true(w.news.red);
	expect(&w, "ok", "", NEWS_BETTER);
	assert_false(w.news.red);
	assert_int_equal(w.news.items[0].ngone, 1);
	expect(&w, "regression", "smm_test: regression\n", NEWS_WORSE);
	expect(&w, "ok", "", NEWS_BETTER);
	world_close(&w);
}

static void the_set_of_what_is_not_green_is_news_too(void **state)
{
	struct world w;

	world_open(&w, *state);
	expect(&w, "regression", "a: regression\nb: regression\n", NEWS_FIRST);
	expect(&w, "regression", "b: regression\na: regression\n", -1);
	expect(&w, "regression", "a: regression\nb: regression\nc: regression\n", NEWS_WORSE);
	assert_int_equal(w.news.items[0].nadded, 1);
	assert_string_equal(w.news.items[0].added[0], "c: regression");
	expect(&w, "regression", "c: regression\n", NEWS_BETTER);
	assert_int_equal(w.news.items[0].ngone, 2);
	expect(&w, "regression", "d: regression\n", NEWS_CHANGED);
	expect(&w, "lost coverage", "d: regression\n", NEWS_CHANGED);
	expect(&w, "ok", "", NEWS_BETTER);
	expect(&w, "ok, fixed", "", NEWS_CHANGED);
	world_close(&w);
}

static void what_is_unknown_is_told_when_it_stays_so_once_and_so_is_its_end(void **state)
{
	struct world w;

	world_open(&w, *state);
	expect(&w, "ok", "", NEWS_FIRST);
	expect(&w, "infrastructure", "", -1);
	expect(&w, "infrastructure", "", -1);
	/* Not for long enough to be spoken of, and neither is its end. */
	expect(&w, "ok", "", -1);
	expect(&w, "infrastructure", "", -1);
	expect(&w, "infrastructure", "", -1);
	expect(&w, "infrastructure", "", NEWS_UNKNOWN);
	assert_true(w.news.unknown);
	assert_false(w.news.red);
	assert_non_null(strstr(w.news.items[0].text, "infrastructure, 3 times in a row; ok on "));
	expect(&w, "infrastructure", "", -1);
	expect(&w, "ok", "", NEWS_BETTER);
	assert_false(w.news.unknown);
	assert_non_null(strstr(w.news.items[0].text, "not known for 4 rounds"));
	expect(&w, "ok", "", -1);
	/* What came out of it in the end is news as ever. */
	expect(&w, "infrastructure", "", -1);
	expect(&w, "regression", "a: regression\n", NEWS_WORSE);
	expect(&w, "infrastructure", "", -1);
	assert_true(w.news.red); /* as far as known */
	expect(&w, "regression", "a: regression\n", -1);
	world_close(&w);
}

static void a_first_ruling_that_is_unknown_waits(void **state)
{
	struct world w;

	world_open(&w, *state);
	expect(&w, "infrastructure", "", -1);
	expect(&w, "infrastructure", "", -1);
	expect(&w, "infrastructure", "", NEWS_UNKNOWN);
	expect(&w, "ok", "", NEWS_FIRST);
	world_close(&w);
}

static void a_tick_that_was_killed_finds_the_same_news_again(void **state)
{
	struct world w;
	struct news again;

	world_open(&w, *state);
	expect(&w, "ok", "", NEWS_FIRST);
	expect(&w, "regression", "a: regression\n", NEWS_WORSE);
	assert_ok(news_make(*state, w.journal, &w.settings, &w.round, &again));
	assert_int_equal(again.n, 1);
	assert_string_equal(again.items[0].text, w.news.items[0].text);
	assert_string_equal(again.subject, w.news.subject);
	world_close(&w);
}

static void all_is_well(struct world *w)
{
	begin(w);
	rule(w, "6.1.y", "v6.1.187", "apply", "ok", "");
	rule(w, "6.1.y", "v6.1.187", "tcg", "ok", "");
	rule(w, "6.1.y-rc", "v6.1.188-rc1+0123456789ab", "apply", "ok", "");
	rule(w, "6.1.y-rc", "v6.1.188-rc1+0123456789ab", "tcg", "ok", "");
	rule(w, "6.12.y", "v6.12.73", "apply", "ok", "");
	assert_int_equal(told(w)->n, 5);
	for (size_t i = 0; i < w->news.n; i++)
		assert_int_equal(w->news.items[i].kind, NEWS_FIRST);
}

static void a_candidate_that_breaks_what_its_release_does_not_is_an_alarm(void **state)
{
	struct world w;

	world_open(&w, *state);
	all_is_well(&w);
	begin(&w);
	rule(&w, "6.1.y-rc", "v6.1.188-rc2+0123456789ac", "apply", "conflict", "x.c\n");
	rule(&w, "6.1.y-queue", "v6.1.188-rc2+0123456789ad", "apply", "conflict", "x.c\n");
	assert_int_equal(told(&w)->n, 2);
	assert_int_equal(w.news.items[0].kind, NEWS_ALARM);
	assert_int_equal(w.news.items[1].kind, NEWS_ALARM); /* its first ruling */
	assert_string_equal(w.news.items[0].text,
			    "6.1.y-rc (v6.1.188-rc2): will not apply on the next 6.1.y, because "
			    "x.c: hunk 2: demo_add() is written otherwise");
	assert_string_equal(
		w.news.subject,
		"6.1.y-rc will not apply, 6.1.y-queue will not apply, 6.12.y ok, 6.1.y ok");
	/* The next candidate does the same: said. */
	begin(&w);
	rule(&w, "6.1.y-rc", "v6.1.188-rc3+0123456789ae", "apply", "conflict", "x.c\n");
	assert_int_equal(told(&w)->n, 0);
	begin(&w);
	rule(&w, "6.1.y-rc", "v6.1.188-rc4+0123456789af", "apply", "ok", "");
	rule(&w, "6.1.y-rc", "v6.1.188-rc4+0123456789af", "tcg", "regression", "a: regression\n");
	assert_int_equal(told(&w)->n, 2);
	assert_int_equal(w.news.items[0].kind, NEWS_ALARM);
	assert_string_equal(w.news.items[0].text,
			    "6.1.y-rc (v6.1.188-rc4) tcg: will break on the next 6.1.y, "
			    "because of a: regression");
	assert_int_equal(w.news.items[1].kind, NEWS_BETTER);
	world_close(&w);
}

static void a_line_without_a_kernel_is_news_only_where_something_red_went_with_it(void **state)
{
	struct world w;

	world_open(&w, *state);
	begin(&w);
	rule(&w, "6.1.y-rc", "v6.1.188-rc1", "apply", "ok", "");
	told(&w);
	begin(&w);
	rule(&w, "6.1.y-rc", "", "apply", "none", "");
	assert_int_equal(told(&w)->n, 0);
	assert_string_equal(w.news.subject, "6.1.y-rc none");
	begin(&w);
	rule(&w, "6.1.y-rc", "v6.1.189-rc1", "apply", "ok", "");
	assert_int_equal(told(&w)->n, 0);
	begin(&w);
	rule(&w, "6.1.y-rc", "", "apply", "none", "");
	told(&w);
	begin(&w);
	rule(&w, "6.1.y-rc", "v6.1.190-rc1", "apply", "conflict", "x.c");
	assert_int_equal(told(&w)->n, 1);
	assert_int_equal(w.news.items[0].kind, NEWS_ALARM);
	begin(&w);
	rule(&w, "6.1.y-rc", "", "apply", "none", "");
	assert_int_equal(told(&w)->n, 1);
	assert_int_equal(w.news.items[0].kind, NEWS_BETTER);
	assert_string_equal(w.news.items[0].text,
			    "6.1.y-rc: nothing there any more; conflict on v6.1.190-rc1 before; "
			    "gone: x.c");
	assert_false(w.news.red);
	world_close(&w);
}

static void what_the_release_has_already_is_no_alarm(void **state)
{
	struct world w;

	world_open(&w, *state);
	all_is_well(&w);
	begin(&w);
	rule(&w, "6.1.y", "v6.1.188", "tcg", "regression", "a: regression\n");
	rule(&w, "6.1.y-rc", "v6.1.189-rc1+0", "tcg", "regression", "a: regression\n");
	assert_int_equal(told(&w)->n, 2);
	assert_int_equal(w.news.items[0].kind, NEWS_WORSE);
	assert_int_equal(w.news.items[1].kind, NEWS_WORSE);
	/* One thing more than the release. */
	begin(&w);
	rule(&w, "6.1.y-rc", "v6.1.189-rc2+1", "tcg", "regression",
	     "a: regression\nb: regression\n");
	assert_int_equal(told(&w)->n, 1);
	assert_int_equal(w.news.items[0].kind, NEWS_ALARM);
	/* Where the series does not even apply to the release, its candidate proves nothing. */
	begin(&w);
	rule(&w, "6.1.y", "v6.1.189", "apply", "conflict", "x.c\n");
	rule(&w, "6.1.y-rc", "v6.1.190-rc1+2", "build", "does not build", "x.c:1\n");
	assert_int_equal(told(&w)->n, 2);
	assert_int_equal(w.news.items[0].kind, NEWS_WORSE);
	assert_int_equal(w.news.items[1].kind, NEWS_FIRST);
	world_close(&w);
}

static void the_worst_stands_first(void **state)
{
	struct world w;

	world_open(&w, *state);
	all_is_well(&w);
	begin(&w);
	rule(&w, "6.18.y", "v6.18.15", "apply", "ok", "");
	rule(&w, "6.1.y-rc", "v6.1.188-rc2+1", "tcg", "lost coverage", "a: lost coverage\n");
	rule(&w, "6.1.y", "v6.1.188", "apply", "ok", "");
	rule(&w, "6.1.y", "v6.1.188", "tcg", "regression", "b: regression\n");
	rule(&w, "7.1.y", "v7.1.3", "apply", "conflict", "y.c\n");
	assert_int_equal(told(&w)->n, 4);
	assert_int_equal(w.news.items[0].kind, NEWS_WORSE);
	assert_int_equal(w.news.items[1].kind, NEWS_ALARM);
	assert_int_equal(w.news.items[2].kind, NEWS_FIRST);
	assert_true(w.news.items[2].now->red);
	assert_false(w.news.items[3].now->red);
	assert_string_equal(
		w.news.subject,
		"6.1.y regression, 6.1.y-rc will break, 7.1.y conflict, 6.18.y ok, 1 more ok");
	world_close(&w);
}

static void several_series_are_told_apart(void **state)
{
	struct world w;
	struct ruling other = { .kind = PROOF_APPLY,
				.series = "another",
				.line = "6.1.y",
				.target = "v6.1.187",
				.cell = "",
				.word = "conflict",
				.red = true,
				.bad = "z.c\n" };

	world_open(&w, *state);
	begin(&w);
	rule(&w, "6.1.y", "v6.1.187", "apply", "ok", "");
	other.round = w.round.id;
	assert_ok(journal_ruling_put(w.journal, &other));
	assert_int_equal(told(&w)->n, 2);
	assert_string_equal(w.news.items[0].text,
			    "another, 6.1.y (v6.1.187): conflict; looked at for the first time; "
			    "new: z.c");
	assert_string_equal(w.news.subject, "another: 6.1.y conflict; demo: 6.1.y ok");
	world_close(&w);
}

static void reach(struct world *w, const char *source, int64_t reached, const char *why)
{
	struct reach r = { .source = source, .asked = 1795444980, .reached = reached, .why = why };

	assert_ok(journal_reach_put(w->journal, &r));
}

static void data_that_grows_old_is_stale_then_red(void **state)
{
	struct world w;
	struct watch watches[] = { { .name = (char *)"stable" }, { .name = (char *)"queue" } };
	struct staleness s;
	int64_t now = 1795444980;

	world_open(&w, *state);
	w.settings.watches = watches;
	w.settings.nwatches = 2;
	w.settings.guard.stale_hours = 24;
	reach(&w, "stable", now - 60, "");
	reach(&w, "removed", now - 99 * 86400, "gone");
	reach(&w, "lore", now - 99 * 86400, "not asked for");
	assert_ok(staleness_find(*state, w.journal, &w.settings, now, &s));
	assert_false(s.stale || s.red);
	assert_string_equal(s.text, "");
	reach(&w, "stable", now - 3600, "could not resolve host\n");
	assert_ok(staleness_find(*state, w.journal, &w.settings, now, &s));
	assert_true(s.stale && !s.red);
	assert_int_equal(s.since, now - 3600);
	reach(&w, "queue", now - 25 * 3600, "no route");
	assert_ok(staleness_find(*state, w.journal, &w.settings, now, &s));
	assert_true(s.stale && s.red);
	assert_int_equal(s.since, now - 25 * 3600);
	assert_non_null(strstr(s.text, "queue: no answer since 2026-11-22 13:43 UTC (no route)"));
	/* Nobody asked for a day: no better. */
	reach(&w, "queue", now - 25 * 3600, "");
	reach(&w, "stable", now, "");
	assert_ok(staleness_find(*state, w.journal, &w.settings, now, &s));
	assert_true(s.red);
	reach(&w, "queue", 0, "no such repository");
	assert_ok(staleness_find(*state, w.journal, &w.settings, now, &s));
	assert_true(s.red);
	assert_string_equal(s.text, "queue: has never answered (no such repository)");
	/* By a clock that was years ahead: nobody knows when. */
	reach(&w, "queue", now + 999 * 86400, "no route");
	assert_ok(staleness_find(*state, w.journal, &w.settings, now, &s));
	assert_true(s.red);
	world_close(&w);
}

UNIT_MAIN(unit(each_turn_of_a_verdict_is_told_once), unit(the_set_of_what_is_not_green_is_news_too),
	  unit(what_is_unknown_is_told_when_it_stays_so_once_and_so_is_its_end),
	  unit(a_first_ruling_that_is_unknown_waits),
	  unit(a_tick_that_was_killed_finds_the_same_news_again),
	  unit(a_candidate_that_breaks_what_its_release_does_not_is_an_alarm),
	  unit(a_line_without_a_kernel_is_news_only_where_something_red_went_with_it),
	  unit(what_the_release_has_already_is_no_alarm), unit(the_worst_stands_first),
	  unit(several_series_are_told_apart), unit(data_that_grows_old_is_stale_then_red))
