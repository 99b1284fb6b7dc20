/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include "cmd/audited.h"

#include "cmd/built.h"
#include "cmd/screen.h"
#include "cmd/tally.h"

#define JSON_VERSION 1

/* What is said of one target as a whole. */
enum verdict_word { FOUND, CONFLICTS, UNKNOWN, CLEAN };

static enum verdict_word target_verdict(const struct audited *audited, size_t i)
{
	const struct audit *audit = &audited->audits[i];

	if (!audit->items)
		return CONFLICTS;
	if (audit_count(audit, SEVERITY_BAD) || audit_count(audit, SEVERITY_LOOK))
		return FOUND;
	return audit_missing(audit) ? UNKNOWN : CLEAN;
}

int audited_code(const struct audited *audited)
{
	static const int codes[] = { EXIT_FINDINGS, EXIT_CONFLICT, EXIT_INFRA, EXIT_CLEAN };
	enum verdict_word worst = CLEAN;

	for (size_t i = 0; i < audited->ports.n; i++)
		if (target_verdict(audited, i) < worst)
			worst = target_verdict(audited, i);
	return codes[worst];
}

/* "1 bad, 2 to look at" */
static char *count_words(struct arena *arena, size_t bads, size_t looks)
{
	return bads && looks ? arena_printf(arena, "%zu bad, %zu to look at", bads, looks) :
	       bads	     ? arena_printf(arena, "%zu bad", bads) :
			       arena_printf(arena, "%zu to look at", looks);
}

static char *target_words(struct context *c, const struct audited *audited, size_t i)
{
	const struct audit *audit = &audited->audits[i];
	size_t missing;

	if (!audit->items)
		return arena_strdup(c->arena, "conflict, not checked");
	missing = audit_missing(audit);
	switch (target_verdict(audited, i)) {
	case FOUND:
		return count_words(c->arena, audit_count(audit, SEVERITY_BAD),
				   audit_count(audit, SEVERITY_LOOK));
	case UNKNOWN:
		return arena_printf(c->arena, "nothing found, but %zu check%s could not run",
				    missing, missing == 1 ? "" : "s");
	default:
		return arena_strdup(c->arena, "nothing found");
	}
}

static void verdict(struct context *c, struct text *out, const struct audited *audited)
{
	struct text line __free_text = TEXT_INIT, filled __free_text = TEXT_INIT;
	size_t indent = strlen(audited->ports.series->name) + 2;
	enum tint tint = audited_code(audited) ? TINT_BAD : TINT_GOOD;

	for (int word = FOUND; word <= CLEAN; word++) {
		struct tally tally = { 0 };

		for (size_t i = 0; i < audited->ports.n; i++)
			if ((int)target_verdict(audited, i) == word)
				tally_add(c->arena, &tally, target_words(c, audited, i),
					  text_shown(c->arena,
						     audited->ports.items[i].kernel.name));
		for (size_t i = 0; i < tally.n; i++)
			text_addf(&line, "%s%s: %s.", line.len ? " " : "", tally.items[i].where,
				  tally.items[i].what);
	}
	text_add_filled(&filled, text_slice(&line), indent, c->width);
	text_addf(out, "%s%s%s: %s%s%s", tint_on(c->color, TINT_BOLD), audited->ports.series->name,
		  tint_off(c->color, TINT_BOLD), tint_on(c->color, tint),
		  text_str(&filled) + indent, tint_off(c->color, tint));
}

static size_t count(const struct audit_answer *answer, enum severity severity)
{
	size_t n = 0;

	for (size_t i = 0; i < answer->findings.n; i++)
		n += answer->findings.items[i].severity == severity;
	return n;
}

static void check_cell(struct context *c, struct table *table, const struct audit *audit, size_t k)
{
	const struct audit_answer *answer = audit->items ? &audit->items[k] : NULL;
	size_t bads, looks, notes;

	if (!answer || !audit->asked[k]) {
		table_cell(c->arena, table, TINT_DIM, "-");
		return;
	}
	bads = count(answer, SEVERITY_BAD);
	looks = count(answer, SEVERITY_LOOK);
	notes = count(answer, SEVERITY_NOTE);
	if (!answer->ran)
		table_cell(c->arena, table, TINT_LOOK, "did not run");
	else if (bads)
		table_cell(c->arena, table, TINT_BAD, looks ? "%zu bad %zu look" : "%zu bad", bads,
			   looks);
	else if (looks)
		table_cell(c->arena, table, TINT_LOOK, "%zu look", looks);
	else if (notes)
		table_cell(c->arena, table, TINT_GOOD, "ok, %zu note%s", notes,
			   notes == 1 ? "" : "s");
	else
		table_cell(c->arena, table, TINT_GOOD, "ok");
}

