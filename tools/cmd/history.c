/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include "base/fail.h"
#include "base/file.h"
#include "ci/chronicle.h"
#include "cmd/built.h"
#include "cmd/commands.h"
#include "cmd/options.h"
#include "cmd/proving.h"
#include "cmd/report.h"
#include "cmd/rows.h"

#define ROWS 10	     /* of each line, where nothing else is asked for */
#define SLOWER 1.5   /* times the median: worth a word */
#define TIMES_MIN 4  /* of which a median says something */
#define NAMES_MAX 12 /* in a message */

static const char *const kind_words[] = {
	[CHRONICLE_TEST] = "test",   [CHRONICLE_CELL] = "cell",	    [CHRONICLE_APPLY] = "apply",
	[CHRONICLE_BUILD] = "build", [CHRONICLE_VERIFY] = "verify", [CHRONICLE_CHECK] = "check",
};

/* "0.6 s", "45 s", "12 min 03 s"; "" where it is not known. */
static char *took(struct arena *arena, double seconds)
{
	if (seconds < 0)
		return arena_strdup(arena, "");
	return seconds < 10 ? arena_printf(arena, "%.1f s", seconds) : seconds_word(arena, seconds);
}

static enum tint tint_of(const struct sighting *s)
{
	return s->unknown ? TINT_LOOK : s->red ? TINT_BAD : TINT_GOOD;
}

/* "demo: 6.1.y, tcg" */
static char *line_word(struct arena *arena, const struct chronicle *all,
		       const struct chronicle_line *line)
{
	bool several = false;

	for (size_t i = 1; i < all->n; i++)
		several |= strcmp(all->items[i].series, all->items[0].series) != 0;
	return text_shown(arena, arena_printf(arena, "%s%s%s%s%s", several ? line->series : "",
					      several ? ": " : "", line->line,
					      *line->cell ? ", " : "", line->cell));
}

/* "1.2 s (1.0 to 1.4)" */
static char *pace_word(struct arena *arena, const struct chronicle_line *line)
{
	double unit = line->most < 120 ? 1 : 60;
	int digits = line->most < 10 ? 1 : 0;

	if (!line->times)
		return arena_strdup(arena, "");
	if (line->times == 1)
		return took(arena, line->median);
	return arena_printf(arena, "%.*f %s (%.*f to %.*f)", digits, line->median / unit,
			    unit > 1 ? "min" : "s", digits, line->least / unit, digits,
			    line->most / unit);
}

/* "since v6.1.188" */
static char *since_word(struct arena *arena, const struct chronicle_line *line)
{
	return line->since ?
		       arena_printf(arena, "since %s", kernel_word(arena, line->since->target)) :
		       arena_strdup(arena, "never known");
}

static void lines_table(struct context *c, struct text *out, const struct chronicle *all)
{
	struct table table = { .columns = 4 };

	for (size_t i = 0; i < all->n; i++) {
		const struct chronicle_line *line = &all->items[i];
		const struct sighting *now = line->now ? line->now : &line->items[line->n - 1];

		table_cell(c->arena, &table, TINT_BOLD, "%s", line_word(c->arena, all, line));
		table_cell(c->arena, &table, tint_of(now), "%s", text_shown(c->arena, now->word));
		table_cell(c->arena, &table, TINT_NONE, "%s", since_word(c->arena, line));
		table_cell(c->arena, &table, TINT_DIM, "%s", pace_word(c->arena, line));
	}
	table_write(out, &table, 2, c->color);
}

static const struct sighting *timed_last(const struct chronicle_line *line)
{
	for (size_t i = line->n; i-- > 0;)
		if (line->items[i].seconds >= 0)
			return &line->items[i];
	return NULL;
}

/* What the rows below do not show at a glance. */
static void line_remarks(struct context *c, struct text *out, const struct chronicle_line *line)
{
	const struct sighting *newest = &line->items[line->n - 1], *timed = timed_last(line);

	if (line->now && line->now->red && line->good)
		text_addf(out, "  last good: %s, %s\n", kernel_word(c->arena, line->good->target),
			  day_word(c->arena, line->good->at));
	if (newest->unknown)
		text_addf(
			out,
			"  not known now: the last is infrastructure, neither pass nor failure\n");
	if (line->changes)
		text_addf(
			out,
			"  %sunsteady%s: the same input booted again %zu time%s, %zu with another outcome\n",
			tint_on(c->color, TINT_LOOK), tint_off(c->color, TINT_LOOK), line->repeats,
			line->repeats == 1 ? "" : "s", line->changes);
	if (line->times >= TIMES_MIN && timed->seconds > line->median * SLOWER &&
	    timed->seconds - line->median > 1)
		text_addf(out, "  slower: %s, the median is %s\n", took(c->arena, timed->seconds),
			  took(c->arena, line->median));
}

static const char *row_remark(struct arena *arena, const struct sighting *s)
{
	const char *why = s->why;

	if (*s->first_bad)
		return arena_printf(arena, "%s%sfirst bad patch: %s", why, *why ? "; " : "",
				    s->first_bad);
	return why;
}

