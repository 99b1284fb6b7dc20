/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where the added lines stand: under which #if, in which function, with which locks held, before which labels.
 *
 * Each is looked at where a line of the target has a twin in the base, and said once. A label needs no twin.
 */
#include <ctype.h>

#include "patch/locks.h"
#include "patch/meaning_part.h"

#define NONE MEANING_NONE
/* Does the target's kernel declare the CONFIG_ symbol that the text names first, if any? 1, 0, -1. */
static int condition_known(struct meaning *m, const char *text)
{
	const char *at = strstr(text, "CONFIG_");
	struct slice name = { at, 0 };
	bool found = false;

	if (!at)
		return 1;
	while (isalnum((unsigned char)at[name.n]) || at[name.n] == '_')
		name.n++;
	if (lookup_names(&m->ask->target.lookup, m->target.path, &name, 1, &found))
		return -1;
	return found;
}

static bool was_said(const struct meaning *m, const char *text)
{
	unsigned int number;

	return names_find(m->said, slice_of(arena_printf(m->arena, "meaning/condition %s", text)),
			  &number);
}

static int check_conditions(struct meaning *m, size_t i, size_t twin)
{
	const struct condition *here = m->target.under[i], *there = m->base.under[twin];

	/* Most lines stand where the one before does. */
	if (here == m->last_here && there == m->last_there)
		return 0;
	m->last_here = here;
	m->last_there = there;
	for (const struct condition *c = here; c; c = c->outer)
		if (c->text && !condition_has(there, c->text))
			meaning_say(m, i, "meaning/condition", SEVERITY_LOOK, slice_of(c->text),
				    arena_printf(m->arena, "stands under #%s here, not so in %s",
						 c->text, m->ask->base.name));
	for (const struct condition *c = there; c; c = c->outer) {
		int known;

		if (!c->text || condition_has(here, c->text) || was_said(m, c->text))
			continue;
		known = condition_known(m, c->text);
		if (known < 0)
			return -1;
		meaning_say(m, i, "meaning/condition", known ? SEVERITY_LOOK : SEVERITY_NOTE,
			    slice_of(c->text),
			    arena_printf(m->arena, "stands under #%s in %s, not so here%s", c->text,
					 m->ask->base.name,
					 known ? "" : ", where there is no such symbol"));
	}
	return 0;
}

/* What the reader calls the lock. */
static char *lock_text(struct meaning *m, const struct lock *lock)
{
	if (!lock->what.n)
		return arena_printf(m->arena, "%s()", lock->kind);
	return *lock->kind ? arena_printf(m->arena, SLICE_FMT " (%s)", SLICE_ARG(lock->what),
					  lock->kind) :
			     slice_str(m->arena, lock->what);
}

/* Do all callers in the file hold it where they call the function, and is there one? */
static bool callers_hold(struct meaning *m, const struct meaning_file *file, struct slice function,
			 const struct lock *lock)
{
	size_t calls = 0;

	for (size_t i = 0; i + 1 < file->tokens.n; i++) {
		const struct cfunction *caller = meaning_function(file, i);
		struct locks locks;

		if (!caller || i <= caller->body ||
		    !slice_eq(file->tokens.items[i].text, function) ||
		    !ctoken_is(&file->tokens.items[i + 1], "("))
			continue;
		calls++;
		locks_at(m->arena, &file->tokens, caller, i, &locks);
		if (!locks_find(&locks, lock))
			return false;
	}
	return calls > 0;
}

