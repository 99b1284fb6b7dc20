/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/kconfig.h"

#include <ctype.h>

#define PREFIX "CONFIG_"

static bool is_symbol(struct slice name)
{
	for (size_t i = 0; i < name.n; i++)
		if (!isalnum((unsigned char)name.p[i]) && name.p[i] != '_')
			return false;
	return name.n > 0;
}

/* CONFIG_X=VALUE, or "# CONFIG_X is not set". */
static bool parse_line(struct slice line, struct kconfig_symbol *symbol)
{
	static const char not_set[] = " is not set";
	const char *equals;

	line = slice_trim(line);
	if (slice_starts(line, "# " PREFIX) && slice_ends(line, not_set)) {
		line = slice_skip(line, strlen("# " PREFIX));
		if (line.n < strlen(not_set))
			return false;
		symbol->name = (struct slice){ line.p, line.n - strlen(not_set) };
		symbol->value = SLICE("n");
		return is_symbol(symbol->name);
	}
	if (!slice_starts(line, PREFIX))
		return false;
	line = slice_skip(line, strlen(PREFIX));
	equals = memchr(line.p, '=', line.n);
	if (!equals)
		return false;
	symbol->name = (struct slice){ line.p, (size_t)(equals - line.p) };
	symbol->value = slice_skip(line, symbol->name.n + 1);
	return is_symbol(symbol->name);
}

void kconfig_parse(struct arena *arena, struct slice text, struct kconfig *kconfig)
{
	struct kconfig_symbol symbol;
	struct slice line;

	while (slice_line(&text, &line))
		if (parse_line(line, &symbol))
			*arena_push(arena, kconfig) = symbol;
}

struct slice kconfig_value(const struct kconfig *kconfig, struct slice name)
{
	for (size_t i = kconfig->n; i-- > 0;)
		if (slice_eq(kconfig->items[i].name, name))
			return kconfig->items[i].value;
	return SLICE("n");
}

static int by_name(const void *a, const void *b)
{
	const struct kconfig_symbol *x = *(const struct kconfig_symbol *const *)a;
	const struct kconfig_symbol *y = *(const struct kconfig_symbol *const *)b;
	int order = slice_cmp(x->name, y->name);

	/* The last of a name stands last. */
	return order ? order : (x > y) - (x < y);
}

/* Pointers to all, by name. */
static const struct kconfig_symbol **sorted(struct arena *arena, const struct kconfig *kconfig)
{
	const struct kconfig_symbol **all = arena_alloc(arena, (kconfig->n + 1) * sizeof(*all));

	for (size_t i = 0; i < kconfig->n; i++)
		all[i] = &kconfig->items[i];
	if (kconfig->n)
		qsort(all, kconfig->n, sizeof(*all), by_name);
	return all;
}

void kconfig_compare(struct arena *arena, const struct kconfig *wanted, const struct kconfig *got,
		     struct kconfig_unmets *unmets)
{
	struct arena *scratch __free(arena) = arena_new();
	const struct kconfig_symbol **want = sorted(scratch, wanted), **have = sorted(scratch, got);

	for (size_t i = 0, k = 0; i < wanted->n; i++) {
		struct slice value = SLICE("n");

		if (i + 1 < wanted->n && slice_eq(want[i]->name, want[i + 1]->name))
			continue;
		while (k < got->n && slice_cmp(have[k]->name, want[i]->name) < 0)
			k++;
		for (; k < got->n && slice_eq(have[k]->name, want[i]->name); k++)
			value = have[k]->value;
		if (slice_eq(value, want[i]->value))
			continue;
		*arena_push(arena, unmets) = (struct kconfig_unmet){
			.name = slice_str(arena, want[i]->name),
			.wanted = slice_str(arena, want[i]->value),
			.got = slice_str(arena, value),
		};
	}
}

void kconfig_declared(struct slice text, void (*declares)(void *data, struct slice name),
		      void *data)
{
	struct slice line;

	while (slice_line(&text, &line)) {
		line = slice_trim(line);

		size_t key = slice_starts(line, "config")     ? strlen("config") :
			     slice_starts(line, "menuconfig") ? strlen("menuconfig") :
								0;
		struct slice name = slice_skip(line, key);

		if (!key || !name.n || !isspace((unsigned char)*name.p))
			continue;
		name = slice_trim(name);
		if (is_symbol(name))
			declares(data, name);
	}
}
