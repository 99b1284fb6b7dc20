/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/fetch.h"

#include "base/fail.h"
#include "kernel/intake.h"

static source_take *const takers[] = {
	[SOURCE_GIT] = git_source,	   [SOURCE_CLONE] = clone_source,
	[SOURCE_TARBALL] = tarball_source, [SOURCE_PACKAGE] = package_source,
	[SOURCE_ORIG] = orig_source,
};

static int is_in_store(struct arena *arena, const struct fetch_ask *ask,
		       const struct version *version, struct fetch_answer *answer)
{
	int known = intake_known(ask->repo, arena, version_name(arena, version), &answer->kernel,
				 &answer->from);

	answer->had = known > 0;
	return known;
}

/*
 * A source that was stopped, refused or found busy ends the search; one that has it not does not.
 */
static bool ends_search(void)
{
	return fail_kind() == FAIL_INTERRUPTED || fail_kind() == FAIL_POLICY ||
	       fail_kind() == FAIL_BUSY;
}

static char *one_line(struct arena *arena, const struct text *lines)
{
	struct text out __free_text = TEXT_INIT;
	struct slice rest = text_slice(lines), line;

	while (slice_line(&rest, &line)) {
		text_adds(&out, out.len ? "; " : "");
		text_add_slice(&out, line);
	}
	return arena_strdup(arena, text_str(&out));
}

static int try_sources(struct arena *arena, const struct fetch_ask *ask, const struct version *want,
		       const struct source *sources, size_t n, struct fetch_answer *answer)
{
	struct source_ask one = {
		.repo = ask->repo,
		.want = want,
		.name = ask->name ? ask->name : "kernel",
		.cache = ask->cache,
		.progress = ask->progress,
	};
	struct text tried __free_text = TEXT_INIT;
	bool usage = true;

	for (size_t i = 0; i < n; i++) {
		/* A tarball's messages begin with its own name. */
		const char *who = arena_printf(arena, "%s%s%s", source_word(sources[i].kind),
					       sources[i].kind == SOURCE_TARBALL ? "" : " ",
					       sources[i].kind == SOURCE_TARBALL ?
						       "" :
						       url_shown(arena, sources[i].value));

		one.value = sources[i].value;
		*answer = (struct fetch_answer){ 0 };
		if (!takers[sources[i].kind](arena, &one, answer)) {
			answer->tried = arena_strdup(arena, text_str(&tried));
			return 0;
		}
		if (n == 1 || ends_search())
			return fail_in("%s", who);
		usage = usage && fail_kind() == FAIL_USAGE;
		text_addf(&tried, "%s%s: %s", tried.len ? "\n" : "", who, fail_message());
	}
	return fail_as(usage ? FAIL_USAGE : FAIL_INFRA, "no source has it: %s",
		       one_line(arena, &tried));
}

int fetch_kernel(struct arena *arena, const struct fetch_ask *ask, struct fetch_answer *answer)
{
	const struct target *target;
	struct version want;

	*answer = (struct fetch_answer){ .tried = arena_strdup(arena, "") };
	if (!ask->name)
		return try_sources(arena, ask, NULL, ask->source, 1, answer);
	if (!version_parse(slice_of(ask->name), &want))
		return fail_as(FAIL_USAGE, "unknown target '%s' (configured: %s)", ask->name,
			       targets_list(arena, ask->targets));
	if (version_is_tip(slice_of(ask->name)))
		return fail_as(FAIL_USAGE,
			       "it is the tip of a branch, which series ci takes in as it sees it");
	if (want.patch >= 0 || want.rc) {
		int known = is_in_store(arena, ask, &want, answer);

		if (known)
			return known < 0 ? -1 : 0;
	}
	if (ask->source)
		return try_sources(arena, ask, &want, ask->source, 1, answer);
	target = targets_branch(ask->targets, &want);
	if (!target)
		return fail_as(
			FAIL_USAGE,
			"of no configured target (configured: %s); name a source with --from",
			targets_list(arena, ask->targets));
	if (!target->n)
		return fail_as(FAIL_USAGE, "target %s has no source in ci/targets.conf",
			       target->name);
	return try_sources(arena, ask, &want, target->items, target->n, answer);
}
