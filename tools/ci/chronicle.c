/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From sightings to what a reader asks: since when, how long, how steady.
 */
#define _GNU_SOURCE
#include "ci/chronicle_part.h"

#include "base/fail.h"
#include "ci/standing.h"
#include "kernel/matrix.h"

struct chronicle_line *chronicle_line(struct arena *arena, struct chronicle *chronicle,
				      const struct chronicle_line *like)
{
	struct chronicle_line *line;

	for (size_t i = 0; i < chronicle->n; i++) {
		line = &chronicle->items[i];
		if (!strcmp(line->series, like->series) && !strcmp(line->line, like->line) &&
		    !strcmp(line->cell, like->cell))
			return line;
	}
	line = arena_push(arena, chronicle);
	*line = (struct chronicle_line){ .series = like->series,
					 .line = like->line,
					 .cell = like->cell };
	return line;
}

static int by_line(const void *a, const void *b)
{
	const struct chronicle_line *x = a, *y = b;
	int r = strcmp(x->series, y->series);

	r = r ? r : line_cmp(x->line, y->line);
	return r ? r : strcmp(x->cell, y->cell);
}

static int by_time(const void *a, const void *b)
{
	const struct sighting *x = a, *y = b;

	if (x->at != y->at)
		return x->at < y->at ? -1 : 1;
	return (x->id > y->id) - (x->id < y->id);
}

static int by_size(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static bool same_words(const struct sighting *a, const struct sighting *b)
{
	return !strcmp(a->word, b->word) && !strcmp(a->why, b->why) && a->before == b->before;
}

/*
 * The sighting before, at or below `n`, that says the same: judged from the same boots, or, where nothing was booted, the last one
 * of the same port if it came out the same; NULL.
 */
static struct sighting *again(struct chronicle_line *line, size_t n, const struct sighting *s)
{
	while (n-- > 0) {
		struct sighting *old = &line->items[n];

		if (strcmp(old->target, s->target) != 0 || old->source != s->source)
			continue;
		if (s->source)
			return old;
		if (git_oid_equal(&old->patched, &s->patched))
			return same_words(old, s) ? old : NULL;
	}
	return NULL;
}

/* The same boots judged again say nothing new; what judges them last knows most (a failure that was taken for known, say). */
static void once_each(struct chronicle_line *line)
{
	size_t kept = 0;

	for (size_t i = 0; i < line->n; i++) {
		struct sighting s = line->items[i], *first = again(line, kept, &s);

		if (first) {
			s.at = first->at;
			s.round = s.round ? s.round : first->round;
			s.seconds = s.seconds < 0 ? first->seconds : s.seconds;
			*first = s;
		} else {
			line->items[kept++] = s;
		}
	}
	line->n = kept;
}

static void since(struct chronicle_line *line)
{
	for (size_t i = line->n; i-- > 0;) {
		const struct sighting *s = &line->items[i];

		if (s->unknown)
			continue;
		if (!line->now)
			line->now = s;
		if (s->red != line->now->red) {
			line->good = s->red ? NULL : s;
			return;
		}
		line->since = s;
	}
}

static void pace(struct arena *arena, struct chronicle_line *line)
{
	double *times = arena_alloc(arena, (line->n + 1) * sizeof(*times));
	size_t n = 0;

	line->median = line->least = line->most = -1;
	for (size_t i = 0; i < line->n; i++)
		if (line->items[i].seconds >= 0)
			times[n++] = line->items[i].seconds;
	line->times = n;
	if (!n)
		return;
	qsort(times, n, sizeof(*times), by_size);
	line->least = times[0];
	line->most = times[n - 1];
	line->median = n % 2 ? times[n / 2] : (times[n / 2 - 1] + times[n / 2]) / 2;
}

static bool word_names(const char *word, const struct chronicle_line *line, const char *target)
{
	return !strcmp(word, line->line) || matrix_names(word, target);
}

/* Only what the words name; `named` says of each whether it named anything. */
static void words_apply(const struct chronicle_ask *ask, struct chronicle_line *line, bool *named)
{
	size_t kept = 0;

	for (size_t i = 0; i < line->n; i++) {
		bool wanted = !ask->nwords;

		for (size_t w = 0; w < ask->nwords; w++)
			if (word_names(ask->words[w], line, line->items[i].target))
				wanted = named[w] = true;
		if (wanted)
			line->items[kept++] = line->items[i];
	}
	line->n = kept;
}

/* "6.12.y 6.1.y" */
static char *lines_list(struct arena *arena, const struct chronicle *chronicle)
{
	char *list = arena_strdup(arena, "");

	for (size_t i = 0; i < chronicle->n; i++)
		if (!i || strcmp(chronicle->items[i].line, chronicle->items[i - 1].line) != 0)
			list = arena_printf(arena, "%s%s%s", list, *list ? ", " : "",
					    chronicle->items[i].line);
	return list;
}

static int words_check(struct arena *arena, const struct chronicle_ask *ask,
		       struct chronicle *chronicle)
{
	bool *named = arena_alloc(arena, (ask->nwords + 1) * sizeof(*named));
	const char *all = lines_list(arena, chronicle);
	size_t kept = 0;

	for (size_t i = 0; i < chronicle->n; i++) {
		words_apply(ask, &chronicle->items[i], named);
		if (chronicle->items[i].n)
			chronicle->items[kept++] = chronicle->items[i];
	}
	chronicle->n = kept;
	for (size_t w = 0; w < ask->nwords; w++)
		if (!named[w])
			return fail_as(FAIL_USAGE, "nothing is known of %s on '%s'; it is on %s",
				       ask->name, ask->words[w], all);
	return 0;
}

int chronicle_read(struct arena *arena, struct results *results, const struct chronicle_ask *ask,
		   struct chronicle *chronicle)
{
	int found = chronicle_sightings(arena, results, ask, chronicle);

	if (found <= 0)
		return found;
	qsort(chronicle->items, chronicle->n, sizeof(*chronicle->items), by_line);
	if (words_check(arena, ask, chronicle))
		return -1;
	for (size_t i = 0; i < chronicle->n; i++) {
		struct chronicle_line *line = &chronicle->items[i];

		qsort(line->items, line->n, sizeof(*line->items), by_time);
		once_each(line);
		since(line);
		pace(arena, line);
	}
	return 1;
}
