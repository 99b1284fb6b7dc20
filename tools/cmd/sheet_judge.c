/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include <stdlib.h>

#include "cmd/report.h"
#include "cmd/screen.h"
#include "cmd/sheet_part.h"

enum {
	WEIGHT_UNTESTED = 100,
	WEIGHT_FINDING = 150,
	WEIGHT_DEVIATION = 200,
	WEIGHT_UNKNOWN = 300,
	WEIGHT_WARNING = 400,
	WEIGHT_RED = 500,
	WEIGHT_BUILD = 600,
	WEIGHT_CONFLICT = 700
};

static void look_add(struct context *c, struct sheet *sheet, size_t weight,
		     const struct sheet_target *t, const struct port_patch *patch,
		     const char *anchor, const char *fmt, ...)
	__attribute__((format(printf, 7, 8)));
static void look_add(struct context *c, struct sheet *sheet, size_t weight,
		     const struct sheet_target *t, const struct port_patch *patch,
		     const char *anchor, const char *fmt, ...)
{
	va_list ap;

	arena_grow(c->arena, (void **)&sheet->looks, &sheet->cap_looks, sheet->nlooks + 1,
		   sizeof(*sheet->looks));
	va_start(ap, fmt);
	sheet->looks[sheet->nlooks] =
		(struct look){ weight,
			       t->port,
			       patch,
			       text_shown(c->arena, arena_vprintf(c->arena, fmt, ap)),
			       anchor ? arena_strdup(c->arena, anchor) : NULL,
			       sheet->nlooks };
	sheet->nlooks++;
	va_end(ap);
}

/* Said in a sentence: pieces with ", " between them. */
struct sentence {
	struct context *c;
	char *text;
};

