/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include "cmd/proof_json.h"

#include "cmd/tested.h"

#define JSON_VERSION 1

static void put(json_t *json, const char *key, json_t *value)
{
	json_object_set_new(json, key, value);
}

static json_t *number(size_t n)
{
	return json_integer((json_int_t)n);
}

static json_t *complaint_json(const struct complaint *complaint)
{
	json_t *json = json_object();

	put(json, "kind", json_string(complaint->kind == COMPLAINT_ERROR ? "error" : "warning"));
	put(json, "file", json_shown(complaint->file));
	put(json, "function", json_shown(complaint->function));
	put(json, "line", json_integer(complaint->line));
	put(json, "text", json_shown(complaint->text));
	return json;
}

static json_t *complaints_json(const struct complaints *complaints, bool errors)
{
	json_t *json = json_array();

	for (size_t i = 0; i < complaints->n; i++)
		if (!errors || complaints->items[i].kind == COMPLAINT_ERROR)
			json_array_append_new(json, complaint_json(&complaints->items[i]));
	return json;
}

static json_t *unmet_json(const struct kconfig_unmets *unmets)
{
	json_t *json = json_array();

	for (size_t i = 0; i < unmets->n; i++) {
		const struct kconfig_unmet *u = &unmets->items[i];
		json_t *one = json_object();

		put(one, "symbol", json_shown(u->name));
		put(one, "wanted", json_shown(u->wanted));
		put(one, "got", json_shown(u->got));
		put(one, "lacking", json_boolean(u->lacking));
		json_array_append_new(json, one);
	}
	return json;
}

static json_t *build_json(const struct proof_build *build)
{
	const struct build_answer *answer = &build->answer;
	char hex[GIT_OID_HEXSZ + 1];
	json_t *json = json_object();

	put(json, "arm", json_string(build->arm));
	put(json, "config_name", json_shown(build->config ? build->config->name : NULL));
	put(json, "patch", build->patch ? json_integer(build->patch->patch->number) : json_null());
	put(json, "tree", json_string(git_oid_tostr(hex, sizeof(hex), &build->tree)));
	put(json, "built", json_boolean(answer->built));
	put(json, "cached", json_boolean(answer->cached));
	put(json, "seconds", json_real(answer->wall_seconds));
	put(json, "cpu_seconds", json_real(answer->cpu_seconds));
	put(json, "key", json_shown(answer->key));
	put(json, "release", json_shown(answer->release));
	put(json, "image", json_shown(answer->image));
	put(json, "config", json_shown(answer->config));
	put(json, "log", json_shown(answer->log));
	put(json, "compiler", json_shown(answer->compiler));
	put(json, "errors", complaints_json(&answer->complaints, true));
	put(json, "messages", number(answer->complaints.n));
	put(json, "new_messages", complaints_json(&build->fresh, false));
	put(json, "unmet", unmet_json(&answer->unmets));
	return json;
}

static json_t *splat_json(const struct splat *splat)
{
	json_t *json = json_object();

	put(json, "kind", json_string(splat_word(splat->kind)));
	put(json, "title", json_shown(splat->title));
	put(json, "test", json_shown(splat->test));
	put(json, "line", number(splat->line));
	return json;
}

static json_t *arm_json(const struct proof_arm *arm)
{
	const struct preflight *found = &arm->report.preflight;
	json_t *json = json_object(), *preflight = json_object(), *splats = json_array();

	put(json, "ran", json_boolean(arm->ran));
	put(json, "usable", json_boolean(arm->usable));
	put(json, "flaw", json_shown(arm->flaw));
	put(json, "lost", json_shown(arm->lost));
	put(json, "lost_in", json_shown(arm->lost_in));
	put(json, "evidence", json_shown(arm->dir));
	put(json, "end", arm->dir ? json_string(machine_end_word(arm->machine.end)) : json_null());
	put(json, "end_why", json_shown(arm->machine.why));
	put(json, "seconds", json_real(arm->machine.wall_seconds));
	put(json, "cpu_seconds", json_real(arm->machine.cpu_seconds));
	put(preflight, "release", json_shown(found->release));
	put(preflight, "mark", json_shown(found->mark));
	put(preflight, "kvm", json_shown(found->kvm));
	put(preflight, "vendor", json_shown(found->vendor));
	put(preflight, "nested", json_shown(found->nested));
	put(preflight, "hypervisor", json_shown(found->hypervisor));
	put(json, "preflight", preflight);
	for (size_t i = 0; i < arm->console.n; i++)
		json_array_append_new(splats, splat_json(&arm->console.items[i]));
	put(json, "splats", splats);
	return json;
}

static json_t *result_json(const struct test_result *result)
{
	json_t *json;

	if (!result)
		return json_null();
	json = json_object();
	put(json, "status", json_string(test_status_word(result->status)));
	put(json, "why", json_shown(result->why));
	put(json, "signature", json_shown(result->signature));
	put(json, "ms", json_integer(result->ms));
	return json;
}

