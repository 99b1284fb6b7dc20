/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include "patch/series.h"

#include <unistd.h>

#include "base/file.h"
#include "patch/series_keys.h"
#include "unit.h"

#define MAIL(subject)                                                                               \
	"From: A <a@example.org>\nDate: Tue, 17 Feb 2026 16:54:38 -0800\nSubject: [PATCH] " subject \
	"\n\nWhy.\n---\ndiff --git a/f b/f\n--- a/f\n+++ b/f\n@@ -1 +1 @@\n-a\n+b\n@@ -9 +9 @@\n-y\n+z\n"
#define ID "d0ad1b05bbe6f8da159a4dfb6692b3b7ce30ccc8"

struct place {
	struct arena *arena;
	char *dir;
	struct series series;
};

static int set_up(void **state)
{
	struct place *place = calloc(1, sizeof(*place));

	place->arena = arena_new();
	fail_clear();
	*state = place;
	return file_temp_dir(place->arena, "test-series", &place->dir);
}

static int tear_down(void **state)
{
	struct place *place = *state;

	file_remove_tree(place->dir);
	arena_free(place->arena);
	free(place);
	return 0;
}

static void put(struct place *place, const char *name, const char *text)
{
	char *path = arena_printf(place->arena, "%s/%s", place->dir, name);

	*strrchr(path, '/') = '\0';
	assert_ok(file_make_dirs(path));
	assert_ok(file_write(arena_printf(place->arena, "%s/%s", place->dir, name), slice_of(text),
			     0666));
}

/* A series of two patches with this conf. */
static int read_with(struct place *place, const char *conf)
{
	put(place, "series/demo/series",
	    "# the order\n0001-a.patch -p1\n\n0002-b.patch # and why\n");
	put(place, "series/demo/0001-a.patch", MAIL("a: one"));
	put(place, "series/demo/0002-b.patch", MAIL("b: two"));
	put(place, "series/demo/series.conf", conf);
	return series_read(place->arena, place->dir, "demo", &place->series);
}

static void a_series_is_read_in_order_with_what_its_conf_says(void **state)
{
	struct place *place = *state;
	struct series *series = &place->series;

	assert_ok(read_with(
		place,
		"[series]\n\tname = demo\n\ttitle = A demo\n\tlink = https://x\n\tbase = v6.1.3\n"
		"[patch \"0001-a.patch\"]\n\tupstream = " ID
		"\n\tclass = stable-eligible\n\twhy = fixes\n"
		"\tfrom = v5.10\n\tuntil = v6.12.73\n\trange-why = not needed\n"
		"[patch \"0002-b.patch\"]\n\tclass = distro-only\n\tmainline = Never, ours\n\tneeds = thing\n"
		"\tcondition = thing f:2\n\tlink = https://y\n"
		"[probe \"thing\"]\n\thas = kvm/x.h: WORD\n\thas = kvm/: other_word\n\tmeaning = it has the thing\n"
		"\totherwise = no thing here\n"));
	assert_string_equal(series->title, "A demo");
	assert_string_equal(series->base, "v6.1.3");
	assert_false(series->trusted);
	assert_int_equal(series->n, 2);
	assert_int_equal(series->items[0].number, 1);
	assert_string_equal(series->items[0].file, "0001-a.patch");
	assert_string_equal(series->items[0].mail.subject, "a: one");
	assert_string_equal(series->items[0].upstream, ID);
	assert_int_equal(series->items[0].class, CLASS_STABLE);
	assert_string_equal(series->items[0].applies_from, "v5.10");
	assert_string_equal(series->items[0].applies_until, "v6.12.73");
	assert_string_equal(series->items[0].applies_why, "not needed");
	assert_null(series->items[0].needs);
	assert_int_equal(series->items[0].nconditions, 0);
	assert_null(series->items[1].upstream);
	assert_string_equal(series->items[1].mainline, "Never, ours");
	assert_int_equal(series->items[1].class, CLASS_DISTRO);
	assert_string_equal(series->items[1].needs_why, "no thing here");
	assert_int_equal(series->items[1].nconditions, 1);
	assert_string_equal(series->items[1].conditions[0].path, "f");
	assert_int_equal(series->items[1].conditions[0].hunk, 2);
	assert_string_equal(series->items[1].conditions[0].reason, "no thing here");
	assert_int_equal(series->items[1].needs->n, 2);
	assert_string_equal(series->items[1].needs->files[1], "kvm/");
	assert_string_equal(series->items[1].needs->strings[1], "other_word");
}