/* Checks x targets, as many beside one another as there is room for. */
static void checks_table(struct context *c, struct text *out, const struct audited *audited)
{
	const size_t column = strlen("did not run") + 2, names = strlen("checkpatch") + 2;
	size_t most = c->width > names + column ? (c->width - names) / column : 1;

	for (size_t from = 0; from < audited->ports.n; from += most) {
		size_t n = audited->ports.n - from < most ? audited->ports.n - from : most;
		struct table table = { .columns = n + 1 };

		text_addc(out, '\n');
		table_cell(c->arena, &table, TINT_NONE, "%s", "");
		for (size_t t = from; t < from + n; t++)
			table_cell(c->arena, &table, TINT_BOLD, "%s",
				   text_shown(c->arena, audited->ports.items[t].kernel.name));
		for (size_t k = 0; k < naudit_checks; k++) {
			table_cell(c->arena, &table, TINT_NONE, "%s", audit_checks[k].name);
			for (size_t t = from; t < from + n; t++)
				check_cell(c, &table, &audited->audits[t], k);
		}
		table_write(out, &table, 2, c->color);
	}
}

/* "1/3 arch/x86/kvm/x86.c, in f(): text", made safe. */
static char *finding_words(struct arena *arena, const struct finding *f)
{
	struct text words __free_text = TEXT_INIT, safe __free_text = TEXT_INIT;

	if (f->patch)
		text_addf(&words, "%s", f->patch);
	if (f->path)
		text_addf(&words, "%s%s", words.len ? " " : "", f->path);
	if (f->function)
		text_addf(&words, "%s%s()", words.len ? ", in " : "in ", f->function);
	text_addf(&words, "%s%s [%s]", words.len ? ": " : "", f->text, f->rule);
	text_add_shown(&safe, text_slice(&words), false);
	return slice_str(arena, text_slice(&safe));
}

/* What is found on several targets is said once. */
static void findings_of(struct context *c, struct text *out, const struct audited *audited,
			enum severity severity, const char *title, enum tint tint)
{
	struct tally tally = { 0 };

	for (size_t t = 0; t < audited->ports.n; t++)
		for (size_t k = 0; audited->audits[t].items && k < naudit_checks; k++)
			for (size_t i = 0; i < audited->audits[t].items[k].findings.n; i++) {
				const struct finding *f =
					&audited->audits[t].items[k].findings.items[i];
				const char *name = audited->ports.items[t].kernel.name;

				if (f->severity == severity)
					tally_add(c->arena, &tally, finding_words(c->arena, f),
						  text_shown(c->arena,
							     f->line ? arena_printf(c->arena,
										    "%s line %zu",
										    name, f->line) :
								       name));
			}
	if (!tally.n)
		return;
	heading_add(c, out, title);
	for (size_t i = 0; i < tally.n; i++) {
		struct text line __free_text = TEXT_INIT;

		text_addf(&line, "%s: %s", tally.items[i].where, tally.items[i].what);
		text_adds(out, tint_on(c->color, tint));
		text_add_filled(out, text_slice(&line), 2, c->width);
		text_adds(out, tint_off(c->color, tint));
	}
}

/* Silence is worth what was looked at. */
static void coverages(struct context *c, struct text *out, const struct audited *audited, bool ran)
{
	struct tally tally = { 0 };
	size_t targets = 0;

	for (size_t k = 0; k < naudit_checks; k++)
		for (size_t t = 0; t < audited->ports.n; t++) {
			const struct audit *audit = &audited->audits[t];

			targets += !k && audit->items;
			if (!audit->items || !audit->asked[k] || audit->items[k].ran != ran)
				continue;
			tally_add(
				c->arena, &tally,
				arena_printf(c->arena, "%s: %s", audit_checks[k].name,
					     text_shown(c->arena, audit->items[k].coverage ?
									  audit->items[k].coverage :
									  "")),
				text_shown(c->arena, audited->ports.items[t].kernel.name));
		}
	if (!tally.n)
		return;
	heading_add(c, out, ran ? "Looked at" : "Could not run");
	for (size_t i = 0; i < tally.n; i++) {
		struct text line __free_text = TEXT_INIT;

		text_addf(&line, "%s", tally.items[i].what);
		if (targets > 1 && tally.items[i].n < targets)
			text_addf(&line, " (%s)", tally.items[i].where);
		text_add_filled(out, text_slice(&line), 2, c->width);
	}
}

