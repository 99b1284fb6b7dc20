/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Read from the top down with a stack of the groups that are open, one per indentation: a result line closes the
 * groups further in, and the outermost of those is what it is about. A group that nobody's line closed (its
 * program died, or the machine did) is kept below a test of its own, without a name, in error.
 *
 * What is read and written again is the same.
 */
#include "kernel/ktap.h"

#include <ctype.h>
#include <limits.h>
#include <strings.h>

#define DEPTH 32 /* of groups in groups: what is further in is no KTAP */

static const struct directive {
	const char *word;
	enum ktap_status status;
} directives[] = {
	{ "SKIP", KTAP_SKIP },	 { "XFAIL", KTAP_XFAIL }, { "TIMEOUT", KTAP_TIMEOUT },
	{ "ERROR", KTAP_ERROR }, { "TODO", KTAP_XFAIL },
};
#define NDIRECTIVES (sizeof(directives) / sizeof(directives[0]))

struct parser {
	struct arena *arena;
	struct ktap *ktap;
	/* Open groups: what is collected for the test that will close them. The first is the top. */
	struct group {
		size_t indent;
		struct ktap_test test; /* its notes: those since the last result line */
	} groups[DEPTH + 1];
	size_t n;
};

static void note_add(struct arena *arena, struct ktap_test *test, struct slice note)
{
	arena_grow(arena, (void **)&test->notes, &test->notes_cap, test->nnotes + 1,
		   sizeof(*test->notes));
	test->notes[test->nnotes++] = note;
}

/* Take the innermost group off: it becomes the subtests of `test`, its last notes come behind those of it. */
static void group_close(struct parser *parser, struct ktap_test *test)
{
	struct ktap_test *group = &parser->groups[--parser->n].test;

	test->items = group->items;
	test->n = group->n;
	test->cap = group->cap;
	test->planned = group->planned;
	for (size_t i = 0; i < group->nnotes; i++)
		note_add(parser->arena, test, group->notes[i]);
}

/* The innermost group has no result line: a test in error is put in its place. */
static void group_abandon(struct parser *parser)
{
	struct group *group = &parser->groups[parser->n - 1];
	struct ktap_test *parent = &group[-1].test;

	if (!group->test.n && group->test.planned < 0) {
		for (size_t i = 0; i < group->test.nnotes; i++)
			note_add(parser->arena, parent, group->test.notes[i]);
		parser->n--;
		return;
	}

	struct ktap_test *test = arena_push(parser->arena, parent);

	test->status = KTAP_ERROR;
	test->reason = SLICE("no result");
	test->notes = parent->notes;
	test->nnotes = parent->nnotes;
	test->notes_cap = parent->notes_cap;
	parent->notes = NULL;
	parent->nnotes = parent->notes_cap = 0;
	group_close(parser, test);
}

/* The group at this indentation, those further in closed but for one, which `inner` says is there. */
static struct ktap_test *group_at(struct parser *parser, size_t indent, bool *inner)
{
	/* Of the groups further in all but the outermost are somebody's subtests in it. */
	while (parser->n > 1 && parser->groups[parser->n - 2].indent > indent)
		group_abandon(parser);
	*inner = parser->groups[parser->n - 1].indent > indent;

	size_t at = parser->n - (*inner ? 2 : 1);

	if (parser->groups[at].indent < indent) {
		if (*inner)
			parser->groups[at + 2] = parser->groups[at + 1];
		at++;
		parser->groups[at] = (struct group){ .indent = indent, .test.planned = -1 };
		parser->n++;
	}
	return &parser->groups[at].test;
}

