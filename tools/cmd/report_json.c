/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include "cmd/report.h"
#include "cmd/screen.h"

#define JSON_VERSION 1

json_t *json_shown(const char *s)
{
	struct text safe __free_text = TEXT_INIT;
	json_t *json;

	if (!s)
		return json_null();
	json = json_string(s);
	if (json)
		return json;
	text_add_shown(&safe, slice_of(s), true);
	return json_string(text_str(&safe));
}

static int text_dump(const char *buffer, size_t size, void *out)
{
	text_add(out, buffer, size);
	return 0;
}

json_t *json_trailers(const struct trailers *trailers)
{
	json_t *array = json_array();

	for (size_t i = 0; i < trailers->n; i++) {
		struct text line __free_text = TEXT_INIT;

		text_addf(&line, "%s: %s", trailers->items[i].key, trailers->items[i].value);
		json_array_append_new(array, json_shown(text_str(&line)));
	}
	return array;
}

void text_add_json(struct text *out, const json_t *json)
{
	json_dump_callback(json, text_dump, out, JSON_INDENT(2));
	text_addc(out, '\n');
}

static json_t *json_id(const git_oid *id)
{
	char hex[GIT_OID_HEXSZ + 1];

	return json_string(git_oid_tostr(hex, sizeof(hex), id));
}

static json_t *patch_json(const struct port_patch *patch)
{
	json_t *json = json_object(), *hunks = json_array(), *tried = json_array();

	json_object_set_new(json, "number", json_integer(patch->patch->number));
	json_object_set_new(json, "subject", json_shown(patch->patch->mail.subject));
	json_object_set_new(json, "mark", json_string(mark_info(patch->mark)->sign));
	for (size_t i = 0; i < patch->answer.n; i++) {
		const struct hunk_fate *fate = &patch->answer.items[i];
		json_t *hunk = json_object();

		json_object_set_new(hunk, "file", json_shown(fate->path));
		json_object_set_new(hunk, "mark", json_string(mark_info(fate->mark)->sign));
		json_object_set_new(hunk, "evidence", json_shown(fate->evidence));
		json_array_append_new(hunks, hunk);
	}
	json_object_set_new(json, "hunks", hunks);
	for (size_t i = 0; i < patch->ntried; i++) {
		json_t *method = json_object();

		json_object_set_new(method, "method", json_string(patch->tried[i].method));
		json_object_set_new(method, "reason", json_shown(patch->tried[i].reason));
		json_array_append_new(tried, method);
	}
	json_object_set_new(json, "tried", tried);
	json_object_set_new(json, "commit",
			    patch->committed ? json_id(&patch->commit) : json_null());
	return json;
}

json_t *report_json(const struct report *report)
{
	json_t *json = json_object(), *targets = json_array();

	json_object_set_new(json, "version", json_integer(JSON_VERSION));
	json_object_set_new(json, "series", json_shown(report->series->name));
	for (size_t i = 0; i < report->n; i++) {
		const struct port *port = &report->items[i];
		bool whole = port->mark != MARK_CONFLICT;
		json_t *target = json_object(), *patches = json_array();

		json_object_set_new(target, "target", json_shown(port->kernel.name));
		json_object_set_new(target, "ref", whole ? json_shown(port->ref) : json_null());
		json_object_set_new(target, "commit", whole ? json_id(&port->commit) : json_null());
		for (size_t p = 0; p < port->n; p++)
			json_array_append_new(patches, patch_json(&port->items[p]));
		json_object_set_new(target, "patches", patches);
		json_array_append_new(targets, target);
	}
	json_object_set_new(json, "targets", targets);
	return json;
}
