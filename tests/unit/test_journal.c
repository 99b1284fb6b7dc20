/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ci/journal.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "kernel/results_part.h"
#include "unit.h"

#define DAY 86400
#define NOW 1795324054

struct place {
	char *dir, *path;
	struct results *journal;
};

static struct place place_new(struct arena *arena)
{
	struct place p = { 0 };

	assert_ok(file_temp_dir(arena, "test_journal", &p.dir));
	p.path = arena_printf(arena, "%s/results.db", p.dir);
	assert_ok(results_open(p.path, &p.journal));
	return p;
}

/* As the next tick sees it. */
static void place_again(struct place *p)
{
	results_free(p->journal);
	assert_ok(results_open(p->path, &p->journal));
}

static void place_end(struct place *p)
{
	results_free(p->journal);
	assert_ok(file_remove_tree(p->dir));
}

static git_oid id_of(int byte)
{
	git_oid id;

	memset(id.id, byte, sizeof(id.id));
	return id;
}

static struct input input_of(int byte)
{
	struct input input = { .base = id_of(1), .patched = id_of(byte) };

	memset(input.recipe, 'a' + byte % 6, 64);
	return input;
}

static struct round round_new(struct results *journal, const char *why)
{
	struct round round = { .tick = 1, .why = why };

	assert_ok(journal_round_begin(journal, &round, NULL, 0));
	return round;
}

static void put(struct results *journal, int64_t round, const char *line, enum proof_kind kind,
		const char *cell, const char *word, int patched)
{
	struct ruling r = { .round = round,
			    .kind = kind,
			    .series = "demo",
			    .line = line,
			    .target = "v6.1.188",
			    .cell = cell,
			    .input = input_of(patched),
			    .word = word,
			    .red = !strcmp(word, "regression"),
			    .unknown = !strcmp(word, "infrastructure") };

	assert_ok(journal_ruling_put(journal, &r));
	assert_true(r.id > 0 && r.at > 1500000000);
}

/* "6.1.y/apply:ok@1 ..." */
static char *told(struct arena *arena, const struct rulings *rulings)
{
	char *all = arena_strdup(arena, "");

	for (size_t i = 0; i < rulings->n; i++) {
		const struct ruling *r = &rulings->items[i];

		all = arena_printf(arena, "%s%s%s/%s%s%s:%s@%lld", all, *all ? " " : "", r->line,
				   proof_kind_word(r->kind), *r->cell ? "/" : "", r->cell, r->word,
				   (long long)r->round);
	}
	return all;
}

static void a_tick_is_there_from_its_begin_and_complete_at_its_end(void **state)
{
	struct place p = place_new(*state);
	struct tick first = { 0 }, second = { .started = NOW };
	struct ticks ticks;
	struct events events;

	assert_ok(journal_tick_begin(p.journal, &first));
	assert_true(first.started > 1500000000);
	assert_ok(journal_event(p.journal, first.id, "release", "6.1.y", "v6.1.188 is out"));
	assert_ok(journal_event(p.journal, first.id, "mail", NULL, NULL));
	/* Killed. */
	place_again(&p);
	assert_ok(journal_tick_begin(p.journal, &second));
	assert_true(second.id > first.id);
	second.ended = NOW + 2;
	second.word = "quiet";
	assert_ok(journal_tick_end(p.journal, &second));
	assert_ok(journal_event(p.journal, second.id, "verdict", "6.1.y", "ok"));
	assert_ok(journal_ticks(p.journal, *state, 0, &ticks));
	assert_int_equal(ticks.n, 2);
	assert_int_equal(ticks.items[0].id, second.id);
	assert_int_equal(ticks.items[0].started, NOW);
	assert_int_equal(ticks.items[0].ended, NOW + 2);
	assert_string_equal(ticks.items[0].word, "quiet");
	assert_int_equal(ticks.items[1].ended, 0);
	assert_string_equal(ticks.items[1].word, "");
	assert_ok(journal_ticks(p.journal, *state, 1, &ticks));
	assert_int_equal(ticks.n, 1);
	assert_ok(journal_events(p.journal, *state, first.id, 0, &events));
	assert_int_equal(events.n, 2);
	assert_string_equal(events.items[1].text, "v6.1.188 is out");
	assert_string_equal(events.items[0].subject, "");
	assert_ok(journal_events(p.journal, *state, 0, 2, &events));
	assert_int_equal(events.n, 2);
	assert_string_equal(events.items[0].kind, "verdict");
	place_end(&p);
}

