/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The type of an expression, as far as C's "->", ".", "[]" and calls go: from the variable at its left through the records
 * that its members lie in. What is not understood has no type: nothing follows from that.
 */
#include "patch/decl.h"
#include "patch/decl_part.h"

#include <ctype.h>

#define NONE CTOKEN_NONE
#define DEPTH_MAX 12

static bool is_type_word(const struct ctoken *token)
{
	static const char *const others[] = { "return", "goto",	 "else",     "case",   "sizeof",
					      "typeof", "if",	 "do",	     "for",    "while",
					      "switch", "break", "continue", "default" };

	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		if (ctoken_is(token, others[i]))
			return false;
	return decl_word(token);
}

/* May what stands before a declaration's first word? */
static bool begins_statement(const struct ctokens *tokens, size_t i)
{
	const struct ctoken *before = i ? &tokens->items[i - 1] : NULL;

	return !before || ctoken_is(before, "{") || ctoken_is(before, ";") ||
	       ctoken_is(before, "}") || ctoken_is(before, ":") || before->text.p[0] == '#' ||
	       (ctoken_is(before, "(") && i > 1 && ctoken_is(&tokens->items[i - 2], "for"));
}

/*
 * One declaration [first, end), end at its ";" or ",": is `name` among what it declares? Its type is the words before the first
 * one, and the stars before its own.
 */
static bool declares(struct arena *arena, const struct ctokens *tokens, size_t first, size_t end,
		     struct slice name, struct declared *declared)
{
	size_t type = first, from;

	while (type < end && (is_type_word(&tokens->items[type])))
		type++;
	/* The last word is the first name, unless stars (or a bracket) stand between. */
	if (type > first + 1 && !(type < end && (ctoken_is(&tokens->items[type], "*") ||
						 ctoken_is(&tokens->items[type], "("))))
		type--;
	if (type == first || type >= end)
		return false;
	from = type;
	for (size_t i = type; i <= end; i++) {
		const struct ctoken *token = i < end ? &tokens->items[i] : NULL;
		bool after_star = i > from && ctoken_is(&tokens->items[i - 1], "*");

		if (token && slice_eq(token->text, name) &&
		    (i == from || after_star || decl_decoration(tokens->items[i - 1].text))) {
			bool array = i + 1 < end && ctoken_is(&tokens->items[i + 1], "[");
			struct text out __free_text = TEXT_INIT;

			text_adds(&out, decl_text(arena, tokens, first, type));
			for (size_t k = from; k < i; k++)
				if (ctoken_is(&tokens->items[k], "*"))
					text_adds(&out, " *");
			*declared = (struct declared){
				arena_printf(arena, "%s%s", text_str(&out), array ? " *" : ""),
				SLICE(""),
			};
			return true;
		}
		if (!token || ctoken_is(token, ",")) {
			from = i + 1;
		} else if (ctoken_is(token, "(") || ctoken_is(token, "[") ||
			   ctoken_is(token, "{")) {
			/* "(*name)(...)" */
			if (ctoken_is(token, "(") && i + 2 < end &&
			    ctoken_is(&tokens->items[i + 1], "*") &&
			    slice_eq(tokens->items[i + 2].text, name)) {
				*declared = (struct declared){ decl_text(arena, tokens, first, end),
							       SLICE("") };
				return true;
			}
			i = decl_closing(tokens, i, end);
		}
	}
	return false;
}

/* Behind the declaration that begins at `first`: its ";", outside of brackets. */
static size_t statement_end(const struct ctokens *tokens, size_t first, size_t end)
{
	for (size_t i = first; i < end; i++) {
		if (ctoken_is(&tokens->items[i], ";"))
			return i;
		if (ctoken_is(&tokens->items[i], "(") || ctoken_is(&tokens->items[i], "[") ||
		    ctoken_is(&tokens->items[i], "{"))
			i = decl_closing(tokens, i, end);
	}
	return end;
}

static bool in_params(struct arena *arena, const struct ctokens *tokens,
		      const struct cfunction *function, struct slice name,
		      struct declared *declared)
{
	size_t open = function->first, close, from;

	while (open < function->body && !slice_eq(tokens->items[open].text, function->name))
		open++;
	if (++open >= function->body)
		return false;
	close = decl_closing(tokens, open, function->body);
	from = open + 1;
	for (size_t i = from; i <= close && i < function->body; i++) {
		if (i < close && ctoken_is(&tokens->items[i], "(")) {
			i = decl_closing(tokens, i, close);
			continue;
		}
		if (i < close && !ctoken_is(&tokens->items[i], ","))
			continue;
		if (declares(arena, tokens, from, i, name, declared))
			return true;
		from = i + 1;
	}
	return false;
}

