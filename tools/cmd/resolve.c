/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include <stdint.h>
#include <unistd.h>

#include "base/fail.h"
#include "base/file.h"
#include "cmd/commands.h"
#include "cmd/ports.h"
#include "cmd/report.h"
#include "cmd/resolving.h"
#include "cmd/screen.h"
#include "patch/recorded.h"

/* The first patch in conflict, or NULL. */
static const struct port_patch *conflict_of(const struct port *port)
{
	for (size_t i = 0; i < port->n; i++)
		if (port->items[i].mark == MARK_CONFLICT)
			return &port->items[i];
	return NULL;
}

static int print_how(struct context *c, const struct resolving *r, const struct conflict *conflict)
{
	struct text out __free_text = TEXT_INIT;
	struct table table = { .columns = 3 };
	const char *name = r->port->kernel.name, *again = context_invoke(c, "resolve");

	text_addf(&out, "%s  %s  ", name, patch_place(c->arena, r->series, r->patch->patch));
	text_add_shown(&out, slice_of(r->patch->patch->mail.subject), false);
	text_addc(&out, '\n');
	text_add_reasons(&out, slice_of(r->patch->why ? r->patch->why : ""), 2, c->width);
	text_addf(&out, "\nOpened in %s:\n", path_word(c->arena, r->dir));
	for (size_t i = 0; i < conflict->n; i++) {
		const struct conflict_file *file = &conflict->items[i];

		table_cell(c->arena, &table, TINT_HEAD, "work/%s", file->path);
		table_cell(c->arena, &table, file->places ? TINT_LOOK : TINT_NONE,
			   file->in_target ? "%zu to decide" :
					     "%zu to decide, and the target has no such file",
			   file->places);
		table_cell(c->arena, &table, TINT_DIM, "%s", file->how);
	}
	table_write(&out, &table, 2, c->color);
	text_adds(
		&out,
		"\nEdit the files under work/ until no markers are left; target/ has what the target\n"
		"has, and the patch lies beside them. Then one of:\n");
	text_addf(&out, "  %s %s --continue --note 'what was adapted, and why'\n", again, name);
	text_addf(&out, "  %s %s --not-needed 'why this kernel does not need it'\n", again, name);
	text_addf(&out, "  %s %s --abort\n", again, name);
	return context_print(c, &out);
}

static int resolve_open(struct context *c, struct resolving *r)
{
	struct text out __free_text = TEXT_INIT;
	struct conflict conflict;

	if (!r->patch) {
		text_addf(&out, "Nothing to decide: %s lands on %s\n", r->series->name,
			  r->port->kernel.name);
		return context_print(c, &out) ? -1 : EXIT_CLEAN;
	}
	if (file_kind(r->dir) != 0)
		return fail_as(FAIL_USAGE, "%s is open already in %s; use --continue or --abort",
			       r->port->kernel.name, r->dir);
	if (resolving_open(c, r, &conflict))
		return -1;
	return print_how(c, r, &conflict) ? -1 : EXIT_CONFLICT;
}

/* What was laid out, and the folders above it that were made for it. */
static int remove_opened(struct context *c, const struct resolving *r)
{
	char *dir = arena_strdup(c->arena, r->dir);

	if (file_remove_tree(dir))
		return -1;
	/* build/resolve/NAME, build/resolve, build: each stays where something else is in it. */
	for (size_t i = 0; i < 3; i++) {
		*strrchr(dir, '/') = '\0';
		if (rmdir(dir))
			break;
	}
	return 0;
}

/* What the record changed: the marks now. */
static int print_recorded(struct context *c, const struct resolving *r, const char *path)
{
	struct ports ports = { 0 };
	struct text out __free_text = TEXT_INIT;
	size_t index = r->patch->patch->number - 1;
	int code = ports_make_one(c, &r->port->kernel, &ports);

	if (!code) {
		const struct port *port = &ports.items[0];
		const struct port_patch *patch = &port->items[index], *next = conflict_of(port);

		text_addf(&out, "Recorded in %s\n", path_word(c->arena, path));
		text_addf(&out, "%s  %s  %s %s\n", port->kernel.name,
			  patch_place(c->arena, r->series, patch->patch),
			  mark_info(patch->mark)->sign, mark_info(patch->mark)->name);
		if (next == patch)
			code = fail("the record is not used: %s",
				    patch->why ? patch->why : "no reason given");
		else if (next)
			text_addf(&out, "%s conflicts next: %s %s\n",
				  patch_place(c->arena, r->series, next->patch),
				  context_invoke(c, "resolve"), port->kernel.name);
		else
			text_addf(&out, "Nothing else to decide; now: %s %s\n",
				  context_invoke(c, "apply"), port->kernel.name);
		if (!code)
			code = next ? EXIT_CONFLICT : EXIT_CLEAN;
	}
	pack_free(ports.pack);
	return code < 0 || context_print(c, &out) ? -1 : code;
}

/*
 * A record that does not help is taken back: what stood there before it, or nothing, stands there
 * again.
 */
static int take_back(struct context *c, const char *path, const char *old_path, struct slice old)
{
	enum fail_kind kind = fail_kind();
	char *why = arena_strdup(c->arena, fail_message());

	if (old_path && !strcmp(path, old_path)) {
		file_write(path, old, 0644);
	} else {
		char *dir = arena_strdup(c->arena, path);

		unlink(path);
		*strrchr(dir, '/') = '\0';
		rmdir(dir); /* where it was made for this record */
	}
	return fail_as(kind, "%s", why);
}

