/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/fail.h"
#include "cmd/commands.h"
#include "cmd/updating.h"
#include "patch/import_part.h"

#include <stdlib.h>

DEFINE_FREE(git_repository, git_repository *, if (_v) git_repository_free(_v))
DEFINE_FREE(status, git_status_list *, if (_v) git_status_list_free(_v))

/* Where the workspace lies in the worktree: "" or "tools/ws/"; NULL: not in it. */
static char *prefix_of(struct arena *arena, const char *workspace, git_repository *git)
{
	char *real __free(ptr) = realpath(workspace, NULL);
	char *top __free(ptr) =
		git_repository_workdir(git) ? realpath(git_repository_workdir(git), NULL) : NULL;
	size_t n = top ? strlen(top) : 0;

	if (!real || !top || strncmp(real, top, n) != 0)
		return NULL;
	if (!real[n])
		return arena_strdup(arena, "");
	return real[n] == '/' ? arena_printf(arena, "%s/", real + n + 1) : NULL;
}

/*
 * What is not committed would be lost with the old folders. A workspace that is not in git is the user's own affair.
 */
static int check_committed(const struct updating *u)
{
	struct arena *arena = u->context->arena;
	git_repository *git __free(git_repository) = NULL;
	git_status_list *list __free(status) = NULL;
	git_status_options options = { .version = GIT_STATUS_OPTIONS_VERSION };
	char *paths[3], *prefix;
	int r = git_repository_open_ext(&git, u->workspace, 0, NULL);

	if (r == GIT_ENOTFOUND)
		return 0;
	if (r)
		return fail_git("%s", u->workspace);
	prefix = prefix_of(arena, u->workspace, git);
	if (!prefix)
		return 0;
	paths[0] = arena_printf(arena, "%sseries/%s", prefix, u->series->name);
	paths[1] = arena_printf(arena, "%sbackports/%s", prefix, u->series->name);
	paths[2] = arena_printf(arena, "%scoccinelle/%s", prefix, u->series->name);
	options.flags = GIT_STATUS_OPT_INCLUDE_UNTRACKED | GIT_STATUS_OPT_RECURSE_UNTRACKED_DIRS |
			GIT_STATUS_OPT_DISABLE_PATHSPEC_MATCH;
	options.pathspec = (git_strarray){ paths, 3 };
	if (git_status_list_new(&list, git, &options))
		return fail_git("what is not committed in %s", u->workspace);
	if (!git_status_list_entrycount(list))
		return 0;
	const git_status_entry *entry = git_status_byindex(list, 0);
	const git_diff_delta *delta = entry->index_to_workdir ? entry->index_to_workdir :
								entry->head_to_index;

	return fail_as(FAIL_USAGE,
		       "%s is not committed%s; commit it first, or give it up with --force",
		       delta && delta->new_file.path ? delta->new_file.path : u->series->dir,
		       git_status_list_entrycount(list) > 1 ? ", and more" : "");
}

static int update_take(struct updating *u)
{
	if (context_interrupted())
		return -1;
	if (renewal_publish(u->context->arena, u->workspace, &u->renewal))
		return -1;
	u->taken = true;
	return 0;
}

static int update_found(struct updating *u, bool dry)
{
	struct text diff __free_text = TEXT_INIT, out __free_text = TEXT_INIT;
	int code;

	if (u->any && (updating_make(u) || updating_diff(u, &diff)))
		return -1;
	if (u->any && !dry && update_take(u))
		return -1;
	if (u->context->json)
		updating_json(u, &diff, &out);
	else
		updating_text(u, &diff, &out);
	code = !u->any		 ? EXIT_CLEAN :
	       updating_worse(u) ? EXIT_CONFLICT :
	       dry		 ? EXIT_FINDINGS :
				   EXIT_CLEAN;
	return context_print(u->context, &out) ? -1 : code;
}

static int update_run(struct context *c)
{
	struct updating u = { .context = c, .workspace = context_workspace(c) };
	bool dry = option_given(c, "dry-run");
	int lock __free(fd) = -1, code;

	if (!u.workspace)
		return -1;
	if (git_libgit2_init() < 0)
		return fail_git("libgit2 does not start");
	if (!dry) {
		if (import_lock(c->arena, u.workspace, &lock))
			return -1;
		code = renewal_recover(c->arena, u.workspace);
		if (code < 0)
			return -1;
		if (code)
			context_say(c, "an update that was cut short is finished");
	}
	u.series = context_series(c);
	if (!u.series || (!dry && !option_given(c, "force") && check_committed(&u)))
		return -1;
	/* Without kernels the mails can be compared, and no more. */
	u.store = context_repo(c);
	if (!u.store && fail_kind() != FAIL_USAGE)
		return -1;
	if (!u.store)
		context_say(c, "%s; nothing can be tried on a kernel", fail_message());
	code = updating_look(&u) ? -1 : update_found(&u, dry);
	updating_release(&u);
	return code;
}

static const struct command_option update_options[] = {
	{ 'n', "dry-run", NULL, "show what is newer and what it would change; exit code 1 if it is",
	  NULL },
	{ '\0', "archive", "PATH",
	  "an mbox, folder or maildir to look in, in the place of lore (or lore.archive of ci/ci.conf)",
	  NULL },
	{ '\0', "upstream", "N=ID",
	  "patch N is commit ID in Linus' tree; its text is taken where the store has it", NULL },
	{ 'f', "force", NULL, "also where the series has changes that are not committed", NULL },
	{ '\0', "no-b4", NULL, "gather the trailers of replies without b4", NULL },
};

const struct command command_update = {
	.name = "update",
	.summary = "take in a newer version of the series, backports kept",
	.args = "[MBOX|MESSAGE-ID...]",
	.description =
		"Looks for a newer version of the workspace's series: in the mails that are named, in an archive, or on lore, which b4 asks by the "
		"series' links. Newer is a higher [PATCH vN] of the same thread, change-id or titles by the same author, or the same one sent again "
		"with changes; and a patch that is upstream now, as a mail or --upstream says.\n\n"
		"Shows the range-diff, and the marks on every configured target before and after; then takes it in, in one step, unless --dry-run is "
		"given. Recorded backports of patches that change the same lines stay valid; others are carried over where what is new fits the "
		"record as it is, and wait for series resolve where it does not. Semantic patches are renumbered with their patches; one that "
		"does something else than the new patch is set aside.\n\n"
		"Exit code 0 when it is up to date or was taken in, 1 for --dry-run when there is something newer, 3 when a target or a record needs a person now.",
	.options = update_options,
	.noptions = ARRAY_SIZE(update_options),
	.words = WORDS_FILES,
	.run = update_run,
};
