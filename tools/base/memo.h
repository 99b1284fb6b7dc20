/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memo: answers of slow programs, kept in the user's cache folder by what they were asked.
 *
 * An entry holds the hash of its own bytes: one that is damaged counts as absent. A memo that can
 * not be read or written costs time and nothing else, so no call here fails.
 */
#ifndef SERIES_BASE_MEMO_H
#define SERIES_BASE_MEMO_H

#include <nettle/sha2.h>

#include "base/arena.h"
#include "base/text.h"

#define MEMO_ENTRIES 512 /* kept of one kind; the ones longest unused go first */

/* Everything that an answer depends on, added piece by piece; the pieces' borders count. */
struct memo_key {
	struct sha256_ctx hash;
};
void memo_key_init(struct memo_key *key);
void memo_key_add(struct memo_key *key, struct slice piece);

/* The folder for answers of one kind ("spatch"); NULL where there is no home to have one in. */
char *memo_dir(struct arena *arena, const char *kind);
/* Is there an answer? `dir` NULL: no. Marks it as used now. The key may be asked again. */
bool memo_get(struct arena *arena, const char *dir, const struct memo_key *key,
	      struct slice *answer);
void memo_put(const char *dir, const struct memo_key *key, struct slice answer);

#endif
