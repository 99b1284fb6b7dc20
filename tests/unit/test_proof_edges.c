/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Proofs in which something beside the kernels is not as usual: self-tests that do not build, clocks. */
#include "kernel/proof.h"

#include "proof_world.h"
#include "unit.h"

static void a_self_test_that_the_series_breaks_is_red(void **state)
{
	static const char own[] = "int main(void) { return 0; }\n",
			  ring[] = "series/demo/0003-thrice.patch",
			  at[] = "tools/testing/selftests/kvm/own_test.c";
	struct proof_world *f = *state;
	struct proof_target *t;

	world_patch(&f->world, ring, "demo: thrice", at, own, "int main(void) { return none; }\n");
	proof_prepare(f);
	t = proof_prove(f);
	assert_int_equal(t->nunbuilt, 1);
	assert_int_equal(t->nbroken, 1);
	assert_string_equal(t->broken[0], "own_test");
	assert_int_equal(proof_cell_verdict(&t->cells[0]), PROOF_GREEN);
	assert_int_equal(proof_verdict(&f->proof), PROOF_RED);

	/* One that it mends is not. */
	world_patch(&f->world, ring, "demo: thrice", at, own, "int main(void) { return 0 + 0; }\n");
	proof_prepare(f);
	t = proof_prove(f);
	assert_int_equal(t->nunbuilt + t->nbroken, 0);
	assert_int_equal(proof_verdict(&f->proof), PROOF_GREEN);
}

static void a_self_test_that_never_built_weighs_nothing(void **state)
{
	static const char broken[] = "int main(void) { return none; }\n";
	static const char *const names[] = { "own_test.c", "newer_test.c" };
	struct world_file files[PROOF_KERNEL_FILES];
	struct proof_world *f = *state;
	struct proof_target *t;

	memcpy(files, proof_kernel, sizeof(files));
	files[PROOF_KERNEL_FILES - 1].text = broken;
	world_commit(&f->world, "refs/series/kernel/v6.12.3", NULL, "v6.12.3", files,
		     PROOF_KERNEL_FILES);
	for (size_t i = 0; i < 2; i++) {
		/* The series touches it, or brings another one. */
		world_patch(&f->world, "series/demo/0003-thrice.patch", "demo: thrice",
			    arena_printf(f->world.arena, "tools/testing/selftests/kvm/%s",
					 names[i]),
			    i ? NULL : broken, "int main(void) { return nothing; }\n");
		proof_prepare(f);
		t = proof_prove(f);
		assert_int_equal(t->nunbuilt, 1 + i);
		assert_int_equal(t->nbroken, i);
		assert_int_equal(proof_verdict(&f->proof), i ? PROOF_RED : PROOF_GREEN);
	}
}

static void a_test_that_hit_its_limit_is_asked_again(void **state)
{
	struct proof_world *f = *state;

	world_write(&f->world, "scenario", "any smoke_test late\n");
	proof_prepare(f);
	proof_prove(f);
	assert_true(f->proof.booted >= 2);
	world_write(&f->world, "scenario", "");
	proof_prepare(f);
	assert_int_equal(proof_judged(&proof_prove(f)->cells[0], "smoke_test")->class, CLASS_OK);
	assert_int_equal(f->proof.reused, 0);
	/* Then it is known. */
	proof_prepare(f);
	proof_prove(f);
	assert_int_equal(f->proof.booted, 0);
}

#define proof_unit(test) cmocka_unit_test_setup_teardown(test, proof_set_up, proof_tear_down)

UNIT_MAIN(proof_unit(a_self_test_that_the_series_breaks_is_red),
	  proof_unit(a_self_test_that_never_built_weighs_nothing),
	  proof_unit(a_test_that_hit_its_limit_is_asked_again))
