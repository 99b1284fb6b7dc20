/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include <inttypes.h>
#include <time.h>

#include "cmd/report.h"
#include "cmd/screen.h"
#include "cmd/updating.h"

static const char *kind_word(enum renewal_kind kind)
{
	static const char *const words[] = {
		[RENEWAL_SAME] = "same",       [RENEWAL_WORDS] = "words",
		[RENEWAL_CHANGED] = "changed", [RENEWAL_ADDED] = "new",
		[RENEWAL_DROPPED] = "dropped",
	};

	return words[kind];
}

static const char *fate_word(enum renewal_fate fate)
{
	static const char *const words[] = {
		[FATE_KEPT] = "kept",
		[FATE_CARRIED] = "carried",
		[FATE_STALE] = "stale",
		[FATE_DROPPED] = "dropped",
	};

	return words[fate];
}

static char *day_of(struct arena *arena, int64_t date)
{
	time_t t = (time_t)date;
	struct tm tm;
	char out[32];

	if (!gmtime_r(&t, &tm) || !strftime(out, sizeof(out), "%Y-%m-%d", &tm))
		return arena_strdup(arena, "?");
	return arena_strdup(arena, out);
}

static void add_shown(struct text *out, const char *s)
{
	text_add_shown(out, slice_of(s ? s : ""), false);
}

static void head_text(const struct updating *u, struct text *out)
{
	const struct context *c = u->context;
	const struct posting *posting = u->newer.posting;

	text_addf(out, "%sseries/%s%s: ", tint_on(c->color, TINT_BOLD), u->series->name,
		  tint_off(c->color, TINT_BOLD));
	if (posting) {
		if (u->newer.have)
			text_addf(out, "v%u -> ", u->newer.have);
		text_addf(out, "v%u  ", posting->version);
		add_shown(out, posting->subject);
		text_addf(out, "\n  %s, ", day_of(c->arena, posting->date));
		add_shown(out, posting->from.name);
		if (posting->message_id) {
			text_adds(out, ", <");
			add_shown(out, posting->message_id);
			text_addc(out, '>');
		}
	} else {
		text_adds(out, "it went upstream");
	}
	text_addc(out, '\n');
}

static void patches_text(const struct updating *u, struct text *out)
{
	static const enum tint tints[] = {
		[RENEWAL_SAME] = TINT_DIM,     [RENEWAL_WORDS] = TINT_NONE,
		[RENEWAL_CHANGED] = TINT_LOOK, [RENEWAL_ADDED] = TINT_ADD,
		[RENEWAL_DROPPED] = TINT_DROP,
	};
	bool color = u->context->color;

	for (size_t i = 0; i < u->renewal.n; i++) {
		const struct renewed_patch *item = &u->renewal.items[i];
		char number[16] = "-";

		if (item->number)
			snprintf(number, sizeof(number), "%u", item->number);
		text_addf(out, "  %2s  %s%-8s%s", number, tint_on(color, tints[item->kind]),
			  kind_word(item->kind), tint_off(color, tints[item->kind]));
		add_shown(out, item->subject);
		if (item->old && item->number && item->old->number != item->number)
			text_addf(out, "  (was %u)", item->old->number);
		text_addc(out, '\n');
		if (item->upstream)
			text_addf(out, "      upstream %s\n", item->upstream);
		for (size_t k = 0; k < item->given.n; k++) {
			text_adds(out, "      + ");
			add_shown(out, item->given.items[k].key);
			text_adds(out, ": ");
			add_shown(out, item->given.items[k].value);
			text_addc(out, '\n');
		}
	}
}

static const char *sign_was(const struct update_target *target, const struct renewed_patch *item)
{
	if (!item->old)
		return "";
	return mark_info(target->was.items[item->old->number - 1].mark)->sign;
}

static const char *sign_is(const struct update_target *target, const struct renewed_patch *item)
{
	return item->number ? mark_info(target->is.items[item->number - 1].mark)->sign : "";
}

static enum mark worst_of(const struct update_target *target, const struct renewed_patch *item)
{
	return item->number ? target->is.items[item->number - 1].mark : MARK_NONE;
}

/* "S -> X"; one sign where it stays. */
static char *change_of(struct arena *arena, const struct update_target *target,
		       const struct renewed_patch *item)
{
	const char *was = sign_was(target, item), *is = sign_is(target, item);

	if (!strcmp(was, is))
		return arena_strdup(arena, is);
	return arena_printf(arena, "%s -> %s", *was ? was : "new", *is ? is : "gone");
}

