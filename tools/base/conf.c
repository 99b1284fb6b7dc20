/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * libgit2 parses the file and gives names and values in the file's order, but not the lines they
 * stand on. Those come from a scan of our own that knows just enough of the syntax to find where
 * each variable begins: section headers, comments, quotes and continued lines. Both must see the
 * same keys in the same order; a file on which they differ is refused.
 */
#define _GNU_SOURCE
#include "base/conf.h"

#include <ctype.h>

#include <git2.h>

#include "base/fail.h"
#include "base/file.h"

#define CONF_MAX ((size_t)1024 * 1024)

DEFINE_FREE(config, git_config *, git_config_free(_v))
DEFINE_FREE(iterator, git_config_iterator *, git_config_iterator_free(_v))

/* Where a variable begins. */
struct place {
	unsigned int line;
	struct slice key; /* as written */
};

struct scan {
	struct arena *arena;
	const char *path;
	unsigned int line;
	struct place *items;
	size_t n, cap;
};

/*
 * Walk over a value (or a piece of it) up to the end of its line: sets whether it goes on in the
 * next one. `quoted` is kept from line to line.
 */
static bool value_goes_on(struct slice value, bool *quoted)
{
	bool escaped = false;

	for (size_t i = 0; i < value.n; i++) {
		char c = value.p[i];

		if (escaped)
			escaped = false;
		else if (c == '\\')
			escaped = true;
		else if (c == '"')
			*quoted = !*quoted;
		else if ((c == '#' || c == ';') && !*quoted)
			return false;
	}
	return escaped;
}

static bool is_keychar(char c)
{
	return isalnum((unsigned char)c) || c == '-';
}

/*
 * Take "[section]" or "[section "name"]" off the front; what is wrong with it libgit2 says better.
 */
static int take_header(const struct scan *scan, struct slice *rest)
{
	struct slice name = { rest->p + 1, 0 };
	bool quoted = false;
	size_t i = 1;

	while (name.n + 1 < rest->n && is_keychar(name.p[name.n]))
		name.n++;
	if ((name.n == 7 && !strncasecmp(name.p, "include", 7)) ||
	    (name.n == 9 && !strncasecmp(name.p, "includeif", 9)))
		return fail_as(FAIL_USAGE, "%s:%u: another file cannot be included here",
			       scan->path, scan->line);
	for (; i < rest->n && (quoted || rest->p[i] != ']'); i++) {
		if (rest->p[i] == '"')
			quoted = !quoted;
		else if (rest->p[i] == '\\' && quoted)
			i++;
	}
	*rest = slice_trim(slice_skip(*rest, i + 1));
	return 0;
}

static int scan_file(struct scan *scan, struct slice text)
{
	struct slice line;

	if (slice_starts(text, "\xef\xbb\xbf"))
		text = slice_skip(text, 3);
	while (slice_line(&text, &line)) {
		scan->line++;
		line = slice_trim(line);
		if (memchr(line.p, '\0', line.n))
			return fail_as(FAIL_USAGE, "%s:%u: a NUL byte", scan->path, scan->line);
		while (line.n && line.p[0] == '[')
			if (take_header(scan, &line))
				return -1;
		if (!line.n || line.p[0] == '#' || line.p[0] == ';')
			continue;

		struct place *place = arena_push(scan->arena, scan);
		bool quoted = false, more;

		*place = (struct place){ .line = scan->line, .key = { line.p, 0 } };
		while (place->key.n < line.n && is_keychar(line.p[place->key.n]))
			place->key.n++;
		more = value_goes_on(slice_skip(line, place->key.n), &quoted);
		while (more && slice_line(&text, &line)) {
			scan->line++;
			line = slice_trim(line);
			/*
			 * libgit2 passes over an empty or a comment line there and still goes on.
			 */
			if (line.n && (quoted || (line.p[0] != '#' && line.p[0] != ';')))
				more = value_goes_on(line, &quoted);
		}
		/* git calls this a bad line; libgit2 would let it pass. */
		if (quoted)
			return fail_as(FAIL_USAGE, "%s:%u: a quote is not closed", scan->path,
				       place->line);
	}
	return 0;
}

