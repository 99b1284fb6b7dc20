/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include "cmd/resolving.h"

#include <sys/stat.h>

#include "base/fail.h"
#include "base/file.h"
#include "patch/base.h"
#include "patch/recorded.h"
#include "patch/reduce.h"

#define FILE_SIZE_MAX ((size_t)64 << 20)

const char *resolving_dir(struct context *c, const struct series *series,
			  const struct kernel *kernel)
{
	return arena_printf(c->arena, "%s/build/resolve/%s/%s", c->workspace, series->name,
			    kernel->name);
}

/* Which patch on which tree: what must be the same when the answer comes. */
static char *state_text(struct context *c, const struct resolving *r)
{
	return arena_printf(c->arena, "patch %s\ntree %s\n", r->patch->patch->file,
			    git_oid_tostr_s(&r->patch->before));
}

static int write_under(struct context *c, const char *dir, const char *path, struct slice text,
		       unsigned int mode)
{
	char *full = arena_printf(c->arena, "%s/%s", dir, path);
	char *parent = arena_strdup(c->arena, full);

	*strrchr(parent, '/') = '\0';
	return file_make_dirs(parent) || file_write(full, text, mode & 0777) ? -1 : 0;
}

static int write_all(struct context *c, const struct resolving *r, const char *dir,
		     const struct conflict *conflict)
{
	struct slice mail;
	char *source = arena_printf(c->arena, "%s/%s", r->series->dir, r->patch->patch->file);

	/* series->dir is from the workspace, or absolute. */
	if (r->series->dir[0] != '/')
		source = arena_printf(c->arena, "%s/%s", c->workspace, source);
	for (size_t i = 0; i < conflict->n; i++) {
		const struct conflict_file *file = &conflict->items[i];

		if (write_under(c, arena_printf(c->arena, "%s/work", dir), file->path, file->merged,
				file->mode))
			return -1;
		if (file->in_target && write_under(c, arena_printf(c->arena, "%s/target", dir),
						   file->path, file->before, file->mode & ~0222u))
			return -1;
	}
	if (file_read(c->arena, source, FILE_SIZE_MAX, &mail) == 1 &&
	    write_under(c, dir, r->patch->patch->file, mail, 0644))
		return -1;
	return write_under(c, dir, "state", slice_of(state_text(c, r)), 0644);
}

int resolving_open(struct context *c, const struct resolving *r, struct conflict *conflict)
{
	struct conflict_ask ask = {
		.repo = c->repo,
		.target_name = r->port->kernel.name,
		.patch_name = arena_printf(c->arena, "%u/%zu %s", r->patch->patch->number,
					   r->series->n, r->patch->patch->mail.subject),
	};
	struct reduced reduced;
	struct base base;
	int found;

	/* The patches before this one may have made the tree; it is read from the store. */
	if (pack_finish(r->pack))
		return -1;
	ask.target = draft_new(c->arena, c->repo, &r->patch->before);
	if (reduce(c->arena, r->patch->patch, ask.target, &reduced))
		return -1;
	ask.diff = &reduced.diff;
	found = base_find(c->arena, c->repo, r->series, &base);
	if (found < 0 || (found && base_advance(c->arena, &base, r->patch->patch->number - 1)))
		return -1;
	ask.base = found ? base.draft : NULL;
	ask.base_name = found ? base.kernel.name : NULL;
	if (conflict_open(c->arena, &ask, conflict))
		return -1;
	if (context_interrupted() || write_all(c, r, r->dir, conflict)) {
		enum fail_kind kind = fail_kind();
		char *why = arena_strdup(c->arena, fail_message());

		file_remove_tree(r->dir);
		return fail_as(kind, "%s", why);
	}
	return 0;
}

int resolving_check(struct context *c, const struct resolving *r)
{
	char *path = arena_printf(c->arena, "%s/state", r->dir);
	struct slice text;
	int there = file_read(c->arena, path, 4096, &text);

	if (there < 0)
		return -1;
	if (!there)
		return fail_as(FAIL_USAGE, "nothing is open for %s; start with: series resolve %s",
			       r->port->kernel.name, r->port->kernel.name);
	if (!r->patch || !slice_is(text, state_text(c, r)))
		return fail_as(
			FAIL_USAGE,
			"the series or the kernel is not what it was when %s was opened; use --abort and start again",
			r->dir);
	return 0;
}

/* Put the files under `dir` into the draft; `sub` is where we are in it. */
static int take_folder(struct context *c, struct draft *draft, const char *dir, const char *sub)
{
	struct file_names names = { 0 };

	if (file_list(c->arena, *sub ? arena_printf(c->arena, "%s/%s", dir, sub) : dir, &names) < 0)
		return -1;
	for (size_t i = 0; i < names.n; i++) {
		char *path = arena_printf(c->arena, "%s%s%s", sub, *sub ? "/" : "", names.items[i]);
		char *full = arena_printf(c->arena, "%s/%s", dir, path);
		int kind = file_kind(full);
		struct slice text, before;
		unsigned int mode = 0100644;
		struct stat st;
		size_t line;

		if (kind == 1 && take_folder(c, draft, dir, path))
			return -1;
		if (kind != 2)
			continue;
		if (file_read(c->arena, full, FILE_SIZE_MAX, &text) != 1 ||
		    draft_read(draft, path, &before, &mode) < 0 || stat(full, &st))
			return fail_in("%s", full);
		line = conflict_marker(text);
		if (line)
			return fail_as(FAIL_USAGE, "%s:%zu: a conflict marker is left", full, line);
		if (mode == 0100644 && st.st_mode & 0100)
			mode = 0100755;
		if (draft_write(draft, path, text, mode))
			return -1;
	}
	return 0;
}

/* What was laid out and is no longer under work/ is deleted. */
static int drop_missing(struct context *c, struct draft *draft, const struct diff *diff,
			const char *work)
{
	for (size_t i = 0; i < diff->n; i++) {
		const char *paths[] = { diff->items[i].old_path, diff->items[i].new_path };

		for (size_t k = 0; k < 2; k++) {
			char *laid;

			if (!paths[k])
				continue;
			laid = arena_printf(c->arena, "%s/../target/%s", work, paths[k]);
			if (file_kind(laid) == 2 &&
			    file_kind(arena_printf(c->arena, "%s/%s", work, paths[k])) == 0 &&
			    draft_remove(draft, paths[k]) < 0)
				return -1;
		}
	}
	return 0;
}

int resolving_diff(struct context *c, const struct resolving *r, struct diff *diff)
{
	char *work = arena_printf(c->arena, "%s/work", r->dir);
	struct draft *draft;
	git_oid tree;

	if (pack_finish(r->pack))
		return -1;
	draft = draft_new(c->arena, c->repo, &r->patch->before);
	if (take_folder(c, draft, work, "") ||
	    drop_missing(c, draft, &r->patch->patch->mail.diff, work) ||
	    draft_tree(draft, r->pack, &tree))
		return -1;
	return port_diff(c->arena, r->pack, &r->patch->before, &tree, RECORDED_CONTEXT, diff);
}
