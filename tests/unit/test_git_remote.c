/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/git_remote.h"

#include <fcntl.h>
#include <sys/file.h>

#include "base/file.h"
#include "watch_place.h"

static struct remote_ask ask_for(struct place *place, const char *url, const char *ref)
{
	return (struct remote_ask){ .url = arena_printf(place->arena, "%s/%s", place->dir, url),
				    .ref = ref,
				    .repo = place->repo,
				    .cache = arena_printf(place->arena, "%s/cache", place->dir) };
}

/* Fetch and take in; gives the bytes that came. */
static long take(struct place *place, const struct remote_ask *ask, const char *name)
{
	__free_remote_tip struct remote_tip tip = REMOTE_TIP_INIT;
	struct fetch_answer answer = { 0 };
	long bytes;

	assert_ok(remote_fetch(place->arena, ask, &tip));
	bytes = strtol(
		place_sh(place,
			 "find cache/scratch.git/objects -type f ! -path '*/info/*' -printf '%%s\\n' |"
			 " awk '{ n += $1 } END { print n + 0 }'"),
		NULL, 10);
	assert_ok(remote_take(place->arena, ask, &tip, name, "git here", &answer));
	assert_string_equal(answer.kernel.name, name);
	return bytes;
}

static void refs_are_listed_by_pattern_with_what_their_tags_lead_to(void **state)
{
	static const char *const patterns[] = { "refs/tags/v6.1*", "refs/heads/linux-6.1.y" };
	struct place *place = *state;
	struct remote_refs refs;
	const struct remote_ref *ref;
	char *url = arena_printf(place->arena, "%s/remote.git", place->dir);

	place_sh(
		place,
		"remote remote.git; release 6.1.3 a; release 6.12.3 b; release 6.6.3 c\n"
		"kernel refs/heads/linux-6.1.y 6.1.4 d; kernel refs/heads/linux-6.6.y 6.6.4 e\n"
		"mkdir -p remote.git/refs/tags/v6.1x; git --git-dir=remote.git update-ref refs/notes/v6.1 refs/heads/linux-6.1.y");
	assert_ok(remote_list(place->arena, url, patterns, 2, &refs));
	assert_int_equal(refs.n, 3);
	ref = remote_find(&refs, "refs/tags/v6.1.3");
	assert_non_null(ref);
	assert_string_equal(git_oid_tostr_s(&ref->id), place_sh(place, "id refs/tags/v6.1.3"));
	assert_string_equal(git_oid_tostr_s(&ref->commit),
			    place_sh(place, "id 'refs/tags/v6.1.3^{commit}'"));
	ref = remote_find(&refs, "refs/heads/linux-6.1.y");
	assert_true(git_oid_equal(&ref->id, &ref->commit));
	assert_null(remote_find(&refs, "refs/heads/linux-6.6.y"));
}

static void an_address_that_is_none_or_would_start_a_program_is_refused(void **state)
{
	static const struct {
		const char *url;
		enum fail_kind kind;
	} cases[] = {
		{ "", FAIL_USAGE },
		{ "--upload-pack=touch evil", FAIL_USAGE },
		{ "-x", FAIL_USAGE },
		{ "a\nb", FAIL_USAGE },
		{ "ext::sh -c true", FAIL_POLICY },
		{ "fd::17", FAIL_POLICY },
	};
	static const char *const pattern = "refs/heads/x";
	struct place *place = *state;
	__free_remote_tip struct remote_tip tip = REMOTE_TIP_INIT;
	struct remote_refs refs;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct remote_ask ask = ask_for(place, "x", pattern);

		ask.url = cases[i].url;
		assert_fails(remote_list(place->arena, cases[i].url, &pattern, 1, &refs),
			     cases[i].kind, "");
		assert_fails(remote_fetch(place->arena, &ask, &tip), cases[i].kind, "");
	}
	assert_int_equal(file_kind(arena_printf(place->arena, "%s/evil", place->dir)), 0);
}

