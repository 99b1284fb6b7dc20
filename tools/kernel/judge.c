/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Results of the two arms are brought together by name, each judged by the two statuses, and then once more by what
 * stands around it: a splat that came during it, the subtests of a program. What is not known is never green.
 */
#include "kernel/judge.h"

#include <stdlib.h>

const struct class_record class_records[CLASSES] = {
	[CLASS_OK] = { "ok", CLASS_GREEN, false, "passes with and without the change" },
	[CLASS_SKIPPED] = { "skipped", CLASS_GREEN, false, "skipped with and without the change" },
	[CLASS_FIXED] = { "fixed", CLASS_GREEN, true, "fails without the change, passes with it" },
	[CLASS_PRE_EXISTING] = { "pre-existing", CLASS_GREEN, true,
				 "fails in the same way with and without the change" },
	[CLASS_NEW_COVERAGE] = { "new coverage", CLASS_GREEN, true,
				 "could not be run without the change, can be with it" },
	[CLASS_FLAKY] = { "flaky", CLASS_GREEN, true, "came out otherwise when it was run again" },
	[CLASS_CHANGED_FAILURE] = { "changed failure", CLASS_RED, true,
				    "fails with and without the change, in another way" },
	[CLASS_CANDIDATE] = { "regression candidate", CLASS_RED, true,
			      "passes without the change, fails with it; not run again yet" },
	[CLASS_REGRESSION] = { "regression", CLASS_RED, true,
			       "passes without the change, fails with it, each time" },
	[CLASS_NEW_SPLAT] = { "new splat", CLASS_RED, true,
			      "the kernel complains where it does not without the change" },
	[CLASS_LOST_COVERAGE] = { "lost coverage", CLASS_RED, true,
				  "gives a result without the change, is skipped or missing with it" },
	[CLASS_INFRASTRUCTURE] = { "infrastructure", CLASS_UNKNOWN, true,
				   "could not be found out: no result without the change" },
};

static bool fails(const struct test_result *result)
{
	return result && (result->status == TEST_FAIL || result->status == TEST_TIMEOUT);
}

static bool passes(const struct test_result *result)
{
	return result && result->status == TEST_PASS;
}

static bool gone(const struct test_result *result)
{
	return !result || result->status == TEST_MISSING;
}

/* "payload_test/cr2_sregs": one of a program's. */
static bool is_subtest(const char *name)
{
	return strchr(name, '/') != NULL;
}

/* Names in order, to look things up by. */
struct name {
	const char *name;
	size_t index;
};
struct names {
	struct name *items;
	size_t n, cap;
};

static int name_order(const void *a, const void *b)
{
	const struct name *x = a, *y = b;
	int order = strcmp(x->name, y->name);

	return order ? order : (x->index > y->index) - (x->index < y->index);
}

static void names_add(struct arena *arena, struct names *names, const char *name, size_t index)
{
	*arena_push(arena, names) = (struct name){ name, index };
}

/* In order, and of each the first. */
static void names_sort(struct names *names)
{
	size_t kept = 0;

	if (names->n)
		qsort(names->items, names->n, sizeof(*names->items), name_order);
	for (size_t i = 0; i < names->n; i++) {
		if (!i || strcmp(names->items[i].name, names->items[kept - 1].name))
			names->items[kept++] = names->items[i];
	}
	names->n = kept;
}

static const struct name *names_find(const struct names *names, const char *name)
{
	size_t low = 0, high = names->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = strcmp(name, names->items[middle].name);

		if (!order)
			return &names->items[middle];
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}

static struct names names_of_results(struct arena *arena, const struct guest_report *report)
{
	struct names names = { 0 };

	for (size_t i = 0; i < report->n; i++)
		names_add(arena, &names, report->items[i].name, i);
	names_sort(&names);
	return names;
}

static struct names names_of_splats(struct arena *arena, const struct console_report *console)
{
	struct names names = { 0 };

	for (size_t i = 0; i < console->n; i++)
		names_add(arena, &names, console->items[i].title, i);
	names_sort(&names);
	return names;
}

