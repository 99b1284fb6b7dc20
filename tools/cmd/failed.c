/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A notice is handled alone: one that cannot be read, or whose branch is not here, keeps no other
 * from its draft. The patch is ported as a series of its own, in memory, and nothing of the port
 * stays but the draft. Where a series of the workspace has the commit, that series' records,
 * conditions and semantic patch count: so a conflict that a person decided with `series resolve` is
 * decided here, too.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <strings.h>

#include "base/fail.h"
#include "base/file.h"
#include "cmd/commands.h"
#include "cmd/failing.h"
#include "cmd/report.h"
#include "cmd/screen.h"
#include "patch/compare_port.h"
#include "patch/history.h"
#include "patch/import.h"
#include "patch/recorded.h"
#include "patch/version.h"

#define MAILS_MAX ((size_t)256 * 1024 * 1024)
#define DRAFT_MAX ((size_t)64 * 1024 * 1024)

DEFINE_FREE(folder, char *, if (_v) file_remove_tree(_v))

struct failings {
	struct failing *items;
	size_t n, cap;
};

/* One run of the command. */
struct answering {
	struct context *c;
	struct pack *pack;
	struct person sender; /* email NULL: none known */
	const char *out;      /* of --out; NULL */
	bool folder;	      /* it is one */
	bool print;	      /* it is "-" */
};

/* The workspace, where we stand in one: it is not needed. */
static int find_workspace(struct context *c)
{
	if (context_workspace(c))
		return 0;
	if (strcmp(c->dir, ".") != 0 || option_given(c, "import"))
		return fail_kind() == FAIL_USAGE ?
			       fail_as(FAIL_USAGE, "%s; any folder with both will do",
				       fail_message()) :
			       -1;
	fail_clear();
	return 0;
}

static int same_diff(const struct diff *a, const struct diff *b, bool *same)
{
	char x[41], y[41];

	if (patch_id(a, x) || patch_id(b, y))
		return -1;
	*same = !strcmp(x, y);
	return 0;
}

/* The workspace's patch of that commit: 1, 0, -1. */
static int find_known(struct context *c, const char *upstream, struct series *series,
		      const struct series_patch **patch)
{
	struct conf_names names = { 0 };

	if (!c->workspace)
		return 0;
	if (series_names(c->arena, c->workspace, &names))
		return -1;
	for (size_t i = 0; i < names.n; i++) {
		if (c->series_name && strcmp(c->series_name, names.items[i]) != 0)
			continue;
		if (series_read(c->arena, c->workspace, names.items[i], series))
			return -1;
		for (size_t k = 0; k < series->n; k++) {
			*patch = &series->items[k];
			if ((*patch)->upstream && !strcmp((*patch)->upstream, upstream))
				return 1;
		}
	}
	return 0;
}

/* The commit as a series of one patch. */
static int make_series(struct context *c, struct failing *f)
{
	const struct failed_notice *notice = f->notice;
	struct series_patch *patch = arena_new_of(c->arena, struct series_patch);
	const struct series_patch *known;
	struct series series;
	bool same = true;
	int r = find_known(c, notice->upstream, &series, &known);

	if (r < 0 || (r && same_diff(&known->mail.diff, &notice->patch.diff, &same)))
		return -1;
	if (r) {
		f->series = series;
		f->known_as = series.name;
		f->other_text = !same;
		*patch = *known;
		/* The conditions are on hunks of the series' own diff. */
		patch->nconditions = same ? known->nconditions : 0;
	} else {
		f->series.name = import_series_name(c->arena, notice->patch.subject);
		f->series.title = notice->patch.subject;
		patch->number = 1;
		patch->file = import_file_name(c->arena, 1, notice->patch.subject);
	}
	patch->mail = notice->patch;
	patch->upstream = notice->upstream;
	f->series.items = patch;
	f->series.n = 1;
	return 0;
}

