/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Locks: which locks a function holds at one of its tokens, as far as its own text says.
 */
#ifndef SERIES_PATCH_LOCKS_H
#define SERIES_PATCH_LOCKS_H

#include "patch/ctoken.h"

struct lock {
	const char *kind; /* "mutex_lock": how it is taken, without _irqsave and the like */
	struct slice
		what; /* the last name of what is locked: "slots_lock"; empty for rcu_read_lock() */
	bool asserted; /* lockdep_assert_held() says so; it was not taken here */
	size_t depth;  /* of the block that ends it: a guard; 0: it is given back by a call */
};

struct locks {
	struct lock *items;
	size_t n, cap;
};

/*
 * Taken before token `at` and not given back. A block that ends in return, goto, break or continue does not
 * count for what stands behind it. O(tokens of the function).
 */
void locks_at(struct arena *arena, const struct ctokens *tokens, const struct cfunction *function,
	      size_t at, struct locks *locks);
/* Is a lock of that name among them, whichever way it is taken? NULL when not. */
const struct lock *locks_find(const struct locks *locks, const struct lock *lock);

#endif
