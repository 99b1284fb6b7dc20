/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ci/guard.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>

#include "base/file.h"
#include "ci/usage.h"
#include "unit.h"

static char *scene(struct arena *arena)
{
	char *dir;

	assert_ok(file_temp_dir(arena, "test_guard", &dir));
	return dir;
}

static void put(struct arena *arena, const char *dir, const char *path, size_t bytes)
{
	char *full = arena_printf(arena, "%s/%s", dir, path);
	char *folder = arena_copy(arena, full, (size_t)(strrchr(full, '/') - full));
	char *text = arena_bytes(arena, bytes + 1);

	/* Of no pattern that a file system would squeeze. */
	for (size_t i = 0; i < bytes; i++)
		text[i] = (char)(i * 7 + i / 251);
	assert_ok(file_make_dirs(folder));
	assert_ok(file_write(full, (struct slice){ text, bytes }, 0644));
}

static struct results *journal_at(struct arena *arena, const char *dir)
{
	struct results *journal;

	assert_ok(results_open(arena_printf(arena, "%s/results.db", dir), &journal));
	return journal;
}

static void usage_adds_up_what_is_below_and_follows_no_link(void **state)
{
	struct arena *arena = *state;
	char *dir = scene(arena);
	struct usage usage = { 0 }, again = { 0 };

	put(arena, dir, "a/b/c/one", 3 * MIB);
	put(arena, dir, "a/two", MIB);
	assert_int_equal(symlink("/usr", arena_printf(arena, "%s/a/link", dir)), 0);
	assert_ok(usage_add(arena_printf(arena, "%s/a", dir), &usage));
	assert_in_range(usage.bytes, 4 * MIB, 4 * MIB + 65536);
	assert_int_equal(usage.files, 6);
	assert_in_range(usage.newest, time(NULL) - 60, time(NULL));
	assert_ok(usage_add(arena_printf(arena, "%s/nowhere/at/all", dir), &again));
	assert_int_equal(again.bytes, 0);
	assert_ok(file_remove_tree(dir));
}

static void space_is_looked_at_where_the_folder_will_be(void **state)
{
	struct arena *arena = *state;
	char *dir = scene(arena);
	struct space space;

	assert_ok(space_find(arena, arena_printf(arena, "%s/not/yet/there", dir), &space));
	assert_string_equal(space.dir, dir);
	assert_true(space.bytes > 0);
	assert_ok(file_remove_tree(dir));
}

static void what_was_never_built_is_estimated_by_a_guess_that_says_so(void **state)
{
	struct arena *arena = *state;
	char *dir = scene(arena);
	struct estimate build, test, fetch;

	assert_ok(estimate_make(arena, NULL, dir, PROOF_BUILD, "v6.1.188", 0, &build));
	assert_true(build.cache > 1000 && build.files > 90000);
	assert_non_null(strstr(build.from, "a guess"));
	assert_ok(estimate_make(arena, NULL, dir, PROOF_TEST, "v6.1.188", 4096, &test));
	assert_true(test.memory >= 4096 + 256);
	assert_ok(estimate_make(arena, NULL, dir, PROOF_APPLY, "6.1.y", 0, &fetch));
	assert_true(fetch.cache > 200 && fetch.cache < build.cache);
	assert_ok(file_remove_tree(dir));
}

/* A kernel's folder as a build leaves it. */
static void room(struct arena *arena, const char *dir, const char *kernel, size_t mib, bool whole)
{
	put(arena, dir, arena_printf(arena, "kernels/%s/source/file", kernel), mib * MIB);
	if (whole)
		put(arena, dir, arena_printf(arena, "kernels/%s/build/guest.state", kernel), 1);
}

