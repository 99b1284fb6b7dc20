/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/audit_names.h"

#include <ctype.h>

bool audit_words_have(const struct audit_words *words, struct slice word)
{
	for (size_t i = 0; i < words->n; i++)
		if (slice_eq(words->items[i], word))
			return true;
	return false;
}

void audit_words_add(struct arena *arena, struct audit_words *words, struct slice word)
{
	if (word.n && !audit_words_have(words, word))
		*arena_push(arena, words) = word;
}

struct audit_text audit_text(struct arena *arena, struct slice text)
{
	struct audit_text out = { .text = text, .tokens = ctokens_of(arena, text) };

	out.functions = cfunctions_of(arena, &out.tokens);
	return out;
}

bool audit_mentions(const struct audit_text *text, const struct cfunction *function,
		    const struct audit_words *words)
{
	for (size_t i = function->first; i < function->end; i++)
		if (!slice_eq(text->tokens.items[i].text, function->name) &&
		    audit_words_have(words, text->tokens.items[i].text))
			return true;
	return false;
}

/* Lines [first, end) of one side of a change. */
struct range {
	size_t first, end;
};
struct ranges {
	struct range *items;
	size_t n, cap;
};

static bool touches(const struct ranges *ranges, size_t first, size_t last)
{
	for (size_t i = 0; i < ranges->n; i++)
		if (first < ranges->items[i].end && ranges->items[i].first <= last)
			return true;
	return false;
}

/* "#define NAME", "# define NAME(x)": NAME. */
static struct slice defined(struct slice directive)
{
	struct slice rest = slice_trim(slice_skip(directive, 1));
	size_t n = 0;

	if (!slice_starts(rest, "define"))
		return SLICE("");
	rest = slice_trim(slice_skip(rest, strlen("define")));
	while (n < rest.n && (isalnum((unsigned char)rest.p[n]) || rest.p[n] == '_'))
		n++;
	return (struct slice){ rest.p, n };
}

static bool is_record(struct slice line)
{
	return slice_starts(line, "struct ") || slice_starts(line, "union ") ||
	       slice_starts(line, "enum ") || slice_starts(line, "typedef struct") ||
	       slice_starts(line, "typedef union") || slice_starts(line, "typedef enum");
}

/* Is a line, counted from 1, one inside of a record that begins in the first column? */
static bool in_record(const struct lines *lines, size_t line)
{
	if (line > lines->n || !lines->items[line - 1].n ||
	    !isspace((unsigned char)lines->items[line - 1].p[0]))
		return false;
	while (--line > 0) {
		struct slice one = lines->items[line - 1];

		if (one.n && !isspace((unsigned char)one.p[0]) && one.p[0] != '#' &&
		    one.p[0] != '/')
			return is_record(one) && memchr(one.p, '{', one.n);
	}
	return false;
}

/* What a token outside of every function, on a line that differs, tells. */
static void outside(struct arena *arena, const struct ctoken *token, const struct lines *lines,
		    size_t line, struct audit_change *change)
{
	struct slice text = token->text;

	if (text.p[0] == '#') {
		struct slice name = defined(text);

		audit_words_add(arena, &change->names, name);
		change->wide |= !name.n && slice_find(text, SLICE("if")) >= 0;
	} else if (ctoken_word(token) && text.n > 2 && !isdigit((unsigned char)text.p[0])) {
		audit_words_add(arena, &change->names, text);
	}
	change->wide |= in_record(lines, line);
}

static void side(struct arena *arena, struct slice text, const struct ranges *ranges,
		 struct audit_change *change)
{
	struct audit_text whole = audit_text(arena, text);
	struct lines lines = lines_of(arena, text);
	size_t line = 1, f = 0, first_line = 0;
	const char *at = text.p;

	for (size_t i = 0; i < whole.tokens.n; i++) {
		const struct ctoken *token = &whole.tokens.items[i];
		const struct cfunction *function;
		size_t last;

		for (; at < token->text.p; at++)
			line += *at == '\n';
		last = line;
		for (size_t k = 0; k < token->text.n; k++)
			last += token->text.p[k] == '\n' && k + 1 < token->text.n;
		while (f < whole.functions.n && whole.functions.items[f].end <= i)
			f++;
		function = f < whole.functions.n && whole.functions.items[f].first <= i ?
				   &whole.functions.items[f] :
				   NULL;
		if (function && function->first == i)
			first_line = line;
		if (function && function->end == i + 1 && touches(ranges, first_line, last))
			audit_words_add(arena, &change->functions, function->name);
		else if (!function && touches(ranges, line, last))
			outside(arena, token, &lines, line, change);
	}
}

int audit_change(struct arena *arena, struct slice old, struct slice new,
		 struct audit_change *change)
{
	struct filediff file = { 0 };
	struct ranges was = { 0 }, is = { 0 };

	if (diff_texts(arena, old, new, 0, &file))
		return -1;
	for (size_t i = 0; i < file.n; i++) {
		const struct hunk *hunk = &file.items[i];

		if (hunk->old_count)
			*arena_push(arena, &was) =
				(struct range){ hunk->old_start,
						hunk->old_start + hunk->old_count };
		if (hunk->new_count)
			*arena_push(arena, &is) =
				(struct range){ hunk->new_start,
						hunk->new_start + hunk->new_count };
	}
	side(arena, old, &was, change);
	side(arena, new, &is, change);
	return 0;
}

/* "static int f(struct x *y)": f. */
static struct slice function_of(struct slice line)
{
	const char *open = memchr(line.p, '(', line.n);
	size_t end, n;

	if (!open || !line.n || isspace((unsigned char)line.p[0]) || line.p[0] == '#')
		return SLICE("");
	end = n = (size_t)(open - line.p);
	while (n && (isalnum((unsigned char)line.p[n - 1]) || line.p[n - 1] == '_'))
		n--;
	return (struct slice){ line.p + n, end - n };
}

void audit_diff_functions(struct arena *arena, const struct diff *diff, struct audit_words *words)
{
	for (size_t f = 0; f < diff->n; f++)
		for (size_t h = 0; h < diff->items[f].n; h++) {
			const struct hunk *hunk = &diff->items[f].items[h];

			audit_words_add(arena, words, function_of(hunk->heading));
			for (size_t i = 0; i < hunk->n; i++)
				audit_words_add(arena, words, function_of(hunk->items[i].text));
		}
}
