/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "world.h"

#include "base/child.h"
#include "base/file.h"
#include "patch/mail.h"
#include "unit.h"

void world_init(struct world *world)
{
	*world = (struct world){ .arena = arena_new() };
	/* Nothing of whoever runs the tests may show in what they see. */
	setenv("GIT_CONFIG_GLOBAL", "/dev/null", 1);
	setenv("GIT_CONFIG_NOSYSTEM", "1", 1);
	assert_ok(file_temp_dir(world->arena, "series-test", &world->dir));
	/* Nor an answer that an earlier test was given (base/memo.h). */
	setenv("XDG_CACHE_HOME", arena_printf(world->arena, "%s/cache", world->dir), 1);
	assert_ok(repo_open_or_create(arena_printf(world->arena, "%s/store.git", world->dir),
				      &world->repo));
}

void world_release(struct world *world)
{
	repo_free(world->repo);
	assert_ok(file_remove_tree(world->dir));
	arena_free(world->arena);
}

static struct slice run_git(struct world *world, const char *const *args, struct slice input)
{
	const char *argv[32] = { "git", "-C",
				 arena_printf(world->arena, "%s/store.git", world->dir) };
	struct child_answer answer;
	struct child_ask ask = { .argv = argv, .input = input, .deadline_ms = 60000 };
	size_t n = 3;

	while (*args && n < ARRAY_SIZE(argv) - 1)
		argv[n++] = *args++;
	assert_ok(child_run(world->arena, &ask, &answer));
	if (answer.status)
		fail_msg("git %s: " SLICE_FMT, argv[3], SLICE_ARG(answer.err));
	return answer.out;
}

void world_commit(struct world *world, const char *ref, const char *parent, const char *message,
		  const struct world_file *files, size_t n)
{
	struct text text __free_text = TEXT_INIT;
	static const char *const args[] = { "fast-import", "--quiet", "--force", NULL };

	text_addf(&text, "commit %s\ncommitter T <t@t> 1700000000 +0000\ndata %zu\n%s\n", ref,
		  strlen(message), message);
	if (parent)
		text_addf(&text, "from %s^0\n", parent);
	for (size_t i = 0; i < n; i++) {
		if (files[i].text)
			text_addf(&text, "M 100644 inline %s\ndata %zu\n%s\n", files[i].path,
				  strlen(files[i].text), files[i].text);
		else
			text_addf(&text, "D %s\n", files[i].path);
	}
	run_git(world, args, text_slice(&text));

	/* What another process wrote is seen by a fresh handle at the latest. */
	repo_free(world->repo);
	assert_ok(repo_open(arena_printf(world->arena, "%s/store.git", world->dir), &world->repo));
}

void world_write(struct world *world, const char *path, const char *text)
{
	char *full = arena_printf(world->arena, "%s/%s", world->dir, path);
	char *dir = arena_strdup(world->arena, full);

	*strrchr(dir, '/') = '\0';
	assert_ok(file_make_dirs(dir));
	assert_ok(file_write(full, slice_of(text), 0644));
}

char *world_git(struct world *world, const char *const *args)
{
	return slice_str(world->arena, slice_trim(run_git(world, args, (struct slice){ NULL, 0 })));
}

void world_patch(struct world *world, const char *file, const char *subject, const char *path,
		 const char *old, const char *new)
{
	struct filediff change = { .change = old ? CHANGE_MODIFY : CHANGE_ADD,
				   .old_mode = old ? 0100644 : 0 };
	struct diff diff = { &change, 1, 1 };
	struct person author = { (char *)"A U Thor", (char *)"author@example.org" };
	struct mail_style style = { .prefix = "PATCH", .number = 1, .total = 1, .sender = author };
	struct text text __free_text = TEXT_INIT;

	change.old_path = old ? (char *)path : NULL;
	change.new_path = (char *)path;
	change.new_mode = 0100644;
	assert_ok(diff_texts(world->arena, slice_of(old ? old : ""), slice_of(new), 3, &change));
	mail_write(&text, &style, &author, 1700000000, 60,
		   arena_printf(world->arena,
				"%s\n\nBecause.\n\nSigned-off-by: A U Thor <author@example.org>\n",
				subject),
		   &diff);
	world_write(world, file, text_str(&text));
}