static void only_what_differs_from_what_the_store_has_is_sent(void **state)
{
	struct place *place = *state;
	struct remote_ask ask = ask_for(place, "remote.git", "refs/heads/linux-6.1.y");
	long first, second;

	place_sh(
		place,
		"remote remote.git; head -c 3000000 /dev/urandom | od -An -tx1 >big\n"
		"kernel() { rm -rf t index; mkdir t; cp big t; echo \"$3\" >t/a.c\n"
		"printf 'VERSION = 6\\nPATCHLEVEL = 1\\nSUBLEVEL = %%s\\nEXTRAVERSION =\\n' ${2##*.} >t/Makefile\n"
		"GIT_INDEX_FILE=$PWD/index git --git-dir=$R --work-tree=t add -A\n"
		"c=$(git --git-dir=$R commit-tree -m \"$2\" $(GIT_INDEX_FILE=$PWD/index git --git-dir=$R write-tree))\n"
		"git --git-dir=$R update-ref $1 $c; }\n"
		"kernel refs/heads/linux-6.1.y 6.1.3 a; kernel refs/heads/next 6.1.4 b");
	first = take(place, &ask, "v6.1.3");
	ask.ref = "refs/heads/next";
	second = take(place, &ask, "v6.1.4+0123456789ab");
	if (first < 3000000 || second > 20000)
		fail_msg("%ld bytes, then %ld", first, second);
	place_sh(place, "git --git-dir=store.git fsck --strict --full 2>&1\n"
			"test $(git --git-dir=store.git rev-list --all --count) = 2");

	/* What was kept turns out to be none of the store's: all comes again. */
	place_sh(place, "for f in cache/commits/*; do echo junk >$f; done; touch cache/commits/x");
	place_sh(
		place,
		"R=remote.git; git --git-dir=$R update-ref refs/heads/next refs/heads/linux-6.1.y");
	assert_true(take(place, &ask, "v6.1.3+aaaaaaaaaaaa") > 3000000);
}

static void what_the_store_has_lost_meanwhile_comes_again(void **state)
{
	__free_remote_tip struct remote_tip tip = REMOTE_TIP_INIT;
	struct place *place = *state;
	struct remote_ask ask = ask_for(place, "remote.git", "refs/heads/linux-6.1.y");
	struct fetch_answer answer = { 0 };
	bool failed;

	place_sh(place, "remote remote.git; kernel refs/heads/linux-6.1.y 6.1.3 lost");
	take(place, &ask, "v6.1.3");
	/* All but the file that both have. */
	place_sh(
		place,
		"cd store.git; lost=$(git rev-parse refs/series/kernel/v6.1.3:a.c); mv objects/pack all\n"
		"mkdir objects/pack; cat all/*.pack | git unpack-objects -q\n"
		"rm -rf all objects/$(echo $lost | cut -c 1-2)/$(echo $lost | cut -c 3-); cd ..\n"
		"kernel refs/heads/linux-6.1.y 6.1.4 lost");
	repo_free(place->repo);
	assert_ok(repo_open(arena_printf(place->arena, "%s/store.git", place->dir), &place->repo));
	ask.repo = place->repo;
	/* By git, or by us when it is taken in: then the next one mends it. */
	failed = remote_fetch(place->arena, &ask, &tip) ||
		 remote_take(place->arena, &ask, &tip, "v6.1.4", "git here", &answer);
	remote_tip_release(&tip);
	if (failed)
		take(place, &ask, "v6.1.4");
	place_sh(place, "git --git-dir=store.git fsck --strict --full 2>&1");
}

