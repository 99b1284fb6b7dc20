/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Some objects of a kernel, without the rest of it, for who reads them or what
 * is said of them. They are made in the folder where that kernel is built, so
 * that nothing is compiled that is there already; an object that is asked for
 * is removed first, so that one which does not compile any more is not taken
 * for that of the tree before.
 */
#include "kernel/build_part.h"

#include "base/child.h"
#include "base/fail.h"
#include "base/file.h"

#define TEXT_BYTES ((size_t)64 << 20)

/* "arch/x86/kvm/x86.o" */
static char *object_of(struct arena *arena, const char *source)
{
	struct slice path = slice_of(source);

	if (path.n > 2 && path.p[path.n - 2] == '.')
		path.n -= 2;
	return arena_printf(arena, SLICE_FMT ".o", SLICE_ARG(path));
}

/* sparse's own word about itself; "" where it is not there, or not wanted. */
static int sparse_version(struct arena *arena, const struct build_objects_ask *ask, char **version)
{
	static const char *const command[] = { "sparse", "--version", NULL };
	struct child_ask run = { .argv = command, .deadline_ms = 60000 };
	struct child_answer answer;

	*version = arena_strdup(arena, "");
	if (!ask->sparse || !child_exists("sparse"))
		return 0;
	if (child_run(arena, &run, &answer))
		return -1;
	*version = arena_printf(arena, "sparse " SLICE_FMT,
				SLICE_ARG(slice_trim(answer.out.n ? answer.out : answer.err)));
	return 0;
}

static char *name_of(struct work *work, const struct build_objects_ask *ask, const char *sparse)
{
	struct memo_key key;

	memo_key_init(&key);
	memo_key_add(&key, SLICE("objects 1"));
	memo_key_add(&key, slice_of(work->key));
	memo_key_add(&key, slice_of(sparse));
	for (size_t i = 0; i < ask->n; i++)
		memo_key_add(&key, slice_of(ask->sources[i]));
	return arena_printf(work->arena, "objects-%s", build_key(work->arena, &key));
}

static int answer_from(struct work *work, const struct build_objects_ask *ask, const char *name,
		       const json_t *json, struct build_objects *answer)
{
	struct arena *arena = work->arena;
	char *dir = build_entry_dir(arena, work->site, name);
	const char *top = json_string_value(json_object_get(json, "top"));
	struct slice said, sparse;

	*answer = (struct build_objects){
		.items = arena_alloc(arena, (ask->n + 1) * sizeof(*answer->items)),
		.n = ask->n,
		.checked = json_is_true(json_object_get(json, "checked")),
		.dir = dir,
		.log = arena_printf(arena, "%s/log", dir),
		.cpu_seconds = json_real_value(json_object_get(json, "cpu_seconds")),
	};
	for (size_t i = 0; i < ask->n; i++) {
		char *file = build_name(arena, object_of(arena, ask->sources[i]));

		answer->items[i].source = ask->sources[i];
		if (json_object_get(json_object_get(json, "files"), file))
			answer->items[i].object = arena_printf(arena, "%s/%s", dir, file);
	}
	if (file_read(arena, answer->log, TEXT_BYTES, &said) < 0 ||
	    file_read(arena, arena_printf(arena, "%s/sparse", dir), TEXT_BYTES, &sparse) < 0)
		return -1;
	complaints_parse(arena, said, top ? top : "", &answer->said);
	complaints_parse(arena, sparse, top ? top : "", &answer->sparse);
	return 0;
}

/* One run of make about all objects; `first` is a word before their names,
 * NULL: none. */
