/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Programs for the guest are static and stripped: what runs in it must not depend on what this machine has, and goes
 * into the memory of the guest. The kernel's own are kept by what they are made of, not by its whole tree, so that base
 * and patched share them.
 */
#include "kernel/build_part.h"

#include <stdio.h>

#include "base/fail.h"
#include "base/file.h"
#include "kernel/srctree.h"

#define SOURCE_MAX ((size_t)16 << 20)
#define KVM_TESTS "tools/testing/selftests/kvm"

struct words {
	const char **items;
	size_t n, cap;
};

static int by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Sorted, each once. A test's name becomes a file's and a target of make: nothing else is taken. */
static int take_names(struct arena *arena, const char *const *wanted, size_t n, struct words *names)
{
	static const char usual[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
	struct words all = { 0 };

	*names = (struct words){ 0 };
	for (size_t i = 0; i < n; i++) {
		if (!*wanted[i] || *wanted[i] == '-' ||
		    strspn(wanted[i], usual) != strlen(wanted[i]))
			return fail_as(FAIL_USAGE, "'%s' is no name of a test", wanted[i]);
		*arena_push(arena, &all) = wanted[i];
	}
	if (all.n)
		qsort(all.items, all.n, sizeof(*all.items), by_name);
	for (size_t i = 0; i < all.n; i++)
		if (!i || strcmp(all.items[i], all.items[i - 1]))
			*arena_push(arena, names) = all.items[i];
	return 0;
}

/* A set of programs being made. */
struct suite_work {
	struct arena *arena;
	const struct build_site *site;
	struct words names;
	char *compiler, *key, *name; /* name of the entry: "tests-KEY" */
	char *output;		     /* the programs are in DIR/bin */
	char *log;
};

static int begin(struct suite_work *work, const char *const *wanted, size_t n, struct memo_key *key)
{
	if (take_names(work->arena, wanted, n, &work->names) ||
	    room_compiler(work->arena, work->site, "gcc", &work->compiler))
		return -1;
	memo_key_init(key);
	memo_key_add(key, SLICE("tests " BUILD_FORMAT));
	memo_key_add(key, slice_of(work->compiler));
	for (size_t i = 0; i < work->names.n; i++)
		memo_key_add(key, slice_of(work->names.items[i]));
	return 0;
}

static void name_entry(struct suite_work *work, const struct memo_key *key)
{
	work->key = build_key(work->arena, key);
	work->name = arena_printf(work->arena, "tests-%s", work->key);
}

static void answer_from(const struct suite_work *work, const json_t *json,
			struct build_tests *tests)
{
	char *dir = build_entry_dir(work->arena, work->site, work->name);
	const json_t *built = json_object_get(json, "built");
	struct words names = { 0 }, failed = { 0 };
	size_t n = 0;

	for (size_t i = 0; i < work->names.n; i++) {
		const char *name = work->names.items[i];
		bool there = false;
		json_t *item;

		json_array_foreach(built, n, item) there |=
			!strcmp(json_string_value(item) ? json_string_value(item) : "", name);
		*arena_push(work->arena, there ? &names : &failed) =
			arena_strdup(work->arena, name);
	}
	*tests = (struct build_tests){
		.dir = names.n ? dir : NULL,
		.key = work->key,
		.names = (char **)names.items,
		.n = names.n,
		.log = arena_printf(work->arena, "%s/log", dir),
		.failed = (char **)failed.items,
		.nfailed = failed.n,
	};
}

static int cached(const struct suite_work *work, struct build_tests *tests)
{
	json_t *json __free(json) = NULL;
	int found = entry_read(work->arena, work->site, work->name, &json);

	if (found != 1)
		return found;
	answer_from(work, json, tests);
	tests->cached = true;
	return 1;
}

/* The programs that came out, into the cache. */
static int keep(const struct suite_work *work, struct build_tests *tests)
{
	struct entry_file *files = arena_alloc(work->arena, (work->names.n + 1) * sizeof(*files));
	json_t *built = json_array();
	json_t *json __free(json) = json_pack("{s:s, s:s, s:o}", "format", BUILD_FORMAT, "compiler",
					      work->compiler, "built", built);
	size_t n = 0;

	files[n++] = (struct entry_file){ .name = "log", .from = work->log };
	for (size_t i = 0; i < work->names.n; i++) {
		const char *name = work->names.items[i];
		struct slice bytes;
		int found = entry_slurp(work->arena, work->output,
					arena_printf(work->arena, "bin/%s", name), &bytes);

		if (found < 0)
			return -1;
		if (!found)
			continue;
		files[n++] = (struct entry_file){ .name = name, .text = bytes, .mode = 0755 };
		json_array_append_new(built, json_string(name));
	}
	if (entry_write(work->arena, work->site, work->name, json, files, n))
		return -1;
	answer_from(work, json, tests);
	return 0;
}

/* Run it, and do not blame the sources for what the machine did. */
static int make_programs(const struct suite_work *work, const struct room_ask *ask,
			 struct build_tests *tests)
{
	struct room_answer ran;

	if (file_remove_tree(work->output) || file_make_dirs(work->output) ||
	    file_write(work->log, SLICE(""), 0644) || room_run(work->arena, ask, &ran) ||
	    (ran.status && room_judge(ran.said)) || keep(work, tests))
		return -1;
	return file_remove_tree(work->output);
}

/* The kernel's own */

/* All that their programs are made of. */
static const char *const ingredients[] = {
	"Makefile",
	"scripts",
	"include/uapi",
	"arch/x86/Makefile",
	"usr",
	"tools/build",
	"arch/x86/include/uapi",
	"arch/x86/entry/syscalls",
	"tools/include",
	"tools/lib",
	"tools/scripts",
	"tools/arch/x86",
	"include/asm-generic/Kbuild",
	"tools/testing/selftests",
	"arch/x86/include/asm/Kbuild",
};

static int add_ingredients(const struct treeview *view, const git_oid *tree, struct memo_key *key)
{
	for (size_t i = 0; i < ARRAY_SIZE(ingredients); i++) {
		struct repo_entry entry = { 0 };

		if (treeview_entry(view, tree, ingredients[i], &entry) < 0)
			return -1;
		memo_key_add(key, (struct slice){ (const char *)entry.id.id, GIT_OID_RAWSZ });
	}
	return 0;
}

/* The sources in the room do when they are the same where it matters: another tree stays as it is. */
static int lay_sources(struct arena *arena, const struct room *room, const git_oid *tree)
{
	struct treeview view = { room->site->repo, room->site->pack };
	struct srctree_ask ask = {
		.repo = room->site->repo,
		.pack = room->site->pack,
		.dir = room->source,
		.tree = tree,
		.title = room->target,
		.progress = room->site->progress,
	};
	struct srctree_answer answer;
	struct memo_key have, want;
	git_oid holds;
	int found = srctree_holds(arena, room->source, &holds);

	if (found < 0)
		return -1;
	if (found) {
		memo_key_init(&have);
		memo_key_init(&want);
		if (!add_ingredients(&view, &holds, &have) &&
		    !add_ingredients(&view, tree, &want) &&
		    !strcmp(build_key(arena, &have), build_key(arena, &want)))
			return 0;
		fail_clear();
	}
	return srctree_lay(arena, &ask, &answer);
}

/* "x86/state_test" of what is asked for as "state_test"; NULL: this kernel has none. -1 in `failed`. */
static char *find_test(struct arena *arena, const struct treeview *view, const git_oid *tree,
		       const char *name, bool *failed)
{
	static const char *const folders[] = { "x86/", "x86_64/", "" };

	for (size_t i = 0; i < ARRAY_SIZE(folders); i++) {
		struct repo_entry entry;
		int found = treeview_entry(
			view, tree, arena_printf(arena, KVM_TESTS "/%s%s.c", folders[i], name),
			&entry);

		*failed |= found < 0;
		if (found == 1)
			return arena_printf(arena, "%s%s", folders[i], name);
	}
	return NULL;
}

/*
 * The headers first, into a folder of ours: the tests want those of their own kernel, and "make headers_install" without
 * O= would leave them in the sources. LDFLAGS=-static takes the place of what their Makefile adds to it, which a static
 * program does not need; 5.10 would install headers again where KSFT_KHDR_INSTALL is set. Each program by its name, so
 * that one that does not build keeps none from being built.
 */
static const char selftests_script[] =
	"jobs=$1 source=$2 output=$3 compiler=$4\n"
	"shift 4\n"
	"make --no-print-directory -j$jobs -C \"$source\" O=\"$output/headers\" ARCH=x86_64 headers || exit\n"
	"mkdir -p \"$output/tests\" \"$output/bin\"\n"
	"targets=\n"
	"for test; do targets=\"$targets $output/tests/$test\"; done\n"
	"make -k --no-print-directory -Otarget -j$jobs -C \"$source/" KVM_TESTS
	"\" OUTPUT=\"$output/tests\" \\\n"
	"	ARCH=x86_64 CC=\"$compiler\" LDFLAGS=-static KSFT_KHDR_INSTALL= \\\n"
	"	INSTALL_HDR_PATH=\"$output/headers/usr\" \\\n"
	"	KHDR_INCLUDES=\"-isystem $output/headers/usr/include\" $targets\n"
	"status=$?\n"
	"for test; do\n"
	"	[ -f \"$output/tests/$test\" ] || continue\n"
	"	strip -o \"$output/bin/${test##*/}\" \"$output/tests/$test\" || status=$?\n"
	"done\n"
	"exit $status\n";

static int make_selftests(struct suite_work *work, const struct room *room, const git_oid *tree,
			  struct build_tests *tests)
{
	struct arena *arena = work->arena;
	struct treeview view = { work->site->repo, work->site->pack };
	struct words words = { 0 };
	bool failed = false;

	work->output = arena_printf(arena, "%s/selftests", room->dir);
	work->log = arena_printf(arena, "%s/selftests.log", room->dir);
	*arena_push(arena, &words) = "sh";
	*arena_push(arena, &words) = "-c";
	*arena_push(arena, &words) = selftests_script;
	*arena_push(arena, &words) = "selftests";
	*arena_push(arena, &words) =
		arena_printf(arena, "%u", work->site->jobs ? work->site->jobs : 1);
	*arena_push(arena, &words) = ROOM_SOURCE;
	*arena_push(arena, &words) = ROOM_OUTPUT;
	*arena_push(arena, &words) = room->ccache ? "ccache gcc" : "gcc";
	for (size_t i = 0; i < work->names.n; i++) {
		char *test = find_test(arena, &view, tree, work->names.items[i], &failed);

		if (test)
			*arena_push(arena, &words) = test;
	}
	*arena_push(arena, &words) = NULL;
	if (failed || lay_sources(arena, room, tree))
		return -1;

	struct room_ask ask = {
		.site = work->site,
		.source = room->source,
		.output = work->output,
		.ccache = room->ccache,
		.argv = words.items,
		.log = work->log,
		.title = arena_printf(arena, "%s: building its self-tests", room->target),
	};

	return make_programs(work, &ask, tests);
}

int build_selftests(struct arena *arena, const struct build_site *site, const char *target,
		    const git_oid *tree, const char *const *wanted, size_t nwanted,
		    struct build_tests *tests)
{
	struct suite_work work = { .arena = arena, .site = site };
	struct treeview view = { site->repo, site->pack };
	struct memo_key key;
	struct room room;
	int found = begin(&work, wanted, nwanted, &key);

	if (!found)
		found = add_ingredients(&view, tree, &key);
	if (found)
		return fail_in("self-tests of %s", target);
	name_entry(&work, &key);
	found = cached(&work, tests);
	if (found)
		return found < 0 ? fail_in("self-tests of %s", target) : 0;
	if (room_open(arena, site, target, site->wait, &room))
		return -1;
	/* Who was waited for may have built just that. */
	found = site->wait ? cached(&work, tests) : 0;
	if (!found)
		found = make_selftests(&work, &room, tree, tests);
	room_close(&room);
	return found < 0 ? fail_in("self-tests of %s", target) : 0;
}

/* Ours */

static const char guest_script[] =
	"source=$1 output=$2\n"
	"shift 2\n"
	"status=0\n"
	"mkdir -p \"$output/bin\"\n"
	"for test; do\n"
	"	[ -f \"$source/$test.c\" ] || { echo \"no $test.c\"; status=1; continue; }\n"
	"	gcc -O1 -Wall -static -s -I \"$source\" -o \"$output/bin/$test\" \"$source/$test.c\" || status=1\n"
	"done\n"
	"exit $status\n";

/* Every source and header there: any may be included by any. */
static int add_sources(struct arena *arena, const char *dir, struct memo_key *key)
{
	struct file_names names;
	int found = file_list(arena, dir, &names);

	if (found < 0)
		return -1;
	if (!found)
		return fail_as(FAIL_USAGE, "the workspace has no folder %s", dir);
	for (size_t i = 0; i < names.n; i++) {
		struct slice name = slice_of(names.items[i]), text;

		if (!slice_ends(name, ".c") && !slice_ends(name, ".h"))
			continue;
		found = file_read(arena, arena_printf(arena, "%s/%s", dir, names.items[i]),
				  SOURCE_MAX, &text);
		if (found < 0)
			return -1;
		memo_key_add(key, name);
		memo_key_add(key, found ? text : SLICE(""));
	}
	return 0;
}

int build_guest_tests(struct arena *arena, const struct build_site *site, const char *const *wanted,
		      size_t nwanted, struct build_tests *tests)
{
	struct suite_work work = { .arena = arena, .site = site };
	char *source = arena_printf(arena, "%s/ci/guest", site->workspace);
	struct words words = { 0 };
	struct memo_key key;
	struct room room;
	int found = begin(&work, wanted, nwanted, &key);

	if (!found)
		found = add_sources(arena, source, &key);
	if (found)
		return fail_in("the guest's programs");
	name_entry(&work, &key);
	found = cached(&work, tests);
	if (found)
		return found < 0 ? fail_in("the guest's programs") : 0;
	/* It takes seconds, and every target wants the same. */
	if (room_open(arena, site, "guest", true, &room))
		return -1;
	found = cached(&work, tests);
	if (found) {
		room_close(&room);
		return found < 0 ? fail_in("the guest's programs") : 0;
	}
	*arena_push(arena, &words) = "sh";
	*arena_push(arena, &words) = "-c";
	*arena_push(arena, &words) = guest_script;
	*arena_push(arena, &words) = "guest";
	*arena_push(arena, &words) = ROOM_SOURCE;
	*arena_push(arena, &words) = ROOM_OUTPUT;
	for (size_t i = 0; i < work.names.n; i++)
		*arena_push(arena, &words) = work.names.items[i];
	*arena_push(arena, &words) = NULL;
	work.output = arena_printf(arena, "%s/output", room.dir);
	work.log = arena_printf(arena, "%s/log", room.dir);

	struct room_ask ask = {
		.site = site,
		.source = source,
		.output = work.output,
		.argv = words.items,
		.log = work.log,
		.title = "the guest's programs",
	};

	found = make_programs(&work, &ask, tests);
	room_close(&room);
	return found ? fail_in("the guest's programs") : 0;
}
