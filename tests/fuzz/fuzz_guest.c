/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A plan, and two guests with what they wrote on both of their ports: each planned test has one result, in order; what
 * failed has a signature; a guest judged against itself has no regression, and nothing is green that is not known.
 */
#include "fuzz.h"

#include "kernel/judge.h"

#define PLANNED 3
static const char *const planned[PLANNED] = { "a", "payload_test", "c" };

static void check(const struct guest_report *report, const struct console_report *console)
{
	size_t next = 0, missing = 0;

	for (size_t i = 0; i < report->n; i++) {
		const struct test_result *result = &report->items[i];

		must(result->name && result->signature && result->why);
		must(!strpbrk(result->signature, "\n\r\033") && !strpbrk(result->why, "\n\r"));
		must((result->status == TEST_FAIL || result->status == TEST_TIMEOUT) ==
		     (*result->signature != '\0'));
		must(result->nsplats <= console->n);
		if (strchr(result->name, '/')) {
			size_t n = strlen(planned[next - 1]);

			must(next && !strncmp(result->name, planned[next - 1], n) &&
			     result->name[n] == '/');
			must(result->status != TEST_MISSING);
			continue;
		}
		must(next < PLANNED && !strcmp(result->name, planned[next++]));
		missing += result->status == TEST_MISSING;
	}
	must(next == PLANNED);
	must(!report->complete || !missing);
	must(report->preflight.kvm && report->preflight.memory);
}

static void check_verdict(const struct verdict *verdict)
{
	size_t n = 0, tests = 0;

	for (size_t i = 0; i < CLASSES; i++)
		n += verdict->count[i];
	must(n == verdict->n);
	for (size_t i = 0; i < verdict->n; i++) {
		const struct judged *judged = &verdict->items[i];

		must(judged->why && (judged->base || judged->patched));
		must(judged->class != CLASS_OK ||
		     (judged->base->status == TEST_PASS && judged->patched->status == TEST_PASS));
		must(judged->class != CLASS_REGRESSION && judged->class != CLASS_FLAKY);
		if (!strchr(judged->name, '/'))
			must(!strcmp(judged->name, planned[tests++]));
	}
	must(tests == PLANNED);
}

static void judge_one(struct arena *arena, const struct guest_report *base,
		      const struct console_report *base_console, const struct guest_report *patched,
		      const struct console_report *patched_console)
{
	struct verdict verdict;

	judge(arena, base, base_console, patched, patched_console, &verdict);
	check_verdict(&verdict);
	must(patched->complete || verdict_red(&verdict));
	must(base->complete || verdict_red(&verdict) || verdict_unknown(&verdict) ||
	     verdict.count[CLASS_INFRASTRUCTURE] == 0);
	if (base == patched) {
		must(!verdict.nnew_splats && !verdict.count[CLASS_CANDIDATE] &&
		     !verdict.count[CLASS_CHANGED_FAILURE] && !verdict.count[CLASS_FIXED] &&
		     !verdict.count[CLASS_NEW_SPLAT] && !verdict.count[CLASS_NEW_COVERAGE] &&
		     !verdict.count[CLASS_LOST_COVERAGE]);
		return;
	}
	for (size_t i = 0; i < verdict.n; i++) {
		struct judged *judged = &verdict.items[i];

		if (!judged->base || !judged->patched)
			continue;
		judge_again(arena, judged, judged->base, judged->patched, 1);
		must(judged->class != CLASS_CANDIDATE && judged->class != CLASS_CHANGED_FAILURE);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new();
	struct slice rest = { (const char *)data, size };
	struct guest_report reports[2];
	const struct console_report *consoles[2];

	for (size_t i = 0; i < 2; i++) {
		struct slice ktap = fuzz_part(arena, &rest);
		struct console *console = console_new(arena);

		console_feed(console, fuzz_part(arena, &rest));
		consoles[i] = console_report(console);
		guest_read(arena, ktap, consoles[i], planned, PLANNED, &reports[i]);
		check(&reports[i], consoles[i]);
	}
	judge_one(arena, &reports[0], consoles[0], &reports[1], consoles[1]);
	judge_one(arena, &reports[0], consoles[0], &reports[0], consoles[0]);
	arena_free(arena);
	return 0;
}
