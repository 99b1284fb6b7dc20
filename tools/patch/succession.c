/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Patches of the series that came from elsewhere stay where they are. Where the new ones come in the order of those that they
 * replace, each takes its place, and one that is new goes in front of the one that follows it; otherwise all of them go where
 * the first was.
 */
#include "patch/succession.h"

#include "patch/names.h"

/* The changed lines of a diff, each as many times as it stands there. */
struct changed {
	unsigned int *items; /* numbers of lines, sorted */
	size_t n, cap;
};

static int by_number(const void *a, const void *b)
{
	unsigned int x = *(const unsigned int *)a, y = *(const unsigned int *)b;

	return x < y ? -1 : x > y;
}

static void changed_lines(struct arena *arena, struct names *names, const struct diff *diff,
			  struct changed *changed)
{
	*changed = (struct changed){ 0 };
	for (size_t f = 0; f < diff->n; f++)
		for (size_t h = 0; h < diff->items[f].n; h++)
			for (size_t l = 0; l < diff->items[f].items[h].n; l++) {
				const struct diff_line *line = &diff->items[f].items[h].items[l];

				if (line->kind == ' ' || slice_blank(line->text))
					continue;
				*arena_push(arena, changed) = names_number(
					names,
					slice_of(arena_printf(arena, "%c" SLICE_FMT, line->kind,
							      SLICE_ARG(slice_trim(line->text)))));
			}
	if (changed->n)
		qsort(changed->items, changed->n, sizeof(*changed->items), by_number);
}

/* How much of the larger one both have, in 1/1000. */
static unsigned int likeness(const struct changed *a, const struct changed *b)
{
	size_t i = 0, k = 0, both = 0, most = a->n > b->n ? a->n : b->n;

	while (i < a->n && k < b->n) {
		if (a->items[i] == b->items[k])
			both++, i++, k++;
		else if (a->items[i] < b->items[k])
			i++;
		else
			k++;
	}
	return most ? (unsigned int)(both * 1000 / most) : 0;
}

bool succession_same_change(const struct diff *a, const struct diff *b)
{
	struct text x __free_text = TEXT_INIT, y __free_text = TEXT_INIT;
	const struct diff *diffs[] = { a, b };
	struct text *texts[] = { &x, &y };

	for (size_t d = 0; d < ARRAY_SIZE(diffs); d++)
		for (size_t f = 0; f < diffs[d]->n; f++) {
			const struct filediff *file = &diffs[d]->items[f];

			text_addf(texts[d], "%s %s %d %o\n", file->old_path ? file->old_path : "-",
				  file->new_path ? file->new_path : "-", file->change,
				  file->change == CHANGE_MODIFY ? 0 : file->new_mode);
			for (size_t h = 0; h < file->n; h++)
				for (size_t l = 0; l < file->items[h].n; l++) {
					const struct diff_line *line = &file->items[h].items[l];

					if (line->kind == ' ')
						continue;
					text_addc(texts[d], line->kind);
					text_add_slice(texts[d], line->text);
					text_addc(texts[d], '\n');
				}
		}
	return slice_eq(text_slice(&x), text_slice(&y));
}

/* Old patches and new mails, being paired. */
struct pairing {
	const struct series *series;
	const bool *replaced;
	const struct mail *mails;
	size_t n;
	size_t *old_of; /* of each mail; SUCCESSION_NONE */
	size_t *now_of; /* of each old patch; SUCCESSION_NONE */
};

static bool is_free(const struct pairing *p, size_t old, size_t now)
{
	return p->replaced[old] && p->now_of[old] == SUCCESSION_NONE &&
	       p->old_of[now] == SUCCESSION_NONE;
}

static void pair(struct pairing *p, size_t old, size_t now)
{
	p->now_of[old] = now;
	p->old_of[now] = old;
}

/* Those with the same diff, or the same title. */
static void pair_same(struct pairing *p, bool by_title)
{
	for (size_t now = 0; now < p->n; now++)
		for (size_t old = 0; old < p->series->n; old++) {
			const struct mail *was = &p->series->items[old].mail, *is = &p->mails[now];

			if (is_free(p, old, now) &&
			    (by_title ?
				     slice_eq_space(slice_of(was->subject), slice_of(is->subject)) :
				     succession_same_change(&was->diff, &is->diff)))
				pair(p, old, now);
		}
}

