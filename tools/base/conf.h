/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Conf: a file in git-config syntax, read against one table of known keys.
 *
 * Parsed by libgit2. What the table does not know is refused by name and file; so is a value that
 * is not of the key's type. Sections may repeat with a name: [target "v6.12"].
 */
#ifndef SERIES_BASE_CONF_H
#define SERIES_BASE_CONF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/text.h"

enum conf_type { CONF_STRING, CONF_BOOL, CONF_NUMBER, CONF_LIST /* may be given more than once */ };

struct conf_key {
	const char *section; /* "target" */
	bool named;	     /* [target "NAME"] or plain [target] */
	const char *key;     /* "source", lower case */
	enum conf_type type;
	const char *help; /* one line, for the reference page */
};

struct conf_entry {
	const struct conf_key *key;
	char *name;  /* of the section, NULL where not named */
	char *value; /* NULL: given without "=" */
	unsigned int line;
};

struct conf {
	char *path;
	struct conf_entry *items; /* in the file's order */
	size_t n, cap;
};

/*
 * Fails with FAIL_USAGE: "ci/targets.conf:12: unknown key 'target.v6.12.sauce' (known: source,
 * ...)", or when there is no such file.
 */
int conf_read(struct arena *arena, const char *path, const struct conf_key *keys, size_t nkeys,
	      struct conf *conf);
/* Last value, or NULL. `name` is NULL for a section without one. */
const char *conf_get(const struct conf *conf, const char *section, const char *name,
		     const char *key);
bool conf_bool(const struct conf *conf, const char *section, const char *name, const char *key,
	       bool otherwise);
int64_t conf_number(const struct conf *conf, const char *section, const char *name, const char *key,
		    int64_t otherwise);
/* The distinct names of [section "NAME"], in the file's order. */
struct conf_names {
	const char **items;
	size_t n, cap;
};
struct conf_names conf_section_names(struct arena *arena, const struct conf *conf,
				     const char *section);

#endif
