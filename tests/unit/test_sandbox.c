/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/sandbox.h"

#include "base/child.h"
#include "base/file.h"
#include "unit.h"

/* A folder with sources and one to build in, and a sandbox of one kind. */
struct fixture {
	struct arena *arena;
	struct sandbox sandbox;
	char *dir;
	struct sandbox_bind binds[3];
};

static void begin(struct fixture *f, struct arena *arena, const char *kind)
{
	f->arena = arena;
	if (sandbox_probe(arena, kind, &f->sandbox)) {
		print_message("%s\n", fail_message());
		skip();
	}
	assert_ok(file_temp_dir(arena, "series-test", &f->dir));
	assert_ok(file_make_dirs(arena_printf(arena, "%s/source", f->dir)));
	assert_ok(file_make_dirs(arena_printf(arena, "%s/build", f->dir)));
	assert_ok(file_write(arena_printf(arena, "%s/source/file", f->dir), SLICE("text\n"), 0644));
	assert_ok(file_write(arena_printf(arena, "%s/one", f->dir), SLICE("single\n"), 0644));
	f->binds[0] = (struct sandbox_bind){ arena_printf(arena, "%s/source", f->dir),
					     "/series/source", false };
	f->binds[1] = (struct sandbox_bind){ arena_printf(arena, "%s/build", f->dir),
					     "/series/build", true };
	f->binds[2] = (struct sandbox_bind){ arena_printf(arena, "%s/one", f->dir), "/series/one",
					     false };
}

static void end(struct fixture *f)
{
	assert_ok(file_remove_tree(f->dir));
}

/* What a shell script says inside; its status is in the answer. */
static struct child_answer run(struct fixture *f, const char *script)
{
	const char *command[] = {
		"sh", "-c", script, "name", "/series/source/file", "O=/series/build", NULL
	};
	const char *env[] = { "GIVEN=/series/build/x", NULL };
	struct sandbox_ask ask = { f->binds, 3, env, "/series/build", command };
	struct child_ask child = { .argv = sandbox_argv(f->arena, &f->sandbox, &ask),
				   .deadline_ms = 60000 };
	struct child_answer answer;

	setenv("SECRET_OF_THE_CALLER", "secret-value", 1);
	assert_ok(child_run(f->arena, &child, &answer));
	return answer;
}

static char *say(struct fixture *f, const char *script)
{
	struct child_answer answer = run(f, script);

	if (answer.status)
		fail_msg("%s: %d " SLICE_FMT SLICE_FMT, script, answer.status,
			 SLICE_ARG(answer.out), SLICE_ARG(answer.err));
	return slice_str(f->arena, slice_trim(answer.out));
}

/* The script's commands all fail inside. */
static void cannot(struct fixture *f, const char *script)
{
	struct child_answer answer = run(f, script);

	if (!answer.status)
		fail_msg("%s: was possible, and said " SLICE_FMT, script, SLICE_ARG(answer.out));
}

/* What holds where there are namespaces of the command's own. */
static void check_confined(struct fixture *f)
{
	const char *home = getenv("HOME");

	/* Nothing but the loopback device, and that down. */
	assert_string_equal(say(f, "sed -n '3,$p' /proc/net/dev | cut -d: -f1 | tr -d ' '"), "lo");
	assert_string_equal(say(f, "sed 1d /proc/net/route | wc -l"), "0");
	cannot(f, "test -e /home || test -e /etc/passwd || test -e /var");
	if (home && strcmp(home, "/"))
		cannot(f, arena_printf(f->arena, "test -e '%s'", home));
	cannot(f, arena_printf(f->arena, "test -e %s", f->dir));
	cannot(f, "grep -q SECRET /proc/*/environ");
	cannot(f, "touch /series/source/new");
	cannot(f, "echo x >/series/source/file");
	cannot(f, "echo x >/series/one");
	cannot(f, "rm /series/source/file");
	cannot(f, "touch /usr/new");
	cannot(f, "mount -t tmpfs tmpfs /series/source");
	cannot(f, "umount /series/source");
	cannot(f, "mount -o remount,rw /series/source || mount -o remount,bind,rw /series/source");
	cannot(f, "read x </proc/sys/kernel/hostname && echo \"$x\" >/proc/sys/kernel/hostname");
	cannot(f, "read x </proc/sys/kernel/panic && echo \"$x\" >/proc/sys/kernel/panic");
	cannot(f, "chown 0 /series/build");
	assert_string_equal(say(f, "id -u"), "65534");
	assert_string_equal(say(f, "grep -E 'Cap(Inh|Prm|Eff|Amb)' /proc/self/status | "
				   "grep -vc 0000000000000000 || true"),
			    "0");
	/* Processes of the outside are not seen. */
	assert_string_equal(say(f, "ls -d /proc/[0-9]* | wc -l | sed 's/^[1-9]$/few/'"), "few");
}

