/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * CI letter: what the mails of `series ci` say, 72 columns wide, the verdict on top.
 */
#ifndef SERIES_CMD_CI_LETTER_H
#define SERIES_CMD_CI_LETTER_H

#include "ci/letterhead.h"
#include "ci/standing.h"
#include "cmd/ci.h"

/* "all 7 lines are ok", "2 of 7 lines need eyes: 6.1.y, 6.1.y-rc", of one series (NULL: of all) */
char *letter_sum(struct arena *arena, const struct standings *standings, const char *series);
/* A row a line: its kernel, verdict, marks of the patches, and what was proven of it. */
void letter_lines(struct arena *arena, struct text *out, const struct standings *standings,
		  const char *series);
/* Where people see a run; NULL: nobody said where the site is seen. */
char *letter_url(const struct ci *ci, int64_t round);
/* How old the data is, where it is. */
void letter_sources(struct ci *ci, struct text *out, const struct staleness *staleness);
/* The mail on what a round changed for one series. */
void letter_news(struct ci *ci, const struct news *news, const struct staleness *staleness,
		 const struct standings *standings, const char *series, struct text *out);
/* The mail that says that nothing happened since `since`; `subject` gets the sum of it. */
int letter_alive(struct ci *ci, const struct staleness *staleness,
		 const struct standings *standings, int64_t since, struct text *out,
		 char **subject);

#endif
