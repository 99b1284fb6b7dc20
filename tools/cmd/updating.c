/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/updating.h"

#include "base/fail.h"
#include "base/file.h"
#include "ci/settings.h"
#include "patch/lore.h"
#include "patch/scratch.h"
#include "patch/tree_diff.h"

#define LORE_MS (2 * 60 * 1000)
#define LORE_ALL_MS (5 * 60 * 1000)

DEFINE_FREE(commit, git_commit *, git_commit_free(_v))

static int ask_lore(struct updating *u)
{
	struct context *c = u->context;

	if (!progress_step(&c->progress, "asking lore", 0, 0, "") || context_interrupted())
		return context_interrupted();
	if (!lore_read_series(c->arena, u->series, LORE_ALL_MS, &u->pile))
		return 0;
	return fail_as(fail_kind(),
		       "%s; or name mails, a message id, or an archive (--archive PATH)",
		       arena_strdup(c->arena, fail_message()));
}

static int read_words(struct updating *u)
{
	struct context *c = u->context;

	for (size_t i = 0; i < c->nwords; i++) {
		const char *word = c->words[i];
		char *id = lore_clean_id(c->arena, word);

		if (file_kind(word) == 0 && lore_id_ok(id)) {
			if (lore_read(c->arena, id, LORE_MS, &u->pile))
				return -1;
		} else if (pile_read(c->arena, word, true, &u->pile)) {
			return -1;
		}
	}
	return 0;
}

static int read_pile(struct updating *u)
{
	struct context *c = u->context;
	const char *archive = option_value(c, "archive");
	const struct targets *targets = context_targets(c);
	struct settings settings;

	if (c->nwords)
		return archive ? fail_as(FAIL_USAGE, "mails are named, and an archive: which?") :
				 read_words(u);
	if (!archive && option_given(c, "upstream"))
		return 0;
	if (!archive) {
		if (!targets || settings_read(c->arena, u->workspace, targets, &settings))
			return -1;
		archive = settings.lore.archive;
	}
	return archive ? pile_read(c->arena, archive, false, &u->pile) : ask_lore(u);
}

/* "2=d0ad1b05...", or the id alone where the series has one patch. */
static int read_upstream(struct updating *u, const char *given)
{
	struct slice rest = slice_of(given), part;
	unsigned long number = 1;
	struct became *became;

	slice_cut(&rest, '=', &part);
	if (!rest.n && u->series->n == 1)
		rest = part;
	else if (!slice_number(part, 9999, &number) || !number || number > u->series->n)
		return fail_as(FAIL_USAGE, "--upstream takes N=ID, a patch's number from 1 to %zu",
			       u->series->n);
	if (rest.n != 40 || strspn(rest.p, "0123456789abcdef") < 40)
		return fail_as(FAIL_USAGE,
			       "--upstream takes a commit of 40 hexadecimal digits, not '" SLICE_FMT
			       "'",
			       SLICE_ARG(rest));
	for (size_t i = 0; i < u->becames.n; i++)
		if (u->becames.items[i].patch == &u->series->items[number - 1])
			u->becames.items[i].patch = NULL; /* who says it has the last word */
	became = arena_push(u->context->arena, &u->becames);
	became->patch = &u->series->items[number - 1];
	became->upstream = slice_str(u->context->arena, rest);
	return 0;
}

static int read_upstreams(struct updating *u)
{
	const char *const *values;
	size_t n = option_values(u->context, "upstream", &values), left = 0;

	posting_became(u->context->arena, u->series, &u->pile, &u->becames);
	for (size_t i = 0; i < n; i++)
		if (read_upstream(u, values[i]))
			return -1;
	for (size_t i = 0; i < u->becames.n; i++)
		if (u->becames.items[i].patch)
			u->becames.items[left++] = u->becames.items[i];
	u->becames.n = left;
	return 0;
}

/* The trailers and all: what `series import` would make of the posting. */
static int gather_posting(struct updating *u)
{
	struct context *c = u->context;
	struct text mbox __free_text = TEXT_INIT;
	const char *path = arena_printf(c->arena, "%s/posting.mbox", u->temp);

	posting_write(&u->pile, u->newer.posting, &mbox);
	if (file_write(path, text_slice(&mbox), 0600) ||
	    gather(c->arena, &path, 1, option_given(c, "no-b4"), &u->gathered))
		return -1;
	if (u->gathered.n != u->newer.posting->n)
		return fail("of %zu patches of '%s' %zu are left when its thread is read",
			    u->newer.posting->n, u->newer.posting->subject, u->gathered.n);
	return 0;
}

/* A commit of the store as the mail that it would be: 1, 0 (it is not there), -1. */
static int mail_of_commit(struct updating *u, const struct became *became, struct mail *mail)
{
	struct arena *arena = u->context->arena;
	git_commit *commit __free(commit) = NULL, *parent __free(commit) = NULL;
	const git_signature *author;
	const char *body;
	git_oid id;

	if (!u->store || git_oid_fromstr(&id, became->upstream) ||
	    git_commit_lookup(&commit, repo_git(u->store), &id) ||
	    git_commit_parentcount(commit) != 1 || git_commit_parent(&parent, commit, 0))
		return 0;
	*mail = became->patch->mail;
	mail->diff = (struct diff){ 0 };
	if (tree_diff(arena, u->store, git_commit_tree_id(parent), git_commit_tree_id(commit),
		      &mail->diff))
		return -1;
	author = git_commit_author(commit);
	mail->author = (struct person){ arena_strdup(arena, author->name),
					arena_strdup(arena, author->email) };
	mail->date = author->when.time;
	mail->date_offset = author->when.offset;
	mail->subject = arena_strdup(arena, git_commit_summary(commit));
	body = git_commit_body(commit);
	mail->body = arena_printf(arena, "%s\n", body ? body : "");
	mail_trailers(arena, slice_of(mail->body), &mail->trailers, &mail->ntrailers);
	mail->prefix = arena_strdup(arena, "");
	return 1;
}

