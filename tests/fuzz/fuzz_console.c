/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any bytes are read, in any pieces with the same result; titles are one line, texts are bounded, and a time stamp
 * in front of a line changes nothing of what it says.
 */
#include "fuzz.h"

#include "kernel/console.h"

static bool same_str(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

static void same(const struct console_report *a, const struct console_report *b)
{
	must(a->kernel == b->kernel && a->init == b->init && a->ended == b->ended);
	must(a->panicked == b->panicked && a->lines == b->lines && a->n == b->n);
	must(same_str(a->release, b->release) && same_str(a->panic, b->panic));
	must(same_str(a->test, b->test));
	for (size_t i = 0; i < a->n; i++) {
		must(a->items[i].kind == b->items[i].kind && a->items[i].line == b->items[i].line);
		must(same_str(a->items[i].title, b->items[i].title));
		must(same_str(a->items[i].raw, b->items[i].raw));
		must(same_str(a->items[i].test, b->items[i].test));
		must(same_str(a->items[i].text, b->items[i].text));
	}
}

static void check(const struct console_report *report)
{
	must(!report->panicked == !report->panic);
	for (size_t i = 0; i < report->n; i++) {
		const struct splat *splat = &report->items[i];

		must(splat->title && !strpbrk(splat->title, "\n\r\033\t"));
		must(splat->raw && splat->text && strlen(splat->text) <= 65536);
		must(splat->line && splat->line <= report->lines);
		must(!i || report->items[i - 1].line < splat->line);
		must(*splat_word(splat->kind));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new();
	struct slice text = fuzz_text(arena, data, size), rest = text, line;
	struct console *whole = console_new(arena), *pieces = console_new(arena);
	size_t step = size ? data[0] % 40 + 1 : 1;

	console_feed(whole, text);
	while (rest.n) {
		size_t n = rest.n < step ? rest.n : step;

		console_feed(pieces, (struct slice){ rest.p, n });
		check(console_report(pieces));
		rest = slice_skip(rest, n);
	}
	same(console_report(whole), console_report(pieces));
	same(console_report(whole), console_report(whole));

	rest = text;
	slice_line(&rest, &line);

	char *bare = console_normalise(arena, line);
	char *stamped = arena_printf(arena, "[    1.234567] %s", slice_str(arena, line));

	/* Another stamp further on would be the one that counts. */
	if (!memchr(line.p, '[', line.n) && !memchr(line.p, '\0', line.n))
		must(same_str(console_normalise(arena, slice_of(stamped)), bare));
	must(!strpbrk(bare, "\n\r\033\t"));
	arena_free(arena);
	return 0;
}
