/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include "cmd/ci_said.h"

#include "ci/standing.h"
#include "cmd/report.h"
#include "cmd/screen.h"

static enum tint standing_tint(const struct standing *standing)
{
	return standing->red	 ? TINT_BAD :
	       standing->unknown ? TINT_LOOK :
	       standing->none	 ? TINT_DIM :
				   TINT_GOOD;
}

static void add_lines(struct text *out, const char *before, const char *lines)
{
	struct slice rest = slice_of(lines ? lines : ""), line;

	while (slice_line(&rest, &line)) {
		text_addf(out, "%s%s", out->len ? "; " : "", before);
		text_add_shown(out, line, false);
	}
}

/* What the reader wants to know first of a line: the tests that turned, else the sentence; then what is known. */
static char *standing_rest(struct arena *arena, const struct standing *standing)
{
	struct text out __free_text = TEXT_INIT;

	add_lines(&out, "", standing->worst->bad);
	if (!out.len)
		text_add_shown(&out, slice_of(standing->why), false);
	add_lines(&out, "known: ", standing->waived);
	return slice_str(arena, text_slice(&out));
}

static void said_text(const struct ci *ci, const struct round *round,
		      const struct standings *standings, struct text *out)
{
	const struct context *c = ci->context;
	struct table table = { .columns = 4 };

	text_addf(out, "%srun %lld%s: ", tint_on(c->color, TINT_BOLD), (long long)round->id,
		  tint_off(c->color, TINT_BOLD));
	text_add_shown(out, slice_of(round->why), false);
	text_addf(out, " (%lld s%s)\n", (long long)(round->ended - round->started),
		  round->stale ? ", on old data: a source could not be reached" : "");
	for (size_t i = 0; i < standings->n; i++) {
		const struct standing *standing = &standings->items[i];

		table_cell(ci->arena, &table, TINT_NONE, "%s%s%s",
			   ci->nseries > 1 ? standing->series : "", ci->nseries > 1 ? " " : "",
			   standing->line);
		table_cell(ci->arena, &table, TINT_HEAD, "%s",
			   text_shown(ci->arena, standing->target));
		table_cell(ci->arena, &table, standing_tint(standing), "%s", standing->word);
		table_cell(ci->arena, &table, TINT_NONE, "%s", standing_rest(ci->arena, standing));
	}
	table_write(out, &table, 2, c->color);
	text_addf(out, "More: %s log %lld\n", context_invoke(ci->context, "ci"),
		  (long long)round->id);
}

static void said_lines(const struct round *round, const struct standings *standings, json_t *lines)
{
	for (size_t i = 0; i < standings->n; i++) {
		const struct standing *standing = &standings->items[i];
		json_t *line = json_object();

		json_array_append_new(lines, line);
		json_object_set_new(line, "ci_run", json_integer(round->id));
		json_object_set_new(line, "series", json_shown(standing->series));
		json_object_set_new(line, "line", json_shown(standing->line));
		json_object_set_new(line, "target", json_shown(standing->target));
		json_object_set_new(line, "marks", json_shown(standing->marks));
		json_object_set_new(line, "verdict", json_shown(standing->word));
		json_object_set_new(line, "red", json_boolean(standing->red));
		json_object_set_new(line, "unknown", json_boolean(standing->unknown));
		json_object_set_new(line, "why", json_shown(standing->why));
	}
}

static json_t *said_json(const struct ci *ci, json_t *lines)
{
	json_t *json = json_object();

	json_object_set_new(json, "version", json_integer(1));
	json_object_set_new(json, "tick", json_integer(ci->tick.id));
	json_object_set_new(json, "ci_run",
			    ci->round.id ? json_integer(ci->round.id) : json_null());
	json_object_set_new(json, "why", json_shown(ci->round.id ? ci->round.why : NULL));
	json_object_set_new(json, "stale", json_boolean(ci->watched.stale));
	json_object_set_new(json, "lines", lines);
	return json;
}

/* What the exit code depends on. */
struct said {
	bool red, conflict, unknown;
};

static void said_judge(const struct standings *standings, struct said *said)
{
	for (size_t i = 0; i < standings->n; i++) {
		const struct standing *standing = &standings->items[i];

		if (standing->red && standing->worst->kind != PROOF_APPLY)
			said->red = true;
		said->conflict |= standing->red;
		said->unknown |= standing->unknown;
	}
}

/* A conflict needs a person, and is the answer only where nothing else is red. */
static int said_exit(const struct said *said)
{
	return said->red      ? EXIT_FINDINGS :
	       said->conflict ? EXIT_CONFLICT :
	       said->unknown  ? EXIT_INFRA :
				EXIT_CLEAN;
}

/* A tick may have finished one that a dead tick left, and made one of its own: what the first brought is not forgotten. */
int ci_said(struct ci *ci)
{
	const struct context *c = ci->context;
	const struct round *rounds[] = { &ci->before, &ci->round };
	json_t *lines = json_array(), *json __free(json) = said_json(ci, lines);
	struct text out __free_text = TEXT_INIT;
	struct said said = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(rounds); i++) {
		struct rulings rulings = { 0 };
		struct standings standings;

		if (!rounds[i]->id)
			continue;
		if (journal_rulings(ci->journal, ci->arena, rounds[i]->id, &rulings))
			return -1;
		standings_make(ci->arena, &rulings, &standings);
		said_judge(&standings, &said);
		said_lines(rounds[i], &standings, lines);
		if (!c->quiet && !c->json)
			said_text(ci, rounds[i], &standings, &out);
	}
	if (c->json)
		text_add_json(&out, json);
	if (out.len && context_print(c, &out))
		return -1;
	return said_exit(&said);
}
