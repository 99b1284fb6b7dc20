/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel's ways of complaining, as its sources of 5.10 to 7.2 print them: kernel/panic.c, kernel/hung_task.c,
 * kernel/watchdog*.c, kernel/locking/, kernel/rcu/tree_stall.h, kernel/sched/core.c, mm/kasan/report.c and its like,
 * lib/bug.c, lib/ubsan.c, arch/x86/mm/, arch/x86/kernel/dumpstack.c and traps.c.
 */
#include "kernel/console_part.h"

#include <ctype.h>
#include <strings.h>

const char *splat_word(enum splat_kind kind)
{
	static const char *const words[] = {
		[SPLAT_WARNING] = "WARNING",	 [SPLAT_BUG] = "BUG",
		[SPLAT_OOPS] = "Oops",		 [SPLAT_KASAN] = "sanitizer",
		[SPLAT_LOCKDEP] = "lockdep",	 [SPLAT_RCU_STALL] = "RCU stall",
		[SPLAT_HUNG_TASK] = "hung task", [SPLAT_LOCKUP] = "lockup",
		[SPLAT_SLEEP] = "sleep",	 [SPLAT_TAINT] = "taint",
		[SPLAT_PANIC] = "panic",
	};

	return words[kind];
}

static size_t digits(struct slice s, size_t at)
{
	size_t n = 0;

	while (at + n < s.n && isdigit((unsigned char)s.p[at + n]))
		n++;
	return n;
}

static size_t hex_digits(struct slice s, size_t at)
{
	size_t n = 0;

	while (at + n < s.n && isxdigit((unsigned char)s.p[at + n]))
		n++;
	return n;
}

/* A character of an identifier at this place? */
static bool word_at(struct slice s, size_t at)
{
	return at < s.n && (isalnum((unsigned char)s.p[at]) || s.p[at] == '_');
}

/* "[    1.234567]", "[ T1]": its length with the bracket behind it; 0: none. */
static size_t stamp(struct slice s)
{
	size_t at = 1, n;

	while (at < s.n && s.p[at] == ' ')
		at++;
	n = digits(s, at);
	at += n;
	if (!n || at >= s.n || s.p[at] != '.' || digits(s, at + 1) != 6)
		return 0;
	at += 7;
	return at < s.n && s.p[at] == ']' ? at + 1 : 0;
}

static size_t caller(struct slice s)
{
	size_t at = 1, n;

	if (!s.n || s.p[0] != '[')
		return 0;
	while (at < s.n && s.p[at] == ' ')
		at++;
	if (at >= s.n || (s.p[at] != 'T' && s.p[at] != 'C'))
		return 0;
	n = digits(s, ++at);
	at += n;
	return n && at < s.n && s.p[at] == ']' ? at + 1 : 0;
}

/* Also where something else stood on the line before it: a firmware, or a program that ended without a newline. */
bool console_message(struct slice line, struct slice *message)
{
	const char *at;

	for (struct slice rest = line; rest.n && (at = memchr(rest.p, '[', rest.n));
	     rest = slice_skip(rest, 1)) {
		rest = slice_skip(rest, (size_t)(at - rest.p));

		size_t n = stamp(rest);

		if (n) {
			rest = slice_skip(rest, n);
			rest = slice_skip(rest, caller(rest));
			if (rest.n && rest.p[0] == ' ')
				rest = slice_skip(rest, 1);
			*message = rest;
			return true;
		}
	}
	*message = line;
	return false;
}

static bool has(struct slice s, const char *part)
{
	return slice_find(s, slice_of(part)) >= 0;
}

