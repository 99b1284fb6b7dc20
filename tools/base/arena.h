/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Arena: the owner of memory that is freed all at once.
 *
 * Passed first to every function whose result outlives it. Memory is zeroed (but for arena_bytes())
 * and aligned for any type; running out of memory ends the program (there is nothing useful left to
 * do), so no call here fails.
 */
#ifndef SERIES_BASE_ARENA_H
#define SERIES_BASE_ARENA_H

#include <stdarg.h>
#include <stddef.h>

#include "base/cleanup.h"

struct arena; /* opaque */

struct arena *arena_new(void);
void arena_free(struct arena *arena); /* NULL is fine */
DEFINE_FREE(arena, struct arena *, arena_free(_v))

void *arena_alloc(struct arena *arena, size_t size);
/* The same for what the caller writes all of: a large piece is not zeroed first. */
void *arena_bytes(struct arena *arena, size_t size);
/* `n` bytes of `p` copied, with a NUL behind them. */
char *arena_copy(struct arena *arena, const void *p, size_t n);
char *arena_strdup(struct arena *arena, const char *s);
char *arena_printf(struct arena *arena, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
char *arena_vprintf(struct arena *arena, const char *fmt, va_list ap);
/* Free `p` with the arena, by calling `release(p)`; last added, first called. */
void arena_own(struct arena *arena, void *p, void (*release)(void *p));

#define arena_new_of(arena, type) ((type *)arena_alloc((arena), sizeof(type)))

/*
 * Growing array: `items`, `n` and `cap` are members of any struct. arena_push() gives the address
 * of a new zeroed last item; earlier addresses into the array are stale after it.
 */
#define arena_push(arena, v)                                                                       \
	(arena_grow((arena), (void **)&(v)->items, &(v)->cap, (v)->n + 1, sizeof(*(v)->items)),    \
	 &(v)->items[(v)->n++])
void arena_grow(struct arena *arena, void **items, size_t *cap, size_t need, size_t size);

#endif