/* A guest that stopped answering says nothing about the test; one that panicked does. */
static bool no_answer(const struct test_result *result)
{
	return result->status == TEST_TIMEOUT || !strcmp(result->signature, "hang");
}

static enum test_class class_of(const char *name, const struct test_result *base,
				const struct test_result *patched)
{
	if (gone(base)) {
		/* Of a program that ended early only the subtests before that are there. */
		if (is_subtest(name) && !gone(patched))
			return CLASS_NEW_COVERAGE;
		return CLASS_INFRASTRUCTURE;
	}
	if (base->status == TEST_SKIP) {
		if (gone(patched))
			return is_subtest(name) ? CLASS_SKIPPED : CLASS_LOST_COVERAGE;
		return patched->status == TEST_SKIP ? CLASS_SKIPPED : CLASS_NEW_COVERAGE;
	}
	if (gone(patched) || patched->status == TEST_SKIP)
		return CLASS_LOST_COVERAGE;
	if (passes(base))
		return passes(patched) ? CLASS_OK : CLASS_CANDIDATE;
	if (passes(patched))
		return no_answer(base) ? CLASS_NEW_COVERAGE : CLASS_FIXED;
	return strcmp(base->signature, patched->signature) ? CLASS_CHANGED_FAILURE :
							     CLASS_PRE_EXISTING;
}

static char *why_of(struct arena *arena, const struct judged *judged)
{
	const struct test_result *base = judged->base, *patched = judged->patched;

	switch (judged->class) {
	case CLASS_SKIPPED:
	case CLASS_PRE_EXISTING:
	case CLASS_CANDIDATE:
		return patched ? patched->why : "";
	case CLASS_FIXED:
		return arena_printf(arena, "without the change: %s", base->why);
	case CLASS_CHANGED_FAILURE:
		return arena_printf(arena, "without the change: %s; with it: %s", base->why,
				    patched->why);
	case CLASS_NEW_COVERAGE:
		return arena_printf(arena, "without the change: %s%s%s",
				    base && *base->why ? base->why : "no result",
				    fails(patched) ? "; with it: " : "",
				    fails(patched) ? patched->why : "");
	case CLASS_LOST_COVERAGE:
		if (patched && *patched->why)
			return arena_printf(arena, "%s with the change: %s",
					    test_status_word(patched->status), patched->why);
		return arena_printf(arena, "%s with the change",
				    test_status_word(patched ? patched->status : TEST_MISSING));
	case CLASS_INFRASTRUCTURE:
		return arena_printf(arena, "without the change: %s%s%s",
				    base && *base->why ? base->why : "no result",
				    patched ? "; with it: " : "",
				    patched ? test_status_word(patched->status) : "");
	default:
		return "";
	}
}

static void judged_add(struct arena *arena, struct verdict *verdict, const char *name,
		       const struct test_result *base, const struct test_result *patched)
{
	struct judged *judged = arena_push(arena, verdict);

	*judged = (struct judged){
		.name = name,
		.class = class_of(name, base, patched),
		.base = base,
		.patched = patched,
	};
	judged->why = why_of(arena, judged);
}

/* The first result behind the program at `i` that is none of its subtests. */
static size_t program_end(const struct guest_report *report, size_t i)
{
	for (i++; i < report->n && is_subtest(report->items[i].name);)
		i++;
	return i;
}

/* Base's order; what only the patched arm has comes behind its program's. */
static void bring_together(struct arena *arena, const struct guest_report *base,
			   const struct guest_report *patched, struct verdict *verdict)
{
	struct names of_base = names_of_results(arena, base);
	struct names of_patched = names_of_results(arena, patched);

	for (size_t i = 0, end; i < base->n; i = end) {
		const struct name *program = names_find(&of_patched, base->items[i].name);

		end = program_end(base, i);
		for (size_t j = i; j < end; j++) {
			const struct test_result *b = &base->items[j];
			const struct name *found = names_find(&of_patched, b->name);

			/* Of a name that is there twice the first one counts. */
			if (names_find(&of_base, b->name)->index == j)
				judged_add(arena, verdict, b->name, b,
					   found ? &patched->items[found->index] : NULL);
		}
		if (!program)
			continue;
		for (size_t j = program->index + 1; j < program_end(patched, program->index); j++) {
			const struct test_result *p = &patched->items[j];

			if (!names_find(&of_base, p->name) &&
			    names_find(&of_patched, p->name)->index == j)
				judged_add(arena, verdict, p->name, NULL, p);
		}
	}
	for (size_t i = 0, end; i < patched->n; i = end) {
		end = program_end(patched, i);
		if (names_find(&of_base, patched->items[i].name))
			continue;
		for (size_t j = i; j < end; j++) {
			const struct test_result *p = &patched->items[j];

			if (!names_find(&of_base, p->name) &&
			    names_find(&of_patched, p->name)->index == j)
				judged_add(arena, verdict, p->name, NULL, p);
		}
	}
}

