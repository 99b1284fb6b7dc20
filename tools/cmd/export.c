/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "patch/export.h"

#include "base/fail.h"
#include "cmd/commands.h"
#include "cmd/report.h"
#include "cmd/screen.h"

/* One target's mails. */
struct parcel {
	const struct kernel *kernel;
	char *dir;
	struct export export;
};

static int parcel_make(struct context *c, const struct export_ask *ask, bool only,
		       struct parcel *parcel)
{
	struct export_ask own = *ask;
	const char *out = option_value(c, "out");
	char *safe = arena_strdup(c->arena, parcel->kernel->name);
	int r;

	/* A branch may have a slash in its name. */
	for (char *p = safe; *p; p++)
		if (*p == '/')
			*p = '-';
	if (!out)
		parcel->dir = arena_printf(c->arena, "outgoing/%s/%s", ask->series->name, safe);
	else
		parcel->dir = only ? arena_strdup(c->arena, out) :
				     arena_printf(c->arena, "%s/%s", out, safe);
	own.kernel = parcel->kernel;
	own.dir = parcel->dir;
	r = export_mails(c->arena, &own, &parcel->export);
	if (r < 0)
		return fail_in("%s", parcel->kernel->name);
	if (!r)
		return fail_as(FAIL_USAGE, "%s is not applied to %s yet: series apply %s",
			       ask->series->name, parcel->kernel->name, parcel->kernel->name);
	return 0;
}

static void parcel_text(const struct context *c, const struct parcel *parcel, bool signer,
			struct text *out)
{
	bool stable = parcel->export.n, unsigned_any = false;

	text_addf(out, "%s%s%s", tint_on(c->color, TINT_BOLD), parcel->kernel->name,
		  tint_off(c->color, TINT_BOLD));
	if (!parcel->export.n) {
		text_adds(out, ": has all of it, nothing to send\n");
		return;
	}
	text_adds(out, ": ");
	text_add_shown(out, slice_of(parcel->dir), false);
	text_addf(out, ", [%s]\n", parcel->export.prefix);
	for (size_t i = 0; i < parcel->export.n; i++) {
		const struct exported *mail = &parcel->export.items[i];

		text_addf(out, "  %zu/%zu  ", i + 1, parcel->export.n);
		text_add_shown(out, slice_of(mail->subject), false);
		if (mail->patch && mail->patch->class != CLASS_STABLE)
			text_addf(out, "  (%s: ", patch_class_name(mail->patch->class));
		if (mail->patch && mail->patch->class != CLASS_STABLE) {
			text_add_shown(out, slice_of(mail->patch->class_why), false);
			text_addc(out, ')');
		}
		text_addc(out, '\n');
		stable = stable && mail->patch && mail->patch->class == CLASS_STABLE;
		unsigned_any |= !mail->signed_off;
	}
	if (unsigned_any)
		text_adds(
			out,
			signer ?
				"  Not signed off by you: apply again with your user.name and user.email in git's configuration\n" :
				"  Not signed off: git's configuration has no user.name and user.email\n");
	text_addf(out, "  Send with: git send-email %s",
		  stable ? "--to stable@vger.kernel.org " : "");
	text_add_shown(out, slice_of(parcel->dir), false);
	text_adds(out, "/*.patch\n");
}

static json_t *parcel_json(const struct parcel *parcel)
{
	json_t *json = json_object(), *mails = json_array();

	json_object_set_new(json, "target", json_shown(parcel->kernel->name));
	json_object_set_new(json, "dir", json_shown(parcel->dir));
	json_object_set_new(json, "prefix", json_shown(parcel->export.prefix));
	json_object_set_new(json, "mails", mails);
	for (size_t i = 0; i < parcel->export.n; i++) {
		const struct exported *mail = &parcel->export.items[i];
		json_t *one = json_object();

		json_array_append_new(mails, one);
		json_object_set_new(one, "file", json_shown(mail->path));
		json_object_set_new(one, "subject", json_shown(mail->subject));
		json_object_set_new(one, "class",
				    mail->patch ?
					    json_string(patch_class_name(mail->patch->class)) :
					    json_null());
		json_object_set_new(one, "signed_off", json_boolean(mail->signed_off));
	}
	return json;
}

static int parcels_print(const struct context *c, const struct export_ask *ask,
			 const struct parcel *parcels, size_t n)
{
	struct text out __free_text = TEXT_INIT;
	json_t *json __free(json) = json_object(), *targets = json_array();

	json_object_set_new(json, "version", json_integer(1));
	json_object_set_new(json, "series", json_shown(ask->series->name));
	json_object_set_new(json, "targets", targets);
	for (size_t i = 0; i < n; i++) {
		if (c->json)
			json_array_append_new(targets, parcel_json(&parcels[i]));
		else
			parcel_text(c, &parcels[i], ask->sender.email, &out);
	}
	if (c->json)
		text_add_json(&out, json);
	return context_print(c, &out);
}

/* A message id, also as mails and Greg's recipe have it: <id>. */
static const char *message_id_of(struct context *c, const char *given)
{
	struct slice id = slice_trim(slice_of(given ? given : ""));

	if (id.n > 2 && id.p[0] == '<' && id.p[id.n - 1] == '>')
		id = slice_trim((struct slice){ id.p + 1, id.n - 2 });
	return given ? slice_str(c->arena, id) : NULL;
}

static int export_run(struct context *c)
{
	struct export_ask ask = {
		.repo = context_repo(c),
		.series = context_series(c),
		.in_reply_to = message_id_of(c, option_value(c, "in-reply-to")),
		.cover = option_given(c, "cover"),
	};
	struct kernels kernels = { 0 };
	struct target_names missing = { 0 };
	struct parcel *parcels;

	if (!ask.repo || !ask.series ||
	    context_kernels(c, c->words, c->nwords, &kernels, &missing) ||
	    context_person(c, &ask.sender) < 0)
		return -1;
	for (size_t i = 0; i < missing.n; i++)
		context_say(c, "%s is not in the store; series fetch %s", missing.items[i],
			    missing.items[i]);
	parcels = arena_alloc(c->arena, (kernels.n + 1) * sizeof(*parcels));
	for (size_t i = 0; i < kernels.n; i++) {
		parcels[i].kernel = &kernels.items[i];
		if (parcel_make(c, &ask, kernels.n == 1, &parcels[i]))
			return -1;
	}
	return parcels_print(c, &ask, parcels, kernels.n);
}

static const struct command_option export_options[] = {
	{ 'o', "out", "DIR", "where the mails go; outgoing/NAME/TARGET without it", NULL },
	{ '\0', "cover", NULL, "a cover letter too, that says what was adapted", NULL },
	{ '\0', "in-reply-to", "ID", "the message that they answer, such as a FAILED notice",
	  NULL },
};

const struct command command_export = {
	.name = "export",
	.summary = "write the ported patches as mails for git send-email or b4",
	.args = "TARGET...",
	.description =
		"Writes what series apply committed, a mail per commit, as git format-patch would: [PATCH 6.1.y n/m], the upstream line and the "
		"note on what was adapted in the message, the upstream author in the body where you are the sender.\n\n"
		"With several targets each gets a folder of its own. Mails of an earlier export in the folder are replaced. Nothing is sent.",
	.options = export_options,
	.noptions = ARRAY_SIZE(export_options),
	.words = WORDS_TARGETS,
	.words_min = 1,
	.run = export_run,
};
