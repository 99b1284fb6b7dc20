/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a maintainer wants to know at two in the morning: how each line stands, what the last runs brought, whether it still looks.
 */
#define _GNU_SOURCE
#include "cmd/ci_log.h"

#include "base/fail.h"
#include "ci/course.h"
#include "cmd/built.h"

#define RUNS 10
#define NEWS 5 /* of each */
#define EVENTS 15
#define TROUBLES 5 /* ticks that failed or were killed */

struct diary {
	struct ci *ci;
	struct arena *arena;
	struct standings standings;
	struct courses courses;
	struct rounds rounds; /* the open one too */
	struct staleness stale;
	struct reaches reaches;
	struct ticks ticks;
	struct events events;
	int64_t open;	     /* the run that is not complete; 0 */
	size_t tasks, ended; /* of that */
	size_t red, unknown; /* lines */
	size_t quiet;	     /* ticks since the last that was not */
};

/* The run that goes on, and how far it is. */
static int open_read(struct diary *d)
{
	struct round round;
	struct tasks tasks;
	int there = journal_round_open(d->ci->journal, d->arena, &round);

	if (there <= 0)
		return there;
	if (journal_tasks(d->ci->journal, d->arena, round.id, &tasks))
		return -1;
	d->open = round.id;
	d->tasks = tasks.n;
	for (size_t i = 0; i < tasks.n; i++)
		d->ended += tasks.items[i].state == TASK_ENDED;
	return 0;
}

static int diary_read(struct diary *d)
{
	struct results *journal = d->ci->journal;

	/* A run that is not complete has ruled some of a line, and says nothing of the whole yet. */
	if (open_read(d) ||
	    news_standings(d->arena, journal, &d->ci->settings, d->open, false, &d->standings) ||
	    courses_read(journal, d->arena, &d->courses) ||
	    journal_rounds(journal, d->arena, RUNS, &d->rounds) ||
	    staleness_find(d->arena, journal, &d->ci->settings, d->ci->now, &d->stale) ||
	    journal_reaches(journal, d->arena, &d->reaches) ||
	    journal_ticks(journal, d->arena, 0, &d->ticks) ||
	    journal_events(journal, d->arena, 0, EVENTS, &d->events))
		return -1;
	for (size_t i = 0; i < d->standings.n; i++) {
		d->red += d->standings.items[i].red;
		d->unknown += d->standings.items[i].unknown;
	}
	while (d->quiet < d->ticks.n && !strcmp(d->ticks.items[d->quiet].word, "quiet"))
		d->quiet++;
	return 0;
}

static const struct course *course_of(const struct diary *d, const struct standing *standing)
{
	for (size_t i = 0; i < d->courses.n; i++)
		if (!strcmp(d->courses.items[i].series, standing->series) &&
		    !strcmp(d->courses.items[i].line, standing->line))
			return &d->courses.items[i];
	return NULL;
}

static void head(const struct diary *d, struct text *out)
{
	const struct context *c = d->ci->context;
	const struct standings *all = &d->standings;

	text_adds(out, tint_on(c->color, TINT_BOLD));
	if (!all->n)
		text_adds(out, "Nothing was ruled yet");
	else if (d->red)
		text_addf(out, "%zu of %zu line%s red", d->red, all->n, all->n == 1 ? "" : "s");
	else
		text_addf(out, "%zu line%s, none red", all->n, all->n == 1 ? "" : "s");
	if (d->unknown)
		text_addf(out, ", %zu not known", d->unknown);
	text_adds(out, tint_off(c->color, TINT_BOLD));
	if (d->stale.stale)
		text_addf(out, ", on %sold data%s",
			  tint_on(c->color, d->stale.red ? TINT_BAD : TINT_LOOK),
			  tint_off(c->color, TINT_LOOK));
	text_adds(out, ". All times are UTC.\n");
}

static void lines(const struct diary *d, struct text *out)
{
	const struct context *c = d->ci->context;
	struct rows rows = { .table.columns = 5 };
	bool several = d->ci->nseries > 1;

	for (size_t i = 0; i < d->standings.n; i++) {
		const struct standing *s = &d->standings.items[i];
		const struct course *course = course_of(d, s);
		enum tint tint = s->red	    ? TINT_BAD :
				 s->unknown ? TINT_LOOK :
				 s->none    ? TINT_DIM :
					      TINT_GOOD;
		const char *name = several ? arena_printf(d->arena, "%s: %s", s->series, s->line) :
					     s->line;

		table_cell(d->arena, &rows.table, TINT_BOLD, "%s", text_shown(d->arena, name));
		table_cell(d->arena, &rows.table, TINT_NONE, "%s",
			   kernel_word(d->arena, s->target));
		table_cell(d->arena, &rows.table, tint, "%s", text_shown(d->arena, s->word));
		table_cell(d->arena, &rows.table, TINT_NONE, "%s", text_shown(d->arena, s->marks));
		if (course && course->since)
			table_cell(d->arena, &rows.table, TINT_DIM, "run %lld, %s",
				   (long long)course->since->round,
				   day_word(d->arena, course->since->at));
		else
			table_cell(d->arena, &rows.table, TINT_NONE, "%s", "");
		rows_remark(d->arena, &rows, s->red || s->unknown || s->none ? s->why : "");
	}
	if (d->standings.n)
		text_adds(out, "\nLines, each with the run since which it stands so:\n");
	rows_write(c, out, &rows, 2, 6);
}

