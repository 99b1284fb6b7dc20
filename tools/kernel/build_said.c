/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A build that compiles few files says little, and yet all that its objects have to say has to be known: what one
 * build of a kernel did not compile again is no warning that went away, and what the next one does compile no
 * warning that came. So what was said is kept by what it was said of.
 */
#include "kernel/build_part.h"

#include <ctype.h>

/* "  CC      arch/x86/kvm/x86.o" */
static bool is_announcement(struct slice line)
{
	return slice_starts(line, "  ") && line.n > 4 && isupper((unsigned char)line.p[2]) &&
	       isupper((unsigned char)line.p[3]);
}

/* make's own lines belong to no object; which folder it is in is not worth a word. */
static bool is_of_make(struct slice line)
{
	return slice_starts(line, "make[") || slice_starts(line, "make: ");
}

static bool is_noise(struct slice line)
{
	return is_of_make(line) && (slice_find(line, SLICE(": Entering directory ")) > 0 ||
				    slice_find(line, SLICE(": Leaving directory ")) > 0);
}

/* Every block of a log, also those with only their first line; the run's own first. */
static void parse_all(struct arena *arena, struct slice log, struct said *said)
{
	struct text own __free_text = TEXT_INIT;
	struct said_block *block = NULL;
	struct slice line;

	*said = (struct said){ 0 };
	arena_push(arena, said)->key = SLICE("");
	while (slice_line(&log, &line)) {
		if (is_noise(line))
			continue;
		if (is_announcement(line)) {
			block = arena_push(arena, said);
			block->key = slice_trim(line);
			block->text = line;
			said->announced++;
		} else if (is_of_make(line) || !block) {
			text_add_slice(&own, line);
			text_addc(&own, '\n');
			block = NULL; /* a line of make's ends what was said before it */
		} else {
			block->text.n = (size_t)(line.p + line.n - block->text.p);
		}
	}
	said->items[0].text = slice_copy(arena, text_slice(&own));
}

static bool says_something(const struct said_block *block)
{
	return block->key.n ? memchr(block->text.p, '\n', block->text.n) != NULL :
			      block->text.n > 0;
}

void said_parse(struct arena *arena, struct slice log, struct said *said)
{
	struct said all;

	parse_all(arena, log, &all);
	*said = (struct said){ .announced = all.announced };
	for (size_t i = 0; i < all.n; i++)
		if (says_something(&all.items[i]))
			*arena_push(arena, said) = all.items[i];
}

static int by_key(const void *a, const void *b)
{
	const struct said_block *x = a, *y = b;

	return slice_cmp(x->key, y->key);
}

void said_renew(struct arena *arena, const struct said *before, struct slice log,
		struct said *after)
{
	struct arena *scratch __free(arena) = arena_new();
	struct said all, sorted = { 0 };

	parse_all(arena, log, &all);
	*after = (struct said){ .announced = all.announced };
	for (size_t i = 0; i < all.n; i++)
		*arena_push(scratch, &sorted) = all.items[i];
	qsort(sorted.items, sorted.n, sizeof(*sorted.items), by_key);
	for (size_t i = 0; i < before->n; i++)
		if (!bsearch(&before->items[i], sorted.items, sorted.n, sizeof(*sorted.items),
			     by_key))
			*arena_push(arena, after) = before->items[i];
	for (size_t i = 0; i < all.n; i++)
		if (says_something(&all.items[i]))
			*arena_push(arena, after) = all.items[i];
}

void said_write(struct text *out, const struct said *said)
{
	/* What belongs to no object first: it must not be taken for the end of a block. */
	for (int own = 1; own >= 0; own--) {
		for (size_t i = 0; i < said->n; i++) {
			const struct said_block *block = &said->items[i];

			if ((block->key.n == 0) != (own == 1))
				continue;
			text_add_slice(out, block->text);
			if (block->text.n && block->text.p[block->text.n - 1] != '\n')
				text_addc(out, '\n');
		}
	}
}