/*
 * A program of which some subtests are fixed and the others fail as before has changed its failure only by that: its
 * subtests say all there is to say.
 */
static void programs_look(struct arena *arena, struct verdict *verdict)
{
	for (size_t i = 0, end; i < verdict->n; i = end) {
		struct judged *program = &verdict->items[i];
		size_t failing = 0, fixed = 0;
		bool red = false;

		for (end = i + 1; end < verdict->n && is_subtest(verdict->items[end].name); end++) {
			const struct judged *item = &verdict->items[end];

			red |= class_records[item->class].color != CLASS_GREEN;
			fixed += item->class == CLASS_FIXED;
			failing += item->class == CLASS_PRE_EXISTING;
		}
		if (program->class != CLASS_CHANGED_FAILURE || red || !failing ||
		    program->base->status != TEST_FAIL || program->patched->status != TEST_FAIL)
			continue;
		program->class = CLASS_PRE_EXISTING;
		program->why =
			arena_printf(arena, "%s (fixed in it: %zu)", program->patched->why, fixed);
	}
}

/* Complaints that base's kernel did not have, each once; those during a test are the test's. */
static void splats_look(struct arena *arena, const struct console_report *base_console,
			const struct console_report *patched_console, struct verdict *verdict)
{
	struct names before = names_of_splats(arena, base_console);
	struct names now = names_of_splats(arena, patched_console);

	verdict->splats_before = before.n;
	verdict->new_splats = arena_alloc(arena, (now.n + 1) * sizeof(*verdict->new_splats));
	for (size_t i = 0; i < patched_console->n; i++) {
		const struct splat *splat = &patched_console->items[i];

		if (!names_find(&before, splat->title) &&
		    names_find(&now, splat->title)->index == i)
			verdict->new_splats[verdict->nnew_splats++] = *splat;
	}
	verdict->splats_new = verdict->nnew_splats;
	for (size_t i = 0; i < verdict->n; i++) {
		struct judged *judged = &verdict->items[i];
		const struct test_result *patched = judged->patched;
		const struct splat *fresh = NULL;

		for (size_t j = 0; patched && j < patched->nsplats && !fresh; j++) {
			if (!names_find(&before, patched->splats[j].title))
				fresh = &patched->splats[j];
		}
		if (!fresh)
			continue;
		if (class_records[judged->class].color == CLASS_GREEN) {
			judged->class = CLASS_NEW_SPLAT;
			judged->why = arena_printf(arena, "the kernel said: %s", fresh->title);
		} else {
			judged->why = arena_printf(arena, "%s; the kernel said: %s", judged->why,
						   fresh->title);
		}
	}
}

static char *flaw_of(struct arena *arena, const struct guest_report *base, bool base_ended,
		     const struct guest_report *patched, bool *lost)
{
	struct names of_base = names_of_results(arena, base);
	size_t planned = 0, missing = 0, only_here = 0, skipped = 0;

	for (size_t i = 0; i < patched->n; i++) {
		const struct test_result *result = &patched->items[i];
		const struct name *found = names_find(&of_base, result->name);

		if (is_subtest(result->name))
			continue;
		planned++;
		missing += result->status == TEST_MISSING;
		only_here += result->status == TEST_MISSING && found &&
			     !gone(&base->items[found->index]);
		skipped += result->status == TEST_SKIP;
	}
	if (!planned)
		return "no test was planned";
	/* Base's guest did not come to its end either, and no further: that is not the change's doing. */
	if (missing && !only_here && !base_ended)
		return NULL;
	*lost = missing > 0;
	if (missing)
		return arena_printf(arena, "%zu of %zu planned tests gave no result", missing,
				    planned);
	if (skipped == planned)
		return arena_printf(arena, "all tests were skipped (%zu)", planned);
	if (!patched->complete)
		return "the guest did not say that it came to its end";
	return NULL;
}