/* Green, and not forgotten: somebody owns them until a day. */
static void known(const struct diary *d, struct text *out)
{
	size_t n = 0;

	for (size_t i = 0; i < d->standings.n; i++) {
		const struct standing *s = &d->standings.items[i];
		struct slice rest = slice_of(s->waived), line;

		while (slice_line(&rest, &line)) {
			struct text safe __free_text = TEXT_INIT;

			if (!n++)
				text_adds(out, "\nKnown failures:\n");
			text_addf(&safe, "%s: ", text_shown(d->arena, s->line));
			text_add_shown(&safe, line, false);
			text_add_filled(out, text_slice(&safe), 2, d->ci->context->width);
		}
	}
}

/* "1 of 3 red", "3 green", "not complete: 2 of 7 tasks ended" */
static char *run_word(const struct diary *d, const struct round *round, enum tint *tint)
{
	const struct course_round *did = courses_round(&d->courses, round->id);

	*tint = !did ? TINT_DIM : did->red ? TINT_BAD : did->unknown ? TINT_LOOK : TINT_GOOD;
	if (!round->ended) {
		*tint = TINT_LOOK;
		return arena_printf(d->arena, "not complete: %zu of %zu task%s ended", d->ended,
				    d->tasks, d->tasks == 1 ? "" : "s");
	}
	if (!did)
		return "nothing ruled";
	if (did->red)
		return arena_printf(d->arena, "%zu of %zu red", did->red, did->lines);
	if (did->unknown)
		return arena_printf(d->arena, "%zu of %zu unknown", did->unknown, did->lines);
	return arena_printf(d->arena, "%zu green", did->lines);
}

/* What is new of a run, in its own lines; of many (the first run of all) the worst. */
static char *news_words(const struct diary *d, const struct news *news)
{
	char *all = arena_strdup(d->arena, "");

	for (size_t i = 0; i < news->n && i < NEWS; i++)
		all = arena_printf(d->arena, "%s%s\n", all, news->items[i].text);
	if (news->n > NEWS)
		all = arena_printf(d->arena, "%sand %zu more\n", all, news->n - NEWS);
	return all;
}

static int runs(const struct diary *d, struct text *out)
{
	struct rows rows = { .table.columns = 5 };

	for (size_t i = 0; i < d->rounds.n; i++) {
		const struct round *round = &d->rounds.items[i];
		struct news news = { 0 };
		enum tint tint;
		const char *word = run_word(d, round, &tint);

		if (round->ended &&
		    news_make(d->arena, d->ci->journal, &d->ci->settings, round, &news))
			return -1;
		table_cell(d->arena, &rows.table, TINT_BOLD, "run %lld", (long long)round->id);
		table_cell(d->arena, &rows.table, TINT_NONE, "%s",
			   minute_word(d->arena, round->started));
		table_cell(d->arena, &rows.table, TINT_DIM, "%s",
			   round->ended ?
				   seconds_word(d->arena, (double)(round->ended - round->started)) :
				   "");
		table_cell(d->arena, &rows.table, tint, "%s", word);
		table_cell(d->arena, &rows.table, TINT_DIM, "%s",
			   round->stale ? "on old data" : "");
		rows_remark(d->arena, &rows,
			    arena_printf(d->arena, "%s\n%s", round->why, news_words(d, &news)));
	}
	if (d->rounds.n)
		text_adds(out, "\nThe last runs:\n");
	rows_write(d->ci->context, out, &rows, 2, 6);
	return 0;
}

static const char *tick_word(const struct diary *d, size_t i)
{
	const struct tick *tick = &d->ticks.items[i];

	if (tick->ended)
		return *tick->word ? tick->word : "ended";
	return i ? "killed" : "goes on, or was killed";
}

