/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * When something is said, and once: each thing has a key, and the outbox takes no second mail of a key.
 *
 * Asked by every tick: without anything to say it reads two notes of the journal and writes nothing.
 */
#include "base/fail.h"
#include "base/shown.h"
#include "cmd/ci_letter.h"

#define NOTE_STALE "stale" /* the time of the last answer that was told of; "": nothing is old */
#define THREAD_CI "ci"

static struct outbox_ask outbox_of(const struct ci *ci, const char *thread)
{
	return (struct outbox_ask){ .settings = &ci->settings,
				    .journal = ci->journal,
				    .home = ci->home,
				    .tick = ci->tick.id,
				    .round = ci->round.id,
				    .now = ci->now,
				    .thread = thread };
}

static int put(struct ci *ci, const char *thread, const char *key, const char *subject,
	       const struct text *body)
{
	struct outbox_ask ask = outbox_of(ci, thread);

	return outbox_put(ci->arena, &ask, key, subject, text_slice(body));
}

/* ---- a round's news: a mail a series ---- */

static int tell_news(struct ci *ci, const struct news *news, const struct staleness *staleness)
{
	int64_t round = news->n ? news->items[0].now->round : 0;
	struct standings standings;

	if (!news->n)
		return 0;
	if (news_standings(ci->arena, ci->journal, &ci->settings, round + 1, false, &standings))
		return -1;
	for (size_t i = 0; i < news->n; i++) {
		const char *series = news->items[i].now->series;
		struct text body __free_text = TEXT_INIT;
		bool again = false;

		for (size_t j = 0; j < i && !again; j++)
			again = !strcmp(news->items[j].now->series, series);
		if (again)
			continue;
		letter_news(ci, news, staleness, &standings, series, &body);
		if (put(ci, series,
			arena_printf(ci->arena, "news %lld %s", (long long)round, series),
			arena_printf(ci->arena, "[series %s] %s", series,
				     news_subject(ci->arena, news, &standings, series)),
			&body) < 0)
			return -1;
	}
	return 0;
}

/* ---- data that grew old ---- */

static int tell_old(struct ci *ci, const struct staleness *staleness, const char *since)
{
	struct text body __free_text = TEXT_INIT;
	struct standings standings;

	if (news_standings(ci->arena, ci->journal, &ci->settings, 0, false, &standings))
		return -1;
	letter_filled(&body, 0,
		      arena_printf(ci->arena, "Verdict: the data is old. %s.", staleness->text));
	text_addc(&body, '\n');
	letter_filled(
		&body, 0,
		arena_printf(
			ci->arena,
			"A source was not heard of for more than %u hours ([guard] stale-hours), so "
			"new kernels may be out that nobody has looked at. What is said of those "
			"known still holds:",
			ci->settings.guard.stale_hours));
	text_addc(&body, '\n');
	letter_lines(ci->arena, &body, &standings, NULL);
	text_adds(&body, "\nLook at:\n");
	letter_filled(&body, 2, context_invoke(ci->context, "ci doctor"));
	return put(ci, THREAD_CI, arena_printf(ci->arena, "stale %s", since),
		   "[series ci] the data is old: a source does not answer", &body);
}

static int tell_old_no_more(struct ci *ci, const char *since)
{
	struct text body __free_text = TEXT_INIT;
	struct standings standings;

	if (news_standings(ci->arena, ci->journal, &ci->settings, 0, false, &standings))
		return -1;
	letter_filled(
		&body, 0,
		arena_printf(
			ci->arena,
			"Verdict: every source answers again; %s. What came out meanwhile is looked "
			"at now.",
			letter_sum(ci->arena, &standings, NULL)));
	text_addc(&body, '\n');
	letter_lines(ci->arena, &body, &standings, NULL);
	return put(ci, THREAD_CI, arena_printf(ci->arena, "stale-over %s", since),
		   "[series ci] the sources answer again", &body);
}

static int tell_staleness(struct ci *ci, const struct staleness *staleness)
{
	const char *since =
		staleness->red ? arena_printf(ci->arena, "%lld", (long long)staleness->since) : "";
	char *told = NULL;

	if (journal_note_get(ci->journal, ci->arena, NOTE_STALE, &told))
		return -1;
	if (!told)
		told = arena_strdup(ci->arena, "");
	if (!strcmp(told, since))
		return 0;
	if ((*since ? tell_old(ci, staleness, since) : tell_old_no_more(ci, told)) < 0)
		return -1;
	return journal_note_put(ci->journal, NOTE_STALE, since);
}

