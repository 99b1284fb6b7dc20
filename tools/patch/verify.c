/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * spatch is shown the functions that a rule declares and nothing else: so they are what the parse
 * check is about, nothing else can change, and a file of 14,000 lines takes a tenth of the time.
 *
 * spatch says nothing of a rule that did not match, so the accounts are kept here, on the tokens of
 * the file before and behind it: each declared function must have changed by what is declared, each
 * other function and all that stands between functions must be what it was. The counts do not say
 * that a statement came to the right place; that is what the rule, its test pair and the checks are
 * for.
 */
#include "patch/verify.h"

/* Directives are one token each, but "#ifdef CONFIG_KVM_SMM" does have that word. */
static bool has_word(const struct ctokens *tokens, struct slice word)
{
	struct arena *arena __free(arena) = NULL;

	if (ctokens_count(tokens, 0, tokens->n, word))
		return true;
	for (size_t i = 0; i < tokens->n; i++) {
		struct slice text = tokens->items[i].text;
		struct ctokens inside;

		if (text.p[0] != '#' || slice_find(text, word) < 0)
			continue;
		if (!arena)
			arena = arena_new();
		inside = ctokens_of(arena, slice_skip(text, 1));
		if (ctokens_count(&inside, 0, inside.n, word))
			return true;
	}
	return false;
}

bool verify_holds(const struct verify_ask *ask, const struct ctokens *before,
		  const struct cocci_condition *condition)
{
	char name[128];

	switch (condition->when) {
	case COCCI_HAS:
		return has_word(before, condition->word);
	case COCCI_LACKS:
		return !has_word(before, condition->word);
	case COCCI_PROBE:
		if (!ask->holds || condition->word.n >= sizeof(name))
			return false;
		memcpy(name, condition->word.p, condition->word.n);
		name[condition->word.n] = '\0';
		return ask->holds(ask->data, name);
	case COCCI_ALWAYS:
		break;
	}
	return true;
}

const struct cfunction *verify_function(const struct cfunctions *functions, struct slice names)
{
	struct slice name;

	while (slice_cut(&names, '|', &name)) {
		const struct cfunction *function = cfunctions_find(functions, slice_trim(name));

		if (function)
			return function;
	}
	return NULL;
}

#define MARK "int series_cut_%zu;\n\n"

void verify_cut(struct arena *arena, const struct verify_ask *ask, struct slice text,
		struct verify_cut *cut, char **missing)
{
	struct text out __free_text = TEXT_INIT;
	struct ctokens tokens = ctokens_of(arena, text), before = ctokens_of(arena, ask->before);
	struct cfunctions functions = cfunctions_of(arena, &tokens);
	bool *wanted = arena_alloc(arena, functions.n + 1);

	*missing = NULL;
	*cut = (struct verify_cut){ 0 };
	for (size_t i = ask->first; i < ask->end; i++) {
		const struct cocci_line *line = &ask->cocci->items[i];
		const struct cfunction *function;

		if ((line->key != COCCI_CHANGE && line->key != COCCI_ADD &&
		     line->key != COCCI_LOOK) ||
		    !verify_holds(ask, &before, &line->condition))
			continue;
		function = verify_function(&functions, line->value);
		if (function)
			wanted[function - functions.items] = true;
		else if (line->key != COCCI_ADD && !*missing)
			*missing = arena_printf(arena, "%s has no function " SLICE_FMT, ask->path,
						SLICE_ARG(line->value));
	}
	cut->functions = arena_alloc(arena, (functions.n + 1) * sizeof(*cut->functions));
	for (size_t i = 0; i < functions.n; i++) {
		const struct cfunction *f = &functions.items[i];
		struct slice *function = &cut->functions[cut->n];

		if (!wanted[i])
			continue;
		function->p = tokens.items[f->first].text.p;
		function->n = (size_t)(tokens.items[f->end - 1].text.p - function->p) + 1;
		text_addf(&out, MARK, cut->n++);
		text_add_slice(&out, *function);
		text_adds(&out, "\n\n");
	}
	cut->text = slice_copy(arena, text_slice(&out));
}

bool verify_join(struct arena *arena, const struct verify_cut *cut, struct slice text,
		 struct slice made, struct slice *joined)
{
	struct text out __free_text = TEXT_INIT;
	const char *at = text.p, *end = text.p + text.n;

	for (size_t i = 0; i < cut->n; i++) {
		char *mark = arena_printf(arena, MARK, i);
		struct slice part, next;
		ptrdiff_t from, to = (ptrdiff_t)made.n;

		/* Without the blank line, which is white space and so not kept for sure. */
		from = slice_find(made, (struct slice){ mark, strlen(mark) - 2 });
		if (from < 0)
			return false;
		part = slice_skip(made, (size_t)from + strlen(mark) - 2);
		if (i + 1 < cut->n) {
			mark = arena_printf(arena, MARK, i + 1);
			to = slice_find(part, (struct slice){ mark, strlen(mark) - 2 });
			if (to < 0)
				return false;
			part.n = (size_t)to;
		}
		next = slice_trim(part);
		text_add(&out, at, (size_t)(cut->functions[i].p - at));
		text_add_slice(&out, next);
		at = cut->functions[i].p + cut->functions[i].n;
	}
	text_add(&out, at, (size_t)(end - at));
	*joined = slice_copy(arena, text_slice(&out));
	return true;
}

