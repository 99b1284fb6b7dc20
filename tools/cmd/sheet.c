/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * TAKE is given only where nothing is left to look at: every changed line is upstream's, it builds without a new message,
 * and every test has the same result with and without, or a better one. What was not done is LOOK, never TAKE.
 */
#define _GNU_SOURCE
#include "cmd/sheet.h"

#include <ctype.h>
#include <stdlib.h>
#include <time.h>

#include "base/fail.h"
#include "base/file.h"
#include "cmd/proving.h"
#include "cmd/report.h"
#include "cmd/screen.h"
#include "cmd/sheet_part.h"

const char *advice_word(enum advice advice)
{
	static const char *const words[] = {
		[ADVICE_TAKE] = "TAKE", [ADVICE_LOOK] = "LOOK", [ADVICE_DONT] = "DON'T"
	};

	return words[advice];
}

char *sheet_anchor(struct arena *arena, const char *name)
{
	char *anchor = arena_printf(arena, "on-%s", name);

	for (char *p = anchor; *p; p++)
		if (!isalnum((unsigned char)*p) && *p != '-')
			*p = '-';
	return anchor;
}

char *sheet_sum(struct arena *arena, const struct sheet *sheet)
{
	size_t counts[ADVICE_DONT + 1] = { 0 };
	struct text sum __free_text = TEXT_INIT;

	for (size_t i = 0; i < sheet->n; i++)
		counts[sheet->items[i].advice]++;
	for (int a = 0; a <= ADVICE_DONT; a++)
		if (counts[a])
			text_addf(&sum, "%s%zu %s", sum.len ? ", " : "", counts[a],
				  advice_word((enum advice)a));
	return slice_str(arena, text_slice(&sum));
}

/* "of 5 hunks 2 adapted, 1 dropped": those that differ, and how many were left out on purpose. */
static char *deviation_words(struct arena *arena, const struct compare *compare, size_t left_out)
{
	struct text words __free_text = TEXT_INIT;
	size_t n = 0;

	text_addf(&words, "of %zu hunk%s", compare->n, compare->n == 1 ? "" : "s");
	for (int state = PART_CONTEXT; state < PART_STATE_COUNT; state++) {
		size_t count = compare->counts[state];

		if (state == PART_DROPPED)
			count -= left_out;
		if (count)
			text_addf(&words, "%s%zu %s", n++ ? ", " : " ", count,
				  part_state_name((enum part_state)state));
	}
	if (left_out)
		text_addf(&words, "; %zu left out on purpose", left_out);
	return slice_str(arena, text_slice(&words));
}

static void count_patch(struct context *c, struct sheet *sheet, size_t target,
			const struct compared_port *compared)
{
	struct sheet_target *t = &sheet->items[target];
	size_t differ = 0, left_out = 0;

	for (size_t i = 0; i < compared->compare.n; i++) {
		const struct part *part = &compared->compare.items[i];

		left_out += part->left_out;
		differ += part->state >= PART_RENAME && !part->left_out;
		t->around += part->state == PART_MOVED || part->state == PART_CONTEXT;
	}
	t->differ += differ;
	t->left_out += left_out;
	if (!differ)
		return;
	arena_grow(c->arena, (void **)&sheet->deviations, &sheet->cap_deviations,
		   sheet->ndeviations + 1, sizeof(*sheet->deviations));
	sheet->deviations[sheet->ndeviations] =
		(struct deviation){ sheet->ndeviations + 1, target, differ, compared,
				    deviation_words(c->arena, &compared->compare, left_out) };
	sheet->ndeviations++;
}

/* Those that a test shows: "T", "T!" ... as status has them. */
static int letters_of(struct context *c, struct results *results, struct sheet *sheet,
		      struct sheet_target *t)
{
	struct proof_state whole, own;

