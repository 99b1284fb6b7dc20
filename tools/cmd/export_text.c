/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/exporting.h"
#include "cmd/report.h"
#include "cmd/screen.h"

/* For stable, and nothing else in it? */
static bool for_stable(const struct parcel *parcel)
{
	bool stable = parcel->export.n;

	for (size_t i = 0; i < parcel->export.n; i++) {
		const struct series_patch *patch = parcel->export.items[i].patch;

		stable = stable && patch && patch->class == CLASS_STABLE;
	}
	return stable;
}

static void add_shown(struct text *out, const char *s)
{
	text_add_shown(out, slice_of(s), false);
}

static void mail_text(const struct exporting *e, const struct parcel *parcel, size_t i,
		      struct text *out)
{
	const struct exported *mail = &parcel->export.items[i];

	text_addf(out, "  %zu/%zu  ", i + 1, parcel->export.n);
	add_shown(out, mail->subject);
	if (mail->patch && mail->patch->class != CLASS_STABLE) {
		text_addf(out, "  (%s: ", patch_class_name(mail->patch->class));
		add_shown(out, mail->patch->class_why);
		text_addc(out, ')');
	}
	text_addc(out, '\n');
	if (!mail->notice)
		return;
	/* A thread answers one mail. */
	text_adds(out, parcel->export.answers == mail->notice && !e->ask.in_reply_to ?
			       "       answers <" :
			       "       not in reply to its own notice <");
	add_shown(out, mail->notice->message_id);
	text_adds(out, ">\n");
}

static void gate_text(const struct exporting *e, const struct parcel *parcel, struct text *out)
{
	static const enum tint tints[] = {
		[SEVERITY_NOTE] = TINT_DIM,
		[SEVERITY_LOOK] = TINT_LOOK,
		[SEVERITY_BAD] = TINT_BAD,
	};
	bool color = e->context->color;

	for (size_t i = 0; i < parcel->gate.n; i++) {
		const struct finding *finding = &parcel->gate.items[i];

		text_addf(out, "  %s%s%s", tint_on(color, tints[finding->severity]),
			  finding->severity == SEVERITY_BAD ? "Not yet: " : "",
			  tint_off(color, tints[finding->severity]));
		text_addf(out, "%s: ", finding->patch);
		add_shown(out, finding->text);
		text_addc(out, '\n');
	}
}

static void parcel_text(const struct exporting *e, const struct parcel *parcel, struct text *out)
{
	bool unsigned_any = false;

	text_addf(out, "%s%s%s", tint_on(e->context->color, TINT_BOLD), parcel->kernel->name,
		  tint_off(e->context->color, TINT_BOLD));
	if (!parcel->export.n) {
		text_adds(out, ": has all of it, nothing to send\n");
		return;
	}
	text_adds(out, ": ");
	add_shown(out, parcel->dir);
	text_addf(out, ", [%s]\n", parcel->export.prefix);
	for (size_t i = 0; i < parcel->export.n; i++) {
		mail_text(e, parcel, i, out);
		unsigned_any |= !parcel->export.items[i].signed_off;
	}
	gate_text(e, parcel, out);
	if (unsigned_any)
		text_adds(
			out,
			e->ask.sender.email ?
				"  Not signed off by you: apply again with your user.name and user.email in git's configuration\n" :
				"  Not signed off: git's configuration has no user.name and user.email\n");
	text_addf(out, "  Send with: git send-email %s",
		  for_stable(parcel) && !parcel->export.addressed ? "--to stable@vger.kernel.org " :
								    "");
	add_shown(out, parcel->dir);
	text_adds(out, "/*.patch\n");
}

/* Does some submission answer the notice? */
static bool is_answered(const struct exporting *e, const struct failed_notice *notice)
{
	for (size_t i = 0; i < e->n; i++)
		for (size_t k = 0; k < e->items[i].export.n; k++)
			if (e->items[i].export.items[k].notice == notice)
				return true;
	return false;
}

void exporting_text(const struct exporting *e, struct text *out)
{
	for (size_t i = 0; i < e->n; i++)
		parcel_text(e, &e->items[i], out);
	for (size_t i = 0; i < e->notices.n; i++) {
		const struct failed_notice *notice = &e->notices.items[i];

		if (is_answered(e, notice))
			continue;
		text_addf(out, "Not answered here, line %zu: ", notice->line);
		add_shown(out, notice->subject);
		if (notice->refused) {
			text_adds(out, " (");
			add_shown(out, notice->refused);
			text_addc(out, ')');
		}
		text_addc(out, '\n');
	}
}

static json_t *mail_json(const struct exported *mail)
{
	json_t *json = json_object();

	json_object_set_new(json, "file", json_shown(mail->path));
	json_object_set_new(json, "subject", json_shown(mail->subject));
	json_object_set_new(json, "class",
			    mail->patch ? json_string(patch_class_name(mail->patch->class)) :
					  json_null());
	json_object_set_new(json, "signed_off", json_boolean(mail->signed_off));
	json_object_set_new(json, "message_id", json_shown(mail->message_id));
	json_object_set_new(json, "in_reply_to", json_shown(mail->in_reply_to));
	json_object_set_new(json, "notice",
			    mail->notice ? json_shown(mail->notice->message_id) : json_null());
	return json;
}

static json_t *parcel_json(const struct parcel *parcel)
{
	json_t *json = json_object(), *mails = json_array(), *gate = json_array();

	json_object_set_new(json, "target", json_shown(parcel->kernel->name));
	json_object_set_new(json, "dir", json_shown(parcel->dir));
	json_object_set_new(json, "prefix", json_shown(parcel->export.prefix));
	json_object_set_new(json, "cover", json_shown(parcel->export.cover));
	json_object_set_new(json, "answers",
			    parcel->export.answers ?
				    json_shown(parcel->export.answers->message_id) :
				    json_null());
	json_object_set_new(json, "mails", mails);
	for (size_t i = 0; i < parcel->export.n; i++)
		json_array_append_new(mails, mail_json(&parcel->export.items[i]));
	json_object_set_new(json, "gate", gate);
	for (size_t i = 0; i < parcel->gate.n; i++) {
		const struct finding *finding = &parcel->gate.items[i];
		json_t *one = json_object();

		json_array_append_new(gate, one);
		json_object_set_new(one, "patch", json_shown(finding->patch));
		json_object_set_new(one, "severity", json_string(severity_word(finding->severity)));
		json_object_set_new(one, "text", json_shown(finding->text));
	}
	return json;
}

void exporting_json(const struct exporting *e, struct text *out)
{
	json_t *json __free(json) = json_object(), *targets = json_array(),
		     *unanswered = json_array();

	json_object_set_new(json, "version", json_integer(1));
	json_object_set_new(json, "series", json_shown(e->ask.series->name));
	json_object_set_new(json, "targets", targets);
	for (size_t i = 0; i < e->n; i++)
		json_array_append_new(targets, parcel_json(&e->items[i]));
	json_object_set_new(json, "unanswered", unanswered);
	for (size_t i = 0; i < e->notices.n; i++)
		if (!is_answered(e, &e->notices.items[i]))
			json_array_append_new(unanswered, json_shown(e->notices.items[i].subject));
	text_add_json(out, json);
}
