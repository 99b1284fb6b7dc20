/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Both sides of a file are tokenised as the patch leaves them, and each line that the patch adds to the target is given
 * its twin among those that it adds to the base: the one of the same text, in the function of the same name where there is
 * a choice. What is compared is compared at such pairs; a line that was adapted has no twin, and the reader is shown it
 * anyhow. Nothing is parsed: see patch/decl.h and patch/locks.h for how far that goes.
 */
#include "patch/meaning.h"

#include "base/fail.h"
#include "patch/compare.h"
#include "patch/meaning_part.h"

#define NONE MEANING_NONE

struct finding *meaning_say(struct meaning *m, size_t i, const char *rule, enum severity severity,
			    struct slice what, const char *text)
{
	char *key = arena_printf(m->arena, "%s " SLICE_FMT, rule, SLICE_ARG(what));
	const struct cfunction *function = meaning_function(&m->target, i);
	struct finding *finding;
	unsigned int number;

	if (names_find(m->said, slice_of(key), &number))
		return NULL;
	names_number(m->said, slice_of(key));
	finding = finding_add(m->arena, m->findings, rule, severity, "%s", text);
	finding->patch = m->ask->label;
	finding->path = m->target.path;
	finding->line = i < m->target.tokens.n ? m->target.line[i] : 0;
	if (function)
		finding->function = slice_str(m->arena, function->name);
	return finding;
}

static bool is_code(const char *path)
{
	return slice_ends(slice_of(path), ".c") || slice_ends(slice_of(path), ".h");
}

static void number_tokens(struct arena *arena, struct meaning_file *file)
{
	const char *p = file->tokens.buffer.p;
	size_t line = 1;

	file->line = arena_alloc(arena, (file->tokens.n + 1) * sizeof(*file->line));
	file->function = arena_alloc(arena, (file->tokens.n + 1) * sizeof(*file->function));
	file->first = arena_alloc(arena, (file->nlines + 2) * sizeof(*file->first));
	for (size_t i = 0; i < file->nlines + 2; i++)
		file->first[i] = NONE;
	for (size_t i = 0; i < file->tokens.n; i++) {
		const char *at = file->tokens.items[i].text.p;

		while ((p = memchr(p, '\n', (size_t)(at - p))) != NULL) {
			line++;
			p++;
		}
		p = at;
		file->line[i] = line;
		if (file->first[line] == NONE)
			file->first[line] = i;
		file->function[i] = NONE;
	}
	for (size_t f = 0; f < file->functions.n; f++)
		for (size_t i = file->functions.items[f].first; i < file->functions.items[f].end;
		     i++)
			file->function[i] = f;
}

/* Of a function whose head is new, all is: what the diff has as context was another function's. */
static void mark_new_functions(struct meaning_file *file)
{
	for (size_t f = 0; f < file->functions.n; f++) {
		const struct cfunction *function = &file->functions.items[f];
		size_t name = function->first;

		while (name < function->body &&
		       !slice_eq(file->tokens.items[name].text, function->name))
			name++;
		if (!file->added[file->line[name]])
			continue;
		for (size_t i = function->first; i < function->end; i++)
			file->added[file->line[i]] = true;
	}
}

static void mark_added(struct meaning_file *file, const struct filediff *diff)
{
	for (size_t h = 0; h < diff->n; h++) {
		size_t line = diff->items[h].new_start;

		for (size_t i = 0; i < diff->items[h].n; i++) {
			if (diff->items[h].items[i].kind == '+' && line <= file->nlines)
				file->added[line] = true;
			line += diff->items[h].items[i].kind != '-';
		}
	}
}

/* 1, 0 the side has no such file, -1. */
static int file_open(struct arena *arena, const struct meaning_side *side,
		     const struct filediff *diff, struct meaning_file *file)
{
	struct lookup_texts texts = { 0 };
	struct slice text;
	struct lines lines;
	int r;

	*file = (struct meaning_file){ .side = side, .path = diff->new_path };
	r = draft_read(side->lookup.draft, file->path, &text, NULL);
	if (r != 1)
		return r;
	if (lookup_texts(arena, &side->lookup, file->path, &texts))
		return -1;
	file->decls = decls_new(arena, &texts);
	file->tokens = ctokens_of(arena, text);
	file->functions = cfunctions_of(arena, &file->tokens);
	file->under = conditions_of(arena, &file->tokens, slice_ends(slice_of(file->path), ".h"));
	lines = lines_of(arena, text);
	file->nlines = lines.n;
	file->added = arena_alloc(arena, lines.n + 2);
	file->text = arena_alloc(arena, (lines.n + 2) * sizeof(*file->text));
	for (size_t i = 0; i < lines.n; i++)
		file->text[i + 1] = slice_trim(lines.items[i]);
	number_tokens(arena, file);
	mark_added(file, diff);
	mark_new_functions(file);
	return 1;
}

/* The name of the function that the line's first token stands in; empty outside. */
static struct slice function_of(const struct meaning_file *file, size_t line)
{
	const struct cfunction *function = meaning_function(file, file->first[line]);

