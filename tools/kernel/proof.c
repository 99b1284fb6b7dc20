/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The plan: which cells cover which target, what has to be built for them, in which order it is asked
 * for. The order is target by target, base first, so that base boots while patched is built and one
 * target's machines run beside the next one's compilers.
 */
#define _GNU_SOURCE
#include "kernel/proof.h"

#include <errno.h>
#include <fcntl.h>
#include <nettle/base16.h>
#include <nettle/sha2.h>
#include <sys/file.h>
#include <sys/statvfs.h>
#include <time.h>

#include "base/clock.h"
#include "base/fail.h"
#include "base/file.h"
#include "kernel/build_part.h"
#include "kernel/proof_part.h"

/* For who has a kernel's folder; a build from nothing on a slow machine takes less. */
#define WAIT_SECONDS (60 * 60)

int hash_file(const char *path, char hex[65])
{
	struct sha256_ctx hash;
	uint8_t digest[SHA256_DIGEST_SIZE];
	char buf[65536];
	size_t n;

	__free(file) FILE *f = fopen(path, "re");

	if (!f)
		return fail_errno("cannot read %s", path);
	sha256_init(&hash);
	while ((n = fread(buf, 1, sizeof(buf), f)) > 0)
		sha256_update(&hash, n, (const uint8_t *)buf);
	if (ferror(f))
		return fail_errno("cannot read %s", path);
	sha256_digest(&hash, sizeof(digest), digest);
	base16_encode_update(hex, sizeof(digest), digest);
	hex[64] = '\0';
	return 0;
}

int room_for(struct arena *arena, const char *dir, unsigned int mib, const char *what)
{
	char *path = arena_strdup(arena, dir);
	struct statvfs fs;

	/* Of the nearest folder that is there already. */
	while (statvfs(path, &fs)) {
		char *slash = strrchr(path, '/');

		if (errno != ENOENT || !slash || slash == path)
			return fail_errno("cannot tell how much room %s has", dir);
		*slash = '\0';
	}

	unsigned long long there = (unsigned long long)fs.f_bavail * fs.f_frsize / (1024 * 1024);

	if (there < mib)
		return fail("no room for %s: %s has %llu MiB left, about %u are wanted", what, dir,
			    there, mib);
	return 0;
}

void target_fail(struct target_work *target, enum fail_kind kind, const char *why)
{
	if (target->target->failed)
		return;
	target->target->failed = arena_strdup(target->engine->arena, why);
	target->target->failed_kind = kind;
}

/* Who is asked to do something for a kernel says its name first; the job's title has it already. */
static const char *without_name(const struct step *step, const char *what)
{
	const char *name = step->target ? step->target->target->port->kernel.name : "";
	size_t n = strlen(name);

	return n && !strncmp(what, name, n) && !strncmp(what + n, ": ", 2) ? what + n + 2 : what;
}

struct telling {
	const struct step *step;
	const struct progress *progress;
};

static bool tell(void *data, const char *what, uint64_t done, uint64_t total, const char *unit)
{
	const struct telling *telling = data;

	return progress_step(telling->progress, without_name(telling->step, what), done, total,
			     unit);
}

/*
 * Another run may be in a kernel's folder just now, for another series or workspace: it will be done some time, and
 * what it has built may be what is wanted here.
 */
static int step_run(void *data, const struct progress *progress)
{
	static const struct timespec pause = { .tv_nsec = 300000000 };
	struct step *step = data;
	struct telling telling = { step, progress };
	struct progress shorter = { tell, &telling };
	double until = clock_seconds() + WAIT_SECONDS;
	int code;

	/* Its target failed while it waited. */
	if (step->target && step->target->target->failed)
		return 0;
	while ((code = step->run(step, &shorter)) < 0 && fail_kind() == FAIL_BUSY &&
	       clock_seconds() < until) {
		if (!progress_step(progress, "waiting for another run of series", 0, 0, NULL))
			return fail_as(FAIL_INTERRUPTED, "interrupted");
		nanosleep(&pause, NULL);
	}
	return code;
}

void step_add(struct step step, const char *title, unsigned int cores, unsigned int memory,
	      const char *lane)
{
	struct step *kept = arena_new_of(step.engine->arena, struct step);
	struct job job = {
		.title = title,
		.run = step_run,
		.data = kept,
		.cores = cores,
		.memory = memory,
		.lane = lane,
	};

	*kept = step;
	jobs_add(step.engine->jobs, &job);
}

