/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A C file is compiled by itself. A header is looked at through files that include it by its name and stand in its own
 * folder or one below: those that a change of it is most likely made for, in a number that can be waited for. What
 * cannot be compiled on base is not compiled in this configuration, and nobody is to blame.
 */
#include "kernel/audit_built.h"

#include "base/child.h"
#include "base/fail.h"
#include "base/file.h"
#include "kernel/treeview.h"

#define SOURCES_MOST 24
#define TEXT_BYTES ((size_t)1 << 20)

struct searching {
	struct arena *arena;
	const struct audit_ask *ask;
	struct treeview view;
	struct audit_touched *touched;
	struct text skipped;
};

static bool is_code(const char *path)
{
	struct slice s = slice_of(path);

	return slice_ends(s, ".c") || slice_ends(s, ".h") || slice_ends(s, ".S");
}

/* Is it compiled for x86 at all? */
static bool is_ours(const char *path)
{
	return (strncmp(path, "arch/", 5) || !strncmp(path, "arch/x86/", 9)) &&
	       strncmp(path, "tools/", 6) && strncmp(path, "samples/", 8) &&
	       strncmp(path, "scripts/", 8) && strncmp(path, "Documentation/", 14);
}

static void skip(struct searching *s, const char *path, const char *why)
{
	text_addf(&s->skipped, "%s%s (%s)", s->skipped.len ? ", " : "", path, why);
}

static void want(struct searching *s, const char *path)
{
	for (size_t i = 0; i < s->touched->n; i++)
		if (!strcmp(s->touched->items[i], path))
			return;
	*arena_push(s->arena, s->touched) = arena_strdup(s->arena, path);
}

static bool includes(struct slice text, const char *name)
{
	char quoted[256];
	int n = snprintf(quoted, sizeof(quoted), "%s\"", name);

	return n > 0 && (size_t)n < sizeof(quoted) &&
	       slice_find(text, (struct slice){ quoted, (size_t)n }) >= 0;
}

/* C files of a folder, and of those in it where `below`, that include a header of that name. */
static int folder_users(struct searching *s, const char *dir, const char *name, bool below)
{
	struct arena *scratch __free(arena) = arena_new();
	struct repo_names names = { 0 };

	if (repo_list(s->ask->site.repo, scratch, &s->ask->port->kernel.tree, dir, &names) < 0)
		return -1;
	for (size_t i = 0; i < names.n && s->touched->n < SOURCES_MOST; i++) {
		const struct repo_name *one = &names.items[i];
		char *path = arena_printf(scratch, "%s/%s", dir, one->name);
		struct slice text;
		int r;

		if (below && one->entry.mode == 040000) {
			if (folder_users(s, path, name, false))
				return -1;
		} else if (slice_ends(slice_of(path), ".c")) {
			r = repo_read(s->ask->site.repo, scratch, &s->ask->port->kernel.tree, path,
				      &text);
			if (r < 0)
				return -1;
			if (r && includes(text, name))
				want(s, path);
		}
	}
	return 0;
}

static int header_users(struct searching *s, const char *path)
{
	const char *slash = strrchr(path, '/');
	size_t had = s->touched->n;
	char *dir;

	if (!slash || !strncmp(path, "include/", 8) || strstr(path, "/include/")) {
		skip(s, path, "a header that too many include");
		return 0;
	}
	dir = arena_copy(s->arena, path, (size_t)(slash - path));
	if (folder_users(s, dir, slash + 1, true))
		return -1;
	if (s->touched->n == had)
		skip(s, path, "no file beside it includes it");
	else if (s->touched->n >= SOURCES_MOST)
		skip(s, path, "the first files that include it only");
	return 0;
}

int audit_touched(struct arena *arena, const struct audit_ask *ask, struct audit_touched *touched)
{
	struct searching s = { .arena = arena,
			       .ask = ask,
			       .view = { ask->site.repo, ask->site.pack },
			       .touched = touched };
	struct treeview_ask what = { .from = &ask->port->kernel.tree, .to = &ask->port->tree };
	struct treeview_changes changes = { 0 };
	int r = treeview_changes(arena, &s.view, &what, &changes);

	*touched = (struct audit_touched){ 0 };
	if (r != 1)
		return r < 0 ? -1 : fail("a tree of the port is missing");
	for (int headers = 0; headers < 2; headers++)
		for (size_t i = 0; i < changes.n; i++) {
			const char *path = changes.items[i].path;

			if (!is_code(path) || slice_ends(slice_of(path), ".h") != (bool)headers)
				continue;
			touched->code++;
			if (!changes.items[i].mode)
				skip(&s, path, "removed");
			else if (!is_ours(path))
				skip(&s, path, "not compiled for x86");
			else if (!headers)
				want(&s, path);
			else if (header_users(&s, path))
				return -1;
		}
	touched->skipped = slice_str(arena, text_slice(&s.skipped));
	text_release(&s.skipped);
	return 0;
}

