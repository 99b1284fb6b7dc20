/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Machines are emulators made of a few lines of shell: they write what a kernel would write into the
 * files that QEMU's command line names.
 */
#define _GNU_SOURCE
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "unit.h"

#include "base/file.h"
#include "kernel/machine.h"

/* What every fake begins with: $console and $ktap are the files of the two ports. */
static const char prelude[] = "#!/bin/sh\n"
			      "case $1 in --version) echo 'Fake emulator 1'; exit;; esac\n"
			      "for word; do case $word in\n"
			      "file:*/console) console=${word#file:} ;;\n"
			      "file:*/ktap) ktap=${word#file:} ;;\n"
			      "esac; done\n"
			      ": >$console; : >$ktap\n"
			      "say() { echo \"[    1.000000] $*\" >>$console; }\n"
			      "boot() { say 'Linux version 6.12.73 (a@b) (gcc 12) #base SMP'; }\n"
			      "init() { boot; say 'series: init'; }\n";

struct fake {
	char *dir; /* all below it */
	struct machine machine;
	struct machine_ask ask;
	struct machine_answer answer;
};

static struct fake *fake(struct arena *arena, const char *script)
{
	struct fake *fake = arena_new_of(arena, struct fake);
	char *text = arena_printf(arena, "%s%s\n", prelude, script), *kernel;

	assert_ok(file_temp_dir(arena, "test machine", &fake->dir));
	kernel = arena_printf(arena, "%s/kernel", fake->dir);
	assert_ok(file_write(kernel, SLICE("kernel"), 0644));
	fake->machine = (struct machine){
		.name = "fake",
		.kind = MACHINE_QEMU,
		.accel = "tcg",
		.program = arena_printf(arena, "%s/fake", fake->dir),
		.cmdline = "a=b",
		.memory = 512,
		.cpus = 1,
		.wall = 60,
		.silence = 60,
	};
	assert_ok(file_write(fake->machine.program, slice_of(text), 0755));
	fake->ask = (struct machine_ask){
		.machine = &fake->machine,
		.kernel = kernel,
		.initrd = kernel,
		.cmdline = "series.mark=base",
		.dir = arena_printf(arena, "%s/run", fake->dir),
		.title = "v6.12.73 base",
	};
	return fake;
}

static void fake_done(struct fake *fake)
{
	assert_ok(file_remove_tree(fake->dir));
}

static char *content(struct arena *arena, const struct fake *fake, const char *name)
{
	struct slice text;

	if (file_read(arena, arena_printf(arena, "%s/%s", fake->ask.dir, name), 1 << 20, &text) !=
	    1)
		fail_msg("no %s", name);
	return slice_str(arena, text);
}

/* Run it; how it ended, and that `why` holds these words. */
static void ends(struct arena *arena, struct fake *fake, enum machine_end end, const char *why)
{
	struct machine_answer read;

	assert_ok(machine_run(arena, &fake->ask, &fake->answer));
	if (fake->answer.end != end || !strstr(fake->answer.why, why))
		fail_msg("%s: \"%s\" does not say \"%s\"", machine_end_word(fake->answer.end),
			 fake->answer.why, why);
	/* What is kept of it says the same. */
	assert_int_equal(machine_read(arena, fake->ask.dir, &read), 1);
	assert_int_equal(read.end, end);
	assert_string_equal(read.why, fake->answer.why);
	assert_true(read.wall_seconds - fake->answer.wall_seconds < 0.001);
}

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Has the process whose number is in a file of the fake's gone (a zombie counts) within two seconds? */
static bool gone(struct arena *arena, const struct fake *fake, const char *name)
{
	struct slice text;
	long pid = 0;

	if (file_read(arena, arena_printf(arena, "%s/%s", fake->dir, name), 100, &text) == 1)
		pid = strtol(slice_str(arena, text), NULL, 10);
	assert_true(pid > 1);
	for (int i = 0; i < 200; i++) {
		if (file_read(arena, arena_printf(arena, "/proc/%ld/stat", pid), 4096, &text) !=
			    1 ||
		    slice_find(text, SLICE(") Z ")) >= 0)
			return true;
		usleep(10000);
	}
	return false;
}

