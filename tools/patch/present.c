/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Looking for a change that somebody else made.
 *
 * A fix that upstream took looks different two releases later: a helper lost its `static`, a function went to a file
 * of its own. What survives is which function holds which line. So each changed line is looked up by its function: what
 * the patch adds to a function stands in that function, in order, wherever it is defined now; what the patch
 * removes from it stands there no more. It has to stand there more often than in the base's function: a fix often repeats a
 * line that its function has elsewhere (a put, a goto, a return), and to call that "already there" would leave the fix out
 * in silence. Lines that say nothing ("}", "return 0;", comments) are passed over. That alone could be
 * chance where a patch only removes; so somewhere in the patch a line must be found that has a name which
 * only the patch brings. All of the file's hunks or none: half of a change is not the change. O(hunk lines x lines of their functions),
 * plus one search for each function's name in each text.
 */
#include "patch/present.h"

#include "base/fail.h"
#include "patch/scope.h"
#include "patch/symbol.h"

#define ALIKE_MIN 75  /* percent: a line that was refactored is still that line */
#define TEXTS_MAX 400 /* looked through for a function */
#define FUNCTIONS_MAX 200

struct function {
	struct slice name;
	bool looked, found;
	const char *path;
	struct source *source;
	struct scope scope;
};

struct side_line {
	size_t hunk;
	char kind;
	struct slice text;
	long function; /* index, -1: none known */
};

struct search {
	struct arena *arena;
	const struct present_ask *ask;
	struct vocabulary *vocabulary;
	struct {
		struct function *items;
		size_t n, cap;
	} functions;
	struct {
		struct side_line *items;
		size_t n, cap;
	} lines;
	struct {
		struct source **items;
		size_t n, cap;
	} sources;
	struct symbols *old_names; /* of context and removed lines */
	struct source *base;	   /* NULL: not known, then what the hunks show of it */
	struct {
		struct side_line *items;
		size_t n, cap;
	} shown; /* every line of the pre-image that the hunks show */
	bool strong;
};

static long function_of(struct search *s, struct slice name)
{
	for (size_t i = 0; i < s->functions.n; i++)
		if (slice_eq(s->functions.items[i].name, name))
			return (long)i;
	if (s->functions.n == FUNCTIONS_MAX)
		return -1;
	arena_push(s->arena, &s->functions)->name = name;
	return (long)s->functions.n - 1;
}

static bool is_head(struct slice line)
{
	bool letter = line.n && ((line.p[0] | 32) >= 'a' && (line.p[0] | 32) <= 'z');

	return letter && memchr(line.p, '(', line.n) && line.p[line.n - 1] != ';' &&
	       line.p[line.n - 1] != ':';
}

static long function_after(struct search *s, struct slice line, long function)
{
	if (is_head(line))
		return function_of(s, scope_name(line));
	return function;
}

static void add_shown(struct search *s, size_t hunk, struct slice text, long function)
{
	*arena_push(s->arena, &s->shown) = (struct side_line){ hunk, ' ', text, function };
}

static void add_line(struct search *s, size_t hunk, const struct diff_line *line, long function)
{
	*arena_push(s->arena, &s->lines) =
		(struct side_line){ hunk, line->kind, line->text, function };
}

/*
 * Each changed line with the function it stands in, before the patch for a removed one, after it for an added one. A
 * heading names the function of the text before. Where that is still the one that the hunk above ended in, the text
 * after goes on in what it ended in, too: the patch may have begun another function in between.
 */
static void walk_lines(struct search *s)
{
	const struct filediff *file = s->ask->file;
	long before = -1, after = -1;

	for (size_t h = 0; h < file->n; h++) {
		const struct hunk *hunk = &file->items[h];
		bool named = hunk->heading.n && memchr(hunk->heading.p, '(', hunk->heading.n);
		long function = named ? function_of(s, scope_name(hunk->heading)) : -1;

		if (function != before || function < 0)
			before = after = function;
		for (size_t i = 0; i < hunk->n; i++) {
			const struct diff_line *line = &hunk->items[i];
			bool ends = line->text.n && line->text.p[0] == '}';

			if (line->kind != '+')
				before = function_after(s, line->text, before);
			if (line->kind != '+')
				add_shown(s, h, line->text, before);
			if (line->kind != '-')
				after = function_after(s, line->text, after);
			if (line->kind != ' ')
				add_line(s, h, line, line->kind == '+' ? after : before);
			if (ends && line->kind != '+')
				before = -1;
			if (ends && line->kind != '-')
				after = -1;
		}
	}
}