static void tips_and_sources_are_what_they_were_last(void **state)
{
	struct place p = place_new(*state);
	struct tip tip = { .watch = "stable-rc",
			   .ref = "refs/heads/linux-6.1.y",
			   .target = "v6.1",
			   .line = "6.1.y-rc",
			   .id = id_of(7),
			   .kernel = "v6.1.188-rc1+0123456789ab",
			   .first = 10,
			   .seen = 20 },
		   other = { .watch = "stable", .ref = "refs/tags/v6.1.187", .gone = 5 };
	struct reach stable = { .source = "stable", .asked = 30, .reached = 30 },
		     lore = { .source = "lore", .asked = 30, .why = "could not resolve host" };
	struct tips tips;
	struct reaches reaches;

	assert_ok(journal_tip_put(p.journal, &tip));
	assert_ok(journal_tip_put(p.journal, &other));
	tip.seen = 40;
	tip.id = id_of(8);
	assert_ok(journal_tip_put(p.journal, &tip));
	assert_ok(journal_tips(p.journal, *state, "stable-rc", &tips));
	assert_int_equal(tips.n, 1);
	assert_int_equal(tips.items[0].seen, 40);
	assert_true(git_oid_equal(&tips.items[0].id, &tip.id));
	assert_string_equal(tips.items[0].kernel, "v6.1.188-rc1+0123456789ab");
	assert_ok(journal_tips(p.journal, *state, NULL, &tips));
	assert_int_equal(tips.n, 2);
	assert_int_equal(tips.items[0].gone, 5);
	assert_ok(journal_tips(p.journal, *state, "queue", &tips));
	assert_int_equal(tips.n, 0);

	assert_ok(journal_reach_put(p.journal, &stable));
	assert_ok(journal_reach_put(p.journal, &lore));
	stable.asked = 50;
	assert_ok(journal_reach_put(p.journal, &stable));
	assert_ok(journal_reaches(p.journal, *state, &reaches));
	assert_int_equal(reaches.n, 2);
	assert_string_equal(reaches.items[0].source, "lore");
	assert_int_equal(reaches.items[0].reached, 0);
	assert_string_equal(reaches.items[0].why, "could not resolve host");
	assert_int_equal(reaches.items[1].asked, 50);
	assert_int_equal(reaches.items[1].reached, 30);
	place_end(&p);
}

static void a_round_and_its_tasks_outlive_the_tick(void **state)
{
	struct place p = place_new(*state);
	struct task tasks[] = {
		{ .kind = PROOF_BUILD,
		  .series = "demo",
		  .line = "6.1.y",
		  .target = "v6.1.188",
		  .cell = "",
		  .input = input_of(3),
		  .why = "new release" },
		{ .kind = PROOF_TEST, .series = "demo", .line = "6.1.y", .cell = "tcg", .needs = 1 },
	};
	struct round round = { .tick = 1, .stale = true, .why = "v6.1.188 is out" }, open;
	struct rounds rounds;
	struct tasks back;

	assert_int_equal(journal_round_open(p.journal, *state, &open), 0);
	assert_ok(journal_begin(p.journal));
	assert_ok(journal_round_begin(p.journal, &round, tasks, 2));
	assert_int_equal(round.id, 1);
	assert_int_equal(tasks[1].needs, tasks[0].id);
	tasks[0].dir = "/state/ci/tasks/1/build";
	assert_ok(journal_task_put(p.journal, &tasks[0]));
	assert_ok(journal_finish(p.journal, true));
	tasks[1].state = TASK_SENT;
	tasks[1].tries = 2;
	tasks[1].executor = "slurm";
	tasks[1].job = "4711";
	tasks[1].sent = NOW;
	assert_ok(journal_task_put(p.journal, &tasks[1]));

	place_again(&p);
	assert_int_equal(journal_round_open(p.journal, *state, &open), 1);
	assert_int_equal(open.id, 1);
	assert_true(open.stale);
	assert_string_equal(open.why, "v6.1.188 is out");
	assert_ok(journal_tasks(p.journal, *state, 1, &back));
	assert_int_equal(back.n, 2);
	assert_int_equal(back.items[0].kind, PROOF_BUILD);
	assert_string_equal(back.items[0].why, "new release");
	assert_string_equal(back.items[0].dir, "/state/ci/tasks/1/build");
	assert_memory_equal(back.items[0].input.recipe, tasks[0].input.recipe, 65);
	assert_true(git_oid_equal(&back.items[0].input.patched, &tasks[0].input.patched));
	assert_int_equal(back.items[0].state, TASK_PLANNED);
	assert_int_equal(back.items[1].needs, back.items[0].id);
	assert_int_equal(back.items[1].state, TASK_SENT);
	assert_int_equal(back.items[1].tries, 2);
	assert_string_equal(back.items[1].job, "4711");

	/* One round after the other. */
	struct round another = { .why = "more" };

	assert_fails(journal_round_begin(p.journal, &another, NULL, 0), FAIL_INFRA,
		     "run 1 is not complete");
	open.ended = NOW + 9;
	open.published = NOW + 8;
	assert_ok(journal_round_end(p.journal, &open));
	assert_int_equal(journal_round_open(p.journal, *state, &round), 0);
	assert_ok(journal_round_begin(p.journal, &another, NULL, 0));
	assert_int_equal(another.id, 2);
	assert_ok(journal_rounds(p.journal, *state, 0, &rounds));
	assert_int_equal(rounds.n, 2);
	assert_int_equal(rounds.items[0].id, 2);
	assert_int_equal(rounds.items[1].published, NOW + 8);
	assert_int_equal(journal_round_find(p.journal, *state, 1, &round), 1);
	assert_int_equal(round.ended, NOW + 9);
	assert_int_equal(journal_round_find(p.journal, *state, 9, &round), 0);
	place_end(&p);
}