void verdict_count(struct verdict *verdict)
{
	bool lost = false;

	memset(verdict->count, 0, sizeof(verdict->count));
	for (size_t i = 0; i < verdict->n; i++) {
		const struct judged *judged = &verdict->items[i];

		verdict->count[judged->class]++;
		/* Further runs gave it a result. */
		lost |= !is_subtest(judged->name) &&
			(judged->class == CLASS_LOST_COVERAGE ||
			 judged->class == CLASS_INFRASTRUCTURE || gone(judged->patched));
	}
	if (verdict->lost && !lost) {
		verdict->lost = false;
		verdict->flaw = NULL;
	}
}

void judge(struct arena *arena, const struct guest_report *base,
	   const struct console_report *base_console, const struct guest_report *patched,
	   const struct console_report *patched_console, struct verdict *verdict)
{
	*verdict = (struct verdict){ 0 };
	bring_together(arena, base, patched, verdict);
	programs_look(arena, verdict);
	splats_look(arena, base_console, patched_console, verdict);
	verdict->flaw = flaw_of(arena, base, base_console->ended, patched, &verdict->lost);
	verdict_count(verdict);
}

static bool has_splat(const struct test_result *result, const char *title)
{
	for (size_t i = 0; result && i < result->nsplats; i++) {
		if (!strcmp(result->splats[i].title, title))
			return true;
	}
	return false;
}

/* One of the complaints for which it was judged has come again, and on this arm only. */
static bool splat_again(const struct judged *judged, const struct test_result *base,
			const struct test_result *patched)
{
	for (size_t i = 0; judged->patched && i < judged->patched->nsplats; i++) {
		const char *title = judged->patched->splats[i].title;

		if (!has_splat(judged->base, title) && has_splat(patched, title) &&
		    !has_splat(base, title))
			return true;
	}
	return false;
}

/* What it was judged for has come again. */
static bool same_again(const struct judged *judged, const struct test_result *base,
		       const struct test_result *patched)
{
	switch (judged->class) {
	case CLASS_NEW_SPLAT:
		return splat_again(judged, base, patched);
	case CLASS_CHANGED_FAILURE:
		return fails(patched) &&
		       (!fails(base) || strcmp(base->signature, patched->signature) != 0);
	case CLASS_FIXED:
		return fails(base) && passes(patched);
	default:
		return fails(patched) && passes(base);
	}
}

/* Without the change it did the same. */
static bool base_too(const struct judged *judged, const struct test_result *base)
{
	const struct test_result *was = judged->patched;

	if (judged->class == CLASS_CHANGED_FAILURE)
		return fails(base) && was && !strcmp(base->signature, was->signature);
	if (judged->class != CLASS_NEW_SPLAT)
		return fails(base);
	for (size_t i = 0; was && i < was->nsplats; i++) {
		const char *title = was->splats[i].title;

		if (!has_splat(judged->base, title) && has_splat(base, title))
			return true;
	}
	return false;
}

/* Of a kind that no busy host brings about: once is enough. */
static bool grave(const struct judged *judged)
{
	for (size_t i = 0; judged->patched && i < judged->patched->nsplats; i++) {
		const struct splat *splat = &judged->patched->splats[i];

		if (has_splat(judged->base, splat->title))
			continue;
		if (splat->kind == SPLAT_OOPS || splat->kind == SPLAT_BUG ||
		    splat->kind == SPLAT_KASAN || splat->kind == SPLAT_LOCKDEP)
			return true;
	}
	return false;
}

