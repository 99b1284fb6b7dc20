/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/fail.h"
#include "base/file.h"
#include "cmd/commands.h"
#include "cmd/exporting.h"

#define MAILS_MAX ((size_t)256 * 1024 * 1024)

/* Where the mails go. A path that leads over a file is the user's mistake, not the machine's. */
static int choose_dir(const struct exporting *e, struct parcel *parcel)
{
	struct arena *arena = e->context->arena;
	const char *out = option_value(e->context, "out");
	char *safe = arena_strdup(arena, parcel->kernel->name), *dir;

	/* A branch may have a slash in its name. */
	for (char *p = safe; *p; p++)
		if (*p == '/')
			*p = '-';
	dir = !out	? arena_printf(arena, "outgoing/%s/%s", e->ask.series->name, safe) :
	      e->n == 1 ? arena_strdup(arena, out) :
			  arena_printf(arena, "%s/%s", out, safe);
	parcel->dir = dir;
	for (size_t i = 1; *dir && i <= strlen(dir); i++) {
		char *part = arena_copy(arena, dir, i);
		int kind = dir[i] && dir[i] != '/' ? 0 : file_kind(part);

		if (kind < 0)
			return -1;
		if (kind > 1)
			return fail_as(FAIL_USAGE,
				       "%s is no folder: the mails are files of their own", part);
	}
	return *dir ? 0 : fail_as(FAIL_USAGE, "--out takes a folder");
}

/* Before anything is written: is there something to write for each? */
static int check_applied(const struct exporting *e)
{
	const char *name = e->ask.series->name;

	for (size_t i = 0; i < e->n; i++) {
		const struct kernel *kernel = e->items[i].kernel;
		git_oid id;
		int r = repo_ref(e->ask.repo,
				 arena_printf(e->context->arena, "refs/series/%s/%s", name,
					      kernel->name),
				 &id);

		if (r < 0)
			return -1;
		if (!r)
			return fail_as(FAIL_USAGE, "%s is not applied to %s yet: %s %s", name,
				       kernel->name, context_invoke(e->context, "apply"),
				       kernel->name);
	}
	return 0;
}

/* A message id, also as mails and Greg's recipe have it: <id>. It becomes a header: one word, printable. */
static int read_reply_to(struct exporting *e)
{
	const char *given = option_value(e->context, "in-reply-to");
	struct slice id = slice_trim(slice_of(given ? given : ""));

	if (!given)
		return 0;
	if (id.n > 2 && id.p[0] == '<' && id.p[id.n - 1] == '>')
		id = slice_trim((struct slice){ id.p + 1, id.n - 2 });
	e->ask.in_reply_to = slice_str(e->context->arena, id);
	for (const char *p = e->ask.in_reply_to; *p; p++)
		if ((unsigned char)*p <= ' ' || (unsigned char)*p > '~' || *p == '<' || *p == '>')
			id.n = 0;
	return id.n ? 0 : fail_as(FAIL_USAGE, "--in-reply-to takes a message id");
}

static int read_version(struct exporting *e)
{
	const char *given = option_value(e->context, "reroll-count");
	unsigned long version = 0;

	if (given && *given == 'v')
		given++;
	if (given && (!slice_number(slice_of(given), 999, &version) || !version))
		return fail_as(FAIL_USAGE,
			       "--reroll-count takes the number of this version, such as 2");
	e->ask.version = (unsigned int)version;
	return 0;
}

static int read_notices(struct exporting *e)
{
	const char *path = option_value(e->context, "failed");
	struct slice mails;
	int r;

	if (!path)
		return 0;
	r = file_read(e->context->arena, path, MAILS_MAX, &mails);
	if (r < 0)
		return -1;
	if (!r)
		return fail_as(FAIL_USAGE, "there is no file %s", path);
	if (failed_notices_read(e->context->arena, mails, &e->notices))
		return fail_in("%s", path);
	if (!e->notices.n)
		return fail_as(FAIL_USAGE, "%s: none of its %zu mails is a FAILED notice", path,
			       e->notices.others);
	e->ask.notices = &e->notices;
	return 0;
}

