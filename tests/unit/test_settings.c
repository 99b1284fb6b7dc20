/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ci/settings.h"

#include <sys/stat.h>

#include "base/file.h"
#include "ci/settings_keys.h"
#include "unit.h"

/* A workspace with three targets. */
struct place {
	struct arena *arena;
	char *dir;
	struct targets targets;
};

static int set_up(void **state)
{
	struct arena *arena = arena_new();
	struct place *place = arena_new_of(arena, struct place);

	place->arena = arena;
	assert_ok(file_temp_dir(arena, "test_settings", &place->dir));
	assert_ok(file_make_dirs(arena_printf(arena, "%s/ci", place->dir)));
	assert_ok(file_write(arena_printf(arena, "%s/ci/targets.conf", place->dir),
			     SLICE("[target \"v6.12\"]\n\tsource = clone x\n"
				   "[target \"v5.10\"]\n\tsource = clone x\n"
				   "[target \"v6.1\"]\n\tsource = clone x\n"),
			     0666));
	assert_ok(targets_read(arena, place->dir, &place->targets));
	*state = place;
	return 0;
}

static int tear_down(void **state)
{
	struct place *place = *state;

	file_remove_tree(place->dir);
	arena_free(place->arena);
	return 0;
}

static int read_conf(struct place *place, const char *text, struct settings *settings)
{
	assert_ok(file_write(arena_printf(place->arena, "%s/ci/ci.conf", place->dir),
			     slice_of(text), 0666));
	return settings_read(place->arena, place->dir, &place->targets, settings);
}

static void without_a_file_releases_of_all_targets_are_watched_and_nobody_is_told(void **state)
{
	struct place *place = *state;
	struct settings s;

	assert_ok(settings_read(place->arena, place->dir, &place->targets, &s));
	assert_int_equal(s.nwatches, 1);
	assert_string_equal(s.watches[0].name, "stable");
	assert_int_equal(s.watches[0].kind, WATCH_RELEASE);
	assert_int_equal(s.watches[0].depth, DEPTH_TEST);
	assert_null(s.watches[0].url);
	assert_int_equal(s.watches[0].ntargets, 3);
	assert_string_equal(s.watches[0].targets[0]->name, "v5.10");
	assert_true(s.verify);
	assert_int_equal(s.tries, 3);
	assert_int_equal(s.task_minutes, 180);
	assert_int_equal(s.executor, EXECUTOR_LOCAL);
	assert_null(s.publish.dir);
	assert_null(s.tell.to);
	assert_null(s.tell.drafts);
	assert_string_equal(s.tell.sendmail, "/usr/sbin/sendmail");
	assert_int_equal(s.tell.heartbeat_days, 7);
	assert_int_equal(s.guard.stale_hours, 24);
	assert_false(s.lore.watch);
	assert_int_equal(s.nwaivers, 0);
}

static void what_is_written_is_what_is_read(void **state)
{
	struct place *place = *state;
	struct settings s;

	assert_ok(read_conf(place,
			    "[ci]\n\tseries = one two\n\tseries = three\n\tverify = no\n"
			    "\texecutor = slurm\n\ttries = 5\n"
			    "[watch \"rc\"]\n\tkind = candidate\n\turl = rc.git\n"
			    "\tbranch = linux-%.y\n\ttarget = v6.x\n"
			    "[watch \"queue\"]\n\tkind = queue\n\turl = https://example.org/q.git\n"
			    "\tbranch = queue/%\n\tdepth = build\n\ttarget = v6.12\n"
			    "[publish]\n\tdir = out/site\n\turl = https://example.org/ci\n"
			    "[tell]\n\tto = a@example.org, b@example.org\n\theartbeat-days = 0\n"
			    "[slurm]\n\toption = --partition=big\n\toption = --qos=low\n",
			    &s));
	assert_int_equal(s.nseries, 3);
	assert_string_equal(s.series[2], "three");
	assert_false(s.verify);
	assert_int_equal(s.executor, EXECUTOR_SLURM);
	assert_int_equal(s.tries, 5);
	assert_int_equal(s.nwatches, 2);
	assert_int_equal(s.watches[0].kind, WATCH_CANDIDATE);
	assert_int_equal(s.watches[0].depth, DEPTH_TEST);
	assert_string_equal(s.watches[0].url, arena_printf(place->arena, "%s/rc.git", place->dir));
	assert_int_equal(s.watches[0].ntargets, 2);
	assert_string_equal(watch_ref(place->arena, &s.watches[0], s.watches[0].targets[0]),
			    "refs/heads/linux-6.1.y");
	assert_string_equal(watch_ref(place->arena, &s.watches[1], s.watches[1].targets[0]),
			    "refs/heads/queue/6.12");
	assert_int_equal(s.watches[1].depth, DEPTH_BUILD);
	assert_string_equal(s.watches[1].url, "https://example.org/q.git");
	assert_string_equal(s.publish.dir, arena_printf(place->arena, "%s/out/site", place->dir));
	assert_int_equal(s.tell.heartbeat_days, 0);
	assert_int_equal(s.slurm.noptions, 2);
	assert_string_equal(s.slurm.options[1], "--qos=low");
	assert_string_equal(watch_kind_word(WATCH_QUEUE), "queue");
}

