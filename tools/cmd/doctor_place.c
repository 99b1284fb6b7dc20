/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include <errno.h>
#include <sys/stat.h>

#include "base/child.h"
#include "base/fail.h"
#include "base/file.h"
#include "ci/guard.h"
#include "ci/usage.h"
#include "cmd/doctor.h"

#define GIT_MS 10000

/* Each kernel's tree, and a file out of it: a pack that is not there, or cut off, shows here. */
static bool kernel_reads(struct doctor *d, struct repo *repo, const struct kernel *kernel)
{
	struct slice text;
	int found = repo_read(repo, d->arena, &kernel->tree, "Makefile", &text);

	if (found > 0)
		return true;
	if (!found)
		fail("%s: its tree has no Makefile", kernel->name);
	return false;
}

static void store_look(struct doctor *d)
{
	struct repo *repo = context_repo(d->context);
	struct kernels kernels = { 0 };

	if (!repo && !d->cache && !d->context->store_name) {
		fail_clear(); /* which has been said */
		return;
	}
	if (!repo && fail_kind() == FAIL_USAGE && !d->context->store_name) {
		fail_clear();
		doctor_say(d, "store", HEALTH_OK, NULL, "none yet: the first tick makes it");
		return;
	}
	if (!repo || repo_kernels(repo, d->arena, &kernels)) {
		doctor_failed(d, "store", HEALTH_BAD,
			      "move it away and fetch anew: series fetch v6.x");
		return;
	}
	for (size_t i = 0; i < kernels.n; i++)
		if (!kernel_reads(d, repo, &kernels.items[i])) {
			doctor_failed(
				d, "store", HEALTH_BAD,
				"see git fsck there; move it away and fetch anew: series fetch v6.x");
			return;
		}
	if (access(repo_path(repo), W_OK))
		doctor_say(d, "store", HEALTH_BAD, "chown it, or name another with --store",
			   "%s cannot be written: %s", path_word(d->arena, repo_path(repo)),
			   strerror(errno));
	else
		doctor_say(d, "store", HEALTH_OK, NULL, "%s: %zu kernel%s",
			   path_word(d->arena, repo_path(repo)), kernels.n,
			   kernels.n == 1 ? "" : "s");
}

/* Where there is no store yet, whose configuration counts too: what the user's own says. */
static bool git_knows(struct doctor *d, const char *key)
{
	struct child_ask ask = { .argv = (const char *const[]){ "git", "config", "--get", key,
								NULL },
				 .deadline_ms = GIT_MS };
	struct child_answer answer;

	if (child_run(d->arena, &ask, &answer)) {
		fail_clear();
		return false;
	}
	return !answer.status && !slice_blank(answer.out);
}

static void person_look(struct doctor *d)
{
	struct person person = { 0 };
	int found = context_person(d->context, &person);

	if (found < 0) {
		fail_clear(); /* the store, which has been said */
		found = git_knows(d, "user.name") && git_knows(d, "user.email");
	}
	if (!found)
		doctor_say(
			d, "git identity", HEALTH_BAD,
			"git config --global user.name NAME; git config --global user.email ADDRESS",
			"nobody: commits and Signed-off-by need a name");
	else if (person.name)
		doctor_say(d, "git identity", HEALTH_OK, NULL, "%s <%s>", person.name,
			   person.email);
	else
		doctor_say(d, "git identity", HEALTH_OK, NULL, "is configured");
}

static unsigned int machine_memory(const struct doctor *d)
{
	unsigned int most = 0;

	for (size_t i = 0; d->has_matrix && i < d->matrix.ncells; i++)
		if (d->matrix.cells[i].by_default && d->matrix.cells[i].machine->memory > most)
			most = d->matrix.cells[i].machine->memory;
	return most;
}

/* The largest of what the next kernel of each target would take. */
static int estimate_most(struct doctor *d, struct estimate *most)
{
	enum proof_kind kind = d->boots ? PROOF_TEST : d->builds ? PROOF_BUILD : PROOF_APPLY;

	if (estimate_make(d->arena, d->journal, d->cache, kind, "", machine_memory(d), most))
		return -1;
	for (size_t i = 0; d->targets && i < d->targets->n; i++) {
		struct estimate one;

		if (estimate_make(d->arena, d->journal, d->cache, kind, d->targets->items[i].name,
				  machine_memory(d), &one))
			return -1;
		if (!i || one.cache >= most->cache)
			*most = one;
	}
	if (d->settings.executor == EXECUTOR_SLURM)
		most->memory = 0; /* of another machine */
	return 0;
}

static void room_look(struct doctor *d)
{
	struct guard_ask ask = { .settings = &d->settings, .cache = d->cache, .state = d->state };
	struct estimate most;
	struct space space;
	uint64_t memory = 0;
	char *why;

	if (!d->cache || !d->state)
		return;
	if (estimate_most(d, &most) || space_find(d->arena, d->cache, &space) ||
	    memory_left(d->arena, &memory)) {
		doctor_failed(d, "room", HEALTH_WARN, NULL);
		return;
	}
	why = guard_refusal(d->arena, &ask, &most);
	if (why)
		doctor_say(d, "room", HEALTH_BAD, NULL, "%s", why);
	else
		doctor_say(
			d, "room", HEALTH_OK, NULL,
			"%llu MiB of disk and %llu MiB of memory free; the next kernel takes about %llu and %llu (%s)",
			(unsigned long long)(space.bytes / MIB), (unsigned long long)memory,
			(unsigned long long)(most.cache + most.state),
			(unsigned long long)most.memory, most.from);
}

static void site_look(struct doctor *d)
{
	const char *dir = d->settings.publish.dir, *slash = dir ? strrchr(dir, '/') : NULL;
	const char *parent;
	struct stat at, above;

	if (!dir || !slash)
		return;
	parent = slash == dir ? "/" : arena_copy(d->arena, dir, (size_t)(slash - dir));
	if (stat(parent, &above) || access(parent, W_OK))
		doctor_say(d, "site", HEALTH_BAD, arena_printf(d->arena, "mkdir -p %s", parent),
			   "%s cannot be written: %s (the site is put in place beside itself)",
			   path_word(d->arena, parent), strerror(errno));
	else if (!stat(dir, &at) && at.st_dev != above.st_dev)
		doctor_say(d, "site", HEALTH_BAD, "name a folder below that mount in [publish] dir",
			   "%s is a file system of its own: it cannot be replaced in one step",
			   path_word(d->arena, dir));
	else
		doctor_say(d, "site", HEALTH_OK, NULL, "%s", path_word(d->arena, dir));
}

void doctor_places(struct doctor *d)
{
	store_look(d);
	person_look(d);
	room_look(d);
	site_look(d);
}
