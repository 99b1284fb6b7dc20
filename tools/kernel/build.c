/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * make knows what a changed file means, so a port is built in the folder where its base was, and compiles only that.
 * What make does not see (another set of objects, other options) is built from nothing, which costs little where
 * ccache has seen it: any change to a Makefile, to Kconfig, to scripts/, any file that comes or goes, any other
 * configuration or compiler. So does a folder of which it is not known what is in it, since a run was killed.
 */
#define _GNU_SOURCE
#include "kernel/build_part.h"

#include <stdio.h>
#include <sys/stat.h>
#include <time.h>

#include "base/fail.h"
#include "base/file.h"
#include "kernel/srctree.h"

#define STATE_BYTES 4096
#define TEXT_BYTES ((size_t)64 << 20)

static int read_fragments(struct work *work)
{
	const struct build_config *config = work->ask->config;
	struct text all __free_text = TEXT_INIT;

	for (size_t i = 0; i < config->nfragments; i++) {
		char *path = arena_printf(work->arena, "%s/ci/kconfig/%s.config",
					  work->site->workspace, config->fragments[i]);
		struct slice text;
		int found = file_read(work->arena, path, TEXT_BYTES, &text);

		if (found < 0)
			return -1;
		if (!found)
			return fail_as(FAIL_USAGE, "configuration %s: there is no fragment %s (%s)",
				       config->name, config->fragments[i], path);
		text_add_slice(&all, text);
		text_addc(&all, '\n');
	}
	work->fragments = slice_copy(work->arena, text_slice(&all));
	return 0;
}

static const char *compiler_of(const struct build_config *config)
{
	return config->compiler ? config->compiler : "gcc";
}

static void add_to_key(struct memo_key *key, const char *text)
{
	memo_key_add(key, slice_of(text ? text : ""));
}

/* All that a kernel comes from, but for its sources. */
static void key_begin(const struct work *work, struct memo_key *key)
{
	memo_key_init(key);
	add_to_key(key, "kernel " BUILD_FORMAT);
	memo_key_add(key, work->fragments);
	add_to_key(key, work->ask->config->make_flags);
	add_to_key(key, compiler_of(work->ask->config));
	add_to_key(key, work->compiler);
}

int work_begin(struct work *work)
{
	struct repo_entry root;
	struct memo_key key;
	char hex[GIT_OID_HEXSZ + 1];
	int found = treeview_entry(&work->view, work->ask->tree, "", &root);

	if (found < 0)
		return -1;
	if (!found)
		return fail("%s: tree %s is not in the store", work->ask->target,
			    git_oid_tostr_s(work->ask->tree));
	work->tree = root.id;
	git_oid_tostr(hex, sizeof(hex), &work->tree);
	memcpy(work->mark, hex, MARK_DIGITS);
	if (read_fragments(work) ||
	    room_compiler(work->arena, work->site, compiler_of(work->ask->config), &work->compiler))
		return -1;
	key_begin(work, &key);
	add_to_key(&key, hex);
	work->key = build_key(work->arena, &key);
	return 0;
}

/* Answers, from the record of an entry */

static char *text_of(struct arena *arena, const json_t *json, const char *key)
{
	const char *text = json_string_value(json_object_get(json, key));

	return text ? arena_strdup(arena, text) : NULL;
}

static bool is_known_lack(const struct build_config *config, const char *name)
{
	for (size_t i = 0; i < config->nlacks; i++)
		if (!strcmp(config->lacks[i], name))
			return true;
	return false;
}

static void answer_unmets(const struct work *work, const json_t *list, struct build_answer *answer)
{
	json_t *item;
	size_t i;

	json_array_foreach(list, i, item)
	{
		struct kconfig_unmet unmet = {
			.name = text_of(work->arena, item, "name"),
			.wanted = text_of(work->arena, item, "wanted"),
			.got = text_of(work->arena, item, "got"),
			.lacking = json_is_true(json_object_get(item, "lacking")),
		};

		if (unmet.name && unmet.wanted && unmet.got &&
		    !is_known_lack(work->ask->config, unmet.name))
			*arena_push(work->arena, &answer->unmets) = unmet;
	}
}

