/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "watch_place.h"

#include "base/clock.h"

static const char stable[] = "[watch \"stable\"]\n\tkind = release\n\turl = remote.git\n";
static const char candidates[] =
	"[watch \"rc\"]\n\tkind = candidate\n\turl = rc.git\n\tbranch = linux-%.y\n"
	"[watch \"stable\"]\n\tkind = release\n\turl = remote.git\n";

static void releases_are_found_by_their_tags_and_taken_in(void **state)
{
	struct place *place = *state;
	const char *text;

	place_sh(
		place,
		"remote remote.git; release 6.1.3 a; release 6.1.10 b; release 6.12.5 c; release 6.10.7 x");
	place_conf(place, stable);
	place_look(place);
	place_at(place, "6.1.y", "v6.1.10");
	place_at(place, "6.12.y", "v6.12.5");
	assert_string_equal(place_line(place, "6.1.y")->kernel.ref, "refs/series/kernel/v6.1.10");
	assert_true(place_line(place, "6.1.y")->found_now);
	assert_int_equal(place_line(place, "6.1.y")->reached, place->now);
	assert_false(place->answer.stale);
	place_says(place_line(place, "6.1.y")->why, "seen for the first time");
	assert_int_equal(place_events(place, "release", NULL), 2);

	place_sh(place, "release 6.1.11 d; release 6.1.12-rc1 e");
	place_look(place);
	place_at(place, "6.1.y", "v6.1.11");
	place_at(place, "6.12.y", "v6.12.5");
	assert_true(place_line(place, "6.1.y")->found_now);
	assert_false(place_line(place, "6.12.y")->found_now);
	place_says(place_line(place, "6.1.y")->why, "new release, after v6.1.10");
	assert_int_equal(place_events(place, "release", &text), 3);
	assert_string_equal(text, "v6.1.11, after v6.1.10");

	/* Why it is tested stays true. */
	place_look(place);
	assert_false(place_line(place, "6.1.y")->found_now);
	place_says(place_line(place, "6.1.y")->why, "new release, after v6.1.10");
	place_sh(
		place,
		"test -z \"$(ls cache | grep scratch.git$)\"; git --git-dir=store.git fsck --strict 2>&1");
}

static void a_quiet_look_says_nothing_and_is_quick(void **state)
{
	struct place *place = *state;
	double began;
	size_t n;

	place_sh(place, "remote remote.git; release 6.1.3 a; release 6.12.5 c\n"
			"remote rc.git; kernel refs/heads/linux-6.1.y 6.1.4-rc1 b");
	place_conf(place, candidates);
	place_look(place);
	n = place_events(place, NULL, NULL);
	began = clock_seconds();
	place_look(place);
	if (clock_seconds() - began > 0.5)
		fail_msg("%.2f s", clock_seconds() - began);
	assert_int_equal(place_events(place, NULL, NULL), n);
	assert_int_equal(place_reach(place, "rc")->reached, place->now);
}

static void a_rewritten_tag_is_an_alarm_and_what_we_have_stays(void **state)
{
	struct place *place = *state;
	const char *text;
	git_oid tree;

	place_sh(place, "remote remote.git; release 6.1.3 a; release 6.12.5 c");
	place_conf(place, stable);
	place_look(place);
	tree = place_line(place, "6.1.y")->kernel.tree;
	place_sh(place, "release 6.1.3 evil");
	for (int i = 0; i < 2; i++) {
		place_look(place);
		place_at(place, "6.1.y", "v6.1.3");
		assert_true(git_oid_equal(&tree, &place_line(place, "6.1.y")->kernel.tree));
		assert_true(place_line(place, "6.1.y")->alarm);
		assert_false(place_line(place, "6.12.y")->alarm);
		place_says(place_line(place, "6.1.y")->why, "v6.1.3 was rewritten");
		assert_int_equal(place_events(place, "rewritten", &text), 1);
		place_says(text, "v6.1.3 was ");
	}
	/* A person looked at it: its ref is removed, so the new one is taken in. */
	place_sh(place, "git --git-dir=store.git update-ref -d refs/series/kernel/v6.1.3");
	place_look(place);
	place_at(place, "6.1.y", "v6.1.3");
	assert_false(place_line(place, "6.1.y")->alarm);
	place_look(place);
	place_at(place, "6.1.y", "v6.1.3");
	assert_false(place_line(place, "6.1.y")->alarm);
	assert_false(git_oid_equal(&tree, &place_line(place, "6.1.y")->kernel.tree));
	assert_int_equal(place_events(place, "rewritten", NULL), 1);
}