/* Everything that is wanted in any case, in the order in which it is to be made. */
static int target_begin(struct target_work *t)
{
	const struct proof_ask *ask = t->engine->ask;

	for (size_t c = 0; c < t->nconfigs; c++) {
		if (build_want(build_at(t, c, 0)))
			return -1;
		if (!c && !ask->build_only && (guest_tests_want(t->engine) || selftests_want(t)))
			return -1;
		for (size_t i = 1; ask->each && i < t->ncommits; i++)
			if (build_want(build_at(t, c, i)))
				return -1;
		if (build_want(build_at(t, c, t->ncommits)))
			return -1;
	}
	return 0;
}

static int target_step(struct target_work *t)
{
	if (builds_judge(t))
		return -1;
	for (size_t i = 0; i < t->target->ncells; i++)
		if (cell_go(&t->cells[i]))
			return -1;
	return 0;
}

/*
 * What cannot be found out about one target does not keep the others from it; a full disk, or who stops us,
 * does.
 */
int target_go(struct target_work *t)
{
	if (t->target->failed || !target_step(t))
		return 0;
	if (fail_kind() == FAIL_INTERRUPTED || fail_kind() == FAIL_USAGE)
		return -1;
	target_fail(t, fail_kind(), fail_message());
	return 0;
}

static int engine_go(struct engine *engine, struct target_work *only)
{
	for (size_t i = 0; i < engine->ntargets; i++)
		if ((!only || only == &engine->targets[i]) && target_go(&engine->targets[i]))
			return -1;
	return 0;
}

/* A machine's run that could not be done is that cell's; anything else the whole target waits for. */
static int step_failed(struct step *step, const struct job_result *result, const char *title)
{
	if (!step->target)
		return fail_as(result->kind, "%s", result->message);
	if (step->arm) {
		step->arm->arm->flaw =
			arena_strdup(step->engine->arena, without_name(step, result->message));
		step->arm->arm->usable = false;
		step->arm->state = WORK_DONE;
		return 0;
	}
	target_fail(step->target, result->kind,
		    arena_printf(step->engine->arena, "%s: %s", title,
				 without_name(step, result->message)));
	return 0;
}

static int engine_done(void *data, struct jobs *jobs, const struct job *job,
		       const struct job_result *result)
{
	struct engine *engine = data;
	struct step *step = job->data;
	bool failed = step->target && step->target->target->failed;

	(void)jobs;
	if (result->code < 0) {
		if (step_failed(step, result, job->title))
			return -1;
	} else if (!failed && step->over(step, result->code)) {
		if (!step->target || fail_kind() == FAIL_INTERRUPTED)
			return -1;
		target_fail(step->target, fail_kind(), fail_message());
	}
	return engine_go(engine, step->target);
}

/* Plan */

static bool cell_asked(const struct proof_ask *ask, const struct cell *cell)
{
	if (ask->cell)
		return !strcmp(cell->name, ask->cell) &&
		       (!ask->machine || !strcmp(cell->machine->name, ask->machine));
	return ask->machine ? !strcmp(cell->machine->name, ask->machine) : cell->by_default;
}

/* The configuration as it is for this kernel; each once. */
static size_t config_of(struct target_work *t, const struct build_config *config)
{
	struct engine *engine = t->engine;

	for (size_t i = 0; i < t->nconfigs; i++)
		if (!strcmp(t->configs[i].name, config->name))
			return i;
	t->configs[t->nconfigs] = config_for(engine->arena, engine->ask->matrix, config,
					     t->target->port->kernel.name);
	return t->nconfigs++;
}

static int cell_plan(struct target_work *t, const struct cell *cell)
{
	struct arena *arena = t->engine->arena;
	struct proof_cell *c = &t->target->cells[t->target->ncells];
	struct cell_work *w = &t->cells[t->target->ncells++];
	int there;

	*c = (struct proof_cell){
		.cell = cell,
		.name = arena_printf(arena, "%s/%s", t->target->port->kernel.name, cell->name),
	};
	*w = (struct cell_work){ .target = t, .cell = c, .config = config_of(t, cell->config) };
	w->cmdline = cmdline_for(arena, t->engine->ask->matrix, t->target->port->kernel.name);
	there = machine_there(arena, cell->machine, &c->unavailable);
	if (there < 0)
		return -1;
	if (!there)
		return 0;
	c->unavailable = NULL;
	c->emulator = machine_version(arena, cell->machine);
	w->machine_key = c->emulator ? machine_key(arena, cell->machine) : NULL;
	return w->machine_key ? 0 : -1;
}