static void how_a_branch_went_on_is_known_or_said_not_to_be(void **state)
{
	struct place *place = *state;
	struct remote_ask ask = ask_for(place, "remote.git", "refs/heads/linux-6.1.y");
	struct remote_past past = { .depth = 3 };
	enum remote_step step;

	/* Six commits in a row, ten days apart, and one that is no part of it. */
	place_sh(place,
		 "remote remote.git; kernel refs/heads/other 6.1.3 x; cp index x 2>/dev/null || :\n"
		 "kernel refs/heads/linux-6.1.y 6.1.3 0\n"
		 "for i in 1 2 3 4 5; do date=$((date + 900000))\n"
		 "kernel refs/heads/linux-6.1.y 6.1.3 $i $(id refs/heads/linux-6.1.y)\n"
		 "git --git-dir=$R tag t$i refs/heads/linux-6.1.y; done");
#define was(name)                                                                                  \
	do {                                                                                       \
		git_oid_fromstr(&past.commit, place_sh(place, "id " name));                        \
		past.date = strtol(place_sh(place, "git --git-dir=$R log -1 --format=%%ct " name), \
				   NULL, 10);                                                      \
		assert_ok(remote_step(place->arena, &ask, &past, &step));                          \
	} while (0)
	was("t5");
	assert_int_equal(step, STEP_AHEAD);
	was("t3");
	assert_int_equal(step, STEP_AHEAD);
	was("t1");
	assert_int_equal(step, STEP_FAR);
	past.depth = 100;
	was("t1");
	assert_int_equal(step, STEP_AHEAD);
	was("refs/heads/other");
	assert_int_equal(step, STEP_REWRITTEN);
	/* Three commits are enough to know it, where they reach back to its time. */
	past.depth = 3;
	place_sh(place, "date=1704400000; kernel refs/heads/young 6.1.3 y t5");
	was("refs/heads/young");
	assert_int_equal(step, STEP_REWRITTEN);
	place_sh(place, "test ! -e cache/scratch.git");
}

static void a_scratch_repository_in_use_is_busy_and_one_left_behind_is_removed(void **state)
{
	struct place *place = *state;
	struct remote_ask ask = ask_for(place, "remote.git", "refs/tags/v6.1.3");
	int lock;

	place_sh(
		place,
		"remote remote.git; release 6.1.3 a; mkdir -p cache/scratch.git/objects; echo x >cache/scratch.git/HEAD");
	lock = open(arena_printf(place->arena, "%s/scratch.git.lock", ask.cache),
		    O_RDWR | O_CREAT | O_CLOEXEC, 0666);
	assert_int_equal(flock(lock, LOCK_EX), 0);
	{
		__free_remote_tip struct remote_tip tip = REMOTE_TIP_INIT;

		assert_fails(remote_fetch(place->arena, &ask, &tip), FAIL_BUSY,
			     "another series fetch");
	}
	place_sh(place, "test -e cache/scratch.git/HEAD");
	close(lock);
	take(place, &ask, "v6.1.3");
	place_sh(place, "test ! -e cache/scratch.git");
}

static void what_is_no_kernel_is_refused(void **state)
{
	static const struct {
		const char *ref, *says;
	} cases[] = {
		{ "refs/heads/empty", "there is no Makefile" },
		{ "refs/heads/make", "not a kernel's" },
		{ "refs/tags/blob", "is no commit" },
		{ "refs/tags/tag", "there is no Makefile" },
		{ "refs/heads/zeros", "its Makefile has 40 MiB" },
		{ "refs/heads/../x", "no name of a ref" },
	};
	struct place *place = *state;

	place_sh(
		place,
		"remote remote.git; mkdir t; echo a >t/a; GIT_INDEX_FILE=$PWD/i git --git-dir=$R --work-tree=t add -A\n"
		"git --git-dir=$R update-ref refs/heads/empty $(git --git-dir=$R commit-tree -m x $(GIT_INDEX_FILE=$PWD/i git --git-dir=$R write-tree))\n"
		"echo all: >t/Makefile; GIT_INDEX_FILE=$PWD/i git --git-dir=$R --work-tree=t add -A\n"
		"git --git-dir=$R update-ref refs/heads/make $(git --git-dir=$R commit-tree -m x $(GIT_INDEX_FILE=$PWD/i git --git-dir=$R write-tree))\n"
		"git --git-dir=$R tag blob refs/heads/make:a\n"
		"git --git-dir=$R tag -a -m x one refs/heads/empty; git --git-dir=$R tag -a -m x tag one\n"
		"head -c 40M /dev/zero >t/Makefile; GIT_INDEX_FILE=$PWD/i git --git-dir=$R --work-tree=t add -A\n"
		"git --git-dir=$R update-ref refs/heads/zeros $(git --git-dir=$R commit-tree -m x $(GIT_INDEX_FILE=$PWD/i git --git-dir=$R write-tree))");
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		__free_remote_tip struct remote_tip tip = REMOTE_TIP_INIT;
		struct remote_ask ask = ask_for(place, "remote.git", cases[i].ref);

		assert_fails(remote_fetch(place->arena, &ask, &tip), FAIL_USAGE, cases[i].says);
	}
}