/* What the store has of the commits that patches became is how they read now. */
static int gather_commits(struct updating *u)
{
	struct arena *arena = u->context->arena;

	u->newer.replaced = arena_alloc(arena, (u->series->n + 1) * sizeof(bool));
	u->gathered.given = arena_alloc(arena, (u->becames.n + 1) * sizeof(struct trailers));
	for (size_t i = 0; i < u->series->n; i++)
		for (size_t k = 0; k < u->becames.n; k++) {
			struct mail mail;
			int r;

			if (u->becames.items[k].patch != &u->series->items[i])
				continue;
			r = mail_of_commit(u, &u->becames.items[k], &mail);
			if (r < 0)
				return -1;
			if (!r)
				continue;
			*arena_push(arena, &u->gathered) = mail;
			u->newer.replaced[i] = true;
			u->from_store = true;
		}
	return 0;
}

int updating_look(struct updating *u)
{
	struct context *c = u->context;

	if (file_temp_dir(c->arena, "series-update", &u->temp) || read_pile(u))
		return -1;
	postings_find(c->arena, &u->pile, &u->postings);
	posting_newer(c->arena, u->series, &u->pile, &u->postings, &u->newer);
	if (read_upstreams(u))
		return -1;
	u->any = u->newer.posting || u->becames.n;
	/* Mails that somebody named have to be of use. */
	if (c->nwords && !u->pile.n)
		return fail_as(FAIL_USAGE, "there is no mail in it");
	return 0;
}

static int scratch_make(struct updating *u)
{
	if (!u->store)
		return 0;
	if (scratch_open(u->context->arena, u->store, &u->scratch_dir, &u->scratch))
		return -1;
	u->pack = pack_new(u->scratch);
	return 0;
}

static int port_both(struct updating *u, const struct kernel *kernel, struct update_target *target)
{
	struct port_ask ask = {
		.repo = u->scratch,
		.workspace = u->workspace,
		.series = u->series,
		.kernel = kernel,
	};

	if (port_series(u->context->arena, &ask, u->pack, &target->was))
		return fail_in("as it is");
	ask.workspace = u->renewal.dir;
	ask.series = &u->renewal.series;
	return port_series(u->context->arena, &ask, u->pack, &target->is) ?
		       fail_in("as it would be") :
		       0;
}

static int port_all(struct updating *u)
{
	struct context *c = u->context;
	const struct targets *targets = context_targets(c);

	if (!targets)
		return -1;
	u->targets = arena_alloc(c->arena, (targets->n + 1) * sizeof(*u->targets));
	for (size_t i = 0; i < targets->n; i++) {
		char *name = targets->items[i].name;
		char *what = arena_printf(c->arena, "porting both to %s", name);
		struct update_target *target = &u->targets[u->ntargets];
		struct kernel kernel;
		int r = u->scratch ? repo_kernel(u->scratch, c->arena, name, &kernel) : 0;

		if (r < 0 || context_interrupted())
			return -1;
		if (!progress_step(&c->progress, what, i, targets->n, "kernels"))
			return context_interrupted();
		if (!r) {
			*arena_push(c->arena, &u->missing) = name;
			continue;
		}
		target->name = name;
		if (port_both(u, &kernel, target))
			return -1;
		u->ntargets++;
	}
	return 0;
}

int updating_make(struct updating *u)
{
	struct arena *arena = u->context->arena;
	struct renewal_upstream *upstreams =
		arena_alloc(arena, (u->becames.n + 1) * sizeof(*upstreams));
	const struct posting *posting = u->newer.posting, *ours = u->newer.ours;
	struct renewal_ask ask = {
		.workspace = u->workspace,
		.series = u->series,
		.upstreams = upstreams,
		.nupstreams = u->becames.n,
	};
	char *dir = arena_printf(arena, "%s/new", u->temp);

	for (size_t i = 0; i < u->becames.n; i++)
		upstreams[i] = (struct renewal_upstream){ u->becames.items[i].patch->number,
							  u->becames.items[i].upstream };
	if (posting ? gather_posting(u) : gather_commits(u))
		return -1;
	if (u->gathered.n) {
		ask.gathered = &u->gathered;
		ask.replaced = u->newer.replaced;
	}
	if (posting && posting->message_id && ours && ours->message_id) {
		ask.link =
			arena_printf(arena, "https://lore.kernel.org/all/%s", posting->message_id);
		ask.old_link = ours->message_id;
	}
	if (scratch_make(u) || file_make_dirs(dir))
		return -1;
	ask.scratch = u->scratch;
	return renewal_make(arena, &ask, dir, &u->renewal) || port_all(u) ? -1 : 0;
}

void updating_release(struct updating *u)
{
	if (u->pack)
		pack_free(u->pack);
	repo_free(u->scratch);
	if (u->scratch_dir)
		file_remove_tree(u->scratch_dir);
	if (u->temp)
		file_remove_tree(u->temp);
}

bool updating_worse(const struct updating *u)
{
	for (size_t i = 0; i < u->ntargets; i++)
		if (u->targets[i].is.mark == MARK_CONFLICT &&
		    u->targets[i].was.mark != MARK_CONFLICT)
			return true;
	for (size_t i = 0; i < u->renewal.files.n; i++)
		if (u->renewal.files.items[i].fate == FATE_STALE)
			return true;
	return false;
}
