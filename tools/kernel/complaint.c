/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A log is read line by line. Lines that begin with white space are what a compiler shows of the source, or what make
 * says it is doing now; everything else is looked at for "FILE:LINE:COLUMN: warning: TEXT" and its variants, or
 * for the few forms of make, the linker and the shell. gcc says once in which function it is, for all that follow.
 */
#define _GNU_SOURCE
#include "kernel/complaint.h"

#include <ctype.h>
#include <limits.h>

#define TEXT_MAX_BYTES 2048

/* What is being read. */
struct reader {
	struct arena *arena;
	const char *top;
	struct complaints *complaints;
	struct slice function; /* what gcc or the linker is in */
	size_t *slots;	       /* numbers of complaints, from 1, by hash */
	size_t nslots;
	struct arena *scratch;
};

static bool is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

static size_t digits(struct slice s)
{
	size_t n = 0;

	while (n < s.n && isdigit((unsigned char)s.p[n]))
		n++;
	return n;
}

/* Paths */

/* "a/b/../c" is "a/c", "./a" is "a"; leading "../" go. */
static char *plain_path(struct arena *arena, struct slice path)
{
	struct text out __free_text = TEXT_INIT;
	struct slice part;

	while (slice_cut(&path, '/', &part)) {
		if (!part.n || slice_is(part, "."))
			continue;
		if (slice_is(part, "..")) {
			const char *slash = out.len ? memrchr(out.p, '/', out.len) : NULL;
			size_t keep = slash ? (size_t)(slash - out.p) : 0;

			if (out.len)
				out.p[out.len = keep] = '\0';
			continue;
		}
		if (out.len)
			text_addc(&out, '/');
		text_add_slice(&out, part);
	}
	return arena_copy(arena, text_str(&out), out.len);
}

/* From the top of the sources, where it is below it; of another absolute path its last part. */
static char *file_path(const struct reader *reader, struct slice path)
{
	size_t n = strlen(reader->top);

	if (n && slice_starts(path, reader->top) && path.n > n && path.p[n] == '/')
		return plain_path(reader->arena, slice_skip(path, n + 1));
	if (path.n && path.p[0] == '/') {
		if (slice_starts(path, "/tmp/"))
			return arena_strdup(reader->arena, "tmp");

		const char *slash = memrchr(path.p, '/', path.n);

		path = slice_skip(path, (size_t)(slash + 1 - path.p));
	}
	return plain_path(reader->arena, path);
}

static bool is_path_char(char c)
{
	return is_word(c) || strchr("/.-+,", c);
}

/* Texts */

/* An absolute path in a message, with the line and column behind it: how much of `rest` it is. */
static size_t add_path(const struct reader *reader, struct text *out, struct slice rest)
{
	size_t n = 0;

	while (n < rest.n && rest.p[n] && is_path_char(rest.p[n]))
		n++;
	text_adds(out, file_path(reader, (struct slice){ rest.p, n }));
	return n;
}

/* Ends `out` in one of these, so that digits which follow are the compiler's own counter? */
static bool counts_on(const struct text *out)
{
	static const char *const names[] = { "__compiletime_assert_", ".constprop.", ".isra.",
					     ".part." };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (slice_ends(text_slice(out), names[i]))
			return true;
	return false;
}

static bool in_unique_id(const struct text *out)
{
	size_t start = out->len;

	while (start && is_word(out->p[start - 1]))
		start--;
	return slice_starts(slice_skip(text_slice(out), start), "__UNIQUE_ID_");
}

/* How much of `rest` only says where: ":12:3" behind a file's name, "+0x1f/0x20" behind a symbol. */
static size_t place_length(const struct text *out, struct slice rest)
{
	size_t n = 0;

	if (rest.n > 3 && !memcmp(rest.p, "+0x", 3)) {
		for (n = 3; n < rest.n && (isxdigit((unsigned char)rest.p[n]) ||
					   (rest.p[n] && strchr("/x", rest.p[n])));)
			n++;
		return n;
	}
	if (rest.p[0] != ':' || !out->len || !is_word(out->p[out->len - 1]))
		return 0;
	while (n + 1 < rest.n && rest.p[n] == ':' && isdigit((unsigned char)rest.p[n + 1]))
		n += 1 + digits(slice_skip(rest, n + 1));
	return n;
}

