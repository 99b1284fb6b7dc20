/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A semantic patch can carry programs: @script:LANGUAGE@ rules, @initialize@ and @finalize@ blocks,
 * OCaml or Python in the declarations of a rule (": script:ocaml(x) { ... }"), and "#spatch" lines
 * that set options of the command line, "#include" that reads another file and "using" that reads
 * isomorphisms from one. A series from a stranger gets none of these. The search for them is on
 * purpose coarser than SmPL's grammar: the words may not stand anywhere, not even in a comment,
 * since whoever can make us and spatch disagree about where a comment ends would be through.
 */
#include "patch/cocci.h"

#include <ctype.h>

#include "base/fail.h"
#include "base/file.h"

#define COCCI_MAX_BYTES ((size_t)1024 * 1024)

static const char *const keys[] = { "file", "change", "add", "define", "note", "look", "every" };

static int bad(const struct cocci *cocci, unsigned int line, const char *what)
{
	return fail_as(FAIL_USAGE, "%s:%u: %s", cocci->path, line, what);
}

static struct slice take_word(struct slice *rest)
{
	struct slice word;

	*rest = slice_trim(*rest);
	word = (struct slice){ rest->p, 0 };
	while (word.n < rest->n && !isspace((unsigned char)rest->p[word.n]))
		word.n++;
	*rest = slice_trim(slice_skip(*rest, word.n));
	return word;
}

/* "[has WORD]" at the front (of a note) or at the end (of everything else) of `rest`. */
static int take_condition(const struct cocci *cocci, struct cocci_line *line, struct slice *rest)
{
	static const char *const words[] = { "", "has", "lacks", "probe" };
	struct slice inside, verb;
	size_t open = 0, close;

	while (open < rest->n && rest->p[open] != '[')
		open++;
	if (open == rest->n || (line->key == COCCI_NOTE && open > 0))
		return 0;
	for (close = open; close < rest->n && rest->p[close] != ']'; close++)
		;
	if (close == rest->n || (line->key != COCCI_NOTE && close + 1 != rest->n))
		return bad(cocci, line->line,
			   "the condition's ']' is missing, or something follows it");
	inside = (struct slice){ rest->p + open + 1, close - open - 1 };
	verb = take_word(&inside);
	line->condition.word = inside;
	for (size_t i = 1; i < ARRAY_SIZE(words); i++)
		if (slice_is(verb, words[i]))
			line->condition.when = (enum cocci_when)i;
	if (line->condition.when == COCCI_ALWAYS || !inside.n)
		return bad(cocci, line->line,
			   "a condition is [has WORD], [lacks WORD] or [probe NAME]");
	if (line->key == COCCI_NOTE)
		*rest = slice_trim(slice_skip(*rest, close + 1));
	else
		*rest = slice_trim((struct slice){ rest->p, open });
	return 0;
}

/* "WORD+1 WORD-2", or "WORD WORD" of a look. */
static int take_counts(struct arena *arena, const struct cocci *cocci, struct cocci_line *line,
		       struct slice rest)
{
	struct slice piece;

	while ((piece = take_word(&rest)).n) {
		struct cocci_count count = { .word = piece };
		size_t at = 0;

		while (at < piece.n && piece.p[at] != '+' && piece.p[at] != '-')
			at++;
		if (line->key == COCCI_CHANGE) {
			struct slice digits = slice_skip(piece, at + 1);
			unsigned long value;

			if (at == 0 || at == piece.n || !slice_number(digits, 1000, &value))
				return bad(cocci, line->line,
					   "a change is FUNCTION: WORD+1 or WORD-1");
			count.word.n = at;
			count.by = piece.p[at] == '-' ? -(long)value : (long)value;
		}
		*arena_push(arena, line) = count;
	}
	if (!line->n)
		return bad(cocci, line->line, "says of no word how often it stands there");
	return 0;
}

static int read_line(struct arena *arena, struct cocci *cocci, unsigned int number,
		     struct slice rest)
{
	struct cocci_line line = { .line = number };
	struct slice word = take_word(&rest), functions;
	size_t key = 0;

	while (key < ARRAY_SIZE(keys) && !slice_is(word, keys[key]))
		key++;
	if (key == ARRAY_SIZE(keys))
		return fail_as(FAIL_USAGE,
			       "%s:%u: unknown word '" SLICE_FMT
			       "' (known: file, change, add, define, note, look, every)",
			       cocci->path, number, SLICE_ARG(word));
	line.key = (enum cocci_key)key;
	if (take_condition(cocci, &line, &rest))
		return -1;
	line.value = rest;
	if (line.key == COCCI_CHANGE || line.key == COCCI_LOOK) {
		if (!slice_cut(&rest, ':', &functions) || functions.p + functions.n == rest.p)
			return bad(cocci, number, "has no ':' behind the function");
		line.value = slice_trim(functions);
		if (take_counts(arena, cocci, &line, rest))
			return -1;
	}
	if (!line.value.n)
		return bad(cocci, number, "says nothing");
	*arena_push(arena, cocci) = line;
	return 0;
}

static bool word_at(struct slice text, size_t at, size_t n)
{
	bool left = at && (isalnum((unsigned char)text.p[at - 1]) || text.p[at - 1] == '_');
	bool right = at + n < text.n &&
		     (isalnum((unsigned char)text.p[at + n]) || text.p[at + n] == '_');

	return !left && !right;
}

static int refuse_scripts(const struct cocci *cocci)
{
	static const char *const words[] = { "script", "initialize", "finalize", "ocaml",
					     "python", "#spatch",    "#include", "using" };

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		struct slice rest = cocci->text, word = slice_of(words[i]);
		ptrdiff_t at;

		for (; (at = slice_find(rest, word)) >= 0;
		     rest = slice_skip(rest, (size_t)at + 1)) {
			size_t whole = (size_t)(rest.p - cocci->text.p) + (size_t)at;

			if (!word_at(cocci->text, whole, word.n))
				continue;
			return fail_as(
				FAIL_POLICY,
				"%s: has the word '%s', which can run code or read files, and its series is not trusted",
				cocci->path, words[i]);
		}
	}
	return 0;
}

int cocci_read(struct arena *arena, const char *path, bool trusted, struct cocci *cocci)
{
	struct slice rest, line;
	unsigned int number = 0;
	int r;

	*cocci = (struct cocci){ .path = path };
	r = file_read(arena, path, COCCI_MAX_BYTES, &cocci->text);
	if (r < 0)
		return -1;
	if (!r)
		return fail_as(FAIL_USAGE, "%s: no such file", path);
	if (!trusted && refuse_scripts(cocci))
		return -1;
	for (rest = cocci->text; slice_line(&rest, &line);) {
		number++;
		if (slice_starts(line, "//:") &&
		    read_line(arena, cocci, number, slice_skip(line, 3)))
			return -1;
	}
	if (!cocci->n)
		return bad(cocci, 1,
			   "declares nothing: '//: file PATH' and what changes there are missing");
	return 0;
}
