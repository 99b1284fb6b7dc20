/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Ports of a small series, built by a made-up kernel's own Makefile and booted by tests/fake/qemu, which does what the
 * file of $FAKE_QEMU says.
 */
#ifndef SERIES_TESTS_PROOF_WORLD_H
#define SERIES_TESTS_PROOF_WORLD_H

#include "kernel/proof.h"
#include "world.h"

/* The series: what payload_test looks for, then something else, then something else again. */
#define PLAIN "int demo_add(int a, int b)\n{\n\treturn a + b;\n}\n"
#define CLAMP "int demo_clamp(int a);\n"
#define FIXED CLAMP "int demo_add(int a, int b)\n{\n\treturn demo_clamp(a + b);\n}\n"
#define TWICE "\nint demo_twice(int a)\n{\n\treturn demo_add(a, a);\n}\n"
#define THRICE "\nint demo_thrice(int a)\n{\n\treturn demo_add(a, demo_twice(a));\n}\n"
#define UNUSED "\nstatic int demo_unused(void)\n{\n\treturn 7;\n}\n"
#define BROKEN "\nint demo_twice(int a)\n{\n\treturn demo_add(a, nothing);\n}\n"

#define PROOF_KERNEL_FILES 4
/* The last one is its own_test. */
extern const struct world_file proof_kernel[PROOF_KERNEL_FILES];

struct proof_world {
	struct world world;
	struct series series;
	struct matrix matrix;
	struct sandbox sandbox;
	struct results *results;
	struct pack *pack;
	struct port port;
	struct proof proof;
	struct proof_ask ask;
	char *scenario;
};

/* For cmocka_unit_test_setup_teardown(). */
int proof_set_up(void **state);
int proof_tear_down(void **state);
/* The series' three patches, with this in the second and the third. */
void proof_series(struct proof_world *f, const char *second, const char *third);
/* Port the series, and prepare what is asked. */
void proof_prepare(struct proof_world *f);
/* Ends the test where it could not be found out. */
struct proof_target *proof_prove(struct proof_world *f);
const struct judged *proof_judged(const struct proof_cell *cell, const char *name);

#endif
