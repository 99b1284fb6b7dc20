/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ci/course.h"

#include "base/text.h"
#include "kernel/results_part.h"

/* Texts that come again and again, each kept once. */
struct words {
	struct arena *arena;
	const char **items;
	size_t n, cap; /* cap is a power of two, or 0 */
};

static void words_grow(struct words *words)
{
	struct words old = *words;

	words->cap = old.cap ? 2 * old.cap : 1024;
	words->items = arena_alloc(words->arena, words->cap * sizeof(*words->items));
	for (size_t i = 0; i < old.cap; i++)
		if (old.items[i]) {
			size_t at = slice_hash(slice_of(old.items[i])) & (words->cap - 1);

			while (words->items[at])
				at = (at + 1) & (words->cap - 1);
			words->items[at] = old.items[i];
		}
}

static const char *word_of(struct words *words, sqlite3_stmt *row, int column)
{
	const char *text = (const char *)sqlite3_column_text(row, column);
	size_t at;

	if (!text || !*text)
		return "";
	if (2 * words->n >= words->cap)
		words_grow(words);
	at = slice_hash(slice_of(text)) & (words->cap - 1);
	for (; words->items[at]; at = (at + 1) & (words->cap - 1))
		if (!strcmp(words->items[at], text))
			return words->items[at];
	words->n++;
	words->items[at] = arena_strdup(words->arena, text);
	return words->items[at];
}

/* One pass; courses that the round at hand has ruled anything of are marked. */
struct pass {
	struct arena *arena;
	struct words words;
	struct courses *courses;
	bool *touched;
	size_t cap_touched;
	size_t last; /* rulings of one line mostly stand together */
	int64_t round;
};

/* Texts are kept once, so that they are the same where their addresses are. */
static size_t course_at(struct pass *pass, const char *series, const char *line)
{
	struct courses *courses = pass->courses;
	size_t i = pass->last;

	if (i < courses->n && courses->items[i].series == series && courses->items[i].line == line)
		return i;
	for (i = 0; i < courses->n; i++)
		if (courses->items[i].series == series && courses->items[i].line == line)
			return i;
	*arena_push(pass->arena, courses) = (struct course){ .series = series, .line = line };
	arena_grow(pass->arena, (void **)&pass->touched, &pass->cap_touched, courses->n,
		   sizeof(*pass->touched));
	return i;
}

static enum proof_kind kind_of(const char *word)
{
	enum proof_kind kind = PROOF_APPLY;

	while (kind < PROOF_TEST && strcmp(word, proof_kind_word(kind)) != 0)
		kind++;
	return kind;
}

static void take(struct pass *pass, const struct ruling *ruling)
{
	size_t at = course_at(pass, ruling->series, ruling->line), i = 0;
	struct course *course = &pass->courses->items[at];

	while (i < course->now.n && (course->now.items[i].kind != ruling->kind ||
				     course->now.items[i].cell != ruling->cell))
		i++;
	if (i == course->now.n)
		arena_push(pass->arena, &course->now);
	course->now.items[i] = *ruling;
	pass->touched[at] = true;
	pass->last = at;
}

static bool same(const struct course_step *a, const struct course_step *b)
{
	return a->red == b->red && a->unknown == b->unknown && !strcmp(a->word, b->word);
}

static void step(struct pass *pass, struct arena *scratch, struct course *course,
		 struct course_round *sum)
{
	struct standings standings;
	const struct standing *standing;
	struct course_step *now;
	int64_t at = 0;

	standings_make(scratch, &course->now, &standings);
	standing = &standings.items[0];
	for (size_t i = 0; i < course->now.n; i++)
		if (course->now.items[i].round == pass->round && course->now.items[i].at > at)
			at = course->now.items[i].at;
	now = arena_push(pass->arena, course);
	*now = (struct course_step){
		.round = pass->round,
		.at = at,
		.target = standing->target,
		.word = standing->word,
		.why = standing->why,
		.marks = standing->marks,
		.red = standing->red,
		.unknown = standing->unknown,
	};
	now->changed = course->n == 1 || !same(now, now - 1);
	sum->lines++;
	sum->red += now->red;
	sum->unknown += now->unknown;
	sum->changed += now->changed;
}

