/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include "ci/found.h"

#include <jansson.h>

#include "base/fail.h"
#include "base/file.h"

#define FOUND_FORMAT 1
#define FOUND_MAX ((size_t)64 * 1024 * 1024)

DEFINE_FREE(json, json_t *, json_decref(_v))

static const char *const weights[] = {
	[FOUND_PASSED] = "passed",
	[FOUND_NOTED] = "noted",
	[FOUND_UNKNOWN] = "unknown",
	[FOUND_RED] = "red",
};

static void add(struct arena *arena, struct found *found, enum found_weight weight,
		const char *name, const char *word, const char *more)
{
	*arena_push(arena, found) = (struct found_item){
		.name = arena_strdup(arena, name ? name : ""),
		.word = arena_strdup(arena, word),
		.more = arena_strdup(arena, more ? more : ""),
		.weight = weight,
	};
}

/* Builds */

static const struct proof_build *base_of(const struct proof_target *target,
					 const struct build_config *config)
{
	for (size_t i = 0; i < target->nbuilds; i++)
		if (target->builds[i].config == config && !target->builds[i].patch)
			return &target->builds[i];
	return NULL;
}

static void build_said(struct arena *arena, const struct proof_build *build, struct found *found)
{
	const char *name = build->config->name;

	for (size_t i = 0; i < build->fresh.n; i++) {
		const struct complaint *c = &build->fresh.items[i];

		add(arena, found, FOUND_RED, name, "new warning",
		    arena_printf(arena, "%s%s%s%s%s%s", c->file, *c->file ? ": " : "",
				 *c->function ? "in " : "", c->function, *c->function ? "(): " : "",
				 c->text));
	}
	for (size_t i = 0; i < build->answer.unmets.n; i++) {
		const struct kconfig_unmet *u = &build->answer.unmets.items[i];

		add(arena, found, FOUND_RED, name, "configuration",
		    arena_printf(arena, "CONFIG_%s is %s, not %s%s", u->name, u->got, u->wanted,
				 u->lacking ? " (this kernel does not have it)" : ""));
	}
}

/* The error without the line it stands in, which moves. */
static char *error_words(struct arena *arena, const struct proof_build *build)
{
	for (size_t i = 0; i < build->answer.complaints.n; i++) {
		const struct complaint *c = &build->answer.complaints.items[i];

		if (c->kind == COMPLAINT_ERROR)
			return arena_printf(arena, "%s%s%s", c->file, *c->file ? ": " : "",
					    c->text);
	}
	return arena_strdup(arena, "");
}

void found_builds(struct arena *arena, const struct proof_target *target, struct found *found)
{
	*found = (struct found){ .why = "" };
	for (size_t i = 0; i < target->nbuilds; i++) {
		const struct proof_build *build = &target->builds[i];
		const struct proof_build *base = base_of(target, build->config);
		const char *name = build->config->name;
		size_t before = found->n;

		if (base && !base->answer.built) {
			if (build == base)
				add(arena, found, FOUND_UNKNOWN, name, "base does not build",
				    error_words(arena, build));
			continue;
		}
		/* What else was said is of a build that did not come to its end. */
		if (!build->answer.built)
			add(arena, found, FOUND_RED, name, "does not build",
			    error_words(arena, build));
		else
			build_said(arena, build, found);
		if (found->n == before)
			add(arena, found, FOUND_PASSED, name, "ok", build->arm);
	}
}

/* Cells */

/* What follows from the test itself says it already. */
static bool said_by_parent(const struct found *found, const char *name, const char *word)
{
	const char *slash = strchr(name, '/');

	for (size_t i = 0; slash && i < found->n; i++)
		if (strlen(found->items[i].name) == (size_t)(slash - name) &&
		    !strncmp(found->items[i].name, name, (size_t)(slash - name)))
			return !strcmp(found->items[i].word, word);
	return false;
}

