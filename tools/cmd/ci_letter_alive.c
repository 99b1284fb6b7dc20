/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The mail that says that nothing happened: what did not happen is worth hearing only with how often was looked, how well the sources
 * answered, and what will run out.
 */
#include "base/fail.h"
#include "base/shown.h"
#include "ci/usage.h"
#include "cmd/ci_letter.h"

#define DAY ((int64_t)86400)
#define ENDS_SOON_DAYS 14

/* "just now", "20 minutes ago", "3 hours ago", "2 days ago" */
static char *ago(struct arena *arena, int64_t seconds)
{
	int64_t n = seconds < 5400    ? (seconds + 30) / 60 :
		    seconds < 2 * DAY ? (seconds + 1800) / 3600 :
					(seconds + DAY / 2) / DAY;
	const char *unit = seconds < 5400 ? "minute" : seconds < 2 * DAY ? "hour" : "day";

	if (n < 1)
		return arena_strdup(arena, "just now");
	return arena_printf(arena, "%lld %s%s ago", (long long)n, unit, n == 1 ? "" : "s");
}

static void sources(struct ci *ci, struct text *out, const struct reaches *reaches)
{
	if (reaches->n)
		text_adds(out, "\nSources:\n");
	for (size_t i = 0; i < reaches->n; i++) {
		const struct reach *reach = &reaches->items[i];
		bool mute = reach->why && *reach->why;

		letter_filled(
			out, 2,
			reach->reached ?
				arena_printf(ci->arena, "%s: answered %s%s%s", reach->source,
					     ago(ci->arena, ci->now - reach->reached),
					     mute ? "; not since: " : "", mute ? reach->why : "") :
				arena_printf(ci->arena, "%s: has never answered%s%s", reach->source,
					     mute ? ": " : "", mute ? reach->why : ""));
	}
}

static void space(struct ci *ci, struct text *out)
{
	const char *dirs[] = { ci->cache, ci->state };
	dev_t seen = 0;

	text_adds(out, "\nSpace:\n");
	for (size_t i = 0; i < ARRAY_SIZE(dirs); i++) {
		struct space left;

		if (space_find(ci->arena, dirs[i], &left)) {
			letter_filled(out, 2, fail_message());
			fail_clear();
			continue;
		}
		if (i && left.device == seen)
			continue;
		seen = left.device;
		letter_filled(out, 2,
			      arena_printf(ci->arena,
					   "%.1f GiB are free in %s; %u MiB are left alone",
					   (double)left.bytes / (1024.0 * 1024 * 1024), dirs[i],
					   ci->settings.guard.disk_mib));
	}
}

/* All of them, so that none is forgotten; one whose end is near or past says so. */
static void waivers(struct ci *ci, struct text *out)
{
	for (size_t i = 0; i < ci->settings.nwaivers; i++) {
		const struct waiver *w = &ci->settings.waivers[i];
		bool over = w->until <= ci->now;
		bool soon = !over && w->until - ci->now <= ENDS_SOON_DAYS * DAY;

		text_adds(out, i ? "" : "\nKnown failures:\n");
		letter_filled(out, 2,
			      arena_printf(ci->arena, "%s%s%s: %s %s%s; %s: %s", w->test,
					   w->target ? " on " : "", w->target ? w->target : "",
					   over ? "over since" : "until", w->until_day,
					   over ? " and counted again" :
					   soon ? ", which is soon" :
						  "",
					   w->owner, w->reason));
	}
}

/* What the ticks since then came to. */
struct watchkeeping {
	size_t ticks, failed, killed, rounds;
	const char *why; /* of the last that failed */
};

static int watchkeeping_read(struct ci *ci, int64_t since, struct watchkeeping *w)
{
	struct ticks ticks = { 0 };
	struct rounds rounds = { 0 };

	*w = (struct watchkeeping){ 0 };
	if (journal_ticks(ci->journal, ci->arena, 0, &ticks) ||
	    journal_rounds(ci->journal, ci->arena, 0, &rounds))
		return -1;
	for (size_t i = 0; i < ticks.n && ticks.items[i].started > since; i++) {
		const struct tick *tick = &ticks.items[i];
		bool failed = tick->word && !strcmp(tick->word, "failed");

		w->ticks++;
		w->killed += !tick->ended && tick->id != ci->tick.id;
		w->failed += failed;
		if (failed && !w->why)
			w->why = tick->why;
	}
	for (size_t i = 0; i < rounds.n; i++)
		w->rounds += rounds.items[i].started > since;
	return 0;
}

static void counted(struct ci *ci, struct text *out, const struct watchkeeping *w, int64_t since)
{
	struct arena *arena = ci->arena;

	letter_filled(out, 0,
		      arena_printf(arena, "Nothing to tell since %s: %zu tick%s, %zu run%s.",
				   time_utc(arena, since), w->ticks, w->ticks == 1 ? "" : "s",
				   w->rounds, w->rounds == 1 ? "" : "s"));
	if (w->failed)
		letter_filled(out, 0,
			      arena_printf(arena, "%zu tick%s failed, the last one: %s.", w->failed,
					   w->failed == 1 ? "" : "s", w->why ? w->why : ""));
	if (w->killed)
		letter_filled(out, 0,
			      arena_printf(arena, "%zu tick%s did not come to an end.", w->killed,
					   w->killed == 1 ? "" : "s"));
}

int letter_alive(struct ci *ci, const struct staleness *staleness,
		 const struct standings *standings, int64_t since, struct text *out, char **subject)
{
	struct arena *arena = ci->arena;
	struct reaches reaches = { 0 };
	struct letters waiting = { 0 };
	struct watchkeeping w;

	if (watchkeeping_read(ci, since, &w) || journal_reaches(ci->journal, arena, &reaches) ||
	    journal_letters(ci->journal, arena, false, &waiting))
		return -1;
	*subject = arena_printf(arena, "[series ci] still alive: %zu tick%s, %zu run%s, %s",
				w.ticks, w.ticks == 1 ? "" : "s", w.rounds,
				w.rounds == 1 ? "" : "s", letter_sum(arena, standings, NULL));
	letter_filled(out, 0,
		      arena_printf(arena, "Verdict: %s.", letter_sum(arena, standings, NULL)));
	letter_sources(ci, out, staleness);
	counted(ci, out, &w, since);
	if (waiting.n)
		letter_filled(out, 0,
			      arena_printf(arena, "%zu mail%s could not be sent yet: %s.",
					   waiting.n, waiting.n == 1 ? "" : "s",
					   waiting.items[0].why));
	for (size_t i = 0; i < standings->n; i++) {
		const char *name = standings->items[i].series;

		if (i && !strcmp(standings->items[i - 1].series, name))
			continue;
		text_addc(out, '\n');
		letter_filled(out, 0, arena_printf(arena, "%s:", name));
		letter_lines(arena, out, standings, name);
	}
	sources(ci, out, &reaches);
	space(ci, out);
	waivers(ci, out);
	return 0;
}
