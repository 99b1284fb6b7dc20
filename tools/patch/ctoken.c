/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A tokeniser that is right for what it is asked: which tokens two versions of a file share, and
 * where their text stands. It does not preprocess. A directive is one token, since nothing is ever
 * changed inside one; so the branches of an #ifdef are all there, in the file's order.
 *
 * Functions are found by layout, not by grammar: kernel style has a function's braces, and nothing
 * else's closing brace, in the first column. Counting braces instead would lose its way at the
 * first #ifdef whose branches both open a block.
 */
#define _GNU_SOURCE
#include "patch/ctoken.h"

#include <ctype.h>

static bool is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '$' || (unsigned char)c >= 0x80;
}

/* Behind white space, line continuations and comments. */
static const char *skip_gap(const char *p, const char *end)
{
	while (p < end) {
		if (isspace((unsigned char)*p)) {
			p++;
		} else if (*p == '\\' && p + 1 < end && p[1] == '\n') {
			p += 2;
		} else if (end - p > 1 && p[0] == '/' && p[1] == '/') {
			while (p < end && *p != '\n')
				p++;
		} else if (end - p > 1 && p[0] == '/' && p[1] == '*') {
			const char *close = memmem(p + 2, (size_t)(end - p) - 2, "*/", 2);

			p = close ? close + 2 : end;
		} else {
			break;
		}
	}
	return p;
}

static const char *skip_quoted(const char *p, const char *end)
{
	char quote = *p++;

	while (p < end && *p != quote && *p != '\n')
		p += *p == '\\' && p + 1 < end ? 2 : 1;
	return p < end && *p == quote ? p + 1 : p;
}

static const char *skip_directive(const char *p, const char *end)
{
	const char *start = p;

	while (p < end && (*p != '\n' || p[-1] == '\\')) {
		/* A comment may go over lines; what stands behind it in the last is still the directive. */
		if (end - p > 1 && p[0] == '/' && p[1] == '*') {
			const char *close = memmem(p + 2, (size_t)(end - p) - 2, "*/", 2);

			p = close ? close + 2 : end;
			continue;
		}
		p++;
	}
	while (p > start && isspace((unsigned char)p[-1]))
		p--;
	return p;
}

static const char *skip_punctuation(const char *p, const char *end)
{
	static const char *const longest[] = { "<<=", ">>=", "...", "->", "++", "--", "<<", ">>",
					       "<=",  ">=",  "==",  "!=", "&&", "||", "*=", "/=",
					       "%=",  "+=",  "-=",  "&=", "^=", "|=", "##" };

	for (size_t i = 0; i < ARRAY_SIZE(longest); i++) {
		size_t n = strlen(longest[i]);

		if ((size_t)(end - p) >= n && !memcmp(p, longest[i], n))
			return p + n;
	}
	return p + 1;
}

static bool starts_line(struct slice buffer, const char *p)
{
	while (p > buffer.p && (p[-1] == ' ' || p[-1] == '\t'))
		p--;
	return p == buffer.p || p[-1] == '\n';
}

struct ctokens ctokens_of(struct arena *arena, struct slice buffer)
{
	struct ctokens tokens = { .buffer = buffer };
	const char *p = buffer.p, *end = buffer.p + buffer.n, *next;

	while ((p = skip_gap(p, end)) < end) {
		if (*p == '#' && starts_line(buffer, p)) {
			next = skip_directive(p, end);
		} else if (*p == '"' || *p == '\'') {
			next = skip_quoted(p, end);
		} else if (is_word(*p)) {
			for (next = p; next < end && is_word(*next); next++)
				;
		} else {
			next = skip_punctuation(p, end);
		}
		arena_push(arena, &tokens)->text = (struct slice){ p, (size_t)(next - p) };
		p = next;
	}
	return tokens;
}

struct slice ctokens_gap(const struct ctokens *tokens, size_t i)
{
	const char *from = tokens->buffer.p, *to = tokens->buffer.p + tokens->buffer.n;

	if (i)
		from = tokens->items[i - 1].text.p + tokens->items[i - 1].text.n;
	if (i < tokens->n)
		to = tokens->items[i].text.p;
	return (struct slice){ from, (size_t)(to - from) };
}

size_t ctokens_line(const struct ctokens *tokens, size_t i)
{
	const char *p = tokens->buffer.p, *at = p + tokens->buffer.n;
	size_t line = 1;

	if (i < tokens->n)
		at = tokens->items[i].text.p;
	while ((p = memchr(p, '\n', (size_t)(at - p)))) {
		line++;
		p++;
	}
	return line;
}

bool ctoken_word(const struct ctoken *token)
{
	return token->text.n && is_word(token->text.p[0]);
}

bool ctokens_same(const struct ctokens *a, size_t i, const struct ctokens *b, size_t j, size_t n)
{
	for (size_t k = 0; k < n; k++)
		if (!slice_eq(a->items[i + k].text, b->items[j + k].text))
			return false;
	return true;
}

size_t ctokens_count(const struct ctokens *tokens, size_t first, size_t end, struct slice word)
{
	size_t count = 0;

	for (size_t i = first; i < end; i++)
		count += slice_eq(tokens->items[i].text, word);
	return count;
}

static bool in_first_column(const struct ctokens *tokens, size_t i)
{
	const char *p = tokens->items[i].text.p;

	return p == tokens->buffer.p || p[-1] == '\n';
}

static bool has_blank_line(struct slice gap)
{
	return slice_find(gap, SLICE("\n\n")) >= 0;
}

