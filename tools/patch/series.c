/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A series is read whole and checked whole: a patch that is not there or does not parse, a section
 * about no patch, a condition on a hunk that the patch does not have, all are refused before
 * anything is ported.
 */
#include "patch/series.h"

#include <ctype.h>

#include "base/fail.h"
#include "base/file.h"
#include "patch/message.h"
#include "patch/series_keys.h"
#include "patch/version.h"

#define PATCH_MAX ((size_t)64 * 1024 * 1024)

const struct conf_key series_keys[] = {
	{ "series", false, "name", CONF_STRING, "the name of its folder, as a check" },
	{ "series", false, "title", CONF_STRING, "what it does, in a line" },
	{ "series", false, "link", CONF_STRING, "where it was discussed" },
	{ "series", false, "base", CONF_STRING,
	  "a kernel on which all of it fits exactly; without one, the newest in the store that does" },
	{ "patch", true, "upstream", CONF_STRING,
	  "its commit in Linus' tree, 40 hexadecimal digits" },
	{ "patch", true, "mainline", CONF_STRING,
	  "where it stands on its way upstream, in SUSE's words: Submitted, Not yet, Never" },
	{ "patch", true, "link", CONF_STRING, "where this patch was discussed" },
	{ "patch", true, "version", CONF_NUMBER,
	  "which version of the posting it came from: 2 of [PATCH v2 1/3]" },
	{ "patch", true, "class", CONF_STRING, "stable-eligible, distro-only or out-of-tree" },
	{ "patch", true, "why", CONF_STRING, "the rule that decided the class" },
	{ "patch", true, "from", CONF_STRING, "the first version it is for, itself included" },
	{ "patch", true, "until", CONF_STRING, "the last version it is for, itself included" },
	{ "patch", true, "range-why", CONF_STRING,
	  "why it is not for versions outside from and until" },
	{ "patch", true, "needs", CONF_STRING, "a probe; where it does not hold the patch is n/a" },
	{ "patch", true, "condition", CONF_LIST,
	  "PROBE FILE[:HUNK]: this file's change (or its HUNKth) is there only where the probe holds" },
	{ "probe", true, "has", CONF_LIST,
	  "FILE: WORD, a word that must stand in the file; FILE/ is any file of that folder" },
	{ "probe", true, "meaning", CONF_STRING, "what it means that it holds" },
	{ "probe", true, "otherwise", CONF_STRING, "what is said where it does not" },
};
const size_t nseries_keys = ARRAY_SIZE(series_keys);

static const struct conf_key trust_keys[] = {
	{ "trust", false, "series", CONF_LIST,
	  "a series whose semantic patches may carry scripts" },
};

/* What the reader keeps at hand. */
struct reader {
	struct arena *arena;
	struct series *series;
	struct conf conf;
	struct probes {
		struct named_probe {
			struct probe probe;
			const char *otherwise;
		} * items;
		size_t n, cap;
	} probes;
};

const char *patch_class_name(enum patch_class class)
{
	static const char *const names[] = {
		[CLASS_STABLE] = "stable-eligible",
		[CLASS_DISTRO] = "distro-only",
		[CLASS_OUT_OF_TREE] = "out-of-tree",
	};

	return names[class];
}

bool series_name_ok(const char *name)
{
	if (!islower((unsigned char)*name) && !isdigit((unsigned char)*name))
		return false;
	for (const char *p = name; *p; p++)
		if (!islower((unsigned char)*p) && !isdigit((unsigned char)*p) &&
		    !strchr("._-", *p))
			return false;
	return strcmp(name, "kernel") != 0 && strcmp(name, "tip") != 0 && !strstr(name, "..") &&
	       strlen(name) < 100 && !slice_ends(slice_of(name), ".lock") &&
	       !slice_ends(slice_of(name), ".");
}

static char *clone(struct arena *arena, const char *s)
{
	return s ? arena_strdup(arena, s) : NULL;
}

