/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An index of the top level of a file and its headers: a few tens of MB of text in a few tenths of a second.
 *
 * No preprocessor and no grammar. A declaration ends at ";" outside all brackets, or with the body of a function; "}" in
 * the first column always closes everything, which is what gets us past an #ifdef whose branches both open a
 * block. What is asked for is taken apart only then. A name that is declared twice (one under #ifdef, its stub under #else)
 * has both, and who compares two trees looks whether any of one is any of the other.
 */
#include "patch/decl.h"

#include "patch/decl_part.h"

#include <ctype.h>

struct scan {
	struct decls *decls;
	const char *path;
	const struct ctokens *tokens;
	size_t first; /* of the declaration being read */
	size_t brace; /* the first "{" of it outside brackets; NONE */
};

#define NONE CTOKEN_NONE

bool decl_word(const struct ctoken *token)
{
	return ctoken_word(token) && !isdigit((unsigned char)token->text.p[0]);
}

static bool one_of(struct slice word, const char *const *words, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (slice_is(word, words[i]))
			return true;
	return false;
}

/* Says nothing about the type: storage, attributes, qualifiers. */
bool decl_decoration(struct slice word)
{
	static const char *const words[] = {
		"extern",
		"static",
		"inline",
		"const",
		"volatile",
		"register",
		"restrict",
		"noinline",
		"asmlinkage",
		"notrace",
		"noinstr",
		"__attribute__",
		"__always_inline",
		"__must_check",
		"__maybe_unused",
		"__init",
		"__exit",
		"__cold",
		"__pure",
		"__read_mostly",
		"__ro_after_init",
		"__used",
		"__weak",
		"__malloc",
		"__restrict",
		"__always_unused",
		"__inline",
		"__inline__",
		"fastcall",
		"__visible",
		"__flatten",
		"__no_sanitize_address",
		"__ref",
		"__net_init",
		"__kprobes",
		"__sched",
		"__latent_entropy",
		"__percpu",
		"__deprecated",
		"noinline_for_stack",
		"__no_kcsan",
		"__bpf_kfunc",
		"__initdata",
		"_Noreturn",
		"__noreturn",
		"INDIRECT_CALLABLE_SCOPE",
		"__nonnull",
		"__nocfi",
		"__designated_init",
	};

	return one_of(word, words, ARRAY_SIZE(words));
}

static bool is_base_type(struct slice word)
{
	static const char *const words[] = { "int",	 "long",   "short", "char",
					     "unsigned", "signed", "void",  "float",
					     "double",	 "bool",   "_Bool" };

	return one_of(word, words, ARRAY_SIZE(words));
}

bool decl_record_word(struct slice word)
{
	return slice_is(word, "struct") || slice_is(word, "union") || slice_is(word, "enum");
}

static bool first_column(const struct ctokens *tokens, size_t i)
{
	const char *p = tokens->items[i].text.p;

	return p == tokens->buffer.p || p[-1] == '\n';
}

static struct slice between(const struct ctokens *tokens, size_t first, size_t last)
{
	const char *from = tokens->items[first].text.p;
	const struct slice *end = &tokens->items[last].text;

	return (struct slice){ from, (size_t)(end->p + end->n - from) };
}

/* The bracket that closes the one at `i`; `end` where none does. */
size_t decl_closing(const struct ctokens *tokens, size_t i, size_t end)
{
	size_t depth = 0;

	for (; i < end; i++) {
		char c = tokens->items[i].text.n == 1 ? tokens->items[i].text.p[0] : '\0';

		if (c == '(' || c == '[' || c == '{')
			depth++;
		else if ((c == ')' || c == ']' || c == '}') && !--depth)
			return i;
	}
	return end;
}

static void keep(struct scan *scan, enum decl_kind kind, struct slice name, struct slice text)
{
	struct decls *decls = scan->decls;
	unsigned int number = names_number(decls->names, name);
	struct decl *decl = arena_new_of(decls->arena, struct decl);

	*decl = (struct decl){ kind, text, scan->path, NULL };
	if (number == decls->n)
		*arena_push(decls->arena, decls) = NULL;
	decl->next = decls->items[number];
	decls->items[number] = decl;
}

/* "#define NAME..." */
static void take_directive(struct scan *scan, struct slice text)
{
	struct slice rest = slice_trim(slice_skip(text, 1));
	size_t n = 0;

	if (!slice_starts(rest, "define"))
		return;
	rest = slice_trim(slice_skip(rest, 6));
	while (n < rest.n && (isalnum((unsigned char)rest.p[n]) || rest.p[n] == '_'))
		n++;
	if (n)
		keep(scan, DECL_MACRO, (struct slice){ rest.p, n }, rest);
}

static size_t skip_decoration(const struct ctokens *tokens, size_t i, size_t end)
{
	while (i < end && decl_decoration(tokens->items[i].text)) {
		bool takes = i + 1 < end && ctoken_is(&tokens->items[i + 1], "(");

		i = takes ? decl_closing(tokens, i + 1, end) + 1 : i + 1;
	}
	return i;
}

/* The word before the first "(" outside brackets: a function's name; NONE. */
static size_t function_name(const struct ctokens *tokens, size_t first, size_t end)
{
	for (size_t i = first; i + 1 < end; i++) {
		struct slice text = tokens->items[i].text;

		if (ctoken_is(&tokens->items[i], "=") || ctoken_is(&tokens->items[i], "{"))
			return NONE;
		if (!ctoken_is(&tokens->items[i + 1], "("))
			continue;
		if (decl_decoration(text) || slice_starts(text, "__printf") ||
		    slice_is(text, "__typeof__") || slice_is(text, "__aligned") ||
		    slice_is(text, "__section") || slice_is(text, "__scanf")) {
			i = decl_closing(tokens, i + 1, end);
			continue;
		}
		/* With nothing before it, it is a macro that is used, not a type and a name. */
		return decl_word(&tokens->items[i]) && !is_base_type(text) && i > first ? i : NONE;
	}
	return NONE;
}

/* "type name", "type name[2] = ...": the last word before one of =[;, outside brackets. */
static size_t variable_name(const struct ctokens *tokens, size_t first, size_t end)
{
	size_t name = NONE;

	for (size_t i = first; i < end; i++) {
		const struct ctoken *token = &tokens->items[i];

		if (ctoken_is(token, "=") || ctoken_is(token, "[") || ctoken_is(token, ";") ||
		    ctoken_is(token, ","))
			break;
		if (ctoken_is(token, "(") || ctoken_is(token, "{"))
			i = decl_closing(tokens, i, end);
		else if (decl_word(token) && !decl_decoration(token->text) &&
			 !slice_starts(token->text, "__"))
			name = i;
	}
	return name;
}

/* `end`: the ";" or the "}" of it. */
static void take_chunk(struct scan *scan, size_t end)
{
	const struct ctokens *tokens = scan->tokens;
	size_t first = skip_decoration(tokens, scan->first, end), name;
	bool type = first < end && ctoken_is(&tokens->items[first], "typedef");

	if (first >= end)
		return;
	first += type;
	if (first + 2 < end && decl_record_word(tokens->items[first].text) &&
	    decl_word(&tokens->items[first + 1]) && scan->brace != NONE && scan->brace < end &&
	    scan->brace <= first + 4) {
		char *key = arena_printf(scan->decls->arena, "struct " SLICE_FMT,
					 SLICE_ARG(tokens->items[scan->brace - 1].text));

		keep(scan, DECL_RECORD, slice_of(key),
		     between(tokens, first, decl_closing(tokens, scan->brace, end)));
	}
	if (type) {
		name = function_name(tokens, first, end);
		for (size_t i = end; name == NONE && i > first; i--)
			if (decl_word(&tokens->items[i - 1]) &&
			    !decl_decoration(tokens->items[i - 1].text))
				name = i - 1;
		if (name != NONE)
			keep(scan, DECL_TYPE, tokens->items[name].text,
			     between(tokens, first, end));
		return;
	}
	name = function_name(tokens, first, end);
	if (name != NONE) {
		keep(scan, DECL_FUNCTION, tokens->items[name].text,
		     between(tokens, first, decl_closing(tokens, name + 1, end)));
		return;
	}
	name = variable_name(tokens, first, end + 1);
	if (name != NONE && name > first)
		keep(scan, DECL_VARIABLE, tokens->items[name].text, between(tokens, first, name));
}

/* Is what was read so far "NAME(...)" and nothing else, and a new line begins? Then it was a macro. */
static bool is_macro_use(const struct scan *scan, size_t i)
{
	const struct ctokens *tokens = scan->tokens;

	return i > scan->first + 2 && first_column(tokens, i) &&
	       decl_word(&tokens->items[scan->first]) &&
	       ctoken_is(&tokens->items[scan->first + 1], "(") &&
	       decl_closing(tokens, scan->first + 1, i) == i - 1;
}

static void scan_tokens(struct scan *scan)
{
	const struct ctokens *tokens = scan->tokens;
	long depth = 0;

	scan->first = 0;
	scan->brace = NONE;
	for (size_t i = 0; i < tokens->n; i++) {
		const struct ctoken *token = &tokens->items[i];
		char c = token->text.n == 1 ? token->text.p[0] : '\0';
		bool ends = false;

		if (token->text.p[0] == '#') {
			take_directive(scan, token->text);
			if (scan->first == i || (!depth && is_macro_use(scan, i)))
				scan->first = i + 1;
			continue;
		}
		if (!depth && is_macro_use(scan, i))
			scan->first = i;
		if (c == '{' && !depth && scan->brace == NONE)
			scan->brace = i;
		if (c == '(' || c == '[' || c == '{')
			depth++;
		else if ((c == ')' || c == ']' || c == '}') && depth)
			depth--;
		if (c == '}' && first_column(tokens, i))
			depth = 0;
		if (!depth && c == ';')
			ends = true;
		/* The body of a function: nothing has to follow it. */
		if (!depth && c == '}' && scan->brace != NONE &&
		    function_name(tokens, skip_decoration(tokens, scan->first, scan->brace),
				  scan->brace) != NONE)
			ends = true;
		if (!ends)
			continue;
		take_chunk(scan, i);
		scan->first = i + 1;
		scan->brace = NONE;
	}
}

struct decls *decls_new(struct arena *arena, const struct lookup_texts *texts)
{
	struct decls *decls = arena_new_of(arena, struct decls);

	decls->arena = arena;
	decls->names = names_new(arena);
	for (size_t i = 0; i < texts->n; i++) {
		struct arena *scratch __free(arena) = arena_new();
		struct ctokens tokens = ctokens_of(scratch, texts->items[i].text);
		struct scan scan = { .decls = decls,
				     .path = texts->items[i].path,
				     .tokens = &tokens };

		scan_tokens(&scan);
	}
	return decls;
}

const struct decl *decls_find(const struct decls *decls, struct slice name)
{
	unsigned int number;

	return names_find(decls->names, name, &number) ? decls->items[number] : NULL;
}

const struct decl *decls_record(const struct decls *decls, struct slice name)
{
	struct text key __free_text = TEXT_INIT;

	text_addf(&key, "struct " SLICE_FMT, SLICE_ARG(name));
	return decls_find(decls, text_slice(&key));
}

/* Words that mean the same. */
static struct slice same_word(struct slice word)
{
	static const char *const same[][2] = {
		{ "__u8", "u8" },    { "__u16", "u16" },    { "__u32", "u32" },
		{ "__u64", "u64" },  { "__s8", "s8" },	    { "__s16", "s16" },
		{ "__s32", "s32" },  { "__s64", "s64" },    { "_Bool", "bool" },
		{ "uint8_t", "u8" }, { "uint32_t", "u32" }, { "uint64_t", "u64" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(same); i++)
		if (slice_is(word, same[i][0]))
			return slice_of(same[i][1]);
	return word;
}

/* Tokens [first, end) as a type: one space between words, what decorates it left out. */
char *decl_text(struct arena *arena, const struct ctokens *tokens, size_t first, size_t end)
{
	struct text out __free_text = TEXT_INIT;
	bool number = false;

	for (size_t i = first; i < end; i++) {
		struct slice text = same_word(tokens->items[i].text);

		if (text.p[0] == '#')
			continue;
		if (decl_decoration(text)) {
			if (i + 1 < end && ctoken_is(&tokens->items[i + 1], "("))
				i = decl_closing(tokens, i + 1, end);
			continue;
		}
		/* "unsigned int" is "unsigned", "long int" is "long". */
		if (slice_is(text, "int") && number)
			continue;
		number |= slice_is(text, "unsigned") || slice_is(text, "long") ||
			  slice_is(text, "short");
		if (out.len)
			text_addc(&out, ' ');
		text_add_slice(&out, text);
	}
	return arena_strdup(arena, text_str(&out));
}

/* Where the name of a parameter stands in [first, end): NONE for a type alone. */
static size_t param_name(const struct ctokens *tokens, size_t first, size_t end)
{
	size_t words = 0;

	for (size_t i = first; i < end; i++) {
		if (ctoken_is(&tokens->items[i], "(") && i + 2 < end &&
		    ctoken_is(&tokens->items[i + 1], "*"))
			return decl_word(&tokens->items[i + 2]) ? i + 2 : NONE;
		words += decl_word(&tokens->items[i]) && !decl_decoration(tokens->items[i].text);
	}
	while (end > first && ctoken_is(&tokens->items[end - 1], "]")) {
		while (end > first && !ctoken_is(&tokens->items[end - 1], "["))
			end--;
		end -= end > first;
	}
	while (end > first && decl_decoration(tokens->items[end - 1].text))
		end--;
	if (end == first || !decl_word(&tokens->items[end - 1]) ||
	    is_base_type(tokens->items[end - 1].text) || words < 2)
		return NONE;
	if (words == 2 && end - first > 1 && decl_record_word(tokens->items[first].text))
		return NONE;
	return end - 1;
}

static void add_param(struct arena *arena, const struct ctokens *tokens, size_t first, size_t end,
		      bool macro, struct signature *signature)
{
	size_t name = macro ? first : param_name(tokens, first, end);
	char *type;

	if (end == first || (end == first + 1 && ctoken_is(&tokens->items[first], "void")))
		return;
	if (ctoken_is(&tokens->items[end - 1], "...")) {
		signature->variadic = true;
		return;
	}
	type = macro	    ? arena_strdup(arena, "") :
	       name == NONE ? decl_text(arena, tokens, first, end) :
			      arena_printf(arena, "%s%s", decl_text(arena, tokens, first, name),
					   ctoken_is(&tokens->items[end - 1], "]") ? " *" : "");
	signature->params[signature->n] = type;
	signature->names[signature->n++] =
		name == NONE ? arena_strdup(arena, "") : slice_str(arena, tokens->items[name].text);
}

bool decl_signature(struct arena *arena, const struct decl *decl, struct signature *signature)
{
	struct ctokens tokens = ctokens_of(arena, decl->text);
	bool macro = decl->kind == DECL_MACRO;
	size_t name = 0, close, from;

	*signature = (struct signature){ 0 };
	if (!macro)
		name = decl->kind == DECL_FUNCTION ? function_name(&tokens, 0, tokens.n) : NONE;
	if (name == NONE || name + 1 >= tokens.n || !ctoken_is(&tokens.items[name + 1], "(") ||
	    (macro && tokens.items[1].text.p != tokens.items[0].text.p + tokens.items[0].text.n))
		return false;
	close = decl_closing(&tokens, name + 1, tokens.n);
	signature->result = macro ? arena_strdup(arena, "") : decl_text(arena, &tokens, 0, name);
	signature->params = arena_alloc(arena, (tokens.n + 1) * sizeof(char *));
	signature->names = arena_alloc(arena, (tokens.n + 1) * sizeof(char *));
	from = name + 2;
	for (size_t i = from; i <= close && i < tokens.n; i++) {
		if (i < close &&
		    (ctoken_is(&tokens.items[i], "(") || ctoken_is(&tokens.items[i], "["))) {
			i = decl_closing(&tokens, i, tokens.n);
			continue;
		}
		if (i < close && !ctoken_is(&tokens.items[i], ","))
			continue;
		add_param(arena, &tokens, from, i, macro, signature);
		from = i + 1;
	}
	return close < tokens.n;
}

char *decl_body(struct arena *arena, const struct decl *decl)
{
	struct ctokens tokens = ctokens_of(arena, decl->text);
	struct text out __free_text = TEXT_INIT;

	for (size_t i = 1; i < tokens.n; i++)
		if (!slice_is(tokens.items[i].text, "\\"))
			text_addf(&out, "%s" SLICE_FMT, out.len ? " " : "",
				  SLICE_ARG(tokens.items[i].text));
	return arena_strdup(arena, text_str(&out));
}
