/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How a diff is read.
 *
 * One pass over the lines. A file begins at "diff --git", or, in a plain diff, at "--- " that is
 * followed by "+++ " and "@@ -"; whatever else stands between files (a mail's text, a diffstat, a
 * signature) is passed over. Inside a hunk nothing is guessed: the header's counts say how many
 * lines belong to it, so a removed line "-- " is not taken for a signature, and a hunk that a
 * mailer cut or wrapped is refused by its line number. Mailers do two harmless things that are
 * undone: an empty context line that lost its space, and CR at every line's end (headers included;
 * where only the content has them, they belong to the file). Format: git's diff-format and POSIX
 * diff -u. O(bytes).
 */
#include "patch/diff.h"

#include <ctype.h>
#include <strings.h>

#include "base/fail.h"

/* Of a file. Kernel patches have some hundred; placing more takes time that grows with the square. */
#define HUNKS_MAX 10000
#define LINES_MAX 1000000000ul /* of a file: what a hunk header may name */

struct parser {
	struct arena *arena;
	struct slice rest; /* not read yet */
	size_t line;	   /* number of the next line, from 1 */
	struct diff *diff;
	bool crlf; /* the file's header lines end in CR: the transport put it there */
};

static bool path_part_ok(struct slice part)
{
	if (!part.n || slice_is(part, ".") || slice_is(part, ".."))
		return false;
	if (part.n == 4 && !strncasecmp(part.p, ".git", 4))
		return false;
	return !(part.n == 5 && !strncasecmp(part.p, "git~1", 5));
}

bool diff_path_ok(struct slice path)
{
	struct slice part;

	if (!path.n || path.n > 4096 || path.p[path.n - 1] == '/')
		return false;
	for (size_t i = 0; i < path.n; i++)
		if ((unsigned char)path.p[i] < 0x20 || path.p[i] == 0x7f)
			return false;
	while (slice_cut(&path, '/', &part))
		if (!path_part_ok(part))
			return false;
	return true;
}

static struct slice without_cr(struct slice s)
{
	if (s.n && s.p[s.n - 1] == '\r')
		s.n--;
	return s;
}

static bool peek(const struct parser *parser, struct slice *line)
{
	struct slice rest = parser->rest;

	return slice_line(&rest, line);
}

static void next(struct parser *parser)
{
	struct slice line;

	slice_line(&parser->rest, &line);
	parser->line++;
}

static bool octal_byte(struct slice s, size_t i, char *c)
{
	unsigned int v = 0;

	for (size_t k = i; k < i + 3; k++) {
		if (k >= s.n || s.p[k] < '0' || s.p[k] > '7')
			return false;
		v = v * 8 + (unsigned int)(s.p[k] - '0');
	}
	*c = (char)v;
	return v < 256;
}

/*
 * Undo git's C-style quoting of the name that begins at s.p[0] == '"'; gives the bytes used, 0 when
 * malformed.
 */
static size_t unquote(struct arena *arena, struct slice s, struct slice *name)
{
	static const char from[] = "abtnvfr\"\\", to[] = "\a\b\t\n\v\f\r\"\\";
	char *out = arena_alloc(arena, s.n + 1);
	size_t n = 0, i = 1;

	while (i < s.n && s.p[i] != '"') {
		const char *at;

		if (s.p[i] != '\\') {
			out[n++] = s.p[i++];
			continue;
		}
		if (++i >= s.n)
			return 0;
		at = s.p[i] ? strchr(from, s.p[i]) : NULL;
		if (at) {
			out[n++] = to[at - from];
			i++;
		} else if (octal_byte(s, i, &out[n])) {
			n++;
			i += 3;
		} else {
			return 0;
		}
	}
	if (i >= s.n)
		return 0;
	*name = (struct slice){ out, n };
	return i + 1;
}

