/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Scope cleanup: a resource is released where its scope ends, on every path.
 *
 * After the kernel's <linux/cleanup.h>. DEFINE_FREE(name, type, expr) declares how a variable
 * of that type is released (expr sees it as _v); __free(name) on a declaration asks for it.
 * A variable so marked is always initialised at its declaration. no_free(v) gives v to the
 * caller and leaves NULL behind. A function that uses __free does not use goto.
 */
#ifndef SERIES_BASE_CLEANUP_H
#define SERIES_BASE_CLEANUP_H

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define DEFINE_FREE(name, type, expr)                                                              \
	static inline void __free_##name(void *_p)                                                 \
	{                                                                                          \
		type _v = *(type *)_p;                                                             \
		expr;                                                                              \
	}
#define __free(name) __attribute__((cleanup(__free_##name), unused))

#define no_free(v)                                                                                 \
	__extension__({                                                                            \
		__typeof__(v) _kept = (v);                                                         \
		(v) = NULL;                                                                        \
		_kept;                                                                             \
	})

DEFINE_FREE(ptr, void *, free(_v))
DEFINE_FREE(fd, int, if (_v >= 0) close(_v))
DEFINE_FREE(file, FILE *, if (_v) fclose(_v))

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

#endif
