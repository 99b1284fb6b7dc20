/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include "base/fail.h"
#include "cmd/commands.h"
#include "cmd/compared.h"
#include "cmd/ports.h"
#include "cmd/report.h"
#include "cmd/screen.h"
#include "patch/compare_port.h"

static void head_write(struct context *c, struct text *out, const struct ports *ports,
		       const struct port_patch *patch)
{
	text_addf(out, "%s%s  %s  ", tint_on(c->color, TINT_BOLD), ports->items[0].kernel.name,
		  patch_place(c->arena, ports->series, patch->patch));
	text_add_shown(out, slice_of(patch->patch->mail.subject), false);
	text_addf(out, "%s\n  %s%s %s%s", tint_off(c->color, TINT_BOLD),
		  tint_on(c->color, mark_tint(patch->mark)), mark_info(patch->mark)->sign,
		  patch->mark == MARK_NONE ? "not reached: a patch before it conflicts" :
					     mark_info(patch->mark)->name,
		  tint_off(c->color, mark_tint(patch->mark)));
	if (patch->committed)
		text_addf(out, ", commit %.12s", git_oid_tostr_s(&patch->commit));
	text_addc(out, '\n');
	if (patch->why && !patch->committed)
		text_add_reasons(out, slice_of(patch->why), 2, c->width);
}

/* "against upstream d0ad1b05bbe6: the same patch-id" */
static void against_write(struct context *c, struct text *out, const struct compared_port *shown)
{
	const struct series_patch *patch = shown->patch->patch;

	if (patch->upstream)
		text_addf(out, "  against upstream %.12s: ", patch->upstream);
	else
		text_adds(out, "  against the patch as mailed: ");
	if (shown->same_id)
		text_addf(out, "%sthe same patch-id%s\n", tint_on(c->color, TINT_GOOD),
			  tint_off(c->color, TINT_GOOD));
	else
		text_addf(out, "%sanother patch-id%s\n", tint_on(c->color, TINT_LOOK),
			  tint_off(c->color, TINT_LOOK));
	compared_write(out, &shown->compare, &patch->mail.diff, &shown->diff,
		       c->terminal ? c->width : 0, c->color);
}

static void diff_colored(struct context *c, struct text *out, const struct diff *diff)
{
	struct text plain __free_text = TEXT_INIT;
	struct slice rest, line;

	diff_write(&plain, diff);
	for (rest = text_slice(&plain); slice_line(&rest, &line);) {
		enum tint tint = slice_starts(line, "@@") ? TINT_HEAD :
				 slice_starts(line, "diff ") || slice_starts(line, "index ") ||
						 slice_starts(line, "--- ") ||
						 slice_starts(line, "+++ ") ?
							    TINT_BOLD :
				 slice_starts(line, "+") ? TINT_ADD :
				 slice_starts(line, "-") ? TINT_DROP :
							   TINT_NONE;

		text_adds(out, tint_on(c->color, tint));
		text_add_shown(out, line, false);
		text_addf(out, "%s\n", tint_off(c->color, tint));
	}
}

/* The whole of it, as git show has it. */
static void patch_write(struct context *c, struct text *out, const struct compared_port *shown)
{
	struct slice rest = slice_of(shown->patch->message), line;

	text_addf(out, "\ncommit %s\nAuthor: ", git_oid_tostr_s(&shown->patch->commit));
	text_add_shown(out, slice_of(shown->patch->patch->mail.author.name), false);
	text_adds(out, " <");
	text_add_shown(out, slice_of(shown->patch->patch->mail.author.email), false);
	text_adds(out, ">\n\n");
	while (slice_line(&rest, &line)) {
		text_adds(out, line.n ? "    " : "");
		text_add_shown(out, line, false);
		text_addc(out, '\n');
	}
	text_addc(out, '\n');
	diff_colored(c, out, &shown->diff);
}

static json_t *shown_json(const struct compared_port *shown)
{
	const struct port_patch *patch = shown->patch;
	json_t *json = json_object();

	json_object_set_new(json, "number", json_integer(patch->patch->number));
	json_object_set_new(json, "subject", json_shown(patch->patch->mail.subject));
	json_object_set_new(json, "mark", json_string(mark_info(patch->mark)->sign));
	json_object_set_new(json, "why", json_shown(patch->why));
	json_object_set_new(json, "note", json_shown(patch->note));
	json_object_set_new(json, "commit",
			    patch->committed ? json_string(git_oid_tostr_s(&patch->commit)) :
					       json_null());
	json_object_set_new(json, "same_patch_id",
			    patch->committed ? json_boolean(shown->same_id) : json_null());
	json_object_set_new(json, "hunks",
			    compared_json(&shown->compare, &patch->patch->mail.diff, &shown->diff));
	return json;
}

static int show_print(struct context *c, const struct ports *ports, size_t first, size_t end)
{
	struct text out __free_text = TEXT_INIT;
	json_t *json __free(json) = json_object(), *patches = json_array();

	json_object_set_new(json, "version", json_integer(1));
	json_object_set_new(json, "series", json_shown(ports->series->name));
	json_object_set_new(json, "target", json_shown(ports->items[0].kernel.name));
	json_object_set_new(json, "patches", patches);
	for (size_t i = first; i < end; i++) {
		struct compared_port shown;

		if (compare_port(c->arena, ports->pack, &ports->items[0].items[i], &shown))
			return -1;
		if (c->json) {
			json_array_append_new(patches, shown_json(&shown));
			continue;
		}
		if (i > first)
			text_addc(&out, '\n');
		head_write(c, &out, ports, shown.patch);
		if (!shown.patch->committed)
			continue;
		against_write(c, &out, &shown);
		if (end - first == 1)
			patch_write(c, &out, &shown);
	}
	if (c->json)
		text_add_json(&out, json);
	return context_print(c, &out);
}

static int show_patches(struct context *c, const struct ports *ports)
{
	size_t first = 0, end = ports->series->n;
	unsigned long number;
	int code = EXIT_CLEAN;

	if (c->nwords > 1) {
		if (!slice_number(slice_of(c->words[1]), ports->series->n, &number) || !number)
			return fail_as(FAIL_USAGE, "no patch '%s': %s has 1 to %zu", c->words[1],
				       ports->series->name, ports->series->n);
		first = number - 1;
		end = number;
	}
	if (show_print(c, ports, first, end))
		return -1;
	for (size_t i = first; i < end; i++)
		if (ports->items[0].items[i].mark == MARK_CONFLICT)
			code = EXIT_CONFLICT;
	return code;
}

static int show_run(struct context *c)
{
	struct ports ports = { 0 };
	struct kernel kernel;
	int code = -1;

	if (!context_kernel(c, c->words[0], &kernel) && !ports_make_one(c, &kernel, &ports))
		code = show_patches(c, &ports);
	pack_free(ports.pack);
	return code;
}

const struct command command_show = {
	.name = "show",
	.summary = "show a ported patch, and how it differs from upstream",
	.args = "TARGET [NUMBER]",
	.description =
		"Compares each ported patch with the one as mailed, hunk by hunk: identical, "
		"moved, context only, rename (with the map of names), adapted, added or dropped. Of those that differ the lines "
		"are shown: < stands before a line that only the mailed patch has, > before one "
		"that only the port has, ~ before one that differs in words, with [-these-] "
		"only as mailed and {+these+} only as ported.\n\n"
		"With a patch's number: the ported patch too, with its message. Writes nothing.",
	.words = WORDS_TARGETS,
	.words_min = 1,
	.words_max = 2,
	.run = show_run,
};
