/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include "kernel/targets.h"

#include "base/conf.h"

#include "base/fail.h"

static const struct conf_key keys[] = {
	{ "target", true, "source", CONF_LIST,
	  "where its trees come from: git URL, clone DIR, tarball FILE, package NAME or orig SUITE...; tried in order" },
};

static const char *const words_of[] = {
	[SOURCE_GIT] = "git",	      [SOURCE_CLONE] = "clone", [SOURCE_TARBALL] = "tarball",
	[SOURCE_PACKAGE] = "package", [SOURCE_ORIG] = "orig",
};

const char *source_word(enum source_kind kind)
{
	return words_of[kind];
}

/*
 * A package or suite goes into the arguments and files of apt: nothing but what their names are
 * made of.
 */
static bool is_archive_name(struct slice s)
{
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
		      (i && strchr("+-._/", c))))
			return false;
	}
	return s.n > 0;
}

static char *located(struct arena *arena, struct slice value, const char *dir)
{
	char *path = slice_str(arena, value);
	const char *home = getenv("HOME");

	if (strstr(path, "://") || path[0] == '/')
		return path;
	if (path[0] == '~' && path[1] == '/' && home)
		return arena_printf(arena, "%s%s", home, path + 1);
	return dir ? arena_printf(arena, "%s/%s", dir, path) : path;
}

char *url_shown(struct arena *arena, const char *url)
{
	const char *host = strstr(url, "://"), *end, *at;

	if (!host)
		return arena_strdup(arena, url);
	host += strlen("://");
	end = host + strcspn(host, "/");
	at = memrchr(host, '@', (size_t)(end - host));
	return at ? arena_printf(arena, "%.*s%s", (int)(host - url), url, at + 1) :
		    arena_strdup(arena, url);
}

/* "git@example.org:linux.git": no path, whatever folder we are in. */
static bool is_host_path(struct slice value)
{
	const char *colon = memchr(value.p, ':', value.n), *slash = memchr(value.p, '/', value.n);

	return colon && (!slash || colon < slash);
}

int source_parse(struct arena *arena, const char *spelt, const char *dir, struct source *source)
{
	struct slice rest = slice_trim(slice_of(spelt)), word = { rest.p, 0 }, value, name;
	size_t kind;

	while (word.n < rest.n && word.p[word.n] != ' ' && word.p[word.n] != '\t')
		word.n++;
	value = slice_trim(slice_skip(rest, word.n));
	for (kind = 0; kind < ARRAY_SIZE(words_of); kind++)
		if (slice_is(word, words_of[kind]))
			break;
	if (kind == ARRAY_SIZE(words_of))
		return fail_as(FAIL_USAGE,
			       "unknown kind of source '" SLICE_FMT
			       "' (known: git, clone, tarball, package, orig)",
			       SLICE_ARG(word));
	if (!value.n || value.p[0] == '-')
		return fail_as(FAIL_USAGE, "source '%s' does not say which", spelt);
	source->kind = (enum source_kind)kind;
	if (kind != SOURCE_PACKAGE && kind != SOURCE_ORIG) {
		/* git would start programs for some of its transports. */
		if (kind == SOURCE_GIT && slice_find(value, SLICE("::")) >= 0)
			return fail_as(FAIL_POLICY, "refusing the git transport of '%s'", spelt);
		source->value = kind == SOURCE_GIT && is_host_path(value) ?
					slice_str(arena, value) :
					located(arena, value, dir);
		return 0;
	}
	source->value = slice_str(arena, value);
	for (rest = value; slice_cut(&rest, ' ', &name);)
		if (name.n && !is_archive_name(name))
			return fail_as(FAIL_USAGE, "'" SLICE_FMT "' is no name of a %s",
				       SLICE_ARG(name), kind == SOURCE_ORIG ? "suite" : "package");
	if (kind == SOURCE_PACKAGE && strchr(source->value, ' '))
		return fail_as(FAIL_USAGE, "source '%s': one package at a time", spelt);
	return 0;
}