	return function ? function->name : SLICE("");
}

/* "}" and "return 0;" stand everywhere. */
static bool says_something(struct slice line)
{
	size_t letters = 0;

	for (size_t i = 0; i < line.n; i++)
		letters += (line.p[i] | 32) >= 'a' && (line.p[i] | 32) <= 'z';
	return letters > 1;
}

static size_t find_partner(const struct meaning *m, size_t line, const bool *taken)
{
	size_t any = 0;

	for (size_t k = 1; k <= m->base.nlines; k++) {
		if (!m->base.added[k] || taken[k] ||
		    !slice_eq_space(m->base.text[k], m->target.text[line]))
			continue;
		if (slice_eq(function_of(&m->base, k), function_of(&m->target, line)))
			return k;
		if (!any)
			any = k;
	}
	return any;
}

static void find_partners(struct meaning *m)
{
	bool *taken = arena_alloc(m->arena, m->base.nlines + 2);

	m->partner = arena_alloc(m->arena, (m->target.nlines + 2) * sizeof(*m->partner));
	for (size_t i = 1; i <= m->target.nlines; i++) {
		if (!m->target.added[i] || m->target.first[i] == NONE)
			continue;
		m->seen->lines++;
		if (!m->has_base || !says_something(m->target.text[i]))
			continue;
		m->partner[i] = find_partner(m, i, taken);
		taken[m->partner[i]] = true;
	}
}

size_t meaning_twin(const struct meaning *m, size_t i)
{
	size_t line = m->target.line[i], partner = m->partner[line], twin;

	if (!partner || m->base.first[partner] == NONE)
		return NONE;
	twin = m->base.first[partner] + (i - m->target.first[line]);
	if (twin >= m->base.tokens.n || m->base.line[twin] != partner ||
	    !slice_eq(m->base.tokens.items[twin].text, m->target.tokens.items[i].text))
		return NONE;
	return twin;
}

const struct cfunction *meaning_base_function(const struct meaning *m, size_t i)
{
	const struct cfunction *function = meaning_function(&m->target, i);
	size_t twin = m->has_base ? meaning_twin(m, i) : NONE;

	if (twin != NONE)
		return meaning_function(&m->base, twin);
	return function && m->has_base ? cfunctions_find(&m->base.functions, function->name) : NULL;
}

/* The file of the base's diff that file `f` of the target's stands for. */
static const struct filediff *base_file(struct meaning *m, const struct compare *compare, size_t f)
{
	const struct diff *base = m->ask->base.diff;
	const char *path = m->ask->target.diff->items[f].new_path;

	for (size_t i = 0; i < base->n; i++)
		if (base->items[i].new_path && !strcmp(base->items[i].new_path, path))
			return &base->items[i];
	for (size_t i = 0; i < compare->n; i++) {
		const struct part *part = &compare->items[i];

		if (part->up.n && part->down.n && part->down.items[0].file == f &&
		    base->items[part->up.items[0].file].new_path)
			return &base->items[part->up.items[0].file];
	}
	return NULL;
}

static int check_file(struct meaning *m, const struct compare *compare, size_t f)
{
	const struct filediff *diff = &m->ask->target.diff->items[f], *base = NULL;
	int r = file_open(m->arena, &m->ask->target, diff, &m->target);

	if (r <= 0)
		return r;
	if (m->ask->has_base)
		base = base_file(m, compare, f);
	r = base ? file_open(m->arena, &m->ask->base, base, &m->base) : 0;
	if (r < 0)
		return -1;
	m->has_base = r;
	find_partners(m);
	return meaning_names(m) || meaning_places(m) ? -1 : 0;
}

/* Take over into `arena` what was found: all else goes. */
static void keep(struct arena *arena, const struct findings *from, struct findings *to)
{
	for (size_t i = 0; i < from->n; i++) {
		struct finding *finding = arena_push(arena, to);

		*finding = from->items[i];
		finding->path = arena_strdup(arena, finding->path);
		finding->function = arena_strdup(arena, finding->function);
		finding->text = arena_strdup(arena, finding->text);
	}
}

int meaning_check(struct arena *arena, const struct meaning_ask *ask, struct meaning_seen *seen,
		  struct findings *findings)
{
	struct arena *common __free(arena) = arena_new();
	struct compare compare = { 0 };

	if (ask->has_base)
		compare_diffs(common, ask->base.diff, ask->target.diff, &compare);
	for (size_t f = 0; f < ask->target.diff->n; f++) {
		struct arena *scratch __free(arena) = arena_new();
		const char *path = ask->target.diff->items[f].new_path;
		struct findings found = { 0 };
		struct meaning m = {
			.arena = scratch,
			.ask = ask,
			.seen = seen,
			.findings = &found,
			.said = names_new(scratch),
		};

		if (!path || !is_code(path) || ask->target.diff->items[f].binary)
			continue;
		if (check_file(&m, &compare, f))
			return fail_in("%s", path);
		keep(arena, &found, findings);
	}
	return 0;
}