static void marks_text(const struct updating *u, struct text *out)
{
	struct arena *arena = u->context->arena;
	struct table table = { .columns = u->ntargets + 1 };

	if (u->missing.n) {
		text_adds(out, "Not in the store, so not ported:");
		for (size_t i = 0; i < u->missing.n; i++)
			text_addf(out, " %s", u->missing.items[i]);
		text_addc(out, '\n');
	}
	if (!u->ntargets)
		return;
	text_adds(out, "On the targets:\n");
	table_cell(arena, &table, TINT_NONE, "%s", "");
	for (size_t i = 0; i < u->ntargets; i++)
		table_cell(arena, &table, TINT_BOLD, "%s", u->targets[i].is.kernel.name);
	for (size_t p = 0; p < u->renewal.n; p++) {
		const struct renewed_patch *item = &u->renewal.items[p];

		if (item->number)
			table_cell(arena, &table, TINT_NONE, "%u/%zu", item->number,
				   u->renewal.series.n);
		else
			table_cell(arena, &table, TINT_DIM, "was %u", item->old->number);
		for (size_t i = 0; i < u->ntargets; i++)
			table_cell(arena, &table, mark_tint(worst_of(&u->targets[i], item)), "%s",
				   change_of(arena, &u->targets[i], item));
	}
	table_write(out, &table, 2, u->context->color);
	/* Why a target conflicts now, and did not. */
	for (size_t i = 0; i < u->ntargets; i++) {
		const struct port *is = &u->targets[i].is;

		if (is->mark != MARK_CONFLICT || u->targets[i].was.mark == MARK_CONFLICT)
			continue;
		for (size_t p = 0; p < is->n; p++) {
			if (is->items[p].mark != MARK_CONFLICT)
				continue;
			text_addf(out, "  %s %zu/%zu conflicts now:\n", is->kernel.name, p + 1,
				  is->n);
			text_add_reasons(out, slice_of(is->items[p].why ? is->items[p].why : ""), 4,
					 u->context->width);
		}
	}
}

static void file_text(const struct updating *u, const struct renewed_file *file, struct text *out)
{
	static const enum tint tints[] = {
		[FATE_KEPT] = TINT_GOOD,
		[FATE_CARRIED] = TINT_LOOK,
		[FATE_STALE] = TINT_BAD,
		[FATE_DROPPED] = TINT_DIM,
	};
	bool color = u->context->color, moved = strcmp(file->name, file->old_name) != 0;

	if (file->fate == FATE_KEPT && !moved)
		return;
	text_addf(out, "  %s%-8s%s", tint_on(color, tints[file->fate]), fate_word(file->fate),
		  tint_off(color, tints[file->fate]));
	add_shown(out, file->name);
	text_addc(out, '\n');
	if (moved) {
		text_adds(out, "          was ");
		add_shown(out, file->old_name);
		text_addc(out, '\n');
	}
	if (file->why)
		text_add_filled(out, slice_of(text_shown(u->context->arena, file->why)), 10,
				u->context->width);
	if (file->fate == FATE_STALE && file->target)
		text_addf(out, "          decide again: %s %s\n",
			  context_invoke(u->context, "resolve"), file->target);
	if (file->fate == FATE_STALE && !file->target)
		text_adds(out,
			  "          nobody runs it under that name: bring it up to date, then "
			  "take the .old away\n");
}

static void files_text(const struct updating *u, struct text *out)
{
	struct text lines __free_text = TEXT_INIT;
	size_t kept = 0;

	for (size_t i = 0; i < u->renewal.files.n; i++) {
		kept += u->renewal.files.items[i].fate == FATE_KEPT;
		file_text(u, &u->renewal.files.items[i], &lines);
	}
	if (!u->renewal.files.n)
		return;
	text_adds(out, "What people decided:\n");
	text_add_slice(out, text_slice(&lines));
	if (kept)
		text_addf(out,
			  "  %zu record%s and semantic patch%s of patches that change the same "
			  "lines stay valid\n",
			  kept, kept == 1 ? "" : "s", kept == 1 ? "" : "es");
}

static void remarks_text(const struct updating *u, struct text *out)
{
	for (size_t i = 0; i < u->renewal.remarks.n; i++) {
		text_adds(out, i ? "" : "Look over series.conf:\n");
		text_add_filled(
			out, slice_of(text_shown(u->context->arena, u->renewal.remarks.items[i])),
			2, u->context->width);
	}
}

static void end_text(const struct updating *u, struct text *out)
{
	if (u->newer.others)
		text_addf(out, "%zu more newer posting%s of other patches: run it again\n",
			  u->newer.others, u->newer.others == 1 ? "" : "s");
	if (!u->taken) {
		text_adds(out, "Nothing was changed (--dry-run)\n");
		return;
	}
	text_addf(out, "Taken in. Next: git diff, then %s v6.x\n",
		  context_invoke(u->context, "apply"));
}

