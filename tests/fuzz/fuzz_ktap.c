/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any text is read without failing, points into itself, and is the same when written and read again. */
#include "fuzz.h"

#include "kernel/ktap.h"

static void same(const struct ktap_test *a, const struct ktap_test *b)
{
	must(a->status == b->status && a->ok == b->ok && a->number == b->number);
	must(slice_eq(a->name, b->name) && slice_eq(a->reason, b->reason));
	must(a->n == b->n && a->nnotes == b->nnotes && a->planned == b->planned);
	for (size_t i = 0; i < a->nnotes; i++)
		must(slice_eq(a->notes[i], b->notes[i]));
	for (size_t i = 0; i < a->n; i++)
		same(&a->items[i], &b->items[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new();
	struct text out __free_text = TEXT_INIT;
	struct ktap ktap, again;

	ktap_parse(arena, fuzz_text(arena, data, size), &ktap);
	ktap_flaw(arena, &ktap.top);
	ktap_write(&out, &ktap);
	ktap_parse(arena, text_slice(&out), &again);
	same(&ktap.top, &again.top);
	must(ktap.versioned == again.versioned && ktap.bailed == again.bailed);
	must(slice_eq(ktap.bail_reason, again.bail_reason));
	arena_free(arena);
	return 0;
}