/* The first that fits counts. `part`: must be in it too. */
static const struct opening {
	const char *start, *part;
	enum splat_kind kind;
} openings[] = {
	{ "Kernel panic - not syncing", "", SPLAT_PANIC },
	{ "WARNING: possible circular locking dependency", "", SPLAT_LOCKDEP },
	{ "WARNING: possible recursive locking", "", SPLAT_LOCKDEP },
	{ "WARNING: possible irq lock inversion", "", SPLAT_LOCKDEP },
	{ "WARNING: inconsistent lock state", "", SPLAT_LOCKDEP },
	{ "WARNING: chain_key collision", "", SPLAT_LOCKDEP },
	{ "WARNING: Nested lock was not taken", "", SPLAT_LOCKDEP },
	{ "WARNING: bad unlock balance", "", SPLAT_LOCKDEP },
	{ "WARNING: bad contention", "", SPLAT_LOCKDEP },
	{ "WARNING: held lock freed", "", SPLAT_LOCKDEP },
	{ "WARNING: lock held when returning to user space", "", SPLAT_LOCKDEP },
	{ "WARNING: suspicious RCU usage", "", SPLAT_LOCKDEP },
	{ "WARNING: ", "-unsafe lock order detected", SPLAT_LOCKDEP },
	{ "WARNING: ", " still has locks held", SPLAT_LOCKDEP },
	{ "[ BUG: ", " ]", SPLAT_LOCKDEP },
	{ "INFO: trying to register non-static key", "", SPLAT_LOCKDEP },
	{ "BUG: MAX_LOCK", " too low", SPLAT_LOCKDEP },
	{ "BUG: MAX_STACK_TRACE_ENTRIES", " too low", SPLAT_LOCKDEP },
	{ "BUG: KASAN: ", "", SPLAT_KASAN },
	{ "BUG: KFENCE: ", "", SPLAT_KASAN },
	{ "BUG: KCSAN: ", "", SPLAT_KASAN },
	{ "BUG: KMSAN: ", "", SPLAT_KASAN },
	{ "UBSAN: ", " in ", SPLAT_KASAN },
	{ "rcu: INFO: ", "stall", SPLAT_RCU_STALL },
	{ "INFO: rcu", "stall", SPLAT_RCU_STALL },
	{ "INFO: task ", " for more than ", SPLAT_HUNG_TASK },
	{ "watchdog: BUG: soft lockup", "", SPLAT_LOCKUP },
	{ "BUG: soft lockup", "", SPLAT_LOCKUP },
	{ "BUG: workqueue lockup", "", SPLAT_LOCKUP },
	{ "NMI watchdog: ", "hard LOCKUP", SPLAT_LOCKUP },
	{ "watchdog: ", "detected hard LOCKUP", SPLAT_LOCKUP },
	{ "BUG: sleeping function called from invalid context", "", SPLAT_SLEEP },
	{ "BUG: scheduling ", "", SPLAT_SLEEP },
	{ "BUG: assuming ", " context at ", SPLAT_SLEEP },
	{ "BUG: using ", " in preemptible", SPLAT_SLEEP },
	{ "BUG: unable to handle ", "", SPLAT_OOPS },
	{ "BUG: kernel NULL pointer dereference", "", SPLAT_OOPS },
	{ "PANIC: double fault", "", SPLAT_OOPS },
	{ "traps: PANIC: double fault", "", SPLAT_OOPS },
	{ "kernel BUG at ", "", SPLAT_BUG },
	{ "Kernel BUG at ", "", SPLAT_BUG },
	{ "workqueue: BUG: ", "", SPLAT_BUG },
	{ "BUG: workqueue leaked ", "", SPLAT_BUG },
	{ "BUG: ", "", SPLAT_BUG },
	{ "unregister_netdevice: waiting for ", "", SPLAT_BUG },
	{ "list_add corruption", "", SPLAT_BUG },
	{ "list_del corruption", "", SPLAT_BUG },
	{ "WARNING: ", "", SPLAT_WARNING },
	{ "unchecked MSR access error: ", "", SPLAT_WARNING },
};

bool splat_is_oops(struct slice message)
{
	ptrdiff_t at = slice_find(message, SLICE(" [#"));
	size_t n;

	if (at < 6 || hex_digits(message, (size_t)at - 4) != 4 || message.p[at - 5] != ' ' ||
	    message.p[at - 6] != ':')
		return false;
	n = digits(message, (size_t)at + 3);
	return n && (size_t)at + 3 + n < message.n && message.p[(size_t)at + 3 + n] == ']';
}

bool splat_begins(struct slice message, enum splat_kind *kind)
{
	for (size_t i = 0; i < sizeof(openings) / sizeof(openings[0]); i++) {
		if (slice_starts(message, openings[i].start) && has(message, openings[i].part)) {
			*kind = openings[i].kind;
			return true;
		}
	}
	*kind = SPLAT_OOPS;
	return splat_is_oops(message);
}

/* What gcc puts behind a function's name when it makes a copy of it: a patch elsewhere may change that. */
static void copy_marks_drop(struct text *out)
{
	static const char *const marks[] = { ".isra", ".constprop", ".part", ".cold" };
	bool again = true;

	while (again) {
		size_t end = out->len;

		again = false;
		while (end && isdigit((unsigned char)out->p[end - 1]))
			end--;
		if (!end || out->p[end - 1] != '.')
			end = out->len + 1;
		for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
			struct slice kept = { out->p, end - 1 };

			if (slice_ends(kept, marks[i])) {
				out->len = kept.n - strlen(marks[i]);
				out->p[out->len] = '\0';
				again = true;
				break;
			}
		}
	}
}