static int build_side(struct arena *arena, const struct audit_ask *ask, const git_oid *tree,
		      const struct audit_touched *touched, struct build_objects *objects)
{
	struct build_objects_ask what = {
		.build = { .target = ask->port->kernel.name, .tree = tree, .config = ask->config },
		.sources = touched->items,
		.n = touched->n,
		.sparse = true,
	};

	return build_objects(arena, &ask->site, &what, objects);
}

int audit_built(struct arena *arena, const struct audit_ask *ask, struct audit_built *built)
{
	*built = (struct audit_built){ 0 };
	if (!ask->config) {
		built->why = arena_strdup(
			arena, "no configuration to build: ci/matrix.conf has no [config]");
		return 0;
	}
	if (audit_touched(arena, ask, &built->touched))
		return -1;
	if (!built->touched.n)
		return 0;
	if (!child_exists("make") || !child_exists("gcc")) {
		built->why = arena_strdup(arena,
					  "no compiler here: run 'ci/need.sh build check-kernel'");
		return 0;
	}
	if (build_side(arena, ask, &ask->port->kernel.tree, &built->touched, &built->base) ||
	    build_side(arena, ask, &ask->port->tree, &built->touched, &built->patched))
		return -1;
	built->cpu_seconds = (built->base.cached ? 0 : built->base.cpu_seconds) +
			     (built->patched.cached ? 0 : built->patched.cpu_seconds);
	return 0;
}

char *audit_built_words(struct arena *arena, const struct audit_built *built)
{
	struct text out __free_text = TEXT_INIT;
	size_t made = 0;

	if (built->why)
		return built->why;
	if (!built->touched.code)
		return arena_strdup(arena, "no file of code is touched");
	for (size_t i = 0; i < built->base.n; i++)
		made += built->base.items[i].object || built->patched.items[i].object;
	text_addf(&out, "%zu object%s", made, made == 1 ? "" : "s");
	for (size_t i = 0, n = 0; i < built->base.n; i++)
		if (!built->base.items[i].object && !built->patched.items[i].object)
			text_addf(&out, "%s%s",
				  n++ ? ", " : "; not compiled in this configuration: ",
				  built->base.items[i].source);
	if (*built->touched.skipped)
		text_addf(&out, "; not looked at: %s", built->touched.skipped);
	return slice_str(arena, text_slice(&out));
}

char *audit_built_key(struct arena *arena, const struct audit_ask *ask)
{
	struct text key __free_text = TEXT_INIT;
	const struct build_config *config = ask->config;

	if (!config)
		return arena_strdup(arena, "none");
	text_addf(&key, "%s %s %s\n", config->name, config->compiler ? config->compiler : "gcc",
		  config->make_flags ? config->make_flags : "");
	for (size_t i = 0; i < config->nfragments; i++) {
		struct slice text = SLICE("");
		git_oid id;

		if (file_read(arena,
			      arena_printf(arena, "%s/ci/kconfig/%s.config", ask->site.workspace,
					   config->fragments[i]),
			      TEXT_BYTES, &text) < 0)
			fail_clear();
		pack_id(GIT_OBJECT_BLOB, text, &id);
		text_addf(&key, "%s %s\n", config->fragments[i], git_oid_tostr_s(&id));
	}
	text_addf(&key, "sparse %d objdump %d\n", child_exists("sparse"), child_exists("objdump"));
	return slice_str(arena, text_slice(&key));
}

int audit_built_for(struct arena *arena, const struct audit_ask *ask, struct audit_built *built,
		    struct audit_answer *answer)
{
	if (audit_built(arena, ask, built))
		return -1;
	answer->coverage = audit_built_words(arena, built);
	answer->ran = !built->why;
	answer->cpu_seconds = built->cpu_seconds;
	return answer->ran;
}
