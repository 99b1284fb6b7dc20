/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "patch/known.h"

#include <stdlib.h>

#include "base/fail.h"
#include "patch/source.h"
#include "patch/symbol.h"

/* Names that one file's added lines bring. */
struct brought {
	struct arena *arena;
	const char *path;
	struct lines added, around; /* around: lines of the hunks that were there before */
	struct slice before;	    /* the whole file, before the patch */
	struct slice *items;	    /* the names */
	size_t n, cap;
};

static bool ends(const char *path, const char *suffix)
{
	return slice_ends(slice_of(path), suffix);
}

/* Only where words are names: not in prose. In Makefiles those of Kconfig are. */
static bool is_code(const char *path)
{
	return ends(path, ".c") || ends(path, ".h") || ends(path, ".S");
}

static bool is_makefile(const char *path)
{
	return ends(path, "Makefile") || ends(path, "Kbuild");
}

static void from_diff(struct brought *b, const struct diff *diff)
{
	for (size_t f = 0; f < diff->n; f++) {
		const struct filediff *file = &diff->items[f];

		if (!file->new_path || strcmp(file->new_path, b->path) != 0)
			continue;
		for (size_t h = 0; h < file->n; h++)
			for (size_t i = 0; i < file->items[h].n; i++) {
				const struct diff_line *line = &file->items[h].items[i];

				struct lines *lines = line->kind == '+' ? &b->added : &b->around;

				*arena_push(b->arena, lines) = line->text;
			}
	}
}

static int line_cmp(const void *a, const void *b)
{
	return slice_cmp(*(const struct slice *)a, *(const struct slice *)b);
}

/* Lines that the file has oftener than before. Where they stand does not matter here. */
static void from_texts(struct brought *b, struct slice after)
{
	struct lines was = lines_of(b->arena, b->before), is = lines_of(b->arena, after);
	struct lines sorted = lines_of(b->arena, after);
	size_t k = 0;

	if (was.n)
		qsort(was.items, was.n, sizeof(*was.items), line_cmp);
	if (sorted.n)
		qsort(sorted.items, sorted.n, sizeof(*sorted.items), line_cmp);

	struct names *fresh = names_new(b->arena);

	for (size_t i = 0; i < sorted.n; i++) {
		while (k < was.n && slice_cmp(was.items[k], sorted.items[i]) < 0)
			k++;
		if (k < was.n && slice_eq(was.items[k], sorted.items[i]))
			k++;
		else
			names_number(fresh, sorted.items[i]);
	}
	/* In the file's order again, so that a comment has its beginning. */
	for (size_t i = 0; i < is.n; i++) {
		unsigned int number;

		if (names_find(fresh, is.items[i], &number))
			*arena_push(b->arena, &b->added) = is.items[i];
	}
}

static bool in_lines(const struct lines *lines, struct slice name)
{
	for (size_t i = 0; i < lines->n; i++)
		if (slice_has_word(lines->items[i], name))
			return true;
	return false;
}

static bool is_sign(const struct word *word, char c)
{
	return word->kind == WORD_SIGN && *word->text.p == c;
}

static bool is_type(const struct word *word)
{
	static const char *const others[] = { "return", "goto", "case", "else", "sizeof", "do" };

	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		if (slice_is(word->text, others[i]))
			return false;
	return word->kind == WORD_NAME;
}

/* "type name;", "type *name =", "(type *name,": word k of a line is what a declaration declares. */
static bool declared(const struct words *words, size_t k)
{
	size_t type = k;

	if (k + 1 < words->n && !memchr(";=,)[:", *words->items[k + 1].text.p, 6))
		return false;
	while (type && is_sign(&words->items[type - 1], '*'))
		type--;
	if (!type || !is_type(&words->items[type - 1]))
		return false;
	if (type == k)
		return true;
	/* "a * b" multiplies, unless what stands before begins the line or a parameter. */
	type--;
	while (type && is_type(&words->items[type - 1]))
		type--;
	return !type || is_sign(&words->items[type - 1], '(') ||
	       is_sign(&words->items[type - 1], ',');
}

/* Does this line define the name: a function, macro, label, variable or parameter? */
static bool defines(const struct words *words, struct slice line, struct slice name)
{
	bool top = *line.p != ' ' && *line.p != '\t';

	if (slice_starts(line, "#"))
		return words->n > 2 && slice_is(words->items[1].text, "define") &&
		       slice_eq(words->items[2].text, name);
	for (size_t k = 0; k < words->n; k++) {
		const struct word *next = k + 1 < words->n ? &words->items[k + 1] : NULL;

		if (!slice_eq(words->items[k].text, name))
			continue;
		if (!k && next && is_sign(next, ':') && words->n == 2)
			return true;
		if (top && k && next && is_sign(next, '('))
			return true;
		if (declared(words, k))
			return true;
	}
	return false;
}

