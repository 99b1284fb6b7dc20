/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Words are what C's lexer would see, near enough for device trees, assembler, Makefiles and prose: names, numbers, strings,
 * comments, and every other character by itself. Likeness of two lines is the weight of their longest common subsequence
 * of words, O(words x words), with a word cap that keeps a hostile line from costing more.
 */
#include "patch/source.h"

#include <ctype.h>

#define WORDS_MAX 96 /* of a line, that are compared */

struct vocabulary *vocabulary_new(struct arena *arena)
{
	struct vocabulary *vocabulary = arena_new_of(arena, struct vocabulary);

	vocabulary->arena = arena;
	vocabulary->lines = names_new(arena);
	vocabulary->words = names_new(arena);
	return vocabulary;
}

/* White space runs as one space, none at the ends; the line itself where it is so already. */
static struct slice spaceless(struct arena *arena, struct slice line)
{
	struct slice s = slice_trim(line);
	bool plain = true;
	size_t n = 0;
	char *out;

	for (size_t i = 0; i < s.n && plain; i++)
		plain = !(s.p[i] == '\t' || s.p[i] == '\r' || (s.p[i] == ' ' && s.p[i + 1] == ' '));
	if (plain)
		return s;
	out = arena_alloc(arena, s.n);
	for (size_t i = 0; i < s.n; i++) {
		bool space = s.p[i] == ' ' || s.p[i] == '\t' || s.p[i] == '\r';

		if (!space)
			out[n++] = s.p[i];
		else if (n && out[n - 1] != ' ')
			out[n++] = ' ';
	}
	return (struct slice){ out, n };
}

static enum weight line_weight(struct slice s)
{
	static const char *const low[] = { "else",
					   "} else {",
					   "return 0;",
					   "return;",
					   "break;",
					   "continue;",
					   "return ret;",
					   "#endif",
					   "#else",
					   "do {",
					   "return err;",
					   "status = \"okay\";",
					   "/*",
					   "*/",
					   "*",
					   "return -EINVAL;",
					   "return -ENOMEM;",
					   "return rc;",
					   "goto out;",
					   "out:",
					   "default:" };
	size_t letters = 0;

	if (!s.n)
		return WEIGHT_BLANK;
	for (size_t i = 0; i < s.n; i++)
		letters += isalnum((unsigned char)s.p[i]) != 0;
	if (letters < 3)
		return WEIGHT_LOW;
	for (size_t i = 0; i < ARRAY_SIZE(low); i++)
		if (slice_is(s, low[i]))
			return WEIGHT_LOW;
	return WEIGHT_FULL;
}

struct source *source_of_lines(struct vocabulary *vocabulary, struct lines lines)
{
	struct arena *arena = vocabulary->arena;
	struct source *source = arena_new_of(arena, struct source);

	source->vocabulary = vocabulary;
	source->lines = lines;
	source->number = arena_alloc(arena, (lines.n + 1) * sizeof(*source->number));
	source->weight = arena_alloc(arena, lines.n + 1);
	source->words = arena_alloc(arena, (lines.n + 1) * sizeof(*source->words));
	for (size_t i = 0; i < lines.n; i++) {
		struct slice s = spaceless(arena, lines.items[i]);

		source->number[i] = names_number(vocabulary->lines, s);
		source->weight[i] = (unsigned char)line_weight(s);
	}
	return source;
}

struct source *source_new(struct vocabulary *vocabulary, struct slice text)
{
	return source_of_lines(vocabulary, lines_of(vocabulary->arena, text));
}

static bool name_char(char c)
{
	return isalnum((unsigned char)c) || c == '_' || (unsigned char)c >= 0x80;
}

/* Bytes of the word that begins at s.p[0], which is no white space. */
static size_t word_length(struct slice s, enum word_kind *kind)
{
	size_t n = 1;
	char c = s.p[0];

	if (name_char(c)) {
		*kind = isdigit((unsigned char)c) ? WORD_NUMBER : WORD_NAME;
		while (n < s.n && name_char(s.p[n]))
			n++;
	} else if (c == '"') {
		*kind = WORD_STRING;
		while (n < s.n && s.p[n] != '"' && s.p[n] != '\n')
			n += s.p[n] == '\\' && n + 1 < s.n ? 2 : 1;
		n += n < s.n && s.p[n] == '"';
	} else if (c == '/' && s.n > 1 && s.p[1] == '/') {
		*kind = WORD_COMMENT;
		while (n < s.n && s.p[n] != '\n')
			n++;
	} else if (c == '/' && s.n > 1 && s.p[1] == '*') {
		ptrdiff_t end = slice_find(slice_skip(s, 2), SLICE("*/"));

		*kind = WORD_COMMENT;
		n = end < 0 ? s.n : (size_t)end + 4;
	} else {
		*kind = WORD_SIGN;
		if (s.n > 1 && c == '-' && s.p[1] == '>')
			n = 2;
	}
	return n < s.n ? n : s.n;
}

struct words words_of(struct vocabulary *vocabulary, struct slice text)
{
	struct words words = { 0 };
	size_t space = 0;

	words.comment = slice_is_comment(text);
	while (text.n) {
		struct word *word;
		size_t n;

		if (isspace((unsigned char)text.p[0])) {
			space++;
			text = slice_skip(text, 1);
			continue;
		}
		word = arena_push(vocabulary->arena, &words);
		n = word_length(text, &word->kind);
		word->text = (struct slice){ text.p, n };
		word->space = space;
		word->number = names_number(vocabulary->words, word->text);
		text = slice_skip(text, n);
		space = 0;
	}
	return words;
}

const struct words *source_words(struct source *source, size_t i)
{
	if (!source->words[i]) {
		source->words[i] = arena_new_of(source->vocabulary->arena, struct words);
		*source->words[i] = words_of(source->vocabulary, source->lines.items[i]);
	}
	return source->words[i];
}

bool slice_is_comment(struct slice line)
{
	line = slice_trim(line);
	return slice_starts(line, "/*") || slice_starts(line, "*/") || slice_starts(line, "* ") ||
	       slice_is(line, "*") || slice_starts(line, "//");
}

static unsigned int word_weight(const struct word *word)
{
	return word->kind == WORD_SIGN ? 1 : 3;
}

unsigned int words_alike(const struct words *a, const struct words *b)
{
	unsigned int best[2][WORDS_MAX + 1] = { { 0 } }, total = 0;
	size_t na = a->n < WORDS_MAX ? a->n : WORDS_MAX, nb = b->n < WORDS_MAX ? b->n : WORDS_MAX;

	for (size_t i = 0; i < na; i++)
		total += word_weight(&a->items[i]);
	for (size_t j = 0; j < nb; j++)
		total += word_weight(&b->items[j]);
	if (!total)
		return na == nb ? 100 : 0;
	for (size_t i = 0; i < na; i++) {
		unsigned int *now = best[(i + 1) & 1], *was = best[i & 1];

		for (size_t j = 0; j < nb; j++) {
			unsigned int up = was[j + 1], left = now[j];

			now[j + 1] = up > left ? up : left;
			if (a->items[i].number == b->items[j].number &&
			    was[j] + word_weight(&a->items[i]) > now[j + 1])
				now[j + 1] = was[j] + word_weight(&a->items[i]);
		}
	}
	return 200 * best[na & 1][nb] / total;
}
