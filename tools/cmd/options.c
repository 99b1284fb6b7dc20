/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include "cmd/options.h"

#include <assert.h>

#include <popt.h>

#include "base/fail.h"

DEFINE_FREE(popt, poptContext, if (_v) poptFreeContext(_v))

/* popt's table for ours; val is the index from 1, global options first. */
static struct poptOption *popt_table(struct arena *arena, const struct option_table *global,
				     const struct option_table *own)
{
	size_t n = global->n + (own ? own->n : 0);
	struct poptOption *table = arena_alloc(arena, (n + 1) * sizeof(*table));

	for (size_t i = 0; i < n; i++) {
		const struct command_option *o = i < global->n ? &global->items[i] :
								 &own->items[i - global->n];

		table[i].longName = o->name;
		table[i].shortName = o->letter;
		table[i].argInfo = o->value ? POPT_ARG_STRING : POPT_ARG_NONE;
		table[i].val = (int)i + 1;
	}
	return table;
}

static bool choice_known(const char *choices, const char *word)
{
	struct slice rest = slice_of(choices), one;

	while (slice_cut(&rest, ' ', &one))
		if (slice_is(one, word))
			return true;
	return false;
}

static int value_add(struct arena *arena, const struct command_option *o, const char *value,
		     struct command_values *values)
{
	struct option_value *v;

	if (o->value && !*value)
		return fail_as(FAIL_USAGE, "option '--%s' needs a value", o->name);
	if (o->choices && !choice_known(o->choices, value))
		return fail_as(FAIL_USAGE, "--%s takes one of: %s; not '%s'", o->name, o->choices,
			       value);
	v = arena_push(arena, values);
	v->option = o;
	v->value = arena_strdup(arena, value);
	return 0;
}

static int unknown_option(struct arena *arena, const char *given, const struct option_table *global,
			  const struct option_table *own)
{
	const char **known =
		arena_alloc(arena, (global->n + (own ? own->n : 0) + 1) * sizeof(*known));
	size_t n = 0;
	const char *near;

	for (size_t i = 0; own && i < own->n; i++)
		known[n++] = own->items[i].name;
	for (size_t i = 0; i < global->n; i++)
		known[n++] = global->items[i].name;
	near = !strncmp(given, "--", 2) ? word_near(given + 2, known) : NULL;
	if (near)
		return fail_as(FAIL_USAGE, "unknown option '%s'; did you mean --%s?", given, near);
	return fail_as(FAIL_USAGE, "unknown option '%s'; --help lists them", given);
}

static int words_add(struct arena *arena, poptContext popt, struct command_values *values)
{
	const char **args = poptGetArgs(popt);

	for (size_t i = 0; args && args[i]; i++) {
		arena_grow(arena, (void **)&values->words, &values->cap_words, values->nwords + 2,
			   sizeof(*values->words));
		values->words[values->nwords++] = arena_strdup(arena, args[i]);
	}
	return 0;
}

int options_read(struct arena *arena, int argc, const char **argv,
		 const struct option_table *global, const struct option_table *own, bool first_word,
		 struct command_values *values)
{
	struct poptOption *table = popt_table(arena, global, own);
	poptContext popt __free(popt) = poptGetContext("series", argc, argv, table,
						       first_word ? POPT_CONTEXT_POSIXMEHARDER : 0);
	int val;

	while ((val = poptGetNextOpt(popt)) > 0) {
		size_t i = (size_t)val - 1;
		const struct command_option *o = i < global->n ? &global->items[i] :
								 &own->items[i - global->n];
		void *value __free(ptr) = poptGetOptArg(popt);

		if (value_add(arena, o, value ? value : "", values))
			return -1;
	}
	if (val == POPT_ERROR_BADOPT)
		return unknown_option(arena, poptBadOption(popt, 0), global, own);
	if (val == POPT_ERROR_NOARG)
		return fail_as(FAIL_USAGE, "option '%s' needs a value", poptBadOption(popt, 0));
	if (val < -1)
		return fail_as(FAIL_USAGE, "option '%s': %s", poptBadOption(popt, 0),
			       poptStrerror(val));
	return words_add(arena, popt, values);
}

const char *values_get(const struct command_values *values, const char *name)
{
	const char *value = NULL;

	for (size_t i = 0; i < values->n; i++)
		if (!strcmp(values->items[i].option->name, name))
			value = values->items[i].value;
	return value;
}

static bool table_has(const struct context *context, const char *name)
{
	for (size_t i = 0; i < context->command->noptions; i++)
		if (!strcmp(context->command->options[i].name, name))
			return true;
	return false;
}

const char *option_value(const struct context *context, const char *name)
{
	assert(table_has(context, name));
	return values_get(context->values, name);
}

bool option_given(const struct context *context, const char *name)
{
	return option_value(context, name) != NULL;
}

size_t option_values(const struct context *context, const char *name, const char *const **values)
{
	const struct command_values *given = context->values;
	struct {
		const char **items;
		size_t n, cap;
	} all = { 0 };

	assert(table_has(context, name));
	for (size_t i = 0; i < given->n; i++) {
		struct slice rest = slice_of(given->items[i].value), one;

		if (strcmp(given->items[i].option->name, name) != 0)
			continue;
		while (slice_cut(&rest, ',', &one)) {
			bool had = !one.n;

			for (size_t k = 0; k < all.n && !had; k++)
				had = slice_is(one, all.items[k]);
			if (!had)
				*arena_push(context->arena, &all) = slice_str(context->arena, one);
		}
	}
	*values = all.items;
	return all.n;
}

/* Letters to add, drop, change or swap with their neighbour; words are short, so three rows do. */
static size_t word_distance(const char *a, const char *b)
{
	enum { MOST = 32 };
	size_t rows[3][MOST + 1], n = strlen(a), m = strlen(b);
	size_t *before = rows[0], *last = rows[1], *now = rows[2];

	if (n > MOST || m > MOST)
		return MOST;
	for (size_t j = 0; j <= m; j++)
		last[j] = j;
	memset(rows[0], 0, sizeof(rows[0]));
	for (size_t i = 1; i <= n; i++) {
		size_t *row = now;

		now[0] = i;
		for (size_t j = 1; j <= m; j++) {
			size_t d = last[j - 1] + (a[i - 1] != b[j - 1]);

			if (last[j] + 1 < d)
				d = last[j] + 1;
			if (now[j - 1] + 1 < d)
				d = now[j - 1] + 1;
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
			    before[j - 2] + 1 < d)
				d = before[j - 2] + 1;
			now[j] = d;
		}
		now = before;
		before = last;
		last = row;
	}
	return last[m];
}

const char *word_near(const char *word, const char *const *known)
{
	const char *best = NULL;
	size_t least = strlen(word) / 3 + 1;

	for (; *known; known++) {
		size_t d = word_distance(word, *known);

		if (d <= least && d < strlen(*known)) {
			best = *known;
			least = d ? d - 1 : 0;
		}
	}
	return best;
}
