/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Audit's names: the functions that a change of a file is about, and who mentions them.
 */
#ifndef SERIES_KERNEL_AUDIT_NAMES_H
#define SERIES_KERNEL_AUDIT_NAMES_H

#include "patch/ctoken.h"
#include "patch/diff.h"

/* Words, each once. */
struct audit_words {
	struct slice *items;
	size_t n, cap;
};
bool audit_words_have(const struct audit_words *words, struct slice word);
void audit_words_add(struct arena *arena, struct audit_words *words, struct slice word);

struct audit_change {
	struct audit_words functions; /* with a line that differs, on either side */
	struct audit_words names;     /* that lines outside of functions define or use */
	bool wide; /* a record's members, or what stands under a condition: it may be about anything */
};
/* Adds what differs between two texts of a file. O(bytes). */
int audit_change(struct arena *arena, struct slice old, struct slice new,
		 struct audit_change *change);
/* Functions named in the lines of a diff that stand in the first column, and in its headings. */
void audit_diff_functions(struct arena *arena, const struct diff *diff, struct audit_words *words);

/* A text with its functions. */
struct audit_text {
	struct slice text;
	struct ctokens tokens;
	struct cfunctions functions;
};
struct audit_text audit_text(struct arena *arena, struct slice text);
/* Does the function have one of the words in it, behind its name? */
bool audit_mentions(const struct audit_text *text, const struct cfunction *function,
		    const struct audit_words *words);

#endif
