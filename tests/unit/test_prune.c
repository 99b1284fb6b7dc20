/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "ci/guard.h"
#include "ci/prune_part.h"
#include "ci/usage.h"
#include "unit.h"

#define NOW ((int64_t)1800000000)
#define KEEP_DAYS 180

/* Rounds of a made-up past, with what they left. */
struct scene {
	struct arena *arena;
	char *dir, *home, *cache;
	struct settings settings;
	struct results *journal;
	struct prune_ask ask;
	struct pruned pruned;
};

static void scene_begin(struct arena *arena, struct scene *scene)
{
	*scene = (struct scene){ .arena = arena,
				 .settings = { .publish = { .days = KEEP_DAYS, .mib = 1000 } } };
	assert_ok(file_temp_dir(arena, "test_prune", &scene->dir));
	scene->home = arena_printf(arena, "%s/state/ci", scene->dir);
	scene->cache = arena_printf(arena, "%s/cache", scene->dir);
	assert_ok(file_make_dirs(scene->home));
	assert_ok(results_open(arena_printf(arena, "%s/state/results.db", scene->dir),
			       &scene->journal));
	scene->ask = (struct prune_ask){ .settings = &scene->settings,
					 .journal = scene->journal,
					 .home = scene->home,
					 .cache = scene->cache,
					 .state = arena_printf(arena, "%s/state", scene->dir),
					 .now = NOW };
}

static void scene_end(struct scene *scene)
{
	results_free(scene->journal);
	assert_ok(file_remove_tree(scene->dir));
}

/* A file of so many KiB, some days old; its folder too. */
static void put(struct scene *scene, const char *path, size_t kib, unsigned int days)
{
	char *full = arena_printf(scene->arena, "%s/%s", scene->dir, path);
	char *folder = arena_copy(scene->arena, full, (size_t)(strrchr(full, '/') - full));
	char *text = arena_bytes(scene->arena, kib * 1024 + 1);
	struct timespec times[2] = { { .tv_sec = NOW - (int64_t)days * DAY },
				     { .tv_sec = NOW - (int64_t)days * DAY } };

	for (size_t i = 0; i < kib * 1024; i++)
		text[i] = (char)(i * 7 + i / 251);
	assert_ok(file_make_dirs(folder));
	assert_ok(file_write(full, (struct slice){ text, kib * 1024 }, 0644));
	assert_int_equal(utimensat(AT_FDCWD, full, times, 0), 0);
	assert_int_equal(utimensat(AT_FDCWD, folder, times, 0), 0);
}

static bool there(struct scene *scene, const char *path)
{
	return file_kind(arena_printf(scene->arena, "%s/%s", scene->dir, path)) > 0;
}

/* Held until it is closed, as by another process. */
static int lock(struct scene *scene, const char *path)
{
	int fd = open(arena_printf(scene->arena, "%s/%s", scene->dir, path), O_RDWR);

	assert_true(fd >= 0);
	assert_int_equal(flock(fd, LOCK_EX), 0);
	return fd;
}

enum came_out { GOOD, RED, UNKNOWN, NONE };

/*
 * A round so many days ago with a test on each of two lines: a task folder and pages, of 100 KiB each. NONE: no task. Gives its id.
 */
static int64_t round_put(struct scene *scene, unsigned int days, enum came_out six,
			 enum came_out twelve)
{
	static const char *const lines[] = { "6.1.y", "6.12.y" }, *const targets[] = { "v6.1.9",
										       "v6.12.3" };
	enum came_out outcomes[] = { six, twelve };
	struct tick tick = { .started = NOW - (int64_t)days * DAY };
	struct round round = { .started = tick.started, .why = "" };
	struct task tasks[2];
	size_t n = 0;