static bool word_end(char c)
{
	return !((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
		 c == '_');
}

/* "# SKIP because", "# 3 ms": the directive, if it is one, and what stands behind it. */
static bool comment_read(struct slice text, struct ktap_test *test)
{
	struct slice rest = slice_trim(slice_skip(text, 1));

	for (size_t i = 0; i < NDIRECTIVES; i++) {
		size_t n = strlen(directives[i].word);

		if (rest.n >= n && !strncasecmp(rest.p, directives[i].word, n) &&
		    (rest.n == n || word_end(rest.p[n]))) {
			test->status = directives[i].status;
			test->reason = slice_trim(slice_skip(rest, n));
			return true;
		}
	}
	test->reason = rest;
	return text.n == 1 || isspace((unsigned char)text.p[1]);
}

/* "1 - name # SKIP because", what stands behind "ok ". */
static void result_read(struct slice rest, struct ktap_test *test)
{
	struct slice after = rest, number;

	rest = slice_trim(rest);
	after = rest;
	slice_cut(&after, ' ', &number);
	if (slice_number(number, ULONG_MAX, &test->number))
		rest = slice_trim(after);
	if (slice_is(rest, "-") || slice_starts(rest, "- "))
		rest = slice_trim(slice_skip(rest, 1));
	test->name = rest;
	for (size_t i = 0; i < rest.n; i++) {
		/* A backslash before it makes it one of the name's own, as in TAP 14. */
		if (rest.p[i] == '#' && (!i || rest.p[i - 1] == ' ') &&
		    comment_read(slice_skip(rest, i), test)) {
			test->name = slice_trim((struct slice){ rest.p, i });
			return;
		}
	}
	test->reason = (struct slice){ NULL, 0 };
}

static void result_add(struct parser *parser, size_t indent, bool ok, struct slice rest)
{
	bool inner;
	struct ktap_test *group = group_at(parser, indent, &inner);
	struct ktap_test *test = arena_push(parser->arena, group);

	test->ok = ok;
	test->status = ok ? KTAP_PASS : KTAP_FAIL;
	test->planned = -1;
	test->notes = group->notes;
	test->nnotes = group->nnotes;
	test->notes_cap = group->notes_cap;
	group->notes = NULL;
	group->nnotes = group->notes_cap = 0;
	if (inner)
		group_close(parser, test);
	result_read(rest, test);
}

/* "1..5", "1..0 # SKIP because". */
static bool plan_read(struct slice line, long *planned, struct slice *note)
{
	struct slice count;
	unsigned long value;

	if (!slice_starts(line, "1.."))
		return false;
	line = slice_skip(line, 3);
	slice_cut(&line, '#', &count);
	if (!slice_number(slice_trim(count), LONG_MAX, &value))
		return false;
	*planned = (long)value;
	*note = slice_trim(line);
	return true;
}

static bool is_version(struct slice line)
{
	return slice_starts(line, "KTAP version ") || slice_starts(line, "TAP version ");
}

/* "ok 1 name": what stands behind the word. */
static bool is_result(struct slice line, bool *ok, struct slice *rest)
{
	*ok = slice_starts(line, "ok");
	if (!*ok && !slice_starts(line, "not ok"))
		return false;
	*rest = slice_skip(line, *ok ? 2 : 6);
	return !rest->n || rest->p[0] == ' ';
}

static void line_read(struct parser *parser, struct slice line)
{
	struct ktap *ktap = parser->ktap;
	struct slice rest, note;
	size_t indent = 0;
	bool ok, inner;
	long planned;

	while (line.n && line.p[line.n - 1] == '\r')
		line.n--;
	while (line.n && line.p[0] == ' ' && indent < 2 * DEPTH) {
		line = slice_skip(line, 1);
		indent++;
	}
	indent /= 2;
	if (!line.n)
		return;
	if (is_result(line, &ok, &rest)) {
		result_add(parser, indent, ok, rest);
	} else if (line.p[0] == '#') {
		rest = slice_skip(line, line.n > 1 && line.p[1] == ' ' ? 2 : 1);
		note_add(parser->arena, group_at(parser, indent, &inner), rest);
	} else if (plan_read(line, &planned, &note)) {
		struct ktap_test *group = group_at(parser, indent, &inner);

		if (group->planned < 0)
			group->planned = planned;
		if (note.n)
			note_add(parser->arena, group, note);
	} else if (is_version(line)) {
		if (!indent && !parser->groups[0].test.n)
			ktap->versioned = true;
	} else if (slice_starts(line, "Bail out!") && !ktap->bailed) {
		ktap->bailed = true;
		ktap->bail_reason = slice_trim(slice_skip(line, strlen("Bail out!")));
	}
}

void ktap_parse(struct arena *arena, struct slice text, struct ktap *ktap)
{
	struct parser parser = { .arena = arena, .ktap = ktap, .n = 1 };
	struct slice line;

	*ktap = (struct ktap){ 0 };
	parser.groups[0].test.planned = -1;
	while (slice_line(&text, &line))
		line_read(&parser, line);
	while (parser.n > 1)
		group_abandon(&parser);
	ktap->top = parser.groups[0].test;
}

char *ktap_flaw(struct arena *arena, const struct ktap_test *test)
{
	struct slice name = test->name;

	if (test->planned >= 0 && (size_t)test->planned != test->n)
		return arena_printf(arena, SLICE_FMT "%s%zu of %ld planned tests reported",
				    SLICE_ARG(name), name.n ? ": " : "", test->n, test->planned);
	for (size_t i = 0; i < test->n; i++) {
		const struct ktap_test *item = &test->items[i];

		if (item->number && item->number != i + 1)
			return arena_printf(arena, SLICE_FMT "%stest %zu has the number %lu",
					    SLICE_ARG(name), name.n ? ": " : "", i + 1,
					    item->number);

		char *flaw = ktap_flaw(arena, item);

		if (flaw)
			return name.n ?
				       arena_printf(arena, SLICE_FMT "/%s", SLICE_ARG(name), flaw) :
				       flaw;
	}
	return NULL;
}

static void indent_write(struct text *out, size_t depth)
{
	for (size_t i = 0; i < depth; i++)
		text_adds(out, "  ");
}

/* What has line ends becomes several notes; in a name or a reason they become blanks. */
static void notes_write(struct text *out, const struct ktap_test *test, size_t depth)
{
	for (size_t i = 0; i < test->nnotes; i++) {
		struct slice rest = test->notes[i], line;

		do {
			slice_line(&rest, &line);
			indent_write(out, depth);
			text_adds(out, "# ");
			text_add_slice(out, line);
			text_addc(out, '\n');
		} while (rest.n);
	}
}

static void one_line(struct text *out, struct slice s)
{
	s = slice_trim(s);
	for (size_t i = 0; i < s.n; i++)
		text_addc(out, s.p[i] == '\n' ? ' ' : s.p[i]);
}

/* What a reader would take for a directive in it gets a backslash, as in TAP 14. */
static void name_write(struct text *out, struct slice name)
{
	struct text line __free_text = TEXT_INIT;
	struct ktap_test unused;

	one_line(&line, name);
	for (size_t i = 0; i < line.len; i++) {
		struct slice rest = slice_skip(text_slice(&line), i);

		if (rest.p[0] == '#' && (!i || rest.p[-1] == ' ') && comment_read(rest, &unused))
			text_addc(out, '\\');
		text_addc(out, rest.p[0]);
	}
}

static const char *directive_word(enum ktap_status status)
{
	for (size_t i = 0; i < NDIRECTIVES; i++) {
		if (directives[i].status == status)
			return directives[i].word;
	}
	return NULL;
}

static void result_write(struct text *out, const struct ktap_test *test, size_t depth)
{
	struct slice name = slice_trim(test->name), reason = slice_trim(test->reason);
	const char *word = directive_word(test->status);
	struct ktap_test unused = { .status = KTAP_PASS };
	/* What begins like a number or a dash would be taken for one. */
	bool digit = name.n && name.p[0] >= '0' && name.p[0] <= '9';

	indent_write(out, depth);
	text_adds(out, test->ok ? "ok" : "not ok");
	if (test->number || digit)
		text_addf(out, " %lu", test->number);
	if (name.n) {
		text_adds(out, name.p[0] == '-' ? " - " : " ");
		name_write(out, name);
	}
	if (word || reason.n)
		text_adds(out, " # ");
	if (word) {
		text_adds(out, word);
		if (reason.n)
			text_addc(out, ' ');
	} else if (reason.n) {
		/* The words of a test that passed or failed are no directive. */
		struct text comment __free_text = TEXT_INIT;

		text_adds(&comment, "# ");
		text_add_slice(&comment, reason);
		comment_read(text_slice(&comment), &unused);
		if (unused.status != KTAP_PASS)
			text_adds(out, "- ");
	}
	one_line(out, reason);
	text_addc(out, '\n');
}

static void group_write(struct text *out, const struct ktap_test *group, bool versioned,
			size_t depth)
{
	if (versioned && (group->n || group->planned >= 0 || !depth)) {
		indent_write(out, depth);
		text_adds(out, "KTAP version 1\n");
	}
	if (group->planned >= 0) {
		indent_write(out, depth);
		text_addf(out, "1..%ld\n", group->planned);
	}
	for (size_t i = 0; i < group->n; i++) {
		const struct ktap_test *test = &group->items[i];

		notes_write(out, test, depth);
		group_write(out, test, versioned, depth + 1);
		result_write(out, test, depth);
	}
}

void ktap_write(struct text *out, const struct ktap *ktap)
{
	group_write(out, &ktap->top, ktap->versioned, 0);
	notes_write(out, &ktap->top, 0);
	if (!ktap->bailed)
		return;
	text_adds(out, ktap->bail_reason.n ? "Bail out! " : "Bail out!");
	one_line(out, ktap->bail_reason);
	text_addc(out, '\n');
}
