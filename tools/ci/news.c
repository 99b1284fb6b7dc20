/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Each ruling of the round against the last one before it that was known, of the same series, line, kind and cell. Another kernel with
 * the same verdict is no news, nor are times or notes; each turn of what flaps is, as it happens.
 *
 * What could not be found out is neither: it becomes news when it was so for as many rounds in a row as a task is tried, whatever the
 * kernels were (a queue changes each hour, and a machine that is gone stays gone), and its end is news only then, too.
 *
 * A candidate or a queue that breaks what its release does not is an alarm: it will be the next release.
 */
#include "ci/news.h"

#include "base/shown.h"
#include "ci/rule.h"

#define TEXT_MOST 3u /* of a set, in a sentence */

/* Everything that one comparison needs. */
struct comparison {
	struct arena *arena;
	struct results *journal;
	const struct settings *settings;
	const struct round *round;
	struct rulings now, known, any; /* known, any: the newest before the round */
	struct rulings after;		/* known, the round included */
	unsigned int tries;
	bool many_series;
};

static bool is_none(const struct ruling *ruling)
{
	return !strcmp(ruling->word, RULE_NONE);
}

static bool same_proof(const struct ruling *a, const struct ruling *b)
{
	return a->kind == b->kind && !strcmp(a->series, b->series) && !strcmp(a->line, b->line) &&
	       !strcmp(a->cell, b->cell);
}

static const struct ruling *find_like(const struct rulings *rulings, const struct ruling *like)
{
	for (size_t i = rulings->n; i-- > 0;)
		if (same_proof(&rulings->items[i], like))
			return &rulings->items[i];
	return NULL;
}

/* ---- sets of what is not green ---- */

static bool set_has(const char *set, struct slice what)
{
	struct slice rest = slice_of(set ? set : ""), line;

	while (slice_line(&rest, &line))
		if (slice_eq(slice_trim(line), what))
			return true;
	return false;
}

/* What is in `a` and not in `b`. */
static const char **set_minus(struct arena *arena, const char *a, const char *b, size_t *n)
{
	struct {
		const char **items;
		size_t n, cap;
	} left = { 0 };
	struct slice rest = slice_of(a ? a : ""), line;

	while (slice_line(&rest, &line)) {
		line = slice_trim(line);
		if (line.n && !set_has(b, line))
			*arena_push(arena, &left) = slice_str(arena, line);
	}
	*n = left.n;
	return left.items;
}

/* ---- unknown ---- */

/* How many rulings of this proof in a row were unknown just before the round. */
static int misses_before(struct comparison *c, const struct ruling *like, unsigned int *n)
{
	const struct ruling *newest = find_like(&c->any, like);
	struct rulings history = { 0 };

	*n = 0;
	if (!newest || !newest->unknown)
		return 0;
	if (journal_history(c->journal, c->arena, like->series, like->line, 0, &history))
		return -1;
	for (size_t i = 0; i < history.n; i++) {
		const struct ruling *ruling = &history.items[i];

		if (ruling->round >= c->round->id || !same_proof(ruling, like))
			continue;
		if (!ruling->unknown)
			break;
		++*n;
	}
	return 0;
}

/* ---- alarm ---- */

/* "6.1.y" of "6.1.y-rc"; NULL: it is the release's line. */
static char *release_line(struct arena *arena, const char *line)
{
	const char *y = strstr(line, ".y-");

	return y ? arena_copy(arena, line, (size_t)(y - line) + 2) : NULL;
}

/* Does it break something that the line of its releases does not? */
static bool is_alarm(struct comparison *c, const struct ruling *now)
{
	const char *release = release_line(c->arena, now->line);
	struct ruling like = *now, apply = *now;
	const struct ruling *there;
	size_t more;

	if (!release || !now->red)
		return false;
	like.line = apply.line = release;
	apply.kind = PROOF_APPLY;
	apply.cell = "";
	there = find_like(&c->after, &apply);
	if (now->kind != PROOF_APPLY && there && there->red)
		return false;
	there = find_like(&c->after, &like);
	if (!there || !there->red)
		return true;
	set_minus(c->arena, now->bad, there->bad, &more);
	return more > 0;
}

/* ---- in words ---- */