	assert_ok(journal_tick_begin(scene->journal, &tick));
	round.tick = tick.id;
	for (size_t i = 0; i < 2; i++)
		if (outcomes[i] != NONE)
			tasks[n++] = (struct task){ .kind = PROOF_TEST,
						    .series = "demo",
						    .line = lines[i],
						    .target = targets[i],
						    .cell = "tcg",
						    .why = "",
						    .dir = "",
						    .executor = "",
						    .job = "",
						    .word = "",
						    .note = "",
						    .host = "" };
	assert_ok(journal_round_begin(scene->journal, &round, tasks, n));
	put(scene, arena_printf(scene->arena, "state/ci/pages/%d/index.html", (int)round.id), 100,
	    days);
	for (size_t i = 0; i < n; i++) {
		const char *dir = arena_printf(scene->arena, "state/ci/tasks/%d/%s", (int)round.id,
					       tasks[i].line);
		enum came_out outcome = outcomes[tasks[i].line == lines[1]];
		struct ruling ruling = { .round = round.id,
					 .at = tick.started,
					 .kind = PROOF_TEST,
					 .series = "demo",
					 .line = tasks[i].line,
					 .target = tasks[i].target,
					 .cell = "tcg",
					 .input = { .recipe = "r" },
					 .word = "x",
					 .red = outcome == RED,
					 .unknown = outcome == UNKNOWN,
					 .why = "",
					 .bad = "",
					 .waived = "",
					 .marks = "" };

		put(scene, arena_printf(scene->arena, "%s/lock", dir), 0, days);
		put(scene, arena_printf(scene->arena, "%s/state/evidence", dir), 100, days);
		tasks[i].dir = arena_printf(scene->arena, "%s/%s", scene->dir, dir);
		tasks[i].state = TASK_ENDED;
		assert_ok(journal_task_put(scene->journal, &tasks[i]));
		assert_ok(journal_ruling_put(scene->journal, &ruling));
	}
	round.ended = tick.started + 60;
	assert_ok(journal_round_end(scene->journal, &round));
	return round.id;
}

static bool has(struct scene *scene, int64_t round, const char *line)
{
	return there(scene,
		     line ? arena_printf(scene->arena, "state/ci/tasks/%d/%s", (int)round, line) :
			    arena_printf(scene->arena, "state/ci/pages/%d", (int)round));
}

static void what_is_old_goes(void **state)
{
	struct scene scene;
	int64_t old, younger, newest;

	scene_begin(*state, &scene);
	old = round_put(&scene, 181, GOOD, GOOD);
	younger = round_put(&scene, 100, GOOD, GOOD);
	newest = round_put(&scene, 1, GOOD, GOOD);
	assert_ok(prune(*state, &scene.ask, &scene.pruned));
	assert_false(has(&scene, old, NULL) || has(&scene, old, "6.1.y") ||
		     has(&scene, old, "6.12.y"));
	assert_false(there(&scene, arena_printf(*state, "state/ci/tasks/%d", (int)old)));
	assert_true(has(&scene, younger, NULL) && has(&scene, younger, "6.1.y"));
	assert_true(has(&scene, newest, NULL) && has(&scene, newest, "6.12.y"));
	assert_int_equal(scene.pruned.rounds, 1);
	assert_int_equal(scene.pruned.folders, 3);
	assert_in_range(scene.pruned.bytes, 300 * 1024, 400 * 1024);
	assert_string_equal(pruned_text(*state, &scene.pruned), "1 run: 0 MiB");
	/* Done again, there is nothing more. */
	assert_ok(prune(*state, &scene.ask, &scene.pruned));
	assert_string_equal(pruned_text(*state, &scene.pruned), "nothing");
	scene_end(&scene);
}

static void the_last_good_one_of_a_line_stays_whatever_its_age(void **state)
{
	struct scene scene;
	int64_t first, good, red, unknown, last;

	scene_begin(*state, &scene);
	first = round_put(&scene, 900, GOOD, GOOD);
	good = round_put(&scene, 800, GOOD, RED); /* 6.1.y was good here last */
	red = round_put(&scene, 700, RED, GOOD);
	unknown = round_put(&scene, 600, UNKNOWN, GOOD);
	last = round_put(&scene, 1, UNKNOWN, GOOD);
	assert_ok(prune(*state, &scene.ask, &scene.pruned));
	assert_false(has(&scene, first, NULL) || has(&scene, first, "6.1.y"));
	assert_true(has(&scene, good, NULL) && has(&scene, good, "6.1.y"));
	assert_false(has(&scene, good, "6.12.y")); /* of the other line it is nothing special */
	assert_true(has(&scene, red, NULL) &&
		    has(&scene, red, "6.1.y")); /* the last that is known */
	assert_false(has(&scene, unknown, NULL) || has(&scene, unknown, "6.1.y") ||
		     has(&scene, unknown, "6.12.y"));
	assert_true(has(&scene, last, "6.1.y") && has(&scene, last, "6.12.y"));
	scene_end(&scene);
}