/* Is the block that is open at `from` still open at `to`? */
static bool same_block(const struct ctokens *tokens, size_t from, size_t to)
{
	size_t depth = 0;

	for (size_t i = from; i < to; i++) {
		if (ctoken_is(&tokens->items[i], "{"))
			depth++;
		else if (ctoken_is(&tokens->items[i], "}") && !depth--)
			return false;
	}
	return true;
}

bool decl_local(struct arena *arena, const struct ctokens *tokens, const struct cfunction *function,
		size_t at, struct slice name, struct declared *declared)
{
	bool found = in_params(arena, tokens, function, name, declared);
	size_t last = at < function->end ? at + 1 : function->end;

	/* The innermost block's own is the last one before. */
	for (size_t i = function->body + 1; i + 1 < last; i++) {
		struct declared inner;
		size_t end;

		if (!is_type_word(&tokens->items[i]) || !begins_statement(tokens, i) ||
		    !(decl_word(&tokens->items[i + 1]) || ctoken_is(&tokens->items[i + 1], "*")))
			continue;
		end = statement_end(tokens, i, function->end);
		if (!declares(arena, tokens, i, end, name, &inner) || !same_block(tokens, i, at))
			continue;
		*declared = inner;
		found = true;
	}
	return found;
}

static bool member_in(struct arena *arena, const struct ctokens *tokens, size_t first, size_t end,
		      struct slice name, struct declared *declared);

/* A member that is a record itself, "{" at `open`: `name` is it, or is in it where it has no name. */
static bool inline_record(struct arena *arena, const struct ctokens *tokens, size_t open,
			  size_t end, struct slice name, struct declared *declared)
{
	size_t close = decl_closing(tokens, open, end);
	bool named = false;

	for (size_t i = close + 1; i < end; i++) {
		if (decl_decoration(tokens->items[i].text) ||
		    slice_starts(tokens->items[i].text, "__"))
			break;
		named |= decl_word(&tokens->items[i]);
		if (!slice_eq(tokens->items[i].text, name))
			continue;
		declared->type = arena_strdup(
			arena, i + 1 < end && ctoken_is(&tokens->items[i + 1], "[") ? "*" : "");
		declared->inline_body.p = tokens->items[open].text.p;
		declared->inline_body.n =
			(size_t)(tokens->items[close].text.p + 1 - tokens->items[open].text.p);
		return true;
	}
	return !named && member_in(arena, tokens, open + 1, close, name, declared);
}

static bool member_in(struct arena *arena, const struct ctokens *tokens, size_t first, size_t end,
		      struct slice name, struct declared *declared)
{
	for (size_t i = first; i < end; i++) {
		size_t stop, open;

		if (tokens->items[i].text.p[0] == '#')
			continue;
		stop = statement_end(tokens, i, end);
		for (open = i; open < stop && !ctoken_is(&tokens->items[open], "{"); open++)
			;
		if (open < stop ? inline_record(arena, tokens, open, stop, name, declared) :
				  declares(arena, tokens, i, stop, name, declared))
			return true;
		i = stop;
	}
	return false;
}

bool decl_member(struct arena *arena, struct slice body, struct slice name,
		 struct declared *declared)
{
	struct ctokens tokens = ctokens_of(arena, body);
	size_t open = 0;

	while (open < tokens.n && !ctoken_is(&tokens.items[open], "{"))
		open++;
	return open < tokens.n && member_in(arena, &tokens, open + 1,
					    decl_closing(&tokens, open, tokens.n), name, declared);
}

/* The words of "struct x *": the record's name, or that of a typedef. */
static struct slice type_name(const char *type, bool *record)
{
	struct slice rest = slice_of(type), word, last = SLICE("");

	*record = false;
	while (slice_cut(&rest, ' ', &word)) {
		if (decl_record_word(word))
			*record = true;
		else if (!slice_is(word, "*"))
			last = word;
	}
	return last;
}

/* The member of whatever `of` is a record of (or a pointer to one). */
static bool member_of(struct arena *arena, const struct decls *decls, const struct declared *of,
		      struct slice member, struct declared *declared, struct decl_miss *missing)
{
	struct slice name;
	bool record, unsure = false;
	const struct decl *decl;

