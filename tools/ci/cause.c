/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * libgit2 compares the two files line by line; each change is named by the function that it stands in. Those count that touch the function
 * of a hunk that found no place, or the lines around where it went before; all others are only counted up. One pass over two files.
 */
#include "ci/cause.h"

#include "base/fail.h"
#include "patch/scope.h"

#define NEAR 8u /* lines around a hunk that are its surroundings */
#define NAMES_MOST 3u

struct change_at {
	size_t first,
		last; /* lines of the older file, from 1; an insertion stands behind `first` */
	size_t gone, added;
};

struct changes {
	struct arena *arena;
	struct change_at *items;
	size_t n, cap;
};

static int take_hunk(const git_diff_delta *delta, const git_diff_hunk *hunk, void *data)
{
	struct changes *changes = data;

	(void)delta;
	*arena_push(changes->arena, changes) = (struct change_at){
		.first = (size_t)hunk->old_start,
		.last = (size_t)hunk->old_start +
			(size_t)(hunk->old_lines ? hunk->old_lines - 1 : 0),
		.gone = (size_t)hunk->old_lines,
		.added = (size_t)hunk->new_lines,
	};
	return 0;
}

static bool changes_find(struct changes *changes, struct slice before, struct slice after)
{
	git_diff_options options;

	if (git_diff_options_init(&options, GIT_DIFF_OPTIONS_VERSION))
		return false;
	options.context_lines = 0;
	options.interhunk_lines = 0;
	options.flags = GIT_DIFF_FORCE_TEXT;
	return !git_diff_buffers(before.p, before.n, NULL, after.p, after.n, NULL, &options, NULL,
				 NULL, take_hunk, NULL, changes) &&
	       changes->n;
}

/* The lines, from 1, that a hunk is about. */
static void region_of(const struct source *source, const struct cause_place *place, size_t *first,
		      size_t *last)
{
	struct scope scope = { .head = SCOPE_NONE };

	*first = place->line > NEAR ? place->line - NEAR : 1;
	*last = place->line ? place->line + place->lines + NEAR : 0;
	if (place->line && place->line <= source->lines.n)
		scope = scope_at(source, place->line - 1);
	else if (place->heading.n)
		scope_find(source, scope_name(place->heading), &scope);
	if (scope.head == SCOPE_NONE)
		return;
	if (!*last || (size_t)scope.head + 1 < *first)
		*first = (size_t)scope.head + 1;
	if (scope.last + 1 > *last)
		*last = scope.last + 1;
}

/* Names of functions and the like, each once. */
struct names_at {
	struct text text;
	size_t n;
	size_t bare; /* the first line that stands in none; 0 */
};

static void add_name(struct arena *arena, struct names_at *names, const struct source *source,
		     size_t line)
{
	struct scope scope = { .head = SCOPE_NONE };
	char *name;

	if (line && line <= source->lines.n)
		scope = scope_at(source, line - 1);
	if (scope.head == SCOPE_NONE) {
		names->bare = names->bare ? names->bare : line;
		return;
	}
	name = arena_printf(arena, SLICE_FMT "%s", SLICE_ARG(scope.name),
			    memchr(scope.name.p, ' ', scope.name.n) ? "" : "()");
	if (slice_find(text_slice(&names->text), slice_of(name)) >= 0)
		return;
	if (++names->n <= NAMES_MOST)
		text_addf(&names->text, "%s%s", names->text.len ? ", " : "", name);
}

/* "in a(), b() and more"; "in line 7" where nothing has a name. */
static char *names_said(struct arena *arena, struct names_at *names)
{
	char *said = names->n ? arena_printf(arena, "in %s%s", text_str(&names->text),
					     names->n > NAMES_MOST ? " and more" : "") :
				arena_printf(arena, "in line %zu", names->bare);

	text_release(&names->text);
	return said;
}

static char *counted(struct arena *arena, size_t gone, size_t added)
{
	return arena_printf(arena, "%zu line%s gone, %zu new", gone, gone == 1 ? "" : "s", added);
}

char *cause_of_texts(struct arena *arena, struct slice before, struct slice after,
		     const struct cause_place *place)
{
	struct changes changes = { .arena = arena };
	struct source *source = source_new(vocabulary_new(arena), before);
	struct names_at here = { 0 }, there = { 0 };
	size_t first, last, gone = 0, added = 0;
	char *here_said, *there_said;

	if (!changes_find(&changes, before, after))
		return NULL;
	region_of(source, place, &first, &last);
	for (size_t i = 0; i < changes.n; i++) {
		const struct change_at *change = &changes.items[i];
		bool inside = change->last >= first && change->first <= last;

		gone += inside ? change->gone : 0;
		added += inside ? change->added : 0;
		add_name(arena, inside ? &here : &there, source, change->first);
	}
	here_said = names_said(arena, &here);
	there_said = names_said(arena, &there);
	return gone || added ?
		       arena_printf(arena, "%s (%s)", here_said, counted(arena, gone, added)) :
		       arena_printf(arena, "%s, not where the patch goes", there_said);
}

/* ---- of two ports ---- */

/* Where the same hunk went on the kernel that it fits. */
static void place_on(const struct port_patch *patch, size_t file, size_t hunk, const char **path,
		     struct cause_place *place)
{
	const struct filediff *diff = &patch->patch->mail.diff.items[file];

	*path = diff->old_path ? diff->old_path : diff->new_path;
	*place = (struct cause_place){ { "", 0 }, 0, 0 };
	if (hunk < diff->n) {
		place->heading = diff->items[hunk].heading;
		place->lines = diff->items[hunk].new_count;
	}
	for (size_t i = 0; i < patch->answer.n; i++) {
		const struct hunk_fate *fate = &patch->answer.items[i];

		if (fate->file != file || fate->hunk != hunk)
			continue;
		if (fate->path)
			*path = fate->path;
		place->line = fate->line;
	}
}

static int cause_of_hunk(struct arena *arena, struct repo *repo, const struct port *well,
			 const struct port *broken, const struct port_patch *patch, size_t file,
			 size_t hunk, char **cause)
{
	struct slice before, after;
	struct cause_place place;
	const char *path, *what;
	int had, has;

	place_on(patch, file, hunk, &path, &place);
	had = repo_read(repo, arena, &well->kernel.tree, path, &before);
	has = repo_read(repo, arena, &broken->kernel.tree, path, &after);
	if (had < 0 || has < 0)
		return -1;
	if (had && !has)
		*cause = arena_printf(arena, "%s is gone since %s", path, well->kernel.name);
	if (!had || !has)
		return 0;
	what = cause_of_texts(arena, before, after, &place);
	if (what)
		*cause = arena_printf(arena, "%s has changed since %s %s", path, well->kernel.name,
				      what);
	return 0;
}

int cause_find(struct arena *arena, struct repo *repo, const struct port *well,
	       const struct port *broken, char **cause)
{
	*cause = NULL;
	for (size_t p = 0; p < broken->n && p < well->n && !*cause; p++) {
		const struct port_patch *patch = &broken->items[p];

		if (patch->mark != MARK_CONFLICT ||
		    well->items[p].patch->number != patch->patch->number)
			continue;
		for (size_t i = 0; i < patch->answer.n && !*cause; i++) {
			const struct hunk_fate *fate = &patch->answer.items[i];

			if (fate->mark == MARK_CONFLICT && fate->file < patch->patch->mail.diff.n &&
			    cause_of_hunk(arena, repo, well, broken, &well->items[p], fate->file,
					  fate->hunk, cause))
				return -1;
		}
	}
	return 0;
}
