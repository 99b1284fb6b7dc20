/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/build.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "unit.h"
#include "world.h"

/* What of a kernel's build matters here: where it takes things from, where it puts them, what it says. */
static const char makefile[] =
	"tinyconfig:\n"
	"\t@echo CONFIG_TINY=y >$(O)/.config\n"
	"olddefconfig:\n"
	"\t@! grep -H broken Kconfig >&2\n"
	"\t@grep -v MISSING $(O)/.config >$(O)/.config.new; mv $(O)/.config.new $(O)/.config\n"
	"bzImage: $(O)/arch/x86/boot/bzImage\n"
	"OBJS := $(O)/a.o $(O)/b.o\n"
	"-include more.mk\n"
	"$(O)/%.o: %.c h.h\n"
	"\t@echo '  CC      $*.o'\n"
	"\t@$(CC) -Wall -c -o $@ $<\n"
	"$(O)/arch/x86/boot/bzImage: $(OBJS)\n"
	"\t@echo '  LD      vmlinux'\n"
	"\t@mkdir -p $(O)/arch/x86/boot $(O)/include/config\n"
	"\t@ls >$(O)/seen; cat $(OBJS) >$@\n"
	"\t@echo 6.1.1-$(KBUILD_BUILD_VERSION) >$(O)/include/config/kernel.release\n"
	"headers:\n"
	"\t@mkdir -p $(O)/usr/include; echo '#define FROM_HEADERS 0' >$(O)/usr/include/from.h\n"
	".SECONDARY:\n";
static const char tests_makefile[] =
	"$(OUTPUT)/%: %.c\n\t@mkdir -p $(@D)\n\t$(CC) $(KHDR_INCLUDES) $(LDFLAGS) -o $@ $<\n";

static const struct world_file base_files[] = {
	{ "Makefile", makefile },
	{ "Kconfig", "config DECLARED\n\tbool\n" },
	{ "h.h", "#define H 1\n" },
	{ "a.c", "#include \"h.h\"\nint a(void)\n{\n\tint old = H;\n\treturn 0;\n}\n" },
	{ "b.c", "#include \"h.h\"\nint b(void)\n{\n\treturn H;\n}\n" },
	{ "tools/testing/selftests/kvm/Makefile", tests_makefile },
	{ "tools/testing/selftests/kvm/x86/good.c",
	  "#include <from.h>\nint main(void)\n{\n\treturn FROM_HEADERS;\n}\n" },
	{ "tools/testing/selftests/kvm/top.c", "int main(void)\n{\n\treturn 0;\n}\n" },
	{ "tools/testing/selftests/kvm/x86_64/bad.c", "int main(void)\n{\n\treturn nothing;\n}\n" },
};

struct fixture {
	struct world world;
	struct sandbox sandbox;
	struct build_site site;
	struct build_config config;
	struct build_answer answer;
	char *cache;
	struct progress progress;
};

static const char *const fragments[] = { "one", "two" };

static void begin(struct fixture *f)
{
	*f = (struct fixture){ 0 };
	world_init(&f->world);
	assert_ok(sandbox_probe(f->world.arena, NULL, &f->sandbox));
	f->cache = arena_printf(f->world.arena, "%s/cache", f->world.dir);
	f->config =
		(struct build_config){ .name = "guest", .fragments = fragments, .nfragments = 2 };
	world_write(&f->world, "ci/kconfig/one.config", "CONFIG_MISSING=y\n");
	/* Declared, and still taken out of the configuration. */
	world_write(&f->world, "ci/kconfig/two.config", "CONFIG_SET=y\nCONFIG_MISSING_TOO=y\n");
	world_commit(&f->world, "refs/heads/base", NULL, "base", base_files,
		     ARRAY_SIZE(base_files));
}

/* A commit on `parent` that changes one file. */
static void change(struct fixture *f, const char *name, const char *parent, const char *path,
		   const char *text)
{
	const struct world_file file = { path, text };

	world_commit(&f->world, arena_printf(f->world.arena, "refs/heads/%s", name),
		     arena_printf(f->world.arena, "refs/heads/%s", parent), name, &file, 1);
}