static void a_round_is_begun_with_all_its_tasks_or_not_at_all(void **state)
{
	struct place p = place_new(*state);
	struct task tasks[] = { { .why = "" }, { .needs = 2 } };
	struct round round = { .why = "" };
	struct rounds rounds;

	assert_fails(journal_round_begin(p.journal, &round, tasks, 2), FAIL_INFRA,
		     "does not stand before it");
	assert_ok(journal_rounds(p.journal, *state, 0, &rounds));
	assert_int_equal(rounds.n, 0);
	/* Taken back as a whole, too. */
	tasks[1].needs = 1;
	assert_ok(journal_begin(p.journal));
	assert_ok(journal_round_begin(p.journal, &round, tasks, 2));
	put(p.journal, round.id, "6.1.y", PROOF_APPLY, "", "ok", 3);
	assert_fails(journal_begin(p.journal), FAIL_INFRA, "open already");
	assert_ok(journal_finish(p.journal, false));
	assert_int_equal(journal_round_open(p.journal, *state, &round), 0);
	assert_ok(journal_begin(p.journal));
	assert_ok(journal_finish(p.journal, true));
	place_end(&p);
}

static void a_tick_that_is_killed_has_put_what_belongs_together(void **state)
{
	struct place p = place_new(*state);
	struct task task = { .why = "" };
	struct round round = { .why = "" };
	struct rulings rulings;
	struct tasks back;
	char byte;
	int ends[2];

	assert_ok(journal_round_begin(p.journal, &round, &task, 1));
	results_free(p.journal);
	for (int kept = 0; kept < 2; kept++) {
		assert_ok(pipe(ends));

		pid_t tick = fork();

		if (!tick) {
			if (results_open(p.path, &p.journal))
				_exit(1);
			journal_begin(p.journal);
			put(p.journal, round.id, "6.1.y", PROOF_BUILD, "", "ok", 3);
			task.state = TASK_ENDED;
			journal_task_put(p.journal, &task);
			if ((kept && journal_finish(p.journal, true)) ||
			    write(ends[1], "x", 1) != 1)
				_exit(1);
			for (;;)
				pause();
		}
		assert_int_equal(read(ends[0], &byte, 1), 1);
		kill(tick, SIGKILL);
		waitpid(tick, NULL, 0);
		close(ends[0]);
		close(ends[1]);
		assert_ok(results_open(p.path, &p.journal));
		assert_ok(journal_rulings(p.journal, *state, round.id, &rulings));
		assert_ok(journal_tasks(p.journal, *state, round.id, &back));
		assert_int_equal(rulings.n, kept);
		assert_int_equal(back.items[0].state, kept ? TASK_ENDED : TASK_PLANNED);
		if (!kept)
			results_free(p.journal);
	}
	place_end(&p);
}