static void ticks(const struct diary *d, struct text *out)
{
	struct rows rows = { .table.columns = 2 };
	size_t n = 0;

	if (!d->ticks.n) {
		text_adds(out, "\nThere was no tick yet: see series ci doctor.\n");
		return;
	}
	if (d->quiet)
		text_addf(out, "\n%zu quiet tick%s since %s, the last at %s.\n", d->quiet,
			  d->quiet == 1 ? "" : "s",
			  minute_word(d->arena, d->ticks.items[d->quiet - 1].started),
			  minute_word(d->arena, d->ticks.items[0].started));
	else
		text_addf(out, "\nThe last tick: %s, %s.\n",
			  minute_word(d->arena, d->ticks.items[0].started), tick_word(d, 0));
	for (size_t i = 0; i < d->ticks.n && n < TROUBLES; i++) {
		const struct tick *tick = &d->ticks.items[i];
		const char *word = tick_word(d, i);

		if (!strcmp(word, "quiet") || !strcmp(word, "worked") || (!i && !tick->ended))
			continue;
		n++;
		table_cell(d->arena, &rows.table, TINT_NONE, "%s",
			   minute_word(d->arena, tick->started));
		table_cell(d->arena, &rows.table, TINT_LOOK, "%s", text_shown(d->arena, word));
		rows_remark(d->arena, &rows, tick->why);
	}
	if (n)
		text_adds(out, "The last ticks that came to no good end:\n");
	rows_write(d->ci->context, out, &rows, 2, 6);
}

static void sources(const struct diary *d, struct text *out)
{
	struct rows rows = { .table.columns = 3 };

	for (size_t i = 0; i < d->reaches.n; i++) {
		const struct reach *reach = &d->reaches.items[i];
		bool mute = *reach->why;

		table_cell(d->arena, &rows.table, TINT_NONE, "%s",
			   text_shown(d->arena, reach->source));
		table_cell(d->arena, &rows.table, mute ? TINT_LOOK : TINT_GOOD, "%s",
			   mute ? "does not answer" : "answers");
		table_cell(d->arena, &rows.table, TINT_DIM, "last %s",
			   reach->reached ? minute_word(d->arena, reach->reached) : "never");
		rows_remark(d->arena, &rows, reach->why);
	}
	if (d->reaches.n)
		text_adds(out, "\nSources:\n");
	rows_write(d->ci->context, out, &rows, 2, 6);
}

void log_events(struct ci *ci, struct text *out, const char *title, const struct events *events)
{
	if (events->n)
		text_addf(out, "\n%s\n", title);
	for (size_t i = 0; i < events->n; i++) {
		const struct event *event = &events->items[i];
		struct text line __free_text = TEXT_INIT;
		size_t at = out->len;

		text_addf(&line, "%s  %s%s%s: ", minute_word(ci->arena, event->at), event->kind,
			  *event->subject ? " " : "", text_shown(ci->arena, event->subject));
		text_add_shown(&line, slice_of(event->text), false);
		text_add_filled(out, text_slice(&line), 6, ci->context->width);
		/* Its first line hangs out. */
		memmove(out->p + at, out->p + at + 4, out->len - at - 4);
		out->len -= 4;
		out->p[out->len] = '\0';
	}
}

json_t *word_json(const char *word)
{
	return json_shown(word && *word ? word : NULL);
}

json_t *number_json(int64_t number)
{
	return number ? json_integer(number) : json_null();
}

json_t *log_round_json(const struct round *round)
{
	json_t *json = json_object();

	json_object_set_new(json, "ci_run", json_integer(round->id));
	json_object_set_new(json, "started", json_integer(round->started));
	json_object_set_new(json, "ended", number_json(round->ended));
	json_object_set_new(json, "stale", json_boolean(round->stale));
	json_object_set_new(json, "published", number_json(round->published));
	json_object_set_new(json, "told", number_json(round->told));
	json_object_set_new(json, "why", word_json(round->why));
	return json;
}

json_t *log_events_json(const struct events *events)
{
	json_t *array = json_array();

	for (size_t i = 0; i < events->n; i++) {
		const struct event *event = &events->items[i];
		json_t *json = json_object();

		json_object_set_new(json, "at", json_integer(event->at));
		json_object_set_new(json, "kind", word_json(event->kind));
		json_object_set_new(json, "subject", word_json(event->subject));
		json_object_set_new(json, "text", word_json(event->text));
		json_array_append_new(array, json);
	}
	return array;
}