/* Build slots of all configurations, and which of them the cells run. */
static void builds_plan(struct target_work *t)
{
	struct arena *arena = t->engine->arena;
	const struct port *port = t->target->port;
	size_t n = t->ncommits + 1;

	t->builds = arena_alloc(arena, t->nconfigs * n * sizeof(*t->builds));
	for (size_t i = 0; i < t->nconfigs * n; i++) {
		struct build_work *w = &t->builds[i];
		size_t prefix = i % n;
		const struct port_patch *patch = prefix ? t->commits[prefix - 1] : NULL;

		w->target = t;
		w->config = i / n;
		w->prefix = prefix;
		w->build = (struct proof_build){
			.arm = !prefix ? "base" :
			       prefix == t->ncommits ?
					 "patched" :
					 arena_printf(arena, "%u/%zu", patch->patch->number,
						      t->engine->ask->series->n),
			.tree = patch ? patch->tree : port->kernel.tree,
			.patch = patch,
			.config = &t->configs[w->config],
		};
	}
	for (size_t i = 0; i < t->target->ncells; i++) {
		struct cell_work *w = &t->cells[i];

		w->base = (struct arm_work){ .cell = w,
					     .build = build_at(t, w->config, 0),
					     .plan = &w->plan,
					     .attempt = 1,
					     .arm = &w->cell->base };
		w->patched = w->base;
		w->patched.build = build_at(t, w->config, t->ncommits);
		w->patched.arm = &w->cell->patched;
	}
}

/* Nobody else works in the target's folder of evidence while we do. */
static int target_lock(struct target_work *t)
{
	struct engine *engine = t->engine;
	const char *dir = arena_printf(engine->arena, "%s/%s", engine->ask->evidence, t->name);
	const char *path = arena_printf(engine->arena, "%s/lock", dir);

	if (file_make_dirs(dir))
		return -1;
	t->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
	if (t->lock < 0)
		return fail_errno("cannot open %s", path);
	if (!flock(t->lock, LOCK_EX | LOCK_NB))
		return 0;
	return errno == EWOULDBLOCK ? fail_as(FAIL_BUSY, "another run tests %s just now",
					      t->target->port->kernel.name) :
				      fail_errno("cannot lock %s", path);
}

static int target_plan(struct target_work *t, const struct port *port)
{
	const struct proof_ask *ask = t->engine->ask;
	const struct matrix *matrix = ask->matrix;
	struct arena *arena = t->engine->arena;

	t->target->port = port;
	t->name = build_name(arena, port->kernel.name);
	t->commits = arena_alloc(arena, (port->n + 1) * sizeof(*t->commits));
	for (size_t i = 0; i < port->n; i++)
		if (port->items[i].committed)
			t->commits[t->ncommits++] = &port->items[i];
	t->target->unchanged = !t->ncommits;
	t->target->cells = arena_alloc(arena, (matrix->ncells + 1) * sizeof(*t->target->cells));
	t->cells = arena_alloc(arena, (matrix->ncells + 1) * sizeof(*t->cells));
	t->configs = arena_alloc(arena, (matrix->nconfigs + 1) * sizeof(*t->configs));
	if (!ask->build_only && target_lock(t))
		return -1;
	for (size_t i = 0; i < matrix->ncells; i++) {
		const struct cell *cell = &matrix->cells[i];

		if (!cell_asked(ask, cell) || !cell_covers(cell, port->kernel.name))
			continue;
		if (ask->build_only)
			config_of(t, cell->config);
		else if (cell_plan(t, cell))
			return -1;
	}
	if (!t->nconfigs)
		return fail_as(FAIL_USAGE, "no cell of %s covers %s", matrix->path,
			       port->kernel.name);
	builds_plan(t);
	return 0;
}

