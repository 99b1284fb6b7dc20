/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Options: a command line read against the tables of the records, by popt.
 */
#ifndef SERIES_CMD_OPTIONS_H
#define SERIES_CMD_OPTIONS_H

#include "cmd/command.h"

struct option_table {
	const struct command_option *items;
	size_t n;
};

struct option_value {
	const struct command_option *option;
	const char *value; /* "" for a switch */
};

struct command_values {
	struct option_value *items;
	size_t n, cap;
	const char **words; /* what is no option, in order */
	size_t nwords, cap_words;
};

/*
 * Read argv[1..argc-1] against both tables; `own` may be NULL. With `first_word` it stops at the
 * first word, which goes to words with everything behind it. Fails with FAIL_USAGE for what no
 * table knows.
 */
int options_read(struct arena *arena, int argc, const char **argv,
		 const struct option_table *global, const struct option_table *own, bool first_word,
		 struct command_values *values);
/* The (last) value given, "" for a switch, or NULL. */
const char *values_get(const struct command_values *values, const char *name);

/*
 * The word of `known` (NULL at the end) that `word` is likely a misspelling of, or NULL. O(n *
 * letters^2).
 */
const char *word_near(const char *word, const char *const *known);

#endif