static git_oid tree_of(struct fixture *f, const char *name)
{
	const char *args[] = { "rev-parse",
			       arena_printf(f->world.arena, "refs/heads/%s^{tree}", name), NULL };
	git_oid id;

	assert_int_equal(git_oid_fromstr(&id, world_git(&f->world, args)), 0);
	return id;
}

static struct build_site *site(struct fixture *f)
{
	f->site = (struct build_site){
		.repo = f->world.repo,
		.cache = f->cache,
		.workspace = f->world.dir,
		.sandbox = &f->sandbox,
		.jobs = 2,
		.progress = &f->progress,
	};
	return &f->site;
}

static int build_with(struct fixture *f, const char *name, bool fresh)
{
	git_oid tree = tree_of(f, name);
	struct build_ask ask = {
		.target = "v6.1.1", .tree = &tree, .config = &f->config, .fresh = fresh
	};

	return build_kernel(f->world.arena, site(f), &ask, &f->answer);
}

static void build(struct fixture *f, const char *name)
{
	assert_ok(build_with(f, name, false));
}

/* Built entries go; what is laid out and compiled stays. */
static void forget(struct fixture *f)
{
	assert_ok(file_remove_tree(arena_printf(f->world.arena, "%s/built", f->cache)));
}

static const char *read_text(struct fixture *f, const char *path)
{
	struct slice text;

	if (file_read(f->world.arena, path, 1 << 20, &text) != 1)
		fail_msg("%s cannot be read", path);
	return slice_str(f->world.arena, text);
}

static bool compiled(struct fixture *f, const char *object)
{
	return strstr(read_text(f, f->answer.log),
		      arena_printf(f->world.arena, "CC      %s", object));
}

/* What is said of b.c, and how much in all. */
static void assert_complaints(const struct fixture *f, size_t n, const char *words)
{
	bool found = !words;

	for (size_t i = 0; i < f->answer.complaints.n && words; i++)
		found |= strstr(f->answer.complaints.items[i].text, words) != NULL;
	if (!found || f->answer.complaints.n != n) {
		for (size_t i = 0; i < f->answer.complaints.n; i++)
			print_message("# %s: %s\n", f->answer.complaints.items[i].file,
				      f->answer.complaints.items[i].text);
		fail_msg("%zu complaints, not %zu with %s", f->answer.complaints.n, n,
			 words ? words : "(any)");
	}
}

static void a_kernel_is_built_once_and_then_taken_from_the_cache(void **state)
{
	struct fixture f;
	git_oid tree;
	char hex[GIT_OID_HEXSZ + 1];

	(void)state;
	begin(&f);
	build(&f, "base");
	assert_true(f.answer.built);
	assert_false(f.answer.cached);
	tree = tree_of(&f, "base");
	git_oid_tostr(hex, sizeof(hex), &tree);
	assert_int_equal(strlen(f.answer.mark), 12);
	assert_memory_equal(f.answer.mark, hex, 12);
	assert_string_equal(f.answer.release,
			    arena_printf(f.world.arena, "6.1.1-%s", f.answer.mark));
	assert_true(strlen(read_text(&f, f.answer.image)) > 0);
	assert_non_null(strstr(read_text(&f, f.answer.config), "CONFIG_SET=y"));
	assert_non_null(strstr(f.answer.compiler, "gcc"));
	assert_complaints(&f, 1, "unused variable 'old'");
	assert_string_equal(f.answer.complaints.items[0].file, "a.c");
	assert_string_equal(f.answer.complaints.items[0].function, "a");

	struct build_answer first = f.answer;

	build(&f, "base");
	assert_true(f.answer.cached && f.answer.built);
	assert_string_equal(f.answer.image, first.image);
	assert_string_equal(f.answer.release, first.release);
	assert_complaints(&f, 1, "unused variable 'old'");
	assert_true(f.answer.wall_seconds == first.wall_seconds && first.wall_seconds > 0);
	assert_ok(build_with(&f, "base", true));
	assert_false(f.answer.cached);
	assert_true(compiled(&f, "a.o") && compiled(&f, "b.o"));
	world_release(&f.world);
}

