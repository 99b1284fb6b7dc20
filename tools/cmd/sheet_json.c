/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include <jansson.h>

#include "cmd/compared.h"
#include "cmd/report.h"
#include "cmd/sheet_part.h"

static void put(json_t *json, const char *key, json_t *value)
{
	json_object_set_new(json, key, value);
}

static json_t *number(size_t n)
{
	return json_integer((json_int_t)n);
}

static json_t *some(const char *s)
{
	return s && *s ? json_shown(s) : json_null();
}

static json_t *arm_json(const struct known_arm *arm)
{
	json_t *json = json_object();

	if (!arm->id)
		return json_null();
	put(json, "evidence", some(arm->dir));
	put(json, "emulator", some(arm->emulator));
	put(json, "end", some(arm->end));
	put(json, "flaw", some(arm->flaw));
	put(json, "seconds", json_real(arm->wall_seconds));
	put(json, "test_seconds", json_real(arm->test_seconds));
	return json;
}

static json_t *cell_json(const struct known_cell *cell)
{
	json_t *json = json_object(), *tests = json_array();

	put(json, "cell", json_shown(cell->name));
	put(json, "verdict", json_shown(cell->word));
	put(json, "red", json_boolean(cell->red));
	put(json, "unknown", json_boolean(cell->unknown));
	put(json, "why", some(cell->why));
	put(json, "run", json_integer(cell->run));
	put(json, "base", arm_json(&cell->base));
	put(json, "patched", arm_json(&cell->patched));
	put(json, "tests", tests);
	for (size_t i = 0; i < cell->n; i++) {
		const struct known_test *test = &cell->items[i];
		json_t *one = json_object();

		if (test->class == CLASS_OK)
			continue;
		json_array_append_new(tests, one);
		put(one, "name", json_shown(test->name));
		put(one, "class", json_string(class_records[test->class].word));
		put(one, "base", json_shown(test->base));
		put(one, "patched", json_shown(test->patched));
		put(one, "why", some(test->why));
	}
	return json;
}

static json_t *builds_json(const struct history *history)
{
	json_t *json = json_array();

	for (size_t i = 0; i < history->nbuilds; i++) {
		const struct known_build *b = &history->builds[i];
		json_t *one = json_object();

		json_array_append_new(json, one);
		put(one, "arm", json_string(b->base ? "base" : "patched"));
		put(one, "config_name", json_shown(b->config));
		put(one, "compiler", some(b->compiler));
		put(one, "built", json_boolean(b->built));
		put(one, "seconds", json_real(b->wall_seconds));
		put(one, "messages", json_integer(b->complaints));
		put(one, "new_messages", json_integer(b->new_complaints));
		put(one, "error", some(b->error));
	}
	return json;
}

static json_t *patch_json(const struct sheet_target *t, size_t p)
{
	const struct compared_port *compared = &t->compared[p];
	const struct port_patch *patch = &t->port->items[p];
	json_t *json = json_object();

	put(json, "number", json_integer(patch->patch->number));
	put(json, "subject", json_shown(patch->patch->mail.subject));
	put(json, "mark", json_string(mark_info(patch->mark)->sign));
	put(json, "note", json_shown(patch->note));
	put(json, "commit",
	    patch->committed ? json_string(git_oid_tostr_s(&patch->commit)) : json_null());
	put(json, "same_patch_id",
	    patch->committed ? json_boolean(compared->same_id) : json_null());
	put(json, "hunks",
	    compared_json(&compared->compare, &patch->patch->mail.diff, &compared->diff));
	return json;
}

static json_t *findings_json(const struct audit_answer *answer)
{
	json_t *json = json_array();

	if (!answer) {
		json_decref(json);
		return json_null();
	}
	for (size_t i = 0; i < answer->findings.n; i++) {
		const struct finding *f = &answer->findings.items[i];
		json_t *one = json_object();

		json_array_append_new(json, one);
		put(one, "rule", json_shown(f->rule));
		put(one, "severity", json_string(severity_word(f->severity)));
		put(one, "patch", json_shown(f->patch));
		put(one, "path", json_shown(f->path));
		put(one, "line", f->line ? number(f->line) : json_null());
		put(one, "function", json_shown(f->function));
		put(one, "text", json_shown(f->text));
	}
	return json;
}

static json_t *checks_json(const struct sheet_target *t)
{
	json_t *json = json_array();

	for (size_t i = 0; i < t->history.naudits; i++) {
		const struct known_audit *known = &t->history.audits[i];
		json_t *one = json_object();

		json_array_append_new(json, one);
		put(one, "check", json_shown(known->check));
		put(one, "ran", json_boolean(known->ran));
		put(one, "coverage", some(known->coverage));
		put(one, "bads", number(known->bads));
		put(one, "looks", number(known->looks));
		put(one, "notes", number(known->notes));
		put(one, "findings", findings_json(sheet_answer(t, known->check)));
	}
	return json;
}

static json_t *target_json(const struct sheet_target *t)
{
	json_t *json = json_object(), *patches = json_array(), *cells = json_array();

	put(json, "target", json_shown(t->port->kernel.name));
	put(json, "advice", json_string(advice_word(t->advice)));
	put(json, "why", json_shown(t->why));
	put(json, "hunks_differ", number(t->differ));
	put(json, "hunks_left_out", number(t->left_out));
	put(json, "test_count", number(t->tests));
	put(json, "patches", patches);
	for (size_t p = 0; p < t->port->n; p++)
		json_array_append_new(patches, patch_json(t, p));
	put(json, "builds", builds_json(&t->history));
	put(json, "checks", checks_json(t));
	put(json, "cells", cells);
	for (size_t i = 0; i < t->history.ncells; i++)
		json_array_append_new(cells, cell_json(&t->history.cells[i]));
	return json;
}

json_t *sheet_json(const struct sheet *sheet)
{
	json_t *json = json_object(), *targets = json_array(), *looks = json_array(),
	       *rest = json_array();

	put(json, "version", json_integer(1));
	put(json, "series", json_shown(sheet->series->name));
	put(json, "date", json_string(sheet->date));
	put(json, "targets", targets);
	for (size_t i = 0; i < sheet->n; i++)
		json_array_append_new(targets, target_json(&sheet->items[i]));
	put(json, "looks", looks);
	for (size_t i = 0; i < sheet->nlooks; i++) {
		const struct look *look = &sheet->looks[i];
		json_t *one = json_object();

		json_array_append_new(looks, one);
		put(one, "target", json_shown(look->port->kernel.name));
		put(one, "patch",
		    look->patch ? json_integer(look->patch->patch->number) : json_null());
		put(one, "text", json_shown(look->text));
	}
	put(json, "not_tested", rest);
	for (size_t i = 0; i < sheet->not_tested.n; i++) {
		json_t *one = json_object();

		json_array_append_new(rest, one);
		put(one, "where", json_shown(sheet->not_tested.items[i].where));
		put(one, "what", json_shown(sheet->not_tested.items[i].what));
	}
	return json;
}