static int by_version(const void *a, const void *b)
{
	struct version va = { 0 }, vb = { 0 };

	version_parse(slice_of(((const struct target *)a)->name), &va);
	version_parse(slice_of(((const struct target *)b)->name), &vb);
	return version_cmp(&va, &vb);
}

static int add_source(struct arena *arena, const struct conf *conf, const struct conf_entry *entry,
		      const char *workspace, struct target *target)
{
	struct source *source = arena_push(arena, target);

	if (source_parse(arena, entry->value ? entry->value : "", workspace, source))
		return fail_in("%s:%u", conf->path, entry->line);
	return 0;
}

static int read_target(struct arena *arena, const struct conf *conf, const char *name,
		       const char *workspace, struct target *target)
{
	struct version version;

	target->name = arena_strdup(arena, name);
	if (name[0] != 'v' || !version_parse_plain(slice_of(name), &version) ||
	    version.patch >= 0 || version.rc)
		return fail_as(FAIL_USAGE, "%s: target '%s' is no branch such as v6.12", conf->path,
			       name);
	for (size_t i = 0; i < conf->n; i++)
		if (!strcmp(conf->items[i].name, name) &&
		    add_source(arena, conf, &conf->items[i], workspace, target))
			return -1;
	return 0;
}

int targets_read(struct arena *arena, const char *workspace, struct targets *targets)
{
	char *path = arena_printf(arena, "%s/ci/targets.conf", workspace);
	struct conf conf = { 0 };
	struct conf_names names;

	*targets = (struct targets){ 0 };
	if (conf_read(arena, path, keys, ARRAY_SIZE(keys), &conf))
		return -1;
	names = conf_section_names(arena, &conf, "target");
	for (size_t i = 0; i < names.n; i++)
		if (read_target(arena, &conf, names.items[i], workspace,
				arena_push(arena, targets)))
			return -1;
	if (targets->n)
		qsort(targets->items, targets->n, sizeof(*targets->items), by_version);
	return 0;
}

const struct target *targets_find(const struct targets *targets, const char *name)
{
	for (size_t i = 0; i < targets->n; i++)
		if (!strcmp(targets->items[i].name, name))
			return &targets->items[i];
	return NULL;
}

const struct target *targets_branch(const struct targets *targets, const struct version *version)
{
	struct version branch;

	for (size_t i = 0; i < targets->n; i++)
		if (version_parse(slice_of(targets->items[i].name), &branch) &&
		    version_belongs(version, &branch))
			return &targets->items[i];
	return NULL;
}

char *targets_list(struct arena *arena, const struct targets *targets)
{
	struct text list __free_text = TEXT_INIT;

	for (size_t i = 0; i < targets->n; i++)
		text_addf(&list, "%s%s", i ? " " : "", targets->items[i].name);
	return arena_strdup(arena, text_str(&list));
}

static void add_name(struct arena *arena, struct target_names *names, const char *name)
{
	for (size_t i = 0; i < names->n; i++)
		if (!strcmp(names->items[i], name))
			return;
	*arena_push(arena, names) = arena_strdup(arena, name);
}

/* "v6.x" or "6.x" gives 6. */
static bool is_family(struct slice word, unsigned long *major)
{
	if (slice_starts(word, "v"))
		word = slice_skip(word, 1);
	if (!slice_ends(word, ".x"))
		return false;
	word.n -= 2;
	return slice_number(word, 9999, major);
}

int targets_expand(struct arena *arena, const struct targets *targets, const char *const *words,
		   size_t nwords, struct target_names *names)
{
	*names = (struct target_names){ 0 };
	for (size_t i = 0; i < nwords; i++) {
		unsigned long major;
		size_t found = 0;

		if (!is_family(slice_of(words[i]), &major)) {
			add_name(arena, names, words[i]);
			continue;
		}
		for (size_t k = 0; k < targets->n; k++) {
			struct version version;

			if (!version_parse(slice_of(targets->items[k].name), &version) ||
			    version.major != major)
				continue;
			add_name(arena, names, targets->items[k].name);
			found++;
		}
		if (!found)
			return fail_as(FAIL_USAGE,
				       "'%s' stands for no configured target (configured: %s)",
				       words[i], targets_list(arena, targets));
	}
	return 0;
}