static const char *times(struct arena *arena, size_t n)
{
	return n == 1 ? "once" : arena_printf(arena, "%zu times", n);
}

/*
 * What had no result on one of the arms is judged by the further runs alone: alike each time they make its class. A
 * result that got lost once and never again was lost by chance.
 */
static void judge_late(struct arena *arena, struct judged *judged, const struct test_result *base,
		       const struct test_result *patched, size_t n)
{
	enum test_class class = CLASSES;
	size_t counted = 0, first = 0;
	bool alike = true;

	for (size_t i = 0; i < n; i++) {
		if (gone(&base[i]))
			continue;

		enum test_class now = class_of(judged->name, &base[i], &patched[i]);

		if (!counted++)
			first = i;
		alike &= class == CLASSES || class == now;
		class = now;
	}
	judged->why = arena_printf(arena, "%s; run again %s: %s", judged->why, times(arena, n),
				   !counted ? "no result" :
				   alike    ? class_records[class].word :
					      "not always the same");
	if (!counted)
		return;
	if (!alike || (judged->class == CLASS_LOST_COVERAGE && class == CLASS_OK))
		class = CLASS_FLAKY;
	else if (class == CLASS_CANDIDATE || class == CLASS_CHANGED_FAILURE)
		class = CLASS_REGRESSION;
	judged->class = class;
	if (gone(judged->base))
		judged->base = &base[first];
	if (gone(judged->patched) && !gone(&patched[first]))
		judged->patched = &patched[first];
}

void judge_again(struct arena *arena, struct judged *judged, const struct test_result *base,
		 const struct test_result *patched, size_t n)
{
	size_t again = 0, counted = 0, before = 0;

	if (n && (judged->class == CLASS_LOST_COVERAGE || judged->class == CLASS_INFRASTRUCTURE)) {
		judge_late(arena, judged, base, patched, n);
		return;
	}
	if (!n || (judged->class != CLASS_CANDIDATE && judged->class != CLASS_CHANGED_FAILURE &&
		   judged->class != CLASS_NEW_SPLAT && judged->class != CLASS_FIXED))
		return;
	/* A run that gave no result says nothing. */
	for (size_t i = 0; i < n; i++) {
		if (gone(&base[i]) || gone(&patched[i]))
			continue;
		counted++;
		again += same_again(judged, &base[i], &patched[i]);
		before += base_too(judged, &base[i]);
	}
	if (!counted) {
		judged->why = arena_printf(arena, "%s; run again %s, which gave no result",
					   judged->why, times(arena, n));
		judged->class = CLASS_INFRASTRUCTURE;
		return;
	}
	judged->why = arena_printf(arena, "%s; run again: the same in %zu of %zu", judged->why,
				   again, counted);
	if (judged->class == CLASS_FIXED) {
		if (again < counted)
			judged->class = CLASS_FLAKY;
		return;
	}
	/* A race that the change brings does not show each time; but it never shows without the change. */
	if (again == counted || (!before && 2 * again > counted))
		judged->class = CLASS_REGRESSION;
	else if (judged->class != CLASS_NEW_SPLAT || before || !grave(judged))
		judged->class = CLASS_FLAKY;
}

/* During no test that is judged: then only the cell can be red for it. */
static bool stands_alone(const struct verdict *verdict, const struct splat *splat)
{
	for (size_t i = 0; splat->test && i < verdict->n; i++) {
		if (!strcmp(verdict->items[i].name, splat->test))
			return false;
	}
	return true;
}

bool verdict_red(const struct verdict *verdict)
{
	if (verdict->flaw)
		return true;
	for (size_t i = 0; i < verdict->n; i++) {
		if (class_records[verdict->items[i].class].color == CLASS_RED)
			return true;
	}
	for (size_t i = 0; i < verdict->nnew_splats; i++) {
		if (stands_alone(verdict, &verdict->new_splats[i]))
			return true;
	}
	return false;
}

bool verdict_unknown(const struct verdict *verdict)
{
	for (size_t i = 0; i < verdict->n; i++) {
		if (class_records[verdict->items[i].class].color == CLASS_UNKNOWN)
			return true;
	}
	return !verdict->n;
}
