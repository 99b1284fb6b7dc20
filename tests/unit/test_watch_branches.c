/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "watch_place.h"

static const char candidates[] =
	"[watch \"rc\"]\n\tkind = candidate\n\turl = rc.git\n\tbranch = linux-%.y\n"
	"[watch \"stable\"]\n\tkind = release\n\turl = remote.git\n";
static const char queue[] =
	"[watch \"stable\"]\n\tkind = release\n\turl = remote.git\n"
	"[watch \"queue\"]\n\tkind = queue\n\turl = rc.git\n\tbranch = queue/%\n";

static void a_candidate_is_pinned_by_its_commit_and_followed_when_it_is_rewritten(void **state)
{
	struct place *place = *state;
	struct kernel kernel;
	const char *name, *text;
	char *first;

	first = place_sh(
		place,
		"remote remote.git; release 6.1.3 a; release 6.12.5 c\n"
		"remote rc.git; kernel refs/heads/linux-6.1.y 6.1.4-rc1 b; id refs/heads/linux-6.1.y");
	place_conf(place, candidates);
	place_look(place);
	name = arena_printf(place->arena, "v6.1.4-rc1+%.12s", first);
	place_at(place, "6.1.y-rc", name);
	place_at(place, "6.1.y", "v6.1.3");
	assert_string_equal(place_line(place, "6.1.y-rc")->kernel.ref,
			    arena_printf(place->arena, "refs/series/tip/%s", name));
	assert_false(place_line(place, "6.12.y-rc")->there);
	place_says(place_line(place, "6.12.y-rc")->why, "has no branch linux-6.12.y");
	assert_int_equal(repo_kernel(place->repo, place->arena, "v6.1", &kernel), 1);
	assert_string_equal(kernel.name, "v6.1.3");
	place_says(place_sh(place, "git --git-dir=store.git log -1 --format=%%B refs/series/tip/%s",
			    name),
		   first);

	place_sh(place, "R=rc.git; kernel refs/heads/linux-6.1.y 6.1.4-rc1 B");
	place_look(place);
	assert_string_not_equal(place_line(place, "6.1.y-rc")->kernel.name, name);
	place_says(place_line(place, "6.1.y-rc")->kernel.name, "v6.1.4-rc1+");
	assert_false(place_line(place, "6.1.y-rc")->alarm);
	place_says(place_line(place, "6.1.y-rc")->why,
		   arena_printf(place->arena, "new candidate, after %s", name));
	assert_int_equal(place_events(place, "rewritten", &text), 1);
	place_says(text, "linux-6.1.y was rewritten");
	/* The tree that we had is pinned. */
	assert_int_equal(repo_kernel(place->repo, place->arena, name, &kernel), 1);

	place_sh(
		place,
		"R=rc.git; kernel refs/heads/linux-6.1.y 6.1.4-rc2 C $(id refs/heads/linux-6.1.y)");
	place_look(place);
	place_says(place_line(place, "6.1.y-rc")->kernel.name, "v6.1.4-rc2+");
	assert_int_equal(place_events(place, "rewritten", NULL), 1);

	/* The release is out. */
	place_sh(place, "release 6.1.4 D");
	for (int i = 0; i < 2; i++) {
		place_look(place);
		place_at(place, "6.1.y", "v6.1.4");
		assert_false(place_line(place, "6.1.y-rc")->there);
		place_says(place_line(place, "6.1.y-rc")->why, "v6.1.4 is out");
	}
	place_sh(place, "R=rc.git; kernel refs/heads/linux-6.1.y 6.1.4-rc3 late");
	place_look(place);
	assert_false(place_line(place, "6.1.y-rc")->there);
	place_says(place_line(place, "6.1.y-rc")->why,
		   "linux-6.1.y is at v6.1.4-rc3, and v6.1.4 is out");
	place_sh(place, "R=rc.git; kernel refs/heads/linux-6.1.y 6.1.5-rc1 next");
	place_look(place);
	place_says(place_line(place, "6.1.y-rc")->kernel.name, "v6.1.5-rc1+");
	assert_true(place_line(place, "6.1.y-rc")->there);
	place_sh(place, "git --git-dir=store.git fsck --strict 2>&1");
}

static void the_queue_is_named_apart_from_the_release_that_it_stands_on(void **state)
{
	struct place *place = *state;

	place_sh(
		place,
		"remote remote.git; release 6.1.3 a; release 6.12.5 c\n"
		"remote rc.git; kernel refs/heads/queue/6.1 6.1.3 queued; kernel refs/heads/queue/6.12 6.12.5 c");
	place_conf(place, queue);
	place_look(place);
	place_says(place_line(place, "6.1.y-queue")->kernel.name, "v6.1.3+queue.");
	assert_true(place_line(place, "6.1.y-queue")->there);
	assert_false(place_line(place, "6.12.y-queue")->there);
	place_says(place_line(place, "6.12.y-queue")->why, "nothing is queued after v6.12.5");
	place_sh(place, "release 6.1.4 d");
	place_look(place);
	assert_false(place_line(place, "6.1.y-queue")->there);
	place_says(place_line(place, "6.1.y-queue")->why, "still on the one before");
	place_sh(place, "R=rc.git; kernel refs/heads/queue/6.1 6.12.9 lie");
	place_look(place);
	assert_false(place_line(place, "6.1.y-queue")->there);
	place_says(place_line(place, "6.1.y-queue")->why, "the Makefile of queue/6.1 says v6.12.9");
	assert_int_equal(place_events(place, "refused", NULL), 1);
	place_sh(place, "git --git-dir=rc.git update-ref -d refs/heads/queue/6.1");
	place_look(place);
	assert_int_equal(place_events(place, "gone", NULL), 1);
	place_says(place_line(place, "6.1.y-queue")->why, "has no branch queue/6.1 any more");
}

