/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What our init writes itself stands at the left edge, what a test printed behind "# " or two blanks: so no test can
 * speak for another one, or for the guest. A line at the edge counts where its number and its name are those of the
 * plan, in the plan's order; one without its newline does not, since what is missing may be "# SKIP".
 */
#include "kernel/guest.h"

#define WHY_BYTES 600 /* of a reason */
#define WHY_NOTES 4   /* of a failing subtest */

const char *test_status_word(enum test_status status)
{
	static const char *const words[] = {
		[TEST_PASS] = "pass",	    [TEST_FAIL] = "fail",	[TEST_SKIP] = "skip",
		[TEST_TIMEOUT] = "timeout", [TEST_MISSING] = "missing",
	};

	return words[status];
}

struct reader {
	struct arena *arena;
	const struct console_report *console;
	struct guest_report *report;
};

/* One line without control characters, not too long. */
static char *words_of(struct arena *arena, struct slice s)
{
	char *words;

	s = slice_trim(s);
	if (s.n > WHY_BYTES)
		s.n = WHY_BYTES;
	words = slice_str(arena, s);
	for (size_t i = 0; i < s.n; i++) {
		if ((unsigned char)words[i] < 0x20 || words[i] == 0x7f)
			words[i] = ' ';
	}
	return words;
}

static bool failed(enum ktap_status status)
{
	return status == KTAP_FAIL || status == KTAP_TIMEOUT || status == KTAP_ERROR;
}

/* Pieces that are joined: "a; b". */
static void join(struct text *text, const char *piece)
{
	if (!*piece || text->len > WHY_BYTES)
		return;
	if (text->len)
		text_adds(text, "; ");
	text_adds(text, piece);
}

/* What a failure says of itself, as it was said and as it can be compared. */
struct failure {
	struct text why, signature;
};

static void failure_add(struct arena *arena, struct failure *failure, struct slice said)
{
	join(&failure->why, words_of(arena, said));
	join(&failure->signature, console_normalise(arena, said));
}

static bool is_time_note(struct slice note)
{
	return slice_starts(note, "time ");
}

/* Conditions that say nothing: those of TEST_FAIL() and GUEST_FAIL(). */
static bool says_nothing(struct slice condition)
{
	return slice_ends(condition, ": false") || slice_ends(condition, ": 0") ||
	       slice_ends(condition, ": Unconditional guest failure");
}

/*
 * A KVM selftest's "==== Test Assertion Failure ====", then "  FILE:LINE: CONDITION", "  pid=1 tid=1 ...",
 * the stack ("     1<tab>0x...") or why there is none ("sh: addr2line: not found"), and "  WHAT WAS SAID BESIDES",
 * which has values in it: it is compared only where the condition says nothing.
 */
static bool assertion_read(struct arena *arena, const struct ktap_test *test,
			   struct failure *failure)
{
	struct slice said = { NULL, 0 }, condition;
	size_t i = 0;

	while (i < test->nnotes && slice_find(test->notes[i], SLICE("Test Assertion Failure")) < 0)
		i++;
	if (i + 1 >= test->nnotes)
		return false;
	condition = slice_trim(test->notes[++i]);
	while (++i < test->nnotes && !said.n) {
		struct slice line = slice_trim(test->notes[i]);

		if (!slice_starts(test->notes[i], "  ") || !line.n || slice_starts(line, "pid=") ||
		    slice_starts(line, "(stack trace") || slice_starts(line, "?? "))
			continue;
		if (line.p[0] >= '0' && line.p[0] <= '9' && slice_starts(test->notes[i], "   "))
			continue;
		said = line;
	}

	join(&failure->why, words_of(arena, condition));
	if (said.n)
		join(&failure->why, words_of(arena, said));
	join(&failure->signature, console_normalise(arena, condition));
	if (said.n && says_nothing(condition))
		join(&failure->signature, console_normalise(arena, said));
	return true;
}

/* "FAIL: name" of kvm-unit-tests, "file.c:12:test:Expected a (1) == b (2)" of kselftest_harness.h. */
static bool said_to_fail(struct slice note)
{
	return slice_starts(note, "FAIL: ") || slice_starts(note, "FAIL ") ||
	       slice_find(note, SLICE(":Expected ")) >= 0;
}