static int source_at(struct search *s, size_t index, struct source **source, const char **path)
{
	struct present_text text;
	int r;

	r = s->ask->text(s->ask->data, index, &text);
	if (r <= 0)
		return r;
	*path = text.path;
	while (s->sources.n <= index)
		*arena_push(s->arena, &s->sources) = NULL;
	*source = s->sources.items[index];
	return 1;
}

/* Where the function is defined now: the file itself first. */
static int find_function(struct search *s, struct function *f)
{
	if (f->looked)
		return 0;
	f->looked = true;
	for (size_t i = 0; i < TEXTS_MAX; i++) {
		struct present_text text;
		struct source *source;
		int r = source_at(s, i, &source, &f->path);

		if (r <= 0)
			return r;
		if (s->ask->text(s->ask->data, i, &text) != 1 || slice_find(text.text, f->name) < 0)
			continue;
		if (!source)
			source = s->sources.items[i] = source_new(s->vocabulary, text.text);
		if (scope_find(source, f->name, &f->scope)) {
			f->found = true;
			f->source = source;
			return 0;
		}
	}
	return 0;
}

/* Lines that say something: neither white space, nor comment, nor one of the lines that stand everywhere. */
static bool says_something(struct search *s, struct slice line)
{
	struct lines one = { &line, 1, 1, false };

	return !slice_is_comment(line) &&
	       source_of_lines(s->vocabulary, one)->weight[0] == WEIGHT_FULL;
}

/* Does the line that is only alike have every name that the patch brings with this one? */
static bool has_new_names(struct search *s, const struct words *line, const struct words *added)
{
	for (size_t i = 0; i < added->n; i++) {
		enum word_kind kind = added->items[i].kind;
		bool found = symbol_common(added->items[i].text) ||
			     (kind != WORD_NAME && kind != WORD_NUMBER) ||
			     symbols_find(s->old_names, added->items[i].text);

		for (size_t k = 0; k < line->n && !found; k++)
			found = line->items[k].number == added->items[i].number;
		if (!found)
			return false;
	}
	return true;
}

/* The line of the function, from `from` on, that this one is; -1. */
static long find_line(struct search *s, const struct function *f, struct slice text, size_t from,
		      bool alike)
{
	struct words words = words_of(s->vocabulary, text);

	for (size_t i = from; i <= f->scope.last && i < f->source->lines.n; i++)
		if (slice_eq_space(f->source->lines.items[i], text))
			return (long)i;
	for (size_t i = from; alike && i <= f->scope.last && i < f->source->lines.n; i++)
		if (words_alike(source_words(f->source, i), &words) >= ALIKE_MIN &&
		    has_new_names(s, source_words(f->source, i), &words))
			return (long)i;
	return -1;
}

/* Is it that line, or, where `alike`, one that was made from it? */
static bool is_line(struct search *s, struct slice line, struct slice text,
		    const struct words *words, bool alike)
{
	struct words own;

	if (slice_eq_space(line, text))
		return true;
	if (!alike)
		return false;
	own = words_of(s->vocabulary, line);
	return words_alike(&own, words) >= ALIKE_MIN && has_new_names(s, &own, words);
}

static size_t count_in(struct search *s, const struct source *source, const struct scope *scope,
		       struct slice text, bool alike)
{
	struct words words = words_of(s->vocabulary, text);
	size_t n = 0;

	for (size_t i = scope->first; i <= scope->last && i < source->lines.n; i++)
		n += is_line(s, source->lines.items[i], text, &words, alike);
	return n;
}

/* How often the function has the line in the base. */
static size_t count_before(struct search *s, const struct side_line *line, const struct function *f,
			   bool alike)
{
	struct words words = words_of(s->vocabulary, line->text);
	struct scope scope;
	size_t n = 0;

	if (s->base && scope_find(s->base, f->name, &scope))
		return count_in(s, s->base, &scope, line->text, alike);
	for (size_t i = 0; i < s->shown.n; i++)
		n += s->shown.items[i].function == line->function &&
		     is_line(s, s->shown.items[i].text, line->text, &words, alike);
	return n;
}

/* How much more often the function has the line after the patch; a diff may show a line that stays as removed and added. */
static long count_gained(const struct search *s, const struct side_line *line)
{
	long n = 0;

	for (size_t i = 0; i < s->lines.n; i++) {
		const struct side_line *other = &s->lines.items[i];

		if (other->function == line->function && slice_eq_space(other->text, line->text))
			n += other->kind == '+' ? 1 : -1;
	}
	return n;
}

