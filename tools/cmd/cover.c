/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The cover letter of a submission for one branch: which commits, what was adapted, how it was tested. A draft: a person
 * reads it, and sends it.
 */
#define _GNU_SOURCE
#include "base/fail.h"
#include "ci/letterhead.h"
#include "cmd/report.h"
#include "cmd/screen.h"
#include "cmd/sheet.h"
#include "patch/export.h"

static void patches(struct context *c, const struct sheet *sheet, struct text *out)
{
	const struct sheet_target *t = &sheet->items[0];

	for (size_t p = 0; p < t->port->n; p++) {
		const struct port_patch *patch = &t->port->items[p];

		text_addc(out, '\n');
		letter_filled(out, 0,
			      arena_printf(c->arena, "%s %s",
					   patch_place(c->arena, sheet->series, patch->patch),
					   patch->patch->mail.subject));
		if (patch->patch->upstream)
			text_addf(out, "    upstream %s\n", patch->patch->upstream);
		else if (patch->patch->mainline)
			letter_filled(out, 4,
				      arena_printf(c->arena, "not upstream: %s",
						   patch->patch->mainline));
		if (!patch->committed)
			letter_filled(out, 4,
				      arena_printf(c->arena, "not in this submission: %s%s%s",
						   mark_info(patch->mark)->name,
						   patch->why ? ": " : "",
						   patch->why ? patch->why : ""));
		else if (t->compared[p].same_id)
			text_adds(out, "    the same patch-id as upstream's\n");
		if (patch->note)
			letter_filled(out, 4, arena_printf(c->arena, "[ %s ]", patch->note));
	}
}

static void tested(struct context *c, const struct sheet *sheet, struct text *out)
{
	const struct sheet_target *t = &sheet->items[0];

	text_adds(out, "\nTesting:\n");
	letter_filled(out, 2, arena_printf(c->arena, "%s.", t->why));
	for (size_t i = 0; i < sheet->shown.n; i++)
		letter_filled(out, 2,
			      arena_printf(c->arena,
					   "%s fails without the series and passes with it.",
					   sheet->shown.items[i].what));
	for (size_t i = 0; i < sheet->not_tested.n; i++)
		letter_filled(out, 2,
			      arena_printf(c->arena, "Not tested: %s.",
					   sheet->not_tested.items[i].what));
}

int cover_write(struct context *c, const struct sheet *sheet, struct text *out)
{
	const struct port *port = &sheet->ports->items[0];
	struct text message __free_text = TEXT_INIT;
	struct mail_style style;
	struct person sender = { 0 };
	size_t commits = 0;

	for (size_t p = 0; p < port->n; p++)
		commits += port->items[p].committed;
	if (port->mark == MARK_CONFLICT)
		return fail_as(FAIL_USAGE, "%s: a patch conflicts: nothing can be submitted",
			       port->kernel.name);
	if (!commits)
		return fail_as(FAIL_USAGE, "%s has all of it: there is nothing to submit",
			       port->kernel.name);
	if (context_person(c, &sender) < 0 ||
	    export_style(c->arena, c->repo, &port->kernel, &style))
		return -1;
	style.base_commit = NULL;
	style.total = (unsigned int)commits;
	if (!sender.email)
		sender = (struct person){ "", "" };
	text_addf(&message, "%s\n\n",
		  text_shown(c->arena,
			     sheet->series->title ? sheet->series->title : sheet->series->name));
	letter_filled(&message, 0,
		      arena_printf(c->arena, "The series %s, on %s.", sheet->series->name,
				   port->kernel.name));
	patches(c, sheet, &message);
	tested(c, sheet, &message);
	if (sheet->series->link) {
		text_adds(&message, "\nLink: ");
		text_add_shown(&message, slice_of(sheet->series->link), false);
		text_addc(&message, '\n');
	}
	text_addf(out, "From: %s <%s>\nSubject: [%s 0/%zu] %s", sender.name, sender.email,
		  style.prefix, commits, text_str(&message));
	return 0;
}