static void standings_are_the_newest_of_each_proof(void **state)
{
	struct place p = place_new(*state);
	struct round round;
	struct rulings r;
	struct ruling whole = { .kind = PROOF_TEST,
				.series = "demo",
				.line = "6.1.y",
				.cell = "tcg",
				.input = input_of(3),
				.word = "regression",
				.red = true,
				.why = "2 tests fail",
				.bad = "a: regression\nb: regression",
				.waived = "c: regression (until 2026-12-31, owner)",
				.run = 4,
				.cell_id = 5,
				.wall_seconds = 1.5,
				.cpu_seconds = 0.5 };

	round = round_new(p.journal, "1");
	put(p.journal, 1, "6.1.y", PROOF_TEST, "tcg", "ok", 2);
	put(p.journal, 1, "6.1.y", PROOF_APPLY, "", "ok", 2);
	put(p.journal, 1, "6.12.y", PROOF_APPLY, "", "conflict", 2);
	assert_ok(journal_round_end(p.journal, &round));
	round = round_new(p.journal, "2");
	whole.round = 2;
	assert_ok(journal_ruling_put(p.journal, &whole));
	assert_ok(journal_round_end(p.journal, &round));
	round = round_new(p.journal, "3");
	put(p.journal, 3, "6.1.y", PROOF_TEST, "tcg", "infrastructure", 3);
	put(p.journal, 3, "6.1.y", PROOF_VERIFY, "", "ok", 3);

	assert_ok(journal_standings(p.journal, *state, 0, false, &r));
	assert_string_equal(told(*state, &r),
			    "6.1.y/apply:ok@1 6.1.y/verify:ok@3 6.1.y/test/tcg:infrastructure@3"
			    " 6.12.y/apply:conflict@1");
	assert_ok(journal_standings(p.journal, *state, 0, true, &r));
	assert_string_equal(told(*state, &r),
			    "6.1.y/apply:ok@1 6.1.y/verify:ok@3 6.1.y/test/tcg:regression@2"
			    " 6.12.y/apply:conflict@1");
	assert_true(r.items[2].red && !r.items[2].unknown);
	assert_string_equal(r.items[2].bad, whole.bad);
	assert_string_equal(r.items[2].waived, whole.waived);
	assert_string_equal(r.items[2].why, whole.why);
	assert_int_equal(r.items[2].run, 4);
	assert_int_equal(r.items[2].cell_id, 5);
	assert_true(r.items[2].wall_seconds > 1.4 && r.items[2].cpu_seconds < 0.6);
	assert_ok(journal_standings(p.journal, *state, 2, false, &r));
	assert_string_equal(told(*state, &r),
			    "6.1.y/apply:ok@1 6.1.y/test/tcg:ok@1 6.12.y/apply:conflict@1");
	assert_ok(journal_history(p.journal, *state, "demo", "6.1.y", 2, &r));
	assert_string_equal(told(*state, &r), "6.1.y/verify:ok@3 6.1.y/test/tcg:infrastructure@3");
	assert_ok(journal_history(p.journal, *state, "other", NULL, 0, &r));
	assert_int_equal(r.n, 0);
	assert_ok(journal_history(p.journal, *state, NULL, NULL, 0, &r));
	assert_int_equal(r.n, 6);
	assert_ok(journal_rulings(p.journal, *state, 1, &r));
	assert_string_equal(told(*state, &r),
			    "6.1.y/test/tcg:ok@1 6.1.y/apply:ok@1 6.12.y/apply:conflict@1");
	place_end(&p);
}