/* Without what moves when lines do. */
static char *normal_text(const struct reader *reader, struct slice text)
{
	struct text out __free_text = TEXT_INIT;

	text = slice_trim(text);
	while (text.n && out.len < TEXT_MAX_BYTES) {
		char c = text.p[0], was = out.len ? out.p[out.len - 1] : ' ';
		size_t n = place_length(&out, text);

		if (n) {
			text = slice_skip(text, n);
		} else if (c == '/' && text.n > 1 && !is_path_char(was) && is_word(text.p[1])) {
			text = slice_skip(text, add_path(reader, &out, text));
		} else if (isdigit((unsigned char)c) && (slice_ends(text_slice(&out), " line ") ||
							 counts_on(&out) || in_unique_id(&out))) {
			text_addc(&out, 'N');
			text = slice_skip(text, digits(text));
		} else if (slice_starts(text, "\342\200\230") ||
			   slice_starts(text, "\342\200\231")) {
			text_addc(&out, '\''); /* a message in UTF-8 */
			text = slice_skip(text, 3);
		} else {
			if (isspace((unsigned char)c) || !c)
				c = ' ';
			if (c != ' ' || was != ' ')
				text_addc(&out, c);
			text = slice_skip(text, 1);
		}
	}
	return slice_str(reader->arena, slice_trim(text_slice(&out)));
}

/* "foo.constprop.0" is foo. */
static struct slice function_name(struct slice name)
{
	for (size_t i = 0; i < name.n; i++)
		if (!is_word(name.p[i]))
			return (struct slice){ name.p, i };
	return name;
}

/* Each once */

static bool same(const struct complaint *a, const struct complaint *b)
{
	return !strcmp(a->text, b->text) && !strcmp(a->file, b->file) &&
	       !strcmp(a->function, b->function);
}

static size_t *find_slot(const struct reader *reader, const struct complaint *complaint)
{
	size_t mask = reader->nslots - 1;
	size_t at = slice_hash(slice_of(complaint->text)) ^
		    slice_hash(slice_of(complaint->function)) * 3 ^
		    slice_hash(slice_of(complaint->file)) * 7;

	for (at &= mask; reader->slots[at]; at = (at + 1) & mask)
		if (same(&reader->complaints->items[reader->slots[at] - 1], complaint))
			break;
	return &reader->slots[at];
}

static void index_all(struct reader *reader)
{
	reader->nslots = reader->nslots ? reader->nslots * 2 : 64;
	while (reader->nslots < reader->complaints->n * 2)
		reader->nslots *= 2;
	reader->slots = arena_alloc(reader->scratch, reader->nslots * sizeof(*reader->slots));
	for (size_t i = 0; i < reader->complaints->n; i++)
		*find_slot(reader, &reader->complaints->items[i]) = i + 1;
}

static void take(struct reader *reader, const struct complaint *complaint)
{
	if ((reader->complaints->n + 1) * 2 > reader->nslots)
		index_all(reader);

	size_t *slot = find_slot(reader, complaint);

	if (*slot)
		return;
	*arena_push(reader->arena, reader->complaints) = *complaint;
	*slot = reader->complaints->n;
}

/* Where a message is: FILE, FILE:LINE or FILE:LINE:COLUMN. */
struct place {
	struct slice file; /* empty: a tool's own name, which is in `tool` */
	struct slice tool;
	unsigned int line;
	bool column;
};

/* Take ":NUMBER" off the end. */
static bool cut_number(struct slice *s, unsigned int *number)
{
	size_t n = s->n;
	unsigned long value;

	while (n && isdigit((unsigned char)s->p[n - 1]))
		n--;
	if (n < 2 || n == s->n || s->p[n - 1] != ':' ||
	    !slice_number(slice_skip(*s, n), UINT_MAX, &value))
		return false;
	s->n = n - 1;
	*number = (unsigned int)value;
	return true;
}

static struct place place_of(struct slice head)
{
	struct place place = { 0 };
	unsigned int last, before;
	const char *space;

	head = slice_trim(head);
	/* "ld: vmlinux.o" */
	space = memrchr(head.p, ' ', head.n);
	if (space)
		head = slice_skip(head, (size_t)(space + 1 - head.p));
	if (cut_number(&head, &last)) {
		place.line = last;
		place.column = cut_number(&head, &before);
		if (place.column)
			place.line = before;
	}
	if (memchr(head.p, '/', head.n) || memchr(head.p, '.', head.n) || place.line)
		place.file = head;
	else
		place.tool = head;
	return place;
}

static void take_at(struct reader *reader, enum complaint_kind kind, const struct place *place,
		    struct slice text)
{
	struct complaint complaint = {
		.kind = kind,
		.file = file_path(reader, place->file),
		.function = "",
		.text = normal_text(reader, text),
		.line = place->line,
	};