static void what_the_guest_says_is_what_counts(void **state)
{
	struct fake *f = fake(*state, "init; say 'series: begin a_test'; sleep 0.1\n"
				      "say 'series: end a_test 0 0'; echo 'ok 1 a_test' >>$ktap\n"
				      "say 'series: done 1'; echo 'words' >&2; exit 33");

	ends(*state, f, MACHINE_DONE, "");
	assert_string_equal(content(*state, f, "ktap"), "ok 1 a_test\n");
	assert_string_equal(content(*state, f, "machine.log"), "words\n");
	assert_non_null(strstr(content(*state, f, "console"), "series: done 1"));
	assert_true(f->answer.wall_seconds >= 0.1 && f->answer.wall_seconds < 20);
	fake_done(f);
}

static void the_command_can_be_pasted_into_a_shell(void **state)
{
	struct fake *f = fake(*state, "for word; do echo \"$word\"; done >$ktap; init\n"
				      "say 'series: done 1'");
	char *command, *words;

	ends(*state, f, MACHINE_DONE, "");
	command = content(*state, f, "command");
	words = content(*state, f, "ktap");
	assert_non_null(strstr(words, "\nconsole=ttyS0,115200 panic=-1 printk.devkmsg=on a=b "
				      "series.mark=base\n"));
	assert_non_null(strstr(words, "\n-m\n512\n"));
	assert_non_null(strstr(words, "\n-no-reboot\n"));
	assert_int_equal(unlink(arena_printf(*state, "%s/ktap", f->ask.dir)), 0);
	assert_int_equal(system(command), 0);
	assert_string_equal(content(*state, f, "ktap"), words);
	fake_done(f);
}

static void one_that_does_not_power_off_is_ended(void **state)
{
	struct fake *f = fake(*state, "echo $$ >${0%/*}/pid; init; say 'series: done 1'; sleep 60");
	double start = seconds();

	ends(*state, f, MACHINE_DONE, "");
	assert_true(seconds() - start < 20);
	assert_true(gone(*state, f, "pid"));
	fake_done(f);
}

static void a_panic_is_one_with_its_trace(void **state)
{
	struct fake *f = fake(*state, "init; say 'series: begin a_test'\n"
				      "say 'Kernel panic - not syncing: Fatal exception'\n"
				      "sleep 0.2; say 'Call Trace:'; exit 0");

	ends(*state, f, MACHINE_PANIC, "Fatal exception, while a_test ran");
	assert_non_null(strstr(content(*state, f, "console"), "Call Trace"));
	fake_done(f);

	/* At boot, and in an emulator that goes on. */
	f = fake(*state, "boot; say 'Kernel panic - not syncing: VFS: no root'\n"
			 "sleep 0.5; say 'Call Trace:'; sleep 60");
	ends(*state, f, MACHINE_PANIC, "VFS: no root, while it booted");
	assert_non_null(strstr(content(*state, f, "console"), "Call Trace"));
	assert_true(f->answer.wall_seconds < 20);
	fake_done(f);
}

static void silence_has_its_limit(void **state)
{
	struct fake *f = fake(*state, "echo $$ >${0%/*}/pid; init\n"
				      "say 'series: begin a_test'; sleep 60");

	f->machine.silence = 1;
	ends(*state, f, MACHINE_SILENT, "nothing came for 1 s, while a_test ran");
	assert_true(gone(*state, f, "pid"));
	assert_true(f->answer.wall_seconds >= 1 && f->answer.wall_seconds < 20);
	fake_done(f);

	/* The second port counts too. */
	f = fake(*state,
		 "init; i=0; while [ $i -lt 16 ]; do echo x >>$ktap; sleep 0.1; i=$((i+1))\n"
		 "done; say 'series: done 1'");
	f->machine.silence = 1;
	ends(*state, f, MACHINE_DONE, "");
	fake_done(f);
}

static void time_has_its_limit(void **state)
{
	struct fake *f = fake(*state, "init; while :; do say hello; sleep 0.1; done");

	f->machine.wall = 1;
	ends(*state, f, MACHINE_LATE, "not done after 1 s, between tests");
	fake_done(f);
}

static void so_has_what_a_port_may_give(void **state)
{
	struct fake *f = fake(*state, "init; say 'series: begin a_test'\n"
				      "head -c 70000000 /dev/zero >>$ktap; sleep 60");

	ends(*state, f, MACHINE_LATE, "it wrote more than 64 MiB, while a_test ran");
	assert_true(f->answer.wall_seconds < 30);
	fake_done(f);
}