/* Held in one tree, at a line that both have. */
static void check_locks(struct meaning *m, size_t i, size_t twin)
{
	const struct cfunction *here = meaning_function(&m->target, i),
			       *there = meaning_function(&m->base, twin);
	struct locks mine, theirs;

	if (!here || !there || i < here->body || twin < there->body)
		return;
	locks_at(m->arena, &m->target.tokens, here, i, &mine);
	locks_at(m->arena, &m->base.tokens, there, twin, &theirs);
	m->seen->locks += theirs.n;
	for (size_t k = 0; k < theirs.n; k++) {
		const struct lock *lock = &theirs.items[k], *other = locks_find(&mine, lock);

		if (!other && !callers_hold(m, &m->target, here->name, lock))
			meaning_say(m, i, "meaning/lock", SEVERITY_LOOK,
				    slice_of(lock_text(m, lock)),
				    arena_printf(m->arena,
						 "%s is held in %s, nothing shows that it is here",
						 lock_text(m, lock), m->ask->base.name));
		else if (other && *other->kind && *lock->kind &&
			 strcmp(other->kind, lock->kind) != 0)
			meaning_say(m, i, "meaning/lock", SEVERITY_LOOK,
				    slice_of(lock_text(m, lock)),
				    arena_printf(m->arena,
						 SLICE_FMT " is taken by %s() here, by %s() in %s",
						 SLICE_ARG(lock->what), other->kind, lock->kind,
						 m->ask->base.name));
	}
	for (size_t k = 0; k < mine.n; k++) {
		const struct lock *lock = &mine.items[k];

		if (!lock->asserted && !locks_find(&theirs, lock) &&
		    !callers_hold(m, &m->base, there->name, lock))
			meaning_say(m, i, "meaning/lock", SEVERITY_LOOK,
				    slice_of(lock_text(m, lock)),
				    arena_printf(m->arena, "%s is held here, not so in %s",
						 lock_text(m, lock), m->ask->base.name));
	}
}

/* The token of the label in the function; NONE. */
static size_t find_label(const struct meaning_file *file, const struct cfunction *function,
			 struct slice label)
{
	for (size_t i = function->body + 1; i + 1 < function->end; i++)
		if (slice_eq(file->tokens.items[i].text, label) &&
		    ctoken_is(&file->tokens.items[i + 1], ":") &&
		    (ctoken_is(&file->tokens.items[i - 1], ";") ||
		     ctoken_is(&file->tokens.items[i - 1], "}") ||
		     ctoken_is(&file->tokens.items[i - 1], "{") ||
		     ctoken_is(&file->tokens.items[i - 1], ":") ||
		     file->tokens.items[i - 1].text.p[0] == '#'))
			return i;
	return NONE;
}

/* The token behind a bracketed group that begins at `i`, or `i` itself. */
static size_t behind_group(const struct meaning_file *file, size_t i, size_t end)
{
	size_t depth = 0;

	for (; i < end; i++) {
		if (ctoken_is(&file->tokens.items[i], "("))
			depth++;
		else if (ctoken_is(&file->tokens.items[i], ")") && depth)
			depth--;
		if (!depth)
			return i;
	}
	return end;
}

/*
 * What the statement [first, end) does, in a form that a renamed variable does not change: an assignment is the last name on
 * its left, a call its name and the last name of its arguments; anything else is its text.
 */
static struct slice statement_key(struct arena *arena, const struct meaning_file *file,
				  size_t first, size_t end)
{
	struct slice last = SLICE(""), called = SLICE("");
	struct text out __free_text = TEXT_INIT;
	size_t i = first;

	while (i + 1 < end &&
	       (ctoken_is(&file->tokens.items[i], "if") || ctoken_is(&file->tokens.items[i], "{") ||
		ctoken_is(&file->tokens.items[i], "}") ||
		ctoken_is(&file->tokens.items[i + 1], ":"))) {
		if (ctoken_is(&file->tokens.items[i], "if"))
			i = behind_group(file, i + 1, end);
		i += 1 + ctoken_is(&file->tokens.items[i + (i + 1 < end)], ":");
	}
	for (; i < end; i++) {
		const struct ctoken *token = &file->tokens.items[i];

		if (ctoken_is(token, "=") && !called.n) {
			text_clear(&out);
			text_addf(&out, SLICE_FMT " =", SLICE_ARG(last));
			return slice_copy(arena, text_slice(&out));
		}
		if (ctoken_is(token, "(") && !called.n)
			called = last;
		if (ctoken_word(token))
			last = token->text;
		text_addf(&out, "%s" SLICE_FMT, out.len ? " " : "", SLICE_ARG(token->text));
	}
	if (!called.n)
		return slice_copy(arena, text_slice(&out));
	if (slice_eq(called, last))
		last = SLICE("");
	return slice_of(arena_printf(arena, SLICE_FMT "(" SLICE_FMT ")", SLICE_ARG(called),
				     SLICE_ARG(last)));
}

