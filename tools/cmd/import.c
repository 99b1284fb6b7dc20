/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "patch/import.h"

#include "base/fail.h"
#include "cmd/commands.h"
#include "cmd/report.h"
#include "cmd/screen.h"
#include "patch/gather.h"

/*
 * The series to import into: of --series, the only one there is, or a new one named by what is
 * imported.
 */
static int import_name(struct context *c, const char *workspace, const char **name)
{
	struct conf_names names;
	struct gathered gathered;

	*name = c->series_name;
	if (*name)
		return 0;
	if (series_names(c->arena, workspace, &names))
		return -1;
	if (names.n > 1)
		return fail_as(
			FAIL_USAGE,
			"this workspace has %zu series: say which, or name a new one, with --series NAME",
			names.n);
	if (names.n) {
		*name = names.items[0];
		return 0;
	}
	if (gather(c->arena, c->words, c->nwords, true, &gathered))
		return fail_in("a new series needs a name, with --series NAME, or of a patch");
	*name = import_series_name(c->arena,
				   gathered.title ? gathered.title : gathered.items[0].subject);
	return 0;
}

static void import_json(const struct import *import, const char *name, struct text *out)
{
	json_t *json __free(json) = json_object();
	json_t *patches = json_array();

	json_object_set_new(json, "version", json_integer(1));
	json_object_set_new(json, "series", json_shown(name));
	json_object_set_new(json, "created", json_boolean(import->created));
	json_object_set_new(json, "b4", json_boolean(import->by_b4));
	json_object_set_new(json, "patches", patches);
	json_object_set_new(json, "refused", json_trailers(&import->refused));
	for (size_t i = 0; i < import->n; i++) {
		const struct imported *patch = &import->items[i];
		json_t *one = json_object();

		json_array_append_new(patches, one);
		json_object_set_new(one, "number", json_integer(patch->number));
		json_object_set_new(one, "file", json_shown(patch->file));
		json_object_set_new(one, "subject", json_shown(patch->subject));
		json_object_set_new(one, "replaced", json_boolean(patch->replaced));
		json_object_set_new(one, "trailers", json_trailers(&patch->given));
	}
	text_add_json(out, json);
}

static void add_trailers(struct text *out, const struct trailers *trailers, const char *before)
{
	for (size_t i = 0; i < trailers->n; i++) {
		text_adds(out, before);
		text_add_shown(out, slice_of(trailers->items[i].key), false);
		text_adds(out, ": ");
		text_add_shown(out, slice_of(trailers->items[i].value), false);
		text_addc(out, '\n');
	}
}

static void import_text(const struct context *c, const struct import *import, const char *name,
			struct text *out)
{
	text_addf(out, "%sseries/%s%s%s\n", tint_on(c->color, TINT_BOLD), name,
		  tint_off(c->color, TINT_BOLD), import->created ? " (new)" : "");
	for (size_t i = 0; i < import->n; i++) {
		const struct imported *patch = &import->items[i];

		text_addf(out, "  %u  ", patch->number);
		text_add_shown(out, slice_of(patch->subject), false);
		text_adds(out, patch->replaced ? "  (replaced)\n" : "\n");
		add_trailers(out, &patch->given, "       + ");
	}
	if (import->refused.n)
		text_adds(out, "  Not taken, their address is not the sender's:\n");
	add_trailers(out, &import->refused, "       - ");
	text_addf(out, "Next: look over series/%s/series.conf, then series apply v6.x\n", name);
}

static int import_run(struct context *c)
{
	struct text out __free_text = TEXT_INIT;
	const char *number = option_value(c, "number");
	struct import_ask ask = {
		.workspace = context_workspace(c),
		.words = c->words,
		.nwords = c->nwords,
		.in_place = option_given(c, "in-place"),
		.upstream = option_value(c, "upstream"),
		.no_b4 = option_given(c, "no-b4"),
	};
	struct import import;
	unsigned long at = 0;

	if (!ask.workspace)
		return -1;
	if (number && (!slice_number(slice_of(number), 9999, &at) || !at))
		return fail_as(FAIL_USAGE, "--number takes the number of a patch, not '%s'",
			       number);
	ask.number = (unsigned int)at;
	if (import_name(c, ask.workspace, &ask.name) || import_mails(c->arena, &ask, &import))
		return -1;
	if (c->json)
		import_json(&import, ask.name, &out);
	else
		import_text(c, &import, ask.name, &out);
	return context_print(c, &out);
}

static const struct command_option import_options[] = {
	{ 'N', "number", "N", "where the (first) patch goes; otherwise behind the last", NULL },
	{ '\0', "in-place", NULL, "replace the patch of that number, or those of the same subject",
	  NULL },
	{ '\0', "upstream", "ID", "the commit in Linus' tree that this one patch is", NULL },
	{ '\0', "no-b4", NULL, "gather the trailers of replies without b4", NULL },
};

const struct command command_import = {
	.name = "import",
	.summary = "take patches into a series, from mails",
	.args = "MBOX...",
	.description =
		"Takes patches into series/NAME: author, date, message and trailers are kept. NAME is that of --series (made when it "
		"is not there), or the workspace's only series.\n\n"
		"MBOX is a mail (.eml, or of git format-patch), or a file of many; several files are one thread. Of a thread the "
		"newest version is taken, and the trailers that its replies give: by b4 where it is installed, by the same rules "
		"where it is not. A message id, or its address at lore.kernel.org, stands alone and is for b4 to get. "
		"Of a FAILED notice of stable's the commit is taken that it is about, with its upstream id.\n\n"
		"The folder is replaced in one step after the whole series was read back; whatever fails, it stays as it was.",
	.options = import_options,
	.noptions = ARRAY_SIZE(import_options),
	.words = WORDS_FILES,
	.words_min = 1,
	.run = import_run,
};
