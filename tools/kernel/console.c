/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lines are looked at as they are complete; only those with the kernel's own time stamp count, since a program may
 * write anything to the console too. A splat is open from its first line to its end, and what comes in between says
 * where it was.
 */
#include "kernel/console_part.h"

#include <limits.h>

#define LINE_MAX_BYTES ((size_t)8192) /* of a line; what is longer is cut */
#define SPLAT_MAX_BYTES ((size_t)65536)
#define SPLATS_MAX 1000 /* of one boot: a kernel that complains without end says nothing new */
#define PLACES_MAX 2	/* lines further down that go into a title */

/* The splat that is being read; the last item of the report. */
struct open_splat {
	bool open;
	bool cut;	/* began with "cut here", and its own line has not come yet */
	bool backtrace; /* "stack backtrace:" came: a blank line is its end */
	bool fenced;	/* stands between two "=====" lines */
	char *message;	/* between "cut here" and its own line */
	size_t places;
	size_t bytes, cap; /* of its text */
};

struct state {
	struct console_report report;
	struct open_splat splat;
	char *test; /* that is running */
	unsigned long taint;
	size_t explained; /* splats before the last end of a test */
	bool fence;	  /* the line before was "=====..." */
	bool tentative;	  /* the line is not complete: no text is kept of it */
};

struct console {
	struct arena *arena;
	struct state state;
	char line[LINE_MAX_BYTES];
	size_t held; /* of the line that is not complete */

	/* As asked for, with the incomplete line in it. */
	struct state asked;
};

struct console *console_new(struct arena *arena)
{
	struct console *console = arena_new_of(arena, struct console);

	console->arena = arena;
	return console;
}

static struct splat *last_splat(struct state *state)
{
	return &state->report.items[state->report.n - 1];
}

static void text_keep(struct arena *arena, struct state *state, struct slice line)
{
	struct open_splat *open = &state->splat;
	struct splat *splat = last_splat(state);
	size_t room = SPLAT_MAX_BYTES - open->bytes;
	size_t n = line.n + 1 < room ? line.n + 1 : room;

	if (state->tentative || !n)
		return;
	if (open->bytes + n + 1 > open->cap) {
		size_t cap = open->cap ? open->cap : 1024;

		while (cap < open->bytes + n + 1)
			cap *= 2;

		char *grown = arena_bytes(arena, cap);

		if (open->bytes)
			memcpy(grown, splat->text, open->bytes);
		splat->text = grown;
		open->cap = cap;
	}
	if (n > line.n) {
		memcpy(splat->text + open->bytes, line.p, line.n);
		splat->text[open->bytes + line.n] = '\n';
	} else {
		memcpy(splat->text + open->bytes, line.p, n);
	}
	open->bytes += n;
	splat->text[open->bytes] = '\0';
}

static void splat_close(struct state *state)
{
	state->splat = (struct open_splat){ 0 };
}

static struct splat *splat_open(struct arena *arena, struct state *state, enum splat_kind kind,
				char *title, struct slice line)
{
	struct splat *splat;

	splat_close(state);
	if (state->report.n >= SPLATS_MAX && kind != SPLAT_PANIC)
		return NULL;
	splat = arena_push(arena, &state->report);
	splat->kind = kind;
	splat->title = title;
	splat->raw = slice_str(arena, line);
	splat->test = state->test;
	splat->line = state->report.lines;
	splat->text = "";
	state->splat.open = true;
	return splat;
}

/* The splat's own line, which may stand below "cut here" and a message. */
static void splat_begin(struct arena *arena, struct state *state, enum splat_kind kind,
			struct slice message, struct slice line)
{
	char *title = splat_title(arena, message);

