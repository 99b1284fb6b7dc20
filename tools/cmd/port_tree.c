/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/fail.h"
#include "cmd/commands.h"
#include "patch/ladder.h"
#include "patch/tree_diff.h"

/* The tree of what `name` stands for. */
static int find_tree(struct repo *repo, const char *name, git_oid *tree)
{
	git_object *named, *object;
	int r;

	if (git_revparse_single(&named, repo_git(repo), name))
		return fail_as(FAIL_USAGE, "'%s' names nothing in %s", name, repo_path(repo));
	r = git_object_peel(&object, named, GIT_OBJECT_TREE);
	git_object_free(named);
	if (r)
		return fail_as(FAIL_USAGE, "'%s' is no tree, nor does it name one", name);
	git_oid_cpy(tree, git_object_id(object));
	git_object_free(object);
	return 0;
}

/* What became of each hunk, to standard error. */
static void explain(const struct context *c, const struct ladder_answer *answer)
{
	for (size_t i = 0; i < answer->n; i++) {
		const struct hunk_fate *fate = &answer->items[i];

		context_say(c, "%s %s:%zu hunk %zu: %s%s%s", mark_info(fate->mark)->sign,
			    fate->path, fate->line, fate->hunk + 1,
			    fate->evidence ? fate->evidence : "", fate->note ? "; note: " : "",
			    fate->note ? fate->note : "");
	}
}

static int port_tree(struct context *c, struct repo *repo, const git_oid id[3], struct text *out)
{
	struct ladder_ask ask = {
		.repo = repo, .base_name = "the tree before", .methods = LADDER_ALL, .bare = true
	};
	struct draft *draft = draft_new(c->arena, repo, &id[2]);
	struct pack *pack __free(pack) = pack_new(repo);
	struct ladder_answer answer;
	char hex[GIT_OID_HEXSZ + 1];
	struct diff diff;
	git_oid tree;

	ask.base = draft_new(c->arena, repo, &id[0]);
	ask.diff = &diff;
	if (tree_diff(c->arena, repo, &id[0], &id[1], &diff) ||
	    ladder_apply(c->arena, &ask, draft, &answer))
		return -1;
	if (option_given(c, "explain"))
		explain(c, &answer);
	if (answer.mark == MARK_CONFLICT)
		return EXIT_CONFLICT;
	if (draft_tree(draft, pack, &tree) || pack_finish(pack))
		return -1;
	text_addf(out, "%s\n", git_oid_tostr(hex, sizeof(hex), &tree));
	return EXIT_CLEAN;
}

static int port_tree_run(struct context *c)
{
	struct repo *repo __free(repo) = NULL;
	struct text out __free_text = TEXT_INIT;
	git_oid id[3];
	int r;

	if (repo_open(c->words[0], &repo))
		return -1;
	for (size_t i = 0; i < ARRAY_SIZE(id); i++)
		if (find_tree(repo, c->words[1 + i], &id[i]))
			return -1;
	r = port_tree(c, repo, id, &out);
	return r == EXIT_CLEAN && context_print(c, &out) ? -1 : r;
}

static const struct command_option port_tree_options[] = {
	{ '\0', "explain", NULL, "say on standard error what became of each hunk, and why", NULL },
};

const struct command command_port_tree = {
	.name = "port-tree",
	.summary = "port the change between two trees onto a third one",
	.args = "REPO BEFORE AFTER TARGET",
	.description =
		"Does with three trees (or commits) of a repository what `series apply` does with a patch and a kernel, text methods only: "
		"what differs between BEFORE and AFTER is carried onto TARGET. Prints the id of the resulting tree, or exits with 3 where no "
		"method is sure.\n\n"
		"The trees may hold nothing but the touched files: a name that is in none of them proves nothing then. This is what "
		"`make eval` scores.",
	.options = port_tree_options,
	.noptions = ARRAY_SIZE(port_tree_options),
	.words = WORDS_FILES, /* the first is one, the others are ids */
	.words_min = 4,
	.words_max = 4,
	.run = port_tree_run,
};
