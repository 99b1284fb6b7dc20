/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ci/watch.h"

#include <sys/stat.h>

#include "base/child.h"
#include "base/clock.h"
#include "base/file.h"
#include "unit.h"

/* A workspace with the targets v6.1 and v6.12, a store, a journal, and whatever remotes a test makes beside them. */
struct place {
	struct arena *arena;
	char *dir;
	struct targets targets;
	struct settings settings;
	struct repo *repo;
	struct results *journal;
	struct watch_answer answer;
	int64_t now;
	bool look_only;
	const struct progress *progress;
};

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

static char *sh(struct place *place, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static char *sh(struct place *place, const char *fmt, ...)
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

static void write_file(struct place *place, const char *name, const char *text)
{
	assert_ok(file_write(arena_printf(place->arena, "%s/%s", place->dir, name), slice_of(text),
			     0666));
}

static int set_up(void **state)
{
	struct arena *arena = arena_new();
	struct place *place = arena_new_of(arena, struct place);

	place->arena = arena;
	place->now = 1800000000;
	fail_clear();
	assert_ok(file_temp_dir(arena, "test_watch", &place->dir));
	assert_ok(file_make_dirs(arena_printf(arena, "%s/ci", place->dir)));
	write_file(place, "ci/targets.conf",
		   "[target \"v6.1\"]\n\tsource = clone none\n"
		   "[target \"v6.12\"]\n\tsource = clone none\n");
	assert_ok(targets_read(arena, place->dir, &place->targets));
	assert_ok(
		repo_open_or_create(arena_printf(arena, "%s/store.git", place->dir), &place->repo));
	assert_ok(results_open(arena_printf(arena, "%s/results.db", place->dir), &place->journal));
	*state = place;
	return 0;
}

static int tear_down(void **state)
{
	struct place *place = *state;

	results_free(place->journal);
	repo_free(place->repo);
	file_remove_tree(place->dir);
	arena_free(place->arena);
	return 0;
}

static void conf(struct place *place, const char *text)
{
	write_file(place, "ci/ci.conf", text);
	assert_ok(settings_read(place->arena, place->dir, &place->targets, &place->settings));
}

static int try_look(struct place *place)
{
	struct watch_ask ask = { .settings = &place->settings,
				 .targets = &place->targets,
				 .repo = place->repo,
				 .journal = place->journal,
				 .tick = 1,
				 .cache = arena_printf(place->arena, "%s/cache", place->dir),
				 .look_only = place->look_only,
				 .now = place->now += 3600,
				 .progress = place->progress };

	return watch_look(place->arena, &ask, &place->answer);
}

static void look(struct place *place)
{
	assert_ok(try_look(place));
}

static const struct watched *line(struct place *place, const char *name)
{
	for (size_t i = 0; i < place->answer.n; i++)
		if (!strcmp(place->answer.items[i].line, name))
			return &place->answer.items[i];
	fail_msg("there is no line %s", name);
	return NULL;
}

/* The line's kernel is this one, in the store. */
static void at(struct place *place, const char *name, const char *kernel)
{
	const struct watched *w = line(place, name);

	if (!w->there || !w->kernel.ref || strcmp(w->kernel.name, kernel) != 0)
		fail_msg("%s: there %d, %s, %s", name, w->there,
			 w->kernel.name ? w->kernel.name : "-", w->why ? w->why : "-");
}

static void says(const char *text, const char *part)
{
	if (!text || !strstr(text, part))
		fail_msg("\"%s\" does not say \"%s\"", text ? text : "(nothing)", part);
}

/* How many events of a kind there are; the newest's text. */
static size_t events(struct place *place, const char *kind, const char **text)
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

static const struct reach *reach(struct place *place, const char *source)
{
	struct reaches *all = arena_new_of(place->arena, struct reaches);

	assert_ok(journal_reaches(place->journal, place->arena, all));
	for (size_t i = 0; i < all->n; i++)
		if (!strcmp(all->items[i].source, source))
			return &all->items[i];
	return NULL;
}

static const char stable[] = "[watch \"stable\"]\n\tkind = release\n\turl = remote.git\n";
static const char candidates[] =
	"[watch \"rc\"]\n\tkind = candidate\n\turl = rc.git\n\tbranch = linux-%.y\n"
	"[watch \"stable\"]\n\tkind = release\n\turl = remote.git\n";
static const char queue[] =
	"[watch \"stable\"]\n\tkind = release\n\turl = remote.git\n"
	"[watch \"queue\"]\n\tkind = queue\n\turl = rc.git\n\tbranch = queue/%\n";

static void releases_are_found_by_their_tags_and_taken_in(void **state)
{
	struct place *place = *state;
	const char *text;

	sh(place,
	   "remote remote.git; release 6.1.3 a; release 6.1.10 b; release 6.12.5 c; release 6.10.7 x");
	conf(place, stable);
	look(place);
	at(place, "6.1.y", "v6.1.10");
	at(place, "6.12.y", "v6.12.5");
	assert_string_equal(line(place, "6.1.y")->kernel.ref, "refs/series/kernel/v6.1.10");
	assert_true(line(place, "6.1.y")->found_now);
	assert_int_equal(line(place, "6.1.y")->reached, place->now);
	assert_false(place->answer.stale);
	says(line(place, "6.1.y")->why, "seen for the first time");
	assert_int_equal(events(place, "release", NULL), 2);

	sh(place, "release 6.1.11 d; release 6.1.12-rc1 e");
	look(place);
	at(place, "6.1.y", "v6.1.11");
	at(place, "6.12.y", "v6.12.5");
	assert_true(line(place, "6.1.y")->found_now);
	assert_false(line(place, "6.12.y")->found_now);
	says(line(place, "6.1.y")->why, "new release, after v6.1.10");
	assert_int_equal(events(place, "release", &text), 3);
	assert_string_equal(text, "v6.1.11, after v6.1.10");

	/* Why it is tested stays true. */
	look(place);
	assert_false(line(place, "6.1.y")->found_now);
	says(line(place, "6.1.y")->why, "new release, after v6.1.10");
	sh(place,
	   "test -z \"$(ls cache | grep scratch.git$)\"; git --git-dir=store.git fsck --strict 2>&1");
}

static void a_quiet_look_says_nothing_and_is_quick(void **state)
{
	struct place *place = *state;
	double began;
	size_t n;

	sh(place, "remote remote.git; release 6.1.3 a; release 6.12.5 c\n"
		  "remote rc.git; kernel refs/heads/linux-6.1.y 6.1.4-rc1 b");
	conf(place, candidates);
	look(place);
	n = events(place, NULL, NULL);
	began = clock_seconds();
	look(place);
	if (clock_seconds() - began > 0.5)
		fail_msg("%.2f s", clock_seconds() - began);
	assert_int_equal(events(place, NULL, NULL), n);
	assert_int_equal(reach(place, "rc")->reached, place->now);
}

static void a_rewritten_tag_is_an_alarm_and_what_we_have_stays(void **state)
{
	struct place *place = *state;
	const char *text;
	git_oid tree;

	sh(place, "remote remote.git; release 6.1.3 a; release 6.12.5 c");
	conf(place, stable);
	look(place);
	tree = line(place, "6.1.y")->kernel.tree;
	sh(place, "release 6.1.3 evil");
	for (int i = 0; i < 2; i++) {
		look(place);
		at(place, "6.1.y", "v6.1.3");
		assert_true(git_oid_equal(&tree, &line(place, "6.1.y")->kernel.tree));
		assert_true(line(place, "6.1.y")->alarm);
		assert_false(line(place, "6.12.y")->alarm);
		says(line(place, "6.1.y")->why, "v6.1.3 was rewritten");
		assert_int_equal(events(place, "rewritten", &text), 1);
		says(text, "v6.1.3 was ");
	}
	/* A person looked at it: its ref is removed, so the new one is taken in. */
	sh(place, "git --git-dir=store.git update-ref -d refs/series/kernel/v6.1.3");
	look(place);
	look(place);
	at(place, "6.1.y", "v6.1.3");
	assert_false(line(place, "6.1.y")->alarm);
	assert_false(git_oid_equal(&tree, &line(place, "6.1.y")->kernel.tree));
	assert_int_equal(events(place, "rewritten", NULL), 1);
}

static void a_vanished_tag_is_an_alarm_until_it_is_back(void **state)
{
	struct place *place = *state;
	char *id;

	id = sh(place, "remote remote.git; release 6.1.3 a; release 6.1.4 b; id refs/tags/v6.1.4");
	conf(place, stable);
	look(place);
	sh(place, "git --git-dir=remote.git update-ref -d refs/tags/v6.1.4");
	for (int i = 0; i < 2; i++) {
		look(place);
		at(place, "6.1.y", "v6.1.4");
		assert_true(line(place, "6.1.y")->alarm);
		says(line(place, "6.1.y")->why, "v6.1.4 is not at its source any more");
		assert_int_equal(events(place, "gone", NULL), 1);
	}
	sh(place, "git --git-dir=remote.git update-ref refs/tags/v6.1.4 %s", id);
	look(place);
	at(place, "6.1.y", "v6.1.4");
	assert_false(line(place, "6.1.y")->alarm);
	assert_int_equal(events(place, "back", NULL), 1);
}

static void a_tag_whose_makefile_says_otherwise_is_refused_once_and_stops_nobody(void **state)
{
	struct place *place = *state;
	const char *text;

	sh(place,
	   "remote remote.git; release 6.1.3 a; kernel refs/tags/v6.1.4 6.1.5 lie; release 6.12.5 c\n"
	   "git --git-dir=remote.git tag v6.1.9+x v6.1.3; git --git-dir=remote.git tag v6.1.99 v6.1.3:a.c");
	conf(place, stable);
	for (int i = 0; i < 2; i++) {
		look(place);
		at(place, "6.1.y", "v6.1.3");
		at(place, "6.12.y", "v6.12.5");
		assert_int_equal(events(place, "refused", &text), 2);
		assert_false(place->answer.stale);
	}
	says(text, "the Makefile of v6.1.4 says v6.1.5");
	sh(place, "release 6.1.4 mended");
	look(place);
	at(place, "6.1.y", "v6.1.4");
}

static void a_candidate_is_pinned_by_its_commit_and_followed_when_it_is_rewritten(void **state)
{
	struct place *place = *state;
	struct kernel kernel;
	const char *name, *text;
	char *first;

	first = sh(
		place,
		"remote remote.git; release 6.1.3 a; release 6.12.5 c\n"
		"remote rc.git; kernel refs/heads/linux-6.1.y 6.1.4-rc1 b; id refs/heads/linux-6.1.y");
	conf(place, candidates);
	look(place);
	name = arena_printf(place->arena, "v6.1.4-rc1+%.12s", first);
	at(place, "6.1.y-rc", name);
	at(place, "6.1.y", "v6.1.3");
	assert_string_equal(line(place, "6.1.y-rc")->kernel.ref,
			    arena_printf(place->arena, "refs/series/tip/%s", name));
	assert_false(line(place, "6.12.y-rc")->there);
	says(line(place, "6.12.y-rc")->why, "has no branch linux-6.12.y");
	assert_int_equal(repo_kernel(place->repo, place->arena, "v6.1", &kernel), 1);
	assert_string_equal(kernel.name, "v6.1.3");
	says(sh(place, "git --git-dir=store.git log -1 --format=%%B refs/series/tip/%s", name),
	     first);

	sh(place, "R=rc.git; kernel refs/heads/linux-6.1.y 6.1.4-rc1 B");
	look(place);
	assert_string_not_equal(line(place, "6.1.y-rc")->kernel.name, name);
	says(line(place, "6.1.y-rc")->kernel.name, "v6.1.4-rc1+");
	assert_false(line(place, "6.1.y-rc")->alarm);
	says(line(place, "6.1.y-rc")->why,
	     arena_printf(place->arena, "new candidate, after %s", name));
	assert_int_equal(events(place, "rewritten", &text), 1);
	says(text, "linux-6.1.y was rewritten");
	/* The tree that we had is pinned. */
	assert_int_equal(repo_kernel(place->repo, place->arena, name, &kernel), 1);

	sh(place,
	   "R=rc.git; kernel refs/heads/linux-6.1.y 6.1.4-rc2 C $(id refs/heads/linux-6.1.y)");
	look(place);
	says(line(place, "6.1.y-rc")->kernel.name, "v6.1.4-rc2+");
	assert_int_equal(events(place, "rewritten", NULL), 1);

	/* The release is out. */
	sh(place, "release 6.1.4 D");
	for (int i = 0; i < 2; i++) {
		look(place);
		at(place, "6.1.y", "v6.1.4");
		assert_false(line(place, "6.1.y-rc")->there);
		says(line(place, "6.1.y-rc")->why, "v6.1.4 is out");
	}
	sh(place, "R=rc.git; kernel refs/heads/linux-6.1.y 6.1.4-rc3 late");
	look(place);
	assert_false(line(place, "6.1.y-rc")->there);
	says(line(place, "6.1.y-rc")->why, "linux-6.1.y is at v6.1.4-rc3, and v6.1.4 is out");
	sh(place, "R=rc.git; kernel refs/heads/linux-6.1.y 6.1.5-rc1 next");
	look(place);
	says(line(place, "6.1.y-rc")->kernel.name, "v6.1.5-rc1+");
	assert_true(line(place, "6.1.y-rc")->there);
	sh(place, "git --git-dir=store.git fsck --strict 2>&1");
}

static void the_queue_is_named_apart_from_the_release_that_it_stands_on(void **state)
{
	struct place *place = *state;

	sh(place,
	   "remote remote.git; release 6.1.3 a; release 6.12.5 c\n"
	   "remote rc.git; kernel refs/heads/queue/6.1 6.1.3 queued; kernel refs/heads/queue/6.12 6.12.5 c");
	conf(place, queue);
	look(place);
	says(line(place, "6.1.y-queue")->kernel.name, "v6.1.3+queue.");
	assert_true(line(place, "6.1.y-queue")->there);
	assert_false(line(place, "6.12.y-queue")->there);
	says(line(place, "6.12.y-queue")->why, "nothing is queued after v6.12.5");
	sh(place, "release 6.1.4 d");
	look(place);
	assert_false(line(place, "6.1.y-queue")->there);
	says(line(place, "6.1.y-queue")->why, "still on the one before");
	sh(place, "R=rc.git; kernel refs/heads/queue/6.1 6.12.9 lie");
	look(place);
	assert_false(line(place, "6.1.y-queue")->there);
	says(line(place, "6.1.y-queue")->why, "the Makefile of queue/6.1 says v6.12.9");
	assert_int_equal(events(place, "refused", NULL), 1);
	sh(place, "git --git-dir=rc.git update-ref -d refs/heads/queue/6.1");
	look(place);
	assert_int_equal(events(place, "gone", NULL), 1);
	says(line(place, "6.1.y-queue")->why, "has no branch queue/6.1 any more");
}

static void a_branch_of_releases_that_is_rewritten_stays_where_it_was(void **state)
{
	struct place *place = *state;
	const char *first, *second;

	sh(place, "remote remote.git; kernel refs/heads/linux-6.1.y 6.1.3 a");
	conf(place,
	     "[watch \"stable\"]\n\tkind = release\n\turl = remote.git\n\tbranch = linux-%.y\n"
	     "\ttarget = v6.1\n");
	look(place);
	first = line(place, "6.1.y")->kernel.name;
	says(first, "v6.1.3+");
	sh(place, "kernel refs/heads/linux-6.1.y 6.1.4 b $(id refs/heads/linux-6.1.y)");
	look(place);
	second = line(place, "6.1.y")->kernel.name;
	says(second, "v6.1.4+");
	assert_false(line(place, "6.1.y")->alarm);
	sh(place, "kernel refs/heads/linux-6.1.y 6.1.4 evil");
	for (int i = 0; i < 2; i++) {
		look(place);
		at(place, "6.1.y", second);
		assert_true(line(place, "6.1.y")->alarm);
		says(line(place, "6.1.y")->why, "linux-6.1.y was rewritten");
		assert_int_equal(events(place, "rewritten", NULL), 1);
	}
	sh(place, "git --git-dir=remote.git update-ref -d refs/heads/linux-6.1.y");
	look(place);
	at(place, "6.1.y", second);
	assert_true(line(place, "6.1.y")->alarm);
}

static void what_cannot_be_reached_leaves_what_the_store_has_and_is_said_once(void **state)
{
	struct place *place = *state;
	int64_t reached;
	const char *text;

	sh(place, "remote remote.git; release 6.1.3 a\n"
		  "remote rc.git; kernel refs/heads/linux-6.1.y 6.1.4-rc1 b");
	conf(place, candidates);
	look(place);
	reached = place->now;
	sh(place, "mv remote.git away.git");
	for (int i = 0; i < 2; i++) {
		look(place);
		at(place, "6.1.y", "v6.1.3");
		assert_true(place->answer.stale);
		says(place->answer.stale_why, "stable: ");
		assert_null(strstr(place->answer.stale_why, "rc: "));
		assert_int_equal(line(place, "6.1.y")->reached, reached);
		assert_int_equal(line(place, "6.1.y-rc")->reached, place->now);
		assert_int_equal(reach(place, "stable")->reached, reached);
		assert_int_equal(reach(place, "stable")->asked, place->now);
		says(reach(place, "stable")->why, "remote.git");
		assert_int_equal(events(place, "unreachable", &text), 1);
	}
	sh(place, "mv away.git remote.git");
	look(place);
	assert_false(place->answer.stale);
	assert_string_equal(reach(place, "stable")->why, "");
	assert_int_equal(events(place, "reached", NULL), 1);
}

static void to_look_only_writes_and_fetches_nothing(void **state)
{
	struct place *place = *state;
	char *before;

	sh(place, "remote remote.git; release 6.1.3 a; release 6.12.5 c\n"
		  "remote rc.git; kernel refs/heads/linux-6.1.y 6.1.4-rc1 b");
	conf(place, candidates);
	look(place);
	sh(place, "release 6.1.5 d; release 6.12.5 evil; R=rc.git\n"
		  "kernel refs/heads/linux-6.12.y 6.12.6-rc1 e");
	before = sh(place, "find store.git cache -type f -printf '%%p %%s %%T@\\n' | sort");
	place->look_only = true;
	look(place);
	assert_string_equal(
		before, sh(place, "find store.git cache -type f -printf '%%p %%s %%T@\\n' | sort"));
	assert_string_equal(line(place, "6.1.y")->kernel.name, "v6.1.5");
	assert_null(line(place, "6.1.y")->kernel.ref);
	assert_true(line(place, "6.1.y")->found_now);
	assert_true(line(place, "6.12.y")->alarm);
	says(line(place, "6.12.y-rc")->kernel.name, "linux-6.12.y at ");
	assert_int_equal(events(place, "rewritten", NULL), 0);
	assert_int_equal(reach(place, "stable")->reached, place->now - 3600);
}

static void a_remote_is_asked_once_however_many_want_it(void **state)
{
	struct place *place = *state;
	char *path = arena_strdup(place->arena, getenv("PATH"));

	sh(place,
	   "remote remote.git; release 6.1.3 a; kernel refs/heads/linux-6.1.y 6.1.4-rc1 b\n"
	   "kernel refs/heads/queue/6.1 6.1.3 q; mkdir bin\n"
	   "printf '#!/bin/sh\\necho \"$1\" >>%s/asked; exec %%s \"$@\"\\n' $(command -v /usr/bin/git /bin/git | head -n 1) >bin/git; chmod +x bin/git",
	   place->dir);
	conf(place, "[watch \"stable\"]\n\tkind = release\n\turl = remote.git\n"
		    "[watch \"rc\"]\n\tkind = candidate\n\turl = remote.git\n\tbranch = linux-%.y\n"
		    "[watch \"queue\"]\n\tkind = queue\n\turl = remote.git\n\tbranch = queue/%\n");
	look(place);
	setenv("PATH", arena_printf(place->arena, "%s/bin:%s", place->dir, path), 1);
	look(place);
	setenv("PATH", path, 1);
	assert_string_equal(sh(place, "cat asked"), "ls-remote");
	at(place, "6.1.y", "v6.1.3");
	assert_true(line(place, "6.1.y-queue")->there);
}

static void the_sources_of_the_targets_are_asked_in_their_order(void **state)
{
	struct place *place = *state;

	sh(place,
	   "remote remote.git; release 6.1.3 a; release 6.12.5 b; mkdir linux-6.12.9\n"
	   "printf 'VERSION = 6\\nPATCHLEVEL = 12\\nSUBLEVEL = 9\\nEXTRAVERSION =\\n' >linux-6.12.9/Makefile\n"
	   "tar -cf linux-6.12.9.tar linux-6.12.9");
	write_file(
		place, "ci/targets.conf",
		"[target \"v6.1\"]\n\tsource = git none.git\n\tsource = git remote.git\n"
		"[target \"v6.12\"]\n\tsource = tarball linux-6.12.9.tar\n\tsource = git remote.git\n"
		"[target \"v6.6\"]\n\tsource = git none.git\n");
	assert_ok(targets_read(place->arena, place->dir, &place->targets));
	conf(place, "[ci]\n\tverify = yes\n");
	for (int i = 0; i < 2; i++) {
		look(place);
		at(place, "6.1.y", "v6.1.3");
		at(place, "6.12.y", "v6.12.9");
		assert_false(line(place, "6.6.y")->there);
		says(line(place, "6.6.y")->why, "git ");
		/* It was never there, so nothing of it is old. */
		assert_false(place->answer.stale);
	}
	sh(place, "mv remote.git away.git; mv linux-6.12.9.tar x");
	look(place);
	at(place, "6.1.y", "v6.1.3");
	assert_true(place->answer.stale);
	assert_int_equal(line(place, "6.1.y")->reached, place->now - 3600);
	assert_int_equal(events(place, "unreachable", NULL), 1);
}

static void tips_that_nobody_asks_for_are_dropped_but_for_the_newest(void **state)
{
	struct place *place = *state;
	struct watch_ask ask = { .settings = &place->settings,
				 .repo = place->repo,
				 .journal = place->journal };
	struct ruling ruling = {
		.kind = PROOF_APPLY, .series = "demo", .line = "6.1.y-rc", .word = "ok"
	};
	struct tick tick = { .word = "", .why = "" };
	struct round round = { .why = "" };
	size_t dropped;

	sh(place, "remote remote.git; release 6.1.3 a; remote rc.git");
	conf(place, candidates);
	for (int i = 0; i < 6; i++) {
		sh(place,
		   "R=rc.git; date=$((date + %d * 1000)); kernel refs/heads/linux-6.1.y 6.1.4-rc1 %d",
		   i, i);
		look(place);
		if (!i)
			ruling.target = line(place, "6.1.y-rc")->kernel.name;
	}
	ask.now = place->now;
	ruling.at = place->now;
	assert_ok(journal_tick_begin(place->journal, &tick));
	round.tick = tick.id;
	assert_ok(journal_round_begin(place->journal, &round, NULL, 0));
	ruling.round = round.id;
	assert_ok(journal_ruling_put(place->journal, &ruling));
	assert_ok(watch_prune(place->arena, &ask, true, &dropped));
	assert_int_equal(dropped, 2);
	assert_ok(watch_prune(place->arena, &ask, false, &dropped));
	assert_int_equal(dropped, 2);
	assert_string_equal(
		sh(place, "git --git-dir=store.git for-each-ref refs/series/tip | wc -l"), "4");
	sh(place, "git --git-dir=store.git rev-parse refs/series/tip/%s", ruling.target);
	look(place);
	assert_true(line(place, "6.1.y-rc")->there);
	ask.now += 200ll * 24 * 3600;
	assert_ok(watch_prune(place->arena, &ask, false, &dropped));
	assert_int_equal(dropped, 1);
}

static bool stop(void *data, const char *what, uint64_t done, uint64_t total, const char *unit)
{
	(void)data, (void)done, (void)total, (void)unit;
	return !strstr(what, "fetching");
}

static void stopped_it_leaves_nothing_and_goes_on_the_next_time(void **state)
{
	struct progress progress = { .step = stop };
	struct place *place = *state;

	sh(place, "remote remote.git; release 6.1.3 a");
	conf(place, stable);
	place->progress = &progress;
	assert_fails(try_look(place), FAIL_INTERRUPTED, "stopped");
	sh(place,
	   "test ! -e cache/scratch.git; test -z \"$(git --git-dir=store.git for-each-ref)\"");
	place->progress = NULL;
	look(place);
	at(place, "6.1.y", "v6.1.3");
}

#define in_place(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
UNIT_MAIN(in_place(releases_are_found_by_their_tags_and_taken_in),
	  in_place(a_quiet_look_says_nothing_and_is_quick),
	  in_place(a_rewritten_tag_is_an_alarm_and_what_we_have_stays),
	  in_place(a_vanished_tag_is_an_alarm_until_it_is_back),
	  in_place(a_tag_whose_makefile_says_otherwise_is_refused_once_and_stops_nobody),
	  in_place(a_candidate_is_pinned_by_its_commit_and_followed_when_it_is_rewritten),
	  in_place(the_queue_is_named_apart_from_the_release_that_it_stands_on),
	  in_place(a_branch_of_releases_that_is_rewritten_stays_where_it_was),
	  in_place(what_cannot_be_reached_leaves_what_the_store_has_and_is_said_once),
	  in_place(to_look_only_writes_and_fetches_nothing),
	  in_place(a_remote_is_asked_once_however_many_want_it),
	  in_place(the_sources_of_the_targets_are_asked_in_their_order),
	  in_place(tips_that_nobody_asks_for_are_dropped_but_for_the_newest),
	  in_place(stopped_it_leaves_nothing_and_goes_on_the_next_time))