/* A hostile path for a message of one line: what is not printable becomes '?'. */
static char *path_shown(struct arena *arena, struct slice path)
{
	char *shown = arena_copy(arena, path.p, path.n < 200 ? path.n : 200);

	for (char *c = shown; *c; c++)
		if (!isprint((unsigned char)*c))
			*c = '?';
	return shown;
}

/*
 * A name as the header gives it, into a path: unquoted, cut at a tab (a time stamp), its first part
 * (a/, b/, linux-6.1/) taken off where `strip` says so. NULL in *path: /dev/null.
 */
static int take_path(struct parser *parser, struct slice s, bool strip, char **path)
{
	struct slice name = s;
	ptrdiff_t tab;

	*path = NULL;
	if (s.n && s.p[0] == '"') {
		if (!unquote(parser->arena, s, &name))
			return fail_as(FAIL_USAGE, "line %zu: malformed quoted file name",
				       parser->line);
	} else {
		tab = slice_find(s, SLICE("\t"));
		if (tab >= 0)
			name.n = (size_t)tab;
		else if (strip) /* a name may begin or end with a blank: git then writes a tab behind it */
			name = slice_trim(name);
	}
	if (strip && slice_is(name, "/dev/null"))
		return 0;
	if (strip) {
		const char *slash = name.n ? memchr(name.p, '/', name.n) : NULL;

		if (!slash)
			return fail_as(FAIL_USAGE,
				       "line %zu: file name '" SLICE_FMT
				       "' has no a/ or b/ before it",
				       parser->line, SLICE_ARG(name));
		if (slash == name.p)
			return fail_as(FAIL_POLICY,
				       "line %zu: refusing the absolute path '" SLICE_FMT "'",
				       parser->line, SLICE_ARG(name));
		name = slice_skip(name, (size_t)(slash - name.p) + 1);
	}
	if (!diff_path_ok(name))
		return fail_as(FAIL_POLICY, "line %zu: refusing the path '%s'", parser->line,
			       path_shown(parser->arena, name));
	*path = slice_str(parser->arena, name);
	return 0;
}

/*
 * "a/x b/x" of a "diff --git" line, where both names are the same; false where that cannot be told.
 */
static bool git_line_name(struct parser *parser, struct slice s, struct slice *name)
{
	struct slice first, second;
	size_t half;

	if (s.n && s.p[0] == '"') {
		size_t used = unquote(parser->arena, s, &first);
		const char *slash;

		if (!used || !(slash = memchr(first.p, '/', first.n)))
			return false;
		*name = slice_skip(first, (size_t)(slash - first.p) + 1);
		return true;
	}
	half = s.n / 2;
	if (s.n % 2 == 0 || s.n < 5 || s.p[half] != ' ')
		return false;
	first = (struct slice){ s.p, half };
	second = slice_skip(s, half + 1);
	if (!memchr(first.p, '/', first.n))
		return false;
	while (first.p[0] != '/')
		first = slice_skip(first, 1);
	while (second.n && second.p[0] != '/')
		second = slice_skip(second, 1);
	if (!slice_eq(first, second))
		return false;
	*name = slice_skip(first, 1);
	return true;
}

static unsigned int take_mode(struct slice s)
{
	unsigned int mode = 0;

	s = slice_trim(s);
	if (s.n > 6)
		return 0;
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] < '0' || s.p[i] > '7')
			return 0;
		mode = mode * 8 + (unsigned int)(s.p[i] - '0');
	}
	return mode;
}

static void take_id(struct slice s, char id[65])
{
	size_t n = 0;

	while (n < s.n && n < 64 && isxdigit((unsigned char)s.p[n])) {
		id[n] = s.p[n];
		n++;
	}
	id[n == s.n ? n : 0] = '\0';
}

/* "index db3f393192d9..365ce3ea4a32 100644" */
static void take_index(struct filediff *file, struct slice s)
{
	struct slice ids, old;
	ptrdiff_t dots;

	slice_cut(&s, ' ', &ids);
	dots = slice_find(ids, SLICE(".."));
	if (dots < 0)
		return;
	old = (struct slice){ ids.p, (size_t)dots };
	take_id(old, file->old_id);
	take_id(slice_skip(ids, (size_t)dots + 2), file->new_id);
	if (s.n && !file->old_mode && !file->new_mode)
		file->old_mode = file->new_mode = take_mode(s);
}

