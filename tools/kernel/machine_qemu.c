/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include "kernel/machine_driver.h"

#include <errno.h>
#include <fcntl.h>

#include "base/child.h"
#include "base/fail.h"

#define VERSION_DEADLINE_MS 20000

static const char *accel_of(const struct machine *machine)
{
	return machine->accel ? machine->accel : "tcg";
}

static int qemu_there(struct arena *arena, const struct machine *machine, char **why)
{
	const char *program = machine_program(machine), *accel = accel_of(machine);

	if (strcmp(accel, "kvm") && strcmp(accel, "tcg"))
		return fail_as(FAIL_USAGE, "machine \"%s\": no such accel: %s (kvm, tcg)",
			       machine->name, accel);
	if (!child_exists(program)) {
		*why = machine->program ? arena_printf(arena, "no such program: %s", program) :
					  arena_printf(arena,
						       "%s is not installed: apt install "
						       "qemu-system-x86 seabios",
						       program);
		return 0;
	}
	if (strcmp(accel, "kvm"))
		return 1;

	__free(fd) int fd = open("/dev/kvm", O_RDWR | O_CLOEXEC);

	if (fd >= 0)
		return 1;
	*why = errno == EACCES || errno == EPERM ?
		       arena_strdup(arena, "/dev/kvm cannot be opened: only root and the group kvm "
					   "may (adduser USER kvm)") :
		       arena_printf(arena, "/dev/kvm cannot be opened: %s", strerror(errno));
	return 0;
}

static char *qemu_version(struct arena *arena, const char *program)
{
	struct child_ask ask = { .argv = (const char *const[]){ program, "--version", NULL },
				 .deadline_ms = VERSION_DEADLINE_MS };
	struct child_answer answer;
	struct slice line;

	if (child_run(arena, &ask, &answer))
		return NULL;
	if (answer.status || !slice_line(&answer.out, &line) || slice_blank(line)) {
		fail("%s --version says nothing", program);
		return NULL;
	}
	return slice_str(arena, slice_trim(line));
}

/*
 * What the guest sees. TCG with its translations in 512 MiB, one thread for the one processor; KVM
 * without a way back to TCG: tests of nested virtualization that ran elsewhere prove nothing.
 */
static void add_hardware(struct arena *arena, struct machine_words *words,
			 const struct machine *machine)
{
	bool tcg = !strcmp(accel_of(machine), "tcg");

	machine_word(arena, words, "-machine");
	machine_word(arena, words, "q35");
	machine_word(arena, words, "-accel");
	machine_word(arena, words, tcg ? "tcg,thread=multi,tb-size=512" : "kvm");
	machine_word(arena, words, "-cpu");
	machine_word(arena, words, machine->cpu ? machine->cpu : tcg ? "max" : "host");
	machine_word(arena, words, "-smp");
	machine_word(arena, words, arena_printf(arena, "%u", machine->cpus ? machine->cpus : 1));
	machine_word(arena, words, "-m");
	machine_word(arena, words,
		     arena_printf(arena, "%u", machine->memory ? machine->memory : 4096));
	machine_word(arena, words, "-no-user-config");
	machine_word(arena, words, "-nodefaults");
	machine_word(arena, words, "-display");
	machine_word(arena, words, "none");
	machine_word(arena, words, "-monitor");
	machine_word(arena, words, "none");
	machine_word(arena, words, "-no-reboot");
}

static int qemu_launch(struct arena *arena, const struct machine_ask *ask, unsigned int attempt,
		       struct machine_launch *launch)
{
	struct machine_words *words = &launch->argv;
	const char *dir = machine_path(arena, ask->dir);

	machine_word(arena, words, machine_program(ask->machine));
	add_hardware(arena, words, ask->machine);
	/* A guest that gets out of its emulator starts no programs and becomes no other user. */
	if (!attempt) {
		machine_word(arena, words, "-sandbox");
		machine_word(
			arena, words,
			"on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny");
	}
	machine_word(arena, words, "-serial");
	machine_word(arena, words, arena_printf(arena, "file:%s/console", dir));
	machine_word(arena, words, "-serial");
	machine_word(arena, words, arena_printf(arena, "file:%s/ktap", dir));
	machine_word(arena, words, "-kernel");
	machine_word(arena, words, machine_path(arena, ask->kernel));
	machine_word(arena, words, "-initrd");
	machine_word(arena, words, machine_path(arena, ask->initrd));
	machine_word(arena, words, "-append");
	machine_word(arena, words, machine_cmdline(arena, ask->machine, ask->cmdline));
	machine_word(arena, words, NULL);
	return 0;
}

static void qemu_key(const struct machine *machine, struct text *key)
{
	__free(arena) struct arena *arena = arena_new();
	struct machine_words words = { 0 };

	add_hardware(arena, &words, machine);
	for (size_t i = 0; i < words.n; i++)
		text_addf(key, "%s%s", i ? " " : "", words.items[i]);
}

/* Its lines, without warnings and without its name before each, as one. */
static char *qemu_words(struct arena *arena, struct slice log)
{
	__free_text struct text words = TEXT_INIT;
	struct slice line;

	while (slice_line(&log, &line) && words.len < 400) {
		ptrdiff_t colon = slice_find(line, SLICE(": "));

		line = slice_trim(line);
		if (slice_starts(line, "qemu") && colon > 0)
			line = slice_skip(line, (size_t)colon + 2);
		if (!line.n || slice_find(line, SLICE("warning: ")) >= 0)
			continue;
		text_addf(&words, "%s" SLICE_FMT, words.len ? "; " : "", SLICE_ARG(line));
	}
	return words.len ? slice_str(arena, text_slice(&words)) : NULL;
}

/* Its own sandbox is not built in, or forbidden where we run. */
static bool qemu_refuses(struct slice log)
{
	return slice_find(log, SLICE("seccomp")) >= 0 || slice_find(log, SLICE("sandbox")) >= 0;
}

const struct machine_driver machine_qemu = {
	.program = "qemu-system-x86_64",
	.there = qemu_there,
	.version = qemu_version,
	.launch = qemu_launch,
	.attempts = 2,
	.key = qemu_key,
	.words = qemu_words,
	.refuses = qemu_refuses,
};