static json_t *lines_json(const struct diary *d)
{
	json_t *array = json_array();

	for (size_t i = 0; i < d->standings.n; i++) {
		const struct standing *s = &d->standings.items[i];
		const struct course *course = course_of(d, s);
		json_t *json = json_object();

		json_object_set_new(json, "series", word_json(s->series));
		json_object_set_new(json, "line", word_json(s->line));
		json_object_set_new(json, "target", word_json(s->target));
		json_object_set_new(json, "verdict", word_json(s->word));
		json_object_set_new(json, "red", json_boolean(s->red));
		json_object_set_new(json, "unknown", json_boolean(s->unknown));
		json_object_set_new(json, "marks", word_json(s->marks));
		json_object_set_new(json, "why", word_json(s->why));
		json_object_set_new(json, "known", log_list_json(s->waived));
		json_object_set_new(json, "since_ci_run",
				    number_json(course && course->since ? course->since->round :
									  0));
		json_array_append_new(array, json);
	}
	return array;
}

static json_t *runs_json(const struct diary *d)
{
	json_t *array = json_array();

	for (size_t i = 0; i < d->rounds.n; i++) {
		const struct course_round *did = courses_round(&d->courses, d->rounds.items[i].id);
		json_t *json = log_round_json(&d->rounds.items[i]);

		json_object_set_new(json, "lines", json_integer(did ? (json_int_t)did->lines : 0));
		json_object_set_new(json, "red", json_integer(did ? (json_int_t)did->red : 0));
		json_object_set_new(json, "unknown",
				    json_integer(did ? (json_int_t)did->unknown : 0));
		json_object_set_new(json, "changed",
				    json_integer(did ? (json_int_t)did->changed : 0));
		json_array_append_new(array, json);
	}
	return array;
}

static json_t *sources_json(const struct diary *d)
{
	json_t *array = json_array();

	for (size_t i = 0; i < d->reaches.n; i++) {
		const struct reach *reach = &d->reaches.items[i];
		json_t *json = json_object();

		json_object_set_new(json, "source", word_json(reach->source));
		json_object_set_new(json, "asked", number_json(reach->asked));
		json_object_set_new(json, "reached", number_json(reach->reached));
		json_object_set_new(json, "why", word_json(reach->why));
		json_array_append_new(array, json);
	}
	return array;
}

static json_t *ticks_json(const struct diary *d)
{
	json_t *json = json_object();
	const struct tick *last = d->ticks.n ? &d->ticks.items[0] : NULL;

	json_object_set_new(json, "last", number_json(last ? last->started : 0));
	json_object_set_new(json, "last_word", word_json(last ? tick_word(d, 0) : NULL));
	json_object_set_new(json, "last_why", word_json(last ? last->why : NULL));
	json_object_set_new(json, "quiet", json_integer((json_int_t)d->quiet));
	json_object_set_new(json, "quiet_since",
			    number_json(d->quiet ? d->ticks.items[d->quiet - 1].started : 0));
	return json;
}

static void diary_json(const struct diary *d, struct text *out)
{
	json_t *json __free(json) = json_object();

	json_object_set_new(json, "version", json_integer(1));
	json_object_set_new(json, "lines", lines_json(d));
	json_object_set_new(json, "stale", word_json(d->stale.stale ? d->stale.text : NULL));
	json_object_set_new(json, "stale_red", json_boolean(d->stale.red));
	json_object_set_new(json, "runs", runs_json(d));
	json_object_set_new(json, "ticks", ticks_json(d));
	json_object_set_new(json, "sources", sources_json(d));
	json_object_set_new(json, "events", log_events_json(&d->events));
	text_add_json(out, json);
}

static int log_all(struct ci *ci)
{
	struct diary d = { .ci = ci, .arena = ci->arena };
	struct text out __free_text = TEXT_INIT;

	if (diary_read(&d))
		return -1;
	if (ci->context->json) {
		diary_json(&d, &out);
		return context_print(ci->context, &out);
	}
	head(&d, &out);
	lines(&d, &out);
	known(&d, &out);
	if (runs(&d, &out))
		return -1;
	ticks(&d, &out);
	sources(&d, &out);
	log_events(ci, &out, "What happened last:", &d.events);
	return context_print(ci->context, &out);
}

int ci_log(struct ci *ci)
{
	const struct context *c = ci->context;
	unsigned long id;

	if (c->nwords > 2)
		return fail_as(FAIL_USAGE, "'%s' is one word too many; usage: series ci log [RUN]",
			       c->words[2]);
	if (c->nwords < 2)
		return log_all(ci) ? -1 : EXIT_CLEAN;
	if (!slice_number(slice_of(c->words[1]), INT32_MAX, &id) || !id)
		return fail_as(FAIL_USAGE, "'%s' is no run; its number is wanted: series ci log 17",
			       c->words[1]);
	return log_run(ci, (int64_t)id) ? -1 : EXIT_CLEAN;
}