static void a_build_takes_what_the_newest_of_its_branch_took(void **state)
{
	struct arena *arena = *state;
	char *dir = scene(arena), *note = NULL;
	struct results *journal = journal_at(arena, dir);
	struct estimate estimate, line, twice;

	room(arena, dir, "v6.1.9", 30, true);
	room(arena, dir, "v6.1.10", 20, true);
	room(arena, dir, "v6.1.11", 1, false); /* was killed: says nothing */
	room(arena, dir, "v6.12.3", 40, true);
	for (int i = 0; i < 7; i++)
		put(arena, dir, arena_printf(arena, "built/entry%d/bzImage", i), MIB);
	assert_ok(estimate_make(arena, journal, dir, PROOF_BUILD, "v6.1.12", 0, &estimate));
	assert_string_equal(estimate.from, "as v6.1.10 took");
	/* With what goes into the caches, and a fifth. */
	assert_in_range(estimate.cache, (20 + 5) * 12 / 10, (20 + 5 + 70) * 12 / 10);
	assert_ok(estimate_make(arena, journal, dir, PROOF_BUILD, "6.1.y-rc", 0, &line));
	assert_int_equal(line.cache, estimate.cache);

	/* Noted: the folder is not walked through again. */
	put(arena, dir, "kernels/v6.1.10/source/more", 10 * MIB);
	assert_ok(estimate_make(arena, journal, dir, PROOF_BUILD, "v6.1.12", 0, &twice));
	assert_int_equal(twice.cache, estimate.cache);
	assert_ok(journal_note_get(journal, arena, "room v6.1", &note));
	assert_true(slice_ends(slice_of(note), " v6.1.10"));
	/* A newer one is. */
	room(arena, dir, "v6.1.11", 50, true);
	assert_ok(estimate_make(arena, journal, dir, PROOF_BUILD, "v6.1.12", 0, &twice));
	assert_string_equal(twice.from, "as v6.1.11 took");
	assert_true(twice.cache > estimate.cache);
	results_free(journal);
	assert_ok(file_remove_tree(dir));
}

static void a_kernel_that_is_laid_out_takes_only_its_objects(void **state)
{
	struct arena *arena = *state;
	char *dir = scene(arena);
	struct estimate first, next;

	room(arena, dir, "v6.1.10", 60, true);
	assert_ok(estimate_make(arena, NULL, dir, PROOF_BUILD, "v6.1.11", 0, &first));
	assert_ok(estimate_make(arena, NULL, dir, PROOF_BUILD, "v6.1.10", 0, &next));
	assert_true(next.cache + 60 <= first.cache);
	assert_true(next.files < first.files);
	assert_ok(file_remove_tree(dir));
}

static void a_branch_that_was_never_built_takes_what_the_newest_other_took(void **state)
{
	struct arena *arena = *state;
	char *dir = scene(arena);
	struct estimate estimate;

	room(arena, dir, "v6.12.3", 40, true);
	room(arena, dir, "v5.10.7", 10, true);
	assert_ok(estimate_make(arena, NULL, dir, PROOF_BUILD, "v6.18.1", 0, &estimate));
	assert_string_equal(estimate.from, "as v6.12.3 took");
	assert_ok(file_remove_tree(dir));
}

static void a_test_takes_what_the_last_one_of_its_branch_left(void **state)
{
	struct arena *arena = *state;
	char *dir = scene(arena);
	struct results *journal = journal_at(arena, dir);
	struct tick tick = { .started = 1 };
	struct round round = { .started = 1, .why = "" };
	struct task task = { .kind = PROOF_TEST,
			     .series = "demo",
			     .line = "6.1.y",
			     .target = "v6.1.9",
			     .cell = "tcg",
			     .why = "",
			     .dir = arena_printf(arena, "%s/task", dir),
			     .executor = "",
			     .job = "",
			     .word = "",
			     .note = "" };
	struct estimate before, estimate, other;

	put(arena, dir, "task/state/runs/image", 60 * MIB);
	assert_ok(estimate_make(arena, journal, dir, PROOF_TEST, "v6.1.10", 64, &before));
	assert_ok(journal_tick_begin(journal, &tick));
	round.tick = tick.id;
	assert_ok(journal_round_begin(journal, &round, &task, 1));
	task.state = TASK_ENDED;
	task.word = "done";
	assert_ok(journal_task_put(journal, &task));
	assert_ok(estimate_make(arena, journal, dir, PROOF_TEST, "v6.1.10", 64, &estimate));
	assert_in_range(estimate.state, 72, 75);
	assert_string_equal(estimate.from, "as v6.1.9 took");
	assert_ok(estimate_make(arena, journal, dir, PROOF_TEST, "v6.12.3", 64, &other));
	assert_int_equal(other.state, before.state);
	results_free(journal);
	assert_ok(file_remove_tree(dir));
}

