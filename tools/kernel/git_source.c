/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Kernels of a git remote and of a local clone, by tag.
 */
#include "base/fail.h"
#include "kernel/git_remote.h"
#include "kernel/intake.h"

/* The newest kernel of `kernels` that would do; NULL: none. */
static const struct kernel *newest_wanted(const struct kernels *kernels, const struct version *want,
					  struct version *version)
{
	for (size_t i = kernels->n; i-- > 0;) {
		if (!version_parse(slice_of(kernels->items[i].name), version))
			continue;
		if (intake_wanted(version, want) && (!version->rc || (want && want->rc)))
			return &kernels->items[i];
	}
	return NULL;
}

static int check_makefile(struct arena *arena, struct repo *other, const struct kernel *kernel,
			  const struct version *version)
{
	struct slice makefile;
	struct version says;
	int got = repo_read(other, arena, &kernel->tree, "Makefile", &makefile);

	if (got < 0)
		return -1;
	if (!got)
		return fail_as(FAIL_USAGE, "%s is no kernel: there is no Makefile in it",
			       kernel->name);
	if (intake_version(makefile, &says))
		return fail_in("%s", kernel->name);
	if (version_cmp(&says, version))
		return fail_as(FAIL_USAGE, "the Makefile of %s says %s", kernel->name,
			       version_name(arena, &says));
	return 0;
}

int clone_source(struct arena *arena, const struct source_ask *ask, struct fetch_answer *answer)
{
	struct repo *other __free(repo) = NULL;
	struct kernels kernels = { 0 };
	const struct kernel *kernel;
	struct version version;
	int known;

	if (repo_open(ask->value, &other) || repo_kernels(other, arena, &kernels))
		return -1;
	kernel = newest_wanted(&kernels, ask->want, &version);
	if (!kernel)
		return fail("it has no tag for %s", ask->name);
	known = intake_known(ask->repo, arena, kernel->name, &answer->kernel, &answer->from);
	answer->had = known > 0;
	if (known)
		return known < 0 ? -1 : 0;
	if (check_makefile(arena, other, kernel, &version))
		return -1;
	return kernel_copy(arena, ask->repo, other, kernel,
			   arena_printf(arena, "clone %s", ask->value), ask->progress, answer);
}

/* The newest tag of the remote that would do: 1, 0, -1. */
static int choose_tag(struct arena *arena, const struct source_ask *ask, struct version *best)
{
	const char *pattern = arena_printf(arena, "refs/tags/%s*", version_name(arena, ask->want));
	struct remote_refs refs;
	bool found = false;

	if (remote_list(arena, ask->value, &pattern, 1, &refs))
		return -1;
	for (size_t i = 0; i < refs.n; i++) {
		struct slice name = slice_of(refs.items[i].name);
		struct version version;

		if (!slice_starts(name, "refs/tags/v") ||
		    !version_parse_plain(slice_skip(name, strlen("refs/tags/")), &version) ||
		    !intake_wanted(&version, ask->want) || (version.rc && !ask->want->rc))
			continue;
		if (!found || version_cmp(&version, best) > 0)
			*best = version;
		found = true;
	}
	return found;
}

int git_source(struct arena *arena, const struct source_ask *ask, struct fetch_answer *answer)
{
	__free_remote_tip struct remote_tip tip = REMOTE_TIP_INIT;
	struct remote_ask remote = {
		.url = ask->value, .repo = ask->repo, .cache = ask->cache, .progress = ask->progress
	};
	struct version best;
	const char *tag;
	int got;

	if (!ask->want)
		return fail_as(FAIL_USAGE, "say which version, such as v6.12");
	got = choose_tag(arena, ask, &best);
	if (got <= 0)
		return got < 0 ? -1 : fail("it has no tag for %s", ask->name);
	tag = version_name(arena, &best);
	got = intake_known(ask->repo, arena, tag, &answer->kernel, &answer->from);
	answer->had = got > 0;
	if (got)
		return got < 0 ? -1 : 0;
	remote.ref = arena_printf(arena, "refs/tags/%s", tag);
	if (remote_fetch(arena, &remote, &tip))
		return -1;
	if (version_cmp(&tip.version, &best))
		return fail_as(FAIL_USAGE, "the Makefile of %s says %s", tag,
			       version_name(arena, &tip.version));
	return remote_take(arena, &remote, &tip, tag,
			   arena_printf(arena, "git %s", url_shown(arena, ask->value)), answer);
}