static char *sentence(struct arena *arena, const char *s)
{
	struct text out __free_text = TEXT_INIT;
	struct slice trimmed = slice_trim(slice_of(s ? s : ""));

	while (trimmed.n && trimmed.p[trimmed.n - 1] == '.')
		trimmed.n--;
	text_add_shown(&out, trimmed, false);
	return slice_str(arena, text_slice(&out));
}

static void add_set(struct arena *arena, struct text *out, const char *title,
		    const char *const *items, size_t n)
{
	for (size_t i = 0; i < n && i < TEXT_MOST; i++)
		text_addf(out, "%s%s", i ? ", " : title, text_shown(arena, items[i]));
	if (n > TEXT_MOST)
		text_addf(out, " and %zu more", n - TEXT_MOST);
}

/* "v6.1.188-rc1" of "v6.1.188-rc1+0123456789ab" */
static char *short_target(struct arena *arena, const char *target)
{
	return sentence(arena, arena_copy(arena, target, strcspn(target, "+")));
}

/* "6.1.y (v6.1.188)", and the cell */
static void add_place(struct comparison *c, struct text *out, const struct ruling *now)
{
	if (c->many_series)
		text_addf(out, "%s, ", sentence(c->arena, now->series));
	text_adds(out, sentence(c->arena, now->line));
	if (*now->target)
		text_addf(out, " (%s)", short_target(c->arena, now->target));
	if (now->kind == PROOF_BUILD || now->kind == PROOF_VERIFY)
		text_addf(out, " %s", proof_kind_word(now->kind));
	else if (*now->cell)
		text_addf(out, " %s", sentence(c->arena, now->cell));
}

static const char *alarm_phrase(enum proof_kind kind)
{
	switch (kind) {
	case PROOF_APPLY:
		return "will not apply";
	case PROOF_BUILD:
		return "will not build";
	case PROOF_VERIFY:
		return "will not pass the checks";
	case PROOF_TEST:
		break;
	}
	return "will break";
}

/* The reason: what was said, else the set of what is not green. */
static void add_because(struct comparison *c, struct text *out, const struct ruling *now,
			const char *lead)
{
	char *why = sentence(c->arena, now->why);
	size_t n = 0;
	const char **bad = set_minus(c->arena, now->bad, "", &n);

	if (*why)
		text_addf(out, "%s%s", lead, why);
	else
		add_set(c->arena, out, lead, bad, n);
}

static void text_alarm(struct comparison *c, struct text *out, const struct news_item *item)
{
	const struct ruling *now = item->now;
	const char *why = sentence(c->arena, now->why);
	size_t n = 0;
	const char **bad = set_minus(c->arena, now->bad, "", &n);

	text_addf(out, ": %s on the next %s", alarm_phrase(now->kind),
		  sentence(c->arena, release_line(c->arena, now->line)));
	if (now->kind != PROOF_TEST) {
		add_because(c, out, now, ", because ");
		return;
	}
	/* Of a test it is the set that says what breaks; the sentence has more about it. */
	if (n)
		add_set(c->arena, out, ", because of ", bad, n);
	else
		text_addf(out, ": %s", sentence(c->arena, now->word));
	if (*why)
		text_addf(out, "; %s", why);
}

static void text_change(struct comparison *c, struct text *out, const struct news_item *item,
			unsigned int misses)
{
	const struct ruling *now = item->now, *before = item->before;
	const char *why = sentence(c->arena, now->why);

	text_addf(out, ": %s",
		  is_none(now) ? "nothing there any more" : sentence(c->arena, now->word));
	if (is_none(now) && *why)
		text_addf(out, " (%s)", why);
	if (item->kind == NEWS_UNKNOWN)
		text_addf(out, ", %u time%s in a row", misses, misses == 1 ? "" : "s");
	if (before && is_none(before))
		text_adds(out, "; nothing there before");
	else if (before)
		text_addf(out, "; %s on %s", sentence(c->arena, before->word),
			  strcmp(before->target, now->target) != 0 ?
				  arena_printf(c->arena, "%s before",
					       short_target(c->arena, before->target)) :
				  "the same kernel before");
	else if (item->kind != NEWS_UNKNOWN)
		text_adds(out, "; looked at for the first time");
	if (misses && item->kind != NEWS_UNKNOWN)
		text_addf(out, "; not known for %u rounds", misses);
	if (now->unknown) {
		add_because(c, out, now, ": ");
		return;
	}
	add_set(c->arena, out, "; new: ", item->added, item->nadded);
	add_set(c->arena, out, "; gone: ", item->gone, item->ngone);
	if (now->red && *why)
		text_addf(out, "%s%s", now->kind == PROOF_TEST ? "; " : ", because ", why);
}