static void a_vanished_tag_is_an_alarm_until_it_is_back(void **state)
{
	struct place *place = *state;
	char *id;

	id = place_sh(place,
		      "remote remote.git; release 6.1.3 a; release 6.1.4 b; id refs/tags/v6.1.4");
	place_conf(place, stable);
	place_look(place);
	place_sh(place, "git --git-dir=remote.git update-ref -d refs/tags/v6.1.4");
	for (int i = 0; i < 2; i++) {
		place_look(place);
		place_at(place, "6.1.y", "v6.1.4");
		assert_true(place_line(place, "6.1.y")->alarm);
		place_says(place_line(place, "6.1.y")->why, "v6.1.4 is not at its source any more");
		assert_int_equal(place_events(place, "gone", NULL), 1);
	}
	place_sh(place, "git --git-dir=remote.git update-ref refs/tags/v6.1.4 %s", id);
	place_look(place);
	place_at(place, "6.1.y", "v6.1.4");
	assert_false(place_line(place, "6.1.y")->alarm);
	assert_int_equal(place_events(place, "back", NULL), 1);

	/* It was withdrawn for good, and a person has seen to it. */
	place_sh(place, "git --git-dir=remote.git update-ref -d refs/tags/v6.1.4\n"
			"git --git-dir=store.git update-ref -d refs/series/kernel/v6.1.4");
	place_look(place);
	place_at(place, "6.1.y", "v6.1.3");
	assert_false(place_line(place, "6.1.y")->alarm);
}

static void a_tag_whose_makefile_says_otherwise_is_refused_once_and_stops_nobody(void **state)
{
	struct place *place = *state;
	const char *text;

	place_sh(
		place,
		"remote remote.git; release 6.1.3 a; kernel refs/tags/v6.1.4 6.1.5 lie; release 6.12.5 c\n"
		"git --git-dir=remote.git tag v6.1.9+x v6.1.3; git --git-dir=remote.git tag v6.1.99 v6.1.3:a.c");
	place_conf(place, stable);
	for (int i = 0; i < 2; i++) {
		place_look(place);
		place_at(place, "6.1.y", "v6.1.3");
		place_at(place, "6.12.y", "v6.12.5");
		assert_int_equal(place_events(place, "refused", &text), 2);
		assert_false(place->answer.stale);
	}
	place_says(text, "the Makefile of v6.1.4 says v6.1.5");
	place_sh(place, "release 6.1.4 mended");
	place_look(place);
	place_at(place, "6.1.y", "v6.1.4");
}

static void a_remote_full_of_lies_costs_three_fetches_a_look(void **state)
{
	struct place *place = *state;

	place_sh(place, "remote remote.git; release 6.1.3 a; release 6.12.5 b\n"
			"for i in $(seq 20 89); do git --git-dir=$R tag v6.1.$i v6.1.3; done");
	place_conf(place, stable);
	place_look(place);
	assert_int_equal(place_events(place, "refused", NULL), 3);
	assert_false(place_line(place, "6.1.y")->there);
	place_says(place_line(place, "6.1.y")->why, "tags of v6.1 at ");
	place_at(place, "6.12.y", "v6.12.5");
	place_look(place);
	assert_int_equal(place_events(place, "refused", NULL), 6);
}

static void what_cannot_be_reached_leaves_what_the_store_has_and_is_said_once(void **state)
{
	struct place *place = *state;
	int64_t reached;
	const char *text;

	place_sh(place, "remote remote.git; release 6.1.3 a\n"
			"remote rc.git; kernel refs/heads/linux-6.1.y 6.1.4-rc1 b");
	place_conf(place, candidates);
	place_look(place);
	reached = place->now;
	place_sh(place, "mv remote.git away.git");
	for (int i = 0; i < 2; i++) {
		place_look(place);
		place_at(place, "6.1.y", "v6.1.3");
		assert_true(place->answer.stale);
		place_says(place->answer.stale_why, "stable: ");
		assert_null(strstr(place->answer.stale_why, "rc: "));
		assert_int_equal(place_line(place, "6.1.y")->reached, reached);
		assert_int_equal(place_line(place, "6.1.y-rc")->reached, place->now);
		assert_int_equal(place_reach(place, "stable")->reached, reached);
		assert_int_equal(place_reach(place, "stable")->asked, place->now);
		place_says(place_reach(place, "stable")->why, "remote.git");
		assert_int_equal(place_events(place, "unreachable", &text), 1);
	}
	place_sh(place, "mv away.git remote.git");
	place_look(place);
	assert_false(place->answer.stale);
	assert_string_equal(place_reach(place, "stable")->why, "");
	assert_int_equal(place_events(place, "reached", NULL), 1);
}

