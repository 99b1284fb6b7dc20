/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include "cmd/ci_settle.h"

#include <time.h>

#include "base/fail.h"

/* A site that could not be made for so many rounds will do without the pages of older ones. */
#define UNSETTLED_MAX 20

static int pages_keep(struct ci *ci, const struct round *round)
{
	struct plan_line *lines = ci->lines;
	size_t nlines = ci->nlines;
	int r;

	/* As it was then: a tick that was killed is finished by one that may see newer kernels. */
	if (ci_lines_of_round(ci, round->id, &ci->lines, &ci->nlines))
		return -1;
	r = site_keep(ci, round);
	ci->lines = lines;
	ci->nlines = nlines;
	return r;
}

/*
 * What cannot be published, pruned or looked up now must not keep a verdict from being told: it is tried again by the next tick, and
 * said when it begins and when it changes, not every hour. 0 it went well, 1 it did not, -1.
 */
static int try(struct ci *ci, const char *kind, int r)
{
	const char *name = arena_printf(ci->arena, "trouble %s", kind);
	char *before = NULL, *now;

	if (r && fail_kind() == FAIL_INTERRUPTED)
		return -1;
	now = arena_strdup(ci->arena, r ? fail_message() : "");
	fail_clear();
	if (journal_note_get(ci->journal, ci->arena, name, &before))
		return -1;
	if (!strcmp(before ? before : "", now))
		return r ? 1 : 0;
	if (journal_note_put(ci->journal, name, now) ||
	    journal_event(ci->journal, ci->tick.id, kind, r ? "failed" : "works again", now))
		return -1;
	if (r)
		context_say(ci->context, "%s", now);
	return r ? 1 : 0;
}

static int round_publish(struct ci *ci, struct round *round)
{
	int r;

	if (round->published || ci->unpublishable)
		return 0;
	r = try(ci, "publishing", pages_keep(ci, round) || site_publish(ci) ? -1 : 0);
	ci->unpublishable = r > 0;
	if (r)
		return r < 0 ? -1 : 0;
	round->published = time(NULL);
	return journal_round_end(ci->journal, round);
}

/* The site first: the mails point there. */
int round_settle(struct ci *ci, struct round *round, const struct staleness *staleness)
{
	struct news news = { 0 };
	struct round ours;
	int r;

	if (round_publish(ci, round))
		return -1;
	if (round->told)
		return 0;
	ours = ci->round; /* which may be this very one */
	ci->round = *round;
	r = news_make(ci->arena, ci->journal, &ci->settings, round, &news) ||
	    ci_tell(ci, &news, staleness);
	ci->round = ours;
	round->told = time(NULL);
	return r ? -1 : journal_round_end(ci->journal, round);
}

/* Complete rounds of which something that follows is still to be done, oldest first: a tick was killed there, or could not publish. */
int rounds_settle(struct ci *ci, const struct staleness *staleness)
{
	struct rounds rounds = { 0 };

	if (journal_rounds(ci->journal, ci->arena, UNSETTLED_MAX, &rounds))
		return -1;
	for (size_t i = rounds.n; i-- > 0;) {
		struct round *round = &rounds.items[i];

		if (round->ended && !(round->published && round->told) &&
		    round_settle(ci, round, staleness))
			return -1;
	}
	return 0;
}

/* Data that has grown old, or is fresh again, changes the site although there is no round. */
int stale_settle(struct ci *ci, const struct staleness *staleness)
{
	const char *now = staleness->red ? "red" : staleness->stale ? "stale" : "fresh";
	char *before = NULL;

	if (journal_note_get(ci->journal, ci->arena, "data", &before))
		return -1;
	if (!strcmp(before ? before : "fresh", now))
		return 0;
	if (try(ci, "publishing", site_publish(ci)) < 0)
		return -1;
	return journal_note_put(ci->journal, "data", now);
}

/* A line that could not be ported. */
int trouble_settle(struct ci *ci)
{
	return try(ci, "porting", ci->trouble ? fail("%s", ci->trouble) : 0) < 0 ? -1 : 0;
}

int revisions_settle(struct ci *ci)
{
	for (size_t i = 0; ci->settings.lore.watch && i < ci->nseries; i++) {
		struct revision_ask ask = { .workspace = ci->workspace,
					    .series = &ci->series[i],
					    .settings = &ci->settings,
					    .journal = ci->journal,
					    .tick = ci->tick.id,
					    .now = ci->now };
		struct revision revision;
		int found = revision_look(ci->arena, &ask, &revision);

		if (try(ci, arena_printf(ci->arena, "lore %s", ci->series[i].name),
			found < 0 ? -1 : 0) < 0)
			return -1;
		if (found > 0 && ci_tell_revision(ci, &ci->series[i], &revision))
			return -1;
	}
	return 0;
}

/* Once a day, and after each round: it walks through folders. */
int prune_settle(struct ci *ci)
{
	struct prune_ask ask = { .settings = &ci->settings,
				 .journal = ci->journal,
				 .home = ci->home,
				 .cache = ci->cache,
				 .state = ci->state,
				 .repo = ci->context->repo,
				 .now = ci->now };
	struct pruned pruned;
	char *last = NULL;
	unsigned long at;
	const char *text;
	int r;

	if (journal_note_get(ci->journal, ci->arena, "pruned", &last))
		return -1;
	if (!ci->tick.round && last && slice_number(slice_of(last), INT64_MAX, &at) &&
	    ci->now < (int64_t)at + 86400 && ci->now >= (int64_t)at)
		return 0;
	r = try(ci, "pruning", prune(ci->arena, &ask, &pruned));
	if (r < 0)
		return -1;
	text = r ? "nothing" : pruned_text(ci->arena, &pruned);
	if (strcmp(text, "nothing") != 0 &&
	    journal_event(ci->journal, ci->tick.id, "pruned", "", text))
		return -1;
	return journal_note_put(ci->journal, "pruned",
				arena_printf(ci->arena, "%lld", (long long)ci->now));
}