/* What the patch itself brings into being is there with it. */
static bool introduced(struct brought *b, struct slice name)
{
	struct vocabulary *vocabulary = vocabulary_new(b->arena);

	for (size_t i = 0; i < b->added.n; i++) {
		struct slice line = b->added.items[i];
		struct words words;

		if (!slice_has_word(line, name) || slice_is_comment(line))
			continue;
		words = words_of(vocabulary, line);
		if (defines(&words, line, name))
			return true;
	}
	return false;
}

/* Names of the added lines that the file did not have. */
static void find_names(struct brought *b)
{
	struct symbols *symbols = symbols_new(b->arena);
	bool code = is_code(b->path);

	symbols_add_lines(symbols, b->added.items, b->added.n);
	for (size_t i = 0; i < symbols->n; i++) {
		struct slice name = symbols->items[i].name;

		if (symbol_common(name) || (!code && !slice_starts(name, "CONFIG_")))
			continue;
		/* Cheapest first: the whole file is looked through last. */
		if (in_lines(&b->around, name) || introduced(b, name) ||
		    slice_has_word(b->before, name))
			continue;
		*arena_push(b->arena, b) = name;
	}
}

/* Where the base has the file: by its path, or by the path that the patch has for it. */
static int base_path(const struct lookup *base, const struct known_ask *ask, const char **path)
{
	const char *name = strrchr(*path, '/');
	struct slice text;
	int r = draft_read(base->draft, *path, &text, NULL);

	for (size_t i = 0; !r && i < ask->diff->n; i++) {
		const char *other = ask->diff->items[i].old_path;

		if (!other || !ends(other, name ? name : *path))
			continue;
		*path = other;
		r = draft_read(base->draft, other, &text, NULL);
	}
	return r;
}

/* Which of the missing names does the base have, in the file or where it gets them from? */
static int ask_base(struct brought *b, const struct known_ask *ask, const bool *there,
		    struct known_miss *miss)
{
	struct lookup base;
	struct slice text;
	bool *found = arena_alloc(b->arena, b->n + 1);
	const char *path = b->path;
	int r = ask->base ? ask->base(ask->data, &base) : 0;

	if (r <= 0)
		return r;
	r = base_path(&base, ask, &path);
	if (r <= 0)
		return r < 0 ? -1 : 1;
	if (draft_read(base.draft, path, &text, NULL) < 0)
		return -1;
	for (size_t i = 0; i < b->n; i++)
		found[i] = there[i] || slice_has_word(text, b->items[i]);
	if (lookup_names(&base, path, b->items, b->n, found))
		return -1;
	for (size_t i = 0; i < b->n && !miss->path; i++)
		if (!there[i] && found[i])
			*miss = (struct known_miss){ b->path, b->items[i], path };
	return 1;
}

static int check_file(struct brought *b, const struct known_ask *ask, struct known_miss *miss)
{
	bool *there;
	int r;

	find_names(b);
	if (!b->n)
		return 0;
	there = arena_alloc(b->arena, b->n + 1);
	if (lookup_names(&ask->target, b->path, b->items, b->n, there))
		return -1;
	if (!memchr(there, 0, b->n))
		return 0;
	r = ask_base(b, ask, there, miss);
	if (r < 0)
		return -1;
	for (size_t i = 0; !r && i < b->n && !miss->path; i++)
		if (!there[i] && slice_starts(b->items[i], "CONFIG_"))
			*miss = (struct known_miss){ b->path, b->items[i], NULL };
	return 0;
}

int known_check(struct arena *arena, const struct known_ask *ask, struct known_miss *miss)
{
	struct draft *draft = ask->target.draft;
	struct draft_paths edited = draft_edited(draft, arena, ask->since);

	*miss = (struct known_miss){ 0 };
	for (size_t i = 0; i < edited.n && !miss->path; i++) {
		struct arena *scratch __free(arena) = arena_new();
		struct brought b = { .arena = scratch, .path = edited.items[i] };
		struct slice after;
		int r;

		if (!is_code(b.path) && !is_makefile(b.path))
			continue;
		b.before = SLICE("");
		r = draft_read(draft, b.path, &after, NULL);
		if (r < 0 || draft_read_at(draft, ask->since, b.path, &b.before) < 0)
			return -1;
		if (!r)
			continue;
		if (ask->as_it_is)
			from_diff(&b, ask->diff);
		else
			from_texts(&b, after);
		if (check_file(&b, ask, miss))
			return -1;
		miss->name = slice_copy(arena, miss->name);
		if (miss->base)
			miss->base = arena_strdup(arena, miss->base);
	}
	return miss->path != NULL;
}
