/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/targets.h"

#include "base/file.h"
#include "kernel/intake.h"
#include "unit.h"

static char *workspace(struct arena *arena, const char *conf)
{
	char *dir;

	assert_ok(file_temp_dir(arena, "series-test", &dir));
	assert_ok(file_make_dirs(arena_printf(arena, "%s/ci", dir)));
	assert_ok(file_write(arena_printf(arena, "%s/ci/targets.conf", dir), slice_of(conf), 0644));
	return dir;
}

static int read_conf(struct arena *arena, const char *conf, struct targets *targets)
{
	char *dir = workspace(arena, conf);
	int got = targets_read(arena, dir, targets);

	assert_ok(file_remove_tree(dir));
	return got;
}

static void targets_come_in_version_order_with_sources_in_the_files(void **state)
{
	struct arena *arena = *state;
	struct targets targets;

	assert_ok(read_conf(
		arena,
		"[target \"v6.12\"]\n\tsource = orig trixie sid\n\tsource = package linux-source-6.12\n"
		"[target \"v5.10\"]\n\tsource = git https://example.org/linux.git\n"
		"[target \"v6.2\"]\n\tsource = tarball /a/b.tar.xz\n"
		"[target \"v6.12\"]\n\tsource = clone ~/linux\n",
		&targets));
	assert_string_equal(targets_list(arena, &targets), "v5.10 v6.2 v6.12");
	assert_int_equal(targets.items[2].n, 3);
	assert_int_equal(targets.items[2].items[0].kind, SOURCE_ORIG);
	assert_string_equal(targets.items[2].items[0].value, "trixie sid");
	assert_int_equal(targets.items[2].items[1].kind, SOURCE_PACKAGE);
	assert_int_equal(targets.items[2].items[2].kind, SOURCE_CLONE);
	assert_string_equal(targets.items[2].items[2].value,
			    arena_printf(arena, "%s/linux", getenv("HOME")));
	assert_string_equal(targets.items[0].items[0].value, "https://example.org/linux.git");
}

static void a_mistake_is_refused_by_file_and_line(void **state)
{
	static const struct {
		const char *conf, *why;
		enum fail_kind kind;
	} cases[] = {
		{ "[target \"v6.12\"]\n\tsauce = orig sid\n", ":2: unknown key", FAIL_USAGE },
		{ "[target \"v6.12\"]\n\n\tsource = ftp x\n", ":3: unknown kind of source 'ftp'",
		  FAIL_USAGE },
		{ "[target \"v6.12\"]\n\tsource = orig\n", ":2: source 'orig' does not say which",
		  FAIL_USAGE },
		{ "[target \"v6.12\"]\n\tsource = git --upload-pack=x\n", ":2:", FAIL_USAGE },
		{ "[target \"v6.12\"]\n\tsource = git ext::sh -c x\n",
		  ":2: refusing the git transport", FAIL_POLICY },
		{ "[target \"v6.12\"]\n\tsource = orig \"a;b\"\n",
		  ":2: 'a;b' is no name of a suite", FAIL_USAGE },
		{ "[target \"v6.12\"]\n\tsource = package a b\n", ":2:", FAIL_USAGE },
		{ "[target \"6.12\"]\n\tsource = orig sid\n", "'6.12' is no branch such as v6.12",
		  FAIL_USAGE },
		{ "[target \"v6.12.3\"]\n\tsource = orig sid\n", "'v6.12.3' is no branch",
		  FAIL_USAGE },
		{ "[target]\n\tsource = orig sid\n", "", FAIL_USAGE },
	};
	struct targets targets;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_fails(read_conf(*state, cases[i].conf, &targets), cases[i].kind,
			     cases[i].why);
		assert_non_null(strstr(fail_message(), "ci/targets.conf"));
	}
	assert_fails(targets_read(*state, "/nonexistent", &targets), FAIL_USAGE, "targets.conf");
}

static void a_relative_path_is_of_the_workspace_or_the_current_folder(void **state)
{
	struct source source;

	assert_ok(source_parse(*state, " tarball  linux.tar.xz ", "/ws", &source));
	assert_string_equal(source.value, "/ws/linux.tar.xz");
	assert_ok(source_parse(*state, "tarball linux.tar.xz", NULL, &source));
	assert_string_equal(source.value, "linux.tar.xz");
	assert_ok(source_parse(*state, "git git@example.org:linux.git", "/ws", &source));
	assert_string_equal(source.value, "git@example.org:linux.git");
	assert_ok(source_parse(*state, "git dir/a:b", "/ws", &source));
	assert_string_equal(source.value, "/ws/dir/a:b");
	assert_ok(source_parse(*state, "tarball https://h/linux.tar.xz", "/ws", &source));
	assert_string_equal(source.value, "https://h/linux.tar.xz");
}

