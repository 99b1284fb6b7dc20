/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The commits are found by walking first parents from the ref to the kernel. That must take no more
 * steps than the series has patches: else the ref is of another kernel, and nothing is written. A
 * kernel that came from a tarball is a commit of our own making, which nobody else has, so it is
 * named in no base-commit line.
 */
#include "patch/export.h"

#include <stdio.h>
#include <unistd.h>

#include "base/fail.h"
#include "base/file.h"
#include "patch/import.h"
#include "patch/tree_diff.h"
#include "patch/version.h"

#define COVER "0000-cover-letter.patch"

DEFINE_FREE(commit, git_commit *, git_commit_free(_v))

struct outgoing {
	struct arena *arena;
	const struct export_ask *ask;
	struct export *export;
	struct commits {
		git_oid *items;
		size_t n, cap;
	} commits;		 /* newest first */
	struct mail_style style; /* of every mail: prefix, base commit */
};

static int look_up(struct repo *repo, const git_oid *id, git_commit **commit)
{
	if (git_commit_lookup(commit, repo_git(repo), id))
		return fail_git("cannot read commit %s", git_oid_tostr_s(id));
	return 0;
}

static int find_commits(struct outgoing *out, const git_oid *last)
{
	const struct kernel *kernel = out->ask->kernel;
	git_oid id = *last;

	while (git_oid_cmp(&id, &kernel->commit)) {
		git_commit *commit __free(commit) = NULL;

		if (look_up(out->ask->repo, &id, &commit))
			return -1;
		if (out->commits.n == out->ask->series->n || !git_commit_parentcount(commit))
			return fail_as(
				FAIL_USAGE,
				"series/%s/%s does not stand on %s (%.12s) any more; run series apply again",
				out->ask->series->name, kernel->name, kernel->name,
				git_oid_tostr_s(&kernel->commit));
		*arena_push(out->arena, &out->commits) = id;
		id = *git_commit_parent_id(commit, 0);
	}
	return 0;
}

/*
 * "PATCH 6.1.y", also for a branch whose Makefile says 6.1.187. Without a stable release under it, it
 * is no stable branch.
 */
static int prefix_of(struct arena *arena, struct repo *repo, const struct kernel *kernel,
		     const char **prefix)
{
	struct version version;
	struct slice makefile;
	bool stable = version_parse(slice_of(kernel->name), &version);
	int r;

	if (!stable) {
		r = repo_read(repo, arena, &kernel->tree, "Makefile", &makefile);
		if (r < 0)
			return -1;
		stable = r && version_of_makefile(makefile, &version) && version.patch > 0;
	}
	*prefix = stable ? arena_printf(arena, "PATCH %s", version_branch(arena, &version)) :
			   arena_strdup(arena, "PATCH");
	return 0;
}

int export_style(struct arena *arena, struct repo *repo, const struct kernel *kernel,
		 struct mail_style *style)
{
	git_commit *commit __free(commit) = NULL;

	*style = (struct mail_style){ 0 };
	if (prefix_of(arena, repo, kernel, &style->prefix) ||
	    look_up(repo, &kernel->commit, &commit))
		return -1;
	if (git_commit_parentcount(commit))
		style->base_commit = arena_strdup(arena, git_oid_tostr_s(&kernel->commit));
	return 0;
}

static struct person person_of(struct arena *arena, const git_signature *signature)
{
	return (struct person){ arena_strdup(arena, signature->name),
				arena_strdup(arena, signature->email) };
}

static const struct series_patch *patch_of(const struct series *series, const char *subject)
{
	for (size_t i = 0; i < series->n; i++)
		if (!strcmp(series->items[i].mail.subject, subject))
			return &series->items[i];
	return NULL;
}

static bool is_signed_off(const struct outgoing *out, const char *message)
{
	const struct person *sender = &out->ask->sender;

	return sender->email && strstr(message, arena_printf(out->arena, "\nSigned-off-by: %s <%s>",
							     sender->name, sender->email));
}

static int write_commit(struct outgoing *out, size_t index)
{
	const git_oid *id = &out->commits.items[out->commits.n - 1 - index];
	struct exported *done = arena_push(out->arena, out->export);
	git_commit *commit __free(commit) = NULL, *parent __free(commit) = NULL;
	struct text text __free_text = TEXT_INIT;
	struct diff diff = { 0 };
	struct mail_style style = {
		.prefix = out->style.prefix,
		.number = (unsigned int)index + 1,
		.total = (unsigned int)out->commits.n,
		.sender = out->ask->sender,
		.in_reply_to = out->ask->in_reply_to,
		.base_commit = index ? NULL : out->style.base_commit,
		.from_line = arena_strdup(out->arena, git_oid_tostr_s(id)),
	};
	struct person author;

	if (look_up(out->ask->repo, id, &commit) ||
	    look_up(out->ask->repo, git_commit_parent_id(commit, 0), &parent))
		return -1;
	if (tree_diff(out->arena, out->ask->repo, git_commit_tree_id(parent),
		      git_commit_tree_id(commit), &diff))
		return -1;
	author = person_of(out->arena, git_commit_author(commit));
	mail_write(&text, &style, &author, git_commit_author(commit)->when.time,
		   git_commit_author(commit)->when.offset, git_commit_message(commit), &diff);
	done->subject = arena_strdup(out->arena, git_commit_summary(commit));
	done->path =
		arena_printf(out->arena, "%s/%s", out->ask->dir,
			     import_file_name(out->arena, (unsigned int)index + 1, done->subject));
	done->patch = patch_of(out->ask->series, done->subject);
	done->signed_off = is_signed_off(out, git_commit_message(commit));
	return file_write(done->path, text_slice(&text), 0666);
}