/* "section.name.key" taken apart; the name may hold dots itself. */
struct full_name {
	struct slice section, name, key;
	bool named;
};

static struct full_name full_name_of(const char *s)
{
	const char *first = strchr(s, '.'), *last = strrchr(s, '.');

	if (!first)
		return (struct full_name){ .key = slice_of(s) };
	return (struct full_name){
		.section = { s, (size_t)(first - s) },
		.name = { first == last ? first : first + 1,
			  first == last ? 0 : (size_t)(last - first) - 1 },
		.key = slice_of(last + 1),
		.named = first != last,
	};
}

/* The known keys of a section, or the known sections where it is none: "source, tree". */
static bool known(const struct conf_key *keys, size_t nkeys, struct slice section,
		  struct text *list)
{
	bool is_section = false;

	for (size_t i = 0; i < nkeys; i++)
		is_section |= slice_is(section, keys[i].section);
	for (size_t i = 0; i < nkeys; i++) {
		bool said = false;

		if (is_section && !slice_is(section, keys[i].section))
			continue;
		for (size_t j = 0; j < i && !is_section; j++)
			said |= !strcmp(keys[j].section, keys[i].section);
		if (!said)
			text_addf(list, "%s%s", list->len ? ", " : "",
				  is_section ? keys[i].key : keys[i].section);
	}
	return is_section;
}

static int refuse_name(const char *where, const char *full, const struct full_name *name,
		       const struct conf_key *keys, size_t nkeys)
{
	__free_text struct text list = TEXT_INIT;

	for (size_t i = 0; i < nkeys; i++)
		if (slice_is(name->section, keys[i].section) && slice_is(name->key, keys[i].key))
			return fail_as(
				FAIL_USAGE,
				keys[i].named ?
					"%s: key '%s' needs a name in its section: [%s \"...\"]" :
					"%s: key '%s' takes no name in its section: [%s]",
				where, full, keys[i].section);
	if (known(keys, nkeys, name->section, &list))
		return fail_as(FAIL_USAGE, "%s: unknown key '%s' (known: %s)", where, full,
			       text_str(&list));
	return fail_as(FAIL_USAGE, "%s: unknown section in '%s' (known: %s)", where, full,
		       text_str(&list));
}

static int check_value(const struct conf *conf, const struct conf_entry *entry, const char *where,
		       const char *full)
{
	int64_t number;
	int yes;

	if (entry->key->type == CONF_BOOL && git_config_parse_bool(&yes, entry->value))
		return fail_as(FAIL_USAGE, "%s: '%s' is neither true nor false: '%s'", where, full,
			       entry->value);
	if (entry->key->type != CONF_BOOL && !entry->value)
		return fail_as(FAIL_USAGE, "%s: '%s' has no value", where, full);
	if (entry->key->type == CONF_NUMBER && git_config_parse_int64(&number, entry->value))
		return fail_as(FAIL_USAGE, "%s: '%s' is not a number: '%s'", where, full,
			       entry->value);
	for (size_t i = 0; i < conf->n && entry->key->type != CONF_LIST; i++) {
		const struct conf_entry *other = &conf->items[i];

		if (other != entry && other->key == entry->key &&
		    slice_eq(slice_of(other->name), slice_of(entry->name)))
			return fail_as(FAIL_USAGE, "%s: '%s' is given twice, first in line %u",
				       where, full, other->line);
	}
	return 0;
}

static int add_entry(struct arena *arena, struct conf *conf, const git_config_entry *git,
		     unsigned int line, const struct conf_key *keys, size_t nkeys)
{
	struct full_name name = full_name_of(git->name);
	const char *where = arena_printf(arena, "%s:%u", conf->path, line);

	for (size_t i = 0; i < nkeys; i++) {
		if (!slice_is(name.section, keys[i].section) || !slice_is(name.key, keys[i].key) ||
		    name.named != keys[i].named)
			continue;

		struct conf_entry *entry = arena_push(arena, conf);

		entry->key = &keys[i];
		entry->name = name.named ? slice_str(arena, name.name) : NULL;
		entry->value = arena_strdup(arena, git->value);
		entry->line = line;
		return check_value(conf, entry, where, git->name);
	}
	return refuse_name(where, git->name, &name, keys, nkeys);
}