	if (!*complaint.text)
		return;
	if (place->column)
		complaint.function = slice_str(reader->arena, reader->function);
	if (place->tool.n)
		complaint.text = arena_printf(reader->arena, SLICE_FMT ": %s",
					      SLICE_ARG(place->tool), complaint.text);
	if (slice_starts(text, "objtool: "))
		complaint.function = slice_str(
			reader->arena, function_name(slice_skip(text, strlen("objtool: "))));
	take(reader, &complaint);
}

static void take_plain(struct reader *reader, enum complaint_kind kind, struct slice text)
{
	take_at(reader, kind, &(struct place){ 0 }, text);
}

/* The forms of a line; each says whether the line was one. */

static bool read_where(struct reader *reader, struct slice line)
{
	static const char *const before[] = { "In function ", "in function " };
	static const struct {
		const char *text;
		size_t n;
	} quotes[] = { { "'", 1 }, { "`", 1 }, { "\342\200\230", 3 } };
	ptrdiff_t at = -1;

	for (size_t i = 0; i < ARRAY_SIZE(before) && at < 0; i++) {
		at = slice_find(line, slice_of(before[i]));
		if (at > 0 && line.p[at - 1] != ' ')
			at = -1;
	}
	if (at >= 0) {
		struct slice rest = slice_skip(line, (size_t)at + strlen(before[0]));

		for (size_t i = 0; i < ARRAY_SIZE(quotes); i++) {
			if (slice_starts(rest, quotes[i].text)) {
				reader->function = function_name(slice_skip(rest, quotes[i].n));
				return true;
			}
		}
	}
	if (slice_ends(line, ": At top level:")) {
		reader->function = SLICE("");
		return true;
	}
	return slice_starts(line, "In file included from ") ||
	       slice_ends(line, ": Assembler messages:");
}

static bool read_severity(struct reader *reader, struct slice line)
{
	static const struct {
		const char *mark;
		enum complaint_kind kind;
		bool passed_over;
	} marks[] = {
		{ ": warning: ", COMPLAINT_WARNING, false },
		{ ": error: ", COMPLAINT_ERROR, false },
		{ ": fatal error: ", COMPLAINT_ERROR, false },
		{ ": Warning: ", COMPLAINT_WARNING, false },
		{ ": Error: ", COMPLAINT_ERROR, false },
		{ ":warning: ", COMPLAINT_WARNING, false },
		{ ":error: ", COMPLAINT_ERROR, false },
		{ ": note: ", COMPLAINT_WARNING, true },
	};
	ptrdiff_t first = -1;
	size_t which = 0;

	for (size_t i = 0; i < ARRAY_SIZE(marks); i++) {
		ptrdiff_t at = slice_find(line, slice_of(marks[i].mark));

		if (at > 0 && (first < 0 || at < first)) {
			first = at;
			which = i;
		}
	}
	if (first < 0)
		return false;

	struct slice text = slice_skip(line, (size_t)first + strlen(marks[which].mark));
	struct place place = place_of((struct slice){ line.p, (size_t)first });

	if (marks[which].passed_over || slice_starts(text, "all warnings being treated as errors"))
		return true;
	take_at(reader, marks[which].kind, &place, text);
	return true;
}

/* "WARNING: modpost: ...", and kernel-doc's "Warning: FILE:LINE TEXT". */
static bool read_shout(struct reader *reader, struct slice line)
{
	static const struct {
		const char *mark;
		enum complaint_kind kind;
	} marks[] = {
		{ "WARNING: ", COMPLAINT_WARNING }, { "Warning: ", COMPLAINT_WARNING },
		{ "warning: ", COMPLAINT_WARNING }, { "ERROR: ", COMPLAINT_ERROR },
		{ "Error: ", COMPLAINT_ERROR },	    { "error: ", COMPLAINT_ERROR },
	};

	for (size_t i = 0; i < ARRAY_SIZE(marks); i++) {
		struct slice text = slice_skip(line, strlen(marks[i].mark)), rest = text, head;
		struct place place;

		if (!slice_starts(line, marks[i].mark))
			continue;
		slice_cut(&rest, ' ', &head);
		place = place_of(head);
		if (place.line && memchr(place.file.p, '/', place.file.n))
			take_at(reader, marks[i].kind, &place, rest);
		else
			take_plain(reader, marks[i].kind, text);
		return true;
	}
	return false;
}