static void row_add(struct context *c, struct rows *rows, const struct sighting *s)
{
	struct table *table = &rows->table;
	bool statuses = *s->was || *s->is;

	table_cell(c->arena, table, TINT_DIM, "%s", day_word(c->arena, s->at));
	table_cell(c->arena, table, TINT_NONE, "%s", kernel_word(c->arena, s->target));
	table_cell(c->arena, table, tint_of(s), "%s%s", text_shown(c->arena, s->word),
		   s->before ? " (not run)" : "");
	table_cell(c->arena, table, TINT_NONE, "%s%s%s", text_shown(c->arena, s->was),
		   statuses ? " -> " : "", text_shown(c->arena, s->is));
	table_cell(c->arena, table, TINT_NONE, "%s", took(c->arena, s->seconds));
	table_cell(c->arena, table, TINT_DIM, s->round ? "run %lld" : "", (long long)s->round);
}

/* Newest first; a reason is said where it is another than that of the row above. */
static void line_rows(struct context *c, struct text *out, const struct chronicle_line *line,
		      size_t max)
{
	size_t n = max && line->n > max ? max : line->n;
	struct rows rows = { .table.columns = 6 };
	const char *said = "";

	for (size_t i = 0; i < n; i++) {
		const struct sighting *s = &line->items[line->n - 1 - i];
		const char *remark = row_remark(c->arena, s);

		row_add(c, &rows, s);
		rows_remark(c->arena, &rows, strcmp(remark, said) ? remark : "");
		said = remark;
	}
	rows_write(c, out, &rows, 2, 14);
	if (n < line->n)
		text_addf(out, "  and %zu before: --last 0 shows all\n", line->n - n);
}

/* "payload_test: not green on 1 of 3 lines: 6.1.y" */
static void head_line(struct context *c, struct text *out, const char *name,
		      const struct chronicle *all)
{
	struct text line __free_text = TEXT_INIT;
	size_t red = 0, unknown = 0;

	for (size_t i = 0; i < all->n; i++) {
		const struct chronicle_line *one = &all->items[i];

		unknown += one->items[one->n - 1].unknown;
		if (one->now && one->now->red)
			text_addf(&line, "%s%s", red++ ? "; " : "", line_word(c->arena, all, one));
	}
	text_addf(out, "%s%s%s: ", tint_on(c->color, TINT_BOLD), text_shown(c->arena, name),
		  tint_off(c->color, TINT_BOLD));
	if (red)
		text_addf(out, "%zu of %zu not green: %s", red, all->n, text_str(&line));
	else
		text_adds(out, "nothing red");
	if (unknown)
		text_addf(out, "; %zu of %zu not known now", unknown, all->n);
	text_adds(out, "\n\n");
}

static json_t *sighting_json(const struct sighting *s)
{
	char hex[GIT_OID_HEXSZ + 1];
	json_t *json = json_object();

	if (!s)
		return json_decref(json), json_null();
	git_oid_tostr(hex, sizeof(hex), &s->patched);
	json_object_set_new(json, "at", json_integer(s->at));
	json_object_set_new(json, "ci_run", s->round ? json_integer(s->round) : json_null());
	json_object_set_new(json, "run", s->run ? json_integer(s->run) : json_null());
	json_object_set_new(json, "target", json_shown(s->target));
	json_object_set_new(json, "patched", json_string(hex));
	json_object_set_new(json, "verdict", json_shown(s->word));
	json_object_set_new(json, "red", json_boolean(s->red));
	json_object_set_new(json, "unknown", json_boolean(s->unknown));
	json_object_set_new(json, "reached", json_boolean(!s->before));
	json_object_set_new(json, "without", json_shown(*s->was ? s->was : NULL));
	json_object_set_new(json, "with", json_shown(*s->is ? s->is : NULL));
	json_object_set_new(json, "why", json_shown(*s->why ? s->why : NULL));
	json_object_set_new(json, "first_bad", json_shown(*s->first_bad ? s->first_bad : NULL));
	json_object_set_new(json, "seconds", s->seconds < 0 ? json_null() : json_real(s->seconds));
	return json;
}

static json_t *line_json(const struct chronicle_line *line, size_t max)
{
	json_t *json = json_object(), *seconds = json_object(), *seen = json_array();

	json_object_set_new(json, "series", json_shown(line->series));
	json_object_set_new(json, "line", json_shown(line->line));
	json_object_set_new(json, "cell", json_shown(*line->cell ? line->cell : NULL));
	json_object_set_new(json, "now", sighting_json(line->now));
	json_object_set_new(json, "since", sighting_json(line->since));
	json_object_set_new(json, "last_good", sighting_json(line->good));
	json_object_set_new(seconds, "times", json_integer((json_int_t)line->times));
	json_object_set_new(seconds, "median", line->times ? json_real(line->median) : json_null());
	json_object_set_new(seconds, "least", line->times ? json_real(line->least) : json_null());
	json_object_set_new(seconds, "most", line->times ? json_real(line->most) : json_null());
	json_object_set_new(json, "seconds", seconds);
	json_object_set_new(json, "repeats", json_integer((json_int_t)line->repeats));
	json_object_set_new(json, "changes", json_integer((json_int_t)line->changes));
	for (size_t i = line->n, n = 0; i-- > 0 && (!max || n < max); n++)
		json_array_append_new(seen, sighting_json(&line->items[i]));
	json_object_set_new(json, "seen", seen);
	return json;
}

