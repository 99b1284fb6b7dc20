/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * News: what a person must hear of a round: verdicts that changed, and the set of what is not green.
 *
 * It follows from the rulings alone, those of the round and those before it, so a tick that was killed before it said them finds the
 * same news again.
 */
#ifndef SERIES_CI_NEWS_H
#define SERIES_CI_NEWS_H

#include "ci/journal.h"
#include "ci/settings.h"
#include "ci/standing.h"

enum news_kind { NEWS_WORSE, NEWS_ALARM, NEWS_CHANGED, NEWS_UNKNOWN, NEWS_BETTER, NEWS_FIRST };
struct news_item {
	enum news_kind kind; /* ALARM: a candidate or the queue will break the series */
	const struct ruling *now, *before; /* before NULL: the first of its kind */
	const char **added, **gone;	   /* of the set of what is not green */
	size_t nadded, ngone;
	char *text; /* "6.1.y-rc (v6.1.188-rc1): will not apply on the next 6.1.y, because ..." */
};
struct news {
	struct news_item *items; /* the worst first */
	size_t n, cap;
	bool red, unknown; /* as things stand now, over all lines */
	char *subject;	   /* "6.1.y regression, 6.12.y ok": of a mail */
};
/*
 * Compare the rulings of `round` with the last known ones before it. What turns unknown is news once it was so `settings->tries`
 * times in a row, and so is its end.
 */
int news_make(struct arena *arena, struct results *journal, const struct settings *settings,
	      const struct round *round, struct news *news);

/*
 * Where each line that is still watched stands, after the round before `before` (0: now). With `known`: infrastructure left out of account.
 */
int news_standings(struct arena *arena, struct results *journal, const struct settings *settings,
		   int64_t before, bool known, struct standings *standings);
/* "6.1.y-rc will not apply, 6.1.y ok": of one series (NULL: all), what is news first. */
char *news_subject(struct arena *arena, const struct news *news, const struct standings *standings,
		   const char *series);

/* The age of data: a source that has not answered for longer than the settings allow makes everything that hangs on it red. */
struct staleness {
	bool stale, red;
	int64_t since; /* the last answer; 0: there never was one */
	char *text;    /* "stable: no answer since 2026-11-21 04:00 UTC (could not resolve host)" */
};
int staleness_find(struct arena *arena, struct results *journal, const struct settings *settings,
		   int64_t now, struct staleness *staleness);
/* "2026-11-21 04:00 UTC" */
char *time_utc(struct arena *arena, int64_t at);

#endif