static void a_line_is_called_by_branch_and_kind(void **state)
{
	struct place *place = *state;
	const struct target *target = targets_find(&place->targets, "v6.1");

	assert_string_equal(watch_line(place->arena, WATCH_RELEASE, target), "6.1.y");
	assert_string_equal(watch_line(place->arena, WATCH_CANDIDATE, target), "6.1.y-rc");
	assert_string_equal(watch_line(place->arena, WATCH_QUEUE, target), "6.1.y-queue");
}

static void a_known_failure_has_an_owner_a_reason_and_an_end(void **state)
{
	struct place *place = *state;
	struct settings s;

	assert_ok(read_conf(place,
			    "[known \"smm_test\"]\n\ttarget = v5.10\n\tcell = tcg\n\towner = Ada\n"
			    "\treason = TCG has no SMM\n\tuntil = 2026-12-31\n"
			    "[known \"smm on others\"]\n\ttest = smm_test\n\towner = Ada\n"
			    "\treason = it is slow\n\tuntil = 2024-02-29\n",
			    &s));
	assert_int_equal(s.nwaivers, 2);
	assert_string_equal(s.waivers[0].test, "smm_test");
	assert_string_equal(s.waivers[0].target, "v5.10");
	assert_int_equal(s.waivers[0].until, 1798675200); /* 2026-12-31 00:00 UTC */
	assert_string_equal(s.waivers[0].until_day, "2026-12-31");
	assert_string_equal(s.waivers[1].test, "smm_test");
	assert_null(s.waivers[1].target);
	assert_int_equal(s.waivers[1].until, 1709164800);
}

static void what_cannot_be_meant_is_refused_with_its_line(void **state)
{
	static const struct {
		const char *text, *says;
		enum fail_kind kind;
	} cases[] = {
		{ "[ci]\n\tserie = x\n", "ci.conf:2: unknown key 'ci.serie'", FAIL_USAGE },
		{ "[ci]\n\tseries = ../x\n", "ci.conf:2: '../x' is no name", FAIL_USAGE },
		{ "[ci]\n\texecutor = ssh\n", "ci.conf:2: unknown executor 'ssh' (known: local,",
		  FAIL_USAGE },
		{ "[ci]\n\ttries = 0\n", "ci.conf:2: ci.tries is 0", FAIL_USAGE },
		{ "[ci]\n\ttries = many\n", "not a number", FAIL_USAGE },
		{ "[watch \"a\"]\n\tdepth = test\n", "ci.conf:2: watch 'a' has no kind",
		  FAIL_USAGE },
		{ "[watch \"a\"]\n\tkind = rc\n", "ci.conf:2: unknown kind 'rc'", FAIL_USAGE },
		{ "[watch \"a\"]\n\tkind = candidate\n", "needs a url", FAIL_USAGE },
		{ "[watch \"a\"]\n\tkind = queue\n\turl = x\n", "needs a branch", FAIL_USAGE },
		{ "[watch \"a\"]\n\tkind = release\n\tbranch = x\n", "has a branch, but no url",
		  FAIL_USAGE },
		{ "[watch \"a\"]\n\tkind = queue\n\turl = x\n\tbranch = queue/6.1\n",
		  "ci.conf:4: 'queue/6.1' is one branch for 3 targets", FAIL_USAGE },
		{ "[watch \"a\"]\n\tkind = queue\n\turl = x\n\tbranch = ../%..x\n",
		  "ci.conf:4: '../%..x' is no name of a branch", FAIL_USAGE },
		{ "[watch \"a\"]\n\tkind = release\n\turl = --upload-pack=x\n",
		  "ci.conf:3: ", FAIL_USAGE },
		{ "[watch \"a\"]\n\tkind = release\n\turl = ext::sh -c true\n",
		  "ci.conf:3: refusing the git transport", FAIL_POLICY },
		{ "[watch \"a\"]\n\tkind = release\n\turl = \"x\\ny\"\n", "control character",
		  FAIL_USAGE },
		{ "[watch \"a\"]\n\tkind = release\n\ttarget = v6.1 v9.9\n",
		  "ci.conf:3: 'v9.9' is no target of ci/targets.conf (there are: v5.10 v6.1 v6.12)",
		  FAIL_USAGE },
		{ "[watch \"a\"]\n\tkind = release\n\ttarget = v8.x\n", "'v8.x' is no target",
		  FAIL_USAGE },
		{ "[watch \"a b\"]\n\tkind = release\n", "no name for a watch", FAIL_USAGE },
		{ "[watch \"lore\"]\n\tkind = release\n", "no name for a watch", FAIL_USAGE },
		{ "[watch \"a\"]\n\tkind = release\n[watch \"b\"]\n\tkind = release\n\turl = x\n",
		  "ci.conf:4: watch 'b': 'a' looks for the release of v5.10 already", FAIL_USAGE },
		{ "[known \"t\"]\n\treason = x\n\tuntil = 2026-12-31\n",
		  "ci.conf:2: known failure 't' has no owner", FAIL_USAGE },
		{ "[known \"t\"]\n\treason = x\n\towner = y\n", "has no until", FAIL_USAGE },
		{ "[known \"t\"]\n\treason = x\n\towner = y\n\tuntil = 2026-02-30\n",
		  "ci.conf:4: '2026-02-30' is no day", FAIL_USAGE },
		{ "[known \"t\"]\n\treason = x\n\towner = y\n\tuntil = soon\n", "no day",
		  FAIL_USAGE },
		{ "[known \"t\"]\n\treason = x\n\towner = y\n\tuntil = 2026-12-31\n"
		  "\ttarget = v6.1.3\n",
		  "ci.conf:5: 'v6.1.3' is no target", FAIL_USAGE },
		{ "[tell]\n\tto = \"a@example.org\\nBcc: b@example.org\"\n",
		  "ci.conf:2: 'to' has a control character", FAIL_USAGE },
		{ "[tell]\n\tto =\n", "ci.conf:2: 'to' has no value", FAIL_USAGE },
		{ "[publish]\n\turl = javascript:1\n", "does not begin with https://", FAIL_USAGE },
		{ "[slurm]\n\toption = big\n", "no option of sbatch", FAIL_USAGE },
	};
	struct place *place = *state;
	struct settings s;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_fails(read_conf(place, cases[i].text, &s), cases[i].kind, cases[i].says);
}