/* The home has another name than then: a folder was moved, XDG_STATE_HOME is spelled otherwise. */
static void the_last_good_one_stays_in_a_home_that_was_moved(void **state)
{
	struct scene scene;
	int64_t good, last;
	char *moved;

	scene_begin(*state, &scene);
	good = round_put(&scene, 800, GOOD, GOOD);
	last = round_put(&scene, 1, RED, RED);
	moved = arena_printf(*state, "%s/state/moved", scene.dir);
	assert_int_equal(rename(scene.home, moved), 0);
	scene.ask.home = moved;
	assert_ok(prune(*state, &scene.ask, &scene.pruned));
	assert_int_equal(rename(moved, scene.home), 0);
	assert_true(has(&scene, good, NULL) && has(&scene, good, "6.1.y") &&
		    has(&scene, good, "6.12.y"));
	assert_true(has(&scene, last, NULL));
	scene_end(&scene);
}

static void what_lies_behind_a_link_stays(void **state)
{
	struct scene scene;
	int64_t old;
	char *elsewhere;

	scene_begin(*state, &scene);
	elsewhere = arena_printf(*state, "%s/elsewhere", scene.dir);
	old = round_put(&scene, 900, GOOD, GOOD);
	round_put(&scene, 1, GOOD, GOOD);
	assert_int_equal(rename(arena_printf(*state, "%s/tasks/%lld", scene.home, (long long)old),
				elsewhere),
			 0);
	assert_int_equal(symlink(elsewhere,
				 arena_printf(*state, "%s/tasks/%lld", scene.home, (long long)old)),
			 0);
	assert_ok(prune(*state, &scene.ask, &scene.pruned));
	assert_true(has(&scene, old, "6.1.y") && has(&scene, old, "6.12.y"));
	scene_end(&scene);
}

/* Its build was good last in one round, its test in another: neither was good as a whole. */
static void so_does_the_last_round_in_which_all_of_a_line_was_good(void **state)
{
	static const struct {
		unsigned int days;
		bool build, test;
	} past[] = {
		{ 900, true, true }, { 800, true, false }, { 700, false, true }, { 1, false, false }
	};
	struct scene scene;
	int64_t ids[ARRAY_SIZE(past)];

	scene_begin(*state, &scene);
	for (size_t i = 0; i < ARRAY_SIZE(past); i++) {
		struct ruling ruling = { .at = 1,
					 .kind = PROOF_BUILD,
					 .series = "demo",
					 .line = "6.1.y",
					 .target = "v6.1.9",
					 .cell = "",
					 .input = { .recipe = "r" },
					 .word = "x",
					 .red = !past[i].build,
					 .why = "",
					 .bad = "",
					 .waived = "",
					 .marks = "" };

		ids[i] = round_put(&scene, past[i].days, past[i].test ? GOOD : RED, NONE);
		ruling.round = ids[i];
		assert_ok(journal_ruling_put(scene.journal, &ruling));
	}
	assert_ok(prune(*state, &scene.ask, &scene.pruned));
	assert_true(has(&scene, ids[0], NULL) && has(&scene, ids[0], "6.1.y"));
	assert_true(has(&scene, ids[1], NULL) && !has(&scene, ids[1], "6.1.y"));
	assert_true(has(&scene, ids[2], "6.1.y") && has(&scene, ids[3], "6.1.y"));
	scene_end(&scene);
}

static void the_last_word_on_a_line_that_is_watched_no_more_stays(void **state)
{
	struct scene scene;
	int64_t one;

	scene_begin(*state, &scene);
	one = round_put(&scene, 900, NONE, RED);
	for (unsigned int i = 0; i < 3; i++)
		round_put(&scene, 30 - i, GOOD, NONE);
	assert_ok(prune(*state, &scene.ask, &scene.pruned));
	assert_true(has(&scene, one, NULL) && has(&scene, one, "6.12.y"));
	scene_end(&scene);
}