static void add_item(struct comparison *c, struct news *news, enum news_kind kind,
		     const struct ruling *now, const struct ruling *before, unsigned int misses)
{
	struct news_item *item = arena_push(c->arena, news);
	struct text out __free_text = TEXT_INIT;

	*item = (struct news_item){ .kind = kind, .now = now, .before = before };
	if (kind != NEWS_UNKNOWN) {
		item->added =
			set_minus(c->arena, now->bad, before ? before->bad : "", &item->nadded);
		if (before)
			item->gone = set_minus(c->arena, before->bad, now->bad, &item->ngone);
	}
	add_place(c, &out, now);
	if (kind == NEWS_ALARM)
		text_alarm(c, &out, item);
	else
		text_change(c, &out, item, misses);
	item->text = slice_str(c->arena, text_slice(&out));
}

/* ---- the comparison ---- */

static enum news_kind kind_of(struct comparison *c, const struct ruling *now,
			      const struct ruling *before, size_t added, size_t gone)
{
	if (is_alarm(c, now) && (!before->red || added || strcmp(before->word, now->word) != 0))
		return NEWS_ALARM;
	if (now->red != before->red)
		return now->red ? NEWS_WORSE : NEWS_BETTER;
	if (!now->red || !added == !gone)
		return NEWS_CHANGED;
	return added ? NEWS_WORSE : NEWS_BETTER;
}

static int compare_one(struct comparison *c, const struct ruling *now, struct news *news)
{
	const struct ruling *before = find_like(&c->known, now);
	unsigned int misses;
	size_t added, gone;

	if (misses_before(c, now, &misses))
		return -1;
	if (now->unknown) {
		if (misses + 1 == c->tries)
			add_item(c, news, NEWS_UNKNOWN, now, before, misses + 1);
		return 0;
	}
	/* A candidate that is out, a queue that is taken: none is news only where something red went with it, or comes. */
	if (before && ((is_none(now) && !before->red) || (is_none(before) && !now->red)))
		return 0;
	if (misses < c->tries)
		misses = 0; /* nobody was told */
	if (!before) {
		add_item(c, news, is_alarm(c, now) ? NEWS_ALARM : NEWS_FIRST, now, NULL, misses);
		return 0;
	}
	set_minus(c->arena, now->bad, before->bad, &added);
	set_minus(c->arena, before->bad, now->bad, &gone);
	if (now->red != before->red || strcmp(now->word, before->word) != 0 || added || gone)
		add_item(c, news, kind_of(c, now, before, added, gone), now, before, misses);
	else if (misses)
		add_item(c, news, now->red ? NEWS_CHANGED : NEWS_BETTER, now, before, misses);
	return 0;
}

static int by_weight(const void *a, const void *b)
{
	const struct news_item *x = a, *y = b;

	if (x->kind != y->kind)
		return (int)x->kind - (int)y->kind;
	if (x->now->red != y->now->red)
		return x->now->red ? -1 : 1;
	return (x->now->id > y->now->id) - (x->now->id < y->now->id);
}

static int comparison_read(struct comparison *c)
{
	if (journal_rulings(c->journal, c->arena, c->round->id, &c->now) ||
	    journal_standings(c->journal, c->arena, c->round->id, true, &c->known) ||
	    journal_standings(c->journal, c->arena, c->round->id, false, &c->any) ||
	    journal_standings(c->journal, c->arena, c->round->id + 1, true, &c->after))
		return -1;
	for (size_t i = 1; i < c->after.n; i++)
		c->many_series |= strcmp(c->after.items[i].series, c->after.items[0].series) != 0;
	return 0;
}

