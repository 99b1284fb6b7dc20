/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lore: the threads of the lists' archive, as b4 gets them.
 */
#ifndef SERIES_PATCH_LORE_H
#define SERIES_PATCH_LORE_H

#include "patch/pile.h"
#include "patch/series.h"

/*
 * Add the thread of message `id`, and those of newer versions of its series, to the pile. Fails with FAIL_INFRA where b4 is not
 * there, did not find it, or took longer than `deadline_ms`; with FAIL_USAGE for what is no id.
 */
int lore_read(struct arena *arena, const char *id, unsigned int deadline_ms, struct pile *pile);
/*
 * The threads that the series names in its links and message ids. FAIL_USAGE where it names none, with what to do. All of them
 * together take no longer than `deadline_ms`.
 */
int lore_read_series(struct arena *arena, const struct series *series, unsigned int deadline_ms,
		     struct pile *pile);

/* "<id>", an address of the archive, or the id: the id alone. */
char *lore_clean_id(struct arena *arena, const char *word);
/* May it be handed to b4: one word with an @, printable, no option? */
bool lore_id_ok(const char *id);
/* What b4 said last, without its traceback. */
char *lore_last_words(struct arena *arena, struct slice out, struct slice err);
/*
 * What b4 is run with: it ends without a word where git knows no user, and treats that user's sign-off as its own, so it is
 * shown nobody. NULL at the end.
 */
extern const char *const lore_environment[];

#endif
