/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/magic.h>
#include <sys/statfs.h>
#include <unistd.h>

#include "base/fail.h"
#include "base/file.h"
#include "ci/settings.h"
#include "cmd/doctor.h"
#include "kernel/results_sound.h"

static void settings_open(struct doctor *d)
{
	struct settings *s = &d->settings;

	if (!d->targets || settings_read(d->arena, d->workspace, d->targets, s)) {
		doctor_failed(d, "settings", HEALTH_BAD, "docs/ci.md has every key");
		/* The rest is looked at by the defaults. */
		*s = (struct settings){ .guard = { 2048, 1024, 24 } };
		return;
	}
	d->has_settings = true;
	d->builds = d->boots = false;
	for (size_t i = 0; i < s->nwatches; i++) {
		d->builds |= s->watches[i].depth >= DEPTH_BUILD;
		d->boots |= s->watches[i].depth >= DEPTH_TEST;
	}
	doctor_say(d, "settings", HEALTH_OK, NULL, "%s%s: %zu watch%s, %zu known failure%s",
		   path_word(d->arena, s->path), file_kind(s->path) == 2 ? "" : " (the defaults)",
		   s->nwatches, s->nwatches == 1 ? "" : "es", s->nwaivers,
		   s->nwaivers == 1 ? "" : "s");
	fail_clear();
}

static void waivers_look(struct doctor *d)
{
	for (size_t i = 0; i < d->settings.nwaivers; i++) {
		const struct waiver *w = &d->settings.waivers[i];

		if (w->until <= d->now)
			doctor_say(d, "known failures", HEALTH_WARN,
				   "ask its owner: mend it, or give it another day",
				   "%s was excused until %s and counts again (%s)", w->test,
				   w->until_day, w->owner);
	}
}

static void series_look(struct doctor *d)
{
	struct conf_names names = { 0 };

	if (series_names(d->arena, d->workspace, &names)) {
		doctor_failed(d, "series", HEALTH_BAD, NULL);
		return;
	}
	if (!names.n)
		doctor_say(d, "series", HEALTH_BAD, "take one in: series import MBOX",
			   "none in %s/series", path_word(d->arena, d->workspace));
	for (size_t i = 0; i < names.n; i++) {
		struct series series;

		if (series_read(d->arena, d->workspace, names.items[i], &series))
			doctor_failed(d, "series", HEALTH_BAD, NULL);
		else
			doctor_say(d, "series", HEALTH_OK, NULL, "%s: %zu patch%s", names.items[i],
				   series.n, series.n == 1 ? "" : "es");
	}
}

static void workspace_open(struct doctor *d)
{
	d->workspace = context_workspace(d->context);
	if (!d->workspace) {
		doctor_failed(d, "workspace", HEALTH_BAD, NULL);
		return;
	}
	d->targets = context_targets(d->context);
	if (!d->targets)
		doctor_failed(d, "targets", HEALTH_BAD, "docs/targets.md has every key");
	else if (!d->targets->n)
		doctor_say(d, "targets", HEALTH_BAD, "name some in ci/targets.conf",
			   "none: there is no kernel to keep a series alive on");
	else
		doctor_say(d, "targets", HEALTH_OK, NULL, "%s", targets_list(d->arena, d->targets));
	series_look(d);
	if (d->targets)
		settings_open(d);
	waivers_look(d);
	d->has_matrix = !matrix_read(d->arena, d->workspace, &d->matrix);
	if (!d->has_matrix)
		doctor_failed(d, "matrix", HEALTH_BAD, "docs/matrix.md has every key");
}

/* What other machines have, too: its locks and its shared memory are not to be relied on. */
static const char *network_name(const char *path)
{
	static const struct {
		long magic;
		const char *name;
	} table[] = {
		{ NFS_SUPER_MAGIC, "NFS" },  { SMB_SUPER_MAGIC, "SMB" },
		{ CIFS_SUPER_MAGIC, "SMB" }, { SMB2_SUPER_MAGIC, "SMB" },
		{ AFS_SUPER_MAGIC, "AFS" },  { CEPH_SUPER_MAGIC, "Ceph" },
		{ V9FS_MAGIC, "9P" },	     { FUSE_SUPER_MAGIC, "FUSE" },
		{ 0x0bd00bd0, "Lustre" },    { 0x47504653, "GPFS" },
		{ 0x19830326, "BeeGFS" },
	};
	struct statfs fs;

	if (statfs(path, &fs))
		return NULL;
	for (size_t i = 0; i < ARRAY_SIZE(table); i++)
		if ((long)fs.f_type == table[i].magic)
			return table[i].name;
	return NULL;
}

static void state_look(struct doctor *d)
{
	const char *network = network_name(d->state);
	bool shared = d->settings.executor == EXECUTOR_SLURM;

	if (access(d->state, W_OK))
		doctor_say(d, "state folder", HEALTH_BAD, "chown it, or set XDG_STATE_HOME",
			   "%s cannot be written: %s", path_word(d->arena, d->state),
			   strerror(errno));
	else if (network)
		doctor_say(
			d, "state folder", HEALTH_WARN,
			shared ?
				"let only this one machine run `series ci`" :
				"set XDG_STATE_HOME to a local disk, or make sure that only this machine uses it",
			"%s is on %s: its database is safe only as long as one machine uses it",
			path_word(d->arena, d->state), network);
	else
		doctor_say(d, "state folder", shared ? HEALTH_WARN : HEALTH_OK,
			   "set XDG_STATE_HOME to a folder that all nodes have under the same name",
			   "%s%s", path_word(d->arena, d->state),
			   shared ? ": a local disk: other nodes do not see it" : "");
}

static void database_open(struct doctor *d)
{
	const char *path = arena_printf(d->arena, "%s/results.db", d->state);
	int sound;

	if (file_kind(path) == 0) {
		doctor_say(d, "database", HEALTH_OK, NULL, "none yet: the first tick makes it");
		return;
	}
	sound = results_sound(path);
	if (sound < 0 || (sound && results_open(path, &d->journal)))
		doctor_failed(d, "database", HEALTH_BAD, NULL);
	else if (!sound)
		doctor_say(d, "database", HEALTH_BAD,
			   "move it away: it is made anew, and what was tested is tested again",
			   "%s is damaged, or no database of results: %s",
			   path_word(d->arena, path), fail_message());
	else
		doctor_say(d, "database", HEALTH_OK, NULL, "%s: sound", path_word(d->arena, path));
	fail_clear();
}

void doctor_open(struct doctor *d)
{
	d->builds = d->boots = true; /* as long as nobody has said otherwise */
	workspace_open(d);
	d->cache = file_cache_dir(d->arena);
	if (!d->cache)
		doctor_failed(d, "cache folder", HEALTH_BAD, "set HOME, or XDG_CACHE_HOME");
	d->state = results_home(d->arena);
	d->home = d->state ? ci_home(d->arena, d->state) : NULL;
	if (!d->home) {
		doctor_failed(d, "state folder", HEALTH_BAD, "set HOME, or XDG_STATE_HOME");
		return;
	}
	state_look(d);
	database_open(d);
}