static void one_that_ends_before_it_is_done_died(void **state)
{
	struct fake *f = fake(*state, "init; say 'series: begin a_test'\n"
				      "echo 'qemu-system-x86_64: KVM internal error' >&2; exit 5");

	ends(*state, f, MACHINE_DIED,
	     "the machine ended, while a_test ran: it exited with 5: KVM internal error");
	fake_done(f);
	f = fake(*state, "init; kill -SEGV $$");
	ends(*state, f, MACHINE_DIED, "between tests: it was ended by signal 11");
	fake_done(f);
}

static void one_that_refuses_is_asked_for_less_once_and_says_why(void **state)
{
	struct fake *f = fake(*state,
			      "echo 'qemu-system-x86_64: warning: old' >&2\n"
			      "echo \"qemu-system-x86_64: could not load kernel 'x'\" >&2; exit 1");

	ends(*state, f, MACHINE_NOT_STARTED, "/fake: could not load kernel 'x'");
	assert_null(strstr(f->answer.why, "warning"));
	fake_done(f);

	f = fake(*state,
		 "echo x >>${0%/*}/times\n"
		 "case \" $* \" in *' -sandbox '*)\n"
		 "echo 'qemu-system-x86_64: -sandbox: seccomp is not there' >&2; exit 1;; esac\n"
		 "init; say 'series: done 1'");
	ends(*state, f, MACHINE_DONE, "");
	assert_null(strstr(content(*state, f, "command"), "-sandbox"));
	f->ask.dir = f->dir;
	assert_string_equal(content(*state, f, "times"), "x\nx\n");
	fake_done(f);
}

static void one_without_a_word_of_a_kernel_says_nothing_about_it(void **state)
{
	struct fake *f = fake(*state, "exit 0");

	ends(*state, f, MACHINE_NO_KERNEL, "it exited with 0");
	fake_done(f);
	f = fake(*state, "echo 'SeaBIOS' >>$console; sleep 60");
	f->machine.silence = 1;
	ends(*state, f, MACHINE_NO_KERNEL, "and no kernel said a word");
	fake_done(f);
}

static void what_is_missing_is_named_with_its_package(void **state)
{
	struct fake *f = fake(*state, "exit 0");
	char *path = arena_strdup(*state, getenv("PATH")), *why = NULL;

	setenv("PATH", f->dir, 1);
	f->machine.program = NULL;
	assert_int_equal(machine_there(*state, &f->machine, &why), 0);
	assert_non_null(strstr(why, "apt install qemu-system-x86"));
	ends(*state, f, MACHINE_NOT_STARTED, "apt install qemu-system-x86");
	f->machine.kind = MACHINE_BOCHS;
	assert_int_equal(machine_there(*state, &f->machine, &why), 0);
	assert_non_null(strstr(why, "apt install bochs bochs-term"));
	assert_non_null(strstr(why, " xorriso"));
	assert_null(machine_version(*state, &f->machine));
	setenv("PATH", path, 1);

	f->machine.program = "/no/such/emulator";
	assert_int_equal(machine_there(*state, &f->machine, &why), 0);
	assert_non_null(strstr(why, "no such program: /no/such/emulator"));
	f->machine.kind = MACHINE_QEMU;
	f->machine.accel = "magic";
	assert_fails(machine_there(*state, &f->machine, &why), FAIL_USAGE, "no such accel: magic");
	fake_done(f);
}

static void a_key_says_everything_but_where(void **state)
{
	struct fake *f = fake(*state, "exit 0"), *g = fake(*state, "exit 0");
	char *key = machine_key(*state, &f->machine);

	assert_non_null(key);
	assert_string_equal(machine_version(*state, &f->machine), "Fake emulator 1");
	assert_non_null(strstr(key, "Fake emulator 1"));
	assert_non_null(strstr(key, "-m 512"));
	assert_non_null(strstr(key, "a=b"));
	assert_null(strstr(key, f->dir));
	assert_string_equal(key, machine_key(*state, &g->machine));
	g->machine.memory = 1024;
	assert_string_not_equal(key, machine_key(*state, &g->machine));
	g->machine = f->machine;
	g->machine.cmdline = "";
	assert_string_not_equal(key, machine_key(*state, &g->machine));
	/* The same version, built anew. */
	assert_ok(file_write(f->machine.program,
			     slice_of(arena_printf(*state, "%sexit 1\n", prelude)), 0755));
	assert_string_not_equal(key, machine_key(*state, &f->machine));
	fake_done(f);
	fake_done(g);
}