static bool read_make(struct reader *reader, struct slice line)
{
	ptrdiff_t at = slice_find(line, SLICE(" *** "));
	struct slice text, head;

	if (at <= 0 || line.p[at - 1] != ':')
		return false;
	text = slice_skip(line, (size_t)at + strlen(" *** "));
	head = (struct slice){ line.p, (size_t)at - 1 };
	/* "[Makefile:12: x.o] Error 1" follows from what was said before. */
	if (slice_starts(text, "[") || slice_starts(text, "Waiting for unfinished jobs"))
		return true;
	if (slice_ends(text, "Stop."))
		text.n -= strlen("Stop.");

	struct place place = { 0 };

	if (!slice_starts(head, "make"))
		place = place_of(head);
	take_at(reader, COMPLAINT_ERROR, &place, text);
	return true;
}

static bool read_linker(struct reader *reader, struct slice line)
{
	static const char *const said[] = { "undefined reference to ", "multiple definition of " };

	for (size_t i = 0; i < ARRAY_SIZE(said); i++) {
		ptrdiff_t at = slice_find(line, slice_of(said[i]));
		struct slice head;
		const char *section;

		if (at < 2)
			continue;
		head = slice_trim((struct slice){ line.p, (size_t)at });
		while (head.n && head.p[head.n - 1] == ':')
			head.n--;
		/* "x86.c:(.text+0x12)" */
		section = memmem(head.p, head.n, ":(", 2);
		if (section)
			head.n = (size_t)(section - head.p);

		struct place place = place_of(head);

		place.column = true; /* in the function that it named */
		take_at(reader, COMPLAINT_ERROR, &place, slice_skip(line, (size_t)at));
		return true;
	}
	if (slice_starts(line, "ld: ") || slice_starts(line, "/usr/bin/ld: ") ||
	    slice_starts(line, "ld.lld: ")) {
		if (slice_find(line, SLICE("final link failed")) < 0)
			take_plain(reader, COMPLAINT_ERROR, line);
		return true;
	}
	return false;
}

/* "Kconfig:12: can't open file", and a program that is not there. */
static bool read_rest(struct reader *reader, struct slice line)
{
	ptrdiff_t at = slice_find(line, SLICE(": "));
	struct place place;

	if (slice_starts(line, "/bin/sh: ") && slice_ends(line, ": not found")) {
		take_plain(reader, COMPLAINT_ERROR, slice_skip(line, strlen("/bin/sh: ")));
		return true;
	}
	if (at <= 0)
		return false;
	place = place_of((struct slice){ line.p, (size_t)at });
	if (!place.line || slice_find(place.file, SLICE("Kconfig")) < 0)
		return false;
	take_at(reader, COMPLAINT_ERROR, &place, slice_skip(line, (size_t)at + 2));
	return true;
}

/* "  CC      x.o" */
static bool is_announcement(struct slice line)
{
	return slice_starts(line, "  ") && line.n > 4 && isupper((unsigned char)line.p[2]) &&
	       isupper((unsigned char)line.p[3]);
}

void complaints_parse(struct arena *arena, struct slice log, const char *top,
		      struct complaints *complaints)
{
	struct arena *scratch __free(arena) = arena_new();
	struct reader reader = {
		.arena = arena,
		.top = top,
		.complaints = complaints,
		.function = SLICE(""),
		.scratch = scratch,
	};
	struct slice line;

	index_all(&reader);
	while (slice_line(&log, &line)) {
		if (is_announcement(line))
			reader.function = SLICE("");
		if (!line.n || isspace((unsigned char)line.p[0]))
			continue;
		if (read_where(&reader, line) || read_make(&reader, line) ||
		    read_severity(&reader, line) || read_shout(&reader, line) ||
		    read_linker(&reader, line))
			continue;
		read_rest(&reader, line);
	}
}

static int compare(const void *a, const void *b)
{
	const struct complaint *x = *(const struct complaint *const *)a;
	const struct complaint *y = *(const struct complaint *const *)b;
	int order = strcmp(x->file, y->file);

	if (!order)
		order = strcmp(x->function, y->function);
	return order ? order : strcmp(x->text, y->text);
}

void complaints_new(struct arena *arena, const struct complaints *before,
		    const struct complaints *now, struct complaints *fresh)
{
	struct arena *scratch __free(arena) = arena_new();
	const struct complaint **known = arena_alloc(scratch, (before->n + 1) * sizeof(*known));

	for (size_t i = 0; i < before->n; i++)
		known[i] = &before->items[i];
	if (before->n)
		qsort(known, before->n, sizeof(*known), compare);
	for (size_t i = 0; i < now->n; i++) {
		const struct complaint *key = &now->items[i];

		if (!before->n || !bsearch(&key, known, before->n, sizeof(*known), compare))
			*arena_push(arena, fresh) = *key;
	}
}