static void symbols_that_did_not_stick_are_named_but_for_known_lacks(void **state)
{
	static const char *const lacks[] = { "MISSING" };
	struct fixture f;

	(void)state;
	begin(&f);
	change(&f, "base", "base", "drivers/Kconfig", "menuconfig MISSING_TOO\n");
	build(&f, "base");
	assert_int_equal(f.answer.unmets.n, 2);
	assert_string_equal(f.answer.unmets.items[0].name, "MISSING");
	assert_true(f.answer.unmets.items[0].lacking);
	assert_string_equal(f.answer.unmets.items[1].name, "MISSING_TOO");
	assert_string_equal(f.answer.unmets.items[1].wanted, "y");
	assert_false(f.answer.unmets.items[1].lacking);
	f.config.lacks = lacks;
	f.config.nlacks = 1;
	build(&f, "base");
	assert_true(f.answer.cached);
	assert_int_equal(f.answer.unmets.n, 1);
	world_release(&f.world);
}

static void a_damaged_entry_is_built_anew(void **state)
{
	static const char *const files[] = { "bzImage", "config", "log", "complaints",
					     "build.json" };
	struct fixture f;

	(void)state;
	begin(&f);
	build(&f, "base");
	for (size_t i = 0; i < ARRAY_SIZE(files) * 2; i++) {
		char *path = arena_printf(f.world.arena, "%s/built/%s/%s", f.cache, f.answer.key,
					  files[i / 2]);

		if (i % 2)
			assert_int_equal(unlink(path), 0);
		else
			assert_ok(file_write(path, SLICE("damaged"), 0644));
		build(&f, "base");
		assert_false(f.answer.cached);
		build(&f, "base");
		assert_true(f.answer.cached);
	}
	world_release(&f.world);
}

static void what_was_not_compiled_again_still_complains(void **state)
{
	static const char b_odd[] =
		"#include \"h.h\"\nint b(void)\n{\n\tint new = 1;\n\treturn H;\n}\n";
	struct fixture f;
	struct complaints base, fresh = { 0 };

	(void)state;
	begin(&f);
	change(&f, "patched", "base", "b.c", b_odd);
	build(&f, "base");
	base = f.answer.complaints;
	build(&f, "patched");
	assert_false(compiled(&f, "a.o"));
	assert_true(compiled(&f, "b.o"));
	assert_complaints(&f, 2, "unused variable 'new'");
	complaints_new(f.world.arena, &base, &f.answer.complaints, &fresh);
	assert_int_equal(fresh.n, 1);
	/* Back, in a folder that holds the other's objects. */
	forget(&f);
	build(&f, "base");
	assert_false(compiled(&f, "a.o"));
	assert_complaints(&f, 1, "unused variable 'old'");
	/* Nothing at all to compile. */
	forget(&f);
	build(&f, "base");
	assert_false(compiled(&f, "a.o") || compiled(&f, "b.o"));
	assert_complaints(&f, 1, "unused variable 'old'");
	world_release(&f.world);
}

static void other_objects_or_a_killed_run_mean_from_nothing(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f);
	change(&f, "more", "base", "c.c", "int c(void)\n{\n\tint more = 1;\n\treturn 0;\n}\n");
	change(&f, "more", "more", "more.mk", "OBJS += $(O)/c.o\n");
	change(&f, "documented", "base", "Documentation/x.rst", "words\n");
	build(&f, "base");
	build(&f, "more");
	assert_true(compiled(&f, "a.o") && compiled(&f, "c.o"));
	assert_complaints(&f, 2, "unused variable 'more'");
	/* c.o is none of its objects, so what it says is none of its complaints. */
	forget(&f);
	build(&f, "base");
	assert_complaints(&f, 1, "unused variable 'old'");
	build(&f, "documented");
	assert_false(compiled(&f, "a.o"));
	forget(&f);
	assert_ok(file_write(arena_printf(f.world.arena, "%s/kernels/v6.1.1/build/guest.state",
					  f.cache),
			     SLICE("busy\n"), 0644));
	build(&f, "base");
	assert_true(compiled(&f, "a.o") && compiled(&f, "b.o"));
	assert_complaints(&f, 1, "unused variable 'old'");
	/* Another configuration of the same name. */
	world_write(&f.world, "ci/kconfig/two.config", "CONFIG_OTHER=y\n");
	build(&f, "base");
	assert_true(compiled(&f, "a.o"));
	assert_non_null(strstr(read_text(&f, f.answer.config), "CONFIG_OTHER=y"));
	world_release(&f.world);
}