static void what_is_known_and_missed_is_of_just_one_input(void **state)
{
	struct place p = place_new(*state);
	struct round round = round_new(p.journal, "");
	struct ruling like = { .kind = PROOF_TEST,
			       .series = "demo",
			       .line = "6.1.y",
			       .cell = "tcg",
			       .input = input_of(3) },
		      found = { 0 };
	unsigned int n = 9;
	int64_t last = 9;

	assert_int_equal(journal_ruling_find(p.journal, *state, &like, &found), 0);
	assert_ok(journal_misses(p.journal, &like, &n, &last));
	assert_true(n == 0 && last == 0);
	put(p.journal, round.id, "6.1.y", PROOF_TEST, "tcg", "infrastructure", 3);
	put(p.journal, round.id, "6.1.y", PROOF_TEST, "tcg", "infrastructure", 3);
	assert_int_equal(journal_ruling_find(p.journal, *state, &like, &found), 0);
	put(p.journal, round.id, "6.1.y", PROOF_TEST, "tcg", "ok", 3);
	assert_ok(journal_misses(p.journal, &like, &n, &last));
	assert_int_equal(n, 0);
	assert_int_equal(journal_ruling_find(p.journal, *state, &like, &found), 1);
	assert_string_equal(found.word, "ok");
	put(p.journal, round.id, "6.1.y", PROOF_TEST, "tcg", "infrastructure", 3);
	/* Not this: another tree, cell, line, kind. */
	put(p.journal, round.id, "6.1.y", PROOF_TEST, "tcg", "ok", 4);
	put(p.journal, round.id, "6.1.y", PROOF_TEST, "bochs", "ok", 3);
	put(p.journal, round.id, "6.12.y", PROOF_TEST, "tcg", "ok", 3);
	put(p.journal, round.id, "6.1.y", PROOF_BUILD, "tcg", "ok", 3);
	put(p.journal, round.id, "6.1.y", PROOF_TEST, "tcg", "infrastructure", 3);
	assert_ok(journal_misses(p.journal, &like, &n, &last));
	assert_int_equal(n, 2);
	assert_true(last > 1500000000);
	/* What was known before is known still. */
	assert_int_equal(journal_ruling_find(p.journal, *state, &like, &found), 1);
	like.input.recipe[0] = 'x';
	assert_int_equal(journal_ruling_find(p.journal, *state, &like, &found), 0);
	place_end(&p);
}

static void a_letter_is_taken_once(void **state)
{
	struct place p = place_new(*state);
	struct letter news = { .key = "news 17", .path = "/m/1", .round = 17 },
		      again = { .key = "news 17", .path = "/m/2" },
		      beat = { .key = "heartbeat 2026-W47", .path = "/m/3" };
	struct letters letters;
	char *value;

	assert_int_equal(journal_letter_add(p.journal, &news), 1);
	assert_int_equal(journal_letter_add(p.journal, &again), 0);
	assert_int_equal(journal_letter_add(p.journal, &beat), 1);
	assert_ok(journal_letters(p.journal, *state, false, &letters));
	assert_int_equal(letters.n, 2);
	assert_string_equal(letters.items[0].path, "/m/1");
	news.sent = NOW;
	news.tries = 3;
	news.why = "";
	assert_ok(journal_letter_put(p.journal, &news));
	place_again(&p);
	assert_ok(journal_letters(p.journal, *state, false, &letters));
	assert_int_equal(letters.n, 1);
	assert_string_equal(letters.items[0].key, "heartbeat 2026-W47");
	assert_ok(journal_letters(p.journal, *state, true, &letters));
	assert_int_equal(letters.n, 2);
	assert_int_equal(letters.items[1].tries, 3);
	assert_int_equal(journal_letter_add(p.journal, &again), 0);

	assert_ok(journal_note_get(p.journal, *state, "heartbeat", &value));
	assert_null(value);
	assert_ok(journal_note_put(p.journal, "heartbeat", "1766300000"));
	assert_ok(journal_note_put(p.journal, "heartbeat", "1766300001"));
	assert_ok(journal_note_get(p.journal, *state, "heartbeat", &value));
	assert_string_equal(value, "1766300001");
	place_end(&p);
}