/* The header of the body that opens at `body`: from behind what ended before it. */
static size_t header_start(const struct ctokens *tokens, size_t body)
{
	size_t i = body;

	while (i) {
		const struct ctoken *before = &tokens->items[i - 1];

		if (ctoken_is(before, ";") || ctoken_is(before, "}") || before->text.p[0] == '#' ||
		    (i < body && has_blank_line(ctokens_gap(tokens, i))))
			break;
		i--;
	}
	return i;
}

/*
 * The word before the first "(" of the header, passing over attributes; empty for what is no
 * function.
 */
static struct slice header_name(const struct ctokens *tokens, size_t first, size_t body)
{
	size_t depth = 0;

	for (size_t i = first; i + 1 < body; i++) {
		const struct ctoken *token = &tokens->items[i];

		if (ctoken_is(token, "("))
			depth++;
		else if (ctoken_is(token, ")") && depth)
			depth--;
		else if (ctoken_is(token, "="))
			break;
		else if (!depth && ctoken_word(token) && ctoken_is(token + 1, "(") &&
			 !ctoken_is(token, "__attribute__") && !ctoken_is(token, "__printf"))
			return token->text;
	}
	return (struct slice){ 0 };
}

struct cfunctions cfunctions_of(struct arena *arena, const struct ctokens *tokens)
{
	struct cfunctions functions = { 0 };

	for (size_t i = 0; i < tokens->n; i++) {
		struct cfunction function = { .body = i };

		if (!ctoken_is(&tokens->items[i], "{") || !in_first_column(tokens, i))
			continue;
		function.first = header_start(tokens, i);
		function.name = header_name(tokens, function.first, i);
		while (++i < tokens->n)
			if (ctoken_is(&tokens->items[i], "}") && in_first_column(tokens, i))
				break;
		function.end = i < tokens->n ? i + 1 : i;
		if (function.name.n)
			*arena_push(arena, &functions) = function;
	}
	return functions;
}

const struct cfunction *cfunctions_find(const struct cfunctions *functions, struct slice name)
{
	for (size_t i = 0; i < functions->n; i++)
		if (slice_eq(functions->items[i].name, name))
			return &functions->items[i];
	return NULL;
}

/* Walk back through the furthest reaching points that were kept for each number of edits. */
static void trace_back(size_t *const *kept, size_t edits, size_t x, size_t y, size_t skip,
		       size_t *match)
{
	for (size_t d = edits; d > 0; d--) {
		const size_t *v = kept[d - 1];
		/* v is indexed by diagonal x - y + d - 1, from 0 to 2 * (d - 1). */
		ptrdiff_t k = (ptrdiff_t)x - (ptrdiff_t)y, mid = (ptrdiff_t)d - 1;
		bool down = k == -(ptrdiff_t)d ||
			    (k != (ptrdiff_t)d && k + 1 <= mid &&
			     (k - 1 < -mid || v[k - 1 + mid] < v[k + 1 + mid]));
		ptrdiff_t k_before = down ? k + 1 : k - 1;
		size_t x_before = v[k_before + mid];
		size_t y_before = (size_t)((ptrdiff_t)x_before - k_before);
		size_t x_start = down ? x_before : x_before + 1;

		while (x > x_start) {
			x--;
			y--;
			match[skip + y] = skip + x;
		}
		x = x_before;
		y = y_before;
	}
	while (x > 0) {
		x--;
		y--;
		match[skip + y] = skip + x;
	}
}

/*
 * One round: the furthest points with d edits, from those with d - 1. True when the end is reached.
 */
static bool reach(const struct ctokens *from, const struct ctokens *to, size_t skip, size_t n,
		  size_t m, size_t d, const size_t *before, size_t *now)
{
	ptrdiff_t mid = (ptrdiff_t)d, mid_before = mid - 1;

	for (ptrdiff_t k = -mid; k <= mid; k += 2) {
		bool down = k == -mid ||
			    (k != mid && k + 1 <= mid_before &&
			     (k - 1 < -mid_before ||
			      before[k - 1 + mid_before] < before[k + 1 + mid_before]));
		size_t x = d == 0 ? 0 :
			   down	  ? before[k + 1 + mid_before] :
				    before[k - 1 + mid_before] + 1;
		size_t y = (size_t)((ptrdiff_t)x - k);

		while (x < n && y < m &&
		       slice_eq(from->items[skip + x].text, to->items[skip + y].text)) {
			x++;
			y++;
		}
		now[k + mid] = x;
		if (x >= n && y >= m)
			return true;
	}
	return false;
}

bool ctokens_match(struct arena *arena, const struct ctokens *from, const struct ctokens *to,
		   size_t most, size_t **match)
{
	size_t skip = 0, tail = 0, n, m;
	size_t **kept = arena_alloc(arena, (most + 1) * sizeof(*kept));

	while (skip < from->n && skip < to->n &&
	       slice_eq(from->items[skip].text, to->items[skip].text))
		skip++;
	while (tail < from->n - skip && tail < to->n - skip &&
	       slice_eq(from->items[from->n - 1 - tail].text, to->items[to->n - 1 - tail].text))
		tail++;
	n = from->n - skip - tail;
	m = to->n - skip - tail;
	*match = arena_alloc(arena, (to->n + 1) * sizeof(**match));
	for (size_t i = 0; i < to->n; i++)
		(*match)[i] = i < skip		? i :
			      i >= to->n - tail ? from->n - (to->n - i) :
						  CTOKEN_NONE;
	for (size_t d = 0; d <= most; d++) {
		kept[d] = arena_alloc(arena, (2 * d + 1) * sizeof(**kept));
		if (reach(from, to, skip, n, m, d, d ? kept[d - 1] : NULL, kept[d])) {
			trace_back(kept, d, n, m, skip, *match);
			return true;
		}
	}
	return false;
}