	if (state->splat.open && state->splat.cut && kind != SPLAT_PANIC) {
		struct splat *splat = last_splat(state);

		splat->kind = kind;
		splat->title = state->splat.message ?
				       arena_printf(arena, "%s: %s", title, state->splat.message) :
				       title;
		splat->raw = slice_str(arena, line);
		state->splat.cut = false;
		text_keep(arena, state, line);
		return;
	}
	if (splat_open(arena, state, kind, title, line)) {
		state->splat.fenced = state->fence && kind == SPLAT_KASAN;
		text_keep(arena, state, line);
	}
}

static bool is_fence(struct slice message)
{
	return slice_starts(message, "==========");
}

/* A line of the splat that is open: perhaps its last. */
static void splat_go_on(struct arena *arena, struct state *state, struct slice message,
			struct slice line)
{
	struct open_splat *open = &state->splat;
	struct splat *splat = last_splat(state);
	bool blank = slice_blank(message);
	bool whole = splat->kind == SPLAT_OOPS || splat->kind == SPLAT_BUG ||
		     splat->kind == SPLAT_WARNING || splat->kind == SPLAT_KASAN;

	if (slice_starts(message, "---[ end ")) {
		text_keep(arena, state, line);
		splat_close(state);
		return;
	}
	/* Those that have an end of their own, and lockdep's, have blank lines within. */
	if (open->fenced ? is_fence(message) :
			   (blank && !whole && (splat->kind != SPLAT_LOCKDEP || open->backtrace))) {
		splat_close(state);
		return;
	}
	text_keep(arena, state, line);
	if (open->cut && !blank && !open->message) {
		open->message = console_normalise(arena, message);
		splat->title = open->message;
	}
	if (slice_starts(message, "stack backtrace:"))
		open->backtrace = true;
	if (open->places < PLACES_MAX) {
		char *place = splat_place(arena, splat->kind, message);

		if (place) {
			splat->title = arena_printf(arena, "%s%s%s", splat->title,
						    open->places ? ", " : " in ", place);
			open->places += splat->kind == SPLAT_LOCKDEP ? 1 : PLACES_MAX;
		}
	}
}

/* As kernel/panic.c has them, bit by bit. */
static const char taint_letters[] = "PFSRMBUDAWCIOELKXTNJ";

static void taint_look(struct arena *arena, struct state *state, unsigned long taint,
		       struct slice line)
{
	unsigned long fresh = taint & ~state->taint;
	struct text letters __free_text = TEXT_INIT;

	if (fresh && state->report.n == state->explained && state->report.n < SPLATS_MAX) {
		for (size_t bit = 0; bit < sizeof(fresh) * CHAR_BIT; bit++) {
			if (!(fresh >> bit & 1))
				continue;
			if (bit < sizeof(taint_letters) - 1)
				text_addc(&letters, taint_letters[bit]);
			else
				text_addf(&letters, "(%zu)", bit);
		}
		splat_open(arena, state, SPLAT_TAINT,
			   arena_printf(arena, "the kernel became tainted: %s", text_str(&letters)),
			   line);
		text_keep(arena, state, line);
		splat_close(state);
	}
	state->taint = taint;
	state->explained = state->report.n;
}

static void mark_read(struct arena *arena, struct state *state, struct slice mark,
		      struct slice line)
{
	struct slice rest = slice_trim(mark), word, name, code;
	unsigned long taint;

	splat_close(state);
	slice_cut(&rest, ' ', &word);
	if (slice_is(word, "init")) {
		state->report.init = true;
	} else if (slice_is(word, "begin")) {
		slice_cut(&rest, ' ', &name);
		state->test = slice_str(arena, name);
	} else if (slice_is(word, "end")) {
		slice_cut(&rest, ' ', &name);
		slice_cut(&rest, ' ', &code);
		if (slice_number(slice_trim(rest), ULONG_MAX, &taint))
			taint_look(arena, state, taint, line);
		state->test = NULL;
	} else if (slice_is(word, "done")) {
		state->report.ended = true;
		state->test = NULL;
	}
}

