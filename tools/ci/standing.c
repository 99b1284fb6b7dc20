/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ci/standing.h"

#include "ci/rule.h"
#include "patch/version.h"

/* "6.1.y-rc": its branch, and how far behind the release it stands. */
static bool line_parse(const char *line, struct version *branch, int *rest)
{
	struct slice s = slice_of(line);
	ptrdiff_t end = slice_find(s, SLICE(".y"));

	if (end < 0 || !version_parse((struct slice){ s.p, (size_t)end }, branch))
		return false;
	*rest = !strcmp(line + end, ".y") ? 0 : !strcmp(line + end, ".y-rc") ? 1 : 2;
	return true;
}

int line_cmp(const char *a, const char *b)
{
	struct version va = { 0 }, vb = { 0 };
	int ra = 0, rb = 0, r;

	if (!line_parse(a, &va, &ra) || !line_parse(b, &vb, &rb))
		return strcmp(a, b);
	r = version_cmp(&vb, &va);
	return r ? r : ra - rb;
}

static int by_line(const void *a, const void *b)
{
	const struct standing *x = a, *y = b;
	int r = strcmp(x->series, y->series);

	return r ? r : line_cmp(x->line, y->line);
}

static struct standing *standing_of(struct arena *arena, struct standings *standings,
				    const struct ruling *ruling)
{
	struct standing *standing;

	for (size_t i = 0; i < standings->n; i++)
		if (!strcmp(standings->items[i].series, ruling->series) &&
		    !strcmp(standings->items[i].line, ruling->line))
			return &standings->items[i];
	standing = arena_push(arena, standings);
	*standing = (struct standing){ .series = ruling->series,
				       .line = ruling->line,
				       .target = ruling->target,
				       .marks = "" };
	return standing;
}

/* Is it newer as to which kernel the line has? A port says that surely; without one the last ruling does. */
static bool tells_more(const struct ruling *a, const struct ruling *b)
{
	bool pa = a->kind == PROOF_APPLY, pb = b->kind == PROOF_APPLY;

	return pa != pb ? pa : a->id > b->id;
}

/* What was found out of an older kernel says nothing of the line's newest. */
static void standing_target(struct standing *standing)
{
	const struct ruling *newest = standing->items[0];

	for (size_t i = 1; i < standing->n; i++)
		if (tells_more(standing->items[i], newest))
			newest = standing->items[i];
	standing->target = newest->target;
	standing->marks = newest->marks ? newest->marks : "";
}

static int weight(const struct ruling *ruling)
{
	return ruling->red ? 2 : ruling->unknown ? 1 : 0;
}

static void standing_judge(struct arena *arena, struct standing *standing)
{
	struct text waived __free_text = TEXT_INIT;
	bool fixed = false;

	for (size_t i = 0; i < standing->n; i++) {
		const struct ruling *ruling = standing->items[i];

		if (strcmp(ruling->target, standing->target) != 0)
			continue;
		if (!standing->worst || weight(ruling) > weight(standing->worst))
			standing->worst = ruling;
		standing->red |= ruling->red;
		standing->unknown |= ruling->unknown;
		fixed |= !strcmp(ruling->word, "fixed");
		text_adds(&waived, ruling->waived ? ruling->waived : "");
		if (waived.len && text_str(&waived)[waived.len - 1] != '\n')
			text_addc(&waived, '\n');
	}
	standing->waived = slice_str(arena, text_slice(&waived));
	standing->unknown &= !standing->red;
	standing->why = standing->worst->why;
	standing->none = !strcmp(standing->worst->word, RULE_NONE);
	standing->word = weight(standing->worst) || standing->none ? standing->worst->word :
			 fixed					   ? "ok, fixed" :
								     "ok";
}

void standings_make(struct arena *arena, const struct rulings *rulings, struct standings *standings)
{
	*standings = (struct standings){ 0 };
	for (size_t i = 0; i < rulings->n; i++) {
		struct standing *standing = standing_of(arena, standings, &rulings->items[i]);

		*arena_push(arena, standing) = &rulings->items[i];
	}
	for (size_t i = 0; i < standings->n; i++) {
		standing_target(&standings->items[i]);
		standing_judge(arena, &standings->items[i]);
	}
	if (standings->n)
		qsort(standings->items, standings->n, sizeof(*standings->items), by_line);
}