/* Take `prefix` off the front of the line: the header's value. */
static bool header(struct slice line, const char *prefix, struct slice *value)
{
	if (!slice_starts(line, prefix))
		return false;
	*value = slice_skip(line, strlen(prefix));
	return true;
}

/* One extended header line; 1 taken, 0 it is none, -1. */
static int git_header(struct parser *parser, struct filediff *file, struct slice line)
{
	struct slice v;

	if (header(line, "old mode ", &v)) {
		file->old_mode = take_mode(v);
	} else if (header(line, "new mode ", &v)) {
		file->new_mode = take_mode(v);
	} else if (header(line, "new file mode ", &v)) {
		file->change = CHANGE_ADD;
		file->new_mode = take_mode(v);
	} else if (header(line, "deleted file mode ", &v)) {
		file->change = CHANGE_DELETE;
		file->old_mode = take_mode(v);
	} else if (header(line, "rename from ", &v) || header(line, "copy from ", &v)) {
		file->change = line.p[0] == 'r' ? CHANGE_RENAME : CHANGE_COPY;
		if (take_path(parser, v, false, &file->old_path))
			return -1;
	} else if (header(line, "rename to ", &v) || header(line, "copy to ", &v)) {
		file->change = line.p[0] == 'r' ? CHANGE_RENAME : CHANGE_COPY;
		if (take_path(parser, v, false, &file->new_path))
			return -1;
	} else if (header(line, "index ", &v)) {
		take_index(file, v);
	} else if (!header(line, "similarity index ", &v) &&
		   !header(line, "dissimilarity index ", &v)) {
		return 0;
	}
	return 1;
}

/* "-12,3" or "+12": 1 with the numbers, 0 when malformed. */
static int take_range(struct slice s, char sign, size_t *start, size_t *count)
{
	struct slice first;
	unsigned long v;

	if (!s.n || s.p[0] != sign)
		return 0;
	s = slice_skip(s, 1);
	slice_cut(&s, ',', &first);
	if (!slice_number(first, LINES_MAX, &v))
		return 0;
	*start = v;
	*count = 1;
	if (first.p + first.n == s.p && !s.n)
		return 1;
	if (!slice_number(s, LINES_MAX, &v))
		return 0;
	*count = v;
	return 1;
}

static int hunk_header(struct parser *parser, struct slice line, struct hunk *hunk)
{
	struct slice rest = slice_skip(line, 3), old, new, at;

	hunk->at = parser->line;
	if (!slice_cut(&rest, ' ', &old) || !slice_cut(&rest, ' ', &new) ||
	    !take_range(old, '-', &hunk->old_start, &hunk->old_count) ||
	    !take_range(new, '+', &hunk->new_start, &hunk->new_count) || !slice_starts(rest, "@@"))
		return fail_as(FAIL_USAGE, "line %zu: malformed hunk header", parser->line);
	slice_cut(&rest, ' ', &at);
	hunk->heading = rest;
	return 0;
}

static int hunk_counts(const struct parser *parser, const struct hunk *hunk, size_t old, size_t new)
{
	bool is_old = old != hunk->old_count;

	return fail_as(FAIL_USAGE,
		       "line %zu: hunk has %zu %s lines where its header says %zu (at line %zu)",
		       hunk->at, is_old ? old : new, is_old ? "old" : "new",
		       is_old ? hunk->old_count : hunk->new_count, parser->line);
}

/* Does `line`, right behind a complete hunk, look like more of it? */
static bool more_of_hunk(struct slice line)
{
	if (!line.n || slice_starts(line, "-- ") || slice_is(line, "--") ||
	    slice_starts(line, "--- "))
		return false;
	return line.p[0] == '+' || line.p[0] == '-';
}