static void test_found(struct arena *arena, const struct proof_cell *cell,
		       const struct judged *judged, struct found *found)
{
	const struct class_record *class = &class_records[judged->class];
	enum found_weight weight = class->color == CLASS_RED	 ? FOUND_RED :
				   class->color == CLASS_UNKNOWN ? FOUND_UNKNOWN :
				   class->news			 ? FOUND_NOTED :
								   FOUND_PASSED;
	const char *word = class->word;

	if (class->color != CLASS_RED && proof_unproved(cell, judged->name)) {
		weight = FOUND_RED;
		word = "does not show the fix";
	}
	/* No pass that a known failure could be over with. */
	if (weight == FOUND_PASSED && judged->class == CLASS_SKIPPED)
		weight = FOUND_NOTED;
	if (!said_by_parent(found, judged->name, word))
		add(arena, found, weight, judged->name, word, "");
}

/* A complaint of the kernel outside of the tests that are judged; within one, its class says it. */
static void splats_found(struct arena *arena, const struct proof_cell *cell, struct found *found)
{
	for (size_t i = 0; i < cell->verdict.nnew_splats; i++) {
		const struct splat *splat = &cell->verdict.new_splats[i];
		bool said = false;

		for (size_t k = 0; splat->test && k < cell->verdict.n && !said; k++)
			said = !strcmp(cell->verdict.items[k].name, splat->test);
		if (!said)
			add(arena, found, FOUND_RED, "kernel", splat_word(splat->kind),
			    splat->title);
	}
}

static bool has(const struct found *found, enum found_weight weight)
{
	for (size_t i = 0; i < found->n; i++)
		if (found->items[i].weight == weight)
			return true;
	return false;
}

static const char *cell_why(struct arena *arena, const struct proof_target *target,
			    const struct proof_cell *cell)
{
	if (cell->unavailable)
		return arena_strdup(arena, cell->unavailable);
	if (target->bad_build)
		return arena_printf(arena, "does not build as of patch %u",
				    target->bad_build->patch->number);
	if (!cell->base.usable && cell->base.flaw)
		return arena_printf(arena, "base: %s", cell->base.flaw);
	if (!cell->patched.usable && cell->patched.flaw)
		return arena_printf(arena, "patched: %s", cell->patched.flaw);
	if (cell->first_bad)
		return arena_printf(arena, "first bad patch: %u", cell->first_bad->patch->number);
	return arena_strdup(arena, cell->verdict.flaw ? cell->verdict.flaw : "");
}

void found_cell(struct arena *arena, const struct proof_target *target,
		const struct proof_cell *cell, struct found *found)
{
	enum proof_verdict verdict = proof_cell_verdict(cell);

	*found = (struct found){ .why = cell_why(arena, target, cell) };
	found->fixed = cell->verdict.count[CLASS_FIXED] > 0;
	for (size_t i = 0; i < cell->verdict.n; i++)
		test_found(arena, cell, &cell->verdict.items[i], found);
	splats_found(arena, cell, found);
	if (cell->verdict.flaw)
		add(arena, found, FOUND_RED, "all tests", "flaw", cell->verdict.flaw);
	for (size_t i = 0; i < target->nbroken; i++)
		add(arena, found, FOUND_RED, target->broken[i], "does not build any more", "");
	/* Whatever the items say, they never say less than the verdict. */
	if (verdict == PROOF_RED && !has(found, FOUND_RED))
		add(arena, found, FOUND_RED, "all tests", "red", "");
	if (verdict == PROOF_UNKNOWN && !has(found, FOUND_UNKNOWN))
		add(arena, found, FOUND_UNKNOWN, "all tests",
		    cell->unavailable ? "unavailable" : "infrastructure", "");
}

/* Checks */

