/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include "cmd/command.h"

#include <errno.h>
#include <stdlib.h>

#include <git2.h>

#include "base/fail.h"
#include "base/file.h"
#include "cmd/options.h"
#include "cmd/screen.h"
#include "patch/version.h"

static bool is_workspace(struct arena *arena, const char *dir)
{
	return file_kind(arena_printf(arena, "%s/series", dir)) == 1 &&
	       file_kind(arena_printf(arena, "%s/ci/targets.conf", dir)) == 2;
}

const char *context_workspace(struct context *c)
{
	void *real __free(ptr) = NULL;
	char *dir;

	if (c->workspace)
		return c->workspace;
	real = realpath(c->dir, NULL);
	if (!real) {
		fail_errno("%s", c->dir);
		fail_as(FAIL_USAGE, "%s", fail_message());
		return NULL;
	}
	dir = arena_strdup(c->arena, real);
	while (!is_workspace(c->arena, dir)) {
		char *slash = strrchr(dir, '/');

		if (!slash || !dir[1]) {
			fail_as(FAIL_USAGE,
				"no workspace in %s or above it (a folder with series/ and ci/targets.conf); use -C DIR",
				(char *)real);
			return NULL;
		}
		slash[slash == dir] = '\0';
	}
	return c->workspace = dir;
}

static const char *store_path(struct context *c)
{
	const char *cache;

	if (c->store_name)
		return c->store_name;
	cache = file_cache_dir(c->arena);
	return cache ? arena_printf(c->arena, "%s/store.git", cache) : NULL;
}

struct repo *context_repo(struct context *c)
{
	const char *path = c->repo ? NULL : store_path(c);

	if (c->repo || !path)
		return c->repo;
	if (!c->store_name && file_kind(path) == 0) {
		fail_as(FAIL_USAGE,
			"no kernel store yet (%s); make one with 'series fetch v6.12', or use a clone with --store DIR",
			path);
		return NULL;
	}
	if (repo_open(path, &c->repo)) {
		if (fail_kind() == FAIL_USAGE)
			fail_as(FAIL_USAGE,
				"%s; name a clone or a bare repository in --store ('git init --bare' makes an empty one)",
				fail_message());
		return NULL;
	}
	return c->repo;
}

struct repo *context_repo_create(struct context *c)
{
	const char *path = c->repo ? NULL : store_path(c);

	if (c->repo || !path)
		return c->repo;
	if (c->store_name)
		return context_repo(c);
	if (repo_open_or_create(path, &c->repo))
		return NULL;
	return c->repo;
}

const struct targets *context_targets(struct context *c)
{
	struct targets *targets;
	const char *workspace = context_workspace(c);

	if (!workspace || c->targets)
		return c->targets;
	targets = arena_new_of(c->arena, struct targets);
	if (targets_read(c->arena, workspace, targets))
		return NULL;
	return c->targets = targets;
}

static const char *series_choose(struct context *c, const char *workspace)
{
	struct conf_names names = { 0 };
	struct text all __free_text = TEXT_INIT;

	if (series_names(c->arena, workspace, &names))
		return NULL;
	for (size_t i = 0; i < names.n; i++)
		text_addf(&all, "%s%s", i ? ", " : "", names.items[i]);
	if (c->series_name) {
		for (size_t i = 0; i < names.n; i++)
			if (!strcmp(names.items[i], c->series_name))
				return names.items[i];
		fail_as(FAIL_USAGE, "no series '%s' in %s/series (there are: %s)", c->series_name,
			workspace, names.n ? text_str(&all) : "none");
		return NULL;
	}
	if (names.n == 1)
		return names.items[0];
	if (!names.n)
		fail_as(FAIL_USAGE, "no series in %s/series; take one in with 'series import MBOX'",
			workspace);
	else
		fail_as(FAIL_USAGE, "%s has more than one series; choose with --series: %s",
			workspace, text_str(&all));
	return NULL;
}

const struct series *context_series(struct context *c)
{
	const char *workspace = context_workspace(c), *name;
	struct series *series;

	if (!workspace || c->series)
		return c->series;
	name = series_choose(c, workspace);
	if (!name)
		return NULL;
	series = arena_new_of(c->arena, struct series);
	if (series_read(c->arena, workspace, name, series))
		return NULL;
	return c->series = series;
}

/*
 * Is it among them? Then the name of a branch that it was asked by is kept, whichever came first.
 */
static bool kernels_have(struct kernels *kernels, const struct kernel *kernel)
{
	for (size_t i = 0; i < kernels->n; i++) {
		struct kernel *have = &kernels->items[i];

		if (strcmp(have->name, kernel->name) != 0 ||
		    !git_oid_equal(&have->commit, &kernel->commit))
			continue;
		if (!strcmp(have->asked, have->name))
			have->asked = kernel->asked;
		return true;
	}
	return false;
}

static bool word_given(const char *const *words, size_t nwords, const char *name)
{
	for (size_t i = 0; i < nwords; i++)
		if (!strcmp(words[i], name))
			return true;
	return false;
}

/* Not in the store: say what would bring it, or that nothing would. */
static int target_missing(const struct targets *targets, const char *name)
{
	struct version version;
	struct text known __free_text = TEXT_INIT;

	if (version_is_tip(slice_of(name)))
		return fail_as(
			FAIL_USAGE,
			"%s is not in the store: tips of branches come and go with series ci",
			name);
	if (version_parse(slice_of(name), &version))
		return fail_as(FAIL_USAGE, "%s is not in the store; get it with: series fetch %s",
			       name, name);
	for (size_t i = 0; i < targets->n; i++)
		text_addf(&known, "%s%s", i ? " " : "", targets->items[i].name);
	return fail_as(
		FAIL_USAGE,
		"unknown target '%s': no version, and no branch, tag or commit of the store (configured: %s)",
		name, text_str(&known));
}