int news_make(struct arena *arena, struct results *journal, const struct settings *settings,
	      const struct round *round, struct news *news)
{
	struct comparison c = { .arena = arena,
				.journal = journal,
				.settings = settings,
				.round = round,
				.tries = settings->tries ? settings->tries : 1 };
	struct standings known, any;

	*news = (struct news){ 0 };
	if (comparison_read(&c))
		return -1;
	for (size_t i = 0; i < c.now.n; i++) {
		/* Ruled twice in one round: what was found out last. */
		if (find_like(&c.now, &c.now.items[i]) == &c.now.items[i] &&
		    compare_one(&c, &c.now.items[i], news))
			return -1;
	}
	if (news->n)
		qsort(news->items, news->n, sizeof(*news->items), by_weight);
	if (news_standings(arena, journal, settings, round->id + 1, true, &known) ||
	    news_standings(arena, journal, settings, round->id + 1, false, &any))
		return -1;
	for (size_t i = 0; i < known.n; i++)
		news->red |= known.items[i].red;
	for (size_t i = 0; i < any.n; i++)
		news->unknown |= any.items[i].unknown;
	news->subject = news_subject(arena, news, &any, NULL);
	return 0;
}

/* ---- where the lines stand ---- */

static bool is_watched(struct arena *arena, const struct settings *settings,
		       const struct ruling *ruling)
{
	bool line = !settings->nwatches, series = !settings->nseries;

	for (size_t i = 0; i < settings->nwatches && !line; i++)
		for (size_t t = 0; t < settings->watches[i].ntargets && !line; t++)
			line = !strcmp(watch_line(arena, settings->watches[i].kind,
						  settings->watches[i].targets[t]),
				       ruling->line);
	for (size_t i = 0; i < settings->nseries && !series; i++)
		series = !strcmp(settings->series[i], ruling->series);
	return line && series;
}

int news_standings(struct arena *arena, struct results *journal, const struct settings *settings,
		   int64_t before, bool known, struct standings *standings)
{
	struct rulings all = { 0 }, *watched = arena_new_of(arena, struct rulings);

	if (journal_standings(journal, arena, before, known, &all))
		return -1;
	for (size_t i = 0; i < all.n; i++)
		if (is_watched(arena, settings, &all.items[i]))
			*arena_push(arena, watched) = all.items[i];
	standings_make(arena, watched, standings);
	return 0;
}

/* ---- the subject ---- */

static const struct news_item *worst_of(const struct news *news, const struct standing *standing)
{
	for (size_t i = 0; i < news->n; i++)
		if (!strcmp(news->items[i].now->series, standing->series) &&
		    !strcmp(news->items[i].now->line, standing->line))
			return &news->items[i];
	return NULL;
}

#define SUBJECT_LINES 4u

/* What it says of the lines of one series: those with news, the red ones, and as many of the others as there is room for. */
static void add_lines(struct arena *arena, struct text *out, const struct news *news,
		      const struct standings *standings, const char *series)
{
	size_t said = 0, ok = 0, rest = 0;

	for (int turn = 0; turn < 3; turn++) {
		for (size_t i = 0; i < standings->n; i++) {
			const struct standing *s = &standings->items[i];
			const struct news_item *item = worst_of(news, s);
			int its_turn = item && item->kind != NEWS_FIRST ? 0 : s->red ? 1 : 2;

			if (strcmp(s->series, series) != 0 || its_turn != turn)
				continue;
			if (said == SUBJECT_LINES) {
				ok += !s->red && !s->unknown && !s->none;
				rest++;
				continue;
			}
			text_addf(out, "%s%s %s", said++ ? ", " : "", sentence(arena, s->line),
				  item && item->kind == NEWS_ALARM ? alarm_phrase(item->now->kind) :
				  s->red || s->unknown || s->none  ? sentence(arena, s->word) :
								     "ok");
		}
	}
	if (rest)
		text_addf(out, ", %zu more%s", rest, ok == rest ? " ok" : "");
}

char *news_subject(struct arena *arena, const struct news *news, const struct standings *standings,
		   const char *series)
{
	struct text out __free_text = TEXT_INIT;
	bool many = false;

	for (size_t i = 1; i < standings->n; i++)
		many |= strcmp(standings->items[i].series, standings->items[0].series) != 0;
	for (size_t i = 0; i < standings->n; i++) {
		const char *name = standings->items[i].series;

		/* They stand series by series. */
		if ((i && !strcmp(standings->items[i - 1].series, name)) ||
		    (series && strcmp(series, name) != 0))
			continue;
		if (out.len)
			text_adds(&out, "; ");
		if (many && !series)
			text_addf(&out, "%s: ", sentence(arena, name));
		add_lines(arena, &out, news, standings, name);
	}
	return slice_str(arena, text_slice(&out));
}