static int answer_from(const struct work *work, const json_t *json, struct build_answer *answer)
{
	char *dir = build_entry_dir(work->arena, work->site, work->key);
	const json_t *files = json_object_get(json, "files");
	char *top = text_of(work->arena, json, "top");
	struct slice said;

	*answer = (struct build_answer){
		.built = json_is_true(json_object_get(json, "built")),
		.key = arena_strdup(work->arena, work->key),
		.mark = arena_strdup(work->arena, work->mark),
		.release = text_of(work->arena, json, "release"),
		.log = arena_printf(work->arena, "%s/log", dir),
		.compiler = arena_strdup(work->arena, work->compiler),
		.wall_seconds = json_real_value(json_object_get(json, "wall_seconds")),
		.cpu_seconds = json_real_value(json_object_get(json, "cpu_seconds")),
	};
	if (json_object_get(files, "config"))
		answer->config = arena_printf(work->arena, "%s/config", dir);
	if (answer->built)
		answer->image = arena_printf(work->arena, "%s/bzImage", dir);
	answer_unmets(work, json_object_get(json, "unmets"), answer);
	if (file_read(work->arena, arena_printf(work->arena, "%s/complaints", dir), TEXT_BYTES,
		      &said) < 0)
		return -1;
	complaints_parse(work->arena, said, top ? top : "", &answer->complaints);
	return 0;
}

static int cached(const struct work *work, struct build_answer *answer)
{
	json_t *json __free(json) = NULL;
	int found = entry_read(work->arena, work->site, work->key, &json);

	if (found != 1)
		return found;
	if (answer_from(work, json, answer))
		return -1;
	answer->cached = true;
	return 1;
}

/* The output folder */

struct room_ask work_room(const struct work *work, const char *const *argv, const char *doing)
{
	return (struct room_ask){
		.site = work->site,
		.source = work->room.source,
		.output = work->output,
		.config = work->config,
		.ccache = work->room.ccache,
		.mark = work->mark,
		.argv = argv,
		.log = work->log,
		.title = arena_printf(work->arena, "%s: %s", work->ask->target, doing),
	};
}

/* What make cannot know by the times of files. */
static bool is_structural(const struct treeview_change *change)
{
	static const char *const names[] = { "Makefile", "Kbuild", "Kconfig" };
	static const char *const folders[] = { "scripts/", "arch/x86/configs/", "kernel/configs/" };
	const char *slash = strrchr(change->path, '/'), *name = slash ? slash + 1 : change->path;
	size_t n = strlen(name);

	/* Nothing of it goes into a kernel. */
	if (!strncmp(change->path, "tools/testing/", strlen("tools/testing/")) ||
	    !strncmp(change->path, "samples/", strlen("samples/")))
		return false;
	if (change->added || !change->mode || change->mode == 0120000 ||
	    (n > 3 && !strcmp(name + n - 3, ".mk")))
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (!strncmp(name, names[i], strlen(names[i])))
			return true;
	for (size_t i = 0; i < ARRAY_SIZE(folders); i++)
		if (!strncmp(change->path, folders[i], strlen(folders[i])))
			return true;
	return false;
}

/*
 * make goes by times. Where the clock was set back since the folder was left, what is laid out now would look older
 * than what was made of it, and a kernel would keep objects of another tree.
 */
static bool clock_went_on(const char *state)
{
	struct timespec now;
	struct stat st;

	/* The clock that file systems take their times from. */
	return !clock_gettime(CLOCK_REALTIME_COARSE, &now) && !stat(state, &st) &&
	       (st.st_mtim.tv_sec < now.tv_sec ||
		(st.st_mtim.tv_sec == now.tv_sec && st.st_mtim.tv_nsec < now.tv_nsec));
}

/* May make go on in the folder as it is? Then what its objects say is in work->said. 1, 0, -1. */
static int can_go_on(struct work *work, const struct srctree_ask *sources)
{
	struct treeview_changes changes = { 0 };
	struct slice text, word, spoken;
	git_oid was;
	int found = file_read(work->arena, work->state, STATE_BYTES, &text);

	if (found != 1 || work->ask->fresh)
		return found < 0 ? -1 : 0;
	text = slice_trim(text);
	if (!slice_cut(&text, ' ', &word) || !slice_is(word, work->folder_key) ||
	    text.n != GIT_OID_HEXSZ || git_oid_fromstrn(&was, text.p, text.n) ||
	    !clock_went_on(work->state))
		return 0;
	found = srctree_changes(work->arena, sources, &was, &changes);
	for (size_t i = 0; found == 1 && i < changes.n; i++)
		if (is_structural(&changes.items[i]))
			return 0;
	if (found == 1)
		found = file_read(work->arena, work->spoken, TEXT_BYTES, &spoken);
	if (found == 1)
		said_parse(work->arena, spoken, &work->said);
	return found;
}

