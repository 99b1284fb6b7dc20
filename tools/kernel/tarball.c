/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A kernel tree is 90,000 files in 1.5 GB. Written to disk and added with git it costs 25 CPU
 * seconds, through git fast-import 44. Here each file is hashed as it leaves the decompressor; one
 * that the store has is dropped, any other is deflated at the fastest level straight into a pack.
 * Only names and ids are kept in memory; the trees are made of them at the end. What it costs is
 * SHA-1 over everything (1 s with the processor's own instructions) and deflating what is new (5 s
 * for a first tree, 1 for a near one).
 */
#include "kernel/tarball.h"

#include "base/fail.h"
#include "kernel/intake.h"
#include "kernel/manifest.h"
#include "kernel/tarfile.h"

/* Far beyond any kernel, far below what would hurt. */
#define FILE_MAX (256u << 20)
#define TOTAL_MAX ((uint64_t)16 << 30)
#define ENTRIES_MAX 2000000
#define PACK_LEVEL 1

struct taking {
	struct arena *arena;
	const struct tarball_ask *ask;
	struct tarfile *tarfile;
	struct packfile *packfile;
	git_odb *odb;
	struct manifest *manifest;
	struct text bytes; /* the current file */
	uint64_t total;
	size_t entries;
	const char *what; /* for progress */
	/* The first top Makefile, and what it says. */
	const char *makefile;
	git_oid makefile_id;
	int64_t makefile_mtime;
	struct version version;
};

static int keep(struct taking *taking, git_object_t type, struct slice bytes, git_oid *id)
{
	packfile_id(type, bytes, id);
	/*
	 * Without a refresh: it would look through the pack folder again for each file that is new.
	 */
	if (packfile_has(taking->packfile, id) ||
	    git_odb_exists_ext(taking->odb, id, GIT_ODB_LOOKUP_NO_REFRESH))
		return 0;
	return packfile_add(taking->packfile, type, bytes, id);
}

static int keep_tree(void *data, struct slice tree, git_oid *id)
{
	return keep(data, GIT_OBJECT_TREE, tree, id);
}

/* "Makefile" or "linux-6.12/Makefile": at most one folder above it. */
static bool is_top_makefile(const char *path)
{
	const char *slash = strchr(path, '/');

	return !strcmp(slash ? slash + 1 : path, "Makefile");
}

/* 1: go on; 0: the store has this version; -1. */
static int take_makefile(struct taking *taking, const struct tarentry *entry, const char *path,
			 const git_oid *id, struct tarball_answer *answer)
{
	const struct tarball_ask *ask = taking->ask;

	if (taking->makefile && strcmp(taking->makefile, path))
		return 1;
	if (intake_version(text_slice(&taking->bytes), &taking->version))
		return fail_in("%s", ask->path);
	taking->makefile = path;
	taking->makefile_id = *id;
	taking->makefile_mtime = entry->mtime;

	const char *name = version_name(taking->arena, &taking->version);

	if (!intake_wanted(&taking->version, ask->want))
		return fail_as(FAIL_USAGE, "%s: holds %s, not %s", ask->path, name,
			       version_name(taking->arena, ask->want));

	int known =
		intake_known(ask->repo, taking->arena, name, &answer->kernel, &answer->had_from);

	if (known < 0)
		return -1;
	answer->had = known;
	return !known;
}

static int take_hardlink(struct taking *taking, const struct tarentry *entry, const char *path)
{
	const struct manifest_file *target;
	const char *name;

	if (manifest_path(taking->arena, entry->target, &name))
		return fail_in("%s", taking->ask->path);
	target = manifest_find(taking->manifest, name);
	if (!target)
		return fail_as(FAIL_POLICY,
			       "%s: refusing '%s': a hard link to '%s', which is not in it",
			       taking->ask->path, path, name);
	manifest_put(taking->manifest, path, target->mode, &target->id);
	return 0;
}

/* 1: go on; 0: enough, the store has this version; -1. */
static int take_entry(struct taking *taking, const struct tarentry *entry,
		      struct tarball_answer *answer)
{
	const char *path;
	git_oid id;

	if (manifest_path(taking->arena, entry->path, &path))
		return fail_in("%s", taking->ask->path);
	if (entry->kind == TARENTRY_FOLDER)
		return 1;
	if (!*path || entry->kind == TARENTRY_OTHER)
		return fail_as(FAIL_POLICY, "%s: refusing '%s': it is %s", taking->ask->path,
			       entry->path, *path ? entry->other : "a file without a name");
	if (entry->kind == TARENTRY_HARDLINK)
		return take_hardlink(taking, entry, path) ? -1 : 1;
	if (entry->kind == TARENTRY_SYMLINK) {
		if (keep(taking, GIT_OBJECT_BLOB, slice_of(entry->target), &id))
			return -1;
		manifest_put(taking->manifest, path, 0120000, &id);
		return 1;
	}
	if (tarfile_read(taking->tarfile, FILE_MAX, &taking->bytes))
		return -1;
	taking->total += taking->bytes.len;
	if (taking->total > TOTAL_MAX)
		return fail_as(FAIL_POLICY, "%s: unpacks to more than %llu GiB", taking->ask->path,
			       (unsigned long long)(TOTAL_MAX >> 30));
	if (keep(taking, GIT_OBJECT_BLOB, text_slice(&taking->bytes), &id))
		return -1;
	manifest_put(taking->manifest, path, entry->executable ? 0100755 : 0100644, &id);
	return is_top_makefile(path) ? take_makefile(taking, entry, path, &id, answer) : 1;
}