static void to_look_only_writes_and_fetches_nothing(void **state)
{
	struct place *place = *state;
	char *before;

	place_sh(place, "remote remote.git; release 6.1.3 a; release 6.12.5 c\n"
			"remote rc.git; kernel refs/heads/linux-6.1.y 6.1.4-rc1 b");
	place_conf(place, candidates);
	place_look(place);
	place_sh(place, "release 6.1.5 d; release 6.12.5 evil; R=rc.git\n"
			"kernel refs/heads/linux-6.12.y 6.12.6-rc1 e");
	before = place_sh(place, "find store.git cache -type f -printf '%%p %%s %%T@\\n' | sort");
	place->look_only = true;
	place_look(place);
	assert_string_equal(
		before,
		place_sh(place, "find store.git cache -type f -printf '%%p %%s %%T@\\n' | sort"));
	assert_string_equal(place_line(place, "6.1.y")->kernel.name, "v6.1.5");
	assert_null(place_line(place, "6.1.y")->kernel.ref);
	assert_true(place_line(place, "6.1.y")->found_now);
	assert_true(place_line(place, "6.12.y")->alarm);
	place_says(place_line(place, "6.12.y-rc")->kernel.name, "linux-6.12.y at ");
	assert_int_equal(place_events(place, "rewritten", NULL), 0);
	assert_int_equal(place_reach(place, "stable")->reached, place->now - 3600);
}

static void a_remote_is_asked_once_however_many_want_it(void **state)
{
	struct place *place = *state;
	char *path = arena_strdup(place->arena, getenv("PATH"));

	place_sh(
		place,
		"remote remote.git; release 6.1.3 a; kernel refs/heads/linux-6.1.y 6.1.4-rc1 b\n"
		"kernel refs/heads/queue/6.1 6.1.3 q; mkdir bin\n"
		"printf '#!/bin/sh\\necho \"$1\" >>%s/asked; exec %%s \"$@\"\\n' $(command -v /usr/bin/git /bin/git | head -n 1) >bin/git; chmod +x bin/git",
		place->dir);
	place_conf(place,
		   "[watch \"stable\"]\n\tkind = release\n\turl = remote.git\n"
		   "[watch \"rc\"]\n\tkind = candidate\n\turl = remote.git\n\tbranch = linux-%.y\n"
		   "[watch \"queue\"]\n\tkind = queue\n\turl = remote.git\n\tbranch = queue/%\n");
	place_look(place);
	setenv("PATH", arena_printf(place->arena, "%s/bin:%s", place->dir, path), 1);
	place_look(place);
	setenv("PATH", path, 1);
	assert_string_equal(place_sh(place, "cat asked"), "ls-remote");
	place_at(place, "6.1.y", "v6.1.3");
	assert_true(place_line(place, "6.1.y-queue")->there);
}

static void the_sources_of_the_targets_are_asked_in_their_order(void **state)
{
	struct place *place = *state;

	place_sh(
		place,
		"remote remote.git; release 6.1.3 a; release 6.12.5 b; mkdir linux-6.12.9\n"
		"printf 'VERSION = 6\\nPATCHLEVEL = 12\\nSUBLEVEL = 9\\nEXTRAVERSION =\\n' >linux-6.12.9/Makefile\n"
		"tar -cf linux-6.12.9.tar linux-6.12.9");
	place_write(
		place, "ci/targets.conf",
		"[target \"v6.1\"]\n\tsource = git none.git\n\tsource = git remote.git\n"
		"[target \"v6.12\"]\n\tsource = tarball linux-6.12.9.tar\n\tsource = git remote.git\n"
		"[target \"v6.6\"]\n\tsource = git none.git\n");
	assert_ok(targets_read(place->arena, place->dir, &place->targets));
	place_conf(place, "[ci]\n\tverify = yes\n");
	for (int i = 0; i < 2; i++) {
		place_look(place);
		place_at(place, "6.1.y", "v6.1.3");
		place_at(place, "6.12.y", "v6.12.9");
		assert_false(place_line(place, "6.6.y")->there);
		place_says(place_line(place, "6.6.y")->why, "git ");
		/* It was never there, so nothing of it is old. */
		assert_false(place->answer.stale);
	}
	place_sh(place, "mv remote.git away.git; mv linux-6.12.9.tar x");
	place_look(place);
	place_at(place, "6.1.y", "v6.1.3");
	assert_true(place->answer.stale);
	assert_int_equal(place_line(place, "6.1.y")->reached, place->now - 3600);
	assert_int_equal(place_events(place, "unreachable", NULL), 1);
}