static void an_earlier_run_leaves_nothing_in_the_folder(void **state)
{
	struct fake *f = fake(*state, "exit 3");
	struct machine_answer answer;

	assert_int_equal(machine_read(*state, f->ask.dir, &answer), 0);
	assert_ok(file_make_dirs(f->ask.dir));
	assert_ok(file_write(
		arena_printf(*state, "%s/console", f->ask.dir),
		SLICE("[    0.000000] Linux version 1\n[    1.000000] series: done 1\n"), 0644));
	assert_ok(file_write(arena_printf(*state, "%s/end", f->ask.dir), SLICE("{\"end\":"), 0644));
	assert_int_equal(machine_read(*state, f->ask.dir, &answer), 0);
	ends(*state, f, MACHINE_NOT_STARTED, "it exited with 3");
	fake_done(f);
}

static bool stop_in_a_test(void *data, const char *what, uint64_t done, uint64_t total,
			   const char *unit)
{
	(void)done;
	(void)total;
	(void)unit;
	if (strcmp(what, "v6.12.73 base: booting") && strcmp(what, "v6.12.73 base: between tests"))
		*(char **)data = strdup(what);
	return !*(char **)data;
}

static void who_waits_is_told_what_runs_and_may_stop_it(void **state)
{
	struct fake *f = fake(*state, "echo $$ >${0%/*}/pid; init; sleep 0.1\n"
				      "printf '[    1.000000] series: begin a_te' >>$console\n"
				      "sleep 0.3; echo st >>$console; sleep 60");
	char *seen = NULL;
	struct progress progress = { stop_in_a_test, &seen };
	struct machine_answer answer;

	f->ask.progress = &progress;
	assert_fails(machine_run(*state, &f->ask, &answer), FAIL_INTERRUPTED, "was interrupted");
	assert_string_equal(seen, "v6.12.73 base: a_test"); /* not half of it */
	free(seen);
	assert_true(gone(*state, f, "pid"));
	/* It did not get to its end, so it has none. */
	assert_int_equal(machine_read(*state, f->ask.dir, &answer), 0);
	fake_done(f);
}

static void when_we_are_killed_the_machine_ends(void **state)
{
	struct fake *f =
		fake(*state,
		     "init; sleep 60 & echo $! >${0%/*}/child\n"
		     "echo $$ >\"${0%/*}/p\" && mv \"${0%/*}/p\" \"${0%/*}/pid\"; sleep 60; wait");
	struct machine_answer answer;
	char *pid = arena_printf(*state, "%s/pid", f->dir);
	pid_t we = fork();

	if (!we)
		_exit(machine_run(*state, &f->ask, &answer) != 0);
	for (int i = 0; i < 1000 && file_kind(pid) != 2; i++)
		usleep(10000);
	kill(we, SIGKILL);
	waitpid(we, NULL, 0);
	assert_true(gone(*state, f, "pid"));
	assert_true(gone(*state, f, "child"));
	assert_int_equal(machine_read(*state, f->ask.dir, &answer), 0);
	fake_done(f);
}

/* For /proc, which is written at once or not at all. */
static bool put(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");
	bool put = file && fputs(text, file) >= 0;

	return file && !fclose(file) && put;
}

/* A name space of our own to mount in; as somebody without rights, inside of one where we have them. */
static bool may_mount(void)
{
	char uid[64], gid[64];

	snprintf(uid, sizeof(uid), "0 %u 1", geteuid());
	snprintf(gid, sizeof(gid), "0 %u 1", getegid());
	return (!unshare(CLONE_NEWNS) ||
		(!unshare(CLONE_NEWUSER | CLONE_NEWNS) && put("/proc/self/uid_map", uid) &&
		 put("/proc/self/setgroups", "deny") && put("/proc/self/gid_map", gid))) &&
	       !mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL);
}