/* quilt's file: a patch per line, "#" begins a comment, "-p1" may follow. */
static int read_order(struct reader *reader, const char *path)
{
	struct arena *arena = reader->arena;
	struct series *series = reader->series;
	struct slice text, line;
	unsigned int number = 0;
	int r = file_read(arena, path, PATCH_MAX, &text);

	if (r < 0)
		return -1;
	if (!r)
		return fail_as(FAIL_USAGE, "there is no %s; `series import` makes one", path);
	while (slice_line(&text, &line)) {
		struct slice words = line, word, option = { NULL, 0 };
		struct series_patch *patch;

		number++;
		slice_cut(&words, '#', &word);
		words = slice_trim(word);
		if (!words.n)
			continue;
		slice_cut(&words, ' ', &word);
		option = slice_trim(words);
		if (option.n && !slice_is(option, "-p1"))
			return fail_as(FAIL_USAGE,
				       "%s:%u: only -p1 is known behind a patch, not '" SLICE_FMT
				       "'",
				       path, number, SLICE_ARG(option));
		if (!diff_path_ok(word))
			return fail_as(FAIL_POLICY, "%s:%u: no name of a patch: '" SLICE_FMT "'",
				       path, number, SLICE_ARG(word));
		for (size_t i = 0; i < series->n; i++)
			if (slice_is(word, series->items[i].file))
				return fail_as(FAIL_USAGE, "%s:%u: '" SLICE_FMT "' is there twice",
					       path, number, SLICE_ARG(word));
		patch = arena_push(arena, series);
		patch->number = (unsigned int)series->n;
		patch->class = CLASS_OUT_OF_TREE; /* unless the conf says otherwise */
		patch->file = slice_str(arena, word);
	}
	return 0;
}

static int read_mail(struct reader *reader, struct series_patch *patch)
{
	char *path = arena_printf(reader->arena, "%s/%s", reader->series->dir, patch->file);
	struct slice text;
	int r = file_read(reader->arena, path, PATCH_MAX, &text);

	if (r < 0)
		return -1;
	if (!r)
		return fail_as(FAIL_USAGE, "%s/series names %s, which is not there",
			       reader->series->dir, patch->file);
	if (mail_parse(reader->arena, text, &patch->mail))
		return fail_in("%s", path);
	if (!patch->mail.diff.n)
		return fail_as(FAIL_USAGE, "%s: there is no patch in it", path);
	return 0;
}

static int read_probe(struct reader *reader, const char *name)
{
	struct arena *arena = reader->arena;
	struct named_probe *probe = arena_push(arena, &reader->probes);
	size_t cap = 0;

	*probe = (struct named_probe){
		.probe = { .name = name,
			   .meaning = conf_get(&reader->conf, "probe", name, "meaning") },
		.otherwise = conf_get(&reader->conf, "probe", name, "otherwise"),
	};
	for (size_t i = 0; i < reader->conf.n; i++)
		cap++;
	probe->probe.files = arena_alloc(arena, (cap + 1) * sizeof(char *));
	probe->probe.strings = arena_alloc(arena, (cap + 1) * sizeof(char *));
	for (size_t i = 0; i < reader->conf.n; i++) {
		const struct conf_entry *e = &reader->conf.items[i];
		struct slice rest, file;

		if (strcmp(e->key->key, "has") != 0 || strcmp(e->name, name) != 0)
			continue;
		rest = slice_of(e->value);
		slice_cut(&rest, ':', &file);
		file = slice_trim(file);
		rest = slice_trim(rest);
		if (!rest.n ||
		    !diff_path_ok(slice_ends(file, "/") ? (struct slice){ file.p, file.n - 1 } :
							  file))
			return fail_as(FAIL_USAGE, "%s:%u: has = FILE: WORD, not '%s'",
				       reader->conf.path, e->line, e->value);
		probe->probe.files[probe->probe.n] = slice_str(arena, file);
		probe->probe.strings[probe->probe.n++] = slice_str(arena, rest);
	}
	if (!probe->probe.n)
		return fail_as(FAIL_USAGE, "%s: probe '%s' asks for nothing: it needs a 'has'",
			       reader->conf.path, name);
	return 0;
}

static const struct named_probe *probe_named(const struct reader *reader, struct slice name)
{
	for (size_t i = 0; i < reader->probes.n; i++)
		if (slice_is(name, reader->probes.items[i].probe.name))
			return &reader->probes.items[i];
	return NULL;
}

static const char *probe_otherwise(struct arena *arena, const struct named_probe *probe)
{
	if (probe->otherwise)
		return probe->otherwise;
	return arena_printf(arena, "%s does not hold",
			    probe->probe.meaning ? probe->probe.meaning : probe->probe.name);
}