static void version_read(struct arena *arena, struct state *state, struct slice message)
{
	struct slice rest = slice_skip(message, strlen("Linux version ")), release;

	slice_cut(&rest, ' ', &release);
	state->report.kernel = true;
	if (!state->report.release && release.n)
		state->report.release = slice_str(arena, release);
}

static void panic_read(struct arena *arena, struct state *state, struct slice message)
{
	struct slice said = slice_skip(message, strlen("Kernel panic - not syncing"));

	if (slice_starts(said, ":"))
		said = slice_skip(said, 1);
	if (state->report.panicked)
		return;
	state->report.panicked = true;
	state->report.panic = slice_str(arena, slice_trim(said));
}

static void line_read(struct arena *arena, struct state *state, struct slice line)
{
	struct slice message;
	enum splat_kind kind;

	state->report.lines++;
	while (line.n && line.p[line.n - 1] == '\r')
		line.n--;
	if (!console_message(line, &message)) {
		/* Before there are programs, only the kernel and what loads it can have written. */
		if (state->report.init || !slice_starts(line, "Kernel panic - not syncing"))
			return;
		state->report.kernel = true;
	}
	if (slice_starts(message, CONSOLE_MARK)) {
		mark_read(arena, state, slice_skip(message, strlen(CONSOLE_MARK)), line);
	} else if (slice_starts(message, "Linux version ")) {
		version_read(arena, state, message);
	} else if (slice_starts(message, "------------[ cut here ]")) {
		if (splat_open(arena, state, SPLAT_WARNING, "cut here", line)) {
			state->splat.cut = true;
			text_keep(arena, state, line);
		}
	} else if (splat_begins(message, &kind)) {
		/* "Oops: 0002 [#1]" behind "BUG: unable to handle page fault" is the same one's. */
		bool same = kind == SPLAT_OOPS && state->splat.open && !state->splat.cut &&
			    splat_is_oops(message) && !state->splat.places &&
			    (last_splat(state)->kind == SPLAT_OOPS ||
			     last_splat(state)->kind == SPLAT_BUG);

		if (kind == SPLAT_PANIC)
			panic_read(arena, state, message);
		if (same)
			splat_go_on(arena, state, message, line);
		else
			splat_begin(arena, state, kind, message, line);
	} else if (state->splat.open) {
		splat_go_on(arena, state, message, line);
	}
	state->fence = is_fence(message);
}

void console_feed(struct console *console, struct slice bytes)
{
	while (bytes.n) {
		const char *nl = memchr(bytes.p, '\n', bytes.n);
		size_t n = nl ? (size_t)(nl - bytes.p) : bytes.n;
		struct slice line = { bytes.p, n < LINE_MAX_BYTES ? n : LINE_MAX_BYTES };

		if (!nl || console->held) {
			size_t room = LINE_MAX_BYTES - console->held;
			size_t take = n < room ? n : room;

			memcpy(console->line + console->held, bytes.p, take);
			console->held += take;
			line = (struct slice){ console->line, console->held };
		}
		if (!nl)
			return;
		line_read(console->arena, &console->state, line);
		console->held = 0;
		bytes = slice_skip(bytes, n + 1);
	}
}

const struct console_report *console_report(struct console *console)
{
	struct state *state = &console->state, *asked = &console->asked;
	struct splat *items = asked->report.items;
	size_t cap = asked->report.cap;

	/* It is asked after every few bytes: the room for its own list is kept. */
	if (cap < state->report.n + 1) {
		items = NULL;
		cap = 0;
		arena_grow(console->arena, (void **)&items, &cap, 2 * state->report.n + 1,
			   sizeof(*items));
	}
	*asked = *state;
	if (state->report.n)
		memcpy(items, state->report.items, state->report.n * sizeof(*items));
	asked->report.items = items;
	asked->report.cap = cap;
	if (console->held) {
		asked->tentative = true;
		line_read(console->arena, asked, (struct slice){ console->line, console->held });
	}
	asked->report.test = asked->test;
	return &asked->report;
}
