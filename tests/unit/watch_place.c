/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "watch_place.h"

#include "base/child.h"
#include "base/file.h"

static const char *const shell =
	"R=remote.git; V=; date=1700000000\n"
	"git() { GIT_COMMITTER_DATE=\"$date +0000\" command git \"$@\"; }\n"
	"remote() { git init -q --bare -b none $1; R=$1; }\n"
	/* REF VERSION TEXT [PARENT]: a kernel there; a tag is one with an object of its own. */
	"kernel() {\n"
	"	rm -rf t index; mkdir t; n=${2%%-rc*}; rc=${2#$n}; p=${n#*.}\n"
	"	printf 'VERSION = %s\\nPATCHLEVEL = %s\\nSUBLEVEL = %s\\nEXTRAVERSION = %s\\n' "
	"		${n%%.*} ${p%%.*} ${p#*.} $rc >t/Makefile; echo \"$3\" >t/a.c\n"
	"	GIT_INDEX_FILE=$PWD/index git --git-dir=$R --work-tree=t add -A\n"
	"	tree=$(GIT_INDEX_FILE=$PWD/index git --git-dir=$R write-tree)\n"
	"	c=$(git --git-dir=$R commit-tree ${4:+-p $4} -m \"Linux $2 $3\" $tree)\n"
	"	case $1 in\n"
	"	refs/tags/*) git --git-dir=$R tag -f -a -m \"Linux $2\" ${1#refs/tags/} $c >/dev/null;;\n"
	"	*) git --git-dir=$R update-ref $1 $c;;\n"
	"	esac; date=$((date + 100000)); rm -rf t index\n"
	"}\n"
	"release() { kernel refs/tags/v$1 $1 \"$2\"; }\n"
	"id() { git --git-dir=$R rev-parse \"$1\"; }\n";

char *place_sh(struct place *place, const char *fmt, ...)
{
	static const char *const env[] = { "GIT_CONFIG_NOSYSTEM=1",
					   "GIT_CONFIG_GLOBAL=/dev/null",
					   "GIT_AUTHOR_NAME=A U Thor",
					   "GIT_AUTHOR_EMAIL=author@example.org",
					   "GIT_COMMITTER_NAME=C O Mitter",
					   "GIT_COMMITTER_EMAIL=committer@example.org",
					   "GIT_AUTHOR_DATE=1700000000 +0000",
					   NULL };
	struct child_answer answer;
	va_list ap;
	char *script;

	va_start(ap, fmt);
	script = arena_vprintf(place->arena, fmt, ap);
	va_end(ap);

	const char *argv[] = { "sh", "-euc", arena_printf(place->arena, "%s%s", shell, script),
			       NULL };
	struct child_ask ask = {
		.argv = argv, .setenv = env, .cwd = place->dir, .deadline_ms = 60000
	};

	assert_ok(child_run(place->arena, &ask, &answer));
	if (answer.status)
		fail_msg("%s\n" SLICE_FMT SLICE_FMT, script, SLICE_ARG(answer.out),
			 SLICE_ARG(answer.err));
	return slice_str(place->arena, slice_trim(answer.out));
}

void place_write(struct place *place, const char *name, const char *text)
{
	assert_ok(file_write(arena_printf(place->arena, "%s/%s", place->dir, name), slice_of(text),
			     0666));
}

int place_init(void **state)
{
	struct arena *arena = arena_new();
	struct place *place = arena_new_of(arena, struct place);

	place->arena = arena;
	place->now = 1800000000;
	fail_clear();
	assert_ok(file_temp_dir(arena, "test_watch", &place->dir));
	assert_ok(file_make_dirs(arena_printf(arena, "%s/ci", place->dir)));
	place_write(place, "ci/targets.conf",
		    "[target \"v6.1\"]\n\tsource = clone none\n"
		    "[target \"v6.12\"]\n\tsource = clone none\n");
	assert_ok(targets_read(arena, place->dir, &place->targets));
	assert_ok(
		repo_open_or_create(arena_printf(arena, "%s/store.git", place->dir), &place->repo));
	assert_ok(results_open(arena_printf(arena, "%s/results.db", place->dir), &place->journal));
	*state = place;
	return 0;
}

int place_release(void **state)
{
	struct place *place = *state;

	results_free(place->journal);
	repo_free(place->repo);
	file_remove_tree(place->dir);
	arena_free(place->arena);
	return 0;
}

void place_conf(struct place *place, const char *text)
{
	place_write(place, "ci/ci.conf", text);
	assert_ok(settings_read(place->arena, place->dir, &place->targets, &place->settings));
}

int place_try(struct place *place)
{
	struct watch_ask ask = { .settings = &place->settings,
				 .targets = &place->targets,
				 .repo = place->repo,
				 .journal = place->journal,
				 .tick = 1,
				 .cache = arena_printf(place->arena, "%s/cache", place->dir),
				 .look_only = place->look_only,
				 .now = place->now += 3600,
				 .progress = place->progress,
				 .state = place->state };

	return watch_look(place->arena, &ask, &place->answer);
}

void place_look(struct place *place)
{
	assert_ok(place_try(place));
}

const struct watched *place_line(struct place *place, const char *name)
{
	for (size_t i = 0; i < place->answer.n; i++)
		if (!strcmp(place->answer.items[i].line, name))
			return &place->answer.items[i];
	fail_msg("there is no line %s", name);
	return NULL;
}

void place_at(struct place *place, const char *name, const char *kernel)
{
	const struct watched *w = place_line(place, name);

	if (!w->there || !w->kernel.ref || strcmp(w->kernel.name, kernel) != 0)
		fail_msg("%s: there %d, %s, %s", name, w->there,
			 w->kernel.name ? w->kernel.name : "-", w->why ? w->why : "-");
}

void place_says(const char *text, const char *part)
{
	if (!text || !strstr(text, part))
		fail_msg("\"%s\" does not say \"%s\"", text ? text : "(nothing)", part);
}

size_t place_events(struct place *place, const char *kind, const char **text)
{
	struct events all;
	size_t n = 0;

	assert_ok(journal_events(place->journal, place->arena, 0, 0, &all));
	for (size_t i = 0; i < all.n; i++)
		if (!kind || !strcmp(all.items[i].kind, kind))
			if (!n++ && text)
				*text = all.items[i].text;
	return n;
}

const struct reach *place_reach(struct place *place, const char *source)
{
	struct reaches *all = arena_new_of(place->arena, struct reaches);

	assert_ok(journal_reaches(place->journal, place->arena, all));
	for (size_t i = 0; i < all->n; i++)
		if (!strcmp(all->items[i].source, source))
			return &all->items[i];
	return NULL;
}
