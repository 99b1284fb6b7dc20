/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Machine: something that boots a kernel: QEMU, with KVM or with TCG, and Bochs.
 *
 * One process group that always dies, also when we are killed. It is judged by what the guest
 * printed, never by its exit code. Everything about a run is kept in its folder:
 *	command		the command line, to be pasted into a shell
 *	console		the first serial port
 *	ktap		the second
 *	machine.log	what the emulator itself said
 *	end		how it ended, as struct machine_answer (JSON)
 */
#ifndef SERIES_KERNEL_MACHINE_H
#define SERIES_KERNEL_MACHINE_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/progress.h"

enum machine_kind { MACHINE_QEMU, MACHINE_BOCHS };

struct machine {
	const char *name; /* "tcg": [machine "tcg"] of ci/matrix.conf */
	enum machine_kind kind;
	const char *accel;   /* of QEMU: "kvm", "tcg" */
	const char *program; /* NULL: qemu-system-x86_64, bochs, from PATH */
	const char *cpu;     /* "max"; of Bochs: its model */
	const char *vendor;  /* what the guest must have: "kvm_amd", "kvm_intel", "any" */
	const char *cmdline; /* further words for the kernel; "" */
	unsigned int memory; /* MiB */
	unsigned int cpus;
	unsigned int wall;    /* seconds from start to end, at most */
	unsigned int silence; /* seconds without a byte on either port, at most */
};

/*
 * Can it run here: is the program there, does /dev/kvm open (accel kvm)? 1; 0 with `why` (what is missing,
 * what to install), -1. That an accelerator boots a kernel is found out by machine_run() alone.
 */
int machine_there(struct arena *arena, const struct machine *machine, char **why);
/* "QEMU emulator version 7.2.22 (Debian ...)"; NULL with fail(). */
char *machine_version(struct arena *arena, const struct machine *machine);
/* Everything of it that a result depends on: command line without paths, version. Owned by the arena. */
char *machine_key(struct arena *arena, const struct machine *machine);

enum machine_end {
	MACHINE_DONE, /* the guest said that it is done */
	MACHINE_PANIC,
	MACHINE_SILENT,	     /* nothing came for `silence` seconds */
	MACHINE_LATE,	     /* `wall` seconds passed */
	MACHINE_DIED,	     /* it ended although the guest was not done */
	MACHINE_NOT_STARTED, /* the emulator refused: infrastructure */
	MACHINE_NO_KERNEL,   /* it ran, and no kernel said a word: infrastructure */
	MACHINE_ENDS
};
const char *machine_end_word(enum machine_end end); /* "done", "panic", "silent" ... */

struct machine_ask {
	const struct machine *machine;
	const char *kernel, *initrd; /* paths */
	const char *cmdline;	     /* further words, for this run: "series.mark=..."; "" */
	const char *dir;	     /* of the run; made, emptied of an earlier run's files */
	const char *title;	     /* for progress */
	const struct progress *progress;
};

struct machine_answer {
	enum machine_end end;
	char *why; /* in words: the panic's line, the emulator's own message, the test that was running */
	double wall_seconds, cpu_seconds;
};

/* 0 with the answer; -1 when we could not find out: a full disk, FAIL_INTERRUPTED. */
int machine_run(struct arena *arena, const struct machine_ask *ask, struct machine_answer *answer);
/* The answer of a run that ended, from its folder: 1, 0 (none, or not to its end), -1. */
int machine_read(struct arena *arena, const char *dir, struct machine_answer *answer);

#endif