/* What was asked for by name must be there, before anything is built. */
static int ask_check(struct arena *arena, const struct proof_ask *ask)
{
	const struct matrix *m = ask->matrix;
	struct text cells __free_text = TEXT_INIT, machines __free_text = TEXT_INIT;
	bool cell = !ask->cell, machine = !ask->machine;

	for (size_t i = 0; i < m->ncells; i++) {
		cell |= ask->cell && !strcmp(m->cells[i].name, ask->cell);
		text_addf(&cells, "%s%s", i ? ", " : "", m->cells[i].name);
	}
	for (size_t i = 0; i < m->nmachines; i++) {
		machine |= ask->machine && !strcmp(m->machines[i].name, ask->machine);
		text_addf(&machines, "%s%s", i ? ", " : "", m->machines[i].name);
	}
	if (!cell)
		return fail_as(FAIL_USAGE, "there is no cell '%s' (known: %s)", ask->cell,
			       text_str(&cells));
	if (!machine)
		return fail_as(FAIL_USAGE, "there is no machine '%s' (known: %s)", ask->machine,
			       text_str(&machines));
	for (size_t i = 0; i < ask->nonly; i++) {
		bool there = false;

		for (size_t c = 0; c < m->ncells; c++)
			for (size_t k = 0; k < m->cells[c].suite->n && !there; k++)
				there = cell_asked(ask, &m->cells[c]) &&
					slice_is(program_of(ask->only[i]),
						 m->cells[c].suite->items[k].name);
		if (!there)
			return fail_as(FAIL_USAGE, "no test '%s' in the cells that are asked for",
				       ask->only[i]);
	}
	for (size_t c = 0; c < m->ncells; c++)
		for (size_t k = 0; k < m->cells[c].suite->n && cell_asked(ask, &m->cells[c]); k++)
			if (suite_test_check(arena, m, &m->cells[c].suite->items[k]))
				return -1;
	return 0;
}

static int engine_plan(struct engine *engine)
{
	struct arena *arena = engine->arena;
	const struct proof_ask *ask = engine->ask;

	engine->targets = arena_alloc(arena, (ask->nports + 1) * sizeof(*engine->targets));
	engine->proof->items =
		arena_alloc(arena, (ask->nports + 1) * sizeof(*engine->proof->items));
	for (size_t i = 0; i < ask->nports; i++) {
		struct target_work *t = &engine->targets[engine->ntargets++];

		t->engine = engine;
		t->target = &engine->proof->items[engine->proof->n++];
		t->lock = -1;
		if (!target_plan(t, &ask->ports[i]))
			continue;
		if (fail_kind() != FAIL_BUSY)
			return -1;
		target_fail(t, FAIL_BUSY, fail_message());
	}
	for (size_t i = 0; i < engine->ntargets; i++)
		if (!engine->targets[i].target->failed && target_begin(&engine->targets[i]))
			return -1;
	return engine_go(engine, NULL);
}

/* The builds that there are, one after the other, for whoever reads the proof. */
static void targets_close(struct engine *engine)
{
	for (size_t i = 0; i < engine->ntargets; i++) {
		struct target_work *t = &engine->targets[i];
		size_t n = t->builds ? t->nconfigs * (t->ncommits + 1) : 0;

		t->target->builds =
			arena_alloc(engine->arena, (n + 1) * sizeof(*t->target->builds));
		for (size_t k = 0; k < n; k++)
			if (t->builds[k].state == WORK_DONE)
				t->target->builds[t->target->nbuilds++] = t->builds[k].build;
		if (t->lock >= 0)
			close(t->lock);
	}
}

int proof_make(struct arena *arena, const struct proof_ask *ask, struct proof *proof)
{
	struct engine engine = {
		.arena = arena,
		.ask = ask,
		.proof = proof,
		.site = ask->site,
		.jobs = jobs_new(arena),
		.cores = ask->cores ? ask->cores : jobs_cores(),
	};
	/* A compile leaves gaps that one machine's run fills. */
	struct jobs_ask run = {
		.cores = engine.cores + 1,
		.memory = ask->memory,
		.done = engine_done,
		.data = &engine,
		.progress = ask->progress,
	};
	double began = clock_seconds();
	int ret;

	*proof = (struct proof){ 0 };
	if (!engine.site.jobs)
		engine.site.jobs = engine.cores;
	ret = ask_check(arena, ask) || engine_plan(&engine) || jobs_run(engine.jobs, &run) ? -1 : 0;
	targets_close(&engine);
	proof->wall_seconds = clock_seconds() - began;
	return ret;
}
