/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/arena.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK_SIZE ((size_t)64 * 1024)
#define ALIGN (sizeof(max_align_t))

struct block {
	struct block *next;
	size_t used, size;
	max_align_t bytes[];
};

struct owned {
	struct owned *next;
	void *p;
	void (*release)(void *p);
};

struct arena {
	struct block *blocks;
	struct owned *owned;
};

static void *must(void *p)
{
	if (!p) {
		fputs("series: out of memory\n", stderr);
		abort();
	}
	return p;
}

struct arena *arena_new(void)
{
	return must(calloc(1, sizeof(struct arena)));
}

void arena_free(struct arena *arena)
{
	if (!arena)
		return;
	for (struct owned *o = arena->owned; o; o = o->next)
		o->release(o->p);
	for (struct block *b = arena->blocks, *next; b; b = next) {
		next = b->next;
		free(b);
	}
	free(arena);
}

static void *take(struct arena *arena, size_t size, bool zeroed)
{
	struct block *b = arena->blocks;

	if (size > SIZE_MAX - 2 * BLOCK_SIZE)
		must(NULL);
	size = (size + ALIGN - 1) / ALIGN * ALIGN;
	if (!b || b->size - b->used < size) {
		/* A large piece gets a block of its own behind the one in use. */
		bool own = b && size > BLOCK_SIZE / 4;
		size_t want = size > BLOCK_SIZE / 4 ? size : BLOCK_SIZE;
		/* Only a block of its own may hold what nobody has cleared: others are shared. */
		struct block *new = must(own && !zeroed ? malloc(sizeof(*new) + want) :
							  calloc(1, sizeof(*new) + want));

		*new = (struct block){ .size = want };
		if (own) {
			new->next = b->next;
			b->next = new;
		} else {
			new->next = b;
			arena->blocks = new;
		}
		b = new;
	}

	void *p = (char *)b->bytes + b->used;

	b->used += size;
	return p;
}

void *arena_alloc(struct arena *arena, size_t size)
{
	return take(arena, size, true);
}

void *arena_bytes(struct arena *arena, size_t size)
{
	return take(arena, size, false);
}

char *arena_copy(struct arena *arena, const void *p, size_t n)
{
	char *copy = arena_bytes(arena, n + 1);

	if (n)
		memcpy(copy, p, n);
	copy[n] = '\0';
	return copy;
}

char *arena_strdup(struct arena *arena, const char *s)
{
	return s ? arena_copy(arena, s, strlen(s)) : NULL;
}

char *arena_vprintf(struct arena *arena, const char *fmt, va_list ap)
{
	va_list again;

	va_copy(again, ap);

	int n = vsnprintf(NULL, 0, fmt, again);

	va_end(again);

	char *s = arena_alloc(arena, (size_t)n + 1);

	vsnprintf(s, (size_t)n + 1, fmt, ap);
	return s;
}

char *arena_printf(struct arena *arena, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);

	char *s = arena_vprintf(arena, fmt, ap);

	va_end(ap);
	return s;
}

void arena_own(struct arena *arena, void *p, void (*release)(void *p))
{
	struct owned *o = arena_new_of(arena, struct owned);

	o->p = p;
	o->release = release;
	o->next = arena->owned;
	arena->owned = o;
}

void arena_grow(struct arena *arena, void **items, size_t *cap, size_t need, size_t size)
{
	if (need <= *cap)
		return;

	size_t more = *cap ? *cap * 2 : 8;

	if (more < need)
		more = need;
	if (more > SIZE_MAX / 2 / size)
		must(NULL);

	void *new = arena_alloc(arena, more * size);

	if (*cap)
		memcpy(new, *items, *cap * size);
	*items = new;
	*cap = more;
}