/* For progress only; 0: not known. */
static size_t read_count(const struct work *work)
{
	struct slice text;
	unsigned long count = 0;
	int found = file_read(work->arena, work->count, STATE_BYTES, &text);

	if (found < 0)
		fail_clear();
	if (found == 1)
		slice_number(slice_trim(text), 1000000, &count);
	return count;
}

int work_open(struct work *work)
{
	struct memo_key key;
	struct srctree_ask sources = {
		.repo = work->site->repo,
		.pack = work->site->pack,
		.dir = work->room.source,
		.tree = &work->tree,
		.title = work->ask->target,
		.progress = work->site->progress,
	};
	struct srctree_answer laid;
	char *name = build_name(work->arena, work->ask->config->name);

	work->output = arena_printf(work->arena, "%s/build/%s", work->room.dir, name);
	work->config = arena_printf(work->arena, "%s.config", work->output);
	work->state = arena_printf(work->arena, "%s.state", work->output);
	work->spoken = arena_printf(work->arena, "%s.said", work->output);
	work->count = arena_printf(work->arena, "%s.count", work->output);
	work->log = arena_printf(work->arena, "%s.log", work->output);
	/* The names that files have in the objects are part of it. */
	key_begin(work, &key);
	add_to_key(&key,
		   work->site->sandbox->kind == SANDBOX_NONE ? work->room.source : ROOM_SOURCE);
	work->folder_key = build_key(work->arena, &key);

	int go_on = can_go_on(work, &sources);

	if (go_on < 0 || srctree_lay(work->arena, &sources, &laid))
		return -1;
	/* Until the end of this run nobody knows what is in it. */
	if (file_write(work->state, SLICE("busy\n"), 0644) ||
	    file_write(work->config, work->fragments, 0644) ||
	    file_write(work->log, SLICE(""), 0644))
		return -1;
	if (!go_on) {
		work->said = (struct said){ 0 };
		work->expected = read_count(work);
		if (file_remove_tree(work->output))
			return -1;
	}
	return file_make_dirs(work->output) ? -1 : go_on;
}

/* The command line up to where targets come. */
struct work_words work_words(const struct work *work)
{
	struct arena *arena = work->arena;
	const struct build_config *config = work->ask->config;
	struct slice flags = slice_of(config->make_flags), flag;
	struct work_words words = { 0 };

	*arena_push(arena, &words) = "make";
	*arena_push(arena, &words) = "--no-print-directory";
	*arena_push(arena, &words) = "-Otarget";
	*arena_push(arena, &words) =
		arena_printf(arena, "-j%u", work->site->jobs ? work->site->jobs : 1);
	*arena_push(arena, &words) = "-C";
	*arena_push(arena, &words) = ROOM_SOURCE;
	*arena_push(arena, &words) = "O=" ROOM_OUTPUT;
	*arena_push(arena, &words) = "ARCH=x86_64";
	*arena_push(arena, &words) = arena_printf(
		arena, "CC=%s%s", work->room.ccache ? "ccache " : "", compiler_of(config));
	/* W=1 would also run a script for the comments of each file: more time than all of a build that ccache has seen. */
	*arena_push(arena, &words) = "cmd_checkdoc=:";
	while (slice_cut(&flags, ' ', &flag))
		if (flag.n)
			*arena_push(arena, &words) = slice_str(arena, flag);
	return words;
}