static void what_is_too_much_goes_from_the_oldest_on(void **state)
{
	struct scene scene;
	int64_t rounds[8];

	scene_begin(*state, &scene);
	scene.settings.publish.mib = 1; /* three rounds of 300 KiB */
	for (unsigned int i = 0; i < 8; i++)
		rounds[i] = round_put(&scene, 80 - i * 10, GOOD, GOOD);
	assert_ok(prune(*state, &scene.ask, &scene.pruned));
	for (unsigned int i = 0; i < 4; i++)
		assert_false(has(&scene, rounds[i], NULL));
	for (unsigned int i = 5; i < 8; i++)
		assert_true(has(&scene, rounds[i], NULL) && has(&scene, rounds[i], "6.1.y"));
	/* However little may be kept, the newest word is. */
	scene.settings.publish.mib = 0;
	assert_ok(prune(*state, &scene.ask, &scene.pruned));
	assert_false(has(&scene, rounds[6], NULL));
	assert_true(has(&scene, rounds[7], NULL) && has(&scene, rounds[7], "6.12.y"));
	scene_end(&scene);
}

static void the_open_round_and_what_somebody_holds_stay(void **state)
{
	struct scene scene;
	struct tick tick = { .started = NOW - (int64_t)400 * DAY };
	struct round round = { .started = tick.started, .why = "" };
	int64_t held;
	int fd;

	scene_begin(*state, &scene);
	held = round_put(&scene, 500, GOOD, GOOD);
	round_put(&scene, 450, GOOD, GOOD);
	assert_ok(journal_tick_begin(scene.journal, &tick));
	round.tick = tick.id;
	assert_ok(journal_round_begin(scene.journal, &round, NULL, 0));
	put(&scene, arena_printf(*state, "state/ci/tasks/%d/1-build/log", (int)round.id), 10, 400);
	fd = lock(&scene, arena_printf(*state, "state/ci/tasks/%d/6.1.y/lock", (int)held));
	assert_ok(prune(*state, &scene.ask, &scene.pruned));
	assert_true(there(&scene,
			  arena_printf(*state, "state/ci/tasks/%d/1-build/log", (int)round.id)));
	assert_true(has(&scene, held, "6.1.y"));
	assert_false(has(&scene, held, "6.12.y"));
	close(fd);
	assert_ok(prune(*state, &scene.ask, &scene.pruned));
	assert_false(has(&scene, held, "6.1.y"));
	scene_end(&scene);
}

static void to_try_it_takes_nothing_away(void **state)
{
	struct scene scene;
	int64_t old;

	scene_begin(*state, &scene);
	old = round_put(&scene, 500, GOOD, GOOD);
	round_put(&scene, 1, GOOD, GOOD);
	put(&scene, "cache/built/.lock", 0, 0);
	put(&scene, "cache/built/old/build.json", 10, 181);
	scene.ask.dry = true;
	assert_ok(prune(*state, &scene.ask, &scene.pruned));
	assert_int_equal(scene.pruned.rounds, 1);
	assert_int_equal(scene.pruned.cached, 1);
	assert_true(scene.pruned.bytes > 300 * 1024);
	assert_true(has(&scene, old, NULL) && has(&scene, old, "6.1.y"));
	assert_true(there(&scene, "cache/built/old"));
	scene_end(&scene);
}

