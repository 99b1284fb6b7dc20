/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "proof_world.h"

#include <sys/stat.h>

#include "base/file.h"
#include "unit.h"

#define MAKEFILE                                                                                   \
	"VERSION = 6\nPATCHLEVEL = 12\nSUBLEVEL = 3\nEXTRAVERSION =\nNAME = Demo\n"                \
	"RELEASE := $(VERSION).$(PATCHLEVEL).$(SUBLEVEL)\n"                                        \
	"tinyconfig:\n\t@echo CONFIG_TINY=y >$(O)/.config\n"                                       \
	"olddefconfig:\n\t@grep -v CONFIG_NOWHERE $(O)/.config >$(O)/.config.new && "              \
	"mv $(O)/.config.new $(O)/.config\n"                                                       \
	"headers:\n\t@mkdir -p $(O)/usr/include\n"                                                 \
	"bzImage: $(O)/lib/demo.o\n\t@mkdir -p $(O)/arch/x86/boot $(O)/include/config\n"           \
	"\t@echo $(RELEASE) >$(O)/include/config/kernel.release\n"                                 \
	"\t@{ echo $(RELEASE) $(KBUILD_BUILD_VERSION); cat lib/demo.c; } "                         \
	">$(O)/arch/x86/boot/bzImage\n"                                                            \
	"$(O)/lib/demo.o: lib/demo.c\n\t@mkdir -p $(O)/lib\n\t@echo '  CC      lib/demo.o'\n"      \
	"\t@$(CC) -Wall -c -o $@ lib/demo.c\n"

#define MATRIX                                                                                     \
	"[config \"demo\"]\nfragment = demo\n[run]\nretries = 2\n"                                 \
	"[machine \"fake\"]\nkind = qemu\naccel = tcg\ncpu = max\nvendor = kvm_amd\n"              \
	"memory = 64\nwall = 20\nsilence = 2\n"                                                    \
	"[machine \"none\"]\nkind = qemu\nprogram = no-such-qemu\naccel = tcg\ncpu = max\n"        \
	"[tests \"demo\"]\nprove = payload_test\nguest = smoke_test\n"                             \
	"selftest = own_test newer_test\n"                                                         \
	"[cell \"fake\"]\nconfig = demo\nmachine = fake\ntests = demo\n"                           \
	"[cell \"none\"]\nconfig = demo\nmachine = none\ntests = demo\ndefault = no\n"

const struct world_file proof_kernel[PROOF_KERNEL_FILES] = {
	{ "Makefile", MAKEFILE },
	{ "lib/demo.c", PLAIN },
	{ "tools/testing/selftests/kvm/Makefile", "$(OUTPUT)/%: %.c\n\t$(CC) -static -o $@ $<\n" },
	{ "tools/testing/selftests/kvm/own_test.c", "int main(void) { return 0; }\n" },
};

void proof_series(struct proof_world *f, const char *second, const char *third)
{
	struct world *w = &f->world;
	char *two = arena_printf(w->arena, "%s%s", FIXED, second);

	world_patch(w, "series/demo/0001-clamp.patch", "demo: clamp", "lib/demo.c", PLAIN, FIXED);
	world_patch(w, "series/demo/0002-twice.patch", "demo: twice", "lib/demo.c", FIXED, two);
	world_patch(w, "series/demo/0003-thrice.patch", "demo: thrice", "lib/demo.c", two,
		    arena_printf(w->arena, "%s%s", two, third));
}

