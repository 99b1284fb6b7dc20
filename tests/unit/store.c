/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "store.h"

#include "base/child.h"
#include "base/file.h"

char *store_sh(struct store *store, const char *fmt, ...)
{
	struct child_answer answer;
	va_list ap;

	va_start(ap, fmt);

	const char *argv[] = { "sh", "-euc", arena_vprintf(store->arena, fmt, ap), NULL };
	const char *env[] = { arena_printf(store->arena, "GIT_DIR=%s", store->path),
			      "GIT_CONFIG_NOSYSTEM=1",
			      "GIT_CONFIG_GLOBAL=/dev/null",
			      "GIT_AUTHOR_NAME=A U Thor",
			      "GIT_AUTHOR_EMAIL=author@example.org",
			      "GIT_COMMITTER_NAME=C O Mitter",
			      "GIT_COMMITTER_EMAIL=committer@example.org",
			      "GIT_AUTHOR_DATE=1700000000 +0000",
			      "GIT_COMMITTER_DATE=1700000000 +0000",
			      NULL };
	struct child_ask ask = {
		.argv = argv, .setenv = env, .cwd = store->dir, .deadline_ms = 60000
	};

	va_end(ap);
	assert_ok(child_run(store->arena, &ask, &answer));
	if (answer.status)
		fail_msg("%s\n" SLICE_FMT SLICE_FMT, argv[2], SLICE_ARG(answer.out),
			 SLICE_ARG(answer.err));
	return slice_str(store->arena, slice_trim(answer.out));
}

void store_init(struct store *store, const char *script)
{
	*store = (struct store){ .arena = arena_new() };
	assert_ok(file_temp_dir(store->arena, "series-test", &store->dir));
	store->path = arena_printf(store->arena, "%s/store.git", store->dir);
	store_sh(store,
		 "git init -q --bare -b main $GIT_DIR; mkdir first; cd first; %s\n"
		 "export GIT_WORK_TREE=.; git add -A; git commit -qm first; rm -f $GIT_DIR/index\n"
		 "git update-ref refs/series/kernel/v6.1.1 HEAD",
		 script);
}

void store_open(struct store *store)
{
	repo_free(store->repo);
	assert_ok(repo_open(store->path, &store->repo));
}

void store_release(struct store *store)
{
	repo_free(store->repo);
	assert_ok(file_remove_tree(store->dir));
	arena_free(store->arena);
}

git_oid store_id(struct store *store, const char *revision)
{
	git_oid id;

	assert_int_equal(git_oid_fromstr(&id, store_sh(store, "git rev-parse '%s'", revision)), 0);
	return id;
}

void store_check(struct store *store)
{
	store_sh(store, "git fsck --full --strict --no-dangling 2>&1\n"
			"for idx in $GIT_DIR/objects/pack/*.idx; do\n"
			"	test ! -e $idx || git verify-pack $idx\n"
			"done\n"
			"test -z \"$(find $GIT_DIR/objects -name 'tmp_*')\"");
}
