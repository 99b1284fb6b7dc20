/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Guest: what runs in a machine: our init, the tests of a plan, and what they say.
 *
 * The guest speaks through two serial ports. On the first one are the kernel's console and our init's marks
 * (kernel/console.h). On the second one is KTAP alone: one test per line of the plan, numbered as in the plan, its
 * output as notes, its subtests nested where the program itself speaks KTAP; before them
 * "# preflight KEY VALUE" lines, behind them "# verdict done N". Names of tests are unique in a plan.
 */
#ifndef SERIES_KERNEL_GUEST_H
#define SERIES_KERNEL_GUEST_H

#include "kernel/console.h"
#include "kernel/image.h"
#include "kernel/ktap.h"

/* How a program says what became of it. */
enum test_speech {
	SPEECH_KTAP,	  /* KTAP on its standard output, exit code beside it: ours */
	SPEECH_KSELFTEST, /* exit code: 0 pass, 4 skip; KTAP where it has it; the target's own */
	SPEECH_KVM_UNIT	  /* exit code: 0 pass, 77 skip, 124 timeout: kvm-unit-tests */
};

struct guest_test {
	const char *name;      /* a word of [A-Za-z0-9_.-] */
	const char *program;   /* static program, path here */
	const char *arguments; /* for the guest's shell, no quoting; "" */
	enum test_speech speech;
	unsigned int timeout; /* seconds */
};

struct guest_ask {
	const char *workspace; /* has ci/guest/init */
	const char *path;      /* of the image to write */
	const struct guest_test *tests;
	size_t ntests;
	const char *preflight; /* static program of ci/guest/preflight.c */
};
/* Write the image. 0, -1: says what to install where there is no static busybox. */
int guest_image(struct arena *arena, const struct guest_ask *ask, struct image_answer *answer);
/* The static busybox that goes into it; NULL with fail(), which says what to install. */
const char *guest_busybox(void);

/* What the guest found before the first test. */
struct preflight {
	const char *release, *mark; /* uname -r, the build mark of uname -v */
	const char *kvm;	    /* "ok", or why /dev/kvm cannot be used */
	const char *vendor;	    /* "kvm_amd", "kvm_intel", "none" */
	const char *nested;	    /* "1", "0" */
	const char *hypervisor;	    /* CPUID 0x40000000: "TCGTCGTCGTCG", "KVMKVMKVM", "none" */
	const char *cpus, *memory;  /* count, KiB */
};

enum test_status {
	TEST_PASS,
	TEST_FAIL,
	TEST_SKIP,
	TEST_TIMEOUT,
	TEST_MISSING, /* planned, and nothing came of it */
	TEST_STATUSES
};
const char *test_status_word(enum test_status status); /* "pass" ... */

struct test_result {
	const char *
		name; /* "payload_test", or "payload_test/cr2_sregs" for a subtest of a KTAP program */
	enum test_status status;
	char *signature; /* of what failed, normalised: its assertion's text; "" where it did not */
	char *why;	 /* of a failure, skip or timeout: in words, as the test said it; "" */
	unsigned int ms; /* by the guest's clock; 0 for a subtest */
	struct splat *splats; /* kernel/console.h; during this test */
	size_t nsplats;
};

struct guest_report {
	bool preflighted; /* all keys came */
	struct preflight preflight;
	bool complete;		   /* "# verdict done N" came and N is what was planned */
	struct test_result *items; /* planned tests in order, each with its subtests behind it */
	size_t n, cap;
};
/* Read the second port against the plan and the console. O(bytes). */
void guest_read(struct arena *arena, struct slice ktap, const struct console_report *console,
		const char *const *planned, size_t nplanned, struct guest_report *report);

#endif