/* The kernel to port to: 1, 0 with `why`, -1. */
static int find_kernel(struct context *c, struct failing *f)
{
	const char *on = option_value(c, "on"), *name = on ? on : f->notice->branch;
	struct version version;
	int r = repo_kernel(c->repo, c->arena, name, &f->kernel);

	if (r)
		return r;
	f->kernel = (struct kernel){ 0 };
	f->outcome = FAILING_MISSING;
	if (!version_parse(slice_of(name), &version))
		f->why = arena_printf(c->arena, "%s is no version, branch, tag or commit of %s",
				      name, repo_path(c->repo));
	else if (c->workspace)
		f->why = arena_printf(
			c->arena,
			"%s is not in the store; get it with: %s %s; or name a kernel with --on",
			name, context_invoke(c, "fetch"), name);
	else
		f->why = arena_printf(
			c->arena,
			"%s has no tag of %s; fetch one there, or name a branch or commit with --on",
			repo_path(c->repo), name);
	return 0;
}

static int take_in(struct context *c, struct failing *f)
{
	char *dir __free(folder) = NULL;
	const char *word;
	struct import_ask ask = { .workspace = c->workspace, .nwords = 1, .no_b4 = true };
	struct import import;
	char *base = f->series.name;

	ask.name = base;
	for (unsigned int n = 2;
	     file_kind(arena_printf(c->arena, "%s/series/%s", c->workspace, ask.name)); n++)
		ask.name = arena_printf(c->arena, "%s-%u", base, n);
	if (file_temp_dir(c->arena, "series-failed", &dir))
		return -1;
	word = arena_printf(c->arena, "%s/notice.eml", dir);
	ask.words = &word;
	if (file_write(word, f->notice->raw, 0600) || import_mails(c->arena, &ask, &import))
		return -1;
	f->taken_as = ask.name;
	return 0;
}

/* Where the draft goes: the --out file, or a name of its own in that folder, or where we are. */
static char *draft_path(const struct answering *a, const struct failing *f)
{
	struct arena *arena = a->c->arena;
	char *branch = arena_strdup(arena, f->reply.branch ? f->reply.branch : f->kernel.name);
	/* Without its "0001-". */
	const char *name = import_file_name(arena, 1, f->notice->patch.subject) + 5;

	for (char *p = branch; *p; p++)
		if (*p == '/' || (*p == '.' && p == branch))
			*p = '-';
	if (a->print)
		return NULL;
	if (a->out && !a->folder)
		return arena_strdup(arena, a->out);
	return arena_printf(arena, "%s%s%s-%s", a->out ? a->out : "", a->out ? "/" : "", branch,
			    name);
}

/*
 * What the patch fixes may have come after the branch: then it may need no answer. Only a store with
 * history knows, and one that has the commit that is fixed.
 */
static int look_for_fixed(struct context *c, struct failing *f)
{
	const struct mail *mail = &f->notice->patch;
	int r = history_whole(c->repo, &f->kernel);

	for (size_t i = 0; r == 1 && i < mail->ntrailers && !f->unbroken; i++) {
		const char *value = mail->trailers[i].value;
		size_t n = strspn(value, "0123456789abcdef");
		struct kernel fixed;
		git_oid found;
		char *id = arena_copy(c->arena, value, n);

		if (strcasecmp(mail->trailers[i].key, "Fixes") != 0 || n < 12 || n > 40)
			continue;
		if (repo_kernel(c->repo, c->arena, id, &fixed) != 1) {
			fail_clear();
			continue;
		}
		r = history_find(c->repo, &f->kernel,
				 arena_strdup(c->arena, git_oid_tostr_s(&fixed.commit)), &found);
		if (!r)
			f->unbroken = id;
		r = r < 0 ? -1 : 1;
	}
	return r < 0 ? -1 : 0;
}

/* Write the draft, unless something else is there. */
static int put_draft(const struct answering *a, struct failing *f)
{
	struct slice there, text = slice_of(f->reply.text);
	int r;

	f->path = draft_path(a, f);
	f->outcome = FAILING_DRAFTED;
	if (!f->path)
		return 0;
	r = file_read(a->c->arena, f->path, DRAFT_MAX, &there);
	if (r < 0)
		return -1;
	f->before = r && slice_eq(there, text);
	if (f->before)
		return 0;
	if (r && !option_given(a->c, "force")) {
		f->outcome = FAILING_KEPT;
		return 0;
	}
	return file_write(f->path, text, 0666);
}