/* "must go once, and went 0 times" */
static char *count_wrong(struct arena *arena, const struct cfunction *function,
			 const struct cocci_count *count, long by)
{
	return arena_printf(arena,
			    "in " SLICE_FMT "() '" SLICE_FMT
			    "' must stand %+ld times against before, and stands %+ld times",
			    SLICE_ARG(function->name), SLICE_ARG(count->word), count->by, by);
}

struct sides {
	struct ctokens before, after;
	struct cfunctions had, has;
	bool *declared; /* per function of `had` */
};

static char *verify_declared(struct arena *arena, const struct verify_ask *ask, struct sides *s)
{
	for (size_t i = ask->first; i < ask->end; i++) {
		const struct cocci_line *line = &ask->cocci->items[i];
		const struct cfunction *had, *has;

		if ((line->key != COCCI_CHANGE && line->key != COCCI_ADD) ||
		    !verify_holds(ask, &s->before, &line->condition))
			continue;
		had = verify_function(&s->had, line->value);
		has = had ? cfunctions_find(&s->has, had->name) :
			    verify_function(&s->has, line->value);
		if (line->key == COCCI_ADD) {
			if (had || !has)
				return arena_printf(arena, SLICE_FMT "() %s",
						    SLICE_ARG(line->value),
						    had ? "is there already" : "was not added");
			continue;
		}
		if (!had || !has)
			return arena_printf(arena, "there is no function " SLICE_FMT,
					    SLICE_ARG(line->value));
		s->declared[had - s->had.items] = true;
		for (size_t k = 0; k < line->n; k++) {
			struct slice word = line->items[k].word;
			long by = (long)ctokens_count(&s->after, has->first, has->end, word) -
				  (long)ctokens_count(&s->before, had->first, had->end, word);

			if (by != line->items[k].by)
				return count_wrong(arena, had, &line->items[k], by);
		}
	}
	return NULL;
}

static bool added(const struct verify_ask *ask, const struct sides *s, struct slice name)
{
	for (size_t i = ask->first; i < ask->end; i++)
		if (ask->cocci->items[i].key == COCCI_ADD &&
		    slice_eq(ask->cocci->items[i].value, name) &&
		    verify_holds(ask, &s->before, &ask->cocci->items[i].condition))
			return true;
	return false;
}

static bool same_range(const struct sides *s, size_t i, size_t i_end, size_t j, size_t j_end)
{
	return i_end - i == j_end - j && ctokens_same(&s->before, i, &s->after, j, i_end - i);
}

/* Everything that is not declared must be as it was. */
static char *verify_rest(struct arena *arena, const struct verify_ask *ask, const struct sides *s,
			 struct text *did)
{
	size_t before = 0, after = 0, k = 0;

	for (size_t f = 0; f <= s->had.n; f++) {
		size_t until = f < s->had.n ? s->had.items[f].first : s->before.n;
		const struct cfunction *had = &s->had.items[f], *has;

		for (; k < s->has.n && added(ask, s, s->has.items[k].name); k++) {
			size_t n = s->has.items[k].first - after;

			if (before + n > s->before.n ||
			    !same_range(s, before, before + n, after, after + n))
				return arena_strdup(arena,
						    "something changed outside of functions");
			before += n;
			after = s->has.items[k].end;
		}
		if (!same_range(s, before, until, after,
				k < s->has.n ? s->has.items[k].first : s->after.n))
			return arena_strdup(arena, "something changed outside of functions");
		if (f == s->had.n)
			return NULL;
		if (k == s->has.n)
			return arena_printf(arena, SLICE_FMT "() is gone", SLICE_ARG(had->name));
		has = &s->has.items[k++];
		if (!slice_eq(had->name, has->name))
			return arena_printf(arena, SLICE_FMT "() came without being declared",
					    SLICE_ARG(has->name));
		if (!same_range(s, had->first, had->end, has->first, has->end)) {
			if (!s->declared[f])
				return arena_printf(arena,
						    SLICE_FMT "() changed without being declared",
						    SLICE_ARG(had->name));
			text_addf(did, "%s" SLICE_FMT "()", did->len ? ", " : "",
				  SLICE_ARG(had->name));
		}
		before = had->end;
		after = has->end;
	}
	return NULL;
}

char *verify_changes(struct arena *arena, const struct verify_ask *ask, char **did)
{
	struct text names __free_text = TEXT_INIT;
	struct sides s = { .before = ctokens_of(arena, ask->before),
			   .after = ctokens_of(arena, ask->after) };
	char *wrong;

	s.had = cfunctions_of(arena, &s.before);
	s.has = cfunctions_of(arena, &s.after);
	s.declared = arena_alloc(arena, s.had.n + 1);
	wrong = verify_declared(arena, ask, &s);
	if (!wrong)
		wrong = verify_rest(arena, ask, &s, &names);
	*did = arena_strdup(arena, text_str(&names));
	return wrong;
}