	if (of->inline_body.n)
		return decl_member(arena, of->inline_body, member, declared);
	name = type_name(of->type, &record);
	decl = record ? decls_record(decls, name) : decls_find(decls, name);
	if (decl && decl->kind == DECL_TYPE) {
		struct ctokens tokens = ctokens_of(arena, decl->text);
		struct declared named = { arena_strdup(arena, ""), decl->text };

		if (slice_find(decl->text, SLICE("{")) < 0) {
			name = type_name(decl_text(arena, &tokens, 0, tokens.n > 1 ? 2 : tokens.n),
					 &record);
			decl = record ? decls_record(decls, name) : NULL;
		} else {
			return decl_member(arena, named.inline_body, member, declared);
		}
	}
	if (!decl || decl->kind != DECL_RECORD)
		return false;
	for (const struct decl *d = decl; d; d = d->next) {
		if (d->kind != DECL_RECORD)
			continue;
		if (decl_member(arena, d->text, member, declared))
			return true;
		unsure |= slice_has_word(d->text, member);
	}
	if (!unsure && missing)
		*missing = (struct decl_miss){ slice_copy(arena, name), member };
	return false;
}

struct typing {
	struct arena *arena;
	const struct decls *decls;
	const struct ctokens *tokens;
	const struct cfunction *function;
	struct decl_miss *missing;
	unsigned int depth;
};

static bool type_before(struct typing *t, size_t end, struct declared *declared);

/* The bracket that opens what closes at `i`. */
static size_t opening(const struct ctokens *tokens, size_t i, size_t first)
{
	size_t depth = 0;

	for (;; i--) {
		const struct ctoken *token = &tokens->items[i];

		if (ctoken_is(token, ")") || ctoken_is(token, "]"))
			depth++;
		else if ((ctoken_is(token, "(") || ctoken_is(token, "[")) && !--depth)
			return i;
		if (i <= first)
			return NONE;
	}
}

/* What the call "name(...)" gives, "(" at `open`. */
static bool type_of_call(struct typing *t, size_t open, struct declared *declared)
{
	const struct ctokens *tokens = t->tokens;
	struct slice name = open ? tokens->items[open - 1].text : SLICE("");
	struct signature signature;

	if (slice_is(name, "container_of")) {
		size_t comma = open + 1, last = decl_closing(tokens, open, tokens->n);

		while (comma < last && !ctoken_is(&tokens->items[comma], ","))
			comma++;
		if (comma + 3 >= last || !decl_record_word(tokens->items[comma + 1].text))
			return false;
		declared->type = arena_printf(t->arena, "struct " SLICE_FMT " *",
					      SLICE_ARG(tokens->items[comma + 2].text));
		return true;
	}
	for (const struct decl *d = decls_find(t->decls, name); d; d = d->next)
		if (d->kind == DECL_FUNCTION && decl_signature(t->arena, d, &signature)) {
			declared->type = signature.result;
			return true;
		}
	return false;
}

/* One star less; false where it is no pointer. */
static bool dereference(struct arena *arena, struct declared *declared)
{
	size_t n = strlen(declared->type);

	if (!n || declared->type[n - 1] != '*')
		return false;
	declared->type = slice_str(arena, slice_trim((struct slice){ declared->type, n - 1 }));
	return true;
}

static bool type_before(struct typing *t, size_t end, struct declared *declared)
{
	const struct ctokens *tokens = t->tokens;
	const struct ctoken *last = end ? &tokens->items[end - 1] : NULL;
	struct declared of = { 0 };

	*declared = (struct declared){ arena_strdup(t->arena, ""), SLICE("") };
	if (!last || t->depth++ > DEPTH_MAX || end <= t->function->first)
		return false;
	if (ctoken_is(last, "]")) {
		size_t open = opening(tokens, end - 1, t->function->first);

		return open != NONE && type_before(t, open, declared) &&
		       dereference(t->arena, declared);
	}
	if (ctoken_is(last, ")")) {
		size_t open = opening(tokens, end - 1, t->function->first);

		return open != NONE && type_of_call(t, open, declared);
	}
	if (!decl_word(last))
		return false;
	if (end > 1 &&
	    (ctoken_is(&tokens->items[end - 2], "->") || ctoken_is(&tokens->items[end - 2], ".")))
		return type_before(t, end - 2, &of) &&
		       member_of(t->arena, t->decls, &of, last->text, declared, t->missing);
	if (decl_local(t->arena, tokens, t->function, end - 1, last->text, declared))
		return true;
	for (const struct decl *d = decls_find(t->decls, last->text); d; d = d->next)
		if (d->kind == DECL_VARIABLE) {
			struct ctokens own = ctokens_of(t->arena, d->text);

			declared->type = decl_text(t->arena, &own, 0, own.n - 1);
			return true;
		}
	return false;
}

bool decl_type(struct arena *arena, const struct decls *decls, const struct ctokens *tokens,
	       const struct cfunction *function, size_t end, struct declared *declared,
	       struct decl_miss *missing)
{
	struct typing t = { arena, decls, tokens, function, missing, 0 };

	if (missing)
		*missing = (struct decl_miss){ 0 };
	return type_before(&t, end, declared);
}
