/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An answer is kept by everything that it comes from: the trees, the messages of the commits, what the check itself
 * names, and this very program. So it need not be told when it is out of date.
 */
#include "kernel/audit.h"

#include <jansson.h>

#include "base/fail.h"
#include "base/file.h"
#include "base/memo.h"
#include "kernel/audit_built.h"
#include "kernel/audit_checks.h"

#define PROGRAM_MAX ((size_t)256 << 20)

DEFINE_FREE(json, json_t *, json_decref(_v))

const struct audit_check audit_checks[] = {
	{ "rules", "what the stable maintainers ask of a backport", audit_rules, audit_rules_key },
	{ "meaning", "what the ported lines rely on, in upstream's tree and here", audit_meaning,
	  audit_meaning_key },
	{ "cocci", "the invariants of the series, and its text against its semantic patches",
	  audit_cocci, audit_cocci_key },
	{ "compiler", "what the compiler says of the touched objects, and did not before",
	  audit_compiler, audit_built_key },
	{ "sparse", "what sparse says of the touched objects, and did not before", audit_sparse,
	  audit_built_key },
	{ "objects", "functions with other code, against those that the patches are about",
	  audit_objects, audit_built_key },
	{ "abi", "what userspace and modules see", audit_abi, NULL },
	{ "checkpatch", "the target's own checkpatch, on what porting made", audit_checkpatch,
	  audit_checkpatch_key },
};
const size_t naudit_checks = ARRAY_SIZE(audit_checks);

/* Of the program that runs: another one may have other rules. */
static char *program_id(struct arena *arena)
{
	struct arena *scratch __free(arena) = arena_new();
	struct slice bytes;
	git_oid id;

	if (file_read(scratch, "/proc/self/exe", PROGRAM_MAX, &bytes) != 1) {
		fail_clear();
		return NULL;
	}
	pack_id(GIT_OBJECT_BLOB, bytes, &id);
	return arena_strdup(arena, git_oid_tostr_s(&id));
}

static void add(struct memo_key *key, const char *text)
{
	memo_key_add(key, slice_of(text ? text : ""));
}

static void key_of(struct arena *arena, const struct audit_ask *ask,
		   const struct audit_check *check, const char *program, struct memo_key *key)
{
	const struct port *port = ask->port;

	memo_key_init(key);
	add(key, program);
	add(key, check->name);
	add(key, ask->series->name);
	add(key, port->kernel.name);
	add(key, git_oid_tostr_s(&port->kernel.tree));
	add(key, git_oid_tostr_s(&port->tree));
	for (size_t i = 0; i < port->n; i++) {
		const struct port_patch *patch = &port->items[i];

		add(key, patch->patch->file);
		add(key, mark_info(patch->mark)->sign);
		add(key, git_oid_tostr_s(&patch->tree));
		add(key, patch->message);
		add(key, patch->why);
	}
	add(key, check->key ? check->key(arena, ask) : "");
}

static json_t *text_json(const char *text)
{
	json_t *json = text ? json_string(text) : NULL;

	return json ? json : json_null();
}

/* NULL: it has bytes that JSON does not have; then it is not kept. */
static json_t *answer_json(const struct audit_answer *answer)
{
	json_t *json = json_object(), *list = json_array();

	json_object_set_new(json, "coverage", text_json(answer->coverage));
	json_object_set_new(json, "cpu", json_real(answer->cpu_seconds));
	json_object_set_new(json, "findings", list);
	for (size_t i = 0; i < answer->findings.n; i++) {
		const struct finding *f = &answer->findings.items[i];
		json_t *text = json_string(f->text), *one = json_object();

		if (!text) {
			json_decref(one);
			json_decref(json);
			return NULL;
		}
		json_object_set_new(one, "rule", json_string(f->rule));
		json_object_set_new(one, "severity", json_integer(f->severity));
		json_object_set_new(one, "patch", text_json(f->patch));
		json_object_set_new(one, "path", text_json(f->path));
		json_object_set_new(one, "line", json_integer((json_int_t)f->line));
		json_object_set_new(one, "function", text_json(f->function));
		json_object_set_new(one, "text", text);
		json_array_append_new(list, one);
	}
	return json;
}