/* Does the target's function have the line as often as the patch leaves it? */
static bool often_enough(struct search *s, const struct side_line *line, const struct function *f,
			 long gained)
{
	for (int alike = 0; alike < 2; alike++)
		if (count_in(s, f->source, &f->scope, line->text, alike) >=
		    count_before(s, line, f, alike) + (size_t)gained)
			return true;
	return false;
}

static bool brings_name(struct search *s, struct slice text)
{
	struct words words = words_of(s->vocabulary, text);

	for (size_t i = 0; i < words.n; i++)
		if (words.items[i].kind == WORD_NAME && words.items[i].text.n > 3 &&
		    !symbols_find(s->old_names, words.items[i].text))
			return true;
	return false;
}

static bool added_too(const struct search *s, const struct side_line *removed)
{
	for (size_t i = 0; i < s->lines.n; i++) {
		const struct side_line *line = &s->lines.items[i];

		if (line->kind == '+' && line->function == removed->function &&
		    slice_eq_space(line->text, removed->text))
			return true;
	}
	return false;
}

static void missing(struct search *s, struct present_hunk *hunk, const char *what,
		    struct slice line)
{
	hunk->present = false;
	if (!hunk->evidence)
		hunk->evidence = arena_printf(s->arena, "%s: '" SLICE_FMT "'", what,
					      SLICE_ARG(slice_trim(line)));
}

/* One changed line against its function; `next` is where the next added line of the function may stand. */
static int check_line(struct search *s, const struct side_line *line, struct present_hunk *hunk,
		      size_t *next)
{
	struct function *f;
	long at, gained;

	if (!says_something(s, line->text))
		return 0;
	if (line->function < 0) {
		missing(s, hunk, "a line outside of functions", line->text);
		return 0;
	}
	f = &s->functions.items[line->function];
	if (find_function(s, f))
		return -1;
	if (!f->found) {
		/* a function that the patch removes is gone as it should be */
		if (line->kind == '+' || !is_head(line->text))
			missing(s, hunk, "no such function", f->name);
		return 0;
	}
	if (line->kind == '-') {
		if (!added_too(s, line) && find_line(s, f, line->text, f->scope.first, false) >= 0)
			missing(s, hunk, "a removed line is still there", line->text);
		return 0;
	}
	at = find_line(s, f, line->text,
		       next[line->function] > f->scope.first ? next[line->function] :
							       f->scope.first,
		       true);
	gained = count_gained(s, line);
	if (at < 0 || (gained > 0 && !often_enough(s, line, f, gained))) {
		missing(s, hunk, "an added line is not there", line->text);
		return 0;
	}
	next[line->function] = (size_t)at + 1;
	s->strong |= gained > 0 && brings_name(s, line->text);
	hunk->path = f->path;
	hunk->line = (size_t)at + 1;
	return 0;
}

static void collect_old_names(struct search *s)
{
	for (size_t h = 0; h < s->ask->file->n; h++)
		for (size_t i = 0; i < s->ask->file->items[h].n; i++)
			if (s->ask->file->items[h].items[i].kind != '+')
				symbols_add_lines(s->old_names,
						  &s->ask->file->items[h].items[i].text, 1);
}

static void say_where(struct search *s, struct present_hunk *hunk)
{
	if (hunk->line)
		hunk->evidence = arena_printf(s->arena, "already there, in its function at %s:%zu",
					      hunk->path, hunk->line);
	else
		hunk->evidence = arena_printf(
			s->arena,
			"already there: its function has none of the removed lines any more");
}

int present_find(struct arena *arena, const struct present_ask *ask, struct present *present)
{
	struct search s = { .arena = arena,
			    .ask = ask,
			    .vocabulary = vocabulary_new(arena),
			    .old_names = symbols_new(arena) };
	size_t *next;

	*present = (struct present){ .hunks = arena_alloc(arena, (ask->file->n + 1) *
									 sizeof(*present->hunks)),
				     .all = true };
	collect_old_names(&s);
	if (ask->base.p)
		s.base = source_new(s.vocabulary, ask->base);
	walk_lines(&s);
	next = arena_alloc(arena, (s.functions.n + 1) * sizeof(*next));
	for (size_t h = 0; h < ask->file->n; h++)
		present->hunks[h].present = true;
	for (size_t i = 0; i < s.lines.n; i++)
		if (check_line(&s, &s.lines.items[i], &present->hunks[s.lines.items[i].hunk], next))
			return -1;
	for (size_t h = 0; h < ask->file->n; h++) {
		if (present->hunks[h].present)
			say_where(&s, &present->hunks[h]);
		present->all &= present->hunks[h].present;
	}
	present->strong = present->all && s.strong;
	return 0;
}
