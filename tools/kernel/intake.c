/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/intake.h"

#include "base/fail.h"

#define KERNEL_REFS "refs/series/kernel/"
#define TIP_REFS "refs/series/tip/"
#define TIP_DIGITS 12
#define FROM "From: "

/* "KEY = VALUE" at the start of a line; false when there is none. */
static bool variable(struct slice makefile, const char *key, struct slice *value)
{
	struct slice line;

	while (slice_line(&makefile, &line)) {
		if (!slice_starts(line, key))
			continue;
		line = slice_trim(slice_skip(line, strlen(key)));
		if (!slice_starts(line, "="))
			continue;
		*value = slice_trim(slice_skip(line, 1));
		return true;
	}
	return false;
}

int intake_version(struct slice makefile, struct version *version)
{
	struct slice major, minor, sub, extra;
	struct text name __free_text = TEXT_INIT;

	if (!variable(makefile, "VERSION", &major) || !variable(makefile, "PATCHLEVEL", &minor) ||
	    !variable(makefile, "SUBLEVEL", &sub) || !variable(makefile, "EXTRAVERSION", &extra))
		return fail_as(FAIL_USAGE, "its Makefile is not a kernel's");
	text_add_slice(&name, major);
	text_addc(&name, '.');
	text_add_slice(&name, minor);
	if (!slice_is(sub, "0")) {
		text_addc(&name, '.');
		text_add_slice(&name, sub);
	}
	text_add_slice(&name, extra);
	if (!version_parse_plain(text_slice(&name), version))
		return fail_as(FAIL_USAGE, "its Makefile says %s, which is not a release's version",
			       text_str(&name));
	return 0;
}

bool intake_wanted(const struct version *version, const struct version *want)
{
	if (!want)
		return true;
	if (want->patch < 0 && !want->rc)
		return version_in(version, want);
	return !version_cmp(version, want);
}

/* What intake_commit() wrote behind "From: ", or NULL. */
static char *came_from(struct repo *repo, struct arena *arena, const git_oid *id)
{
	git_commit *commit = NULL;
	char *from = NULL;

	if (git_commit_lookup(&commit, repo_git(repo), id) < 0)
		return NULL;

	struct slice rest = slice_of(git_commit_message(commit)), line;

	while (!from && slice_line(&rest, &line))
		if (slice_starts(line, FROM))
			from = slice_str(arena, slice_skip(line, strlen(FROM)));
	git_commit_free(commit);
	return from;
}

int intake_known(struct repo *repo, struct arena *arena, const char *name, struct kernel *kernel,
		 char **from)
{
	struct kernels kernels = { 0 };

	*from = NULL;
	if (version_is_tip(slice_of(name))) {
		int r = repo_kernel(repo, arena, name, kernel);

		if (r > 0)
			*from = came_from(repo, arena, &kernel->commit);
		return r;
	}
	if (repo_kernels(repo, arena, &kernels))
		return -1;
	for (size_t i = 0; i < kernels.n; i++) {
		if (strcmp(kernels.items[i].name, name))
			continue;
		*kernel = kernels.items[i];
		*from = came_from(repo, arena, &kernel->commit);
		return 1;
	}
	return 0;
}

char *intake_tip_name(struct arena *arena, const struct version *version, const char *word,
		      const git_oid *commit)
{
	char hex[TIP_DIGITS + 1];

	return arena_printf(arena, "%s+%s%s%s", version_name(arena, version), word,
			    *word ? "." : "", git_oid_tostr(hex, sizeof(hex), commit));
}

/* Another fetch brought the very same? Then all is well; else the failure stays as it is. */
static bool came_meanwhile(struct repo *repo, const struct ref_move *move)
{
	git_oid id;

	return fail_kind() == FAIL_BUSY && repo_ref(repo, move->name, &id) > 0 &&
	       git_oid_equal(&id, &move->now);
}

int intake_commit(struct repo *repo, struct arena *arena, struct packfile *packfile,
		  const struct intake_ask *ask, struct kernel *kernel)
{
	struct text text __free_text = TEXT_INIT;
	char hex[GIT_OID_HEXSZ + 1];
	const char *who = "series <series@localhost>";
	struct ref_move move = { 0 };

	git_oid_tostr(hex, sizeof(hex), &ask->tree);
	text_addf(&text, "tree %s\nauthor %s %lld +0000\ncommitter %s %lld +0000\n\n", hex, who,
		  (long long)ask->date, who, (long long)ask->date);
	text_addf(&text, "Linux %s\n\n" FROM "%s\n%s", ask->name + 1, ask->from, ask->detail);
	packfile_id(GIT_OBJECT_COMMIT, text_slice(&text), &move.now);
	if (packfile_add(packfile, GIT_OBJECT_COMMIT, text_slice(&text), &move.now) ||
	    packfile_finish(packfile))
		return -1;
	move.name = arena_printf(arena, "%s%s",
				 version_is_tip(slice_of(ask->name)) ? TIP_REFS : KERNEL_REFS,
				 ask->name);
	if (repo_move_refs(repo, &move, 1, "series fetch") && !came_meanwhile(repo, &move))
		return -1;
	*kernel = (struct kernel){
		.name = arena_strdup(arena, ask->name),
		.asked = arena_strdup(arena, ask->name),
		.ref = arena_strdup(arena, move.name),
		.commit = move.now,
		.tree = ask->tree,
	};
	return 0;
}