static void pruning_takes_old_silence_and_leaves_history(void **state)
{
	struct place p = place_new(*state);
	struct ticks ticks;
	struct events events;
	struct rulings rulings;
	struct round round = round_new(p.journal, "");

	put(p.journal, round.id, "6.1.y", PROOF_APPLY, "", "ok", 3);
	assert_ok(results_do(p.journal, "UPDATE rulings SET at=1", ""));
	for (int i = 0; i < 4; i++) {
		struct tick tick = { .started = NOW - (i < 3 ? 90 : 10) * DAY };

		assert_ok(journal_tick_begin(p.journal, &tick));
		tick.word = i == 1 ? "worked" : "quiet";
		tick.ended = tick.started + 1;
		assert_ok(journal_tick_end(p.journal, &tick));
		if (i >= 2)
			assert_ok(journal_event(p.journal, tick.id, "space", "", "x"));
	}
	assert_ok(results_do(p.journal, "UPDATE events SET at=? WHERE tick=4", "i",
			     (int64_t)NOW - 61 * DAY));
	assert_ok(results_do(p.journal, "UPDATE events SET at=? WHERE tick=3", "i",
			     (int64_t)NOW - 59 * DAY));
	assert_ok(journal_prune(p.journal, NOW, 60));
	assert_ok(journal_ticks(p.journal, *state, 0, &ticks));
	assert_int_equal(ticks.n, 3); /* the first is gone: the third's event is not old */
	assert_int_equal(ticks.items[2].id, 2);
	assert_ok(journal_events(p.journal, *state, 0, 0, &events));
	assert_int_equal(events.n, 1);
	assert_int_equal(events.items[0].tick, 3);
	assert_ok(journal_rulings(p.journal, *state, round.id, &rulings));
	assert_int_equal(rulings.n, 1);
	place_end(&p);
}

/* 400 rounds of 50 rulings, an hourly tick for a year: what a tick asks takes a moment of its two seconds. */
static void a_year_of_it_is_read_in_a_moment(void **state)
{
	struct place p = place_new(*state);
	struct ruling like = { .kind = PROOF_TEST,
			       .series = "demo",
			       .line = "6.7.y",
			       .cell = "cell-3",
			       .input = input_of(3) },
		      found;
	struct tick tick = { 0 };
	struct rulings rulings;
	struct ticks ticks;
	unsigned int n;
	int64_t last;

	assert_ok(journal_begin(p.journal));
	for (int i = 0; i < 9000; i++) {
		tick = (struct tick){ .started = NOW + i * 3600 };
		assert_ok(journal_tick_begin(p.journal, &tick));
		tick.word = "quiet";
		assert_ok(journal_tick_end(p.journal, &tick));
	}
	for (int i = 0; i < 400; i++) {
		struct round round = round_new(p.journal, "v6.1.188 is out");

		for (int j = 0; j < 50; j++)
			put(p.journal, round.id, arena_printf(*state, "6.%d.y", j / 5),
			    j % 5 ? PROOF_TEST : PROOF_APPLY,
			    arena_printf(*state, "cell-%d", j % 5), "ok", i % 200);
		assert_ok(journal_round_end(p.journal, &round));
	}
	assert_ok(journal_finish(p.journal, true));

	double begun = clock_seconds();

	for (int i = 0; i < 50; i++) {
		assert_int_equal(journal_ruling_find(p.journal, *state, &like, &found), 1);
		assert_ok(journal_misses(p.journal, &like, &n, &last));
	}
	assert_int_equal(found.round, 204);
	for (int i = 0; i < 2; i++) {
		assert_ok(journal_standings(p.journal, *state, 0, i, &rulings));
		assert_int_equal(rulings.n, 50);
		assert_ok(journal_standings(p.journal, *state, 300, i, &rulings));
		assert_int_equal(rulings.items[49].round, 299);
	}
	assert_ok(journal_history(p.journal, *state, "demo", "6.7.y", 0, &rulings));
	assert_int_equal(rulings.n, 2000);
	assert_ok(journal_ticks(p.journal, *state, 0, &ticks));
	assert_int_equal(ticks.n, 9000);
	assert_ok(journal_prune(p.journal, NOW + 9000 * 3600, 30));
	if (clock_seconds() - begun > 1)
		fail_msg("took %.2f s", clock_seconds() - begun);
	place_end(&p);
}

UNIT_MAIN(unit(a_tick_is_there_from_its_begin_and_complete_at_its_end),
	  unit(tips_and_sources_are_what_they_were_last),
	  unit(a_round_and_its_tasks_outlive_the_tick),
	  unit(a_round_is_begun_with_all_its_tasks_or_not_at_all),
	  unit(a_tick_that_is_killed_has_put_what_belongs_together),
	  unit(standings_are_the_newest_of_each_proof),
	  unit(what_is_known_and_missed_is_of_just_one_input), unit(a_letter_is_taken_once),
	  unit(pruning_takes_old_silence_and_leaves_history),
	  unit(a_year_of_it_is_read_in_a_moment))