static void history_json(struct text *out, const char *name, const struct chronicle *all,
			 size_t max)
{
	json_t *json __free(json) = json_object();
	json_t *lines = json_array();

	json_object_set_new(json, "version", json_integer(1));
	json_object_set_new(json, "name", json_shown(name));
	json_object_set_new(json, "kind", json_string(kind_words[all->kind]));
	json_object_set_new(json, "lines", lines);
	for (size_t i = 0; i < all->n; i++)
		json_array_append_new(lines, line_json(&all->items[i], max));
	text_add_json(out, json);
}

/* Which name was meant, or which there are. */
static int unknown_name(struct context *c, struct results *results, const char *name)
{
	struct chronicle_names names;
	struct text some __free_text = TEXT_INIT;
	const char *near;
	size_t n = 0;

	if (chronicle_names(c->arena, results, &names))
		return -1;
	*arena_push(c->arena, &names) = NULL;
	near = word_near(name, names.items);
	if (near)
		return fail_as(FAIL_USAGE, "nothing is known of '%s'; did you mean %s?", name,
			       near);
	for (size_t i = 0; i + 1 < names.n; i++)
		if (!strchr(names.items[i], '/') && n++ < NAMES_MAX)
			text_addf(&some, "%s%s", some.len ? ", " : "", names.items[i]);
	if (!n)
		return fail_as(FAIL_USAGE, "nothing was tested yet: series test TARGET does");
	return fail_as(FAIL_USAGE, "nothing is known of '%s'; it is of %s%s", name, text_str(&some),
		       n > NAMES_MAX ? " ..." : "");
}

static int history_rows(struct context *c, size_t *max)
{
	const char *last = option_value(c, "last");
	unsigned long value = ROWS;

	if (last && !slice_number(slice_of(last), 1000000, &value))
		return fail_as(FAIL_USAGE, "--last takes a number, not '%s'", last);
	*max = value;
	return 0;
}

static int history_print(struct context *c, const char *name, const struct chronicle *all,
			 size_t max)
{
	struct text out __free_text = TEXT_INIT;

	if (c->json) {
		history_json(&out, name, all, max);
		return context_print(c, &out);
	}
	head_line(c, &out, name, all);
	lines_table(c, &out, all);
	for (size_t i = 0; i < all->n; i++) {
		const struct chronicle_line *line = &all->items[i];

		text_addf(&out, "\n%s%s%s\n", tint_on(c->color, TINT_BOLD),
			  line_word(c->arena, all, line), tint_off(c->color, TINT_BOLD));
		line_remarks(c, &out, line);
		line_rows(c, &out, line, max);
	}
	return context_print(c, &out);
}

static int history_run(struct context *c)
{
	const char *path = proving_database(c->arena);
	struct chronicle_ask ask = { .name = c->words[0],
				     .series = c->series_name,
				     .words = c->words + 1,
				     .nwords = c->nwords - 1 };
	struct results *results __free(results) = NULL;
	struct chronicle all;
	size_t max = 0;
	int found;

	if (!path || history_rows(c, &max))
		return -1;
	if (file_kind(path) != 2)
		return fail_as(FAIL_USAGE, "nothing was tested yet: series test TARGET does");
	if (results_open(path, &results))
		return -1;
	found = chronicle_read(c->arena, results, &ask, &all);
	if (found <= 0)
		return found < 0 ? -1 : unknown_name(c, results, ask.name);
	return history_print(c, ask.name, &all, max) ? -1 : EXIT_CLEAN;
}

static const struct command_option history_options[] = {
	{ '\0', "last", "N", "the last N of each line; 10 where it is not given, 0: all", NULL },
};

const struct command command_history = {
	.name = "history",
	.summary = "show how a test, a cell or a proof did over time",
	.args = "TEST [TARGET...]",
	.description =
		"TEST is a test (payload_test) or one of its subtests (payload_test/cr2_get_sregs), a "
		"cell of ci/matrix.conf (tcg), a check of series verify (sparse), or one of the proofs "
		"apply, build and verify. For each line of kernels, 6.1.y say, and each cell it "
		"shows where it stands and since when, how long it takes, whether the same input came "
		"out otherwise when it was booted again, and what was found out, the newest first.\n"
		"\n"
		"A TARGET is a version, a branch (v6.1), all of a major version (v6.x), or a line as "
		"series ci calls it (6.1.y-rc); without any, all that something is known of. What "
		"was found out again from the same boots counts once. A port that conflicts or does not "
		"build stands in the history of its tests, too: they could not be run.\n"
		"\n"
		"It only reads the results; what was never tested is not tested here.",
	.options = history_options,
	.noptions = ARRAY_SIZE(history_options),
	.words = WORDS_TARGETS,
	.words_min = 1,
	.run = history_run,
};
