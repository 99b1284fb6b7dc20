/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE /* strcasecmp() */
#include "kernel/aptsources.h"

#include <strings.h>

static bool take_word(struct slice *rest, struct slice *word)
{
	size_t n = 0;

	*word = *rest;
	if (!rest->n) /* a field that is not there has no address either */
		return false;
	*rest = slice_trim(*rest);
	while (n < rest->n && !strchr(" \t\r\n\v\f", rest->p[n]))
		n++;
	*word = (struct slice){ rest->p, n };
	*rest = slice_skip(*rest, n);
	return n > 0;
}

static bool is_binary_or_source(struct slice type)
{
	return slice_is(type, "deb") || slice_is(type, "deb-src");
}

/* ---- one line each ---- */

/* "[signed-by=/usr/share/keyrings/x.gpg arch=amd64]" taken off the front. */
static bool take_options(struct arena *arena, struct slice *rest, struct aptsite *site)
{
	struct slice inside, word;
	const char *end;

	site->signed_by = arena_strdup(arena, "");
	*rest = slice_trim(*rest);
	if (!slice_starts(*rest, "["))
		return true;
	end = memchr(rest->p, ']', rest->n);
	if (!end)
		return false;
	inside = (struct slice){ rest->p + 1, (size_t)(end - rest->p) - 1 };
	*rest = slice_skip(*rest, inside.n + 2);
	while (take_word(&inside, &word)) {
		if (slice_starts(word, "signed-by=")) {
			site->signed_by = slice_str(arena, slice_skip(word, strlen("signed-by=")));
			/* Several keyrings have commas between them here and spaces in a stanza. */
			for (char *p = site->signed_by; *p; p++)
				if (*p == ',')
					*p = ' ';
		}
		if (slice_is(word, "trusted=yes"))
			site->trusted = true;
	}
	return true;
}

void aptsources_parse_list(struct arena *arena, struct slice text, struct aptsites *sites)
{
	struct slice line, type, uri, suite;

	while (slice_line(&text, &line)) {
		struct aptsite site = { 0 };
		const char *comment = memchr(line.p, '#', line.n);

		if (comment)
			line.n = (size_t)(comment - line.p);
		if (!take_word(&line, &type) || !is_binary_or_source(type) ||
		    !take_options(arena, &line, &site) || !take_word(&line, &uri) ||
		    !take_word(&line, &suite))
			continue;
		site.uri = slice_str(arena, uri);
		site.suite = slice_str(arena, suite);
		site.components = slice_str(arena, slice_trim(line));
		*arena_push(arena, sites) = site;
	}
}

/* ---- stanzas ---- */

struct stanza {
	struct slice types, uris, suites, components, signed_by, enabled, trusted;
};

static struct slice *field_of(struct stanza *stanza, struct slice name)
{
	const struct {
		const char *name;
		struct slice *value;
	} fields[] = {
		{ "Types", &stanza->types },	     { "URIs", &stanza->uris },
		{ "Suites", &stanza->suites },	     { "Components", &stanza->components },
		{ "Signed-By", &stanza->signed_by }, { "Enabled", &stanza->enabled },
		{ "Trusted", &stanza->trusted },
	};

	for (size_t i = 0; i < ARRAY_SIZE(fields); i++)
		if (name.n == strlen(fields[i].name) &&
		    !strncasecmp(name.p, fields[i].name, name.n))
			return fields[i].value;
	return NULL;
}

static void finish_stanza(struct arena *arena, const struct stanza *stanza, struct aptsites *sites)
{
	struct slice types = stanza->types, uris = stanza->uris, suites, type, uri, suite;
	bool wanted = false;

	while (take_word(&types, &type))
		wanted = wanted || is_binary_or_source(type);
	if (!wanted || slice_is(stanza->enabled, "no") || slice_is(stanza->enabled, "false"))
		return;
	while (take_word(&uris, &uri)) {
		suites = stanza->suites;
		while (take_word(&suites, &suite))
			*arena_push(arena, sites) = (struct aptsite){
				.uri = slice_str(arena, uri),
				.suite = slice_str(arena, suite),
				.components = slice_str(arena, stanza->components),
				.signed_by = slice_str(arena, stanza->signed_by),
				.trusted = slice_is(stanza->trusted, "yes"),
			};
	}
}

void aptsources_parse_stanzas(struct arena *arena, struct slice text, struct aptsites *sites)
{
	struct stanza stanza = { 0 };
	struct slice line, *value = NULL;

	while (slice_line(&text, &line)) {
		const char *colon;

		if (slice_starts(line, "#"))
			continue;
		if (slice_blank(line)) {
			finish_stanza(arena, &stanza, sites);
			stanza = (struct stanza){ 0 };
			value = NULL;
			continue;
		}
		if (line.p[0] == ' ' || line.p[0] == '\t') {
			/* Goes on: a value is a run of the text, so it only gets longer. */
			if (value)
				value->n = (size_t)(line.p + line.n - value->p);
			continue;
		}
		colon = memchr(line.p, ':', line.n);
		value = colon ? field_of(&stanza,
					 (struct slice){ line.p, (size_t)(colon - line.p) }) :
				NULL;
		if (value) {
			struct slice rest = slice_skip(line, (size_t)(colon - line.p) + 1);

			*value = slice_trim(rest);
			if (!value->n) /* it begins in the next line */
				*value = (struct slice){ line.p + line.n, 0 };
		}
	}
	finish_stanza(arena, &stanza, sites);
}

/* ---- choosing ---- */

static bool ends_in_security(const char *suite)
{
	return slice_ends(slice_of(suite), "-security") || slice_ends(slice_of(suite), "/updates");
}

const struct aptsite *aptsites_for(const struct aptsites *sites, const char *suite,
				   const char *codename)
{
	static const char *const moving[] = { "stable", "oldstable", "testing", "unstable", "sid" };

	for (size_t i = 0; i < sites->n; i++)
		if (!strcmp(sites->items[i].suite, suite))
			return &sites->items[i];
	for (size_t i = 0; i < sites->n; i++)
		if (ends_in_security(suite) && ends_in_security(sites->items[i].suite))
			return &sites->items[i];
	if (ends_in_security(suite))
		return NULL;
	/*
	 * The archive of the machine's own release has the other releases too; a third party's has
	 * not.
	 */
	for (size_t i = 0; i < sites->n; i++)
		if (!strcmp(sites->items[i].suite, codename))
			return &sites->items[i];
	for (size_t i = 0; i < sites->n; i++)
		for (size_t k = 0; k < ARRAY_SIZE(moving); k++)
			if (!strcmp(sites->items[i].suite, moving[k]))
				return &sites->items[i];
	return NULL;
}

/* Kernels are in main; the lists of what else the machine uses need not be read. */
static const char *components_of(const struct aptsite *site)
{
	struct slice rest = slice_of(site->components), word;

	while (take_word(&rest, &word))
		if (slice_is(word, "main"))
			return "main";
	return *site->components ? site->components : "main";
}

void aptsite_write(struct text *out, const struct aptsite *site, const char *type,
		   const char *suite)
{
	text_addf(out, "Types: %s\nURIs: %s\nSuites: %s\nComponents: %s\n", type, site->uri, suite,
		  components_of(site));
	if (*site->signed_by)
		text_addf(out, "Signed-By:%s%s\n", *site->signed_by == '\n' ? "" : " ",
			  site->signed_by);
	if (site->trusted)
		text_adds(out, "Trusted: yes\n");
	text_addc(out, '\n');
}