static void a_tree_that_git_would_not_check_out_does_not_get_into_the_store(void **state)
{
	static const char *const names[] = { "..", ".git", ".", ".GIT" };
	struct place *place = *state;

	place_sh(place, "remote remote.git; kernel refs/heads/x 6.1.3 a");
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		__free_remote_tip struct remote_tip tip = REMOTE_TIP_INIT;
		struct remote_ask ask = ask_for(place, "remote.git", "refs/heads/odd");
		struct fetch_answer answer = { 0 };

		place_sh(
			place,
			"s=$(git --git-dir=$R ls-tree refs/heads/x | git --git-dir=$R mktree)\n"
			"t=$({ git --git-dir=$R ls-tree refs/heads/x; printf '040000 tree %%s\\t%s\\n' $s; } | git --git-dir=$R mktree)\n"
			"git --git-dir=$R update-ref refs/heads/odd $(git --git-dir=$R commit-tree -m x $t)",
			names[i]);
		assert_ok(remote_fetch(place->arena, &ask, &tip));
		assert_fails(remote_take(place->arena, &ask, &tip, "v6.1.3", "here", &answer),
			     FAIL_POLICY, "would not check out");
	}
	place_sh(place, "test -z \"$(git --git-dir=store.git for-each-ref)\"");
}

/* Some 130 kB on the wire. */
static void a_file_that_no_memory_would_hold_is_refused_before_it_is_read(void **state)
{
	struct place *place = *state;
	__free_remote_tip struct remote_tip tip = REMOTE_TIP_INIT;
	struct remote_ask ask = ask_for(place, "remote.git", "refs/heads/zeros");
	struct fetch_answer answer = { 0 };

	place_sh(
		place,
		"remote remote.git; kernel refs/heads/x 6.1.3 a; b=$(head -c 129M /dev/zero | git --git-dir=$R hash-object -w --stdin)\n"
		"t=$({ git --git-dir=$R ls-tree refs/heads/x; printf '100644 blob %%s\\tzeros\\n' $b; } | git --git-dir=$R mktree)\n"
		"git --git-dir=$R update-ref refs/heads/zeros $(git --git-dir=$R commit-tree -m x $t)");
	assert_ok(remote_fetch(place->arena, &ask, &tip));
	assert_fails(remote_take(place->arena, &ask, &tip, "v6.1.3", "here", &answer), FAIL_POLICY,
		     "a file of 129 MiB");
	place_sh(place, "test -z \"$(git --git-dir=store.git for-each-ref)\"");
}

UNIT_MAIN(in_place(refs_are_listed_by_pattern_with_what_their_tags_lead_to),
	  in_place(an_address_that_is_none_or_would_start_a_program_is_refused),
	  in_place(only_what_differs_from_what_the_store_has_is_sent),
	  in_place(what_the_store_has_lost_meanwhile_comes_again),
	  in_place(how_a_branch_went_on_is_known_or_said_not_to_be),
	  in_place(a_scratch_repository_in_use_is_busy_and_one_left_behind_is_removed),
	  in_place(what_is_no_kernel_is_refused),
	  in_place(a_tree_that_git_would_not_check_out_does_not_get_into_the_store),
	  in_place(a_file_that_no_memory_would_hold_is_refused_before_it_is_read))
