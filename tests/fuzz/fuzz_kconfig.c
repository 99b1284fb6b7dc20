/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A configuration is what it wants of itself, and reads the same when it is written out. */
#include "fuzz.h"

#include <ctype.h>

#include "kernel/kconfig.h"

static void check_name(void *data, struct slice name)
{
	(void)data;
	must(name.n);
	for (size_t i = 0; i < name.n; i++)
		must(isalnum((unsigned char)name.p[i]) || name.p[i] == '_');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new();
	struct slice rest = fuzz_text(arena, data, size);
	struct slice one = fuzz_part(arena, &rest), other = fuzz_part(arena, &rest);
	struct kconfig wanted = { 0 }, got = { 0 }, again = { 0 };
	struct kconfig_unmets unmets = { 0 };
	struct text out __free_text = TEXT_INIT;

	kconfig_parse(arena, one, &wanted);
	kconfig_parse(arena, other, &got);
	kconfig_declared(one, check_name, NULL);
	for (size_t i = 0; i < wanted.n; i++) {
		check_name(NULL, wanted.items[i].name);
		text_adds(&out, "CONFIG_");
		text_add_slice(&out, wanted.items[i].name);
		text_addc(&out, '=');
		text_add_slice(&out, wanted.items[i].value);
		text_addc(&out, '\n');
	}
	kconfig_parse(arena, text_slice(&out), &again);
	must(again.n == wanted.n);
	for (size_t i = 0; i < wanted.n; i++)
		must(slice_eq(kconfig_value(&again, wanted.items[i].name),
			      kconfig_value(&wanted, wanted.items[i].name)));
	kconfig_compare(arena, &wanted, &wanted, &unmets);
	must(!unmets.n);
	kconfig_compare(arena, &wanted, &got, &unmets);
	for (size_t i = 0; i < unmets.n; i++) {
		struct slice name = slice_of(unmets.items[i].name);

		must(!slice_eq(kconfig_value(&wanted, name), kconfig_value(&got, name)));
		must(slice_starts(kconfig_value(&wanted, name), unmets.items[i].wanted));
		must(slice_starts(kconfig_value(&got, name), unmets.items[i].got));
	}
	arena_free(arena);
	return 0;
}