/* libgit2 puts the place behind: "failed to parse config file: WHY (in PATH:7, column 3)". */
static int fail_parse(struct arena *arena, const char *path)
{
	const git_error *e = git_error_last();
	const char *why = e && e->message ? e->message : "it is not configuration";
	const char *in = strstr(why, " (in "), *colon = in ? strrchr(in, ':') : NULL;
	const char *intro = "failed to parse config file: ";

	if (!strncmp(why, intro, strlen(intro)))
		why += strlen(intro);
	if (!colon)
		return fail_as(FAIL_USAGE, "%s: %s", path, why);

	char *text = arena_copy(arena, why, (size_t)(in - why));

	return fail_as(FAIL_USAGE, "%s:%lu: %s", path, strtoul(colon + 1, NULL, 10), text);
}

int conf_read(struct arena *arena, const char *path, const struct conf_key *keys, size_t nkeys,
	      struct conf *conf)
{
	struct scan scan = { .arena = arena, .path = path };
	struct slice text;
	int there = file_read(arena, path, CONF_MAX, &text);

	*conf = (struct conf){ .path = arena_strdup(arena, path) };
	if (there < 0)
		return -1;
	if (!there)
		return fail_as(FAIL_USAGE, "%s: no such file", path);
	if (scan_file(&scan, text))
		return -1;

	/* Counted by libgit2; never given back, or each file would pay for its start again. */
	if (git_libgit2_init() < 0)
		return fail_git("cannot start libgit2");

	__free(config) git_config *config = NULL;
	__free(iterator) git_config_iterator *iterator = NULL;
	git_config_entry *entry;
	size_t i = 0;
	bool same = true;

	if (git_config_open_ondisk(&config, path) || git_config_iterator_new(&iterator, config))
		return fail_parse(arena, path);
	for (; !git_config_next(&entry, iterator); i++) {
		struct slice key = full_name_of(entry->name).key;

		same = i < scan.n && !entry->include_depth && key.n == scan.items[i].key.n &&
		       !strncasecmp(key.p, scan.items[i].key.p, key.n);
		if (!same)
			break;
		if (add_entry(arena, conf, entry, scan.items[i].line, keys, nkeys))
			return -1;
	}
	if (!same || i != scan.n)
		return fail_as(FAIL_USAGE, "%s:%u: cannot make sense of this line", path,
			       i < scan.n ? scan.items[i].line : scan.line);
	return 0;
}

static const struct conf_entry *find(const struct conf *conf, const char *section, const char *name,
				     const char *key)
{
	for (size_t i = conf->n; i-- > 0;) {
		const struct conf_entry *e = &conf->items[i];

		if (!strcmp(e->key->section, section) && !strcmp(e->key->key, key) &&
		    !e->name == !name && (!name || !strcmp(e->name, name)))
			return e;
	}
	return NULL;
}

const char *conf_get(const struct conf *conf, const char *section, const char *name,
		     const char *key)
{
	const struct conf_entry *e = find(conf, section, name, key);

	return e ? e->value : NULL;
}

bool conf_bool(const struct conf *conf, const char *section, const char *name, const char *key,
	       bool otherwise)
{
	const struct conf_entry *e = find(conf, section, name, key);
	int yes;

	/* Its type was checked when it was read; without "=" it is true. */
	return e && !git_config_parse_bool(&yes, e->value) ? yes : otherwise;
}

int64_t conf_number(const struct conf *conf, const char *section, const char *name, const char *key,
		    int64_t otherwise)
{
	const struct conf_entry *e = find(conf, section, name, key);
	int64_t number;

	return e && e->value && !git_config_parse_int64(&number, e->value) ? number : otherwise;
}

struct conf_names conf_section_names(struct arena *arena, const struct conf *conf,
				     const char *section)
{
	struct conf_names names = { 0 };

	for (size_t i = 0; i < conf->n; i++) {
		const struct conf_entry *e = &conf->items[i];
		bool there = !e->name || strcmp(e->key->section, section) != 0;

		for (size_t j = 0; j < names.n && !there; j++)
			there = !strcmp(names.items[j], e->name);
		if (!there)
			*arena_push(arena, &names) = e->name;
	}
	return names;
}
