/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include "patch/gap.h"

static size_t newlines(struct slice gap)
{
	size_t n = 0;

	for (size_t i = 0; i < gap.n; i++)
		n += gap.p[i] == '\n';
	return n;
}

static struct slice head_of(struct slice s, size_t n)
{
	return (struct slice){ s.p, n };
}

/* Behind the last newline: the indentation, where no comment stands there. */
static struct slice indent_of(struct slice gap)
{
	const char *last = gap.n ? memrchr(gap.p, '\n', gap.n) : NULL;

	return last ? slice_skip(gap, (size_t)(last - gap.p) + 1) : gap;
}

static struct slice trim_end(struct slice s)
{
	while (s.n && strchr(" \t\n", s.p[s.n - 1]))
		s.n--;
	return s;
}

/* The next comment at or behind `*at`: its start, with `*at` moved behind its end. -1: none. */
static ptrdiff_t next_comment(struct slice gap, size_t *at)
{
	for (size_t i = *at; i + 1 < gap.n; i++) {
		const char *stop;

		if (gap.p[i] != '/' || (gap.p[i + 1] != '*' && gap.p[i + 1] != '/'))
			continue;
		if (gap.p[i + 1] == '/')
			stop = memchr(gap.p + i, '\n', gap.n - i);
		else
			stop = memmem(gap.p + i + 2, gap.n - i - 2, "*/", 2);
		*at = !stop ? gap.n : (size_t)(stop - gap.p) + (gap.p[i + 1] == '*' ? 2 : 0);
		return (ptrdiff_t)i;
	}
	return -1;
}

/*
 * Where the line begins on which the first comment behind the first newline stands; gap.n: there is
 * none.
 */
static size_t first_comment_line(struct slice gap)
{
	const char *newline = gap.n ? memchr(gap.p, '\n', gap.n) : NULL;
	size_t at = newline ? (size_t)(newline - gap.p) : gap.n;
	ptrdiff_t comment = next_comment(gap, &at);

	if (comment < 0)
		return gap.n;
	return (size_t)(indent_of(head_of(gap, (size_t)comment)).p - gap.p);
}

/*
 * Where the comment that is about the token behind the gap begins (its line): the last comments,
 * each on lines of its own, with no blank line between them and the token. Without one, where the
 * last line begins.
 */
static size_t attached(struct slice gap)
{
	size_t start = (size_t)(indent_of(gap).p - gap.p), at = 0, run = start, upto = 0;
	ptrdiff_t comment;

	while ((comment = next_comment(gap, &at)) >= 0) {
		struct slice before = { gap.p + upto, (size_t)comment - upto };
		size_t line = (size_t)(indent_of(head_of(gap, (size_t)comment)).p - gap.p);

		if (!newlines(before))
			run = start; /* on the line of what stands before the gap */
		else if (newlines(before) > 1 || run == start || !upto)
			run = line;
		upto = at;
	}
	if (upto && newlines(slice_skip(gap, upto)) == 1)
		return run;
	return start;
}

/*
 * Newlines between the token before the gap, with what stands on its line, and what comes first
 * behind.
 */
static size_t newlines_first(struct slice gap)
{
	return newlines(head_of(gap, first_comment_line(gap)));
}

static size_t between(size_t n, size_t least, size_t most)
{
	return n < least ? least : n > most ? most : n;
}

static void add_newlines(struct text *out, size_t n)
{
	while (n--)
		text_addc(out, '\n');
}

/* One blank at most, for tokens of one line. */
static void add_inline(struct text *out, struct slice gap)
{
	if (gap.n)
		text_addc(out, ' ');
}

/*
 * Behind the innermost parenthesis that is open at the end of `out`, as kernel style aligns; false:
 * none is.
 */
static bool add_alignment(struct text *out)
{
	size_t depth = 0, column = 0, i = out->len;
	struct slice line;

	while (i > 0) {
		char c = out->p[--i];

		if (c == ')')
			depth++;
		else if (c == '(' && !depth--)
			break;
		else if ((c == ';' || c == '{' || c == '}') && !depth)
			return false;
		if (!i)
			return false;
	}
	line = indent_of(head_of((struct slice){ out->p, out->len }, i + 1));
	for (size_t k = 0; k < line.n; k++)
		column = line.p[k] == '\t' ? (column / 8 + 1) * 8 : column + 1;
	text_addc(out, '\n');
	for (; column >= 8; column -= 8)
		text_addc(out, '\t');
	for (; column; column--)
		text_addc(out, ' ');
	return true;
}

/* spatch's line breaks, kernel style's indentation. */
static void add_styled(struct text *out, const struct gap_sources *s)
{
	size_t n = newlines(s->spatch);

	if (!n) {
		add_inline(out, s->spatch);
		return;
	}
	if (!s->statement && add_alignment(out))
		return;
	add_newlines(out, s->opens || s->closes || !s->statement ? 1 : between(n, 1, 2));
	text_add_slice(out, indent_of(s->spatch));
}

