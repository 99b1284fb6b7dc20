/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An arm is one boot of one kernel with one plan of tests. Its key says everything that the outcome depends on; where
 * a complete run with that key is known and its evidence still lies there, that evidence is read again in its
 * place. Everything is judged from the files, whoever made them.
 */
#define _GNU_SOURCE
#include <nettle/base16.h>
#include <unistd.h>

#include "base/fail.h"
#include "base/file.h"
#include "base/memo.h"
#include "kernel/proof_part.h"

/* Changes when what is judged, or how a guest is run, does: older arms are not reused then. */
#define KEY_FORMAT "arm 1"
#define FILE_BYTES ((size_t)256 * 1024 * 1024)
/* Beside its memory, what an emulator takes for itself. */
#define EMULATOR_MEMORY 512
#define ARM_ROOM 100

static const struct machine *machine_of(const struct arm_work *arm)
{
	return arm->cell->cell->cell->machine;
}

static const struct build_answer *kernel_of(const struct arm_work *arm)
{
	return &arm->build->build.answer;
}

static int arm_key(struct arm_work *arm)
{
	struct arena *arena = arm->cell->target->engine->arena;
	const struct machine *machine = machine_of(arm);
	const char *limits = arena_printf(arena, "%u %u", machine->wall, machine->silence);
	uint8_t digest[SHA256_DIGEST_SIZE];
	char kernel[65], *key = arena_alloc(arena, 2 * sizeof(digest) + 1);
	struct memo_key hash;

	if (hash_file(kernel_of(arm)->image, kernel))
		return -1;
	memo_key_init(&hash);
	memo_key_add(&hash, slice_of(KEY_FORMAT));
	memo_key_add(&hash, slice_of(kernel));
	memo_key_add(&hash, slice_of(arm->plan->sha256));
	memo_key_add(&hash, slice_of(arm->cell->machine_key));
	memo_key_add(&hash, slice_of(arm->cell->cmdline));
	memo_key_add(&hash, slice_of(limits));
	for (size_t i = 0; i < arm->plan->n; i++)
		memo_key_add(&hash, slice_of(arm->plan->names[i]));
	sha256_digest(&hash.hash, sizeof(digest), digest);
	base16_encode_update(key, sizeof(digest), digest);
	arm->key = key;
	return 0;
}

/* What of the preflight is not as it was asked for; NULL: all is. */
static char *preflight_flaw(const struct arm_work *arm)
{
	struct arena *arena = arm->cell->target->engine->arena;
	const struct machine *machine = machine_of(arm);
	const struct build_answer *kernel = kernel_of(arm);
	const struct preflight *p = &arm->arm->report.preflight;
	const char *hypervisor = machine->kind == MACHINE_BOCHS ? "none" :
				 !strcmp(machine->accel, "kvm") ? "KVMKVMKVM" :
								  "TCGTCGTCGTCG";

	if (strcmp(p->release, kernel->release) != 0)
		return arena_printf(arena, "the guest runs kernel %s, not %s", p->release,
				    kernel->release);
	if (strcmp(p->mark, kernel->mark) != 0)
		return arena_printf(arena, "the guest runs the build of tree %s, not of %s",
				    p->mark, kernel->mark);
	if (strcmp(p->kvm, "ok") != 0)
		return arena_printf(arena, "the guest has no /dev/kvm: %s", p->kvm);
	if (strcmp(machine->vendor, "any") != 0 && strcmp(p->vendor, machine->vendor) != 0)
		return arena_printf(arena, "the guest has %s, not %s", p->vendor, machine->vendor);
	if (strcmp(p->nested, "1") != 0)
		return arena_printf(arena, "nested virtualization is off in the guest (nested=%s)",
				    p->nested);
	if (strcmp(p->hypervisor, hypervisor) != 0)
		return arena_printf(arena, "the guest runs under '%s', and machine '%s' is '%s'",
				    p->hypervisor, machine->name, hypervisor);
	if (strtoul(p->cpus, NULL, 10) != machine->cpus)
		return arena_printf(arena, "the guest has %s processors, not %u", p->cpus,
				    machine->cpus);
	return NULL;
}

/* Why what came out says nothing about the kernel; NULL: it does. */
static char *arm_flaw(const struct arm_work *arm)
{
	struct arena *arena = arm->cell->target->engine->arena;
	const struct proof_arm *a = arm->arm;
	bool guest = a->machine.end != MACHINE_NOT_STARTED && a->machine.end != MACHINE_NO_KERNEL;

	if (!guest || (a->machine.end == MACHINE_DIED && !a->console.kernel))
		return arena_printf(arena, "%s", a->machine.why ? a->machine.why : "no kernel ran");
	if (a->report.preflighted)
		return preflight_flaw(arm);
	/* A kernel that panics or hangs before is a result; one that came to its end is not without. */
	return a->machine.end == MACHINE_DONE ?
		       arena_strdup(arena, "the guest did not say what it runs on") :
		       NULL;
}

