/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"

#include "patch/conflict.h"
#include "store.h"

/* As mailed: two places of f.c, and no blob of it is in the store. */
#define PATCH                                                                                      \
	"diff --git a/f.c b/f.c\nindex 1234567..89abcde 100644\n--- a/f.c\n+++ b/f.c\n"            \
	"@@ -2,3 +2,4 @@\n two\n three\n+three and a half\n four\n"                                \
	"@@ -11,3 +12,3 @@\n eleven\n-twelve\n+a dozen\n thirteen\n"

#define MAKE                                                                                       \
	"printf '%s\\n' one two three four five six seven eight nine ten eleven 'round about 12' " \
	"thirteen >f.c"

#define PRE_IMAGE                                                                                   \
	"printf '%s\\n' one two three four five six seven eight nine ten eleven twelve thirteen | " \
	"git hash-object --stdin"

struct setting {
	struct store store;
	struct diff diff;
	struct conflict_ask ask;
};

static void set(struct setting *s, const char *patch, const char *script)
{
	git_oid commit;

	store_init(&s->store, script);
	store_open(&s->store);
	commit = store_id(&s->store, "refs/series/kernel/v6.1.1^{tree}");
	assert_ok(diff_parse(s->store.arena, slice_of(patch), &s->diff));
	s->ask = (struct conflict_ask){
		.repo = s->store.repo,
		.diff = &s->diff,
		.target = draft_new(s->store.arena, s->store.repo, &commit),
		.target_name = "v6.1.1",
		.patch_name = "1/1 demo",
	};
}

static void without_a_pre_image_each_hunk_is_tried_alone(void **state)
{
	struct setting s = { 0 };
	struct conflict conflict;

	(void)state;
	set(&s, PATCH, MAKE);
	assert_ok(conflict_open(s.store.arena, &s.ask, &conflict));
	assert_int_equal(conflict.n, 1);
	assert_true(conflict.items[0].in_target);
	assert_int_equal(conflict.items[0].places, 1);
	assert_non_null(strstr(conflict.items[0].how, "1 of 2 fit"));
	assert_slice(conflict.items[0].merged,
		     "one\ntwo\nthree\nthree and a half\nfour\nfive\nsix\nseven\neight\nnine\nten\n"
		     "<<<<<<< v6.1.1\n||||||| before the patch\neleven\ntwelve\nthirteen\n"
		     "=======\neleven\na dozen\nthirteen\n>>>>>>> 1/1 demo\n"
		     "eleven\nround about 12\nthirteen\n");
	store_release(&s.store);
}

static void with_the_blob_that_the_patch_names_it_is_three_way(void **state)
{
	struct setting s = { 0 };
	struct conflict conflict;
	char *id, *patch;

	(void)state;
	set(&s, PATCH, MAKE "; " PRE_IMAGE " -w");
	id = store_sh(&s.store, "%s", PRE_IMAGE);
	patch = arena_printf(s.store.arena, "%s", PATCH);
	memcpy(strstr(patch, "1234567"), id, 7);
	assert_ok(diff_parse(s.store.arena, slice_of(patch), &s.diff));
	assert_ok(conflict_open(s.store.arena, &s.ask, &conflict));
	assert_int_equal(conflict.items[0].places, 1);
	assert_non_null(strstr(conflict.items[0].how, "the patch names"));
	assert_slice(
		conflict.items[0].merged,
		"one\ntwo\nthree\nthree and a half\nfour\nfive\nsix\nseven\neight\nnine\nten\neleven\n"
		"<<<<<<< v6.1.1\nround about 12\n||||||| before the patch\ntwelve\n"
		"=======\na dozen\n>>>>>>> 1/1 demo\nthirteen\n");
	store_release(&s.store);
}

static void a_file_that_the_target_lacks_is_all_conflict(void **state)
{
	struct setting s = { 0 };
	struct conflict conflict;

	(void)state;
	set(&s, PATCH, "echo other >g.c");
	assert_ok(conflict_open(s.store.arena, &s.ask, &conflict));
	assert_int_equal(conflict.n, 1);
	assert_false(conflict.items[0].in_target);
	assert_string_equal(conflict.items[0].path, "f.c");
	assert_int_equal(conflict.items[0].places, 2);
	store_release(&s.store);
}

static void the_target_is_left_as_it_was(void **state)
{
	struct setting s = { 0 };
	struct conflict conflict;
	struct slice before, after;

	(void)state;
	set(&s, PATCH, MAKE);
	assert_int_equal(draft_read(s.ask.target, "f.c", &before, NULL), 1);
	assert_ok(conflict_open(s.store.arena, &s.ask, &conflict));
	assert_int_equal(draft_read(s.ask.target, "f.c", &after, NULL), 1);
	assert_true(slice_eq(before, after));
	assert_int_equal(draft_edited(s.ask.target, s.store.arena, 0).n, 0);
	store_release(&s.store);
}

static void a_marker_is_seven_characters_at_the_beginning_of_a_line(void **state)
{
	(void)state;
	assert_int_equal(conflict_marker(SLICE("a\n<<<<<<< ours\n")), 2);
	assert_int_equal(conflict_marker(SLICE("||||||| base\n")), 1);
	assert_int_equal(conflict_marker(SLICE("a\nb\n>>>>>>>\n")), 3);
	assert_int_equal(conflict_marker(SLICE("=======\nTitle\n=======\n")), 0);
	assert_int_equal(conflict_marker(SLICE(" <<<<<<< set in\n<<<<<<<< eight\n<<<<<< six\n")),
			 0);
	assert_int_equal(conflict_marker(SLICE("")), 0);
}

UNIT_MAIN(unit(without_a_pre_image_each_hunk_is_tried_alone),
	  unit(with_the_blob_that_the_patch_names_it_is_three_way),
	  unit(a_file_that_the_target_lacks_is_all_conflict), unit(the_target_is_left_as_it_was),
	  unit(a_marker_is_seven_characters_at_the_beginning_of_a_line))
