/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include <linux/magic.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/child.h"
#include "base/fail.h"
#include "base/file.h"
#include "ci/executor.h"
#include "ci/slurm.h"
#include "kernel/results.h"

#define SHARED                                                                                     \
	"workspace, store, cache and state must lie on a file system that all "                    \
	"nodes mount at the same place"

/* File systems that live in this machine's memory or in its container, and nowhere else. */
static const char *private_kind(long type)
{
	switch (type) {
	case TMPFS_MAGIC:
	case RAMFS_MAGIC:
		return "in this machine's memory";
	case OVERLAYFS_SUPER_MAGIC:
		return "in a container of this machine";
	}
	return NULL;
}

/* The nearest folder above that is there says where it will lie. */
static char *place_flaw(struct arena *arena, const char *what, const char *path)
{
	char *at = arena_strdup(arena, path);
	struct statfs fs;
	const char *kind;

	while (statfs(at, &fs)) {
		char *slash = strrchr(at, '/');

		if (!slash || slash == at)
			return NULL;
		*slash = '\0';
	}
	kind = private_kind((long)fs.f_type);
	return kind ? arena_printf(arena, "the %s %s lies %s: " SHARED, what, path, kind) : NULL;
}

static bool is_here(const char *host)
{
	char name[256] = "";

	gethostname(name, sizeof(name) - 1);
	return !strcmp(host, name) || !strcmp(host, "localhost") || !strncmp(host, "127.", 4);
}

static char *shared_flaw(struct arena *arena, const struct settings *settings)
{
	const char *state = results_home(arena), *cache = file_cache_dir(arena);
	char *flaw = NULL;

	if (!state || !cache) {
		fail_clear();
		return NULL; /* said by whoever needs them */
	}
	if (settings->path && settings->path[0] == '/')
		flaw = place_flaw(arena, "workspace of", settings->path);
	if (!flaw)
		flaw = place_flaw(arena, "cache folder", cache);
	return flaw ? flaw : place_flaw(arena, "state folder", state);
}

char *slurm_flaw(struct arena *arena, const struct settings *settings)
{
	static const char *const programs[] = { "sbatch", "squeue", "scancel", "sinfo" };
	const char *flaw;

	for (size_t i = 0; i < ARRAY_SIZE(programs); i++)
		if (!child_exists(programs[i]))
			return arena_printf(
				arena,
				"%s is not installed: apt install slurm-client, or set [ci] "
				"executor = local",
				programs[i]);
	for (size_t i = 0; i < settings->slurm.noptions; i++) {
		flaw = slurm_option_flaw(arena, settings->slurm.options[i]);
		if (flaw)
			return arena_printf(arena, "[slurm] option: %s", flaw);
	}
	return NULL;
}

char *executor_slurm_flaw(struct arena *arena, const struct settings *settings)
{
	struct slurm_nodes nodes;
	bool up = false, others = false;
	char *flaw = slurm_flaw(arena, settings);

	if (flaw)
		return flaw;
	if (slurm_nodes(arena, &nodes)) {
		flaw = arena_printf(arena, "Slurm does not answer: %s", fail_message());
		fail_clear();
		return flaw;
	}
	for (size_t i = 0; i < nodes.n; i++) {
		up |= nodes.items[i].up;
		others |= !is_here(nodes.items[i].host) && !is_here(nodes.items[i].address);
	}
	if (!up)
		return arena_strdup(arena, "no node of the cluster is up: see sinfo");
	return others ? shared_flaw(arena, settings) : NULL;
}