static void round_end(struct pass *pass, size_t rulings)
{
	struct arena *scratch __free(arena) = arena_new();
	struct course_round sum = { .round = pass->round, .rulings = rulings };
	struct courses *courses = pass->courses;

	if (!rulings)
		return;
	for (size_t i = 0; i < courses->n; i++)
		if (pass->touched[i]) {
			step(pass, scratch, &courses->items[i], &sum);
			pass->touched[i] = false;
		}
	arena_grow(pass->arena, (void **)&courses->rounds, &courses->cap_rounds,
		   courses->nrounds + 1, sizeof(*courses->rounds));
	courses->rounds[courses->nrounds++] = sum;
}

static void finish(struct course *course)
{
	course->last = &course->items[course->n - 1];
	course->since = course->last;
	while (!course->since->changed)
		course->since--;
	for (size_t i = course->n; i-- > 0 && !course->known;)
		if (!course->items[i].unknown)
			course->known = &course->items[i];
}

/* As standings are ordered. */
static void order(struct pass *pass)
{
	struct arena *scratch __free(arena) = arena_new();
	struct courses *courses = pass->courses;
	struct rulings all = { 0 };
	struct standings standings;
	struct course *ordered =
		arena_alloc(pass->arena, (courses->n + 1) * sizeof(*courses->items));

	for (size_t i = 0; i < courses->n; i++)
		*arena_push(scratch, &all) = courses->items[i].now.items[0];
	standings_make(scratch, &all, &standings);
	for (size_t i = 0; i < standings.n; i++)
		ordered[i] = courses->items[course_at(pass, standings.items[i].series,
						      standings.items[i].line)];
	courses->items = ordered;
}

int courses_read(struct results *journal, struct arena *arena, struct courses *courses)
{
	__free(statement) sqlite3_stmt *row = results_ask(
		journal,
		"SELECT r.round, r.kind, r.series, r.line, r.target, r.cell, r.word, r.why, r.marks,"
		" r.red, r.unknown, r.at, r.id, CASE WHEN r.red OR r.unknown THEN r.bad ELSE '' END, r.waived FROM rulings r JOIN rounds o ON o.id=r.round"
		" WHERE o.ended>0 ORDER BY r.id",
		"");
	struct pass pass = { .arena = arena, .words = { .arena = arena }, .courses = courses };
	size_t rulings = 0;
	int more = row ? 0 : -1;

	*courses = (struct courses){ 0 };
	while (row && (more = results_row(journal, row)) == 1) {
		int64_t round = sqlite3_column_int64(row, 0);
		const struct ruling ruling = {
			.id = sqlite3_column_int64(row, 12),
			.round = round,
			.at = sqlite3_column_int64(row, 11),
			.kind = kind_of((const char *)sqlite3_column_text(row, 1)),
			.series = word_of(&pass.words, row, 2),
			.line = word_of(&pass.words, row, 3),
			.target = word_of(&pass.words, row, 4),
			.cell = word_of(&pass.words, row, 5),
			.word = word_of(&pass.words, row, 6),
			.why = word_of(&pass.words, row, 7),
			.marks = word_of(&pass.words, row, 8),
			.red = sqlite3_column_int(row, 9),
			.unknown = sqlite3_column_int(row, 10),
			.bad = word_of(&pass.words, row, 13),
			.waived = word_of(&pass.words, row, 14),
		};

		if (round != pass.round) {
			round_end(&pass, rulings);
			pass.round = round;
			rulings = 0;
		}
		take(&pass, &ruling);
		rulings++;
	}
	if (more)
		return -1;
	round_end(&pass, rulings);
	order(&pass);
	for (size_t i = 0; i < courses->n; i++)
		finish(&courses->items[i]);
	return 0;
}

const struct course_round *courses_round(const struct courses *courses, int64_t round)
{
	size_t from = 0, to = courses->nrounds;

	while (from < to) {
		size_t mid = from + (to - from) / 2;

		if (courses->rounds[mid].round == round)
			return &courses->rounds[mid];
		if (courses->rounds[mid].round < round)
			from = mid + 1;
		else
			to = mid;
	}
	return NULL;
}
