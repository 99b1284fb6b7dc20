/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A hunk can fit a file as text and be wrong as code: it names a function, a field or a CONFIG_ symbol that the target
 * does not have, or calls one with as many arguments as it has upstream. Most of what three-way merges get wrong is of that kind, and
 * a compiler sees only a part of it (#ifdef of an unknown CONFIG_ compiles). So names are compared: what the ported
 * lines use must be in the target wherever the base shows that it is a name of the tree at all.
 * No parsing: a name is a word outside comments and strings; a call is a name before "(", its arguments are the commas at
 * depth one. O(bytes), one pass.
 */
#include "patch/symbol.h"

#define DEPTH_MAX 64
#define ARITY_MANY 31

struct symbols *symbols_new(struct arena *arena)
{
	struct symbols *symbols = arena_new_of(arena, struct symbols);

	symbols->arena = arena;
	symbols->names = names_new(arena);
	return symbols;
}

static struct symbol *symbol_of(struct symbols *symbols, struct slice name)
{
	unsigned int number = names_number(symbols->names, name);

	if (number == symbols->n)
		arena_push(symbols->arena, symbols)->name = name;
	return &symbols->items[number];
}

const struct symbol *symbols_find(const struct symbols *symbols, struct slice name)
{
	unsigned int number;

	return names_find(symbols->names, name, &number) ? &symbols->items[number] : NULL;
}

struct open {	   /* a bracket that is open */
	long name; /* index of the word before "(", or -1 */
	unsigned int commas;
	size_t words; /* inside */
	bool dots;
};

static void close_call(struct symbols *symbols, const struct words *words, const struct open *open)
{
	unsigned int arity = open->words ? open->commas + 1 : 0;

	if (open->name < 0)
		return;
	if (open->dots || arity >= ARITY_MANY)
		arity = ARITY_MANY;
	symbol_of(symbols, words->items[open->name].text)->arities |= 1u << arity;
}

static bool is_sign(const struct word *word, char c)
{
	return word->kind == WORD_SIGN && word->text.n == 1 && word->text.p[0] == c;
}

/* "f(void)" takes nothing. */
static bool is_void(const struct words *words, size_t i)
{
	return i + 1 < words->n && slice_is(words->items[i].text, "void") &&
	       is_sign(&words->items[i + 1], ')');
}

void symbols_add(struct symbols *symbols, struct slice text)
{
	struct arena *scratch __free(arena) = arena_new();
	struct vocabulary *vocabulary = vocabulary_new(scratch);
	struct words words = words_of(vocabulary, text);
	struct open open[DEPTH_MAX];
	size_t depth = 0;

	for (size_t i = 0; i < words.n; i++) {
		const struct word *w = &words.items[i];
		bool call = is_sign(w, '('), opens = call || is_sign(w, '[') || is_sign(w, '{');

		if (w->kind == WORD_COMMENT)
			continue;
		if (depth && depth <= DEPTH_MAX && !is_void(&words, i))
			open[depth - 1].words += !is_sign(w, ')');
		if (w->kind == WORD_STRING && depth && depth <= DEPTH_MAX)
			open[depth - 1].dots = true; /* a format takes any number */
		if (w->kind == WORD_NAME) {
			symbol_of(symbols, w->text)->seen++;
		} else if (opens) {
			bool named = call && i && words.items[i - 1].kind == WORD_NAME;

			if (depth < DEPTH_MAX)
				open[depth] = (struct open){ .name = named ? (long)i - 1 : -1 };
			depth++;
		} else if (is_sign(w, ')') || is_sign(w, ']') || is_sign(w, '}')) {
			if (depth && depth <= DEPTH_MAX && is_sign(w, ')'))
				close_call(symbols, &words, &open[depth - 1]);
			depth -= depth > 0;
		} else if (depth && depth <= DEPTH_MAX) {
			open[depth - 1].commas += is_sign(w, ',');
			open[depth - 1].dots |= is_sign(w, '.') && i + 1 < words.n &&
						is_sign(&words.items[i + 1], '.');
		}
	}
}

/* Is a comment open behind this line, which began inside of one or not? */
static bool comment_open(struct slice line, bool open)
{
	for (size_t i = 0; i + 1 < line.n; i++) {
		const char *mark = open ? "*/" : "/*";

		if (line.p[i] == mark[0] && line.p[i + 1] == mark[1]) {
			open = !open;
			i++;
		}
	}
	return open;
}

void symbols_add_lines(struct symbols *symbols, const struct slice *lines, size_t n)
{
	struct text all __free_text = TEXT_INIT;
	bool open = false;

	for (size_t i = 0; i < n; i++) {
		/* What continues a comment that began above the first line. */
		if (!open && slice_is_comment(lines[i]) &&
		    !slice_starts(slice_trim(lines[i]), "/*"))
			continue;
		open = comment_open(lines[i], open);
		text_add_slice(&all, lines[i]);
		text_addc(&all, '\n');
	}
	symbols_add(symbols, slice_copy(symbols->arena, text_slice(&all)));
}

bool symbol_common(struct slice name)
{
	static const char *const common[] = {
		"if",	   "else",     "for",	   "while",   "do",    "switch",   "case",
		"default", "break",    "continue", "return",  "goto",  "sizeof",   "typeof",
		"struct",  "union",    "enum",	   "static",  "const", "inline",   "extern",
		"void",	   "volatile", "register", "typedef", "int",   "unsigned", "signed",
		"long",	   "short",    "char",	   "bool",    "true",  "false",	   "NULL",
		"u8",	   "u16",      "u32",	   "u64",     "s8",    "s16",	   "s32",
		"s64",	   "__u8",     "__u16",	   "__u32",   "__u64", "size_t",   "ssize_t",
		"define",  "include",  "ifdef",	   "ifndef",  "endif", "undef",	   "elif",
		"defined", "pragma",   "linux",	   "h",	      "asm",   "__func__", "__init",
		"__exit",  "likely",   "unlikely",
	};

	for (size_t i = 0; i < ARRAY_SIZE(common); i++)
		if (slice_is(name, common[i]))
			return true;
	return false;
}

/* Is it there, but never with as many arguments as the code brings? What takes any number, or what the patch changes, does not count. */
static bool other_arity(const struct symbol *brought, const struct symbol *base,
			const struct symbol *there)
{
	unsigned int in_base = base ? base->arities : 0;

	if (!brought->arities || !there->arities || (brought->arities & there->arities))
		return false;
	if ((there->arities | in_base) >> ARITY_MANY || (in_base & (in_base - 1)) ||
	    (there->arities & (there->arities - 1)))
		return false;
	return !brought->removed;
}

int symbols_miss(const struct symbols *brought, const struct symbols *base,
		 const struct symbols *target, struct symbol_miss *miss)
{
	for (size_t i = 0; i < brought->n; i++) {
		const struct symbol *s = &brought->items[i], *was = symbols_find(base, s->name);
		const struct symbol *there = symbols_find(target, s->name);

		if (symbol_common(s->name) || (!there && !was) ||
		    (there && !other_arity(s, was, there)))
			continue;
		*miss = (struct symbol_miss){ s->name, there != NULL };
		return 1;
	}
	return 0;
}