/* "+0x12/0x34" behind a function's name: its length; 0: none. */
static size_t offset_at(struct slice s, size_t at)
{
	size_t n = 0;

	if (!slice_starts(slice_skip(s, at), "+0x"))
		return 0;
	n = 3 + hex_digits(s, at + 3);
	if (slice_starts(slice_skip(s, at + n), "/0x"))
		n += 3 + hex_digits(s, at + n + 3);
	return n;
}

/* "CPU: 3", "CPU#3", "pid=12", "pfn:1a2b": the length of what is behind the word; 0: none of it. */
static size_t number_behind(struct slice s, size_t at, size_t *word)
{
	static const char *const words[] = { "cpu", "pid", "tid", "pfn" };
	struct slice rest = slice_skip(s, at);
	size_t n;

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		*word = n = strlen(words[i]);
		if (rest.n <= n || strncasecmp(rest.p, words[i], n))
			continue;
		while (n < rest.n && strchr(": #=", rest.p[n]) && rest.p[n])
			n++;

		size_t number = words[i][1] == 'f' ? hex_digits(rest, n) : digits(rest, n);

		if (number && !word_at(rest, n + number))
			return n + number - *word;
	}
	return 0;
}

/* A number that begins here, at a word's beginning: its length, and what stands for it. */
static size_t number_at(struct slice s, size_t at, const char **instead)
{
	bool prefixed = slice_starts(slice_skip(s, at), "0x");
	size_t n = hex_digits(s, at + (prefixed ? 2 : 0));

	if (prefixed) {
		if (n < 12 || word_at(s, at + 2 + n))
			return 0;
		*instead = "0x*";
		return n + 2;
	}
	if (word_at(s, at + n))
		return 0;
	*instead = "*";
	if (n >= 12)
		return n;
	return n >= 7 && digits(s, at) == n ? n : 0;
}

/*
 * ":12" and "/12" at the end of a word that has letters: a line, a PID. "name/12/0x00000002" too. Their length;
 * 0: none.
 */
static size_t tail_at(struct slice s, size_t at)
{
	size_t n = s.p[at] == ':' || s.p[at] == '/' ? digits(s, at + 1) : 0;

	if (!n || word_at(s, at + 1 + n))
		return 0;
	n++;
	if (s.p[at] == '/' && slice_starts(slice_skip(s, at + n), "/0x"))
		return n + 3 + hex_digits(s, at + n + 3);
	return s.p[at] == '/' && at + n < s.n && strchr("/.-", s.p[at + n]) ? 0 : n;
}

/* "\033[2J": its length. */
static size_t escape_at(struct slice s, size_t at)
{
	size_t n = 1;

	if (at + n < s.n && s.p[at + n] == '[') {
		n++;
		while (at + n < s.n && s.p[at + n] >= 0x20 && s.p[at + n] < 0x40)
			n++;
	}
	return at + n < s.n && (unsigned char)s.p[at + n] >= 0x40 ? n + 1 : n;
}

struct word {
	size_t start;
	bool letters;
};

/* What is left out at this place; `instead` of it, "" for nothing. 0: the character stays. */
static size_t left_out(struct slice s, size_t at, const struct word *word, struct text *out,
		       const char **instead)
{
	bool begins = !at || !word_at(s, at - 1);
	size_t n, kept;

	*instead = "";
	if (s.p[at] == '\033')
		return escape_at(s, at);
	if ((unsigned char)s.p[at] < 0x20 || s.p[at] == 0x7f)
		return 1;
	if (at > word->start && word->letters) {
		n = offset_at(s, at);
		if (n && word_at(s, at - 1))
			copy_marks_drop(out);
		else
			n = tail_at(s, at);
		if (n)
			return n;
	}
	if (s.p[at] == '[' && slice_starts(slice_skip(s, at), "[#")) {
		n = digits(s, at + 2);
		if (n && at + 2 + n < s.n && s.p[at + 2 + n] == ']')
			return n + 3;
	}
	if (!begins)
		return 0;
	n = number_behind(s, at, &kept);
	if (n) {
		text_add(out, s.p + at, kept);
		return kept + n;
	}
	return number_at(s, at, instead);
}

