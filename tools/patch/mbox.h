/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Mbox: a file of mails, cut into its messages.
 */
#ifndef SERIES_PATCH_MBOX_H
#define SERIES_PATCH_MBOX_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/text.h"

struct mbox_message {
	struct slice raw; /* its "From " line included, ">From " unescaped */
	size_t line;	  /* of the file, where it begins, from 1 */
};

struct mbox {
	struct mbox_message *items;
	size_t n, cap;
};

/* A file that does not begin with a "From " line is one message. O(bytes). */
void mbox_split(struct arena *arena, struct slice raw, struct mbox *mbox);
/* "From somebody Mon Sep 17 00:00:00 2001": with a time and a year, as git's mailsplit wants it. */
bool mbox_from_line(struct slice line);
/* The one that git format-patch writes: a commit id and that magic date. */
bool mbox_git_line(struct slice line);

#endif