static void notes_read(struct arena *arena, const struct ktap_test *test, struct failure *failure)
{
	const struct slice *last = NULL;
	size_t found = 0;

	if (assertion_read(arena, test, failure))
		return;
	for (size_t i = 0; i < test->nnotes; i++) {
		struct slice note = slice_trim(test->notes[i]);

		if (!note.n || is_time_note(test->notes[i]) || slice_starts(note, "Random seed: "))
			continue;
		last = &test->notes[i];
		if (said_to_fail(note)) {
			failure_add(arena, failure, note);
			found++;
		}
	}
	if (!found && last)
		failure_add(arena, failure, *last);
}

/* The notes of a failing subtest say why; our own say each thing in a line. */
static void subtest_read(struct arena *arena, const struct ktap_test *test, struct failure *failure)
{
	size_t n = 0;

	if (test->reason.n)
		failure_add(arena, failure, test->reason);
	if (assertion_read(arena, test, failure))
		return;
	for (size_t i = 0; i < test->nnotes && n < WHY_NOTES; i++) {
		struct slice note = slice_trim(test->notes[i]);

		/* kselftest_harness.h says "# Starting ...", "#  RUN ..." before its tests. */
		if (!note.n || slice_starts(note, "RUN ") || slice_starts(note, "Starting ") ||
		    slice_starts(note, "Subtest: "))
			continue;
		failure_add(arena, failure, note);
		n++;
	}
}

static void failures_below(struct arena *arena, const struct ktap_test *test,
			   struct failure *failure)
{
	for (size_t i = 0; i < test->n; i++) {
		const struct ktap_test *item = &test->items[i];

		if (item->n)
			failures_below(arena, item, failure);
		else if (failed(item->status))
			failure_add(arena, failure,
				    item->name.n ? item->name :
						   SLICE("a subtest without a result"));
	}
}

static bool any_failed(const struct ktap_test *test)
{
	for (size_t i = 0; i < test->n; i++) {
		if (failed(test->items[i].status) || any_failed(&test->items[i]))
			return true;
	}
	return false;
}

static enum test_status status_of(const struct ktap_test *test)
{
	switch (test->status) {
	case KTAP_PASS:
	case KTAP_XFAIL:
		return TEST_PASS;
	case KTAP_SKIP:
		return TEST_SKIP;
	case KTAP_TIMEOUT:
		return TEST_TIMEOUT;
	default:
		return TEST_FAIL;
	}
}

/* Fill in what follows from the status. `failure` is used up. */
static void result_explain(struct arena *arena, struct test_result *result, struct slice reason,
			   struct failure *failure)
{
	result->signature = "";
	result->why = words_of(arena, reason);
	if (result->status == TEST_TIMEOUT) {
		result->signature = "timeout";
		result->why = *result->why ? arena_printf(arena, "timed out %s", result->why) :
					     "timed out";
	} else if (result->status == TEST_FAIL) {
		result->why = failure->why.len ? arena_strdup(arena, text_str(&failure->why)) :
						 "failed without a word";
		result->signature = failure->signature.len ?
					    arena_strdup(arena, text_str(&failure->signature)) :
					    "failed without a word";
	}
	text_release(&failure->why);
	text_release(&failure->signature);
}

static struct test_result *result_add(struct reader *reader, const char *name)
{
	struct test_result *result = arena_push(reader->arena, reader->report);

	result->name = name;
	result->signature = result->why = "";
	return result;
}

/* The subtests of a test, each behind its own parent; names made unique with "#2". */
static void subtests_add(struct reader *reader, const char *parent, const struct ktap_test *test)
{
	struct arena *arena = reader->arena;
	size_t first = reader->report->n;

	for (size_t i = 0; i < test->n; i++) {
		const struct ktap_test *item = &test->items[i];
		struct failure failure = { TEXT_INIT, TEXT_INIT };
		struct test_result *result;
		unsigned int same = 1;
		char *name, *unique;

		name = item->name.n ? words_of(arena, item->name) :
				      arena_printf(arena, "%zu", i + 1);
		name = unique = arena_printf(arena, "%s/%s", parent, name);
		/* Groups are small; a program that prints a million results is none to wait for. */
		for (size_t j = first; j < reader->report->n && test->n < 300; j++) {
			if (!strcmp(reader->report->items[j].name, unique)) {
				unique = arena_printf(arena, "%s#%u", name, ++same);
				j = first - 1;
			}
		}
		result = result_add(reader, unique);
		result->status = status_of(item);
		if (result->status == TEST_PASS && any_failed(item))
			result->status = TEST_FAIL;
		if (result->status == TEST_FAIL && item->n)
			failures_below(arena, item, &failure);
		else if (result->status == TEST_FAIL)
			subtest_read(arena, item, &failure);
		result_explain(arena, result, item->reason, &failure);
		subtests_add(reader, unique, item);
	}
}

