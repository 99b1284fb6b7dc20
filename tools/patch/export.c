/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The commits are found by walking first parents from the ref to the kernel. That must take no more
 * steps than the series has patches: else the ref is of another kernel, and nothing is written. A
 * kernel that came from a tarball is a commit of our own making, which nobody else has, so it is
 * named in no base-commit line.
 */
#include "patch/export.h"

#include <ctype.h>
#include <stdio.h>
#include <strings.h>
#include <unistd.h>

#include "base/fail.h"
#include "base/file.h"
#include "patch/import.h"
#include "patch/tree_diff.h"
#include "patch/version.h"

#define COVER "0000-cover-letter.patch"
#define STABLE "stable@vger.kernel.org"

DEFINE_FREE(commit, git_commit *, git_commit_free(_v))

struct outgoing {
	struct arena *arena;
	const struct export_ask *ask;
	struct export *export;
	struct commits {
		git_oid *items;
		size_t n, cap;
	} commits;		 /* newest first */
	struct mail_style style; /* of every mail: prefix, base commit, to, cc */
	const char *head;	 /* message id of the mail that the others answer; NULL */
	const char *answered;	 /* what the first mail answers; NULL */
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
	bool known = version_parse(slice_of(kernel->name), &version);
	/* A candidate of Linus' own goes to no branch of stable. */
	bool stable = known && !(version.rc && version.patch <= 0);
	int r;