int context_kernels(struct context *c, const char *const *words, size_t nwords,
		    struct kernels *kernels, struct target_names *missing)
{
	const struct targets *targets = context_targets(c);
	struct repo *repo = targets ? context_repo(c) : NULL;
	struct target_names names = { 0 };

	if (!repo)
		return -1;
	if (nwords) {
		if (targets_expand(c->arena, targets, words, nwords, &names))
			return -1;
	} else {
		for (size_t i = 0; i < targets->n; i++)
			*arena_push(c->arena, &names) = targets->items[i].name;
	}
	for (size_t i = 0; i < names.n; i++) {
		struct kernel kernel = { 0 };
		int found = repo_kernel(repo, c->arena, names.items[i], &kernel);

		if (found < 0)
			return -1;
		if (found && !kernels_have(kernels, &kernel))
			*arena_push(c->arena, kernels) = kernel;
		if (found)
			continue;
		if (word_given(words, nwords, names.items[i]))
			return target_missing(targets, names.items[i]);
		*arena_push(c->arena, missing) = names.items[i];
	}
	if (!kernels->n)
		return fail_as(
			FAIL_USAGE,
			"none of the targets is in the store %s; get one with: series fetch %s",
			repo_path(repo), names.n ? names.items[0] : "v6.12");
	return 0;
}

int context_kernel(struct context *c, const char *word, struct kernel *kernel)
{
	struct kernels kernels = { 0 };
	struct target_names missing = { 0 };

	if (context_kernels(c, &word, 1, &kernels, &missing))
		return -1;
	if (kernels.n + missing.n > 1)
		return fail_as(FAIL_USAGE, "'%s' stands for more than one kernel; name one", word);
	*kernel = kernels.items[0];
	return 0;
}

static int config_string(struct context *c, git_config *config, const char *key, char **value)
{
	const char *v;
	int err = git_config_get_string(&v, config, key);

	if (err == GIT_ENOTFOUND)
		return 0;
	if (err)
		return fail_git("git configuration, %s", key);
	*value = arena_strdup(c->arena, v);
	return 0;
}

int context_person(struct context *c, struct person *person)
{
	const char *name = getenv("GIT_COMMITTER_NAME"), *email = getenv("GIT_COMMITTER_EMAIL");
	struct repo *repo = context_repo(c);
	git_config *config;
	int err;

	*person = (struct person){ 0 };
	if (!repo)
		return -1;
	if (git_repository_config_snapshot(&config, repo_git(repo)))
		return fail_git("git configuration");
	err = config_string(c, config, "user.name", &person->name) ||
	      config_string(c, config, "user.email", &person->email);
	git_config_free(config);
	if (err)
		return -1;
	if (name && *name)
		person->name = arena_strdup(c->arena, name);
	if (email && *email)
		person->email = arena_strdup(c->arena, email);
	if (person->name && *person->name && person->email && *person->email)
		return 1;
	*person = (struct person){ 0 };
	return 0;
}

const char *path_word(struct arena *arena, const char *path)
{
	static const char plain[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-+,:@%";
	const char *home = getenv("HOME");
	size_t n = home ? strlen(home) : 0;
	struct text word __free_text = TEXT_INIT;
	struct slice rest, piece;

	if (n > 1 && !strncmp(path, home, n) && path[n] == '/')
		path += n;
	else
		n = 0;
	text_adds(&word, n ? "~" : "");
	if (path[strspn(path, plain)]) {
		/* Behind ~/ the shell wants the quotes. */
		text_adds(&word, n ? "/'" : "'");
		rest = slice_of(path + (n > 0));
		for (bool first = true; slice_cut(&rest, '\'', &piece); first = false) {
			text_adds(&word, first ? "" : "'\\''");
			text_add_shown(&word, piece, false);
		}
		text_addc(&word, '\'');
	} else {
		text_adds(&word, path);
	}
	return slice_str(arena, text_slice(&word));
}

const char *context_invoke(struct context *c, const char *command)
{
	static const struct {
		const char *name, *words;
	} which[] = { { "directory", "-C" }, { "store", "--store" }, { "series", "--series" } };
	struct text line __free_text = TEXT_INIT;

	text_adds(&line, "series");
	for (size_t i = 0; i < ARRAY_SIZE(which); i++) {
		const char *value = values_get(c->values, which[i].name);

		if (value)
			text_addf(&line, " %s %s", which[i].words, path_word(c->arena, value));
	}
	text_addf(&line, " %s", command);
	return slice_str(c->arena, text_slice(&line));
}

int context_print(const struct context *c, const struct text *text)
{
	drawer_clear(c->drawer);
	/* A reader that has seen enough (| head) is no failure. */
	if ((fwrite(text_str(text), 1, text->len, stdout) != text->len || fflush(stdout)) &&
	    errno != EPIPE)
		return fail_errno("standard output");
	return 0;
}

void context_say(const struct context *c, const char *fmt, ...)
{
	struct text line __free_text = TEXT_INIT;
	va_list ap;

	if (c->quiet)
		return;
	va_start(ap, fmt);
	text_vaddf(&line, fmt, ap);
	va_end(ap);
	drawer_clear(c->drawer);
	fprintf(stderr, "series %s: %s\n", c->command->name, text_str(&line));
}