static void the_home_of_ci_has_its_folders(void **state)
{
	struct place *place = *state;
	char *home = ci_home(place->arena, arena_printf(place->arena, "%s/state", place->dir));

	assert_non_null(home);
	assert_int_equal(file_kind(arena_printf(place->arena, "%s/tasks", home)), 1);
	assert_int_equal(file_kind(arena_printf(place->arena, "%s/drafts", home)), 1);
}

/* docs/ci.md has a row for each key, with the help of the table, and none for anything else. */
static void the_page_is_the_table(void **state)
{
	struct place *place = *state;
	const char *top = getenv("TOP");
	struct slice page, rest, line;
	size_t rows = 0;

	assert_int_equal(file_read(place->arena,
				   arena_printf(place->arena, "%s/docs/ci.md", top ? top : "."),
				   1 << 20, &page),
			 1);
	for (size_t i = 0; i < nsettings_keys; i++) {
		const struct conf_key *key = &settings_keys[i];
		char *row = arena_printf(place->arena,
					 key->named ? "| `%s.NAME.%s` | %s |" : "| `%s.%s` | %s |",
					 key->section, key->key, key->help);

		if (slice_find(page, slice_of(row)) < 0)
			fail_msg("docs/ci.md has no row: %s", row);
	}
	for (rest = page; slice_line(&rest, &line);)
		for (size_t i = 0; i < nsettings_keys; i++)
			if ((!i ||
			     strcmp(settings_keys[i].section, settings_keys[i - 1].section)) &&
			    slice_starts(line, arena_printf(place->arena, "| `%s.",
							    settings_keys[i].section)))
				rows++;
	assert_int_equal(rows, nsettings_keys);
}

/* What is shipped is read without complaint, and tells nobody anything before somebody asks for it. */
static void the_shipped_settings_are_whole(void **state)
{
	struct place *place = *state;
	const char *top = getenv("TOP");
	struct targets targets;
	struct settings s;

	assert_ok(targets_read(place->arena, top ? top : ".", &targets));
	assert_ok(settings_read(place->arena, top ? top : ".", &targets, &s));
	assert_true(s.nwatches >= 1);
	assert_string_equal(s.watches[0].name, "stable");
	assert_null(s.publish.dir);
	assert_null(s.tell.to);
}

#define in_place(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
UNIT_MAIN(in_place(without_a_file_releases_of_all_targets_are_watched_and_nobody_is_told),
	  in_place(what_is_written_is_what_is_read), in_place(a_line_is_called_by_branch_and_kind),
	  in_place(a_known_failure_has_an_owner_a_reason_and_an_end),
	  in_place(what_cannot_be_meant_is_refused_with_its_line),
	  in_place(the_home_of_ci_has_its_folders), in_place(the_page_is_the_table),
	  in_place(the_shipped_settings_are_whole))