static void a_branch_of_releases_that_is_rewritten_stays_where_it_was(void **state)
{
	struct place *place = *state;
	const char *first, *second;

	place_sh(place, "remote remote.git; kernel refs/heads/linux-6.1.y 6.1.3 a");
	place_conf(
		place,
		"[watch \"stable\"]\n\tkind = release\n\turl = remote.git\n\tbranch = linux-%.y\n"
		"\ttarget = v6.1\n");
	place_look(place);
	first = place_line(place, "6.1.y")->kernel.name;
	place_says(first, "v6.1.3+");
	place_sh(place, "kernel refs/heads/linux-6.1.y 6.1.4 b $(id refs/heads/linux-6.1.y)");
	place_look(place);
	second = place_line(place, "6.1.y")->kernel.name;
	place_says(second, "v6.1.4+");
	assert_false(place_line(place, "6.1.y")->alarm);
	place_sh(place, "kernel refs/heads/linux-6.1.y 6.1.4 evil");
	for (int i = 0; i < 2; i++) {
		place_look(place);
		place_at(place, "6.1.y", second);
		assert_true(place_line(place, "6.1.y")->alarm);
		place_says(place_line(place, "6.1.y")->why, "linux-6.1.y was rewritten");
		assert_int_equal(place_events(place, "rewritten", NULL), 1);
	}
	place_sh(place, "git --git-dir=store.git update-ref -d refs/series/tip/%s", second);
	place_look(place);
	assert_false(place_line(place, "6.1.y")->alarm);
	assert_string_not_equal(place_line(place, "6.1.y")->kernel.name, second);
	second = place_line(place, "6.1.y")->kernel.name;
	place_sh(place, "git --git-dir=remote.git update-ref -d refs/heads/linux-6.1.y");
	place_look(place);
	place_at(place, "6.1.y", second);
	assert_true(place_line(place, "6.1.y")->alarm);
}

static void tips_that_nobody_asks_for_are_dropped_but_for_the_newest(void **state)
{
	struct place *place = *state;
	struct watch_ask ask = { .settings = &place->settings,
				 .repo = place->repo,
				 .journal = place->journal };
	struct ruling ruling = {
		.kind = PROOF_APPLY, .series = "demo", .line = "6.1.y-rc", .word = "ok"
	};
	struct tick tick = { .word = "", .why = "" };
	struct round round = { .why = "" };
	size_t dropped;

	place_sh(place, "remote remote.git; release 6.1.3 a; remote rc.git");
	place_conf(place, candidates);
	for (int i = 0; i < 6; i++) {
		place_sh(
			place,
			"R=rc.git; date=$((date + %d * 1000)); kernel refs/heads/linux-6.1.y 6.1.4-rc1 %d",
			i, i);
		place_look(place);
		if (!i)
			ruling.target = place_line(place, "6.1.y-rc")->kernel.name;
	}
	ask.now = place->now;
	ruling.at = place->now;
	assert_ok(journal_tick_begin(place->journal, &tick));
	round.tick = tick.id;
	assert_ok(journal_round_begin(place->journal, &round, NULL, 0));
	ruling.round = round.id;
	assert_ok(journal_ruling_put(place->journal, &ruling));
	assert_ok(watch_prune(place->arena, &ask, true, &dropped));
	assert_int_equal(dropped, 2);
	assert_ok(watch_prune(place->arena, &ask, false, &dropped));
	assert_int_equal(dropped, 2);
	assert_string_equal(
		place_sh(place, "git --git-dir=store.git for-each-ref refs/series/tip | wc -l"),
		"4");
	place_sh(place, "git --git-dir=store.git rev-parse refs/series/tip/%s", ruling.target);
	place_look(place);
	assert_true(place_line(place, "6.1.y-rc")->there);
	ask.now += 200ll * 24 * 3600;
	assert_ok(watch_prune(place->arena, &ask, false, &dropped));
	assert_int_equal(dropped, 1);
}

UNIT_MAIN(in_place(a_candidate_is_pinned_by_its_commit_and_followed_when_it_is_rewritten),
	  in_place(the_queue_is_named_apart_from_the_release_that_it_stands_on),
	  in_place(a_branch_of_releases_that_is_rewritten_stays_where_it_was),
	  in_place(tips_that_nobody_asks_for_are_dropped_but_for_the_newest))