/* Read what a run left in its folder: 1, 0 (no complete run there), -1. */
static int arm_read(const struct arm_work *arm, const char *dir)
{
	struct arena *arena = arm->cell->target->engine->arena;
	struct proof_arm *a = arm->arm;
	struct console *console = console_new(arena);
	struct slice text = { 0 }, ktap = { 0 };
	int there = machine_read(arena, dir, &a->machine);

	if (there != 1)
		return there;
	/* A machine that never came so far has left none, or empty ones. */
	if (file_read(arena, arena_printf(arena, "%s/console", dir), FILE_BYTES, &text) < 0 ||
	    file_read(arena, arena_printf(arena, "%s/ktap", dir), FILE_BYTES, &ktap) < 0)
		return -1;
	console_feed(console, text);
	a->console = *console_report(console);
	a->report = (struct guest_report){ 0 };
	guest_read(arena, ktap, &a->console, arm->plan->names, arm->plan->n, &a->report);
	a->flaw = arm_flaw(arm);
	a->usable = !a->flaw;
	a->dir = dir;
	return 1;
}

/* One that was stopped by the clock says as much of a busy host as of the kernel. */
static bool timed_out(const struct guest_report *report)
{
	for (size_t i = 0; i < report->n; i++)
		if (report->items[i].status == TEST_TIMEOUT)
			return true;
	return false;
}

/* What would come out again: it ended by what the tests did, not by the clock, and not while it booted. */
static bool arm_complete(const struct proof_arm *a)
{
	/* Where the results are not whole although the guest was done, some of them got lost on the way. */
	return a->usable && !timed_out(&a->report) &&
	       ((a->machine.end == MACHINE_DONE && a->report.complete) ||
		(a->machine.end == MACHINE_PANIC && a->report.preflighted));
}

static bool has_key(struct arena *arena, const char *dir, const char *key)
{
	struct slice text = { 0 };

	return file_read(arena, arena_printf(arena, "%s/key", dir), 4096, &text) == 1 &&
	       slice_is(slice_trim(text), key);
}

/* A known run in place of a new one: 1, 0, -1. */
static int arm_known(struct arm_work *arm)
{
	struct engine *engine = arm->cell->target->engine;
	struct arm_record record;
	int there;

	if (engine->ask->fresh || !engine->ask->results)
		return 0;
	there = results_arm_find(engine->ask->results, engine->arena, arm->key, arm->attempt,
				 &record);
	if (there != 1)
		return there;
	if (!has_key(engine->arena, record.dir, arm->key))
		return 0;
	there = arm_read(arm, record.dir);
	/* The folder may be another series', which nothing keeps from running there meanwhile: the key goes first then. */
	if (there != 1 || !arm_complete(arm->arm) || !has_key(engine->arena, record.dir, arm->key))
		return there < 0 ? -1 : 0;
	arm->arm->id = record.id;
	return 1;
}

/* Beside what the machine keeps: with which configuration, and of what it is the outcome. */
static int arm_keep(const struct arm_work *arm)
{
	struct arena *arena = arm->cell->target->engine->arena;
	const char *dir = arm->arm->dir, *key = arena_printf(arena, "%s\n", arm->key);
	struct slice config = { 0 };

	if (file_read(arena, kernel_of(arm)->config, FILE_BYTES, &config) < 0 ||
	    file_write(arena_printf(arena, "%s/config", dir), config, 0666))
		return -1;
	/* Last: with it the folder is whole. */
	return file_write(arena_printf(arena, "%s/key", dir), slice_of(key), 0666);
}

static int arm_run(struct step *step, const struct progress *progress)
{
	const struct arm_work *arm = step->arm;
	struct arena *arena = step->engine->arena;
	struct machine_ask ask = {
		.machine = machine_of(arm),
		.kernel = kernel_of(arm)->image,
		.initrd = arm->plan->path,
		.cmdline = arm->cell->cmdline,
		.dir = arm->arm->dir,
		.title = step->target->target->port->kernel.name,
		.progress = progress,
	};
	struct machine_answer answer;

	if (room_for(arena, step->engine->ask->evidence, ARM_ROOM, "a run's evidence"))
		return -1;
	unlink(arena_printf(arena, "%s/key", arm->arm->dir));
	if (machine_run(arena, &ask, &answer))
		return -1;
	return arm_keep(arm);
}

static int arm_put(struct arm_work *arm)
{
	struct target_work *t = arm->cell->target;
	struct engine *engine = t->engine;
	struct proof_arm *a = arm->arm;
	struct arm_record record = {
		.key = arm->key,
		.series = engine->ask->series->name,
		.target = t->target->port->kernel.name,
		.cell = arm->cell->cell->cell->name,
		.arm = a->arm,
		.tree = arm->build->build.tree,
		.attempt = arm->attempt,
		.dir = a->dir,
		.emulator = arm->cell->cell->emulator,
		.flaw = a->flaw,
		.complete = arm_complete(a),
		.machine = a->machine,
	};

	if (!engine->ask->results)
		return 0;
	if (results_arm_put(engine->ask->results, engine->ask->run, &record, &a->report,
			    &a->console))
		return -1;
	a->id = record.id;
	return 0;
}

