/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What upstream's own tags, the size of the change and the other branches say about taking it.
 *
 * The order of the class's rules is that of the stable maintainers' questions: is it upstream, did anybody ask for
 * it, is it small. The first that says no decides.
 */
#define _GNU_SOURCE
#include "patch/rules.h"

#include <ctype.h>
#include <strings.h>

#include "base/fail.h"
#include "patch/history.h"

#define SIZE_MAX_LINES 100

DEFINE_FREE(object, git_object *, if (_v) git_object_free(_v))

static void add(struct arena *arena, const struct rules_ask *ask, struct findings *findings,
		const char *rule, enum severity severity, const char *text)
{
	finding_add(arena, findings, rule, severity, "%s", text)->patch = ask->label;
}

/* Lines of a diff, context included: what the 100 of the stable rules count. */
static size_t diff_lines(const struct diff *diff)
{
	size_t lines = 0;

	for (size_t f = 0; f < diff->n; f++)
		for (size_t h = 0; h < diff->items[f].n; h++)
			lines += diff->items[f].items[h].n;
	return lines;
}

static bool is_stable_tag(const struct trailer *trailer)
{
	return !strcasecmp(trailer->key, "Cc") &&
	       (strstr(trailer->value, "stable@vger.kernel.org") ||
		strstr(trailer->value, "stable@kernel.org"));
}

static const struct trailer *stable_tag(const struct mail *mail)
{
	for (size_t i = 0; i < mail->ntrailers; i++)
		if (is_stable_tag(&mail->trailers[i]))
			return &mail->trailers[i];
	return NULL;
}

/* The words behind "#" of a stable tag; empty without. */
static struct slice tag_words(const struct trailer *tag)
{
	const char *hash = strchr(tag->value, '#');

	return slice_trim(slice_of(hash ? hash + 1 : ""));
}

/* "v6.1+", "6.1.x", "6.1.y-", "6.1.42" at the start of a word; `n` gets its bytes. */
static bool branch_at(struct slice s, struct version *version, size_t *n)
{
	size_t v = s.n && (*s.p == 'v' || *s.p == 'V'), end = v, dots = 0;

	while (end < s.n &&
	       (isdigit((unsigned char)s.p[end]) ||
		(s.p[end] == '.' && end + 1 < s.n && isdigit((unsigned char)s.p[end + 1]))))
		dots += s.p[end++] == '.';
	*n = end;
	return dots >= 1 && dots <= 2 && isdigit((unsigned char)s.p[v]) &&
	       version_parse((struct slice){ s.p + v, end - v }, version);
}

struct range {
	bool any;
	struct version first, last;
	bool until; /* `last` is an end, and not just the last that was named */
};

/* The branches that a tag asks for: each names the first of those it is meant for; "A - B" ends with B. */
static void range_of(struct slice words, struct range *range)
{
	bool dash = false, inside = false;

	while (words.n && words.p[0] != ':') {
		struct version version;
		size_t n;

		if (!inside && branch_at(words, &version, &n)) {
			if (!range->any || version_cmp(&version, &range->first) < 0)
				range->first = version;
			range->until = range->any && dash;
			range->last = version;
			range->any = true;
			dash = false;
			words = slice_skip(words, n);
			continue;
		}
		dash |= words.p[0] == '-';
		inside = isalnum((unsigned char)words.p[0]) || words.p[0] == '.';
		words = slice_skip(words, 1);
	}
}

/* "6.1.x: 7709aba8f716: subject" names what this branch needs first: the id, or an empty slice. */
static struct slice prerequisite(struct slice words, const struct version *version)
{
	struct version branch;
	struct slice none = SLICE(""), piece, id;
	size_t n;

	if (!branch_at(words, &branch, &n) || !version_belongs(version, &branch) ||
	    !slice_cut(&words, ':', &piece) || !words.n || !slice_cut(&words, ':', &id))
		return none;
	id = slice_trim(id);
	for (size_t i = 0; i < id.n; i++)
		if (!isxdigit((unsigned char)id.p[i]))
			return none;
	return id.n >= 8 ? id : none;
}

static char *branch_name(struct arena *arena, struct version version)
{
	version.patch = -1;
	return version_name(arena, &version);
}