static void what_does_not_add_up_is_refused_with_its_place(void **state)
{
	static const struct {
		const char *conf, *says;
	} cases[] = {
		{ "[series]\n\ttitel = x\n", "series.conf:2" },
		{ "[series]\n\tname = other\n", "'other'" },
		{ "[patch \"0003-c.patch\"]\n\twhy = x\n",
		  "series.conf:2: [patch \"0003-c.patch\"]" },
		{ "[patch \"0001-a.patch\"]\n\tupstream = d0ad1b05\n",
		  "series.conf:2: upstream is a commit of 40" },
		{ "[patch \"0001-a.patch\"]\n\tclass = nice\n",
		  "series.conf:2: class is stable-eligible" },
		{ "[patch \"0001-a.patch\"]\n\n\tfrom = new\n",
		  "series.conf:3: from is a version" },
		{ "[patch \"0001-a.patch\"]\n\tneeds = thing\n",
		  "series.conf:2: needs is the name of a probe" },
		{ "[patch \"0001-a.patch\"]\n\tcondition = thing f\n",
		  "series.conf:2: there is no probe 'thing'" },
		{ "[probe \"t\"]\n\thas = x: Y\n[patch \"0001-a.patch\"]\n\tcondition = t g\n",
		  "does not touch 'g'" },
		{ "[probe \"t\"]\n\thas = x: Y\n[patch \"0001-a.patch\"]\n\tcondition = t f:3\n",
		  "2 hunks" },
		{ "[probe \"t\"]\n\thas = x Y\n", "series.conf:2: has = FILE: WORD" },
		{ "[probe \"t\"]\n\thas = ../x: Y\n", "series.conf:2: has = FILE: WORD" },
		{ "[probe \"t\"]\n\tmeaning = x\n", "needs a 'has'" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_fails(read_with(*state, cases[i].conf), FAIL_USAGE, cases[i].says);
}

static void a_broken_patch_is_named_with_its_line(void **state)
{
	struct place *place = *state;

	assert_ok(read_with(place, ""));
	put(place, "series/demo/0002-b.patch",
	    "From: a@b\nSubject: x\n\n---\ndiff --git a/f b/f\n--- a/f\n+++ b/f\n@@ -1,7 +1,7 @@\n-a\n+b\n");
	assert_fails(series_read(place->arena, place->dir, "demo", &place->series), FAIL_USAGE,
		     "series/demo/0002-b.patch: line 8");
	put(place, "series/demo/0002-b.patch", "From: a@b\nSubject: x\n\nonly words\n");
	assert_fails(series_read(place->arena, place->dir, "demo", &place->series), FAIL_USAGE,
		     "no patch in it");
	put(place, "series/demo/series", "0001-a.patch\n0009-x.patch\n");
	assert_fails(series_read(place->arena, place->dir, "demo", &place->series), FAIL_USAGE,
		     "0009-x.patch");
	put(place, "series/demo/series", "0001-a.patch -p0\n");
	assert_fails(series_read(place->arena, place->dir, "demo", &place->series), FAIL_USAGE,
		     "series:1: only -p1");
	put(place, "series/demo/series", "0001-a.patch\n0001-a.patch\n");
	assert_fails(series_read(place->arena, place->dir, "demo", &place->series), FAIL_USAGE,
		     "series:2: '0001-a.patch' is there twice");
	put(place, "series/demo/series", "../../etc/passwd\n");
	assert_fails(series_read(place->arena, place->dir, "demo", &place->series), FAIL_POLICY,
		     "series:1");
}

static void only_the_workspace_says_whom_to_trust(void **state)
{
	struct place *place = *state;

	put(place, "ci/trust.conf", "[trust]\n\tseries = other\n\tseries = demo\n");
	assert_ok(read_with(place, ""));
	assert_true(place->series.trusted);
	put(place, "ci/trust.conf", "[trust]\n\tseries = other\n");
	assert_ok(read_with(place, ""));
	assert_false(place->series.trusted);
	assert_fails(read_with(place, "[trust]\n\tseries = demo\n"), FAIL_USAGE, "trust");
}

static void an_upstream_line_in_the_mail_counts(void **state)
{
	struct place *place = *state;

	assert_ok(read_with(place, ""));
	put(place, "series/demo/0001-a.patch",
	    "From: A <a@b>\nSubject: a: one\n\ncommit " ID " upstream.\n\nWhy.\n---\n"
	    "diff --git a/f b/f\n--- a/f\n+++ b/f\n@@ -1 +1 @@\n-a\n+b\n");
	assert_ok(series_read(place->arena, place->dir, "demo", &place->series));
	assert_string_equal(place->series.items[0].upstream, ID);
	assert_null(place->series.items[1].upstream);
	assert_int_equal(place->series.items[1].class, CLASS_OUT_OF_TREE);
}

static void names_of_series_are_those_of_folders_with_one(void **state)
{
	struct place *place = *state;
	struct conf_names names;

	assert_ok(read_with(place, ""));
	put(place, "series/b-2.0/series", "");
	put(place, "series/.demo.Xyz123/series", "");
	put(place, "series/notes/readme", "");
	put(place, "series/kernel/series", "");
	assert_ok(series_names(place->arena, place->dir, &names));
	assert_int_equal(names.n, 2);
	assert_string_equal(names.items[0], "b-2.0");
	assert_string_equal(names.items[1], "demo");
	assert_fails(series_read(place->arena, place->dir, "../demo", &place->series), FAIL_USAGE,
		     "no name");
	assert_fails(series_read(place->arena, place->dir, "nosuch", &place->series), FAIL_USAGE,
		     "no series 'nosuch'");
	assert_false(series_name_ok(""));
	assert_false(series_name_ok("kernel"));
	assert_false(series_name_ok("a..b"));
	assert_false(series_name_ok("x.lock"));
}

/* The shipped series, as far as it can be told from its files. */
static void the_shipped_series_is_whole(void **state)
{
	struct place *place = *state;
	struct series *series = &place->series;
	const char *top = getenv("TOP");

	assert_ok(series_read(place->arena, top ? top : ".", "kvm-exception-payload", series));
	assert_int_equal(series->n, 3);
	assert_string_equal(series->items[0].upstream, ID);
	assert_string_equal(series->items[0].mail.author.email, "seanjc@google.com");
	assert_int_equal(series->items[0].mail.date, 1771376078);
	assert_string_equal(series->items[0].mail.trailers[series->items[0].mail.ntrailers - 1].key,
			    "Tested-by");
	assert_int_equal(series->items[1].nconditions, 1);
	assert_string_equal(series->items[1].conditions[0].path, "arch/x86/kvm/vmx/vmx.c");
	for (size_t i = 1; i < series->n; i++) {
		assert_int_equal(series->items[i].class, CLASS_OUT_OF_TREE);
		assert_null(series->items[i].upstream);
		assert_non_null(series->items[i].mainline);
	}
}

/*
 * docs/series.conf.md has a row for each key, with the help of the table, and none for anything
 * else.
 */
static void the_reference_page_is_the_table(void **state)
{
	struct place *place = *state;
	const char *top = getenv("TOP");
	struct slice page, rest, line;
	size_t rows = 0;

	assert_int_equal(
		file_read(place->arena,
			  arena_printf(place->arena, "%s/docs/series.conf.md", top ? top : "."),
			  1 << 20, &page),
		1);
	for (size_t i = 0; i < nseries_keys; i++) {
		const struct conf_key *key = &series_keys[i];
		char *row = arena_printf(place->arena,
					 key->named ? "| `%s.NAME.%s` | %s |" : "| `%s.%s` | %s |",
					 key->section, key->key, key->help);

		if (slice_find(page, slice_of(row)) < 0)
			fail_msg("docs/series.conf.md has no row: %s", row);
	}
	for (rest = page; slice_line(&rest, &line);)
		rows += slice_starts(line, "| `");
	assert_int_equal(rows, nseries_keys);
}

#define in_place(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
UNIT_MAIN(in_place(a_series_is_read_in_order_with_what_its_conf_says),
	  in_place(what_does_not_add_up_is_refused_with_its_place),
	  in_place(a_broken_patch_is_named_with_its_line),
	  in_place(only_the_workspace_says_whom_to_trust),
	  in_place(an_upstream_line_in_the_mail_counts),
	  in_place(names_of_series_are_those_of_folders_with_one),
	  in_place(the_shipped_series_is_whole), in_place(the_reference_page_is_the_table))