/* ---- a source that did what it should not ---- */

static int tell_alarms(struct ci *ci)
{
	for (size_t i = 0; i < ci->watched.n; i++) {
		const struct watched *w = &ci->watched.items[i];
		struct text body __free_text = TEXT_INIT;

		if (!w->alarm || !w->why)
			continue;
		letter_filled(&body, 0,
			      arena_printf(ci->arena, "Verdict: look at the source of %s.",
					   w->line));
		text_addc(&body, '\n');
		letter_filled(&body, 0, arena_printf(ci->arena, "%s: %s.", w->watch->name, w->why));
		text_addc(&body, '\n');
		letter_filled(
			&body, 0,
			"The kernel that was taken in before stays in the store, and its results "
			"stay with it.");
		if (put(ci, THREAD_CI,
			arena_printf(ci->arena, "source %s %s %s", w->watch->name, w->line, w->why),
			arena_printf(ci->arena, "[series ci] %s: %s", w->line, w->why), &body) < 0)
			return -1;
	}
	return 0;
}

/* ---- nothing, for a week ---- */

static int tell_alive(struct ci *ci, const struct staleness *staleness)
{
	int64_t every = (int64_t)ci->settings.tell.heartbeat_days * 86400, since;
	struct text body __free_text = TEXT_INIT;
	struct standings standings;
	char *told = NULL, *subject;

	if (!every)
		return 0;
	if (journal_note_get(ci->journal, ci->arena, OUTBOX_TOLD, &told))
		return -1;
	since = told ? strtoll(told, NULL, 10) : 0;
	/* From the first tick that had somebody to tell; a clock that was ahead is no reason to be silent until then. */
	if (!told || since > ci->now)
		return journal_note_put(ci->journal, OUTBOX_TOLD,
					arena_printf(ci->arena, "%lld", (long long)ci->now));
	/* An hour early rather than late: the next tick is as far away. */
	if (ci->now - since < every - 1800)
		return 0;
	if (news_standings(ci->arena, ci->journal, &ci->settings, 0, false, &standings) ||
	    letter_alive(ci, staleness, &standings, since, &body, &subject))
		return -1;
	return put(ci, THREAD_CI, arena_printf(ci->arena, "heartbeat %lld", (long long)since),
		   subject, &body);
}

int ci_tell(struct ci *ci, const struct news *news, const struct staleness *staleness)
{
	if (!outbox_wanted(&ci->settings))
		return 0;
	if (tell_news(ci, news, staleness) || tell_staleness(ci, staleness) || tell_alarms(ci) ||
	    tell_alive(ci, staleness) < 0)
		return -1;
	return 0;
}

int ci_tell_revision(struct ci *ci, const struct series *series, const struct revision *revision)
{
	bool which = ci->nseries > 1 && !ci->context->series_name;
	struct text body __free_text = TEXT_INIT;
	struct arena *arena = ci->arena;
	const char *about;
	/* 0: the patches do not say which posting they came from. */
	const char *have = revision->have ?
				   arena_printf(arena, "; the workspace has v%u", revision->have) :
				   "";

	if (!outbox_wanted(&ci->settings))
		return 0;
	letter_filled(&body, 0,
		      arena_printf(arena, "Verdict: v%u of %s is on the lists%s.", revision->found,
				   series->name, have));
	text_addc(&body, '\n');
	letter_filled(&body, 2, arena_printf(arena, "Subject: %s", revision->subject));
	letter_filled(&body, 2, arena_printf(arena, "From: %s", revision->from));
	letter_filled(&body, 2, arena_printf(arena, "Message-ID: <%s>", revision->message_id));
	text_adds(&body,
		  "\nSee what changed, and take it in (backports that still fit are kept):\n");
	for (int i = 0; i < 2; i++)
		text_addf(&body, "  %s%s%s%s\n", context_invoke(ci->context, "update"),
			  i ? "" : " --dry-run", which ? " --series " : "",
			  which ? path_word(arena, series->name) : "");
	about = *revision->message_id ? revision->message_id : revision->subject;
	return put(ci, series->name, arena_printf(arena, "revision %s", about),
		   arena_printf(arena, "[series %s] v%u is on the lists", series->name,
				revision->found),
		   &body) < 0 ?
		       -1 :
		       0;
}