static int run_make(struct work *work, const struct build_objects_ask *ask, const char *doing,
		    bool check, struct room_answer *ran)
{
	/* With -k each object is made that can be. */
	static const char script[] = "n=$1\n"
				     "shift\n"
				     "for object in \"$@\"; do\n"
				     "	test \"$n\" -gt 0 || break\n"
				     "	n=$((n - 1))\n"
				     "	rm -f -- \"$object\"\n"
				     "	set -- \"$@\" \"$object\"\n"
				     "	shift\n"
				     "done\n"
				     "\"$@\"\n";
	struct arena *arena = work->arena;
	struct work_words words = { 0 }, make = work_words(work);

	*arena_push(arena, &words) = "sh";
	*arena_push(arena, &words) = "-c";
	*arena_push(arena, &words) = script;
	*arena_push(arena, &words) = "objects";
	*arena_push(arena, &words) = arena_printf(arena, "%zu", check ? 0 : ask->n);
	for (size_t i = 0; i < ask->n && !check; i++)
		*arena_push(arena, &words) = object_of(arena, ask->sources[i]);
	for (size_t i = 0; i < make.n; i++)
		*arena_push(arena, &words) = make.items[i];
	*arena_push(arena, &words) = "-k";
	if (check)
		*arena_push(arena, &words) = "C=2";
	for (size_t i = 0; i < ask->n && check; i++)
		*arena_push(arena, &words) = object_of(arena, ask->sources[i]);
	*arena_push(arena, &words) = NULL;

	struct room_ask room = work_room(work, words.items, doing);

	if (room_run(arena, &room, ran))
		return -1;
	work->wall_seconds += ran->wall_seconds;
	work->cpu_seconds += ran->cpu_seconds;
	return ran->status ? room_judge(ran->said) : 0;
}

static int keep(struct work *work, const struct build_objects_ask *ask, const char *name,
		struct slice said, struct slice sparse, bool checked)
{
	struct room_ask room = work_room(work, NULL, "");
	struct entry_file *files = arena_alloc(work->arena, (ask->n + 2) * sizeof(*files));
	size_t n = 0;
	json_t *json __free(json) = json_pack("{s:s, s:s, s:s, s:s, s:b, s:f, s:s}", "format",
					      BUILD_FORMAT, "target", work->ask->target, "config",
					      work->ask->config->name, "compiler", work->compiler,
					      "checked", checked, "cpu_seconds", work->cpu_seconds,
					      "top", room_source(work->arena, &room));

	files[n++] = (struct entry_file){ .name = "log", .text = said };
	files[n++] = (struct entry_file){ .name = "sparse", .text = sparse };
	for (size_t i = 0; i < ask->n; i++) {
		char *object = object_of(work->arena, ask->sources[i]);
		struct slice bytes;
		int there = entry_slurp(work->arena, work->output, object, &bytes);

		if (there < 0)
			return -1;
		if (there)
			files[n++] = (struct entry_file){ .name = build_name(work->arena, object),
							  .text = bytes };
	}
	return entry_write(work->arena, work->site, name, json, files, n);
}

static int make_objects(struct work *work, const struct build_objects_ask *ask, const char *name,
			bool sparse)
{
	int go_on = work_open(work), configured;
	struct said before;
	struct room_answer made = { .said = SLICE("") }, checked = { .said = SLICE("") };

	if (go_on < 0)
		return -1;
	configured = go_on ? 1 : work_configure(work);
	if (configured < 0)
		return -1;
	if (!configured)
		return fail("%s: cannot be configured; see %s", work->ask->target, work->log);
	before = work->said;
	if (run_make(work, ask, "compiling what is touched", false, &made) ||
	    (sparse && run_make(work, ask, "sparse", true, &checked)))
		return -1;
	said_renew(work->arena, &before, made.said, &work->said);
	if (work_close(work, go_on, 0))
		return -1;
	return keep(work, ask, name, made.said, checked.said, sparse);
}

int build_objects(struct arena *arena, const struct build_site *site,
		  const struct build_objects_ask *ask, struct build_objects *answer)
{
	struct work work = {
		.arena = arena, .site = site, .ask = &ask->build, .view = { site->repo, site->pack }
	};
	char *sparse, *name;
	json_t *json __free(json) = NULL;
	int found;

	if (work_begin(&work) || sparse_version(arena, ask, &sparse))
		return fail_in("%s", ask->build.target);
	name = name_of(&work, ask, sparse);
	found = ask->build.fresh ? 0 : entry_read(arena, site, name, &json);
	if (found < 0)
		return fail_in("%s", ask->build.target);
	if (!found) {
		if (room_open(arena, site, ask->build.target, site->wait, &work.room))
			return -1;
		found = make_objects(&work, ask, name, *sparse != '\0');
		room_close(&work.room);
		if (found || entry_read(arena, site, name, &json) != 1)
			return fail_in("%s", ask->build.target);
		found = 0;
	}
	if (answer_from(&work, ask, name, json, answer))
		return -1;
	answer->cached = found;
	return 0;
}
