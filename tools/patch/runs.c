/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A patch changes a few places of a long file, so what is the same is found by comparing from the
 * front, and after a place that differs by trying the next lines against each other until a few
 * bytes agree again. No table, no hash: it is not the shortest delta that counts here but a short
 * one in the time of a memcmp().
 */
#include "patch/runs.h"

#include <stdint.h>

#define WINDOW 48 /* lines to look ahead for the two to agree again */
#define AGREE 24  /* bytes that have to */

/* How many bytes are the same. */
static size_t same(const char *a, const char *b, size_t max)
{
	size_t n = 0;

	while (max - n >= 32 && !memcmp(a + n, b + n, 32))
		n += 32;
	while (n < max && a[n] == b[n])
		n++;
	return n;
}

/* The beginnings of up to WINDOW lines from `at` on; a tree's "lines" are as good as any. */
static size_t line_starts(struct slice text, size_t at, size_t starts[WINDOW])
{
	size_t n = 0;

	while (n < WINDOW) {
		starts[n++] = at;

		const char *nl = at < text.n ? memchr(text.p + at, '\n', text.n - at) : NULL;

		if (!nl)
			break;
		at = (size_t)(nl - text.p) + 1;
	}
	return n;
}

/* The nearest place behind where both agree again: moves `i` and `j` there. */
static bool agree_again(struct slice old, struct slice new, size_t *i, size_t *j)
{
	size_t a[WINDOW], b[WINDOW];
	size_t na = line_starts(old, *i, a), nb = line_starts(new, *j, b);

	for (size_t sum = 1; sum < na + nb; sum++) {
		for (size_t x = sum < na ? sum : na - 1; x + 1 > 0; x--) {
			size_t y = sum - x;

			if (y >= nb)
				break;
			if (old.n - a[x] >= AGREE && new.n - b[y] >= AGREE &&
			    !memcmp(old.p + a[x], new.p + b[y], AGREE)) {
				*i = a[x];
				*j = b[y];
				return true;
			}
			if (!x)
				break;
		}
	}
	return false;
}

static size_t same_end(struct slice old, struct slice new, size_t i, size_t j)
{
	size_t n = 0;

	while (n < old.n - i && n < new.n - j &&old.p[old.n - 1 - n] == new.p[new.n - 1 - n])
		n++;
	return n;
}

size_t runs_find(struct slice old, struct slice new, struct pack_run runs[RUNS_MAX])
{
	size_t i = 0, j = 0, n = 0;

	while (n < RUNS_MAX) {
		size_t max = old.n - i < new.n - j ? old.n - i : new.n - j;
		struct pack_run *run = &runs[n++];

		*run = (struct pack_run){ .copy_from = i };
		run->copy_bytes = same(old.p + i, new.p + j, max);
		i += run->copy_bytes;
		j += run->copy_bytes;
		if (j == new.n)
			return n;

		size_t from = j;

		if (n + 1 < RUNS_MAX && agree_again(old, new, &i, &j)) {
			run->insert = (struct slice){ new.p + from, j - from };
			continue;
		}

		/* Too far apart: what is left but for the end. */
		size_t end = same_end(old, new, i, j);

		run->insert = (struct slice){ new.p + j, new.n - j - end };
		if (end && n < RUNS_MAX)
			runs[n++] = (struct pack_run){ old.n - end, end, { NULL, 0 } };
		return n;
	}
	return 0;
}
