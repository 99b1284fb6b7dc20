/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include "ci/revision.h"

#include <sys/stat.h>
#include <unistd.h>

#include "base/child.h"
#include "base/file.h"
#include "unit.h"

#define NOW 1795324054
#define HOUR 3600
#define AUTHOR "A U Thor <author@example.org>"

struct place {
	struct arena *arena;
	char *dir, *archive;
	struct results *journal;
	struct series series;
	struct settings settings;
	struct revision revision;
};

static char *mail(struct arena *arena, const char *id, const char *subject, int day,
		  const char *line)
{
	return arena_printf(
		arena,
		"From mboxrd@z Thu Jan  1 00:00:00 1970\nFrom: " AUTHOR
		"\nDate: %d Feb 2026 16:54:38 +0000\nMessage-ID: <%s@x.org>\nSubject: %s\n\nWords.\n\n---\n"
		"diff --git a/a b/a\nindex 7898192..6178079 100644\n--- a/a\n+++ b/a\n@@ -1,2 +1,3 @@\n a\n+%s\n b\n-- \n2.43\n\n",
		day, id, subject, line);
}

static void put(struct place *p, const char *mails)
{
	assert_ok(file_write(p->archive, slice_of(mails), 0600));
}

static struct place place_new(void **state)
{
	struct place p = { .arena = *state, .series.name = "demo" };
	struct series_patch *patch = arena_push(p.arena, &p.series);

	assert_ok(file_temp_dir(p.arena, "test_revision", &p.dir));
	p.archive = arena_printf(p.arena, "%s/archive.mbox", p.dir);
	assert_ok(results_open(arena_printf(p.arena, "%s/results.db", p.dir), &p.journal));
	p.settings.lore.watch = true;
	p.settings.lore.archive = p.archive;
	assert_ok(mail_parse(p.arena,
			     slice_of(mail(p.arena, "one", "[PATCH] demo: one", 1, "first")),
			     &patch->mail));
	patch->number = 1;
	patch->link = "https://lore.kernel.org/all/one@x.org";
	put(&p, mail(p.arena, "one", "[PATCH] demo: one", 1, "first"));
	return p;
}

static void place_end(struct place *p)
{
	results_free(p->journal);
	assert_ok(file_remove_tree(p->dir));
}

static int look(struct place *p, int64_t now)
{
	struct revision_ask ask = {
		.workspace = p->dir,
		.series = &p->series,
		.settings = &p->settings,
		.journal = p->journal,
		.tick = 1,
		.now = now,
	};

	fail_clear();
	return revision_look(p->arena, &ask, &p->revision);
}

static size_t events(struct place *p)
{
	struct events list = { 0 };
	size_t n = 0;

	assert_ok(journal_events(p->journal, p->arena, 0, 0, &list));
	for (size_t i = 0; i < list.n; i++)
		n += !strcmp(list.items[i].kind, "revision");
	return n;
}

static struct reach lore(struct place *p)
{
	struct reaches reaches = { 0 };

	assert_ok(journal_reaches(p->journal, p->arena, &reaches));
	assert_int_equal(reaches.n, 1);
	assert_string_equal(reaches.items[0].source, "lore");
	return reaches.items[0];
}

static void put_two(struct place *p)
{
	put(p,
	    arena_printf(p->arena, "%s%s", mail(p->arena, "one", "[PATCH] demo: one", 1, "first"),
			 mail(p->arena, "two", "[PATCH v2] demo: one", 3, "better")));
}

static void a_newer_version_is_found_and_is_an_event_once(void **state)
{
	struct place p = place_new(state);

	assert_int_equal(look(&p, NOW), 0);
	assert_int_equal(lore(&p).reached, NOW);
	put_two(&p);
	/* Not asked again within the hour. */
	assert_int_equal(look(&p, NOW + HOUR - 1), 0);
	assert_int_equal(look(&p, NOW + HOUR), 1);
	assert_int_equal(p.revision.have, 1);
	assert_int_equal(p.revision.found, 2);
	assert_string_equal(p.revision.message_id, "two@x.org");
	assert_string_equal(p.revision.subject, "demo: one");
	assert_string_equal(p.revision.from, AUTHOR);
	assert_int_equal(events(&p), 1);
	assert_int_equal(look(&p, NOW + HOUR + 60), 1);
	assert_string_equal(p.revision.message_id, "two@x.org");
	assert_int_equal(look(&p, NOW + 3 * HOUR), 1);
	assert_int_equal(events(&p), 1);
	place_end(&p);
}