/* 1 configured, 0 refused, -1. */
int work_configure(struct work *work)
{
	/* What a Kconfig file or a compiler's probe says may end up in a configuration: so it is done inside. */
	static const char script[] = "set -e\n"
				     "fragments=$1\n"
				     "shift\n"
				     "\"$@\" tinyconfig\n"
				     "cat \"$fragments\" >>.config\n"
				     "\"$@\" olddefconfig\n";
	struct work_words words = { 0 }, make = work_words(work);
	struct room_answer ran;

	*arena_push(work->arena, &words) = "sh";
	*arena_push(work->arena, &words) = "-c";
	*arena_push(work->arena, &words) = script;
	*arena_push(work->arena, &words) = "configure";
	*arena_push(work->arena, &words) = ROOM_CONFIG;
	for (size_t i = 0; i < make.n; i++)
		*arena_push(work->arena, &words) = make.items[i];
	*arena_push(work->arena, &words) = NULL;

	struct room_ask ask = work_room(work, words.items, "configuring");

	if (room_run(work->arena, &ask, &ran))
		return -1;
	work->wall_seconds += ran.wall_seconds;
	work->cpu_seconds += ran.cpu_seconds;
	if (ran.status) {
		said_renew(work->arena, &(struct said){ 0 }, ran.said, &work->said);
		return room_judge(ran.said);
	}
	return 1;
}

/* 1 built, 0 refused, -1. */
static int compile(struct work *work)
{
	struct work_words make = work_words(work);
	struct said before = work->said;
	struct room_answer ran;

	*arena_push(work->arena, &make) = "bzImage";
	*arena_push(work->arena, &make) = NULL;

	struct room_ask ask = work_room(work, make.items, "compiling");

	ask.expected = work->expected;
	if (room_run(work->arena, &ask, &ran))
		return -1;
	work->wall_seconds += ran.wall_seconds;
	work->cpu_seconds += ran.cpu_seconds;
	said_renew(work->arena, &before, ran.said, &work->said);
	if (ran.status)
		return room_judge(ran.said);
	return 1;
}

/* What came of the configuration */

struct declaring {
	struct kconfig_unmets *unmets;
};

static void declared(void *data, struct slice name)
{
	struct declaring *declaring = data;

	for (size_t i = 0; i < declaring->unmets->n; i++)
		if (slice_is(name, declaring->unmets->items[i].name))
			declaring->unmets->items[i].lacking = false;
}

static bool is_kconfig(const char *path, bool folder)
{
	const char *slash = strrchr(path, '/');

	return folder || !strncmp(slash ? slash + 1 : path, "Kconfig", strlen("Kconfig"));
}

/* Which of them no Kconfig file declares. Other architectures' files do not count: they are not read. */
static int find_lacking(const struct work *work, struct kconfig_unmets *unmets)
{
	struct arena *scratch __free(arena) = arena_new();
	struct treeview_ask ask = { NULL, &work->tree, is_kconfig };
	struct treeview_changes files = { 0 };
	struct declaring declaring = { unmets };

	for (size_t i = 0; i < unmets->n; i++)
		unmets->items[i].lacking = true;
	if (!unmets->n)
		return 0;
	if (treeview_changes(scratch, &work->view, &ask, &files) < 0)
		return -1;
	for (size_t i = 0; i < files.n; i++) {
		const struct treeview_change *file = &files.items[i];
		struct slice text;

		if (!strncmp(file->path, "arch/", 5) && strchr(file->path + 5, '/') &&
		    strncmp(file->path, "arch/x86/", 9))
			continue;
		if (treeview_object(&work->view, scratch, &file->id, &text) != 1)
			return fail_in("%s", file->path);
		kconfig_declared(text, declared, &declaring);
	}
	return 0;
}

static int record_unmets(const struct work *work, struct slice text, json_t *json)
{
	struct kconfig wanted = { 0 }, got = { 0 };
	struct kconfig_unmets unmets = { 0 };
	json_t *list = json_array();

	json_object_set_new(json, "unmets", list);
	kconfig_parse(work->arena, work->fragments, &wanted);
	kconfig_parse(work->arena, text, &got);
	kconfig_compare(work->arena, &wanted, &got, &unmets);
	if (find_lacking(work, &unmets))
		return -1;
	for (size_t i = 0; i < unmets.n; i++)
		json_array_append_new(
			list, json_pack("{s:s, s:s, s:s, s:b}", "name", unmets.items[i].name,
					"wanted", unmets.items[i].wanted, "got",
					unmets.items[i].got, "lacking", unmets.items[i].lacking));
	return 0;
}