/* A program that speaks KTAP among its output, as kselftests do, has it in its notes. */
static void spoken_in_notes(struct arena *arena, struct ktap_test *test)
{
	struct text text __free_text = TEXT_INIT;
	struct ktap ktap;
	size_t i = 0;

	while (i < test->nnotes && !slice_starts(test->notes[i], "TAP version ") &&
	       !slice_starts(test->notes[i], "KTAP version "))
		i++;
	if (i == test->nnotes)
		return;
	for (; i < test->nnotes; i++) {
		text_add_slice(&text, test->notes[i]);
		text_addc(&text, '\n');
	}
	ktap_parse(arena, slice_copy(arena, text_slice(&text)), &ktap);
	test->items = ktap.top.items;
	test->n = ktap.top.n;
	test->planned = ktap.top.planned;
}

/* init leaves the middle of long output out. */
static bool cut_short(const struct ktap_test *test)
{
	for (size_t i = 0; i < test->nnotes; i++) {
		if (slice_starts(test->notes[i], "... ") &&
		    slice_ends(test->notes[i], " bytes are left out here ..."))
			return true;
	}
	return false;
}

static unsigned int time_read(const struct ktap_test *test)
{
	unsigned int ms = 0;

	/* init's own is the last one. */
	for (size_t i = 0; i < test->nnotes; i++) {
		struct slice rest = test->notes[i], word;
		unsigned long value;

		if (!is_time_note(rest))
			continue;
		rest = slice_skip(rest, strlen("time "));
		if (slice_cut(&rest, ' ', &word) && slice_eq(word, test->name) &&
		    slice_number(slice_trim(rest), 1000000000, &value))
			ms = (unsigned int)value;
	}
	return ms;
}

static void test_read(struct reader *reader, const char *name, struct ktap_test *test)
{
	struct arena *arena = reader->arena;
	struct test_result *result = result_add(reader, name);
	struct failure failure = { TEXT_INIT, TEXT_INIT };
	char *flaw = NULL;

	if (!test->n)
		spoken_in_notes(arena, test);
	result->status = status_of(test);
	result->ms = time_read(test);
	/* Also where none of those that it planned has come. */
	if (result->status == TEST_PASS && (test->n || test->planned > 0) && !cut_short(test)) {
		/* Its name is said already. */
		struct ktap_test nameless = *test;

		nameless.name = (struct slice){ NULL, 0 };
		flaw = ktap_flaw(arena, &nameless);
	}
	if (result->status == TEST_PASS && (flaw || any_failed(test)))
		result->status = TEST_FAIL;
	if (result->status == TEST_FAIL) {
		failures_below(arena, test, &failure);
		if (flaw)
			failure_add(arena, &failure, slice_of(flaw));
		if (!failure.why.len)
			notes_read(arena, test, &failure);
	}
	result_explain(arena, result, test->reason, &failure);
	subtests_add(reader, name, test);
}

/* Nothing came of it: it was running when the machine stopped, or was not begun. */
static void test_lost(struct reader *reader, const char *name)
{
	struct arena *arena = reader->arena;
	const struct console_report *console = reader->console;
	struct test_result *result = result_add(reader, name);
	const struct splat *cause = NULL;

	result->status = TEST_MISSING;
	if (!console->test || strcmp(console->test, name)) {
		result->why = console->panicked ? "not reached: the kernel panicked" : "no result";
		return;
	}
	result->status = TEST_FAIL;
	if (!console->panicked) {
		result->signature = "hang";
		result->why = "the guest stopped while it ran";
		return;
	}
	for (size_t i = 0; i < console->n; i++) {
		const struct splat *splat = &console->items[i];

		if (splat->kind != SPLAT_PANIC && splat->test && !strcmp(splat->test, name) &&
		    (splat->kind == SPLAT_OOPS || splat->kind == SPLAT_BUG))
			cause = splat;
	}
	result->signature = arena_printf(arena, "panic: %s%s%s",
					 console_normalise(arena, slice_of(console->panic)),
					 cause ? "; " : "", cause ? cause->title : "");
	result->why = words_of(arena, slice_of(arena_printf(arena, "the kernel panicked: %s%s%s",
							    console->panic, cause ? "; " : "",
							    cause ? cause->title : "")));
}

