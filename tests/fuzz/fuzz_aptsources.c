/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any source list gives sites that can be written as stanzas and read again as the same. */
#include "fuzz.h"

#include "kernel/aptsources.h"

static void check(struct arena *arena, const struct aptsites *sites)
{
	for (size_t i = 0; i < sites->n; i++) {
		const struct aptsite *site = &sites->items[i];
		struct text out __free_text = TEXT_INIT;
		struct aptsites again = { 0 };

		must(*site->uri && *site->suite && !strpbrk(site->uri, " \t\n") &&
		     !strpbrk(site->suite, " \t\n"));
		aptsite_write(&out, site, "deb-src", "trixie");
		aptsources_parse_stanzas(arena, text_slice(&out), &again);
		must(again.n == 1 && !strcmp(again.items[0].uri, site->uri));
		must(!strcmp(again.items[0].suite, "trixie") &&
		     again.items[0].trusted == site->trusted);
		must(slice_eq_space(slice_of(again.items[0].signed_by), slice_of(site->signed_by)));
	}
	aptsites_for(sites, "trixie-security", "bookworm");
	aptsites_for(sites, "trixie", "bookworm");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new();
	struct slice text = fuzz_text(arena, data, size);
	struct aptsites stanzas = { 0 }, lines = { 0 };

	/* The files are text: what has a NUL is none. */
	if (!memchr(data, '\0', size)) {
		aptsources_parse_stanzas(arena, text, &stanzas);
		aptsources_parse_list(arena, text, &lines);
		check(arena, &stanzas);
		check(arena, &lines);
	}
	arena_free(arena);
	return 0;
}