/* What holds everywhere. */
static void check_given(struct fixture *f)
{
	struct slice text;

	cannot(f, "env | grep SECRET");
	assert_string_equal(say(f, "echo $HOME $LC_ALL $TMPDIR"), "/tmp C /tmp");
	assert_string_equal(say(f, "cat \"$1\""), "text");
	assert_string_equal(say(f, "cd \"${2#O=}\" && touch there && cat ../source/file; ls"),
			    "text\nthere");
	assert_string_equal(say(f, "echo built >\"${GIVEN}\"; cat x"), "built");
	assert_int_equal(
		file_read(f->arena, arena_printf(f->arena, "%s/build/x", f->dir), 100, &text), 1);
	assert_slice(text, "built\n");
	assert_int_equal(run(f, "exit 7").status, 7);
}

static void bubblewrap_confines(void **state)
{
	struct fixture f;

	begin(&f, *state, "bubblewrap");
	check_given(&f);
	check_confined(&f);
	end(&f);
}

static void unshare_confines(void **state)
{
	struct fixture f;

	begin(&f, *state, "unshare");
	check_given(&f);
	check_confined(&f);
	end(&f);
}

static void without_either_the_real_paths_are_used_and_that_is_said(void **state)
{
	struct fixture f;

	begin(&f, *state, "none");
	check_given(&f);
	assert_non_null(strstr(f.sandbox.why, "with your own rights"));
	assert_string_equal(say(&f, "pwd"), arena_printf(*state, "%s/build", f.dir));
	end(&f);
}

static void only_whole_names_are_replaced(void **state)
{
	static const struct sandbox_bind binds[] = { { "/a/b", "/in", true },
						     { "/c", "/in/deep", true } };
	static const char *const command[] = { "x",	  "/in/y",	"O=/in",   "/inside",
					       "-I/in/z", "/in/deep/w", "a=b=/in", NULL };
	const struct sandbox_ask ask = { binds, 2, NULL, "/in", command };
	const struct sandbox none = { .kind = SANDBOX_NONE };
	const char *const *argv = sandbox_argv(*state, &none, &ask);

	while (strcmp(*argv, "x"))
		argv++;
	assert_string_equal(argv[1], "/a/b/y");
	assert_string_equal(argv[2], "O=/a/b");
	assert_string_equal(argv[3], "/inside");
	assert_string_equal(argv[4], "-I/in/z");
	assert_string_equal(argv[5], "/c/w");
	assert_string_equal(argv[6], "a=b=/in");
	assert_null(argv[7]);
	assert_string_equal(sandbox_path(*state, &none, &ask, "/in/q"), "/a/b/q");
}

static void the_best_that_works_is_taken_and_an_unknown_one_refused(void **state)
{
	static const char *const kinds[] = { "bubblewrap", "unshare", "none" };
	struct sandbox sandbox, one;

	assert_ok(sandbox_probe(*state, NULL, &sandbox));
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (sandbox_probe(*state, kinds[i], &one))
			continue;
		assert_int_equal(sandbox.kind, one.kind);
		break;
	}
	assert_true(!sandbox.why == (sandbox.kind != SANDBOX_NONE));
	assert_fails(sandbox_probe(*state, "jail", &sandbox), FAIL_USAGE, "'jail' is no sandbox");
	/* What is not installed is said. */
	setenv("PATH", "/nowhere", 1);
	assert_fails(sandbox_probe(*state, "bubblewrap", &sandbox), FAIL_INFRA,
		     "bwrap is not installed");
}

UNIT_MAIN(unit(bubblewrap_confines), unit(unshare_confines),
	  unit(without_either_the_real_paths_are_used_and_that_is_said),
	  unit(only_whole_names_are_replaced),
	  unit(the_best_that_works_is_taken_and_an_unknown_one_refused))