static void splats_give(struct reader *reader, size_t from)
{
	struct test_result *result = &reader->report->items[from];
	const struct console_report *console = reader->console;
	size_t n = 0;

	for (size_t i = 0; i < console->n; i++)
		n += console->items[i].test && !strcmp(console->items[i].test, result->name);
	if (!n)
		return;
	result->splats = arena_alloc(reader->arena, n * sizeof(*result->splats));
	for (size_t i = 0; i < console->n; i++) {
		if (console->items[i].test && !strcmp(console->items[i].test, result->name))
			result->splats[result->nsplats++] = console->items[i];
	}
}

static const struct preflight_key {
	const char *key;
	size_t offset;
} preflight_keys[] = {
	{ "release", offsetof(struct preflight, release) },
	{ "mark", offsetof(struct preflight, mark) },
	{ "kvm", offsetof(struct preflight, kvm) },
	{ "vendor", offsetof(struct preflight, vendor) },
	{ "nested", offsetof(struct preflight, nested) },
	{ "hypervisor", offsetof(struct preflight, hypervisor) },
	{ "cpus", offsetof(struct preflight, cpus) },
	{ "memory", offsetof(struct preflight, memory) },
};
#define NPREFLIGHT_KEYS (sizeof(preflight_keys) / sizeof(preflight_keys[0]))

/* The first notes of all: what comes behind another one is a test's. The first value of a key counts. */
static void preflight_read(struct arena *arena, const struct ktap_test *first,
			   struct guest_report *report)
{
	bool came[NPREFLIGHT_KEYS] = { false };

	for (size_t k = 0; k < NPREFLIGHT_KEYS; k++)
		*(const char **)((char *)&report->preflight + preflight_keys[k].offset) = "";
	for (size_t i = 0; i < first->nnotes && slice_starts(first->notes[i], "preflight "); i++) {
		struct slice rest = slice_skip(first->notes[i], strlen("preflight ")), key;

		slice_cut(&rest, ' ', &key);
		for (size_t k = 0; k < NPREFLIGHT_KEYS; k++) {
			if (!slice_is(key, preflight_keys[k].key) || came[k])
				continue;
			came[k] = true;
			*(const char **)((char *)&report->preflight + preflight_keys[k].offset) =
				words_of(arena, rest);
		}
	}
	report->preflighted = true;
	for (size_t k = 0; k < NPREFLIGHT_KEYS; k++)
		report->preflighted &= came[k];
}

static bool verdict_read(const struct ktap_test *top, size_t nplanned)
{
	for (size_t i = top->nnotes; i-- > 0;) {
		struct slice note = top->notes[i];
		unsigned long n;

		if (slice_starts(note, "verdict done "))
			return slice_number(slice_trim(slice_skip(note, strlen("verdict done "))),
					    1000000000, &n) &&
			       n == nplanned;
	}
	return false;
}

void guest_read(struct arena *arena, struct slice ktap, const struct console_report *console,
		const char *const *planned, size_t nplanned, struct guest_report *report)
{
	struct reader reader = { arena, console, report };
	struct ktap said;
	size_t next = 0, seen = 0;

	*report = (struct guest_report){ 0 };
	while (ktap.n && ktap.p[ktap.n - 1] != '\n')
		ktap.n--;
	ktap_parse(arena, ktap, &said);
	preflight_read(arena, said.top.n ? &said.top.items[0] : &said.top, report);
	for (size_t i = 0; i < nplanned; i++) {
		struct ktap_test *test = NULL;
		size_t from = report->n;

		for (size_t j = next; j < said.top.n && !test; j++) {
			if (said.top.items[j].number == i + 1 &&
			    slice_is(said.top.items[j].name, planned[i])) {
				test = &said.top.items[j];
				next = j + 1;
			}
		}
		if (test) {
			test_read(&reader, planned[i], test);
			seen++;
		} else {
			test_lost(&reader, planned[i]);
		}
		splats_give(&reader, from);
	}
	report->complete = seen == nplanned && verdict_read(&said.top, nplanned);
}