	if (results_state(results, sheet->series->name, t->port->kernel.name, &t->port->tree,
			  &whole))
		return -1;
	for (size_t p = 0; p < t->port->n; p++) {
		const struct port_patch *patch = &t->port->items[p];
		const struct proof_state *state = &own;

		if (!patch->committed)
			continue;
		if (results_state(results, sheet->series->name, t->port->kernel.name, &patch->tree,
				  &own))
			return -1;
		if (!own.built && !own.build_failed && !own.tested)
			state = &whole;
		t->letters[p] = arena_printf(c->arena, "%s%s%s",
					     state->build_failed ? "B!" :
					     state->built	 ? "B" :
								   "",
					     !whole.audited  ? "" :
					     whole.found     ? "V!" :
					     whole.unaudited ? "V?" :
							       "V",
					     !state->tested ? "" :
					     state->red	    ? "T!" :
					     state->unknown ? "T?" :
							      "T");
	}
	return 0;
}

static int target_make(struct context *c, struct results *results, struct sheet *sheet,
		       size_t index)
{
	const struct port *port = &sheet->ports->items[index];
	struct sheet_target *t = &sheet->items[index];

	*t = (struct sheet_target){ .port = port, .name = text_shown(c->arena, port->kernel.name) };
	t->compared = arena_alloc(c->arena, (port->n + 1) * sizeof(*t->compared));
	t->letters = arena_alloc(c->arena, (port->n + 1) * sizeof(*t->letters));
	t->unchanged = port->mark != MARK_CONFLICT && !git_oid_cmp(&port->tree, &port->kernel.tree);
	for (size_t p = 0; p < port->n; p++) {
		t->letters[p] = "";
		if (compare_port(c->arena, sheet->ports->pack, &port->items[p], &t->compared[p]))
			return -1;
		count_patch(c, sheet, index, &t->compared[p]);
	}
	if (!results || port->mark == MARK_CONFLICT)
		return 0;
	if (results_history(results, c->arena, sheet->series->name, port->kernel.name,
			    &port->kernel.tree, &port->tree, &t->history))
		return -1;
	return letters_of(c, results, sheet, t);
}

static int results_there(struct context *c, struct sheet *sheet, struct results **results)
{
	const char *path = proving_database(c->arena);

	if (!path)
		return -1;
	sheet->evidence =
		path_word(c->arena, arena_printf(c->arena, "%s/runs/%s", results_home(c->arena),
						 sheet->series->name));
	return file_kind(path) == 2 ? results_open(path, results) : 0;
}

static int matrix_there(struct context *c, struct sheet *sheet)
{
	struct matrix *matrix = arena_new_of(c->arena, struct matrix);

	if (file_kind(arena_printf(c->arena, "%s/ci/matrix.conf", c->workspace)) != 2)
		return 0;
	if (matrix_read(c->arena, c->workspace, matrix))
		return -1;
	sheet->matrix = matrix;
	return 0;
}

/* Now, or as SOURCE_DATE_EPOCH says, for who wants the same page twice. */
static char *date_of(struct arena *arena)
{
	const char *given = getenv("SOURCE_DATE_EPOCH");
	unsigned long epoch;
	time_t now = time(NULL);
	char date[40];
	struct tm tm;

	if (given && slice_number(slice_of(given), (unsigned long)1 << 40, &epoch))
		now = (time_t)epoch;
	gmtime_r(&now, &tm);
	strftime(date, sizeof(date), "%Y-%m-%d %H:%M UTC", &tm);
	return arena_strdup(arena, date);
}

int sheet_make(struct context *c, const struct ports *ports, struct sheet *sheet)
{
	struct results *results __free(results) = NULL;

	*sheet = (struct sheet){ .series = ports->series, .ports = ports, .n = ports->n };
	sheet->items = arena_alloc(c->arena, (ports->n + 1) * sizeof(*sheet->items));
	sheet->date = date_of(c->arena);
	sheet->test_command = context_invoke(c, "test");
	sheet->verify_command = context_invoke(c, "verify");
	sheet->show_command = context_invoke(c, "show");
	sheet->report_command = context_invoke(c, "report");
	if (results_there(c, sheet, &results) || matrix_there(c, sheet))
		return -1;
	for (size_t i = 0; i < ports->n; i++)
		if (target_make(c, results, sheet, i))
			return -1;
	if (sheet_audit(c, sheet))
		return -1;
	sheet_judge(c, sheet);
	sheet_untested(c, sheet);
	return 0;
}