	if (!known) {
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

/* One patch needs none. */
static bool has_cover(const struct outgoing *out)
{
	return out->ask->cover && out->commits.n > 1;
}

/*
 * An id for one of several mails; 0 is the cover letter. NULL where the sender has no address that one can be made of: then
 * git send-email makes the thread.
 */
static char *id_of(const struct outgoing *out, const git_oid *commit, size_t number)
{
	const char *email = out->ask->sender.email;
	const char *at = email ? strchr(email, '@') : NULL;

	if (!at || at == email || !at[1])
		return NULL;
	for (const char *p = email; *p; p++)
		if (!isgraph((unsigned char)*p) || strchr("<>()\"\\,;:", *p))
			return NULL;
	return arena_printf(out->arena, "%s.v%u-%zu.series.%s", git_oid_tostr_s(commit),
			    out->ask->version ? out->ask->version : 1, number, email);
}

/* Of mail `number` (0: the cover letter): what it is called and what it answers. */
static void thread(struct outgoing *out, size_t number, const git_oid *commit,
		   struct mail_style *style)
{
	bool head = number == (has_cover(out) ? 0 : 1);

	if (out->commits.n > 1)
		style->message_id = id_of(out, commit, number);
	style->in_reply_to = out->answered;
	if (head)
		out->head = style->message_id;
	if (head || !out->head)
		return;
	style->in_reply_to = out->head;
	style->references = out->answered;
}

static const git_oid *commit_of(const struct outgoing *out, size_t index)
{
	return &out->commits.items[out->commits.n - 1 - index];
}

static int write_commit(struct outgoing *out, size_t index)
{
	const git_oid *id = commit_of(out, index);
	struct exported *done = &out->export->items[index];
	git_commit *commit __free(commit) = NULL, *parent __free(commit) = NULL;
	struct text text __free_text = TEXT_INIT;
	struct diff diff = { 0 };
	struct mail_style style = out->style;
	struct person author;

	style.number = (unsigned int)index + 1;
	style.total = (unsigned int)out->commits.n;
	style.sender = out->ask->sender;
	style.from_line = arena_strdup(out->arena, git_oid_tostr_s(id));
	if (index)
		style.base_commit = NULL;
	if (out->commits.n == 1)
		style.notes = out->ask->range;
	thread(out, index + 1, id, &style);
	if (look_up(out->ask->repo, id, &commit) ||
	    look_up(out->ask->repo, git_commit_parent_id(commit, 0), &parent))
		return -1;
	if (tree_diff(out->arena, out->ask->repo, git_commit_tree_id(parent),
		      git_commit_tree_id(commit), &diff))
		return -1;
	author = person_of(out->arena, git_commit_author(commit));
	mail_write(&text, &style, &author, git_commit_author(commit)->when.time,
		   git_commit_author(commit)->when.offset, git_commit_message(commit), &diff);
	done->path =
		arena_printf(out->arena, "%s/%s", out->ask->dir,
			     import_file_name(out->arena, (unsigned int)index + 1, done->subject));
	done->message_id = arena_strdup(out->arena, style.message_id);
	done->in_reply_to = arena_strdup(out->arena, style.in_reply_to);
	return file_write(done->path, text_slice(&text), 0666);
}

/* The notice about this patch on this branch; NULL. */
static const struct failed_notice *notice_of(const struct outgoing *out,
					     const struct series_patch *patch)
{
	const struct failed_notices *notices = out->ask->notices;

	for (size_t i = 0; notices && patch && patch->upstream && i < notices->n; i++) {
		const struct failed_notice *notice = &notices->items[i];

		if (!notice->refused && !strcmp(notice->upstream, patch->upstream) &&
		    !strcmp(out->style.prefix,
			    arena_printf(out->arena, "PATCH %s.y", notice->branch + 1)))
			return notice;
	}
	return NULL;
}

/* Which commits these are, in order, and what they answer. */
static int list_commits(struct outgoing *out)
{
	static const struct person stable = { (char *)STABLE, (char *)STABLE };

	for (size_t i = 0; i < out->commits.n; i++) {
		struct exported *done = arena_push(out->arena, out->export);
		git_commit *commit __free(commit) = NULL;

		if (look_up(out->ask->repo, commit_of(out, i), &commit))
			return -1;
		done->subject = arena_strdup(out->arena, git_commit_summary(commit));
		done->patch = patch_of(out->ask->series, done->subject);
		done->signed_off = is_signed_off(out, git_commit_message(commit));
		done->notice = notice_of(out, done->patch);
		if (done->notice && !out->export->answers)
			out->export->answers = done->notice;
		for (size_t k = 0; done->notice && k < done->notice->all.n; k++) {
			const struct person *person = &done->notice->all.items[k];

			if (!out->ask->sender.email ||
			    strcasecmp(person->email, out->ask->sender.email) != 0)
				people_add(out->arena, &out->style.cc, person);
		}
	}
	out->answered = out->ask->in_reply_to;
	if (!out->answered && out->export->answers)
		out->answered = out->export->answers->message_id;
	out->export->addressed = out->export->answers != NULL;
	if (out->export->addressed) {
		out->style.to = (struct people){ 0 };
		*arena_push(out->arena, &out->style.to) = stable;
	}
	return 0;
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
	struct mail_style style = out->style;
	struct person sender = ask->sender;

	style.total = (unsigned int)out->commits.n;
	style.base_commit = NULL;
	thread(out, 0, commit_of(out, out->commits.n - 1), &style);

	text_addf(&message, "%s\n\nThe series %s, on %s.\n", ask->series->title, ask->series->name,
		  ask->kernel->name);
	for (size_t i = 0; i < out->commits.n; i++) {
		const struct exported *done = &out->export->items[i];
		git_commit *commit __free(commit) = NULL;
		char *note;

		if (look_up(out->ask->repo, commit_of(out, i), &commit))
			return -1;
		note = note_of(out->arena, commit);
		text_addf(&message, "\n%zu/%zu %s\n", i + 1, out->commits.n, done->subject);
		if (done->patch && done->patch->upstream)
			text_addf(&message, "    upstream %s\n", done->patch->upstream);
		else if (done->patch && done->patch->mainline)
			text_addf(&message, "    not upstream: %s\n", done->patch->mainline);
		if (note)
			text_addf(&message, "    %s\n", note);
		if (done->notice)
			text_addf(&message, "    answers <%s>\n", done->notice->message_id);
	}
	if (ask->series->link)
		text_addf(&message, "\nLink: %s\n", ask->series->link);
	if (ask->range)
		text_addf(&message, "\n%s", ask->range);
	if (look_up(out->ask->repo, &out->commits.items[0], &newest))
		return -1;
	if (!sender.email)
		sender = person_of(out->arena, git_commit_author(newest));
	mail_write(&text, &style, &sender, git_commit_committer(newest)->when.time,
		   git_commit_committer(newest)->when.offset, text_str(&message),
		   &(struct diff){ 0 });
	out->export->cover = arena_printf(out->arena, "%s/" COVER, ask->dir);
	return file_write(out->export->cover, text_slice(&text), 0666);
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
	if (export_style(arena, ask->repo, ask->kernel, &out.style) || find_commits(&out, &last) ||
	    list_commits(&out))
		return -1;
	if (ask->version > 1)
		out.style.prefix = arena_printf(arena, "%s v%u", out.style.prefix, ask->version);
	export->prefix = out.style.prefix;
	if (!out.commits.n)
		return 1;
	if (file_make_dirs(ask->dir))
		return -1;
	/* The cover letter goes first: it is what the others answer. */
	if (has_cover(&out) && write_cover(&out))
		return -1;
	for (size_t i = 0; i < out.commits.n; i++)
		if (write_commit(&out, i))
			return -1;
	return clear_old(&out) ? -1 : 1;
}
