/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any log gives complaints whose parts are clean, and the same log again gives nothing new. */
#include "fuzz.h"

#include <ctype.h>

#include "kernel/complaint.h"

static void check(const struct complaint *complaint)
{
	struct slice file = slice_of(complaint->file), part;

	must(*complaint->text && !strpbrk(complaint->text, "\n\t"));
	must(slice_eq(slice_trim(slice_of(complaint->text)), slice_of(complaint->text)));
	must(*complaint->file != '/');
	while (slice_cut(&file, '/', &part))
		must(part.n && !slice_is(part, "..") && !slice_is(part, "."));
	for (const char *p = complaint->function; *p; p++)
		must(isalnum((unsigned char)*p) || *p == '_');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new();
	struct slice log = fuzz_text(arena, data, size);
	struct complaints none = { 0 }, once = { 0 }, twice = { 0 }, fresh = { 0 }, all = { 0 };

	complaints_parse(arena, log, "/series/source", &once);
	for (size_t i = 0; i < once.n; i++)
		check(&once.items[i]);
	complaints_parse(arena, log, "/series/source", &twice);
	complaints_parse(arena, log, "/series/source", &twice);
	must(twice.n == once.n);
	complaints_new(arena, &once, &twice, &fresh);
	must(!fresh.n);
	complaints_new(arena, &none, &once, &all);
	must(all.n == once.n);
	arena_free(arena);
	return 0;
}