/* As a pruning leaves it that was killed between renaming and removing. */
static void what_was_half_taken_away_is_finished(void **state)
{
	struct scene scene;
	int64_t round;

	scene_begin(*state, &scene);
	round = round_put(&scene, 1, GOOD, GOOD);
	put(&scene, "state/ci/pages/.gone-3/index.html", 10, 1);
	put(&scene, arena_printf(*state, "state/ci/tasks/%d/.gone-1-build/log", (int)round), 10, 1);
	put(&scene, "cache/built/.lock", 0, 0);
	put(&scene, "cache/built/.gone-abc/bzImage", 10, 1);
	put(&scene, "cache/built/.new/bzImage", 10, 1);
	put(&scene, "cache/kernels/.gone-v6.1.1/source/Makefile", 10, 1);
	assert_ok(prune(*state, &scene.ask, &scene.pruned));
	assert_false(there(&scene, "state/ci/pages/.gone-3"));
	assert_false(
		there(&scene, arena_printf(*state, "state/ci/tasks/%d/.gone-1-build", (int)round)));
	assert_false(there(&scene, "cache/built/.gone-abc"));
	assert_false(there(&scene, "cache/built/.new"));
	assert_false(there(&scene, "cache/kernels/.gone-v6.1.1"));
	assert_true(has(&scene, round, "6.1.y"));
	scene_end(&scene);
}

static void mails_that_were_sent_go_those_that_wait_stay(void **state)
{
	struct scene scene;
	struct letter waits = { .at = 1, .key = "news 1", .why = "" };

	scene_begin(*state, &scene);
	put(&scene, "state/ci/mails/waits", 1, 400);
	put(&scene, "state/ci/mails/sent", 1, 400);
	put(&scene, "state/ci/mails/new", 1, 4);
	put(&scene, "state/ci/drafts/old", 1, 400);
	waits.path = arena_printf(*state, "%s/mails/waits", scene.home);
	assert_int_equal(journal_letter_add(scene.journal, &waits), 1);
	assert_ok(prune(*state, &scene.ask, &scene.pruned));
	assert_true(there(&scene, "state/ci/mails/waits") && there(&scene, "state/ci/mails/new"));
	assert_false(there(&scene, "state/ci/mails/sent") || there(&scene, "state/ci/drafts/old"));
	assert_int_equal(scene.pruned.letters, 2);
	scene_end(&scene);
}

static void a_build_that_was_used_stays(void **state)
{
	struct scene scene;
	int fd;

	scene_begin(*state, &scene);
	put(&scene, "cache/built/.lock", 0, 0);
	put(&scene, "cache/built/old/build.json", 10, 181);
	put(&scene, "cache/built/used/build.json", 10, 400);
	/* As whoever uses it again leaves it: see entry_read(). */
	put(&scene, "cache/built/used/sign", 0, 20);
	fd = lock(&scene, "cache/built/.lock");
	assert_ok(prune(*state, &scene.ask, &scene.pruned));
	assert_true(there(&scene, "cache/built/old")); /* somebody puts one into place just now */
	close(fd);
	assert_ok(prune(*state, &scene.ask, &scene.pruned));
	assert_false(there(&scene, "cache/built/old"));
	assert_true(there(&scene, "cache/built/used"));
	assert_int_equal(scene.pruned.cached, 1);
	scene_end(&scene);
}

static void room_put(struct scene *scene, const char *kernel, unsigned int days)
{
	put(scene, arena_printf(scene->arena, "cache/kernels/%s/source/Makefile", kernel), 10, 999);
	put(scene, arena_printf(scene->arena, "cache/kernels/%s/build/guest.state", kernel), 1,
	    days);
	put(scene, arena_printf(scene->arena, "cache/kernels/%s/lock", kernel), 0, days);
}

static void a_kernels_folder_goes_a_week_after_its_line_has_another(void **state)
{
	struct scene scene;
	int fd;

	scene_begin(*state, &scene);
	round_put(&scene, 1, GOOD, GOOD);
	room_put(&scene, "v6.1.9", 30); /* the line's own */
	room_put(&scene, "v6.1.8", 8);
	room_put(&scene, "v6.1.7", 6);
	room_put(&scene, "v6.1.6", 30);
	room_put(&scene, "v6.12.3", 200); /* a line's own, and nobody has used it for half a year */
	fd = lock(&scene, "cache/kernels/v6.1.6/lock");
	assert_ok(prune(*state, &scene.ask, &scene.pruned));
	assert_true(there(&scene, "cache/kernels/v6.1.9"));
	assert_false(there(&scene, "cache/kernels/v6.1.8"));
	assert_true(there(&scene, "cache/kernels/v6.1.7"));
	assert_true(there(&scene, "cache/kernels/v6.1.6"));
	assert_false(there(&scene, "cache/kernels/v6.12.3"));
	close(fd);
	assert_int_equal(scene.pruned.rooms, 2);
	assert_ok(prune(*state, &scene.ask, &scene.pruned));
	assert_false(there(&scene, "cache/kernels/v6.1.6"));
	scene_end(&scene);
}