void gap_between(struct text *out, const struct gap_sources *s)
{
	bool breaks = newlines(s->spatch) > 0;
	struct slice patch = s->patch;

	if (s->has_patch && s->opens && newlines(patch)) {
		/* What stood between "{" and this is not here: no blank line in its place. */
		size_t at = first_comment_line(patch);

		if (at == patch.n)
			at -= indent_of(patch).n;
		patch = slice_skip(patch, at - 1);
	}
	if (s->has_patch && (s->beside || (!s->instead && (newlines(patch) || !breaks)))) {
		text_add_slice(out, patch);
	} else if (s->has_patch && s->instead && slice_blank(patch) &&
		   (newlines(patch) > 0) == breaks) {
		text_add_slice(out, patch);
	} else if (s->has_moved && s->moved_beside) {
		text_add_slice(out, s->moved);
	} else if (s->has_moved && newlines(s->moved) && breaks) {
		add_newlines(out, s->opens ? 1 : between(newlines(s->spatch), 1, 2));
		text_add_slice(out, slice_skip(s->moved, attached(s->moved)));
	} else {
		add_styled(out, s);
	}
}

/*
 * Behind `head` of the target: line breaks, the comments about the first new token, its
 * indentation.
 */
static void add_lead(struct text *out, const struct gap_sources *s, struct slice gap,
		     struct slice head, size_t otherwise)
{
	struct slice kept = trim_end(head), comment = { 0 };
	size_t n = s->has_patch ? newlines_first(s->patch) : otherwise;

	text_add_slice(out, kept);
	if (kept.n && first_comment_line(kept) < kept.n)
		n = newlines(slice_skip(head, kept.n));
	add_newlines(out, s->opens ? 1 : between(n, 1, 2));
	if (s->has_patch && !s->instead) {
		comment = slice_skip(s->patch, attached(s->patch));
		if (slice_find(gap, trim_end(comment)) >= 0)
			comment = indent_of(s->patch);
	} else if (s->has_moved) {
		comment = slice_skip(s->moved, attached(s->moved));
	} else {
		comment = indent_of(s->spatch);
	}
	text_add_slice(out, comment);
}

bool gap_lead_inserted(struct text *out, const struct gap_sources *s, struct slice gap)
{
	bool known = s->has_patch && s->beside;

	if (s->top) {
		text_add_slice(out, gap);
		return true;
	}
	if (!newlines(known ? s->patch : s->spatch)) {
		if (s->has_patch && !newlines(s->patch))
			text_add_slice(out, s->patch);
		else
			add_inline(out, s->spatch);
		return false;
	}
	add_lead(out, s, gap, head_of(gap, attached(gap)),
		 slice_find(s->spatch, SLICE("\n\n")) >= 0 ? 2 : 1);
	return true;
}

void gap_tail_inserted(struct text *out, const struct gap_sources *s, struct slice gap, bool whole)
{
	if (s->top) {
		add_newlines(out, s->has_patch ? between(newlines_first(s->patch), 1, 2) : 2);
		return;
	}
	if (!newlines(s->spatch) || !whole) {
		if (newlines(gap) || !slice_blank(gap))
			text_add_slice(out, gap);
		else if (s->has_patch && s->beside && !newlines(s->patch))
			text_add_slice(out, s->patch);
		else
			add_inline(out, s->spatch);
		return;
	}
	add_newlines(out, s->closes || !s->has_patch ? 1 : between(newlines_first(s->patch), 1, 2));
	text_add_slice(out, slice_skip(gap, attached(gap)));
}

void gap_lead_replaced(struct text *out, const struct gap_sources *s, struct slice gap)
{
	struct slice head = head_of(gap, attached(gap));

	if (!newlines(gap) || !newlines(s->spatch)) {
		if (!newlines(gap) && s->has_patch && !newlines(s->patch))
			text_add_slice(out, s->patch);
		else
			text_add_slice(out, gap);
		return;
	}
	add_lead(out, s, gap, head, newlines(slice_skip(head, trim_end(head).n)));
}

/* The target's gap behind a whole-line edit: what stood on the edit's last line went with it. */
static void add_rest(struct text *out, const struct gap_sources *s, struct slice gap, size_t n)
{
	size_t first = first_comment_line(gap);

	n = s->closes || (s->opens && first == gap.n) ? 1 : between(n, 1, 2);
	add_newlines(out, n);
	text_add_slice(out, first < gap.n ? slice_skip(gap, first) : indent_of(gap));
}

void gap_tail_replaced(struct text *out, const struct gap_sources *s, struct slice gap)
{
	size_t n = newlines_first(gap);

	if (!newlines(gap) || !newlines(s->spatch)) {
		if (!newlines(gap) && s->has_patch && s->beside && !newlines(s->patch))
			text_add_slice(out, s->patch);
		else
			text_add_slice(out, gap);
		return;
	}
	if (s->has_patch && first_comment_line(gap) == gap.n)
		n = newlines_first(s->patch);
	add_rest(out, s, gap, n);
}

void gap_delete(struct text *out, const struct gap_sources *s, struct slice lead, struct slice tail)
{
	struct slice head = head_of(lead, attached(lead)), kept = trim_end(head);
	size_t n = newlines(slice_skip(head, kept.n));

	if (!newlines(lead) && !newlines(tail)) {
		add_inline(out, s->spatch);
	} else if (!newlines(lead)) {
		text_add_slice(out, tail);
	} else if (!newlines(tail)) {
		text_add_slice(out, lead);
	} else {
		text_add_slice(out, kept);
		if (newlines_first(tail) > n)
			n = newlines_first(tail);
		if (s->has_patch && s->beside)
			n = newlines_first(s->patch);
		add_rest(out, s, tail, n);
	}
}