static void without_room_nothing_is_fetched_and_the_line_says_why(void **state)
{
	struct place *place = *state;

	place_sh(place, "remote remote.git; release 6.1.3 a");
	place_conf(place, stable);
	place_look(place);
	place_sh(place, "release 6.1.4 b");
	place_conf(place, "[watch \"stable\"]\n\tkind = release\n\turl = remote.git\n"
			  "[guard]\n\tdisk-mb = 1000000000\n");
	place->state = place->dir;
	place_look(place);
	place_at(place, "6.1.y", "v6.1.3");
	place_says(place_line(place, "6.1.y")->why, "v6.1.4 of ");
	place_says(place_line(place, "6.1.y")->why, "is not fetched: ");
	place_says(place_line(place, "6.1.y")->why, "v6.1.3 stays");
	assert_true(place->answer.stale);
	place_conf(place, stable);
	place_look(place);
	place_at(place, "6.1.y", "v6.1.4");
}

static void a_clone_on_this_machine_is_looked_at_and_taken_from(void **state)
{
	struct place *place = *state;

	place_sh(place, "remote remote.git; release 6.1.3 a; release 6.1.4-rc1 b");
	place_write(place, "ci/targets.conf", "[target \"v6.1\"]\n\tsource = clone remote.git\n");
	assert_ok(targets_read(place->arena, place->dir, &place->targets));
	place_conf(place, "[ci]\n\tverify = yes\n");
	place->look_only = true;
	place_look(place);
	assert_string_equal(place_line(place, "6.1.y")->kernel.name, "v6.1.3");
	assert_null(place_line(place, "6.1.y")->kernel.ref);
	place->look_only = false;
	place_look(place);
	place_at(place, "6.1.y", "v6.1.3");
}

static bool stop(void *data, const char *what, uint64_t done, uint64_t total, const char *unit)
{
	(void)data, (void)done, (void)total, (void)unit;
	return !strstr(what, "fetching");
}

static void stopped_it_leaves_nothing_and_goes_on_the_next_time(void **state)
{
	struct progress progress = { .step = stop };
	struct place *place = *state;

	place_sh(place, "remote remote.git; release 6.1.3 a");
	place_conf(place, stable);
	place->progress = &progress;
	assert_fails(place_try(place), FAIL_INTERRUPTED, "stopped");
	place_sh(
		place,
		"test ! -e cache/scratch.git; test -z \"$(git --git-dir=store.git for-each-ref)\"");
	place->progress = NULL;
	place_look(place);
	place_at(place, "6.1.y", "v6.1.3");
}

UNIT_MAIN(in_place(releases_are_found_by_their_tags_and_taken_in),
	  in_place(a_quiet_look_says_nothing_and_is_quick),
	  in_place(a_rewritten_tag_is_an_alarm_and_what_we_have_stays),
	  in_place(a_vanished_tag_is_an_alarm_until_it_is_back),
	  in_place(a_tag_whose_makefile_says_otherwise_is_refused_once_and_stops_nobody),
	  in_place(a_remote_full_of_lies_costs_three_fetches_a_look),
	  in_place(what_cannot_be_reached_leaves_what_the_store_has_and_is_said_once),
	  in_place(to_look_only_writes_and_fetches_nothing),
	  in_place(a_remote_is_asked_once_however_many_want_it),
	  in_place(the_sources_of_the_targets_are_asked_in_their_order),
	  in_place(without_room_nothing_is_fetched_and_the_line_says_why),
	  in_place(a_clone_on_this_machine_is_looked_at_and_taken_from),
	  in_place(stopped_it_leaves_nothing_and_goes_on_the_next_time))