/* The likest pair first, as long as half of their lines are the same. */
static void pair_like(struct arena *arena, struct pairing *p)
{
	struct names *names = names_new(arena);
	struct changed *was = arena_alloc(arena, (p->series->n + 1) * sizeof(*was));
	struct changed *is = arena_alloc(arena, (p->n + 1) * sizeof(*is));

	for (size_t old = 0; old < p->series->n; old++)
		if (p->replaced[old] && p->now_of[old] == SUCCESSION_NONE)
			changed_lines(arena, names, &p->series->items[old].mail.diff, &was[old]);
	for (size_t now = 0; now < p->n; now++)
		if (p->old_of[now] == SUCCESSION_NONE)
			changed_lines(arena, names, &p->mails[now].diff, &is[now]);
	for (;;) {
		unsigned int best = 499;
		size_t best_old = 0, best_now = 0;

		for (size_t old = 0; old < p->series->n; old++)
			for (size_t now = 0; now < p->n; now++) {
				unsigned int like =
					is_free(p, old, now) ? likeness(&was[old], &is[now]) : 0;

				if (like <= best)
					continue;
				best = like;
				best_old = old;
				best_now = now;
			}
		if (best == 499)
			return;
		pair(p, best_old, best_now);
	}
}

static void put(struct arena *arena, struct succession *succession, size_t old, size_t now)
{
	*arena_push(arena, succession) = (struct successor){ old, now };
}

static bool in_order(const struct pairing *p)
{
	size_t last = 0;
	bool any = false;

	for (size_t now = 0; now < p->n; now++) {
		if (p->old_of[now] == SUCCESSION_NONE)
			continue;
		if (any && p->old_of[now] < last)
			return false;
		last = p->old_of[now];
		any = true;
	}
	return any;
}

/* Mails [from, to) at the end of what there is. */
static void put_mails(struct arena *arena, struct succession *succession, const struct pairing *p,
		      size_t from, size_t to)
{
	for (size_t now = from; now < to; now++)
		put(arena, succession, p->old_of[now], now);
}

static void order(struct arena *arena, const struct pairing *p, struct succession *succession)
{
	bool each = in_order(p);
	size_t next = 0, last_paired = 0;
	bool begun = false;

	for (size_t now = 0; now < p->n; now++)
		if (p->old_of[now] != SUCCESSION_NONE)
			last_paired = p->old_of[now];
	for (size_t old = 0; old < p->series->n; old++) {
		if (!p->replaced[old]) {
			put(arena, succession, old, SUCCESSION_NONE);
			continue;
		}
		if (p->now_of[old] == SUCCESSION_NONE)
			succession->dropped[succession->ndropped++] = old;
		if (!each && !begun) {
			put_mails(arena, succession, p, 0, p->n);
			next = p->n;
		} else if (each && p->now_of[old] != SUCCESSION_NONE) {
			put_mails(arena, succession, p, next, p->now_of[old] + 1);
			next = p->now_of[old] + 1;
			if (old == last_paired) {
				put_mails(arena, succession, p, next, p->n);
				next = p->n;
			}
		}
		begun = true;
	}
	put_mails(arena, succession, p, next, p->n);
}

void succession_find(struct arena *arena, const struct series *series, const bool *replaced,
		     const struct mail *mails, size_t n, struct succession *succession)
{
	struct pairing p = {
		.series = series,
		.replaced = replaced,
		.mails = mails,
		.n = n,
		.old_of = arena_alloc(arena, (n + 1) * sizeof(size_t)),
		.now_of = arena_alloc(arena, (series->n + 1) * sizeof(size_t)),
	};

	*succession = (struct succession){
		.dropped = arena_alloc(arena, (series->n + 1) * sizeof(size_t)),
	};
	for (size_t i = 0; i < n; i++)
		p.old_of[i] = SUCCESSION_NONE;
	for (size_t i = 0; i < series->n; i++)
		p.now_of[i] = SUCCESSION_NONE;
	pair_same(&p, true);
	pair_same(&p, false);
	pair_like(arena, &p);
	order(arena, &p, succession);
}