static int hunk_lines(struct parser *parser, struct hunk *hunk)
{
	size_t old = 0, new = 0;
	struct slice line;

	while (peek(parser, &line)) {
		bool full = old == hunk->old_count && new == hunk->new_count;
		struct diff_line *item;
		char kind;

		if (parser->crlf)
			line = without_cr(line);
		kind = line.n ? line.p[0] : ' ';
		if (kind == '\\' && hunk->n) {
			hunk->items[hunk->n - 1].no_newline = true;
			next(parser);
			continue;
		}
		if (full)
			return more_of_hunk(line) ? hunk_counts(parser, hunk, old + (kind != '+'),
								new + (kind != '-')) :
						    0;
		if ((kind != ' ' && kind != '-' && kind != '+') ||
		    (kind != '+' && old == hunk->old_count) ||
		    (kind != '-' && new == hunk->new_count))
			return hunk_counts(parser, hunk, old + (kind == ' ' || kind == '-'),
					   new + (kind == ' ' || kind == '+'));
		item = arena_push(parser->arena, hunk);
		item->kind = kind;
		item->text = slice_skip(line, 1);
		old += kind != '+';
		new += kind != '-';
		next(parser);
	}
	return old == hunk->old_count && new == hunk->new_count ?
		       0 :
		       hunk_counts(parser, hunk, old, new);
}

/* Hunks, as long as there are some. */
static int take_hunks(struct parser *parser, struct filediff *file)
{
	struct slice line;

	while (peek(parser, &line) && slice_starts(line, "@@")) {
		struct hunk *hunk;

		if (slice_starts(line, "@@@"))
			return fail_as(FAIL_USAGE, "line %zu: this is the combined diff of a merge",
				       parser->line);
		if (file->n == HUNKS_MAX)
			return fail_as(FAIL_USAGE,
				       "line %zu: more than %d hunks in one file; split the patch",
				       parser->line, HUNKS_MAX);
		hunk = arena_push(parser->arena, file);
		if (hunk_header(parser, without_cr(line), hunk))
			return -1;
		next(parser);
		if (hunk_lines(parser, hunk))
			return -1;
	}
	return 0;
}

/* "GIT binary patch" has its data up to an empty line, twice at most; none of it is kept. */
static void pass_binary(struct parser *parser)
{
	struct slice line;

	while (peek(parser, &line) && !slice_starts(line, "diff ") &&
	       !slice_is(without_cr(line), "-- "))
		next(parser);
}

/* The "--- " and "+++ " lines, which are there when there are hunks. */
static int take_names(struct parser *parser, struct filediff *file, bool git)
{
	char *old, *new;
	struct slice line;

	peek(parser, &line);
	if (take_path(parser, without_cr(slice_skip(line, 4)), true, &old))
		return -1;
	next(parser);
	if (!peek(parser, &line) || !slice_starts(line, "+++ "))
		return fail_as(FAIL_USAGE, "line %zu: '+++' expected behind '---'", parser->line);
	if (take_path(parser, without_cr(slice_skip(line, 4)), true, &new))
		return -1;
	next(parser);
	if (!old && !new)
		return fail_as(FAIL_USAGE, "line %zu: both names are /dev/null", parser->line);
	if (file->change == CHANGE_MODIFY && (!old || !new))
		file->change = old ? CHANGE_DELETE : CHANGE_ADD;
	if (!git && old && new) /* linux.orig/x.c.orig against linux/x.c: the new name counts */
		old = new;
	if (git && file->change != CHANGE_RENAME && file->change != CHANGE_COPY && old &&
	    new &&strcmp(old, new))
		return fail_as(FAIL_USAGE, "line %zu: '%s' and '%s' differ and this is no rename",
			       parser->line, old, new);
	if (!file->old_path && old)
		file->old_path = old;
	if (!file->new_path && new)
		file->new_path = new;
	return 0;
}

/*
 * An added file has no old path, a deleted one no new path, and what has a path may be missing one
 * yet.
 */
