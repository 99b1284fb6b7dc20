/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <time.h>

#include "base/shown.h"
#include "ci/news.h"

char *time_utc(struct arena *arena, int64_t at)
{
	time_t when = (time_t)at;
	struct tm tm = { 0 };

	gmtime_r(&when, &tm);
	return arena_printf(arena, "%04d-%02d-%02d %02d:%02d UTC", tm.tm_year + 1900, tm.tm_mon + 1,
			    tm.tm_mday, tm.tm_hour, tm.tm_min);
}

/* Is it still asked? What a person took out of the settings grows old in peace. */
static bool is_source(const struct settings *settings, const char *source)
{
	if (!strcmp(source, "lore"))
		return settings->lore.watch;
	for (size_t i = 0; i < settings->nwatches; i++)
		if (!strcmp(settings->watches[i].name, source))
			return true;
	return false;
}

int staleness_find(struct arena *arena, struct results *journal, const struct settings *settings,
		   int64_t now, struct staleness *staleness)
{
	int64_t patience = (int64_t)settings->guard.stale_hours * 3600;
	struct text out __free_text = TEXT_INIT;
	struct reaches reaches = { 0 };

	*staleness = (struct staleness){ 0 };
	if (journal_reaches(journal, arena, &reaches))
		return -1;
	for (size_t i = 0; i < reaches.n; i++) {
		const struct reach *reach = &reaches.items[i];
		bool mute = reach->why && *reach->why;
		/* One that answered in the future did so by a clock that was ahead: nobody knows when that was. */
		bool old = now - reach->reached > patience || (mute && reach->reached - now > 3600);

		if (!is_source(settings, reach->source) || (!mute && !old))
			continue;
		if (!staleness->stale || reach->reached < staleness->since)
			staleness->since = reach->reached;
		staleness->stale = true;
		staleness->red |= old;
		text_addf(&out, "%s%s: ", out.len ? "; " : "", text_shown(arena, reach->source));
		if (reach->reached)
			text_addf(&out, "no answer since %s", time_utc(arena, reach->reached));
		else
			text_adds(&out, "has never answered");
		if (mute)
			text_addf(&out, " (%s)", text_shown(arena, reach->why));
	}
	staleness->text = slice_str(arena, text_slice(&out));
	return 0;
}