/* Into the cache, and from there into the answer. */
static int keep(const struct work *work, bool built, struct build_answer *answer)
{
	struct room_ask ask = work_room(work, NULL, "");
	struct text spoken __free_text = TEXT_INIT;
	struct slice config, release = SLICE("");
	struct entry_file files[4];
	size_t n = 0;
	json_t *json __free(json) = json_pack(
		"{s:s, s:s, s:s, s:s, s:s, s:b, s:f, s:f, s:s}", "format", BUILD_FORMAT, "target",
		work->ask->target, "config", work->ask->config->name, "compiler", work->compiler,
		"mark", work->mark, "built", built, "wall_seconds", work->wall_seconds,
		"cpu_seconds", work->cpu_seconds, "top", room_source(work->arena, &ask));

	said_write(&spoken, &work->said);
	files[n++] = (struct entry_file){ .name = "log", .from = work->log };
	files[n++] = (struct entry_file){ .name = "complaints", .text = text_slice(&spoken) };

	int there = entry_slurp(work->arena, work->output, ".config", &config);

	if (there == 1 && !record_unmets(work, config, json))
		files[n++] = (struct entry_file){ .name = "config", .text = config };
	else if (there)
		return -1;
	if (built) {
		if (entry_slurp(work->arena, work->output, "include/config/kernel.release",
				&release) != 1)
			return fail("the build left no include/config/kernel.release");
		json_object_set_new(json, "release",
				    json_string(slice_str(work->arena, slice_trim(release))));
		files[n++] = (struct entry_file){ .name = "bzImage",
						  .from = "arch/x86/boot/bzImage",
						  .below = work->output };
	}
	if (entry_write(work->arena, work->site, work->key, json, files, n))
		return -1;
	return answer_from(work, json, answer);
}

/* Now it is known what is in the folder, and what its objects say. */
int work_close(const struct work *work, bool go_on, int done)
{
	struct text spoken __free_text = TEXT_INIT;
	char hex[GIT_OID_HEXSZ + 1];

	git_oid_tostr(hex, sizeof(hex), &work->tree);
	said_write(&spoken, &work->said);
	if (file_write(work->spoken, text_slice(&spoken), 0644))
		return -1;
	if (!go_on && done == 1 &&
	    file_write(work->count,
		       slice_of(arena_printf(work->arena, "%zu\n", work->said.announced)), 0644))
		return -1;
	return file_write(work->state,
			  slice_of(arena_printf(work->arena, "%s %s\n", work->folder_key, hex)),
			  0644);
}

/* 1 built, 0 refused, -1. */
static int make_all(struct work *work)
{
	int go_on = work_open(work), done;

	if (go_on < 0)
		return -1;
	done = go_on ? 1 : work_configure(work);
	/* A folder that was never configured is no start for the next run: it stays unknown. */
	if (done == 1) {
		done = compile(work);
		if (done >= 0 && work_close(work, go_on, done))
			return -1;
	}
	return done;
}

/* A kernel that does not build is found guilty only on sources that are its own, and from nothing. */
static int build(struct work *work, struct build_answer *answer)
{
	bool doubtful = room_was_left(work->arena, &work->room, work->ask->config->name);
	int done = make_all(work);

	if (!done && doubtful) {
		work->said = (struct said){ 0 };
		if (file_remove_tree(arena_printf(work->arena, "%s.tree", work->room.source)) ||
		    file_remove_tree(work->state))
			return -1;
		done = make_all(work);
	}
	return done < 0 ? -1 : keep(work, done, answer);
}

int build_cached(struct arena *arena, const struct build_site *site, const struct build_ask *ask,
		 struct build_answer *answer)
{
	struct work work = {
		.arena = arena, .site = site, .ask = ask, .view = { site->repo, site->pack }
	};

	return work_begin(&work) ? -1 : cached(&work, answer);
}

int build_kernel(struct arena *arena, const struct build_site *site, const struct build_ask *ask,
		 struct build_answer *answer)
{
	struct work work = {
		.arena = arena, .site = site, .ask = ask, .view = { site->repo, site->pack }
	};
	int found = work_begin(&work);

	if (!found && !ask->fresh)
		found = cached(&work, answer);
	if (found < 0)
		return fail_in("%s", ask->target);
	/* One that failed is tried again: it costs little, and what this machine lacked may be here now. */
	if (found && answer->built)
		return 0;
	if (room_open(arena, site, ask->target, site->wait, &work.room))
		return -1;
	/* Who was waited for may have built just that. */
	found = site->wait && !ask->fresh ? cached(&work, answer) : 0;
	if (!found || (found > 0 && !answer->built))
		found = build(&work, answer);
	room_close(&work.room);
	return found < 0 ? fail_in("%s", ask->target) : 0;
}