/* Everything that make made, and what we noted behind it, is an hour ahead. */
static void set_clock_back(struct fixture *f)
{
	static const char *const made[] = { "guest/a.o", "guest/b.o", "guest/arch/x86/boot/bzImage",
					    "guest.state" };
	struct timespec then[2];

	clock_gettime(CLOCK_REALTIME, &then[0]);
	then[0].tv_sec += 3600;
	then[1] = then[0];
	for (size_t i = 0; i < ARRAY_SIZE(made); i++)
		assert_ok(utimensat(AT_FDCWD,
				    arena_printf(f->world.arena, "%s/kernels/v6.1.1/build/%s",
						 f->cache, made[i]),
				    then, 0));
}

static void a_clock_that_was_set_back_leaves_no_old_object_in_a_kernel(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f);
	change(&f, "patched", "base", "b.c",
	       "#include \"h.h\"\nint other(void)\n{\n\treturn H;\n}\n");
	build(&f, "base");
	set_clock_back(&f);
	build(&f, "patched");
	assert_true(compiled(&f, "b.o"));
	world_release(&f.world);
}

static void a_build_that_fails_is_data(void **state)
{
	struct fixture f;
	git_oid tree;

	(void)state;
	begin(&f);
	change(&f, "broken", "base", "b.c", "int b(void)\n{\n\treturn nothing;\n}\n");
	change(&f, "unconfigured", "base", "Kconfig", "Kconfig:1: broken\n");
	build(&f, "base");
	build(&f, "broken");
	assert_false(f.answer.built);
	assert_null(f.answer.image);
	assert_null(f.answer.release);
	assert_complaints(&f, 3, "'nothing' undeclared");
	assert_non_null(strstr(read_text(&f, f.answer.log), "nothing"));
	tree = tree_of(&f, "broken");

	struct build_ask ask = { .target = "v6.1.1", .tree = &tree, .config = &f.config };

	assert_int_equal(build_cached(f.world.arena, site(&f), &ask, &f.answer), 1);
	assert_false(f.answer.built);
	assert_complaints(&f, 3, "'nothing' undeclared");
	forget(&f);
	assert_int_equal(build_cached(f.world.arena, site(&f), &ask, &f.answer), 0);
	/* What failed left nothing behind. */
	build(&f, "base");
	assert_true(f.answer.built);
	assert_complaints(&f, 1, "unused variable 'old'");
	build(&f, "unconfigured");
	assert_false(f.answer.built);
	assert_complaints(&f, 1, "broken");
	build(&f, "base");
	assert_true(f.answer.cached);
	world_release(&f.world);
}