/* "PROBE FILE[:HUNK]" */
static int read_condition(struct reader *reader, struct series_patch *patch,
			  const struct conf_entry *entry)
{
	struct slice rest = slice_of(entry->value), name, path;
	const struct named_probe *probe;
	const struct filediff *file = NULL;
	unsigned long hunk = 0;

	slice_cut(&rest, ' ', &name);
	rest = slice_trim(rest);
	slice_cut(&rest, ':', &path);
	probe = probe_named(reader, name);
	if (!probe)
		return fail_as(FAIL_USAGE, "%s:%u: there is no probe '" SLICE_FMT "'",
			       reader->conf.path, entry->line, SLICE_ARG(name));
	for (size_t i = 0; i < patch->mail.diff.n; i++) {
		const struct filediff *f = &patch->mail.diff.items[i];

		if (slice_is(path, f->new_path ? f->new_path : f->old_path))
			file = f;
	}
	if (!file)
		return fail_as(FAIL_USAGE, "%s:%u: %s does not touch '" SLICE_FMT "'",
			       reader->conf.path, entry->line, patch->file, SLICE_ARG(path));
	if (rest.n && (!slice_number(rest, 100000, &hunk) || !hunk || hunk > file->n))
		return fail_as(FAIL_USAGE,
			       "%s:%u: %s has %zu hunks for that file, and no number '" SLICE_FMT
			       "'",
			       reader->conf.path, entry->line, patch->file, file->n,
			       SLICE_ARG(rest));
	arena_grow(reader->arena, (void **)&patch->conditions, &patch->cap_conditions,
		   patch->nconditions + 1, sizeof(*patch->conditions));
	patch->conditions[patch->nconditions++] = (struct condition){
		.path = slice_str(reader->arena, path),
		.hunk = (unsigned int)hunk,
		.probe = &probe->probe,
		.reason = probe_otherwise(reader->arena, probe),
	};
	return 0;
}

static int wrong_value(const struct reader *reader, const struct conf_entry *entry,
		       const char *wanted)
{
	return fail_as(FAIL_USAGE, "%s:%u: %s is %s, not '%s'", reader->conf.path, entry->line,
		       entry->key->key, wanted, entry->value);
}

static int read_class(const struct reader *reader, struct series_patch *patch,
		      const struct conf_entry *entry)
{
	for (int class = CLASS_STABLE; class <= CLASS_OUT_OF_TREE; class ++)
		if (!strcmp(entry->value, patch_class_name((enum patch_class) class))) {
			patch->class = (enum patch_class) class;
			return 0;
		}
	return wrong_value(reader, entry, "stable-eligible, distro-only or out-of-tree");
}

static int read_upstream(const struct reader *reader, struct series_patch *patch,
			 const struct conf_entry *entry)
{
	if (strlen(entry->value) != 40 || strspn(entry->value, "0123456789abcdef") != 40)
		return wrong_value(reader, entry, "a commit of 40 lower-case hexadecimal digits");
	patch->upstream = entry->value;
	return 0;
}

static int read_key(struct reader *reader, struct series_patch *patch,
		    const struct conf_entry *entry)
{
	const char *key = entry->key->key;
	const struct named_probe *probe;
	struct version version;

	if (!strcmp(key, "upstream"))
		return read_upstream(reader, patch, entry);
	if (!strcmp(key, "class"))
		return read_class(reader, patch, entry);
	if (!strcmp(key, "condition"))
		return read_condition(reader, patch, entry);
	if (!strcmp(key, "version")) {
		unsigned long number;

		if (!slice_number(slice_of(entry->value), 9999, &number) || !number)
			return wrong_value(reader, entry, "a number from 1 on");
		patch->version = (unsigned int)number;
		return 0;
	}
	if (!strcmp(key, "from") || !strcmp(key, "until")) {
		if (!version_parse_plain(slice_of(entry->value), &version))
			return wrong_value(reader, entry, "a version such as v6.1 or v6.12.73");
		*(*key == 'f' ? &patch->applies_from : &patch->applies_until) = entry->value;
	} else if (!strcmp(key, "needs")) {
		probe = probe_named(reader, slice_of(entry->value));
		if (!probe)
			return wrong_value(reader, entry, "the name of a probe");
		patch->needs = &probe->probe;
		patch->needs_why = probe_otherwise(reader->arena, probe);
	} else if (!strcmp(key, "mainline")) {
		patch->mainline = entry->value;
	} else if (!strcmp(key, "link")) {
		patch->link = entry->value;
	} else if (!strcmp(key, "why")) {
		patch->class_why = entry->value;
	} else {
		patch->applies_why = entry->value;
	}
	return 0;
}