static void check_range(struct arena *arena, const struct rules_ask *ask,
			const struct version *version, struct findings *findings)
{
	const struct mail *mail = &ask->patch->mail;
	struct range range = { 0 };

	for (size_t i = 0; i < mail->ntrailers; i++) {
		struct slice need;

		if (!is_stable_tag(&mail->trailers[i]))
			continue;
		range_of(tag_words(&mail->trailers[i]), &range);
		need = prerequisite(tag_words(&mail->trailers[i]), version);
		if (need.n)
			add(arena, ask, findings, "rules/stable-tag", SEVERITY_LOOK,
			    arena_printf(arena,
					 "upstream says that this branch needs " SLICE_FMT " first",
					 SLICE_ARG(need)));
	}
	if (!range.any)
		return;
	if (version_cmp(version, &range.first) < 0 && !version_belongs(version, &range.first))
		add(arena, ask, findings, "rules/stable-tag", SEVERITY_LOOK,
		    arena_printf(arena, "upstream asks for it from %s on, and this is %s",
				 branch_name(arena, range.first), ask->kernel->name));
	else if (range.until && version_cmp(version, &range.last) > 0 &&
		 !version_belongs(version, &range.last))
		add(arena, ask, findings, "rules/stable-tag", SEVERITY_LOOK,
		    arena_printf(arena, "upstream asks for it up to %s only, and this is %s",
				 branch_name(arena, range.last), ask->kernel->name));
}

static void check_tag(struct arena *arena, const struct rules_ask *ask, struct findings *findings)
{
	const struct mail *mail = &ask->patch->mail;
	struct version version;

	for (size_t i = 0; i < mail->ntrailers; i++)
		if (strcasestr(mail->trailers[i].value, "stable+noautosel@"))
			add(arena, ask, findings, "rules/stable-tag", SEVERITY_LOOK,
			    arena_printf(arena, "upstream does not want it picked by itself: %s",
					 mail->trailers[i].value));
	if (ask->patch->upstream && version_parse(slice_of(ask->kernel->name), &version))
		check_range(arena, ask, &version, findings);
}

/* `123456789abc ("subject")`: the id, or an empty slice. */
static struct slice fixes_id(struct slice value)
{
	struct slice none = SLICE("");
	size_t n = 0;

	while (n < value.n && isxdigit((unsigned char)value.p[n]))
		n++;
	if (n < 12 || n > 40 || !slice_starts(slice_skip(value, n), " (\"") ||
	    !slice_ends(value, "\")"))
		return none;
	return (struct slice){ value.p, n };
}

DEFINE_FREE(commit, git_commit *, if (_v) git_commit_free(_v))

/* A tree that came from a tarball has no history to look at, one of a shallow clone a part. */
static bool has_history(const struct rules_ask *ask)
{
	git_commit *commit __free(commit) = NULL;

	return !git_commit_lookup(&commit, repo_git(ask->repo), &ask->kernel->commit) &&
	       git_commit_parentcount(commit) && !git_repository_is_shallow(repo_git(ask->repo));
}

/* Does the target have what the patch fixes? 1, 0, -1; 2 where nobody can tell. */
static int has_broken(struct arena *arena, const struct rules_ask *ask, struct slice hex)
{
	git_object *object __free(object) = NULL;
	git_oid id, found;
	int r = ask->repo ? git_oid_fromstrn(&id, hex.p, hex.n) : -1;

	if (!r)
		r = git_object_lookup_prefix(&object, repo_git(ask->repo), &id, hex.n,
					     GIT_OBJECT_COMMIT);
	if (r || !has_history(ask))
		return 2;
	return history_find(ask->repo, ask->kernel,
			    arena_strdup(arena, git_oid_tostr_s(git_object_id(object))), &found);
}

static int check_fixes(struct arena *arena, const struct rules_ask *ask, struct findings *findings)
{
	const struct mail *mail = &ask->patch->mail;

	for (size_t i = 0; i < mail->ntrailers; i++) {
		struct slice value = slice_of(mail->trailers[i].value), id = fixes_id(value);
		int r;

		if (strcasecmp(mail->trailers[i].key, "Fixes") != 0)
			continue;
		if (!id.n) {
			add(arena, ask, findings, "rules/fixes", SEVERITY_LOOK,
			    arena_printf(arena,
					 "Fixes: " SLICE_FMT
					 " is not of the form 123456789abc (\"subject\")",
					 SLICE_ARG(value)));
			continue;
		}
		r = has_broken(arena, ask, id);
		if (r < 0)
			return -1;
		if (!r)
			add(arena, ask, findings, "rules/fixes", SEVERITY_LOOK,
			    arena_printf(arena,
					 "the history of %s does not have " SLICE_FMT
					 ", which this fixes",
					 ask->kernel->name, SLICE_ARG(value)));
	}
	return 0;
}