static char *text_of(struct arena *arena, const json_t *json, const char *name)
{
	const char *text = json_string_value(json_object_get(json, name));

	return text ? arena_strdup(arena, text) : NULL;
}

static bool answer_read(struct arena *arena, struct slice text, struct audit_answer *answer)
{
	json_t *json __free(json) = json_loadb(text.p, text.n, 0, NULL), *one;
	size_t i;

	if (!json)
		return false;
	*answer = (struct audit_answer){
		.ran = true,
		.cached = true,
		.coverage = text_of(arena, json, "coverage"),
		.cpu_seconds = json_real_value(json_object_get(json, "cpu")),
	};
	json_array_foreach(json_object_get(json, "findings"), i, one)
	{
		struct finding *f = arena_push(arena, &answer->findings);

		*f = (struct finding){
			.rule = text_of(arena, one, "rule"),
			.severity =
				(enum severity)json_integer_value(json_object_get(one, "severity")),
			.patch = text_of(arena, one, "patch"),
			.path = text_of(arena, one, "path"),
			.line = (size_t)json_integer_value(json_object_get(one, "line")),
			.function = text_of(arena, one, "function"),
			.text = text_of(arena, one, "text"),
		};
		if (!f->rule || !f->text)
			return false;
	}
	return true;
}

static void keep(const char *dir, const struct memo_key *key, const struct audit_answer *answer)
{
	json_t *json __free(json) = answer->ran ? answer_json(answer) : NULL;
	char *text = json ? json_dumps(json, JSON_COMPACT) : NULL;

	if (text)
		memo_put(dir, key, slice_of(text));
	free(text);
}

static bool chosen(const struct audit_choice *choice, const char *name)
{
	for (size_t i = 0; i < choice->nonly; i++)
		if (!strcmp(choice->only[i], name))
			return true;
	return !choice->nonly;
}

/* What the machine would not do is said of that check, and the others go on. */
static int give_up(struct arena *arena, const struct audit_check *check,
		   struct audit_answer *answer)
{
	if (fail_kind() != FAIL_INFRA && fail_kind() != FAIL_BUSY)
		return fail_in("%s", check->name);
	*answer = (struct audit_answer){ .coverage = arena_strdup(arena, fail_message()) };
	fail_clear();
	return 0;
}

int audit_run(struct arena *arena, const struct audit_ask *ask, const struct audit_choice *choice,
	      struct audit *audit)
{
	char *program = program_id(arena);
	const char *dir = program ? memo_dir(arena, "audit") : NULL;

	audit->items = arena_alloc(arena, naudit_checks * sizeof(*audit->items));
	audit->asked = arena_alloc(arena, naudit_checks * sizeof(*audit->asked));
	for (size_t i = 0; i < naudit_checks; i++) {
		const struct audit_check *check = &audit_checks[i];
		struct audit_answer *answer = &audit->items[i];
		struct memo_key key;
		struct slice kept;

		if (!chosen(choice, check->name))
			continue;
		audit->asked[i] = true;
		if (!progress_step(ask->site.progress,
				   arena_printf(arena, "%s: %s", ask->port->kernel.name,
						check->name),
				   i, naudit_checks, "checks"))
			return fail_as(FAIL_INTERRUPTED, "interrupted");
		key_of(arena, ask, check, program, &key);
		if (!choice->fresh && memo_get(arena, dir, &key, &kept) &&
		    answer_read(arena, kept, answer))
			continue;
		if (choice->kept) {
			*answer = (struct audit_answer){ 0 };
			audit->asked[i] = false;
			continue;
		}
		*answer = (struct audit_answer){ 0 };
		if (check->run(arena, ask, answer) && give_up(arena, check, answer))
			return -1;
		keep(dir, &key, answer);
	}
	return 0;
}

size_t audit_count(const struct audit *audit, enum severity severity)
{
	size_t n = 0;

	for (size_t i = 0; i < naudit_checks; i++)
		for (size_t k = 0; k < audit->items[i].findings.n; k++)
			n += audit->items[i].findings.items[k].severity == severity;
	return n;
}

size_t audit_missing(const struct audit *audit)
{
	size_t n = 0;

	for (size_t i = 0; i < naudit_checks; i++)
		n += audit->asked[i] && !audit->items[i].ran;
	return n;
}