static int draft(const struct answering *a, struct failing *f)
{
	const struct port_patch *patch = &f->port.items[0];
	struct reply_ask ask = {
		.repo = a->c->repo,
		.kernel = &f->kernel,
		.notice = f->notice,
		.patch = patch,
		.diff = &f->diff,
		.sender = a->sender,
	};

	if (port_diff(a->c->arena, a->pack, &patch->before, &patch->tree, 3, &f->diff) ||
	    same_diff(&patch->patch->mail.diff, &f->diff, &f->same_id))
		return -1;
	compare_diffs(a->c->arena, &patch->patch->mail.diff, &f->diff, &f->compare);
	compare_reasons(&f->compare, patch);
	f->signed_off = a->sender.email != NULL;
	if (reply_write(a->c->arena, &ask, &f->reply))
		return -1;
	return put_draft(a, f);
}

static int answer_one(const struct answering *a, struct failing *f)
{
	struct context *c = a->c;
	struct port_ask ask = {
		.repo = c->repo,
		.series = &f->series,
		.kernel = &f->kernel,
		.backporter = a->sender,
		/* It failed once, for a reason that the notice does not say. */
		.careful = true,
	};
	int r;

	if (f->notice->refused) {
		f->outcome = FAILING_REFUSED;
		f->why = f->notice->refused;
		return 0;
	}
	r = find_kernel(c, f);
	if (r <= 0)
		return r;
	if (make_series(c, f))
		return -1;
	/* A series of the same name that does not have the commit is none of its business. */
	ask.workspace = f->known_as ? c->workspace : NULL;
	if (port_series(c->arena, &ask, a->pack, &f->port))
		return -1;
	switch (f->port.items[0].mark) {
	case MARK_PRESENT:
		f->outcome = FAILING_PRESENT;
		return 0;
	case MARK_SKIPPED:
		f->outcome = FAILING_NOT_NEEDED;
		return 0;
	case MARK_CONFLICT:
		f->outcome = FAILING_CONFLICT;
		if (option_given(c, "import") && !f->known_as && take_in(c, f))
			return -1;
		return look_for_fixed(c, f);
	default:
		return draft(a, f) || look_for_fixed(c, f) ? -1 : 0;
	}
}

static int read_out(struct answering *a, const struct failed_notices *notices)
{
	int kind;

	a->out = option_value(a->c, "out");
	if (!a->out)
		return 0;
	a->print = !strcmp(a->out, "-");
	if (a->print)
		return a->c->json ?
			       fail_as(FAIL_USAGE, "--json and --out - both want standard output") :
			       0;
	kind = file_kind(a->out);
	if (kind < 0)
		return -1;
	a->folder = kind == 1;
	if (notices->n > 1 && !a->folder)
		return fail_as(
			FAIL_USAGE,
			"%zu notices make as many drafts: --out takes a folder that is there, or -",
			notices->n);
	return 0;
}

static int exit_of(const struct failings *failings)
{
	bool conflict = false, usage = false, policy = false;

	for (size_t i = 0; i < failings->n; i++) {
		const struct failing *f = &failings->items[i];

		conflict |= f->outcome == FAILING_CONFLICT;
		policy |= f->outcome == FAILING_REFUSED && f->notice->refused_as == FAIL_POLICY;
		usage |= f->outcome == FAILING_MISSING || f->outcome == FAILING_REFUSED ||
			 f->outcome == FAILING_KEPT;
	}
	return conflict ? EXIT_CONFLICT : policy ? EXIT_POLICY : usage ? EXIT_USAGE : EXIT_CLEAN;
}

static int print_json(const struct context *c, const struct failings *failings, size_t others)
{
	struct text out __free_text = TEXT_INIT;
	json_t *json __free(json) = json_object(), *array = json_array();

	json_object_set_new(json, "version", json_integer(1));
	json_object_set_new(json, "notices", array);
	json_object_set_new(json, "others", json_integer((json_int_t)others));
	for (size_t i = 0; i < failings->n; i++)
		json_array_append_new(array, failing_json(&failings->items[i]));
	text_add_json(&out, json);
	return context_print(c, &out);
}

/* The drafts to standard output, as one mbox; what is said of them to standard error. */
static int print_drafts(const struct answering *a, const struct failings *failings,
			const struct text *said)
{
	struct text out __free_text = TEXT_INIT;

	for (size_t i = 0; i < failings->n; i++)
		if (failings->items[i].outcome == FAILING_DRAFTED)
			text_adds(&out, failings->items[i].reply.text);
	if (!a->c->quiet)
		fputs(text_str(said), stderr);
	return context_print(a->c, &out);
}