void found_audit(struct arena *arena, const struct audit *audit, struct found *found)
{
	struct text missing __free_text = TEXT_INIT;
	size_t looks = 0, bads = 0;

	*found = (struct found){ .why = "" };
	for (size_t k = 0; k < naudit_checks; k++) {
		const struct audit_answer *answer = &audit->items[k];
		const char *name = audit_checks[k].name;
		size_t before = found->n;

		if (!audit->asked[k])
			continue;
		if (!answer->ran) {
			add(arena, found, FOUND_UNKNOWN, name, "did not run", answer->coverage);
			text_addf(&missing, "%s%s: %s", missing.len ? "; " : "", name,
				  answer->coverage ? answer->coverage : "did not run");
		}
		for (size_t f = 0; f < answer->findings.n; f++) {
			const struct finding *one = &answer->findings.items[f];

			looks += one->severity == SEVERITY_LOOK;
			bads += one->severity == SEVERITY_BAD;
			if (one->severity != SEVERITY_NOTE)
				add(arena, found,
				    one->severity == SEVERITY_BAD ? FOUND_RED : FOUND_NOTED, name,
				    severity_word(one->severity),
				    arena_printf(
					    arena, "%s%s%s%s%s: %s", one->patch ? one->patch : "",
					    one->patch && one->path ? " " : "",
					    one->path ? one->path : "", one->function ? " " : "",
					    one->function ? one->function : "", one->text));
		}
		if (found->n == before)
			add(arena, found, FOUND_PASSED, name, "ok", "");
	}
	/* What is bad says so itself. */
	if (bads)
		return;
	if (missing.len)
		found->why = slice_str(arena, text_slice(&missing));
	else if (looks)
		found->why = arena_printf(arena, "%zu to look at", looks);
}

/* As a file */

/* What a compiler or a guest said may be no UTF-8. */
static json_t *text_json(const char *s)
{
	json_t *json = json_string(s);
	struct text safe __free_text = TEXT_INIT;

	if (json)
		return json;
	for (; *s; s++)
		text_addc(&safe, (unsigned char)*s < 0x80 ? *s : '?');
	return json_string(text_str(&safe));
}

int found_write(struct arena *arena, const char *dir, const struct found *found)
{
	json_t *items = json_array(), *json __free(json) = NULL;
	char *text;
	int ret;

	for (size_t i = 0; i < found->n; i++) {
		const struct found_item *item = &found->items[i];

		json_array_append_new(
			items, json_pack("{s:o, s:o, s:o, s:s}", "name", text_json(item->name),
					 "word", text_json(item->word), "more",
					 text_json(item->more), "weight", weights[item->weight]));
	}
	json = json_pack("{s:i, s:o, s:b, s:o}", "found", FOUND_FORMAT, "why",
			 text_json(found->why), "fixed", found->fixed, "items", items);
	text = json ? json_dumps(json, JSON_INDENT(2)) : NULL;
	if (!text)
		return fail("cannot write what was found into %s", dir);
	ret = file_write(arena_printf(arena, "%s/found.json", dir),
			 slice_of(arena_printf(arena, "%s\n", text)), 0666);
	free(text);
	return ret;
}

static bool item_take(struct arena *arena, json_t *json, struct found *found)
{
	const char *name, *word, *more, *weight;

	if (json_unpack_ex(json, NULL, JSON_STRICT, "{s:s, s:s, s:s, s:s}", "name", &name, "word",
			   &word, "more", &more, "weight", &weight))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(weights); i++)
		if (!strcmp(weights[i], weight)) {
			add(arena, found, (enum found_weight)i, name, word, more);
			return true;
		}
	return false;
}

int found_read(struct arena *arena, const char *dir, struct found *found)
{
	struct slice text;
	const char *why;
	json_t *items, *item;
	int format, fixed, there;
	size_t i;

	*found = (struct found){ .why = "" };
	there = file_read(arena, arena_printf(arena, "%s/found.json", dir), FOUND_MAX, &text);
	if (there <= 0)
		return there;

	json_t *json __free(json) = json_loadb(text.p, text.n, JSON_REJECT_DUPLICATES, NULL);

	if (!json ||
	    json_unpack_ex(json, NULL, JSON_STRICT, "{s:i, s:s, s:b, s:o}", "found", &format, "why",
			   &why, "fixed", &fixed, "items", &items) ||
	    format != FOUND_FORMAT || !json_is_array(items))
		return 0;
	found->why = arena_strdup(arena, why);
	found->fixed = fixed;
	json_array_foreach(items, i, item) if (!item_take(arena, item, found)) return 0;
	return 1;
}