int proof_set_up(void **state)
{
	struct proof_world *f = calloc(1, sizeof(*f));
	struct world *w = &f->world;
	struct slice emulator = { 0 };

	world_init(w);
	world_write(w, "ci/targets.conf", "");
	world_write(w, "ci/kconfig/demo.config", "CONFIG_DEMO=y\n");
	world_write(w, "ci/matrix.conf", MATRIX);
	for (size_t i = 0; i < 3; i++) {
		static const char *const names[] = { "preflight", "payload_test", "smoke_test" };

		world_write(w, arena_printf(w->arena, "ci/guest/%s.c", names[i]),
			    "int main(void) { return 0; }\n");
	}
	assert_int_equal(file_read(w->arena, "ci/guest/init", 1 << 20, &emulator), 1);
	world_write(w, "ci/guest/init", slice_str(w->arena, emulator));
	assert_int_equal(file_read(w->arena, "tests/fake/qemu", 1 << 20, &emulator), 1);
	world_write(w, "bin/qemu-system-x86_64", slice_str(w->arena, emulator));
	assert_ok(chmod(arena_printf(w->arena, "%s/bin/qemu-system-x86_64", w->dir), 0755));
	setenv("PATH", arena_printf(w->arena, "%s/bin:/usr/local/bin:/usr/bin:/bin", w->dir), 1);
	f->scenario = arena_printf(w->arena, "%s/scenario", w->dir);
	setenv("FAKE_QEMU", f->scenario, 1);
	world_write(w, "scenario", "");
	world_write(w, "series/demo/series",
		    "0001-clamp.patch\n0002-twice.patch\n0003-thrice.patch\n");
	world_write(w, "series/demo/series.conf",
		    "[series]\nname = demo\ntitle = Demo\n"
		    "[patch \"0001-clamp.patch\"]\nclass = out-of-tree\nwhy = ours\n"
		    "[patch \"0002-twice.patch\"]\nclass = out-of-tree\nwhy = ours\n"
		    "[patch \"0003-thrice.patch\"]\nclass = out-of-tree\nwhy = ours\n");
	proof_series(f, TWICE, THRICE);
	world_commit(w, "refs/series/kernel/v6.12.3", NULL, "v6.12.3", proof_kernel,
		     PROOF_KERNEL_FILES);
	assert_ok(sandbox_probe(w->arena, NULL, &f->sandbox));
	assert_ok(results_open(arena_printf(w->arena, "%s/results.db", w->dir), &f->results));
	*state = f;
	return 0;
}

int proof_tear_down(void **state)
{
	struct proof_world *f = *state;

	pack_free(f->pack);
	results_free(f->results);
	world_release(&f->world);
	free(f);
	return 0;
}

void proof_prepare(struct proof_world *f)
{
	struct world *w = &f->world;
	struct run_record run = { .series = "demo", .command = "test", .version = "1" };
	struct kernel k;
	struct port_ask ask = { .repo = w->repo,
				.workspace = w->dir,
				.series = &f->series,
				.kernel = &k,
				.no_semantic = true };

	assert_ok(series_read(w->arena, w->dir, "demo", &f->series));
	assert_ok(matrix_read(w->arena, w->dir, &f->matrix));
	assert_int_equal(repo_kernel(w->repo, w->arena, "v6.12", &k), 1);
	pack_free(f->pack);
	f->pack = pack_new(w->repo);
	assert_ok(port_series(w->arena, &ask, f->pack, &f->port));
	assert_true(f->port.mark != MARK_CONFLICT);
	assert_ok(results_run_begin(f->results, &run));
	f->ask = (struct proof_ask){
		.site = { .repo = w->repo,
			  .pack = f->pack,
			  .cache = arena_printf(w->arena, "%s/cache", w->dir),
			  .workspace = w->dir,
			  .sandbox = &f->sandbox },
		.matrix = &f->matrix,
		.series = &f->series,
		.ports = &f->port,
		.nports = 1,
		.results = f->results,
		.run = run.id,
		.evidence = arena_printf(w->arena, "%s/evidence", w->dir),
		.cores = 2,
	};
}

struct proof_target *proof_prove(struct proof_world *f)
{
	assert_ok(proof_make(f->world.arena, &f->ask, &f->proof));
	assert_int_equal(f->proof.n, 1);
	if (f->proof.items[0].failed)
		fail_msg("%s", f->proof.items[0].failed);
	return &f->proof.items[0];
}

const struct judged *proof_judged(const struct proof_cell *cell, const char *name)
{
	for (size_t i = 0; i < cell->verdict.n; i++)
		if (!strcmp(cell->verdict.items[i].name, name))
			return &cell->verdict.items[i];
	fail_msg("no test %s", name);
	return NULL;
}