static int read_patch_sections(struct reader *reader)
{
	struct series *series = reader->series;
	size_t last = 0; /* the patch of the key before: mostly this one's too, or the next */

	for (size_t i = 0; i < reader->conf.n; i++) {
		const struct conf_entry *entry = &reader->conf.items[i];
		struct series_patch *patch = NULL;

		if (strcmp(entry->key->section, "patch") != 0)
			continue;
		for (size_t k = 0; k < series->n && !patch; k++) {
			size_t which = (last + k) % series->n;

			if (!strcmp(series->items[which].file, entry->name)) {
				patch = &series->items[which];
				last = which;
			}
		}
		if (!patch)
			return fail_as(FAIL_USAGE,
				       "%s:%u: [patch \"%s\"] is about no patch of %s/series",
				       reader->conf.path, entry->line, entry->name, series->dir);
		if (read_key(reader, patch, entry))
			return -1;
	}
	return 0;
}

/* What series.conf leaves open, from the mail. */
static void complete_patch(struct arena *arena, struct series_patch *patch)
{
	char *named = patch->upstream ? NULL : message_upstream(arena, slice_of(patch->mail.body));

	if (named && strlen(named) == 40)
		patch->upstream = named;
	if (!patch->class_why)
		patch->class_why = arena_strdup(arena, "series.conf does not say");
}

static int read_trust(struct arena *arena, const char *workspace, struct series *series)
{
	char *path = arena_printf(arena, "%s/ci/trust.conf", workspace);
	int kind = file_kind(path);
	struct conf conf;

	if (kind <= 0)
		return kind;
	if (conf_read(arena, path, trust_keys, ARRAY_SIZE(trust_keys), &conf))
		return -1;
	for (size_t i = 0; i < conf.n; i++)
		series->trusted |= !strcmp(conf.items[i].value, series->name);
	return 0;
}

static int read_conf(struct reader *reader, const char *path)
{
	struct series *series = reader->series;
	struct arena *arena = reader->arena;
	struct conf_names probes;
	const char *name;

	if (conf_read(arena, path, series_keys, nseries_keys, &reader->conf))
		return -1;
	name = conf_get(&reader->conf, "series", NULL, "name");
	if (name && strcmp(name, series->name) != 0)
		return fail_as(FAIL_USAGE, "%s: it says that its name is '%s', its folder '%s'",
			       path, name, series->name);
	series->title = clone(arena, conf_get(&reader->conf, "series", NULL, "title"));
	series->link = clone(arena, conf_get(&reader->conf, "series", NULL, "link"));
	series->base = clone(arena, conf_get(&reader->conf, "series", NULL, "base"));
	probes = conf_section_names(arena, &reader->conf, "probe");
	/* Pointers to probes are kept: room for all of them at once. */
	arena_grow(arena, (void **)&reader->probes.items, &reader->probes.cap, probes.n + 1,
		   sizeof(*reader->probes.items));
	for (size_t i = 0; i < probes.n; i++)
		if (read_probe(reader, probes.items[i]))
			return -1;
	if (read_patch_sections(reader))
		return -1;
	for (size_t i = 0; i < series->n; i++)
		complete_patch(arena, &series->items[i]);
	return 0;
}

int series_read_dir(struct arena *arena, const char *dir, const char *name, struct series *series)
{
	struct reader reader = { .arena = arena, .series = series };

	*series = (struct series){ .name = arena_strdup(arena, name),
				   .dir = arena_strdup(arena, dir) };
	if (read_order(&reader, arena_printf(arena, "%s/series", dir)))
		return -1;
	for (size_t i = 0; i < series->n; i++)
		if (read_mail(&reader, &series->items[i]))
			return -1;
	if (read_conf(&reader, arena_printf(arena, "%s/series.conf", dir)))
		return -1;
	if (!series->title)
		series->title = series->name;
	return 0;
}

int series_read(struct arena *arena, const char *workspace, const char *name, struct series *series)
{
	char *dir;

	if (!series_name_ok(name))
		return fail_as(
			FAIL_USAGE,
			"'%s' is no name for a series: lower-case letters, digits, '.', '_', '-', and not 'kernel'",
			name);
	dir = arena_printf(arena, "%s/series/%s", workspace, name);
	if (file_kind(dir) != 1)
		return fail_as(FAIL_USAGE, "there is no series '%s' in %s/series", name, workspace);
	if (series_read_dir(arena, dir, name, series))
		return -1;
	return read_trust(arena, workspace, series);
}

int series_names(struct arena *arena, const char *workspace, struct conf_names *names)
{
	char *dir = arena_printf(arena, "%s/series", workspace);
	struct file_names files;

	*names = (struct conf_names){ 0 };
	if (file_list(arena, dir, &files) < 0)
		return -1;
	for (size_t i = 0; i < files.n; i++)
		if (series_name_ok(files.items[i]) &&
		    file_kind(arena_printf(arena, "%s/%s/series", dir, files.items[i])) == 2)
			*arena_push(arena, names) = files.items[i];
	return 0;
}
