/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include <errno.h>
#include <sys/stat.h>

#include "base/child.h"
#include "base/fail.h"
#include "base/file.h"
#include "cmd/doctor.h"

/* A remote that does not say a word in that time is not one to build on. */
#define REMOTE_MS 15000

struct asked {
	const char **items;
	size_t n, cap;
};

static bool is_new(struct doctor *d, struct asked *asked, const char *url)
{
	for (size_t i = 0; i < asked->n; i++)
		if (!strcmp(asked->items[i], url))
			return false;
	*arena_push(d->arena, asked) = url;
	return true;
}

/* What git said of it that tells a person something. */
static struct slice git_words(struct slice err)
{
	struct slice line, last = { 0 };

	while (slice_line(&err, &line)) {
		line = slice_trim(line);
		if (slice_starts(line, "fatal: "))
			return slice_skip(line, strlen("fatal: "));
		if (line.n)
			last = line;
	}
	return last;
}

static void remote_ask(struct doctor *d, const char *url)
{
	/* Nobody is asked for a password, and no URL makes git start a program. */
	static const char *const env[] = {
		"GIT_TERMINAL_PROMPT=0", "GIT_ALLOW_PROTOCOL=file:git:http:https:ssh",
		"GIT_SSH_COMMAND=ssh -oBatchMode=yes -oConnectTimeout=10", "LC_ALL=C", NULL
	};
	struct child_ask ask = {
		.argv = (const char *const[]){ "git", "ls-remote", "--quiet", "--", url, "HEAD",
					       NULL },
		.setenv = env,
		.deadline_ms = REMOTE_MS,
		.output_max = 65536,
	};
	struct child_answer answer;
	const char *todo = "a tick goes on with what it has; mend the network, or the URL";

	progress_step(&d->context->progress, arena_printf(d->arena, "asking %s", url), 0, 0, "");
	if (child_run(d->arena, &ask, &answer)) {
		doctor_failed(d, "remote", HEALTH_BAD, NULL);
		return;
	}
	if (answer.timed_out)
		doctor_say(d, "remote", HEALTH_WARN, todo, "%s did not answer within %d s", url,
			   REMOTE_MS / 1000);
	else if (answer.status)
		doctor_say(d, "remote", HEALTH_WARN, todo, "%s cannot be reached: " SLICE_FMT, url,
			   SLICE_ARG(git_words(answer.err)));
	else
		doctor_say(d, "remote", HEALTH_OK, NULL, "%s answers", url);
}

/* A source of ci/targets.conf; the distribution's archive is not asked: apt's own lists say enough when they are fetched. */
static void source_look(struct doctor *d, struct asked *asked, const struct source *source)
{
	if (source->kind == SOURCE_GIT && is_new(d, asked, source->value))
		remote_ask(d, source->value);
	else if (source->kind == SOURCE_CLONE && is_new(d, asked, source->value) &&
		 file_kind(source->value) != 1)
		doctor_say(d, "clone", HEALTH_WARN, "see ci/targets.conf", "there is no clone %s",
			   path_word(d->arena, source->value));
}

static bool by_targets(const struct settings *settings)
{
	for (size_t i = 0; i < settings->nwatches; i++)
		if (!settings->watches[i].url)
			return true;
	return !settings->nwatches;
}

static void sources_look(struct doctor *d)
{
	struct asked asked = { 0 };

	for (size_t i = 0; i < d->settings.nwatches; i++) {
		const struct watch *watch = &d->settings.watches[i];

		if (watch->url && is_new(d, &asked, watch->url))
			remote_ask(d, watch->url);
	}
	if (!d->targets || !by_targets(&d->settings))
		return;
	for (size_t i = 0; i < d->targets->n; i++)
		for (size_t k = 0; k < d->targets->items[i].n; k++)
			source_look(d, &asked, &d->targets->items[i].items[k]);
}

static void folder_look(struct doctor *d, const char *name, const char *dir)
{
	if (file_kind(dir) == 1 ? access(dir, W_OK) : file_make_dirs(dir))
		doctor_say(d, name, HEALTH_BAD, NULL, "%s cannot be written: %s",
			   path_word(d->arena, dir), strerror(errno));
	else
		doctor_say(d, name, HEALTH_OK, NULL, "written to %s", path_word(d->arena, dir));
	fail_clear();
}

/* Nothing is sent here. */
static void mail_look(struct doctor *d)
{
	const struct settings *s = &d->settings;

	if (!d->has_settings)
		return;
	if (s->tell.folder)
		folder_look(d, "mail", s->tell.folder);
	else if (!s->tell.to)
		doctor_say(d, "mail", HEALTH_OK, NULL,
			   "nobody is told ([tell] to); see series ci log");
	else if (access(s->tell.sendmail, X_OK))
		doctor_say(
			d, "mail", HEALTH_BAD,
			"install a mailer that has it (msmtp-mta, postfix), or name another: [tell] sendmail",
			"%s: %s; mails to %s wait", s->tell.sendmail, strerror(errno), s->tell.to);
	else
		doctor_say(d, "mail", HEALTH_OK, NULL, "to %s, by %s", s->tell.to,
			   s->tell.sendmail);
}

/* Mails that did not go. */
static void outbox_look(struct doctor *d)
{
	struct letters letters = { 0 };

	if (!d->journal)
		return;
	if (journal_letters(d->journal, d->arena, false, &letters)) {
		doctor_failed(d, "outbox", HEALTH_BAD, NULL);
		return;
	}
	for (size_t i = 0; i < letters.n; i++)
		if (letters.items[i].tries)
			doctor_say(d, "outbox", HEALTH_WARN, "the next tick tries again",
				   "%s was not taken (%u times): %s",
				   path_word(d->arena, letters.items[i].path),
				   letters.items[i].tries, letters.items[i].why);
}

/* Since when a source that ticks ask has not answered. */
static void reaches_look(struct doctor *d)
{
	struct reaches reaches = { 0 };

	if (!d->journal || journal_reaches(d->journal, d->arena, &reaches)) {
		fail_clear();
		return;
	}
	for (size_t i = 0; i < reaches.n; i++) {
		const struct reach *reach = &reaches.items[i];

		if (reach->reached >= reach->asked)
			continue;
		doctor_say(d, "data", HEALTH_WARN, "what is published of it is marked stale",
			   "%s has not answered ticks for %lld h: %s", reach->source,
			   (long long)(d->now - reach->reached) / 3600, reach->why);
	}
}

void doctor_sources(struct doctor *d)
{
	sources_look(d);
	reaches_look(d);
	mail_look(d);
	outbox_look(d);
}