static void a_family_is_its_targets_and_each_name_comes_once(void **state)
{
	static const char *const words[] = { "v6.12", "v6.x", "v6.12.73", "5.x", "master", "v6.1" };
	static const char *const want[] = { "v6.12", "v6.1", "v6.12.73", "v5.10", "master" };
	static const char *const none[] = { "v8.x" }, *const odd[] = { "v.x", "vv6.x" };
	struct arena *arena = *state;
	struct target_names names;
	struct targets targets;

	assert_ok(read_conf(
		arena,
		"[target \"v5.10\"]\nsource = orig a\n[target \"v6.1\"]\nsource = orig a\n"
		"[target \"v6.12\"]\nsource = orig a\n",
		&targets));
	assert_ok(targets_expand(arena, &targets, words, ARRAY_SIZE(words), &names));
	assert_int_equal(names.n, ARRAY_SIZE(want));
	for (size_t i = 0; i < names.n; i++)
		assert_string_equal(names.items[i], want[i]);
	assert_fails(targets_expand(arena, &targets, none, 1, &names), FAIL_USAGE,
		     "'v8.x' stands for no configured target (configured: v5.10 v6.1 v6.12)");
	assert_ok(targets_expand(arena, &targets, odd, 2, &names));
	assert_int_equal(names.n, 2);
}

static void a_release_belongs_to_its_branch(void **state)
{
	struct targets targets;
	struct version version;

	assert_ok(read_conf(
		*state, "[target \"v6.1\"]\nsource = orig a\n[target \"v6.12\"]\nsource = orig a\n",
		&targets));
	assert_true(version_parse(SLICE("v6.12.73"), &version));
	assert_string_equal(targets_branch(&targets, &version)->name, "v6.12");
	assert_true(version_parse(SLICE("v6.1"), &version));
	assert_string_equal(targets_branch(&targets, &version)->name, "v6.1");
	assert_true(version_parse(SLICE("v6.11.2"), &version));
	assert_null(targets_branch(&targets, &version));
	assert_non_null(targets_find(&targets, "v6.12"));
	assert_null(targets_find(&targets, "v6.12.73"));
}

static void the_version_is_what_the_makefile_says(void **state)
{
	static const struct {
		const char *makefile, *name;
	} cases[] = {
		{ "# SPDX\nVERSION = 6\nPATCHLEVEL = 12\nSUBLEVEL = 73\nEXTRAVERSION =\nNAME = x\n",
		  "v6.12.73" },
		{ "VERSION=6\nPATCHLEVEL=12\nSUBLEVEL=0\nEXTRAVERSION=\n", "v6.12" },
		{ "VERSION = 7\nPATCHLEVEL = 1\nSUBLEVEL = 0\nEXTRAVERSION = -rc3\n", "v7.1-rc3" },
		{ "VERSION = 6\nPATCHLEVEL = 12\nSUBLEVEL = 3\nEXTRAVERSION = -mine\n", NULL },
		{ "VERSION = six\nPATCHLEVEL = 12\nSUBLEVEL = 3\nEXTRAVERSION =\n", NULL },
		{ "VERSION = 6\nPATCHLEVEL = 12\n", NULL },
		{ "", NULL },
	};
	struct version version;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		if (!cases[i].name) {
			assert_fails(intake_version(slice_of(cases[i].makefile), &version),
				     FAIL_USAGE, "Makefile");
			continue;
		}
		assert_ok(intake_version(slice_of(cases[i].makefile), &version));
		assert_string_equal(version_name(*state, &version), cases[i].name);
	}
}

static void a_password_in_a_url_is_not_shown(void **state)
{
	assert_string_equal(url_shown(*state, "https://me:secret@example.org/x@y.git"),
			    "https://example.org/x@y.git");
	assert_string_equal(url_shown(*state, "https://token@example.org"), "https://example.org");
	assert_string_equal(url_shown(*state, "https://example.org/a@b"),
			    "https://example.org/a@b");
	assert_string_equal(url_shown(*state, "git@example.org:linux.git"),
			    "git@example.org:linux.git");
	assert_string_equal(url_shown(*state, "/a/b"), "/a/b");
}

UNIT_MAIN(unit(a_password_in_a_url_is_not_shown),
	  unit(targets_come_in_version_order_with_sources_in_the_files),
	  unit(a_mistake_is_refused_by_file_and_line),
	  unit(a_relative_path_is_of_the_workspace_or_the_current_folder),
	  unit(a_family_is_its_targets_and_each_name_comes_once),
	  unit(a_release_belongs_to_its_branch), unit(the_version_is_what_the_makefile_says))