static void check_size(struct arena *arena, const struct rules_ask *ask, struct findings *findings)
{
	size_t lines = diff_lines(ask->diff), mailed = diff_lines(&ask->patch->mail.diff);

	if (lines <= SIZE_MAX_LINES || !ask->patch->upstream)
		return;
	/* What its maintainer has tagged at that size is theirs to decide; what grew on the way is ours. */
	if (mailed > SIZE_MAX_LINES && lines <= mailed + mailed / 10 &&
	    stable_tag(&ask->patch->mail))
		add(arena, ask, findings, "rules/size", SEVERITY_NOTE,
		    arena_printf(
			    arena,
			    "%zu lines with context, more than %d; so has upstream's (%zu), which is tagged for stable",
			    lines, SIZE_MAX_LINES, mailed));
	else
		add(arena, ask, findings, "rules/size", SEVERITY_LOOK,
		    arena_printf(arena,
				 "%zu lines with context, stable takes %d (upstream's has %zu)",
				 lines, SIZE_MAX_LINES, mailed));
}

static bool mainline_is(const char *words, const char *word)
{
	return words && !strncasecmp(words, word, strlen(word));
}

/* The class, and the rule that decided it. */
static enum patch_class class_of(struct arena *arena, const struct rules_ask *ask, char **why)
{
	const struct series_patch *patch = ask->patch;
	bool fixes = false;

	if (!patch->upstream) {
		*why = arena_printf(arena, "Patch-mainline: %s",
				    patch->mainline ? patch->mainline : "not said");
		return mainline_is(patch->mainline, "Submitted") ||
				       mainline_is(patch->mainline, "Queued") ?
			       CLASS_DISTRO :
			       CLASS_OUT_OF_TREE;
	}
	for (size_t i = 0; i < patch->mail.ntrailers; i++)
		fixes |= !strcasecmp(patch->mail.trailers[i].key, "Fixes");
	if (!stable_tag(&patch->mail)) {
		*why = arena_printf(arena, "upstream, %swithout a Cc: stable tag",
				    fixes ? "with Fixes: but " : "");
		return CLASS_DISTRO;
	}
	*why = arena_strdup(arena, fixes ? "upstream, tagged Cc: stable, with Fixes:" :
					   "upstream, tagged Cc: stable");
	return CLASS_STABLE;
}

static void check_class(struct arena *arena, const struct rules_ask *ask, struct findings *findings)
{
	enum patch_class said = ask->patch->class, is;
	char *why;

	is = class_of(arena, ask, &why);
	if (said < is)
		add(arena, ask, findings, "rules/class", SEVERITY_LOOK,
		    arena_printf(arena, "the series says %s, the rules say %s: %s",
				 patch_class_name(said), patch_class_name(is), why));
	else
		add(arena, ask, findings, "rules/class", SEVERITY_NOTE,
		    arena_printf(arena, "%s: %s", patch_class_name(said), why));
}

/* "v6.12 v6.18" of the branches in that state, and the first one's reason. */
static char *branches(struct arena *arena, const struct rules_ask *ask, enum rules_state state,
		      bool reasons)
{
	struct text out __free_text = TEXT_INIT;

	for (size_t i = 0; i < ask->nnewer; i++) {
		const struct rules_branch *branch = &ask->newer[i];

		if (branch->state != state)
			continue;
		text_addf(&out, "%s%s", out.len ? reasons ? "; " : " " : "", branch->name);
		if (reasons && branch->why)
			text_addf(&out, " (%s)", branch->why);
	}
	return out.len ? arena_strdup(arena, text_str(&out)) : NULL;
}

/* Stable takes a change into a branch only when no newer one lacks it. */
static void check_newer(struct arena *arena, const struct rules_ask *ask, struct findings *findings)
{
	char *without = branches(arena, ask, RULES_WITHOUT, true);
	char *unknown = branches(arena, ask, RULES_UNKNOWN, true);
	char *has = branches(arena, ask, RULES_HAS, false);
	char *port = branches(arena, ask, RULES_PORT, false);

	if (ask->patch->class != CLASS_STABLE)
		return;
	if (without)
		add(arena, ask, findings, "rules/newer-tree", SEVERITY_BAD,
		    arena_printf(arena, "newer branches lack it and have no port: %s", without));
	if (unknown)
		add(arena, ask, findings, "rules/newer-tree", SEVERITY_LOOK,
		    arena_printf(arena, "not known of newer branches: %s", unknown));
	if (has || port)
		add(arena, ask, findings, "rules/newer-tree", SEVERITY_NOTE,
		    arena_printf(arena, "newer branches:%s%s%s%s%s", has ? " it is in " : "",
				 has ? has : "", has && port ? ";" : "",
				 port ? " a port is made for " : "", port ? port : ""));
}

int rules_stable(struct arena *arena, const struct rules_ask *ask, struct findings *findings)
{
	check_class(arena, ask, findings);
	check_tag(arena, ask, findings);
	check_size(arena, ask, findings);
	check_newer(arena, ask, findings);
	return check_fixes(arena, ask, findings);
}