/* In a process of its own, with a small file system over the run's folder. 2: not allowed here. */
static int run_on_a_full_disk(struct arena *arena, struct fake *f)
{
	struct machine_answer answer;

	if (file_make_dirs(f->ask.dir) || !may_mount() ||
	    mount("none", f->ask.dir, "tmpfs", 0, "size=64k"))
		return 2;
	fail_clear();
	if (machine_run(arena, &f->ask, &answer) != -1)
		return 1;
	return fail_kind() == FAIL_INFRA && strstr(fail_message(), "the disk is full") ? 0 : 3;
}

static void a_full_disk_is_no_silence(void **state)
{
	/* One that says nothing of it, as QEMU does, one that complains. */
	static const char *const scripts[] = {
		"init; head -c 100000 /dev/zero >>$ktap 2>/dev/null; sleep 60",
		"init; echo 'cannot write: No space left on device' >&2; exit 1",
		/* The console's last words found room, most of the results did not. */
		"init; say 'series: done 2'; head -c 100000 /dev/zero >>$ktap 2>/dev/null"
	};

	for (size_t i = 0; i < ARRAY_SIZE(scripts); i++) {
		struct fake *f = fake(*state, scripts[i]);
		double start = seconds();
		pid_t pid = fork();
		int status;

		if (!pid)
			_exit(run_on_a_full_disk(*state, f));
		assert_int_equal(waitpid(pid, &status, 0), pid);
		fake_done(f);
		assert_true(WIFEXITED(status));
		if (WEXITSTATUS(status) == 2)
			skip();
		assert_int_equal(WEXITSTATUS(status), 0);
		assert_true(seconds() - start < 20);
	}
}

static void bochs_boots_from_a_cd(void **state)
{
	struct fake *f = fake(*state, "exit 0");
	static const char script[] =
		"#!/bin/sh\n"
		"case $* in --help*) echo '  Bochs x86 Emulator 9'; echo '-rc file'; exit;; esac\n"
		"grep -q '^display_library: nogui' bochsrc || {\n"
		"echo 'Bochs is exiting with the following message:'\n"
		"echo \"[ ] bochsrc:2: display library 'term' not available\"; exit 1; }\n"
		"[ -s cd.iso ] && [ -s bochs.go ] || exit 9\n"
		"echo '[    0.000000] Linux version 6.12.73' >console\n"
		"echo '[    0.000000] series: init' >>console\n"
		"echo '[    0.000000] series: done 1' >>console; grep APPEND isolinux.cfg >ktap; exit 1\n";
	char *why;

	f->machine.kind = MACHINE_BOCHS;
	f->machine.cpu = "corei7_icelake_u";
	assert_ok(file_write(f->machine.program, slice_of(script), 0755));
	if (!machine_there(*state, &f->machine, &why)) {
		fake_done(f);
		skip();
	}
	assert_string_equal(machine_version(*state, &f->machine), "Bochs x86 Emulator 9");
	ends(*state, f, MACHINE_DONE, "");
	assert_non_null(strstr(content(*state, f, "ktap"), "console=ttyS0,115200 panic=-1"));
	assert_non_null(strstr(content(*state, f, "bochsrc"), "model=corei7_icelake_u"));
	assert_non_null(strstr(content(*state, f, "bochsrc"), "memory: guest=512, host=512"));
	assert_non_null(strstr(content(*state, f, "command"), "xorriso"));
	assert_int_equal(file_kind(arena_printf(*state, "%s/cd.iso", f->ask.dir)), 0);
	fake_done(f);
}

UNIT_MAIN(unit(what_the_guest_says_is_what_counts), unit(the_command_can_be_pasted_into_a_shell),
	  unit(one_that_does_not_power_off_is_ended), unit(a_panic_is_one_with_its_trace),
	  unit(silence_has_its_limit), unit(time_has_its_limit), unit(so_has_what_a_port_may_give),
	  unit(one_that_ends_before_it_is_done_died),
	  unit(one_that_refuses_is_asked_for_less_once_and_says_why),
	  unit(one_without_a_word_of_a_kernel_says_nothing_about_it),
	  unit(what_is_missing_is_named_with_its_package), unit(a_key_says_everything_but_where),
	  unit(an_earlier_run_leaves_nothing_in_the_folder),
	  unit(who_waits_is_told_what_runs_and_may_stop_it),
	  unit(when_we_are_killed_the_machine_ends), unit(a_full_disk_is_no_silence),
	  unit(bochs_boots_from_a_cd))