char *console_normalise(struct arena *arena, struct slice line)
{
	struct text out __free_text = TEXT_INIT;
	struct word word = { 0, false };
	struct slice s;

	console_message(line, &s);
	for (size_t at = 0, n; at < s.n; at += n) {
		const char *instead;

		if (s.p[at] == ' ' || s.p[at] == '\t' || s.p[at] == '\n') {
			if (out.len && out.p[out.len - 1] != ' ')
				text_addc(&out, ' ');
			n = 1;
			word = (struct word){ at + 1, false };
			continue;
		}
		n = left_out(s, at, &word, &out, &instead);
		if (n) {
			text_adds(&out, instead);
		} else {
			text_addc(&out, s.p[at]);
			word.letters |= isalpha((unsigned char)s.p[at]) != 0;
			n = 1;
		}
	}
	return slice_str(arena, slice_trim(text_slice(&out)));
}

static struct slice until(struct slice s, const char *part)
{
	ptrdiff_t at = slice_find(s, slice_of(part));

	return at < 0 ? s : (struct slice){ s.p, (size_t)at };
}

/* "func+0x1/0x2 [kvm], CPU#0: name/12" without what is behind the function. */
static char *warning_title(struct arena *arena, struct slice file, struct slice function)
{
	char *f = console_normalise(arena, file);
	char *where = console_normalise(arena, until(slice_trim(function), ","));

	return arena_printf(arena, "WARNING: %s%s%s", f, *f ? " " : "", where);
}

char *splat_title(struct arena *arena, struct slice message)
{
	struct slice rest = message;
	ptrdiff_t at;

	/* "WARNING: CPU: 0 PID: 1 at FILE:1 FUNC+0x1/0x2" until 6.18, "WARNING: FILE:1 at FUNC+0x1/0x2, CPU#0: name/1" since. */
	if (slice_starts(message, "WARNING: CPU: ") && (at = slice_find(rest, SLICE(" at "))) > 0) {
		rest = slice_skip(rest, (size_t)at + 4);

		struct slice file = until(rest, " ");

		if (file.n == rest.n)
			return warning_title(arena, SLICE(""), rest);
		return warning_title(arena, file, slice_skip(rest, file.n));
	}
	if (slice_starts(message, "WARNING: ") && has(message, ", CPU#")) {
		rest = slice_skip(rest, strlen("WARNING: "));
		if (slice_starts(rest, "at "))
			return warning_title(arena, SLICE(""), slice_skip(rest, 3));
		at = slice_find(rest, SLICE(" at "));
		if (at > 0)
			return warning_title(arena, (struct slice){ rest.p, (size_t)at },
					     slice_skip(rest, (size_t)at + 4));
	}
	/* How long it hung is nothing to compare; neither is who waits on which CPU, nor a count. */
	at = slice_find(message, SLICE(" stuck for "));
	if (at >= 0) {
		struct slice behind = slice_skip(message, (size_t)at);
		ptrdiff_t bang = slice_find(behind, SLICE("!"));

		behind = bang < 0 ? SLICE("") : slice_skip(behind, (size_t)bang + 1);
		if (has(message, "workqueue lockup"))
			return arena_strdup(arena, "BUG: workqueue lockup");
		return arena_printf(arena, "%s stuck%s%s",
				    console_normalise(arena,
						      (struct slice){ message.p, (size_t)at }),
				    behind.n ? " " : "", console_normalise(arena, behind));
	}
	if (splat_is_oops(message))
		rest = until(message, " [#");
	else if (has(message, "stall"))
		rest = until(message, "{");
	else if (slice_starts(message, "unregister_netdevice"))
		rest = until(message, " Usage count");
	return console_normalise(arena, rest);
}

/* "ffff88810 (&kvm->lock){+.+.}-{3:3}, at: func": the lock's name. */
static char *lock_name(struct arena *arena, struct slice message)
{
	ptrdiff_t from = slice_find(message, SLICE("(")), to = slice_find(message, SLICE("){"));

	if (from < 0 || to < from)
		return NULL;
	return console_normalise(arena,
				 (struct slice){ message.p + from, (size_t)(to + 1 - from) });
}

char *splat_place(struct arena *arena, enum splat_kind kind, struct slice message)
{
	struct slice rest = slice_trim(message);

	switch (kind) {
	case SPLAT_OOPS:
	case SPLAT_BUG:
		if (!slice_starts(rest, "RIP: 0010:"))
			return NULL;
		rest = slice_skip(rest, strlen("RIP: 0010:"));
		return console_normalise(arena, rest);
	case SPLAT_LOCKDEP:
		if (has(rest, " suspicious rcu_") || has(rest, "RCU-list traversed"))
			return console_normalise(arena, rest);
		return lock_name(arena, rest);
	case SPLAT_SLEEP:
		if (!slice_starts(rest, "caller is "))
			return NULL;
		return console_normalise(arena, rest);
	default:
		return NULL;
	}
}