static int write_all(struct exporting *e)
{
	for (size_t i = 0; i < e->n; i++) {
		struct parcel *parcel = &e->items[i];
		struct export_ask own = e->ask;

		own.kernel = parcel->kernel;
		own.dir = parcel->dir;
		own.range = parcel->range;
		if (export_mails(e->context->arena, &own, &parcel->export) < 0)
			return fail_in("%s", parcel->kernel->name);
	}
	return 0;
}

/* A newer branch lacks what would be sent to an older one: the stable maintainers will not take it. */
static int exit_of(const struct exporting *e)
{
	for (size_t i = 0; i < e->n; i++)
		for (size_t k = 0; k < e->items[i].gate.n; k++)
			if (e->items[i].gate.items[k].severity == SEVERITY_BAD)
				return EXIT_FINDINGS;
	return EXIT_CLEAN;
}

static int export_all(struct exporting *e)
{
	struct text out __free_text = TEXT_INIT;

	for (size_t i = 0; i < e->n; i++)
		if (choose_dir(e, &e->items[i]))
			return -1;
	if (check_applied(e) || exporting_gate(e) || exporting_ranges(e) || context_interrupted() ||
	    write_all(e))
		return -1;
	if (e->context->json)
		exporting_json(e, &out);
	else
		exporting_text(e, &out);
	return context_print(e->context, &out) ? -1 : exit_of(e);
}

static int export_run(struct context *c)
{
	struct exporting e = { .context = c };
	struct target_names missing = { 0 };

	e.ask.repo = context_repo(c);
	e.ask.series = context_series(c);
	e.ask.cover = option_given(c, "cover");
	if (!e.ask.repo || !e.ask.series || read_reply_to(&e) || read_version(&e) ||
	    read_notices(&e) || context_kernels(c, c->words, c->nwords, &e.kernels, &missing) ||
	    context_person(c, &e.ask.sender) < 0)
		return -1;
	for (size_t i = 0; i < missing.n; i++)
		context_say(c, "%s is not in the store; series fetch %s", missing.items[i],
			    missing.items[i]);
	e.n = e.kernels.n;
	e.items = arena_alloc(c->arena, (e.n + 1) * sizeof(*e.items));
	for (size_t i = 0; i < e.n; i++)
		e.items[i].kernel = &e.kernels.items[i];
	return export_all(&e);
}

static const struct command_option export_options[] = {
	{ 'o', "out", "DIR", "where the mails go; outgoing/NAME/TARGET without it", NULL },
	{ '\0', "cover", NULL, "a cover letter too, that says what was adapted", NULL },
	{ 'v', "reroll-count", "N", "this is version N: [PATCH 6.1.y vN]", NULL },
	{ '\0', "failed", "MBOX",
	  "FAILED notices: what answers one is in reply to it, and goes to whom it went", NULL },
	{ '\0', "in-reply-to", "ID", "the message that they answer", NULL },
	{ '\0', "range-diff", "WITH",
	  "say what differs from WITH: upstream (the series as mailed), previous (the mails that lie in the folder), or a commit",
	  NULL },
};

const struct command command_export = {
	.name = "export",
	.summary = "write the ported patches as mails for git send-email or b4",
	.args = "TARGET...",
	.description =
		"Writes what series apply committed, a mail per commit, as git format-patch would: [PATCH 6.1.y n/m], the upstream line and the "
		"note on what was adapted in the message, the upstream author in the body where you are the sender.\n\n"
		"Each target is a submission of its own; with several targets each gets a folder of its own. Several mails are one thread: the "
		"others answer the first, or the cover letter. Mails of an earlier export in the folder are replaced. Nothing is sent.\n\n"
		"The stable maintainers take nothing into a branch that a newer one lacks: how the newer configured branches stand is said, and exit "
		"code 1 when one lacks a patch and has no port of it.",
	.options = export_options,
	.noptions = ARRAY_SIZE(export_options),
	.words = WORDS_TARGETS,
	.words_min = 1,
	.run = export_run,
};