static void on_a_full_disk_what_can_be_made_again_goes_sooner(void **state)
{
	struct scene scene;
	int64_t old;

	scene_begin(*state, &scene);
	old = round_put(&scene, 500, GOOD, GOOD);
	round_put(&scene, 1, GOOD, GOOD);
	room_put(&scene, "v6.1.9", 30); /* the line's own */
	room_put(&scene, "v6.1.8", 1);
	room_put(&scene, "feature%2Fx", 1); /* somebody's branch */
	put(&scene, "cache/built/.lock", 0, 0);
	put(&scene, "cache/built/used/build.json", 10, 6);
	put(&scene, "cache/built/old/build.json", 10, 8);
	assert_ok(prune_hurry(*state, &scene.ask, &scene.pruned));
	assert_true(there(&scene, "cache/kernels/v6.1.9") &&
		    there(&scene, "cache/kernels/feature%2Fx"));
	assert_false(there(&scene, "cache/kernels/v6.1.8"));
	assert_true(there(&scene, "cache/built/used"));
	assert_false(there(&scene, "cache/built/old"));
	/* What was found out is no cache. */
	assert_true(has(&scene, old, NULL) && has(&scene, old, "6.1.y"));
	scene_end(&scene);
}

static void a_stage_that_would_not_fit_has_room_made_for_it(void **state)
{
	struct scene scene;
	struct guard_ask ask;
	struct estimate estimate = { .cache = (uint64_t)1 << 40 };
	struct events events = { 0 };

	scene_begin(*state, &scene);
	round_put(&scene, 1, GOOD, GOOD);
	room_put(&scene, "v6.1.8", 1);
	ask = (struct guard_ask){ .settings = &scene.settings,
				  .cache = scene.cache,
				  .state = scene.dir };
	assert_non_null(guard_refusal(*state, &ask, &estimate));
	assert_true(there(&scene, "cache/kernels/v6.1.8"));
	ask.journal = scene.journal;
	ask.home = scene.home;
	ask.now = NOW;
	assert_non_null(guard_refusal(*state, &ask, &estimate));
	assert_false(there(&scene, "cache/kernels/v6.1.8"));
	assert_ok(journal_events(scene.journal, *state, 0, 1, &events));
	assert_int_equal(events.n, 1);
	assert_string_equal(events.items[0].kind, "pruned");
	scene_end(&scene);
}

static void where_there_is_nothing_there_is_nothing_to_do(void **state)
{
	struct scene scene;

	scene_begin(*state, &scene);
	assert_ok(prune(*state, &scene.ask, &scene.pruned));
	assert_string_equal(pruned_text(*state, &scene.pruned), "nothing");
	scene_end(&scene);
}

UNIT_MAIN(unit(what_is_old_goes), unit(the_last_good_one_of_a_line_stays_whatever_its_age),
	  unit(the_last_good_one_stays_in_a_home_that_was_moved),
	  unit(what_lies_behind_a_link_stays),
	  unit(so_does_the_last_round_in_which_all_of_a_line_was_good),
	  unit(the_last_word_on_a_line_that_is_watched_no_more_stays),
	  unit(what_is_too_much_goes_from_the_oldest_on),
	  unit(the_open_round_and_what_somebody_holds_stay), unit(to_try_it_takes_nothing_away),
	  unit(what_was_half_taken_away_is_finished),
	  unit(mails_that_were_sent_go_those_that_wait_stay), unit(a_build_that_was_used_stays),
	  unit(a_kernels_folder_goes_a_week_after_its_line_has_another),
	  unit(on_a_full_disk_what_can_be_made_again_goes_sooner),
	  unit(a_stage_that_would_not_fit_has_room_made_for_it),
	  unit(where_there_is_nothing_there_is_nothing_to_do))