void updating_text(struct updating *u, const struct text *diff, struct text *out)
{
	if (u->newer.passed_over) {
		text_adds(out, "Passed over, ");
		add_shown(out, u->newer.passed_over);
		text_addc(out, '\n');
	}
	if (u->pile.unread) {
		text_addf(out, "%zu mail%s could not be read: ", u->pile.unread,
			  u->pile.unread == 1 ? "" : "s");
		add_shown(out, u->pile.why);
		text_addc(out, '\n');
	}
	if (!u->any) {
		text_addf(out, "series/%s is up to date (of %zu mail%s)\n", u->series->name,
			  u->pile.n, u->pile.n == 1 ? "" : "s");
		return;
	}
	head_text(u, out);
	patches_text(u, out);
	if (diff->len) {
		text_adds(out, "What differs:\n");
		text_add_slice(out, text_slice(diff));
	}
	marks_text(u, out);
	files_text(u, out);
	remarks_text(u, out);
	end_text(u, out);
}

static json_t *patches_json(const struct updating *u)
{
	json_t *array = json_array();

	for (size_t i = 0; i < u->renewal.n; i++) {
		const struct renewed_patch *item = &u->renewal.items[i];
		json_t *one = json_object();

		json_array_append_new(array, one);
		json_object_set_new(one, "number",
				    item->number ? json_integer(item->number) : json_null());
		json_object_set_new(one, "was",
				    item->old ? json_integer(item->old->number) : json_null());
		json_object_set_new(one, "kind", json_string(kind_word(item->kind)));
		json_object_set_new(one, "subject", json_shown(item->subject));
		json_object_set_new(one, "file", json_shown(item->file));
		json_object_set_new(one, "upstream", json_shown(item->upstream));
		json_object_set_new(one, "trailers", json_trailers(&item->given));
	}
	return array;
}

static json_t *targets_json(const struct updating *u)
{
	json_t *array = json_array();

	for (size_t i = 0; i < u->ntargets; i++) {
		const struct update_target *target = &u->targets[i];
		json_t *one = json_object(), *was = json_array(), *is = json_array();

		json_array_append_new(array, one);
		json_object_set_new(one, "target", json_shown(target->name));
		json_object_set_new(one, "kernel", json_shown(target->is.kernel.name));
		json_object_set_new(one, "before", was);
		json_object_set_new(one, "after", is);
		for (size_t p = 0; p < target->was.n; p++)
			json_array_append_new(
				was, json_string(mark_info(target->was.items[p].mark)->sign));
		for (size_t p = 0; p < target->is.n; p++)
			json_array_append_new(
				is, json_string(mark_info(target->is.items[p].mark)->sign));
	}
	return array;
}

static json_t *files_json(const struct updating *u)
{
	json_t *array = json_array();

	for (size_t i = 0; i < u->renewal.files.n; i++) {
		const struct renewed_file *file = &u->renewal.files.items[i];
		json_t *one = json_object();

		json_array_append_new(array, one);
		json_object_set_new(one, "file", json_shown(file->name));
		json_object_set_new(one, "was", json_shown(file->old_name));
		json_object_set_new(one, "target", json_shown(file->target));
		json_object_set_new(one, "fate", json_string(fate_word(file->fate)));
		json_object_set_new(one, "why", json_shown(file->why));
	}
	return array;
}

static json_t *posting_json(const struct updating *u)
{
	const struct posting *posting = u->newer.posting;
	json_t *json;

	if (!posting)
		return json_null();
	json = json_object();
	json_object_set_new(json, "have",
			    u->newer.have ? json_integer(u->newer.have) : json_null());
	json_object_set_new(json, "found", json_integer(posting->version));
	json_object_set_new(json, "subject", json_shown(posting->subject));
	json_object_set_new(json, "from", json_shown(posting->from.name));
	json_object_set_new(json, "message_id", json_shown(posting->message_id));
	json_object_set_new(json, "date", json_integer(posting->date));
	return json;
}

void updating_json(struct updating *u, const struct text *diff, struct text *out)
{
	json_t *json __free(json) = json_object(), *remarks = json_array(), *missing = json_array();

	json_object_set_new(json, "version", json_integer(1));
	json_object_set_new(json, "series", json_shown(u->series->name));
	json_object_set_new(json, "newer", json_boolean(u->any));
	json_object_set_new(json, "taken", json_boolean(u->taken));
	json_object_set_new(json, "posting", posting_json(u));
	json_object_set_new(json, "passed_over", json_shown(u->newer.passed_over));
	json_object_set_new(json, "unread", json_integer((json_int_t)u->pile.unread));
	json_object_set_new(json, "patches", patches_json(u));
	json_object_set_new(json, "targets", targets_json(u));
	json_object_set_new(json, "missing", missing);
	for (size_t i = 0; i < u->missing.n; i++)
		json_array_append_new(missing, json_shown(u->missing.items[i]));
	json_object_set_new(json, "decided", files_json(u));
	json_object_set_new(json, "remarks", remarks);
	for (size_t i = 0; i < u->renewal.remarks.n; i++)
		json_array_append_new(remarks, json_shown(u->renewal.remarks.items[i]));
	json_object_set_new(json, "range_diff", json_shown(text_str(diff)));
	text_add_json(out, json);
}