static json_t *tests_json(const struct proof_cell *cell)
{
	json_t *json = json_array();

	for (size_t i = 0; i < cell->verdict.n; i++) {
		const struct judged *judged = &cell->verdict.items[i];
		json_t *one = json_object();

		put(one, "name", json_shown(judged->name));
		put(one, "class", json_string(class_records[judged->class].word));
		put(one, "why", json_shown(judged->why));
		put(one, "prove", json_boolean(tested_prove(cell, judged->name)));
		put(one, "base", result_json(judged->base));
		put(one, "patched", result_json(judged->patched));
		json_array_append_new(json, one);
	}
	return json;
}

static json_t *cell_json(const struct proof_cell *cell)
{
	const struct verdict *verdict = &cell->verdict;
	json_t *json = json_object(), *splats = json_array();
	bool ran = !cell->unavailable;

	put(json, "name", json_shown(cell->name));
	put(json, "cell", json_shown(cell->cell->name));
	put(json, "machine", json_shown(cell->cell->machine->name));
	put(json, "suite", json_shown(cell->cell->suite->name));
	put(json, "unavailable", json_shown(cell->unavailable));
	put(json, "emulator", json_shown(cell->emulator));
	put(json, "outcome", json_string(tested_word(tested_cell(cell))));
	put(json, "flaw", json_shown(verdict->flaw));
	put(json, "first_bad",
	    cell->first_bad ? json_integer(cell->first_bad->patch->number) : json_null());
	put(json, "first_bad_why", json_shown(cell->first_bad_why));
	put(json, "base", ran ? arm_json(&cell->base) : json_null());
	put(json, "patched", ran ? arm_json(&cell->patched) : json_null());
	put(json, "tests", tests_json(cell));
	for (size_t i = 0; i < verdict->nnew_splats; i++)
		json_array_append_new(splats, splat_json(&verdict->new_splats[i]));
	put(json, "new_splats", splats);
	return json;
}

static json_t *names_json(char *const *names, size_t n)
{
	json_t *json = json_array();

	for (size_t i = 0; i < n; i++)
		json_array_append_new(json, json_shown(names[i]));
	return json;
}

static json_t *target_json(const struct proving *proving, const struct port *port)
{
	const struct proof_target *target = proving_target(proving, port);
	char hex[GIT_OID_HEXSZ + 1];
	json_t *json = json_object(), *builds = json_array(), *cells = json_array();

	put(json, "target", json_shown(port->kernel.name));
	put(json, "outcome", json_string(tested_word(tested_target(proving, port))));
	put(json, "base", json_string(git_oid_tostr(hex, sizeof(hex), &port->kernel.tree)));
	put(json, "patched",
	    target ? json_string(git_oid_tostr(hex, sizeof(hex), &port->tree)) : json_null());
	put(json, "unchanged", target ? json_boolean(target->unchanged) : json_null());
	put(json, "failed", json_shown(target ? target->failed : NULL));
	put(json, "bad_build",
	    target && target->bad_build ? json_integer(target->bad_build->patch->number) :
					  json_null());
	for (size_t i = 0; target && i < target->nbuilds; i++)
		json_array_append_new(builds, build_json(&target->builds[i]));
	for (size_t i = 0; target && i < target->ncells; i++)
		json_array_append_new(cells, cell_json(&target->cells[i]));
	put(json, "builds", builds);
	put(json, "missing_tests",
	    names_json(target ? target->selftests.failed : NULL,
		       target ? target->selftests.nfailed : 0));
	put(json, "cells", cells);
	return json;
}

json_t *proof_json(struct arena *arena, const struct proving *proving)
{
	const struct proof *proof = &proving->proof;
	json_t *json = json_object(), *targets = json_array(), *totals = json_object();

	put(json, "version", json_integer(JSON_VERSION));
	put(json, "series", json_shown(proving->ports.series->name));
	put(json, "run", proving->ask.run ? json_integer(proving->ask.run) : json_null());
	put(json, "outcome", json_string(tested_word(tested_all(proving))));
	put(json, "sandbox",
	    proof->n ? json_string(sandbox_word(proving->sandbox.kind)) : json_null());
	put(json, "sandbox_why", json_shown(proving->sandbox.why));
	put(json, "evidence", json_shown(proving->evidence));
	for (size_t i = 0; i < proving->ports.n; i++)
		json_array_append_new(targets, target_json(proving, &proving->ports.items[i]));
	put(json, "targets", targets);
	put(totals, "seconds", json_real(proof->wall_seconds));
	put(totals, "booted", number(proof->booted));
	put(totals, "reused", number(proof->reused));
	put(totals, "built", number(proof->built));
	put(totals, "build_reused", number(proof->build_reused));
	put(json, "totals", totals);
	(void)arena;
	return json;
}
