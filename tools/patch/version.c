/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "patch/version.h"

/* Larger than any part a kernel has had, small enough for every sum and product made of it. */
#define PART_MAX 99999
#define TIP_MAX 64 /* bytes behind the "+" of a tip's name */

/* Digits without a leading zero off the front of `rest`. */
static bool take_number(struct slice *rest, unsigned int *value)
{
	struct slice digits = { rest->p, 0 };
	unsigned long v;

	while (digits.n < rest->n && rest->p[digits.n] >= '0' && rest->p[digits.n] <= '9')
		digits.n++;
	if ((digits.n > 1 && digits.p[0] == '0') || !slice_number(digits, PART_MAX, &v))
		return false;
	*rest = slice_skip(*rest, digits.n);
	*value = (unsigned int)v;
	return true;
}

static bool take(struct slice *rest, const char *prefix)
{
	if (!slice_starts(*rest, prefix))
		return false;
	*rest = slice_skip(*rest, strlen(prefix));
	return true;
}

/* What makes a tip's name differ from others of its version: part of a ref and of a path, so no "..", no ".lock". */
static bool take_tip(struct slice *rest)
{
	if (rest->n < 2 || rest->n > TIP_MAX + 1 || rest->p[0] != '+' || rest->p[1] == '.' ||
	    slice_ends(*rest, ".") || slice_ends(*rest, ".lock") ||
	    slice_find(*rest, SLICE("..")) >= 0)
		return false;
	for (size_t i = 1; i < rest->n; i++) {
		char c = rest->p[i];

		if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || c == '.' || c == '-'))
			return false;
	}
	*rest = slice_skip(*rest, rest->n);
	return true;
}

static bool parse(struct slice text, struct version *version, bool *tip)
{
	struct version v = { .patch = -1 };
	unsigned int part;

	take(&text, "v");
	if (!take_number(&text, &v.major) || !take(&text, ".") || !take_number(&text, &v.minor))
		return false;
	if (take(&text, ".")) {
		if (!take_number(&text, &part))
			return false;
		v.patch = (int)part;
	}
	if (take(&text, "-rc")) {
		if (!take_number(&text, &part) || !part)
			return false;
		v.rc = (int)part;
	}
	*tip = take_tip(&text);
	if (text.n)
		return false;
	*version = v;
	return true;
}

bool version_parse(struct slice text, struct version *version)
{
	bool tip;

	return parse(text, version, &tip);
}

bool version_parse_plain(struct slice text, struct version *version)
{
	struct version v;
	bool tip;

	if (!parse(text, &v, &tip) || tip)
		return false;
	*version = v;
	return true;
}

bool version_is_tip(struct slice name)
{
	struct version v;
	bool tip;

	return parse(name, &v, &tip) && tip;
}

static int part_cmp(long a, long b)
{
	return (a > b) - (a < b);
}

bool version_of_makefile(struct slice makefile, struct version *version)
{
	static const char *const keys[] = { "VERSION", "PATCHLEVEL", "SUBLEVEL" };
	unsigned long numbers[ARRAY_SIZE(keys)] = { 0 };
	size_t found = 0;
	struct slice line, key;

	while (found < ARRAY_SIZE(keys) && slice_line(&makefile, &line)) {
		if (!slice_cut(&line, '=', &key) || !slice_is(slice_trim(key), keys[found]))
			continue;
		if (!slice_number(slice_trim(line), 100000, &numbers[found++]))
			return false;
	}
	*version = (struct version){ (unsigned int)numbers[0], (unsigned int)numbers[1],
				     (int)numbers[2], 0 };
	return found == ARRAY_SIZE(keys);
}

int version_cmp(const struct version *a, const struct version *b)
{
	int c = part_cmp(a->major, b->major);

	if (!c)
		c = part_cmp(a->minor, b->minor);
	if (!c)
		c = part_cmp(a->patch < 0 ? 0 : a->patch, b->patch < 0 ? 0 : b->patch);
	if (!c) /* 0 is the release: it stands behind all its candidates */
		c = part_cmp(a->rc ? a->rc : PART_MAX + 1, b->rc ? b->rc : PART_MAX + 1);
	return c;
}

bool version_in(const struct version *v, const struct version *branch)
{
	return v->major == branch->major && v->minor == branch->minor && !v->rc;
}

bool version_belongs(const struct version *v, const struct version *branch)
{
	return v->major == branch->major && v->minor == branch->minor && (!v->rc || v->patch > 0);
}

char *version_name(struct arena *arena, const struct version *version)
{
	__free_text struct text name = TEXT_INIT;

	text_addf(&name, "v%u.%u", version->major, version->minor);
	if (version->patch >= 0)
		text_addf(&name, ".%d", version->patch);
	if (version->rc)
		text_addf(&name, "-rc%d", version->rc);
	return arena_strdup(arena, name.p);
}

char *version_branch(struct arena *arena, const struct version *version)
{
	return arena_printf(arena, "%u.%u.y", version->major, version->minor);
}