static void a_series_that_changed_is_asked_about_at_once(void **state)
{
	struct place p = place_new(state);

	put_two(&p);
	assert_int_equal(look(&p, NOW), 1);
	assert_ok(mail_parse(p.arena,
			     slice_of(mail(p.arena, "two", "[PATCH v2] demo: one", 3, "better")),
			     &p.series.items[0].mail));
	p.series.items[0].link = "https://lore.kernel.org/all/two@x.org";
	assert_int_equal(look(&p, NOW + 60), 0);
	place_end(&p);
}

static void what_cannot_be_looked_at_is_said_and_kept(void **state)
{
	struct place p = place_new(state);

	assert_int_equal(look(&p, NOW), 0);
	assert_int_equal(unlink(p.archive), 0);
	assert_int_equal(look(&p, NOW + HOUR), -1);
	assert_non_null(strstr(fail_message(), "there is no"));
	assert_int_equal(lore(&p).reached, NOW);
	assert_int_equal(lore(&p).asked, NOW + HOUR);
	assert_non_null(strstr(lore(&p).why, "there is no"));
	put_two(&p);
	assert_int_equal(look(&p, NOW + HOUR + 60), -1);
	assert_int_equal(look(&p, NOW + 2 * HOUR), 1);
	assert_int_equal(lore(&p).reached, NOW + 2 * HOUR);
	assert_string_equal(lore(&p).why, "");
	place_end(&p);
}

static void a_plan_only_asks_nobody_and_writes_nothing(void **state)
{
	struct place p = place_new(state);
	struct revision_ask ask = { .series = &p.series,
				    .settings = &p.settings,
				    .journal = p.journal,
				    .now = NOW,
				    .look_only = true };
	struct reaches reaches = { 0 };

	put_two(&p);
	assert_int_equal(revision_look(p.arena, &ask, &p.revision), 0);
	assert_ok(journal_reaches(p.journal, p.arena, &reaches));
	assert_int_equal(reaches.n, 0);
	assert_int_equal(look(&p, NOW), 1);
	ask.now = NOW + 5 * HOUR;
	assert_int_equal(revision_look(p.arena, &ask, &p.revision), 1);
	p.settings.lore.watch = false;
	assert_int_equal(look(&p, NOW + 9 * HOUR), 0);
	place_end(&p);
}

/* b4 as far as it is asked: it gives the file beside it, or does what stands in `script`. */
static void fake_b4(struct place *p, const char *script)
{
	char *bin = arena_printf(p->arena, "%s/bin", p->dir);

	assert_ok(file_make_dirs(bin));
	assert_ok(file_write(arena_printf(p->arena, "%s/b4", bin), slice_of(script), 0700));
	assert_int_equal(chmod(arena_printf(p->arena, "%s/b4", bin), 0700), 0);
	assert_int_equal(setenv("PATH", arena_printf(p->arena, "%s:%s", bin, getenv("PATH")), 1),
			 0);
}

static void lore_is_asked_through_b4(void **state)
{
	struct place p = place_new(state);
	char *path = arena_strdup(p.arena, getenv("PATH"));

	p.settings.lore.archive = NULL;
	put_two(&p);
	fake_b4(&p,
		arena_printf(
			p.arena,
			"#!/bin/sh\n[ \"$1 $2\" = 'mbox --check-newer-revisions' ] || exit 9\n"
			"echo \"$*\" >>%s/asked\nwhile [ $# -gt 1 ]; do [ \"$1\" = -o ] && dir=$2; "
			"[ \"$1\" = -n ] && name=$2; shift; done\n[ \"$1\" = one@x.org ] || exit 8\n"
			"cp %s \"$dir/$name\"\n",
			p.dir, p.archive));
	assert_int_equal(look(&p, NOW), 1);
	assert_int_equal(p.revision.found, 2);
	fake_b4(&p,
		"#!/bin/sh\necho 'Looking' >&2; echo 'CRITICAL: no such message' >&2; exit 1\n");
	assert_int_equal(look(&p, NOW + HOUR), -1);
	assert_non_null(strstr(fail_message(), "CRITICAL: no such message"));
	setenv("PATH", "/nonexistent", 1);
	assert_int_equal(look(&p, NOW + 2 * HOUR), -1);
	assert_non_null(strstr(fail_message(), "install b4"));
	setenv("PATH", path, 1);
	place_end(&p);
}

UNIT_MAIN(unit(a_newer_version_is_found_and_is_an_event_once),
	  unit(a_series_that_changed_is_asked_about_at_once),
	  unit(what_cannot_be_looked_at_is_said_and_kept),
	  unit(a_plan_only_asks_nobody_and_writes_nothing), unit(lore_is_asked_through_b4))