/* The statements from the label to the end of the function, those that the patch adds left out. */
static struct lines cleanup(struct arena *arena, const struct meaning_file *file,
			    const struct cfunction *function, size_t label)
{
	struct lines lines = { 0 };

	for (size_t i = label + 2; i + 1 < function->end; i++) {
		size_t first = i;
		bool added = false;

		for (; i + 1 < function->end && !ctoken_is(&file->tokens.items[i], ";"); i++)
			added |= file->added[file->line[i]];
		if (!added && i > first)
			*arena_push(arena, &lines) = statement_key(arena, file, first, i);
	}
	return lines;
}

static const struct slice *first_missing(const struct lines *of, const struct lines *in)
{
	for (size_t i = 0; i < of->n; i++) {
		bool found = false;

		for (size_t k = 0; k < in->n && !found; k++)
			found = slice_eq(of->items[i], in->items[k]);
		if (!found)
			return &of->items[i];
	}
	return NULL;
}

static void check_label(struct meaning *m, size_t i)
{
	const struct cfunction *here = meaning_function(&m->target, i),
			       *there = meaning_base_function(m, i);
	struct slice label = m->target.tokens.items[i].text;
	size_t at = here ? find_label(&m->target, here, label) : NONE, other;
	struct lines mine, theirs;
	const struct slice *less, *more;

	if (!here)
		return;
	if (at == NONE) {
		meaning_say(m, i, "meaning/label", SEVERITY_BAD, label,
			    arena_printf(m->arena, "its function has no label '" SLICE_FMT "'",
					 SLICE_ARG(label)));
		return;
	}
	other = there ? find_label(&m->base, there, label) : NONE;
	if (other == NONE)
		return;
	mine = cleanup(m->arena, &m->target, here, at);
	theirs = cleanup(m->arena, &m->base, there, other);
	less = first_missing(&theirs, &mine);
	more = first_missing(&mine, &theirs);
	if (!less && !more)
		return;
	meaning_say(m, i, "meaning/label", SEVERITY_LOOK, label,
		    arena_printf(m->arena, "behind '" SLICE_FMT "' %s \"" SLICE_FMT "\"%s%s%s",
				 SLICE_ARG(label), less ? "is missing" : "stands",
				 SLICE_ARG(less ? *less : *more),
				 less ? ", which " : " here, not in ", m->ask->base.name,
				 less ? " has" : ""));
}

static void check_function(struct meaning *m, size_t i, size_t twin)
{
	const struct cfunction *here = meaning_function(&m->target, i),
			       *there = meaning_function(&m->base, twin);

	if (m->ask->exact && here && there && !slice_eq(here->name, there->name))
		meaning_say(m, i, "meaning/function", SEVERITY_LOOK, here->name,
			    arena_printf(m->arena,
					 "lands in " SLICE_FMT "(), in %s in " SLICE_FMT "()",
					 SLICE_ARG(here->name), m->ask->base.name,
					 SLICE_ARG(there->name)));
}

/* A line that both trees have. */
static int check_place(struct meaning *m, size_t line)
{
	size_t i = m->target.first[line], twin = i == NONE ? NONE : meaning_twin(m, i);

	if (twin == NONE)
		return 0;
	check_function(m, i, twin);
	check_locks(m, i, twin);
	return check_conditions(m, i, twin);
}

int meaning_places(struct meaning *m)
{
	for (size_t line = 1; m->has_base && line <= m->target.nlines; line++)
		if (m->target.added[line] && check_place(m, line))
			return -1;
	for (size_t i = 1; i < m->target.tokens.n; i++)
		if (m->target.added[m->target.line[i]] &&
		    ctoken_is(&m->target.tokens.items[i - 1], "goto"))
			check_label(m, i);
	return 0;
}