static int arm_over(struct step *step, int code);

static void arm_boot(struct arm_work *arm)
{
	struct cell_work *cell = arm->cell;
	struct arena *arena = cell->target->engine->arena;
	const struct machine *machine = machine_of(arm);
	const char *title = arena_printf(arena, "%s %s", cell->cell->name, arm->arm->arm);
	struct step step = {
		.engine = cell->target->engine,
		.target = cell->target,
		.cell = cell,
		.arm = arm,
		.run = arm_run,
		.over = arm_over,
	};

	if (arm->attempt > 1 || arm->lost)
		title = arena_printf(arena, "%s, run %u", title, arm->attempt + arm->lost);
	step_add(step, title, machine->cpus, machine->memory + EMULATOR_MEMORY, NULL);
}

/*
 * A machine that went silent or died need not be the kernel's fault, nor does one that panicked before it came to
 * its first test: an emulator freezes, and on a busy host a timer's interrupts do not come in time. How many more it
 * gets: a panic at boot is quick, the others take their whole limit.
 */
static unsigned int arm_chances(const struct arm_work *arm)
{
	const struct proof_arm *a = arm->arm;

	switch (a->machine.end) {
	case MACHINE_SILENT:
	case MACHINE_LATE:
	case MACHINE_DIED:
	case MACHINE_NO_KERNEL:
		return 1;
	case MACHINE_PANIC:
		return a->report.preflighted ? 0 : arm->cell->target->engine->ask->matrix->retries;
	default:
		return 0;
	}
}

/* 1: it gets another machine; what is left of this one is kept beside it, and told. */
static int arm_lost(struct arm_work *arm)
{
	struct arena *arena = arm->cell->target->engine->arena;
	struct proof_arm *a = arm->arm;
	const char *dir = a->dir, *kept = arena_printf(arena, "%s.lost%u", dir, arm->lost + 1);

	if (arm->attempt > 1 || arm->lost >= arm_chances(arm))
		return 0;
	if (file_remove_tree(kept))
		return -1;
	if (rename(dir, kept))
		return fail_errno("cannot rename %s", dir);
	a->dir = kept;
	if (arm_put(arm))
		return -1;
	a->dir = dir;
	arm->lost++;
	a->lost = arena_printf(arena, "%s: %s", machine_end_word(a->machine.end), a->machine.why);
	a->lost_in = a->console.test;
	return 1;
}

static int arm_over(struct step *step, int code)
{
	struct arm_work *arm = step->arm;
	struct proof_arm *a = arm->arm;
	int there, lost;

	(void)code;
	if (step->target->target->failed)
		return 0;
	there = arm_read(arm, a->dir);
	if (there < 0)
		return -1;
	step->engine->proof->booted++;
	lost = there ? arm_lost(arm) : 0;
	if (lost < 0)
		return -1;
	if (lost) {
		arm_boot(arm);
		return 0;
	}
	if (!there) {
		a->usable = false;
		a->flaw = arena_printf(step->engine->arena, "what the machine left in %s is gone",
				       a->dir);
	}
	a->ran = true;
	arm->state = WORK_DONE;
	return there ? arm_put(arm) : 0;
}

/* "2/3" is no name for a folder. */
static const char *arm_folder(struct arena *arena, const char *arm)
{
	const char *slash = strchr(arm, '/');

	return slash ? arena_printf(arena, "%.*s-of-%s", (int)(slash - arm), arm, slash + 1) : arm;
}

int arm_want(struct arm_work *arm)
{
	struct cell_work *cell = arm->cell;
	struct engine *engine = cell->target->engine;
	struct arena *arena = engine->arena;
	int known;

	if (arm->state != WORK_NONE)
		return 0;
	arm->state = WORK_ASKED;
	arm->arm->arm = arm->build->build.arm;
	if (arm_key(arm))
		return -1;
	known = arm_known(arm);
	if (known < 0)
		return -1;
	if (known) {
		arm->state = WORK_DONE;
		engine->proof->reused++;
		return 0;
	}
	arm->arm->dir = arena_printf(arena, "%s/%s/%s/%s.%u", engine->ask->evidence,
				     cell->target->name, cell->cell->cell->name,
				     arm_folder(arena, arm->arm->arm), arm->attempt);
	/* Nothing of an earlier run is to be taken for this one's. */
	for (unsigned int i = 1; i <= engine->ask->matrix->retries + 1; i++)
		if (file_remove_tree(arena_printf(arena, "%s.lost%u", arm->arm->dir, i)))
			return -1;
	arm_boot(arm);
	return 0;
}