/* 1: everything is in; 0: the store has this version; -1. */
static int take_entries(struct taking *taking, struct tarball_answer *answer)
{
	struct tarentry entry;
	uint64_t at, size, told = 0;
	int got;

	while ((got = tarfile_next(taking->tarfile, &entry)) > 0) {
		if (++taking->entries > ENTRIES_MAX)
			return fail_as(FAIL_POLICY, "%s: more than %u entries", taking->ask->path,
				       ENTRIES_MAX);
		got = take_entry(taking, &entry, answer);
		if (got <= 0)
			return got;
		tarfile_position(taking->tarfile, &at, &size);
		if (at == told)
			continue;
		told = at;
		if (!progress_step(taking->ask->progress, taking->what, at, size, "B"))
			return fail_as(FAIL_INTERRUPTED, "stopped; the store is as it was");
	}
	return got < 0 ? -1 : 1;
}

static int check_sha256(struct taking *taking, char hex[65])
{
	if (tarfile_sha256(taking->tarfile, hex))
		return -1;
	if (taking->ask->sha256 && strcasecmp(hex, taking->ask->sha256))
		return fail_as(FAIL_POLICY,
			       "%s: its SHA-256 is %s and should be %s: damaged, or another file",
			       taking->ask->path, hex, taking->ask->sha256);
	return 0;
}

static int make_commit(struct taking *taking, const char *sha256, struct tarball_answer *answer)
{
	const struct tarball_ask *ask = taking->ask;
	struct intake_ask intake = { .from = ask->from, .date = taking->makefile_mtime };
	const struct manifest_file *makefile;
	const char *top = "";

	makefile = manifest_find(taking->manifest, "Makefile");
	if (!makefile) {
		top = manifest_top(taking->manifest);
		makefile = manifest_find(taking->manifest,
					 arena_printf(taking->arena, "%s/Makefile", top));
	}
	if (!makefile || !taking->makefile || git_oid_cmp(&makefile->id, &taking->makefile_id))
		return fail_as(FAIL_USAGE, "%s: not a kernel: no Makefile in its one top folder",
			       ask->path);
	if (manifest_tree(taking->manifest, top, keep_tree, taking, &intake.tree))
		return fail_in("%s", ask->path);
	if (intake.date < 0)
		intake.date = 0;
	intake.name = version_name(taking->arena, &taking->version);
	intake.detail = arena_printf(taking->arena, "SHA256: %s%s\n", sha256,
				     ask->sha256 ? "" : " (not verified)");
	answer->files = manifest_files(taking->manifest);
	answer->objects = packfile_objects(taking->packfile) + 1;
	if (intake_commit(ask->repo, taking->arena, taking->packfile, &intake, &answer->kernel))
		return -1;
	answer->bytes = packfile_bytes(taking->packfile);
	return 0;
}

static int take_all(struct taking *taking, struct tarball_answer *answer)
{
	char sha256[65];
	int got;

	/* What this process wrote a moment ago is there too; see keep(). */
	if (git_repository_odb(&taking->odb, repo_git(taking->ask->repo)) < 0 ||
	    git_odb_refresh(taking->odb) < 0)
		return fail_git("cannot read the store");
	taking->tarfile = tarfile_open(taking->ask->path, taking->ask->member);
	taking->packfile = taking->tarfile ? packfile_new(repo_git(taking->ask->repo), PACK_LEVEL) :
					     NULL;
	if (!taking->packfile)
		return -1;
	got = take_entries(taking, answer);
	if (got <= 0)
		return got;
	if (check_sha256(taking, sha256))
		return -1;
	return make_commit(taking, sha256, answer);
}

int tarball_take(struct arena *arena, const struct tarball_ask *ask, struct tarball_answer *answer)
{
	const char *slash = strrchr(ask->path, '/');
	const char *title = ask->title ? ask->title : slash ? slash + 1 : ask->path;
	struct taking taking = {
		.arena = arena,
		.ask = ask,
		.manifest = manifest_new(arena),
		.what = arena_printf(arena, "taking in %s", title),
	};
	int got;

	*answer = (struct tarball_answer){ 0 };
	got = take_all(&taking, answer);
	tarfile_free(taking.tarfile);
	packfile_free(taking.packfile);
	git_odb_free(taking.odb);
	text_release(&taking.bytes);
	return got;
}