static int resolve_record(struct context *c, struct resolving *r, const struct diff *diff,
			  const char *note)
{
	struct message_ask message = { .patch = r->patch->patch, .note = note };
	struct recorded old = { 0 };
	struct slice old_text = { 0 };
	struct person person;
	char *path;
	int code, known = context_person(c, &person);

	if (known < 0)
		return -1;
	/* One line, without what would end the note. */
	if (strpbrk(note, "\n[]") || slice_blank(slice_of(note)))
		return fail_as(FAIL_USAGE, "the note is one line of words, without brackets");
	message.backporter = known ? &person : NULL;
	if (recorded_find(c->arena, c->workspace, r->series, r->patch->patch, &r->port->kernel,
			  &old) < 0 ||
	    (old.path && file_read(c->arena, old.path, SIZE_MAX, &old_text) < 0))
		return -1;
	if (recorded_write(c->arena, c->workspace, r->series, r->patch->patch, &r->port->kernel,
			   message_stable(c->arena, &message), diff, &path))
		return -1;
	code = print_recorded(c, r, path);
	if (code < 0)
		return take_back(c, path, old.path, old_text);
	return remove_opened(c, r) ? -1 : code;
}

static int resolve_continue(struct context *c, struct resolving *r)
{
	const char *note = option_value(c, "note");
	struct diff diff;

	if (!note)
		return fail_as(
			FAIL_USAGE,
			"say in --note what was adapted and why: it goes into the commit message");
	if (resolving_check(c, r) || resolving_diff(c, r, &diff))
		return -1;
	if (!diff.n)
		return fail_as(
			FAIL_USAGE,
			"nothing under %s/work differs from the target; if it needs nothing, use --not-needed",
			r->dir);
	return resolve_record(c, r, &diff, note);
}

static int resolve_not_needed(struct context *c, struct resolving *r)
{
	struct diff none = { 0 };

	if (!r->patch)
		return fail_as(FAIL_USAGE, "no patch conflicts on %s", r->port->kernel.name);
	return resolve_record(c, r, &none, option_value(c, "not-needed"));
}

static int resolve_abort(struct context *c, struct resolving *r)
{
	struct text out __free_text = TEXT_INIT;

	if (file_kind(r->dir) != 1)
		return fail_as(FAIL_USAGE, "nothing is open for %s", r->port->kernel.name);
	if (remove_opened(c, r))
		return -1;
	text_addf(&out, "Removed %s\n", path_word(c->arena, r->dir));
	return context_print(c, &out) ? -1 : EXIT_CLEAN;
}

static int resolve_dispatch(struct context *c, const struct ports *ports)
{
	struct resolving r = {
		.series = ports->series,
		.pack = ports->pack,
		.port = &ports->items[0],
		.patch = conflict_of(&ports->items[0]),
		.dir = resolving_dir(c, ports->series, &ports->items[0].kernel),
	};

	if (option_given(c, "abort"))
		return resolve_abort(c, &r);
	if (option_given(c, "continue"))
		return resolve_continue(c, &r);
	if (option_given(c, "not-needed"))
		return resolve_not_needed(c, &r);
	return resolve_open(c, &r);
}

static int resolve_run(struct context *c)
{
	struct ports ports = { 0 };
	struct kernel kernel;
	int code = -1;

	if (option_given(c, "abort") + option_given(c, "continue") + option_given(c, "not-needed") >
	    1)
		return fail_as(FAIL_USAGE, "choose one of --continue, --not-needed and --abort");
	if (option_given(c, "note") && !option_given(c, "continue"))
		return fail_as(FAIL_USAGE,
			       "--note goes with --continue, when the files are edited");
	if (context_kernel(c, c->words[0], &kernel))
		return -1;
	if (strchr(kernel.name, '/') || kernel.name[0] == '.')
		return fail_as(
			FAIL_USAGE,
			"'%s' cannot be a folder under backports/; name the kernel by a version or a commit",
			kernel.name);
	if (!ports_make_one(c, &kernel, &ports))
		code = resolve_dispatch(c, &ports);
	pack_free(ports.pack);
	return code;
}

static const struct command_option resolve_options[] = {
	{ '\0', "continue", NULL, "record the files under work/ as this target's backport", NULL },
	{ 'm', "note", "TEXT", "what was adapted and why, for the message's [ ... ] note", NULL },
	{ '\0', "not-needed", "WHY", "record that this target needs nothing of the patch", NULL },
	{ '\0', "abort", NULL, "remove what was opened, record nothing", NULL },
};

const struct command command_resolve = {
	.name = "resolve",
	.summary = "open a conflict for a person, and record the answer",
	.args = "TARGET",
	.description =
		"Opens the first patch that conflicts on the target: a folder under "
		"build/resolve/ of the workspace with the touched files, merged as far as they "
		"go, conflicts between diff3's markers (exit code 3: there is something to "
		"decide).\n\n"
		"When they are edited, --continue records the difference under backports/ with "
		"the lines around it; from then on apply uses it (mark H) on every kernel of "
		"the branch where those lines still stand. Commit the file like any other. Your "
		"clone and its worktree are not touched.",
	.options = resolve_options,
	.noptions = ARRAY_SIZE(resolve_options),
	.words = WORDS_TARGETS,
	.words_min = 1,
	.words_max = 1,
	.run = resolve_run,
	.no_json = true,
};
