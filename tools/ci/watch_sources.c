/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Releases by ci/targets.conf, as series fetch finds them: the first source that has the target says what its newest is. A git remote is listed
 * with all that others want of it. The archive's lists are megabytes, and change a few times a day: they are asked for every six hours.
 */
#include "base/fail.h"
#include "ci/watch_part.h"
#include "kernel/fetch.h"
#include "kernel/intake.h"

#define ARCHIVE_SECONDS (6 * 60 * 60)

/* What one source said. */
enum said { SAID_NOTHING, SAID, SAID_BEFORE };

static char *key_of(struct looking *l, const struct target *target, const struct source *source)
{
	return arena_printf(l->arena, "%s %s %s", target->name, source_word(source->kind),
			    source->value);
}

/* `source` NULL: `why` names it. */
static int add_trouble(struct looking *l, struct line *line, const struct source *source,
		       const char *why)
{
	look_trouble(l, line, "%s%s%s%s%s%s%s", line->trouble ? line->trouble : "",
		     line->trouble ? "; " : "", source ? source_word(source->kind) : "",
		     source ? " " : "", source ? url_shown(l->arena, source->value) : "",
		     source ? ": " : "", why);
	return SAID_NOTHING;
}

/* Is there a release of the target in the store? 1, 0, -1. */
static int have_release(struct looking *l, const struct line *line)
{
	struct kernel kernel;
	struct version version;

	return look_release(l, line->target, &kernel, &version);
}

static int ask_fetch(struct looking *l, struct line *line, const struct source *source)
{
	struct fetch_ask ask = { .repo = l->ask->repo,
				 .targets = l->ask->targets,
				 .name = line->target->name,
				 .source = source,
				 .cache = l->ask->cache,
				 .progress = l->ask->progress };
	struct fetch_answer answer;

	if (!fetch_kernel(l->arena, &ask, &answer))
		return SAID;
	if (fail_kind() == FAIL_INTERRUPTED)
		return -1;
	add_trouble(l, line, NULL, fail_message());
	fail_clear();
	return SAID_NOTHING;
}

static int ask_git(struct looking *l, struct line *line, const struct source *source)
{
	const struct asked_remote *remote = look_ask(l, source->value);
	struct line own = *line;
	bool any = false;

	if (!remote)
		return -1;
	if (remote->why)
		return add_trouble(l, line, source, remote->why);
	own.trouble = NULL;
	if (look_tags(l, remote, &own, &any))
		return -1;
	if (own.trouble)
		return add_trouble(l, line, source, own.trouble);
	return any ? SAID : add_trouble(l, line, source, "it has no tag of it");
}

/* A clone's newest, where nothing may be taken in. */
static int look_at_clone(struct looking *l, struct line *line, const struct source *source)
{
	struct repo *other __free(repo) = NULL;
	struct watched *w = line->watched;
	struct kernel kernel, have;
	struct version version;
	int r;

	if (repo_open(source->value, &other) ||
	    repo_kernel(other, l->arena, line->target->name, &kernel) != 1 ||
	    !version_parse_plain(slice_of(kernel.name), &version) || version.rc) {
		fail_clear();
		return add_trouble(l, line, source, "it has no tag of it");
	}
	r = look_store(l, kernel.name, &have);
	if (!r)
		w->kernel.name = kernel.name;
	return r < 0 ? -1 : SAID;
}

/* The archive, or a tarball: not each time. `when`: it was asked then. */
static int ask_seldom(struct looking *l, struct line *line, const struct source *source,
		      int64_t *when)
{
	const char *key = key_of(l, line->target, source);
	bool archive = source->kind != SOURCE_TARBALL;
	char *noted;
	int have = have_release(l, line), r;

	if (have < 0 || look_noted(l, "asked", key, &noted))
		return -1;
	*when = noted ? strtoll(noted, NULL, 10) : 0;
	if (have && noted && *when <= l->ask->now &&
	    (!archive || l->ask->now - *when < ARCHIVE_SECONDS))
		return SAID_BEFORE;
	if (l->ask->look_only)
		return have ? SAID_BEFORE : add_trouble(l, line, source, "not asked yet");
	r = ask_fetch(l, line, source);
	if (r == SAID) {
		*when = l->ask->now;
		look_note(l, look_note_name(l, "asked", key),
			  arena_printf(l->arena, "%lld", (long long)*when));
	}
	return r;
}

static int ask_source(struct looking *l, struct line *line, const struct source *source,
		      int64_t *when)
{
	*when = l->ask->now;
	switch (source->kind) {
	case SOURCE_GIT:
		return ask_git(l, line, source);
	case SOURCE_CLONE:
		return l->ask->look_only ? look_at_clone(l, line, source) :
					   ask_fetch(l, line, source);
	case SOURCE_TARBALL:
	case SOURCE_PACKAGE:
	case SOURCE_ORIG:
		break;
	}
	return ask_seldom(l, line, source, when);
}

int look_sources(struct looking *l, struct line *line, int64_t *answered)
{
	const char *key = line->target->name;
	char *noted;
	int r = SAID_NOTHING;

	if (look_noted(l, "reached", key, &noted))
		return -1;
	*answered = noted ? strtoll(noted, NULL, 10) : 0;
	for (size_t i = 0; i < line->target->n && r == SAID_NOTHING; i++) {
		int64_t when;

		r = ask_source(l, line, &line->target->items[i], &when);
		if (r < 0)
			return -1;
		if (r != SAID_NOTHING) {
			*answered = when;
			line->trouble = NULL;
		}
	}
	if (!line->target->n)
		look_trouble(l, line, "target %s has no source in ci/targets.conf",
			     line->target->name);
	if (r == SAID)
		look_note(l, look_note_name(l, "reached", key),
			  arena_printf(l->arena, "%lld", (long long)*answered));
	return look_settle(l, line);
}