/* One patch needs none. */
static bool has_cover(const struct outgoing *out)
{
	return out->ask->cover && out->commits.n > 1;
}

/* The last "[ ... ]" among the trailers of what was committed. */
static char *note_of(struct arena *arena, const git_commit *commit)
{
	struct slice rest = slice_of(git_commit_message(commit)), line;
	char *note = NULL;

	while (slice_line(&rest, &line)) {
		if (!slice_starts(line, "[ ") || slice_starts(line, "[ Upstream commit "))
			continue;
		note = slice_str(arena, line);
		while (!slice_ends(line, " ]") && slice_line(&rest, &line))
			note = arena_printf(arena, "%s\n    " SLICE_FMT, note, SLICE_ARG(line));
	}
	return note;
}

/* What a reviewer wants to know first: which commits these are, and what was adapted. */
static int write_cover(struct outgoing *out)
{
	const struct export_ask *ask = out->ask;
	struct text message __free_text = TEXT_INIT, text __free_text = TEXT_INIT;
	git_commit *newest __free(commit) = NULL;
	struct mail_style style = { .prefix = out->style.prefix,
				    .total = (unsigned int)out->commits.n,
				    .in_reply_to = ask->in_reply_to };
	struct person sender = ask->sender;

	text_addf(&message, "%s\n\nThe series %s, on %s.\n", ask->series->title, ask->series->name,
		  ask->kernel->name);
	for (size_t i = 0; i < out->commits.n; i++) {
		const struct exported *done = &out->export->items[i];
		git_commit *commit __free(commit) = NULL;
		char *note;

		if (look_up(out->ask->repo, &out->commits.items[out->commits.n - 1 - i], &commit))
			return -1;
		note = note_of(out->arena, commit);
		text_addf(&message, "\n%zu/%zu %s\n", i + 1, out->commits.n, done->subject);
		if (done->patch && done->patch->upstream)
			text_addf(&message, "    upstream %s\n", done->patch->upstream);
		else if (done->patch && done->patch->mainline)
			text_addf(&message, "    not upstream: %s\n", done->patch->mainline);
		if (note)
			text_addf(&message, "    %s\n", note);
	}
	if (ask->series->link)
		text_addf(&message, "\nLink: %s\n", ask->series->link);
	if (look_up(out->ask->repo, &out->commits.items[0], &newest))
		return -1;
	if (!sender.email)
		sender = person_of(out->arena, git_commit_author(newest));
	mail_write(&text, &style, &sender, git_commit_committer(newest)->when.time,
		   git_commit_committer(newest)->when.offset, text_str(&message),
		   &(struct diff){ 0 });
	return file_write(arena_printf(out->arena, "%s/" COVER, ask->dir), text_slice(&text), 0666);
}

/* Is it a name that an export writes? */
static bool is_ours(const char *name)
{
	return strspn(name, "0123456789") == 4 && name[4] == '-' &&
	       slice_ends(slice_of(name), ".patch");
}

/* Take away what an earlier export left and this one did not write. */
static int clear_old(const struct outgoing *out)
{
	struct file_names names = { 0 };

	if (file_list(out->arena, out->ask->dir, &names) < 0)
		return -1;
	for (size_t i = 0; i < names.n; i++) {
		char *path = arena_printf(out->arena, "%s/%s", out->ask->dir, names.items[i]);
		bool now = has_cover(out) && !strcmp(names.items[i], COVER);

		for (size_t k = 0; k < out->export->n; k++)
			now |= !strcmp(out->export->items[k].path, path);
		if (!now && is_ours(names.items[i]) && unlink(path))
			return fail_errno("cannot remove %s", path);
	}
	return 0;
}

int export_mails(struct arena *arena, const struct export_ask *ask, struct export *export)
{
	struct outgoing out = { .arena = arena, .ask = ask, .export = export };
	git_oid last;
	int r = repo_ref(ask->repo,
			 arena_printf(arena, "refs/series/%s/%s", ask->series->name,
				      ask->kernel->name),
			 &last);

	*export = (struct export){ 0 };
	if (r <= 0)
		return r;
	if (export_style(arena, ask->repo, ask->kernel, &out.style) || find_commits(&out, &last))
		return -1;
	export->prefix = out.style.prefix;
	if (!out.commits.n)
		return 1;
	if (file_make_dirs(ask->dir))
		return -1;
	for (size_t i = 0; i < out.commits.n; i++)
		if (write_commit(&out, i))
			return -1;
	if (has_cover(&out) && write_cover(&out))
		return -1;
	return clear_old(&out) ? -1 : 1;
}