static void what_does_not_fit_is_refused_with_what_to_do(void **state)
{
	struct arena *arena = *state;
	char *dir = scene(arena), *why;
	struct settings settings = { .guard = { .disk_mib = 2048, .memory_mib = 1024 } };
	struct guard_ask ask = { .settings = &settings,
				 .cache = arena_printf(arena, "%s/cache", dir),
				 .state = arena_printf(arena, "%s/state", dir),
				 .free_cache = 5000,
				 .free_state = 5000,
				 .free_memory = 8000 };
	struct estimate estimate = {
		.cache = 1500, .state = 100, .memory = 4608, .from = "as v6.1.10 took"
	};

	assert_null(guard_refusal(arena, &ask, &estimate));
	ask.free_cache = 3547;
	why = guard_refusal(arena, &ask, &estimate);
	assert_non_null(why);
	assert_non_null(strstr(why, "1500 MiB"));
	assert_non_null(strstr(why, "as v6.1.10 took"));
	assert_non_null(strstr(why, "3547 MiB are free"));
	assert_non_null(strstr(why, "series ci prune"));
	assert_null(strchr(why, '\n'));
	ask.free_cache = 3548;
	assert_null(guard_refusal(arena, &ask, &estimate));
	ask.free_state = 100;
	assert_non_null(strstr(guard_refusal(arena, &ask, &estimate), "XDG_STATE_HOME"));
	ask.free_state = 5000;
	ask.free_memory = 5000;
	why = guard_refusal(arena, &ask, &estimate);
	assert_non_null(why);
	assert_non_null(strstr(why, "not enough memory"));
	estimate.memory = 0; /* another machine's matter */
	assert_null(guard_refusal(arena, &ask, &estimate));
	assert_ok(file_remove_tree(dir));
}

static void what_the_machine_has_is_looked_at(void **state)
{
	struct arena *arena = *state;
	char *dir = scene(arena), *why;
	struct settings settings = { 0 };
	struct guard_ask ask = { .settings = &settings, .cache = dir, .state = dir };
	struct estimate little = { .cache = 1, .state = 1, .memory = 1 };
	struct estimate disk = { .cache = (uint64_t)1 << 40 },
			memory = { .memory = (uint64_t)1 << 40 };

	assert_null(guard_refusal(arena, &ask, &little));
	why = guard_refusal(arena, &ask, &disk);
	assert_non_null(why);
	assert_non_null(strstr(why, "disk space"));
	why = guard_refusal(arena, &ask, &memory);
	assert_non_null(why);
	assert_non_null(strstr(why, "in all"));
	settings.guard.disk_mib = UINT32_MAX;
	assert_non_null(guard_refusal(arena, &ask, &little));
	assert_ok(file_remove_tree(dir));
}

static void a_containers_limit_counts_as_a_services(void **state)
{
	struct arena *arena = *state;
	char *dir = scene(arena);
	uint64_t left = 9999, whole = 9999;
	static const struct {
		const char *path, *text;
	} files[] = {
		{ "memory.max", "4294967296\n" },
		{ "memory.current", "1073741824\n" },
		{ "memory.stat", "active_file 268435456\ninactive_file 268435456\n" },
		{ "a/memory.max", "max\n" },
		{ "a/b/memory.max", "2147483648\n" },
		{ "a/b/memory.current", "1048576\n" },
	};

	assert_ok(file_make_dirs(arena_printf(arena, "%s/a/b", dir)));
	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		assert_ok(file_write(arena_printf(arena, "%s/%s", dir, files[i].path),
				     slice_of(files[i].text), 0644));
	memory_bound(arena, dir, "/", false, &left);
	memory_bound(arena, dir, "/", true, &whole);
	assert_int_equal(left, 3584);
	assert_int_equal(whole, 4096);
	memory_bound(arena, dir, "/a/b", false, &left);
	assert_int_equal(left, 2047);
	left = 9999;
	memory_bound(arena, dir, "/a", false, &left);
	assert_int_equal(left, 3584);
	left = 10;
	memory_bound(arena, dir, "/gone", false, &left);
	assert_int_equal(left, 10);
	assert_ok(file_remove_tree(dir));
}

UNIT_MAIN(unit(a_containers_limit_counts_as_a_services),
	  unit(usage_adds_up_what_is_below_and_follows_no_link),
	  unit(space_is_looked_at_where_the_folder_will_be),
	  unit(what_was_never_built_is_estimated_by_a_guess_that_says_so),
	  unit(a_build_takes_what_the_newest_of_its_branch_took),
	  unit(a_kernel_that_is_laid_out_takes_only_its_objects),
	  unit(a_branch_that_was_never_built_takes_what_the_newest_other_took),
	  unit(a_test_takes_what_the_last_one_of_its_branch_left),
	  unit(what_does_not_fit_is_refused_with_what_to_do),
	  unit(what_the_machine_has_is_looked_at))