static void what_the_machine_lacks_is_no_fault_of_a_kernel(void **state)
{
	struct fixture f;
	char *lock;
	int fd;

	(void)state;
	begin(&f);
	change(&f, "full", "base", "more.mk",
	       "bzImage: full\nfull:\n\t@echo 'write: No space left on device' >&2; exit 1\n");
	change(&f, "flexless", "base", "more.mk",
	       "bzImage: flexless\nflexless:\n\t@echo '/bin/sh: 1: flex: not found' >&2; exit 1\n");
	assert_fails(build_with(&f, "full", false), FAIL_INFRA, "the disk is full");
	assert_fails(build_with(&f, "flexless", false), FAIL_INFRA, "ci/need.sh");
	/* As the kernel's OOM killer does: one program, a shell's child, make itself. */
	change(&f, "oom", "base", "more.mk", "bzImage: oom\noom:\n\t@kill -9 $$$$\n");
	change(&f, "oomed", "base", "more.mk",
	       "bzImage: oomed\noomed:\n\t@sh -c 'kill -9 $$$$'; exit $$?\n");
	change(&f, "gone", "base", "more.mk", "bzImage: gone\ngone:\n\t@kill -9 $$PPID\n");
	assert_fails(build_with(&f, "oom", false), FAIL_INFRA, "killed: out of memory?");
	assert_fails(build_with(&f, "oomed", false), FAIL_INFRA, "killed: out of memory?");
	assert_fails(build_with(&f, "gone", false), FAIL_INFRA, "out of memory?");
	f.config.compiler = "gcc-of-tomorrow";
	assert_fails(build_with(&f, "base", false), FAIL_INFRA, "no compiler 'gcc-of-tomorrow'");
	f.config.compiler = NULL;
	f.config.nfragments = 1;
	f.config.fragments = (const char *[]){ "three" };
	assert_fails(build_with(&f, "base", false), FAIL_USAGE, "there is no fragment three");
	f.config =
		(struct build_config){ .name = "guest", .fragments = fragments, .nfragments = 2 };
	lock = arena_printf(f.world.arena, "%s/kernels/v6.1.1/lock", f.cache);
	fd = open(lock, O_RDWR | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(flock(fd, LOCK_EX), 0);
	assert_fails(build_with(&f, "base", false), FAIL_BUSY, "another run is building v6.1.1");
	close(fd);
	build(&f, "base");
	assert_true(f.answer.built);
	world_release(&f.world);
}

static bool stop_compiling(void *data, const char *what, uint64_t done, uint64_t total,
			   const char *unit)
{
	(void)data;
	(void)total;
	(void)unit;
	return !strstr(what, "compiling") || !done;
}

static void a_build_that_is_stopped_goes_on_later(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f);
	change(&f, "slow", "base", "more.mk", "bzImage: slow\nslow: $(OBJS)\n\t@sleep 2\n");
	f.progress.step = stop_compiling;
	assert_fails(build_with(&f, "slow", false), FAIL_INTERRUPTED, "v6.1.1");
	f.progress.step = NULL;
	build(&f, "slow");
	assert_true(f.answer.built);
	assert_complaints(&f, 1, "unused variable 'old'");
	world_release(&f.world);
}

static void a_hostile_build_reaches_nothing_of_ours(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f);
	if (f.sandbox.kind == SANDBOX_NONE)
		skip();
	world_write(&f.world, "secret", "a secret\n");
	setenv("SECRET_OF_THE_CALLER", "secret-value", 1);
	change(&f, "hostile", "base", "more.mk",
	       arena_printf(f.world.arena,
			    "bzImage: hostile\nhostile: $(O)/arch/x86/boot/bzImage\n"
			    "\t@ln -sf %s/secret $(O)/arch/x86/boot/bzImage\n"
			    "\t@! touch a.c; ! cat %s/secret; ! env | grep SECRET\n",
			    f.world.dir, f.world.dir));
	assert_fails(build_with(&f, "hostile", false), FAIL_INFRA, "the build left no");
	change(&f, "linked", "base", "more.mk",
	       arena_printf(f.world.arena,
			    "bzImage: linked\nlinked: $(O)/arch/x86/boot/bzImage\n"
			    "\t@mv $(O)/arch $(O)/was; ln -s %s $(O)/arch\n",
			    f.world.dir));
	assert_fails(build_with(&f, "linked", false), FAIL_INFRA, "the build left no");
	build(&f, "base");
	assert_true(f.answer.built);
	world_release(&f.world);
}