static int settle_paths(struct parser *parser, struct filediff *file, struct slice git_name,
			size_t at)
{
	char *path = NULL;

	if (file->change == CHANGE_ADD)
		file->old_path = NULL;
	if (file->change == CHANGE_DELETE)
		file->new_path = NULL;
	if (file->change == CHANGE_RENAME || file->change == CHANGE_COPY) {
		if (!file->old_path || !file->new_path)
			return fail_as(FAIL_USAGE, "line %zu: a rename without both names", at);
		return 0;
	}
	if (file->old_path || file->new_path)
		return 0;
	if (!git_name.n)
		return fail_as(FAIL_USAGE, "line %zu: cannot tell the file's name", at);
	if (take_path(parser, git_name, false, &path))
		return -1;
	if (file->change != CHANGE_ADD)
		file->old_path = path;
	if (file->change != CHANGE_DELETE)
		file->new_path = path;
	return 0;
}

/* In a plain diff only the ranges say that a file comes or goes, apart from /dev/null. */
static void settle_plain(struct filediff *file)
{
	const struct hunk *hunk = file->items;

	if (file->n != 1 || file->change != CHANGE_MODIFY)
		return;
	if (!hunk->old_start && !hunk->old_count) {
		file->change = CHANGE_ADD;
		file->old_path = NULL;
	} else if (!hunk->new_start && !hunk->new_count) {
		file->change = CHANGE_DELETE;
		file->new_path = NULL;
	}
}

static int take_git_file(struct parser *parser, struct slice first)
{
	struct filediff *file = arena_push(parser->arena, parser->diff);
	size_t at = parser->line;
	struct slice line, name = { 0 };

	parser->crlf = first.n && first.p[first.n - 1] == '\r';
	git_line_name(parser, slice_skip(without_cr(first), strlen("diff --git ")), &name);
	next(parser);
	while (peek(parser, &line)) {
		int r = git_header(parser, file, without_cr(line));

		if (r < 0)
			return -1;
		if (!r)
			break;
		next(parser);
	}
	if (peek(parser, &line) && slice_starts(line, "--- ") && take_names(parser, file, true))
		return -1;
	if (peek(parser, &line) &&
	    (slice_starts(line, "GIT binary patch") || slice_starts(line, "Binary files "))) {
		file->binary = true;
		pass_binary(parser);
	}
	if (take_hunks(parser, file))
		return -1;
	return settle_paths(parser, file, name, at);
}

/* "--- x", "+++ x", "@@ -": a file of a plain diff begins here. */
static bool plain_begins(const struct parser *parser)
{
	struct slice rest = parser->rest, line;

	return slice_line(&rest, &line) && slice_starts(line, "--- ") && slice_line(&rest, &line) &&
	       slice_starts(line, "+++ ") && slice_line(&rest, &line) && slice_starts(line, "@@ -");
}

static int take_plain_file(struct parser *parser, struct slice first)
{
	struct filediff *file = arena_push(parser->arena, parser->diff);

	parser->crlf = first.n && first.p[first.n - 1] == '\r';
	if (take_names(parser, file, false) || take_hunks(parser, file))
		return -1;
	settle_plain(file);
	return 0;
}

int diff_parse(struct arena *arena, struct slice text, struct diff *diff)
{
	struct parser parser = { .arena = arena, .rest = text, .line = 1, .diff = diff };
	struct slice line;

	*diff = (struct diff){ 0 };
	while (peek(&parser, &line)) {
		if (slice_starts(line, "diff --git ")) {
			if (take_git_file(&parser, line))
				return -1;
		} else if (slice_starts(line, "--- ") && plain_begins(&parser)) {
			if (take_plain_file(&parser, line))
				return -1;
		} else if (slice_starts(line, "diff --cc ") ||
			   slice_starts(line, "diff --combined ")) {
			return fail_as(FAIL_USAGE, "line %zu: this is the combined diff of a merge",
				       parser.line);
		} else {
			next(&parser);
		}
	}
	return 0;
}
