/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Posting: one version of a series as it was sent to the lists.
 *
 * Found among a pile of mails, and held against the series that a workspace has: is it a newer one of the same? Pure.
 */
#ifndef SERIES_PATCH_POSTING_H
#define SERIES_PATCH_POSTING_H

#include "patch/pile.h"
#include "patch/series.h"

struct posting {
	const struct pile_mail **items; /* the patches, by number */
	size_t n, cap;
	const struct pile_mail *cover; /* NULL */
	unsigned int version, total;   /* total: patches that it says it has */
	char *subject;		       /* of the cover letter, or of the first patch */
	char *message_id;	       /* likewise; NULL: it has none */
	struct person from;	       /* likewise */
	int64_t date;		       /* of the first mail */
	char *change_id;	       /* b4's; NULL */
	char *missing; /* "patch 2/3 is missing", "patch 2/3 is there twice"; NULL: whole */
	bool stable;   /* for a stable branch, or of what is upstream: no revision */
};
struct postings {
	struct posting *items;
	size_t n, cap;
};

void postings_find(struct arena *arena, const struct pile *pile, struct postings *postings);
/* Its mails and the answers to them, of the pile: what `series import` makes a series of, as an mbox. */
void posting_write(const struct pile *pile, const struct posting *posting, struct text *mbox);

/* What the lists have that the workspace has not. */
struct newer {
	const struct posting *posting; /* NULL: nothing */
	const struct posting *ours;    /* what the workspace has, where the pile has it; NULL */
	unsigned int have;	       /* version of what the workspace has; 0: not known */
	bool *replaced; /* by the series' patches: it came with the posting that this one replaces */
	char *passed_over; /* a newer one that is not whole: "v3: patch 2/3 is missing"; NULL */
	size_t others;	   /* further postings that are newer, of other patches of the series */
};
/*
 * The newest posting that revises patches of the series. It is of the same thread, change-id, cover letter or patch titles, by the
 * same author; and its version is higher, or it was sent later with another content.
 */
void posting_newer(struct arena *arena, const struct series *series, const struct pile *pile,
		   const struct postings *postings, struct newer *newer);

/* Patches of the series of which the pile says which upstream commit they became. */
struct became {
	const struct series_patch *patch;
	char *upstream; /* 40 hex */
	const struct pile_mail *mail;
};
struct becames {
	struct became *items;
	size_t n, cap;
};
void posting_became(struct arena *arena, const struct series *series, const struct pile *pile,
		    struct becames *becames);

/* The message id that a patch of the series came with, from the mail or its link; NULL. */
char *posting_patch_id(struct arena *arena, const struct series_patch *patch);

#endif