static void selftests_are_shared_by_trees_that_have_the_same(void **state)
{
	static const char *const wanted[] = { "top", "good", "bad", "absent", "good" };
	static const char *const odd[] = { "../../escape" };
	struct fixture f;
	struct build_tests tests;
	git_oid base, patched, tested;

	(void)state;
	begin(&f);
	change(&f, "patched", "base", "b.c", "int b(void)\n{\n\treturn 2;\n}\n");
	change(&f, "tested", "base", "tools/testing/selftests/kvm/x86/absent.c",
	       "int main(void)\n{\n\treturn 0;\n}\n");
	base = tree_of(&f, "base");
	patched = tree_of(&f, "patched");
	tested = tree_of(&f, "tested");
	build(&f, "patched");
	assert_ok(build_selftests(f.world.arena, site(&f), "v6.1.1", &base, wanted, 5, &tests));
	assert_false(tests.cached);
	assert_int_equal(tests.n, 2);
	assert_string_equal(tests.names[0], "good");
	assert_string_equal(tests.names[1], "top");
	assert_int_equal(tests.nfailed, 2);
	assert_string_equal(tests.failed[0], "absent");
	assert_string_equal(tests.failed[1], "bad");
	assert_non_null(strstr(read_text(&f, tests.log), "'nothing' undeclared"));
	assert_int_equal(system(arena_printf(f.world.arena, "%s/good", tests.dir)), 0);
	/* They are what the other tree has, and its sources were left as they are. */
	forget(&f);
	build(&f, "patched");
	assert_false(compiled(&f, "b.o"));
	assert_ok(build_selftests(f.world.arena, site(&f), "v6.1.1", &base, wanted, 5, &tests));
	assert_ok(build_selftests(f.world.arena, site(&f), "v6.1.1", &patched, wanted, 5, &tests));
	assert_true(tests.cached);
	assert_int_equal(tests.nfailed, 2);
	assert_ok(build_selftests(f.world.arena, site(&f), "v6.1.1", &tested, wanted, 5, &tests));
	assert_false(tests.cached);
	assert_int_equal(tests.n, 3);
	assert_fails(build_selftests(f.world.arena, site(&f), "v6.1.1", &base, odd, 1, &tests),
		     FAIL_USAGE, "no name of a test");
	world_release(&f.world);
}

static void guest_tests_are_static_and_kept_by_what_they_are_made_of(void **state)
{
	static const char *const wanted[] = { "one", "bad", "absent" };
	struct fixture f;
	struct build_tests tests;

	(void)state;
	begin(&f);
	world_write(&f.world, "ci/guest/own.h", "#define OWN 0\n");
	world_write(&f.world, "ci/guest/one.c",
		    "#include \"own.h\"\nint main(void)\n{\n\treturn OWN;\n}\n");
	world_write(&f.world, "ci/guest/bad.c", "int main(void)\n{\n\treturn nothing;\n}\n");
	assert_ok(build_guest_tests(f.world.arena, site(&f), wanted, 3, &tests));
	assert_int_equal(tests.n, 1);
	assert_string_equal(tests.names[0], "one");
	assert_int_equal(tests.nfailed, 2);
	assert_int_equal(system(arena_printf(f.world.arena, "%s/one", tests.dir)), 0);
	/* No interpreter: it needs no library. */
	assert_int_equal(system(arena_printf(f.world.arena, "! readelf -l %s/one | grep -q INTERP",
					     tests.dir)),
			 0);
	assert_ok(build_guest_tests(f.world.arena, site(&f), wanted, 3, &tests));
	assert_true(tests.cached);
	world_write(&f.world, "ci/guest/own.h", "#define OWN 3\n");
	assert_ok(build_guest_tests(f.world.arena, site(&f), wanted, 3, &tests));
	assert_false(tests.cached);
	assert_int_equal(system(arena_printf(f.world.arena, "%s/one", tests.dir)), 3 << 8);
	world_release(&f.world);
}

UNIT_MAIN(unit(a_kernel_is_built_once_and_then_taken_from_the_cache),
	  unit(symbols_that_did_not_stick_are_named_but_for_known_lacks),
	  unit(a_damaged_entry_is_built_anew), unit(what_was_not_compiled_again_still_complains),
	  unit(other_objects_or_a_killed_run_mean_from_nothing),
	  unit(a_clock_that_was_set_back_leaves_no_old_object_in_a_kernel),
	  unit(a_build_that_fails_is_data), unit(what_the_machine_lacks_is_no_fault_of_a_kernel),
	  unit(a_build_that_is_stopped_goes_on_later),
	  unit(a_hostile_build_reaches_nothing_of_ours),
	  unit(selftests_are_shared_by_trees_that_have_the_same),
	  unit(guest_tests_are_static_and_kept_by_what_they_are_made_of))