static int print_all(const struct answering *a, const struct failings *failings, size_t others)
{
	struct text out __free_text = TEXT_INIT;

	if (a->c->json)
		return print_json(a->c, failings, others);
	for (size_t i = 0; i < failings->n; i++) {
		if (i)
			text_addc(&out, '\n');
		failing_text(a->c, a->pack, &failings->items[i], &out);
	}
	if (others)
		context_say(a->c, "%zu other mail%s in it passed over", others,
			    others == 1 ? "" : "s");
	return a->print ? print_drafts(a, failings, &out) : context_print(a->c, &out);
}

static int answer_all(struct answering *a, const struct failed_notices *notices)
{
	struct context *c = a->c;
	struct failings failings = { 0 };

	for (size_t i = 0; i < notices->n; i++) {
		struct failing *f = arena_push(c->arena, &failings);

		f->notice = &notices->items[i];
		if (!progress_step(&c->progress, "porting", i, notices->n, "notices") ||
		    context_interrupted())
			return context_interrupted();
		if (answer_one(a, f))
			return fail_in("line %zu: %s", f->notice->line, f->notice->subject);
	}
	return print_all(a, &failings, notices->others) ? -1 : exit_of(&failings);
}

static int failed_run(struct context *c)
{
	struct answering a = { .c = c };
	struct failed_notices notices;
	struct slice mails;
	/* A mail program can pipe one in. */
	int r = file_read(c->arena, strcmp(c->words[0], "-") ? c->words[0] : "/dev/stdin",
			  MAILS_MAX, &mails);

	if (r < 0)
		return -1;
	if (!r)
		return fail_as(FAIL_USAGE, "there is no file %s", c->words[0]);
	if (failed_notices_read(c->arena, mails, &notices))
		return fail_in("%s", c->words[0]);
	if (!notices.n)
		return fail_as(
			FAIL_USAGE,
			"%s: none of its %zu mails is a FAILED notice (Subject: FAILED: patch \"...\" failed to apply to 6.1-stable tree)",
			c->words[0], notices.others);
	if (find_workspace(c) || read_out(&a, &notices) || !context_repo(c) ||
	    context_person(c, &a.sender) < 0)
		return -1;
	a.pack = pack_new(c->repo);
	r = answer_all(&a, &notices);
	pack_free(a.pack);
	return r;
}

static const struct command_option failed_options[] = {
	{ 'o', "out", "FILE",
	  "the draft's file, or a folder for it; - is standard output; here, named by branch and title, without it",
	  NULL },
	{ 'f', "force", NULL, "replace a file that says something else", NULL },
	{ '\0', "on", "TARGET", "port to this kernel, not to the newest of the notice's branch",
	  NULL },
	{ '\0', "import", NULL, "take what conflicts into the workspace, for series resolve",
	  NULL },
};

const struct command command_failed = {
	.name = "failed",
	.summary = "answer a FAILED notice of stable's with a port of its patch",
	.args = "MBOX",
	.description =
		"Reads the mails in which the stable maintainers say that a patch does not apply to a branch (Greg's, and Sasha's), ports "
		"the commit that such a mail carries to the newest kernel of that branch in the store, says what differs from upstream, and "
		"drafts the answer: a mail for git send-email, to the stable list and everybody whom the notice or the patch names, in "
		"reply to the notice. Nothing is sent, and nothing of the store changes.\n\n"
		"MBOX is a mail (.eml), or a file of many, or - for standard input: each notice gets its draft, other mails are passed over. No draft is "
		"written where the kernel has the change already, or where no method was sure (exit code 3: it says which hunk, and "
		"what each method found). Then --import takes the commit into series/ of the workspace, series resolve opens it, "
		"and the next series failed uses what was decided.\n\n"
		"A workspace is not needed otherwise: series --store ~/linux failed MBOX works with a clone alone.",
	.options = failed_options,
	.noptions = ARRAY_SIZE(failed_options),
	.words = WORDS_FILES,
	.words_min = 1,
	.words_max = 1,
	.run = failed_run,
};