static void say(struct sentence *s, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void say(struct sentence *s, const char *fmt, ...)
{
	va_list ap;
	char *more;

	va_start(ap, fmt);
	more = arena_vprintf(s->c->arena, fmt, ap);
	va_end(ap);
	s->text = s->text ? arena_printf(s->c->arena, "%s; %s", s->text, more) : more;
}

static void worse(struct sheet_target *t, enum advice advice)
{
	t->advice = advice > t->advice ? advice : t->advice;
}

static void judge_conflict(struct context *c, struct sheet *sheet, struct sheet_target *t,
			   struct sentence *s)
{
	for (size_t p = 0; p < t->port->n; p++) {
		const struct port_patch *patch = &t->port->items[p];
		const char *place = patch_place(c->arena, sheet->series, patch->patch);

		if (patch->mark != MARK_CONFLICT)
			continue;
		worse(t, ADVICE_DONT);
		say(s, "patch %s conflicts: a person has to decide", place);
		look_add(c, sheet, WEIGHT_CONFLICT, t, patch, sheet_anchor(c->arena, t->name),
			 "patch %s conflicts: %s", place,
			 patch->why ? patch->why : "no method was sure of itself");
	}
}

static const char *plural(size_t n)
{
	return n == 1 ? "" : "s";
}

/* What the port is, in numbers. */
static void judge_text(struct context *c, struct sheet *sheet, struct sheet_target *t,
		       struct sentence *s)
{
	if (t->unchanged)
		say(s, "the kernel has all of it already");
	else if (t->differ)
		say(s, "%zu hunk%s differ%s from upstream in what %s", t->differ, plural(t->differ),
		    t->differ == 1 ? "s" : "", t->differ == 1 ? "it changes" : "they change");
	else
		say(s, "every changed line is as mailed");
	if (t->left_out)
		say(s, "%zu hunk%s left out on purpose", t->left_out, plural(t->left_out));
	for (size_t i = 0; i < sheet->ndeviations; i++) {
		const struct deviation *d = &sheet->deviations[i];
		const struct port_patch *patch = d->compared->patch;

		if (&sheet->items[d->target] != t)
			continue;
		worse(t, ADVICE_LOOK);
		look_add(c, sheet, WEIGHT_DEVIATION + (d->differ < 90 ? d->differ : 90), t, patch,
			 arena_printf(c->arena, "deviation-%zu", d->number), "%s, %s%s%s",
			 mark_info(patch->mark)->name, d->words, patch->note ? ": " : "",
			 patch->note ? patch->note : "");
	}
}

static void judge_builds(struct context *c, struct sheet *sheet, struct sheet_target *t,
			 struct sentence *s)
{
	const char *anchor = sheet_anchor(c->arena, t->name);
	bool failed = false, base_failed = false;
	int64_t fresh = 0;

	for (size_t i = 0; i < t->history.nbuilds; i++) {
		const struct known_build *b = &t->history.builds[i];

		base_failed |= b->base && !b->built;
		failed |= !b->base && !b->built;
		t->built |= !b->base && b->built;
		fresh += b->base ? 0 : b->new_complaints;
		if (!b->base && !b->built)
			look_add(c, sheet, WEIGHT_BUILD, t, NULL, anchor, "does not build (%s): %s",
				 b->config, b->error);
	}
	if (base_failed) {
		worse(t, ADVICE_LOOK);
		say(s, "the kernel does not build without the series either");
		look_add(c, sheet, WEIGHT_UNKNOWN, t, NULL, anchor,
			 "the kernel does not build without the series either");
	} else if (failed) {
		worse(t, ADVICE_DONT);
		say(s, "does not build");
	} else if (fresh) {
		worse(t, ADVICE_DONT);
		say(s, "%lld new compiler message%s", (long long)fresh, plural((size_t)fresh));
		look_add(c, sheet, WEIGHT_WARNING, t, NULL, anchor,
			 "the compiler says %lld thing%s that it does not say of the kernel alone",
			 (long long)fresh, plural((size_t)fresh));
	} else if (t->built) {
		say(s, "builds without a new message");
	} else if (!t->unchanged) {
		worse(t, ADVICE_LOOK);
		say(s, "not built");
	}
}

/* Tests by name and outcome, with all places that have just that. */
static void row_add(struct context *c, struct sheet *sheet, const struct sheet_target *t,
		    const struct known_cell *cell, const struct known_test *test, bool shows)
{
	char *where = arena_printf(c->arena, "%s %s", t->name, text_shown(c->arena, cell->name));

	for (size_t i = 0; i < sheet->nrows; i++) {
		struct result_row *row = &sheet->rows[i];

		if (strcmp(row->test->name, test->name) != 0 || row->test->class != test->class ||
		    strcmp(row->test->base, test->base) != 0 ||
		    strcmp(row->test->patched, test->patched) != 0)
			continue;
		row->where = arena_printf(c->arena, "%s, %s", row->where, where);
		row->n++;
		return;
	}
	arena_grow(c->arena, (void **)&sheet->rows, &sheet->cap_rows, sheet->nrows + 1,
		   sizeof(*sheet->rows));
	sheet->rows[sheet->nrows++] = (struct result_row){ test, where, 1, shows };
}

/* Is it there to show the fix? */
static bool test_shows(const struct sheet *sheet, const struct known_cell *cell, const char *name)
{
	const struct cell *of = sheet_cell(sheet, cell->name);
	size_t n = strcspn(name, "/");

	for (size_t i = 0; of && i < of->suite->n; i++) {
		const struct suite_test *test = &of->suite->items[i];

		if (test->prove && strlen(test->name) == n && !memcmp(test->name, name, n))
			return true;
	}
	return false;
}

static void judge_cell(struct context *c, struct sheet *sheet, struct sheet_target *t,
		       const struct known_cell *cell, size_t *bad)
{
	const char *anchor = sheet_anchor(c->arena, t->name);
	size_t before = *bad;

	for (size_t i = 0; i < cell->n; i++) {
		const struct known_test *test = &cell->items[i];
		const struct class_record *record = &class_records[test->class];
		bool shows = test_shows(sheet, cell, test->name);
		bool unproved = shows && test->class == CLASS_PRE_EXISTING;

		if (test->class != CLASS_OK && !strchr(test->name, '/'))
			row_add(c, sheet, t, cell, test, shows);
		if (strchr(test->name, '/'))
			continue;
		t->tests++;
		t->ok += test->class == CLASS_OK;
		t->fixed += test->class == CLASS_FIXED;
		if (test->class == CLASS_FIXED && shows)
			tally_add(c->arena, &sheet->shown, text_shown(c->arena, test->name),
				  t->name);
		if (record->color != CLASS_RED && !unproved)
			continue;
		++*bad;
		look_add(c, sheet, WEIGHT_RED, t, NULL, anchor, "%s: %s%s%s%s (%s)", test->name,
			 unproved ? "is not fixed by the series" : record->word,
			 *test->why ? ": " : "", test->why,
			 *cell->first_bad ?
				 arena_printf(c->arena, "; first bad patch %s", cell->first_bad) :
				 "",
			 cell->name);
	}
	if (cell->red && *bad == before) {
		++*bad;
		look_add(c, sheet, WEIGHT_RED, t, NULL, anchor, "%s: %s", cell->name,
			 *cell->why ? cell->why : cell->word);
	}
	if (cell->unknown)
		look_add(c, sheet, WEIGHT_UNKNOWN, t, NULL, anchor,
			 "%s: could not be found out: %s", cell->name,
			 *cell->why ? cell->why : cell->word);
}

static void judge_tests(struct context *c, struct sheet *sheet, struct sheet_target *t,
			struct sentence *s)
{
	size_t bad = 0;
	bool unknown = false;

	for (size_t i = 0; i < t->history.ncells; i++) {
		judge_cell(c, sheet, t, &t->history.cells[i], &bad);
		unknown |= t->history.cells[i].unknown;
	}
	t->tested = t->history.ncells > 0;
	if (bad) {
		worse(t, ADVICE_DONT);
		say(s, "%zu test%s worse with the series, or not fixed by it", bad, plural(bad));
	}
	if (unknown) {
		worse(t, ADVICE_LOOK);
		say(s, "something could not be found out");
	}
	if (t->tested && !bad && !unknown) {
		say(s, "no regression in %zu test%s", t->tests, plural(t->tests));
		if (t->fixed)
			say(s, "%zu fail before and pass after", t->fixed);
	}
	if (!t->tested && !t->unchanged && t->port->mark != MARK_CONFLICT) {
		worse(t, ADVICE_LOOK);
		say(s, "not tested");
		look_add(c, sheet, WEIGHT_UNTESTED, t, NULL, NULL, "%s: %s %s",
			 t->built ? "builds, and is not tested" : "neither built nor tested",
			 sheet->test_command, t->name);
	}
}

/* Findings in words where their answer is kept; else how many a check had. */
static void judge_audit(struct context *c, struct sheet *sheet, struct sheet_target *t,
			struct sentence *s)
{
	const char *anchor = arena_printf(c->arena, "checks-%s", sheet_anchor(c->arena, t->name));
	size_t missing = 0;

	for (size_t i = 0; i < t->history.naudits; i++) {
		const struct known_audit *known = &t->history.audits[i];
		const struct audit_answer *answer = sheet_answer(t, known->check);

		t->audited |= known->ran;
		missing += !known->ran;
		if (!known->ran)
			look_add(c, sheet, WEIGHT_UNTESTED, t, NULL, anchor,
				 "check %s could not run: %s", known->check, known->coverage);
		t->audit_looks += known->looks;
		t->audit_bads += known->bads;
		for (size_t k = 0; answer && k < answer->findings.n; k++) {
			const struct finding *f = &answer->findings.items[k];

			if (f->severity == SEVERITY_NOTE)
				continue;
			look_add(c, sheet,
				 f->severity == SEVERITY_BAD ? WEIGHT_WARNING : WEIGHT_FINDING, t,
				 NULL, anchor, "%s%s%s: %s", f->rule, f->patch ? ", patch " : "",
				 f->patch ? f->patch : "", f->text);
		}
		if (!answer && known->looks + known->bads)
			look_add(c, sheet, known->bads ? WEIGHT_WARNING : WEIGHT_FINDING, t, NULL,
				 anchor, "%s: %zu finding%s; %s %s says which", known->check,
				 known->looks + known->bads, plural(known->looks + known->bads),
				 sheet->verify_command, t->name);
	}
	if (t->audit_bads) {
		worse(t, ADVICE_DONT);
		say(s, "%zu bad finding%s of verify", t->audit_bads, plural(t->audit_bads));
	}
	if (t->audit_looks) {
		worse(t, ADVICE_LOOK);
		say(s, "verify has %zu thing%s to look at", t->audit_looks, plural(t->audit_looks));
	}
	if (missing) {
		worse(t, ADVICE_LOOK);
		say(s, "%zu check%s of verify could not run", missing, plural(missing));
	} else if (t->audited && !t->audit_looks && !t->audit_bads) {
		say(s, "verified");
	}
	if (!t->history.naudits && !t->unchanged)
		say(s, "not verified");
}

static int look_cmp(const void *a, const void *b)
{
	const struct look *x = a, *y = b;

	if (x->weight != y->weight)
		return x->weight < y->weight ? 1 : -1;
	return (x->order > y->order) - (x->order < y->order);
}

static int row_cmp(const void *a, const void *b)
{
	const struct result_row *x = a, *y = b;

	/* The enum's order is that of their weight, infrastructure behind what is red. */
	if (x->test->class != y->test->class)
		return x->test->class < y->test->class ? 1 : -1;
	return strcmp(x->test->name, y->test->name) ? strcmp(x->test->name, y->test->name) :
						      strcmp(x->where, y->where);
}

void sheet_judge(struct context *c, struct sheet *sheet)
{
	for (size_t i = 0; i < sheet->n; i++) {
		struct sheet_target *t = &sheet->items[i];
		struct sentence s = { c, NULL };

		judge_conflict(c, sheet, t, &s);
		if (!s.text) {
			judge_text(c, sheet, t, &s);
			judge_builds(c, sheet, t, &s);
			judge_audit(c, sheet, t, &s);
			judge_tests(c, sheet, t, &s);
		}
		t->why = s.text;
	}
	if (sheet->nlooks)
		qsort(sheet->looks, sheet->nlooks, sizeof(*sheet->looks), look_cmp);
	if (sheet->nrows)
		qsort(sheet->rows, sheet->nrows, sizeof(*sheet->rows), row_cmp);
}