void audited_text(struct context *c, struct text *out, const struct audited *audited)
{
	verdict(c, out, audited);
	checks_table(c, out, audited);
	findings_of(c, out, audited, SEVERITY_BAD, "Bad", TINT_BAD);
	findings_of(c, out, audited, SEVERITY_LOOK, "To look at", TINT_LOOK);
	findings_of(c, out, audited, SEVERITY_NOTE, "Notes", TINT_NONE);
	coverages(c, out, audited, true);
	coverages(c, out, audited, false);
	for (size_t i = 0, n = 0; i < audited->ports.n; i++) {
		if (audited->ports.items[i].mark != MARK_CONFLICT)
			continue;
		if (!n++)
			heading_add(c, out, "Conflicts, to be decided");
		text_addf(out, "  %s %s\n", context_invoke(c, "resolve"),
			  path_word(c->arena, audited->ports.items[i].kernel.name));
	}
}

static json_t *findings_json(const struct findings *findings)
{
	json_t *list = json_array();

	for (size_t i = 0; i < findings->n; i++) {
		const struct finding *f = &findings->items[i];
		json_t *json = json_object();

		json_object_set_new(json, "rule", json_shown(f->rule));
		json_object_set_new(json, "severity", json_string(severity_word(f->severity)));
		json_object_set_new(json, "patch", json_shown(f->patch));
		json_object_set_new(json, "path", json_shown(f->path));
		json_object_set_new(json, "line",
				    f->line ? json_integer((json_int_t)f->line) : json_null());
		json_object_set_new(json, "function", json_shown(f->function));
		json_object_set_new(json, "text", json_shown(f->text));
		json_array_append_new(list, json);
	}
	return list;
}

static json_t *checks_json(const struct audit *audit)
{
	json_t *list = json_array();

	for (size_t k = 0; audit->items && k < naudit_checks; k++) {
		const struct audit_answer *answer = &audit->items[k];
		json_t *json;

		if (!audit->asked[k])
			continue;
		json = json_object();
		json_object_set_new(json, "check", json_string(audit_checks[k].name));
		json_object_set_new(json, "ran", json_boolean(answer->ran));
		json_object_set_new(json, "cached", json_boolean(answer->cached));
		json_object_set_new(json, "coverage", json_shown(answer->coverage));
		json_object_set_new(json, "cpu_seconds", json_real(answer->cpu_seconds));
		json_object_set_new(json, "findings", findings_json(&answer->findings));
		json_array_append_new(list, json);
	}
	return list;
}

json_t *audited_json(const struct audited *audited)
{
	static const char *const words[] = { "findings", "conflict", "unknown", "clean" };
	json_t *json = json_object(), *targets = json_array();

	json_object_set_new(json, "version", json_integer(JSON_VERSION));
	json_object_set_new(json, "series", json_shown(audited->ports.series->name));
	for (size_t i = 0; i < audited->ports.n; i++) {
		const struct port *port = &audited->ports.items[i];
		json_t *target = json_object();
		char hex[GIT_OID_HEXSZ + 1];

		json_object_set_new(target, "target", json_shown(port->kernel.name));
		json_object_set_new(target, "verdict",
				    json_string(words[target_verdict(audited, i)]));
		json_object_set_new(
			target, "base",
			json_string(git_oid_tostr(hex, sizeof(hex), &port->kernel.tree)));
		json_object_set_new(
			target, "patched",
			port->mark == MARK_CONFLICT ?
				json_null() :
				json_string(git_oid_tostr(hex, sizeof(hex), &port->tree)));
		json_object_set_new(target, "checks", checks_json(&audited->audits[i]));
		json_array_append_new(targets, target);
	}
	json_object_set_new(json, "targets", targets);
	return json;
}
